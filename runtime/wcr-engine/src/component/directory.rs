//! Listing a directory.

use std::sync::Arc;

use wasmtime::component::Resource;
use wcr_abi::Errno;
use wcr_kernel::DirEntry;

use super::bindings::wasi::filesystem::types;
use super::fault::Fault;
use super::filesystem::descriptor_type;
use crate::guest::Guest;

/// The entries of a directory when it was asked for them, sorted by name.
#[derive(Debug)]
pub struct EntryStream {
    entries: Arc<[DirEntry]>,
    next: usize,
}

impl EntryStream {
    /// A stream at the first entry.
    pub(crate) const fn new(entries: Arc<[DirEntry]>) -> Self {
        Self { entries, next: 0 }
    }
}

impl types::HostDirectoryEntryStream for Guest {
    fn read_directory_entry(&mut self, stream: Resource<EntryStream>) -> Result<Option<types::DirectoryEntry>, Fault> {
        let stream = self.table.get_mut(&stream)?;
        let Some(entry) = stream.entries.get(stream.next) else { return Ok(None) };
        stream.next += 1;
        let name = String::from_utf8(entry.name.clone()).map_err(|_| Errno::Ilseq)?;
        Ok(Some(types::DirectoryEntry { type_: descriptor_type(entry.kind), name }))
    }

    fn drop(&mut self, stream: Resource<EntryStream>) -> wasmtime::Result<()> {
        Ok(self.table.delete(stream).map(drop)?)
    }
}
