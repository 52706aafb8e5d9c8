//! Pulling a WebAssembly artifact: its program becomes the one file of a layer.

use bytes::Bytes;
use tokio::runtime::Handle;
use wcr_image::{Compression, Descriptor, Digest, artifact_layer};
use wcr_store::{LayerSpec, Store, StoreError};

use crate::auth::Session;
use crate::blob::{Source, small};
use crate::error::{RegistryError, Result};
use crate::progress::{LayerEvent, Progress};

/// Fetches the program, and puts it and the layer that has it into the store. The layer, and the length of its tar.
pub(crate) fn fetch(
    session: &Session<'_>,
    runtime: &Handle,
    store: &Store,
    progress: &dyn Progress,
    program: &Descriptor,
    in_store: impl Fn(StoreError) -> RegistryError,
) -> Result<(LayerSpec, u64)> {
    let source = Source { session, digest: program.digest, size: program.size, what: "the program", spare: None };
    let content = runtime.block_on(small(&source))?;
    progress.layer(0, LayerEvent::Received(program.size));
    progress.layer(0, LayerEvent::Storing);
    let stored = put(store, &program.digest, &content).map_err(in_store)?;
    progress.layer(0, LayerEvent::Done);
    Ok(stored)
}

fn put(store: &Store, digest: &Digest, content: &[u8]) -> Result<(LayerSpec, u64), StoreError> {
    store.put_blob(digest, content)?;
    let tar = artifact_layer(content);
    let (diff_id, size) = (Digest::of(&tar), tar.len() as u64);
    let spec = LayerSpec { digest: diff_id, size, diff_id, compression: Compression::None };
    let _lock = store.lock_layer(&diff_id, || ())?;
    if let Some(size) = store.find_layer(&spec)? {
        return Ok((spec, size));
    }
    let mut writer = store.write_layer(spec)?;
    writer.write(Bytes::from(tar))?;
    Ok((spec, writer.finish()?))
}
