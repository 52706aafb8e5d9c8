//! The dialects of POSIX regular expressions and their errors.

use core::fmt;

/// What a pattern's characters mean: the dialect and the modes of one compilation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syntax {
    /// Extended (ERE) instead of basic (BRE) operators.
    pub extended: bool,
    /// `grep`'s looser reading: a repetition at the start of an ERE is skipped and a malformed interval
    /// is text, a BRE may repeat a repetition, and a newline separates alternatives.
    pub lax: bool,
    /// GNU `grep`'s reading of repetitions behind conditions, and at the start of an ERE: they count for the condition,
    /// or for nothing.
    pub counts_conditions: bool,
    /// A closing parenthesis of an ERE that closes nothing is an error, not text.
    pub strict_close: bool,
    /// Letters match both cases.
    pub ignore_case: bool,
    /// `^` and `$` also match at newlines inside the text.
    pub multi_line: bool,
    /// `.` and `[^…]` do not match a newline.
    pub newline_sensitive: bool,
}

impl Syntax {
    const PLAIN: Self = Self {
        extended: false,
        lax: false,
        counts_conditions: false,
        strict_close: false,
        ignore_case: false,
        multi_line: false,
        newline_sensitive: false,
    };

    /// Basic regular expressions as `regcomp` reads them.
    pub const BASIC: Self = Self::PLAIN;
    /// Extended regular expressions as `regcomp` reads them.
    pub const EXTENDED: Self = Self { extended: true, ..Self::PLAIN };
    /// Extended regular expressions as GNU `sed -E` reads them.
    pub const GNU_EXTENDED: Self = Self { strict_close: true, ..Self::EXTENDED };
    /// Basic regular expressions as `grep` reads them.
    pub const GREP: Self = Self { lax: true, multi_line: true, ..Self::PLAIN };
    /// Basic regular expressions as GNU `grep` reads them.
    pub const GNU_GREP: Self = Self { counts_conditions: true, ..Self::GREP };
    /// Extended regular expressions as GNU `grep -E` reads them.
    pub const GNU_EGREP: Self = Self { counts_conditions: true, ..Self::EGREP };
    /// Extended regular expressions as `grep -E` reads them.
    pub const EGREP: Self = Self { extended: true, lax: true, multi_line: true, ..Self::PLAIN };
}

/// Why a pattern is not a regular expression. The text is that of glibc's `regerror`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the texts stand in `message`")]
pub enum Error {
    Pattern,
    Repetition,
    Interval,
    UnmatchedBrace,
    TooBig,
    UnmatchedParen,
    UnmatchedClose,
    UnmatchedBracket,
    Range,
    ClassName,
    Collation,
    BackReference,
    TrailingBackslash,
    Memory,
}

impl Error {
    /// The sentence that GNU `grep` and `sed` have for it.
    #[must_use]
    pub const fn gnu_message(self) -> &'static str {
        match self {
            Self::UnmatchedClose => "Unmatched ) or \\)",
            other => other.message(),
        }
    }

    /// The sentence for people.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Pattern => "Invalid regular expression",
            Self::Repetition => "Invalid preceding regular expression",
            Self::Interval => "Invalid content of \\{\\}",
            Self::UnmatchedBrace => "Unmatched \\{",
            Self::TooBig => "Regular expression too big",
            Self::UnmatchedParen | Self::UnmatchedClose => "Unmatched ( or \\(",
            Self::UnmatchedBracket => "Unmatched [, [^, [:, [., or [=",
            Self::Range => "Invalid range end",
            Self::ClassName => "Invalid character class name",
            Self::Collation => "Invalid collation character",
            Self::BackReference => "Invalid back reference",
            Self::TrailingBackslash => "Trailing backslash",
            Self::Memory => "Memory exhausted",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Error {}
