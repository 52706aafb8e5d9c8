//! `uname` and `arch`: the system's names.

use wcr_sys::process;

use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// `uname`.
pub const UNAME: Applet = Applet::new(
    "uname",
    "uname [-amnrspvio]\n\n\
     Print system information\n\n\
     \t-a\tPrint all\n\
     \t-m\tMachine (hardware) type\n\
     \t-n\tHostname\n\
     \t-r\tKernel release\n\
     \t-s\tKernel name (default)\n\
     \t-p\tProcessor type\n\
     \t-v\tKernel version\n\
     \t-i\tHardware platform\n\
     \t-o\tOS name",
    uname,
);

/// `arch`.
pub const ARCH: Applet = Applet::new("arch", "arch\n\nPrint system architecture", arch);

const SPEC: Spec = Spec::new(
    "snrvmpioa",
    &[
        ("all", Takes::Nothing, b'a'),
        ("kernel-name", Takes::Nothing, b's'),
        ("nodename", Takes::Nothing, b'n'),
        ("kernel-release", Takes::Nothing, b'r'),
        ("release", Takes::Nothing, b'r'),
        ("kernel-version", Takes::Nothing, b'v'),
        ("machine", Takes::Nothing, b'm'),
        ("processor", Takes::Nothing, b'p'),
        ("hardware-platform", Takes::Nothing, b'i'),
        ("operating-system", Takes::Nothing, b'o'),
    ],
);

fn uname(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if !parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let names = process::uname();
    let fields: [(u8, &str); 8] = [
        (b's', &names.sysname),
        (b'n', &names.nodename),
        (b'r', &names.release),
        (b'v', &names.version),
        (b'm', &names.machine),
        (b'p', "unknown"),
        (b'i', "unknown"),
        (b'o', "GNU/Linux"),
    ];
    let all = parsed.has(b'a');
    let wanted: Vec<&str> = fields
        .iter()
        .filter(|(key, text)| {
            (all && *text != "unknown") || parsed.has(*key) || *key == b's' && parsed.options.is_empty()
        })
        .map(|(_, text)| *text)
        .collect();
    ctx.put(wanted.join(" ").as_bytes());
    ctx.put(b"\n");
    Ok(0)
}

fn arch(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    ctx.put(&[process::uname().machine.as_bytes(), b"\n"].concat());
    Ok(0)
}
