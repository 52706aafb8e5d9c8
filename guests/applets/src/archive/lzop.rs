//! `lzop`: files in blocks of LZO1X.

use std::io::{BufRead, Write};

use wcr_sys::Input;

use super::fault::Fault;
use super::feed::read_full;
use super::lzo;
use super::packer::{Done, Packer, Request, Sink, Stop, write_error};
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "lzop",
    "lzop [-cfUvd123456789CF] [FILE]...\n\n\
     \t-1..9\tCompression level\n\
     \t-d\tDecompress\n\
     \t-c\tWrite to stdout\n\
     \t-f\tForce\n\
     \t-U\tDelete input files\n\
     \t-v\tVerbose\n\
     \t-F\tDon't store or verify checksum\n\
     \t-C\tAlso write checksum of compressed block",
    main,
);

const SPEC: Spec = Spec::short("cfvqdt123456789CFkU");

const MAGIC: [u8; 9] = [0x89, b'L', b'Z', b'O', 0, 0x0d, 0x0a, 0x1a, 0x0a];
/// The version of the program and of the library that wrote a file, and the one that it takes to read it.
const VERSIONS: [u8; 6] = [0x10, 0x10, 0x20, 0x30, 0x09, 0x40];
/// From this version on a header has more fields.
const LATER: u16 = 0x0940;

/// What a file has sums of: its content, its compressed blocks; by Adler's method or by CRC.
const SUM_OF_CONTENT: u32 = 1;
const SUM_OF_DATA: u32 = 2;
const CRC_OF_CONTENT: u32 = 0x100;
const CRC_OF_DATA: u32 = 0x200;
const HAS_EXTRA: u32 = 0x40;
const HAS_FILTER: u32 = 0x800;
/// The sum of the header is a CRC, too.
const CRC_OF_HEADER: u32 = 0x1000;
const UNKNOWN: u32 = 0x000f_c000;
/// The system that a file is from: Unix.
const UNIX: u32 = 3 << 24;

const BLOCK: usize = 256 << 10;
/// The largest block that is read.
const BLOCK_MAX: usize = 64 << 20;

/// What was asked for of the format.
#[derive(Debug, Clone, Copy)]
struct Format {
    /// Number and level of the method.
    method: [u8; 2],
    sum_of_content: bool,
    sum_of_data: bool,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let request = Request::new(&parsed).keeping(!parsed.has(b'U'));
    let verify = !parsed.has(b'F');
    if parsed.has(b'd') {
        let rename = |name: &[u8]| {
            Some(match name.strip_suffix(b".lzo") {
                Some(plain) => plain.to_vec(),
                None => [name, b".out"].concat(),
            })
        };
        let mut work = |ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink| unpack(ctx, input, sink, verify);
        return Packer { request, rename: &rename, work: &mut work }.run(ctx, &parsed.operands);
    }
    let strong = parsed.last_of(b"789").is_some();
    let format = Format {
        method: if parsed.has(b'1') { [2, 1] } else { [1, 5] },
        sum_of_content: verify,
        sum_of_data: parsed.has(b'C'),
    };
    let rename = |name: &[u8]| Some([name, b".lzo"].concat());
    let mut work = |ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink| {
        if strong {
            ctx.complain(&[b"high compression not compiled in"]);
            return Err(Stop::All);
        }
        pack(input, sink, format).map_err(|_| write_error(ctx, sink))
    };
    Packer { request, rename: &rename, work: &mut work }.run(ctx, &parsed.operands)
}

/// What `-v` is told: the ratio is not known.
const DONE: Done = Done { written: 1, mtime: None };

/// The sum of Adler's method.
fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1u32, 0u32);
    // So many bytes can be added up before a sum overflows.
    for chunk in bytes.chunks(5552) {
        for byte in chunk {
            low += u32::from(*byte);
            high += low;
        }
        (low, high) = (low % 65_521, high % 65_521);
    }
    high << 16 | low
}

