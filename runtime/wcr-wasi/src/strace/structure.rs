//! What calls leave in the guest's memory.

use wcr_abi::{FdAction, Stat, StatFs};

use super::names;
use crate::memory::{GuestMemory, MemoryExt as _};
use crate::strace::ITEMS;

/// What is at an address that a call has filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    U32,
    I32,
    U64,
    Octal,
    OpenFlags,
    Signal,
    SignalSet,
    Disposition,
    Status,
    /// So many words of 32 bits.
    Words(u32),
    /// So many words of 64 bits.
    Longs(u32),
    Limits,
    IoPriority,
    Seals,
    /// How many descriptors came, and what was cut off.
    Came,
    Stat,
    Filestat,
    Fdstat,
    Prestat,
    StatFs,
    /// Rows and columns of a terminal.
    WinSize,
    Termios,
}

impl Kind {
    /// Whether it has braces of its own.
    pub(super) const fn is_structure(self) -> bool {
        matches!(
            self,
            Self::Stat
                | Self::Filestat
                | Self::Fdstat
                | Self::Prestat
                | Self::StatFs
                | Self::Limits
                | Self::WinSize
                | Self::Termios
        )
    }

    /// The value at `ptr`.
    pub(super) fn read(self, mem: &impl GuestMemory, ptr: u32) -> Option<String> {
        let word = || mem.take_u32(ptr).ok();
        let long = || mem.take(ptr).ok().map(u64::from_le_bytes);
        Some(match self {
            Self::U32 => word()?.to_string(),
            Self::I32 => word()?.cast_signed().to_string(),
            Self::U64 => long()?.to_string(),
            Self::Octal => names::mode(word()?.into()),
            Self::OpenFlags => names::open_flags(word()?.into()),
            Self::Signal => names::signal(word()?.into()),
            Self::SignalSet => names::signal_set(long()?),
            Self::Disposition => names::disposition(word()?.into()),
            Self::Status => names::status(word()?.into()),
            Self::IoPriority => names::io_priority(word()?.into()),
            Self::Seals => names::bits(word()?.into(), names::SEALS),
            Self::Came => {
                let both = long()?;
                format!("{}, {}", both & 0xffff_ffff, names::bits(both >> 32, names::MSG))
            }
            Self::Words(count) => words(count, |at| Some(mem.take_u32(ptr.checked_add(at * 4)?).ok()?.into()))?,
            Self::Longs(count) => words(count, |at| long_at(mem, ptr, at))?,
            Self::Limits => {
                let [soft, hard] = [long_at(mem, ptr, 0)?, long_at(mem, ptr, 1)?].map(names::limit);
                format!("{{rlim_cur={soft}, rlim_max={hard}}}")
            }
            Self::Stat => stat(&Stat::decode(&mem.take(ptr).ok()?)),
            Self::Filestat => {
                let [kind, size] = [2, 4].map(|at| long_at(mem, ptr, at));
                format!("{{filetype={}, size={}, ...}}", names::number(kind?, names::FILETYPES), size?)
            }
            Self::Fdstat => {
                let bytes: [u8; 4] = mem.take(ptr).ok()?;
                let kind = names::number(bytes[0].into(), names::FILETYPES);
                format!("{{filetype={kind}, flags={}, ...}}", names::bits(bytes[2].into(), names::FDFLAGS))
            }
            Self::Prestat => format!("{{DIR, {}}}", mem.take_u32(ptr.checked_add(4)?).ok()?),
            Self::StatFs => {
                let fs = StatFs::decode(&mem.take(ptr).ok()?);
                let StatFs { kind, bsize, blocks, bfree, .. } = fs;
                format!("{{f_type={kind:#x}, f_bsize={bsize}, f_blocks={blocks}, f_bfree={bfree}, ...}}")
            }
            Self::Termios => {
                let bytes: [u8; 16] = mem.take(ptr).ok()?;
                let words = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
                let names = ["c_iflag", "c_oflag", "c_cflag", "c_lflag"];
                let shown: Vec<String> =
                    names.iter().zip(words).map(|(name, word)| format!("{name}={word:#x}")).collect();
                format!("{{{}, ...}}", shown.join(", "))
            }
            Self::WinSize => {
                let size = word()?;
                format!("{{ws_row={}, ws_col={}}}", size & 0xffff, size >> 16)
            }
        })
    }
}

