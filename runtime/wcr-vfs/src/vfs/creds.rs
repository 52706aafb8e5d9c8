//! Who a process is, and what that allows.

use wcr_abi::FileKind;

use crate::fs::Perm;

/// What is to be done with a file: bits as `access(2)` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Access(pub u32);

impl Access {
    /// Nothing: whether it exists.
    pub const EXISTS: Self = Self(0);
    /// Execute a file, or search a directory.
    pub const EXECUTE: Self = Self(1);
    /// Write.
    pub const WRITE: Self = Self(2);
    /// Read.
    pub const READ: Self = Self(4);

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `other` is part of this.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The identity that permission checks go by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Creds {
    /// The user; 0 may do nearly everything.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Further groups.
    pub groups: Vec<u32>,
}

impl Creds {
    /// The superuser's.
    #[must_use]
    pub fn root() -> &'static Self {
        static ROOT: Creds = Creds { uid: 0, gid: 0, groups: Vec::new() };
        &ROOT
    }

    /// Whether this is the superuser, who has all capabilities.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// Whether the group is one of theirs.
    #[must_use]
    pub fn in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }

    /// Whether they own the file, or are the superuser.
    #[must_use]
    pub fn owns(&self, perm: Perm) -> bool {
        self.is_root() || self.uid == perm.uid
    }

    /// Whether the permission bits grant all of `access`. The superuser may do anything but execute a file
    /// that nobody may execute.
    #[must_use]
    pub fn may(&self, perm: Perm, access: Access) -> bool {
        let bits = perm.mode.permissions();
        if self.is_root() {
            let nobody = perm.mode.kind() != FileKind::Directory && bits & 0o111 == 0;
            return !(nobody && access.contains(Access::EXECUTE));
        }
        let granted = if self.uid == perm.uid {
            bits >> 6
        } else if self.in_group(perm.gid) {
            bits >> 3
        } else {
            bits
        };
        granted & access.0 & 7 == access.0 & 7
    }

    /// Whether the sticky bit of `dir` keeps them from removing `victim` from it.
    pub(super) fn held_by_sticky(&self, dir: Perm, victim: Perm) -> bool {
        dir.mode.permissions() & 0o1000 != 0 && !self.owns(dir) && !self.owns(victim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wcr_abi::Mode;

    #[test]
    fn the_first_matching_class_decides() {
        let perm = |bits| Perm { mode: Mode::new(FileKind::Regular, bits), uid: 10, gid: 20 };
        let who = |uid, gid, groups: &[u32]| Creds { uid, gid, groups: groups.to_vec() };
        let cases = [
            (who(10, 1, &[]), 0o700, Access::READ.with(Access::WRITE), true, "owner"),
            (who(10, 20, &[]), 0o077, Access::READ, false, "the owner has only the owner's bits"),
            (who(11, 20, &[]), 0o070, Access::EXECUTE, true, "group"),
            (who(11, 1, &[5, 20]), 0o070, Access::EXECUTE, true, "further group"),
            (who(11, 20, &[]), 0o707, Access::READ, false, "the group has only the group's bits"),
            (who(11, 1, &[]), 0o007, Access::WRITE, true, "others"),
            (Creds::root().clone(), 0o000, Access::READ.with(Access::WRITE), true, "root"),
            (Creds::root().clone(), 0o666, Access::EXECUTE, false, "root cannot run what nobody can"),
            (Creds::root().clone(), 0o010, Access::EXECUTE, true, "root can run what anybody can"),
        ];
        for (creds, bits, access, expected, why) in cases {
            assert_eq!(creds.may(perm(bits), access), expected, "{why}");
        }
    }
}
