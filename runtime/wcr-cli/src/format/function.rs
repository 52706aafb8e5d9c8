//! The functions of templates: Go's own, and those that docker adds.

use std::ops::Range;

use serde_json::Value as Json;

use super::error::Reason;
use super::printf::{WIDEST, printf};
use super::value::Value;

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    And,
    Or,
    Not,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Index,
    Slice,
    Len,
    Print,
    Println,
    Printf,
    Json,
    Join,
    Split,
    Lower,
    Upper,
    Title,
    Pad,
    Truncate,
}

/// The most arguments of a function that has no most.
const MANY: usize = usize::MAX;

/// Name, function, and how many arguments it takes.
const FUNCTIONS: [(&str, Function, Range<usize>); 23] = [
    ("and", Function::And, 1..MANY),
    ("eq", Function::Eq, 2..MANY),
    ("ge", Function::Ge, 2..3),
    ("gt", Function::Gt, 2..3),
    ("index", Function::Index, 1..MANY),
    ("join", Function::Join, 2..3),
    ("json", Function::Json, 1..2),
    ("le", Function::Le, 2..3),
    ("len", Function::Len, 1..2),
    ("lower", Function::Lower, 1..2),
    ("lt", Function::Lt, 2..3),
    ("ne", Function::Ne, 2..3),
    ("not", Function::Not, 1..2),
    ("or", Function::Or, 1..MANY),
    ("pad", Function::Pad, 3..4),
    ("print", Function::Print, 0..MANY),
    ("printf", Function::Printf, 1..MANY),
    ("println", Function::Println, 0..MANY),
    ("slice", Function::Slice, 1..4),
    ("split", Function::Split, 2..3),
    ("title", Function::Title, 1..2),
    ("truncate", Function::Truncate, 2..3),
    ("upper", Function::Upper, 1..2),
];

