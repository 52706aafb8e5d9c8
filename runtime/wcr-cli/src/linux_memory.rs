//! Copying and comparing memory in the Linux binary on x86-64.
//!
//! Musl copies byte by byte up to the next eight, compares byte by byte, and copies backwards with a slow instruction. Guest
//! calls copy a few bytes each, so that this was up to a quarter of a run. Here the linker finds the functions under their C
//! names before it looks into musl: up to 256 bytes by registers of 16 bytes, all of them loaded before the first is stored,
//! more than that by `rep movsb`, which processors have been made for since 2013.

#![expect(unsafe_code, reason = "these functions are what safe code copies with")]

use std::arch::asm;
use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_storeu_si128};

/// The most bytes that are copied by registers at once.
const BLOCK: usize = 256;

/// Copies `len` bytes to memory that overlaps nothing of `from`. C's `memcpy`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    unsafe {
        if len <= BLOCK {
            copy_block(to, from, len);
        } else {
            copy_forward(to, from, len);
        }
    }
    to
}

/// Copies `len` bytes to memory that may overlap `from`. C's `memmove`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    let distance = to.addr().wrapping_sub(from.addr());
    unsafe {
        if len <= BLOCK {
            copy_block(to, from, len);
        } else if distance >= len && distance.wrapping_neg() >= len {
            copy_forward(to, from, len);
        } else if distance >= len {
            copy_down(to, from, len);
        } else {
            copy_up(to, from, len);
        }
    }
    to
}

/// Compares `len` bytes: less than, equal to or more than zero. C's `memcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    let mut at = 0;
    unsafe {
        while len - at >= 16 {
            let same = _mm_movemask_epi8(_mm_cmpeq_epi8(load(left.add(at)), load(right.add(at))));
            if same != 0xffff {
                at += same.trailing_ones() as usize;
                return i32::from(*left.add(at)) - i32::from(*right.add(at));
            }
            at += 16;
        }
        while len - at >= 8 {
            let [a, b] = [left, right].map(|side| side.add(at).cast::<u64>().read_unaligned().swap_bytes());
            if a != b {
                return if a < b { -1 } else { 1 };
            }
            at += 8;
        }
        while at < len {
            let difference = i32::from(*left.add(at)) - i32::from(*right.add(at));
            if difference != 0 {
                return difference;
            }
            at += 1;
        }
    }
    0
}

/// Whether `len` bytes differ. The compiler calls it where only that matters.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    unsafe { memcmp(left, right, len) }
}

#[inline(always)]
unsafe fn load(from: *const u8) -> __m128i {
    unsafe { _mm_loadu_si128(from.cast()) }
}

/// Copies up to [`BLOCK`] bytes, which may overlap: pieces from both ends that meet in the middle.
#[inline(always)]
unsafe fn copy_block(to: *mut u8, from: *const u8, len: usize) {
    unsafe {
        match len {
            0 => {}
            1..4 => {
                let bytes = [0, len / 2, len - 1].map(|at| (at, from.add(at).read()));
                bytes.into_iter().for_each(|(at, byte)| to.add(at).write(byte));
            }
            4..8 => {
                let words = [0, len - 4].map(|at| (at, from.add(at).cast::<u32>().read_unaligned()));
                words.into_iter().for_each(|(at, word)| to.add(at).cast::<u32>().write_unaligned(word));
            }
            8..16 => {
                let words = [0, len - 8].map(|at| (at, from.add(at).cast::<u64>().read_unaligned()));
                words.into_iter().for_each(|(at, word)| to.add(at).cast::<u64>().write_unaligned(word));
            }
            16..=32 => copy_ends::<1>(to, from, len),
            33..=64 => copy_ends::<2>(to, from, len),
            65..=128 => copy_ends::<4>(to, from, len),
            _ => copy_ends::<8>(to, from, len),
        }
    }
}

