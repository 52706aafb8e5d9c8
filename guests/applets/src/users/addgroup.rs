//! `addgroup`: makes a group, or adds a user to one.

use wcr_sys::process;

use super::database::{GROUP, GSHADOW, SHADOWED, add_line, add_line_if_there, edit_members};
use super::{applet, fits_as_name};
use crate::core::accounts::Accounts;
use crate::count::{INT_MAX, in_range};
use crate::format::decimal;
use crate::options::{Spec, Takes};
use crate::{Context, Quit};

applet!(
    /// The applet.
    APPLET, "addgroup", addgroup
);

const SPEC: Spec = Spec::new("g:S", &[("gid", Takes::Value, b'g'), ("system", Takes::Nothing, b'S')]);

/// The numbers that users and groups get by themselves: those of the system, and the others.
const SYSTEM_IDS: core::ops::RangeInclusive<u32> = 100..=999;
const IDS: core::ops::RangeInclusive<u32> = 1000..=60_000;

fn addgroup(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    must_be_root(ctx)?;
    let parsed = SPEC.parse_counts(ctx, b"g", |ctx, text| in_range(ctx, text, 0, INT_MAX))?;
    let name = match parsed.operands.as_slice() {
        [name] => name,
        [user, group] if parsed.options.is_empty() => return join(ctx, user, group),
        _ => return Err(ctx.usage()),
    };
    fits_as_name(ctx, name)?;
    let mut accounts = Accounts::default();
    if accounts.group_named(name).is_some() {
        return Err(ctx.die(&[b"group '", name, b"' in use"]));
    }
    let gid = match parsed.value(b'g') {
        Some(text) => {
            let gid = in_range(ctx, text, 0, INT_MAX)? as u32;
            if accounts.group(gid).is_some() {
                return Err(ctx.die(&[b"gid '", &decimal(gid.into()), b"' in use"]));
            }
            gid
        }
        None => {
            free_id(parsed.has(b'S'), |id| accounts.group(id).is_none()).ok_or_else(|| ctx.die(&[b"no gids left"]))?
        }
    };
    Ok(u8::from(!make(ctx, name, gid)))
}

/// Ends an applet unless the superuser runs it.
/// # Errors
/// It is another user; that has been said.
pub(super) fn must_be_root(ctx: &mut Context<'_>) -> Result<(), Quit> {
    let root = process::user_ids().euid == 0;
    if root { Ok(()) } else { Err(ctx.die(&[b"permission denied (are you root?)"])) }
}

/// The lowest number that is free, of the system's or of the others.
pub(super) fn free_id(system: bool, mut free: impl FnMut(u32) -> bool) -> Option<u32> {
    if system { SYSTEM_IDS.into_iter().find(|id| free(*id)) } else { IDS.into_iter().find(|id| free(*id)) }
}

/// Makes a group whose name and number are free. Whether that was done; what went wrong has been said.
pub(super) fn make(ctx: &mut Context<'_>, name: &[u8], gid: u32) -> bool {
    let line = [name, SHADOWED, &decimal(gid.into()), b""].join(&b':');
    let written = add_line(ctx, GROUP, &line);
    add_line_if_there(ctx, GSHADOW, &[name, b":!::"].concat());
    written
}

/// Adds a user to a group; both have to be there.
pub(super) fn join(ctx: &mut Context<'_>, user: &[u8], group: &[u8]) -> Result<u8, Quit> {
    let mut accounts = Accounts::default();
    if accounts.group_named(group).is_none() {
        return Err(ctx.die(&[b"unknown group ", group]));
    }
    if accounts.user_named(user).is_none() {
        return Err(ctx.die(&[b"unknown user ", user]));
    }
    add_member(ctx, user, group);
    Ok(0)
}

/// Writes a user among the members of a group, where that is not so already.
pub(super) fn add_member(ctx: &mut Context<'_>, user: &[u8], group: &[u8]) {
    for file in [GROUP, GSHADOW] {
        edit_members(ctx, file, |name, members| {
            if name == group && !members.iter().any(|member| member == user) {
                members.push(user.to_vec());
            }
        });
    }
}
