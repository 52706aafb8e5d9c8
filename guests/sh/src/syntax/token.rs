//! Tokens: operators, reserved words, words.

use super::ast::Word;
use crate::flavour;

/// A reserved word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// `!`
    Not,
    /// `case`
    Case,
    /// `do`
    Do,
    /// `done`
    Done,
    /// `elif`
    Elif,
    /// `else`
    Else,
    /// `esac`
    Esac,
    /// `fi`
    Fi,
    /// `for`
    For,
    /// `function`
    Function,
    /// `if`
    If,
    /// `in`
    In,
    /// `then`
    Then,
    /// `until`
    Until,
    /// `while`
    While,
    /// `{`
    Begin,
    /// `}`
    End,
    /// `select`
    Select,
    /// `time`
    Time,
    /// `coproc`
    Coprocess,
    /// `[[`
    Condition,
}

/// Those that only bash has.
const OF_BASH: [(Keyword, &str); 4] =
    [(Keyword::Select, "select"), (Keyword::Time, "time"), (Keyword::Coprocess, "coproc"), (Keyword::Condition, "[[")];

const KEYWORDS: [(Keyword, &str); 17] = [
    (Keyword::Not, "!"),
    (Keyword::Case, "case"),
    (Keyword::Do, "do"),
    (Keyword::Done, "done"),
    (Keyword::Elif, "elif"),
    (Keyword::Else, "else"),
    (Keyword::Esac, "esac"),
    (Keyword::Fi, "fi"),
    (Keyword::For, "for"),
    (Keyword::Function, "function"),
    (Keyword::If, "if"),
    (Keyword::In, "in"),
    (Keyword::Then, "then"),
    (Keyword::Until, "until"),
    (Keyword::While, "while"),
    (Keyword::Begin, "{"),
    (Keyword::End, "}"),
];

impl Keyword {
    /// The reserved word with this spelling.
    #[must_use]
    pub fn from_text(text: &[u8]) -> Option<Self> {
        if flavour::is_bash()
            && let Some((keyword, _)) = OF_BASH.iter().find(|(_, name)| name.as_bytes() == text)
        {
            return Some(*keyword);
        }
        let known = KEYWORDS.iter().find(|(_, name)| name.as_bytes() == text).map(|(keyword, _)| *keyword);
        known.filter(|keyword| *keyword != Self::Function || flavour::is_extended())
    }

    /// How it is written.
    #[must_use]
    pub fn text(self) -> &'static str {
        KEYWORDS.iter().chain(&OF_BASH).find(|(keyword, _)| *keyword == self).map_or("", |(_, name)| name)
    }
}

/// Whether the text is a reserved word.
#[must_use]
pub fn is_keyword(text: &[u8]) -> bool {
    Keyword::from_text(text).is_some()
}

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// The end of the text.
    End,
    /// A line's end.
    Newline,
    /// `;`
    Semicolon,
    /// `;;`
    DoubleSemicolon,
    /// `;&`
    FallThrough,
    /// `;;&`
    TestNext,
    /// `&`
    Background,
    /// `&&`
    And,
    /// `|`
    Pipe,
    /// `||`
    Or,
    /// `|&`
    PipeBoth,
    /// `(`
    Open,
    /// `)`
    Close,
    /// A redirection operator, with the descriptor in front of it.
    Redirect(RedirectOp, Option<u32>),
    /// One whose descriptor is to be any that is free, with the variable in front of it that gets its number.
    NamedRedirect(RedirectOp, Box<[u8]>),
    /// A reserved word where one is looked for.
    Keyword(Keyword),
    /// Any other word.
    Word(Word),
}

/// A redirection operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectOp {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>|`
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&`
    DupInput,
    /// `>&`
    DupOutput,
    /// `&>`
    WriteBoth,
    /// `<<`
    HereDoc,
    /// `<<-`
    HereDocTabs,
    /// `&>>`
    AppendBoth,
    /// `<<<`
    HereString,
}

impl RedirectOp {
    /// How it is written.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Read => "<",
            Self::Write => ">",
            Self::Clobber => ">|",
            Self::Append => ">>",
            Self::ReadWrite => "<>",
            Self::DupInput => "<&",
            Self::DupOutput => ">&",
            Self::WriteBoth => "&>",
            Self::HereDoc => "<<",
            Self::HereDocTabs => "<<-",
            Self::AppendBoth => "&>>",
            Self::HereString => "<<<",
        }
    }
}

impl Token {
    /// The token's name in a diagnostic.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::End => "end of file".into(),
            Self::Newline => "newline".into(),
            Self::Redirect(..) | Self::NamedRedirect(..) => "redirection".into(),
            Self::FallThrough => "\";&\"".into(),
            Self::TestNext => "\";;&\"".into(),
            Self::PipeBoth => "\"|&\"".into(),
            Self::Word(_) => "word".into(),
            Self::Semicolon => "\";\"".into(),
            Self::DoubleSemicolon => "\";;\"".into(),
            Self::Background => "\"&\"".into(),
            Self::And => "\"&&\"".into(),
            Self::Pipe => "\"|\"".into(),
            Self::Or => "\"||\"".into(),
            Self::Open => "\"(\"".into(),
            Self::Close => "\")\"".into(),
            Self::Keyword(keyword) => format!("\"{}\"", keyword.text()),
        }
    }

    /// A word token's word.
    #[must_use]
    pub fn plain(&self) -> Option<&[u8]> {
        match self {
            Self::Word(word) => word.plain(),
            _ => None,
        }
    }
}
