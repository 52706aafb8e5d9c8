//! Sizes as users write them.

/// The number of bytes that a text names: a number, alone or with `b`, `k`, `m`, `g` or `t` after it, small or large;
/// `None` for anything else.
#[must_use]
pub fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)?.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        "t" | "tb" => 1 << 40,
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn units_multiply() {
        for (text, size) in [
            ("0", Some(0)),
            ("512", Some(512)),
            ("3b", Some(3)),
            ("64k", Some(65_536)),
            ("1M", Some(1 << 20)),
            ("2gb", Some(2 << 30)),
            ("", None),
            ("m", None),
            ("-1", None),
            ("+1", None),
            ("1.5g", None),
            ("1x", None),
            ("50%", None),
            ("18446744073709551615k", None),
        ] {
            assert_eq!(bytes(text), size, "{text}");
        }
    }
}
