//! `stat`: metadata of files and file systems.

use wcr_sys::abi::{FileKind, Stat, StatFs, Timestamp};
use wcr_sys::fs;

use super::accounts::Accounts;
use super::mode;
use super::time::Zone;
use super::time::strftime::strftime;
use crate::format::{decimal, hex, left, octal, right};
use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "stat",
    "stat [-ltf] [-c FMT] FILE...\n\n\
     Display file (default) or filesystem status\n\n\
     \t-c FMT\tUse the specified format\n\
     \t-f\tDisplay filesystem status\n\
     \t-L\tFollow links\n\
     \t-t\tTerse display\n\n\
     FMT sequences for files:\n \
     %a\tAccess rights in octal\n \
     %A\tAccess rights in human readable form\n \
     %b\tNumber of blocks allocated (see %B)\n \
     %B\tSize in bytes of each block reported by %b\n \
     %d\tDevice number in decimal\n \
     %D\tDevice number in hex\n \
     %f\tRaw mode in hex\n \
     %F\tFile type\n \
     %g\tGroup ID\n \
     %G\tGroup name\n \
     %h\tNumber of hard links\n \
     %i\tInode number\n \
     %n\tFile name\n \
     %N\tFile name, with -> TARGET if symlink\n \
     %o\tI/O block size\n \
     %s\tTotal size in bytes\n \
     %t\tMajor device type in hex\n \
     %T\tMinor device type in hex\n \
     %u\tUser ID\n \
     %U\tUser name\n \
     %x\tTime of last access\n \
     %X\tTime of last access as seconds since Epoch\n \
     %y\tTime of last modification\n \
     %Y\tTime of last modification as seconds since Epoch\n \
     %z\tTime of last change\n \
     %Z\tTime of last change as seconds since Epoch\n\n\
     FMT sequences for file systems:\n \
     %a\tFree blocks available to non-superuser\n \
     %b\tTotal data blocks\n \
     %c\tTotal file nodes\n \
     %d\tFree file nodes\n \
     %f\tFree blocks\n \
     %i\tFile System ID in hex\n \
     %l\tMaximum length of filenames\n \
     %n\tFile name\n \
     %s\tBlock size (for faster transfer)\n \
     %S\tFundamental block size (for block counts)\n \
     %t\tType in hex\n \
     %T\tType in human readable form",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const SPEC: Spec = Spec::short("ftLc:");

const DEFAULT: &[u8] = b"  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n\
    Device: %Dh/%dd\tInode: %-10i  Links: %h\n\
    Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z";
const DEFAULT_DEVICE: &[u8] = b"  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n\
    Device: %Dh/%dd\tInode: %-10i  Links: %-5h Device type: %t,%T\n\
    Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z";
const TERSE: &[u8] = b"%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %o";
const FS_DEFAULT: &[u8] = b"  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\nBlock size: %-10s\n\
    Blocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d";
const FS_TERSE: &[u8] = b"%n %i %l %t %s %b %f %a %c %d";

/// A value that a format letter stands for.
enum Value {
    Text(Vec<u8>),
    Decimal(u64),
    Signed(i64),
    Octal(u64),
    Hex(u64),
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let (mut accounts, zone) = (Accounts::default(), Zone::from_env());
    let mut code = 0;
    for path in &parsed.operands {
        let line = if parsed.has(b'f') {
            fs::statfs(path)
                .map(|stat| {
                    let pattern = if parsed.has(b't') { FS_TERSE } else { FS_DEFAULT };
                    render(parsed.value(b'c').unwrap_or(pattern), |letter| fs_value(letter, path, &stat))
                })
                .map_err(|error| (error, &b"can't read file system information for '"[..]))
        } else {
            let stat = if parsed.has(b'L') { fs::stat(path) } else { fs::lstat(path) };
            stat.map(|stat| {
                let device = matches!(stat.mode.kind(), FileKind::CharDevice | FileKind::BlockDevice);
                let pattern = match (parsed.has(b't'), device) {
                    (true, _) => TERSE,
                    (false, true) => DEFAULT_DEVICE,
                    (false, false) => DEFAULT,
                };
                let value = |letter| value(letter, path, &stat, &mut accounts, &zone);
                render(parsed.value(b'c').unwrap_or(pattern), value)
            })
            .map_err(|error| (error, &b"can't stat '"[..]))
        };
        match line {
            Ok(line) => ctx.put(&line),
            Err((error, what)) => {
                ctx.perror(&[what, path, b"'"], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

/// A line with values in the place of the format's directives. A letter without a value stands for itself;
/// after a directive that is cut short the line is not ended.
fn render(format: &[u8], mut value: impl FnMut(u8) -> Option<Value>) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), format);
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            out.push(*first);
            continue;
        }
        let end = tail.iter().position(|byte| !b"#-+.I 0123456789".contains(byte)).unwrap_or(tail.len());
        let (shape, after) = tail.split_at(end);
        match after {
            [] => {
                out.push(b'%');
                return out;
            }
            [b'%', after @ ..] => {
                out.push(b'%');
                rest = after;
            }
            [letter, after @ ..] => {
                let shape = Shape::parse(shape);
                shape.put(&mut out, value(*letter).unwrap_or_else(|| Value::Text(vec![*letter])));
                rest = after;
            }
        }
    }
    out.push(b'\n');
    out
}

