//! Applets that wait for what a machine does: events, logins at its terminals, its watchdog.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fs};

use super::refusal::{applet, open};
use crate::format::parse_decimal;
use crate::options::Spec;
use crate::{Applet, Context, Help, Quit};

applet!(
    /// `acpid`.
    ACPID, "acpid", acpid; "events"
);
applet!(
    /// `getty`.
    GETTY, "getty", getty; "terminals of the machine"
);
applet!(
    /// `mdev`.
    MDEV, "mdev", mdev; "devices to make"
);
applet!(
    /// `uevent`.
    UEVENT, "uevent", uevent; "events"
);
applet!(
    /// `watchdog`.
    WATCHDOG, "watchdog", watchdog
);

/// `linuxrc`: `init` under the name that a first file system calls it by.
pub const LINUXRC: Applet =
    Applet::new("linuxrc", "", |ctx| Err(ctx.die(&[b"must be run as PID 1"]))).with_help(Help::Unavailable);

/// Whether a background process would do the work: this one ends without a word.
fn in_background(ctx: &mut Context<'_>, foreground: bool) -> bool {
    ctx.flush();
    !foreground
}

/// Opens its log, goes to its folder, and finds no device that tells of events.
fn acpid(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("dfc:e:l:p:a:M:gm:s:S:v").parse(ctx)?;
    let folder = parsed.value(b'c').unwrap_or(b"/etc/acpi");
    if in_background(ctx, parsed.has(b'd') || parsed.has(b'f')) {
        return Ok(0);
    }
    let mut silent = false;
    if !parsed.has(b'd') {
        let log = parsed.value(b'l').unwrap_or(b"/var/log/acpid.log");
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let opened = fs::open(log, flags, 0o666);
        opened.map_err(|error| ctx.die_errno(&[b"can't open '", log, b"'"], error))?;
        // What follows is said in the log.
        silent = true;
    }
    let failed = match fs::chdir(folder) {
        Err(error) => ([b"can't change directory to '", folder, b"'"].concat(), error),
        Ok(()) => (b"/dev/input/event0".to_vec(), Errno::Noent),
    };
    if !silent {
        ctx.perror(&[&failed.0], failed.1);
    }
    Ok(1)
}

/// The speeds of serial lines.
const SPEEDS: [u64; 31] = [
    0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115_200, 230_400,
    460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000, 1_500_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000,
    4_000_000,
];

/// Whatever goes wrong at the terminal is said in the system's log alone.
fn getty(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("I:LH:f:hil:mt:wn").parse(ctx)?;
    let [first, second, ..] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    if let Some(text) = parsed.value(b't')
        && parse_decimal(text).is_none()
    {
        return Err(ctx.die(&[b"invalid number '", text, b"'"]));
    }
    // Either order will do: the one that begins with a digit is the list of speeds.
    let speeds = if first.first().is_some_and(u8::is_ascii_digit) { first } else { second };
    for speed in speeds.split(|byte| *byte == b',') {
        if !parse_decimal(speed).is_some_and(|speed| SPEEDS.contains(&speed)) {
            return Err(ctx.die(&[b"bad speed: ", speed]));
        }
    }
    Ok(1)
}

/// The environment variables by which a kernel calls `mdev`.
fn is_called_by_kernel() -> bool {
    [&b"ACTION"[..], b"DEVPATH"].iter().all(|name| crate::environ::var(name).is_some())
}

fn mdev(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("sdfvS").parse(ctx)?;
    if !parsed.has(b's') && !parsed.has(b'd') {
        return if is_called_by_kernel() { Ok(0) } else { Err(ctx.usage()) };
    }
    if let Err(error) = fs::stat(b"/sys/dev") {
        ctx.perror(&[b"/sys/dev"], error);
    }
    Ok(0)
}

/// No kernel has anything to tell: it waits.
fn uevent(_: &mut Context<'_>) -> Result<u8, Quit> {
    loop {
        // A signal that is caught does not end the wait.
        let _ = wcr_sys::time::sleep(u64::MAX / 2);
    }
}

fn watchdog(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("Ft:T:").parse(ctx)?;
    let [device] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    if in_background(ctx, parsed.has(b'F')) {
        return Ok(0);
    }
    for key in [b'T', b't'] {
        if let Some(text) = parsed.value(key)
            && parse_decimal(text.strip_suffix(b"ms").unwrap_or(text)).is_none()
        {
            return Err(ctx.die(&[b"invalid number '", text, b"'"]));
        }
    }
    open(ctx, device)?;
    for request in [&b"WDIOC_SETOPTIONS"[..], b"WDIOC_SETTIMEOUT"] {
        ctx.perror(&[request], Errno::Notty);
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn speeds_are_those_of_serial_lines() {
        assert_eq!(run(&GETTY, &["9600", "tty1"]), (1, String::new(), String::new()));
        assert_eq!(run(&GETTY, &["x", "tty1"]).2, "getty: bad speed: tty1\n");
        assert_eq!(run(&GETTY, &["9600,x", "tty1"]).2, "getty: bad speed: x\n");
        assert_eq!(run(&GETTY, &["-t", "x", "9600", "tty1"]).2, "getty: invalid number 'x'\n");
    }

    #[test]
    fn daemons_go_out_of_sight() {
        assert_eq!(run(&ACPID, &[]), (0, String::new(), String::new()));
        assert_eq!(run(&WATCHDOG, &["-t", "x", "dev"]), (0, String::new(), String::new()));
        assert_eq!(run(&LINUXRC, &["x"]).2, "linuxrc: must be run as PID 1\n");
    }
}
