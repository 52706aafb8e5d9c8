//! `dd`: copies blocks of a file.

use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::fd::{self, Whence};
use wcr_sys::{Errno, Fd, fs};

use crate::format::decimal;
use crate::number::suffixed;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "dd",
    "dd [if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]\n\
     \t[conv=notrunc|noerror|sync|fsync]\n\
     \t[iflag=skip_bytes|count_bytes|fullblock|direct] [oflag=seek_bytes|append|direct]\n\n\
     Copy a file with converting and formatting\n\n\
     \tif=FILE\t\tRead from FILE instead of stdin\n\
     \tof=FILE\t\tWrite to FILE instead of stdout\n\
     \tbs=N\t\tRead and write N bytes at a time\n\
     \tibs=N\t\tRead N bytes at a time\n\
     \tobs=N\t\tWrite N bytes at a time\n\
     \tcount=N\t\tCopy only N input blocks\n\
     \tskip=N\t\tSkip N input blocks\n\
     \tseek=N\t\tSkip N output blocks\n\
     \tconv=notrunc\tDon't truncate output file\n\
     \tconv=noerror\tContinue after read errors\n\
     \tconv=sync\tPad blocks with zeros\n\
     \tconv=fsync\tPhysically write data out before finishing\n\
     \tconv=swab\tSwap every pair of bytes\n\
     \tiflag=skip_bytes\tskip=N is in bytes\n\
     \tiflag=count_bytes\tcount=N is in bytes\n\
     \toflag=seek_bytes\tseek=N is in bytes\n\
     \tiflag=direct\tO_DIRECT input\n\
     \toflag=direct\tO_DIRECT output\n\
     \tiflag=fullblock\tRead full blocks\n\
     \toflag=append\tOpen output in append mode\n\
     \tstatus=noxfer\tSuppress rate output\n\
     \tstatus=none\tSuppress all output\n\n\
     N may be suffixed by c (1), w (2), b (512), kB (1000), k (1024), MB, M, GB, G",
    main,
);

const UNITS: [(&[u8], u64); 15] = [
    (b"c", 1),
    (b"w", 2),
    (b"b", 512),
    (b"kB", 1000),
    (b"kD", 1000),
    (b"KB", 1000),
    (b"KD", 1000),
    (b"k", 1 << 10),
    (b"K", 1 << 10),
    (b"MB", 1_000_000),
    (b"MD", 1_000_000),
    (b"M", 1 << 20),
    (b"GB", 1_000_000_000),
    (b"GD", 1_000_000_000),
    (b"G", 1 << 30),
];

/// A block, unless another length is asked for, in bytes.
const BLOCK: u64 = 512;

/// From this length on there is no memory for a block, in bytes.
const BLOCK_MAX: u64 = 1 << 40;

/// The words of `conv=`, `iflag=` and `oflag=`, each a bit of a set of its own.
const CONVERSIONS: &[&[u8]] = &[b"notrunc", b"sync", b"noerror", b"fsync", b"swab"];
const NOTRUNC: u8 = 1;
const SYNC: u8 = 2;
const NOERROR: u8 = 4;
const FSYNC: u8 = 8;
const SWAB: u8 = 16;
const INPUT_FLAGS: &[&[u8]] = &[b"skip_bytes", b"count_bytes", b"fullblock", b"direct"];
const SKIP_BYTES: u8 = 1;
const COUNT_BYTES: u8 = 2;
const FULLBLOCK: u8 = 4;
const OUTPUT_FLAGS: &[&[u8]] = &[b"seek_bytes", b"append", b"direct"];
const SEEK_BYTES: u8 = 1;
const APPEND: u8 = 2;

/// What is asked for.
struct Job<'a> {
    input: Option<&'a [u8]>,
    output: Option<&'a [u8]>,
    ibs: u64,
    obs: u64,
    count: Option<u64>,
    skip: u64,
    seek: u64,
    conversions: u8,
    iflags: u8,
    oflags: u8,
    quiet: bool,
}

/// Whole and shorter blocks so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Blocks {
    whole: u64,
    part: u64,
}

