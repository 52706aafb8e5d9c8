//! `basename`, `dirname`.

use applets::core::basename::last_component;
use applets::core::dirname::parent;
use applets::options::Takes;

use crate::Program;
use crate::dispatch::{extra_operand, missing_operand};
use crate::program::{HELP_OPTION, VERSION_OPTION};

/// `basename`.
pub const BASENAME: Program = Program::new(
    "basename",
    "NAME [SUFFIX]\n  or:  basename OPTION... NAME...",
    "Prints the last component of each NAME.",
    "+as:z",
    &[
        ("multiple", Takes::Nothing, b'a'),
        ("suffix", Takes::Value, b's'),
        ("zero", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    |ctx, parsed| {
        let names = parsed.operands.as_slice();
        let several = parsed.has(b'a') || parsed.has(b's');
        let (names, suffix) = match names {
            [] => return Err(missing_operand(ctx, 1)),
            names if several => (names, parsed.value(b's').unwrap_or_default()),
            [_, _, third, ..] => return Err(extra_operand(ctx, 1, third)),
            [name, suffix] => (core::slice::from_ref(name), suffix.as_slice()),
            names => (names, &b""[..]),
        };
        for name in names {
            let last = last_component(name);
            let cut = last.strip_suffix(suffix).filter(|rest| !rest.is_empty()).unwrap_or(last);
            ctx.put(&[cut, if parsed.has(b'z') { b"\0" } else { b"\n" }].concat());
        }
        Ok(0)
    },
);

/// `dirname`.
pub const DIRNAME: Program = Program::new(
    "dirname",
    "[OPTION] NAME...",
    "Prints each NAME without its last component.",
    "+z",
    &[("zero", Takes::Nothing, b'z'), HELP_OPTION, VERSION_OPTION],
    |ctx, parsed| {
        if parsed.operands.is_empty() {
            return Err(missing_operand(ctx, 1));
        }
        for name in &parsed.operands {
            let above = parent(name);
            let above = if above.iter().all(|byte| *byte == b'/') { b"/" } else { above };
            ctx.put(&[above, if parsed.has(b'z') { b"\0" } else { b"\n" }].concat());
        }
        Ok(0)
    },
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::testing::run;

    #[test]
    fn suffixes_and_several_names() {
        assert_eq!(run(&BASENAME, &["/a/b.c", ".c"]), (0, "b\n".into(), String::new()));
        assert_eq!(run(&BASENAME, &["-s", ".c", "/a/b.c", ".c"]).1, "b\n.c\n");
        assert_eq!(run(&BASENAME, &["-az", "x/y", "z/"]).1, "y\0z\0");
        assert_eq!(run(&DIRNAME, &["/a/b", "c"]).1, "/a\n.\n");
        let (code, _, err) = run(&BASENAME, &["a", "b", "c"]);
        assert_eq!(code, 1);
        assert!(err.starts_with("basename: extra operand 'c'\nTry "), "{err}");
    }
}
