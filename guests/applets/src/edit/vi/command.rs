//! The commands of `vi` in normal mode.

use super::editor::{Editor, End, Host, Mode};
use super::text::Text;

impl Editor {
    pub(super) fn command(&mut self, host: &mut dyn Host, key: u8, count: Option<usize>) {
        let times = count.unwrap_or(1);
        match key {
            0 if self.end.is_some() => {}
            0x1b | 12 | 18 => {}
            b'"' => {
                let Some(name) = self.next(host) else { return };
                if name.is_ascii_alphabetic() {
                    self.register = Some(name.to_ascii_lowercase());
                    let Some(key) = self.next(host) else { return };
                    let (second, key) = self.count(host, key);
                    self.command(host, key, second.or(count));
                } else {
                    self.bell = true;
                }
            }
            b'i' => self.insert(host, Mode::Insert),
            b'I' => {
                self.dot = self.text.first_word(self.dot);
                self.insert(host, Mode::Insert);
            }
            b'a' => {
                if self.text.at(self.dot) != b'\n' {
                    self.dot += 1;
                }
                self.insert(host, Mode::Insert);
            }
            b'A' => {
                self.dot = self.text.end(self.dot);
                self.insert(host, Mode::Insert);
            }
            b'o' | b'O' => {
                let indent = self.indent(self.dot);
                let at = if key == b'o' { self.text.end(self.dot) } else { self.text.begin(self.dot) };
                if key == b'o' {
                    self.splice(at, at, &[b"\n", indent.as_slice()].concat());
                    self.dot = at + 1 + indent.len();
                } else {
                    self.splice(at, at, &[indent.as_slice(), b"\n"].concat());
                    self.dot = at + indent.len();
                }
                self.insert(host, Mode::Insert);
            }
            b'R' => self.insert(host, Mode::Replace),
            b'x' | b'X' | b's' | 127 if key != 127 => {
                let (begin, end) = (self.text.begin(self.dot), self.text.end(self.dot));
                let (from, to) = if key == b'X' {
                    (self.dot.saturating_sub(times).max(begin), self.dot)
                } else {
                    (self.dot, (self.dot + times).min(end))
                };
                if from < to {
                    self.yank(from, to, false);
                    self.splice(from, to, b"");
                    self.dot = from;
                } else if key != b's' {
                    self.bell = true;
                }
                if key == b's' {
                    self.insert(host, Mode::Insert);
                }
            }
            b'D' | b'C' => {
                let (from, to) = (self.dot, self.text.end(self.dot));
                if from < to {
                    self.yank(from, to, false);
                    self.splice(from, to, b"");
                }
                if key == b'C' {
                    self.insert(host, Mode::Insert);
                }
            }
            b'Y' => self.operate_lines(host, b'y', times),
            b'r' => {
                let Some(new) = self.next(host) else { return };
                let end = self.text.end(self.dot);
                if new == 0x1b || self.dot + times > end {
                    self.bell = new != 0x1b;
                    return;
                }
                let new = if new == b'\r' { b'\n' } else { new };
                self.splice(self.dot, self.dot + times, &vec![new; if new == b'\n' { 1 } else { times }]);
                self.dot = if new == b'\n' { self.dot + 1 } else { self.dot + times - 1 };
            }
            b'~' => {
                for _ in 0..times {
                    let byte = self.text.at(self.dot);
                    let other =
                        if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
                    if other != byte {
                        self.splice(self.dot, self.dot + 1, &[other]);
                    }
                    if self.dot == self.text.last(self.dot) {
                        break;
                    }
                    self.dot += 1;
                }
            }
            b'J' => {
                for _ in 0..times {
                    let end = self.text.end(self.dot);
                    let Some(next) = self.text.next(self.dot) else { break };
                    let rest =
                        (next..self.text.len()).find(|at| !matches!(self.text.at(*at), b' ' | b'\t')).unwrap_or(next);
                    self.splice(end, rest, b" ");
                    self.dot = end;
                }
            }
            b'd' | b'c' | b'y' | b'<' | b'>' => self.operate(host, key, count),
            b'p' | b'P' => self.put(key == b'p', times),
            b'u' => self.undo(),
            b'.' => {
                let last = self.last.clone();
                if let (Some(count), Some(start)) = (count, last.iter().position(|key| !key.is_ascii_digit())) {
                    self.type_ahead(count.to_string().as_bytes());
                    self.type_ahead(last.get(start..).unwrap_or_default());
                } else {
                    self.type_ahead(&last);
                }
            }
            b'm' => match self.next(host) {
                Some(name @ b'a'..=b'z') => self.marks[usize::from(name - b'a')] = Some(self.dot),
                Some(_) => self.bell = true,
                None => {}
            },
            b'\'' => {
                let Some(name) = self.next(host) else { return };
                match self.mark(name) {
                    Some(place) => {
                        let place = place.min(self.text.len() - 1);
                        self.jump(self.text.first_word(place));
                    }
                    None => self.complain("Mark not set"),
                }
            }
            b'f' | b'F' | b't' | b'T' => {
                let Some(wanted) = self.next(host) else { return };
                self.found_character = Some((key, wanted));
                match self.character(key, wanted, times) {
                    Some(motion) => self.dot = motion.to,
                    None => self.bell = true,
                }
            }
            b'/' | b'?' => {
                let Some(mut pattern) = self.ask(host, key) else { return };
                if pattern.is_empty() {
                    pattern = self.pattern.clone();
                }
                (self.pattern, self.search_forward) = (pattern.clone(), key == b'/');
                if let Some(place) = self.search(&pattern, key == b'/', 1) {
                    self.jump(place);
                }
            }
            b':' => {
                let Some(line) = self.ask(host, b':') else { return };
                self.ex(&line);
            }
            b'Z' => match self.next(host) {
                Some(b'Z') => self.ex(b"x"),
                Some(b'Q') => self.end = Some(End::File),
                _ => self.bell = true,
            },
            b'g' => match self.next(host) {
                Some(b'g') => {
                    let place = self.text.of_line(times);
                    self.jump(self.text.first_word(place));
                }
                Some(key) => self.unknown(&[b'g', key]),
                None => {}
            },
            b'z' => {
                let Some(where_to) = self.next(host) else { return };
                let back = match where_to {
                    b'.' => self.rows / 2,
                    b'-' => self.rows - 1,
                    _ => 0,
                };
                self.top = (0..back).fold(self.text.begin(self.dot), |at, _| self.text.before(at).unwrap_or(at));
            }
            2 | 6 | 4 | 21 | 5 | 25 => self.scroll(key, times),
            7 => self.message = None,
            b'&' => self.ex(b"s"),
            _ => self.go(key, count),
        }
    }

