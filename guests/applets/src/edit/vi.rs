//! `vi`: the editor with a screen.

mod command;
mod editor;
mod ex;
mod motion;
mod operator;
mod text;

use wcr_sys::{fd, fs, tty};

use super::keys::{Key, Keys};
use crate::environ::var;
use crate::options::Spec;
use crate::{Applet, Context, Quit};
use editor::{Editor, End, Host, Message, Mode};
use text::width;

/// The applet.
pub const APPLET: Applet = Applet::new("vi", include_str!("usage/vi.txt"), vi)
    .lacking("running commands, undoing single changes of a command, what it says of deleted text");

/// What `-H` lists.
const FEATURES: &str = "These features are available:\n\
    \tPattern searches with / and ?\n\
    \tLast command repeat with .\n\
    \tLine marking with 'x\n\
    \tNamed buffers with \"x\n\
    \tReadonly if vi is called as \"view\"\n\
    \tReadonly with -R command line arg\n\
    \tSome colon mode commands with :\n\
    \tSettable options with \":set\"\n\
    \tSignal catching- ^C\n\
    \tJob suspend and resume with ^Z\n\
    \tAdapt to window re-sizes\n";

fn vi(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("c:RH").parse(ctx)?;
    if parsed.has(b'H') {
        ctx.put(FEATURES.as_bytes());
        return Ok(0);
    }
    let size = tty::size(fd::STDOUT).or_else(|_| tty::size(fd::STDIN)).ok();
    let rows = size.map(|size| usize::from(size.rows)).filter(|rows| *rows > 1).unwrap_or(24);
    let cols = size.map(|size| usize::from(size.cols)).filter(|cols| *cols > 1).unwrap_or(80);
    let keys = Keys::new(fd::STDIN, false).ok();
    let mut screen = Screen { ctx, keys, rows, cols, shown: Vec::new(), left: 0 };
    screen.ctx.put(b"\x1b[?1049h\x1b[H\x1b[J");
    let mut files: Vec<Option<Vec<u8>>> = parsed.operands.iter().cloned().map(Some).collect();
    if files.is_empty() {
        files.push(None);
    }
    let mut start = startup();
    start.extend(parsed.options.iter().filter(|(key, _)| *key == b'c').filter_map(|(_, command)| command.clone()));
    let mut end = End::File;
    for file in files {
        let text = file.as_ref().and_then(|path| fs::read_file(path).ok());
        let writable = file.as_ref().is_none_or(|path| text.is_none() || fs::access(path, 2).is_ok());
        let mut editor = Editor::new(text.unwrap_or_default(), file, parsed.has(b'R') || !writable, rows - 1);
        for command in core::mem::take(&mut start) {
            editor.ex(&command);
        }
        end = match editor.end {
            Some(end) => end,
            None => editor.run(&mut screen),
        };
        if end != End::File {
            break;
        }
    }
    let leave = format!("\x1b[{rows};1H\x1b[K");
    screen.ctx.put(leave.as_bytes());
    if end == End::Input {
        screen.ctx.complain(&[b"can't read user input"]);
        return Ok(1);
    }
    screen.ctx.put(b"\x1b[?1049l");
    screen.ctx.flush();
    Ok(0)
}

