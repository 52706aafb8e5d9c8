//! `xargs`: runs a program with what standard input lists.

use wcr_sys::abi::{OpenFlags, Pid, WaitStatus};
use wcr_sys::{Errno, Fd, fd, fs};

use crate::count::{INT_MAX, in_range};
use crate::lines::LineReader;
use crate::number::is_space;
use crate::options::Spec;
use crate::run::{self, replaced};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "xargs",
    "xargs [OPTIONS] [PROG ARGS]\n\n\
     Run PROG on every item given by stdin\n\n\
     \t-0\tNUL terminated input\n\
     \t-a FILE\tRead from FILE instead of stdin\n\
     \t-r\tDon't run command if input is empty\n\
     \t-t\tPrint the command on stderr before execution\n\
     \t-p\tAsk user whether to run each command\n\
     \t-E STR,-e[STR]\tSTR stops input processing\n\
     \t-I STR\tReplace STR within PROG ARGS with input line\n\
     \t-n N\tPass no more than N args to PROG\n\
     \t-s N\tPass command line of no more than N bytes\n\
     \t-P N\tRun up to N PROGs in parallel\n\
     \t-x\tExit if size is exceeded",
    main,
);

const SPEC: Spec = Spec::short("+trn:s:xE:e::I:i::pP:0a:");

/// How many bytes of arguments a program gets when nothing else is asked.
const SIZE: usize = 32 * 1024 - 2048;

/// The code for programs that failed.
const SOME_FAILED: u8 = 123;

/// How the input is taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Items {
    /// Words, with quotes and backslashes.
    Words,
    /// What ends in this byte, for a place in the arguments: without the blanks before it, and none that is empty.
    Lines(u8),
    /// What stands between NULs.
    Nul,
}

struct Xargs {
    command: Vec<Vec<u8>>,
    items: Items,
    end: Option<Vec<u8>>,
    place: Option<Vec<u8>>,
    per_run: usize,
    parallel: usize,
    only_with_input: bool,
    verbose: bool,
    asks: bool,
    running: Vec<(Pid, Vec<u8>)>,
    code: u8,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let count = |ctx: &mut Context<'_>, key: u8, default: u64, least: u64| match parsed.value(key) {
        Some(text) => in_range(ctx, text, least, INT_MAX).map(|count| count as usize),
        None => Ok(default as usize),
    };
    let parallel = count(ctx, b'P', 1, 0)?;
    let place = parsed.options.iter().rev().find(|(key, _)| matches!(key, b'I' | b'i'));
    let place = place.map(|(_, value)| value.clone().unwrap_or_else(|| b"{}".to_vec()));
    let end = parsed.options.iter().rev().find(|(key, _)| matches!(key, b'E' | b'e'));
    let end = end.and_then(|(_, value)| value.clone()).filter(|word| !word.is_empty());
    let items = match (parsed.has(b'0'), &place) {
        (zero, Some(_)) => Items::Lines(if zero { 0 } else { b'\n' }),
        (true, None) => Items::Nul,
        (false, None) => Items::Words,
    };
    // With a place for the items no word ends the input.
    let end = end.filter(|_| place.is_none());
    let command = if parsed.operands.is_empty() { vec![b"echo".to_vec()] } else { parsed.operands.clone() };
    let file = parsed.value(b'a').unwrap_or(b"-");
    let source = Source::open(file).map_err(|error| ctx.die_errno(&[b"can't open '", file, b"'"], error))?;
    let fixed: usize = command.iter().map(|word| word.len() + 1).sum();
    let Some(room) = count(ctx, b's', SIZE as u64, 1)?.checked_sub(fixed).filter(|room| *room > 0) else {
        return Err(ctx.die(&[b"can't fit single argument within argument list size limit"]));
    };
    let per_run = count(ctx, b'n', INT_MAX, 1)?;
    let mut xargs = Xargs {
        command,
        items,
        end,
        per_run: if place.is_some() { 1 } else { per_run },
        place,
        parallel: if parallel == 0 { usize::MAX } else { parallel },
        only_with_input: parsed.has(b'r'),
        verbose: parsed.has(b't') || parsed.has(b'p'),
        asks: parsed.has(b'p'),
        running: Vec::new(),
        code: 0,
    };
    let result = xargs.run(ctx, &source, room);
    // The programs that run are waited for, whatever ended the input.
    while !xargs.running.is_empty() {
        xargs.reap(ctx)?;
    }
    result?;
    Ok(xargs.code)
}

