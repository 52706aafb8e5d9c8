//! The import that suspends the script.

#[expect(unsafe_code, reason = "bindings would stand between the script and the import, and could not be suspended")]
#[link(wasm_import_module = "../page/scripts/step.ts")]
unsafe extern "C" {
    /// Lets the processes of the container that is in place have their turns, until there is something to do: see [`Came`].
    /// `timeout` is how many milliseconds the container may run in all; 0 for no limit.
    safe fn step(number: u32, timeout: u32) -> u32;
    /// The container of this number is not stepped any more.
    safe fn forget(number: u32);
}

/// What a container has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// It has ended, or cannot go on.
    Ended,
    /// A program has asked a question.
    Asked,
    /// All wait for input.
    Waits,
    /// All wait, for input or a time.
    WaitsForTime,
    /// Its time is over.
    Late,
}

/// A step of the container of this number, which is in place.
pub(crate) fn take(number: u32, timeout: u32) -> Came {
    match step(number, timeout) {
        1 => Came::Asked,
        2 => Came::Waits,
        3 => Came::WaitsForTime,
        4 => Came::Late,
        _ => Came::Ended,
    }
}

/// The container of this number is gone.
pub(crate) fn gone(number: u32) {
    forget(number);
}
