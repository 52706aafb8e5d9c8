//! The headers of tar files: `ustar` with GNU's long names, and what pax headers say of names.

use wcr_sys::abi::{FileKind, Mode};

use super::super::member::Member;
use crate::core::stat::{device, major, minor};
use crate::format::octal;

/// The unit that a tar file consists of.
pub(super) const BLOCK: usize = 512;

/// The name of a header that only brings a long name.
const LONG_LINK: &[u8] = b"././@LongLink";

const NAME: core::ops::Range<usize> = 0..100;
const MODE: core::ops::Range<usize> = 100..108;
const UID: core::ops::Range<usize> = 108..116;
const GID: core::ops::Range<usize> = 116..124;
const SIZE: core::ops::Range<usize> = 124..136;
const MTIME: core::ops::Range<usize> = 136..148;
const SUM: core::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const LINK: core::ops::Range<usize> = 157..257;
const MAGIC: core::ops::Range<usize> = 257..262;
const UNAME: core::ops::Range<usize> = 265..297;
const GNAME: core::ops::Range<usize> = 297..329;
const MAJOR: core::ops::Range<usize> = 329..337;
const MINOR: core::ops::Range<usize> = 337..345;
const PREFIX: core::ops::Range<usize> = 345..500;

/// What one header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Header {
    /// Nothing: part of the end, or padding.
    Empty,
    /// A member.
    Member(Member),
    /// The name of the next member follows in so many bytes.
    LongName(u64),
    /// The link's target of the next member follows.
    LongTarget(u64),
    /// Records about the next member follow.
    Records(u64),
    /// Records about all members follow.
    GlobalRecords(u64),
}

/// Why a block is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Magic,
    Sum,
    Number,
    Kind(u8),
}

impl Wrong {
    /// The diagnostic.
    pub(super) fn message(self) -> Vec<u8> {
        match self {
            Self::Magic => b"invalid tar magic".to_vec(),
            Self::Sum => b"invalid tar header checksum".to_vec(),
            Self::Number => b"corrupted octal value in tar header".to_vec(),
            Self::Kind(kind) => [b"unknown typeflag: 0x", crate::format::hex(kind.into()).as_slice()].concat(),
        }
    }
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, or in binary when the first bit is set. Negative ones count as 0.
fn number(field: &[u8]) -> Result<u64, Wrong> {
    match field {
        [0x80, rest @ ..] => Ok(rest.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte))),
        [first, ..] if first & 0x80 != 0 => Ok(0),
        _ => {
            let digits = field.trim_ascii_start();
            let len = digits.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            let (digits, rest) = digits.split_at(len);
            if !matches!(rest, [] | [0 | b' ', ..]) {
                return Err(Wrong::Number);
            }
            Ok(digits.iter().fold(0, |number, digit| number << 3 | u64::from(digit - b'0')))
        }
    }
}

/// The sum of a header's bytes, its own field taken as spaces.
fn sum(block: &[u8; BLOCK]) -> u64 {
    let plain: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    let own: u64 = block[SUM].iter().map(|byte| u64::from(*byte)).sum();
    plain - own + 8 * u64::from(b' ')
}

