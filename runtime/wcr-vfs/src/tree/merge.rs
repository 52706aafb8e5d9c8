//! What several layers together say about a name.

use std::collections::HashMap;
use std::sync::Arc;

use wcr_abi::{Errno, FileKind};

use crate::layer::{Layer, LayerIndex, RecordKind};

/// A record of one of the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub layer: u32,
    pub record: u32,
}

/// What a name is in the merged layers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Merged {
    /// The inode of this record, which is not a directory.
    Leaf(Source),
    /// A directory: the records that contribute names, the topmost first, and the one that gives the
    /// metadata (none when every layer only implies the directory).
    Directory { sources: Vec<Source>, meta: Option<Source> },
    /// A hard link to a path of the layers below this record's; only inside this module.
    LowerLink(Source),
}

/// A hard link whose target no lower layer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DanglingLink {
    /// The layer that has the link; 0 is the lowest.
    pub layer: usize,
    /// The last component of its name.
    pub name: Vec<u8>,
    /// The target's path.
    pub target: Vec<u8>,
}

/// The first hard link of an image (its layers, the lowest first) that leads nowhere. [`crate::Tree`] leaves
/// such names out; whoever takes an image in can refuse it. Costs nothing for layers without links to lower
/// ones.
#[must_use]
pub fn dangling_link(layers: &[Arc<Layer>]) -> Option<DanglingLink> {
    let stack = Stack(layers.to_vec());
    let (link, _) = stack.lower_links().find(|(_, target)| !matches!(target, Ok(Some(_))))?;
    let record = stack.index(link.layer).ok()?.record(link.record)?;
    Some(DanglingLink { layer: link.layer as usize, name: record.name.to_vec(), target: record.link.to_vec() })
}

/// The layers of an image, the lowest first.
#[derive(Debug, Default, Clone)]
pub(super) struct Stack(pub Vec<Arc<Layer>>);

impl Stack {
    pub fn layer(&self, layer: u32) -> Result<&Layer, Errno> {
        self.0.get(layer as usize).map(|layer| &**layer).ok_or(Errno::Io)
    }

    fn index(&self, layer: u32) -> Result<&LayerIndex, Errno> {
        self.layer(layer).map(Layer::index)
    }

    /// The root directory of the layers below number `below`.
    pub fn root_below(&self, below: u32) -> Result<Merged, Errno> {
        let root = self.merge((0..below).rev().map(|layer| Source { layer, record: 0 }))?;
        Ok(root.unwrap_or(Merged::Directory { sources: Vec::new(), meta: None }))
    }

    /// The root directory.
    pub fn root(&self) -> Result<Merged, Errno> {
        self.root_below(self.0.len() as u32)
    }

    /// All hard links into lower layers, with what they lead to. Costs nothing for layers that have no such
    /// link, which is nearly all of them.
    fn lower_links(&self) -> impl Iterator<Item = (Source, Result<Option<Merged>, Errno>)> {
        let layers = self.0.iter().enumerate().filter(|(_, layer)| layer.index().lower_links() > 0);
        let records = layers.flat_map(|(number, layer)| {
            let index = layer.index();
            let is_link = |record| index.record(record).is_some_and(|record| record.kind == RecordKind::LowerHardLink);
            let records = (0..index.len()).filter(move |record| is_link(*record));
            records.map(move |record| Source { layer: number as u32, record })
        });
        records.map(|link| (link, self.settle(Some(Merged::LowerLink(link)))))
    }

    /// How many names each inode has by hard links from higher layers.
    pub fn links_from_above(&self) -> Result<HashMap<Source, u32>, Errno> {
        let mut links = HashMap::new();
        for (_, target) in self.lower_links() {
            if let Some(Merged::Leaf(source)) = target? {
                *links.entry(source).or_insert(0) += 1;
            }
        }
        Ok(links)
    }

    /// Whether any of the directories has the name, if only as a whiteout.
    pub fn mentions(&self, dirs: &[Source], name: &[u8]) -> bool {
        self.named(dirs, name).next().is_some()
    }

    /// What `name` is in a directory that `dirs` (the topmost first) contribute to.
    pub fn child(&self, dirs: &[Source], name: &[u8]) -> Result<Option<Merged>, Errno> {
        self.settle(self.merge(self.named(dirs, name))?)
    }

