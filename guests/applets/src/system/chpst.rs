//! `chpst` and its kin: programs that change what a process has, and then run another program. See runit's and
//! daemontools' manuals.

use wcr_sys::user::{self, Processes};
use wcr_sys::{Errno, fd, fs, process};

use crate::core::accounts::Accounts;
use crate::core::paths::{is_dots, join};
use crate::format::{decimal, parse_decimal};
use crate::number;
use crate::options::{Parsed, Spec};
use crate::users::{groups_of, take};
use crate::{Applet, Context, Quit, run};

macro_rules! applet {
    ($(#[$doc:meta])* $name:ident, $applet:literal, $main:expr $(; $missing:literal)?) => {
        $(#[$doc])*
        pub const $name: Applet = Applet::new($applet, include_str!(concat!("usage/", $applet, ".txt")), $main)
            $(.lacking($missing))?;
    };
}

applet!(
    /// `chpst`.
    CHPST, "chpst", chpst; "other roots"
);
applet!(
    /// `envdir`.
    ENVDIR, "envdir", envdir
);
applet!(
    /// `envuidgid`.
    ENVUIDGID, "envuidgid", envuidgid
);
applet!(
    /// `setuidgid`.
    SETUIDGID, "setuidgid", setuidgid
);
applet!(
    /// `softlimit`.
    SOFTLIMIT, "softlimit", softlimit
);

/// Linux's numbers of resources.
mod resource {
    pub const CPU: u32 = 0;
    pub const FSIZE: u32 = 1;
    pub const DATA: u32 = 2;
    pub const STACK: u32 = 3;
    pub const CORE: u32 = 4;
    pub const RSS: u32 = 5;
    pub const NPROC: u32 = 6;
    pub const NOFILE: u32 = 7;
    pub const MEMLOCK: u32 = 8;
    pub const AS: u32 = 9;
}

/// What each option limits.
const LIMITS: [(u8, &[u32]); 11] = [
    (b'a', &[resource::AS]),
    (b'c', &[resource::CORE]),
    (b'd', &[resource::DATA]),
    (b'f', &[resource::FSIZE]),
    (b'l', &[resource::MEMLOCK]),
    (b'm', &[resource::DATA, resource::STACK, resource::MEMLOCK, resource::AS]),
    (b'o', &[resource::NOFILE]),
    (b'p', &[resource::NPROC]),
    (b'r', &[resource::RSS]),
    (b's', &[resource::STACK]),
    (b't', &[resource::CPU]),
];

fn chpst(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+vP012u:U:e:m:d:o:p:f:c:n:/:").parse(ctx)?;
    let program = program(ctx, &parsed, 0)?;
    let mut env = wcr_sys::env();
    // A process that leads its group keeps it.
    if parsed.has(b'P') {
        let _ = process::setsid();
    }
    for (key, number) in [(b'0', fd::STDIN), (b'1', fd::STDOUT), (b'2', fd::STDERR)] {
        if parsed.has(key) {
            let _ = fd::close(number);
        }
    }
    if let Some(dir) = parsed.value(b'e') {
        read_folder(ctx, dir, &mut env)?;
    }
    limit(ctx, &parsed)?;
    let account = |ctx: &mut Context<'_>, key| parsed.value(key).map(|text| owner(ctx, text)).transpose();
    if let Some((uid, gid, _)) = account(ctx, b'U')? {
        name_ids(&mut env, uid, gid);
    }
    let become_one = account(ctx, b'u')?;
    if let Some(dir) = parsed.value(b'/') {
        return Err(ctx.die_errno(&[b"can't change root directory to '", dir, b"'"], Errno::Perm));
    }
    if let Some(text) = parsed.value(b'n') {
        let scanned = number::signed(text, 10);
        let value = (!text.is_empty() && scanned.len == text.len()).then_some(scanned.value);
        let value = value.ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?;
        let of = Processes::One(process::ids().pid);
        let nice = user::nice(of).map(|now| i64::from(now).saturating_add(value).clamp(-20, 19) as i32);
        nice.and_then(|nice| user::set_nice(of, nice)).map_err(|error| ctx.die_errno(&[b"nice"], error))?;
    }
    if let Some((uid, gid, groups)) = become_one {
        take(&groups, gid, uid).map_err(|(what, error)| ctx.die_errno(&[what.as_bytes()], error))?;
    }
    if parsed.has(b'v') {
        let words: Vec<u8> = program.join(&b' ');
        ctx.complain(&[b"run ", &words]);
    }
    Err(run::exec(ctx, &program, env))
}

fn envdir(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+").parse(ctx)?;
    let program = program(ctx, &parsed, 1)?;
    let mut env = wcr_sys::env();
    read_folder(ctx, parsed.operands.first().map_or(b"", Vec::as_slice), &mut env)?;
    Err(run::exec(ctx, &program, env))
}

fn envuidgid(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+").parse(ctx)?;
    let program = program(ctx, &parsed, 1)?;
    let (uid, gid, _) = owner(ctx, parsed.operands.first().map_or(b"", Vec::as_slice))?;
    let mut env = wcr_sys::env();
    name_ids(&mut env, uid, gid);
    Err(run::exec(ctx, &program, env))
}

fn setuidgid(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+").parse(ctx)?;
    let program = program(ctx, &parsed, 1)?;
    let (uid, gid, groups) = owner(ctx, parsed.operands.first().map_or(b"", Vec::as_slice))?;
    take(&groups, gid, uid).map_err(|(what, error)| ctx.die_errno(&[what.as_bytes()], error))?;
    Err(run::exec(ctx, &program, wcr_sys::env()))
}

fn softlimit(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+a:c:d:f:l:m:o:p:r:s:t:").parse(ctx)?;
    let program = program(ctx, &parsed, 0)?;
    limit(ctx, &parsed)?;
    Err(run::exec(ctx, &program, wcr_sys::env()))
}

/// The program to run: the operands behind the first `skipped`.
fn program(ctx: &mut Context<'_>, parsed: &Parsed, skipped: usize) -> Result<Vec<Vec<u8>>, Quit> {
    let program = parsed.operands.get(skipped..).unwrap_or_default();
    if program.is_empty() { Err(ctx.usage()) } else { Ok(program.to_vec()) }
}

/// User and group, and the groups that belong to them, of `USER[:GROUP]`: names, or numbers where there is a group.
fn owner(ctx: &mut Context<'_>, text: &[u8]) -> Result<(u32, u32, Vec<u32>), Quit> {
    let mut accounts = Accounts::default();
    let id = |text: &[u8]| parse_decimal(text).and_then(|id| u32::try_from(id).ok());
    let (name, group) = match memchr::memchr(b':', text) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let known = accounts.user_named(name).map(|user| (user.uid, user.gid));
    let Some(group) = group else {
        let (uid, gid) = known.ok_or_else(|| ctx.die(&[b"unknown user/group: ", text]))?;
        return Ok((uid, gid, groups_of(name, gid)));
    };
    let uid = known.map(|(uid, _)| uid).or_else(|| id(name));
    let gid = accounts.group_named(group).map(|group| group.gid).or_else(|| id(group));
    match (uid, gid) {
        (Some(uid), Some(gid)) => Ok((uid, gid, vec![gid])),
        _ => Err(ctx.die(&[b"unknown user/group: ", text])),
    }
}

fn name_ids(env: &mut Vec<Vec<u8>>, uid: u32, gid: u32) {
    set(env, b"GID", Some(&decimal(gid.into())));
    set(env, b"UID", Some(&decimal(uid.into())));
}

/// Sets or takes away a variable.
fn set(env: &mut Vec<Vec<u8>>, name: &[u8], value: Option<&[u8]>) {
    let start = [name, b"="].concat();
    env.retain(|entry| !entry.starts_with(&start));
    env.extend(value.map(|value| [&start, value].concat()));
}

/// Sets a variable for each file of a folder: its first line, without blanks at its end and with newlines for NULs. An empty
/// file takes the variable away.
fn read_folder(ctx: &mut Context<'_>, dir: &[u8], env: &mut Vec<Vec<u8>>) -> Result<(), Quit> {
    let entries = fs::read_dir(dir).map_err(|error| ctx.die_errno(&[b"can't open '", dir, b"'"], error))?;
    for entry in entries.iter().filter(|entry| !is_dots(&entry.name) && !entry.name.starts_with(b".")) {
        let path = join(dir, &entry.name);
        let text = match fs::read_file(&path) {
            Ok(text) => text,
            Err(error) => {
                ctx.perror(&[b"can't open '", &path, b"'"], error);
                continue;
            }
        };
        if text.is_empty() {
            set(env, &entry.name, None);
            continue;
        }
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line: Vec<u8> = line.trim_ascii_end().iter().map(|byte| if *byte == 0 { b'\n' } else { *byte }).collect();
        set(env, &entry.name, Some(&line));
    }
    Ok(())
}

/// Sets the soft limits that were asked for; none goes above its hard one.
fn limit(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Quit> {
    for (key, resources) in LIMITS {
        let Some(text) = parsed.value(key) else { continue };
        let wanted = match text {
            // What there is at most.
            b"=" => u64::MAX,
            text => parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?,
        };
        for resource in resources {
            let set =
                process::rlimit(*resource).and_then(|(_, hard)| process::set_rlimit(*resource, wanted.min(hard), hard));
            set.map_err(|error| ctx.die_errno(&[b"setrlimit"], error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced() {
        let mut env = vec![b"A=1".to_vec(), b"AB=2".to_vec()];
        set(&mut env, b"A", Some(b"3"));
        set(&mut env, b"C", None);
        assert_eq!(env, [b"AB=2".to_vec(), b"A=3".to_vec()]);
        name_ids(&mut env, 1, 2);
        assert_eq!(env.get(2..).unwrap(), [b"GID=2".to_vec(), b"UID=1".to_vec()]);
    }
}
