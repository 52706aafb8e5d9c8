//! `printf` of templates, as Go's `fmt` has it.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value as Json;

use super::value::Value;

/// The widest field: a template has no use for more, and could ask for all memory.
pub(super) const WIDEST: usize = 1000;

/// What stands between `%` and the letter.
#[derive(Debug, Default, Clone, Copy)]
struct Shape {
    left: bool,
    zero: bool,
    plus: bool,
    sharp: bool,
    width: usize,
    precision: Option<usize>,
}

/// The arguments in the places that `format` has for them. What does not suit is told in the text, as Go does.
pub(super) fn printf(format: &str, arguments: &[Value<'_>]) -> String {
    let mut out = String::new();
    let mut arguments = arguments.iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut shape = Shape::default();
        while let Some(flag) = chars.next_if(|c| matches!(c, '-' | '0' | '+' | '#' | ' ')) {
            match flag {
                '-' => shape.left = true,
                '0' => shape.zero = true,
                '+' => shape.plus = true,
                '#' => shape.sharp = true,
                _ => {}
            }
        }
        shape.width = number(&mut chars);
        if chars.next_if_eq(&'.').is_some() {
            shape.precision = Some(number(&mut chars));
        }
        match chars.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => match arguments.next() {
                Some(value) => out.push_str(&one(verb, shape, value)),
                None => out.push_str(&format!("%!{verb}(MISSING)")),
            },
        }
    }
    let extra: Vec<String> = arguments.map(|value| format!("{}={}", kind(value), value.print())).collect();
    if !extra.is_empty() {
        out.push_str(&format!("%!(EXTRA {})", extra.join(", ")));
    }
    out
}

/// The number that `chars` begin with, 0 for none.
fn number(chars: &mut Peekable<Chars<'_>>) -> usize {
    let mut value = 0;
    while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|digit| digit.to_digit(10)) {
        value = (value * 10 + digit as usize).min(WIDEST);
    }
    value
}

/// One argument as its verb says; each element of a list.
fn one(verb: char, shape: Shape, value: &Value<'_>) -> String {
    if let (Json::Array(list), true) = (value.json(), verb != 'v') {
        let parts: Vec<String> = list.iter().map(|element| one(verb, shape, &Value::of(element))).collect();
        return format!("[{}]", parts.join(" "));
    }
    let number = value.json().as_number();
    let whole = number.and_then(serde_json::Number::as_i128);
    let float = number.filter(|_| whole.is_none()).and_then(serde_json::Number::as_f64);
    let signed = |text: String| if shape.plus && !text.starts_with('-') { format!("+{text}") } else { text };
    let cut = |text: String| match shape.precision {
        Some(length) => text.chars().take(length).collect(),
        None => text,
    };
    let text = match (verb, value.json()) {
        ('v', Json::String(text)) if shape.sharp => quoted(text),
        ('v', _) => cut(value.print()),
        ('s', Json::String(text)) => cut(text.clone()),
        ('q', Json::String(text)) => quoted(&cut(text.clone())),
        ('t', Json::Bool(value)) => value.to_string(),
        ('x', Json::String(text)) => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ('X', Json::String(text)) => text.bytes().map(|byte| format!("{byte:02X}")).collect(),
        _ => match (verb, whole, float) {
            ('d', Some(whole), _) => signed(whole.to_string()),
            ('b', Some(whole), _) => based(whole, &format!("{:b}", whole.unsigned_abs())),
            ('o', Some(whole), _) => based(whole, &format!("{:o}", whole.unsigned_abs())),
            ('x', Some(whole), _) => based(whole, &format!("{:x}", whole.unsigned_abs())),
            ('X', Some(whole), _) => based(whole, &format!("{:X}", whole.unsigned_abs())),
            ('c', Some(whole), _) => {
                let letter = u32::try_from(whole).ok().and_then(char::from_u32);
                letter.unwrap_or(char::REPLACEMENT_CHARACTER).to_string()
            }
            ('f', _, Some(float)) => signed(format!("{float:.*}", shape.precision.unwrap_or(6))),
            _ => return format!("%!{verb}({}={})", kind(value), value.print()),
        },
    };
    pad(text, shape, number.is_some())
}

fn based(whole: i128, digits: &str) -> String {
    if whole < 0 { format!("-{digits}") } else { digits.to_owned() }
}

fn pad(text: String, shape: Shape, is_number: bool) -> String {
    let missing = shape.width.saturating_sub(text.chars().count());
    match (shape.left, shape.zero) {
        (true, _) => format!("{text}{}", " ".repeat(missing)),
        (false, true) if is_number && text.starts_with(['-', '+']) => {
            let (sign, digits) = text.split_at(1);
            format!("{sign}{}{digits}", "0".repeat(missing))
        }
        (false, true) => format!("{}{text}", "0".repeat(missing)),
        (false, false) => format!("{}{text}", " ".repeat(missing)),
    }
}

/// A text in double quotes, with escapes.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// What Go calls the type.
fn kind(value: &Value<'_>) -> &'static str {
    match value.json() {
        Json::Null => "<nil>",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float64",
        Json::Number(_) => "int",
        Json::String(_) => "string",
        Json::Array(_) => "[]interface {}",
        Json::Object(_) => "map[string]interface {}",
    }
}
