//! The checks of `expect`: each compares values and says how they do not fit.

use std::cmp::Ordering;

use regex_lite::Regex;

use crate::diff;
use crate::value::Value;
use crate::visible::cut;

/// How many characters of a value are shown.
const SHOWN_MAX: usize = 400;

/// How the sentence about a bad pattern begins.
pub(crate) const NO_PATTERN: &str = "the pattern is no regular expression";

/// A check that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// What is wrong, in a sentence.
    pub(crate) what: String,
    /// More lines.
    pub(crate) detail: Vec<String>,
}

impl Mismatch {
    pub(crate) fn new(what: impl Into<String>, detail: Vec<String>) -> Self {
        Self { what: what.into(), detail }
    }

    /// The check does not apply to values of this kind.
    fn kind(check: &str, value: &Value, takes: &str) -> Self {
        Self::new(format!("`{check}` is for {takes}; this is {}", value.kind()), vec![actual(value)])
    }
}

/// What comes of a check.
pub(crate) type Checked = Result<(), Mismatch>;

fn shown(value: &Value) -> String {
    cut(&value.literal(), SHOWN_MAX)
}

fn actual(value: &Value) -> String {
    format!("actual:   {}", shown(value))
}

fn both(what: &str, expected: &Value, value: &Value) -> Mismatch {
    Mismatch::new(what, vec![format!("expected: {}", shown(expected)), actual(value)])
}

fn not_comparable(value: &Value, other: &Value) -> Mismatch {
    let of = if matches!(value, Value::Other(_)) { value } else { other };
    let what = format!("{} cannot be compared; compare what it holds", of.kind());
    Mismatch::new(what, vec![actual(value)])
}

/// The value is the expected one.
pub(crate) fn equals(value: &Value, expected: &Value) -> Checked {
    match (value.same(expected), value, expected) {
        (Some(true), ..) => Ok(()),
        (None, ..) => Err(not_comparable(value, expected)),
        (_, Value::Text(text), Value::Text(wanted)) => {
            Err(Mismatch::new("the string is not the expected one", diff::texts(wanted, text)))
        }
        (_, Value::Bytes(bytes), Value::Bytes(wanted)) => {
            Err(Mismatch::new("the blob is not the expected one", diff::blobs(wanted, bytes)))
        }
        _ => match (value.lines(), expected.lines()) {
            (Some(lines), Some(wanted))
                if value.kind() == expected.kind() && !lines.is_empty() && !wanted.is_empty() =>
            {
                let what = format!("the values differ: {} is not the expected one", value.kind());
                Err(Mismatch::new(what, diff::texts(&wanted, &lines)))
            }
            _ if value.kind() != expected.kind() && value.compare(expected).is_none() => {
                let what = format!("expected {}, but this is {}", expected.kind(), value.kind());
                Err(both(&what, expected, value))
            }
            _ => Err(both("the value is not the expected one", expected, value)),
        },
    }
}

/// The value is another one.
pub(crate) fn not_equals(value: &Value, other: &Value) -> Checked {
    match value.same(other) {
        Some(false) => Ok(()),
        None => Err(not_comparable(value, other)),
        Some(true) => Err(Mismatch::new("the value is what it should not be", vec![actual(value)])),
    }
}

/// A string has a text in it, a blob some bytes, an array an item, a map a name.
pub(crate) fn contains(value: &Value, part: &Value) -> Checked {
    let found = match (value, part) {
        (Value::Text(text), Value::Text(part)) => text.contains(part.as_str()),
        (Value::Bytes(bytes), Value::Bytes(part)) => {
            part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
        }
        (Value::List(items), part) => items.iter().any(|item| item.same(part) == Some(true)),
        (Value::Map(entries), Value::Text(name)) => entries.contains_key(name),
        _ => return Err(unfit("contains", value, part)),
    };
    holds(found, "the value does not contain what is expected", "contains:", part, value)
}

/// A string or a blob begins with another.
pub(crate) fn starts_with(value: &Value, start: &Value) -> Checked {
    let found = match (value, start) {
        (Value::Text(text), Value::Text(start)) => text.starts_with(start.as_str()),
        (Value::Bytes(bytes), Value::Bytes(start)) => bytes.starts_with(start),
        _ => return Err(unfit("starts_with", value, start)),
    };
    holds(found, "the value does not begin as expected", "start:   ", start, value)
}

/// A string or a blob ends with another.
pub(crate) fn ends_with(value: &Value, end: &Value) -> Checked {
    let found = match (value, end) {
        (Value::Text(text), Value::Text(end)) => text.ends_with(end.as_str()),
        (Value::Bytes(bytes), Value::Bytes(end)) => bytes.ends_with(end),
        _ => return Err(unfit("ends_with", value, end)),
    };
    holds(found, "the value does not end as expected", "end:     ", end, value)
}

fn unfit(check: &str, value: &Value, part: &Value) -> Mismatch {
    let what = format!("`{check}` cannot look for {} in what is {}", part.kind(), value.kind());
    Mismatch::new(what, vec![actual(value)])
}

fn holds(found: bool, what: &str, label: &str, part: &Value, value: &Value) -> Checked {
    if found {
        return Ok(());
    }
    Err(Mismatch::new(what, vec![format!("{label} {}", shown(part)), actual(value)]))
}

