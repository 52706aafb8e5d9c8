//! How `sort` compares numbers, sizes and months.

use core::cmp::Ordering;

use applets::number;

/// A decimal number of any length: its sign, whole digits and fraction.
fn decimal(text: &[u8]) -> (bool, &[u8], &[u8], &[u8]) {
    let text = text.trim_ascii_start();
    let (negative, digits) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    let digits = digits.get(zeros..).unwrap_or_default();
    let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = digits.split_at(len);
    let fraction = rest.strip_prefix(b".").unwrap_or_default();
    let len = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let behind = if rest.starts_with(b".") { fraction.get(len..).unwrap_or_default() } else { rest };
    let fraction = fraction.get(..len).unwrap_or_default();
    let end = fraction.iter().rposition(|byte| *byte != b'0').map_or(0, |last| last + 1);
    (negative, whole, fraction.get(..end).unwrap_or_default(), behind)
}

/// By the values of decimal numbers; what is none counts as 0.
pub(super) fn numbers(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (decimal(a), decimal(b));
    let zero = |n: &(bool, &[u8], &[u8], &[u8])| n.1.is_empty() && n.2.is_empty();
    let size = |a: &(bool, &[u8], &[u8], &[u8]), b: &(bool, &[u8], &[u8], &[u8])| {
        a.1.len().cmp(&b.1.len()).then_with(|| a.1.cmp(b.1)).then_with(|| a.2.cmp(b.2))
    };
    match (a.0 && !zero(&a), b.0 && !zero(&b)) {
        (false, false) => size(&a, &b),
        (true, true) => size(&b, &a),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// By the values of floating-point numbers.
pub(super) fn general(a: &[u8], b: &[u8]) -> Ordering {
    // No number goes first, then what is not a number, then the numbers.
    let rank = |text: &[u8]| {
        let scanned = number::float(text);
        let class = if scanned.len == 0 { 0 } else { 1 + u8::from(!scanned.value.is_nan()) };
        (class, scanned.value)
    };
    let (a, b) = (rank(a), rank(b));
    a.0.cmp(&b.0)
        .then_with(|| if a.0 == 2 { a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal) } else { Ordering::Equal })
}

/// By the units behind numbers, and then by their values.
pub(super) fn human(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |text: &[u8]| {
        let (negative, whole, fraction, behind) = decimal(text);
        let zero = whole.is_empty() && fraction.is_empty();
        let unit = behind
            .first()
            .and_then(|unit| b"KMGTPEZY".iter().position(|known| *known == if *unit == b'k' { b'K' } else { *unit }));
        let unit = if zero { 0 } else { unit.map_or(0, |at| at as i32 + 1) };
        if negative { -unit } else { unit }
    };
    let negative = |text: &[u8]| {
        let (negative, whole, fraction, _) = decimal(text);
        negative && !(whole.is_empty() && fraction.is_empty())
    };
    negative(b).cmp(&negative(a)).then_with(|| rank(a).cmp(&rank(b))).then_with(|| numbers(a, b))
}

/// The number of a month by the first letters of its name; 0 for what is none.
pub(super) fn month(text: &[u8]) -> usize {
    const MONTHS: [&[u8]; 12] =
        [b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC"];
    let name = text.trim_ascii_start().get(..3).unwrap_or_default().to_ascii_uppercase();
    MONTHS.iter().position(|month| *month == name).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length_and_form() {
        assert_eq!(numbers(b" 10", b"9"), Ordering::Greater);
        assert_eq!(numbers(b"-1.5", b"-1.25"), Ordering::Less);
        assert_eq!(numbers(b"x", b"0"), Ordering::Equal);
        assert_eq!(human(b"2K", b"1M"), Ordering::Less);
        assert_eq!(general(b"1e3", b"999"), Ordering::Greater);
        assert_eq!((month(b" feb"), month(b"x")), (2, 0));
    }
}