impl Function {
    /// The function of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, ..)| *known == name).map(|(_, function, _)| *function)
    }

    /// All names, in words.
    pub(super) fn names() -> String {
        FUNCTIONS.map(|(name, ..)| name).join(", ")
    }

    fn row(self) -> (&'static str, Range<usize>) {
        let row = FUNCTIONS.iter().find(|(_, function, _)| *function == self);
        row.map_or(("", 0..MANY), |(name, _, takes)| (name, takes.clone()))
    }

    /// Whether it only changes how a text looks, so that it leaves headings as they are.
    pub(super) fn is_for_looks(self) -> bool {
        matches!(
            self,
            Self::Json
                | Self::Join
                | Self::Split
                | Self::Lower
                | Self::Upper
                | Self::Title
                | Self::Pad
                | Self::Truncate
        )
    }

    /// What it makes of its arguments.
    ///
    /// # Errors
    /// There are too many or too few; one is of the wrong kind.
    pub(super) fn call<'a>(self, arguments: &[Value<'a>]) -> Result<Value<'a>, Reason> {
        let (function, takes) = self.row();
        let given = arguments.len();
        let (Some(first), true) = (arguments.first(), takes.contains(&given)) else {
            return match self {
                Self::Print => Ok("".into()),
                Self::Println => Ok("\n".into()),
                _ => Err(Reason::Arguments { function, takes, given }),
            };
        };
        let of_kind = |wanted, value: &Value<'_>| Reason::Kind { function, wanted, kind: value.kind() };
        let text = |at: usize| -> Result<&str, Reason> {
            let value = arguments.get(at).unwrap_or(&Value::MISSING);
            value.text().ok_or_else(|| of_kind("a text", value))
        };
        let size = |at: usize| -> Result<usize, Reason> {
            let value = arguments.get(at).unwrap_or(&Value::MISSING);
            let number = value.json().as_u64().and_then(|number| usize::try_from(number).ok());
            number.ok_or_else(|| of_kind("a number", value))
        };
        let second = || arguments.get(1).unwrap_or(&Value::MISSING);
        Ok(match self {
            Self::And => arguments.iter().find(|value| !value.is_true()).or(arguments.last()).unwrap_or(first).clone(),
            Self::Or => arguments.iter().find(|value| value.is_true()).or(arguments.last()).unwrap_or(first).clone(),
            Self::Not => (!first.is_true()).into(),
            Self::Eq => {
                let mut equal = false;
                for other in &arguments[1..] {
                    equal |= first.equals(other)?;
                }
                equal.into()
            }
            Self::Ne => (!first.equals(second())?).into(),
            Self::Lt => first.compare(second())?.is_lt().into(),
            Self::Le => first.compare(second())?.is_le().into(),
            Self::Gt => first.compare(second())?.is_gt().into(),
            Self::Ge => first.compare(second())?.is_ge().into(),
            Self::Index => {
                let mut value = first.clone();
                for index in &arguments[1..] {
                    value = value.element(index)?;
                }
                value
            }
            Self::Slice => {
                let length = match first.json() {
                    Json::String(text) => text.len(),
                    Json::Array(list) => list.len(),
                    _ => return Err(of_kind("a text or a list", first)),
                };
                let start = if given > 1 { size(1)? } else { 0 };
                let end = if given > 2 { size(2)? } else { length };
                let out_of_range = || Reason::OutOfRange(format!("{start} to {end} of {length}"));
                match first.json() {
                    Json::String(text) => text.get(start..end).ok_or_else(out_of_range)?.into(),
                    Json::Array(list) => Json::from(list.get(start..end).ok_or_else(out_of_range)?.to_vec()).into(),
                    _ => Value::MISSING,
                }
            }
            Self::Len => match first.json() {
                Json::String(text) => text.len().into(),
                Json::Array(list) => list.len().into(),
                Json::Object(map) => map.len().into(),
                _ => return Err(of_kind("a text, a list or a map", first)),
            },
            Self::Print => print(arguments).into(),
            Self::Println => {
                let words: Vec<String> = arguments.iter().map(Value::print).collect();
                format!("{}\n", words.join(" ")).into()
            }
            Self::Printf => printf(text(0)?, &arguments[1..]).into(),
            Self::Json => first.json().to_string().into(),
            Self::Join => {
                let list = first.json().as_array().ok_or_else(|| of_kind("a list", first))?;
                let words: Vec<String> = list.iter().map(|element| Value::of(element).print()).collect();
                words.join(text(1)?).into()
            }
            Self::Split => {
                let parts: Vec<Json> = text(0)?.split(text(1)?).map(Json::from).collect();
                Json::from(parts).into()
            }
            Self::Lower => text(0)?.to_lowercase().into(),
            Self::Upper => text(0)?.to_uppercase().into(),
            Self::Title => title(text(0)?).into(),
            Self::Pad => match text(0)? {
                "" => "".into(),
                text => {
                    let spaces = |at| Ok::<_, Reason>(" ".repeat(size(at)?.min(WIDEST)));
                    format!("{}{text}{}", spaces(1)?, spaces(2)?).into()
                }
            },
            Self::Truncate => {
                let end = size(1)?;
                text(0)?.chars().take(end).collect::<String>().into()
            }
        })
    }
}

/// The arguments one after the other, with a space between two that are no texts.
fn print(arguments: &[Value<'_>]) -> String {
    let mut out = String::new();
    let mut was_text = true;
    for value in arguments {
        let is_text = value.text().is_some();
        if !was_text && !is_text {
            out.push(' ');
        }
        out.push_str(&value.print());
        was_text = is_text;
    }
    out
}

/// The text with the first letter of each word as a capital.
fn title(text: &str) -> String {
    let mut in_word = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if in_word {
            out.push(c)
        } else {
            out.extend(c.to_uppercase())
        }
        in_word = c.is_alphanumeric() || matches!(c, '_' | '\'');
    }
    out
}
