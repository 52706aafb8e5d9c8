//! `du`: how much room files take.

use std::collections::BTreeSet;

use applets::core::paths::join;
use applets::core::time::Zone;
use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit, environ, glob};
use wcr_sys::abi::{FileKind, Stat, Timestamp};
use wcr_sys::fs;

use crate::Program;
use crate::dispatch::{try_help, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size::{self, Shown};
use crate::system::clock;

const APPARENT: u8 = 0x80;
const SI: u8 = 0x81;
const EXCLUDE: u8 = 0x82;
const INODES: u8 = 0x83;
const FILES: u8 = 0x84;
const TIME: u8 = 0x85;
const TIME_STYLE: u8 = 0x86;

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
);

/// The unit of sizes that nothing else asks for: 1024, or 512 where POSIX is to be followed.
fn default_unit() -> Shown {
    let posix = environ::var(b"POSIXLY_CORRECT").is_some();
    let named = [&b"BLOCK_SIZE"[..], b"BLOCKSIZE"].into_iter().find_map(environ::var);
    named
        .and_then(|text| Shown::from_block_size(&text).ok())
        .unwrap_or(Shown::Blocks(if posix { 512 } else { 1024 }, None))
}

pub(super) fn unit_of(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Shown, Quit> {
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
    times: Option<Times>,
    seen: BTreeSet<(u64, u64)>,
    end: u8,
    failed: bool,
}

fn du(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
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
        excluded: excluded(ctx, parsed)?,
        times: times(ctx, parsed)?,
        threshold,
        seen: BTreeSet::new(),
        end: if parsed.has(b'0') { 0 } else { b'\n' },
        failed: false,
    };
    let mut total = Sum::default();
    let named = named(ctx, parsed)?;
    let from_list = named.is_some();
    let paths = match named {
        Some(paths) => paths,
        None if parsed.operands.is_empty() => vec![b".".to_vec()],
        None => parsed.operands.clone(),
    };
    for (number, path) in (1..).zip(&paths) {
        if from_list && !may_be_named(ctx, parsed, path, number) {
            tally.failed = true;
            continue;
        }
        let follow = parsed.last_of(b"LDHP").is_some_and(|key| key != b'P');
        total.add(tally.add(ctx, path, 0, follow));
    }
    if parsed.has(b'c') {
        tally.print(ctx, total, b"total");
    }
    Ok(u8::from(tally.failed))
}

