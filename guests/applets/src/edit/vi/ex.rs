//! The commands of `vi` that are typed behind a colon.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{fd, fs};

use super::editor::{Editor, End};
use super::text::Text;

/// What `:version` says.
const VERSION: &str = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1)";

/// The lines of a command, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lines {
    first: usize,
    last: usize,
    given: bool,
}

impl Editor {
    /// Carries out a command.
    pub(super) fn ex(&mut self, line: &[u8]) {
        let mut rest = line.trim_ascii_start();
        while let Some(behind) = rest.strip_prefix(b":") {
            rest = behind.trim_ascii_start();
        }
        let Some(lines) = self.lines(&mut rest) else { return };
        rest = rest.trim_ascii_start();
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (mut name, mut argument) = rest.split_at(letters);
        // `s` takes its pattern without a blank, whatever it begins with.
        if name.is_empty() && !rest.is_empty() {
            (name, argument) = rest.split_at(1);
        }
        let bang = argument.starts_with(b"!");
        let argument = argument.get(usize::from(bang)..).unwrap_or_default();
        let file = argument.trim_ascii();
        let (from, to) = (self.text.of_line(lines.first), self.text.end(self.text.of_line(lines.last)) + 1);
        match name {
            b"" if lines.given => self.dot = self.text.first_word(self.text.of_line(lines.last)),
            b"" | b"\"" => {}
            b"=" => {
                let number = if lines.given { lines.last } else { self.text.lines() };
                self.say(number.to_string());
            }
            b"d" | b"de" | b"del" | b"delete" => {
                self.yank(from, to, true);
                self.delete_lines(from, to);
            }
            b"y" | b"yank" => {
                self.yank(from, to, true);
                self.say_yank(from, to);
            }
            b"s" => self.substitute(argument_of_s(rest), lines),
            b"q" | b"quit" => {
                if self.modified && !bang {
                    self.complain("No write since last change (:q! overrides)");
                } else {
                    self.end = Some(if bang { End::All } else { End::File });
                }
            }
            b"w" | b"write" | b"wq" | b"x" | b"wn" => {
                let leaves = name != b"w" && name != b"write";
                if name == b"x" && !self.modified {
                    self.end = Some(End::File);
                } else if self.write(file, lines, bang) && leaves {
                    self.end = Some(End::File);
                }
            }
            b"e" | b"edit" => self.edit(file, bang),
            b"r" | b"read" => self.read(file, lines),
            b"f" | b"file" => {
                if file.is_empty() {
                    self.message = None;
                } else {
                    self.file = Some(file.to_vec());
                }
            }
            b"n" | b"next" => {
                if self.modified && !bang {
                    self.complain("No write since last change (:n! overrides)");
                } else {
                    self.end = Some(End::File);
                }
            }
            b"set" | b"se" => self.set(argument),
            b"ve" | b"version" => self.say(VERSION),
            _ => self.complain([b"'", rest, b"' is not implemented"].concat()),
        }
    }

    /// Reads the lines that a command is for; `None` when they are not there, which has been said.
    fn lines(&mut self, rest: &mut &[u8]) -> Option<Lines> {
        let here = self.text.line(self.dot);
        if let Some(behind) = rest.strip_prefix(b"%") {
            *rest = behind;
            return Some(Lines { first: 1, last: self.text.lines(), given: true });
        }
        let first = self.address(rest)?;
        let second = match rest.strip_prefix(b",") {
            Some(behind) => {
                *rest = behind;
                self.address(rest)?.or(Some(here))
            }
            None => None,
        };
        let start = first.or(second.map(|_| here)).unwrap_or(here);
        let (first_line, last) = (start.min(second.unwrap_or(start)), start.max(second.unwrap_or(start)));
        if last > self.text.lines() || first_line == 0 && last == 0 && first.is_none() {
            self.complain("Invalid range");
            return None;
        }
        Some(Lines { first: first_line.max(1), last: last.max(1), given: first.is_some() || second.is_some() })
    }

