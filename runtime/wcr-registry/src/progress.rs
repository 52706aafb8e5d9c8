//! How a pull tells what it is doing.

use wcr_image::{Descriptor, Digest};

/// What happens to one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerEvent {
    /// Another process is storing the same layer; this one waits for it.
    Waiting,
    /// It is in the store already.
    Exists,
    /// So many bytes of its blob have been received, or sent.
    Received(u64),
    /// So many bytes of its blob were kept by a pull that did not get to its end.
    Resuming(u64),
    /// The connection broke; it goes on from where it was.
    Retrying,
    /// All is received or sent; the rest is being written.
    Storing,
    /// The registry has it already, so that it need not be sent.
    Present,
    /// The registry took it from another of its repositories.
    Mounted,
    /// It is in the store, or at the registry.
    Done,
}

/// Is told what a pull is doing. Calls come from several threads, and should return quickly.
pub trait Progress: Sync {
    /// The reference leads to this image: its manifest's digest and its layers, the lowest first.
    fn resolved(&self, _digest: &Digest, _layers: &[Descriptor]) {}

    /// Something that need not be known: which server was asked instead of another, how much more may be asked.
    fn remark(&self, _text: &str) {}

    /// Something happened to the layer with this place in the list.
    fn layer(&self, _index: usize, _event: LayerEvent) {}
}

/// Keeps it to itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}
