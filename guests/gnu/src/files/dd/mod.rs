//! `dd`.

mod codes;
mod convert;
mod operands;

use applets::conversion::Conversion;
use applets::options::Parsed;
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{Errno, Fd, fd, fs, time};

use crate::Program;
use crate::program::STANDARD;
use crate::quote;
use convert::Converter;
use operands::{
    Amount, BLOCKS, EXCL, FDATASYNC, FSYNC, FULLBLOCK, Job, NOCREAT, NOERROR, NOTRUNC, SPARSE, SYNC, Status, UNBLOCK,
};

/// The program.
pub const PROGRAM: Program = Program::new(
    "dd",
    "[OPERAND]...\n  or:  dd OPTION",
    "Copies a file in blocks, and converts it on the way.",
    "",
    STANDARD,
    run,
)
.lacking("what a signal asks for on the way");

/// How much is passed over at a time where there is no seeking, in bytes.
const PASSED: usize = 64 << 10;

const SECOND: u64 = 1_000_000_000;

/// Whole and shorter blocks so far.
#[derive(Debug, Default, Clone, Copy)]
struct Blocks {
    whole: u64,
    part: u64,
}

impl Blocks {
    fn add(&mut self, whole: bool) {
        *(if whole { &mut self.whole } else { &mut self.part }) += 1;
    }
}

/// A copy that is under way.
struct Copy<'a> {
    job: Job<'a>,
    input: (Fd, Vec<u8>),
    output: (Fd, Vec<u8>),
    blocks_in: Blocks,
    blocks_out: Blocks,
    bytes: u64,
    start: u64,
    /// When a line about the progress is next due.
    due: u64,
    shown: bool,
    converter: Converter,
    /// Whether the last block was not written because it is all zeros.
    ends_in_hole: bool,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let job = operands::read(ctx, &parsed.operands)?;
    let input = open_input(ctx, &job)?;
    let output = open_output(ctx, &job)?;
    ctx.flush();
    let start = time::monotonic();
    let converter = Converter::new(&job);
    let mut copy = Copy {
        job,
        input,
        output,
        blocks_in: Blocks::default(),
        blocks_out: Blocks::default(),
        bytes: 0,
        start,
        due: start + SECOND,
        shown: false,
        converter,
        ends_in_hole: false,
    };
    let outcome = copy.all(ctx);
    copy.report(ctx);
    outcome.map(|fine| u8::from(!fine))
}

fn open_input(ctx: &mut Context<'_>, job: &Job<'_>) -> Result<(Fd, Vec<u8>), Quit> {
    let Some(path) = job.input else { return Ok((fd::STDIN, quote::as_needed(b"standard input"))) };
    match fs::open(path, job.iflags.open_flags().with(OpenFlags::RDONLY), 0) {
        Ok(file) => Ok((file, quote::as_needed(path))),
        Err(error) => Err(ctx.die_errno(&[b"failed to open ", &quote::always(path)], error)),
    }
}

fn open_output(ctx: &mut Context<'_>, job: &Job<'_>) -> Result<(Fd, Vec<u8>), Quit> {
    let Some(path) = job.output else { return Ok((fd::STDOUT, quote::as_needed(b"standard output"))) };
    let set = job.conversions;
    let seeks = job.seek != Amount::default();
    let mut flags = job.oflags.open_flags();
    if !set.has(NOCREAT) {
        flags = flags.with(OpenFlags::CREAT);
    }
    if set.has(EXCL) {
        flags = flags.with(OpenFlags::EXCL);
    }
    if !seeks && !set.has(NOTRUNC) {
        flags = flags.with(OpenFlags::TRUNC);
    }
    // Where there is no seeking, what is passed over is read.
    let opened = if seeks { fs::open(path, flags.with(OpenFlags::RDWR), 0o666) } else { Err(Errno::Acces) };
    let opened = opened.or_else(|_| fs::open(path, flags.with(OpenFlags::WRONLY), 0o666));
    let file = opened.map_err(|error| ctx.die_errno(&[b"failed to open ", &quote::always(path)], error))?;
    if seeks && !set.has(NOTRUNC) {
        let wrong: &[u8] = b"offset too large: cannot truncate to a length of";
        let len = (job.obs as u64).checked_mul(job.seek.blocks).and_then(|len| len.checked_add(job.seek.bytes));
        let Some(len) = len.filter(|len| i64::try_from(*len).is_ok()) else {
            let line = format!(" seek={} ({}-byte) blocks", job.seek.blocks, job.obs);
            return Err(ctx.die(&[wrong, line.as_bytes()]));
        };
        // Devices need not be cut.
        let regular = fd::stat(file).is_ok_and(|stat| stat.mode.kind() == FileKind::Regular);
        if let Err(error) = fd::truncate(file, len)
            && regular
        {
            let what = format!("failed to truncate to {len} bytes in output file ");
            return Err(ctx.die_errno(&[what.as_bytes(), &quote::always(path)], error));
        }
    }
    Ok((file, quote::as_needed(path)))
}

