//! The line editor of an interactive shell: keys in, a line and the bytes for the screen out.
//!
//! It knows no descriptor: [`Editor::key`] takes a byte as the terminal sent it, and what it wants shown is taken with
//! [`Editor::take_output`].

mod complete;
mod escape;
mod screen;

pub use complete::{Candidates, Completion, is_command, unescaped, word_start};

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
pub struct History(Vec<Vec<u8>>);

impl History {
    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> &[Vec<u8>] {
        &self.0
    }

    /// Adds a line, unless it is empty or the same as the last one.
    pub fn add(&mut self, line: &[u8]) {
        if line.is_empty() || self.0.last().is_some_and(|last| last == line) {
            return;
        }
        if self.0.len() >= MOST_LINES {
            self.0.remove(0);
        }
        self.0.push(line.to_vec());
    }
}

/// A line being edited.
pub struct Editor<'h> {
    screen: Screen,
    text: Vec<u8>,
    cursor: usize,
    history: &'h mut History,
    /// Which line of the history is shown; its length for the new one.
    place: usize,
    /// The new line while one of the history is shown.
    draft: Vec<u8>,
    escape: Escape,
    after_tab: bool,
}

impl<'h> Editor<'h> {
    /// An empty line after a prompt, on a screen of so many columns. Its first output is the prompt.
    pub fn new(prompt: &[u8], width: usize, columns: usize, history: &'h mut History) -> Self {
        let place = history.lines().len();
        Self {
            screen: Screen::new(prompt, width, columns),
            text: Vec::new(),
            cursor: 0,
            history,
            place,
            draft: Vec::new(),
            escape: Escape::default(),
            after_tab: false,
        }
    }

    /// Asks the terminal where its cursor is, as is done when no key is waiting.
    pub fn ask_position(&mut self) {
        self.screen.put(b"\x1b[6n");
    }

    /// Whether the last byte may have been a key of its own, or the start of a sequence.
    pub fn is_open(&self) -> bool {
        self.escape.is_open()
    }

    /// Takes what looked like the start of a sequence for a key, which does nothing.
    pub fn close_sequence(&mut self) {
        self.escape = Escape::default();
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
        let Some(key) = self.escape.key(byte) else { return Event::More };
        let after_tab = core::mem::take(&mut self.after_tab);
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
            Key::EndOrDelete if self.text.is_empty() => {
                self.screen.new_line();
                return Event::End;
            }
            Key::EndOrDelete | Key::Delete => self.delete(),
            Key::Character(byte) => self.insert(byte),
            Key::Left => self.back(1),
            Key::Right => self.forward(1),
            Key::Start => self.back(self.cursor),
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
                let count = self.cursor - start;
                self.back(count);
                (0..count).for_each(|_| self.delete());
            }
            Key::BackspaceWord => {
                let end = self.cursor;
                self.back_word();
                (self.cursor..end).for_each(|_| self.delete());
            }
            Key::Clear => {
                self.screen.clear();
                let cursor = self.cursor;
                self.redraw(cursor);
            }
            Key::Previous => self.previous(),
            Key::Next => self.next(),
            Key::Tab => self.after_tab = !self.complete(after_tab, completion),
            Key::Position(column) => {
                if self.text.is_empty() {
                    self.screen.found_at(column);
                }
            }
            Key::Unknown => {}
        }
        Event::More
    }

    fn before(&self) -> Option<u8> {
        self.text.get(self.cursor.checked_sub(1)?).copied()
    }

    fn at(&self) -> Option<u8> {
        self.text.get(self.cursor).copied()
    }

    /// Shows the prompt and the line anew, with the cursor at `cursor`.
    fn redraw(&mut self, cursor: usize) {
        self.screen.redraw(&self.text);
        self.cursor = self.text.len();
        self.back(self.text.len() - cursor);
    }

    fn back(&mut self, count: usize) {
        let count = count.min(self.cursor);
        self.cursor -= count;
        self.screen.back(count);
    }

    fn forward(&mut self, count: usize) {
        for _ in 0..count {
            let Some(byte) = self.at() else { return };
            self.screen.character(byte);
            self.cursor += 1;
        }
    }

    fn forward_all(&mut self) {
        self.forward(self.text.len() - self.cursor);
    }

    fn insert(&mut self, byte: u8) {
        self.text.insert(self.cursor, byte);
        let place = self.cursor + 1;
        self.forward_all();
        self.back(self.text.len() - place);
    }

    fn delete(&mut self) {
        if self.at().is_none() {
            return;
        }
        self.text.remove(self.cursor);
        let place = self.cursor;
        self.forward_all();
        self.screen.put(b"\x1b[J");
        self.back(self.text.len() - place);
    }

    fn backspace(&mut self) {
        if self.cursor > 0 {
            self.back(1);
            self.delete();
        }
    }

    fn back_word(&mut self) {
        let is_word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        while self.cursor > 0 && !is_word(self.before()) {
            self.back(1);
        }
        while is_word(self.before()) {
            self.back(1);
        }
    }

    fn forward_word(&mut self) {
        let is_word = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        while self.at().is_some() && !is_word(self.at()) {
            self.forward(1);
        }
        while is_word(self.at()) {
            self.forward(1);
        }
    }

    /// Replaces the line by one of the history, or by the new one.
    fn show(&mut self, place: usize) {
        if self.place == self.history.0.len() {
            self.draft = core::mem::take(&mut self.text);
        } else if let Some(line) = self.history.0.get_mut(self.place)
            && !self.text.is_empty()
        {
            // What was changed in a line of the history stays changed.
            line.clone_from(&self.text);
        }
        self.place = place;
        self.text = self.history.0.get(place).unwrap_or(&self.draft).clone();
        let end = self.text.len();
        self.redraw(end);
    }

    fn previous(&mut self) {
        match self.place.checked_sub(1) {
            Some(place) => self.show(place),
            None => self.screen.bell(),
        }
    }

    fn next(&mut self) {
        if self.place < self.history.0.len() {
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
        let mut word = complete::escaped(&common);
        if names.len() == 1 && common.last() != Some(&b'/') {
            word.push(b' ');
        }
        let cursor = start + word.len();
        self.text.splice(start..self.cursor, word);
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
        let mut editor = Editor::new(b"$ ", 2, columns, history);
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
            ("\x1b[15~\x1b[Zx", "x"),
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
        let mut editor = Editor::new(b"$ ", 2, 80, &mut history);
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
    }

    #[test]
    fn ends_and_interrupts() {
        assert_eq!(typed(b"ab\x03", 80, &mut History::default()), (Event::Interrupted, "ab^C".into()));
        assert_eq!(typed(b"\x04", 80, &mut History::default()), (Event::End, "\n".into()));
        assert_eq!(typed(b"a\x04", 80, &mut History::default()).0, Event::More);
    }
}
