//! Applets for the kernel and its modules, for roots, name spaces and logs.

use wcr_sys::abi::Signal;
use wcr_sys::{Errno, fs, process, signal};

use super::refusal::{Answer, applet, arguments, form, operands, refused};
use crate::options::Spec;
use crate::{Context, Quit, run};

/// As many operands as there are.
const ANY: usize = usize::MAX;

refused!(
    /// `dmesg`.
    DMESG, "dmesg", form("cs:n:r", 0, 0), Answer::NotPermitted("klogctl")
);
refused!(
    /// `init`.
    INIT, "init", arguments(0, ANY), Answer::Complaint("must be run as PID 1")
);
refused!(
    /// `pivot_root`.
    PIVOT_ROOT, "pivot_root", arguments(2, 2), Answer::NotPermitted("(null)")
);
refused!(
    /// `klogd`: goes into the background, where it fails.
    KLOGD, "klogd", form("c:n", 0, ANY), Answer::Code(0)
);
applet!(
    /// `switch_root`: only the first process may.
    SWITCH_ROOT, "switch_root", |ctx| Err(ctx.usage())
);
applet!(
    /// `run-init`: only the first process may.
    RUN_INIT, "run-init", |ctx| Err(ctx.usage())
);
applet!(
    /// `insmod`.
    INSMOD, "insmod", insmod
);
applet!(
    /// `rmmod`.
    RMMOD, "rmmod", rmmod
);
applet!(
    /// `modprobe`.
    MODPROBE, "modprobe", modprobe; "reading modules.dep"
);
applet!(
    /// `lsmod`.
    LSMOD, "lsmod", lsmod
);
applet!(
    /// `modinfo`.
    MODINFO, "modinfo", modinfo; "reading modules"
);
applet!(
    /// `depmod`.
    DEPMOD, "depmod", depmod; "reading modules"
);
applet!(
    /// `resume`.
    RESUME, "resume", resume
);
applet!(
    /// `unshare`.
    UNSHARE, "unshare", unshare
);
applet!(
    /// `chroot`.
    CHROOT, "chroot", chroot; "other roots"
);
applet!(
    /// `nologin`.
    NOLOGIN, "nologin", nologin
);
applet!(
    /// `swapon`.
    SWAPON, "swapon", |ctx| swap(ctx, "ade")
);
applet!(
    /// `swapoff`.
    SWAPOFF, "swapoff", |ctx| swap(ctx, "ae")
);

applet!(
    /// `halt`.
    HALT, "halt", |ctx| end(ctx, Signal::USR1)
);
applet!(
    /// `poweroff`.
    POWEROFF, "poweroff", |ctx| end(ctx, Signal::USR2)
);
applet!(
    /// `reboot`.
    REBOOT, "reboot", |ctx| end(ctx, Signal::TERM)
);

/// Asks the first process to end the system.
fn end(ctx: &mut Context<'_>, signal: Signal) -> Result<u8, Quit> {
    let parsed = Spec::short("d:nfwi").parse(ctx)?;
    if parsed.has(b'w') {
        return Ok(0);
    }
    if parsed.has(b'f') {
        return Err(ctx.die_errno(&[b"reboot"], Errno::Perm));
    }
    match signal::kill(1, Some(signal)) {
        Ok(()) => Ok(0),
        Err(error) => Err(ctx.die_errno(&[b"can't signal init"], error)),
    }
}

/// The exit code of `insmod` is the kernel's error number.
fn insmod(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let Some(path) = ctx.args.first() else { return Err(ctx.usage()) };
    let (reason, code) = match fs::stat(path) {
        Err(error) => (error, 254),
        Ok(_) => (Errno::Perm, 255),
    };
    ctx.perror(&[b"can't insert '", path, b"'"], reason);
    Ok(code)
}

fn rmmod(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("wfas").parse(ctx)?;
    if parsed.operands.is_empty() && !parsed.has(b'a') {
        return Err(ctx.usage());
    }
    for module in &parsed.operands {
        ctx.perror(&[b"can't unload module '", module, b"'"], Errno::Perm);
    }
    Ok(1)
}

/// The folder of the running kernel's modules, where it is looked for.
fn enter(ctx: &mut Context<'_>, path: &[u8]) -> Result<(), Quit> {
    fs::chdir(path).map_err(|error| ctx.die_errno(&[b"can't change directory to '", path, b"'"], error))
}

fn modprobe(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("abDlqrsv").parse(ctx)?;
    enter(ctx, b"/lib/modules")?;
    enter(ctx, process::uname().release.as_bytes())?;
    let module = parsed.operands.first().map(Vec::as_slice).unwrap_or_default();
    Err(ctx.die(&[b"module ", module, b" not found in modules.dep"]))
}