/// Copies the first and the last `N` registers' worth of `len` bytes.
#[inline(always)]
unsafe fn copy_ends<const N: usize>(to: *mut u8, from: *const u8, len: usize) {
    let at = |index: usize| [index * 16, len - (index + 1) * 16];
    unsafe {
        let pieces: [[__m128i; 2]; N] = std::array::from_fn(|index| at(index).map(|at| load(from.add(at))));
        for (index, piece) in pieces.into_iter().enumerate() {
            let [first, last] = at(index);
            _mm_storeu_si128(to.add(first).cast(), piece[0]);
            _mm_storeu_si128(to.add(last).cast(), piece[1]);
        }
    }
}

/// Copies upwards by the processor's own instruction.
#[inline(always)]
unsafe fn copy_forward(to: *mut u8, from: *const u8, len: usize) {
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _,
            options(nostack, preserves_flags)
        );
    }
}

/// Copies to lower addresses, block by block from the first.
unsafe fn copy_down(to: *mut u8, from: *const u8, len: usize) {
    let mut at = 0;
    while at < len {
        let count = BLOCK.min(len - at);
        unsafe { copy_block(to.add(at), from.add(at), count) };
        keep_loop();
        at += count;
    }
}

/// Copies to higher addresses, block by block from the last.
unsafe fn copy_up(to: *mut u8, from: *const u8, len: usize) {
    let mut left = len;
    while left > 0 {
        let count = BLOCK.min(left);
        left -= count;
        unsafe { copy_block(to.add(left), from.add(left), count) };
        keep_loop();
    }
}

/// Keeps the compiler from making one call of `memmove`, which this is, of the loop around it.
#[inline(always)]
fn keep_loop() {
    // SAFETY: it does nothing.
    unsafe { asm!("", options(nostack, preserves_flags)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths around each change of the way.
    fn lengths() -> impl Iterator<Item = usize> {
        (0..=300).chain([511, 512, 513, 700, 4096, 10_000])
    }

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 7 + at / 256) as u8).collect()
    }

    #[test]
    fn a_copy_is_the_same_and_touches_nothing_else() {
        for len in lengths() {
            for (to, from) in [(0, 0), (1, 3), (8, 16), (15, 1)] {
                let source = bytes(from + len);
                let mut target = vec![0xee; to + len + 5];
                // SAFETY: both ranges lie in their vectors.
                unsafe { memcpy(target.as_mut_ptr().add(to), source.as_ptr().add(from), len) };
                let rest = target.split_off(to + len);
                assert!(target.split_off(to) == source[from..] && rest == [0xee; 5], "{len} {to} {from}");
                assert!(target.iter().all(|byte| *byte == 0xee), "{len} {to} {from}");
            }
        }
    }

    #[test]
    fn a_move_may_overlap() {
        for len in lengths() {
            for (to, from) in [(0, 1), (1, 0), (0, 15), (17, 0), (0, 255), (255, 0), (3, 300), (300, 3), (5, 5)] {
                let mut moved = bytes(len + 320);
                let expected: Vec<u8> = {
                    let mut whole: Vec<Option<u8>> = moved.iter().copied().map(Some).collect();
                    for at in 0..len {
                        whole[to + at] = Some(moved[from + at]);
                    }
                    whole.into_iter().flatten().collect()
                };
                // SAFETY: both ranges lie in the vector.
                unsafe { memmove(moved.as_mut_ptr().add(to), moved.as_ptr().add(from), len) };
                assert!(moved == expected, "{len} {to} {from}");
            }
        }
    }

    #[test]
    fn a_comparison_finds_the_first_difference() {
        for len in lengths().filter(|len| *len > 0) {
            let left = bytes(len);
            // SAFETY: both ranges lie in their vectors.
            let compare = |right: &[u8]| unsafe {
                (memcmp(left.as_ptr(), right.as_ptr(), len), bcmp(left.as_ptr(), right.as_ptr(), len))
            };
            assert_eq!(compare(&left), (0, 0));
            for at in [0, len / 2, len - 1] {
                let mut right = left.clone();
                right[at] = right[at].wrapping_add(1);
                right.iter_mut().skip(at + 1).for_each(|byte| *byte = !*byte);
                let (order, differs) = compare(&right);
                assert_eq!(order.signum(), if left[at] < right[at] { -1 } else { 1 }, "{len} {at}");
                assert_ne!(differs, 0);
            }
        }
    }
}
