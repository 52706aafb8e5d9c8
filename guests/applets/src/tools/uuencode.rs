//! `uuencode` and `uudecode`: files as lines of letters, and back (POSIX, "uuencode").

use std::io::BufRead;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Fd, Input, fd, fs};

use super::base64::{Coder, SIXTY_FOUR};
use crate::core::mkdir::umask;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// `uuencode`.
pub const UUENCODE: Applet = Applet::new(
    "uuencode",
    "uuencode [-m] [FILE] STORED_FILENAME\n\n\
     Uuencode FILE (or stdin) to stdout\n\n\
     \t-m\tUse base64 encoding per RFC1521",
    encode_main,
);

/// `uudecode`.
pub const UUDECODE: Applet = Applet::new(
    "uudecode",
    "uudecode [-o OUTFILE] [INFILE]\n\n\
     Uudecode a file\n\
     Finds OUTFILE in uuencoded source unless -o is given",
    decode_main,
);

/// How many bytes a full line stands for.
const LINE: usize = 45;

fn encode_main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("m").parse(ctx)?;
    let (source, mode, name) = match parsed.operands.as_slice() {
        [name] => (Source::open(b"-"), 0o666 & !umask(), name),
        [path, name] => {
            // Only without a file standard input is read.
            let source = Source::open(if path == b"-" { b"./-" } else { path });
            let mode = source.as_ref().ok().and_then(|source| fd::stat(source.fd()).ok());
            (source, mode.map_or(0, |stat| stat.mode.permissions() & 0o777), name)
        }
        _ => return Err(ctx.usage()),
    };
    let source = source.map_err(|error| {
        let path = parsed.operands.first().map(Vec::as_slice).unwrap_or_default();
        ctx.die_errno(&[b"can't open '", path, b"'"], error)
    })?;
    let letters = parsed.has(b'm');
    let begin = format!("begin{} {mode:o} ", if letters { "-base64" } else { "" });
    ctx.put(&[begin.as_bytes(), name].concat());
    let (mut coder, mut out) = (Coder::new(SIXTY_FOUR, LINE / 3 * 4), Vec::new());
    let mut input = source.reader();
    let mut line = take(ctx, &mut input, LINE)?;
    // The first line ends when there is something to follow it.
    ctx.put(b"\n");
    while !line.is_empty() {
        out.clear();
        if letters {
            coder.encode(&line, &mut out);
        } else {
            encode_line(&line, &mut out);
        }
        ctx.put(&out);
        line = take(ctx, &mut input, LINE)?;
    }
    out.clear();
    if letters {
        coder.finish(&mut out);
    }
    ctx.put(&out);
    ctx.put(if letters { b"====\n" } else { b"`\nend\n" });
    Ok(0)
}

/// The next `len` bytes, fewer at the end.
fn take(ctx: &mut Context<'_>, input: &mut Input, len: usize) -> Result<Vec<u8>, Quit> {
    let mut out = Vec::with_capacity(len);
    while out.len() < len {
        let block = input.fill_buf().map_err(|error| ctx.die_errno(&[b"read error"], Input::errno(&error)))?;
        let count = block.len().min(len - out.len());
        if count == 0 {
            break;
        }
        out.extend_from_slice(block.get(..count).unwrap_or_default());
        input.consume(count);
    }
    Ok(out)
}

/// The letter of six bits; zero is a backquote, because a space at a line's end is easily lost.
const fn letter(bits: u8) -> u8 {
    if bits == 0 { b'`' } else { bits + b' ' }
}

fn encode_line(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(letter(bytes.len() as u8));
    for group in bytes.chunks(3) {
        let byte = |at: usize| group.get(at).copied().unwrap_or(0);
        let (one, two, three) = (byte(0), byte(1), byte(2));
        out.extend([one >> 2, (one & 3) << 4 | two >> 4, (two & 15) << 2 | three >> 6, three & 63].map(letter));
    }
    out.push(b'\n');
}

fn decode_main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("o:").parse(ctx)?;
    let path = match parsed.operands.as_slice() {
        [] => b"-".as_slice(),
        [path] => path,
        _ => return Err(ctx.usage()),
    };
    let source = Source::open(path).map_err(|error| ctx.die_errno(&[path], error))?;
    let mut input = source.reader();
    while let Some(line) = next_line(&mut input) {
        let Some(begin) = begin(&line) else { continue };
        let name = parsed.value(b'o').unwrap_or(begin.name);
        let file = create(ctx, name, begin.mode)?;
        if begin.letters {
            decode_letters(ctx, &mut input, file)?
        } else {
            decode_lines(ctx, &mut input, file)?
        }
        return Ok(0);
    }
    Err(ctx.die(&[b"no 'begin' line"]))
}

/// The next line, without its end.
fn next_line(input: &mut Input) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    // What cannot be read ends the file, as it does in BusyBox.
    let count = input.read_until(b'\n', &mut line).unwrap_or(0);
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    (count > 0).then_some(line)
}

