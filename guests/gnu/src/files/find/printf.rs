//! The formats of `-printf`.

use applets::Context;
use applets::core::accounts::Accounts;
use applets::core::mode;
use applets::core::paths::strip_slashes;
use applets::core::time::Zone;
use applets::core::time::strftime::strftime;
use applets::format::{decimal, octal};
use wcr_sys::Errno;
use wcr_sys::abi::{FileKind, Stat, Timestamp};
use wcr_sys::fs;

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// This text.
    Text(Vec<u8>),
    /// A field: flags, width, precision, the letter, and the letter behind those of times.
    Field { flags: Vec<u8>, width: usize, precision: Option<usize>, letter: u8, time: u8 },
    /// `\c`: what was written is flushed, and nothing follows.
    Stop,
}

/// What a format shows of a file.
pub(super) struct Subject<'a> {
    pub(super) path: &'a [u8],
    /// The length of the operand that it was found under.
    pub(super) operand: usize,
    pub(super) depth: u64,
    pub(super) stat: &'a Stat,
}

/// Reads a format. What it does not know it warns of, and shows it.
pub(super) fn parse(ctx: &mut Context<'_>, text: &[u8]) -> Option<Vec<Piece>> {
    let (mut pieces, mut literal) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'\\' => match escape(ctx, rest, &mut literal) {
                Some(len) => rest = rest.get(len..).unwrap_or_default(),
                None => {
                    pieces.extend([Piece::Text(literal), Piece::Stop]);
                    return Some(pieces);
                }
            },
            b'%' => {
                if rest.is_empty() {
                    ctx.complain(&[b"error: % at end of format string"]);
                    return None;
                }
                match field(ctx, rest, &mut literal) {
                    (Some(piece), len) => {
                        pieces.extend([Piece::Text(core::mem::take(&mut literal)), piece]);
                        rest = rest.get(len..).unwrap_or_default();
                    }
                    (None, len) => rest = rest.get(len..).unwrap_or_default(),
                }
            }
            byte => literal.push(*byte),
        }
    }
    pieces.push(Piece::Text(literal));
    Some(pieces)
}

/// The byte for what stands behind a backslash, and its length; `None` for `\c`.
fn escape(ctx: &mut Context<'_>, rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let byte = match rest.first() {
        None => {
            ctx.complain(&[b"warning: escape `\\' followed by nothing at all"]);
            out.push(b'\\');
            return Some(0);
        }
        Some(b'c') => return None,
        Some(b'0'..=b'7') => {
            let digits = rest.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte));
            let (value, len) =
                digits.fold((0u32, 0), |(value, len), digit| (value * 8 + u32::from(digit - b'0'), len + 1));
            out.push((value & 0xff) as u8);
            return Some(len);
        }
        Some(b'a') => 7,
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'v') => 11,
        Some(b'\\') => b'\\',
        Some(other) => {
            ctx.complain(&[b"warning: unrecognized escape `\\", &[*other], b"'"]);
            out.extend_from_slice(&[b'\\', *other]);
            return Some(1);
        }
    };
    out.push(byte);
    Some(1)
}