/// Reads once, or until the buffer is full or the input ends.
fn read(file: Fd, buffer: &mut [u8], full: bool) -> Result<usize, Errno> {
    let mut done = 0;
    loop {
        let count = match fd::read(file, buffer.get_mut(done..).unwrap_or_default()) {
            Err(Errno::Intr) => continue,
            result => result?,
        };
        done += count;
        if count == 0 || !full || done == buffer.len() {
            return Ok(done);
        }
    }
}

impl Copy<'_> {
    /// Copies it all; whether nothing was wrong.
    fn all(&mut self, ctx: &mut Context<'_>) -> Result<bool, Quit> {
        let mut fine = true;
        self.skip(ctx, &mut fine)?;
        self.seek(ctx)?;
        if self.job.count != Some(Amount::default()) {
            self.blocks(ctx, &mut fine)?;
        }
        if self.ends_in_hole {
            self.close_hole(ctx)?;
        }
        for (word, what) in [(FDATASYNC, &b"fdatasync failed for "[..]), (FSYNC, b"fsync failed for ")] {
            if self.job.conversions.has(word)
                && let Err(error) = fd::sync(self.output.0)
            {
                ctx.perror(&[what, &quote::always(&self.output.1)], error);
                fine = false;
            }
        }
        Ok(fine)
    }

    /// Passes over the start of the input: by seeking, or by reading where that is not possible.
    fn skip(&mut self, ctx: &mut Context<'_>, fine: &mut bool) -> Result<(), Quit> {
        let Amount { blocks, bytes } = self.job.skip;
        let offset = blocks.saturating_mul(self.job.ibs as u64).saturating_add(bytes);
        if offset == 0 {
            return Ok(());
        }
        let (file, name) = (self.input.0, self.input.1.clone());
        let cannot: &[u8] = b": cannot skip to specified offset";
        let too_far = |ctx: &mut Context<'_>, job: &Job<'_>| {
            if job.status != Status::Nothing {
                ctx.complain(&[&name, cannot]);
            }
        };
        if let Ok(here) = fd::seek(file, 0, fd::Whence::Current) {
            let moved = i64::try_from(offset).map_err(|_| Errno::Overflow);
            let moved = moved.and_then(|offset| fd::seek(file, offset, fd::Whence::Current));
            match moved {
                Ok(at) => {
                    let size = fd::stat(file).ok().filter(|stat| stat.mode.kind() == FileKind::Regular);
                    if size.is_some_and(|stat| stat.size > here && at > stat.size || stat.size == 0 && at > 0) {
                        too_far(ctx, &self.job);
                    }
                    return Ok(());
                }
                Err(error) => {
                    ctx.perror(&[&name, b": cannot skip"], error);
                    return Err(Quit(1));
                }
            }
        }
        let (mut left, mut block) = (offset, vec![0; PASSED.min(self.job.ibs.max(1))]);
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            match read(file, block.get_mut(..wanted).unwrap_or_default(), false) {
                Ok(0) => {
                    too_far(ctx, &self.job);
                    return Ok(());
                }
                Ok(count) => left -= count as u64,
                Err(error) => {
                    ctx.perror(&[b"error reading ", &quote::always(&name)], error);
                    *fine = false;
                    if !self.job.conversions.has(NOERROR) {
                        return Err(Quit(1));
                    }
                }
            }
        }
        Ok(())
    }

    /// Passes over the start of the output.
    fn seek(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let Amount { blocks, bytes } = self.job.seek;
        let offset = blocks.saturating_mul(self.job.obs as u64).saturating_add(bytes);
        if offset == 0 {
            return Ok(());
        }
        let moved = i64::try_from(offset).map_err(|_| Errno::Overflow);
        match moved.and_then(|offset| fd::seek(self.output.0, offset, fd::Whence::Current)) {
            Ok(_) => Ok(()),
            Err(error) => Err(ctx.die_errno(&[&self.output.1, b": cannot seek"], error)),
        }
    }

    fn blocks(&mut self, ctx: &mut Context<'_>, fine: &mut bool) -> Result<(), Quit> {
        let (ibs, obs) = (self.job.ibs, self.job.obs);
        let mut buffer = Vec::new();
        if buffer.try_reserve_exact(ibs).is_err() {
            let line = format!("memory exhausted by input buffer of size {ibs} bytes");
            return Err(ctx.die(&[line.as_bytes()]));
        }
        let mut gathered: Vec<u8> = Vec::new();
        let full = self.job.iflags.has(FULLBLOCK);
        let sync = self.job.conversions.has(SYNC);
        let records = self.job.conversions.has(BLOCKS) || self.job.conversions.has(UNBLOCK);
        loop {
            self.progress(ctx);
            let done = self.blocks_in.whole + self.blocks_in.part;
            let wanted = match self.job.count {
                Some(count) if done > count.blocks || done == count.blocks && count.bytes == 0 => break,
                Some(count) if done == count.blocks => count.bytes as usize,
                _ => ibs,
            };
            buffer.resize(wanted, 0);
            let count = match read(self.input.0, &mut buffer, full) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) => {
                    ctx.perror(&[b"error reading ", &quote::always(&self.input.1)], error);
                    *fine = false;
                    if !self.job.conversions.has(NOERROR) {
                        break;
                    }
                    self.report(ctx);
                    // The place that cannot be read is passed over, where that is possible.
                    let _ = fd::seek(self.input.0, ibs as i64, fd::Whence::Current);
                    wcr_sys::pace::steps(1 << 10);
                    if !sync {
                        continue;
                    }
                    0
                }
            };
            buffer.truncate(count);
            self.blocks_in.add(count == ibs);
            if sync {
                buffer.resize(ibs, if records { b' ' } else { 0 });
            }
            if !self.job.gathers {
                let len = buffer.len();
                self.write(ctx, &buffer, len == obs)?;
                continue;
            }
            self.converter.block(&mut gathered, &mut buffer);
            self.write_whole(ctx, &mut gathered)?;
        }
        self.converter.finish(&mut gathered);
        self.write_whole(ctx, &mut gathered)?;
        if !gathered.is_empty() {
            self.write(ctx, &gathered, false)?;
        }
        Ok(())
    }

    /// Writes the whole blocks of what was gathered.
    fn write_whole(&mut self, ctx: &mut Context<'_>, gathered: &mut Vec<u8>) -> Result<(), Quit> {
        let whole = gathered.len() - gathered.len() % self.job.obs;
        for block in gathered.get(..whole).unwrap_or_default().chunks(self.job.obs) {
            self.write(ctx, block, true)?;
        }
        gathered.drain(..whole);
        Ok(())
    }

    fn write(&mut self, ctx: &mut Context<'_>, block: &[u8], whole: bool) -> Result<(), Quit> {
        if self.job.conversions.has(SPARSE)
            && block.iter().all(|byte| *byte == 0)
            && fd::seek(self.output.0, block.len() as i64, fd::Whence::Current).is_ok()
        {
            self.ends_in_hole = true;
            self.blocks_out.add(whole);
            self.bytes += block.len() as u64;
            return Ok(());
        }
        self.ends_in_hole = false;
        let mut rest = block;
        while !rest.is_empty() {
            match fd::write(self.output.0, rest) {
                Ok(count) => {
                    self.bytes += count as u64;
                    rest = rest.get(count..).unwrap_or_default();
                }
                Err(Errno::Intr) => {}
                Err(error) => {
                    if rest.len() < block.len() {
                        self.blocks_out.add(false);
                    }
                    return Err(ctx.die_errno(&[b"error writing ", &quote::always(&self.output.1)], error));
                }
            }
        }
        self.blocks_out.add(whole);
        Ok(())
    }

    /// Gives the file the length that a hole at its end would have.
    fn close_hole(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let Ok(stat) = fd::stat(self.output.0) else { return Ok(()) };
        let end = fd::seek(self.output.0, 0, fd::Whence::Current).unwrap_or(0);
        if stat.mode.kind() == FileKind::Regular && stat.size < end {
            fd::truncate(self.output.0, end).map_err(|error| {
                let what = format!("failed to truncate to {end} bytes in output file ");
                ctx.die_errno(&[what.as_bytes(), &quote::always(&self.output.1)], error)
            })?;
        }
        Ok(())
    }

    fn progress(&mut self, ctx: &mut Context<'_>) {
        if self.job.status == Status::Progress && time::monotonic() >= self.due {
            let line = self.transfer(true);
            ctx.put_err(&[b"\r", line.as_bytes()].concat());
            self.shown = true;
            while self.due <= time::monotonic() {
                self.due += SECOND;
            }
        }
    }

    fn report(&mut self, ctx: &mut Context<'_>) {
        if self.job.status == Status::Nothing {
            return;
        }
        let line = |blocks: Blocks, what: &str| format!("{}+{} records {what}\n", blocks.whole, blocks.part);
        let mut text = if core::mem::take(&mut self.shown) { "\n".to_owned() } else { String::new() };
        text += &line(self.blocks_in, "in");
        text += &line(self.blocks_out, "out");
        match self.converter.truncated {
            0 => {}
            1 => text += "1 truncated record\n",
            count => text += &format!("{count} truncated records\n"),
        }
        if self.job.status != Status::Blocks {
            text += &self.transfer(false);
            text.push('\n');
        }
        ctx.put_err(text.as_bytes());
    }

    /// How much has been copied, and how fast.
    fn transfer(&self, whole_seconds: bool) -> String {
        let nanos = time::monotonic().saturating_sub(self.start);
        let mut text = if self.bytes == 1 { "1 byte".to_owned() } else { format!("{} bytes", self.bytes) };
        match self.bytes {
            0..1000 => {}
            1000..1024 => text += &format!(" ({})", amount(self.bytes, 1000)),
            bytes => text += &format!(" ({}, {})", amount(bytes, 1000), amount(bytes, 1024)),
        }
        let seconds = nanos as f64 / SECOND as f64;
        let mut shown = Vec::new();
        if whole_seconds {
            shown.extend_from_slice(format!("{seconds:.0}").as_bytes());
        } else {
            Conversion::default().float(&mut shown, b'g', seconds);
        }
        let rate = if nanos == 0 { "Infinity B".to_owned() } else { speed(self.bytes as f64 / seconds) };
        format!("{text} copied, {} s, {rate}/s", String::from_utf8_lossy(&shown))
    }
}