    fn named<'a>(&'a self, dirs: &'a [Source], name: &'a [u8]) -> impl Iterator<Item = Source> + 'a {
        dirs.iter().filter_map(move |dir| {
            let record = self.index(dir.layer).ok()?.child(dir.record, name)?;
            Some(Source { layer: dir.layer, record })
        })
    }

    /// Every name of a directory that `dirs` contribute to, sorted.
    pub fn children(&self, dirs: &[Source]) -> Result<Vec<(&[u8], Merged)>, Errno> {
        let mut cursors = Vec::with_capacity(dirs.len());
        for dir in dirs {
            let index = self.index(dir.layer)?;
            cursors.push((dir.layer, index, index.children(dir.record)));
        }
        let mut all = Vec::new();
        let mut found = Vec::with_capacity(dirs.len());
        loop {
            let mut least: Option<&[u8]> = None;
            for (_, index, rest) in cursors.iter().filter(|(.., rest)| rest.start < rest.end) {
                let name = index.name(rest.start).ok_or(Errno::Io)?;
                least = Some(least.map_or(name, |least| least.min(name)));
            }
            let Some(least) = least else { return Ok(all) };
            found.clear();
            for (layer, index, rest) in &mut cursors {
                if rest.start < rest.end && index.name(rest.start) == Some(least) {
                    found.push(Source { layer: *layer, record: rest.start });
                    rest.start += 1;
                }
            }
            if let Some(merged) = self.settle(self.merge(found.iter().copied())?)? {
                all.push((least, merged));
            }
        }
    }

    /// Merges the records of one name, the topmost first.
    fn merge(&self, found: impl Iterator<Item = Source>) -> Result<Option<Merged>, Errno> {
        let mut sources = Vec::new();
        let mut meta = None;
        let mut sealed = false;
        for source in found {
            let record = self.index(source.layer)?.record(source.record).ok_or(Errno::Io)?;
            let is_dir = record.kind == RecordKind::Inode && record.mode.kind() == FileKind::Directory;
            if !is_dir {
                if !sources.is_empty() {
                    break;
                }
                return Ok(match record.kind {
                    RecordKind::Whiteout => None,
                    RecordKind::Inode => Some(Merged::Leaf(source)),
                    RecordKind::HardLink { record } => self.linked(Source { record, ..source })?.map(Merged::Leaf),
                    RecordKind::LowerHardLink => Some(Merged::LowerLink(source)),
                });
            }
            if !sealed {
                sources.push(source);
            }
            if meta.is_none() && !record.implied {
                meta = Some(source);
            }
            // An implied directory may be opaque and still take its metadata from below.
            sealed |= record.opaque;
            if sealed && meta.is_some() {
                break;
            }
        }
        Ok((!sources.is_empty()).then_some(Merged::Directory { sources, meta }))
    }

    /// The record that a hard link names, checked.
    fn linked(&self, source: Source) -> Result<Option<Source>, Errno> {
        let record = self.index(source.layer)?.record(source.record).ok_or(Errno::Io)?;
        let sound = record.kind == RecordKind::Inode && record.mode.kind() != FileKind::Directory;
        if sound { Ok(Some(source)) } else { Err(Errno::Io) }
    }

    /// Follows hard links into the lower layers; `None` when there is no such file.
    ///
    /// Each step leads to a lower layer, so a chain of such links ends.
    fn settle(&self, mut merged: Option<Merged>) -> Result<Option<Merged>, Errno> {
        while let Some(Merged::LowerLink(link)) = merged {
            merged = self.lower_target(link)?;
        }
        Ok(merged)
    }

    fn lower_target(&self, link: Source) -> Result<Option<Merged>, Errno> {
        let record = self.index(link.layer)?.record(link.record).ok_or(Errno::Io)?;
        let mut target = self.root_below(link.layer)?;
        for part in record.link.split(|byte| *byte == b'/') {
            let Merged::Directory { sources, .. } = target else { return Ok(None) };
            match self.merge(self.named(&sources, part))? {
                Some(child) => target = child,
                None => return Ok(None),
            }
        }
        Ok(Some(target).filter(|target| !matches!(target, Merged::Directory { .. })))
    }
}
