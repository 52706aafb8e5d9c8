//! Users, groups and nice values.

use crate::{Result, check, imports};

/// Whose id is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Whose {
    /// The user's.
    User = 0,
    /// The group's.
    Group = 1,
}

/// The real, the effective and the saved id of this process.
pub fn ids(whose: Whose) -> Result<[u32; 3]> {
    let mut out = [0; 3];
    check(imports::id_get(whose as u32, out.as_mut_ptr()))?;
    Ok(out)
}

/// Sets all three ids as root, else the effective one to the real or the saved one (`setuid(2)`).
pub fn set(whose: Whose, id: u32) -> Result<()> {
    check(imports::id_set(whose as u32, id))
}

/// Sets the real and the effective id (`setreuid(2)`); `u32::MAX` leaves one.
pub fn set_real_and_effective(whose: Whose, real: u32, effective: u32) -> Result<()> {
    check(imports::id_set_re(whose as u32, real, effective))
}

/// Sets the real, the effective and the saved id (`setresuid(2)`); `u32::MAX` leaves one.
pub fn set_all(whose: Whose, [real, effective, saved]: [u32; 3]) -> Result<()> {
    check(imports::id_set_res(whose as u32, real, effective, saved))
}

/// Sets the supplementary groups. `PERM` unless this process is root's.
pub fn set_groups(groups: &[u32]) -> Result<()> {
    check(imports::groups_set(groups.as_ptr(), groups.len()))
}

/// The processes whose nice value or other priority is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processes {
    /// One; 0 is this one.
    One(u32),
    /// Those of a group; 0 is this process's.
    Group(u32),
    /// Those of a user; 0 is this process's.
    User(u32),
}

impl Processes {
    pub(crate) const fn numbers(self) -> (u32, u32) {
        match self {
            Self::One(pid) => (0, pid),
            Self::Group(group) => (1, group),
            Self::User(user) => (2, user),
        }
    }
}

/// The lowest nice value of some processes. `SRCH` there are none.
pub fn nice(of: Processes) -> Result<i32> {
    let ((which, who), mut nice) = (of.numbers(), 0);
    check(imports::priority_get(which, who, &raw mut nice))?;
    Ok(nice)
}

/// Sets the nice value of some processes. `SRCH` there are none; `PERM`, `ACCES` it may not be set.
pub fn set_nice(of: Processes, nice: i32) -> Result<()> {
    let (which, who) = of.numbers();
    check(imports::priority_set(which, who, nice))
}