/// The commands that a user always wants first.
fn startup() -> Vec<Vec<u8>> {
    if let Some(commands) = var(b"EXINIT") {
        return commands.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    }
    let home = var(b"HOME").unwrap_or_default();
    let file = fs::read_file(&[home.as_slice(), b"/.exrc"].concat()).unwrap_or_default();
    file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

/// The terminal: what its rows show, and its keys.
struct Screen<'a, 'b> {
    ctx: &'a mut Context<'b>,
    keys: Option<Keys>,
    rows: usize,
    cols: usize,
    shown: Vec<Vec<u8>>,
    /// How many columns are out of sight on the left.
    left: usize,
}

impl Screen<'_, '_> {
    /// Brings the screen up to date.
    fn draw(&mut self, editor: &mut Editor) {
        self.scroll(editor);
        let column = editor.text.column(editor.dot, editor.options.tab);
        let tab_adjust = if editor.mode == Mode::Normal && editor.text.at(editor.dot) == b'\t' {
            width(b'\t', column, editor.options.tab) - 1
        } else {
            0
        };
        let column = column + tab_adjust;
        if column < self.left {
            self.left = column;
        } else if column >= self.left + self.cols {
            self.left = column + 1 - self.cols;
        }
        let mut rows = Vec::new();
        let (mut place, mut cursor) = (Some(editor.top), 1);
        for row in 1..self.rows {
            match place {
                Some(begin) => {
                    if begin == editor.text.begin(editor.dot) {
                        cursor = row;
                    }
                    rows.push(self.visible(editor, begin));
                    place = editor.text.next(begin);
                }
                None => rows.push(b"~".to_vec()),
            }
        }
        rows.push(self.status(editor));
        let mut out = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let blank = self.shown.is_empty() && row.is_empty();
            if !blank && self.shown.get(at) != Some(row) {
                out.extend_from_slice(format!("\x1b[{};1H", at + 1).as_bytes());
                out.extend_from_slice(row);
                if !self.shown.is_empty() || at + 1 == self.rows {
                    out.extend_from_slice(b"\x1b[K");
                }
            }
        }
        self.shown = rows;
        let (row, column) = match &editor.prompt {
            Some(line) => (self.rows, line.len() + 1),
            None => (cursor, column - self.left + 1),
        };
        out.extend_from_slice(format!("\x1b[{row};{column}H").as_bytes());
        if core::mem::take(&mut editor.bell) {
            out.push(7);
        }
        self.ctx.put(&out);
        self.ctx.flush();
    }

    /// Moves what is shown so that the cursor's line is.
    fn scroll(&self, editor: &mut Editor) {
        let line = editor.text.begin(editor.dot.min(editor.text.len() - 1));
        let (first, here) = (editor.text.line(editor.top), editor.text.line(line));
        let back = |from: usize, rows: usize| (0..rows).fold(from, |at, _| editor.text.before(at).unwrap_or(at));
        let shown = self.rows - 1;
        if here < first {
            editor.top = if first - here > shown { back(line, shown / 2) } else { line };
        } else if here >= first + shown {
            editor.top = if here - first - shown >= shown { back(line, shown / 2) } else { back(line, shown - 1) };
        }
    }

    /// A line as far as it is in sight.
    fn visible(&self, editor: &Editor, begin: usize) -> Vec<u8> {
        let (mut out, mut column) = (Vec::new(), 0);
        for byte in editor.text.slice(begin, editor.text.end(begin)) {
            let cells = match byte {
                b'\t' => vec![b' '; width(*byte, column, editor.options.tab)],
                0..32 | 127 => vec![b'^', byte ^ 0x40],
                _ => vec![*byte],
            };
            for cell in cells {
                if (self.left..self.left + self.cols).contains(&column) {
                    out.push(cell);
                }
                column += 1;
            }
        }
        out
    }

    fn status(&self, editor: &Editor) -> Vec<u8> {
        if let Some(line) = &editor.prompt {
            return line.clone();
        }
        match &editor.message {
            Some(Message::Plain(text)) => return text.clone(),
            Some(Message::Bold(text)) => return [b"\x1b[7m", text.as_slice(), b"\x1b[m"].concat(),
            None => {}
        }
        let mode = match editor.mode {
            Mode::Normal => '-',
            Mode::Insert => 'I',
            Mode::Replace => 'R',
        };
        let name = editor.file.as_deref().unwrap_or(b"No file");
        let (line, lines) = (editor.text.line(editor.dot), editor.text.lines());
        let readonly = if editor.readonly { " [Readonly]" } else { "" };
        let modified = if editor.modified { " [Modified]" } else { "" };
        let place = format!("{readonly}{modified} {line}/{lines} {}%", 100 * line / lines);
        let mut out = [mode.to_string().as_bytes(), b" ", name, place.as_bytes()].concat();
        out.truncate(self.cols.max(1));
        out
    }
}

