//! Sort keys: which part of a line counts, and how two parts compare.

use core::cell::Cell;
use core::cmp::Ordering;

use crate::number;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// Bytes.
    #[default]
    Text,
    /// Numbers; no number is zero.
    Number,
    /// Numbers; no number is less than not-a-number, which is less than all numbers.
    General,
    /// Names of months; others are less.
    Month,
    /// Text with numbers in it.
    Version,
    /// A combination that BusyBox does not know.
    Unknown,
}

/// How keys are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    /// What is compared.
    pub(super) kind: Kind,
    /// Backwards.
    pub(super) reverse: bool,
    blanks: bool,
    dictionary: bool,
    fold: bool,
    printable: bool,
}

impl Flags {
    /// Sets the flag of an option letter.
    pub(super) fn set(&mut self, letter: u8) {
        let kind = match letter {
            b'r' => return self.reverse = true,
            b'b' => return self.blanks = true,
            b'd' => return self.dictionary = true,
            b'f' => return self.fold = true,
            b'i' => return self.printable = true,
            b'n' => Kind::Number,
            b'g' => Kind::General,
            b'M' => Kind::Month,
            b'V' => Kind::Version,
            _ => Kind::Unknown,
        };
        self.kind = if self.kind == Kind::Text || self.kind == kind { kind } else { Kind::Unknown };
    }

    fn is_plain(&self) -> bool {
        !self.dictionary && !self.fold && !self.printable
    }
}

/// A place in a line: a field counted from 1 and a byte in it counted from 1; 0 is "not given".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    field: usize,
    offset: usize,
}

/// A key of the `-k` option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Key {
    start: Place,
    end: Place,
    /// Blanks at the end do not count.
    end_blanks: bool,
    /// `None` when the key has no flags of its own and takes the general ones.
    flags: Option<Flags>,
}

/// Why a key's text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadKey {
    /// A number is missing or out of range.
    Field,
    /// A letter is an option, but none for a key.
    Kind,
    /// A letter is unknown.
    Flag,
}

impl Key {
    /// Reads `START[.OFS][OPTS][,END[.OFS][OPTS]]`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, BadKey> {
        let mut key = Self::default();
        if text.is_empty() {
            // Nothing at all is the whole line.
            return Ok(key);
        }
        let mut halves = text.splitn(2, |byte| *byte == b',');
        key.start = key.place(halves.next().unwrap_or_default(), false)?;
        key.end = key.place(halves.next().unwrap_or_default(), true)?;
        Ok(key)
    }

    fn place(&mut self, text: &[u8], is_end: bool) -> Result<Place, BadKey> {
        if text.is_empty() && is_end {
            return Ok(Place::default());
        }
        let (field, mut rest) = natural(text)?;
        let mut place = Place { field, offset: 0 };
        if let [b'.', tail @ ..] = rest {
            (place.offset, rest) = natural(tail)?;
        }
        for letter in rest {
            match letter {
                b'n' | b'g' | b'M' | b'b' | b'r' | b'd' | b'f' | b'i' => {}
                b'u' | b'c' | b's' | b'z' | b'm' | b'S' | b'T' | b'o' | b'k' | b't' | b'V' => return Err(BadKey::Kind),
                _ => return Err(BadKey::Flag),
            }
            let flags = self.flags.get_or_insert_default();
            if is_end && *letter == b'b' {
                self.end_blanks = true;
            } else {
                flags.set(*letter);
            }
        }
        Ok(place)
    }

    /// The part of the line that the key names. As in BusyBox the last byte's number counts from the
    /// start of the line, not of its field.
    fn part<'a>(&self, line: &'a [u8], separator: Option<u8>, flags: Flags) -> &'a [u8] {
        let spaces = |text: &[u8]| text.iter().take_while(|byte| number::is_space(**byte)).count();
        let mut start = field_start(line, self.start.field, separator);
        let mut end = match self.end.field {
            0 => line.len(),
            field => field_end(line, field, separator),
        };
        if flags.blanks {
            start += spaces(line.get(start..).unwrap_or_default());
        }
        if self.end_blanks {
            let text = line.get(start..end).unwrap_or_default();
            end -= text.iter().rev().take_while(|byte| number::is_space(**byte)).count();
        }
        if self.end.offset > 0 {
            end = self.end.offset.min(line.len());
        }
        start = (start + self.start.offset.saturating_sub(1)).min(line.len());
        line.get(start..end).unwrap_or_default()
    }
}

fn natural(text: &[u8]) -> Result<(usize, &[u8]), BadKey> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    let value = crate::format::parse_decimal(digits).filter(|value| (1..=i32::MAX as u64).contains(value));
    Ok((value.ok_or(BadKey::Field)? as usize, rest))
}

