//! From a layer's tar, as it streams by, to the layer's index.

mod header;
mod indexer;
mod number;
mod pax;
mod reader;
#[cfg(test)]
mod tests;

pub(crate) use reader::{Kind, Reader};

pub(crate) use indexer::unlabelled;
pub use indexer::{Labeller, LayerIndexer, index_tar};
