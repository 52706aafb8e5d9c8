//! `stat`.

use applets::core::accounts::Accounts;
use applets::core::canonical;
use applets::core::mode;
use applets::core::stat::{major, minor};
use applets::core::time::Zone;
use applets::format::{decimal, hex, octal};
use applets::options::{Parsed, Takes};
use applets::{Context, Quit, mounts};
use wcr_sys::abi::{FileKind, Stat, Timestamp};
use wcr_sys::{Errno, fd, fs};

use super::remove::kind_name;
use crate::Program;
use crate::dispatch::missing_operand;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::system::clock;

const PRINTF: u8 = 0x80;
const CACHED: u8 = 0x81;

/// The program.
pub const PROGRAM: Program = Program::new(
    "stat",
    "[OPTION]... FILE...",
    "Prints what is known of files or of file systems.",
    "c:fLt",
    &[
        ("dereference", Takes::Nothing, b'L'),
        ("file-system", Takes::Nothing, b'f'),
        ("format", Takes::Value, b'c'),
        ("printf", Takes::Value, PRINTF),
        ("terse", Takes::Nothing, b't'),
        ("cached", Takes::Value, CACHED),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

const DEFAULT: &[u8] = b"  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n\
Device: %Hd,%Ld\tInode: %-10i  Links: %-5h";
const DEFAULT_END: &[u8] = b"\nAccess: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n\
Access: %x\nModify: %y\nChange: %z\n Birth: %w\n";
const TERSE: &[u8] = b"%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n";
const SYSTEM: &[u8] = b"  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\n\
Block size: %-10s Fundamental block size: %S\nBlocks: Total: %-10b Free: %-10f Available: %a\n\
Inodes: Total: %-10c Free: %d\n";
const SYSTEM_TERSE: &[u8] = b"%n %i %l %t %s %S %b %f %a %c %d\n";

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(missing_operand(ctx, 1));
    }
    let system = parsed.has(b'f');
    let given = parsed.options.iter().rev().find(|(key, _)| matches!(*key, b'c' | PRINTF));
    let mut shower = Shower { accounts: Accounts::default(), zone: Zone::from_env() };
    let mut code = 0;
    for name in &parsed.operands {
        let format = match given {
            Some((_, text)) => text.clone().unwrap_or_default(),
            None if system => if parsed.has(b't') { SYSTEM_TERSE } else { SYSTEM }.to_vec(),
            None if parsed.has(b't') => TERSE.to_vec(),
            None => Vec::new(),
        };
        let escapes = given.is_some_and(|(key, _)| *key == PRINTF);
        let text = if system {
            shower.file_system(ctx, name, &format, escapes)
        } else {
            shower.file(ctx, parsed, name, &format, escapes, given.is_none() && !parsed.has(b't'))
        };
        match text {
            Ok(mut text) => {
                if given.is_some_and(|(key, _)| *key == b'c') {
                    text.push(b'\n');
                }
                ctx.put(&text);
            }
            Err(Some(error)) => {
                let what: &[u8] = if system { b"cannot read file system information for " } else { b"cannot stat " };
                let what: &[u8] = if !system && name == b"-" { b"cannot stat standard input" } else { what };
                if what.ends_with(b"input") {
                    ctx.perror(&[what], error);
                } else if system {
                    ctx.perror(&[what, &quote::always(name)], error);
                } else {
                    ctx.perror(&[b"cannot statx ", &quote::always(name)], error);
                }
                code = 1;
            }
            Err(None) => return Err(Quit(1)),
        }
    }
    Ok(code)
}

struct Shower {
    accounts: Accounts,
    zone: Zone,
}

/// A directive's flags, width and precision.
#[derive(Default)]
struct Shape {
    flags: Vec<u8>,
    width: usize,
    precision: Option<usize>,
}

