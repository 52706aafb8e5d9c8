//! The bytes of the index: header and record, encoded and decoded.
//!
//! Header: magic (8 bytes), record count (u64), length of the strings (u64), length of the layer's tar
//! (u64), diff-id (32 bytes), sha256 of records and strings (32 bytes), number of hard links into lower
//! layers (u64), zeros up to 128.
//!
//! Record: kind (u8), flags (u8: 1 opaque, 2 implied, 4 sparse), name length (u16), mode, name start, link start,
//! link length, uid, gid, nlink (u32 each), rdev, size, data, seconds of mtime (u64 each), nanoseconds of
//! mtime, target record, first child, end of children (u32 each), label (u8), zeros up to 96. Starts are
//! offsets into the strings. Where a link has its target among the strings, a sparse file has its pieces: three u64 for
//! each, its offset in the file, its length, and its place behind the start of the data.

use wcr_abi::{Mode, Timestamp};

/// The first eight bytes of an index file.
pub const MAGIC: [u8; 8] = *b"wcrlidx3";
/// The length of the header, in bytes.
pub const HEADER_LEN: usize = 128;
/// The length of one record, in bytes.
pub const RECORD_LEN: usize = 96;

pub(crate) const KIND_INODE: u8 = 0;
pub(crate) const KIND_HARD_LINK: u8 = 1;
pub(crate) const KIND_LOWER_HARD_LINK: u8 = 2;
pub(crate) const KIND_WHITEOUT: u8 = 3;
pub(crate) const FLAG_OPAQUE: u8 = 1;
pub(crate) const FLAG_IMPLIED: u8 = 2;
pub(crate) const FLAG_SPARSE: u8 = 4;

/// Where a string is among the strings.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Text {
    pub start: u32,
    pub len: u32,
}

impl Text {
    pub fn of(self, strings: &[u8]) -> Option<&[u8]> {
        strings.get(self.start as usize..)?.get(..self.len as usize)
    }
}

/// The header's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub records: u64,
    pub strings: u64,
    pub tar_len: u64,
    pub diff_id: [u8; 32],
    pub sha256: [u8; 32],
    pub lower_links: u64,
}

impl Header {
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..8].copy_from_slice(&MAGIC);
        out[8..16].copy_from_slice(&self.records.to_le_bytes());
        out[16..24].copy_from_slice(&self.strings.to_le_bytes());
        out[24..32].copy_from_slice(&self.tar_len.to_le_bytes());
        out[32..64].copy_from_slice(&self.diff_id);
        out[64..96].copy_from_slice(&self.sha256);
        out[96..104].copy_from_slice(&self.lower_links.to_le_bytes());
        out
    }

    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        if bytes[..8] != MAGIC {
            return None;
        }
        let hash = |at: usize| core::array::from_fn(|i| bytes[at + i]);
        Some(Self {
            records: wide(bytes, 8),
            strings: wide(bytes, 16),
            tar_len: wide(bytes, 24),
            diff_id: hash(32),
            sha256: hash(64),
            lower_links: wide(bytes, 96),
        })
    }
}

/// A record as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawRecord {
    pub kind: u8,
    pub flags: u8,
    pub name: Text,
    pub mode: Mode,
    pub link: Text,
    pub uid: u32,
    pub gid: u32,
    pub nlink: u32,
    pub rdev: u64,
    pub size: u64,
    pub data: u64,
    pub mtime: Timestamp,
    pub target: u32,
    pub children: (u32, u32),
    pub label: u8,
}

impl RawRecord {
    /// A record of which nothing is known but what it is and its name.
    pub fn blank(kind: u8, name: Text) -> Self {
        Self {
            kind,
            flags: 0,
            name,
            mode: Mode(0),
            link: Text::default(),
            uid: 0,
            gid: 0,
            nlink: 0,
            rdev: 0,
            size: 0,
            data: 0,
            mtime: Timestamp::default(),
            target: 0,
            children: (0, 0),
            label: 0,
        }
    }

    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let mut out = [0; RECORD_LEN];
        out[0] = self.kind;
        out[1] = self.flags;
        out[2..4].copy_from_slice(&(self.name.len as u16).to_le_bytes());
        let narrow = [self.mode.0, self.name.start, self.link.start, self.link.len, self.uid, self.gid, self.nlink];
        let wide = [self.rdev, self.size, self.data, self.mtime.sec.cast_unsigned()];
        let last = [self.mtime.nsec, self.target, self.children.0, self.children.1];
        put_narrow(&mut out[4..], &narrow);
        for (chunk, word) in out[32..].chunks_exact_mut(8).zip(wide) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        put_narrow(&mut out[64..], &last);
        out[80] = self.label;
        out
    }

    pub fn decode(bytes: &[u8; RECORD_LEN]) -> Self {
        Self {
            kind: bytes[0],
            flags: bytes[1],
            name: Self::name(bytes),
            mode: Mode(narrow(bytes, 4)),
            link: Text { start: narrow(bytes, 12), len: narrow(bytes, 16) },
            uid: narrow(bytes, 20),
            gid: narrow(bytes, 24),
            nlink: narrow(bytes, 28),
            rdev: wide(bytes, 32),
            size: wide(bytes, 40),
            data: wide(bytes, 48),
            mtime: Timestamp { sec: wide(bytes, 56).cast_signed(), nsec: narrow(bytes, 64) },
            target: narrow(bytes, 68),
            children: (narrow(bytes, 72), narrow(bytes, 76)),
            label: bytes[80],
        }
    }

    /// The name alone, for the binary search.
    pub fn name(bytes: &[u8; RECORD_LEN]) -> Text {
        Text { start: narrow(bytes, 8), len: u32::from(u16::from_le_bytes([bytes[2], bytes[3]])) }
    }
}

fn put_narrow(out: &mut [u8], words: &[u32]) {
    for (chunk, word) in out.chunks_exact_mut(4).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
}

fn narrow<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn wide<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    u64::from(narrow(bytes, at)) | u64::from(narrow(bytes, at + 4)) << 32
}
