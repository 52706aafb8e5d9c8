//! `which`: where a command would be found.

use crate::options::Spec;
use crate::run::{candidates, is_executable};
use crate::{Applet, Context, Quit, environ};

/// The applet.
pub const APPLET: Applet =
    Applet::new("which", "which [-a] COMMAND...\n\nLocate COMMAND\n\n\t-a\tShow all matches", main)
        .on_write_failure(crate::WriteFailure::Ignore);

const SPEC: Spec = Spec::short("a");
/// Where commands are looked for when `PATH` is not set.
const DEFAULT_PATH: &[u8] = b"/sbin:/usr/sbin:/bin:/usr/bin";

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let path = environ::var(b"PATH").unwrap_or_else(|| DEFAULT_PATH.to_vec());
    let most = if parsed.has(b'a') { usize::MAX } else { 1 };
    let mut code = 0;
    for name in &parsed.operands {
        let found = candidates(name, &path).into_iter().filter(|path| is_executable(path)).take(most);
        let mut missing = true;
        for path in found {
            missing = false;
            ctx.put(&[path.as_slice(), b"\n"].concat());
        }
        if missing {
            code = 1;
        }
    }
    Ok(code)
}
