//! Writing tars: the header of an entry, in the form that every reader takes.
//!
//! ustar where that holds the entry, with a PAX extended header before it where it does not (POSIX.1-2017, `pax`). The
//! same entries always give the same bytes.

use std::io::{self, Write};

use wcr_abi::{FileKind, Timestamp};

use super::header::BLOCK;
use super::reader::Kind;

/// The largest number of a field of eight octal digits less the NUL.
const SMALL_MAX: u64 = 0o777_7777;
/// The largest number of a field of twelve.
const LARGE_MAX: u64 = 0o777_7777_7777;
/// The longest name and the longest target of a link that a header holds.
const NAME_MAX: usize = 100;

/// An entry that is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewEntry<'a> {
    pub path: &'a [u8],
    pub link: &'a [u8],
    pub kind: Kind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: Timestamp,
    /// Major and minor number of a device.
    pub device: (u32, u32),
    pub size: u64,
}

impl Kind {
    /// The kind of entry that a file of this kind becomes; a socket, of which there is none in a tar, a regular file.
    pub(crate) fn of(kind: FileKind) -> Self {
        match kind {
            FileKind::Directory => Self::Directory,
            FileKind::Symlink => Self::Symlink,
            FileKind::CharDevice => Self::CharDevice,
            FileKind::BlockDevice => Self::BlockDevice,
            FileKind::Fifo => Self::Fifo,
            _ => Self::Regular,
        }
    }

    /// Major and minor number of a device in Linux's encoding (`makedev(3)`); zeros of what is none.
    pub(crate) fn device(self, rdev: u64) -> (u32, u32) {
        if !matches!(self, Self::CharDevice | Self::BlockDevice) {
            return (0, 0);
        }
        let major = (rdev >> 8 & 0xfff) | (rdev >> 32 & !0xfff);
        let minor = (rdev & 0xff) | (rdev >> 12 & !0xff);
        (major as u32, minor as u32)
    }
}

impl NewEntry<'_> {
    /// The header, with the extended header that it needs.
    pub fn header(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let records = self.records();
        if !records.is_empty() {
            let plain = NewEntry { path: b"PaxHeaders/entry", link: b"", size: records.len() as u64, ..*self };
            out.extend_from_slice(&plain.block(b'x'));
            out.extend_from_slice(&records);
            out.resize(out.len().next_multiple_of(BLOCK), 0);
        }
        let typeflag = match self.kind {
            Kind::Regular => b'0',
            Kind::HardLink => b'1',
            Kind::Symlink => b'2',
            Kind::CharDevice => b'3',
            Kind::BlockDevice => b'4',
            Kind::Directory => b'5',
            Kind::Fifo => b'6',
        };
        out.extend_from_slice(&self.block(typeflag));
        out
    }

    /// What does not fit the header.
    fn records(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.path.len() > NAME_MAX {
            record(&mut out, "path", self.path);
        }
        if self.link.len() > NAME_MAX {
            record(&mut out, "linkpath", self.link);
        }
        for (key, value, most) in
            [("uid", self.uid.into(), SMALL_MAX), ("gid", self.gid.into(), SMALL_MAX), ("size", self.size, LARGE_MAX)]
        {
            if value > most {
                record(&mut out, key, value.to_string().as_bytes());
            }
        }
        let Timestamp { sec, nsec } = self.mtime;
        if nsec != 0 || u64::try_from(sec).is_err() || sec.unsigned_abs() > LARGE_MAX {
            record(&mut out, "mtime", time(self.mtime).as_bytes());
        }
        out
    }

    fn block(&self, typeflag: u8) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let cut = |text: &[u8]| text.get(..NAME_MAX).unwrap_or(text).to_vec();
        let number = |value: u64, most: u64, width: usize| format!("{:0width$o}", value.min(most)).into_bytes();
        let seconds = u64::try_from(self.mtime.sec).unwrap_or_default();
        let fields = [
            (0, cut(self.path)),
            (100, number(u64::from(self.mode & 0o7777), SMALL_MAX, 7)),
            (108, number(self.uid.into(), SMALL_MAX, 7)),
            (116, number(self.gid.into(), SMALL_MAX, 7)),
            (124, number(self.size, LARGE_MAX, 11)),
            (136, number(seconds, LARGE_MAX, 11)),
            // The checksum is made over spaces in its own place.
            (148, b"        ".to_vec()),
            (156, vec![typeflag]),
            (157, cut(self.link)),
            (257, b"ustar\x0000".to_vec()),
            (329, number(self.device.0.into(), SMALL_MAX, 7)),
            (337, number(self.device.1.into(), SMALL_MAX, 7)),
        ];
        for (at, bytes) in fields {
            put(&mut block, at, &bytes);
        }
        let sum: u32 = block.iter().copied().map(u32::from).sum();
        put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
        block
    }
}

