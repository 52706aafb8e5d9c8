//! A tar reader that is fed: it takes the stream in pieces of any size and never looks back.
//!
//! What it accepts is what Go's `archive/tar` accepts, as Docker and containerd are built on it, but
//! malformed archives end with an error instead of early.

use wcr_abi::Timestamp;
use wcr_vfs::layer::Piece;

use super::header::{BLOCK, Header, Reason, text};
use super::pax::Pax;
use super::sparse::{Form, check, content_map};
use crate::error::{ImageError, Limits, Result, shown};

/// What kind of thing an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Regular,
    HardLink,
    Symlink,
    CharDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// One entry, extended headers already applied.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub path: Vec<u8>,
    pub link: Vec<u8>,
    pub kind: Kind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: Timestamp,
    pub rdev: u64,
    /// Where the content is in the tar, and its length.
    pub data: u64,
    pub size: u64,
    /// The pieces that the tar has of a file with holes, one behind the other from `data` on.
    pub pieces: Option<Vec<Piece>>,
}

/// What the bytes of an extended header are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extended {
    Pax,
    GlobalPax,
    LongName,
    LongLink,
}

/// What a tar is read for.
pub(crate) trait Sink {
    /// Takes an entry whose header is complete.
    fn entry(&mut self, entry: Entry) -> Result<()>;

    /// Takes the next piece of the last entry's content.
    fn content(&mut self, _bytes: &[u8]) {}
}

impl<F: FnMut(Entry) -> Result<()>> Sink for F {
    fn entry(&mut self, entry: Entry) -> Result<()> {
        self(entry)
    }
}

enum State {
    /// Collecting a header block in `block`.
    Header,
    /// Collecting an extended header's content in `body`; then comes padding.
    Extended { kind: Extended, missing: usize, padding: u64 },
    /// Collecting in `block` a block of the map of the file that waits.
    Map,
    /// Passing over content and padding: `left` bytes, of which the last `padding` are padding.
    Skip { left: u64, padding: u64 },
    /// Behind the end marker.
    End,
}

/// A file whose map is not complete.
struct Waiting {
    entry: Entry,
    /// How much of the tar is its content; a map at the content's beginning is taken off while it is read.
    stored: u64,
    form: Form,
}

/// The reader's state between two pieces of the stream.
pub(crate) struct Reader {
    state: State,
    offset: u64,
    block: Vec<u8>,
    body: Vec<u8>,
    pax: Option<Pax>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    waiting: Option<Waiting>,
    /// By how much files with holes are longer than what the tar has of them.
    holes: u64,
    zero_blocks: u32,
    extended_limit: u64,
    limit: u64,
    /// What the tar is, for errors.
    what: &'static str,
}

impl Reader {
    /// A reader of `what`, which may be `limit` bytes long.
    pub(crate) fn new(what: &'static str, limit: u64, limits: &Limits) -> Self {
        Self {
            state: State::Header,
            offset: 0,
            block: Vec::with_capacity(BLOCK),
            body: Vec::new(),
            pax: None,
            long_name: None,
            long_link: None,
            waiting: None,
            holes: 0,
            zero_blocks: 0,
            extended_limit: limits.extended_header,
            limit,
            what,
        }
    }

    /// How many bytes have been read.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes come that need not be pushed: [`Self::skip`] passes over them.
    pub(crate) const fn skippable(&self) -> u64 {
        match self.state {
            State::Skip { left, .. } => left,
            _ => 0,
        }
    }

    /// Passes over `count` bytes, which may be [`Self::skippable`] at most.
    pub(crate) fn skip(&mut self, count: u64) {
        if let State::Skip { left, padding } = self.state {
            let left = left.saturating_sub(count);
            self.offset = self.offset.saturating_add(count);
            self.state = if left == 0 { State::Header } else { State::Skip { left, padding } };
        }
    }

