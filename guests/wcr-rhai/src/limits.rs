//! What a script may use up.

use rhai::{Dynamic, Engine};
use wcr_sys::pace;

/// The most operations: some seconds of computing.
pub(crate) const OPERATIONS_MAX: u64 = 20_000_000;
/// The longest string, in bytes.
pub(crate) const STRING_MAX: usize = 16 << 20;
/// The most items of an array and its nested ones, bytes of a blob, or names of a map.
pub(crate) const ITEMS_MAX: usize = 1 << 17;
/// How deep functions may call each other.
pub(crate) const CALLS_MAX: usize = 64;
/// How deep expressions may be nested.
const EXPRESSION_MAX: usize = 64;
/// The most variables at once.
const VARIABLES_MAX: usize = 1_000;
/// About how many instructions an operation takes.
const STEPS: u32 = 256;

/// What stops a script that has used up its operations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UsedUp;

/// Sets the limits of an engine.
pub(crate) fn apply(engine: &mut Engine) {
    engine
        .set_max_call_levels(CALLS_MAX)
        .set_max_expr_depths(EXPRESSION_MAX, EXPRESSION_MAX)
        .set_max_variables(VARIABLES_MAX)
        .set_max_string_size(STRING_MAX)
        .set_max_array_size(ITEMS_MAX)
        .set_max_map_size(ITEMS_MAX);
    engine.disable_symbol("eval");
    engine.on_progress(|operations| {
        // A script that computes lets others run, and can be stopped.
        pace::steps(STEPS);
        (operations > OPERATIONS_MAX).then(|| Dynamic::from(UsedUp))
    });
}
