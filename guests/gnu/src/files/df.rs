//! `df`: how much room file systems have.

use applets::format::{decimal, left, right};
use applets::options::{Parsed, Takes};
use applets::{Context, Quit, mounts};
use wcr_sys::abi::StatFs;
use wcr_sys::fs;

use super::usage::unit_of;
use crate::Program;
use crate::dispatch::wrong_usage;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size::Shown;

const TOTAL: u8 = 0x87;
const OUTPUT: u8 = 0x88;
const SYNC: u8 = 0x89;

/// `df`.
pub const PROGRAM: Program = Program::new(
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
);

/// What a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Source,
    Type,
    Inodes,
    InodesUsed,
    InodesFree,
    InodesPercent,
    Size,
    Used,
    Free,
    Percent,
    File,
    Target,
}

use Field::{File, Free, Inodes, InodesFree, InodesPercent, InodesUsed, Percent, Size, Source, Target, Type, Used};

/// The columns as `--output` names them, in the order in which it shows all.
const FIELDS: [(&[u8], Field); 12] = [
    (b"source", Source),
    (b"fstype", Type),
    (b"itotal", Inodes),
    (b"iused", InodesUsed),
    (b"iavail", InodesFree),
    (b"ipcent", InodesPercent),
    (b"size", Size),
    (b"used", Used),
    (b"avail", Free),
    (b"pcent", Percent),
    (b"file", File),
    (b"target", Target),
];

impl Field {
    /// Whether it is a text rather than a number.
    fn is_text(self) -> bool {
        matches!(self, Source | Type | File | Target)
    }

    /// How wide it is at least.
    fn least(self) -> usize {
        match self {
            Source => 14,
            Type | File | Percent | InodesPercent => 4,
            Target => 0,
            _ => 5,
        }
    }
}

/// A file system, or all together.
#[derive(Debug, Default)]
struct Line {
    source: Vec<u8>,
    kind: Vec<u8>,
    target: Vec<u8>,
    file: Vec<u8>,
    inodes: (u64, u64),
    bytes: (u64, u64),
}

impl Line {
    fn of(mount: &mounts::Mount, file: &[u8], system: &StatFs) -> Self {
        Self {
            source: mount.device.clone(),
            kind: mount.kind.clone(),
            target: mount.dir.clone(),
            file: file.to_vec(),
            inodes: (system.files, system.ffree),
            bytes: (system.blocks.saturating_mul(system.bsize), system.bfree.saturating_mul(system.bsize)),
        }
    }

    /// All of these together; its name stands in the first column that has names.
    fn total(lines: &[Self], fields: &[Field]) -> Self {
        let names = if fields.contains(&Source) { Source } else { Target };
        let name = |field: Field| if field == names { b"total".to_vec() } else { b"-".to_vec() };
        let add =
            |of: fn(&Self) -> (u64, u64)| lines.iter().map(of).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Self {
            source: name(Source),
            kind: b"-".to_vec(),
            target: name(Target),
            file: b"-".to_vec(),
            inodes: add(|line| line.inodes),
            bytes: add(|line| line.bytes),
        }
    }

    fn text(&self, field: Field, unit: Shown) -> Vec<u8> {
        let count = |amount: u64| if matches!(unit, Shown::Blocks(..)) { decimal(amount) } else { unit.show(amount) };
        let used = |(total, free): (u64, u64)| total.saturating_sub(free);
        let percent = |amounts: (u64, u64)| match u128::from(used(amounts)) + u128::from(amounts.1) {
            0 => b"-".to_vec(),
            all => format!("{}%", (u128::from(used(amounts)) * 100).div_ceil(all)).into_bytes(),
        };
        match field {
            Source => self.source.clone(),
            Type => self.kind.clone(),
            File => self.file.clone(),
            Target => self.target.clone(),
            Inodes => count(self.inodes.0),
            InodesUsed => count(used(self.inodes)),
            InodesFree => count(self.inodes.1),
            InodesPercent => percent(self.inodes),
            Size => unit.show(self.bytes.0),
            Used => unit.show(used(self.bytes)),
            Free => unit.show(self.bytes.1),
            Percent => percent(self.bytes),
        }
    }
}

