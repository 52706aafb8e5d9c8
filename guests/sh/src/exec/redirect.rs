//! Redirections: applied in this process, undone after the command.

mod bash;

use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{Errno, Fd, fd, fs};

use super::descriptors::{PRIVATE, discard, move_to, pipe_above};
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::ast::{FileMode, HereDoc, Redirect, RedirectKind};

/// A descriptor before its redirection.
#[derive(Debug, Clone, Copy)]
pub struct Saved {
    /// The descriptor.
    pub fd: Fd,
    /// A copy of what it was; `None` when it was closed.
    pub copy: Option<Fd>,
}

/// What a redirection leads to, expanded.
pub(super) enum Target<'r> {
    File(FileMode, Vec<u8>),
    Descriptor(Vec<u8>, Fd),
    Closed,
    Document(&'r HereDoc),
    Text(Vec<u8>),
}

/// How much a here-document may hold to be put into a pipe at once, in bytes; a pipe takes at least that.
const PIPE_FILL: usize = 4096;

impl Shell {
    /// Applies redirections. `None` when one failed, which has been reported; what was done is undone then.
    pub fn redirect(&mut self, redirects: &[Redirect]) -> Flow<Option<Vec<Saved>>> {
        if flavour::is_bash() {
            return self.redirect_in_bash(redirects);
        }
        // All are expanded before the first is made.
        let targets = self.targets(redirects)?;
        self.redirect_all(targets)
    }

