//! `start-stop-daemon`: starts a program unless it runs, or sends those that run a signal.

use wcr_sys::abi::{FdAction, OpenFlags, Signal, SpawnRequest};
use wcr_sys::user::{self, Processes};
use wcr_sys::{Errno, fs, process, signal};

use super::processes::{self, Process};
use super::signals;
use crate::core::accounts::Accounts;
use crate::core::owner::{self, KEEP};
use crate::format::{decimal, parse_decimal};
use crate::options::{Parsed, Spec, Takes};
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new("start-stop-daemon", include_str!("usage/start-stop-daemon.txt"), daemon);

const SPEC: Spec = Spec::new(
    "+KSbqtma:n:s:u:c:x:p:ovN:R:",
    &[
        ("stop", Takes::Nothing, b'K'),
        ("start", Takes::Nothing, b'S'),
        ("background", Takes::Nothing, b'b'),
        ("quiet", Takes::Nothing, b'q'),
        ("test", Takes::Nothing, b't'),
        ("make-pidfile", Takes::Nothing, b'm'),
        ("oknodo", Takes::Nothing, b'o'),
        ("verbose", Takes::Nothing, b'v'),
        ("nicelevel", Takes::Value, b'N'),
        ("startas", Takes::Value, b'a'),
        ("name", Takes::Value, b'n'),
        ("signal", Takes::Value, b's'),
        ("user", Takes::Value, b'u'),
        ("chuid", Takes::Value, b'c'),
        ("exec", Takes::Value, b'x'),
        ("pidfile", Takes::Value, b'p'),
        ("retry", Takes::Value, b'R'),
    ],
);

/// The variable that says that this process is the one in the background.
const BEHIND: &[u8] = b"WCR_DAEMON=";

fn daemon(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let (start, stop) = (parsed.has(b'S'), parsed.has(b'K'));
    let matched = b"unxp".iter().any(|key| parsed.has(*key));
    let can_start = parsed.has(b'x') || parsed.has(b'a');
    if start == stop || stop && !matched || start && !can_start || parsed.has(b'm') && !parsed.has(b'p') {
        return Err(ctx.usage());
    }
    let number = match parsed.value(b's') {
        None => Signal::TERM.0,
        Some(text) => match signals::number(text) {
            Some(number) => number,
            None => return Err(ctx.usage()),
        },
    };
    let owner = match parsed.value(b'u') {
        None => None,
        Some(text) => Some(match parse_decimal(text).and_then(|uid| u32::try_from(uid).ok()) {
            Some(uid) => uid,
            None => {
                let found = Accounts::default().user_named(text).map(|user| user.uid);
                found.ok_or_else(|| ctx.die(&[b"unknown user ", text]))?
            }
        }),
    };
    let behind = std::env::var_os("WCR_DAEMON").is_some();
    let found = if behind { Vec::new() } else { matching(&parsed, owner) };
    if stop {
        return Ok(end(ctx, &parsed, Signal::from_raw(number.into()), &found));
    }
    if !found.is_empty() {
        if !parsed.has(b'q') {
            let program = parsed.value(b'x').or(parsed.value(b'a')).unwrap_or_default();
            ctx.put(&[program, b" is already running\n"].concat());
        }
        return Ok(u8::from(!parsed.has(b'o')));
    }
    begin(ctx, &parsed, behind)
}

/// The processes that all conditions hold of.
fn matching(parsed: &Parsed, owner: Option<u32>) -> Vec<u32> {
    let own = process::ids().pid;
    let candidates: Vec<u32> = match parsed.value(b'p') {
        Some(path) => {
            let text = fs::read_file(path).unwrap_or_default();
            let digits: Vec<u8> = text.trim_ascii_start().iter().copied().take_while(u8::is_ascii_digit).collect();
            parse_decimal(&digits).and_then(|pid| u32::try_from(pid).ok()).into_iter().filter(|pid| *pid > 0).collect()
        }
        None => processes::all().into_iter().map(|process| process.pid).filter(|pid| *pid != own).rev().collect(),
    };
    let others = parsed.has(b'x') || parsed.has(b'n') || owner.is_some();
    let holds = |process: &Process| {
        parsed.value(b'x').is_none_or(|program| runs(process, program))
            && parsed.value(b'n').is_none_or(|name| process.comm == name.get(..15).unwrap_or(name))
            && owner.is_none_or(|uid| process.uid == uid)
    };
    candidates
        .into_iter()
        .filter(|pid| !others || processes::read(*pid).is_some_and(|process| holds(&process)))
        .collect()
}

/// Whether a process was started by this name, or runs this very file.
fn runs(process: &Process, program: &[u8]) -> bool {
    let first = process.cmdline.split(|byte| *byte == 0).next().unwrap_or_default();
    first == program
}

/// Sends the signal to those that were found. Gives the exit code.
fn end(ctx: &mut Context<'_>, parsed: &Parsed, number: Option<Signal>, found: &[u32]) -> u8 {
    let what = match (parsed.value(b'n'), parsed.value(b'x'), parsed.value(b'p'), parsed.value(b'u')) {
        (Some(name), ..) => name.to_vec(),
        (_, Some(program), ..) => program.to_vec(),
        (_, _, Some(path), _) => [b"process in pidfile '", path, b"'"].concat(),
        (.., owner) => [b"process(es) owned by '", owner.unwrap_or_default(), b"'"].concat(),
    };
    let quiet = parsed.has(b'q');
    let mut killed = Vec::new();
    for pid in found {
        let sent = if parsed.has(b't') { None } else { number };
        match signal::kill(*pid as i32, sent) {
            Ok(()) => killed.push(decimal((*pid).into())),
            Err(error) => ctx.perror(&[b"warning: killing process ", &decimal((*pid).into())], error),
        }
    }
    if found.is_empty() {
        if !quiet {
            ctx.put(&[b"no ", what.as_slice(), b" found; none killed\n"].concat());
        }
        return u8::from(!parsed.has(b'o'));
    }
    if !killed.is_empty() && !quiet {
        ctx.put(&[b"stopped ", what.as_slice(), b" (pid ", &killed.join(&b' '), b")\n"].concat());
    }
    u8::from(killed.is_empty() && !parsed.has(b'o'))
}