impl Xargs {
    fn run(&mut self, ctx: &mut Context<'_>, source: &Source, room: usize) -> Result<(), Quit> {
        let lines = match self.items {
            Items::Words => LineReader::stopping(source.fd(), b'\n'),
            Items::Lines(b'\n') => LineReader::stopping_text(source.fd()),
            Items::Lines(end) => LineReader::stopping(source.fd(), end),
            Items::Nul => LineReader::stopping(source.fd(), 0),
        };
        let mut reader = Reader { lines, words: Vec::new().into_iter(), fault: None };
        let (mut batch, mut used, mut runs) = (Vec::new(), 0, 0);
        loop {
            let item = reader.next(ctx, &self.items)?.filter(|item| Some(item) != self.end.as_ref());
            let len = item.as_ref().map_or(0, |item| item.len() + 1);
            let is_full = used + len > room;
            if is_full && batch.is_empty() {
                return Err(ctx.die(&[b"argument line too long"]));
            }
            if is_full || item.is_none() && !batch.is_empty() {
                self.start(ctx, core::mem::take(&mut batch))?;
                (used, runs) = (0, runs + 1);
                if len > room {
                    return Err(ctx.die(&[b"argument line too long"]));
                }
            }
            let Some(item) = item else { break };
            used += len;
            batch.push(item);
            if batch.len() >= self.per_run {
                self.start(ctx, core::mem::take(&mut batch))?;
                (used, runs) = (0, runs + 1);
            }
        }
        if runs == 0 && !self.only_with_input && self.place.is_none() {
            self.start(ctx, Vec::new())?;
        }
        Ok(())
    }

    /// Starts the program with these items, and waits when no more programs may run at once.
    fn start(&mut self, ctx: &mut Context<'_>, batch: Vec<Vec<u8>>) -> Result<(), Quit> {
        let mut argv = self.command.clone();
        match &self.place {
            None => argv.extend(batch),
            Some(place) => {
                let item = batch.first().map(Vec::as_slice).unwrap_or_default();
                for word in &mut argv {
                    *word = replaced(word, place, item);
                }
            }
        }
        if self.verbose && !self.confirm(ctx, &argv)? {
            return Ok(());
        }
        ctx.flush();
        let name = argv.first().cloned().unwrap_or_default();
        match run::spawn(&argv) {
            Ok(pid) => self.running.push((pid, name)),
            Err(error) => {
                ctx.perror(&[&name], error);
                return Err(Quit(if error == Errno::Noent { 127 } else { 126 }));
            }
        }
        while self.running.len() >= self.parallel {
            self.reap(ctx)?;
        }
        Ok(())
    }

