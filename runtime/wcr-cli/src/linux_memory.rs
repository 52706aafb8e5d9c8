//! Copying and comparing memory, in the Linux binary.
//!
//! Musl's `memcpy` begins the processor's own loop for each copy, however short, its `memmove` lets that run backwards,
//! a byte at a time, and its `memcmp` looks at each byte: a fifth of what a walk over many files took. These have the
//! same names and come before the library's.

#![expect(unsafe_code, reason = "the compiler calls these by their names")]

core::arch::global_asm!(include_str!("linux_memory.s"));

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    /// Lengths on both sides of each way to copy.
    const LENGTHS: [usize; 22] =
        [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 127, 129, 200, 2047, 2048, 5003];

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
    }

    #[test]
    fn copies_are_whole_and_touch_nothing_else() {
        for length in (0..300).chain(LENGTHS) {
            for (from, to) in [(0, 0), (1, 0), (0, 3), (5, 9)] {
                let source = pattern(from + length);
                let mut target = vec![0xee; to + length + 20];
                target[to..to + length].copy_from_slice(&source[from..]);
                assert!(target[..to].iter().chain(&target[to + length..]).all(|byte| *byte == 0xee), "{length}");
                assert!(target[to..].iter().zip(&source[from..]).all(|(one, other)| *one == *other), "{length}");
            }
        }
    }

    #[test]
    fn what_overlaps_is_copied_as_if_it_did_not() {
        for length in (0..300).chain(LENGTHS) {
            for distance in [0, 1, 5, 8, 16, 31, 63, 64, 65, 100, 130, 300] {
                let before = pattern(length + distance);
                let mut up = before.clone();
                up.copy_within(..length, distance);
                assert!((0..length).all(|at| up[distance + at] == before[at]), "{length} up by {distance}");
                assert!((0..distance.min(length)).all(|at| up[at] == before[at]));
                let mut down = before.clone();
                down.copy_within(distance.., 0);
                assert!((0..length).all(|at| down[at] == before[distance + at]), "{length} down by {distance}");
                assert!((length..length + distance).all(|at| down[at] == before[at]));
            }
        }
    }

    #[test]
    fn bytes_are_compared_in_order() {
        for length in (0..100).chain(LENGTHS) {
            let one = vec![0x80; length];
            assert_eq!(one.cmp(&pattern(length).iter().map(|_| 0x80).collect()), Ordering::Equal);
            for at in 0..length.min(100) {
                let at = if length > 100 { length - 1 - at } else { at };
                for (byte, order) in [(0x7f, Ordering::Greater), (0xff, Ordering::Less), (1, Ordering::Greater)] {
                    let mut other = one.clone();
                    other[at] = byte;
                    // What follows does not count.
                    other[at + 1..].fill(!byte);
                    assert_eq!(one.cmp(&other), order, "{length} at {at}");
                    assert!(one != other);
                }
            }
        }
    }
}