/// What the first line says.
struct Begin<'a> {
    letters: bool,
    mode: u32,
    name: &'a [u8],
}

fn begin(line: &[u8]) -> Option<Begin<'_>> {
    let (letters, rest) = match line.strip_prefix(b"begin-base64 ") {
        Some(rest) => (true, rest),
        None => (false, line.strip_prefix(b"begin ")?),
    };
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let mode = crate::number::unsigned(rest, 8).value as u32;
    Some(Begin { letters, mode, name: rest.get(space + 1..)?.trim_ascii() })
}

/// The file to write to; `-` and the usual names of standard output stand for that.
fn create(ctx: &mut Context<'_>, name: &[u8], mode: u32) -> Result<Fd, Quit> {
    if matches!(name, b"-" | b"/dev/stdout") {
        ctx.flush();
        return Ok(fd::STDOUT);
    }
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC);
    let file = fs::open(name, flags, 0o666).map_err(|error| ctx.die_errno(&[b"can't open '", name, b"'"], error))?;
    // The content counts, whatever becomes of the mode.
    let _ = fd::chmod(file, mode & 0o777);
    Ok(file)
}

fn put(ctx: &mut Context<'_>, file: Fd, bytes: &[u8]) -> Result<(), Quit> {
    fd::write_all(file, bytes).map_err(|error| ctx.die_errno(&[b"write error"], error))
}

fn decode_lines(ctx: &mut Context<'_>, input: &mut Input, file: Fd) -> Result<(), Quit> {
    while let Some(line) = next_line(input) {
        if line.strip_suffix(b"\r").unwrap_or(&line) == b"end" {
            return Ok(());
        }
        match decode_line(&line) {
            Some(bytes) => put(ctx, file, &bytes)?,
            None => break,
        }
    }
    Err(ctx.die(&[b"short file"]))
}

/// A line's bytes; `None` when it is shorter than it says. The filling of the last group may be missing.
fn decode_line(line: &[u8]) -> Option<Vec<u8>> {
    let bits = |byte: u8| byte.wrapping_sub(b' ') & 63;
    let (first, rest) = line.split_first()?;
    let len = usize::from(bits(*first));
    if rest.len() < len * 4 / 3 {
        return None;
    }
    let mut out = Vec::with_capacity(len + 2);
    for start in (0..len.div_ceil(3) * 4).step_by(4) {
        let letter = |at| rest.get(at).copied().unwrap_or(b' ');
        let word = (start..start + 4).fold(0u32, |word, at| word << 6 | u32::from(bits(letter(at))));
        out.extend_from_slice(word.to_be_bytes().get(1..).unwrap_or_default());
    }
    out.truncate(len);
    Some(out)
}

fn decode_letters(ctx: &mut Context<'_>, input: &mut Input, file: Fd) -> Result<(), Quit> {
    let mut coder = Coder::new(SIXTY_FOUR, 0);
    while let Some(line) = next_line(input) {
        let ends = line.trim_ascii() == b"====";
        let mut out = Vec::new();
        coder.decode(&line, &mut out);
        put(ctx, file, &out)?;
        if ends {
            return Ok(());
        }
    }
    if coder.is_whole() { Ok(()) } else { Err(ctx.die(&[b"truncated input"])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_there_and_back() {
        for (bytes, line) in
            [(&b"abc"[..], &b"#86)C\n"[..]), (b"abcd", b"$86)C9```\n"), (b"", b"`\n"), (b"\0\0\0", b"#````\n")]
        {
            let mut out = Vec::new();
            encode_line(bytes, &mut out);
            assert_eq!(out, line);
            assert_eq!(decode_line(out.trim_ascii_end()).as_deref(), Some(bytes));
        }
        assert_eq!(decode_line(b"#86)Cxx"), Some(b"abc".to_vec()));
        assert_eq!((decode_line(b"#8"), decode_line(b"#86)"), decode_line(b"")), (None, None, None));
        assert_eq!(decode_line(b"$86)C9"), Some(b"abcd".to_vec()));
        assert_eq!(decode_line(b"#86) "), Some(b"ab@".to_vec()));
        assert_eq!(decode_line(b" "), Some(Vec::new()));
    }

    #[test]
    fn begin_lines() {
        let read = |line| begin(line).map(|begin| (begin.letters, begin.mode, begin.name.to_vec()));
        assert_eq!(read(b"begin 644 a b  "), Some((false, 0o644, b"a b".to_vec())));
        assert_eq!(read(b"begin-base64 600 x\r"), Some((true, 0o600, b"x".to_vec())));
        assert_eq!(read(b"begin abc x"), Some((false, 0, b"x".to_vec())));
        assert_eq!((read(b"begin 644"), read(b"beginning")), (None, None));
    }
}
