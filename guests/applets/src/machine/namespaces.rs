//! Applets that run a program elsewhere: in other name spaces, at another terminal, as on another machine.

use wcr_sys::abi::OpenFlags;
use wcr_sys::user::{self, Whose};
use wcr_sys::{Errno, fd, fs, process, tty};

use super::refusal::applet;
use crate::format::parse_decimal;
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Help, Quit, run};

applet!(
    /// `nsenter`.
    NSENTER, "nsenter", nsenter; "other roots"
);
applet!(
    /// `cttyhack`.
    CTTYHACK, "cttyhack", cttyhack
);

/// `linux32`.
pub const LINUX32: Applet =
    Applet::new("linux32", "", personality).with_help(Help::Unavailable).lacking("another machine's name");
/// `linux64`.
pub const LINUX64: Applet = Applet::new("linux64", "", personality).with_help(Help::Unavailable);

applet!(
    /// `setarch`.
    SETARCH, "setarch", setarch; "another machine's name"
);

/// The name spaces in the order in which they are entered: option, its long form, the name in `/proc/PID/ns`.
const SPACES: [(u8, &[u8]); 6] =
    [(b'U', b"user"), (b'i', b"ipc"), (b'u', b"uts"), (b'n', b"net"), (b'p', b"pid"), (b'm', b"mnt")];

const SPEC: Spec = Spec::new(
    "+t:m::u::i::n::p::U::S:G:r::w::F",
    &[
        ("target", Takes::Value, b't'),
        ("mount", Takes::OptionalValue, b'm'),
        ("uts", Takes::OptionalValue, b'u'),
        ("ipc", Takes::OptionalValue, b'i'),
        ("net", Takes::OptionalValue, b'n'),
        ("pid", Takes::OptionalValue, b'p'),
        ("user", Takes::OptionalValue, b'U'),
        ("setuid", Takes::Value, b'S'),
        ("setgid", Takes::Value, b'G'),
        ("root", Takes::OptionalValue, b'r'),
        ("wd", Takes::OptionalValue, b'w'),
        ("no-fork", Takes::Nothing, b'F'),
        ("preserve-credentials", Takes::Nothing, 1),
    ],
);

/// A container may open name spaces, and enter none.
fn nsenter(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut number = |key: u8| match parsed.value(key) {
        None => Ok(None),
        Some(text) => match parse_decimal(text).and_then(|number| u32::try_from(number).ok()) {
            Some(number) => Ok(Some(number)),
            None => Err(ctx.die(&[b"invalid number '", text, b"'"])),
        },
    };
    let (target, uid, gid) = (number(b't')?, number(b'S')?, number(b'G')?);
    // A file by its name, or that of the process.
    let place = |key: u8, name: &[u8]| {
        parsed.has(key).then(|| match (parsed.value(key), target) {
            (Some(file), _) => Some(file.to_vec()),
            (None, Some(pid)) => Some([format!("/proc/{pid}/").as_bytes(), name].concat()),
            (None, None) => None,
        })
    };
    let mut spaces = Vec::new();
    for (key, name) in SPACES {
        match place(key, &[b"ns/", name].concat()) {
            None => {}
            Some(None) => return Err(ctx.usage()),
            Some(Some(path)) => spaces.push((name, path)),
        }
    }
    let (root, folder) = (place(b'r', b"root"), place(b'w', b"cwd"));
    let (Some(root), Some(folder)) =
        (root.map_or(Some(None), |path| path.map(Some)), folder.map_or(Some(None), |path| path.map(Some)))
    else {
        return Err(ctx.usage());
    };
    // A process has its name spaces, though no files stand for them.
    let is_space = |path: &[u8]| {
        let process = memchr::memmem::find(path, b"/ns/").and_then(|at| path.get(..at));
        process.is_some_and(|process| process.starts_with(b"/proc/") && fs::stat(process).is_ok())
    };
    for path in spaces.iter().map(|(_, path)| path).filter(|path| !is_space(path)).chain(&root).chain(&folder) {
        super::refusal::open(ctx, path)?;
    }
    if let Some((name, path)) = spaces.first() {
        let is_space = is_space(path);
        let reason = if is_space && *name != b"user" { Errno::Perm } else { Errno::Inval };
        return Err(ctx.die_errno(&[b"setns(): can't reassociate to namespace '", name, b"'"], reason));
    }
    if let Some(path) = root {
        let same = matches!((fs::stat(&path), fs::stat(b"/")), (Ok(a), Ok(b)) if (a.dev, a.ino) == (b.dev, b.ino));
        if !same {
            return Err(ctx.die_errno(&[b"chroot"], Errno::Perm));
        }
    }
    if let Some(path) = folder {
        fs::chdir(&path).map_err(|error| ctx.die_errno(&[b"can't change directory to '", &path, b"'"], error))?;
    }
    if let Some(gid) = gid {
        let set = user::set_groups(&[]).and_then(|()| user::set(Whose::Group, gid));
        set.map_err(|error| ctx.die_errno(&[b"setgid"], error))?;
    }
    if let Some(uid) = uid {
        user::set(Whose::User, uid).map_err(|error| ctx.die_errno(&[b"setuid"], error))?;
    }
    Err(super::kernel::run_or_shell(ctx, &parsed.operands))
}

/// Gives the program a controlling terminal where it has none: one of the consoles, none of which is there.
fn cttyhack(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let args = ctx.args;
    if args.is_empty() {
        // It asks for the terminal of the first process's session, and then ends.
        return Ok(1);
    }
    match fs::open(b"/dev/tty", OpenFlags::RDWR.with(OpenFlags::CLOEXEC), 0) {
        Ok(file) => fd::close(file).map_err(|error| ctx.die_errno(&[b"/dev/tty"], error))?,
        Err(_) if fd::is_tty(fd::STDIN) && process::setsid().and_then(|_| tty::acquire(fd::STDIN, true)).is_ok() => {}
        Err(_) => ctx.perror(&[b"can't open ''"], Errno::Noent),
    }
    Err(run::exec(ctx, args, wcr_sys::env()))
}

/// Runs a program, or a shell.
fn setarch(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let Some((name, rest)) = ctx.args.split_first() else { return Err(ctx.usage()) };
    if !matches!(name.as_slice(), b"linux32" | b"linux64") {
        return Err(ctx.die(&[b"invalid personality '", name, b"'"]));
    }
    let parsed = Spec::short("+R").parse_behind(ctx, rest, None, |_, _, _| Ok(()))?;
    run_or_shell(ctx, &parsed.operands)
}

fn personality(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+").parse(ctx)?;
    run_or_shell(ctx, &parsed.operands)
}

/// Runs a program, or a shell where none is named.
fn run_or_shell(ctx: &mut Context<'_>, argv: &[Vec<u8>]) -> Result<u8, Quit> {
    if argv.is_empty() {
        return Err(run::exec(ctx, &[b"/bin/sh".to_vec()], wcr_sys::env()));
    }
    Err(run::exec(ctx, argv, wcr_sys::env()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn name_spaces_need_a_process() {
        assert!(run(&NSENTER, &["-m", "true"]).2.contains("Usage: nsenter"));
        assert_eq!(run(&NSENTER, &["-t", "x", "true"]).2, "nsenter: invalid number 'x'\n");
        assert_eq!(
            run(&LINUX64, &["-x"]).2,
            format!("linux64: invalid option -- 'x'\n{}\nNo help available\n", crate::BANNER)
        );
    }
}
