//! The operands of `dd`: what is asked for.

use applets::format::parse_decimal;
use applets::{Context, Quit};
use wcr_sys::Errno;
use wcr_sys::abi::OpenFlags;

use crate::dispatch::wrong_usage;
use crate::quote;

/// A block, unless another length is asked for, in bytes.
const BLOCK: u64 = 512;

/// From this length on there is no memory for a block, in bytes.
const BLOCK_MAX: u64 = i64::MAX as u64;

/// A set of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Set(u32);

impl Set {
    pub(super) const fn of(word: u32) -> Self {
        Self(word)
    }

    pub(super) fn has(self, word: Self) -> bool {
        self.0 & word.0 != 0
    }

    fn add(&mut self, word: Self) {
        self.0 |= word.0;
    }

    fn remove(&mut self, word: Self) {
        self.0 &= !word.0;
    }
}

pub(super) const ASCII: Set = Set::of(1);
pub(super) const EBCDIC: Set = Set::of(2);
pub(super) const IBM: Set = Set::of(4);
pub(super) const BLOCKS: Set = Set::of(8);
pub(super) const UNBLOCK: Set = Set::of(16);
pub(super) const LCASE: Set = Set::of(32);
pub(super) const UCASE: Set = Set::of(64);
pub(super) const SPARSE: Set = Set::of(128);
pub(super) const SWAB: Set = Set::of(256);
pub(super) const SYNC: Set = Set::of(512);
pub(super) const EXCL: Set = Set::of(1024);
pub(super) const NOCREAT: Set = Set::of(2048);
pub(super) const NOTRUNC: Set = Set::of(4096);
pub(super) const NOERROR: Set = Set::of(8192);
pub(super) const FDATASYNC: Set = Set::of(16384);
pub(super) const FSYNC: Set = Set::of(32768);

const CONVERSIONS: [(&[u8], Set); 16] = [
    (b"ascii", ASCII),
    (b"ebcdic", EBCDIC),
    (b"ibm", IBM),
    (b"block", BLOCKS),
    (b"unblock", UNBLOCK),
    (b"lcase", LCASE),
    (b"ucase", UCASE),
    (b"sparse", SPARSE),
    (b"swab", SWAB),
    (b"sync", SYNC),
    (b"excl", EXCL),
    (b"nocreat", NOCREAT),
    (b"notrunc", NOTRUNC),
    (b"noerror", NOERROR),
    (b"fdatasync", FDATASYNC),
    (b"fsync", FSYNC),
];

/// The conversions for which the input is gathered to output blocks, whatever `bs=` says.
const GATHERING: [Set; 8] = [ASCII, EBCDIC, IBM, BLOCKS, UNBLOCK, LCASE, UCASE, SWAB];

pub(super) const APPEND: Set = Set::of(1);
pub(super) const FULLBLOCK: Set = Set::of(2);
const DIRECTORY: Set = Set::of(4);
const NONBLOCK: Set = Set::of(8);
const NOFOLLOW: Set = Set::of(16);
const NOCACHE: Set = Set::of(32);
const DIRECT: Set = Set::of(64);
const COUNT_BYTES: Set = Set::of(128);
const SKIP_BYTES: Set = Set::of(256);
const SEEK_BYTES: Set = Set::of(512);
/// What makes no difference here: every write is as if synchronised, no terminal becomes the process's own by chance.
const NOTHING: Set = Set::of(0);

const FLAGS: [(&[u8], Set); 14] = [
    (b"append", APPEND),
    (b"direct", DIRECT),
    (b"directory", DIRECTORY),
    (b"dsync", NOTHING),
    (b"sync", NOTHING),
    (b"fullblock", FULLBLOCK),
    (b"nonblock", NONBLOCK),
    (b"noatime", NOTHING),
    (b"nocache", NOCACHE),
    (b"noctty", NOTHING),
    (b"nofollow", NOFOLLOW),
    (b"count_bytes", COUNT_BYTES),
    (b"skip_bytes", SKIP_BYTES),
    (b"seek_bytes", SEEK_BYTES),
];

/// What is said at the end, and on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Nothing,
    Blocks,
    All,
    Progress,
}

/// An amount: whole blocks and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Amount {
    pub blocks: u64,
    pub bytes: u64,
}

/// What is asked for.
pub(super) struct Job<'a> {
    pub input: Option<&'a [u8]>,
    pub output: Option<&'a [u8]>,
    pub ibs: usize,
    pub obs: usize,
    pub cbs: usize,
    pub count: Option<Amount>,
    pub skip: Amount,
    pub seek: Amount,
    pub conversions: Set,
    pub iflags: Set,
    pub oflags: Set,
    pub status: Status,
    /// Whether output blocks are gathered from input ones.
    pub gathers: bool,
}