    /// Shows the command and, where that is asked for, lets the user decide.
    fn confirm(&self, ctx: &mut Context<'_>, argv: &[Vec<u8>]) -> Result<bool, Quit> {
        ctx.put_err(&argv.join(b" ".as_slice()));
        if !self.asks {
            ctx.put_err(b"\n");
            return Ok(true);
        }
        let terminal = fs::open(b"/dev/tty", OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
        let terminal = terminal.map_err(|error| ctx.die_errno(&[b"can't open '/dev/tty'"], error))?;
        ctx.put_err(b" ?...");
        let answer = first_byte_of_line(terminal);
        // Nothing was written through it, so closing cannot lose anything.
        let _ = fd::close(terminal);
        Ok(matches!(answer, Some(b'y' | b'Y')))
    }

    /// Waits for a program that runs.
    fn reap(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        if self.running.is_empty() {
            return Ok(());
        }
        let (pid, name) = self.running.remove(0);
        match run::wait(pid) {
            Ok(WaitStatus::Exited(0)) => Ok(()),
            Ok(WaitStatus::Exited(255)) => {
                ctx.complain(&[&name, b": exited with status 255; aborting"]);
                Err(Quit(124))
            }
            Ok(WaitStatus::Signaled(signal)) => {
                let number = signal.0.to_string();
                ctx.complain(&[b"'", &name, b"' terminated by signal ", number.as_bytes()]);
                Err(Quit(125))
            }
            Ok(_) => {
                self.code = SOME_FAILED;
                Ok(())
            }
            Err(error) => Err(ctx.die_errno(&[&name], error)),
        }
    }
}

/// Reads a line and returns its first byte.
fn first_byte_of_line(file: Fd) -> Option<u8> {
    let mut reader = LineReader::new(file, b'\n');
    reader.next_line().ok().flatten().and_then(|line| line.text.first().copied())
}

/// The items of the input.
struct Reader {
    lines: LineReader,
    /// The words of the line that was read, still to be given out.
    words: std::vec::IntoIter<Vec<u8>>,
    /// What is wrong behind them.
    fault: Option<&'static str>,
}

impl Reader {
    fn next(&mut self, ctx: &mut Context<'_>, items: &Items) -> Result<Option<Vec<u8>>, Quit> {
        loop {
            if let Some(word) = self.words.next() {
                return Ok(Some(word));
            }
            if let Some(fault) = self.fault.take() {
                return Err(ctx.die(&[fault.as_bytes()]));
            }
            let Ok(Some(line)) = self.lines.next_line() else { return Ok(None) };
            match items {
                Items::Nul => return Ok(Some(line.text.to_vec())),
                Items::Lines(_) => {
                    let blanks = line.text.iter().take_while(|byte| is_space(**byte)).count();
                    let text = line.text.get(blanks..).unwrap_or_default();
                    if !text.is_empty() {
                        return Ok(Some(text.to_vec()));
                    }
                }
                Items::Words => {
                    let mut text = line.text.to_vec();
                    let mut terminated = line.terminated;
                    // A newline behind a backslash belongs to a word.
                    while terminated && ends_in_backslash(&text) {
                        text.push(b'\n');
                        let Ok(Some(more)) = self.lines.next_line() else { break };
                        text.extend_from_slice(more.text);
                        terminated = more.terminated;
                    }
                    let (mut words, fault) = words(&text);
                    // A program gets its words as C strings.
                    for word in &mut words {
                        word.truncate(memchr::memchr(0, word).unwrap_or(word.len()));
                    }
                    // What stands before a fault is still used.
                    (self.words, self.fault) = (words.into_iter(), fault);
                }
            }
        }
    }
}

fn ends_in_backslash(text: &[u8]) -> bool {
    text.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The words of a line, and what is wrong with its end.
fn words(text: &[u8]) -> (Vec<Vec<u8>>, Option<&'static str>) {
    let (mut words, mut word) = (Vec::new(), Vec::new());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => word.extend(bytes.next()),
            b'"' | b'\'' => loop {
                match bytes.next() {
                    None if byte == b'"' => return (words, Some("unmatched double quote")),
                    None => return (words, Some("unmatched single quote")),
                    Some(end) if end == byte => break,
                    Some(other) => word.push(other),
                }
            },
            byte if is_space(byte) => {
                if !word.is_empty() {
                    words.push(core::mem::take(&mut word));
                }
            }
            byte => word.push(byte),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    (words, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart() {
        let show = |text: &str| {
            let (words, fault) = words(text.as_bytes());
            (String::from_utf8_lossy(&words.join(b"|".as_slice())).into_owned(), fault)
        };
        assert_eq!(show("a \"b c\" d\\ e '' x\"y\"z"), ("a|b c|d e|xyz".to_owned(), None));
        assert_eq!(show("a 'b"), ("a".to_owned(), Some("unmatched single quote")));
        assert_eq!(show("a\\"), ("a".to_owned(), None));
    }
}
