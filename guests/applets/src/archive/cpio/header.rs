//! The headers of the new ASCII format: numbers in hexadecimal, then the name.

use std::io::BufRead;

use wcr_sys::abi::{FileKind, Mode};

use super::super::feed::Feed;
use super::super::member::Member;
use crate::core::stat::device;
use crate::format::{hex, right};

/// The name of the last member.
pub(super) const TRAILER: &[u8] = b"TRAILER!!!";

const MAGIC: &[u8; 6] = b"070701";
/// The format with sums, which are not checked.
const MAGIC_SUMS: &[u8; 6] = b"070702";
/// The thirteen numbers behind the magic, of eight digits each.
const NUMBERS: usize = 13;
const DIGITS: usize = 8;
const LEN: usize = MAGIC.len() + NUMBERS * DIGITS;

/// The longest name that is read, with its NUL.
const NAME_MAX: u64 = 64 << 10;

/// A member with what is needed to find its other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) member: Member,
    /// How many names the file has.
    pub(super) links: u32,
    /// The numbers of its device and inode.
    pub(super) inode: (u64, u32),
}

/// Why a header cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadError {
    Short,
    Format,
    Damaged,
}

impl Header {
    /// Reads the next header, and a symbolic link's target. `None` at the end of the stream.
    /// # Errors
    /// The bytes are none.
    pub(super) fn read(feed: &mut Feed) -> Result<Option<Self>, ReadError> {
        let mut bytes = [0; LEN];
        match feed.read_full(&mut bytes) {
            // What cannot be read has not ended.
            0 => return if feed.fill_buf().is_err() { Err(ReadError::Short) } else { Ok(None) },
            LEN => {}
            _ => return Err(ReadError::Short),
        }
        let (numbers, name_len) = parse(&bytes)?;
        let mut name = vec![0; usize::try_from(name_len.min(NAME_MAX)).unwrap_or_default()];
        if feed.read_full(&mut name) < name.len() || name_len > NAME_MAX {
            return Err(ReadError::Short);
        }
        name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
        if feed.align(4).is_err() {
            return Err(ReadError::Short);
        }
        let mut header = Self::new(numbers, name).ok_or(ReadError::Damaged)?;
        if header.member.mode.kind() == FileKind::Symlink {
            let len = header.member.size.min(NAME_MAX) as usize;
            header.member.target = vec![0; len];
            if feed.read_full(&mut header.member.target) < len {
                return Err(ReadError::Short);
            }
            header.member.size = 0;
        }
        Ok(Some(header))
    }

    fn new(numbers: [u32; NUMBERS], name: Vec<u8>) -> Option<Self> {
        let [inode, mode, uid, gid, links, mtime, size, major, minor, device_major, device_minor, ..] = numbers;
        if name != TRAILER {
            FileKind::from_bits(mode)?;
        }
        let start = name.iter().take_while(|byte| **byte == b'/').count();
        let member = Member {
            name: name.get(start..).unwrap_or_default().to_vec(),
            mode: Mode(mode & 0o177_777),
            target: Vec::new(),
            hard_link: false,
            user: (uid, Vec::new()),
            group: (gid, Vec::new()),
            mtime: mtime.into(),
            size: size.into(),
            device: device(device_major.into(), device_minor.into()),
        };
        Some(Self { member, links, inode: (device(major.into(), minor.into()), inode) })
    }
}

/// The numbers, and the length of the name.
fn parse(bytes: &[u8; LEN]) -> Result<([u32; NUMBERS], u64), ReadError> {
    let (magic, digits) = bytes.split_at(MAGIC.len());
    if magic != MAGIC && magic != MAGIC_SUMS {
        return Err(ReadError::Format);
    }
    let mut numbers = [0; NUMBERS];
    for (number, digits) in numbers.iter_mut().zip(digits.chunks(DIGITS)) {
        for digit in digits {
            let digit = char::from(*digit).to_digit(16).ok_or(ReadError::Damaged)?;
            *number = *number << 4 | digit;
        }
    }
    Ok((numbers, numbers[11].into()))
}

/// Appends a header with these numbers, inode to device, and the name.
pub(super) fn append(out: &mut Vec<u8>, numbers: [u32; NUMBERS - 2], name: &[u8]) {
    out.extend_from_slice(MAGIC);
    for number in numbers.into_iter().chain([name.len() as u32 + 1, 0]) {
        right(out, &hex(number.into()).to_ascii_uppercase(), DIGITS, b'0');
    }
    out.extend_from_slice(name);
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let mut out = Vec::new();
        append(&mut out, [77, 0o100_644, 1, 2, 3, 1_600_000_000, 5, 254, 1, 8, 9], b"a/b");
        let (numbers, name_len) = parse(out.first_chunk().unwrap()).unwrap();
        assert_eq!((&out[LEN..], name_len), (&b"a/b\0"[..], 4));
        let header = Header::new(numbers, b"/a/b".to_vec()).unwrap();
        assert_eq!((header.member.name.as_slice(), header.links, header.inode), (&b"a/b"[..], 3, (device(254, 1), 77)));
        assert_eq!((header.member.size, header.member.device), (5, device(8, 9)));
    }

    #[test]
    fn wrong_headers() {
        let mut out = Vec::new();
        append(&mut out, [0; 11], b"x");
        let damaged = |at: usize, byte: u8| {
            let mut bytes: [u8; LEN] = *out.first_chunk().unwrap();
            bytes[at] = byte;
            parse(&bytes).map(|_| ())
        };
        assert_eq!((damaged(5, b'7'), damaged(20, b'x')), (Err(ReadError::Format), Err(ReadError::Damaged)));
    }
}
