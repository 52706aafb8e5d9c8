//! What `/proc` says of the memory, the load and the time since the start.

use wcr_sys::fs;

use crate::format::parse_decimal;

/// The memory, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What nothing is in.
    pub free: u64,
    /// What programs could get.
    pub available: u64,
    /// What is shared.
    pub shared: u64,
    /// Buffers of devices.
    pub buffers: u64,
    /// Cached files.
    pub cached: u64,
    /// Kernel memory that could be given back.
    pub reclaimable: u64,
    /// Swap space.
    pub swap_total: u64,
    /// Swap space that is not used.
    pub swap_free: u64,
}

impl Memory {
    /// Reads `/proc/meminfo`.
    #[must_use]
    pub fn read() -> Self {
        Self::parse(&fs::read_file(b"/proc/meminfo").unwrap_or_default())
    }

    fn parse(text: &[u8]) -> Self {
        let mut memory = Self::default();
        for line in text.split(|byte| *byte == b'\n') {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let slot = match words.next().unwrap_or_default() {
                b"MemTotal:" => &mut memory.total,
                b"MemFree:" => &mut memory.free,
                b"MemAvailable:" => &mut memory.available,
                b"Shmem:" => &mut memory.shared,
                b"Buffers:" => &mut memory.buffers,
                b"Cached:" => &mut memory.cached,
                b"SReclaimable:" => &mut memory.reclaimable,
                b"SwapTotal:" => &mut memory.swap_total,
                b"SwapFree:" => &mut memory.swap_free,
                _ => continue,
            };
            *slot = words.next().and_then(parse_decimal).unwrap_or(0);
        }
        memory
    }

    /// Buffers and caches together.
    #[must_use]
    pub const fn cache(&self) -> u64 {
        self.buffers + self.cached + self.reclaimable
    }
}

/// The line of `/proc/loadavg`.
#[must_use]
pub fn load() -> Vec<u8> {
    fs::read_file(b"/proc/loadavg").unwrap_or_default().trim_ascii_end().to_vec()
}

/// Seconds since the start.
#[must_use]
pub fn uptime() -> u64 {
    let text = fs::read_file(b"/proc/uptime").unwrap_or_default();
    text.split(|byte| *byte == b'.').next().and_then(parse_decimal).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn lines_by_name() {
        let memory = Memory::parse(b"MemTotal:  100 kB\nCached: 7 kB\nBuffers: 2 kB\nSReclaimable: 1 kB\n");
        assert_eq!((memory.total, memory.cache(), memory.free), (100, 10, 0));
    }
}
