//! `du`, `df`: how much room files take, and how much there is.

use std::collections::BTreeSet;

use applets::core::paths::join;
use applets::format::{left, right};
use applets::options::{Parsed, Takes};
use applets::{Context, Quit, environ, glob, mounts};
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::fs;

use crate::Program;
use crate::dispatch::{try_help, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size::{self, Shown};

const APPARENT: u8 = 0x80;
const SI: u8 = 0x81;
const EXCLUDE: u8 = 0x82;
const INODES: u8 = 0x83;
const FILES: u8 = 0x84;
const TIME: u8 = 0x85;
const TIME_STYLE: u8 = 0x86;
const TOTAL: u8 = 0x87;
const OUTPUT: u8 = 0x88;
const SYNC: u8 = 0x89;

/// `du`.
pub const DU: Program = Program::new(
    "du",
    "[OPTION]... [FILE]...\n  or:  du [OPTION]... --files0-from=F",
    "Adds up the room that files take.",
    "0abd:chHklmst:xB:DLPSX:",
    &[
        ("all", Takes::Nothing, b'a'),
        ("apparent-size", Takes::Nothing, APPARENT),
        ("block-size", Takes::Value, b'B'),
        ("bytes", Takes::Nothing, b'b'),
        ("count-links", Takes::Nothing, b'l'),
        ("dereference", Takes::Nothing, b'L'),
        ("dereference-args", Takes::Nothing, b'D'),
        ("exclude", Takes::Value, EXCLUDE),
        ("exclude-from", Takes::Value, b'X'),
        ("files0-from", Takes::Value, FILES),
        ("human-readable", Takes::Nothing, b'h'),
        ("inodes", Takes::Nothing, INODES),
        ("si", Takes::Nothing, SI),
        ("max-depth", Takes::Value, b'd'),
        ("null", Takes::Nothing, b'0'),
        ("no-dereference", Takes::Nothing, b'P'),
        ("one-file-system", Takes::Nothing, b'x'),
        ("separate-dirs", Takes::Nothing, b'S'),
        ("summarize", Takes::Nothing, b's'),
        ("total", Takes::Nothing, b'c'),
        ("threshold", Takes::Value, b't'),
        ("time", Takes::OptionalValue, TIME),
        ("time-style", Takes::Value, TIME_STYLE),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    du,
)
.lacking("--time, --time-style, --files0-from, -X");

/// `df`.
pub const DF: Program = Program::new(
    "df",
    "[OPTION]... [FILE]...",
    "Prints how much room file systems have.",
    "aB:iF:hHklmPTt:vx:",
    &[
        ("all", Takes::Nothing, b'a'),
        ("block-size", Takes::Value, b'B'),
        ("inodes", Takes::Nothing, b'i'),
        ("human-readable", Takes::Nothing, b'h'),
        ("si", Takes::Nothing, b'H'),
        ("local", Takes::Nothing, b'l'),
        ("output", Takes::OptionalValue, OUTPUT),
        ("portability", Takes::Nothing, b'P'),
        ("print-type", Takes::Nothing, b'T'),
        ("sync", Takes::Nothing, SYNC),
        ("no-sync", Takes::Nothing, SYNC),
        ("total", Takes::Nothing, TOTAL),
        ("type", Takes::Value, b't'),
        ("exclude-type", Takes::Value, b'x'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    df,
)
.lacking("--output, --total");

/// The unit of sizes that nothing else asks for: 1024, or 512 where POSIX is to be followed.
fn default_unit() -> Shown {
    let posix = environ::var(b"POSIXLY_CORRECT").is_some();
    let named = [&b"BLOCK_SIZE"[..], b"BLOCKSIZE"].into_iter().find_map(environ::var);
    named
        .and_then(|text| Shown::from_block_size(&text).ok())
        .unwrap_or(Shown::Blocks(if posix { 512 } else { 1024 }, None))
}

fn unit_of(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Shown, Quit> {
    let mut unit = default_unit();
    for (key, value) in &parsed.options {
        unit = match *key {
            b'k' => Shown::Blocks(1024, None),
            b'm' if ctx.applet.name == "du" => Shown::Blocks(1 << 20, None),
            b'b' => Shown::Blocks(1, None),
            b'h' => Shown::Human,
            SI | b'H' if *key == SI || ctx.applet.name == "df" => Shown::Si,
            b'B' => {
                let text = value.as_deref().unwrap_or_default();
                Shown::from_block_size(text).map_err(|_| ctx.die(&[b"invalid -B argument ", &quote::locale(text)]))?
            }
            _ => unit,
        };
    }
    Ok(unit)
}

struct Tally<'a> {
    parsed: &'a Parsed,
    unit: Shown,
    apparent: bool,
    depth: usize,
    excluded: Vec<Vec<u8>>,
    threshold: Option<(bool, u64)>,
    seen: BTreeSet<(u64, u64)>,
    end: u8,
    failed: bool,
}

fn du(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.last_of(&[TIME, TIME_STYLE, FILES, b'X']).is_some() {
        return Err(ctx.die(&[b"this option is not supported here"]));
    }
    let mut depth = usize::MAX;
    if let Some(text) = parsed.value(b'd') {
        let Some(number) = applets::format::parse_decimal(text) else {
            return Err(wrong_usage(ctx, 1, &[b"invalid maximum depth ", &quote::locale(text)]));
        };
        depth = usize::try_from(number).unwrap_or(usize::MAX);
    }
    if parsed.has(b's') {
        if parsed.has(b'a') {
            return Err(wrong_usage(ctx, 1, &[b"cannot both summarize and show all entries"]));
        }
        if depth == 0 {
            ctx.complain(&[b"warning: summarizing is the same as using --max-depth=0"]);
        } else if depth != usize::MAX {
            let text = format!("warning: summarizing conflicts with --max-depth={depth}");
            ctx.complain(&[text.as_bytes()]);
            return Err(try_help(ctx, 1));
        }
        depth = 0;
    }
    let threshold = match parsed.value(b't') {
        None => None,
        Some(text) => {
            let (below, digits) = text.strip_prefix(b"-").map_or((false, text), |digits| (true, digits));
            Some((below, size::parse_or_tell(ctx, digits, size::UNITS, b"invalid --threshold argument", 1)?))
        }
    };
    let mut tally = Tally {
        parsed,
        unit: unit_of(ctx, parsed)?,
        apparent: parsed.has(APPARENT) || parsed.has(b'b'),
        depth,
        excluded: parsed
            .options
            .iter()
            .filter(|(key, _)| *key == EXCLUDE)
            .filter_map(|(_, value)| value.clone())
            .collect(),
        threshold,
        seen: BTreeSet::new(),
        end: if parsed.has(b'0') { 0 } else { b'\n' },
        failed: false,
    };
    let mut total = 0;
    let here = [b".".to_vec()];
    for path in if parsed.operands.is_empty() { &here[..] } else { &parsed.operands } {
        let follow = parsed.last_of(b"LDHP").is_some_and(|key| key != b'P');
        total += tally.add(ctx, path, 0, follow);
    }
    if parsed.has(b'c') {
        tally.print(ctx, total, b"total");
    }
    Ok(u8::from(tally.failed))
}

impl Tally<'_> {
    fn own(&self, stat: &Stat) -> u64 {
        if self.parsed.has(INODES) {
            1
        } else if self.apparent {
            if matches!(stat.mode.kind(), FileKind::Regular | FileKind::Symlink | FileKind::Directory) {
                stat.size
            } else {
                0
            }
        } else {
            stat.blocks * 512
        }
    }

    fn print(&self, ctx: &mut Context<'_>, amount: u64, name: &[u8]) {
        let text = if self.parsed.has(INODES) { applets::format::decimal(amount) } else { self.unit.show(amount) };
        ctx.put(&[&text[..], b"\t", name, &[self.end]].concat());
    }

    /// Adds up what is at `path`, prints what is to be seen, and returns the sum.
    fn add(&mut self, ctx: &mut Context<'_>, path: &[u8], level: usize, follow: bool) -> u64 {
        let base = applets::core::basename::last_component(path);
        if self
            .excluded
            .iter()
            .any(|pattern| glob::matches(pattern, base, false) || glob::matches(pattern, path, false))
        {
            return 0;
        }
        let stat = match if follow { fs::stat(path) } else { fs::lstat(path) } {
            Ok(stat) => stat,
            Err(error) => {
                ctx.perror(&[b"cannot access ", &quote::always(path)], error);
                self.failed = true;
                return 0;
            }
        };
        let is_dir = stat.mode.kind() == FileKind::Directory;
        let once = !self.parsed.has(b'l') && (is_dir || stat.nlink > 1) || level == 0;
        if once && !self.seen.insert((stat.dev, stat.ino)) {
            return 0;
        }
        let own = self.own(&stat);
        let mut sum = own;
        let mut shown = own;
        if is_dir {
            match fs::read_dir(path) {
                Ok(entries) => {
                    for entry in entries {
                        let below = join(path, &entry.name);
                        if self.parsed.has(b'x') && fs::lstat(&below).is_ok_and(|inner| inner.dev != stat.dev) {
                            continue;
                        }
                        let amount = self.add(ctx, &below, level + 1, self.parsed.last_of(b"LP") == Some(b'L'));
                        sum += amount;
                        if !self.parsed.has(b'S')
                            || fs::lstat(&below).is_ok_and(|inner| inner.mode.kind() != FileKind::Directory)
                        {
                            shown += amount;
                        }
                    }
                }
                Err(error) => {
                    ctx.perror(&[b"cannot read directory ", &quote::always(path)], error);
                    self.failed = true;
                }
            }
        }
        let fits = self.threshold.is_none_or(|(below, limit)| if below { shown <= limit } else { shown >= limit });
        if fits && level <= self.depth && (is_dir || self.parsed.has(b'a') || level == 0) {
            self.print(ctx, shown, path);
        }
        sum
    }
}

fn df(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.has(OUTPUT) || parsed.has(TOTAL) {
        return Err(ctx.die(&[b"this option is not supported here"]));
    }
    let unit = unit_of(ctx, parsed)?;
    let inodes = parsed.has(b'i');
    let all = match mounts::read() {
        Ok(all) => all,
        Err(error) => return Err(ctx.die_errno(&[b"cannot read table of mounted file systems"], error)),
    };
    let mut code = 0;
    let mut chosen = Vec::new();
    if parsed.operands.is_empty() {
        for mount in all {
            let wanted = |key: u8| {
                parsed.options.iter().any(|(given, value)| *given == key && value.as_deref() == Some(&mount.kind))
            };
            if parsed.has(b't') && !wanted(b't') || wanted(b'x') {
                continue;
            }
            let empty = fs::statfs(&mount.dir).is_ok_and(|system| system.blocks == 0);
            if parsed.has(b'a') || !empty {
                chosen.push(mount);
            }
        }
    } else {
        for path in &parsed.operands {
            let stat = match fs::stat(path) {
                Ok(stat) => stat,
                Err(error) => {
                    ctx.perror(&[&quote::as_needed(path)], error);
                    code = 1;
                    continue;
                }
            };
            let same = |dir: &[u8]| fs::stat(dir).is_ok_and(|other| other.dev == stat.dev);
            chosen.extend(all.iter().rev().find(|mount| same(&mount.dir)).cloned());
        }
    }
    if chosen.is_empty() {
        if code == 0 {
            ctx.complain(&[b"no file systems processed"]);
        }
        return Ok(1);
    }
    let rows = chosen.iter().filter_map(|mount| row(parsed, unit, inodes, mount)).collect::<Vec<_>>();
    table(ctx, &headers(parsed, unit, inodes), &rows);
    Ok(code)
}

fn headers(parsed: &Parsed, unit: Shown, inodes: bool) -> Vec<Vec<u8>> {
    let posix = parsed.has(b'P');
    let size: Vec<u8> = match unit {
        _ if inodes => b"Inodes".to_vec(),
        Shown::Human | Shown::Si => b"Size".to_vec(),
        Shown::Blocks(size, _) if posix => format!("{size}-blocks").into_bytes(),
        Shown::Blocks(1024, _) => b"1K-blocks".to_vec(),
        Shown::Blocks(size, _) if size.is_power_of_two() && size > 1024 => {
            let unit = (size.ilog2() / 10) as usize;
            let letter = b"KMGTPE".get(unit.saturating_sub(1)).copied().unwrap_or(b'?');
            format!("{}{}-blocks", size >> (unit * 10), char::from(letter)).into_bytes()
        }
        Shown::Blocks(size, _) => format!("{size}B-blocks").into_bytes(),
    };
    let (used, free, percent): (&[u8], &[u8], &[u8]) = match (inodes, posix, unit) {
        (true, ..) => (b"IUsed", b"IFree", b"IUse%"),
        (false, true, Shown::Blocks(..)) => (b"Used", b"Available", b"Capacity"),
        (false, _, Shown::Human | Shown::Si) => (b"Used", b"Avail", b"Use%"),
        _ => (b"Used", b"Available", b"Use%"),
    };
    let mut row = vec![b"Filesystem".to_vec()];
    row.extend(parsed.has(b'T').then(|| b"Type".to_vec()));
    row.extend([size, used.to_vec(), free.to_vec(), percent.to_vec(), b"Mounted on".to_vec()]);
    row
}

fn row(parsed: &Parsed, unit: Shown, inodes: bool, mount: &mounts::Mount) -> Option<Vec<Vec<u8>>> {
    let system = fs::statfs(&mount.dir).ok()?;
    let (total, free, scale) =
        if inodes { (system.files, system.ffree, 1) } else { (system.blocks, system.bfree, system.bsize) };
    let used = total.saturating_sub(free);
    let show = |amount: u64| {
        if inodes && matches!(unit, Shown::Blocks(..)) {
            applets::format::decimal(amount)
        } else {
            unit.show(amount.saturating_mul(scale))
        }
    };
    let percent = match u128::from(used) + u128::from(free) {
        0 => b"-".to_vec(),
        all => format!("{}%", (u128::from(used) * 100).div_ceil(all)).into_bytes(),
    };
    let mut row = vec![mount.device.clone()];
    row.extend(parsed.has(b'T').then(|| mount.kind.clone()));
    row.extend([show(total), show(used), show(free), percent, mount.dir.clone()]);
    Some(row)
}

/// The least width of the first column and of the numbers.
const LEAST: [usize; 2] = [14, 5];

fn table(ctx: &mut Context<'_>, headers: &[Vec<u8>], rows: &[Vec<Vec<u8>>]) {
    let typed = headers.len() == 7;
    let last = headers.len() - 1;
    let is_left = |column: usize| column == 0 || column == last || typed && column == 1;
    let widths: Vec<usize> = (0..headers.len())
        .map(|column| {
            let longest = rows
                .iter()
                .chain([&headers.to_vec()])
                .filter_map(|row| row.get(column))
                .map(Vec::len)
                .max()
                .unwrap_or(0);
            let percent = column == last - 1;
            let least = if column == 0 {
                LEAST[0]
            } else if is_left(column) || percent {
                4
            } else {
                LEAST[1]
            };
            longest.max(least)
        })
        .collect();
    for row in [&headers.to_vec()].into_iter().chain(rows) {
        let mut line = Vec::new();
        for (column, text) in row.iter().enumerate() {
            if column > 0 {
                line.push(b' ');
            }
            let width = widths.get(column).copied().unwrap_or(0);
            if column == last {
                line.extend_from_slice(text);
            } else if is_left(column) {
                left(&mut line, text, width);
            } else {
                right(&mut line, text, width, b' ');
            }
        }
        line.push(b'\n');
        ctx.put(&line);
    }
}
