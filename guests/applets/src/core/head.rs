//! `head`: the first lines or bytes.

use std::collections::VecDeque;

use wcr_sys::Errno;

use crate::lines::LineReader;
use crate::number::suffixed;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "head",
    "head [OPTIONS] [FILE]...\n\n\
     Print first 10 lines of FILEs (or stdin).\n\
     With more than one FILE, precede each with a filename header.\n\n\
     \t-n N[bkm]\tPrint first N lines\n\
     \t-n -N[bkm]\tPrint all except N last lines\n\
     \t-c [-]N[bkm]\tPrint first N bytes\n\
     \t\t\t(b:*512 k:*1024 m:*1024^2)\n\
     \t-q\t\tNever print headers\n\
     \t-v\t\tAlways print headers",
    main,
);

const SPEC: Spec = Spec::plain("n:c:qv");

/// The units that counts of `head` and `tail` may have.
pub(super) const UNITS: [(&[u8], u64); 3] = [(b"b", 512), (b"k", 1 << 10), (b"m", 1 << 20)];

/// From this on a number of last lines or bytes is more than is kept.
const KEEP_MAX: u64 = 268_435_455;

/// How many bytes are gathered before they are printed together.
const FLUSH: usize = 1 << 18;

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    bytes: bool,
    count: u64,
    /// All but the last ones.
    but_last: bool,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut wanted = Wanted { bytes: false, count: 10, but_last: false };
    let (plain, args) = plain_count(ctx.args, b"-");
    if let Some(plain) = plain {
        let digits = plain.strip_prefix(b"-").unwrap_or(plain);
        wanted.count = count(ctx, digits)?;
    }
    let parsed = SPEC.parse_behind(ctx, args, plain, |ctx, key, value| {
        if let (b'n' | b'c', Some(value)) = (key, value) {
            wanted.bytes |= key == b'c';
            let digits = value.strip_prefix(b"-");
            // Once said it is so for the following ones, too.
            wanted.but_last |= digits.is_some();
            wanted.count = count(ctx, digits.unwrap_or(value))?;
        }
        Ok(())
    })?;
    if wanted.but_last && wanted.count >= KEEP_MAX {
        return Err(ctx.die(&[b"count is too big: ", &crate::format::decimal(wanted.count)]));
    }
    let mut operands = parsed.operands.clone();
    if operands.is_empty() {
        operands.push(b"-".to_vec());
    }
    let headers = match parsed.last_of(b"qv") {
        Some(key) => key == b'v',
        None => operands.len() > 1,
    };
    let mut code = 0;
    for (at, path) in operands.iter().enumerate() {
        let name = if path == b"-" { b"standard input" } else { path.as_slice() };
        let failure = match Source::open(path) {
            Ok(source) => {
                if headers {
                    ctx.put(&[if at > 0 { b"\n".as_slice() } else { b"" }, b"==> ", name, b" <==\n"].concat());
                }
                // For all but the last lines, lines are those of BusyBox's own reader.
                let mut reader = if wanted.but_last && !wanted.bytes {
                    LineReader::stopping_text(source.fd())
                } else {
                    LineReader::stopping(source.fd(), b'\n')
                };
                // A stream tells that it failed, not how.
                copy(ctx, &mut reader, wanted).err().map(|_| Errno::Io)
            }
            Err(error) => Some(error),
        };
        if let Some(error) = failure {
            ctx.perror(&[name], error);
            code = 1;
        }
    }
    Ok(code)
}

fn count(ctx: &mut Context<'_>, digits: &[u8]) -> Result<u64, Quit> {
    suffixed(digits, &UNITS).ok_or_else(|| ctx.die(&[b"invalid number '", digits, b"'"]))
}

/// A first argument that is a sign and digits (`-5`), and the arguments behind it.
pub(super) fn plain_count<'a>(args: &'a [Vec<u8>], signs: &[u8]) -> (Option<&'a [u8]>, &'a [Vec<u8>]) {
    if let [first, rest @ ..] = args {
        if matches!(first.as_slice(), [sign, digit, ..] if signs.contains(sign) && digit.is_ascii_digit()) {
            return (Some(first), rest);
        }
    }
    (None, args)
}

fn copy(ctx: &mut Context<'_>, reader: &mut LineReader, wanted: Wanted) -> Result<(), Errno> {
    match wanted {
        Wanted { but_last: true, bytes: true, count } => copy_but_last_bytes(ctx, reader, count as usize),
        Wanted { but_last: true, bytes: false, count } => copy_but_last_lines(ctx, reader, count as usize),
        Wanted { bytes: true, mut count, .. } => {
            while count > 0 {
                let block = reader.next_block()?;
                if block.is_empty() {
                    break;
                }
                let taken = usize::try_from(count).unwrap_or(usize::MAX).min(block.len());
                let (taken, left) = block.split_at(taken);
                ctx.put(taken);
                count -= taken.len() as u64;
                let left = left.len();
                reader.unread(left);
            }
            Ok(())
        }
        Wanted { mut count, .. } => {
            while count > 0 && ctx.write_error().is_none() {
                let block = reader.next_block()?;
                if block.is_empty() {
                    break;
                }
                let mut end = block.len();
                for at in memchr::memchr_iter(b'\n', block) {
                    count -= 1;
                    if count == 0 {
                        end = at + 1;
                        break;
                    }
                }
                let (taken, left) = block.split_at(end);
                ctx.put(taken);
                let left = left.len();
                reader.unread(left);
            }
            Ok(())
        }
    }
}

fn copy_but_last_bytes(ctx: &mut Context<'_>, reader: &mut LineReader, keep: usize) -> Result<(), Errno> {
    let mut held = Vec::new();
    loop {
        let block = reader.next_block()?;
        let at_end = block.is_empty();
        held.extend_from_slice(block);
        let over = held.len().saturating_sub(keep);
        if at_end || over >= FLUSH {
            ctx.put(held.get(..over).unwrap_or_default());
            held.drain(..over);
        }
        if at_end {
            return Ok(());
        }
    }
}

fn copy_but_last_lines(ctx: &mut Context<'_>, reader: &mut LineReader, keep: usize) -> Result<(), Errno> {
    let mut held: VecDeque<Vec<u8>> = VecDeque::new();
    while let Some(line) = reader.next_line()? {
        let mut text = line.text.to_vec();
        if line.terminated && !line.by_nul {
            text.push(b'\n');
        }
        held.push_back(text);
        if held.len() > keep {
            ctx.put(&held.pop_front().unwrap_or_default());
        }
    }
    Ok(())
}
