//! GNU `xargs`: runs a program with what standard input lists.

mod items;
mod options;

use applets::options::Parsed;
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::{FdAction, OpenFlags, Pid, SpawnRequest, WaitStatus};
use wcr_sys::{Errno, fd, fs, process};

use crate::Program;
use crate::quote;
use crate::system::exec;
use items::{Item, Items};
use options::{Limit, Options};

/// What `--help` prints behind the first line.
const HELP: &str = include_str!("help.txt");

/// What `--version` prints.
const VERSION: &str = "\
xargs (GNU findutils) 4.9.0
Copyright (C) 2022 Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.

Written by Eric B. Decker, James Youngman, and Kevin Dalley.
";

/// The exit code for programs that failed.
const SOME_FAILED: u8 = 123;

/// The program.
pub const PROGRAM: Program =
    Program::whole("xargs", run).lacking("-o; signals that change how many programs run at once");

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let options = options::read(ctx)?;
    if options.shows_limits {
        show_limits(ctx, options.size);
    }
    let source = Source::open(&options.file)
        .map_err(|error| ctx.die_errno(&[b"Cannot open input file ", &quote::locale(&options.file)], error))?;
    let fixed: usize = options.command.iter().map(|word| word.len() + 1).sum();
    if options.place.is_none() && fixed > options.size {
        return Err(ctx.die(&[b"cannot fit single argument within argument list size limit"]));
    }
    let items = Items::new(source.fd(), options.separator, options.place.is_some(), options.end.clone());
    let slots = vec![None; options.parallel.min(1 << 10)];
    let reads_stdin = source.fd() == fd::STDIN;
    let mut xargs = Xargs { options, fixed, slots, reads_stdin, code: 0 };
    let result = xargs.all(ctx, items);
    // The programs that run are waited for, whatever ended the input.
    while xargs.slots.iter().any(Option::is_some) {
        xargs.reap(ctx)?;
    }
    result?;
    Ok(xargs.code)
}

fn show_limits(ctx: &mut Context<'_>, size: usize) {
    let (env, most) = (options::environment_size(), options::size_limit());
    let text = format!(
        "Your environment variables take up {env} bytes\n\
         POSIX upper limit on argument length (this system): {most}\n\
         POSIX smallest allowable upper limit on argument length (all systems): 4096\n\
         Maximum length of command we could actually use: {}\n\
         Size of command buffer we are actually using: {size}\n\
         Maximum parallelism (--max-procs must be no greater): {}\n",
        most - env,
        i32::MAX,
    );
    ctx.put_err(text.as_bytes());
}

struct Xargs {
    options: Options,
    /// How many bytes the command takes without items.
    fixed: usize,
    /// The programs that run.
    slots: Vec<Option<Pid>>,
    reads_stdin: bool,
    code: u8,
}

impl Xargs {
    fn all(&mut self, ctx: &mut Context<'_>, mut items: Items) -> Result<(), Quit> {
        let (mut batch, mut used, mut lines, mut runs) = (Vec::new(), self.fixed, 0, 0);
        let fault = loop {
            match items.next(ctx) {
                Item::Word { text, ends_line } => {
                    if self.options.place.is_some() {
                        self.start(ctx, &[text])?;
                        runs += 1;
                        continue;
                    }
                    let len = text.len() + 1;
                    if used + len > self.options.size {
                        if self.options.exits && self.options.limit != Limit::None {
                            return Err(ctx.die(&[b"argument list too long"]));
                        }
                        if !batch.is_empty() {
                            self.start(ctx, &core::mem::take(&mut batch))?;
                        }
                        (used, lines, runs) = (self.fixed, 0, runs + 1);
                        if used + len > self.options.size {
                            return Err(ctx.die(&[b"argument line too long"]));
                        }
                    }
                    used += len;
                    batch.push(text);
                    lines += usize::from(ends_line);
                }
                Item::EndOfLine => lines += usize::from(!batch.is_empty()),
                Item::End => break None,
                Item::Fault(fault) => break Some(fault),
            }
            let full = match self.options.limit {
                Limit::None => false,
                Limit::Words(most) => batch.len() >= most,
                Limit::Lines(most) => lines >= most,
            };
            if full && !batch.is_empty() {
                self.start(ctx, &core::mem::take(&mut batch))?;
                (used, lines, runs) = (self.fixed, 0, runs + 1);
            }
        };
        if let Some(fault) = fault {
            ctx.complain(&[fault.as_bytes()]);
            self.code = 1;
        }
        let nothing = runs == 0 && fault.is_none() && !self.options.only_with_input && self.options.place.is_none();
        if !batch.is_empty() || nothing {
            self.start(ctx, &batch)?;
        }
        if fault.is_some() { Err(Quit(1)) } else { Ok(()) }
    }