/// Where a field starts. Without a separator a field begins with the blanks before it.
fn field_start(line: &[u8], field: usize, separator: Option<u8>) -> usize {
    let mut at = 0;
    for _ in 1..field {
        let rest = line.get(at..).unwrap_or_default();
        match separator {
            Some(separator) => match memchr::memchr(separator, rest) {
                Some(found) => at += found + 1,
                None => return line.len(),
            },
            None => at = next_field(line, at),
        }
        if at >= line.len() {
            return line.len();
        }
    }
    at
}

/// Where a field ends.
fn field_end(line: &[u8], field: usize, separator: Option<u8>) -> usize {
    let start = field_start(line, field, separator);
    let rest = line.get(start..).unwrap_or_default();
    match separator {
        Some(separator) => memchr::memchr(separator, rest).map_or(line.len(), |found| start + found),
        None => next_field(line, start),
    }
}

/// Behind the blanks and the other bytes that follow them.
fn next_field(line: &[u8], start: usize) -> usize {
    let rest = line.get(start..).unwrap_or_default();
    let blanks = rest.iter().take_while(|byte| number::is_space(**byte)).count();
    let text = rest.get(blanks..).unwrap_or_default();
    start + blanks + text.iter().take_while(|byte| !number::is_space(**byte)).count()
}

/// How lines are ordered.
#[derive(Debug)]
pub(super) struct Order {
    /// The general flags.
    pub(super) flags: Flags,
    /// The keys; none is the whole line.
    pub(super) keys: Vec<Key>,
    /// The field separator; `None` is runs of blanks.
    pub(super) separator: Option<u8>,
    /// Lines with equal keys stay in their order.
    pub(super) stable: bool,
    /// Whether a combination of flags was met that BusyBox does not know.
    pub(super) unknown: Cell<bool>,
}

impl Order {
    /// Whether a combination of flags was met that BusyBox does not know.
    pub(super) fn met_unknown(&self) -> bool {
        self.unknown.get()
    }

    /// Whether lines without keys and flags are compared byte by byte.
    pub(super) fn is_plain(&self) -> bool {
        self.keys.is_empty() && Flags { reverse: false, ..self.flags } == Flags::default()
    }

    /// The keys and their flags; the whole line when there are none.
    fn keys(&self) -> impl Iterator<Item = (Key, Flags)> + '_ {
        let whole = self.keys.is_empty().then(|| (Key::default(), self.flags));
        let keys = self.keys.iter().map(|key| (*key, key.flags.unwrap_or(self.flags)));
        whole.into_iter().chain(keys)
    }

    /// Whether lines with equal keys stand backwards. In a stable order the last key decides.
    pub(super) fn reverses_ties(&self) -> bool {
        let last = self.keys.last().and_then(|key| key.flags).filter(|_| self.stable);
        last.unwrap_or(self.flags).reverse
    }

    /// Compares by the keys alone.
    pub(super) fn compare_keys(&self, left: &[u8], right: &[u8]) -> Ordering {
        for (key, flags) in self.keys() {
            let (left, right) = (key.part(left, self.separator, flags), key.part(right, self.separator, flags));
            if flags.kind == Kind::Unknown {
                self.unknown.set(true);
                return Ordering::Equal;
            }
            let ordering = compare(left, right, flags);
            if ordering.is_ne() {
                return if flags.reverse { ordering.reverse() } else { ordering };
            }
        }
        Ordering::Equal
    }

    /// Whether texts that read as not-a-number, equal to every number, could make the order inconsistent.
    /// The first key is looked at line by line, see [`Self::rank`].
    pub(super) fn is_doubtful(&self, content: &[u8]) -> bool {
        let later_number = self.keys().skip(1).any(|(_, flags)| flags.kind == Kind::Number);
        later_number && content.windows(3).any(|text| text.eq_ignore_ascii_case(b"nan"))
    }

    /// A number that orders lines by their first key where it differs, and whether the comparison of
    /// such numbers is consistent.
    pub(super) fn rank(&self, line: &[u8]) -> (u64, bool) {
        let Some((key, flags)) = self.keys().next() else { return (0, true) };
        let part = key.part(line, self.separator, flags);
        let (rank, consistent) = match flags.kind {
            Kind::Number => {
                let value = filtered(part, flags, number_value);
                (float_rank(value), !value.is_nan())
            }
            Kind::General => (filtered(part, flags, general_rank), true),
            Kind::Month => (filtered(part, flags, month), true),
            Kind::Text => (filtered(part, flags, prefix), true),
            Kind::Version | Kind::Unknown => (0, true),
        };
        (if flags.reverse { !rank } else { rank }, consistent)
    }
}