fn long_at(mem: &impl GuestMemory, ptr: u32, at: u32) -> Option<u64> {
    mem.take(ptr.checked_add(at * 8)?).ok().map(u64::from_le_bytes)
}

fn words(count: u32, word: impl Fn(u32) -> Option<u64>) -> Option<String> {
    let words: Option<Vec<String>> = (0..count).map(|at| word(at).map(|word| word.to_string())).collect();
    Some(words?.join(", "))
}

fn stat(stat: &Stat) -> String {
    let mode = names::mode(stat.mode.0.into());
    match stat.rdev {
        0 => format!("{{st_mode={mode}, st_size={}, ...}}", stat.size),
        rdev => format!("{{st_mode={mode}, st_rdev={rdev:#x}, ...}}"),
    }
}

/// A list of items of `size` bytes each.
pub(super) fn list<M: GuestMemory>(
    mem: &M,
    ptr: u32,
    count: u32,
    size: u32,
    show: fn(&M, u32) -> Option<String>,
) -> Option<String> {
    let shown: Option<Vec<String>> =
        (0..count.min(ITEMS)).map(|at| show(mem, ptr.checked_add(at.checked_mul(size)?)?)).collect();
    let more = if count > ITEMS { ", ..." } else { "" };
    Some(format!("[{}{more}]", shown?.join(", ")))
}

/// A descriptor.
pub(super) fn descriptor<M: GuestMemory>(mem: &M, ptr: u32) -> Option<String> {
    Some(names::fd(mem.take_u32(ptr).ok()?.into()))
}

/// A group.
pub(super) fn group<M: GuestMemory>(mem: &M, ptr: u32) -> Option<String> {
    Some(mem.take_u32(ptr).ok()?.cast_signed().to_string())
}

/// A descriptor that `fd_poll` asks about.
pub(super) fn polled<M: GuestMemory>(mem: &M, ptr: u32) -> Option<String> {
    let both = mem.take(ptr).ok().map(u64::from_le_bytes)?;
    let (fd, events) = (both as u32, both >> 32 & 0xffff);
    Some(format!("{{fd={}, events={}}}", fd.cast_signed(), names::bits(events, names::POLL)))
}

/// One thing that `poll_oneoff` waits for.
pub(super) fn subscription<M: GuestMemory>(mem: &M, ptr: u32) -> Option<String> {
    let bytes: [u8; 48] = mem.take(ptr).ok()?;
    let fd = u32::from_le_bytes(*bytes.get(16..)?.first_chunk()?);
    let timeout = u64::from_le_bytes(*bytes.get(24..)?.first_chunk()?);
    Some(match bytes[8] {
        0 => {
            let absolute = if bytes[40] & 1 != 0 { ", ABSTIME" } else { "" };
            format!("{{{}, {timeout}{absolute}}}", names::number(fd.into(), names::CLOCKS))
        }
        1 => format!("{{fd={fd}, READ}}"),
        2 => format!("{{fd={fd}, WRITE}}"),
        other => format!("{{type={other}}}"),
    })
}

/// One thing that has come of what `poll_oneoff` waited for.
pub(super) fn event<M: GuestMemory>(mem: &M, ptr: u32) -> Option<String> {
    let bytes: [u8; 32] = mem.take(ptr).ok()?;
    let kind = names::number(bytes[10].into(), &["CLOCK", "READ", "WRITE"]);
    let errno = u32::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let errno = wcr_abi::Errno::from_raw(errno).map(|errno| format!(", {}", wcr_kernel::errno_name(errno)));
    Some(format!("{{{kind}{}}}", errno.unwrap_or_default()))
}

/// What happens to a descriptor of a new process.
pub(super) fn action(action: &FdAction) -> String {
    match action {
        FdAction::Dup { from, to } => format!("dup {from} to {to}"),
        FdAction::Close(fd) => format!("close {fd}"),
    }
}