/// A regular expression is found in a string.
pub(crate) fn matches(value: &Value, pattern: &str) -> Checked {
    let Value::Text(text) = value else { return Err(Mismatch::kind("matches", value, "strings")) };
    let source = Value::Text(pattern.to_owned());
    match Regex::new(pattern) {
        Ok(regex) => holds(regex.is_match(text), "the string does not match the pattern", "pattern: ", &source, value),
        Err(error) => {
            let what = format!("{NO_PATTERN}: {error}");
            Err(Mismatch::new(what, vec![format!("pattern:  {}", shown(&source))]))
        }
    }
}

/// A string, blob, array or map has nothing in it.
pub(crate) fn is_empty(value: &Value) -> Checked {
    let empty = match value {
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => return Err(Mismatch::kind("is_empty", value, "strings, blobs, arrays and maps")),
    };
    if empty { Ok(()) } else { Err(Mismatch::new(format!("{} is not empty", value.kind()), vec![actual(value)])) }
}

/// A boolean is the wanted one.
pub(crate) fn is_bool(value: &Value, wanted: bool) -> Checked {
    match value {
        Value::Bool(value) if *value == wanted => Ok(()),
        Value::Bool(value) => Err(Mismatch::new(format!("this is {value}, not {wanted}"), Vec::new())),
        _ => Err(Mismatch::kind(if wanted { "is_true" } else { "is_false" }, value, "booleans")),
    }
}

/// The ways in which numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Greater,
    AtLeast,
    Less,
    AtMost,
}

impl Comparison {
    /// All, with the names of their checks.
    pub(crate) const ALL: [(&'static str, Self); 4] = [
        ("greater_than", Self::Greater),
        ("at_least", Self::AtLeast),
        ("less_than", Self::Less),
        ("at_most", Self::AtMost),
    ];

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Greater => "greater than",
            Self::AtLeast => "at least",
            Self::Less => "less than",
            Self::AtMost => "at most",
        }
    }
}

/// Two numbers compare as wanted.
pub(crate) fn compares(value: &Value, comparison: Comparison, bound: &Value) -> Checked {
    let words = comparison.words();
    match value.compare(bound) {
        Some(ordering) if comparison.holds(ordering) => Ok(()),
        Some(_) => Err(Mismatch::new(format!("{} is not {words} {}", shown(value), shown(bound)), Vec::new())),
        None => Err(both(&format!("only numbers are {words} others"), bound, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn what_fits_passes() {
        let list = Value::List(vec![Value::Int(1), text("x")]);
        let bytes = Value::Bytes(vec![1, 2, 3]);
        for checked in [
            equals(&text("a\n"), &text("a\n")),
            equals(&Value::Int(1), &Value::Float(1.0)),
            not_equals(&text("a"), &Value::Int(1)),
            contains(&text("abc"), &text("b")),
            contains(&list, &text("x")),
            contains(&bytes, &Value::Bytes(vec![2, 3])),
            starts_with(&text("abc"), &text("ab")),
            ends_with(&bytes, &Value::Bytes(vec![3])),
            matches(&text("one 22"), r"^one \d+$"),
            is_empty(&text("")),
            is_bool(&Value::Bool(false), false),
            compares(&Value::Int(2), Comparison::AtLeast, &Value::Float(1.5)),
        ] {
            assert_eq!(checked, Ok(()));
        }
    }

    #[test]
    fn what_does_not_fit_says_how() {
        let other = Value::Other("a function".into());
        for (checked, what) in [
            (equals(&text("a"), &text("b")), "the string is not the expected one"),
            (equals(&text("1"), &Value::Int(1)), "expected an integer, but this is a string"),
            (equals(&Value::Int(2), &Value::Int(1)), "the value is not the expected one"),
            (equals(&other, &text("")), "a function cannot be compared; compare what it holds"),
            (not_equals(&text("a"), &text("a")), "the value is what it should not be"),
            (contains(&text("abc"), &text("x")), "the value does not contain what is expected"),
            (contains(&Value::Int(1), &text("x")), "`contains` cannot look for a string in what is an integer"),
            (starts_with(&text("a"), &text("b")), "the value does not begin as expected"),
            (ends_with(&text("a"), &text("b")), "the value does not end as expected"),
            (matches(&text("a"), "b+"), "the string does not match the pattern"),
            (matches(&Value::Unit, "b"), "`matches` is for strings; this is nothing, `()`"),
            (is_empty(&text("a")), "a string is not empty"),
            (is_empty(&Value::Int(0)), "`is_empty` is for strings, blobs, arrays and maps; this is an integer"),
            (is_bool(&Value::Bool(true), false), "this is true, not false"),
            (compares(&Value::Int(1), Comparison::Greater, &Value::Int(1)), "1 is not greater than 1"),
            (compares(&text("1"), Comparison::Less, &Value::Int(1)), "only numbers are less than others"),
        ] {
            assert_eq!(checked.unwrap_err().what, what);
        }
    }

    #[test]
    fn collections_differ_item_by_item() {
        let list = |numbers: &[i64]| Value::List(numbers.iter().map(|&number| Value::Int(number)).collect());
        let detail = equals(&list(&[1, 3]), &list(&[1, 2])).unwrap_err().detail;
        assert_eq!(detail, ["- expected", "+ actual", "  1", "- 2", "+ 3"]);
        let detail = equals(&list(&[1, 3]), &list(&[])).unwrap_err().detail;
        assert_eq!(detail, ["expected: []", "actual:   [1, 3]"]);
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let mismatch = matches(&text("a"), "(").unwrap_err();
        assert!(mismatch.what.starts_with("the pattern is no regular expression"), "{mismatch:?}");
        assert_eq!(mismatch.detail, ["pattern:  \"(\""]);
    }
}