/// Reads a header.
/// # Errors
/// The block is none.
pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Header, Wrong> {
    if block[0] == 0 && block[PREFIX.start] == 0 {
        return Ok(Header::Empty);
    }
    if block[MAGIC] != *b"ustar" {
        return Err(Wrong::Magic);
    }
    if sum(block) != number(&block[SUM])? {
        return Err(Wrong::Sum);
    }
    let size = number(&block[SIZE])?;
    let kind = match block[KIND] {
        b'L' => return Ok(Header::LongName(size)),
        b'K' => return Ok(Header::LongTarget(size)),
        b'x' => return Ok(Header::Records(size)),
        b'g' => return Ok(Header::GlobalRecords(size)),
        0 | b'0' | b'1' | b'7' => FileKind::Regular,
        b'2' => FileKind::Symlink,
        b'3' => FileKind::CharDevice,
        b'4' => FileKind::BlockDevice,
        b'5' => FileKind::Directory,
        b'6' => FileKind::Fifo,
        other => return Err(Wrong::Kind(other)),
    };
    let mut name = text(&block[NAME]).to_vec();
    let prefix = text(&block[PREFIX]);
    if !prefix.is_empty() {
        name = [prefix, b"/", &name].concat();
    }
    // Before there were kinds a slash at the end made a directory.
    let kind = if kind == FileKind::Regular && name.ends_with(b"/") { FileKind::Directory } else { kind };
    let is_device = matches!(kind, FileKind::CharDevice | FileKind::BlockDevice);
    Ok(Header::Member(Member {
        name,
        mode: Mode::new(kind, number(&block[MODE])? as u32 & 0o7777),
        target: text(&block[LINK]).to_vec(),
        hard_link: block[KIND] == b'1',
        user: (number(&block[UID])? as u32, text(&block[UNAME]).to_vec()),
        group: (number(&block[GID])? as u32, text(&block[GNAME]).to_vec()),
        mtime: number(&block[MTIME])? as i64,
        size: if kind == FileKind::Regular && block[KIND] != b'1' { size } else { 0 },
        device: if is_device { device(number(&block[MAJOR])?, number(&block[MINOR])?) } else { 0 },
    }))
}

/// What the records of a pax header say of the name and of the link's target.
pub(super) fn records(mut data: &[u8]) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let (mut name, mut target) = (None, None);
    while let Some(space) = data.iter().position(|byte| *byte == b' ') {
        let (length, _) = data.split_at(space);
        let Some(length) = crate::format::parse_decimal(length).and_then(|length| usize::try_from(length).ok()) else {
            break;
        };
        let Some(record) = data.get(space + 1..length) else { break };
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        if let Some(path) = record.strip_prefix(b"path=") {
            name = Some(path.to_vec());
        } else if let Some(path) = record.strip_prefix(b"linkpath=") {
            target = Some(path.to_vec());
        }
        data = data.get(length..).unwrap_or_default();
    }
    (name, target)
}

/// Appends the headers of a member: one for each long name, then its own.
pub(super) fn append(out: &mut Vec<u8>, member: &Member) {
    if member.target.len() >= NAME.len() {
        append_long(out, b'K', &member.target);
    }
    if member.name.len() >= NAME.len() {
        append_long(out, b'L', &member.name);
    }
    let mut block = [0; BLOCK];
    put_text(&mut block[NAME], &member.name);
    put_number(&mut block[MODE], member.mode.permissions().into());
    put_number(&mut block[UID], member.user.0.into());
    put_number(&mut block[GID], member.group.0.into());
    put_number(&mut block[SIZE], member.size);
    put_number(&mut block[MTIME], member.mtime.max(0).unsigned_abs());
    put_text(&mut block[LINK], &member.target);
    put_text(&mut block[UNAME], &member.user.1);
    put_text(&mut block[GNAME], &member.group.1);
    block[KIND] = match member.mode.kind() {
        _ if member.hard_link => b'1',
        FileKind::Regular | FileKind::Socket => b'0',
        FileKind::Symlink => b'2',
        FileKind::CharDevice => b'3',
        FileKind::BlockDevice => b'4',
        FileKind::Directory => b'5',
        FileKind::Fifo => b'6',
    };
    if matches!(member.mode.kind(), FileKind::CharDevice | FileKind::BlockDevice) {
        put_number(&mut block[MAJOR], major(member.device));
        put_number(&mut block[MINOR], minor(member.device));
    }
    append_block(out, block);
}

