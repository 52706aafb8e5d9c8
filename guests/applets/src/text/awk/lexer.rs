//! Splits a program's text into tokens.

use super::ast::{Arithmetic, Builtin, Comparison};
use super::escape;
use super::flavour;
use super::value::scan;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    End,
    Newline,
    Number(f64),
    Text(Vec<u8>),
    Name(Vec<u8>),
    /// A name with an opening parenthesis right behind it.
    Called(Vec<u8>),
    Builtin(Builtin),
    Keyword(Keyword),
    Assign,
    Update(Arithmetic),
    Operator(Arithmetic),
    Compare(Comparison),
    Increment,
    Decrement,
    Match,
    NoMatch,
    Not,
    And,
    Or,
    Question,
    Colon,
    Comma,
    Semicolon,
    Pipe,
    Append,
    Dollar,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
}

/// A reserved word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Begin,
    Break,
    Continue,
    Delete,
    Do,
    Else,
    End,
    Exit,
    For,
    Function,
    Getline,
    If,
    In,
    Next,
    NextFile,
    Print,
    Printf,
    Return,
    While,
}

const KEYWORDS: [(&str, Keyword); 20] = [
    ("BEGIN", Keyword::Begin),
    ("END", Keyword::End),
    ("break", Keyword::Break),
    ("continue", Keyword::Continue),
    ("delete", Keyword::Delete),
    ("do", Keyword::Do),
    ("else", Keyword::Else),
    ("exit", Keyword::Exit),
    ("for", Keyword::For),
    ("func", Keyword::Function),
    ("function", Keyword::Function),
    ("getline", Keyword::Getline),
    ("if", Keyword::If),
    ("in", Keyword::In),
    ("next", Keyword::Next),
    ("nextfile", Keyword::NextFile),
    ("print", Keyword::Print),
    ("printf", Keyword::Printf),
    ("return", Keyword::Return),
    ("while", Keyword::While),
];

const BUILTINS: [(&str, Builtin); 32] = [
    ("and", Builtin::And),
    ("atan2", Builtin::Atan2),
    ("close", Builtin::Close),
    ("compl", Builtin::Compl),
    ("cos", Builtin::Cos),
    ("exp", Builtin::Exp),
    ("fflush", Builtin::Fflush),
    ("gensub", Builtin::Gensub),
    ("gsub", Builtin::Gsub),
    ("index", Builtin::Index),
    ("int", Builtin::Int),
    ("length", Builtin::Length),
    ("log", Builtin::Log),
    ("lshift", Builtin::Lshift),
    ("match", Builtin::Match),
    ("mktime", Builtin::Mktime),
    ("or", Builtin::Or),
    ("rand", Builtin::Rand),
    ("rshift", Builtin::Rshift),
    ("sin", Builtin::Sin),
    ("split", Builtin::Split),
    ("sprintf", Builtin::Sprintf),
    ("sqrt", Builtin::Sqrt),
    ("srand", Builtin::Srand),
    ("strftime", Builtin::Strftime),
    ("sub", Builtin::Sub),
    ("substr", Builtin::Substr),
    ("system", Builtin::System),
    ("systime", Builtin::Systime),
    ("tolower", Builtin::Tolower),
    ("toupper", Builtin::Toupper),
    ("xor", Builtin::Xor),
];