    /// A line's number: `.`, `$`, a number, a mark or a pattern, with more or less. `None` when it cannot be found.
    fn address(&mut self, rest: &mut &[u8]) -> Option<Option<usize>> {
        *rest = rest.trim_ascii_start();
        let here = self.text.line(self.dot);
        let mut line = match rest {
            [b'.', behind @ ..] => {
                *rest = behind;
                Some(here)
            }
            [b'$', behind @ ..] => {
                *rest = behind;
                Some(self.text.lines())
            }
            [b'\'', name, behind @ ..] => {
                *rest = behind;
                let Some(place) = self.mark(*name) else {
                    self.complain("Mark not set");
                    return None;
                };
                Some(self.text.line(place))
            }
            [sign @ (b'/' | b'?'), behind @ ..] => {
                let end = behind.iter().position(|byte| byte == sign).unwrap_or(behind.len());
                let pattern = behind.get(..end).unwrap_or_default().to_vec();
                *rest = behind.get(end + 1..).unwrap_or_default();
                if !pattern.is_empty() {
                    self.pattern = pattern;
                }
                let pattern = self.pattern.clone();
                let place = self.search(&pattern, *sign == b'/', 1)?;
                Some(self.text.line(place))
            }
            [b'0'..=b'9', ..] => Some(take_number(rest)),
            _ => None,
        };
        while let [sign @ (b'+' | b'-'), behind @ ..] = rest {
            *rest = behind;
            let count = if rest.first().is_some_and(u8::is_ascii_digit) { take_number(rest) } else { 1 };
            let base = line.unwrap_or(here);
            line = Some(if *sign == b'+' { base + count } else { base.saturating_sub(count) });
        }
        Some(line)
    }

    /// `/old/new/flags`: on each line the first match, or all.
    fn substitute(&mut self, rest: &[u8], lines: Lines) {
        let Some((delimiter, rest)) = rest.split_first() else {
            self.complain("No previous search");
            return;
        };
        let (old, rest) = until(rest, *delimiter);
        let (new, flags) = until(rest, *delimiter);
        if !old.is_empty() {
            self.pattern = old;
        }
        let pattern = self.pattern.clone();
        if pattern.is_empty() {
            self.complain("No previous search");
            return;
        }
        let Some(regex) = self.regex(&pattern) else { return };
        let all = flags.starts_with(b"g");
        let (mut done, mut on_lines, mut last) = (0, 0, None);
        for number in lines.first..=lines.last {
            let begin = self.text.of_line(number);
            let end = self.text.end(begin);
            let line = self.text.slice(begin, end).to_vec();
            let (mut out, mut at, mut changed) = (Vec::new(), 0, 0);
            while let Some(found) = regex.captures_at(&line, at, at > 0).filter(|_| all || changed == 0) {
                let Some((start, stop)) = found.first().copied().flatten() else { break };
                out.extend_from_slice(line.get(at..start).unwrap_or_default());
                put_replacement(&mut out, &new, &line, &found);
                changed += 1;
                at = stop;
                if start == stop {
                    out.extend(line.get(stop));
                    at += 1;
                }
                if at > line.len() || start == stop && at == line.len() {
                    break;
                }
            }
            if changed > 0 {
                out.extend_from_slice(line.get(at..).unwrap_or_default());
                self.splice(begin, end, &out);
                (done, on_lines, last) = (done + changed, on_lines + 1, Some(begin));
            }
        }
        match last {
            None => self.complain("No match"),
            Some(place) => {
                self.dot = self.text.first_word(place);
                if done > 1 {
                    self.say(format!("{done} substitutions on {on_lines} lines"));
                }
            }
        }
    }

    /// Writes lines to a file, or all to this one's. Whether it was done.
    fn write(&mut self, file: &[u8], lines: Lines, bang: bool) -> bool {
        let path = if file.is_empty() { self.file.clone() } else { Some(file.to_vec()) };
        let Some(path) = path else {
            self.complain("No current filename");
            return false;
        };
        let own = self.file.as_deref() == Some(path.as_slice());
        if self.readonly && own && !bang {
            self.complain([b"'", path.as_slice(), b"' is read only"].concat());
            return false;
        }
        if !own && !bang && fs::stat(&path).is_ok() {
            self.complain([b"File exists (:w! overrides)".as_slice()].concat());
            return false;
        }
        let (from, to) = if lines.given {
            (self.text.of_line(lines.first), self.text.end(self.text.of_line(lines.last)) + 1)
        } else {
            (0, self.text.len())
        };
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let bytes = self.text.slice(from, to).to_vec();
        let written =
            fs::open(&path, flags, 0o666).and_then(|file| fd::write_all(file, &bytes).and_then(|()| fd::close(file)));
        if let Err(error) = written {
            self.complain([b"'", path.as_slice(), b"' ", error.message().as_bytes()].concat());
            return false;
        }
        if from == 0 && to == self.text.len() {
            self.modified = false;
        }
        if self.file.is_none() {
            self.file = Some(path.clone());
        }
        self.say_file(&path, "", &bytes);
        true
    }

