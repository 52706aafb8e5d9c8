//! `base64`, `base32`.

use applets::options::{Long, Parsed, Takes};
use applets::{Context, Quit};

use super::input::content;
use crate::Program;
use crate::dispatch::extra_operand;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size;

const LONG: &[Long] = &[
    ("decode", Takes::Nothing, b'd'),
    ("ignore-garbage", Takes::Nothing, b'i'),
    ("wrap", Takes::Value, b'w'),
    HELP_OPTION,
    VERSION_OPTION,
];

/// `base64`.
pub const BASE64: Program =
    Program::new("base64", "[OPTION]... [FILE]", "Encodes bytes as text, or decodes.", "diw:", LONG, |ctx, parsed| {
        run(
            ctx,
            parsed,
            &Code { alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bits: 6, group: 4 },
        )
    });

/// `base32`.
pub const BASE32: Program =
    Program::new("base32", "[OPTION]... [FILE]", "Encodes bytes as text, or decodes.", "diw:", LONG, |ctx, parsed| {
        run(ctx, parsed, &Code { alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bits: 5, group: 8 })
    });

/// An encoding of RFC 4648.
struct Code {
    alphabet: &'static [u8],
    bits: u32,
    group: usize,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed, code: &Code) -> Result<u8, Quit> {
    let wrap = match parsed.value(b'w') {
        None => 76,
        Some(text) => match size::parse(text, b"") {
            Ok(wrap) => usize::try_from(wrap).unwrap_or(usize::MAX),
            Err(size::Wrong::TooLarge) => 0,
            Err(_) => return Err(ctx.die(&[b"invalid wrap size: ", &quote::locale(text)])),
        },
    };
    let name = match parsed.operands.as_slice() {
        [] => b"-".to_vec(),
        [name] => name.clone(),
        [_, second, ..] => return Err(extra_operand(ctx, 1, second)),
    };
    let text = content(&name).map_err(|error| {
        if error == wcr_sys::Errno::Isdir {
            return ctx.die_errno(&[b"read error"], error);
        }
        ctx.die_errno(&[&quote::as_needed(&name)], error)
    })?;
    if parsed.has(b'd') {
        let (bytes, fine) = code.decode(&text, parsed.has(b'i'));
        ctx.put(&bytes);
        return if fine { Ok(0) } else { Err(ctx.die(&[b"invalid input"])) };
    }
    let encoded = code.encode(&text);
    if wrap == 0 {
        ctx.put(&encoded);
        return Ok(0);
    }
    for line in encoded.chunks(wrap) {
        ctx.put(line);
        ctx.put(b"\n");
    }
    Ok(0)
}

impl Code {
    fn encode(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() * 8 / self.bits as usize + self.group);
        let (mut held, mut count) = (0u32, 0);
        let letter = |value: u32| self.alphabet.get(value as usize & ((1 << self.bits) - 1)).copied().unwrap_or(b'=');
        for byte in bytes {
            held = held << 8 | u32::from(*byte);
            count += 8;
            while count >= self.bits {
                count -= self.bits;
                out.push(letter(held >> count));
            }
        }
        if count > 0 {
            out.push(letter(held << (self.bits - count)));
        }
        while out.len() % self.group != 0 {
            out.push(b'=');
        }
        out
    }

    /// The bytes up to what is wrong, and whether nothing is.
    fn decode(&self, text: &[u8], lenient: bool) -> (Vec<u8>, bool) {
        let (mut out, mut held, mut count, mut letters, mut padding) = (Vec::new(), 0u32, 0, 0usize, 0usize);
        for byte in text.iter().filter(|byte| **byte != b'\n') {
            let value = self.alphabet.iter().position(|letter| letter == byte);
            match value {
                Some(_) if padding > 0 && letters % self.group != 0 => return (out, false),
                Some(value) => {
                    padding = 0;
                    letters += 1;
                    held = held << self.bits | value as u32;
                    count += self.bits;
                    if count >= 8 {
                        count -= 8;
                        out.push((held >> count) as u8);
                    }
                }
                None if *byte == b'=' && letters % self.group != 0 => {
                    padding += 1;
                    letters += 1;
                    (held, count) = if letters % self.group == 0 { (0, 0) } else { (held, count) };
                }
                None if lenient => {}
                None => return (out, false),
            }
        }
        (out, letters % self.group == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE32_CODE: Code = Code { alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bits: 5, group: 8 };

    /// The vectors of RFC 4648.
    #[test]
    fn encodings() {
        for (plain, text) in [("", ""), ("f", "MY======"), ("fo", "MZXQ===="), ("foobar", "MZXW6YTBOI======")] {
            assert_eq!(BASE32_CODE.encode(plain.as_bytes()), text.as_bytes());
            assert_eq!(BASE32_CODE.decode(text.as_bytes(), false), (plain.as_bytes().to_vec(), true));
        }
        assert!(!BASE32_CODE.decode(b"MY!", false).1);
        assert!(!BASE32_CODE.decode(b"MY", false).1);
    }
}