/// Starts the program, in this process or behind it.
fn begin(ctx: &mut Context<'_>, parsed: &Parsed, behind: bool) -> Result<u8, Quit> {
    let program = parsed.value(b'x').or(parsed.value(b'a')).unwrap_or_default().to_vec();
    let zeroth = parsed.value(b'a').unwrap_or(&program).to_vec();
    if let Err(error) = fs::stat(&program)
        && program.contains(&b'/')
    {
        return Err(ctx.die_errno(&[b"can't execute '", &program, b"'"], error));
    }
    let nice = match parsed.value(b'N') {
        None => None,
        Some(text) => {
            let scanned = crate::number::signed(text, 10);
            if text.is_empty() || scanned.len != text.len() {
                return Err(ctx.die(&[b"invalid number '", text, b"'"]));
            }
            i32::try_from(scanned.value).ok()
        }
    };
    if parsed.has(b'b') && !behind {
        return background(ctx);
    }
    if behind {
        process::setsid().map_err(|error| ctx.die_errno(&[b"setsid"], error))?;
    }
    if parsed.has(b'm')
        && let Some(path) = parsed.value(b'p')
    {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let line = [decimal(process::ids().pid.into()), b"\n".to_vec()].concat();
        let written = fs::open(path, flags, 0o666).and_then(|file| wcr_sys::fd::write_all(file, &line));
        written.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
    }
    if let Some(spec) = parsed.value(b'c') {
        change_user(ctx, spec)?;
    }
    if let Some(nice) = nice {
        let own = Processes::One(0);
        let set = user::nice(own).and_then(|old| user::set_nice(own, old.saturating_add(nice)));
        set.map_err(|error| ctx.die_errno(&[b"setpriority"], error))?;
    }
    let env: Vec<Vec<u8>> = wcr_sys::env().into_iter().filter(|entry| !entry.starts_with(BEHIND)).collect();
    let argv: Vec<Vec<u8>> = core::iter::once(zeroth).chain(parsed.operands.iter().cloned()).collect();
    if program.contains(&b'/') {
        ctx.flush();
        let error = process::exec_or_script(&SpawnRequest {
            path: program.clone(),
            argv,
            envp: env,
            ..SpawnRequest::default()
        });
        return Err(ctx.die_errno(&[b"can't execute '", &program, b"'"], error));
    }
    Err(run::exec(ctx, &argv, env))
}

/// Starts this applet again, with no standard streams, and does not wait for it.
fn background(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let argv = core::iter::once(ctx.name.to_vec()).chain(ctx.args.iter().cloned()).collect();
    let envp = wcr_sys::env().into_iter().chain([[BEHIND, b"1"].concat()]).collect();
    let null = || -> wcr_sys::Result<u32> { fs::open(b"/dev/null", OpenFlags::RDWR.with(OpenFlags::CLOEXEC), 0) };
    let null = null().map_err(|error| ctx.die_errno(&[b"/dev/null"], error))?;
    let actions = (0..3).map(|to| FdAction::Dup { from: null, to }).collect();
    let path = b"/proc/self/exe".to_vec();
    let started = process::spawn(&SpawnRequest { path, argv, envp, actions, ..SpawnRequest::default() });
    started.map_err(|error: Errno| ctx.die_errno(&[b"vfork"], error))?;
    Ok(0)
}

/// Becomes `USER[:GROUP]`.
fn change_user(ctx: &mut Context<'_>, spec: &[u8]) -> Result<(), Quit> {
    let mut accounts = Accounts::default();
    let (uid, gid) = owner::parse(&mut accounts, spec).map_err(|unknown| ctx.die(&[&unknown]))?;
    let uid = if uid == KEEP { process::user_ids().euid } else { uid };
    let (groups, gid) = if gid == KEEP {
        let found = accounts.user(uid).cloned();
        let found = found.ok_or_else(|| ctx.die(&[b"unknown uid ", &decimal(uid.into())]))?;
        (crate::users::groups_of(&found.name, found.gid), found.gid)
    } else {
        (vec![gid], gid)
    };
    crate::users::take(&groups, gid, uid).map_err(|(what, error)| ctx.die_errno(&[what.as_bytes()], error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn conditions_are_wanted() {
        for args in
            [&[][..], &["-S"], &["-K"], &["-S", "-n", "x"], &["-S", "-m", "-x", "/bin/true"], &["-S", "-K", "-x", "a"]]
        {
            assert!(run(&APPLET, args).2.contains("Usage: start-stop-daemon"), "{args:?}");
        }
        assert_eq!(run(&APPLET, &["-K", "-n", "nosuch"]), (1, "no nosuch found; none killed\n".into(), String::new()));
        assert_eq!(run(&APPLET, &["-K", "-o", "-u", "77"]).1, "no process(es) owned by '77' found; none killed\n");
        assert_eq!(run(&APPLET, &["-K", "-q", "-p", "nofile"]), (1, String::new(), String::new()));
    }
}
