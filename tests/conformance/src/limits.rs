//! What a container is held to; the rest is `fds` and the tests of limits.

use crate::say;
use crate::sys;

/// Resources that every Linux has, by number.
pub fn every_resource_has_limits() {
    for resource in 0..16 {
        say!("{resource}: {}", sys::rlimit(resource).is_ok_and(|(soft, hard)| soft <= hard));
    }
    say!("16: {:?}", sys::rlimit(16).map(drop));
}
