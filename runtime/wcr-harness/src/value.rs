//! Values of scripts, as checks compare and show them.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rhai::{Array, Blob, Dynamic, FLOAT, INT, Map};

use crate::visible::quoted;

/// How deep values may be nested that are compared.
const DEPTH_MAX: usize = 64;
/// How many bytes of a blob are shown.
const BYTES_SHOWN: usize = 32;

/// A script's value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Unit,
    Bool(bool),
    Int(INT),
    Float(FLOAT),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
    /// What cannot be compared: the name of its type.
    Other(String),
}

impl From<Dynamic> for Value {
    fn from(value: Dynamic) -> Self {
        Self::nested(value, 0)
    }
}

impl Value {
    fn nested(value: Dynamic, depth: usize) -> Self {
        let value = value.flatten();
        if depth > DEPTH_MAX {
            return Self::Other("value nested too deep".into());
        }
        if value.is_unit() {
            return Self::Unit;
        }
        if let Ok(value) = value.as_bool() {
            return Self::Bool(value);
        }
        if let Ok(value) = value.as_int() {
            return Self::Int(value);
        }
        if let Ok(value) = value.as_float() {
            return Self::Float(value);
        }
        if let Ok(value) = value.as_char() {
            return Self::Text(value.into());
        }
        let nested = |value| Self::nested(value, depth + 1);
        let name = value.type_name();
        match name {
            "string" => value.into_string().map_or_else(|other| Self::Other(other.into()), Self::Text),
            _ if value.is::<Blob>() => Self::Bytes(value.cast()),
            _ if value.is::<Array>() => Self::List(value.cast::<Array>().into_iter().map(nested).collect()),
            _ if value.is::<Map>() => {
                let entries = value.cast::<Map>().into_iter();
                Self::Map(entries.map(|(name, value)| (name.to_string(), nested(value))).collect())
            }
            _ => Self::Other(type_name(name).to_owned()),
        }
    }

    /// What it is, with an article.
    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::Unit => "nothing, `()`",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a floating-point number",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "a blob",
            Self::List(_) => "an array",
            Self::Map(_) => "a map",
            Self::Other(name) => name,
        }
    }

    /// How it is written in a script; blobs are cut.
    pub(crate) fn literal(&self) -> String {
        let list = |items: Vec<String>| items.join(", ");
        match self {
            Self::Unit => "()".into(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => format!("{value:?}"),
            Self::Text(text) => quoted(text),
            Self::Bytes(bytes) => blob(bytes),
            Self::List(items) => format!("[{}]", list(items.iter().map(Self::literal).collect())),
            Self::Map(entries) => format!("#{{{}}}", list(entries.iter().map(entry).collect())),
            Self::Other(name) => format!("<{name}>"),
        }
    }

    /// Its items or entries, a line each, for a comparison line by line; `None` for what is no collection.
    pub(crate) fn lines(&self) -> Option<String> {
        let lines = |items: Vec<String>| items.into_iter().map(|item| item + "\n").collect();
        match self {
            Self::List(items) => Some(lines(items.iter().map(Self::literal).collect())),
            Self::Map(entries) => Some(lines(entries.iter().map(entry).collect())),
            _ => None,
        }
    }

    /// How two numbers compare; `None` when one of them is none.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Int(a), Self::Float(b)) => (*a as FLOAT).partial_cmp(b),
            (Self::Float(a), Self::Int(b)) => a.partial_cmp(&(*b as FLOAT)),
            _ => None,
        }
    }

    /// Whether both are the same; `None` when one of them cannot be compared.
    pub(crate) fn same(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Other(_), _) | (_, Self::Other(_)) => None,
            (Self::Unit, Self::Unit) => Some(true),
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (Self::Text(a), Self::Text(b)) => Some(a == b),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a == b),
            (Self::List(a), Self::List(b)) => all_same(a.len() == b.len(), a.iter().zip(b)),
            (Self::Map(a), Self::Map(b)) => all_same(a.keys().eq(b.keys()), a.values().zip(b.values())),
            _ => Some(self.compare(other) == Some(Ordering::Equal)),
        }
    }
}

/// Whether all pairs are the same, of collections that have the same shape or not.
fn all_same<'a>(alike: bool, pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Option<bool> {
    let mut same = alike;
    for (a, b) in pairs {
        same &= a.same(b)?;
    }
    Some(same)
}

fn entry((name, value): (&String, &Value)) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = if plain { name.clone() } else { quoted(name) };
    format!("{name}: {}", value.literal())
}

/// A blob's length and first bytes.
fn blob(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(BYTES_SHOWN).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > BYTES_SHOWN { " …" } else { "" };
    let plural = if bytes.len() == 1 { "" } else { "s" };
    format!("<{} byte{plural}: {}{more}>", bytes.len(), shown.join(" "))
}

/// The name of a type as a person says it, with an article.
pub(crate) fn type_name(name: &str) -> &str {
    match name {
        "()" => "nothing, `()`",
        "bool" => "a boolean",
        "i64" => "an integer",
        "f64" => "a floating-point number",
        "char" => "a character",
        "string" => "a string",
        "blob" => "a blob",
        "array" => "an array",
        "map" => "a map",
        "Fn" => "a function",
        // Types of this crate have the path of a Rust type.
        other if other.ends_with("::Ran") => "a result",
        other if other.ends_with("::Started") => "a program that was started",
        other if other.ends_with("::Sandbox") => "a container",
        other if other.ends_with("::Handle") => "a clock",
        other if other.ends_with("::Expectation") => "an expectation",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(script: &str) -> Value {
        rhai::Engine::new().eval::<Dynamic>(script).unwrap().into()
    }

    #[test]
    fn values_are_compared_by_content() {
        for (a, b, expected) in [
            ("1", "1.0", Some(true)),
            ("1", "\"1\"", Some(false)),
            ("'a'", "\"a\"", Some(true)),
            ("[1, [\"x\"]]", "[1, [\"x\"]]", Some(true)),
            ("[1]", "[1, 2]", Some(false)),
            ("#{a: 1, b: ()}", "#{b: (), a: 1}", Some(true)),
            ("#{a: 1}", "#{b: 1}", Some(false)),
            ("blob(2, 7)", "blob(2, 7)", Some(true)),
            ("true", "1", Some(false)),
            ("|x| x", "1", None),
            ("[|x| x]", "[1]", None),
        ] {
            assert_eq!(value(a).same(&value(b)), expected, "{a} and {b}");
        }
    }

    #[test]
    fn values_are_shown_as_a_script_writes_them() {
        for script in ["()", "true", "-5", "1.0", r#""a\n\"""#, r#"[1, "x"]"#, r#"#{a: 1, "b c": []}"#] {
            assert_eq!(value(script).literal(), script);
        }
        assert_eq!(value("blob(2, 255)").literal(), "<2 bytes: ff ff>");
        assert_eq!(value("[1, \"x\"]").lines().unwrap(), "1\n\"x\"\n");
    }

    #[test]
    fn shared_and_deep_values_do_no_harm() {
        assert_eq!(value("let a = 5; let f = || a += 1; f.call(); a").literal(), "6");
        let deep = value("let a = []; for i in 0..200 { a = [a]; } a");
        assert_eq!(deep.same(&deep), None);
    }
}