impl Blocks {
    fn add(&mut self, whole: bool) {
        *(if whole { &mut self.whole } else { &mut self.part }) += 1;
    }
}

/// An end of the copy.
struct End<'a> {
    name: &'a [u8],
    fd: Fd,
    blocks: Blocks,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let args = ctx.args;
    let job = parse(ctx, args)?;
    ctx.flush();
    let mut buffer = Vec::new();
    let fits = |buffer: &mut Vec<u8>| {
        // Memory for a block that is never read is not missed.
        let len = if job.count == Some(0) && job.skip == 0 { 0 } else { job.ibs.max(job.obs) };
        usize::try_from(len).is_ok_and(|len| buffer.try_reserve_exact(len).is_ok())
    };
    if job.ibs.max(job.obs) >= BLOCK_MAX || !fits(&mut buffer) {
        return Err(ctx.die(&[b"out of memory"]));
    }
    let mut input = open_input(ctx, &job)?;
    let mut output = open_output(ctx, &job)?;
    skip(ctx, &job, &mut input, &mut buffer)?;
    let outcome = copy(ctx, &job, &mut input, &mut output, buffer)?;
    if outcome.is_ok() && job.conversions & FSYNC != 0 {
        fd::sync(output.fd).map_err(|error| ctx.die_errno(&[output.name], error))?;
    }
    if !job.quiet {
        let line = |blocks: Blocks, what| format!("{}+{} records {what}\n", blocks.whole, blocks.part);
        ctx.put_err((line(input.blocks, "in") + &line(output.blocks, "out")).as_bytes());
    }
    Ok(u8::from(outcome.is_err()))
}

fn parse<'a>(ctx: &mut Context<'_>, args: &'a [Vec<u8>]) -> Result<Job<'a>, Quit> {
    let mut job = Job {
        input: None,
        output: None,
        ibs: BLOCK,
        obs: BLOCK,
        count: None,
        skip: 0,
        seek: 0,
        conversions: 0,
        iflags: 0,
        oflags: 0,
        quiet: false,
    };
    for arg in args.iter().filter(|arg| *arg != b"--") {
        let Some(at) = arg.iter().position(|byte| *byte == b'=') else { return Err(ctx.usage()) };
        let (key, value) = (arg.get(..at).unwrap_or_default(), arg.get(at + 1..).unwrap_or_default());
        match key {
            b"if" => job.input = Some(value),
            b"of" => job.output = Some(value),
            b"bs" => {
                job.ibs = block(ctx, value)?;
                job.obs = job.ibs;
            }
            b"ibs" => job.ibs = block(ctx, value)?,
            b"obs" => job.obs = block(ctx, value)?,
            b"count" => job.count = Some(number(ctx, value)?),
            b"skip" => job.skip = number(ctx, value)?,
            b"seek" => job.seek = number(ctx, value)?,
            b"conv" => job.conversions |= words(ctx, key, value, CONVERSIONS)?,
            b"iflag" => job.iflags |= words(ctx, key, value, INPUT_FLAGS)?,
            b"oflag" => job.oflags |= words(ctx, key, value, OUTPUT_FLAGS)?,
            b"status" => match value {
                b"none" => job.quiet = true,
                b"noxfer" => {}
                _ => return Err(invalid(ctx, key, value)),
            },
            _ => return Err(ctx.usage()),
        }
    }
    Ok(job)
}

fn number(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    suffixed(text, &UNITS).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))
}

fn block(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    let len = number(ctx, text)?;
    if len == 0 || i64::try_from(len).is_err() {
        return Err(ctx.die(&[b"number ", text, b" is not in 1..9223372036854775807 range"]));
    }
    Ok(len)
}

/// The set of the words in a list with commas.
fn words(ctx: &mut Context<'_>, key: &[u8], list: &[u8], known: &[&[u8]]) -> Result<u8, Quit> {
    let mut set = 0;
    for word in list.split(|byte| *byte == b',') {
        let Some(at) = known.iter().position(|known| *known == word) else { return Err(invalid(ctx, key, word)) };
        set |= 1 << at;
    }
    Ok(set)
}

