//! `echo`, and the backslash sequences of its arguments.

use crate::bash::shopt::Shopt;
use crate::shell::{Flow, Shell};

pub(super) fn echo(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (mut newline, mut escapes) = (true, shell.shopt(Shopt::XpgEcho));
    let mut operands = args.get(1..).unwrap_or_default();
    while let Some(([b'-', letters @ ..], rest)) = operands.split_first().map(|(first, rest)| (first.as_slice(), rest))
    {
        if letters.is_empty() || !letters.iter().all(|letter| b"neE".contains(letter)) {
            break;
        }
        for letter in letters {
            match letter {
                b'n' => newline = false,
                b'e' => escapes = true,
                _ => escapes = false,
            }
        }
        operands = rest;
    }
    let mut out = Vec::new();
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        if !escapes {
            out.extend_from_slice(operand);
        } else if !expand(&mut out, operand) {
            shell.put(&out);
            return Ok(0);
        }
    }
    if newline {
        out.push(b'\n');
    }
    shell.put(&out);
    Ok(0)
}

/// Adds a text with its sequences resolved; false when `\c` ends all output.
pub(super) fn expand(out: &mut Vec<u8>, text: &[u8]) -> bool {
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        match rest.first() {
            Some(b'c') => return false,
            // Here an octal number has a zero in front.
            Some(b'0') => {
                let (value, count) = digits(after.get(1..).unwrap_or_default(), 8, 3);
                out.push(value as u8);
                rest = after.get(1 + count..).unwrap_or_default();
            }
            _ => rest = escape(out, after, false),
        }
    }
    true
}

/// Adds what stands behind a backslash; returns the text behind that. `octal` says that numbers go without a zero.
pub(super) fn escape<'t>(out: &mut Vec<u8>, text: &'t [u8], octal: bool) -> &'t [u8] {
    let Some((code, rest)) = text.split_first() else {
        out.push(b'\\');
        return text;
    };
    let simple = match code {
        b'a' => 7,
        b'b' => 8,
        b'e' | b'E' => 0x1b,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'"' if octal => b'"',
        b'0'..=b'7' if octal => {
            let (value, count) = digits(text, 8, 3);
            out.push(value as u8);
            return text.get(count..).unwrap_or_default();
        }
        b'x' => {
            let (value, count) = digits(rest, 16, 2);
            if count == 0 {
                out.extend_from_slice(b"\\x");
            } else {
                out.push(value as u8);
            }
            return rest.get(count..).unwrap_or_default();
        }
        b'u' | b'U' => {
            let (value, count) = digits(rest, 16, if *code == b'u' { 4 } else { 8 });
            match count {
                0 => out.extend_from_slice(&[b'\\', *code]),
                _ => out.extend_from_slice(&crate::bash::locale::encoded(value)),
            }
            return rest.get(count..).unwrap_or_default();
        }
        other => {
            out.extend_from_slice(&[b'\\', *other]);
            return rest;
        }
    };
    out.push(simple);
    rest
}

fn digits(text: &[u8], base: u32, most: usize) -> (u32, usize) {
    let digits = text.iter().take(most).map_while(|byte| char::from(*byte).to_digit(base));
    digits.fold((0, 0), |(value, count), digit| (value * base + digit, count + 1))
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn sequences() {
        for (text, goes_on, expected) in
            [("a\\tb", true, "a\tb"), ("\\0101\\x42", true, "AB"), ("a\\cb", false, "a"), ("\\q\\", true, "\\q\\")]
        {
            let mut out = Vec::new();
            assert_eq!(expand(&mut out, text.as_bytes()), goes_on, "{text}");
            assert_eq!(out, expected.as_bytes(), "{text}");
        }
    }
}
