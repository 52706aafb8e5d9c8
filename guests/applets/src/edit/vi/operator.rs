//! What `vi` does to stretches of text: deleting, changing, keeping, shifting, and putting back.

use super::editor::{Editor, Host, Mode, Register, UNNAMED};
use super::motion::Motion;

impl Editor {
    /// An operator on what the motion that follows goes over.
    pub(super) fn operate(&mut self, host: &mut dyn Host, operator: u8, count: Option<usize>) {
        self.pending = true;
        let Some(key) = self.next(host) else { return };
        let (second, key) = self.count(host, key);
        let both = match (count, second) {
            (Some(first), Some(second)) => Some(first * second),
            (first, second) => first.or(second),
        };
        if key == operator {
            self.operate_lines(host, operator, both.unwrap_or(1));
            return;
        }
        let motion = match key {
            b'f' | b'F' | b't' | b'T' => {
                let Some(wanted) = self.next(host) else { return };
                self.found_character = Some((key, wanted));
                self.character(key, wanted, both.unwrap_or(1))
            }
            b'\'' => {
                let Some(name) = self.next(host) else { return };
                self.mark(name).map(|to| Motion { to, lines: true, inclusive: false })
            }
            b'g' => {
                if self.next(host) != Some(b'g') {
                    self.bell = true;
                    return;
                }
                Some(Motion { to: self.text.of_line(both.unwrap_or(1)), lines: true, inclusive: false })
            }
            b'/' | b'?' => {
                let Some(pattern) = self.ask(host, key) else { return };
                (self.pattern, self.search_forward) = (pattern.clone(), key == b'/');
                self.search(&pattern, key == b'/', 1).map(|to| Motion { to, lines: false, inclusive: false })
            }
            // Changing words leaves the blanks behind them.
            b'w' | b'W' if operator == b'c' && !self.text.at(self.dot).is_ascii_whitespace() => {
                let to = self.motion(if key == b'w' { b'e' } else { b'E' }, both);
                let single = self.dot == self.text.last(self.dot);
                if single { Some(Motion { to: self.dot, lines: false, inclusive: true }) } else { to }
            }
            _ => self.motion(key, both),
        };
        let Some(motion) = motion else {
            self.bell = key != 0x1b;
            return;
        };
        let (mut from, mut to) = (self.dot.min(motion.to), self.dot.max(motion.to));
        if motion.lines || matches!(operator, b'<' | b'>') {
            self.act_on_lines(host, operator, from, to);
            return;
        }
        if motion.inclusive {
            to += 1;
        }
        to = to.min(self.text.len() - 1);
        // A word at the end of a line does not take the line's end along.
        if matches!(key, b'w' | b'W') && to > self.text.end(from) {
            to = self.text.end(to - 1).min(to).max(from);
            while to > from && self.text.at(to - 1).is_ascii_whitespace() && self.text.begin(to) == to {
                to -= 1;
            }
        }
        if from == to {
            from = to;
        }
        self.yank(from, to, false);
        match operator {
            b'y' => {
                self.dot = from;
                self.say_yank(from, to);
            }
            _ => {
                self.splice(from, to, b"");
                self.dot = from;
                if operator == b'c' {
                    self.insert(host, Mode::Insert);
                }
            }
        }
    }

    pub(super) fn operate_lines(&mut self, host: &mut dyn Host, operator: u8, lines: usize) {
        let Some(last) = (1..lines).try_fold(self.text.begin(self.dot), |at, _| self.text.next(at)) else {
            self.bell = true;
            return;
        };
        self.act_on_lines(host, operator, self.dot, last);
    }

    /// An operator on whole lines.
    fn act_on_lines(&mut self, host: &mut dyn Host, operator: u8, first: usize, last: usize) {
        let (from, to) = (self.text.begin(first), self.text.end(last) + 1);
        match operator {
            b'<' | b'>' => {
                self.shift(from, to, operator == b'>');
                self.dot = self.text.first_word(from);
            }
            b'y' => {
                self.yank(from, to, true);
                self.say_yank(from, to);
                if from < self.text.begin(self.dot) {
                    self.dot = from;
                }
            }
            b'd' => {
                self.yank(from, to, true);
                self.delete_lines(from, to);
            }
            _ => {
                self.yank(from, to, true);
                let indent = self.indent(from);
                self.splice(from, to - 1, &indent);
                self.dot = from + indent.len();
                self.insert(host, Mode::Insert);
            }
        }
    }

    /// Removes whole lines; the cursor goes to the line that follows, or the last one.
    pub(super) fn delete_lines(&mut self, from: usize, to: usize) {
        self.splice(from, to, b"");
        let place = from.min(self.text.len().saturating_sub(1));
        let place = if from >= self.text.len() { self.text.begin(place) } else { place };
        self.dot = self.text.first_word(place);
    }

    /// Moves lines to the right by a tab, or to the left by the blanks of one.
    pub(super) fn shift(&mut self, from: usize, to: usize, right: bool) {
        let mut out = Vec::new();
        for line in self.text.slice(from, to).to_vec().split_inclusive(|byte| *byte == b'\n') {
            if right {
                if line != b"\n" {
                    out.push(b'\t');
                }
                out.extend_from_slice(line);
            } else if let Some(rest) = line.strip_prefix(b"\t") {
                out.extend_from_slice(rest);
            } else {
                let blanks = line.iter().take(self.options.tab).take_while(|byte| **byte == b' ').count();
                out.extend_from_slice(line.get(blanks..).unwrap_or_default());
            }
        }
        self.splice(from, to, &out);
    }

    /// Keeps text in the register that was named, or the usual one.
    pub(super) fn yank(&mut self, from: usize, to: usize, lines: bool) {
        let name = self.register.unwrap_or(UNNAMED);
        let text = self.text.slice(from, to).to_vec();
        self.registers[usize::from(name - b'a')] = Register { text, lines };
    }

    fn register_name(&self) -> char {
        char::from(self.register.unwrap_or(UNNAMED).to_ascii_uppercase())
    }

    pub(super) fn say_yank(&mut self, from: usize, to: usize) {
        let lines = self.text.slice(from, to).iter().filter(|byte| **byte == b'\n').count();
        let text = format!("Yank {lines} lines ({} chars) from [{}]", to - from, self.register_name());
        self.say(text);
    }

    pub(super) fn put(&mut self, behind: bool, times: usize) {
        let name = self.register.unwrap_or(UNNAMED);
        let Register { text, lines } = self.registers[usize::from(name - b'a')].clone();
        if text.is_empty() {
            self.complain(format!("Nothing in register {}", char::from(name)));
            return;
        }
        let all = text.repeat(times);
        if lines {
            let at = if behind { self.text.end(self.dot) + 1 } else { self.text.begin(self.dot) };
            self.splice(at, at, &all);
            self.dot = self.text.first_word(at);
        } else {
            let at = if behind && self.text.at(self.dot) != b'\n' { self.dot + 1 } else { self.dot };
            self.splice(at, at, &all);
            self.dot = at + all.len() - 1;
        }
        let newlines = all.iter().filter(|byte| **byte == b'\n').count();
        self.say(format!("Put {newlines} lines ({} chars) from [{}]", all.len(), self.register_name()));
    }
}
