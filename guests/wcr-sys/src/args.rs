//! The process's arguments and environment, as byte strings.

use crate::imports::{args_get, args_sizes_get, environ_get, environ_sizes_get};

/// The process's arguments, `argv[0]` first.
#[must_use]
pub fn args() -> Vec<Vec<u8>> {
    strings(args_sizes_get, args_get)
}

/// The process's environment at its start, `NAME=value` each, in its order.
#[must_use]
pub fn env() -> Vec<Vec<u8>> {
    strings(environ_sizes_get, environ_get)
}

fn strings(
    sizes: impl Fn(*mut usize, *mut usize) -> u32,
    get: impl Fn(*mut *const u8, *mut u8) -> u32,
) -> Vec<Vec<u8>> {
    let (mut count, mut size) = (0, 0);
    if sizes(&raw mut count, &raw mut size) != 0 {
        return Vec::new();
    }
    let (mut pointers, mut buf) = (vec![core::ptr::null(); count], vec![0; size]);
    if get(pointers.as_mut_ptr(), buf.as_mut_ptr()) != 0 {
        return Vec::new();
    }
    // The strings stand one behind the other, each ended by NUL.
    buf.split(|byte| *byte == 0).take(count).map(<[u8]>::to_vec).collect()
}