    /// Expands the words of redirections: which descriptor is to lead where.
    pub(super) fn targets<'r>(&mut self, redirects: &'r [Redirect]) -> Flow<Vec<(Fd, Target<'r>)>> {
        redirects.iter().map(|redirect| Ok((redirect.fd, self.target_of(redirect)?))).collect()
    }

    /// As [`Self::redirect`], with the words expanded.
    pub(super) fn redirect_all(&mut self, targets: Vec<(Fd, Target<'_>)>) -> Flow<Option<Vec<Saved>>> {
        let mut saved = Vec::new();
        for (fd, target) in targets {
            match self.apply(fd, target, &mut saved) {
                Ok(true) => {}
                Ok(false) => {
                    self.undo(saved);
                    return Ok(None);
                }
                Err(unwind) => {
                    self.undo(saved);
                    return Err(unwind);
                }
            }
        }
        self.around.extend_from_slice(&saved);
        Ok(Some(saved))
    }

    /// Makes a descriptor a copy of another for a while.
    /// # Errors
    /// There are no descriptors left.
    pub fn redirect_to(&mut self, from: Fd, to: Fd, saved: &mut Vec<Saved>) -> wcr_sys::Result<()> {
        self.try_save(to, saved)?;
        fd::dup2(from, to, OpenFlags::default())
    }

    /// Undoes the redirections of a command.
    pub fn restore(&mut self, saved: Vec<Saved>) {
        self.around.truncate(self.around.len().saturating_sub(saved.len()));
        self.undo(saved);
    }

    /// Makes descriptors what they were.
    pub fn undo(&mut self, saved: Vec<Saved>) {
        self.capture.redirected -= saved.iter().map(|saved| u32::from(saved.fd == fd::STDOUT)).sum::<u32>();
        reset(saved);
    }

    /// Keeps redirections: forgets what the descriptors were.
    pub fn keep(&mut self, saved: Vec<Saved>) {
        self.around.truncate(self.around.len().saturating_sub(saved.len()));
        self.capture.redirected -= u32::from(saved.iter().any(|saved| saved.fd == fd::STDOUT));
        saved.into_iter().filter_map(|saved| saved.copy).for_each(discard);
    }

    /// Notes what the descriptor is, unless that has been done.
    /// # Errors
    /// It is open, and there is no number for a copy.
    fn try_save(&mut self, target: Fd, saved: &mut Vec<Saved>) -> wcr_sys::Result<()> {
        if saved.iter().any(|known| known.fd == target) {
            return Ok(());
        }
        let copy = match fd::dup(target, PRIVATE, OpenFlags::CLOEXEC) {
            Ok(copy) => Some(copy),
            Err(Errno::Badf) => None,
            Err(error) => return Err(error),
        };
        self.note(Saved { fd: target, copy }, saved);
        Ok(())
    }

    /// As [`Self::try_save`].
    /// # Errors
    /// Without a copy the shell ends, without a word and without its trap.
    fn save(&mut self, target: Fd, saved: &mut Vec<Saved>) -> Flow {
        self.try_save(target, saved).map_err(|_| {
            self.traps.forget_exit();
            self.status = 1;
            Unwind::Exit
        })
    }

    /// Makes `target` a copy of `from`; says so and gives false when the number is beyond what the process may have.
    fn place(&mut self, from: Fd, target: Fd) -> bool {
        let placed = fd::dup2(from, target, OpenFlags::default());
        if placed.is_err() {
            self.complain(format!("{from}: {}", Errno::Badf.message()).as_bytes());
        }
        placed.is_ok()
    }

    fn note(&mut self, change: Saved, saved: &mut Vec<Saved>) {
        self.capture.redirected += u32::from(change.fd == fd::STDOUT);
        saved.push(change);
    }

    fn target_of<'r>(&mut self, redirect: &'r Redirect) -> Flow<Target<'r>> {
        match &redirect.kind {
            RedirectKind::File(mode, word) => Ok(Target::File(*mode, self.expand_string(word)?)),
            RedirectKind::Dup { output, target } => {
                let name = self.expand_string(target)?;
                self.descriptor_target(redirect.fd, *output, name)
            }
            RedirectKind::HereDoc(document) => Ok(Target::Document(document)),
            RedirectKind::HereString(word) => Ok(Target::Text([&self.expand_string(word)?[..], b"\n"].concat())),
        }
    }

    /// What `>&name` and `<&name` lead to.
    fn descriptor_target<'r>(&mut self, target: Fd, output: bool, name: Vec<u8>) -> Flow<Target<'r>> {
        if name == b"-" {
            return Ok(Target::Closed);
        }
        if flavour::is_dash() {
            return match name.as_slice() {
                [digit @ b'0'..=b'9'] => Ok(Target::Descriptor(name.clone(), Fd::from(digit - b'0'))),
                _ => Err(self.fail(b"Syntax error: Bad fd number")),
            };
        }
        if name.is_empty() {
            let line = self.parser_line;
            self.complain_at(line, b"syntax error: bad fd number");
            self.status = 2;
            return Err(Unwind::Error);
        }
        let number = core::str::from_utf8(&name).ok().filter(|_| name.iter().all(u8::is_ascii_digit));
        match number.and_then(|text| text.parse::<Fd>().ok()) {
            Some(from) => Ok(Target::Descriptor(name, from)),
            None if output && target == fd::STDOUT => Ok(Target::File(FileMode::WriteBoth, name)),
            None => Err(self.fail(b"redir error")),
        }
    }

    fn apply(&mut self, fd: Fd, target: Target<'_>, saved: &mut Vec<Saved>) -> Flow<bool> {
        match target {
            Target::File(mode, name) => self.open_redirect(fd, mode, &name, saved),
            Target::Descriptor(name, from) => self.duplicate(fd, &name, from, saved),
            Target::Closed => {
                self.save(fd, saved)?;
                discard(fd);
                Ok(true)
            }
            Target::Document(document) => self.here_document(fd, document, saved),
            Target::Text(text) => self.here_text(fd, text, saved),
        }
    }

    fn open_redirect(&mut self, target: Fd, mode: FileMode, name: &[u8], saved: &mut Vec<Saved>) -> Flow<bool> {
        let create = OpenFlags::WRONLY.with(OpenFlags::CREAT);
        let result = match mode {
            FileMode::Read => fs::open(name, OpenFlags::RDONLY, 0),
            FileMode::ReadWrite => fs::open(name, OpenFlags::RDWR.with(OpenFlags::CREAT), 0o666),
            FileMode::Append | FileMode::AppendBoth => fs::open(name, create.with(OpenFlags::APPEND), 0o666),
            FileMode::Write | FileMode::WriteBoth if self.has(Opt::NoClobber) => open_unclobbered(name, create),
            FileMode::Write | FileMode::Clobber | FileMode::WriteBoth => {
                fs::open(name, create.with(OpenFlags::TRUNC), 0o666)
            }
        };
        match result {
            Ok(opened) => {
                if opened == target && !flavour::is_bash() {
                    // Where the file comes to the output's place by itself, errors stay with ash where they went.
                    self.note(Saved { fd: target, copy: None }, saved);
                    return Ok(true);
                }
                if opened == target {
                    self.note(Saved { fd: target, copy: None }, saved);
                } else {
                    self.save(target, saved)?;
                }
                let placed = opened == target || self.place(opened, target);
                if opened != target {
                    discard(opened);
                }
                if !placed {
                    return Ok(false);
                }
                if matches!(mode, FileMode::WriteBoth | FileMode::AppendBoth) {
                    self.save(fd::STDERR, saved)?;
                    let _ = fd::dup2(target, fd::STDERR, OpenFlags::default());
                }
                Ok(true)
            }
            Err(error) => {
                self.complain(&flavour::current().cannot_open(name, mode != FileMode::Read, error));
                Ok(false)
            }
        }
    }

    fn duplicate(&mut self, target: Fd, name: &[u8], from: Fd, saved: &mut Vec<Saved>) -> Flow<bool> {
        if let Err(error) = fd::flags(from) {
            self.complain(&[name, b": ", error.message().as_bytes()].concat());
            return Ok(false);
        }
        if from == target {
            return Ok(true);
        }
        self.save(target, saved)?;
        Ok(self.place(from, target))
    }

    fn here_document(&mut self, target: Fd, document: &HereDoc, saved: &mut Vec<Saved>) -> Flow<bool> {
        let text = match document.body.get() {
            Some(body) => match self.expand_text(body) {
                Ok(text) => text,
                // What is wrong with the text is only a failure of the redirection.
                Err(Unwind::Error) => return Ok(false),
                Err(unwind) => return Err(unwind),
            },
            None => Vec::new(),
        };
        self.here_text(target, text, saved)
    }

    /// Makes `target` a pipe in which the text is.
    fn here_text(&mut self, target: Fd, text: Vec<u8>, saved: &mut Vec<Saved>) -> Flow<bool> {
        let (reader, writer) = match pipe_above(target.min(PRIVATE)) {
            Ok(pipe) => pipe,
            Err(error) => {
                self.complain(&pipe_failure(error));
                return Ok(false);
            }
        };
        if text.len() <= PIPE_FILL {
            let _ = fd::write_all(writer, &text);
        } else {
            let written = self.fork(move |_| {
                discard(reader);
                let _ = fd::write_all(writer, &text);
                Ok(())
            });
            if written.is_err() {
                self.complain(b"can't fork");
                return Ok(false);
            }
        }
        discard(writer);
        self.save(target, saved)?;
        let placed = self.place(reader, target);
        discard(reader);
        Ok(placed)
    }
}

/// What is said when no pipe can be made.
pub fn pipe_failure(error: Errno) -> Vec<u8> {
    [b"can't create pipe: ", error.message().as_bytes()].concat()
}

/// Makes descriptors what they were.
pub(super) fn reset(saved: Vec<Saved>) {
    for Saved { fd: target, copy } in saved.into_iter().rev() {
        match copy {
            Some(copy) => move_to(copy, target),
            None => discard(target),
        }
    }
}

/// Opens a file for writing that must not overwrite a regular file.
fn open_unclobbered(name: &[u8], create: OpenFlags) -> wcr_sys::Result<Fd> {
    match fs::stat(name) {
        Ok(stat) if stat.mode.kind() == FileKind::Regular => Err(Errno::Exist),
        Ok(_) => fs::open(name, OpenFlags::WRONLY, 0),
        Err(_) => fs::open(name, create.with(OpenFlags::EXCL), 0o666),
    }
}
