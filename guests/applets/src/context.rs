//! What an applet is given: arguments, output, diagnostics.

use std::io::{self, Write};

use wcr_sys::{Errno, Output};

use crate::{Applet, Help, Quit};

/// The line that precedes every usage.
pub const BANNER: &str = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.\n";

/// One call of an applet: its arguments and where it writes.
pub struct Context<'a> {
    /// The applet that runs.
    pub applet: &'a Applet,
    /// The name in diagnostics: the applet's own, or the shell's for its built-ins.
    pub name: &'a [u8],
    /// The arguments, without the applet's name.
    pub args: &'a [Vec<u8>],
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    write_error: Option<Errno>,
}

impl<'a> Context<'a> {
    /// A call of `applet` under its own name. `out` should be buffered, `err` not.
    pub fn new(applet: &'a Applet, args: &'a [Vec<u8>], out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { applet, name: applet.name.as_bytes(), args, out, err, write_error: None }
    }

    /// Writes to standard output. A failure is kept until the end, see [`Self::write_error`].
    #[inline(never)]
    pub fn put(&mut self, bytes: &[u8]) {
        if let Err(error) = self.out.write_all(bytes) {
            self.note(&error);
        }
    }

    /// Writes what the buffer holds.
    pub fn flush(&mut self) {
        if let Err(error) = self.out.flush() {
            self.note(&error);
        }
    }

    fn note(&mut self, error: &io::Error) {
        self.write_error.get_or_insert(Output::errno(error));
    }

    /// The first failure of standard output so far. Endless applets stop at it.
    #[must_use]
    pub fn write_error(&self) -> Option<Errno> {
        self.write_error
    }

    /// Writes to standard error as it is, after what standard output holds.
    pub fn put_err(&mut self, bytes: &[u8]) {
        self.flush();
        // A diagnostic that cannot be written has nowhere to be reported.
        let _ = self.err.write_all(bytes);
    }

    /// Prints the diagnostic `name: parts` on standard error.
    #[inline(never)]
    pub fn complain(&mut self, parts: &[&[u8]]) {
        let mut line = [self.name, b": "].concat();
        parts.iter().for_each(|part| line.extend_from_slice(part));
        line.push(b'\n');
        self.put_err(&line);
    }

    /// Prints the diagnostic `name: parts: reason` on standard error.
    #[inline(never)]
    pub fn perror(&mut self, parts: &[&[u8]], reason: Errno) {
        let mut line = parts.concat();
        line.extend_from_slice(b": ");
        line.extend_from_slice(reason.message().as_bytes());
        self.complain(&[&line]);
    }

    /// As [`Self::complain`], and the reason to stop with exit code 1.
    #[must_use]
    pub fn die(&mut self, parts: &[&[u8]]) -> Quit {
        self.complain(parts);
        Quit(1)
    }

    /// As [`Self::perror`], and the reason to stop with exit code 1.
    #[must_use]
    pub fn die_errno(&mut self, parts: &[&[u8]], reason: Errno) -> Quit {
        self.perror(parts, reason);
        Quit(1)
    }

    /// Prints the banner and the usage on standard error.
    pub fn print_usage(&mut self) {
        let text = match self.applet.help {
            Help::Unavailable => "No help available\n".to_owned(),
            help => ["Usage: ", help.text(), "\n"].concat(),
        };
        self.put_err([BANNER, "\n", &text].concat().as_bytes());
    }

    /// Prints the usage, and the reason to stop with exit code 1.
    #[must_use]
    pub fn usage(&mut self) -> Quit {
        self.print_usage();
        Quit(1)
    }
}

/// Writes to standard output; a failure is also kept, see [`Context::write_error`].
impl Write for Context<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).inspect_err(|error| {
            self.write_error.get_or_insert(Output::errno(error));
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().inspect_err(|error| {
            self.write_error.get_or_insert(Output::errno(error));
        })
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Runs an applet in a unit test.

    use super::Context;
    use crate::Applet;

    /// The exit code, standard output and standard error of `applet` with `args`.
    pub(crate) fn run(applet: &Applet, args: &[&str]) -> (u8, String, String) {
        let args: Vec<Vec<u8>> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = applet.call(&mut Context::new(applet, &args, &mut out, &mut err));
        (code, String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned())
    }
}
