//! One tar header block: ustar (POSIX.1-2017, `pax`), the GNU and star variants, and the old form.

use super::number::{field_number, field_signed};
use super::sparse::GnuMap;

/// The size of a block, in bytes; headers and contents are padded to it.
pub(super) const BLOCK: usize = 512;

/// Why a header, or what belongs to it, is malformed.
pub(super) type Reason = String;

/// What a header block says; extended headers may overrule parts of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub typeflag: u8,
    pub path: Vec<u8>,
    pub link: Vec<u8>,
    pub mode: u32,
    pub uid: i64,
    pub gid: i64,
    pub size: i64,
    pub mtime: i64,
    pub major: i64,
    pub minor: i64,
    /// What an entry of type `S` says of its holes.
    pub holes: Option<GnuMap>,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Format {
    Old,
    Ustar,
    Gnu,
    Star,
}

impl Header {
    /// Reads a header block. `None` for a block of zeros, which ends an archive.
    pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Option<Self>, Reason> {
        let stored = match field_number(&block[148..156]) {
            Ok(_) if block.iter().all(|b| *b == 0) => return Ok(None),
            Ok(stored) => stored,
            Err(reason) => return Err(format!("the checksum field: {reason}")),
        };
        check_sum(block, stored)?;
        let format = match (&block[257..263], &block[263..265], &block[508..512]) {
            (b"ustar\0", _, b"tar\0") => Format::Star,
            (b"ustar\0", ..) => Format::Ustar,
            (b"ustar ", b" \0", _) => Format::Gnu,
            _ => Format::Old,
        };
        let number = |range: core::ops::Range<usize>, what: &str| {
            field_number(&block[range]).map_err(|reason| format!("the field {what}: {reason}"))
        };
        let prefix = match format {
            Format::Ustar => text(&block[345..500]),
            Format::Star => text(&block[345..476]),
            Format::Gnu | Format::Old => b"",
        };
        let name = text(&block[..100]);
        let mut path = Vec::with_capacity(prefix.len() + 1 + name.len());
        path.extend_from_slice(prefix);
        if !prefix.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        let device = |range| if format == Format::Old { Ok(0) } else { number(range, "device") };
        let holes = if format == Format::Gnu && block[156] == b'S' { Some(GnuMap::parse(block)?) } else { None };
        Ok(Some(Self {
            holes,
            typeflag: block[156],
            path,
            link: text(&block[157..257]).to_vec(),
            mode: (number(100..108, "mode")? & 0o7777) as u32,
            uid: number(108..116, "uid")?,
            gid: number(116..124, "gid")?,
            size: number(124..136, "size")?,
            mtime: field_signed(&block[136..148]).map_err(|reason| format!("the field mtime: {reason}"))?,
            major: device(329..337)?,
            minor: device(337..345)?,
        }))
    }
}

/// The checksum is over unsigned bytes by the standard; old programs took signed ones.
fn check_sum(block: &[u8; BLOCK], stored: i64) -> Result<(), Reason> {
    let spaces = 8 * u32::from(b' ');
    let unsigned = |bytes: &[u8]| bytes.iter().map(|b| u32::from(*b)).sum::<u32>();
    if i64::from(unsigned(block) - unsigned(&block[148..156]) + spaces) == stored {
        return Ok(());
    }
    let signed = |bytes: &[u8]| bytes.iter().map(|b| i64::from(b.cast_signed())).sum::<i64>();
    if signed(block) - signed(&block[148..156]) + i64::from(spaces) == stored {
        return Ok(());
    }
    Err("the header's checksum does not match".into())
}

/// The bytes before the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default()
}
