//! `shred`.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{Errno, Fd, fd, fs};

use crate::Program;
use crate::dispatch::wrong_usage;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::random::Random;
use crate::size::{self, UNITS};

const REMOVE: u8 = 0x80;
const SOURCE: u8 = 0x81;

/// The program.
pub const PROGRAM: Program = Program::new(
    "shred",
    "[OPTION]... FILE...",
    "Overwrites files, so that what was in them cannot be found.",
    "fn:s:uvxz",
    &[
        ("exact", Takes::Nothing, b'x'),
        ("force", Takes::Nothing, b'f'),
        ("iterations", Takes::Value, b'n'),
        ("size", Takes::Value, b's'),
        ("random-source", Takes::Value, SOURCE),
        ("remove", Takes::OptionalValue, REMOVE),
        ("verbose", Takes::Nothing, b'v'),
        ("zero", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
)
.lacking("the order of the patterns is always the same");

/// How often a file is overwritten, unless it is said otherwise.
const PASSES: u64 = 3;

/// How much is written at a time: a multiple of three, so that patterns go on from block to block.
const BLOCK: usize = 3 << 14;

/// The patterns of three bytes, in the order in which passes use them: those that clear magnetic disks best come first.
const PATTERNS: [u32; 32] = [
    0x000000, 0xffffff, 0x555555, 0xaaaaaa, 0x249249, 0x492492, 0x6db6db, 0x924924, 0xb6db6d, 0xdb6db6, 0x111111,
    0x222222, 0x333333, 0x444444, 0x666666, 0x777777, 0x888888, 0x999999, 0xbbbbbb, 0xcccccc, 0xdddddd, 0xeeeeee,
    0x000fff, 0x924000, 0x492fff, 0x249000, 0x6dbfff, 0xb6d000, 0xdb6fff, 0x555000, 0xaaafff, 0x333000,
];

/// How a file is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    Keep,
    Unlink,
    /// After its name has been replaced.
    Wipe,
}

struct Job {
    passes: Vec<Option<u32>>,
    size: Option<u64>,
    exact: bool,
    force: bool,
    verbose: bool,
    removal: Removal,
    random: Random,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut count = PASSES;
    let (mut size, mut removal) = (None, Removal::Keep);
    for (key, value) in &parsed.options {
        let text = value.as_deref().unwrap_or_default();
        match *key {
            b'n' => count = size::parse_or_tell(ctx, text, b"", b"invalid number of passes", 1)?,
            b's' => size = Some(size::parse_or_tell(ctx, text, UNITS, b"invalid file size", 1)?),
            b'u' => removal = Removal::Wipe,
            REMOVE => {
                removal = match value.as_deref() {
                    None | Some(b"wipe" | b"wipesync") => Removal::Wipe,
                    Some(b"unlink") => Removal::Unlink,
                    Some(other) => {
                        let option = quote::locale(b"--remove");
                        ctx.complain(&[b"invalid argument ", &quote::locale(other), b" for ", &option]);
                        ctx.put_err(b"Valid arguments are:\n  - 'unlink'\n  - 'wipe'\n  - 'wipesync'\n");
                        return Err(crate::dispatch::try_help(ctx, 1));
                    }
                };
            }
            _ => {}
        }
    }
    if parsed.operands.is_empty() {
        return Err(wrong_usage(ctx, 1, &[b"missing file operand"]));
    }
    let mut passes = plan(count);
    if parsed.has(b'z') {
        passes.push(Some(0));
    }
    let random = Random::open(ctx, parsed.value(SOURCE))?;
    let exact = parsed.has(b'x');
    let mut job = Job { passes, size, exact, force: parsed.has(b'f'), verbose: parsed.has(b'v'), removal, random };
    let mut code = 0;
    for name in &parsed.operands {
        code |= u8::from(!job.file(ctx, name)?);
    }
    Ok(code)
}

/// The patterns of so many passes, `None` for random bytes: these come first and last, and between the others.
fn plan(count: u64) -> Vec<Option<u32>> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    // With few passes, there is nothing better than random bytes.
    if count <= 3 {
        return vec![None; count];
    }
    let random = (count / 10).max(2);
    let patterns = count - random.min(count);
    let mut passes: Vec<Option<u32>> = PATTERNS.iter().cycle().take(patterns).map(|pattern| Some(*pattern)).collect();
    for at in 0..random {
        let place = if random == 1 { 0 } else { at * (count - 1) / (random - 1) };
        passes.insert(place.min(passes.len()), None);
    }
    passes
}