    /// `'NAME' 4L, 29C`.
    fn say_file(&mut self, path: &[u8], what: &str, bytes: &[u8]) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.say([b"'", path, b"'", what.as_bytes(), format!(" {lines}L, {}C", bytes.len()).as_bytes()].concat());
    }

    /// Another file in the place of this one.
    fn edit(&mut self, file: &[u8], bang: bool) {
        if self.modified && !bang {
            self.complain("No write since last change (:e! overrides)");
            return;
        }
        let path = if file.is_empty() { self.file.clone() } else { Some(file.to_vec()) };
        let Some(path) = path else {
            self.complain("No current filename");
            return;
        };
        let read = fs::read_file(&path);
        let what = if read.is_err() { " [New file]" } else { "" };
        self.text = Text::new(read.unwrap_or_default());
        (self.dot, self.top, self.modified) = (0, 0, false);
        let bytes = self.text.bytes().to_vec();
        self.file = Some(path.clone());
        self.say_file(&path, what, &bytes);
    }

    /// A file behind a line.
    fn read(&mut self, file: &[u8], lines: Lines) {
        let path = if file.is_empty() { self.file.clone() } else { Some(file.to_vec()) };
        let Some(path) = path else {
            self.complain("No current filename");
            return;
        };
        match fs::read_file(&path) {
            Err(error) => self.complain([b"'", path.as_slice(), b"' ", error.message().as_bytes()].concat()),
            Ok(bytes) => {
                let at = self.text.end(self.text.of_line(lines.last)) + 1;
                self.splice(at, at, &bytes);
                self.dot = self.text.first_word(at.min(self.text.len() - 1));
                self.say_file(&path, "", &bytes);
            }
        }
    }

    fn set(&mut self, argument: &[u8]) {
        let words: Vec<&[u8]> = argument.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
        if words.is_empty() || words == [b"all"] {
            let options = self.options;
            let flags = [
                (options.autoindent, "autoindent"),
                (options.expandtab, "expandtab"),
                (options.flash, "flash"),
                (options.ignorecase, "ignorecase"),
                (options.showmatch, "showmatch"),
            ];
            let shown = flags.map(|(on, name)| format!("{}{name} ", if on { "" } else { "no" })).concat();
            self.complain(format!("{shown}tabstop={}", options.tab));
            return;
        }
        for word in words {
            let (name, on) = word.strip_prefix(b"no").map_or((word, true), |name| (name, false));
            match name {
                b"autoindent" | b"ai" => self.options.autoindent = on,
                b"expandtab" | b"et" => self.options.expandtab = on,
                b"flash" | b"fl" => self.options.flash = on,
                b"ignorecase" | b"ic" => self.options.ignorecase = on,
                b"showmatch" | b"sm" => self.options.showmatch = on,
                _ => {
                    let tab = name.strip_prefix(b"tabstop=").or_else(|| name.strip_prefix(b"ts="));
                    let tab = tab.and_then(crate::format::parse_decimal).filter(|tab| (1..=32).contains(tab));
                    match tab {
                        Some(tab) => self.options.tab = tab as usize,
                        None => self.complain([b"bad option: ", word].concat()),
                    }
                }
            }
        }
    }
}

fn take_number(rest: &mut &[u8]) -> usize {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, behind) = rest.split_at(digits);
    *rest = behind;
    crate::format::parse_decimal(number).and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX)
}

/// What follows the `s`.
fn argument_of_s(rest: &[u8]) -> &[u8] {
    rest.get(1..).unwrap_or_default()
}

/// Up to a delimiter that no backslash stands before, and what is behind it.
fn until(rest: &[u8], delimiter: u8) -> (Vec<u8>, &[u8]) {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' if rest.get(at + 1) == Some(&delimiter) => {
                out.push(delimiter);
                at += 2;
            }
            b'\\' => {
                out.extend(rest.get(at..at + 2).unwrap_or(b"\\"));
                at += 2;
            }
            _ if *byte == delimiter => return (out, rest.get(at + 1..).unwrap_or_default()),
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    (out, b"")
}

/// The replacement with `\0` to `\9` filled in; `&` is no more than itself.
fn put_replacement(out: &mut Vec<u8>, new: &[u8], line: &[u8], found: &[Option<(usize, usize)>]) {
    let group = |number: usize| {
        found.get(number).copied().flatten().and_then(|(start, end)| line.get(start..end)).unwrap_or_default()
    };
    let mut bytes = new.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(digit @ b'0'..=b'9') => out.extend_from_slice(group(usize::from(digit - b'0'))),
                Some(b'n') => out.push(b'\n'),
                Some(other) => out.push(*other),
                None => out.push(b'\\'),
            },
            _ => out.push(*byte),
        }
    }
}
