//! The line editor of an interactive shell: keys in, a line and the bytes for the screen out.
//!
//! It knows no descriptor: [`Editor::key`] takes a byte as the terminal sent it, and what it wants shown is taken with
//! [`Editor::take_output`].

mod complete;
mod escape;
mod screen;
mod units;

pub use complete::{Candidates, Completion, command_part, is_command, unescaped, word_start};

pub use units::Units;

use escape::{Escape, Key};
use screen::Screen;

/// What a key led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Editing goes on.
    More,
    /// The line is complete.
    Line(Vec<u8>),
    /// `^C`: the line is thrown away.
    Interrupted,
    /// `^D` on an empty line.
    End,
}

/// How many lines are remembered.
const MOST_LINES: usize = 255;

/// The lines that were entered, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    lines: Vec<Vec<u8>>,
    /// The new line as it was left for one of the others, until another line is added.
    draft: Vec<u8>,
}

impl History {
    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> &[Vec<u8>] {
        &self.lines
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.draft.clear();
    }

    /// Adds a line, unless it is empty or the same as the last one.
    pub fn add(&mut self, line: &[u8]) {
        if line.is_empty() || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() >= MOST_LINES {
            self.lines.remove(0);
        }
        self.lines.push(line.to_vec());
        self.draft.clear();
    }

    /// The line at a place: the new one is behind the others.
    fn at_mut(&mut self, place: usize) -> &mut Vec<u8> {
        self.lines.get_mut(place).unwrap_or(&mut self.draft)
    }
}

/// A line being edited.
pub struct Editor<'h> {
    screen: Screen,
    units: Units,
    text: Vec<u8>,
    /// Bytes that may become a character with those that follow.
    partial: Vec<u8>,
    cursor: usize,
    history: &'h mut History,
    /// Which line of the history is shown; its length for the new one.
    place: usize,
    escape: Escape,
    after_tab: bool,
}

impl<'h> Editor<'h> {
    /// An empty line after a prompt, on a screen of so many columns. Its first output is the prompt.
    pub fn new(prompt: &[u8], width: usize, columns: usize, units: Units, history: &'h mut History) -> Self {
        let place = history.lines().len();
        Self {
            screen: Screen::new(prompt, width, columns, units),
            units,
            text: Vec::new(),
            partial: Vec::new(),
            cursor: 0,
            history,
            place,
            escape: Escape::default(),
            after_tab: false,
        }
    }

    /// Asks the terminal where its cursor is, as is done when no key is waiting.
    pub fn ask_position(&mut self) {
        self.screen.put(b"\x1b[6n");
    }

    /// Whether the last bytes may be the start of a sequence.
    pub fn is_open(&self) -> bool {
        self.escape.is_open() || !self.partial.is_empty()
    }

    /// Ends the sequence that has begun: what belongs to it has not come in time.
    pub fn close_sequence(&mut self, completion: &mut dyn Completion) -> Event {
        self.insert_partial();
        match self.escape.close() {
            Some(key) => self.act(key, completion),
            None => Event::More,
        }
    }

    /// Shows the line on a screen that has so many columns now.
    pub fn resize(&mut self, columns: usize) {
        self.screen.resize(columns);
        let cursor = self.cursor;
        self.redraw(cursor);
    }