impl Set {
    /// The flags that a file is opened with.
    pub(super) fn open_flags(self) -> OpenFlags {
        let mut flags = OpenFlags::CLOEXEC;
        for (word, flag) in [
            (APPEND, OpenFlags::APPEND),
            (DIRECTORY, OpenFlags::DIRECTORY),
            (NONBLOCK, OpenFlags::NONBLOCK),
            (NOFOLLOW, OpenFlags::NOFOLLOW),
        ] {
            if self.has(word) {
                flags = flags.with(flag);
            }
        }
        flags
    }
}

/// Reads the operands.
/// # Errors
/// One is wrong or two contradict each other, which has been told.
pub(super) fn read<'a>(ctx: &mut Context<'_>, operands: &'a [Vec<u8>]) -> Result<Job<'a>, Quit> {
    let mut job = Job {
        input: None,
        output: None,
        ibs: 0,
        obs: 0,
        cbs: 0,
        count: None,
        skip: Amount::default(),
        seek: Amount::default(),
        conversions: Set::default(),
        iflags: Set::default(),
        oflags: Set::default(),
        status: Status::All,
        gathers: true,
    };
    let (mut bs, mut ibs, mut obs) = (None, BLOCK, BLOCK);
    let (mut count, mut skip, mut seek) = (None, (0, false), (0, false));
    for operand in operands {
        let Some((key, value)) = operand.iter().position(|byte| *byte == b'=').map(|at| {
            let (key, value) = operand.split_at(at);
            (key, value.get(1..).unwrap_or_default())
        }) else {
            return Err(unrecognized(ctx, operand));
        };
        match key {
            b"if" => job.input = Some(value),
            b"of" => job.output = Some(value),
            b"bs" => bs = Some(block(ctx, value)?),
            b"ibs" => ibs = block(ctx, value)?,
            b"obs" => obs = block(ctx, value)?,
            b"cbs" => job.cbs = usize::try_from(block(ctx, value)?).unwrap_or(usize::MAX),
            b"count" => count = Some(number(ctx, value)?),
            b"skip" | b"iseek" => skip = number(ctx, value)?,
            b"seek" | b"oseek" => seek = number(ctx, value)?,
            b"conv" => add(ctx, &mut job.conversions, value, &CONVERSIONS, b"invalid conversion")?,
            b"iflag" => add(ctx, &mut job.iflags, value, &FLAGS, b"invalid input flag")?,
            b"oflag" => add(ctx, &mut job.oflags, value, &FLAGS, b"invalid output flag")?,
            b"status" => {
                // Of several words the last one counts.
                for word in value.split(|byte| *byte == b',') {
                    job.status = match word {
                        b"none" => Status::Nothing,
                        b"noxfer" => Status::Blocks,
                        b"progress" => Status::Progress,
                        _ => return Err(invalid(ctx, b"invalid status level", word)),
                    };
                }
            }
            _ => return Err(unrecognized(ctx, operand)),
        }
    }
    if job.oflags.has(FULLBLOCK) {
        return Err(invalid(ctx, b"invalid output flag", b"fullblock"));
    }
    job.gathers = bs.is_none() || GATHERING.iter().any(|word| job.conversions.has(*word));
    (ibs, obs) = bs.map_or((ibs, obs), |bs| (bs, bs));
    job.ibs = usize::try_from(ibs).unwrap_or(usize::MAX);
    job.obs = usize::try_from(obs).unwrap_or(usize::MAX);
    let amount = |(number, bytes): (u64, bool), block: u64| {
        if bytes {
            Amount { blocks: number / block, bytes: number % block }
        } else {
            Amount { blocks: number, bytes: 0 }
        }
    };
    job.count = count.map(|(number, bytes)| amount((number, bytes || job.iflags.has(COUNT_BYTES)), ibs));
    job.skip = amount((skip.0, skip.1 || job.iflags.has(SKIP_BYTES)), ibs);
    job.seek = amount((seek.0, seek.1 || job.oflags.has(SEEK_BYTES)), obs);
    // The codes come with the form of records.
    if job.conversions.has(ASCII) {
        job.conversions.add(UNBLOCK);
    }
    if job.conversions.has(EBCDIC) || job.conversions.has(IBM) {
        job.conversions.add(BLOCKS);
    }
    if job.cbs == 0 {
        job.conversions.remove(BLOCKS);
        job.conversions.remove(UNBLOCK);
    }
    let both = |a: Set, b: Set| job.conversions.has(a) && job.conversions.has(b);
    let wrong: &[u8] = if both(ASCII, EBCDIC) || both(ASCII, IBM) || both(EBCDIC, IBM) {
        b"cannot combine any two of {ascii,ebcdic,ibm}"
    } else if both(BLOCKS, UNBLOCK) {
        b"cannot combine block and unblock"
    } else if both(LCASE, UCASE) {
        b"cannot combine lcase and ucase"
    } else if both(EXCL, NOCREAT) {
        b"cannot combine excl and nocreat"
    } else if [job.iflags, job.oflags].iter().any(|flags| flags.has(DIRECT) && flags.has(NOCACHE)) {
        b"cannot combine direct and nocache"
    } else {
        return Ok(job);
    };
    Err(ctx.die(&[wrong]))
}

