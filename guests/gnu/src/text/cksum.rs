//! `cksum`, `b2sum`: checksums whose kind or length is chosen.

use applets::options::{Long, Parsed, Takes};
use applets::{Context, Quit};

use super::checksum::{
    CHECK_OPTIONS, Digest, IGNORE_MISSING, Kind, QUIET, Request, STATUS, STRICT, TAG, named, refuse_meaningless, run,
};
use super::sum::{Number, print_all};
use crate::Program;
use crate::dispatch::try_help;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size;

const UNTAGGED: u8 = 0x90;
const DEBUG: u8 = 0x91;

/// The most bits that a digest of BLAKE2b has.
const BLAKE_BITS: u64 = 512;

/// `cksum`.
pub const CKSUM: Program = Program::new(
    "cksum",
    "[OPTION]... [FILE]...",
    "Prints or checks checksums of the kind that is asked for.",
    "a:bctl:wz",
    &[
        ("algorithm", Takes::Value, b'a'),
        ("check", Takes::Nothing, b'c'),
        ("ignore-missing", Takes::Nothing, IGNORE_MISSING),
        ("length", Takes::Value, b'l'),
        ("quiet", Takes::Nothing, QUIET),
        ("status", Takes::Nothing, STATUS),
        ("strict", Takes::Nothing, STRICT),
        ("tag", Takes::Nothing, TAG),
        ("untagged", Takes::Nothing, UNTAGGED),
        ("warn", Takes::Nothing, b'w'),
        ("zero", Takes::Nothing, b'z'),
        ("debug", Takes::Nothing, DEBUG),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    cksum,
);

/// The options of all checksums, and the length.
const B2SUM_OPTIONS: [Long; CHECK_OPTIONS.len() + 1] = {
    let mut all = [("length", Takes::Value, b'l'); CHECK_OPTIONS.len() + 1];
    let mut at = 0;
    while at < CHECK_OPTIONS.len() {
        all[at] = CHECK_OPTIONS[at];
        at += 1;
    }
    all
};

/// `b2sum`.
pub const B2SUM: Program = Program::new(
    "b2sum",
    "[OPTION]... [FILE]...",
    "Prints or checks BLAKE2 (512-bit) checksums.",
    "bctl:wz",
    &B2SUM_OPTIONS,
    |ctx, parsed| {
        let bits = blake_bits(ctx, parsed)?;
        let kind = Kind::Blake2b;
        run(ctx, parsed, Request { digest: Some(Digest { kind, bits }), tagged: parsed.has(TAG) })
    },
);

/// The kinds by the names that `--algorithm` knows.
const NUMBERS: [(&[u8], Number); 3] = [(b"bsd", Number::Bsd), (b"sysv", Number::SystemV), (b"crc", Number::Crc)];

fn cksum(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    // These two are known so that wrong uses can be told of, but nothing can be done with them.
    if parsed.has(b'b') || parsed.has(b't') {
        return Err(try_help(ctx, 1));
    }
    let wanted = parsed.value(b'a');
    let number = match wanted {
        None => Some(Number::Crc),
        Some(name) => NUMBERS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number),
    };
    let kind = match (number, wanted) {
        (None, Some(name)) => Some(named(name).ok_or_else(|| wrong_algorithm(ctx, name))?),
        _ => None,
    };
    let bits = blake_bits(ctx, parsed)?;
    if bits != 0 && parsed.has(b'l') && kind != Some(Kind::Blake2b) {
        return Err(ctx.die(&[b"--length is only supported with --algorithm=blake2b"]));
    }
    if parsed.has(b'c') && wanted.is_some() && number.is_some() {
        return Err(ctx.die(&[b"--check is not supported with --algorithm={bsd,sysv,crc}"]));
    }
    let tagged = parsed.last_of(&[TAG, UNTAGGED]) != Some(UNTAGGED);
    match (number, kind) {
        (Some(number), None) if !parsed.has(b'c') => {
            refuse_meaningless(ctx, parsed, false)?;
            Ok(print_all(ctx, parsed, number, if parsed.has(b'z') { 0 } else { b'\n' }))
        }
        (_, kind) => {
            let digest = kind.map(|kind| Digest { kind, bits: if kind == Kind::Blake2b { bits } else { 0 } });
            run(ctx, parsed, Request { digest, tagged })
        }
    }
}

fn wrong_algorithm(ctx: &mut Context<'_>, name: &[u8]) -> Quit {
    ctx.complain(&[b"invalid argument ", &quote::locale(name), b" for ", &quote::locale(b"--algorithm")]);
    let names = NUMBERS.iter().map(|(name, _)| *name).chain(Kind::ALL.iter().map(|kind| kind.name()));
    let lines: Vec<u8> = names.flat_map(|name| [b"  - ", &quote::locale(name)[..], b"\n"].concat()).collect();
    ctx.put_err(&[b"Valid arguments are:\n", &lines[..]].concat());
    try_help(ctx, 1)
}

/// The length that is asked for, in bits; 0 for the usual one.
fn blake_bits(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<usize, Quit> {
    let Some(text) = parsed.value(b'l') else { return Ok(0) };
    let bits = size::parse_or_tell(ctx, text, b"", b"invalid length", 1)?;
    let wrong = match bits {
        bits if bits > BLAKE_BITS => "maximum digest length for 'BLAKE2b' is 512 bits".to_owned(),
        bits if bits % 8 != 0 => "length is not a multiple of 8".to_owned(),
        bits => return Ok(bits as usize),
    };
    ctx.complain(&[b"invalid length: ", &quote::locale(text)]);
    Err(ctx.die(&[wrong.as_bytes()]))
}