fn pack(input: &mut dyn BufRead, out: &mut dyn Write, format: Format) -> std::io::Result<Done> {
    let mut flags = UNIX;
    flags |= if format.sum_of_content { SUM_OF_CONTENT } else { 0 };
    flags |= if format.sum_of_data { SUM_OF_DATA } else { 0 };
    let mut header = [&VERSIONS, format.method.as_slice(), &flags.to_be_bytes()].concat();
    // No mode, no time in two words, no name.
    header.extend([0; 13]);
    out.write_all(&MAGIC)?;
    out.write_all(&header)?;
    out.write_all(&adler32(&header).to_be_bytes())?;
    let mut block = vec![0; BLOCK];
    loop {
        let len = read_full(input, &mut block);
        let content = block.get(..len).unwrap_or_default();
        out.write_all(&(len as u32).to_be_bytes())?;
        if len == 0 {
            break;
        }
        let packed = lzo::compress(content);
        // What does not get smaller stands as it is.
        let data = if packed.len() < len { &packed } else { content };
        out.write_all(&(data.len() as u32).to_be_bytes())?;
        if format.sum_of_content {
            out.write_all(&adler32(content).to_be_bytes())?;
        }
        if format.sum_of_data && data.len() < len {
            out.write_all(&adler32(data).to_be_bytes())?;
        }
        out.write_all(data)?;
        if len < BLOCK {
            out.write_all(&[0; 4])?;
            break;
        }
    }
    out.flush()?;
    Ok(DONE)
}

/// What ends the reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Magic,
    Header(i8),
    Short,
    Sum,
    Data,
    Output,
}

impl Trouble {
    fn message(self) -> Vec<u8> {
        match self {
            Self::Magic => b"bad magic number".to_vec(),
            Self::Header(number) => [b"header_error ".as_slice(), &crate::format::signed(number.into())].concat(),
            Self::Short => b"short read".to_vec(),
            Self::Sum => b"checksum error".to_vec(),
            Self::Data | Self::Output => Fault::Corrupted.message(),
        }
    }
}

fn unpack(ctx: &mut Context<'_>, input: &mut Input, sink: &mut Sink, verify: bool) -> Result<Done, Stop> {
    let result = read(input, verify, &mut |content| sink.put(content));
    sink.flush();
    match result {
        Ok(()) if sink.failed.is_none() => Ok(DONE),
        Ok(()) | Err(Trouble::Output) => Err(write_error(ctx, sink)),
        Err(trouble) => {
            ctx.complain(&[&trouble.message()]);
            Err(if matches!(trouble, Trouble::Sum | Trouble::Data) { Stop::File } else { Stop::All })
        }
    }
}

/// Bytes of a header, whose sum is needed at its end.
struct Header<'a> {
    input: &'a mut dyn BufRead,
    bytes: Vec<u8>,
}

impl Header<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Trouble> {
        let mut bytes = [0; N];
        if read_full(&mut *self.input, &mut bytes) < N {
            return Err(Trouble::Short);
        }
        self.bytes.extend_from_slice(&bytes);
        Ok(bytes)
    }

    fn word(&mut self) -> Result<u32, Trouble> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    fn skip(&mut self, count: usize) -> Result<(), Trouble> {
        for _ in 0..count {
            self.take::<1>()?;
        }
        Ok(())
    }

    /// Compares the sum of what was read with the word that follows.
    fn check(&mut self, crc: bool) -> Result<(), Trouble> {
        let sum = if crc { crc32fast::hash(&self.bytes) } else { adler32(&self.bytes) };
        if self.word()? == sum { Ok(()) } else { Err(Trouble::Header(2)) }
    }

    /// Reads all of a header; the flags.
    fn read(&mut self) -> Result<u32, Trouble> {
        if self.take()? != MAGIC {
            return Err(Trouble::Magic);
        }
        self.bytes.clear();
        let version = u16::from_be_bytes(self.take()?);
        self.skip(2)?;
        let later = version >= LATER;
        if later {
            self.skip(2)?;
        }
        let [method] = self.take()?;
        if later {
            self.skip(1)?;
        }
        let flags = self.word()?;
        if flags & UNKNOWN != 0 {
            return Err(Trouble::Header(-13));
        }
        if flags & HAS_FILTER != 0 {
            self.skip(4)?;
        }
        self.skip(if later { 12 } else { 8 })?;
        let [name] = self.take()?;
        self.skip(name.into())?;
        self.check(flags & CRC_OF_HEADER != 0)?;
        if flags & HAS_EXTRA != 0 {
            self.bytes.clear();
            let len = self.word()?;
            self.skip((len as usize).min(BLOCK_MAX))?;
            self.check(flags & CRC_OF_HEADER != 0)?;
        }
        if matches!(method, 1..=3) { Ok(flags) } else { Err(Trouble::Header(14)) }
    }
}

