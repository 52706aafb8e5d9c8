//! `chroot`.

use applets::core::accounts::Accounts;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit, environ};
use wcr_sys::user::{self, Whose};
use wcr_sys::{Errno, fs};

use super::exec::exec_or_tell;
use crate::Program;
use crate::dispatch::{missing_operand, wrong_usage};
use crate::files::chown::owners;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const GROUPS: u8 = 0x80;
const USER: u8 = 0x81;
const SKIP_CHDIR: u8 = 0x82;

/// The exit code for trouble of `chroot` itself.
const TROUBLE: u8 = 125;

/// The program. The kernel has no other roots than the container's: to change to another is refused, as to one who has
/// no right to.
pub const PROGRAM: Program = Program::new(
    "chroot",
    "[OPTION] NEWROOT [COMMAND [ARG]...]\n  or:  chroot OPTION",
    "Runs a program in another root folder.",
    "+",
    &[
        ("groups", Takes::Value, GROUPS),
        ("userspec", Takes::Value, USER),
        ("skip-chdir", Takes::Nothing, SKIP_CHDIR),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
)
.failing_with(TROUBLE)
.lacking("other roots");

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let Some((root, command)) = parsed.operands.split_first() else { return Err(missing_operand(ctx, TROUBLE)) };
    let trouble = |ctx: &mut Context<'_>, parts: &[&[u8]], error: Errno| {
        ctx.perror(parts, error);
        Quit(TROUBLE)
    };
    let place = |path: &[u8]| fs::stat(path).map(|stat| (stat.dev, stat.ino));
    let is_root = place(root).is_ok_and(|found| place(b"/") == Ok(found));
    if parsed.has(SKIP_CHDIR) && !is_root {
        let old = quote::always(b"/");
        return Err(wrong_usage(ctx, TROUBLE, &[b"option --skip-chdir only permitted if NEWROOT is old ", &old]));
    }
    if !is_root {
        let error = match fs::stat(root) {
            Ok(stat) if stat.mode.kind() != wcr_sys::abi::FileKind::Directory => Errno::Notdir,
            Ok(_) => Errno::Perm,
            Err(error) => error,
        };
        return Err(trouble(ctx, &[b"cannot change root directory to ", &quote::always(root)], error));
    }
    if !parsed.has(SKIP_CHDIR) {
        fs::chdir(b"/").map_err(|error| trouble(ctx, &[b"cannot chdir to root directory"], error))?;
    }
    become_another(ctx, parsed)?;
    let mut command = command.to_vec();
    if command.is_empty() {
        let shell = environ::var(b"SHELL").unwrap_or_else(|| b"/bin/sh".to_vec());
        command = vec![shell, b"-i".to_vec()];
    }
    Err(exec_or_tell(ctx, &command, &wcr_sys::env(), b"failed to run command "))
}

/// Takes on the user and the groups that are asked for.
fn become_another(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Quit> {
    let mut accounts = Accounts::default();
    let wrong = |ctx: &mut Context<'_>, text: &[u8]| {
        ctx.complain(&[text]);
        Quit(TROUBLE)
    };
    let (mut uid, mut gid) = (None, None);
    if let Some(text) = parsed.value(USER) {
        let wanted = owners(&mut accounts, text).map_err(|what| wrong(ctx, what))?;
        (uid, gid) = (wanted.user, wanted.group);
        // A user without a group has the one of the account.
        if let (Some(uid), None) = (uid, gid) {
            gid = accounts.user(uid).map(|user| user.gid);
        }
    }
    let groups = match parsed.value(GROUPS) {
        Some(list) => {
            let mut groups = Vec::new();
            for name in list.split(|byte| *byte == b',').filter(|name| !name.is_empty()) {
                let number = applets::format::parse_decimal(name).and_then(|number| u32::try_from(number).ok());
                match accounts.group_named(name).map(|group| group.gid).or(number) {
                    Some(group) => groups.push(group),
                    None => return Err(wrong(ctx, &[b"invalid group ", &quote::always(name)[..]].concat())),
                }
            }
            Some(groups)
        }
        None => uid.zip(gid).map(|(uid, gid)| {
            let name = accounts.user(uid).map(|user| user.name.clone()).unwrap_or_default();
            let member = |group: &&applets::core::accounts::Group| group.members.contains(&name);
            let mut groups: Vec<u32> = accounts.groups().iter().filter(member).map(|group| group.gid).collect();
            groups.push(gid);
            groups
        }),
    };
    if let Some(groups) = groups {
        user::set_groups(&groups).map_err(|error| {
            ctx.perror(&[b"failed to set supplemental groups"], error);
            Quit(TROUBLE)
        })?;
    }
    for (whose, id, what) in
        [(Whose::Group, gid, &b"failed to set group-ID"[..]), (Whose::User, uid, b"failed to set user-ID")]
    {
        if let Some(id) = id {
            user::set(whose, id).map_err(|error| {
                ctx.perror(&[what], error);
                Quit(TROUBLE)
            })?;
        }
    }
    Ok(())
}
