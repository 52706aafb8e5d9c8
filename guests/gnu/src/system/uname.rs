//! `uname`, `arch`.

use applets::options::Takes;
use wcr_sys::process;

use crate::Program;
use crate::dispatch::extra_operand;
use crate::program::{HELP_OPTION, STANDARD, VERSION_OPTION};

/// `uname`.
pub const UNAME: Program = Program::new(
    "uname",
    "[OPTION]...",
    "Prints the names of the system; that of its kernel without an option.",
    "asnrvmpio",
    &[
        ("all", Takes::Nothing, b'a'),
        ("kernel-name", Takes::Nothing, b's'),
        ("sysname", Takes::Nothing, b's'),
        ("nodename", Takes::Nothing, b'n'),
        ("kernel-release", Takes::Nothing, b'r'),
        ("release", Takes::Nothing, b'r'),
        ("kernel-version", Takes::Nothing, b'v'),
        ("machine", Takes::Nothing, b'm'),
        ("processor", Takes::Nothing, b'p'),
        ("hardware-platform", Takes::Nothing, b'i'),
        ("operating-system", Takes::Nothing, b'o'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    |ctx, parsed| {
        if let Some(first) = parsed.operands.first() {
            return Err(extra_operand(ctx, 1, first));
        }
        let names = process::uname();
        let all = parsed.has(b'a');
        let plain = parsed.options.is_empty();
        let unknown = "unknown".to_owned();
        let rows = [
            (b's', names.sysname, true),
            (b'n', names.nodename, true),
            (b'r', names.release, true),
            (b'v', names.version, true),
            (b'm', names.machine, true),
            // Debian's kernel does not tell these two: they are left out of -a.
            (b'p', unknown.clone(), false),
            (b'i', unknown, false),
            (b'o', "GNU/Linux".to_owned(), true),
        ];
        let wanted = |key: u8, in_all: bool| parsed.has(key) || all && in_all || plain && key == b's';
        let shown: Vec<String> =
            rows.into_iter().filter(|(key, _, in_all)| wanted(*key, *in_all)).map(|(_, text, _)| text).collect();
        ctx.put(format!("{}\n", shown.join(" ")).as_bytes());
        Ok(0)
    },
);

/// `arch`.
pub const ARCH: Program =
    Program::new("arch", "[OPTION]...", "Prints the machine's kind.", "", STANDARD, |ctx, parsed| {
        if let Some(first) = parsed.operands.first() {
            return Err(extra_operand(ctx, 1, first));
        }
        ctx.put(format!("{}\n", process::uname().machine).as_bytes());
        Ok(0)
    });
