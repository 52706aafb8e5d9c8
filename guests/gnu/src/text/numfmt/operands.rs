//! What the options of `numfmt` ask for.

use applets::options::Parsed;
use applets::{Context, Quit};

use super::number::Round;
use super::{FIELD, FORMAT, FROM, FROM_UNIT, GROUPING, INVALID, PADDING, ROUND, SUFFIX, TO, TO_UNIT, UNITS};
use crate::dispatch::try_help;
use crate::quote;
use crate::text::cut::read_list;

/// What units mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    None,
    Auto,
    Si,
    Iec,
    /// As `Iec`, with an `i` behind the letter.
    IecI,
}

pub(super) const SCALES: [(&[u8], Scale); 5] =
    [(b"none", Scale::None), (b"auto", Scale::Auto), (b"si", Scale::Si), (b"iec", Scale::Iec), (b"iec-i", Scale::IecI)];
/// Those that numbers can be written in.
pub(super) const OUT_SCALES: [(&[u8], Scale); 4] = [SCALES[0], SCALES[2], SCALES[3], SCALES[4]];

pub(super) const ROUNDS: [(&[u8], Round); 5] = [
    (b"up", Round::Up),
    (b"down", Round::Down),
    (b"from-zero", Round::FromZero),
    (b"towards-zero", Round::TowardsZero),
    (b"nearest", Round::Nearest),
];

/// What becomes of a text that is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Invalid {
    Abort,
    Fail,
    Warn,
    Ignore,
}

pub(super) const INVALIDS: [(&[u8], Invalid); 4] =
    [(b"abort", Invalid::Abort), (b"fail", Invalid::Fail), (b"warn", Invalid::Warn), (b"ignore", Invalid::Ignore)];

/// What `--format` says.
#[derive(Debug, Default, Clone)]
pub(super) struct Format {
    pub before: Vec<u8>,
    pub behind: Vec<u8>,
    pub width: usize,
    pub left: bool,
    pub zeros: bool,
    pub precision: Option<usize>,
}

pub(super) struct Job<'a> {
    pub from: Scale,
    pub to: Scale,
    pub from_unit: u64,
    pub to_unit: u64,
    pub round: Round,
    /// The width and whether text stands to the left.
    pub padding: Option<(usize, bool)>,
    pub suffix: &'a [u8],
    pub delimiter: Option<u8>,
    /// Whether a line is one field.
    pub whole: bool,
    pub fields: Vec<(u64, u64)>,
    pub format: Format,
    pub invalid: Invalid,
    pub end: u8,
}

/// The value that a word of a list has.
fn choose<T: Copy>(ctx: &mut Context<'_>, option: &[u8], word: &[u8], list: &[(&[u8], T)]) -> Result<T, Quit> {
    if let Some((_, value)) = list.iter().find(|(name, _)| *name == word) {
        return Ok(*value);
    }
    let mut starting = list.iter().filter(|(name, _)| !word.is_empty() && name.starts_with(word));
    if let (Some((_, value)), None) = (starting.next(), starting.next()) {
        return Ok(*value);
    }
    ctx.complain(&[b"invalid argument ", &quote::locale(word), b" for ", &quote::locale(option)]);
    let lines: Vec<u8> =
        list.iter().flat_map(|(name, _)| [b"  - ", &quote::locale(name)[..], b"\n"].concat()).collect();
    ctx.put_err(&[b"Valid arguments are:\n", &lines[..]].concat());
    Err(try_help(ctx, 1))
}