/// The patterns of what is left out: those of the command line and of files.
fn excluded(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Vec<Vec<u8>>, Quit> {
    let mut patterns = Vec::new();
    for (key, value) in &parsed.options {
        let value = value.as_deref().unwrap_or_default();
        match *key {
            EXCLUDE => patterns.push(value.to_vec()),
            b'X' => match Source::open(value).and_then(|source| fs::read_to_end(source.fd())) {
                Ok(text) => {
                    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                    patterns.extend(lines.map(<[u8]>::to_vec));
                }
                Err(error) => {
                    ctx.perror(&[&quote::as_needed(value)], error);
                    return Err(try_help(ctx, 1));
                }
            },
            _ => {}
        }
    }
    Ok(patterns)
}

/// The names that a file lists, where one does.
fn named(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Option<Vec<Vec<u8>>>, Quit> {
    let Some(list) = parsed.value(FILES) else { return Ok(None) };
    if let Some(first) = parsed.operands.first() {
        ctx.complain(&[b"extra operand ", &quote::always(first)]);
        ctx.put_err(b"file operands cannot be combined with --files0-from\n");
        return Err(try_help(ctx, 1));
    }
    let text = Source::open(list).and_then(|source| fs::read_to_end(source.fd()));
    let text = text.map_err(|error| ctx.die_errno(&[b"cannot open ", &quote::always(list), b" for reading"], error))?;
    let text = text.strip_suffix(b"\0").unwrap_or(&text);
    let names = text.split(|byte| *byte == 0).map(<[u8]>::to_vec);
    Ok(Some(if text.is_empty() { Vec::new() } else { names.collect() }))
}

/// Whether a name of a list can be that of a file; else that is told.
fn may_be_named(ctx: &mut Context<'_>, parsed: &Parsed, name: &[u8], number: usize) -> bool {
    let list = parsed.value(FILES).unwrap_or_default();
    if name == b"-" && list == b"-" {
        ctx.complain(&[b"when reading file names from stdin, no file name of ", &quote::always(name), b" allowed"]);
        return false;
    }
    if name.is_empty() {
        let place = [&quote::as_needed(list), b":".as_slice(), number.to_string().as_bytes()].concat();
        ctx.complain(&[&place, b": invalid zero-length file name"]);
        return false;
    }
    true
}

/// Which time of a file is shown, and how.
struct Times {
    of: fn(&Stat) -> Timestamp,
    format: Vec<u8>,
    zone: Zone,
}

fn times(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Option<Times>, Quit> {
    const KINDS: [(&[u8], fn(&Stat) -> Timestamp); 5] = [
        (b"atime", |stat| stat.atime),
        (b"access", |stat| stat.atime),
        (b"use", |stat| stat.atime),
        (b"ctime", |stat| stat.ctime),
        (b"status", |stat| stat.ctime),
    ];
    let mut of: fn(&Stat) -> Timestamp = |stat| stat.mtime;
    if let Some(word) = parsed.value(TIME) {
        let mut found = KINDS.iter().filter(|(name, _)| name.starts_with(word)).map(|(_, of)| *of);
        match found.next() {
            Some(first) if !word.is_empty() => of = first,
            _ => {
                let what: &[u8] = if word.is_empty() { b"ambiguous" } else { b"invalid" };
                ctx.complain(&[what, b" argument ", &quote::always(word), b" for ", &quote::always(b"--time")]);
                ctx.put_err(b"Valid arguments are:\n  - 'atime', 'access', 'use'\n  - 'ctime', 'status'\n");
                return Err(try_help(ctx, 1));
            }
        }
    }
    let named = parsed.value(TIME_STYLE).map(<[u8]>::to_vec).or_else(|| environ::var(b"TIME_STYLE"));
    let format = match named.as_deref() {
        None => b"%Y-%m-%d %H:%M".as_slice(),
        Some([b'+', format @ ..]) => format,
        Some(b"full-iso") => b"%Y-%m-%d %H:%M:%S.%N %z",
        Some(b"iso") => b"%Y-%m-%d",
        Some(b"long-iso") => b"%Y-%m-%d %H:%M",
        Some(_) if parsed.value(TIME_STYLE).is_none() => b"%Y-%m-%d %H:%M",
        Some(style) => {
            let style = quote::always(style);
            ctx.complain(&[b"invalid argument ", &style, b" for ", &quote::always(b"time style")]);
            ctx.put_err(b"Valid arguments are:\n  - 'full-iso'\n  - 'long-iso'\n  - 'iso'\n");
            return Err(try_help(ctx, 1));
        }
    };
    let shown = parsed.options.iter().any(|(key, _)| *key == TIME);
    Ok(shown.then(|| Times { of, format: format.to_vec(), zone: Zone::from_env() }))
}

/// What files take together, and the latest time of any of them.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    amount: u64,
    time: Option<Timestamp>,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.amount += other.amount;
        self.time = self.time.max(other.time);
    }
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

    fn print(&self, ctx: &mut Context<'_>, sum: Sum, name: &[u8]) {
        let amount = sum.amount;
        let mut text = if self.parsed.has(INODES) { applets::format::decimal(amount) } else { self.unit.show(amount) };
        text.push(b'\t');
        if let Some(times) = &self.times {
            clock::show(&mut text, &times.format, &times.zone, sum.time.unwrap_or_default());
            text.push(b'\t');
        }
        ctx.put(&[&text, name, &[self.end]].concat());
    }

    /// Adds up what is at `path`, prints what is to be seen, and returns the sum.
    fn add(&mut self, ctx: &mut Context<'_>, path: &[u8], level: usize, follow: bool) -> Sum {
        let base = applets::core::basename::last_component(path);
        if self
            .excluded
            .iter()
            .any(|pattern| glob::matches(pattern, base, false) || glob::matches(pattern, path, false))
        {
            return Sum::default();
        }
        let stat = match if follow { fs::stat(path) } else { fs::lstat(path) } {
            Ok(stat) => stat,
            Err(error) => {
                ctx.perror(&[b"cannot access ", &quote::always(path)], error);
                self.failed = true;
                return Sum::default();
            }
        };
        let is_dir = stat.mode.kind() == FileKind::Directory;
        let once = !self.parsed.has(b'l') && (is_dir || stat.nlink > 1) || level == 0;
        if once && !self.seen.insert((stat.dev, stat.ino)) {
            return Sum::default();
        }
        let own = Sum { amount: self.own(&stat), time: self.times.as_ref().map(|times| (times.of)(&stat)) };
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
                        let inner = self.add(ctx, &below, level + 1, self.parsed.last_of(b"LP") == Some(b'L'));
                        sum.add(inner);
                        if !self.parsed.has(b'S')
                            || fs::lstat(&below).is_ok_and(|inner| inner.mode.kind() != FileKind::Directory)
                        {
                            shown.add(inner);
                        }
                    }
                }
                Err(error) => {
                    ctx.perror(&[b"cannot read directory ", &quote::always(path)], error);
                    self.failed = true;
                }
            }
        }
        let fits = self
            .threshold
            .is_none_or(|(below, limit)| if below { shown.amount <= limit } else { shown.amount >= limit });
        if fits && level <= self.depth && (is_dir || self.parsed.has(b'a') || level == 0) {
            self.print(ctx, shown, path);
        }
        sum
    }
}
