//! `df`: how full the file systems are.

use wcr_sys::abi::StatFs;
use wcr_sys::fs;

use crate::format::{decimal, left, right};
use crate::human::{human, human_whole};
use crate::mounts::{self, Mount};
use crate::number::suffixed;
use crate::options::{Parsed, Spec};
use crate::{Applet, Context, Quit, environ};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "df",
    "df [-PkmhTai] [-B SIZE] [-t TYPE] [FILESYSTEM]...\n\n\
     Print filesystem usage statistics\n\n\
     \t-P\tPOSIX output format\n\
     \t-k\t1024-byte blocks (default)\n\
     \t-m\t1M-byte blocks\n\
     \t-h\tHuman readable (e.g. 1K 243M 2G)\n\
     \t-T\tPrint filesystem type\n\
     \t-t TYPE\tPrint only mounts of this type\n\
     \t-a\tShow all filesystems\n\
     \t-i\tInodes\n\
     \t-B SIZE\tBlocksize",
    main,
);

const SPEC: Spec = Spec::short("kPTt:ahmiB:");

const UNITS: [(&[u8], u64); 12] = [
    (b"k", 1 << 10),
    (b"K", 1 << 10),
    (b"m", 1 << 20),
    (b"M", 1 << 20),
    (b"g", 1 << 30),
    (b"G", 1 << 30),
    (b"kiB", 1 << 10),
    (b"KiB", 1 << 10),
    (b"miB", 1 << 20),
    (b"MiB", 1 << 20),
    (b"giB", 1 << 30),
    (b"GiB", 1 << 30),
];

/// The columns of the first field; a longer name gets a line of its own.
const NAME_COLUMNS: usize = 20;

