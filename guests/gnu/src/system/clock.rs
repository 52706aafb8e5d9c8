//! Times in a format of `strftime(3)`, with the GNU programs' `%N` for nanoseconds.

use applets::core::time::Zone;
use applets::core::time::strftime::strftime;
use wcr_sys::abi::Timestamp;

/// Appends `moment` in `format`.
pub fn show(out: &mut Vec<u8>, format: &[u8], zone: &Zone, moment: Timestamp) {
    let local = zone.local(moment.sec);
    let format = with_nanoseconds(&with_colons(format, local.offset), moment.nsec);
    strftime(out, &format, &local, moment.sec);
}

/// The format with `%:z`, `%::z` and `%:::z` replaced by the hours, minutes and seconds east of Greenwich.
fn with_colons(format: &[u8], east: i32) -> Vec<u8> {
    let mut out = Vec::with_capacity(format.len());
    let mut rest = format;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        out.push(*first);
        if *first != b'%' {
            continue;
        }
        let colons = behind.iter().take_while(|byte| **byte == b':').count();
        if colons > 0 && colons < 4 && behind.get(colons) == Some(&b'z') {
            out.pop();
            let (sign, east) = if east < 0 { ('-', -east) } else { ('+', east) };
            let (hours, minutes, seconds) = (east / 3600, east / 60 % 60, east % 60);
            let text = match colons {
                1 => format!("{sign}{hours:02}:{minutes:02}"),
                3 if minutes == 0 && seconds == 0 => format!("{sign}{hours:02}"),
                3 if seconds == 0 => format!("{sign}{hours:02}:{minutes:02}"),
                _ => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
            };
            out.extend_from_slice(text.as_bytes());
            rest = behind.get(colons + 1..).unwrap_or_default();
        } else if let Some((next, behind)) = behind.split_first() {
            out.push(*next);
            rest = behind;
        }
    }
    out
}

/// The format with its `%N` replaced: nine digits, as many as a width says, or shorter with `-`.
fn with_nanoseconds(format: &[u8], nanoseconds: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(format.len());
    let mut rest = format;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        let flags = from.iter().skip(1).take_while(|byte| b"-_0^#".contains(byte)).count();
        let digits = from.iter().skip(1 + flags).take_while(|byte| byte.is_ascii_digit()).count();
        let end = 1 + flags + digits;
        let taken = match from.get(end) {
            Some(b'N') => {
                let mut text = format!("{nanoseconds:09}").into_bytes();
                let width = from.get(1 + flags..end).and_then(applets::format::parse_decimal);
                let width = width.and_then(|width| usize::try_from(width).ok());
                match width {
                    Some(width) if width < 9 => text.truncate(width.max(1)),
                    Some(width) => text.resize(width, b'0'),
                    None if from.get(1) == Some(&b'-') => {
                        let kept = text.iter().rposition(|byte| *byte != b'0').map_or(1, |last| last + 1);
                        text.truncate(kept);
                    }
                    None => {}
                }
                out.extend_from_slice(&text);
                end + 1
            }
            Some(_) => {
                out.extend_from_slice(from.get(..=end).unwrap_or_default());
                end + 1
            }
            None => {
                out.extend_from_slice(from);
                from.len()
            }
        };
        rest = from.get(taken..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds() {
        let cases: [(&str, &str); 6] =
            [("%S.%N", "%S.012000000"), ("%3N", "012"), ("%%N", "%%N"), ("%-N", "012"), ("%", "%"), ("a%5", "a%5")];
        for (format, text) in cases {
            assert_eq!(with_nanoseconds(format.as_bytes(), 12_000_000), text.as_bytes(), "{format}");
        }
    }
}
