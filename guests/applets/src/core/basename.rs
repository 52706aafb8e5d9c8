//! `basename`: the last component of a path.

use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "basename",
    "basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...\n\n\
     Strip directory path and SUFFIX from FILE\n\n\
     \t-a\t\tAll arguments are FILEs\n\
     \t-s SUFFIX\tRemove SUFFIX (implies -a)",
    main,
)
.on_write_failure(WriteFailure::Code(1));

const SPEC: Spec = Spec::short("+as:");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let many = parsed.has(b'a') || parsed.has(b's');
    let suffix = match (many, parsed.operands.as_slice()) {
        (_, []) => return Err(ctx.usage()),
        (false, [_, suffix]) => Some(suffix.as_slice()),
        (false, [_, _, ..]) => return Err(ctx.usage()),
        _ => parsed.value(b's'),
    };
    for path in parsed.operands.iter().take(if many { usize::MAX } else { 1 }) {
        let name = strip_suffix(last_component(path), suffix.unwrap_or_default());
        ctx.put(&[name, b"\n"].concat());
    }
    Ok(0)
}

/// The part of `path` behind its last slash, trailing slashes not counted; `/` for the root.
#[must_use]
pub fn last_component(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    match path.split_at(end) {
        ([], slashes) => slashes.get(..1).unwrap_or_default(),
        (path, _) => path.rsplit(|byte| *byte == b'/').next().unwrap_or_default(),
    }
}

/// `name` without `suffix`, unless that is all of it.
fn strip_suffix<'a>(name: &'a [u8], suffix: &[u8]) -> &'a [u8] {
    name.strip_suffix(suffix).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn components() {
        for (path, name) in [("a/b/", "b"), ("/", "/"), ("//", "/"), ("", ""), ("x", "x"), ("/usr/lib/x.c", "x.c")] {
            assert_eq!(last_component(path.as_bytes()), name.as_bytes(), "{path}");
        }
    }

    #[test]
    fn suffixes_and_several_operands() {
        assert_eq!(run(&APPLET, &["x.c", ".c"]).1, "x\n");
        assert_eq!(run(&APPLET, &[".c", ".c"]).1, ".c\n");
        assert_eq!(run(&APPLET, &["-a", "a/b", "c"]).1, "b\nc\n");
        assert_eq!(run(&APPLET, &["-s", ".c", "a.c", "b"]).1, "a\nb\n");
        assert_eq!(run(&APPLET, &["a", "b", "c"]).0, 1);
    }
}
