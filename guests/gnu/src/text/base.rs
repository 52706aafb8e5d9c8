//! `base64`, `base32`, `basenc`.

use applets::options::{Long, Parsed, Takes};
use applets::{Context, Quit};

use super::input::content;
use crate::Program;
use crate::dispatch::{extra_operand, wrong_usage};
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
        run(ctx, parsed, &Code::Bits(BASE64_CODE))
    });

/// `base32`.
pub const BASE32: Program =
    Program::new("base32", "[OPTION]... [FILE]", "Encodes bytes as text, or decodes.", "diw:", LONG, |ctx, parsed| {
        run(ctx, parsed, &Code::Bits(BASE32_CODE))
    });

/// The key of the first of the encodings; those of the others follow.
const FIRST: u8 = 0x80;

/// `basenc`.
pub const BASENC: Program = Program::new(
    "basenc",
    "[OPTION]... [FILE]",
    "Encodes bytes as text, or decodes, in the way that is asked for.",
    "diw:",
    &[
        ("base64", Takes::Nothing, FIRST),
        ("base64url", Takes::Nothing, FIRST + 1),
        ("base32", Takes::Nothing, FIRST + 2),
        ("base32hex", Takes::Nothing, FIRST + 3),
        ("base16", Takes::Nothing, FIRST + 4),
        ("base2msbf", Takes::Nothing, FIRST + 5),
        ("base2lsbf", Takes::Nothing, FIRST + 6),
        ("z85", Takes::Nothing, FIRST + 7),
        ("decode", Takes::Nothing, b'd'),
        ("ignore-garbage", Takes::Nothing, b'i'),
        ("wrap", Takes::Value, b'w'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    |ctx, parsed| {
        let keys: Vec<u8> = (FIRST..FIRST + CODES.len() as u8).collect();
        let code = parsed.last_of(&keys).and_then(|key| CODES.get(usize::from(key - FIRST)));
        match code {
            Some(code) => run(ctx, parsed, code),
            None => Err(wrong_usage(ctx, 1, &[b"missing encoding type"])),
        }
    },
);

/// An encoding that turns a number of bits into a letter.
#[derive(Debug, Clone, Copy)]
struct Bits {
    alphabet: &'static [u8],
    bits: u32,
    /// How many letters stand together, filled up with `=`.
    group: usize,
    /// Whether the lowest bits come first.
    reversed: bool,
}

/// An encoding.
#[derive(Debug, Clone, Copy)]
enum Code {
    Bits(Bits),
    /// Four bytes as five digits of the base 85.
    Z85,
}

const BASE64_CODE: Bits = Bits::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 4);
const BASE32_CODE: Bits = Bits::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8);

/// The encodings of `basenc`, in the order of their keys.
const CODES: [Code; 8] = [
    Code::Bits(BASE64_CODE),
    Code::Bits(Bits::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 6, 4)),
    Code::Bits(BASE32_CODE),
    Code::Bits(Bits::new(b"0123456789ABCDEFGHIJKLMNOPQRSTUV", 5, 8)),
    Code::Bits(Bits::new(b"0123456789ABCDEF", 4, 2)),
    Code::Bits(Bits::new(b"01", 1, 8)),
    Code::Bits(Bits { reversed: true, ..Bits::new(b"01", 1, 8) }),
    Code::Z85,
];

/// The digits of Z85.
const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

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
        let (bytes, fine) = match code {
            // A letter of the other alphabet is wrong before anything is written.
            Code::Bits(code) if code.alphabet.ends_with(b"-_") && text.iter().any(|byte| b"+/".contains(byte)) => {
                (Vec::new(), false)
            }
            Code::Bits(code) => code.decode(&text, parsed.has(b'i')),
            Code::Z85 => decode_z85(&text, parsed.has(b'i')),
        };
        ctx.put(&bytes);
        return if fine { Ok(0) } else { Err(ctx.die(&[b"invalid input"])) };
    }
    let encoded = match code {
        Code::Bits(code) => code.encode(&text),
        Code::Z85 if text.len() % 4 != 0 => {
            return Err(ctx.die(&[b"invalid input (length must be multiple of 4 characters)"]));
        }
        Code::Z85 => encode_z85(&text),
    };
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

impl Bits {
    const fn new(alphabet: &'static [u8], bits: u32, group: usize) -> Self {
        Self { alphabet, bits, group, reversed: false }
    }

    fn encode(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() * 8 / self.bits as usize + self.group);
        let (mut held, mut count) = (0u32, 0);
        let letter = |value: u32| self.alphabet.get(value as usize & ((1 << self.bits) - 1)).copied().unwrap_or(b'=');
        for byte in bytes {
            held = held << 8 | u32::from(if self.reversed { byte.reverse_bits() } else { *byte });
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
        // Where a byte is a whole number of letters, there is nothing to fill up.
        let pads = 8 % self.bits != 0;
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
                        let byte = (held >> count) as u8;
                        out.push(if self.reversed { byte.reverse_bits() } else { byte });
                    }
                }
                None if *byte == b'=' && pads && letters % self.group != 0 => {
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

fn encode_z85(bytes: &[u8]) -> Vec<u8> {
    let (words, _) = bytes.as_chunks::<4>();
    let digits = words.iter().flat_map(|word| {
        let word = u32::from_be_bytes(*word);
        [4, 3, 2, 1, 0].map(|power| DIGITS[(word / 85u32.pow(power) % 85) as usize])
    });
    digits.collect()
}

/// The bytes up to what is wrong, and whether nothing is.
fn decode_z85(text: &[u8], lenient: bool) -> (Vec<u8>, bool) {
    let (mut out, mut held, mut count) = (Vec::new(), 0u64, 0);
    for byte in text.iter().filter(|byte| **byte != b'\n') {
        match DIGITS.iter().position(|digit| digit == byte) {
            Some(value) => {
                held = held * 85 + value as u64;
                count += 1;
            }
            None if lenient => continue,
            None => return (out, false),
        }
        if count == 5 {
            let Ok(word) = u32::try_from(held) else { return (out, false) };
            out.extend_from_slice(&word.to_be_bytes());
            (held, count) = (0, 0);
        }
    }
    (out, count == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// The example of its specification.
    #[test]
    fn digits_of_base_85() {
        let bytes = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];
        assert_eq!(encode_z85(&bytes), b"HelloWorld");
        assert_eq!(decode_z85(b"HelloWorld", false), (bytes.to_vec(), true));
        assert!(!decode_z85(b"#####", false).1 && !decode_z85(b"Hell", false).1);
    }
}
