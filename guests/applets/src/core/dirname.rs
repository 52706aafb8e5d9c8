//! `dirname`: a path without its last component.

use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new("dirname", "dirname FILENAME\n\nStrip non-directory suffix from FILENAME", main)
    .on_write_failure(WriteFailure::Code(255));

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let operands = match ctx.args {
        [dashes, rest @ ..] if dashes == b"--" => rest,
        args => args,
    };
    let [path] = operands else { return Err(ctx.usage()) };
    ctx.put(&[parent(path), b"\n"].concat());
    Ok(0)
}

/// The path's directory: `.` when it names none.
#[must_use]
pub fn parent(path: &[u8]) -> &[u8] {
    let trim = |path: &[u8]| path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let name_end = trim(path);
    let before_name = if name_end == 0 { path } else { path.get(..name_end).unwrap_or_default() };
    let Some(slash) = before_name.iter().rposition(|byte| *byte == b'/') else { return b"." };
    match (trim(path.get(..slash).unwrap_or_default()), slash) {
        // Exactly two slashes may mean something of their own, says POSIX.
        (0, 1) => b"//",
        (0, _) => b"/",
        (end, _) => path.get(..end).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::parent;

    #[test]
    fn parents() {
        for (path, dir) in [
            ("a", "."),
            ("/", "/"),
            ("//a", "//"),
            ("///a", "/"),
            ("//a/", "//"),
            ("", "."),
            ("a/b//", "a"),
            ("/a/b", "/a"),
            ("a//b", "a"),
            ("//", "//"),
            ("///", "/"),
        ] {
            assert_eq!(parent(path.as_bytes()), dir.as_bytes(), "{path}");
        }
    }
}