/// Applies `read` to the key with what its flags change.
fn filtered<T>(part: &[u8], flags: Flags, read: fn(&[u8]) -> T) -> T {
    if flags.is_plain() {
        return read(part);
    }
    read(&filter(part, flags))
}

fn filter(part: &[u8], flags: Flags) -> Vec<u8> {
    let keeps = |byte: &u8| {
        (!flags.dictionary || byte.is_ascii_alphanumeric() || number::is_space(*byte))
            && (!flags.printable || matches!(byte, b' '..=b'~'))
    };
    let fold = |byte: u8| if flags.fold { byte.to_ascii_uppercase() } else { byte };
    part.iter().copied().filter(keeps).map(fold).collect()
}

fn compare(left: &[u8], right: &[u8], flags: Flags) -> Ordering {
    if !flags.is_plain() {
        let plain = Flags { dictionary: false, fold: false, printable: false, ..flags };
        return compare(&filter(left, flags), &filter(right, flags), plain);
    }
    match flags.kind {
        Kind::Text | Kind::Unknown => left.cmp(right),
        Kind::Number => {
            let (left, right) = (number_value(left), number_value(right));
            left.partial_cmp(&right).unwrap_or(Ordering::Equal)
        }
        Kind::General => general_rank(left).cmp(&general_rank(right)),
        Kind::Month => month(left).cmp(&month(right)),
        Kind::Version => compare_versions(left, right),
    }
}

fn number_value(part: &[u8]) -> f64 {
    number::float(part).value
}

/// The first eight bytes as a number that orders like them.
fn prefix(part: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = part.len().min(8);
    if let (Some(to), Some(from)) = (bytes.get_mut(..len), part.get(..len)) {
        to.copy_from_slice(from);
    }
    u64::from_be_bytes(bytes)
}

/// A number that orders like the value; the two zeros are equal.
fn float_rank(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

fn general_rank(part: &[u8]) -> u64 {
    let scanned = number::float(part);
    match scanned.value {
        _ if scanned.len == 0 => 0,
        value if value.is_nan() => 1,
        value => float_rank(value),
    }
}

/// The number of the month that the text begins with; 0 when it is none.
fn month(part: &[u8]) -> u64 {
    const MONTHS: [&[u8]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let Some(start) = part.get(..3) else { return 0 };
    MONTHS.iter().position(|name| start.eq_ignore_ascii_case(name)).map_or(0, |at| at as u64 + 1)
}

/// `strverscmp(3)`: numbers within compare by value, those with leading zeros as fractions.
fn compare_versions(left: &[u8], right: &[u8]) -> Ordering {
    let same = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    let (common, left) = left.split_at(same);
    let right = right.get(same..).unwrap_or_default();
    let by_bytes = left.first().cmp(&right.first());
    let before = common.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let before = common.get(same - before..).unwrap_or_default();
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (left_digits, right_digits) = (digits(left), digits(right));
    let by_length = left_digits.cmp(&right_digits).then(by_bytes);
    match before {
        // Two numbers begin here; one with a leading zero is a fraction.
        [] if left_digits > 0 && right_digits > 0 && left.first() != Some(&b'0') && right.first() != Some(&b'0') => {
            by_length
        }
        [] => by_bytes,
        [b'0', ..] if before.iter().all(|digit| *digit == b'0') && (left_digits == 0) != (right_digits == 0) => {
            // More digits behind zeros make less.
            right_digits.cmp(&left_digits)
        }
        [b'0', ..] => by_bytes,
        _ => by_length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        assert_eq!(Key::parse(b"x"), Err(BadKey::Field));
        assert_eq!(Key::parse(b"1.0"), Err(BadKey::Field));
        assert_eq!(Key::parse(b"1x"), Err(BadKey::Flag));
        let part = |key: &str, separator, line: &'static str| {
            let key = Key::parse(key.as_bytes()).unwrap();
            String::from_utf8_lossy(key.part(line.as_bytes(), separator, key.flags.unwrap_or_default())).into_owned()
        };
        assert_eq!(part("2", None, "a  b c"), "  b c");
        assert_eq!(part("2b,2", None, "a  b c"), "b");
        assert_eq!(part("2,2", Some(b':'), "a:b:c"), "b");
        assert_eq!(part("1.2,1.3", None, "abcd"), "bc");
        assert_eq!(part("9", None, "abcd"), "");
    }

    #[test]
    fn versions_order_as_the_manual_says() {
        let order = ["000", "00", "01", "010", "09", "0", "1", "9", "10"];
        for pair in order.windows(2) {
            assert_eq!(compare_versions(pair[0].as_bytes(), pair[1].as_bytes()), Ordering::Less, "{pair:?}");
            assert_eq!(compare_versions(pair[1].as_bytes(), pair[0].as_bytes()), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare_versions(b"v1.9", b"v1.10"), Ordering::Less);
    }
}
