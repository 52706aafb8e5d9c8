//! Users and groups.

use wcr_abi::{Errno, Pid};
use wcr_kernel::{Call, Kernel, Whose};

use crate::memory::{GuestMemory, MemoryExt};

/// The most bytes of a list of groups: one group more than any list may have.
const GROUPS_MAX: usize = 65537 * 4;

/// Whose id a number means: 0 the user's, 1 the group's.
fn whose(kind: u32) -> Result<Whose, Errno> {
    match kind {
        0 => Ok(Whose::User),
        1 => Ok(Whose::Group),
        _ => Err(Errno::Inval),
    }
}

/// The caller's real, effective and saved id (three words); `kind` 0 is the user's, 1 the group's.
///
/// # Errors
/// `INVAL` no such kind.
pub fn id_get<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, kind: u32, out: u32) -> Call<()> {
    let ids = k.id(pid, whose(kind)?)?;
    Ok(mem.put(out, &ids.map(u32::to_le_bytes).concat())?)
}

/// `setuid(2)`, `setgid(2)`: all three ids for the superuser, else the effective one.
///
/// # Errors
/// `INVAL` no such kind, no id; `PERM` neither the real nor the saved id, without being the superuser.
pub fn id_set<M: GuestMemory>(k: &mut Kernel, pid: Pid, _mem: &mut M, kind: u32, id: u32) -> Call<()> {
    k.set_id(pid, whose(kind)?, id)
}

/// `setreuid(2)`, `setregid(2)`; all ones leave an id.
///
/// # Errors
/// `INVAL` no such kind; `PERM` an id that is not the caller's, without being the superuser.
pub fn id_set_re<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    kind: u32,
    real: u32,
    effective: u32,
) -> Call<()> {
    k.set_real_and_effective(pid, whose(kind)?, real, effective)
}

/// `setresuid(2)`, `setresgid(2)`; all ones leave an id.
///
/// # Errors
/// `INVAL` no such kind; `PERM` an id that is not the caller's, without being the superuser.
pub fn id_set_res<M: GuestMemory>(
    k: &mut Kernel,
    pid: Pid,
    _mem: &mut M,
    kind: u32,
    real: u32,
    effective: u32,
    saved: u32,
) -> Call<()> {
    k.set_ids(pid, whose(kind)?, [real, effective, saved])
}

/// `setgroups(2)`: `count` words.
///
/// # Errors
/// `PERM` the caller is not the superuser; `INVAL` more than 65,536.
pub fn groups_set<M: GuestMemory>(k: &mut Kernel, pid: Pid, mem: &mut M, groups: u32, count: u32) -> Call<()> {
    let bytes = mem.take_bytes(groups, count.saturating_mul(4), GROUPS_MAX, Errno::Inval)?;
    let (words, _) = bytes.as_chunks::<4>();
    k.set_groups(pid, words.iter().map(|word| u32::from_le_bytes(*word)).collect())
}
