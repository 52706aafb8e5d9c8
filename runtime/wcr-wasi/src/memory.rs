//! Guest memory, as an engine lets the kernel see it.

use wcr_abi::Errno;

/// The linear memory of a guest. All addresses and lengths come from the guest and are hostile.
///
/// An access that is not wholly inside the memory fails with `FAULT` and does nothing.
pub trait GuestMemory {
    /// Shows `len` bytes at `ptr`.
    fn view<R>(&self, ptr: u32, len: u32, look: impl FnOnce(&[u8]) -> R) -> Result<R, Errno>;

    /// Lets `len` bytes at `ptr` be changed.
    fn edit<R>(&mut self, ptr: u32, len: u32, change: impl FnOnce(&mut [u8]) -> R) -> Result<R, Errno>;
}

/// Guest memory in the kernel's own address space.
#[derive(Debug)]
pub struct FlatMemory<'a>(pub &'a mut [u8]);

impl GuestMemory for FlatMemory<'_> {
    fn view<R>(&self, ptr: u32, len: u32, look: impl FnOnce(&[u8]) -> R) -> Result<R, Errno> {
        let range = ptr as usize..(ptr as usize).saturating_add(len as usize);
        self.0.get(range).map(look).ok_or(Errno::Fault)
    }

    fn edit<R>(&mut self, ptr: u32, len: u32, change: impl FnOnce(&mut [u8]) -> R) -> Result<R, Errno> {
        let range = ptr as usize..(ptr as usize).saturating_add(len as usize);
        self.0.get_mut(range).map(change).ok_or(Errno::Fault)
    }
}

/// Whole values in guest memory, little-endian.
pub trait MemoryExt: GuestMemory {
    /// Writes `bytes` at `ptr`.
    fn put(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        self.edit(ptr, len, |slot| slot.copy_from_slice(bytes))
    }

    /// Writes a 32-bit word.
    fn put_u32(&mut self, ptr: u32, word: u32) -> Result<(), Errno> {
        self.put(ptr, &word.to_le_bytes())
    }

    /// Writes a 64-bit word.
    fn put_u64(&mut self, ptr: u32, word: u64) -> Result<(), Errno> {
        self.put(ptr, &word.to_le_bytes())
    }

    /// Reads a fixed number of bytes.
    fn take<const N: usize>(&self, ptr: u32) -> Result<[u8; N], Errno> {
        self.view(ptr, N as u32, |bytes| {
            let mut out = [0; N];
            out.copy_from_slice(bytes);
            out
        })
    }

    /// Reads a 32-bit word.
    fn take_u32(&self, ptr: u32) -> Result<u32, Errno> {
        self.take(ptr).map(u32::from_le_bytes)
    }

    /// Reads up to `max` bytes of a longer structure. `fail` when it is longer.
    fn take_bytes(&self, ptr: u32, len: u32, max: usize, fail: Errno) -> Result<Vec<u8>, Errno> {
        if len as usize > max { Err(fail) } else { self.view(ptr, len, <[u8]>::to_vec) }
    }

    /// Reads a path. `NAMETOOLONG` over `PATH_MAX`; `INVAL` when it holds a NUL.
    fn take_path(&self, ptr: u32, len: u32) -> Result<Vec<u8>, Errno> {
        let path = self.take_bytes(ptr, len, wcr_abi::PATH_MAX, Errno::Nametoolong)?;
        if path.contains(&0) { Err(Errno::Inval) } else { Ok(path) }
    }

    /// Writes as much of `bytes` as fits in `len` and says how much at `used`.
    fn put_counted(&mut self, ptr: u32, len: u32, bytes: &[u8], used: u32) -> Result<(), Errno> {
        let count = bytes.len().min(len as usize);
        self.put(ptr, &bytes[..count])?;
        self.put_u32(used, count as u32)
    }
}

impl<M: GuestMemory> MemoryExt for M {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_is_touched() {
        let mut bytes = [0; 16];
        let mut memory = FlatMemory(&mut bytes);
        for (ptr, len) in [(16, 1), (15, 2), (u32::MAX, 1), (0, u32::MAX), (u32::MAX, u32::MAX)] {
            assert_eq!(memory.view(ptr, len, |_| ()), Err(Errno::Fault), "{ptr} {len}");
            assert_eq!(memory.edit(ptr, len, |_| ()), Err(Errno::Fault), "{ptr} {len}");
        }
        assert_eq!(memory.view(16, 0, <[u8]>::len), Ok(0));
        assert_eq!(memory.put_u64(8, 7), Ok(()));
        assert_eq!(memory.take_u32(8), Ok(7));
    }
}