fn lsmod(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let table = fs::read_file(b"/proc/modules");
    if let Err(error) = table {
        ctx.perror(&[b"/proc/modules"], error);
    }
    ctx.put(b"Module                  Size  Used by    Not tainted\n");
    Ok(0)
}

fn modinfo(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("nladpF:0").parse(ctx)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let path = format!("/lib/modules/{}/modules.dep", process::uname().release);
    super::refusal::open(ctx, path.as_bytes())?;
    Ok(0)
}

fn depmod(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    Spec::short("ab:enqruAC:F:").parse(ctx)?;
    let path = format!("lib/modules/{}", process::uname().release);
    // It starts at the root.
    enter(ctx, b"/")?;
    enter(ctx, path.as_bytes())?;
    Ok(0)
}

fn resume(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let operands = operands(ctx, &arguments(1, 2))?;
    let device = operands.first().map(Vec::as_slice).unwrap_or_default();
    Err(ctx.die(&[b"invalid resume device: ", device]))
}

/// The name spaces by option, with the kernel's bits.
const NAME_SPACES: [(u8, u32); 6] = [
    (b'm', 0x0002_0000),
    (b'u', 0x0400_0000),
    (b'i', 0x0800_0000),
    (b'n', 0x4000_0000),
    (b'p', 0x2000_0000),
    (b'U', 0x1000_0000),
];

fn unshare(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+fimnpruU").parse(ctx)?;
    let wanted = NAME_SPACES.iter().filter(|(key, _)| parsed.has(*key)).fold(0, |bits, (_, bit)| bits | bit);
    if wanted != 0 {
        return Err(ctx.die_errno(&[format!("unshare(0x{wanted:x})").as_bytes()], Errno::Perm));
    }
    Err(run_or_shell(ctx, &parsed.operands))
}

/// Goes on as the program, or as a shell without one.
pub(super) fn run_or_shell(ctx: &mut Context<'_>, argv: &[Vec<u8>]) -> Quit {
    if !argv.is_empty() {
        return run::exec(ctx, argv, wcr_sys::env());
    }
    let shell = crate::environ::var(b"SHELL").unwrap_or_else(|| b"/bin/sh".to_vec());
    run::exec(ctx, &[shell, b"-i".to_vec()], wcr_sys::env())
}

/// The root that there is can be kept; another one takes rights that a container's process does not have.
fn chroot(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::plain("+").parse(ctx)?;
    let Some((root, argv)) = parsed.operands.split_first() else { return Err(ctx.usage()) };
    let refused = match (fs::stat(root), fs::stat(b"/")) {
        (Err(error), _) => Some(error),
        (Ok(other), Ok(own)) if (other.dev, other.ino) == (own.dev, own.ino) => None,
        _ => Some(Errno::Perm),
    };
    if let Some(error) = refused {
        return Err(ctx.die_errno(&[b"can't change root directory to '", root, b"'"], error));
    }
    let entered = fs::chdir(b"/");
    entered.map_err(|error| ctx.die_errno(&[b"can't change directory to '/'"], error))?;
    Err(run_or_shell(ctx, argv))
}

/// Tells why, and waits a little, so that nobody tries all the time.
fn nologin(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let text = fs::read_file(b"/etc/nologin.txt").unwrap_or_else(|_| b"This account is not available\n".to_vec());
    ctx.put(&text);
    ctx.flush();
    // A signal may cut the wait short.
    let _ = wcr_sys::time::sleep(5_000_000_000);
    Ok(1)
}

fn swap(ctx: &mut Context<'_>, options: &'static str) -> Result<u8, Quit> {
    let parsed = Spec::short(options).parse(ctx)?;
    if parsed.has(b'a') {
        super::refusal::open(ctx, b"/etc/fstab")?;
        return Ok(0);
    }
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    for device in &parsed.operands {
        // Turning on looks at the file first.
        let missing = options.contains('d').then(|| fs::stat(device).err()).flatten();
        ctx.perror(&[device], missing.unwrap_or(Errno::Perm));
    }
    Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn what_cannot_be_done_is_said() {
        assert_eq!(run(&DMESG, &[]), (1, String::new(), "dmesg: klogctl: Operation not permitted\n".into()));
        assert_eq!(run(&UNSHARE, &["-mn", "true"]).2, "unshare: unshare(0x40020000): Operation not permitted\n");
        assert_eq!(run(&RMMOD, &["x"]).2, "rmmod: can't unload module 'x': Operation not permitted\n");
        assert_eq!(run(&RESUME, &["/dev/x"]).2, "resume: invalid resume device: /dev/x\n");
    }
}
