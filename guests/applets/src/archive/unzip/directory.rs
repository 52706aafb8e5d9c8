//! Where the members of a ZIP archive are: in its central directory, or one behind the other.

use wcr_sys::abi::Mode;
use wcr_sys::fd;

use super::super::feed::Feed;
use super::super::member::inside;
use super::super::tar::warn_removed;
use crate::format::hex;
use crate::{Context, Quit};

const LOCAL_MAGIC: [u8; 4] = *b"PK\x03\x04";
const CENTRAL_MAGIC: [u8; 4] = *b"PK\x01\x02";
const END_MAGIC: [u8; 4] = *b"PK\x05\x06";

/// The lengths of the headers without their magic and without what varies.
const LOCAL_LEN: usize = 26;
const CENTRAL_LEN: usize = 46;
const END_LEN: usize = 22;

/// The end of the central directory is looked for in so many bytes: a comment may follow it.
const COMMENT_MAX: u64 = 64 << 10;

const ENCRYPTED: u16 = 1;
/// The sizes stand behind the data.
const STREAMED: u16 = 8;

/// The system that made an entry whose attributes are a mode.
const UNIX: u8 = 3;

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) method: u16,
    pub(super) sum: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Its kind and permissions, where they are known.
    pub(super) mode: Option<Mode>,
    time: u16,
    date: u16,
}

impl Entry {
    /// Month, day, year, hour, minute.
    pub(super) fn date_and_time(&self) -> [u16; 5] {
        let (date, time) = (self.date, self.time);
        [date >> 5 & 15, date & 31, (date >> 9) + 1980, time >> 11, time >> 5 & 63]
    }
}

/// Walks over the members.
pub(super) struct Directory {
    feed_fd: wcr_sys::Fd,
    /// Where the next entry of the central directory is; `None` when the stream cannot be sought in.
    central: Option<u64>,
    warned: bool,
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

impl Directory {
    /// The directory of an archive that stands at its start.
    pub(super) fn new(feed: &Feed) -> Self {
        let feed_fd = feed.fd();
        let central = feed.is_seekable().then(|| find_central(feed_fd).unwrap_or(u64::MAX));
        Self { feed_fd, central, warned: false }
    }

    /// The next member, at whose data the stream stands then.
    /// # Errors
    /// The archive is damaged or has something that is not supported, which has been reported.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>, feed: &mut Feed) -> Result<Option<Entry>, Quit> {
        let Some(at) = self.central else { return self.next_local(ctx, feed, None) };
        let mut header = [0; CENTRAL_LEN];
        if !read_at(self.feed_fd, &mut header, at) && header.get(..4) != Some(&END_MAGIC) {
            return Err(ctx.die(&[b"short read"]));
        }
        if header.starts_with(&END_MAGIC) {
            return Ok(None);
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| u64::from(half(&header, at)));
        self.central = Some(at + CENTRAL_LEN as u64 + name + extra + comment);
        if !feed.seek_to(word(&header, 42).into()) {
            return Err(ctx.die(&[b"short read"]));
        }
        self.next_local(ctx, feed, Some(&header))
    }