impl Job {
    /// Overwrites a file, and removes it if that is asked for; whether all went well.
    fn file(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<bool, Quit> {
        let shown = quote::as_needed(name);
        if name == b"-" {
            let flags = fd::flags(fd::STDOUT).map_err(|error| ctx.die_errno(&[&shown, b": fcntl failed"], error))?;
            if flags.contains(OpenFlags::APPEND) {
                ctx.complain(&[&shown, b": cannot shred append-only file descriptor"]);
                return Ok(false);
            }
            return self.overwrite(ctx, fd::STDOUT, &shown);
        }
        let flags = OpenFlags::WRONLY.with(OpenFlags::NOCTTY).with(OpenFlags::CLOEXEC);
        let mut opened = fs::open(name, flags, 0);
        if opened == Err(Errno::Acces) && self.force && fs::chmod(name, 0o200).is_ok() {
            opened = fs::open(name, flags, 0);
        }
        let file = match opened {
            Ok(file) => file,
            Err(error) => {
                ctx.perror(&[&shown, b": failed to open for writing"], error);
                return Ok(false);
            }
        };
        let fine = self.overwrite(ctx, file, &shown)?;
        if let Err(error) = fd::close(file) {
            ctx.perror(&[&shown, b": failed to close"], error);
            return Ok(false);
        }
        if fine && self.removal != Removal::Keep {
            return Ok(self.remove(ctx, name, &shown));
        }
        Ok(fine)
    }

    fn overwrite(&mut self, ctx: &mut Context<'_>, file: Fd, shown: &[u8]) -> Result<bool, Quit> {
        let stat = match fd::stat(file) {
            Ok(stat) => stat,
            Err(error) => {
                ctx.perror(&[shown, b": fstat failed"], error);
                return Ok(false);
            }
        };
        let kind = stat.mode.kind();
        let wrong =
            kind == FileKind::CharDevice && fd::is_tty(file) || matches!(kind, FileKind::Fifo | FileKind::Socket);
        if wrong || kind == FileKind::CharDevice && self.size.is_none() {
            ctx.complain(&[shown, b": invalid file type"]);
            return Ok(false);
        }
        let block = u64::from(stat.blksize).max(1);
        let size = self.size.unwrap_or(if self.exact || kind != FileKind::Regular {
            stat.size
        } else {
            stat.size.next_multiple_of(block)
        });
        let count = self.passes.len();
        for at in 0..count {
            let pattern = self.passes.get(at).copied().flatten();
            if self.verbose {
                let what = pattern.map_or("random".to_owned(), |pattern| format!("{pattern:06x}"));
                let line = format!(": pass {}/{count} ({what})...", at + 1);
                ctx.complain(&[shown, line.as_bytes()]);
            }
            if let Err(error) = fd::seek(file, 0, fd::Whence::Set) {
                ctx.perror(&[shown, b": cannot rewind"], error);
                return Ok(false);
            }
            let mut buffer = vec![0; BLOCK];
            if let Some(pattern) = pattern {
                let [_, a, b, c] = pattern.to_be_bytes();
                buffer.iter_mut().zip([a, b, c].iter().cycle()).for_each(|(place, byte)| *place = *byte);
            }
            let mut left = size;
            while left > 0 {
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(BLOCK);
                let piece = buffer.get_mut(..len).unwrap_or_default();
                if pattern.is_none() {
                    self.random.fill(ctx, piece)?;
                }
                if let Err(error) = fd::write_all(file, piece) {
                    let place = format!(": error writing at offset {}", size - left);
                    ctx.perror(&[shown, place.as_bytes()], error);
                    return Ok(false);
                }
                left -= len as u64;
            }
            if let Err(error) = fd::sync(file)
                && !matches!(error, Errno::Inval | Errno::Notsup)
            {
                ctx.perror(&[shown, b": fdatasync failed"], error);
                return Ok(false);
            }
        }
        if self.removal != Removal::Keep
            && kind == FileKind::Regular
            && let Err(error) = fd::truncate(file, 0)
        {
            ctx.perror(&[shown, b": error truncating"], error);
            return Ok(false);
        }
        Ok(true)
    }

    /// Removes a file, after names that get shorter have taken the place of its own.
    fn remove(&self, ctx: &mut Context<'_>, name: &[u8], shown: &[u8]) -> bool {
        if self.verbose {
            ctx.complain(&[shown, b": removing"]);
        }
        let slash = name.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
        let (folder, base) = name.split_at(slash);
        let mut current = name.to_vec();
        let mut len = if self.removal == Removal::Wipe { base.len() } else { 0 };
        while len > 0 {
            let next = [folder, &vec![b'0'; len]].concat();
            // A name that is taken is left out.
            if fs::lstat(&next).is_err() && fs::rename(&current, &next).is_ok() {
                if self.verbose {
                    ctx.complain(&[&quote::as_needed(&current), b": renamed to ", &next]);
                }
                current = next;
            }
            len -= 1;
        }
        if let Err(error) = fs::unlink(&current) {
            ctx.perror(&[shown, b": failed to remove"], error);
            return false;
        }
        if self.verbose {
            ctx.complain(&[shown, b": removed"]);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::plan;

    #[test]
    fn random_passes_are_first_and_last() {
        assert_eq!(plan(3), [None, None, None]);
        let passes = plan(20);
        assert_eq!((passes.len(), passes[0], passes[19]), (20, None, None));
        assert_eq!(plan(40).iter().filter(|pass| pass.is_none()).count(), 4);
    }
}