/// Reads the options.
pub(super) fn read_job<'a>(ctx: &mut Context<'_>, parsed: &'a Parsed) -> Result<Job<'a>, Quit> {
    let mut job = Job {
        from: Scale::None,
        to: Scale::None,
        from_unit: 1,
        to_unit: 1,
        round: Round::FromZero,
        padding: None,
        suffix: parsed.value(SUFFIX).unwrap_or_default(),
        delimiter: None,
        whole: false,
        fields: vec![(1, 1)],
        format: Format::default(),
        invalid: Invalid::Abort,
        end: if parsed.has(b'z') { 0 } else { b'\n' },
    };
    if parsed.count(FIELD) > 1 {
        return Err(ctx.die(&[b"multiple field specifications"]));
    }
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            FROM => job.from = choose(ctx, b"--from", text, &SCALES)?,
            TO => job.to = choose(ctx, b"--to", text, &OUT_SCALES)?,
            FROM_UNIT => job.from_unit = unit(ctx, text)?,
            TO_UNIT => job.to_unit = unit(ctx, text)?,
            ROUND => job.round = choose(ctx, b"--round", text, &ROUNDS)?,
            INVALID => job.invalid = choose(ctx, b"--invalid", text, &INVALIDS)?,
            PADDING => {
                let scanned = applets::number::signed(text, 10);
                if scanned.len != text.len() || scanned.value == 0 || scanned.overflow {
                    return Err(ctx.die(&[b"invalid padding value ", &quote::locale(text)]));
                }
                let width = usize::try_from(scanned.value.unsigned_abs()).unwrap_or(usize::MAX);
                job.padding = Some((width, scanned.value < 0));
            }
            FIELD if text == b"-" => job.fields = vec![(1, u64::MAX)],
            FIELD => job.fields = read_list(ctx, text, true)?,
            b'd' => match text {
                [] => job.whole = true,
                [byte] => job.delimiter = Some(*byte),
                _ => return Err(ctx.die(&[b"the delimiter must be a single character"])),
            },
            FORMAT => {
                job.format = read_format(ctx, text)?;
                if job.format.width > 0 && !job.format.zeros {
                    job.padding = Some((job.format.width, job.format.left));
                }
            }
            _ => {}
        }
    }
    if parsed.has(FORMAT) && parsed.has(GROUPING) {
        return Err(ctx.die(&[b"--grouping cannot be combined with --format"]));
    }
    if parsed.has(GROUPING) && job.to != Scale::None {
        return Err(ctx.die(&[b"grouping cannot be combined with --to"]));
    }
    Ok(job)
}

/// A unit: digits, and a letter that stands for a power of 1000, with an `i` of 1024.
fn unit(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, suffix) = text.split_at(digits);
    let number = if digits == 0 { Some(1) } else { applets::format::parse_decimal(number) };
    let power = |letter: &u8| UNITS.iter().position(|unit| unit == letter).map(|at| at as u32 + 1);
    let factor = match suffix {
        [] if digits > 0 => Some(1),
        [letter] => power(letter).and_then(|power| 1000u64.checked_pow(power)),
        [letter, b'i'] => power(letter).and_then(|power| 1024u64.checked_pow(power)),
        _ => None,
    };
    let unit = number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor)).filter(|unit| *unit > 0);
    unit.ok_or_else(|| ctx.die(&[b"invalid unit size: ", &quote::locale(text)]))
}

/// `text%[0]['][-][N][.N]ftext`.
fn read_format(ctx: &mut Context<'_>, text: &[u8]) -> Result<Format, Quit> {
    let shown = quote::locale(text);
    let mut format = Format::default();
    let mut at = 0;
    loop {
        match text.get(at..).unwrap_or_default() {
            [] => return Err(ctx.die(&[b"format ", &shown, b" has no % directive"])),
            [b'%', b'%', ..] => {
                format.before.push(b'%');
                at += 2;
            }
            [b'%', ..] => break,
            [byte, ..] => {
                format.before.push(*byte);
                at += 1;
            }
        }
    }
    at += 1;
    while let Some(flag @ (b'0' | b'\'' | b' ')) = text.get(at) {
        format.zeros |= *flag == b'0';
        at += 1;
    }
    if text.get(at) == Some(&b'-') {
        format.left = true;
        at += 1;
    }
    let number = |from: usize| {
        let len = text.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = text.get(from..from + len).unwrap_or_default();
        (len, applets::format::parse_decimal(digits).and_then(|number| usize::try_from(number).ok()))
    };
    let (len, width) = number(at);
    if len > 0 {
        let width = width.filter(|width| i32::try_from(*width).is_ok());
        format.width = width.ok_or_else(|| ctx.die(&[b"invalid format ", &shown, b" (width overflow)"]))?;
    }
    at += len;
    if at == text.len() {
        return Err(ctx.die(&[b"format ", &shown, b" ends in %"]));
    }
    if text.get(at) == Some(&b'.') {
        at += 1;
        let (len, precision) = number(at);
        let precision = if len == 0 { Some(0) } else { precision };
        let signed = matches!(text.get(at), Some(b'-' | b'+' | b' '));
        let precision = precision.filter(|precision| !signed && i32::try_from(*precision).is_ok());
        format.precision = Some(precision.ok_or_else(|| ctx.die(&[b"invalid precision in format ", &shown]))?);
        at += len;
    }
    if text.get(at) != Some(&b'f') {
        return Err(ctx.die(&[b"invalid format ", &shown, b", directive must be %[0]['][-][N][.][N]f"]));
    }
    format.behind = text.get(at + 1..).unwrap_or_default().to_vec();
    let mut rest = format.behind.as_slice();
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'%', [b'%', tail @ ..]) => tail,
            (b'%', _) => return Err(ctx.die(&[b"format ", &shown, b" has too many % directives"])),
            _ => tail,
        };
    }
    if format.zeros && format.left {
        format.zeros = false;
    }
    Ok(format)
}
