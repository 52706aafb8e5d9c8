//! Where the host sets no room aside for files.

use cap_std::fs::File;
use wcr_abi::Errno;
use wcr_vfs::Part;

/// Nothing is set aside, but the length becomes what it would be.
pub(super) fn allocate(file: &File, part: Part, keep_size: bool) -> Result<(), Errno> {
    let len = file.metadata().map_err(super::errno)?.len();
    if keep_size || part.end() <= len { Ok(()) } else { file.set_len(part.end()).map_err(super::errno) }
}

/// There are no holes to be made.
pub(super) fn punch(_file: &File, _part: Part) -> Result<(), Errno> {
    Err(Errno::Notsup)
}
