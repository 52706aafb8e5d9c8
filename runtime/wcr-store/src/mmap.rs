//! Files of the store as memory: the only place with `unsafe`.

use std::fs::File;
use std::io;

use memmap2::{Mmap, MmapOptions};

/// The content of a file that never changes under its name, mapped.
pub struct Mapped(Option<Mmap>);

impl Mapped {
    /// Maps all of a file of the store, of `length` bytes. An empty file needs no mapping.
    ///
    /// # Errors
    /// The system's.
    #[expect(unsafe_code, reason = "mapping a file is unsafe by nature; see the comment within")]
    pub fn new(file: &File, length: u64) -> io::Result<Self> {
        if length == 0 {
            return Ok(Self(None));
        }
        let length = usize::try_from(length).map_err(io::Error::other)?;
        // SAFETY: the mapped bytes must not change while they are borrowed. Files of the store are complete
        // before they get their names and are never written, cut or grown afterwards, only replaced by
        // renaming, which leaves a mapping as it is; and the store's folder belongs to this user alone.
        let map = unsafe { MmapOptions::new().len(length).map(file) }?;
        Ok(Self(Some(map)))
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}