/// An amount with the unit that fits it, rounded to the nearest, with one decimal below ten.
fn amount(bytes: u64, base: u64) -> String {
    let letters: &[u8] = if base == 1000 { b" kMGTPE" } else { b" KMGTPE" };
    let (mut unit, mut power) = (1u128, 0);
    while u128::from(bytes) >= unit * u128::from(base) {
        unit *= u128::from(base);
        power += 1;
    }
    let nearest = |scale: u128| (u128::from(bytes) * scale * 2 + unit) / (unit * 2);
    let tenths = nearest(10);
    let number =
        if power > 0 && tenths < 100 { format!("{}.{}", tenths / 10, tenths % 10) } else { nearest(1).to_string() };
    let letter = char::from(letters.get(power).copied().unwrap_or(b'?'));
    let infix = if base == 1000 { "B" } else { "iB" };
    format!("{number} {letter}{infix}")
}

/// A speed in bytes a second, with three digits and the unit that fits it, `kB` at least.
fn speed(rate: f64) -> String {
    let (mut value, mut unit) = (rate / 1000.0, 0);
    while value >= 999.5 {
        value /= 1000.0;
        unit += 1;
    }
    let number = if value < 99.95 { format!("{value:.1}") } else { format!("{value:.0}") };
    format!("{number} {}B", char::from(b"kMGTPEZY".get(unit).copied().unwrap_or(b'?')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::testing::run;

    #[test]
    fn amounts() {
        assert_eq!(amount(1000, 1000), "1.0 kB");
        assert_eq!((amount(1_048_576, 1000), amount(1_048_576, 1024)), ("1.0 MB".into(), "1.0 MiB".into()));
        assert_eq!(amount(104_857_600, 1000), "105 MB");
        assert_eq!((speed(81_400.0), speed(0.0), speed(2.4e9)), ("81.4 kB".into(), "0.0 kB".into(), "2.4 GB".into()));
    }

    #[test]
    fn wrong_operands() {
        for (args, message) in [
            (["bs=0"], "dd: invalid number: '0'\n"),
            (["conv=ucase,lcase"], "dd: cannot combine lcase and ucase\n"),
            (
                ["bs=99999999999999999999"],
                "dd: invalid number: '99999999999999999999': Value too large for defined data type\n",
            ),
        ] {
            assert_eq!(run(&PROGRAM, &args), (1, String::new(), message.into()));
        }
    }
}
