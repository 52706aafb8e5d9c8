//! Becoming another user.

use wcr_sys::Errno;
use wcr_sys::user::{self, Whose};

use crate::core::accounts::Accounts;

/// The groups that a user belongs to, the given one first.
pub(crate) fn groups_of(name: &[u8], gid: u32) -> Vec<u32> {
    let mut accounts = Accounts::default();
    let others = accounts.groups().iter().filter(|group| group.members.iter().any(|member| member == name));
    let mut groups = vec![gid];
    groups.extend(others.map(|group| group.gid).filter(|other| *other != gid));
    groups
}

/// Takes on groups, a group and a user, in this order.
/// # Errors
/// What could not be set, and why.
pub(crate) fn take(groups: &[u32], gid: u32, uid: u32) -> Result<(), (&'static str, Errno)> {
    user::set_groups(groups).map_err(|error| ("can't set groups", error))?;
    user::set(Whose::Group, gid).map_err(|error| ("setgid", error))?;
    user::set(Whose::User, uid).map_err(|error| ("setuid", error))
}
