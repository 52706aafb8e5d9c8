//! `mktemp`: makes a file or directory with a new name.

use wcr_sys::{Errno, fd, fs};

use super::paths::join;
use crate::options::Spec;
use crate::temporary::{self, PLACEHOLDER};
use crate::{Applet, Context, Quit, WriteFailure, environ};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "mktemp",
    "mktemp [-dt] [-p DIR] [TEMPLATE]\n\n\
     Create a temporary file with name based on TEMPLATE and print its name.\n\
     TEMPLATE must end with XXXXXX (e.g. [/dir/]nameXXXXXX).\n\
     Without TEMPLATE, -t tmp.XXXXXX is assumed.\n\n\
     \t-d\tMake directory, not file\n\
     \t-q\tFail silently on errors\n\
     \t-t\tPrepend base directory name to TEMPLATE\n\
     \t-p DIR\tUse DIR as a base directory (implies -t)\n\
     \t-u\tDo not create anything; print a name\n\n\
     Base directory is: -p DIR, else $TMPDIR, else /tmp",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const SPEC: Spec = Spec::short("dqtp:u");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let template = match parsed.operands.as_slice() {
        [] => None,
        [template] => Some(template.as_slice()),
        _ => return Err(ctx.usage()),
    };
    let based = template.is_none() || parsed.has(b't') || parsed.has(b'p');
    let template = template.unwrap_or(b"tmp.XXXXXX");
    let template = if based {
        let from_env = || environ::var(b"TMPDIR").filter(|dir| !dir.is_empty()).unwrap_or_else(|| b"/tmp".to_vec());
        join(&parsed.value(b'p').map_or_else(from_env, <[u8]>::to_vec), template)
    } else {
        template.to_vec()
    };
    let attempt = |path: &[u8]| {
        if parsed.has(b'u') {
            return match fs::lstat(path) {
                Ok(_) => Err(Errno::Exist),
                Err(_) => Ok(()),
            };
        }
        if parsed.has(b'd') {
            return fs::mkdir(path, 0o700);
        }
        fd::close(temporary::create(path)?)
    };
    let stem = template.strip_suffix(PLACEHOLDER).ok_or(Errno::Inval);
    match stem.and_then(|stem| temporary::first_free(stem, attempt).map_err(|refused| refused.error)) {
        Ok(((), path)) => {
            ctx.put(&[path.as_slice(), b"\n"].concat());
            Ok(0)
        }
        Err(error) => {
            if !parsed.has(b'q') {
                ctx.perror(&[b"(null)"], error);
            }
            Ok(1)
        }
    }
}
