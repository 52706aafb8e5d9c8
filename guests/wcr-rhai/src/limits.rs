//! What a script may use up.

use rhai::{Dynamic, Engine};
use wcr_sys::{pace, process};

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

/// The most CPU time, in seconds. What can be computed within the operations takes a fraction of it, but for values that are
/// so large that each use of them takes long.
pub(crate) const CPU_SECONDS_MAX: u64 = 60;

/// What a script that is stopped has used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UsedUp {
    /// Its operations.
    Operations,
    /// Its CPU time.
    Time,
}

/// What is used up after so many operations, at the end of a turn of the CPU or not.
fn used_up(operations: u64, cpu: Option<u64>) -> Option<UsedUp> {
    if operations > OPERATIONS_MAX {
        return Some(UsedUp::Operations);
    }
    cpu.is_some_and(|nanos| nanos > CPU_SECONDS_MAX * 1_000_000_000).then_some(UsedUp::Time)
}

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
        let cpu = pace::steps(STEPS).then(|| process::times().user);
        used_up(operations, cpu).map(Dynamic::from)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_ends_by_its_operations_or_its_time() {
        let cpu = CPU_SECONDS_MAX * 1_000_000_000;
        assert_eq!(used_up(OPERATIONS_MAX, Some(cpu)), None);
        assert_eq!(used_up(OPERATIONS_MAX + 1, None), Some(UsedUp::Operations));
        assert_eq!(used_up(1, Some(cpu + 1)), Some(UsedUp::Time));
    }
}
