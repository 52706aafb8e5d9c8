//! Text that came from outside, made safe for a terminal; sizes in words.

/// `text` with control characters (but line ends) and invisible direction marks escaped.
pub(crate) fn safe(text: &str) -> String {
    escaped(text, &['\n'])
}

/// `text` with control characters (but line ends and tabs) and invisible direction marks escaped.
pub(crate) fn printable(text: &str) -> String {
    escaped(text, &['\n', '\t'])
}

fn escaped(text: &str, kept: &[char]) -> String {
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() && !kept.contains(&c)) || hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// A number of bytes in the unit that suits it, with decimal prefixes as Docker shows them: `4.27 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    match value {
        _ if unit == "B" => format!("{bytes} B"),
        value if value < 9.995 => format!("{value:.2} {unit}"),
        value if value < 99.95 => format!("{value:.1} {unit}"),
        value => format!("{value:.0} {unit}"),
    }
}

/// A number of bytes in the unit that suits it, with binary prefixes as docker shows memory: `1.305MiB`.
pub(crate) fn binary_size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes as f64;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    // Four digits, without zeros at the end, as Go's %.4g has them.
    let decimals = match value {
        value if value < 10.0 => 3,
        value if value < 100.0 => 2,
        value if value < 1000.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (4_270_000, "4.27 MB"),
            (42_700_000, "42.7 MB"),
            (999_499_999, "999 MB"),
            (999_500_000, "1.00 GB"),
            (9_999_000, "10.0 MB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn memory_is_told_in_powers_of_two() {
        for (bytes, text) in [
            (0, "0B"),
            (1023, "1023B"),
            (328_000, "320.3KiB"),
            (1 << 30, "1GiB"),
            (1_368_000, "1.305MiB"),
            (1_073_741_823, "1024MiB"),
        ] {
            assert_eq!(binary_size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn terminals_get_no_orders() {
        assert_eq!(safe("a\x1b[2Jb\nc\r\u{202e}é"), "a\\u{1b}[2Jb\nc\\u{d}\\u{202e}é");
        assert_eq!((safe("a\tb"), printable("a\tb\x07")), ("a\\u{9}b".into(), "a\tb\\u{7}".into()));
    }
}