/// The field behind a percent sign, and its length. What is none becomes text.
fn field(ctx: &mut Context<'_>, rest: &[u8], literal: &mut Vec<u8>) -> (Option<Piece>, usize) {
    if rest.first() == Some(&b'%') {
        literal.push(b'%');
        return (None, 1);
    }
    let digits =
        |from: usize| rest.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let flags = rest.iter().take_while(|byte| b"-+ 0#".contains(byte)).count();
    let mut at = flags + digits(flags);
    let number = |text: &[u8]| applets::format::parse_decimal(text).map_or(0, |number| number as usize);
    let width = number(rest.get(flags..at).unwrap_or_default());
    let mut precision = None;
    if rest.get(at) == Some(&b'.') {
        let len = digits(at + 1);
        precision = Some(number(rest.get(at + 1..at + 1 + len).unwrap_or_default()));
        at += 1 + len;
    }
    let letter = rest.get(at).copied().unwrap_or(0);
    let mut len = at + 1;
    let mut time = 0;
    match letter {
        b'A' | b'B' | b'C' | b'T' => match rest.get(at + 1) {
            None => {
                ctx.complain(&[
                    b"warning: format directive `%",
                    &[letter],
                    b"' should be followed by another character",
                ]);
                literal.extend_from_slice(&[b"%", rest].concat());
                return (None, rest.len());
            }
            Some(behind) => {
                time = *behind;
                len += 1;
            }
        },
        letter if b"abcdDfFgGhHiklmMnpPsStuUyYZ".contains(&letter) => {}
        _ => {
            ctx.complain(&[b"warning: unrecognized format directive `%", &[letter], b"'"]);
            literal.extend_from_slice(&[b"%", rest.get(..len).unwrap_or_default()].concat());
            return (None, len.min(rest.len()));
        }
    }
    let flags = rest.get(..flags).unwrap_or_default().to_vec();
    (Some(Piece::Field { flags, width, precision, letter, time }), len)
}

/// Appends what the pieces show of a file; whether what was written is to be flushed.
pub(super) fn show(
    pieces: &[Piece],
    subject: &Subject<'_>,
    accounts: &mut Accounts,
    zone: &Zone,
    out: &mut Vec<u8>,
) -> bool {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text),
            Piece::Stop => return true,
            Piece::Field { flags, width, precision, letter, time } => {
                let mut text = value(*letter, *time, subject, accounts, zone);
                // Only the depth and the mode are numbers to the format; all else is text.
                let numeric = b"dm".contains(letter);
                if *letter == b'm' && flags.contains(&b'#') && !text.starts_with(b"0") {
                    text.insert(0, b'0');
                }
                match precision {
                    Some(digits) if numeric => {
                        let zeros = digits.saturating_sub(text.len());
                        text.splice(0..0, core::iter::repeat_n(b'0', zeros));
                    }
                    Some(most) => text.truncate(*most),
                    None => {}
                }
                if *letter == b'd' {
                    let sign = flags.iter().find(|flag| b"+ ".contains(flag));
                    text.splice(0..0, sign.copied());
                }
                let missing = width.saturating_sub(text.len());
                if flags.contains(&b'-') {
                    out.extend_from_slice(&text);
                    out.resize(out.len() + missing, b' ');
                } else {
                    let fill = if flags.contains(&b'0') && numeric { b'0' } else { b' ' };
                    out.resize(out.len() + missing, fill);
                    out.extend_from_slice(&text);
                }
            }
        }
    }
    false
}

fn value(letter: u8, time: u8, subject: &Subject<'_>, accounts: &mut Accounts, zone: &Zone) -> Vec<u8> {
    let Subject { path, operand, depth, stat } = *subject;
    match letter {
        b'a' => moment(stat.atime, b'c', zone, true),
        b'c' => moment(stat.ctime, b'c', zone, true),
        b't' => moment(stat.mtime, b'c', zone, true),
        b'A' => moment(stat.atime, time, zone, false),
        b'C' => moment(stat.ctime, time, zone, false),
        b'T' => moment(stat.mtime, time, zone, false),
        b'B' => Vec::new(),
        b'b' => decimal(stat.blocks),
        b'k' => decimal(stat.blocks.div_ceil(2)),
        b'd' => decimal(depth),
        b'D' => decimal(stat.dev),
        b'f' => base(path).to_vec(),
        b'F' => file_system(path, stat),
        b'g' => accounts.group_text(stat.gid),
        b'G' => decimal(stat.gid.into()),
        b'h' => folder(path).to_vec(),
        b'H' => path.get(..operand).unwrap_or(path).to_vec(),
        b'i' => decimal(stat.ino),
        b'l' if stat.mode.kind() == FileKind::Symlink => fs::readlink(path).unwrap_or_default(),
        b'l' => Vec::new(),
        b'm' => octal(stat.mode.permissions().into()),
        b'M' => mode::letters(stat.mode).to_vec(),
        b'n' => decimal(stat.nlink.into()),
        b'p' => path.to_vec(),
        b'P' => {
            let below = path.get(operand..).unwrap_or_default();
            below.strip_prefix(b"/").unwrap_or(below).to_vec()
        }
        b's' => decimal(stat.size),
        b'S' => sparseness(stat),
        b'u' => accounts.user_text(stat.uid),
        b'U' => decimal(stat.uid.into()),
        b'y' => vec![kind_letter(stat.mode.kind())],
        b'Y' => vec![target_kind(path, stat)],
        _ => Vec::new(),
    }
}

