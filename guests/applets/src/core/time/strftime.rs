//! Printing times as `strftime(3)` does in the C locale, with the C library's flags and widths.

use super::LocalTime;
use crate::format::{decimal, right, signed};

/// The weekdays, Sunday first.
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// The months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A conversion's flags and width.
#[derive(Clone, Copy, Default)]
struct Shape {
    pad: Option<u8>,
    upper: bool,
    swap: bool,
    width: Option<usize>,
    /// `E` or `O`, the locale's alternative forms.
    modifier: Option<u8>,
}

/// What a conversion stands for.
enum Field {
    /// A number, zero-padded (or with the given byte) to a width of its own.
    Number(i64, usize, u8),
    Text(Vec<u8>),
    /// Seconds east of UTC.
    Offset(i32),
    /// Another format.
    Format(&'static [u8]),
}

/// Appends `time` in `format` to `out`. `seconds` is the same moment since the epoch.
pub fn strftime(out: &mut Vec<u8>, format: &[u8], time: &LocalTime, seconds: i64) {
    let mut rest = format;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            out.push(*first);
            continue;
        }
        let (shape, conversion) = take_shape(tail);
        let Some((letter, after)) = conversion.split_first() else {
            out.extend_from_slice(&[b"%", tail].concat());
            return;
        };
        match field(*letter, time, seconds).filter(|_| takes_modifier(*letter, shape.modifier)) {
            Some(field) => {
                rest = after;
                put(out, field, *letter, shape, time, seconds);
            }
            // Not a conversion: it stands for itself, flags and width included.
            None => {
                let literal = tail.len() - after.len();
                out.push(b'%');
                out.extend_from_slice(tail.get(..literal).unwrap_or_default());
                rest = after;
            }
        }
    }
}

fn take_shape(mut text: &[u8]) -> (Shape, &[u8]) {
    let mut shape = Shape::default();
    while let [flag @ (b'_' | b'-' | b'0' | b'^' | b'#'), rest @ ..] = text {
        match flag {
            b'^' => shape.upper = true,
            b'#' => shape.swap = true,
            pad => shape.pad = Some(*pad),
        }
        text = rest;
    }
    while let [digit @ b'0'..=b'9', rest @ ..] = text {
        let width = shape.width.unwrap_or(0) * 10 + usize::from(digit - b'0');
        shape.width = Some(width.min(4096));
        text = rest;
    }
    if let [modifier @ (b'E' | b'O'), rest @ ..] = text {
        shape.modifier = Some(*modifier);
        text = rest;
    }
    (shape, text)
}

fn put(out: &mut Vec<u8>, field: Field, letter: u8, shape: Shape, time: &LocalTime, seconds: i64) {
    let text = match field {
        Field::Number(number, digits, fill) => {
            let fill = match shape.pad {
                Some(b'_') => b' ',
                Some(b'0') => b'0',
                _ => fill,
            };
            if shape.pad == Some(b'-') {
                return right(out, &signed(number), shape.width.unwrap_or(0), b' ');
            }
            return put_number(out, number, digits.max(shape.width.unwrap_or(0)), fill);
        }
        Field::Offset(seconds) => return put_offset(out, seconds, shape),
        Field::Text(text) => text,
        Field::Format(format) => {
            let mut text = Vec::new();
            strftime(&mut text, format, time, seconds);
            text
        }
    };
    let text = match (shape.swap, letter) {
        (true, b'p' | b'Z') => text.to_ascii_lowercase(),
        (true, b'a' | b'A' | b'b' | b'B' | b'h') => text.to_ascii_uppercase(),
        _ if shape.upper => text.to_ascii_uppercase(),
        _ => text,
    };
    let fill = if shape.pad == Some(b'0') { b'0' } else { b' ' };
    right(out, &text, shape.width.unwrap_or(0), fill);
}

fn put_number(out: &mut Vec<u8>, number: i64, mut digits: usize, fill: u8) {
    let text = decimal(number.unsigned_abs());
    if number < 0 {
        if fill == b'0' {
            out.push(b'-');
            digits = digits.saturating_sub(1);
        } else {
            return right(out, &signed(number), digits, b' ');
        }
    }
    right(out, &text, digits, fill);
}