fn df(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let fields = fields(ctx, parsed)?;
    let unit = unit_of(ctx, parsed)?;
    let all = match mounts::read() {
        Ok(all) => all,
        Err(error) => return Err(ctx.die_errno(&[b"cannot read table of mounted file systems"], error)),
    };
    let (mut code, mut lines) = (0, Vec::new());
    let mut add = |mount: &mounts::Mount, file: &[u8]| {
        lines.extend(fs::statfs(&mount.dir).ok().map(|system| Line::of(mount, file, &system)));
    };
    if parsed.operands.is_empty() {
        for mount in &all {
            let wanted = |key: u8| {
                parsed.options.iter().any(|(given, value)| *given == key && value.as_deref() == Some(&mount.kind))
            };
            if parsed.has(b't') && !wanted(b't') || wanted(b'x') {
                continue;
            }
            let empty = fs::statfs(&mount.dir).is_ok_and(|system| system.blocks == 0);
            if parsed.has(b'a') || !empty {
                add(mount, b"-");
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
            if let Some(mount) = all.iter().rev().find(|mount| same(&mount.dir)) {
                add(mount, path);
            }
        }
    }
    if lines.is_empty() {
        if code == 0 {
            ctx.complain(&[b"no file systems processed"]);
        }
        return Ok(1);
    }
    if parsed.has(TOTAL) {
        lines.push(Line::total(&lines, &fields));
    }
    let headers = fields.iter().map(|field| header(parsed, *field, unit)).collect();
    let rows = lines.iter().map(|line| fields.iter().map(|field| line.text(*field, unit)).collect());
    table(ctx, &fields, &core::iter::once(headers).chain(rows).collect::<Vec<_>>());
    Ok(code)
}

/// The columns that the options ask for.
fn fields(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Vec<Field>, Quit> {
    if !parsed.has(OUTPUT) {
        let mut fields = vec![Source];
        fields.extend(parsed.has(b'T').then_some(Type));
        fields.extend(match parsed.has(b'i') {
            true => [Inodes, InodesUsed, InodesFree, InodesPercent],
            false => [Size, Used, Free, Percent],
        });
        fields.push(Target);
        return Ok(fields);
    }
    if let Some(key) = [b'i', b'P', b'T'].into_iter().find(|key| parsed.has(*key)) {
        return Err(wrong_usage(ctx, 1, &[b"options -", &[key], b" and --output are mutually exclusive"]));
    }
    let mut fields: Vec<Field> = Vec::new();
    for (_, names) in parsed.options.iter().filter(|(key, _)| *key == OUTPUT) {
        let Some(names) = names else { continue };
        for name in names.split(|byte| *byte == b',') {
            let shown = quote::always(name);
            match FIELDS.iter().find(|(known, _)| *known == name) {
                None => return Err(wrong_usage(ctx, 1, &[b"option --output: field ", &shown, b" unknown"])),
                Some((_, field)) if fields.contains(field) => {
                    return Err(wrong_usage(ctx, 1, &[b"option --output: field ", &shown, b" used more than once"]));
                }
                Some((_, field)) => fields.push(*field),
            }
        }
    }
    Ok(if fields.is_empty() { FIELDS.iter().map(|(_, field)| *field).collect() } else { fields })
}

/// What stands over a column.
fn header(parsed: &Parsed, field: Field, unit: Shown) -> Vec<u8> {
    let posix = parsed.has(b'P');
    let in_blocks = matches!(unit, Shown::Blocks(..));
    let text: &[u8] = match field {
        Source => b"Filesystem",
        Type => b"Type",
        Inodes => b"Inodes",
        InodesUsed => b"IUsed",
        InodesFree => b"IFree",
        InodesPercent => b"IUse%",
        Size => return size_header(posix, unit),
        Used => b"Used",
        Free if !in_blocks || parsed.has(OUTPUT) => b"Avail",
        Free => b"Available",
        Percent if posix && in_blocks => b"Capacity",
        Percent => b"Use%",
        File => b"File",
        Target => b"Mounted on",
    };
    text.to_vec()
}

fn size_header(posix: bool, unit: Shown) -> Vec<u8> {
    match unit {
        Shown::Human | Shown::Si => b"Size".to_vec(),
        Shown::Blocks(size, _) if posix => format!("{size}-blocks").into_bytes(),
        Shown::Blocks(1024, _) => b"1K-blocks".to_vec(),
        Shown::Blocks(size, _) if size.is_power_of_two() && size > 1024 => {
            let unit = (size.ilog2() / 10) as usize;
            let letter = b"KMGTPE".get(unit.saturating_sub(1)).copied().unwrap_or(b'?');
            format!("{}{}-blocks", size >> (unit * 10), char::from(letter)).into_bytes()
        }
        Shown::Blocks(size, _) => format!("{size}B-blocks").into_bytes(),
    }
}

/// Prints rows in columns: texts begin at the left, and nothing fills up the last one.
fn table(ctx: &mut Context<'_>, fields: &[Field], rows: &[Vec<Vec<u8>>]) {
    let width = |column: usize, field: Field| {
        rows.iter().filter_map(|row| row.get(column)).map(Vec::len).max().unwrap_or(0).max(field.least())
    };
    let columns: Vec<(Field, usize)> =
        fields.iter().enumerate().map(|(column, field)| (*field, width(column, *field))).collect();
    for row in rows {
        let mut line = Vec::new();
        for (column, (text, (field, width))) in row.iter().zip(&columns).enumerate() {
            if column > 0 {
                line.push(b' ');
            }
            if !field.is_text() {
                right(&mut line, text, *width, b' ');
            } else if column + 1 == columns.len() {
                line.extend_from_slice(text);
            } else {
                left(&mut line, text, *width);
            }
        }
        line.push(b'\n');
        ctx.put(&line);
    }
}