    /// Moves, with a key that does; else says that there is no such command.
    fn go(&mut self, key: u8, count: Option<usize>) {
        let far = matches!(key, b'G' | b'n' | b'N' | b'%' | b'H' | b'L' | b'M' | b'{' | b'}');
        match self.motion(key, count) {
            Some(motion) if far => self.jump(motion.to),
            Some(motion) => self.dot = motion.to,
            None if b"hlkj0^$|+-_wWbBeE%;,nN \r\x08\x7f\x0a\x0e\x10".contains(&key) => self.bell = true,
            None => self.unknown(&[key]),
        }
    }

    fn unknown(&mut self, keys: &[u8]) {
        let mut text = b"'".to_vec();
        for key in keys {
            if *key < 32 {
                text.extend_from_slice(&[b'^', key + 64]);
            } else {
                text.push(*key);
            }
        }
        text.extend_from_slice(b"' is not implemented");
        self.complain(text);
    }

    /// Goes to a place, from which `''` comes back.
    fn jump(&mut self, place: usize) {
        self.before_jump = self.dot;
        self.dot = place;
    }

    pub(super) fn mark(&self, name: u8) -> Option<usize> {
        match name {
            b'\'' | b'`' => Some(self.before_jump),
            b'a'..=b'z' => self.marks[usize::from(name - b'a')],
            _ => None,
        }
    }

    fn scroll(&mut self, key: u8, times: usize) {
        let (page, half) = (self.rows.saturating_sub(2).max(1), (self.rows.saturating_sub(2) / 2).max(1));
        let (rows, forward) = match key {
            2 => (page * times, false),
            6 => (page * times, true),
            4 => (half * times, true),
            21 => (half * times, false),
            5 => (times, true),
            _ => (times, false),
        };
        let step = |text: &Text, at: usize| if forward { text.next(at) } else { text.before(at) };
        self.top = (0..rows).fold(self.top, |at, _| step(&self.text, at).unwrap_or(at));
        let bottom = (1..self.rows).fold(self.top, |at, _| self.text.next(at).unwrap_or(at));
        if self.dot < self.top {
            self.dot = self.top;
        } else if self.text.begin(self.dot) > bottom {
            self.dot = bottom;
        }
        if !matches!(key, 5 | 25) {
            self.dot = self.text.first_word(self.dot);
        }
    }
}