fn field(letter: u8, time: &LocalTime, seconds: i64) -> Option<Field> {
    let civil = time.civil;
    let number = |number: i64, digits| Field::Number(number, digits, b'0');
    let spaced = |number: u32| Field::Number(number.into(), 2, b' ');
    let day = || DAYS.get(civil.weekday() as usize).copied().unwrap_or("?");
    let month = || MONTHS.get((civil.month as usize).wrapping_sub(1)).copied().unwrap_or("?");
    let short = |name: &str| Field::Text(name.as_bytes().iter().take(3).copied().collect());
    let hour12 = (civil.hour + 11) % 12 + 1;
    let noon = |am: &[u8], pm: &[u8]| Field::Text(if civil.hour < 12 { am } else { pm }.to_vec());
    let (monday, year_day) = ((civil.weekday() + 6) % 7, civil.year_day());
    Some(match letter {
        b'a' => short(day()),
        b'A' => Field::Text(day().into()),
        b'b' | b'h' => short(month()),
        b'B' => Field::Text(month().into()),
        b'c' => Field::Format(b"%a %b %e %H:%M:%S %Y"),
        b'C' => number(civil.year.div_euclid(100), 1),
        b'd' => number(civil.day.into(), 2),
        b'D' | b'x' => Field::Format(b"%m/%d/%y"),
        b'e' => spaced(civil.day),
        b'F' => Field::Format(b"%Y-%m-%d"),
        b'g' => number(civil.iso_week().0.rem_euclid(100), 2),
        b'G' => number(civil.iso_week().0, 1),
        b'H' => number(civil.hour.into(), 2),
        b'I' => number(hour12.into(), 2),
        b'j' => number((year_day + 1).into(), 3),
        b'k' => spaced(civil.hour),
        b'l' => spaced(hour12),
        b'm' => number(civil.month.into(), 2),
        b'M' => number(civil.minute.into(), 2),
        b'n' => Field::Text(b"\n".to_vec()),
        b'p' => noon(b"AM", b"PM"),
        b'P' => noon(b"am", b"pm"),
        b'r' => Field::Format(b"%I:%M:%S %p"),
        b'R' => Field::Format(b"%H:%M"),
        b's' => Field::Number(seconds, 1, b' '),
        b'S' => number(civil.second.into(), 2),
        b't' => Field::Text(b"\t".to_vec()),
        b'T' | b'X' => Field::Format(b"%H:%M:%S"),
        b'u' => number((monday + 1).into(), 1),
        b'U' => number(((year_day + 7 - civil.weekday()) / 7).into(), 2),
        b'V' => number(civil.iso_week().1.into(), 2),
        b'w' => number(civil.weekday().into(), 1),
        b'W' => number(((year_day + 7 - monday) / 7).into(), 2),
        b'y' => number(civil.year.rem_euclid(100), 2),
        b'Y' => number(civil.year, 1),
        b'z' => Field::Offset(time.offset),
        b'Z' => Field::Text(time.name.clone()),
        b'%' => Field::Text(b"%".to_vec()),
        _ => return None,
    })
}

/// Appends `+hhmm`: the sign and the number are each padded to the width.
fn put_offset(out: &mut Vec<u8>, seconds: i32, shape: Shape) {
    let minutes = u64::from(seconds.unsigned_abs() / 60);
    let width = if shape.pad == Some(b'-') { 0 } else { shape.width.unwrap_or(0) };
    right(out, if seconds < 0 { b"-" } else { b"+" }, width, if shape.pad == Some(b'0') { b'0' } else { b' ' });
    let digits = if shape.pad == Some(b'-') { 0 } else { width.max(4) };
    let fill = if shape.pad == Some(b'_') { b' ' } else { b'0' };
    right(out, &decimal(minutes / 60 * 100 + minutes % 60), digits, fill);
}

/// Whether the conversion exists in the alternative form.
fn takes_modifier(letter: u8, modifier: Option<u8>) -> bool {
    match modifier {
        None => true,
        Some(b'E') => b"cCxXyYnprRtTusPzZ%".contains(&letter),
        Some(_) => !b"aAcCDFxXY".contains(&letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::Zone;

    fn show(format: &str) -> String {
        let mut out = Vec::new();
        let seconds = 1_709_210_096;
        strftime(&mut out, format.as_bytes(), &Zone::utc().local(seconds), seconds);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn conversions() {
        assert_eq!(show("%c|%x %X"), "Thu Feb 29 12:34:56 2024|02/29/24 12:34:56");
        assert_eq!(show("%U %V %W %G %g %j %u %w"), "08 09 09 2024 24 060 4 4");
        assert_eq!(show("%r %p %P %l %k"), "12:34:56 PM PM pm 12 12");
        assert_eq!(show("%z %Z %s %%"), "+0000 UTC 1709210096 %");
    }

    #[test]
    fn flags_and_widths() {
        assert_eq!(show("%^a %#p %-j %_j %10Y %_10Y %05d"), "THU pm 60  60 0000002024       2024 00029");
        assert_eq!(show("%010e %^10b %5%"), "0000000029        FEB     %");
    }

    #[test]
    fn what_is_no_conversion_stands_for_itself() {
        assert_eq!(show("%i %3N %"), "%i %3N %");
    }
}