fn unrecognized(ctx: &mut Context<'_>, operand: &[u8]) -> Quit {
    wrong_usage(ctx, 1, &[b"unrecognized operand ", &quote::locale(operand)])
}

fn invalid(ctx: &mut Context<'_>, what: &[u8], word: &[u8]) -> Quit {
    wrong_usage(ctx, 1, &[what, b": ", &quote::locale(word)])
}

fn add(ctx: &mut Context<'_>, set: &mut Set, list: &[u8], known: &[(&[u8], Set)], what: &[u8]) -> Result<(), Quit> {
    for word in list.split(|byte| *byte == b',') {
        match known.iter().find(|(name, _)| *name == word) {
            Some((_, bit)) => set.add(*bit),
            None => return Err(invalid(ctx, what, word)),
        }
    }
    Ok(())
}

fn block(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    match number(ctx, text)? {
        (0, _) => Err(ctx.die(&[b"invalid number: ", &quote::locale(text)])),
        (len, _) if len >= BLOCK_MAX => Err(too_large(ctx, text)),
        (len, _) => Ok(len),
    }
}

fn too_large(ctx: &mut Context<'_>, text: &[u8]) -> Quit {
    ctx.die_errno(&[b"invalid number: ", &quote::locale(text)], Errno::Overflow)
}

/// A number, and whether it counts bytes.
fn number(ctx: &mut Context<'_>, text: &[u8]) -> Result<(u64, bool), Quit> {
    match factor(text) {
        Some(Some((value, bytes))) if i64::try_from(value).is_ok() => {
            if text.starts_with(b"0x") {
                let warning: [&[u8]; 5] = [
                    b"warning: ",
                    &quote::locale(b"0x"),
                    b" is a zero multiplier; use ",
                    &quote::locale(b"00x"),
                    b" if that is intended",
                ];
                ctx.complain(&warning);
            }
            Ok((value, bytes))
        }
        Some(_) => Err(too_large(ctx, text)),
        None => Err(ctx.die(&[b"invalid number: ", &quote::locale(text)])),
    }
}

/// Numbers with units, with an `x` between those that are multiplied. The inner `None`: it does not fit.
fn factor(text: &[u8]) -> Option<Option<(u64, bool)>> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let (number, rest) = text.split_at(digits);
    let mut value = parse_decimal(number);
    let (unit, mut rest) = unit(rest)?;
    value = value.and_then(|value| value.checked_mul(unit?));
    // A `B` of its own counts bytes.
    let mut bytes = false;
    if let [b'B', tail @ ..] = rest {
        bytes = true;
        rest = tail;
    }
    match rest {
        [] => Some(value.map(|value| (value, bytes))),
        [b'x', tail @ ..] => {
            let other = factor(tail)?;
            let product = value.zip(other).and_then(|(a, (b, _))| a.checked_mul(b));
            Some(product.map(|product| (product, bytes || other.is_some_and(|(_, bytes)| bytes))))
        }
        _ => None,
    }
}

/// What a unit stands for (`None`: more than fits), and what follows it.
fn unit(text: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let Some((letter, rest)) = text.split_first() else { return Some((Some(1), text)) };
    let power = match letter {
        b'c' => return Some((Some(1), rest)),
        b'w' => return Some((Some(2), rest)),
        b'b' => return Some((Some(512), rest)),
        b'k' | b'K' => 1,
        b'M' => 2,
        b'G' => 3,
        b'T' => 4,
        b'P' => 5,
        b'E' => 6,
        b'Z' => 7,
        b'Y' => 8,
        b'B' | b'x' => return Some((Some(1), text)),
        _ => return None,
    };
    let (base, rest) = match rest {
        [b'i', b'B', tail @ ..] => (1024u64, tail),
        [b'B', tail @ ..] => (1000, tail),
        rest => (1024, rest),
    };
    Some((base.checked_pow(power), rest))
}

#[cfg(test)]
mod tests {
    use super::factor;

    #[test]
    fn numbers_with_units() {
        for (text, value) in [
            ("12", Some((12, false))),
            ("2b", Some((1024, false))),
            ("4x2", Some((8, false))),
            ("1kB", Some((1000, false))),
            ("1KiB", Some((1024, false))),
            ("2B", Some((2, true))),
            ("1wB", Some((2, true))),
            ("2cx3B", Some((6, true))),
        ] {
            assert_eq!(factor(text.as_bytes()), Some(value), "{text}");
        }
        assert_eq!((factor(b"x"), factor(b""), factor(b"1y"), factor(b"1x")), (None, None, None, None));
        assert_eq!(factor(b"99999999999999999999"), Some(None));
    }
}