/// The operators, longer ones before those they begin with.
const OPERATORS: [(&str, Token); 43] = [
    ("**=", Token::Update(Arithmetic::Power)),
    ("**", Token::Operator(Arithmetic::Power)),
    ("^=", Token::Update(Arithmetic::Power)),
    ("^", Token::Operator(Arithmetic::Power)),
    ("++", Token::Increment),
    ("+=", Token::Update(Arithmetic::Add)),
    ("+", Token::Operator(Arithmetic::Add)),
    ("--", Token::Decrement),
    ("-=", Token::Update(Arithmetic::Subtract)),
    ("-", Token::Operator(Arithmetic::Subtract)),
    ("*=", Token::Update(Arithmetic::Multiply)),
    ("*", Token::Operator(Arithmetic::Multiply)),
    ("/=", Token::Update(Arithmetic::Divide)),
    ("/", Token::Operator(Arithmetic::Divide)),
    ("%=", Token::Update(Arithmetic::Remainder)),
    ("%", Token::Operator(Arithmetic::Remainder)),
    ("==", Token::Compare(Comparison::Equal)),
    ("=", Token::Assign),
    ("!=", Token::Compare(Comparison::NotEqual)),
    ("!~", Token::NoMatch),
    ("!", Token::Not),
    ("<=", Token::Compare(Comparison::LessOrEqual)),
    ("<", Token::Compare(Comparison::Less)),
    (">>", Token::Append),
    (">=", Token::Compare(Comparison::GreaterOrEqual)),
    (">", Token::Compare(Comparison::Greater)),
    ("~", Token::Match),
    ("&&", Token::And),
    ("||", Token::Or),
    ("|", Token::Pipe),
    ("?", Token::Question),
    (":", Token::Colon),
    (",", Token::Comma),
    (";", Token::Semicolon),
    ("$", Token::Dollar),
    ("(", Token::LeftParen),
    (")", Token::RightParen),
    ("{", Token::LeftBrace),
    ("}", Token::RightBrace),
    ("[", Token::LeftBracket),
    ("]", Token::RightBracket),
    ("\r\n", Token::Newline),
    ("\n", Token::Newline),
];

/// Whether `mawk` has no function of that name.
const fn is_foreign(builtin: Builtin) -> bool {
    matches!(
        builtin,
        Builtin::And
            | Builtin::Compl
            | Builtin::Gensub
            | Builtin::Lshift
            | Builtin::Or
            | Builtin::Rshift
            | Builtin::Xor
    )
}

/// The name of a function of the language.
pub(super) fn name_of(builtin: Builtin) -> &'static str {
    BUILTINS.iter().find(|(_, known)| *known == builtin).map_or("", |(name, _)| name)
}

/// Why a program cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SyntaxError {
    Token,
    String,
    BreakOutside,
    ContinueOutside,
    DuplicateFunction,
    NotArray,
    TooFewArguments,
    /// A function of the language is called with too few or too many of them.
    Arguments(&'static str),
}

impl SyntaxError {
    /// The sentence for people.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Token => "Unexpected token",
            Self::String => "Unexpected end of string",
            Self::BreakOutside => "'break' not in a loop",
            Self::ContinueOutside => "'continue' not in a loop",
            Self::DuplicateFunction => "Duplicate function",
            Self::NotArray => "Not an array",
            Self::TooFewArguments | Self::Arguments(_) => "Too few arguments",
        }
    }
}

/// Reads tokens.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the last token began.
    start: usize,
    /// The line of the place that has been read up to.
    pub(super) line: u32,
}

impl<'a> Lexer<'a> {
    /// A reader of a program's text, which a NUL ends.
    pub(super) fn new(text: &'a [u8]) -> Self {
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        Self { text, at: 0, start: 0, line: 1 }
    }

    /// The token that was read last, as it stands.
    pub(super) fn last(&self) -> &'a [u8] {
        let end = if self.at > self.start { self.at } else { self.text.len().min(self.start + 1) };
        self.text.get(self.start..end).unwrap_or_default()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token, SyntaxError> {
        self.skip_blanks();
        self.start = self.at;
        let rest = self.rest();
        let Some(first) = rest.first() else { return Ok(Token::End) };
        if *first == b'"' {
            self.at += 1;
            return self.string(b'"').map(Token::Text);
        }
        if first.is_ascii_digit() || *first == b'.' && rest.get(1).is_some_and(u8::is_ascii_digit) {
            // In `mawk` only strings have hexadecimal numbers.
            let prefixed = flavour::is_mawk() && matches!(rest, [b'0', b'x' | b'X', ..]);
            let (value, len) = if prefixed { (0.0, 1) } else { scan(rest) };
            self.at += len;
            return if self.rest().first() == Some(&b'.') { Err(SyntaxError::Token) } else { Ok(Token::Number(value)) };
        }
        let len = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        if len > 0 {
            return Ok(self.word(len));
        }
        let is_there = |text: &str| !(text.starts_with("**") && flavour::is_mawk());
        let found = OPERATORS.iter().find(|(text, _)| rest.starts_with(text.as_bytes()) && is_there(text));
        let (text, token) = found.ok_or(SyntaxError::Token)?;
        self.at += text.len();
        if *token == Token::Newline {
            self.line += 1;
        }
        Ok(token.clone())
    }