impl Shape {
    fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        let len = self.precision.unwrap_or(text.len()).min(text.len());
        let text = text.get(..len).unwrap_or_default();
        let fill = self.width.saturating_sub(text.len());
        let left = self.flags.contains(&b'-');
        if !left {
            out.resize(out.len() + fill, b' ');
        }
        out.extend_from_slice(text);
        if left {
            out.resize(out.len() + fill, b' ');
        }
    }

    fn number(&self, out: &mut Vec<u8>, digits: &[u8], prefix: &[u8]) {
        let prefix: &[u8] = if self.flags.contains(&b'#') && digits != b"0" { prefix } else { b"" };
        let zeros = self.precision.unwrap_or(0).saturating_sub(digits.len());
        let digits = [&vec![b'0'; zeros][..], digits].concat();
        if self.flags.contains(&b'0') && !self.flags.contains(&b'-') && self.precision.is_none() {
            let fill = self.width.saturating_sub(digits.len() + prefix.len());
            out.extend_from_slice(&[prefix, &vec![b'0'; fill], &digits].concat());
        } else {
            let plain = Self { flags: self.flags.clone(), width: self.width, precision: None };
            plain.text(out, &[prefix, &digits].concat());
        }
    }

    /// Seconds, with as many digits behind the point as the precision says.
    fn seconds(&self, out: &mut Vec<u8>, time: Timestamp) {
        let whole = applets::format::signed(time.sec);
        match self.precision {
            None | Some(0) => self.number(out, &whole, b""),
            Some(digits) => {
                let mut fraction = format!("{:09}", time.nsec).into_bytes();
                fraction.resize(digits, b'0');
                let plain = Self { flags: self.flags.clone(), width: self.width, precision: None };
                plain.number(out, &[&whole[..], b".", &fraction].concat(), b"");
            }
        }
    }
}

/// Goes through a format: text goes to `out`, directives to `show`, which takes the shape, a modifier and the letter.
fn expand(
    ctx: &mut Context<'_>,
    format: &[u8],
    escapes: bool,
    show: &mut dyn FnMut(&mut Vec<u8>, &Shape, Option<u8>, u8) -> bool,
) -> Result<Vec<u8>, Option<Errno>> {
    let mut out = Vec::new();
    let mut rest = format;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'\\' if escapes => {
                let (escape, len) = applets::escape::read(behind, applets::escape::Octal::Three);
                match escape {
                    applets::escape::Escape::Byte(byte) => out.push(byte),
                    _ if behind.is_empty() => {
                        ctx.complain(&[b"warning: backslash at end of format"]);
                        out.push(b'\\');
                    }
                    _ => {
                        let other = behind.get(..1).unwrap_or_default();
                        if other == b"\"" {
                            out.push(b'"');
                        } else {
                            ctx.complain(&[b"warning: unrecognized escape '\\", other, b"'"]);
                            out.extend_from_slice(other);
                        }
                        rest = behind.get(1..).unwrap_or_default();
                        continue;
                    }
                }
                rest = behind.get(len..).unwrap_or_default();
            }
            b'%' => {
                let flags = behind.iter().take_while(|byte| b"'-+ #0I".contains(byte)).count();
                let mut shape = Shape { flags: behind.get(..flags).unwrap_or_default().to_vec(), ..Shape::default() };
                let mut at = flags;
                let digits = |at: usize| {
                    behind.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
                };
                let number = |from: usize, len: usize| {
                    applets::format::parse_decimal(behind.get(from..from + len).unwrap_or_default()).unwrap_or(0)
                        as usize
                };
                let len = digits(at);
                shape.width = number(at, len);
                at += len;
                if behind.get(at) == Some(&b'.') {
                    let len = digits(at + 1);
                    shape.precision = Some(if len == 0 { 9 } else { number(at + 1, len) });
                    at += 1 + len;
                }
                let modifier = behind
                    .get(at)
                    .copied()
                    .filter(|byte| b"HL".contains(byte) && matches!(behind.get(at + 1), Some(b'd' | b'r')));
                at += usize::from(modifier.is_some());
                match behind.get(at) {
                    None => {
                        out.push(b'%');
                        at = 0;
                        if !behind.is_empty() {
                            let shown = rest_of(format, behind.len() + 1);
                            ctx.complain(&[b"'", shown, b"': invalid directive"]);
                            return Err(None);
                        }
                    }
                    Some(b'%') => {
                        if at > 0 {
                            let shown = [b"%", behind.get(..=at).unwrap_or_default()].concat();
                            ctx.complain(&[b"'", &shown, b"': invalid directive"]);
                            return Err(None);
                        }
                        out.push(b'%');
                        at += 1;
                    }
                    Some(letter) => {
                        if !show(&mut out, &shape, modifier, *letter) {
                            out.push(b'?');
                        }
                        at += 1;
                    }
                }
                rest = behind.get(at..).unwrap_or_default();
            }
            byte => out.push(*byte),
        }
    }
    Ok(out)
}