/// The last part of a path, with the slashes behind it.
fn base(path: &[u8]) -> &[u8] {
    let stripped = strip_slashes(path);
    memchr::memrchr(b'/', stripped)
        .map_or(path, |slash| path.get(slash + 1..).filter(|rest| !rest.is_empty()).unwrap_or(path))
}

/// What stands before the last part of a path.
pub(super) fn folder(path: &[u8]) -> &[u8] {
    let stripped = strip_slashes(path);
    memchr::memrchr(b'/', stripped).map_or(b".", |slash| path.get(..slash).unwrap_or_default())
}

fn sparseness(stat: &Stat) -> Vec<u8> {
    if stat.size == 0 {
        return if stat.blocks == 0 { b"1".to_vec() } else { b"inf".to_vec() };
    }
    let ratio = stat.blocks as f64 * 512.0 / stat.size as f64;
    // Six digits that count, without zeros at the end.
    let before = if ratio >= 1.0 { ratio.log10().floor() as usize + 1 } else { 0 };
    let text = format!("{ratio:.*}", 6usize.saturating_sub(before));
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.as_bytes().to_vec()
}

/// The type of the file system that a file is on.
pub(super) fn file_system(path: &[u8], stat: &Stat) -> Vec<u8> {
    let mounts = applets::mounts::read().unwrap_or_default();
    let on = |mount: &&applets::mounts::Mount| fs::lstat(&mount.dir).is_ok_and(|there| there.dev == stat.dev);
    let best =
        mounts.iter().rev().filter(on).max_by_key(|mount| path.starts_with(&mount.dir).then_some(mount.dir.len()));
    best.map_or_else(|| b"unknown".to_vec(), |mount| mount.kind.clone())
}

/// The letter of a kind of file.
pub(super) fn kind_letter(kind: FileKind) -> u8 {
    match kind {
        FileKind::Regular => b'f',
        FileKind::Directory => b'd',
        FileKind::Symlink => b'l',
        FileKind::BlockDevice => b'b',
        FileKind::CharDevice => b'c',
        FileKind::Socket => b's',
        FileKind::Fifo => b'p',
    }
}

fn target_kind(path: &[u8], stat: &Stat) -> u8 {
    if stat.mode.kind() != FileKind::Symlink {
        return kind_letter(stat.mode.kind());
    }
    match fs::stat(path) {
        Ok(target) => kind_letter(target.mode.kind()),
        Err(Errno::Noent | Errno::Notdir) => b'N',
        Err(Errno::Loop) => b'L',
        Err(_) => b'?',
    }
}

/// A time in the form that a letter asks for.
fn moment(time: Timestamp, letter: u8, zone: &Zone, with_fraction: bool) -> Vec<u8> {
    let local = zone.local(time.sec);
    let fraction = format!(".{:09}0", time.nsec).into_bytes();
    let format = |text: &[u8]| {
        let mut out = Vec::new();
        strftime(&mut out, text, &local, time.sec);
        out
    };
    match letter {
        b'@' => [time.sec.to_string().as_bytes(), &fraction].concat(),
        b'S' => [format(b"%S"), fraction].concat(),
        b'T' | b'X' => [format(b"%T"), fraction].concat(),
        b'+' => [format(b"%F+%T"), fraction].concat(),
        b'c' if with_fraction => [format(b"%a %b %e %T"), fraction, format(b" %Y")].concat(),
        letter => format(&[b'%', letter]),
    }
}