    /// Reads the token that [`Self::next`] took for a division once more: as a regular expression.
    pub(super) fn regex(&mut self) -> Result<Vec<u8>, SyntaxError> {
        self.at = self.start + 1;
        self.string(b'/')
    }

    fn word(&mut self, len: usize) -> Token {
        let rest = self.rest();
        let word = rest.get(..len).unwrap_or_default();
        self.at += len;
        if let Some((_, keyword)) = KEYWORDS.iter().find(|(name, _)| name.as_bytes() == word) {
            return Token::Keyword(*keyword);
        }
        if let Some((_, builtin)) = BUILTINS.iter().find(|(name, _)| name.as_bytes() == word)
            && !(flavour::is_mawk() && is_foreign(*builtin))
        {
            return Token::Builtin(*builtin);
        }
        if rest.get(len) == Some(&b'(') { Token::Called(word.to_vec()) } else { Token::Name(word.to_vec()) }
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t', ..] => self.at += 1,
                [b'\\', b'\n', ..] => {
                    self.at += 2;
                    self.line += 1;
                }
                [b'\\', b'\r', b'\n', ..] => {
                    self.at += 3;
                    self.line += 1;
                }
                [b'#', rest @ ..] => self.at += 1 + rest.iter().take_while(|byte| **byte != b'\n').count(),
                _ => return,
            }
        }
    }

    fn string(&mut self, end: u8) -> Result<Vec<u8>, SyntaxError> {
        let mut out = Vec::new();
        // In `mawk` a set may have the slash that would end an expression.
        let knows_sets = end == b'/' && flavour::is_mawk();
        let mut set: Option<usize> = None;
        loop {
            let rest = self.rest();
            if knows_sets {
                let first =
                    set.is_some_and(|set| self.at == set + 1 || self.at == set + 2 && self.text[set + 1] == b'^');
                set = match (rest.first(), set) {
                    (Some(b'['), None) => Some(self.at),
                    (Some(b']'), Some(_)) if !first => None,
                    (_, set) => set,
                };
            }
            match rest {
                [] | [b'\n', ..] => return Err(SyntaxError::String),
                [b'\\', tail @ ..] => {
                    if tail.first() == Some(&b'\n') {
                        self.line += 1;
                    }
                    let kind = if end == b'/' { escape::Kind::Regex } else { escape::Kind::String };
                    self.at += 1 + escape::read(&mut out, tail, kind);
                }
                [byte, ..] => {
                    self.at += 1;
                    if *byte == end && set.is_none() {
                        break;
                    }
                    out.push(*byte);
                }
            }
        }
        // As in C, a NUL ends a string.
        out.truncate(out.iter().position(|byte| *byte == 0).unwrap_or(out.len()));
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let mut lexer = Lexer::new(b"x += 0x10 # c\n\"a\\n\\q\\101\" f(getline !~");
        let mut tokens = Vec::new();
        while let Ok(token) = lexer.next() {
            if token == Token::End {
                break;
            }
            tokens.push(token);
        }
        let expected = [
            Token::Name(b"x".to_vec()),
            Token::Update(Arithmetic::Add),
            Token::Number(16.0),
            Token::Newline,
            Token::Text(b"a\nqA".to_vec()),
            Token::Called(b"f".to_vec()),
            Token::LeftParen,
            Token::Keyword(Keyword::Getline),
            Token::NoMatch,
        ];
        assert_eq!(tokens, expected);
        assert_eq!(lexer.line, 2);
    }

    #[test]
    fn regular_expressions_keep_unknown_escapes() {
        let mut lexer = Lexer::new(br"/a\/\.\t[/");
        assert_eq!(lexer.next(), Ok(Token::Operator(Arithmetic::Divide)));
        assert_eq!(lexer.regex().unwrap(), b"a/\\.\t[");
        assert_eq!(Lexer::new(b"\"abc").next(), Err(SyntaxError::String));
        assert_eq!(Lexer::new(b"1.5.").next(), Err(SyntaxError::Token));
    }
}