    fn next_local(
        &mut self,
        ctx: &mut Context<'_>,
        feed: &mut Feed,
        central: Option<&[u8; CENTRAL_LEN]>,
    ) -> Result<Option<Entry>, Quit> {
        let mut magic = [0; 4];
        if feed.read_full(&mut magic) < magic.len() {
            return Err(ctx.die(&[b"short read"]));
        }
        if central.is_none() {
            match magic {
                CENTRAL_MAGIC => {
                    feed.drain();
                    return Ok(None);
                }
                LOCAL_MAGIC => {}
                other => {
                    let mut text = Vec::new();
                    let number = hex(u32::from_le_bytes(other).into()).to_ascii_uppercase();
                    crate::format::right(&mut text, &number, 8, b'0');
                    return Err(ctx.die(&[b"invalid zip magic ", &text]));
                }
            }
        }
        let mut header = [0; LOCAL_LEN];
        if feed.read_full(&mut header) < header.len() {
            return Err(ctx.die(&[b"short read"]));
        }
        let flags = half(&header, 2);
        if flags & ENCRYPTED != 0 {
            return Err(ctx.die(&[b"zip flag 1 (encryption) is not supported"]));
        }
        if flags & STREAMED != 0 && central.is_none() {
            return Err(ctx.die(&[b"zip flag 8 (streaming) is not supported"]));
        }
        let mut entry = Entry {
            name: vec![0; half(&header, 22).into()],
            method: half(&header, 4),
            sum: word(&header, 10),
            packed: word(&header, 14).into(),
            size: word(&header, 18).into(),
            mode: None,
            time: half(&header, 6),
            date: half(&header, 8),
        };
        if let Some(central) = central {
            if flags & STREAMED != 0 {
                entry.sum = word(central, 16);
                entry.packed = word(central, 20).into();
                entry.size = word(central, 24).into();
            }
            let attributes = word(central, 38) >> 16;
            let mode = wcr_sys::abi::FileKind::from_bits(attributes).map(|_| Mode(attributes));
            entry.mode = if central[5] == UNIX && attributes != 0 { mode } else { None };
        }
        if feed.read_full(&mut entry.name) < entry.name.len() || feed.skip(half(&header, 24).into()).is_err() {
            return Err(ctx.die(&[b"short read"]));
        }
        let (name, removed) = inside(&entry.name);
        if !removed.is_empty() {
            warn_removed(ctx, removed, &mut self.warned);
            entry.name = name.to_vec();
        }
        Ok(Some(entry))
    }

    /// Moves the stream behind a member's data, where only that leads to the next one.
    pub(super) fn skip(&self, ctx: &mut Context<'_>, feed: &mut Feed, to: u64) -> Result<(), Quit> {
        if self.central.is_some() {
            return Ok(());
        }
        feed.skip(to.saturating_sub(feed.position)).map_err(|_| ctx.die(&[b"short read"]))
    }
}

/// Fills `buf` from a place in the file; whether it could be filled.
fn read_at(from: wcr_sys::Fd, buf: &mut [u8], at: u64) -> bool {
    let mut filled = 0;
    while filled < buf.len() {
        match fd::pread(from, buf.get_mut(filled..).unwrap_or_default(), at.saturating_add(filled as u64)) {
            Ok(0) | Err(_) => return false,
            Ok(n) => filled += n,
        }
    }
    true
}

/// Where the central directory begins, as the end of the archive says.
fn find_central(from: wcr_sys::Fd) -> Option<u64> {
    let end = fd::stat(from).ok()?.size;
    let start = end.saturating_sub(COMMENT_MAX + END_LEN as u64);
    let mut tail = vec![0; usize::try_from(end - start).ok()?];
    if !read_at(from, &mut tail, start) {
        return None;
    }
    central_of(&tail)
}

fn central_of(tail: &[u8]) -> Option<u64> {
    let last = tail.len().checked_sub(END_LEN)?;
    let at = (0..=last).rev().find(|at| tail.get(*at..*at + 4) == Some(&END_MAGIC))?;
    Some(word(tail, at + 16).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_behind_a_comment() {
        let mut end = b"data".to_vec();
        end.extend(END_MAGIC);
        end.extend([0; 12]);
        end.extend(1234u32.to_le_bytes());
        end.extend([3, 0]);
        assert_eq!(central_of(&end), Some(1234));
        end.extend(b"abc");
        assert_eq!(central_of(&end), Some(1234));
        assert_eq!((central_of(&end[..20]), central_of(b"")), (None, None));
    }

    #[test]
    fn dates_of_dos() {
        let entry = Entry {
            name: Vec::new(),
            method: 0,
            sum: 0,
            packed: 0,
            size: 0,
            mode: None,
            time: 12 << 11 | 26 << 5 | 20,
            date: 40 << 9 | 9 << 5 | 13,
        };
        assert_eq!(entry.date_and_time(), [9, 13, 2020, 12, 26]);
    }
}
