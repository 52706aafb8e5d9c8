//! `split`: a file in pieces. Debian's BusyBox lacks it; this is the one of the image on Docker Hub.

use std::io::BufRead;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, Input, fd, fs};

use crate::number::suffixed;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "split",
    "split [OPTIONS] [INPUT [PREFIX]]\n\n\
     \t-b N[k|m]\tSplit by N (kilo|mega)bytes\n\
     \t-l N\t\tSplit by N lines\n\
     \t-a N\t\tUse N letters as suffix",
    main,
);

const SPEC: Spec = Spec::short("l:b:a:");

const UNITS: [(&[u8], u64); 3] = [(b"b", 512), (b"k", 1 << 10), (b"m", 1 << 20)];

/// How many lines a piece has unless something else is asked for.
const LINES: u64 = 1000;
const SUFFIX_LETTERS: u64 = 2;
/// The longest name that a file may have.
const NAME_MAX: u64 = 255;

/// Where a piece ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Bytes(u64),
    Lines(u64),
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut number = |key: u8, max: u64, units: &[(&[u8], u64)]| match parsed.value(key) {
        Some(text) => match suffixed(text, units).filter(|number| (1..=max).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(ctx.die(&[b"invalid number '", text, b"'"])),
        },
        None => Ok(None),
    };
    let letters = number(b'a', NAME_MAX, &[])?.unwrap_or(SUFFIX_LETTERS);
    let lines = number(b'l', u64::MAX, &[])?;
    let bytes = number(b'b', u64::MAX, &UNITS)?;
    let limit = match (bytes, lines) {
        (Some(bytes), _) => Limit::Bytes(bytes),
        (None, lines) => Limit::Lines(lines.unwrap_or(LINES)),
    };
    let (path, prefix) = match parsed.operands.as_slice() {
        [] => (b"-".as_slice(), b"x".as_slice()),
        [path] => (path.as_slice(), b"x".as_slice()),
        [path, prefix] => (path.as_slice(), prefix.as_slice()),
        _ => return Err(ctx.usage()),
    };
    let source = Source::open(path).map_err(|error| ctx.die_errno(&[path], error))?;
    let mut input = source.reader();
    let mut pieces = Pieces { prefix, suffix: vec![b'a'; letters as usize], exhausted: false, open: None };
    // How much of the current piece is still to come.
    let mut left = 0;
    loop {
        let block = input.fill_buf().map_err(|error| ctx.die_errno(&[b"read error"], Input::errno(&error)))?;
        if block.is_empty() {
            break;
        }
        let (len, used) = match limit {
            Limit::Bytes(bytes) => {
                let left = if left == 0 { bytes } else { left };
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
                (len, len as u64)
            }
            Limit::Lines(_) => match memchr::memchr(b'\n', block) {
                Some(end) => (end + 1, 1),
                None => (block.len(), 0),
            },
        };
        if left == 0 {
            left = match limit {
                Limit::Bytes(count) | Limit::Lines(count) => count,
            };
            pieces.next(ctx)?;
        }
        pieces.write(ctx, block.get(..len).unwrap_or_default())?;
        input.consume(len);
        left -= used;
    }
    Ok(0)
}

/// The files that are written, one after the other.
struct Pieces<'a> {
    prefix: &'a [u8],
    suffix: Vec<u8>,
    exhausted: bool,
    open: Option<Fd>,
}

impl Pieces<'_> {
    /// Begins the next file.
    fn next(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        if self.exhausted {
            return Err(ctx.die(&[b"suffixes exhausted"]));
        }
        let name = [self.prefix, &self.suffix].concat();
        self.exhausted = !advance(&mut self.suffix);
        if let Some(before) = self.open.take() {
            fd::close(before).map_err(|error| ctx.die_errno(&[b"write error"], error))?;
        }
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let file = fs::open(&name, flags, 0o666)
            .map_err(|error: Errno| ctx.die_errno(&[b"can't open '", &name, b"'"], error))?;
        self.open = Some(file);
        Ok(())
    }

    fn write(&self, ctx: &mut Context<'_>, bytes: &[u8]) -> Result<(), Quit> {
        let Some(file) = self.open else { return Ok(()) };
        fd::write_all(file, bytes).map_err(|error| ctx.die_errno(&[b"write error"], error))
    }
}

/// Counts in letters; whether there was a next one.
fn advance(suffix: &mut [u8]) -> bool {
    for letter in suffix.iter_mut().rev() {
        if *letter < b'z' {
            *letter += 1;
            return true;
        }
        *letter = b'a';
    }
    false
}

#[cfg(test)]
mod tests {
    use super::advance;

    #[test]
    fn suffixes_count_in_letters() {
        let next = |text: &str| {
            let mut suffix = text.as_bytes().to_vec();
            advance(&mut suffix).then(|| String::from_utf8(suffix).unwrap())
        };
        assert_eq!(next("aa").as_deref(), Some("ab"));
        assert_eq!(next("az").as_deref(), Some("ba"));
        assert_eq!(next("zz"), None);
    }
}
