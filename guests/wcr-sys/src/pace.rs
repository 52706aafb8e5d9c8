//! Turns of a process that computes: it lets the others run every now and then.
//!
//! The kernel changes from one process to another only where they call it. Whatever may compute without end between two
//! calls (an interpreter's loop, a search) counts its steps here.

use std::sync::atomic::{AtomicU32, Ordering};

/// How many steps make a turn: about a millisecond when a step is a few instructions.
const TURN: u32 = 1 << 17;

static LEFT: AtomicU32 = AtomicU32::new(TURN);

/// Counts steps of a computation, of a few instructions each. At the end of a turn everybody else who is ready runs, and
/// what was to happen meanwhile happens: then this is true, and signals may have come.
#[inline]
pub fn steps(count: u32) -> bool {
    let left = LEFT.load(Ordering::Relaxed);
    LEFT.store(left.wrapping_sub(count), Ordering::Relaxed);
    left <= count && end_turn()
}

#[cold]
fn end_turn() -> bool {
    LEFT.store(TURN, Ordering::Relaxed);
    std::thread::yield_now();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_has_so_many_steps() {
        let turns = |count: u32| (0..10 * TURN / count).filter(|_| steps(count)).count();
        assert_eq!((turns(1), turns(256)), (10, 10));
    }
}