/// The flags, width and precision of a directive, with `printf`'s meaning.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    left: bool,
    zero: bool,
    alternate: bool,
    plus: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
}

impl Shape {
    fn parse(text: &[u8]) -> Self {
        let mut shape = Self::default();
        let number = |digits: &[u8]| {
            digits
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .fold(0usize, |n, digit| n.saturating_mul(10).saturating_add(usize::from(digit - b'0')).min(4096))
        };
        let mut rest = text;
        while let [flag, tail @ ..] = rest {
            match flag {
                b'-' => shape.left = true,
                b'0' => shape.zero = true,
                b'#' => shape.alternate = true,
                b'+' => shape.plus = true,
                b' ' => shape.space = true,
                b'I' => {}
                _ => break,
            }
            rest = tail;
        }
        shape.width = number(rest);
        let dot = rest.iter().position(|byte| *byte == b'.');
        shape.precision = dot.map(|dot| number(rest.get(dot + 1..).unwrap_or_default()));
        shape
    }

    fn put(self, out: &mut Vec<u8>, value: Value) {
        let sign: &[u8] = match value {
            Value::Signed(number) if number < 0 => b"-",
            Value::Signed(_) if self.plus => b"+",
            Value::Signed(_) if self.space => b" ",
            Value::Hex(number) if self.alternate && number != 0 => b"0x",
            Value::Octal(number) if self.alternate && number != 0 => b"0",
            _ => b"",
        };
        let digits = match value {
            Value::Text(text) => {
                let text = text.get(..self.precision.unwrap_or(text.len())).unwrap_or(&text);
                return self.pad(out, text);
            }
            Value::Decimal(number) => decimal(number),
            Value::Signed(number) => decimal(number.unsigned_abs()),
            Value::Octal(number) => octal(number),
            Value::Hex(number) => hex(number),
        };
        let least = match self.precision {
            Some(precision) => precision,
            None if self.zero && !self.left => self.width.saturating_sub(sign.len()),
            None => 0,
        };
        let mut text = sign.to_vec();
        right(&mut text, &digits, least, b'0');
        self.pad(out, &text);
    }

    fn pad(self, out: &mut Vec<u8>, text: &[u8]) {
        if self.left { left(out, text, self.width) } else { right(out, text, self.width, b' ') }
    }
}

fn value(letter: u8, path: &[u8], stat: &Stat, accounts: &mut Accounts, zone: &Zone) -> Option<Value> {
    let text = |text: &[u8]| Value::Text(text.to_vec());
    Some(match letter {
        b'a' => Value::Octal(stat.mode.permissions().into()),
        b'A' => text(&mode::letters(stat.mode)),
        b'b' => Value::Decimal(stat.blocks),
        b'B' => Value::Decimal(512),
        b'd' => Value::Decimal(stat.dev),
        b'D' => Value::Hex(stat.dev),
        b'f' => Value::Hex(stat.mode.0.into()),
        b'F' => text(kind_name(stat)),
        b'g' => Value::Decimal(stat.gid.into()),
        b'G' => text(accounts.group(stat.gid).map_or(b"UNKNOWN", |group| &group.name)),
        b'h' => Value::Decimal(stat.nlink.into()),
        b'i' => Value::Decimal(stat.ino),
        b'n' => text(path),
        b'N' => match stat.mode.kind() {
            FileKind::Symlink => {
                let target = fs::readlink(path).unwrap_or_default();
                Value::Text([b"'", path, b"' -> '", &target, b"'"].concat())
            }
            _ => text(path),
        },
        b'o' => Value::Decimal(stat.blksize.into()),
        b's' => Value::Decimal(stat.size),
        b't' => Value::Hex(major(stat.rdev)),
        b'T' => Value::Hex(minor(stat.rdev)),
        b'u' => Value::Decimal(stat.uid.into()),
        b'U' => text(accounts.user(stat.uid).map_or(b"UNKNOWN", |user| &user.name)),
        b'x' => Value::Text(human(stat.atime, zone)),
        b'X' => Value::Signed(stat.atime.sec),
        b'y' => Value::Text(human(stat.mtime, zone)),
        b'Y' => Value::Signed(stat.mtime.sec),
        b'z' => Value::Text(human(stat.ctime, zone)),
        b'Z' => Value::Signed(stat.ctime.sec),
        _ => return None,
    })
}

fn kind_name(stat: &Stat) -> &'static [u8] {
    match stat.mode.kind() {
        FileKind::Regular if stat.size == 0 => b"regular empty file",
        FileKind::Regular => b"regular file",
        FileKind::Directory => b"directory",
        FileKind::Symlink => b"symbolic link",
        FileKind::CharDevice => b"character special file",
        FileKind::BlockDevice => b"block special file",
        FileKind::Fifo => b"fifo",
        FileKind::Socket => b"socket",
    }
}

