//! Files and folders that only their owner can use, on Unix.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

/// Folders are made for the owner alone.
pub(crate) fn private_dir(builder: &mut DirBuilder) {
    builder.mode(0o700);
}

/// Files are made for the owner alone.
pub(crate) fn private_file(options: &mut OpenOptions) {
    options.mode(0o600);
}
