//! `adduser`: makes a user, with a group, a home and a password; or adds one to a group.

use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{Errno, fd, fs};

use super::addgroup::{self, free_id, must_be_root};
use super::database::{Entry, PASSWD, SHADOW, SHADOWED, add_line, add_line_if_there, today};
use super::{applet, fits_as_name};
use crate::core::accounts::Accounts;
use crate::core::copy::Copying;
use crate::core::paths::{is_dots, join};
use crate::count::in_range;
use crate::environ::var;
use crate::format::decimal;
use crate::options::{Parsed, Spec, Takes};
use crate::{Context, Quit, run};

applet!(
    /// The applet.
    APPLET, "adduser", adduser
);

const SPEC: Spec = Spec::new(
    "h:g:s:G:DSHu:k:",
    &[
        ("home", Takes::Value, b'h'),
        ("gecos", Takes::Value, b'g'),
        ("shell", Takes::Value, b's'),
        ("ingroup", Takes::Value, b'G'),
        ("disabled-password", Takes::Nothing, b'D'),
        ("empty-password", Takes::Nothing, b'D'),
        ("system", Takes::Nothing, b'S'),
        ("no-create-home", Takes::Nothing, b'H'),
        ("uid", Takes::Value, b'u'),
        ("skel", Takes::Value, b'k'),
    ],
);

/// The largest number that `-u` takes.
const MOST: u64 = 65_533;
/// The mode of a home: what is made in it belongs to the user's group.
const HOME_MODE: u32 = 0o2755;

fn adduser(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    must_be_root(ctx)?;
    let parsed = SPEC.parse_counts(ctx, b"u", |ctx, text| in_range(ctx, text, 0, MOST))?;
    let name = match parsed.operands.as_slice() {
        [name] => name,
        [user, group] => return addgroup::join(ctx, user, group),
        _ => return Err(ctx.usage()),
    };
    fits_as_name(ctx, name)?;
    if Entry::named(name).is_some() {
        return Err(ctx.die(&[b"user '", name, b"' in use"]));
    }
    let system = parsed.has(b'S');
    let (uid, gid) = numbers(ctx, &parsed, name, system)?;
    let home = parsed.value(b'h').map_or_else(|| [b"/home/", name.as_slice()].concat(), <[u8]>::to_vec);
    let shell = match parsed.value(b's') {
        Some(shell) => shell.to_vec(),
        None if system => b"/bin/false".to_vec(),
        None => var(b"SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| b"/bin/sh".to_vec()),
    };
    let gecos = parsed.value(b'g').unwrap_or(b"Linux User,,,");
    let line = [name, SHADOWED, &decimal(uid.into()), &decimal(gid.into()), gecos, &home, &shell].join(&b':');
    if !add_line(ctx, PASSWD, &line) {
        return Ok(1);
    }
    // `!`: no password fits.
    let kept = [name, b":!:".as_slice(), &decimal(today()), b":0:99999:7:::"].concat();
    add_line_if_there(ctx, SHADOW, &kept);
    match parsed.value(b'G') {
        Some(group) => {
            addgroup::add_member(ctx, name, group);
        }
        None if !system => {
            // The user is there by now: a group that could not be written has been told.
            addgroup::make(ctx, name, gid);
        }
        None => {}
    }
    if !parsed.has(b'H') && !make_home(ctx, &home, uid, gid, parsed.value(b'k').unwrap_or(b"/etc/skel")) {
        return Ok(1);
    }
    if parsed.has(b'D') || system {
        return Ok(0);
    }
    Err(run::exec(ctx, &[b"passwd".to_vec(), b"--".to_vec(), name.clone()], wcr_sys::env()))
}

/// The user's number, and that of the group: the one asked for, `nogroup` for a user of the system, or a new one of the
/// user's name, with the user's number where that is free.
fn numbers(ctx: &mut Context<'_>, parsed: &Parsed, name: &[u8], system: bool) -> Result<(u32, u32), Quit> {
    let mut accounts = Accounts::default();
    let given = match parsed.value(b'u') {
        Some(text) => Some(in_range(ctx, text, 0, MOST)? as u32),
        None => None,
    };
    let group = parsed.value(b'G').or(system.then_some(b"nogroup".as_slice()));
    let gid = match group {
        Some(group) => match accounts.group_named(group) {
            Some(found) => Some(found.gid),
            None => return Err(ctx.die(&[b"unknown group ", group])),
        },
        None if accounts.group_named(name).is_some() => return Err(ctx.die(&[b"group '", name, b"' in use"])),
        None => None,
    };
    let uid = match given {
        Some(uid) if accounts.user(uid).is_some() => {
            return Err(ctx.die(&[b"uid '", &decimal(uid.into()), b"' in use"]));
        }
        Some(uid) => uid,
        None => {
            // A group of one's own has the same number.
            let free = |uid| accounts.user(uid).is_none() && (gid.is_some() || accounts.group(uid).is_none());
            free_id(system, free).ok_or_else(|| ctx.die(&[b"no uids left"]))?
        }
    };
    let own = |accounts: &mut Accounts| match accounts.group(uid) {
        None => Some(uid),
        Some(_) => free_id(system, |id| accounts.group(id).is_none()),
    };
    let gid = gid.or_else(|| own(&mut accounts)).ok_or_else(|| ctx.die(&[b"no gids left"]))?;
    Ok((uid, gid))
}

/// Makes a home with what the skeleton has. Whether that was done; what went wrong has been said.
fn make_home(ctx: &mut Context<'_>, home: &[u8], uid: u32, gid: u32, skeleton: &[u8]) -> bool {
    match fs::mkdir(home, HOME_MODE) {
        Ok(()) => {}
        // A home that is there stays as it is.
        Err(Errno::Exist) => return true,
        Err(error) => {
            ctx.perror(&[home], error);
            return false;
        }
    }
    let mut copying = Copying::default();
    (copying.recursive, copying.preserve) = (true, true);
    for entry in fs::read_dir(skeleton).unwrap_or_default() {
        if !is_dots(&entry.name) {
            // What cannot be copied has been told; the user is there all the same.
            let _ = copying.copy(ctx, &join(skeleton, &entry.name), &join(home, &entry.name));
        }
    }
    give(home, uid, gid);
    let done = fs::chown(home, uid, gid, true).and_then(|()| fs::chmod(home, HOME_MODE));
    done.inspect_err(|error| ctx.perror(&[home], *error)).is_ok()
}

/// Gives all that lies in a folder to the user.
fn give(dir: &[u8], uid: u32, gid: u32) {
    // What went away meanwhile needs no owner.
    let Ok(file) = fs::open(dir, OpenFlags::RDONLY.with(OpenFlags::DIRECTORY), 0) else { return };
    let entries = fs::read_dir_fd(file).unwrap_or_default();
    let _ = fd::close(file);
    for entry in entries.iter().filter(|entry| !is_dots(&entry.name)) {
        let path = join(dir, &entry.name);
        let _ = fs::chown(&path, uid, gid, false);
        if fs::lstat(&path).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory) {
            give(&path, uid, gid);
        }
    }
}
