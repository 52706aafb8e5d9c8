//! `setpriv`: shows and changes a process's privileges.

use wcr_sys::{Errno, fs, process};

use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new("setpriv", include_str!("usage/setpriv.txt"), setpriv)
    .lacking("no_new_privs and capabilities that stay");

/// The capabilities of Linux by number.
const CAPABILITIES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

const SPEC: Spec = Spec::new(
    "+d",
    &[
        ("dump", Takes::Nothing, b'd'),
        ("nnp", Takes::Nothing, b'n'),
        ("no-new-privs", Takes::Nothing, b'n'),
        ("inh-caps", Takes::Value, b'i'),
        ("ambient-caps", Takes::Value, b'a'),
    ],
);

fn setpriv(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.has(b'd') {
        if !parsed.operands.is_empty() {
            return Err(ctx.usage());
        }
        dump(ctx);
        return Ok(0);
    }
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let bounding = set_of(b"CapBnd:");
    for (key, what) in [(b'i', "capset"), (b'a', "cap_ambient_raise")] {
        let Some(list) = parsed.value(key) else { continue };
        for word in list.split(|byte| *byte == b',') {
            let (sign, name) = word.split_first().unwrap_or((&0, &[]));
            if !matches!(sign, b'+' | b'-') {
                return Err(ctx.die(&[b"invalid capability '", word, b"'"]));
            }
            let number = number_of(name).ok_or_else(|| ctx.die(&[b"unknown capability '", name, b"'"]))?;
            if *sign == b'+' && bounding >> number & 1 == 0 {
                return Err(ctx.die_errno(&[what.as_bytes()], Errno::Perm));
            }
        }
    }
    Err(run::exec(ctx, &parsed.operands, wcr_sys::env()))
}

/// The number of a capability by its name or as `cap_N`.
fn number_of(name: &[u8]) -> Option<usize> {
    let numbered = name.strip_prefix(b"cap_").and_then(crate::format::parse_decimal);
    match numbered.and_then(|number| usize::try_from(number).ok()) {
        Some(number) => (number < CAPABILITIES.len()).then_some(number),
        None => CAPABILITIES.iter().position(|known| known.as_bytes() == name),
    }
}

/// A line of `/proc/self/status`, without its name.
fn status(name: &[u8]) -> Option<Vec<u8>> {
    let file = fs::read_file(b"/proc/self/status").ok()?;
    file.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name)).map(|line| line.trim_ascii().to_vec())
}

/// A set of capabilities of `/proc/self/status`; none where it is not told.
fn set_of(name: &[u8]) -> u64 {
    status(name).map_or(0, |digits| crate::number::unsigned(&digits, 16).value)
}

fn names(set: u64) -> String {
    let names: Vec<&str> =
        CAPABILITIES.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, name)| *name).collect();
    if names.is_empty() { "[none]".to_owned() } else { names.join(",") }
}

fn dump(ctx: &mut Context<'_>) {
    let ids = process::user_ids();
    let groups: Vec<String> = ids.groups.iter().map(u32::to_string).collect();
    let groups = if groups.is_empty() { "[none]".to_owned() } else { groups.join(",") };
    let no_new = status(b"NoNewPrivs:").unwrap_or_else(|| b"0".to_vec());
    ctx.put(
        format!(
            "uid: {}\neuid: {}\ngid: {}\negid: {}\nSupplementary groups: {groups}\nno_new_privs: {}\n\
             Inheritable capabilities: {}\nAmbient capabilities: {}\nCapability bounding set: {}\n",
            ids.uid,
            ids.euid,
            ids.gid,
            ids.egid,
            String::from_utf8_lossy(&no_new),
            names(set_of(b"CapInh:")),
            names(set_of(b"CapAmb:")),
            names(set_of(b"CapBnd:")),
        )
        .as_bytes(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn capabilities_have_names() {
        assert_eq!((number_of(b"setfcap"), number_of(b"cap_7"), number_of(b"cap_chown")), (Some(31), Some(7), None));
        assert_eq!(names(0b1001), "chown,fowner");
        assert_eq!(run(&APPLET, &["--inh-caps", "all", "true"]).2, "setpriv: invalid capability 'all'\n");
        assert_eq!(run(&APPLET, &["--inh-caps", "-cap_99", "true"]).2, "setpriv: unknown capability 'cap_99'\n");
    }
}