/// A tar of files that belong to nobody in particular, written one after the other.
pub struct TarWriter<'a> {
    out: &'a mut dyn Write,
    size: u64,
    left: u64,
}

impl<'a> TarWriter<'a> {
    /// A tar without files.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, size: 0, left: 0 }
    }

    /// Begins a file of `size` bytes; they are to be written next.
    ///
    /// # Errors
    /// Those of the output.
    pub fn begin(&mut self, name: &str, size: u64) -> io::Result<()> {
        let entry = NewEntry {
            path: name.as_bytes(),
            link: b"",
            kind: Kind::Regular,
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime: Timestamp::default(),
            device: (0, 0),
            size,
        };
        (self.size, self.left) = (size, size);
        self.out.write_all(&entry.header())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Those of the output; [`io::ErrorKind::InvalidData`] when the file has not the length that was said.
    pub fn end(&mut self) -> io::Result<()> {
        if self.left > 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a file is shorter than it was"));
        }
        self.out.write_all(padding(self.size))
    }

    /// Ends the tar.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(self) -> io::Result<()> {
        self.out.write_all(&END)?;
        self.out.flush()
    }
}

impl Write for TarWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a file is longer than it was"));
        }
        let count = self.out.write(bytes)?;
        self.left -= count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What fills the content of `size` bytes up to whole blocks.
pub(crate) fn padding(size: u64) -> &'static [u8] {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    let missing = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    ZEROS.get(..missing as usize).unwrap_or_default()
}

/// The end of an archive.
pub(crate) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

fn put(block: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    if let Some(slot) = block.get_mut(at..at + bytes.len()) {
        slot.copy_from_slice(bytes);
    }
}

/// Adds a record of an extended header, which begins with its own length.
fn record(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    out.extend_from_slice(format!("{length} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// Seconds with their fraction, as PAX writes them.
fn time(time: Timestamp) -> String {
    let (sec, nsec) = match time {
        Timestamp { sec, nsec } if sec < 0 && nsec > 0 => (sec + 1, 1_000_000_000 - nsec),
        Timestamp { sec, nsec } => (sec, nsec),
    };
    let sign = if time.sec < 0 && sec == 0 { "-" } else { "" };
    if nsec == 0 {
        return format!("{sec}");
    }
    format!("{sign}{sec}.{nsec:09}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::reader::{Entry, Reader};
    use super::*;
    use crate::error::Limits;

    fn read(tar: &[u8]) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut reader = Reader::new("a layer", u64::MAX, &Limits::DEFAULT);
        reader
            .push(tar, &mut |entry| {
                entries.push(entry);
                Ok(())
            })
            .unwrap();
        reader.finish().unwrap();
        entries
    }

    #[test]
    fn what_is_written_is_read_back() {
        let plain = NewEntry {
            path: b"a/b",
            link: b"",
            kind: Kind::Regular,
            mode: 0o4751,
            uid: 1,
            gid: 2,
            mtime: Timestamp { sec: 7, nsec: 0 },
            device: (0, 0),
            size: 0,
        };
        let long = [b'n'; 300];
        let table = [
            (plain, false),
            (NewEntry { path: &long, ..plain }, true),
            (NewEntry { kind: Kind::Symlink, link: &long, ..plain }, true),
            (NewEntry { uid: u32::MAX, gid: 0o10_000_000, ..plain }, true),
            (NewEntry { mtime: Timestamp { sec: -1, nsec: 250_000_000 }, ..plain }, true),
            (NewEntry { mtime: Timestamp { sec: -5, nsec: 0 }, ..plain }, true),
            (NewEntry { mtime: Timestamp { sec: 1 << 40, nsec: 1 }, ..plain }, true),
            (NewEntry { kind: Kind::CharDevice, device: (5, 1), ..plain }, false),
            (NewEntry { kind: Kind::Directory, path: b"d/", ..plain }, false),
        ];
        for (entry, extended) in table {
            let mut tar = entry.header();
            assert_eq!(tar.len() > BLOCK, extended, "{entry:?}");
            tar.extend_from_slice(&END);
            let entries = read(&tar);
            let [back] = entries.as_slice() else { panic!("{entries:?}") };
            assert_eq!((back.path.as_slice(), back.link.as_slice()), (entry.path, entry.link));
            assert_eq!((back.kind, back.mode, back.uid, back.gid), (entry.kind, entry.mode, entry.uid, entry.gid));
            assert_eq!((back.mtime, back.size), (entry.mtime, entry.size), "{entry:?}");
        }
        assert_eq!((padding(0).len(), padding(1).len(), padding(512).len()), (0, 511, 0));
    }
}
