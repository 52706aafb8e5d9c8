//! `read`.

use wcr_sys::{Errno, fd};

use crate::bash::array::Array;
use crate::builtins::read::{Alarm, Keys, Request, nanoseconds, read_line};
use crate::expand::fields::Separators;
use crate::shell::{Flow, Shell};
use crate::syntax::is_name;

/// A line, and for each byte whether a backslash protects it.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    protected: Vec<bool>,
}

pub(super) fn read(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, names) = match shell.bash_options(args, b"ersa:d:i:n:N:p:t:u:")? {
        Ok(taken) => taken,
        Err(status) => return Ok(status),
    };
    let mut request = Request::default();
    let (mut array, mut exact, mut prompt) = (None, false, None);
    for (option, value) in options {
        let number = super::control::integer(value);
        match (option, number) {
            (b'r', _) => request.raw = true,
            (b's', _) => request.silent = true,
            (b'a', _) => array = Some(value.to_vec()),
            (b'd', _) => request.delimiter = value.first().copied().unwrap_or(0),
            (b'p', _) => prompt = Some(value),
            (b'n' | b'N', Some(most)) if most >= 0 => {
                request.most = Some(most as usize);
                exact = option == b'N';
            }
            (b'n' | b'N', _) => {
                shell.complain(&[value, b": invalid number"].concat());
                return Ok(1);
            }
            (b't', _) => match nanoseconds(value) {
                Some(timeout) => request.timeout = Some(timeout),
                None => {
                    shell.complain(&[value, b": invalid timeout specification"].concat());
                    return Ok(1);
                }
            },
            (b'u', Some(from)) if from >= 0 => request.from = from as wcr_sys::Fd,
            (b'u', _) => {
                shell.complain(&[value, b": invalid file descriptor specification"].concat());
                return Ok(1);
            }
            _ => {}
        }
    }
    let bad = names.iter().find(|name| !is_name(crate::bash::variables::split_element(name).0));
    if let Some(name) = bad.filter(|_| array.is_none()) {
        shell.complain(&[b"`", &name[..], b"': not a valid identifier"].concat());
        return Ok(1);
    }
    if let Err(error) = fd::flags(request.from) {
        let message = error.message();
        let text = format!("{}: invalid file descriptor: {message}", request.from);
        if request.from == fd::STDIN {
            shell.complain(format!("read error: 0: {message}").as_bytes());
        } else {
            shell.complain(text.as_bytes());
        }
        return Ok(1);
    }
    if let Some(prompt) = prompt.filter(|_| fd::is_tty(request.from)) {
        let _ = fd::write_all(fd::STDERR, prompt);
    }
    if request.timeout == Some(0) {
        return Ok(u8::from(!fd::readable(request.from)));
    }
    if exact {
        // Nothing but the count ends it.
        request.no_delimiter = true;
    }
    let alarm = request.timeout.map(Alarm::set);
    let keys = Keys::prepare(&request);
    let mut line = Line::default();
    let read = read_line(&request, |byte, protected| {
        line.text.push(byte);
        line.protected.push(protected);
        true
    });
    drop(keys);
    let timed_out = alarm.is_some_and(Alarm::clear);
    if read == Err(Errno::Intr) && !timed_out {
        shell.traps.collect();
        return Ok(shell.traps.pending.last().map_or(1, |signal| 128 + signal));
    }
    if let Err(error) = &read
        && *error != Errno::Intr
    {
        shell.complain(format!("read error: {}: {}", request.from, error.message()).as_bytes());
    }
    let separators = shell.separators.clone();
    if let Some(name) = array {
        let fields = fields(&separators, &line);
        let target = shell.vars.target_of(&name).to_vec();
        if shell.vars.variable(&target).is_some_and(|variable| variable.readonly) {
            return Err(shell.refuse_change(&target));
        }
        shell.vars.set_array(&target, Array::of(fields));
    } else if names.is_empty() {
        shell.assign(b"REPLY", line.text)?;
    } else if exact {
        give(shell, names, vec![line.text])?;
    } else {
        let values = split(&separators, &line, names.len());
        give(shell, names, values)?;
    }
    Ok(if timed_out { 142 } else { u8::from(read != Ok(true)) })
}

fn give(shell: &mut Shell, names: &[Vec<u8>], values: Vec<Vec<u8>>) -> Flow {
    let mut values = values.into_iter();
    for name in names {
        shell.assign_named(name, values.next().unwrap_or_default())?;
    }
    Ok(())
}

impl Line {
    fn is_separator(&self, separators: &Separators, at: usize) -> bool {
        !self.protected.get(at).copied().unwrap_or(false)
            && self.text.get(at).is_some_and(|byte| separators.contains(*byte))
    }

    fn is_blank(&self, separators: &Separators, at: usize) -> bool {
        self.is_separator(separators, at) && self.text.get(at).is_some_and(|byte| separators.is_blank(*byte))
    }

    /// Where the field that begins at a place ends, and where the next one begins.
    fn field(&self, separators: &Separators, start: usize) -> (usize, usize) {
        let end = (start..self.text.len()).find(|at| self.is_separator(separators, *at)).unwrap_or(self.text.len());
        let mut next = self.behind_blanks(separators, end);
        if next < self.text.len() && self.is_separator(separators, next) {
            next = self.behind_blanks(separators, next + 1);
        }
        (end, next)
    }

    fn behind_blanks(&self, separators: &Separators, start: usize) -> usize {
        (start..self.text.len()).find(|at| !self.is_blank(separators, *at)).unwrap_or(self.text.len())
    }

    fn piece(&self, start: usize, end: usize) -> Vec<u8> {
        self.text.get(start..end).unwrap_or_default().to_vec()
    }
}

/// All fields of a line.
fn fields(separators: &Separators, line: &Line) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut at = line.behind_blanks(separators, 0);
    while at < line.text.len() {
        let (end, next) = line.field(separators, at);
        found.push(line.piece(at, end));
        at = next;
    }
    found
}

/// The fields of a line for so many names: the last gets the rest, without the blanks at its end.
fn split(separators: &Separators, line: &Line, count: usize) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut at = line.behind_blanks(separators, 0);
    while found.len() + 1 < count {
        if at >= line.text.len() {
            found.push(Vec::new());
            continue;
        }
        let (end, next) = line.field(separators, at);
        found.push(line.piece(at, end));
        at = next;
    }
    let (end, next) = line.field(separators, at.min(line.text.len()));
    // One field with a single delimiter behind it goes without that.
    let end = if next >= line.text.len() {
        end
    } else {
        (at..line.text.len()).rev().find(|place| !line.is_blank(separators, *place)).map_or(at, |last| last + 1)
    };
    found.push(line.piece(at, end));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(ifs: &str, text: &str, count: usize) -> Vec<String> {
        let line = Line { text: text.into(), protected: vec![false; text.len()] };
        let found = split(&Separators::new(Some(ifs.as_bytes())), &line, count);
        found.into_iter().map(|field| String::from_utf8(field).unwrap()).collect()
    }

    #[test]
    fn lines_are_split_among_the_names() {
        assert_eq!(parts(" \t\n", "  a b  c  ", 1), ["a b  c"]);
        assert_eq!(parts(" \t\n", "  a b  c  ", 2), ["a", "b  c"]);
        assert_eq!(parts(":", "a:b::c:", 3), ["a", "b", ":c:"]);
        assert_eq!(parts(":", "a:b:", 2), ["a", "b"]);
        assert_eq!(parts(":", "a:b", 3), ["a", "b", ""]);
        assert_eq!(parts("=", "k=v=w", 2), ["k", "v=w"]);
    }
}