fn rest_of(format: &[u8], len: usize) -> &[u8] {
    format.get(format.len() - len..).unwrap_or_default()
}

/// What a symbolic link leads to; `None` where it is none.
fn target_of(name: &[u8], stat: &Stat) -> Option<Vec<u8>> {
    if stat.mode.kind() == FileKind::Symlink { fs::readlink(name).ok() } else { None }
}

impl Shower {
    fn file(
        &mut self,
        ctx: &mut Context<'_>,
        parsed: &Parsed,
        name: &[u8],
        format: &[u8],
        escapes: bool,
        plain: bool,
    ) -> Result<Vec<u8>, Option<Errno>> {
        let found = match name {
            b"-" => fd::stat(fd::STDIN),
            name if parsed.has(b'L') => fs::stat(name),
            name => fs::lstat(name),
        };
        let stat = found.map_err(Some)?;
        let device = matches!(stat.mode.kind(), FileKind::CharDevice | FileKind::BlockDevice);
        let default;
        let format = if plain {
            let middle: &[u8] = if device { b" Device type: %Hr,%Lr" } else { b"" };
            default = [DEFAULT, middle, DEFAULT_END].concat();
            &default
        } else {
            format
        };
        expand(ctx, format, escapes, &mut |out, shape, modifier, letter| {
            if plain && letter == b'N' {
                // Without a format, names are not in quotes.
                out.extend_from_slice(name);
                if let Some(target) = target_of(name, &stat) {
                    out.extend_from_slice(&[b" -> ", &target[..]].concat());
                }
                return true;
            }
            self.directive(out, shape, modifier, letter, name, &stat)
        })
    }

