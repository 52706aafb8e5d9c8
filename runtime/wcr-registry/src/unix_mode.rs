//! Files for this user alone: a mode where there are modes.

use std::fs::OpenOptions;

/// A file that is made with `options` is for its owner alone.
#[cfg(unix)]
pub(crate) fn private(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// Elsewhere the folder decides.
#[cfg(not(unix))]
pub(crate) fn private(_options: &mut OpenOptions) {}
