//! `su`: runs a shell as another user.

use wcr_sys::abi::SpawnRequest;
use wcr_sys::{fd, fs, process};

use super::database::Entry;
use super::passwd::must_be_privileged;
use super::{applet, ask, crypt, groups_of, take};
use crate::environ::var;
use crate::options::Spec;
use crate::{Context, Quit};

applet!(
    /// The applet.
    APPLET, "su", su
);

fn su(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    must_be_privileged(ctx)?;
    // Options may stand before `-`, behind it, and behind the name.
    let mut given: Vec<(u8, Option<Vec<u8>>)> = Vec::new();
    let (mut rest, mut name, mut login) = (ctx.args.to_vec(), None, false);
    loop {
        let parsed = Spec::short("+mplc:s:").parse_args(&rest);
        let parsed = parsed.map_err(|message| {
            ctx.complain(&[&message]);
            ctx.usage()
        })?;
        given.extend(parsed.options);
        rest = parsed.operands;
        if name.is_some() || rest.is_empty() {
            break;
        }
        let first = rest.remove(0);
        if first == b"-" && !login {
            login = true;
        } else {
            name = Some(first);
        }
    }
    let name = name.unwrap_or_else(|| b"root".to_vec());
    let has = |key: u8| given.iter().any(|(other, _)| *other == key);
    let value = |key: u8| given.iter().rev().find(|(other, _)| *other == key).and_then(|(_, value)| value.clone());
    let login = login || has(b'l');
    let entry = Entry::named(&name).ok_or_else(|| ctx.die(&[b"unknown user ", &name]))?;
    if process::user_ids().uid != 0 {
        let given = ask::password(ctx, fd::STDIN, b"Password: ").unwrap_or_default();
        let kept = entry.kept_password();
        if !kept.is_empty() && !crypt::matches(&given, &kept) {
            return Err(ctx.die(&[b"incorrect password"]));
        }
    }
    let keep = !login && (has(b'm') || has(b'p'));
    let kept_shell = || if keep { var(b"SHELL") } else { None };
    let shell = value(b's').or_else(kept_shell).unwrap_or_else(|| entry.shell().to_vec());
    let mut args: Vec<Vec<u8>> = Vec::new();
    if let Some(command) = value(b'c') {
        args.extend([b"-c".to_vec(), command]);
    }
    args.extend(rest);
    become_user(ctx, &entry)?;
    Err(start_shell(ctx, &entry, &shell, login, keep, args))
}

/// Takes on the user's groups and ids.
pub(super) fn become_user(ctx: &mut Context<'_>, entry: &Entry) -> Result<(), Quit> {
    take(&groups_of(&entry.name, entry.gid), entry.gid, entry.uid)
        .map_err(|(what, error)| ctx.die_errno(&[what.as_bytes()], error))
}

/// Sets the environment and goes on as the shell. With `login` it starts afresh, at home; with `keep` the environment
/// stays.
pub(super) fn start_shell(
    ctx: &mut Context<'_>,
    entry: &Entry,
    shell: &[u8],
    login: bool,
    keep: bool,
    args: Vec<Vec<u8>>,
) -> Quit {
    let mut env = wcr_sys::env();
    let set = |env: &mut Vec<Vec<u8>>, name: &[u8], value: &[u8]| {
        let start = [name, b"="].concat();
        env.retain(|entry| !entry.starts_with(&start));
        env.push([&start, value].concat());
    };
    if login {
        if fs::chdir(&entry.home).is_err() {
            ctx.complain(&[b"can't change directory to '", &entry.home, b"'"]);
            // The root is there.
            let _ = fs::chdir(b"/");
        }
        env.retain(|entry| entry.starts_with(b"TERM="));
        let path: &[u8] = if entry.uid == 0 { b"/sbin:/usr/sbin:/bin:/usr/bin" } else { b"/bin:/usr/bin" };
        set(&mut env, b"PATH", path);
    }
    if login || !keep {
        if login || entry.uid != 0 {
            set(&mut env, b"USER", &entry.name);
            set(&mut env, b"LOGNAME", &entry.name);
        }
        set(&mut env, b"HOME", &entry.home);
        set(&mut env, b"SHELL", shell);
    }
    let base = shell.rsplit(|byte| *byte == b'/').next().unwrap_or(shell);
    let name = [if login { b"-".as_slice() } else { b"" }, base].concat();
    let argv = core::iter::once(name).chain(args).collect();
    ctx.flush();
    let error = process::exec(&SpawnRequest { path: shell.to_vec(), argv, envp: env, ..SpawnRequest::default() });
    ctx.die_errno(&[b"can't execute '", shell, b"'"], error)
}
