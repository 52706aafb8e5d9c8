//! Sizes with a unit, as `-h` shows them.

use crate::format::decimal;

const UNITS: &[u8] = b"KMGTPEZY";

/// `bytes` with one decimal and a unit of 1024s; below 1024 the plain number.
#[must_use]
pub fn human(bytes: u64) -> Vec<u8> {
    match scale(bytes) {
        (number, _, None) => decimal(number),
        (number, tenth, Some(unit)) => [decimal(number), b".".to_vec(), decimal(tenth), vec![unit]].concat(),
    }
}

/// As [`human`], rounded to a whole number.
#[must_use]
pub fn human_whole(bytes: u64) -> Vec<u8> {
    match scale(bytes) {
        (number, _, None) => decimal(number),
        (number, tenth, Some(unit)) => [decimal(number + u64::from(tenth >= 5)), vec![unit]].concat(),
    }
}

/// The number of units, its tenths and the unit.
fn scale(bytes: u64) -> (u64, u64, Option<u8>) {
    let (mut number, mut tenth, mut unit) = (bytes, 0, None);
    for next in UNITS {
        if number < 1024 {
            break;
        }
        tenth = (number % 1024 * 10 + 512) / 1024;
        number /= 1024;
        unit = Some(*next);
    }
    if tenth >= 10 { (number + 1, 0, unit) } else { (number, tenth, unit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let cases: [(u64, &str, &str); 8] = [
            (0, "0", "0"),
            (1023, "1023", "1023"),
            (1024, "1.0K", "1K"),
            (4636, "4.5K", "5K"),
            (10_188, "9.9K", "10K"),
            (1_048_575, "1024.0K", "1024K"),
            (12_345_678_901, "11.5G", "12G"),
            (u64::MAX, "16.0E", "16E"),
        ];
        for (bytes, tenths, whole) in cases {
            assert_eq!(human(bytes), tenths.as_bytes());
            assert_eq!(human_whole(bytes), whole.as_bytes());
        }
    }
}
