//! Decompression, with what the frame around the data says.

use std::io::{BufRead, Write};

use applets::archive::unpack::{Fault, Inflate, Lzw, Unpack};
use wcr_sys::{Errno, Input};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const COMPRESS: [u8; 2] = [0x1f, 0x9d];
const DEFLATED: u8 = 8;
const HAS_SUM: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const ENCRYPTED: u8 = 32;
const RESERVED: u8 = 0xc0;
/// What stands behind the data: its sum and its length.
const TRAILER: u64 = 8;

/// Why data cannot be decompressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// What is told behind the name on a line of its own.
    Data(&'static str),
    /// What is told behind the name.
    Plain(Vec<u8>),
    Read(Errno),
    Write(Errno),
}

/// What was decompressed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Unpacked {
    /// The name that the first header has.
    pub(super) name: Option<Vec<u8>>,
    /// The time in it; 0 is none.
    pub(super) mtime: u32,
    /// The sum of the last part.
    pub(super) sum: u32,
    /// How many bytes came out of the last part.
    pub(super) len: u64,
    /// How many bytes were read in all.
    pub(super) read: u64,
    /// How many of them are headers; 0 where there are several parts.
    pub(super) overhead: u64,
    /// Whether there was something else behind it.
    pub(super) garbage: bool,
    /// Whether it is of `compress`.
    pub(super) is_lzw: bool,
}

/// A reader that counts.
struct Counted<'a> {
    input: &'a mut Input,
    read: u64,
}

impl std::io::Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.input.read(out)?;
        self.read += n as u64;
        Ok(n)
    }
}

impl BufRead for Counted<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount as u64;
        self.input.consume(amount);
    }
}

impl Counted<'_> {
    fn peek(&mut self) -> Result<Option<u8>, Trouble> {
        self.input.fill_buf().map(|bytes| bytes.first().copied()).map_err(|error| Trouble::Read(Input::errno(&error)))
    }

    fn next(&mut self) -> Result<Option<u8>, Trouble> {
        let byte = self.peek()?;
        self.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    fn byte(&mut self) -> Result<u8, Trouble> {
        self.next()?.ok_or(END)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Trouble> {
        let mut bytes = [0; N];
        for place in &mut bytes {
            *place = self.byte()?;
        }
        Ok(bytes)
    }
}

const END: Trouble = Trouble::Data("unexpected end of file");

/// What begins at the start of the data, behind its first two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gzip,
    Lzw,
    /// Neither, and these bytes were read of it.
    Other([u8; 2], u8),
}

/// A file that is being decompressed.
pub(super) struct Unpacker<'a> {
    input: Counted<'a>,
    result: Unpacked,
}

impl<'a> Unpacker<'a> {
    /// Reads the first two bytes; with `passes` what is of another format may be shorter.
    pub(super) fn new(input: &'a mut Input, passes: bool) -> Result<(Self, Kind), Trouble> {
        let mut input = Counted { input, read: 0 };
        let mut start = [0; 2];
        let mut count = 0;
        for place in &mut start {
            match input.next()? {
                Some(byte) => *place = byte,
                None if passes => break,
                None => return Err(END),
            }
            count += 1;
        }
        let kind = match start {
            GZIP if count == 2 => Kind::Gzip,
            COMPRESS if count == 2 => Kind::Lzw,
            _ => Kind::Other(start, count),
        };
        Ok((Self { input, result: Unpacked::default() }, kind))
    }

    /// Reads the rest of a header of `gzip`; returns its length.
    pub(super) fn header(&mut self, is_first: bool) -> Result<(), Trouble> {
        let start = self.input.read - 2;
        let method = self.input.byte()?;
        if method != DEFLATED {
            let text = format!("unknown method {method} -- not supported");
            return Err(Trouble::Plain([b": ", text.as_bytes()].concat()));
        }
        let flags = self.input.byte()?;
        if flags & ENCRYPTED != 0 {
            return Err(Trouble::Plain(b" is encrypted -- not supported".to_vec()));
        }
        if flags & RESERVED != 0 {
            return Err(Trouble::Plain(format!(" has flags 0x{flags:x} -- not supported").into_bytes()));
        }
        let mtime = u32::from_le_bytes(self.input.bytes()?);
        self.input.bytes::<2>()?;
        if flags & HAS_EXTRA != 0 {
            for _ in 0..u16::from_le_bytes(self.input.bytes()?) {
                self.input.byte()?;
            }
        }
        let mut name = None;
        for text in [HAS_NAME, HAS_COMMENT] {
            if flags & text == 0 {
                continue;
            }
            let mut bytes = Vec::new();
            loop {
                match self.input.byte()? {
                    0 => break,
                    byte => bytes.push(byte),
                }
            }
            if text == HAS_NAME {
                name = Some(bytes);
            }
        }
        if flags & HAS_SUM != 0 {
            self.input.bytes::<2>()?;
        }
        if is_first {
            (self.result.name, self.result.mtime) = (name, mtime);
            self.result.overhead = self.input.read - start + TRAILER;
        } else {
            self.result.overhead = 0;
        }
        Ok(())
    }

