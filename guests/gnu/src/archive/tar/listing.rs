//! Lines about members.

use applets::core::mode::letters;
use applets::core::time::strftime::strftime;
use applets::core::time::zone::Zone;
use wcr_sys::abi::{FileKind, Mode};

use super::block::{self, Member};
use super::say::shown;

/// Lines with columns that only get wider.
pub(super) struct Listing {
    zone: Zone,
    numeric: bool,
    full_time: bool,
    /// The width of owner, group and size together.
    width: usize,
    time_width: usize,
}

impl Listing {
    pub(super) fn new(zone: Zone, numeric: bool, full_time: bool) -> Self {
        Self { zone, numeric, full_time, width: 19, time_width: 16 }
    }

    /// The long line of a member, shown under this name.
    pub(super) fn line(&mut self, member: &Member, name: &[u8], link: &[u8]) -> Vec<u8> {
        let owner = |name: &[u8], number: u64| {
            if self.numeric || name.is_empty() { number.to_string().into_bytes() } else { name.to_vec() }
        };
        let (user, group) = (owner(&member.user, member.uid), owner(&member.group, member.gid));
        let size = match member.kind {
            block::CHAR_DEVICE | block::BLOCK_DEVICE => format!("{},{}", member.device.0, member.device.1),
            _ => member.size.to_string(),
        };
        let taken = user.len() + group.len() + size.len() + 2;
        self.width = self.width.max(taken);
        let gap = self.width - taken + size.len();
        let mut line = permissions(member).to_vec();
        line.extend_from_slice(&[b" ", user.as_slice(), b"/", &group, format!(" {size:>gap$} ").as_bytes()].concat());
        let mut time = Vec::new();
        let seconds = member.mtime.sec;
        let format: &[u8] = if self.full_time { b"%Y-%m-%d %H:%M:%S" } else { b"%Y-%m-%d %H:%M" };
        strftime(&mut time, format, &self.zone.local(seconds), seconds);
        if self.full_time && member.mtime.nsec != 0 {
            let part = format!(".{:09}", member.mtime.nsec);
            time.extend_from_slice(part.trim_end_matches('0').as_bytes());
        }
        self.time_width = self.time_width.max(time.len());
        time.resize(self.time_width, b' ');
        line.extend_from_slice(&time);
        line.push(b' ');
        line.extend_from_slice(&shown(name));
        match member.kind {
            block::SYMLINK => line.extend_from_slice(&[b" -> ".as_slice(), &shown(link)].concat()),
            block::HARD_LINK => line.extend_from_slice(&[b" link to ".as_slice(), &shown(link)].concat()),
            block::FILE..=block::FIFO => {}
            other => line.extend_from_slice(format!(" unknown file type '{}'", char::from(other)).as_bytes()),
        }
        line.push(b'\n');
        line
    }
}

/// The kind and the rights in letters.
fn permissions(member: &Member) -> [u8; 10] {
    let kind = match member.kind {
        block::SYMLINK => FileKind::Symlink,
        block::CHAR_DEVICE => FileKind::CharDevice,
        block::BLOCK_DEVICE => FileKind::BlockDevice,
        block::DIRECTORY => FileKind::Directory,
        block::FIFO => FileKind::Fifo,
        _ => FileKind::Regular,
    };
    let mut letters = letters(Mode::new(kind, member.mode));
    match member.kind {
        block::HARD_LINK => letters[0] = b'h',
        block::FILE..=block::FIFO => {}
        _ => letters[0] = b'?',
    }
    letters
}