/// What is counted.
#[derive(Clone, Copy)]
enum Unit {
    Blocks(u64),
    Human,
    Inodes,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let unit = unit(ctx, &parsed)?;
    let posix = parsed.has(b'P');
    header(ctx, unit, posix, parsed.has(b'T'));
    let mounts = mounts::read().map_err(|error| ctx.die_errno(&[mounts::TABLE], error))?;
    let mut code = 0;
    let chosen: Vec<&Mount> = if parsed.operands.is_empty() {
        mounts.iter().collect()
    } else {
        let mut chosen = Vec::new();
        for path in &parsed.operands {
            match mount_of(path, &mounts) {
                Some(mount) => chosen.push(mount),
                None => {
                    ctx.complain(&[path, b": can't find mount point"]);
                    code = 1;
                }
            }
        }
        chosen
    };
    let named = !parsed.operands.is_empty();
    for mount in chosen {
        if parsed.value(b't').is_some_and(|kind| kind != mount.kind) {
            continue;
        }
        match fs::statfs(&mount.dir) {
            Ok(usage) if named || usage.blocks > 0 || parsed.has(b'a') => {
                row(ctx, mount, &usage, unit, posix, parsed.has(b'T'));
            }
            Ok(_) => {}
            Err(error) => {
                ctx.perror(&[&mount.dir], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn unit(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Unit, Quit> {
    if parsed.has(b'i') {
        return Ok(Unit::Inodes);
    }
    if parsed.has(b'h') {
        return Ok(Unit::Human);
    }
    Ok(Unit::Blocks(match parsed.last_of(b"kmB") {
        Some(b'm') => 1 << 20,
        Some(b'B') => size(ctx, parsed.value(b'B').unwrap_or_default())?,
        None if environ::var(b"POSIXLY_CORRECT").is_some() => 512,
        _ => 1024,
    }))
}

/// A number with a unit; a unit alone counts once.
fn size(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    let one = UNITS.iter().find(|(unit, _)| *unit == text).map(|(_, factor)| *factor);
    match one.or_else(|| suffixed(text, &UNITS)) {
        Some(0) => Err(ctx.die(&[b"number ", text, b" is not in 1..18446744073709551615 range"])),
        Some(size) => Ok(size),
        None => Err(ctx.die(&[b"invalid number '", text, b"'"])),
    }
}

fn header(ctx: &mut Context<'_>, unit: Unit, posix: bool, kinds: bool) {
    let mut line = b"Filesystem           ".to_vec();
    if kinds {
        line.extend_from_slice(b"Type       ");
    }
    match unit {
        Unit::Inodes => line.extend_from_slice(b"   Inodes      "),
        Unit::Human => line.extend_from_slice(b"     Size      "),
        Unit::Blocks(size) => {
            let size = if posix { decimal(size) } else { human_whole(size) };
            left(&mut line, &[size.as_slice(), b"-blocks"].concat(), 15);
        }
    }
    line.extend_from_slice(b"Used Available ");
    line.extend_from_slice(if posix { b"Capacity" } else { b"Use%" });
    line.extend_from_slice(b" Mounted on\n");
    ctx.put(&line);
}

fn row(ctx: &mut Context<'_>, mount: &Mount, usage: &StatFs, unit: Unit, posix: bool, kinds: bool) {
    let (total, free) = match unit {
        Unit::Inodes => (usage.files, usage.ffree),
        _ => (usage.blocks, usage.bfree),
    };
    let used = total.saturating_sub(free);
    let all = u128::from(used) + u128::from(free);
    let percent = if all == 0 { 0 } else { (u128::from(used) * 100 + all / 2) / all };
    let shown = |count: u64| match unit {
        Unit::Inodes => decimal(count),
        Unit::Human => human(count.saturating_mul(usage.bsize)),
        Unit::Blocks(size) => {
            let bytes = u128::from(count) * u128::from(usage.bsize) + u128::from(size / 2);
            decimal(u64::try_from(bytes / u128::from(size)).unwrap_or(u64::MAX))
        }
    };
    let mut line = Vec::new();
    left(&mut line, &mount.device, NAME_COLUMNS);
    let over = mount.device.len().saturating_sub(NAME_COLUMNS);
    match (over, posix) {
        (0, _) => {}
        // The real program moves the next field by what the name is too long.
        (over, true) => line.resize(line.len() + over, b' '),
        (_, false) => {
            line.push(b'\n');
            line.resize(line.len() + NAME_COLUMNS, b' ');
        }
    }
    if kinds {
        line.push(b' ');
        left(&mut line, &mount.kind, 10);
    }
    for count in [total, used, free] {
        line.push(b' ');
        right(&mut line, &shown(count), 9, b' ');
    }
    line.push(b' ');
    right(&mut line, &decimal(u64::try_from(percent).unwrap_or(u64::MAX)), 3, b' ');
    line.extend_from_slice(b"% ");
    line.extend_from_slice(&mount.dir);
    line.push(b'\n');
    ctx.put(&line);
}

/// The first mount of the file system that a file is in.
fn mount_of<'a>(path: &[u8], mounts: &'a [Mount]) -> Option<&'a Mount> {
    let by_name = mounts.iter().find(|mount| mount.device == path && path.starts_with(b"/dev/"));
    if by_name.is_some() {
        return by_name;
    }
    let stat = fs::stat(path).ok()?;
    if matches!(stat.mode.kind(), wcr_sys::abi::FileKind::BlockDevice | wcr_sys::abi::FileKind::CharDevice) {
        return None;
    }
    mounts.iter().find(|mount| fs::stat(&mount.dir).is_ok_and(|root| root.dev == stat.dev))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mount: &Mount, usage: &StatFs, unit: Unit, posix: bool, kinds: bool) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ctx = Context::new(&APPLET, &[], &mut out, &mut err);
        header(&mut ctx, unit, posix, kinds);
        row(&mut ctx, mount, usage, unit, posix, kinds);
        String::from_utf8(out).unwrap()
    }

    /// What the real program shows of a tmpfs of this size.
    #[test]
    fn tables_are_laid_out_as_by_the_real_program() {
        let usage = StatFs {
            kind: 0,
            bsize: 4096,
            blocks: 4608,
            bfree: 2281,
            files: 3_085_457,
            ffree: 3_085_455,
            namelen: 255,
        };
        let named = |len: usize| Mount {
            device: vec![b'7'; len],
            dir: b"/m".into(),
            kind: b"tmpfs".into(),
            options: Vec::new(),
        };
        assert_eq!(
            shown(&named(18), &usage, Unit::Blocks(1024), false, false),
            "Filesystem           1K-blocks      Used Available Use% Mounted on\n\
             777777777777777777       18432      9308      9124  50% /m\n"
        );
        assert_eq!(
            shown(&named(18), &usage, Unit::Blocks(3000), true, true),
            "Filesystem           Type       3000-blocks    Used Available Capacity Mounted on\n\
             777777777777777777   tmpfs           6291      3177      3114  50% /m\n"
        );
        assert_eq!(
            shown(&named(21), &usage, Unit::Human, false, true),
            "Filesystem           Type            Size      Used Available Use% Mounted on\n\
             777777777777777777777\n                     tmpfs          18.0M      9.1M      8.9M  50% /m\n"
        );
        assert_eq!(
            shown(&named(22), &usage, Unit::Inodes, true, false),
            "Filesystem              Inodes      Used Available Capacity Mounted on\n\
             7777777777777777777777     3085457         2   3085455   0% /m\n"
        );
    }

    #[test]
    fn block_sizes() {
        let size = |text: &[u8]| {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            super::size(&mut Context::new(&APPLET, &[], &mut out, &mut err), text)
                .map_err(|_| String::from_utf8(err).unwrap())
        };
        assert_eq!((size(b"2K"), size(b"m"), size(b"1KiB")), (Ok(2048), Ok(1 << 20), Ok(1024)));
        assert_eq!(size(b"1kB"), Err("df: invalid number '1kB'\n".into()));
        assert_eq!(size(b"0"), Err("df: number 0 is not in 1..18446744073709551615 range\n".into()));
    }
}
