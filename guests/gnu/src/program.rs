//! What a program of this guest is.

use applets::options::{Long, Parsed, Spec, Takes};
use applets::{Context, Quit};

/// The key of `--help`.
pub const HELP: u8 = 0xff;
/// The key of `--version`.
pub const VERSION: u8 = 0xfe;
/// `--help`, for the end of a program's long options.
pub const HELP_OPTION: Long = ("help", Takes::Nothing, HELP);
/// `--version`, for the end of a program's long options.
pub const VERSION_OPTION: Long = ("version", Takes::Nothing, VERSION);
/// The long options of a program that has none of its own.
pub const STANDARD: &[Long] = &[HELP_OPTION, VERSION_OPTION];

/// What most programs tell a failed write as.
const WRITE_ERROR: &str = "write error";

/// How a program reads its arguments.
#[derive(Debug, Clone, Copy)]
pub enum Reading {
    /// As options and operands.
    Options(Spec),
    /// By itself; `--help` or `--version` is an option only where it is the only argument, and `exact` means that it may
    /// not be abbreviated.
    Raw {
        /// Whether abbreviations are arguments like any other.
        exact: bool,
    },
    /// By itself, with the help and the version.
    Whole,
}

/// One program.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The name it is called by.
    pub name: &'static str,
    /// What `--help` shows behind the name.
    pub synopsis: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// How its arguments are read.
    pub reading: Reading,
    /// The exit code after a wrong option and after a failed write.
    pub failure: u8,
    /// What a failed write is told as.
    pub failed_write: &'static str,
    /// The exit code after the help or the version.
    pub help_code: u8,
    /// What it lacks beside the real program; empty when nothing is known to be missing.
    pub missing: &'static str,
    /// Runs it and returns the exit code.
    pub main: fn(&mut Context<'_>, &Parsed) -> Result<u8, Quit>,
}

/// The type of a program's function.
pub type Main = fn(&mut Context<'_>, &Parsed) -> Result<u8, Quit>;

impl Program {
    /// A program with options.
    #[must_use]
    pub const fn new(
        name: &'static str,
        synopsis: &'static str,
        purpose: &'static str,
        short: &'static str,
        long: &'static [Long],
        main: Main,
    ) -> Self {
        Self::reading(name, synopsis, purpose, Reading::Options(Spec::new(short, long)), main)
    }

    /// A program that reads its arguments itself.
    #[must_use]
    pub const fn raw(
        name: &'static str,
        synopsis: &'static str,
        purpose: &'static str,
        exact: bool,
        main: Main,
    ) -> Self {
        Self::reading(name, synopsis, purpose, Reading::Raw { exact }, main)
    }

    /// A program that reads its arguments itself, and shows its help and version itself.
    #[must_use]
    pub const fn whole(name: &'static str, main: Main) -> Self {
        Self::reading(name, "", "", Reading::Whole, main)
    }

    const fn reading(
        name: &'static str,
        synopsis: &'static str,
        purpose: &'static str,
        reading: Reading,
        main: Main,
    ) -> Self {
        Self {
            name,
            synopsis,
            purpose,
            reading,
            failure: 1,
            failed_write: WRITE_ERROR,
            help_code: 0,
            missing: "",
            main,
        }
    }

    /// The same program with another exit code for failures of its own.
    #[must_use]
    pub const fn failing_with(mut self, failure: u8) -> Self {
        self.failure = failure;
        self
    }

    /// The same program with other words for a failed write.
    #[must_use]
    pub const fn telling_failed_writes(mut self, words: &'static str) -> Self {
        self.failed_write = words;
        self
    }

    /// The same program, which lacks something.
    #[must_use]
    pub const fn lacking(mut self, missing: &'static str) -> Self {
        self.missing = missing;
        self
    }
}
