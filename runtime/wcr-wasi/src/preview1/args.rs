//! Arguments and environment.

use wcr_abi::{Errno, Pid};
use wcr_kernel::{Call, Kernel};

use crate::memory::{GuestMemory, MemoryExt};

/// Copies the arguments to `buf`, each ended by NUL, and their addresses to `argv`.
///
/// # Errors
/// None of its own.
pub fn args_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, argv: u32, buf: u32) -> Call<()> {
    put_strings(mem, k.argv(pid)?, argv, buf)
}

/// The number of arguments and the bytes that [`args_get`] needs.
///
/// # Errors
/// None of its own.
pub fn args_sizes_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, count: u32, size: u32) -> Call<()> {
    put_sizes(mem, k.argv(pid)?, count, size)
}

/// Copies the environment to `buf`, each ended by NUL, and the addresses to `environ`.
///
/// # Errors
/// None of its own.
pub fn environ_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, environ: u32, buf: u32) -> Call<()> {
    put_strings(mem, k.envp(pid)?, environ, buf)
}

/// The number of variables and the bytes that [`environ_get`] needs.
///
/// # Errors
/// None of its own.
pub fn environ_sizes_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, count: u32, size: u32) -> Call<()> {
    put_sizes(mem, k.envp(pid)?, count, size)
}

fn put_strings(mem: &mut impl GuestMemory, strings: &[Vec<u8>], mut table: u32, mut at: u32) -> Call<()> {
    for string in strings {
        mem.put_u32(table, at)?;
        mem.put(at, string)?;
        let end = at.checked_add(string.len() as u32).ok_or(Errno::Fault)?;
        mem.put(end, &[0])?;
        (table, at) = (table.checked_add(4).ok_or(Errno::Fault)?, end.checked_add(1).ok_or(Errno::Fault)?);
    }
    Ok(())
}

fn put_sizes(mem: &mut impl GuestMemory, strings: &[Vec<u8>], count: u32, size: u32) -> Call<()> {
    mem.put_u32(count, strings.len() as u32)?;
    Ok(mem.put_u32(size, strings.iter().map(|string| string.len() as u32 + 1).sum())?)
}
