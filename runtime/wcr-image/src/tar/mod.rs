//! From a layer's tar, as it streams by, to the layer's index.

mod header;
mod indexer;
mod number;
mod pax;
mod reader;
mod sparse;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use reader::{Entry, Kind, Reader};
pub use writer::TarWriter;
pub(crate) use writer::{END, NewEntry, padding};

pub(crate) use indexer::unlabelled;
pub use indexer::{Labeller, LayerIndexer, index_tar};
