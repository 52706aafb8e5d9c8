//! An archive that is read, member by member.

use applets::archive::feed::Feed;
use applets::archive::unpack::Format as Packed;
use applets::{Context, Quit};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, fd, fs};

use super::block::{self, BLOCK, Block, Header, Member};
use super::child::{self, Child, Started};
use super::options::Options;
use super::{FATAL, say};

/// What the last block was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Good,
    Wrong,
}

/// The archive.
pub(super) struct Reader {
    pub(super) feed: Feed,
    file: Fd,
    child: Option<Child>,
    last: Last,
    ignore_zeros: bool,
    globals: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether something was wrong that does not end the program.
    pub(super) failed: bool,
    /// Where the last member's first header begins, and where the end does.
    pub(super) start: u64,
}

/// The formats that are told by their first bytes, and what decompresses them.
const MAGIC: [(&[u8], &[u8]); 7] = [
    (b"\x1f\x8b", b"gzip"),
    (b"\x1f\x9d", b"compress"),
    (b"BZh", b"bzip2"),
    (b"\xfd7zXZ\0", b"xz"),
    (b"\x5d\0\0", b"lzma"),
    (b"LZIP", b"lzip"),
    (b"\x28\xb5\x2f\xfd", b"zstd"),
];

/// What can be decompressed here, for want of a program that runs.
fn own_format(program: &[u8]) -> Option<Packed> {
    match program {
        b"gzip" => Some(Packed::Gzip),
        b"bzip2" => Some(Packed::Bzip2),
        b"xz" => Some(Packed::Xz),
        b"lzma" => Some(Packed::Lzma),
        b"compress" => Some(Packed::Compress),
        _ => None,
    }
}

/// Opens the archive for reading, `-` being standard input.
pub(super) fn open_file(ctx: &mut Context<'_>, path: &[u8]) -> Result<Fd, Quit> {
    if path == b"-" {
        return Ok(fd::STDIN);
    }
    fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).map_err(|error| {
        say::cannot(ctx, path, "open", error);
        say::not_recoverable(ctx)
    })
}

impl Reader {
    /// Opens the archive; what is compressed goes through a program.
    pub(super) fn open(ctx: &mut Context<'_>, options: &Options, path: &[u8]) -> Result<Self, Quit> {
        let file = open_file(ctx, path)?;
        let mut reader = Self::over(file, options.ignore_zeros);
        if let Some(words) = &options.compressor {
            reader.decompress(ctx, words)?;
            return Ok(reader);
        }
        let mut start = [0; 8];
        let len = match fd::pread(file, &mut start, 0) {
            Ok(len) => len,
            Err(Errno::Isdir) => {
                say::cannot(ctx, path, "read", Errno::Isdir);
                ctx.complain(&[b"At beginning of tape, quitting now"]);
                return Err(say::not_recoverable(ctx));
            }
            Err(_) => {
                reader.refuse_packed(ctx)?;
                return Ok(reader);
            }
        };
        let start = start.get(..len).unwrap_or_default();
        if let Some((_, program)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
            if path == b"-" && fd::seek(file, 0, fd::Whence::Current).is_err() {
                return Err(Self::told_packed(ctx, program));
            }
            reader.decompress(ctx, &[program.to_vec()])?;
        }
        Ok(reader)
    }

    /// A reader of a descriptor that is not compressed.
    pub(super) fn over(file: Fd, ignore_zeros: bool) -> Self {
        Self {
            feed: Feed::new(file, None),
            file,
            child: None,
            last: Last::Nothing,
            ignore_zeros,
            globals: Vec::new(),
            failed: false,
            start: 0,
        }
    }

