//! `deluser` and `delgroup`: take users and groups away, and users out of groups.

use super::addgroup::must_be_root;
use super::applet;
use super::database::{Entry, GROUP, GSHADOW, PASSWD, SHADOW, edit_members, remove_line};
use crate::core::accounts::Accounts;
use crate::core::remove::Removal;
use crate::options::{Spec, Takes};
use crate::{Context, Quit};

applet!(
    /// `deluser`.
    DELUSER, "deluser", deluser
);
applet!(
    /// `delgroup`.
    DELGROUP, "delgroup", delgroup
);

const USER_SPEC: Spec = Spec::new("", &[("remove-home", Takes::Nothing, b'r')]);

fn deluser(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    must_be_root(ctx)?;
    let parsed = USER_SPEC.parse(ctx)?;
    let name = match parsed.operands.as_slice() {
        [name] => name,
        [user, group] => return leave(ctx, user, group),
        _ => return Err(ctx.usage()),
    };
    let entry = Entry::named(name).ok_or_else(|| ctx.die(&[b"unknown user ", name]))?;
    if parsed.has(b'r') {
        let mut removal = Removal { force: true, recursive: true, ..Removal::default() };
        removal.remove(ctx, &entry.home);
    }
    for file in [PASSWD, SHADOW] {
        remove_line(ctx, file, name);
    }
    for file in [GROUP, GSHADOW] {
        edit_members(ctx, file, |_, members| members.retain(|member| member != name));
    }
    // The group that `adduser` made for this user alone goes as well.
    let mut accounts = Accounts::default();
    let own = accounts.group_named(name).filter(|group| group.members.is_empty()).map(|group| group.gid);
    if own.is_some_and(|gid| accounts.users().iter().all(|user| user.gid != gid)) {
        remove_group(ctx, name);
    }
    Ok(0)
}

fn delgroup(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    must_be_root(ctx)?;
    let parsed = Spec::short("").parse(ctx)?;
    let name = match parsed.operands.as_slice() {
        [name] => name,
        [user, group] => return leave(ctx, user, group),
        _ => return Err(ctx.usage()),
    };
    let mut accounts = Accounts::default();
    let Some(gid) = accounts.group_named(name).map(|group| group.gid) else {
        return Err(ctx.die(&[b"unknown group ", name]));
    };
    if let Some(user) = accounts.users().iter().find(|user| user.gid == gid) {
        return Err(ctx.die(&[b"'", &user.name, b"' still has '", name, b"' as their primary group!"]));
    }
    remove_group(ctx, name);
    Ok(0)
}

fn remove_group(ctx: &mut Context<'_>, name: &[u8]) {
    for file in [GROUP, GSHADOW] {
        remove_line(ctx, file, name);
    }
}

/// Takes a user out of a group.
fn leave(ctx: &mut Context<'_>, user: &[u8], group: &[u8]) -> Result<u8, Quit> {
    let mut accounts = Accounts::default();
    if accounts.user_named(user).is_none() {
        return Err(ctx.die(&[b"unknown user ", user]));
    }
    let Some(found) = accounts.group_named(group) else {
        return Err(ctx.die(&[b"unknown group ", group]));
    };
    if !found.members.iter().any(|member| member == user) {
        ctx.complain(&[b"can't find ", user, b" in ", GROUP]);
        return Ok(1);
    }
    for file in [GROUP, GSHADOW] {
        edit_members(ctx, file, |name, members| {
            if name == group {
                members.retain(|member| member != user);
            }
        });
    }
    Ok(0)
}