fn fs_value(letter: u8, path: &[u8], stat: &StatFs) -> Option<Value> {
    Some(match letter {
        b'a' | b'f' => Value::Decimal(stat.bfree),
        b'b' => Value::Decimal(stat.blocks),
        b'c' => Value::Decimal(stat.files),
        b'd' => Value::Signed(stat.ffree.cast_signed()),
        b'i' => Value::Hex(0),
        b'l' => Value::Decimal(stat.namelen),
        b'n' => Value::Text(path.to_vec()),
        b's' | b'S' => Value::Decimal(stat.bsize),
        b't' => Value::Hex(stat.kind),
        b'T' => Value::Text(fs_name(stat.kind).to_vec()),
        _ => return None,
    })
}

/// The file system's name by Linux's magic number.
fn fs_name(magic: u64) -> &'static [u8] {
    match magic {
        0xadf5 => b"adfs",
        0xadff => b"affs",
        0x1cd1 => b"devpts",
        0x137d => b"ext",
        0xef51 => b"ext2",
        0xef53 => b"ext2/ext3",
        0x3153_464a => b"jfs",
        0x5846_5342 => b"xfs",
        0xf995_e849 => b"hpfs",
        0x9660 | 0x4000 => b"isofs",
        0x137f | 0x138f => b"minix",
        0x2468 | 0x2478 => b"minix v2",
        0x4d44 => b"msdos",
        0x564c => b"novell",
        0x6969 => b"nfs",
        0x9fa0 => b"proc",
        0x517b => b"smb",
        0x012f_f7b4 => b"xenix",
        0x012f_f7b5 => b"sysv4",
        0x012f_f7b6 => b"sysv2",
        0x012f_f7b7 => b"coh",
        0x0001_1954 => b"ufs",
        0x012f_d16d => b"xia",
        0x5346_544e => b"ntfs",
        0x0102_1994 => b"tmpfs",
        0x5265_4973 => b"reiserfs",
        0x28cd_3d45 => b"cramfs",
        0x7275 => b"romfs",
        0x8584_58f6 => b"ramfs",
        0x7371_7368 => b"squashfs",
        0x6265_6572 => b"sysfs",
        _ => b"UNKNOWN",
    }
}

/// A device number in Linux's encoding.
#[must_use]
pub fn device(major: u64, minor: u64) -> u64 {
    (major & 0xffff_f000) << 32 | (major & 0xfff) << 8 | (minor & 0xffff_ff00) << 12 | minor & 0xff
}

/// The major part of a device number in Linux's encoding.
#[must_use]
pub fn major(device: u64) -> u64 {
    device >> 32 & 0xffff_f000 | device >> 8 & 0xfff
}

/// The minor part of a device number in Linux's encoding.
#[must_use]
pub fn minor(device: u64) -> u64 {
    device >> 12 & 0xffff_ff00 | device & 0xff
}

/// `2001-09-09 01:46:40.000000000 +0000`.
fn human(time: Timestamp, zone: &Zone) -> Vec<u8> {
    let (local, mut out) = (zone.local(time.sec), Vec::new());
    strftime(&mut out, b"%Y-%m-%d %H:%M:%S.", &local, time.sec);
    right(&mut out, &decimal(time.nsec.into()), 9, b'0');
    strftime(&mut out, b" %z", &local, time.sec);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(format: &str) -> String {
        let value = |letter| match letter {
            b's' => Some(Value::Decimal(12)),
            b'X' => Some(Value::Signed(5)),
            b'a' => Some(Value::Octal(0o644)),
            b'f' => Some(Value::Hex(0x81a4)),
            b'n' => Some(Value::Text(b"name".to_vec())),
            _ => None,
        };
        String::from_utf8_lossy(&render(format.as_bytes(), value)).trim_end_matches('\n').to_owned()
    }

    #[test]
    fn directives_take_flags() {
        assert_eq!(show("%5s|%-5s|%05s|%.5s|%5.3s"), "   12|12   |00012|00012|  012");
        assert_eq!(show("%#a %.4a %#f %08f %+X % X"), "0644 0644 0x81a4 000081a4 +5  5");
        assert_eq!(show("%6n|%-6n|%.2n|%.0n"), "  name|name  |na|");
    }

    #[test]
    fn what_is_no_directive_stands_for_itself() {
        assert_eq!(show("%q %5q %% a%"), "q     q % a%");
        assert_eq!(show("%5% %-"), "% %");
        assert_eq!(render(b"a%", |_| None), b"a%");
        assert_eq!(render(b"a", |_| None), b"a\n");
    }

    #[test]
    fn device_numbers_split() {
        let device = 300 << 8 | (70_000 & 0xff) | (70_000 & !0xff) << 12;
        assert_eq!((major(device), minor(device)), (300, 70_000));
    }
}
