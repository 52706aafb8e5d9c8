//! `shuf`: puts lines into a random order.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{fd, fs};

use crate::format::{decimal, parse_decimal};
use crate::lines::LineReader;
use crate::options::{Parsed, Spec};
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "shuf",
    "shuf [-n NUM] [-o FILE] [-z] [FILE | -e [ARG...] | -i L-H]\n\n\
     Randomly permute lines\n\n\
     \t-n NUM\tOutput at most NUM lines\n\
     \t-o FILE\tWrite to FILE, not standard output\n\
     \t-z\tNUL terminated output\n\
     \t-e\tTreat ARGs as lines\n\
     \t-i L-H\tTreat numbers L-H as lines",
    main,
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("ei:n:o:z").parse(ctx)?;
    if parsed.has(b'e') && parsed.has(b'i') {
        return Err(ctx.usage());
    }
    let end = if parsed.has(b'z') { b'\0' } else { b'\n' };
    let most = match parsed.value(b'n') {
        Some(text) => Some(number(ctx, text)?),
        None => None,
    };
    let mut lines = lines(ctx, &parsed)?;
    let count = most.map_or(lines.len(), |most| most.min(lines.len() as u64) as usize);
    let mut random = Random::new();
    // Only as many places are drawn as are shown.
    for place in 0..count {
        let other = place + random.below((lines.len() - place) as u64) as usize;
        lines.swap(place, other);
    }
    let out: Vec<u8> = lines.iter().take(count).flat_map(|line| line.iter().copied().chain([end])).collect();
    let Some(path) = parsed.value(b'o') else {
        ctx.put(&out);
        return Ok(0);
    };
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC);
    let file = fs::open(path, flags, 0o666).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
    let written = fd::write_all(file, &out).and_then(|()| fd::close(file));
    written.map_err(|error| ctx.die_errno(&[path], error))?;
    Ok(0)
}

fn number(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))
}

/// The lines in their first order.
fn lines(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Vec<Vec<u8>>, Quit> {
    if let Some(range) = parsed.value(b'i') {
        if !parsed.operands.is_empty() {
            return Err(ctx.usage());
        }
        let mut halves = range.splitn(2, |byte| *byte == b'-');
        let (Some(low), Some(high)) = (halves.next(), halves.next()) else {
            return Err(ctx.die(&[b"bad range '", range, b"'"]));
        };
        let (low, high) = (number(ctx, low)?, number(ctx, high)?);
        if low > high {
            return Err(ctx.die(&[b"bad range '", range, b"'"]));
        }
        return Ok((low..=high).map(decimal).collect());
    }
    if parsed.has(b'e') {
        return Ok(parsed.operands.clone());
    }
    let path = match parsed.operands.as_slice() {
        [] => b"-".as_slice(),
        [path] => path,
        _ => return Err(ctx.usage()),
    };
    let source = Source::open(path).map_err(|error| ctx.die_errno(&[path], error))?;
    let mut reader = LineReader::text(source.fd());
    let mut lines = Vec::new();
    // What cannot be read ends the file, as it does in BusyBox.
    while let Ok(Some(line)) = reader.next_line() {
        lines.push(line.text.to_vec());
    }
    Ok(lines)
}

/// Random numbers of the kernel.
struct Random {
    pool: Vec<u8>,
    used: usize,
}

impl Random {
    fn new() -> Self {
        Self { pool: vec![0; 4096], used: 4096 }
    }

    /// A number below `bound`, each as likely as the others.
    fn below(&mut self, bound: u64) -> u64 {
        let reject = u64::MAX - u64::MAX % bound;
        loop {
            let value = self.next();
            if value < reject {
                return value % bound;
            }
        }
    }

    fn next(&mut self) -> u64 {
        if self.used >= self.pool.len() {
            // The kernel's source of randomness does not fail.
            let _ = wcr_sys::random(&mut self.pool);
            self.used = 0;
        }
        let bytes = self.pool.get(self.used..self.used + 8).and_then(|bytes| bytes.first_chunk::<8>());
        self.used += 8;
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn faults() {
        for (args, message) in [
            (["-i", "3"], "shuf: bad range '3'\n"),
            (["-i", "3-1"], "shuf: bad range '3-1'\n"),
            (["-i", "5-"], "shuf: invalid number ''\n"),
            (["-n", "-1"], "shuf: invalid number '-1'\n"),
        ] {
            assert_eq!(run(&APPLET, &args), (1, String::new(), message.into()));
        }
    }

    #[test]
    fn every_line_comes_once() {
        let (code, out, _) = run(&APPLET, &["-i", "1-50"]);
        let mut numbers: Vec<u32> = out.lines().map(|line| line.parse().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!((code, numbers), (0, (1..=50).collect()));
        assert_eq!(run(&APPLET, &["-n", "2", "-e", "x"]).1, "x\n");
    }
}
