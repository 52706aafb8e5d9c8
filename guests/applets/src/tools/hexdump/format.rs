//! The formats of `hexdump`: units of text and one conversion each, with how often they repeat.

use crate::conversion::Conversion;
use crate::format::parse_decimal;

/// How a number at some address is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `%d`, `%i`.
    Signed,
    /// `%o`, `%u`, `%x`, `%X`.
    Unsigned(u8),
    /// `%e`, `%f`, `%g` and the capitals.
    Float(u8),
    /// `%c`: the character itself.
    Raw,
    /// `%_c`: the character or its escape.
    Escaped,
    /// `%_p`: the character or a point.
    Printable,
    /// `%_u`: the character or its name.
    Named,
    /// `%s`.
    Text,
    /// `%_ad`, `%_ao`, `%_ax`: the address.
    Address(u8),
}

/// The conversion of a unit.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub kind: Kind,
    pub layout: Conversion,
    /// How many bytes it takes.
    pub size: usize,
}

/// A unit: text, a conversion, text.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub before: Vec<u8>,
    pub field: Option<Field>,
    pub after: Vec<u8>,
    /// How many bytes one repetition takes. More than the field's, when the unit has several conversions, of which
    /// only the first is shown.
    pub size: usize,
    pub repeats: usize,
    /// Whether the number of repetitions was given.
    pub fixed: bool,
    /// Whether it is shown after all bytes only (`%_A`).
    pub at_end: bool,
}

/// What is wrong with a format: the diagnostic's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is none.
    Form(Vec<u8>),
    /// A conversion in it is none, which shows when all formats are there.
    Conversion(Vec<u8>),
}

/// A format: its units in order.
#[derive(Debug, Clone)]
pub(super) struct Format(pub Vec<Unit>);

impl Format {
    /// Reads a format as `-e` gives it.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Wrong> {
        let bad = || Wrong::Form([b"bad format {", text, b"}"].concat());
        let (mut rest, mut units) = (text.trim_ascii_start(), Vec::new());
        while !rest.is_empty() {
            let (repeats, behind) = digits(rest);
            let mut size = None;
            let mut at = if repeats.is_some() { behind.trim_ascii_start() } else { rest };
            if let Some(counted) = at.strip_prefix(b"/") {
                let (count, behind) = digits(counted.trim_ascii_start());
                if !behind.first().is_some_and(u8::is_ascii_whitespace) {
                    return Err(bad());
                }
                (size, at) = (count, behind.trim_ascii_start());
            }
            let quoted = at.strip_prefix(b"\"").ok_or_else(bad)?;
            let end = memchr::memchr(b'"', quoted).ok_or_else(bad)?;
            let (string, behind) = quoted.split_at(end);
            let mut unit = unit(&unescape(string), size.filter(|size| *size > 0)).map_err(Wrong::Conversion)?;
            if let Some(repeats) = repeats {
                (unit.repeats, unit.fixed) = (repeats, true);
            }
            units.push(unit);
            rest = behind.get(1..).unwrap_or_default().trim_ascii_start();
        }
        Ok(Self(units))
    }

    /// How many bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.0.iter().map(|unit| unit.size.saturating_mul(unit.repeats)).fold(0, usize::saturating_add)
    }

    /// Lets the last unit repeat until the format takes `block` bytes, unless its number was given.
    pub(super) fn fill(&mut self, block: usize) {
        let missing = block.saturating_sub(self.size());
        if let Some(last) = self.0.last_mut()
            && !last.fixed
            && last.size > 0
        {
            last.repeats += missing / last.size;
        }
    }
}

fn digits(text: &[u8]) -> (Option<usize>, &[u8]) {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(len);
    (parse_decimal(number).map(|number| usize::try_from(number).unwrap_or(usize::MAX)), rest)
}

/// The text of a quoted string; an escape that is none stays as it is.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    crate::escape::expand(&mut out, text, crate::escape::Octal::Three);
    out
}

/// Reads a unit's string.
fn unit(text: &[u8], size: Option<usize>) -> Result<Unit, Vec<u8>> {
    let percent = memchr::memchr(b'%', text);
    let (before, mut rest) = text.split_at(percent.unwrap_or(text.len()));
    let mut unit = Unit {
        before: before.to_vec(),
        field: None,
        after: Vec::new(),
        size: 0,
        repeats: 1,
        fixed: false,
        at_end: false,
    };
    let mut first = true;
    while let Some(conversion) = rest.strip_prefix(b"%") {
        let (field, at_end, behind) = field(conversion, size)?;
        if !first && size.is_some() && unit.field.as_ref().is_some_and(|field| field.size > 0) {
            return Err(b"byte count with multiple conversion characters".to_vec());
        }
        let (after, next) = behind.split_at(memchr::memchr(b'%', behind).unwrap_or(behind.len()));
        unit.size += field.size;
        unit.at_end |= at_end;
        if first {
            (unit.field, unit.after) = (Some(field), after.to_vec());
        }
        (first, rest) = (false, next);
    }
    // A count that was given holds even where nothing but the address is shown.
    if let (Some(size), false) = (size, first) {
        unit.size = size;
    }
    Ok(unit)
}