/// Gives the content of a file to `take`, until that wants no more.
fn read(input: &mut dyn BufRead, verify: bool, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Trouble> {
    let flags = Header { input, bytes: Vec::new() }.read()?;
    loop {
        let mut header = Header { input, bytes: Vec::new() };
        let len = header.word()? as usize;
        if len == 0 {
            return Ok(());
        }
        let packed_len = header.word()? as usize;
        if len > BLOCK_MAX || packed_len == 0 || packed_len > len {
            return Err(Trouble::Data);
        }
        let mut sums = |adler: u32, crc: u32| -> Result<[Option<u32>; 2], Trouble> {
            let mut one = |flag: u32| if flags & flag != 0 { header.word().map(Some) } else { Ok(None) };
            Ok([one(adler)?, one(crc)?])
        };
        let of_content = sums(SUM_OF_CONTENT, CRC_OF_CONTENT)?;
        let of_data = if packed_len < len { sums(SUM_OF_DATA, CRC_OF_DATA)? } else { of_content };
        let mut data = vec![0; packed_len];
        if read_full(input, &mut data) < packed_len {
            return Err(Trouble::Short);
        }
        let right = |[adler, crc]: [Option<u32>; 2], bytes: &[u8]| {
            !verify
                || adler.is_none_or(|sum| sum == adler32(bytes)) && crc.is_none_or(|sum| sum == crc32fast::hash(bytes))
        };
        if !right(of_data, &data) {
            return Err(Trouble::Sum);
        }
        let content = if packed_len < len { lzo::decompress(&data, len).map_err(|_| Trouble::Data)? } else { data };
        if !right(of_content, &content) {
            return Err(Trouble::Sum);
        }
        if !take(&content) {
            return Err(Trouble::Output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(file: &[u8], verify: bool) -> (Vec<u8>, Result<(), Trouble>) {
        let (mut out, mut input) = (Vec::new(), file);
        let result = read(&mut input, verify, &mut |content| {
            out.extend_from_slice(content);
            true
        });
        (out, result)
    }

    #[test]
    fn files_come_back() {
        let texts = [Vec::new(), b"no newline at end".to_vec(), b"some words ".repeat(60_000)];
        for text in texts {
            for sums in [false, true] {
                let format = Format { method: [1, 5], sum_of_content: sums, sum_of_data: sums };
                let mut file = Vec::new();
                pack(&mut text.as_slice(), &mut file, format).unwrap();
                assert_eq!(unpacked(&file, true), (text.clone(), Ok(())));
            }
        }
    }

    #[test]
    fn a_small_file_is_stored() {
        let mut file = Vec::new();
        let format = Format { method: [1, 5], sum_of_content: true, sum_of_data: false };
        pack(&mut b"no newline at end".as_slice(), &mut file, format).unwrap();
        assert_eq!(file[34..38], [0x10, 0x94, 0, 0xc4]);
        assert_eq!(file[38..50], [0, 0, 0, 17, 0, 0, 0, 17, 0x39, 5, 6, 0x3c]);
        assert!(file.ends_with(b"no newline at end\0\0\0\0"));
        let damaged = |at: usize| {
            let mut file = file.clone();
            file[at] ^= 7;
            unpacked(&file, true).1
        };
        assert_eq!((damaged(3), damaged(12)), (Err(Trouble::Magic), Err(Trouble::Header(2))));
        assert_eq!((damaged(18), damaged(40)), (Err(Trouble::Header(-13)), Err(Trouble::Data)));
        assert_eq!((damaged(48), damaged(60)), (Err(Trouble::Sum), Err(Trouble::Sum)));
        assert_eq!(unpacked(&file[..45], true).1, Err(Trouble::Short));
    }
}
