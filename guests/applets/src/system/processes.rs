//! The processes that `/proc` shows.

use wcr_sys::fs;

use crate::format::parse_decimal;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its parent's.
    pub ppid: u32,
    /// Its process group's.
    pub pgid: u32,
    /// Its session's.
    pub sid: u32,
    /// The name of its program, shortened to 15 bytes.
    pub comm: Vec<u8>,
    /// Its arguments, each ended by NUL.
    pub cmdline: Vec<u8>,
    /// Its state's letter.
    pub state: u8,
    /// Its terminal's device number; 0 for none.
    pub tty: u64,
    /// How nice it is.
    pub nice: i64,
    /// Its memory in bytes.
    pub vsize: u64,
    /// Its memory in pages that are there.
    pub rss: u64,
    /// The CPU time that it used, in hundredths of a second.
    pub ticks: u64,
    /// Real and effective user and group.
    pub uid: u32,
    /// The effective user.
    pub euid: u32,
    /// The real group.
    pub gid: u32,
    /// The effective group.
    pub egid: u32,
}

/// All processes in the order of their numbers.
#[must_use]
pub fn all() -> Vec<Process> {
    let entries = fs::read_dir(b"/proc").unwrap_or_default();
    let mut pids: Vec<u32> =
        entries.iter().filter_map(|entry| u32::try_from(parse_decimal(&entry.name)?).ok()).collect();
    pids.sort_unstable();
    // One that has just ended is left out.
    pids.into_iter().filter_map(read).collect()
}

/// The process of this number; `None` when there is none.
#[must_use]
pub fn read(pid: u32) -> Option<Process> {
    let file = |name: &str| fs::read_file(format!("/proc/{pid}/{name}").as_bytes());
    let mut process = parse_stat(&file("stat").ok()?)?;
    process.cmdline = file("cmdline").unwrap_or_default();
    read_ids(&mut process, &file("status").ok()?);
    Some(process)
}

/// Reads `/proc/PID/stat`, whose second field is a name in parentheses that may hold anything.
fn parse_stat(text: &[u8]) -> Option<Process> {
    let open = memchr::memchr(b'(', text)?;
    let close = memchr::memrchr(b')', text)?;
    let fields: Vec<&[u8]> = text.get(close + 2..)?.split(|byte| matches!(byte, b' ' | b'\n')).collect();
    let number = |at: usize| fields.get(at).and_then(|field| parse_decimal(field)).unwrap_or(0);
    let small = |at: usize| number(at) as u32;
    Some(Process {
        pid: parse_decimal(text.get(..open)?.trim_ascii_end())? as u32,
        comm: text.get(open + 1..close)?.to_vec(),
        state: *fields.first()?.first()?,
        ppid: small(1),
        pgid: small(2),
        sid: small(3),
        tty: number(4),
        ticks: number(11) + number(12),
        nice: fields.get(16).map_or(0, |field| crate::number::signed(field, 10).value),
        vsize: number(20),
        rss: number(21),
        ..Process::default()
    })
}

fn read_ids(process: &mut Process, status: &[u8]) {
    for line in status.split(|byte| *byte == b'\n') {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let key = words.next().unwrap_or_default();
        let mut next = || words.next().and_then(parse_decimal).unwrap_or(0) as u32;
        match key {
            b"Uid:" => (process.uid, process.euid) = (next(), next()),
            b"Gid:" => (process.gid, process.egid) = (next(), next()),
            _ => {}
        }
    }
}

impl Process {
    /// The base name of its first argument.
    #[must_use]
    pub fn program(&self) -> &[u8] {
        let first = self.cmdline.split(|byte| *byte == 0).next().unwrap_or_default();
        first.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// Its arguments with blanks between them; behind the name in braces where that is another one; the name in
    /// brackets where it has none.
    #[must_use]
    pub fn arguments(&self) -> Vec<u8> {
        let text = self.cmdline.strip_suffix(b"\0").unwrap_or(&self.cmdline);
        if text.is_empty() {
            return [b"[", self.comm.as_slice(), b"]"].concat();
        }
        let shown: Vec<u8> = text.iter().map(|byte| if *byte < b' ' { b' ' } else { *byte }).collect();
        let first = shown.split(|byte| *byte == b' ').next().unwrap_or_default();
        let base = first.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let base = base.strip_prefix(b"-").unwrap_or(base);
        if base.starts_with(&self.comm) {
            return shown;
        }
        [b"{", self.comm.as_slice(), b"} ", &shown].concat()
    }

    /// Whether it goes by this name, as its program's name or that of its file.
    #[must_use]
    pub fn is_named(&self, name: &[u8]) -> bool {
        let comm = self.comm == name || self.comm.len() == 15 && name.starts_with(&self.comm);
        let first = self.cmdline.split(|byte| *byte == 0).next().unwrap_or_default();
        comm || self.program() == name || first == name
    }

    /// The letter of its state, and one for being more or less nice than usual.
    #[must_use]
    pub fn states(&self) -> Vec<u8> {
        let mut text = vec![self.state];
        match self.nice {
            ..0 => text.push(b'<'),
            1.. => text.push(b'N'),
            0 => {}
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &[u8] =
        b"7 (a) b) S 1 7 3 34816 7 4194304 0 0 0 0 12 3 0 0 20 -5 1 0 100 4096 2 18446744073709551615\n";

    #[test]
    fn a_name_may_hold_parentheses() {
        let process = parse_stat(STAT).unwrap();
        assert_eq!((process.pid, process.comm.as_slice(), process.state), (7, b"a) b".as_slice(), b'S'));
        assert_eq!((process.ppid, process.pgid, process.sid, process.tty), (1, 7, 3, 34816));
        assert_eq!((process.ticks, process.nice, process.vsize, process.rss), (15, -5, 4096, 2));
    }

    #[test]
    fn arguments_tell_the_program() {
        let of = |comm: &str, cmdline: &[u8]| {
            let process = Process { comm: comm.into(), cmdline: cmdline.to_vec(), ..Process::default() };
            String::from_utf8(process.arguments()).unwrap()
        };
        assert_eq!(of("sh", b"/bin/sh\0-c\0x\0"), "/bin/sh -c x");
        assert_eq!(of("sh", b"-sh\0"), "-sh");
        assert_eq!(of("ps", b"sh\0-c\0x\ny\0"), "{ps} sh -c x y");
        assert_eq!(of("kthread", b""), "[kthread]");
    }
}