    /// What is to be shown, since it was taken last.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.screen.take()
    }

    /// Works on the next byte from the terminal.
    pub fn key(&mut self, byte: u8, completion: &mut dyn Completion) -> Event {
        match self.escape.key(byte) {
            Some(key) => self.act(key, completion),
            None => Event::More,
        }
    }

    fn act(&mut self, key: Key, completion: &mut dyn Completion) -> Event {
        let after_tab = core::mem::take(&mut self.after_tab);
        if let Key::Character(byte) = key {
            self.type_byte(byte);
            return Event::More;
        }
        self.insert_partial();
        match key {
            Key::Enter => {
                self.forward_all();
                self.screen.end_line();
                self.history.add(&self.text);
                let mut line = core::mem::take(&mut self.text);
                line.push(b'\n');
                return Event::Line(line);
            }
            Key::Interrupt => {
                self.screen.put(b"^C");
                return Event::Interrupted;
            }
            Key::EndOrDelete if self.text.is_empty() => return Event::End,
            Key::EndOrDelete | Key::Delete => self.delete(),
            Key::Left => self.back(),
            Key::Right => self.forward(),
            Key::Start => self.back_to(0),
            Key::End => self.forward_all(),
            Key::Backspace => self.backspace(),
            Key::KillRest => {
                self.text.truncate(self.cursor);
                self.screen.put(b"\x1b[J");
            }
            Key::KillStart if self.cursor == 0 => {}
            Key::KillStart => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
                self.redraw(0);
            }
            Key::KillWord => {
                while self.before().is_some_and(is_blank) {
                    self.backspace();
                }
                while self.before().is_some_and(|byte| !is_blank(byte)) {
                    self.backspace();
                }
            }
            Key::BackWord => self.back_word(),
            Key::ForwardWord => self.forward_word(),
            Key::DeleteWord => {
                let start = self.cursor;
                self.forward_word();
                let end = self.cursor;
                self.back_to(start);
                self.delete_up_to(end);
            }
            Key::BackspaceWord => {
                let end = self.cursor;
                self.back_word();
                self.delete_up_to(end);
            }
            Key::Clear => {
                self.screen.clear();
                let cursor = self.cursor;
                self.redraw(cursor);
            }
            Key::Previous => self.previous(b"\x07"),
            Key::Up => self.previous(b"\x07\x07"),
            Key::Next => self.next(),
            Key::Tab => self.after_tab = !self.complete(after_tab, completion),
            Key::Position(column) => {
                if self.text.is_empty() {
                    self.screen.found_at(column);
                }
            }
            Key::Character(_) | Key::Unknown => {}
        }
        Event::More
    }

    /// Takes a byte of a character.
    fn type_byte(&mut self, byte: u8) {
        self.partial.push(byte);
        if !self.units.is_partial(&self.partial) {
            self.insert_partial();
        }
    }

    fn insert_partial(&mut self) {
        let bytes = core::mem::take(&mut self.partial);
        self.units.iter(&bytes).for_each(|unit| self.insert(unit));
    }

    fn before(&self) -> Option<u8> {
        self.text.get(self.cursor.checked_sub(1)?).copied()
    }

    /// Shows the prompt and the line anew, with the cursor at `cursor`.
    fn redraw(&mut self, cursor: usize) {
        self.screen.redraw(&self.text);
        self.cursor = self.text.len();
        self.back_to(cursor);
    }

    /// Goes back to a place in the line.
    fn back_to(&mut self, place: usize) {
        let passed = self.text.get(place..self.cursor).unwrap_or_default();
        self.screen.back(self.units.count(passed));
        self.cursor = place;
    }

    fn back(&mut self) {
        let (head, _) = self.text.split_at(self.cursor);
        self.back_to(self.cursor - self.units.last(head));
    }

    fn forward(&mut self) {
        let (_, tail) = self.text.split_at(self.cursor);
        let (unit, _) = tail.split_at(self.units.first(tail));
        if !unit.is_empty() {
            self.screen.unit(unit);
            self.cursor += unit.len();
        }
    }

    fn forward_all(&mut self) {
        while self.cursor < self.text.len() {
            self.forward();
        }
    }

    fn insert(&mut self, unit: &[u8]) {
        self.text.splice(self.cursor..self.cursor, unit.iter().copied());
        let place = self.cursor + unit.len();
        self.forward_all();
        self.back_to(place);
    }

    fn delete(&mut self) {
        let (_, tail) = self.text.split_at(self.cursor);
        let length = self.units.first(tail);
        if length == 0 {
            return;
        }
        self.text.drain(self.cursor..self.cursor + length);
        let place = self.cursor;
        self.forward_all();
        self.screen.put(b"\x1b[J");
        self.back_to(place);
    }

    /// Deletes what stands between the cursor and a place behind it.
    fn delete_up_to(&mut self, end: usize) {
        let count = self.units.count(self.text.get(self.cursor..end).unwrap_or_default());
        (0..count).for_each(|_| self.delete());
    }

    fn backspace(&mut self) {
        if self.cursor > 0 {
            self.back();
            self.delete();
        }
    }

    /// Whether the unit in front of the cursor belongs to a word.
    fn is_behind_word(&self) -> bool {
        let (head, _) = self.text.split_at(self.cursor);
        self.units.is_word(head.split_at(head.len() - self.units.last(head)).1)
    }

    /// Whether the unit at the cursor belongs to a word.
    fn is_at_word(&self) -> bool {
        self.units.is_word(self.text.split_at(self.cursor).1)
    }

    fn back_word(&mut self) {
        while self.cursor > 0 && !self.is_behind_word() {
            self.back();
        }
        while self.is_behind_word() {
            self.back();
        }
    }

    fn forward_word(&mut self) {
        while self.cursor < self.text.len() && !self.is_at_word() {
            self.forward();
        }
        while self.is_at_word() {
            self.forward();
        }
    }

    /// Replaces the line by one of the history, or by the new one.
    fn show(&mut self, place: usize) {
        // What was changed stays changed.
        if !self.text.is_empty() {
            self.history.at_mut(self.place).clone_from(&self.text);
        }
        self.place = place;
        self.text.clone_from(self.history.at_mut(place));
        let end = self.text.len();
        self.redraw(end);
    }

    /// Goes to the line before; rings so where there is none.
    fn previous(&mut self, bells: &[u8]) {
        match self.place.checked_sub(1) {
            Some(place) => self.show(place),
            None => self.screen.put(bells),
        }
    }

    fn next(&mut self) {
        if self.place < self.history.lines.len() {
            self.show(self.place + 1);
        } else {
            self.screen.bell();
        }
    }

    /// Completes the word in front of the cursor; whether it is complete now. Where several words are possible, or none,
    /// the first key rings, and those that come `again` list them.
    fn complete(&mut self, again: bool, completion: &mut dyn Completion) -> bool {
        let (head, _) = self.text.split_at(self.cursor);
        let Candidates { start, names } = completion.candidates(head);
        let typed = complete::unescaped(head.get(start..).unwrap_or_default());
        let Some(common) = complete::common(&names) else {
            if !again {
                self.screen.bell();
            }
            return false;
        };
        if again && names.len() > 1 && common.len() <= typed.len() {
            self.show_end();
            self.screen.list(&names);
            let cursor = self.cursor;
            self.redraw(cursor);
            return false;
        }
        if names.len() > 1 {
            self.screen.bell();
            if common.is_empty() || common.ends_with(b"/") {
                return false;
            }
        }
        // What was typed stays as it is.
        let mut rest = complete::escaped(common.get(typed.len()..).unwrap_or_default());
        if names.len() == 1 && common.last() != Some(&b'/') {
            rest.push(b' ');
        }
        let cursor = self.cursor + rest.len();
        self.text.splice(self.cursor..self.cursor, rest);
        self.redraw(cursor);
        names.len() == 1
    }

    /// Moves the cursor of the screen, but not that of the line, to the line's end.
    fn show_end(&mut self) {
        let cursor = self.cursor;
        self.forward_all();
        self.cursor = cursor;
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Names(Vec<&'static [u8]>);

    impl Completion for Names {
        fn candidates(&mut self, line: &[u8]) -> Candidates {
            let start = complete::word_start(line);
            let typed = complete::unescaped(line.get(start..).unwrap_or_default());
            let names = self.0.iter().filter(|name| name.starts_with(&typed)).map(|name| name.to_vec()).collect();
            Candidates { start, names }
        }
    }

    /// Types keys into a fresh line and gives the events' last and the screen's bytes after the prompt.
    fn typed(keys: &[u8], columns: usize, history: &mut History) -> (Event, String) {
        let mut editor = Editor::new(b"$ ", 2, columns, Units::Bytes, history);
        editor.take_output();
        let mut names = Names(vec![b"alpha", b"alphabet", b"dir/", b"sp ace"]);
        let mut event = Event::More;
        for key in keys {
            event = editor.key(*key, &mut names);
        }
        (event, String::from_utf8(editor.take_output()).unwrap())
    }

    #[test]
    fn keys_move_and_change_as_the_real_editor_shows_it() {
        for (keys, shown) in [
            ("abc\x1b[D\x1b[DX", "abc\x08\x08Xbc\x08\x08"),
            ("abXc\x1b[D\x7f", "abXc\x08\x08c\x1b[J\x08"),
            ("abc\x01\x05\x02\x0b", "abc\x08\x08\x08abc\x08\x1b[J"),
            ("abc\x15", "abc\r$ \x1b[J"),
            ("echo one\x01", "echo one\x1b[8D"),
            ("a bc\x17", "a bc\x08\x1b[J\x08\x1b[J"),
            ("ls al\t", "ls al\x07\r$ ls alpha\x1b[J"),
            ("cat di\t", "cat di\r$ cat dir/\x1b[J"),
            ("ls sp\t", "ls sp\r$ ls sp\\ ace \x1b[J"),
            ("\x1b[5~\x1b[6~x", "x"),
        ] {
            assert_eq!(typed(keys.as_bytes(), 80, &mut History::default()).1, shown, "{keys:?}");
        }
    }

    #[test]
    fn a_long_line_goes_on_below() {
        for (keys, shown) in [
            ("abcdefghijklmnopqrs", "abcdefghijklmnopqr\r\ns"),
            ("abcdefghijklmnopqrs\x02\x02", "abcdefghijklmnopqr\r\ns\x08\r\x1b[1A\x1b[19C"),
            ("abcdefghijklmnopqrs\x15", "abcdefghijklmnopqr\r\ns\x1b[1A\r$ \x1b[J"),
        ] {
            assert_eq!(typed(keys.as_bytes(), 20, &mut History::default()).1, shown, "{keys:?}");
        }
    }

    #[test]
    fn a_line_is_shown_anew_on_another_width() {
        let mut history = History::default();
        let mut editor = Editor::new(b"$ ", 2, 80, Units::Bytes, &mut history);
        for key in b"echo abcdefghijklmnopqrst" {
            editor.key(*key, &mut Names(Vec::new()));
        }
        editor.take_output();
        editor.resize(16);
        assert_eq!(editor.take_output(), b"\x1b[1A\r$ echo abcdefghi\r\njklmnopqrst\x1b[J");
    }

    #[test]
    fn what_is_ambiguous_rings_first_and_is_listed_then() {
        for (keys, shown) in [
            ("ls al\t\t", "ls al\x07\r$ ls alpha\x1b[J\nalpha     alphabet\n\r$ ls alpha\x1b[J"),
            ("ls zz\t\t", "ls zz\x07"),
            ("\"sp\t", "\"sp\r$ \"sp\\ ace \x1b[J"),
            ("\"sp a\t", "\"sp a\r$ \"sp ace \x1b[J"),
            ("a\\lphab\t", "a\\lphab\r$ a\\lphabet \x1b[J"),
        ] {
            assert_eq!(typed(keys.as_bytes(), 80, &mut History::default()).1, shown, "{keys:?}");
        }
    }

    #[test]
    fn lines_come_back_and_stay_changed() {
        let mut history = History::default();
        for line in ["one", "two", "two", ""] {
            history.add(line.as_bytes());
        }
        assert_eq!(history.lines(), [b"one", b"two"]);
        let (event, shown) = typed(b"\x1b[A\x1b[A!\x1b[B\r", 80, &mut history);
        assert_eq!(shown, "\r$ two\x1b[J\r$ one\x1b[J!\r$ two\x1b[J\n");
        assert_eq!(event, Event::Line(b"two\n".to_vec()));
        assert_eq!(history.lines(), [&b"one!"[..], b"two"]);
        assert_eq!(typed(b"\x1b[A\x1b[A\x1b[A", 80, &mut history).1, "\r$ two\x1b[J\r$ one!\x1b[J\x07\x07");
    }

    #[test]
    fn the_new_line_waits_until_another_is_added() {
        let mut history = History::default();
        history.add(b"one");
        assert_eq!(typed(b"new\x1b[A\x03", 80, &mut history).0, Event::Interrupted);
        assert_eq!(typed(b"one\r", 80, &mut history).0, Event::Line(b"one\n".to_vec()));
        assert_eq!(typed(b"\x1b[A\x1b[B", 80, &mut history).1, "\r$ one\x1b[J\r$ new\x1b[J");
        history.add(b"two");
        assert_eq!(typed(b"\x1b[A\x1b[B", 80, &mut history).1, "\r$ two\x1b[J\r$ \x1b[J");
    }

    #[test]
    fn a_character_of_several_bytes_is_one_step() {
        let mut history = History::default();
        let mut editor = Editor::new(b"$ ", 2, 80, Units::Characters, &mut history);
        editor.take_output();
        for key in "aé日\x02\x02X\x05\x7f\x7f".bytes() {
            editor.key(key, &mut Names(Vec::new()));
        }
        let shown = String::from_utf8(editor.take_output()).unwrap();
        assert_eq!(shown, "aé?\x08\x08Xé?\x08\x08é?\x08\x1b[J\x08\x1b[J");
        editor.key(0xc3, &mut Names(Vec::new()));
        assert!(editor.is_open() && editor.take_output().is_empty());
        editor.close_sequence(&mut Names(Vec::new()));
        assert_eq!(editor.take_output(), b"?");
        assert_eq!(editor.key(b'\r', &mut Names(Vec::new())), Event::Line(b"aX\xc3\n".to_vec()));
    }

    #[test]
    fn ends_and_interrupts() {
        assert_eq!(typed(b"ab\x03", 80, &mut History::default()), (Event::Interrupted, "ab^C".into()));
        assert_eq!(typed(b"\x04", 80, &mut History::default()), (Event::End, String::new()));
        assert_eq!(typed(b"a\x04", 80, &mut History::default()).0, Event::More);
    }
}