    /// What comes out of a pipe cannot be given to a program that has to see its start.
    fn refuse_packed(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        use std::io::BufRead;
        let start = self.feed.fill_buf().unwrap_or_default();
        match MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
            Some((_, program)) => Err(Self::told_packed(ctx, program)),
            None => Ok(()),
        }
    }

    fn told_packed(ctx: &mut Context<'_>, program: &[u8]) -> Quit {
        let option: &[u8] = match program {
            b"gzip" => b"-z",
            b"compress" => b"-Z",
            b"bzip2" => b"-j",
            b"xz" => b"-J",
            b"lzma" => b"--lzma",
            b"lzip" => b"--lzip",
            _ => b"--zstd",
        };
        ctx.complain(&[b"Archive is compressed. Use ", option, b" option"]);
        say::not_recoverable(ctx)
    }

    fn decompress(&mut self, ctx: &mut Context<'_>, words: &[Vec<u8>]) -> Result<(), Quit> {
        let (input, output) = child::pipe(ctx)?;
        let command: Vec<Vec<u8>> = words.iter().cloned().chain([b"-d".to_vec()]).collect();
        let started = child::start(ctx, &command, self.file, output, input);
        // The program has it now.
        let _ = fd::close(output);
        match started {
            Started::Running(child) => {
                self.child = Some(child);
                self.feed = Feed::new(input, None);
                Ok(())
            }
            Started::Missing => Err(child::failed(ctx, FATAL.into())),
            Started::Unable(error) => {
                let _ = fd::close(input);
                let program = words.first().map(Vec::as_slice).unwrap_or_default();
                let Some(format) = own_format(program).filter(|_| words.len() == 1) else {
                    child::tell_missing(ctx, program, error);
                    return Err(child::failed(ctx, FATAL.into()));
                };
                self.feed = Feed::new(self.file, Some(format));
                Ok(())
            }
        }
    }

    fn block(&mut self) -> Option<Block> {
        let mut block = [0; BLOCK];
        (self.feed.read_full(&mut block) == BLOCK).then_some(block)
    }

    /// The next member; `None` at the end.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>) -> Result<Option<Member>, Quit> {
        let (mut name, mut link, mut pairs) = (None, None, Vec::new());
        let mut first = true;
        loop {
            let at = self.feed.position;
            if first {
                self.start = at;
            }
            let Some(block) = self.block() else {
                if self.last == Last::Nothing {
                    if let Some(child) = self.child.take() {
                        // It has ended, and has told why.
                        let _ = fd::close(self.feed.fd());
                        child.wait(ctx)?;
                    }
                    ctx.complain(&[b"This does not look like a tar archive"]);
                    self.failed = true;
                }
                return Ok(None);
            };
            match block::parse(&block) {
                Header::Zero if self.ignore_zeros => {}
                Header::Zero => {
                    self.last = Last::Good;
                    match self.block() {
                        Some(next) if block::parse(&next) != Header::Zero => {
                            let number = applets::format::decimal(at / BLOCK as u64 + 1);
                            ctx.complain(&[b"A lone zero block at ", &number]);
                        }
                        _ => {}
                    }
                    return Ok(None);
                }
                Header::Wrong => {
                    if self.last == Last::Nothing {
                        ctx.complain(&[b"This does not look like a tar archive"]);
                    }
                    if self.last != Last::Wrong {
                        ctx.complain(&[b"Skipping to next header"]);
                        self.failed = true;
                    }
                    self.last = Last::Wrong;
                }
                Header::About(kind, len) => {
                    first = false;
                    self.last = Last::Good;
                    let data = self.data(ctx, len)?;
                    let text = || data.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
                    match kind {
                        block::LONG_NAME => name = Some(text()),
                        block::LONG_LINK => link = Some(text()),
                        block::RECORDS => pairs = block::records(&data),
                        _ => self.globals = block::records(&data),
                    }
                }
                Header::Member(mut member) => {
                    self.last = Last::Good;
                    block::apply(&mut member, &self.globals);
                    block::apply(&mut member, &pairs);
                    member.name = name.unwrap_or(member.name);
                    member.link = link.unwrap_or(member.link);
                    return Ok(Some(member));
                }
            }
        }
    }

    /// The bytes behind a header that brings something about the next one.
    fn data(&mut self, ctx: &mut Context<'_>, len: u64) -> Result<Vec<u8>, Quit> {
        /// More than any name or any records of use take.
        const MAX: u64 = 16 << 20;
        let Some(len) = usize::try_from(len).ok().filter(|len| (*len as u64) < MAX) else {
            return Err(self.short(ctx));
        };
        let mut data = vec![0; len];
        if self.feed.read_full(&mut data) < len || self.feed.align(BLOCK as u64).is_err() {
            return Err(self.short(ctx));
        }
        Ok(data)
    }

    /// Tells that the archive ends too early, and is the reason to stop.
    pub(super) fn short(&mut self, ctx: &mut Context<'_>) -> Quit {
        ctx.complain(&[b"Unexpected EOF in archive"]);
        say::not_recoverable(ctx)
    }

    /// Passes over a member's content.
    pub(super) fn skip(&mut self, ctx: &mut Context<'_>, member: &Member) -> Result<(), Quit> {
        self.skip_bytes(ctx, member.padded())
    }

    /// Passes over so many bytes, all of which must be there.
    pub(super) fn skip_bytes(&mut self, ctx: &mut Context<'_>, len: u64) -> Result<(), Quit> {
        if len == 0 {
            return Ok(());
        }
        // The last one is read, so that a file that ends before is told.
        if self.feed.skip(len - 1).is_err() || self.feed.read_full(&mut [0]) == 0 {
            return Err(self.short(ctx));
        }
        Ok(())
    }

    /// Ends the program that decompresses.
    pub(super) fn close(mut self, ctx: &mut Context<'_>) -> Result<bool, Quit> {
        if let Some(child) = self.child.take() {
            // What it still writes is not wanted.
            let _ = fd::close(self.feed.fd());
            child.wait(ctx)?;
        }
        Ok(self.failed)
    }
}
