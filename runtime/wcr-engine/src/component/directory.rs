//! Listing a directory.

use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types;
use wcr_abi::Errno;
use wcr_kernel::DirEntry;

use super::fault::Fault;
use super::filesystem::{descriptor_type, ours};
use super::view::View;

/// The entries of a directory when it was asked for them, sorted by name.
#[derive(Debug)]
pub(super) struct EntryStream {
    entries: Arc<[DirEntry]>,
    next: usize,
}

impl EntryStream {
    /// A stream at the first entry.
    pub(super) const fn new(entries: Arc<[DirEntry]>) -> Self {
        Self { entries, next: 0 }
    }
}

impl types::HostDirectoryEntryStream for View {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<types::DirectoryEntryStream>,
    ) -> FsResult<Option<types::DirectoryEntry>> {
        let stream: &mut EntryStream = self.table.get_mut(&ours(&stream))?;
        let Some(entry) = stream.entries.get(stream.next) else { return Ok(None) };
        stream.next += 1;
        let name = String::from_utf8(entry.name.clone()).map_err(|_| Fault::from(Errno::Ilseq))?;
        Ok(Some(types::DirectoryEntry { type_: descriptor_type(entry.kind), name }))
    }

    fn drop(&mut self, stream: Resource<types::DirectoryEntryStream>) -> wasmtime::Result<()> {
        Ok(self.table.delete::<EntryStream>(ours(&stream)).map(drop)?)
    }
}