fn invalid(ctx: &mut Context<'_>, key: &[u8], word: &[u8]) -> Quit {
    ctx.die(&[b"invalid argument '", word, b"' to '", key, b"'"])
}

fn open_input<'a>(ctx: &mut Context<'_>, job: &Job<'a>) -> Result<End<'a>, Quit> {
    let fd = match job.input {
        Some(path) => fs::open(path, OpenFlags::RDONLY, 0)
            .map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?,
        None => fd::STDIN,
    };
    Ok(End { name: job.input.unwrap_or(b"standard input"), fd, blocks: Blocks::default() })
}

fn open_output<'a>(ctx: &mut Context<'_>, job: &Job<'a>) -> Result<End<'a>, Quit> {
    let keep = job.conversions & NOTRUNC != 0;
    // As for the real program, what is too large wraps, and the kernel refuses it or not.
    let offset = if job.oflags & SEEK_BYTES != 0 { job.seek } else { job.seek.wrapping_mul(job.obs) };
    let Some(path) = job.output else {
        if job.seek > 0 {
            forward(ctx, fd::STDOUT, b"standard output", offset)?;
        }
        return Ok(End { name: b"standard output", fd: fd::STDOUT, blocks: Blocks::default() });
    };
    let mut flags = OpenFlags::WRONLY.with(OpenFlags::CREAT);
    if job.seek == 0 && !keep {
        flags = flags.with(OpenFlags::TRUNC);
    }
    if job.oflags & APPEND != 0 {
        flags = flags.with(OpenFlags::APPEND);
    }
    let file = fs::open(path, flags, 0o666).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
    if job.seek > 0 {
        if !keep && let Err(error) = cut(file, offset) {
            return Err(ctx.die_errno(&[path], error));
        }
        forward(ctx, file, path, offset)?;
    }
    Ok(End { name: path, fd: file, blocks: Blocks::default() })
}

/// Cuts a file to `len` bytes; devices need not be cut.
fn cut(file: Fd, len: u64) -> Result<(), Errno> {
    let cut = if i64::try_from(len).is_ok() { fd::truncate(file, len) } else { Err(Errno::Inval) };
    match fd::stat(file) {
        Ok(stat) if !matches!(stat.mode.kind(), FileKind::Regular | FileKind::Directory) => Ok(()),
        _ => cut,
    }
}

fn forward(ctx: &mut Context<'_>, file: Fd, name: &[u8], offset: u64) -> Result<(), Quit> {
    let moved = fd::seek(file, offset.cast_signed(), Whence::Current);
    moved.map(drop).map_err(|error| ctx.die_errno(&[name], error))
}

/// Passes over the start of the input: by seeking, or by reading blocks where that is not possible.
fn skip(ctx: &mut Context<'_>, job: &Job<'_>, input: &mut End<'_>, buffer: &mut Vec<u8>) -> Result<(), Quit> {
    let bytes = job.iflags & SKIP_BYTES != 0;
    let offset = if bytes { job.skip } else { job.skip.wrapping_mul(job.ibs) };
    if job.skip == 0 || fd::seek(input.fd, offset.cast_signed(), Whence::Current).is_ok() {
        return Ok(());
    }
    let mut left = job.skip;
    while left > 0 {
        buffer.resize(length(if bytes { job.ibs.min(left) } else { job.ibs }), 0);
        match read(input.fd, buffer, job.iflags & FULLBLOCK != 0) {
            Ok(0) => break,
            Ok(count) => left -= if bytes { count as u64 } else { 1 },
            Err(error) => return Err(ctx.die_errno(&[input.name], error)),
        }
    }
    Ok(())
}

/// The length of a block for which there is memory.
fn length(block: u64) -> usize {
    usize::try_from(block).unwrap_or(usize::MAX)
}

