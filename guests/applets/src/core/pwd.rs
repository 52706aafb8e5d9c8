//! `pwd`: the current directory.

use wcr_sys::fs;

use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure, environ};

/// The applet.
pub const APPLET: Applet = Applet::new("pwd", "pwd\n\nPrint the full filename of the current working directory", main)
    .on_write_failure(WriteFailure::Code(1));

const SPEC: Spec = Spec::short("LP");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let logical = if parsed.last_of(b"LP") == Some(b'P') { None } else { logical() };
    let path = match logical {
        Some(path) => path,
        None => fs::getcwd().map_err(|error| ctx.die_errno(&[b"getcwd"], error))?,
    };
    ctx.put(&[path.as_slice(), b"\n"].concat());
    Ok(0)
}

/// `$PWD`, when it is an absolute name of the current directory without `.` and `..`.
fn logical() -> Option<Vec<u8>> {
    let path = environ::var(b"PWD").filter(|path| path.starts_with(b"/"))?;
    if path.split(|byte| *byte == b'/').any(|part| part == b"." || part == b"..") {
        return None;
    }
    let (named, here) = (fs::stat(&path).ok()?, fs::stat(b".").ok()?);
    ((named.dev, named.ino) == (here.dev, here.ino)).then_some(path)
}