    fn directive(
        &mut self,
        out: &mut Vec<u8>,
        shape: &Shape,
        modifier: Option<u8>,
        letter: u8,
        name: &[u8],
        stat: &Stat,
    ) -> bool {
        let mut number = |value: u64| shape.number(out, &decimal(value), b"");
        match letter {
            b'n' => shape.text(out, name),
            b'N' => {
                let mut text = quote::always(name);
                if let Some(target) = target_of(name, stat) {
                    text.extend_from_slice(&[b" -> ", &quote::always(&target)[..]].concat());
                }
                shape.text(out, &text);
            }
            b's' => number(stat.size),
            b'b' => number(stat.blocks),
            b'B' => number(512),
            b'o' => number(stat.blksize.into()),
            b'i' => number(stat.ino),
            b'h' => number(stat.nlink.into()),
            b'u' => number(stat.uid.into()),
            b'g' => number(stat.gid.into()),
            b'd' if modifier == Some(b'H') => number(major(stat.dev)),
            b'd' if modifier == Some(b'L') => number(minor(stat.dev)),
            b'd' => number(stat.dev),
            b'r' if modifier == Some(b'H') => number(major(stat.rdev)),
            b'r' if modifier == Some(b'L') => number(minor(stat.rdev)),
            b'r' => number(stat.rdev),
            b'D' => shape.number(out, &hex(stat.dev), b"0x"),
            b'R' => shape.number(out, &hex(stat.rdev), b"0x"),
            b't' => shape.number(out, &hex(major(stat.rdev)), b"0x"),
            b'T' => shape.number(out, &hex(minor(stat.rdev)), b"0x"),
            b'f' => shape.number(out, &hex(stat.mode.0.into()), b"0x"),
            b'a' => shape.number(out, &octal(stat.mode.permissions().into()), b"0"),
            b'A' => shape.text(out, &mode::letters(stat.mode)),
            b'F' => shape.text(out, kind_name(stat)),
            b'U' => {
                let text = self.accounts.user(stat.uid).map_or_else(|| b"UNKNOWN".to_vec(), |user| user.name.clone());
                shape.text(out, &text);
            }
            b'G' => {
                let text =
                    self.accounts.group(stat.gid).map_or_else(|| b"UNKNOWN".to_vec(), |group| group.name.clone());
                shape.text(out, &text);
            }
            b'C' => shape.text(out, b"?"),
            b'm' => shape.text(out, &mount_point(name)),
            b'w' => shape.text(out, b"-"),
            b'W' => shape.number(out, b"0", b""),
            b'x' | b'y' | b'z' => {
                let mut text = Vec::new();
                clock::show(&mut text, b"%Y-%m-%d %H:%M:%S.%N %z", &self.zone, time_of(letter, stat));
                shape.text(out, &text);
            }
            b'X' | b'Y' | b'Z' => shape.seconds(out, time_of(letter.to_ascii_lowercase(), stat)),
            _ => return false,
        }
        true
    }

    fn file_system(
        &mut self,
        ctx: &mut Context<'_>,
        name: &[u8],
        format: &[u8],
        escapes: bool,
    ) -> Result<Vec<u8>, Option<Errno>> {
        if name == b"-" {
            ctx.complain(&[
                b"using ",
                &quote::always(name),
                b" to denote standard input does not work in file system mode",
            ]);
            return Err(None);
        }
        let system = fs::statfs(name).map_err(Some)?;
        expand(ctx, format, escapes, &mut |out, shape, _, letter| {
            let mut number = |value: u64| shape.number(out, &decimal(value), b"");
            match letter {
                b'n' => shape.text(out, name),
                b'i' => shape.number(out, b"0", b""),
                b'l' => number(system.namelen),
                b't' => shape.number(out, &hex(system.kind), b"0x"),
                b'T' => shape.text(out, &kind_of_system(system.kind)),
                b's' | b'S' => number(system.bsize),
                b'b' => number(system.blocks),
                b'f' | b'a' => number(system.bfree),
                b'c' => number(system.files),
                b'd' => number(system.ffree),
                _ => return false,
            }
            true
        })
    }
}

fn time_of(letter: u8, stat: &Stat) -> Timestamp {
    match letter {
        b'x' => stat.atime,
        b'y' => stat.mtime,
        _ => stat.ctime,
    }
}

fn kind_of_system(kind: u64) -> Vec<u8> {
    match kind {
        0x0102_1994 => b"tmpfs".to_vec(),
        0x794c_7630 => b"overlayfs".to_vec(),
        0xef53 => b"ext2/ext3".to_vec(),
        0x9fa0 => b"proc".to_vec(),
        0x6265_6572 => b"sysfs".to_vec(),
        0x1cd1 => b"devpts".to_vec(),
        other => [b"UNKNOWN (0x", &hex(other)[..], b")"].concat(),
    }
}

/// Where the file system is mounted that holds `path`.
fn mount_point(path: &[u8]) -> Vec<u8> {
    let full = canonical::canonical(path).unwrap_or_else(|_| path.to_vec());
    let holds = |dir: &[u8]| {
        dir == b"/" || full.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    let mounts = mounts::read().unwrap_or_default();
    let longest = mounts.into_iter().map(|mount| mount.dir).filter(|dir| holds(dir)).max_by_key(Vec::len);
    longest.unwrap_or_else(|| b"/".to_vec())
}