    /// What the header says.
    pub(super) fn so_far(&self) -> &Unpacked {
        &self.result
    }

    /// Decompresses the parts, whose first header has been read.
    pub(super) fn gzip(mut self, out: &mut dyn Write) -> Result<Unpacked, Trouble> {
        let mut inflate = Inflate::new();
        loop {
            self.part(&mut inflate, out)?;
            // Zeros behind the data are the padding of a tape.
            let mut start = [0; 2];
            match self.input.next()? {
                None => break,
                Some(0) => {
                    while self.input.peek()? == Some(0) {
                        self.input.next()?;
                    }
                    self.result.garbage = self.input.peek()?.is_some();
                    break;
                }
                Some(byte) => start[0] = byte,
            }
            match self.input.next()? {
                Some(byte) if [start[0], byte] == GZIP => {}
                _ => {
                    self.result.garbage = true;
                    break;
                }
            }
            self.header(false)?;
            inflate.reset();
        }
        self.result.read = self.input.read;
        Ok(self.result)
    }

    fn part(&mut self, inflate: &mut Inflate, out: &mut dyn Write) -> Result<(), Trouble> {
        let mut sum = crc32fast::Hasher::new();
        let mut len = 0u64;
        loop {
            match inflate.piece(&mut self.input) {
                Ok([]) => break,
                Ok(piece) => {
                    sum.update(piece);
                    len += piece.len() as u64;
                    write(out, piece)?;
                }
                Err(Fault::End(_)) => {
                    write(out, inflate.partial())?;
                    return Err(END);
                }
                Err(fault) => return Err(trouble(fault)),
            }
        }
        let sum = sum.finalize();
        (self.result.sum, self.result.len) = (sum, len);
        if u32::from_le_bytes(self.input.bytes()?) != sum {
            return Err(Trouble::Data("invalid compressed data--crc error"));
        }
        if u32::from_le_bytes(self.input.bytes()?) != len as u32 {
            return Err(Trouble::Data("invalid compressed data--length error"));
        }
        Ok(())
    }

    /// Decompresses what `compress` made.
    pub(super) fn lzw(mut self, out: &mut dyn Write) -> Result<Unpacked, Trouble> {
        let mut lzw = Lzw::new();
        let mut input = std::io::BufReader::new(std::io::Read::chain(&COMPRESS[..], &mut self.input));
        loop {
            match lzw.piece(&mut input) {
                Ok([]) => break,
                Ok(piece) => {
                    self.result.len += piece.len() as u64;
                    write(out, piece)?;
                }
                Err(fault) => return Err(trouble(fault)),
            }
        }
        drop(input);
        self.result.is_lzw = true;
        self.result.read = self.input.read;
        Ok(self.result)
    }

    /// Copies what is of no known format.
    pub(super) fn pass(mut self, start: [u8; 2], count: u8, out: &mut dyn Write) -> Result<Unpacked, Trouble> {
        write(out, start.get(..count.into()).unwrap_or_default())?;
        loop {
            let bytes = self.input.input.fill_buf().map_err(|error| Trouble::Read(Input::errno(&error)))?;
            if bytes.is_empty() {
                break;
            }
            write(out, bytes)?;
            let n = bytes.len();
            self.input.consume(n);
        }
        self.result.read = self.input.read;
        self.result.len = self.input.read;
        Ok(self.result)
    }
}

fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<(), Trouble> {
    out.write_all(bytes).map_err(|error| Trouble::Write(wcr_sys::Output::errno(&error)))
}

fn trouble(fault: Fault) -> Trouble {
    match fault {
        Fault::Read(error) => Trouble::Read(error),
        Fault::End(_) => END,
        _ => Trouble::Data("invalid compressed data--format violated"),
    }
}