    /// Reads the next piece and hands on each entry whose header it completes, and the content.
    pub(crate) fn push(&mut self, mut bytes: &[u8], sink: &mut impl Sink) -> Result<()> {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Header | State::Map => {
                    // Most headers lie whole in the piece and need no copy.
                    if self.block.is_empty()
                        && let Some((block, rest)) = bytes.split_first_chunk::<BLOCK>()
                    {
                        bytes = rest;
                        self.offset += BLOCK as u64;
                        self.block(block, sink)?;
                        continue;
                    }
                    let (part, rest) = bytes.split_at(bytes.len().min(BLOCK - self.block.len()));
                    self.block.extend_from_slice(part);
                    self.offset += part.len() as u64;
                    bytes = rest;
                    if let Some(block) = self.block.first_chunk::<BLOCK>() {
                        let block = *block;
                        self.block.clear();
                        self.block(&block, sink)?;
                    }
                }
                State::Extended { kind, missing, padding } => {
                    let (part, rest) = bytes.split_at(bytes.len().min(*missing));
                    self.body.extend_from_slice(part);
                    self.offset += part.len() as u64;
                    *missing -= part.len();
                    bytes = rest;
                    if *missing == 0 {
                        let (kind, padding) = (*kind, *padding);
                        self.extended(kind)?;
                        self.state = skip(0, padding);
                    }
                }
                State::Skip { left, padding } => {
                    let (part, rest) = bytes.split_at(usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len()));
                    let content = usize::try_from(left.saturating_sub(*padding)).unwrap_or(usize::MAX);
                    *left -= part.len() as u64;
                    self.offset += part.len() as u64;
                    bytes = rest;
                    if content > 0 {
                        sink.content(part.get(..content).unwrap_or(part));
                    }
                    if *left == 0 {
                        self.state = State::Header;
                    }
                }
                State::End => {
                    self.offset += bytes.len() as u64;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Checks that the stream may end here. An archive without an end marker is accepted at a block's edge, and
    /// after the content of its last entry: umoci leaves out the padding there, and Go's reader, which is that of
    /// most registries' clients, does not mind.
    pub(crate) fn finish(&self) -> Result<()> {
        let reason = match self.state {
            State::End => return Ok(()),
            State::Map => "it ends within the map of a file's holes",
            State::Header if !self.block.is_empty() => "it ends within a header",
            State::Skip { left, padding } if left > padding => "it ends within an entry's content",
            State::Header | State::Skip { .. }
                if self.pax.is_some() || self.long_name.is_some() || self.long_link.is_some() =>
            {
                "it ends after an extended header"
            }
            State::Header | State::Skip { .. } => return Ok(()),
            State::Extended { .. } => "it ends within an extended header",
        };
        Err(self.malformed(b"", reason.into()))
    }

    fn malformed(&self, path: &[u8], reason: Reason) -> ImageError {
        ImageError::Tar { offset: self.offset, path: shown(path), reason }
    }

    /// Takes a whole block.
    fn block(&mut self, block: &[u8; BLOCK], sink: &mut impl Sink) -> Result<()> {
        match self.waiting.take() {
            Some(waiting) => self.map(waiting, block, sink),
            None => self.header(block, sink),
        }
    }

    /// Reads a block of a map.
    fn map(&mut self, mut waiting: Waiting, block: &[u8; BLOCK], sink: &mut impl Sink) -> Result<()> {
        self.body.extend_from_slice(block);
        if self.body.len() as u64 > self.extended_limit {
            return Err(ImageError::limit("the map of a file's holes", self.extended_limit, "bytes"));
        }
        let form = match waiting.form {
            Form::Known(..) => waiting.form,
            Form::InBlocks(mut map) => {
                map.extend(block).map_err(|reason| self.malformed(&waiting.entry.path, reason))?;
                if map.more { Form::InBlocks(map) } else { Form::Known(map.size, map.pieces) }
            }
            Form::InContent(size) => {
                let stored = waiting.stored.checked_sub(BLOCK as u64);
                let left = stored.ok_or_else(|| Reason::from("the map of its holes is longer than its content"));
                let read = left.and_then(|left| Ok((left, content_map(&self.body)?)));
                let (left, pieces) = read.map_err(|reason| self.malformed(&waiting.entry.path, reason))?;
                waiting.stored = left;
                pieces.map_or(Form::InContent(size), |pieces| Form::Known(size, pieces))
            }
        };
        waiting.form = form;
        self.wait(waiting, sink)
    }

    /// Goes on with a file with holes: with its content once the map is complete.
    fn wait(&mut self, waiting: Waiting, sink: &mut impl Sink) -> Result<()> {
        let Waiting { mut entry, stored, form } = waiting;
        let (size, pieces) = match form {
            Form::Known(size, pieces) => (size, pieces),
            form => {
                self.state = State::Map;
                self.waiting = Some(Waiting { entry, stored, form });
                return Ok(());
            }
        };
        let size = u64::try_from(size).map_err(|_| self.malformed(&entry.path, "its size is negative".into()))?;
        check(&pieces, size, stored).map_err(|reason| self.malformed(&entry.path, reason))?;
        // What one may read out of the layer counts, not only what the tar has: holes have no length in it.
        self.holes = self.holes.saturating_add(size - stored);
        if self.holes > self.limit.saturating_sub(self.offset).saturating_sub(stored) {
            return Err(ImageError::limit(self.what, self.limit, "bytes"));
        }
        (entry.size, entry.data, entry.pieces) = (size, self.offset, Some(pieces));
        self.begin(entry, stored, sink)
    }

    /// Begins with the content of an entry, of which the tar has so many bytes.
    fn begin(&mut self, entry: Entry, stored: u64, sink: &mut impl Sink) -> Result<()> {
        self.state = skip(stored, stored.next_multiple_of(BLOCK as u64) - stored);
        sink.entry(entry)
    }

    fn header(&mut self, block: &[u8; BLOCK], sink: &mut impl Sink) -> Result<()> {
        let header = match Header::parse(block) {
            Ok(Some(header)) => header,
            Ok(None) => {
                self.zero_blocks += 1;
                if self.zero_blocks == 2 {
                    if self.pax.is_some() || self.long_name.is_some() || self.long_link.is_some() {
                        return Err(self.malformed(b"", "the archive ends after an extended header".into()));
                    }
                    self.state = State::End;
                }
                return Ok(());
            }
            Err(reason) => return Err(self.malformed(b"", reason)),
        };
        if self.zero_blocks > 0 {
            return Err(self.malformed(&header.path, "a block of zeros stands before a header".into()));
        }
        let extended = match header.typeflag {
            b'x' => Some(Extended::Pax),
            b'g' => Some(Extended::GlobalPax),
            b'L' => Some(Extended::LongName),
            b'K' => Some(Extended::LongLink),
            _ => None,
        };
        match extended {
            Some(kind) => {
                let size = header.size.unsigned_abs();
                if size > self.extended_limit {
                    return Err(ImageError::limit("an extended header of the tar", self.extended_limit, "bytes"));
                }
                self.body.clear();
                let padding = size.next_multiple_of(BLOCK as u64) - size;
                self.state = State::Extended { kind, missing: size as usize, padding };
                if size == 0 {
                    self.extended(kind)?;
                    self.state = State::Header;
                }
                Ok(())
            }
            None => {
                let (entry, form) = self.entry(header)?;
                let stored = entry.size;
                match form {
                    None => self.begin(entry, stored, sink),
                    Some(form) => {
                        self.body.clear();
                        self.wait(Waiting { entry, stored, form }, sink)
                    }
                }
            }
        }
    }

    fn extended(&mut self, kind: Extended) -> Result<()> {
        match kind {
            Extended::Pax => {
                let pax = Pax::parse(&self.body).map_err(|reason| self.malformed(b"", reason))?;
                self.pax = Some(pax);
            }
            // Global headers only need to be sound: Docker and containerd pass over them.
            Extended::GlobalPax => drop(Pax::parse(&self.body).map_err(|reason| self.malformed(b"", reason))?),
            Extended::LongName | Extended::LongLink => {
                let name = text(&self.body).to_vec();
                if name.is_empty() {
                    return Err(self.malformed(b"", "a GNU long name is empty".into()));
                }
                *(if kind == Extended::LongName { &mut self.long_name } else { &mut self.long_link }) = Some(name);
            }
        }
        Ok(())
    }

    /// Joins a header with the extended headers before it. Of a file with holes the size is that of what the tar has.
    fn entry(&mut self, header: Header) -> Result<(Entry, Option<Form>)> {
        let pax = self.pax.take().unwrap_or_default();
        let mut sparse = pax.sparse;
        let real_name = sparse.as_mut().and_then(|sparse| sparse.name.take());
        let path = real_name.or(self.long_name.take()).or(pax.path).unwrap_or(header.path);
        let link = self.long_link.take().or(pax.link).unwrap_or(header.link);
        let malformed = |reason: Reason| self.malformed(&path, reason);
        let form = match (sparse, header.holes) {
            (Some(sparse), None) => Some(sparse.form().map_err(malformed)?),
            (None, Some(map)) if map.more => Some(Form::InBlocks(map)),
            (None, Some(map)) => Some(Form::Known(map.size, map.pieces)),
            (None, None) => None,
            (Some(_), Some(_)) => return Err(malformed("it has holes in two forms".into())),
        };
        let kind = match header.typeflag {
            0 if path.ends_with(b"/") => Kind::Directory,
            // `7` is a contiguous file, a matter of the medium only.
            0 | b'0' | b'7' => Kind::Regular,
            b'S' if form.is_some() => Kind::Regular,
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            b'3' => Kind::CharDevice,
            b'4' => Kind::BlockDevice,
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            other => {
                return Err(malformed(format!("entries of type `{}` do not belong in a layer", other.escape_ascii())));
            }
        };
        let size = pax.size.unwrap_or(header.size);
        let size = u64::try_from(size).map_err(|_| malformed("its size is negative".into()))?;
        if form.is_some() && kind != Kind::Regular {
            return Err(malformed("it has holes, but is no file".into()));
        }
        // Of all kinds only files have content, whatever the size field says.
        let size = if kind == Kind::Regular { size } else { 0 };
        if size > self.limit.saturating_sub(self.offset) {
            return Err(ImageError::limit(self.what, self.limit, "bytes"));
        }
        let id = |value: i64, what| {
            u32::try_from(value).map_err(|_| malformed(format!("its {what} {value} is not within 0 to {}", u32::MAX)))
        };
        let device = |value: i64| u32::try_from(value).map_err(|_| malformed("its device number is too large".into()));
        let rdev = match kind {
            Kind::CharDevice | Kind::BlockDevice => device_number(device(header.major)?, device(header.minor)?),
            _ => 0,
        };
        let entry = Entry {
            kind,
            mode: header.mode,
            uid: id(pax.uid.unwrap_or(header.uid), "owner")?,
            gid: id(pax.gid.unwrap_or(header.gid), "group")?,
            mtime: pax.mtime.unwrap_or(Timestamp { sec: header.mtime, nsec: 0 }),
            rdev,
            data: self.offset,
            size,
            pieces: None,
            path,
            link,
        };
        Ok((entry, form))
    }
}

const fn skip(content: u64, padding: u64) -> State {
    match content.saturating_add(padding) {
        0 => State::Header,
        left => State::Skip { left, padding },
    }
}

/// Linux's encoding of a device number (`makedev(3)`).
fn device_number(major: u32, minor: u32) -> u64 {
    let (major, minor) = (u64::from(major), u64::from(minor));
    minor & 0xff | (major & 0xfff) << 8 | (minor & !0xff) << 12 | (major & !0xfff) << 32
}