impl Host for Screen<'_, '_> {
    fn key(&mut self, editor: &mut Editor) -> Option<u8> {
        loop {
            self.draw(editor);
            let key = match &mut self.keys {
                Some(keys) => keys.next()?,
                None => {
                    let mut byte = [0];
                    match fd::read(fd::STDIN, &mut byte) {
                        Ok(1) => Key::Byte(byte[0]),
                        _ => return None,
                    }
                }
            };
            let inserting = editor.mode != Mode::Normal;
            let motion = match key {
                Key::Byte(byte) => return Some(byte),
                Key::Up => b'k',
                Key::Down => b'j',
                Key::Left => b'h',
                Key::Right => b'l',
                Key::Home => b'0',
                Key::End => b'$',
                Key::PageUp => 2,
                Key::PageDown => 6,
                Key::Other => continue,
            };
            if !inserting && editor.prompt.is_none() {
                return Some(motion);
            }
            if inserting {
                editor.move_while_inserting(motion);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of a test, and no screen.
    struct Script(std::collections::VecDeque<u8>);

    impl Host for Script {
        fn key(&mut self, _: &mut Editor) -> Option<u8> {
            self.0.pop_front()
        }
    }

    /// The text after these keys.
    fn typed(text: &str, keys: &str) -> String {
        let mut editor = Editor::new(text.into(), None, false, 9);
        let mut script = Script(keys.bytes().collect());
        assert_eq!(editor.run(&mut script), End::Input);
        String::from_utf8_lossy(editor.text.bytes()).into_owned()
    }

    #[test]
    fn commands_change_the_text() {
        const TEXT: &str = "one two\nthree\n\nfour five six\n";
        for (keys, result) in [
            ("x", "ne two\nthree\n\nfour five six\n"),
            ("dw", "two\nthree\n\nfour five six\n"),
            ("dd", "three\n\nfour five six\n"),
            ("2dd", "\nfour five six\n"),
            ("ddp", "three\none two\n\nfour five six\n"),
            ("wD", "one \nthree\n\nfour five six\n"),
            ("cwX\x1b", "X two\nthree\n\nfour five six\n"),
            ("iab\x1b.", "aabbone two\nthree\n\nfour five six\n"),
            ("A!\x1bj.", "one two!\nthree!\n\nfour five six\n"),
            ("ox\x1b", "one two\nx\nthree\n\nfour five six\n"),
            ("Ox\x1b", "x\none two\nthree\n\nfour five six\n"),
            ("J", "one two three\n\nfour five six\n"),
            ("3~", "ONE two\nthree\n\nfour five six\n"),
            ("rX", "Xne two\nthree\n\nfour five six\n"),
            ("RXY\x1b", "XYe two\nthree\n\nfour five six\n"),
            (">>", "\tone two\nthree\n\nfour five six\n"),
            ("xu", TEXT),
            ("GdfvP", "one two\nthree\n\nfour five six\n"),
            (":s/o/0/g\r", "0ne tw0\nthree\n\nfour five six\n"),
            (":%s/e$/E/\r", "one two\nthreE\n\nfour five six\n"),
            (":2,3d\r", "one two\nfour five six\n"),
            ("/five\rdG", "one two\nthree\n\n"),
            ("d/thr\r", "three\n\nfour five six\n"),
            ("\"ayyj\"ap", "one two\nthree\none two\n\nfour five six\n"),
            ("majd'a", "\nfour five six\n"),
        ] {
            assert_eq!(typed(TEXT, keys), result, "{keys:?}");
        }
    }
}
