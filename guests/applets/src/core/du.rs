//! `du`: how much space files take.

use std::collections::HashSet;

use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::fs;

use super::folder;
use super::paths::join;
use crate::format::{decimal, parse_decimal};
use crate::human::human;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "du",
    "du [-aHLdclsxhmk] [FILE]...\n\n\
     Summarize disk space used for FILEs (or directories)\n\n\
     \t-a\tShow file sizes too\n\
     \t-b\tApparent size (including holes)\n\
     \t-L\tFollow all symlinks\n\
     \t-H\tFollow symlinks on command line\n\
     \t-d N\tLimit output to directories (and files with -a) of depth < N\n\
     \t-c\tShow grand total\n\
     \t-l\tCount sizes many times if hard linked\n\
     \t-s\tDisplay only a total for each argument\n\
     \t-x\tSkip directories on different filesystems\n\
     \t-h\tSizes in human readable format (e.g., 1K 243M 2G)\n\
     \t-m\tSizes in megabytes\n\
     \t-k\tSizes in kilobytes (default)",
    main,
);

const SPEC: Spec = Spec::short("aHkLsxd:lcbhm");

/// How sizes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// In units of so many bytes, rounded up.
    Bytes(u64),
    Human,
}

struct Summing {
    all: bool,
    /// Links are followed: all of them, or the operands.
    follow: bool,
    follow_operands: bool,
    count_links: bool,
    one_system: bool,
    apparent: bool,
    depth: u64,
    unit: Unit,
    seen: HashSet<(u64, u64)>,
    code: u8,
}

fn depth(ctx: &mut Context<'_>, text: &[u8]) -> Result<u64, Quit> {
    parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut parsed = SPEC.parse_counts(ctx, b"d", depth)?;
    let has = |key| parsed.has(key);
    let depth = match parsed.value(b'd') {
        Some(text) => depth(ctx, text)?,
        None => u64::MAX,
    };
    let unit = match parsed.last_of(b"hkm") {
        Some(b'h') => Unit::Human,
        Some(b'm') => Unit::Bytes(1 << 20),
        None if has(b'b') => Unit::Bytes(1),
        _ => Unit::Bytes(1 << 10),
    };
    let follow = parsed.last_of(b"LH") == Some(b'L');
    let mut summing = Summing {
        all: has(b'a'),
        follow,
        follow_operands: has(b'H'),
        count_links: has(b'l'),
        one_system: has(b'x'),
        apparent: has(b'b'),
        depth: if parsed.last_of(b"sd") == Some(b's') { 0 } else { depth },
        unit,
        seen: HashSet::new(),
        code: 0,
    };
    let grand_total = has(b'c');
    let mut operands = core::mem::take(&mut parsed.operands);
    if operands.is_empty() {
        operands.push(b".".to_vec());
    }
    let mut total = 0;
    for path in &operands {
        summing.follow = follow;
        total += summing.sum(ctx, path, None, 0, None);
    }
    if grand_total {
        summing.show(ctx, total, b"total");
    }
    Ok(summing.code)
}

impl Summing {
    /// Adds up `path` and what is below it, in bytes, and shows what is to be shown.
    /// `known` is the path's own metadata, where the listing of its directory had them.
    fn sum(&mut self, ctx: &mut Context<'_>, path: &[u8], known: Option<Stat>, level: u64, device: Option<u64>) -> u64 {
        let mut found = known.map_or_else(|| fs::lstat(path), Ok);
        if found.is_ok_and(|stat| stat.mode.kind() == FileKind::Symlink)
            && (self.follow || level == 0 && self.follow_operands)
        {
            found = fs::stat(path);
            // Below a link that was followed all are.
            self.follow = true;
        }
        let stat = match found {
            Ok(stat) => stat,
            Err(error) => {
                ctx.perror(&[path], error);
                self.code = 1;
                return 0;
            }
        };
        if self.one_system && device.is_some_and(|device| device != stat.dev) {
            return 0;
        }
        let directory = stat.mode.kind() == FileKind::Directory;
        if !self.count_links && (directory || stat.nlink > 1) && !self.seen.insert((stat.dev, stat.ino)) {
            return 0;
        }
        let mut sum = if self.apparent { stat.size } else { stat.blocks * 512 };
        if directory {
            match folder::entries(path) {
                Ok(entries) => {
                    for entry in entries {
                        let below = join(path, &entry.name);
                        sum += self.sum(ctx, &below, entry.stat.ok(), level + 1, Some(stat.dev));
                    }
                }
                Err(error) => {
                    ctx.perror(&[b"can't open '", path, b"'"], error);
                    self.code = 1;
                    return sum;
                }
            }
        }
        if level <= self.depth && (directory || self.all || level == 0) {
            self.show(ctx, sum, path);
        }
        sum
    }

    fn show(&self, ctx: &mut Context<'_>, bytes: u64, name: &[u8]) {
        let size = match self.unit {
            Unit::Human => human(bytes),
            // Apparent sizes are rounded as if each byte were a block of 512.
            Unit::Bytes(unit) if self.apparent => decimal((bytes + (unit / 512).saturating_sub(1)) / unit),
            Unit::Bytes(unit) => decimal(bytes.div_ceil(unit)),
        };
        ctx.put(&[&size, b"\t".as_slice(), name, b"\n"].concat());
    }
}
