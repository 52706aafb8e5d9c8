//! `-ls`: a file as `ls -dils` shows it.

use applets::core::accounts::Accounts;
use applets::core::mode;
use applets::core::stat::{major, minor};
use applets::core::time::Zone;
use applets::core::time::strftime::strftime;
use applets::format::right_number;
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::fs;

/// Half a year in seconds: older files are shown with their year.
const HALF_A_YEAR: i64 = 31_556_952 / 2;

/// How wide columns have become.
#[derive(Debug)]
pub(super) struct Widths {
    user: usize,
    group: usize,
}

impl Default for Widths {
    fn default() -> Self {
        Self { user: 8, group: 8 }
    }
}

/// The line of a file.
pub(super) fn line(
    path: &[u8],
    stat: &Stat,
    accounts: &mut Accounts,
    zone: &Zone,
    now: i64,
    widths: &mut Widths,
) -> Vec<u8> {
    let mut out = Vec::new();
    right_number::<10>(&mut out, stat.ino, 9, b' ');
    out.push(b' ');
    right_number::<10>(&mut out, stat.blocks.div_ceil(2), 6, b' ');
    out.push(b' ');
    out.extend_from_slice(&mode::letters(stat.mode));
    out.push(b' ');
    right_number::<10>(&mut out, stat.nlink.into(), 3, b' ');
    for (text, width, spaced) in [
        (accounts.user_text(stat.uid), &mut widths.user, true),
        (accounts.group_text(stat.gid), &mut widths.group, false),
    ] {
        *width = (*width).max(text.len() + usize::from(spaced));
        out.push(b' ');
        out.extend_from_slice(&text);
        out.resize(out.len() + width.saturating_sub(text.len()), b' ');
    }
    out.push(b' ');
    if matches!(stat.mode.kind(), FileKind::CharDevice | FileKind::BlockDevice) {
        out.extend_from_slice(format!("{:>3}, {:>3}", major(stat.rdev), minor(stat.rdev)).as_bytes());
    } else {
        right_number::<10>(&mut out, stat.size, 8, b' ');
    }
    out.push(b' ');
    let recent = stat.mtime.sec <= now && now - stat.mtime.sec < HALF_A_YEAR;
    let format: &[u8] = if recent { b"%b %e %H:%M" } else { b"%b %e  %Y" };
    strftime(&mut out, format, &zone.local(stat.mtime.sec), stat.mtime.sec);
    out.push(b' ');
    escape(&mut out, path);
    if stat.mode.kind() == FileKind::Symlink {
        out.extend_from_slice(b" -> ");
        escape(&mut out, &fs::readlink(path).unwrap_or_default());
    }
    out.push(b'\n');
    out
}

/// A name in which blanks and what cannot be shown are written with backslashes.
fn escape(out: &mut Vec<u8>, name: &[u8]) {
    for byte in name {
        let letter = match byte {
            b'\\' | b' ' | b'"' => *byte,
            b'\n' => b'n',
            b'\t' => b't',
            b'\r' => b'r',
            8 => b'b',
            12 => b'f',
            b'!'..=b'~' => {
                out.push(*byte);
                continue;
            }
            byte => {
                out.extend_from_slice(format!("\\{byte:03o}").as_bytes());
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
}