    /// Starts the program with these items, when fewer programs run than may.
    fn start(&mut self, ctx: &mut Context<'_>, batch: &[Vec<u8>]) -> Result<(), Quit> {
        let mut argv = self.options.command.clone();
        match &self.options.place {
            None => argv.extend_from_slice(batch),
            Some(place) => {
                let item = batch.first().map(Vec::as_slice).unwrap_or_default();
                if place.is_empty() {
                    return Err(ctx.die(&[b"command too long"]));
                }
                for word in argv.iter_mut().skip(1) {
                    *word = applets::run::replaced(word, place, item);
                }
            }
        }
        if self.options.place.is_some() && argv.iter().map(|word| word.len() + 1).sum::<usize>() > self.options.size {
            return Err(ctx.die(&[b"command too long"]));
        }
        while self.slots.iter().all(Option::is_some) {
            if self.options.unlimited {
                self.slots.push(None);
            } else {
                self.reap(ctx)?;
            }
        }
        if (self.options.verbose || self.options.asks) && !self.confirm(ctx, &argv)? {
            return Ok(());
        }
        ctx.flush();
        let slot = self.slots.iter().position(Option::is_none).unwrap_or(0);
        let mut envp = wcr_sys::env();
        if let Some(name) = &self.options.slot_variable {
            let before = [name.as_slice(), b"="].concat();
            envp.retain(|entry| !entry.starts_with(&before));
            envp.push([before, slot.to_string().into_bytes()].concat());
        }
        let null = if self.reads_stdin {
            fs::open(b"/dev/null", OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).ok()
        } else {
            None
        };
        let actions = null.map(|null| FdAction::Dup { from: null, to: fd::STDIN }).into_iter().collect();
        let name = argv.first().cloned().unwrap_or_default();
        let started = exec::spawn_request(SpawnRequest { argv, envp, actions, ..SpawnRequest::default() });
        if let Some(null) = null {
            // Nothing was written through it, so closing cannot lose anything.
            let _ = fd::close(null);
        }
        match started {
            Ok(pid) => {
                if let Some(free) = self.slots.get_mut(slot) {
                    *free = Some(pid);
                }
                Ok(())
            }
            Err(error) => {
                ctx.perror(&[&name], error);
                Err(Quit(if error == Errno::Noent { 127 } else { 126 }))
            }
        }
    }

    /// Shows the command and, where that is asked for, lets the user decide.
    fn confirm(&self, ctx: &mut Context<'_>, argv: &[Vec<u8>]) -> Result<bool, Quit> {
        let words: Vec<Vec<u8>> = argv.iter().map(|word| quote::as_needed(word)).collect();
        ctx.put_err(&words.join(b" ".as_slice()));
        if !self.options.asks {
            ctx.put_err(b"\n");
            return Ok(true);
        }
        let terminal = fs::open(b"/dev/tty", OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
        let terminal = terminal.map_err(|error| ctx.die_errno(&[b"failed to open /dev/tty for reading"], error))?;
        ctx.put_err(b"?...");
        let mut reader = applets::lines::LineReader::new(terminal, b'\n');
        let answer = reader.next_line().ok().flatten().and_then(|line| line.text.first().copied());
        // Nothing was written through it, so closing cannot lose anything.
        let _ = fd::close(terminal);
        Ok(matches!(answer, Some(b'y' | b'Y')))
    }

    /// Waits for one of the programs that run.
    fn reap(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let (pid, status) = loop {
            match process::wait(-1, 0) {
                Ok(Some(ended)) => break ended,
                Ok(None) | Err(Errno::Intr) => {}
                Err(error) => {
                    self.slots.fill(None);
                    return Err(ctx.die_errno(&[b"error waiting for child process"], error));
                }
            }
        };
        for slot in self.slots.iter_mut().filter(|slot| **slot == Some(pid)) {
            *slot = None;
        }
        let name = self.options.command.first().cloned().unwrap_or_default();
        match status {
            WaitStatus::Exited(0) => Ok(()),
            WaitStatus::Exited(255) => {
                ctx.complain(&[&name, b": exited with status 255; aborting"]);
                Err(Quit(124))
            }
            WaitStatus::Signaled(signal) => {
                ctx.complain(&[&name, b": terminated by signal ", signal.0.to_string().as_bytes()]);
                Err(Quit(125))
            }
            _ => {
                self.code = SOME_FAILED;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    #[test]
    fn what_is_wrong_with_a_command_line() {
        for (args, message) in [
            (&["-n", "x"][..], "invalid number \"x\" for -n option"),
            (&["-n", "0"], "value 0 for -n option should be >= 1"),
            (&["-P", "-1"], "value -1 for -P option should be >= 0"),
            (&["-q"], "invalid option -- 'q'"),
        ] {
            let (code, out, err) = run(&PROGRAM, args);
            assert_eq!((code, out.as_str()), (1, ""));
            assert_eq!(err, format!("xargs: {message}\nTry 'xargs --help' for more information.\n"));
        }
        let err = run(&PROGRAM, &["-d", "\\q"]).2;
        assert_eq!(err, "xargs: Invalid escape sequence \\q in input delimiter specification.\n");
    }
}