/// Reads what stands behind a `%`: the field, whether it is for the end, and what follows.
fn field(text: &[u8], size: Option<usize>) -> Result<(Field, bool, &[u8]), Vec<u8>> {
    let mut layout = Conversion::default();
    let mut at = text;
    while let Some((flag, rest)) = at.split_first() {
        if !layout.set_flag(*flag) {
            break;
        }
        at = rest;
    }
    let (width, rest) = digits(at);
    layout.width = width.unwrap_or(0);
    at = rest;
    if let Some(rest) = at.strip_prefix(b".") {
        let (precision, rest) = digits(rest);
        layout.precision = Some(precision.unwrap_or(0));
        at = rest;
    }
    let at = at.strip_prefix(b"l").unwrap_or(at);
    let unknown = || [b"bad conversion character %", at].concat();
    let wrong_size = || [b"bad byte count for conversion character ", at].concat();
    let sized = |default: usize, known: &[usize]| {
        let size = size.unwrap_or(default);
        if known.contains(&size) { Ok(size) } else { Err(wrong_size()) }
    };
    let (letter, rest) = at.split_first().ok_or_else(unknown)?;
    let (mut at_end, mut behind) = (false, rest);
    let (kind, size) = match letter {
        b'c' => (Kind::Raw, sized(1, &[1])?),
        b'd' | b'i' => (Kind::Signed, sized(4, &[1, 2, 4])?),
        b'o' | b'u' | b'x' | b'X' => (Kind::Unsigned(*letter), sized(4, &[1, 2, 4])?),
        b'e' | b'E' | b'f' | b'g' | b'G' => (Kind::Float(*letter), sized(8, &[4, 8])?),
        b's' => match size.or(layout.precision) {
            Some(size) => (Kind::Text, size),
            None => return Err(b"%s needs precision or byte count".to_vec()),
        },
        b'_' => {
            let (letter, rest) = rest.split_first().ok_or_else(unknown)?;
            behind = rest;
            match letter {
                b'c' => (Kind::Escaped, sized(1, &[1])?),
                b'p' => (Kind::Printable, sized(1, &[1])?),
                b'u' => (Kind::Named, sized(1, &[1])?),
                b'a' | b'A' => {
                    at_end = *letter == b'A';
                    let (radix, rest) = rest.split_first().ok_or_else(unknown)?;
                    behind = rest;
                    match radix {
                        b'd' => (Kind::Address(b'u'), 0),
                        b'o' | b'x' => (Kind::Address(*radix), 0),
                        _ => return Err(unknown()),
                    }
                }
                _ => return Err(unknown()),
            }
        }
        _ => return Err(unknown()),
    };
    Ok((Field { kind, layout, size }, at_end, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let Err(Wrong::Form(message) | Wrong::Conversion(message)) = Format::parse(text.as_bytes()) else {
            return String::new();
        };
        String::from_utf8_lossy(&message).into_owned()
    }

    #[test]
    fn faults_are_named() {
        for (text, message) in [
            (r#"8/1"#, "bad format {8/1}"),
            (r#"4/1"%d ""#, r#"bad format {4/1"%d "}"#),
            (r#""%q""#, "bad conversion character %q"),
            (r#""%lld ""#, "bad conversion character %ld "),
            (r#"2/8 "%x ""#, "bad byte count for conversion character x "),
            (r#"1/3 "%_c|""#, "bad byte count for conversion character _c|"),
            (r#""%s""#, "%s needs precision or byte count"),
            (r#"1/2 "%x-%x""#, "byte count with multiple conversion characters"),
        ] {
            assert_eq!(fault(text), message, "{text}");
        }
    }

    #[test]
    fn the_last_unit_fills_the_block() {
        let mut format = Format::parse(br#""%x" "%02x""#).unwrap();
        format.fill(16);
        assert_eq!(format.0.iter().map(|unit| unit.repeats).collect::<Vec<_>>(), [1, 3]);
        let mut fixed = Format::parse(br#"1/1 "%x""#).unwrap();
        fixed.fill(16);
        assert_eq!(fixed.size(), 1);
    }
}