/// Copies the blocks. The inner error: something could not be written, and this was said.
fn copy(
    ctx: &mut Context<'_>,
    job: &Job<'_>,
    input: &mut End<'_>,
    output: &mut End<'_>,
    mut buffer: Vec<u8>,
) -> Result<Result<(), Errno>, Quit> {
    let by_bytes = job.iflags & COUNT_BYTES != 0;
    let mut left = job.count.unwrap_or(u64::MAX);
    // Input that does not make an output block yet, where the blocks have different lengths.
    let mut gathered = Vec::new();
    let (ibs, obs) = (length(job.ibs), length(job.obs));
    // The length of the last block, where that was odd: nothing may follow its last byte.
    let mut odd = None;
    while left > 0 {
        buffer.resize(if by_bytes { length(job.ibs.min(left)) } else { ibs }, 0);
        let count = match read(input.fd, &mut buffer, job.iflags & FULLBLOCK != 0) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => {
                ctx.perror(&[input.name], error);
                if job.conversions & NOERROR == 0 {
                    return Err(Quit(1));
                }
                0
            }
        };
        input.blocks.add(count == ibs);
        if job.count.is_some() {
            left -= if by_bytes { count as u64 } else { 1 };
        }
        buffer.truncate(count);
        if job.conversions & SWAB != 0 {
            if let Some(len) = odd {
                return Err(ctx.die(&[b"can't swab ", &decimal(len), b" byte buffer"]));
            }
            odd = (count % 2 == 1).then_some(count as u64);
            buffer.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
        if job.conversions & SYNC != 0 {
            buffer.resize(ibs, 0);
        }
        if ibs == obs {
            if let Err(error) = write(ctx, output, &buffer, obs) {
                return Ok(Err(error));
            }
            continue;
        }
        gathered.extend_from_slice(&buffer);
        let whole = gathered.len() - gathered.len() % obs;
        for block in gathered.get(..whole).unwrap_or_default().chunks(obs) {
            if let Err(error) = write(ctx, output, block, obs) {
                return Ok(Err(error));
            }
        }
        gathered.drain(..whole);
    }
    if gathered.is_empty() {
        return Ok(Ok(()));
    }
    Ok(write(ctx, output, &gathered, obs))
}

/// Reads once, or until the buffer is full or the input ends.
fn read(file: Fd, buffer: &mut [u8], full: bool) -> Result<usize, Errno> {
    let mut done = 0;
    loop {
        let count = fd::read(file, buffer.get_mut(done..).unwrap_or_default())?;
        done += count;
        if count == 0 || !full || done == buffer.len() {
            return Ok(done);
        }
    }
}

fn write(ctx: &mut Context<'_>, output: &mut End<'_>, block: &[u8], obs: usize) -> Result<(), Errno> {
    let written = fd::write_all(output.fd, block);
    match written {
        Ok(()) => output.blocks.add(block.len() == obs),
        Err(error) => ctx.perror(&[b"error writing '", output.name, b"'"], error),
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn wrong_operands_are_told() {
        for (args, message) in [
            (&["conv=notrunc,"][..], "dd: invalid argument '' to 'conv'\n"),
            (&["status=none,noxfer"], "dd: invalid argument 'none,noxfer' to 'status'\n"),
            (&["bs=0"], "dd: number 0 is not in 1..9223372036854775807 range\n"),
            (&["obs=x", "ibs=0"], "dd: invalid number 'x'\n"),
            (&["count=1T"], "dd: invalid number '1T'\n"),
            (&["count=18446744073709551616"], "dd: invalid number '18446744073709551616'\n"),
        ] {
            assert_eq!(run(&APPLET, args), (1, String::new(), message.into()), "{args:?}");
        }
        for args in [["foo"], ["foo=bar"], ["-x"]] {
            let (code, out, err) = run(&APPLET, &args);
            assert!(code == 1 && out.is_empty() && err.starts_with("BusyBox v1.35.0"), "{args:?}: {err}");
        }
    }

    #[test]
    fn later_operands_win() {
        let args: Vec<Vec<u8>> = ["ibs=2", "bs=3", "obs=4", "skip=1k", "conv=sync,swab", "--", "count=2w"]
            .map(|arg| arg.as_bytes().to_vec())
            .into();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let job = parse(&mut Context::new(&APPLET, &args, &mut out, &mut err), &args);
        let job = job.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&err)));
        assert_eq!((job.ibs, job.obs, job.skip, job.count), (3, 4, 1024, Some(4)));
        assert_eq!(job.conversions, SYNC | SWAB);
    }
}
