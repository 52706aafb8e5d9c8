//! `run-parts`: runs the scripts of a directory.

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

use crate::core::paths::join;
use crate::options::{Long, Spec, Takes};
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "run-parts",
    "run-parts [-a ARG]... [-u UMASK] [--reverse] [--test] [--exit-on-error] DIRECTORY\n\n\
     Run a bunch of scripts in DIRECTORY\n\n\
     \t-a ARG\t\tPass ARG as argument to scripts\n\
     \t-u UMASK\tSet UMASK before running scripts\n\
     \t--reverse\tReverse execution order\n\
     \t--test\t\tDry run\n\
     \t--exit-on-error\tExit if a script exits with non-zero",
    main,
);

const REVERSE: u8 = 1;
const TEST: u8 = 2;
const EXIT: u8 = 3;

const LONG: [Long; 5] = [
    ("arg", Takes::Value, b'a'),
    ("umask", Takes::Value, b'u'),
    ("test", Takes::Nothing, TEST),
    ("reverse", Takes::Nothing, REVERSE),
    ("exit-on-error", Takes::Nothing, EXIT),
];
const SPEC: Spec = Spec::new("a:u:", &LONG);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let [dir] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    if let Some(text) = parsed.value(b'u') {
        let scanned = crate::number::unsigned(text, 8);
        if text.is_empty()
            || !text.iter().all(u8::is_ascii_digit)
            || scanned.len != text.len()
            || scanned.value > 0o7777
        {
            return Err(ctx.die(&[b"invalid number '", text, b"'"]));
        }
        fs::umask(scanned.value as u32);
    }
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        // A file in place of the folder holds no scripts.
        Err(Errno::Notdir) if fs::stat(dir).is_ok() => return Ok(0),
        Err(error) => {
            ctx.perror(&[dir], error);
            return Ok(0);
        }
    };
    let mut names: Vec<Vec<u8>> = entries.into_iter().map(|entry| entry.name).collect();
    if parsed.has(REVERSE) {
        names.reverse();
    }
    let args = parsed.options.iter().filter(|(key, _)| *key == b'a').filter_map(|(_, value)| value.clone());
    let args: Vec<Vec<u8>> = args.collect();
    let mut code = 0;
    for name in names {
        let path = join(dir, &name);
        match fs::stat(&path) {
            Ok(stat) if stat.mode.kind() == FileKind::Regular && is_script(&name) && fs::access(&path, 1).is_ok() => {}
            Ok(_) => continue,
            Err(error) => {
                ctx.perror(&[&path], error);
                continue;
            }
        }
        if parsed.has(TEST) {
            ctx.put(&[&path, b"\n".as_slice()].concat());
            continue;
        }
        ctx.flush();
        let argv: Vec<Vec<u8>> = core::iter::once(path.clone()).chain(args.iter().cloned()).collect();
        let failed = match run::spawn(&argv) {
            Err(error) => {
                ctx.perror(&[b"can't execute '", &path, b"'"], error);
                true
            }
            Ok(child) => match run::wait(child).map_err(|error| ctx.die_errno(&[b"wait"], error))?.shell_code() {
                0 => false,
                code => {
                    ctx.complain(&[&path, format!(": exit status {code}").as_bytes()]);
                    true
                }
            },
        };
        code |= u8::from(failed);
        if failed && parsed.has(EXIT) {
            break;
        }
    }
    Ok(code)
}

/// Whether a script may have this name: letters, digits, `_`, `-` and `.`, the last not first.
fn is_script(name: &[u8]) -> bool {
    !name.starts_with(b".") && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::is_script;

    #[test]
    fn names_of_scripts() {
        assert!(["a", "A-1", "b_2", "a.b"].iter().all(|name| is_script(name.as_bytes())));
        assert!(!["x~", "a b", "c+d", ".h"].iter().any(|name| is_script(name.as_bytes())));
    }
}
