//! `mim`: runs the commands that stand under a name in a file like a makefile, by a shell.

use wcr_sys::abi::OpenFlags;
use wcr_sys::fd::{self, Whence};
use wcr_sys::fs;

use crate::{Applet, Context, Quit, run};

/// The applet: all but `-f` is for the shell.
pub const APPLET: Applet = Applet::new("mim", include_str!("usage/mim.txt"), mim);

fn mim(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let args = ctx.args;
    let (file, rest) = match args {
        [flag, file, rest @ ..] if flag == b"-f" => (file.as_slice(), rest),
        [flag] if flag == b"-f" => (&b"Mimfile"[..], &[][..]),
        rest => (&b"Mimfile"[..], rest),
    };
    // The real applet is a script, and this is its seventh line.
    let Ok(text) = fs::read_file(file) else {
        return Err(ctx.die(&[b"line 7: can't open ", file, b": no such file"]));
    };
    let script = script(&text);
    let input = || -> wcr_sys::Result<()> {
        let memory = fd::memory(b"mim", OpenFlags::CLOEXEC, false)?;
        fd::write_all(memory, &script)?;
        fd::seek(memory, 0, Whence::Set)?;
        fd::dup2(memory, fd::STDIN, OpenFlags::default())
    };
    input().map_err(|error| ctx.die_errno(&[file], error))?;
    let argv: Vec<Vec<u8>> = [b"sh".to_vec(), b"-s".to_vec()].into_iter().chain(rest.iter().cloned()).collect();
    Err(run::exec(ctx, &argv, wcr_sys::env()))
}

/// The script for a file: what stands before the first name, and a branch for each name. A line without its end is none.
fn script(text: &[u8]) -> Vec<u8> {
    let (mut out, mut begun) = (Vec::new(), false);
    for line in text.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n")) {
        let line = line.trim_ascii();
        let Some(target) = line.strip_suffix(b":").filter(|_| !line.starts_with(b"#")) else {
            out.extend_from_slice(&[line, b"\n"].concat());
            continue;
        };
        if begun {
            out.extend_from_slice(b";;\n");
        } else {
            let start =
                [b"if [ $# -eq 0 ]; then TARGET=", target, b"\nelse TARGET=$1; shift\nfi\ncase \"$TARGET\" in\n"];
            out.extend_from_slice(&start.concat());
            begun = true;
        }
        out.extend_from_slice(&[target, b")\n"].concat());
    }
    if begun {
        out.extend_from_slice(b";;\n*) echo \"Unknown command $TARGET\"; exit 1;;\nesac\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_branches() {
        let text = String::from_utf8(script(b"X=1\na:\n\techo 1\nb:\n  echo 2\necho 3")).unwrap();
        assert_eq!(
            text,
            "X=1\nif [ $# -eq 0 ]; then TARGET=a\nelse TARGET=$1; shift\nfi\ncase \"$TARGET\" in\na)\necho 1\n;;\nb)\n\
             echo 2\n;;\n*) echo \"Unknown command $TARGET\"; exit 1;;\nesac\n"
        );
    }
}
