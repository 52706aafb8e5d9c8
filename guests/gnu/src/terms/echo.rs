//! `echo`.

use applets::core::echo::compose;

use crate::Program;

/// The program.
pub const PROGRAM: Program = Program::raw("echo", "[-neE] [STRING]...", "Prints its arguments.", true, |ctx, _| {
    let text = compose(ctx.args);
    ctx.put(&text);
    Ok(0)
});
