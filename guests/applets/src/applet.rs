//! What an applet is.

use crate::Context;

/// The reason an applet stops early: its diagnostic has been printed, this is its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quit(pub u8);

/// What an applet does with `--help` as its only argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    /// Prints this usage: what follows `Usage: `, without the last newline.
    Usage(&'static str),
    /// Says that there is no help.
    Unavailable,
    /// Takes it as any other operand. The text is the usage after a wrong option, as for [`Help::Usage`].
    Operand(&'static str),
}

impl Help {
    /// The usage text; empty when there is none.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Usage(text) | Self::Operand(text) => text,
            Self::Unavailable => "",
        }
    }
}

/// What an applet says when its standard output could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteFailure {
    /// `applet: standard output: reason`, with the exit code as it was.
    Report,
    /// `applet: write error: reason`, and exit code 1.
    Fail,
    /// Nothing, with the exit code as it was.
    Ignore,
    /// Nothing, and this exit code.
    Code(u8),
}

/// One applet: its name, its help and its function.
#[derive(Debug, Clone, Copy)]
pub struct Applet {
    /// The name it is called by.
    pub name: &'static str,
    /// What `--help` prints.
    pub help: Help,
    /// What becomes of a failed write.
    pub write_failure: WriteFailure,
    /// What it lacks beside the real applet, in a few words; empty when nothing is known to be missing.
    pub missing: &'static str,
    /// Runs it and returns the exit code.
    pub main: fn(&mut Context<'_>) -> Result<u8, Quit>,
}

impl Applet {
    /// An applet with a usage text that reports failed writes.
    #[must_use]
    pub const fn new(name: &'static str, usage: &'static str, main: fn(&mut Context<'_>) -> Result<u8, Quit>) -> Self {
        Self { name, help: Help::Usage(usage), write_failure: WriteFailure::Report, missing: "", main }
    }

    /// The same applet with another way to take a failed write.
    #[must_use]
    pub const fn on_write_failure(mut self, write_failure: WriteFailure) -> Self {
        self.write_failure = write_failure;
        self
    }

    /// The same applet, which lacks something.
    #[must_use]
    pub const fn lacking(mut self, missing: &'static str) -> Self {
        self.missing = missing;
        self
    }

    /// The same applet with another way to take `--help`.
    #[must_use]
    pub const fn with_help(mut self, help: Help) -> Self {
        self.help = help;
        self
    }

    /// Runs the applet with these arguments (without its name) and flushes what it wrote.
    /// Returns the exit code; the process goes on.
    pub fn call(&self, ctx: &mut Context<'_>) -> u8 {
        if matches!(ctx.args, [only] if only == b"--help") && !matches!(self.help, Help::Operand(_)) {
            ctx.print_usage();
            return 0;
        }
        let code = (self.main)(ctx).unwrap_or_else(|quit| quit.0);
        ctx.flush();
        let Some(error) = ctx.write_error() else { return code };
        match self.write_failure {
            WriteFailure::Report => {
                ctx.perror(&[b"standard output"], error);
                code
            }
            WriteFailure::Fail => {
                ctx.perror(&[b"write error"], error);
                1
            }
            WriteFailure::Ignore => code,
            WriteFailure::Code(code) => code,
        }
    }
}