/// Appends a header that brings a long name, and that name.
fn append_long(out: &mut Vec<u8>, kind: u8, name: &[u8]) {
    let mut block = [0; BLOCK];
    put_text(&mut block[NAME], LONG_LINK);
    for field in [MODE, UID, GID] {
        put_number(&mut block[field], 0);
    }
    put_number(&mut block[SIZE], name.len() as u64 + 1);
    put_number(&mut block[MTIME], 0);
    block[KIND] = kind;
    append_block(out, block);
    out.extend_from_slice(name);
    out.push(0);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

fn append_block(out: &mut Vec<u8>, mut block: [u8; BLOCK]) {
    block[MAGIC.start..UNAME.start].copy_from_slice(b"ustar  \0");
    let sum = octal(sum(&block));
    block[SUM].copy_from_slice(b"000000\0 ");
    block[SUM.start + 6 - sum.len()..SUM.start + 6].copy_from_slice(&sum);
    out.extend_from_slice(&block);
}

fn put_text(field: &mut [u8], text: &[u8]) {
    for (place, byte) in field.iter_mut().zip(text) {
        *place = *byte;
    }
}

/// Octal digits with a NUL behind them, or without it when they need its place; in binary when they need more.
fn put_number(field: &mut [u8], number: u64) {
    let digits = octal(number);
    if digits.len() > field.len() {
        let bytes = number.to_be_bytes();
        let len = field.len().min(bytes.len());
        let start = field.len() - len;
        field.fill(0);
        field[start..].copy_from_slice(&bytes[bytes.len() - len..]);
        field[0] |= 0x80;
        return;
    }
    let end = if digits.len() < field.len() { field.len() - 1 } else { field.len() };
    field.fill(b'0');
    field[end..].fill(0);
    field[end - digits.len()..end].copy_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &[u8], target: &[u8]) -> Member {
        Member {
            name: name.to_vec(),
            mode: Mode::new(FileKind::Regular, 0o4755),
            target: target.to_vec(),
            hard_link: !target.is_empty(),
            user: (1000, b"alice".to_vec()),
            group: (3_000_000, Vec::new()),
            mtime: 1_600_000_000,
            size: if target.is_empty() { 9_000_000_000 } else { 0 },
            device: 0,
        }
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        for member in [member(b"a/file", b""), member(b"link", b"a/file")] {
            let mut out = Vec::new();
            append(&mut out, &member);
            assert_eq!(parse(out.first_chunk().unwrap()), Ok(Header::Member(member)));
        }
        let mut out = Vec::new();
        append(&mut out, &member(&[b'n'; 100], &[b't'; 200]));
        assert_eq!(parse(out.first_chunk().unwrap()), Ok(Header::LongTarget(201)));
        assert_eq!(parse(out[1024..].first_chunk().unwrap()), Ok(Header::LongName(101)));
        assert_eq!(out.len(), 5 * BLOCK);
    }

    #[test]
    fn wrong_blocks_are_told_apart() {
        let mut out = Vec::new();
        append(&mut out, &member(b"a/file", b""));
        let damaged = |at: usize, byte: u8| {
            let mut block: [u8; BLOCK] = *out.first_chunk().unwrap();
            block[at] = byte;
            parse(&block)
        };
        assert_eq!(damaged(257, b'x'), Err(Wrong::Magic));
        assert_eq!(damaged(3, b'x'), Err(Wrong::Sum));
        assert_eq!(damaged(0, 0), Ok(Header::Empty));
        assert_eq!(number(b"0000x44\0"), Err(Wrong::Number));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\x02"), Ok(258));
        assert_eq!((number(b"        "), number(&[0xff; 12])), (Ok(0), Ok(0)));
    }

    #[test]
    fn records_of_pax() {
        let (name, target) = records(b"13 path=a/b\n\n11 mtime=1\n");
        assert_eq!((name, target), (Some(b"a/b\n".to_vec()), None));
        let (name, target) = records(b"12 path=a/b\n19 linkpath=target\n");
        assert_eq!((name, target), (Some(b"a/b".to_vec()), Some(b"target".to_vec())));
        assert_eq!(records(b"99999999999999999999 path=a\n"), (None, None));
        assert_eq!(records(b"5 path=far too short"), (None, None));
    }
}
