//! Building a layer's index from the entries of its tar, in the tar's order.

use std::hash::{BuildHasher, RandomState};

use wcr_abi::{FileKind, Mode, PATH_MAX, Timestamp};

use super::content::{self, Piece, Pieces};
use super::format::{
    FLAG_IMPLIED, FLAG_OPAQUE, FLAG_SPARSE, HEADER_LEN, Header, KIND_HARD_LINK, KIND_INODE, KIND_LOWER_HARD_LINK,
    KIND_WHITEOUT, RECORD_LEN, RawRecord, Text,
};
use super::names::{self, Last};
use super::{LayerError, NameFault};

/// The most that one layer may hold.
#[derive(Debug, Clone, Copy)]
pub struct LayerLimits {
    /// Entries, counting repeated ones and the directories that others only imply.
    pub entries: u32,
    /// Bytes of names and link targets in all.
    pub name_bytes: u32,
}

impl Default for LayerLimits {
    /// 1,000,000 entries and 256 MiB of names.
    fn default() -> Self {
        Self { entries: 1_000_000, name_bytes: 256 << 20 }
    }
}

/// An entry's metadata, as its tar header (and extended headers) give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EntryMeta {
    /// The permissions; all but the low twelve bits are ignored, the kind comes from [`EntryKind`].
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// For a device: its number in Linux's encoding.
    pub rdev: u64,
    /// A regular file's length in bytes; ignored otherwise.
    pub size: u64,
    /// Where a regular file's content starts in the (decompressed) tar; ignored otherwise.
    pub data: u64,
    /// The modification time.
    pub mtime: Timestamp,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind<'a> {
    /// A regular file.
    Regular,
    /// A regular file with holes between these pieces, which lie one behind the other in the tar.
    Sparse(&'a [Piece]),
    /// A directory.
    Directory,
    /// A symbolic link with this target.
    Symlink(&'a [u8]),
    /// Another name for the file of this name. The entry's own metadata is ignored.
    HardLink(&'a [u8]),
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
}

const NONE: u32 = u32::MAX;
const ROOT: u32 = 0;

/// What a name stands for at the moment.
#[derive(Debug, Clone, Copy)]
enum What {
    Nothing,
    Dir(u32),
    Inode(u32),
    /// A hard link to a path that this layer does not have.
    Lower(Text),
}

/// A name in a directory.
struct Slot {
    hash: u32,
    dir: u32,
    name: Text,
    /// The next name of the same directory.
    next: u32,
    what: What,
    whiteout: bool,
}

struct Dir {
    /// `None` while the tar has no entry for it.
    meta: Option<EntryMeta>,
    first: u32,
    opaque: bool,
}

struct Inode {
    kind: FileKind,
    meta: EntryMeta,
    /// A symbolic link's target; a sparse file's pieces.
    text: Text,
    sparse: bool,
    label: u8,
}

/// A layer under construction.
///
/// Entries are added in the tar's order, and a later one of the same name wins: a file drops a directory
/// with all that is in it, a directory keeps the content of a directory, and a name that is used as a
/// directory becomes one. Names are relative to the layer's root; a leading `/`, `.` components and
/// trailing slashes mean nothing, `..` is refused.
pub struct LayerBuilder {
    limits: LayerLimits,
    added: u32,
    strings: Vec<u8>,
    slots: Vec<Slot>,
    dirs: Vec<Dir>,
    inodes: Vec<Inode>,
    /// Open addressing over `slots`; its length is a power of two.
    table: Vec<u32>,
    hasher: RandomState,
    /// The directory part of the last entry's name and what it led to: most entries have it in common
    /// with the one before.
    last_parent: Vec<u8>,
    last_dir: u32,
    /// The inode of the last entry, when that was a regular file.
    last_file: u32,
}

impl LayerBuilder {
    /// A layer with nothing but an implied root.
    #[must_use]
    pub fn new(limits: LayerLimits) -> Self {
        Self {
            limits,
            added: 0,
            strings: Vec::new(),
            slots: Vec::new(),
            dirs: vec![Dir { meta: None, first: NONE, opaque: false }],
            inodes: Vec::new(),
            table: vec![NONE; 1024],
            hasher: RandomState::new(),
            last_parent: Vec::new(),
            last_dir: NONE,
            last_file: NONE,
        }
    }

    /// Adds the tar's next entry, a whiteout included (recognised by its name, whatever its kind).
    ///
    /// # Errors
    /// [`LayerError::Entry`] when the name or the link's target cannot be used, [`LayerError::Limit`].
    pub fn add(&mut self, path: &[u8], meta: EntryMeta, kind: EntryKind<'_>) -> Result<(), LayerError> {
        self.added += 1;
        self.last_file = NONE;
        if self.added > self.limits.entries {
            return Err(self.too_many_entries());
        }
        let refuse = |fault| LayerError::entry(path, fault);
        let Some((parent, last)) = names::split(path).map_err(refuse)? else {
            if kind != EntryKind::Directory {
                return Err(refuse(NameFault::Root));
            }
            self.dirs[ROOT as usize].meta = Some(meta);
            return Ok(());
        };
        match names::classify(last).map_err(refuse)? {
            Last::Plain(name) => self.add_named(path, parent, name, meta, kind),
            Last::Whiteout(name) => {
                let dir = self.directory(path, parent)?;
                let slot = self.slot(dir, name)?;
                self.slots[slot as usize].whiteout = true;
                Ok(())
            }
            Last::Opaque => {
                let dir = self.directory(path, parent)?;
                self.dirs[dir as usize].opaque = true;
                Ok(())
            }
            Last::AufsMetadata => Ok(()),
        }
    }

    /// Puts a label to the last entry, when that is a regular file: a remark on its content for whoever opens the
    /// layer, 0 meaning none. The tar has the content behind the entry, so it is known only later.
    pub fn label(&mut self, label: u8) {
        if let Some(inode) = self.inodes.get_mut(self.last_file as usize) {
            inode.label = label;
        }
    }

    fn add_named(
        &mut self,
        path: &[u8],
        parent: &[u8],
        name: &[u8],
        meta: EntryMeta,
        kind: EntryKind<'_>,
    ) -> Result<(), LayerError> {
        // A hard link's target is looked up first: the link may replace a directory on the way to it.
        let linked = match kind {
            EntryKind::HardLink(target) => Some(self.link_target(path, target)?),
            _ => None,
        };
        let dir = self.directory(path, parent)?;
        let slot = self.slot(dir, name)?;
        let what = match (kind, self.slots[slot as usize].what) {
            (EntryKind::HardLink(_), _) => linked.unwrap_or(What::Nothing),
            (EntryKind::Directory, What::Dir(dir)) => {
                self.dirs[dir as usize].meta = Some(meta);
                return Ok(());
            }
            (EntryKind::Directory, _) => self.new_dir(Some(meta)),
            (EntryKind::Regular, _) => {
                self.last_file = self.inodes.len() as u32;
                self.new_inode(FileKind::Regular, meta, Text::default())
            }
            (EntryKind::Sparse(pieces), _) => {
                let map = self.text(&content::encode(pieces))?;
                self.last_file = self.inodes.len() as u32;
                let what = self.new_inode(FileKind::Regular, meta, map);
                if let Some(inode) = self.inodes.last_mut() {
                    inode.sparse = true;
                }
                what
            }
            (EntryKind::CharDevice, _) => self.new_inode(FileKind::CharDevice, meta, Text::default()),
            (EntryKind::BlockDevice, _) => self.new_inode(FileKind::BlockDevice, meta, Text::default()),
            (EntryKind::Fifo, _) => self.new_inode(FileKind::Fifo, meta, Text::default()),
            (EntryKind::Symlink(target), _) => {
                if target.is_empty() || target.len() > PATH_MAX || target.contains(&0) {
                    return Err(LayerError::entry(path, NameFault::LinkTarget));
                }
                let link = self.text(target)?;
                self.new_inode(FileKind::Symlink, meta, link)
            }
        };
        self.replace(slot, what);
        Ok(())
    }

    /// What a hard link to `target` stands for.
    fn link_target(&mut self, path: &[u8], target: &[u8]) -> Result<What, LayerError> {
        let refuse = |fault| LayerError::entry(path, fault);
        let parts = names::components(target).collect::<Result<Vec<_>, _>>();
        let parts = parts.map_err(|_| refuse(NameFault::LinkTarget))?;
        if target.len() > PATH_MAX {
            return Err(refuse(NameFault::LinkTarget));
        }
        if parts.is_empty() {
            return Err(refuse(if target.is_empty() { NameFault::LinkTarget } else { NameFault::LinkToDirectory }));
        }
        if names::components(path).eq(parts.iter().map(|part| Ok(*part))) {
            return Err(refuse(NameFault::LinkToItself));
        }
        let mut what = What::Dir(ROOT);
        for part in &parts {
            what = match what {
                What::Dir(dir) => self.find(dir, part).map_or(What::Nothing, |slot| self.slots[slot as usize].what),
                _ => What::Nothing,
            };
        }
        match what {
            What::Dir(_) => Err(refuse(NameFault::LinkToDirectory)),
            What::Nothing => Ok(What::Lower(self.text(&parts.join(&b'/'))?)),
            found => Ok(found),
        }
    }

    /// The directory of this name; what is missing of it is implied.
    fn directory(&mut self, path: &[u8], parent: &[u8]) -> Result<u32, LayerError> {
        if self.last_dir != NONE && self.last_parent == parent {
            return Ok(self.last_dir);
        }
        let mut dir = ROOT;
        for part in names::components(parent) {
            let part = part.map_err(|fault| LayerError::entry(path, fault))?;
            let slot = self.slot(dir, part)?;
            dir = match self.slots[slot as usize].what {
                What::Dir(dir) => dir,
                _ => {
                    let what = self.new_dir(None);
                    self.replace(slot, what);
                    match what {
                        What::Dir(dir) => dir,
                        _ => ROOT,
                    }
                }
            };
        }
        self.last_parent.clear();
        self.last_parent.extend_from_slice(parent);
        self.last_dir = dir;
        Ok(dir)
    }

    fn replace(&mut self, slot: u32, what: What) {
        let slot = &mut self.slots[slot as usize];
        match slot.what {
            What::Dir(_) => self.last_dir = NONE,
            What::Nothing => {}
            // A file that came before a directory has removed what lower layers had there.
            What::Inode(_) | What::Lower(_) => slot.whiteout |= matches!(what, What::Dir(_)),
        }
        slot.what = what;
    }

    fn new_dir(&mut self, meta: Option<EntryMeta>) -> What {
        self.dirs.push(Dir { meta, first: NONE, opaque: false });
        What::Dir(self.dirs.len() as u32 - 1)
    }

    fn new_inode(&mut self, kind: FileKind, meta: EntryMeta, text: Text) -> What {
        self.inodes.push(Inode { kind, meta, text, sparse: false, label: 0 });
        What::Inode(self.inodes.len() as u32 - 1)
    }

    fn text(&mut self, bytes: &[u8]) -> Result<Text, LayerError> {
        let start = self.strings.len();
        if start + bytes.len() > self.limits.name_bytes as usize {
            return Err(LayerError::Limit { what: "bytes of names", max: self.limits.name_bytes.into() });
        }
        self.strings.extend_from_slice(bytes);
        Ok(Text { start: start as u32, len: bytes.len() as u32 })
    }

    fn too_many_entries(&self) -> LayerError {
        LayerError::Limit { what: "entries", max: self.limits.entries.into() }
    }

    fn name_of(&self, slot: u32) -> &[u8] {
        self.slots.get(slot as usize).and_then(|slot| slot.name.of(&self.strings)).unwrap_or_default()
    }

    fn find(&self, dir: u32, name: &[u8]) -> Option<u32> {
        self.probe(dir, name).1
    }

    /// The name's hash and its slot, if it has one.
    fn probe(&self, dir: u32, name: &[u8]) -> (u32, Option<u32>) {
        let hash = self.hasher.hash_one((dir, name)) as u32;
        let mask = self.table.len() - 1;
        let mut at = hash as usize & mask;
        while self.table[at] != NONE {
            let slot = &self.slots[self.table[at] as usize];
            if slot.hash == hash && slot.dir == dir && slot.name.of(&self.strings) == Some(name) {
                return (hash, Some(self.table[at]));
            }
            at = (at + 1) & mask;
        }
        (hash, None)
    }

    /// The slot of a name, made when it is new.
    fn slot(&mut self, dir: u32, name: &[u8]) -> Result<u32, LayerError> {
        let (hash, found) = self.probe(dir, name);
        if let Some(slot) = found {
            return Ok(slot);
        }
        if self.slots.len() >= self.limits.entries as usize {
            return Err(self.too_many_entries());
        }
        let text = self.text(name)?;
        let index = self.slots.len() as u32;
        let next = core::mem::replace(&mut self.dirs[dir as usize].first, index);
        self.slots.push(Slot { hash, dir, name: text, next, what: What::Nothing, whiteout: false });
        if self.slots.len() * 2 > self.table.len() {
            let len = self.table.len() * 2;
            self.table.clear();
            self.table.resize(len, NONE);
            for (index, slot) in self.slots.iter().enumerate() {
                place(&mut self.table, slot.hash, index as u32);
            }
        } else {
            place(&mut self.table, hash, index);
        }
        Ok(index)
    }

    /// The index of the layer whose tar has `tar_len` bytes and this diff-id; `sha256` hashes the records
    /// and strings for the header.
    ///
    /// The same entries in the same order always give the same bytes.
    ///
    /// # Errors
    /// [`LayerError::Entry`] when a file's content lies outside the tar.
    pub fn finish(
        self,
        tar_len: u64,
        diff_id: [u8; 32],
        sha256: impl FnOnce(&[u8]) -> [u8; 32],
    ) -> Result<Vec<u8>, LayerError> {
        let plan = Plan::of(&self);
        let records = plan.order.len();
        let mut out = Vec::with_capacity(HEADER_LEN + records * RECORD_LEN + self.strings.len());
        out.resize(HEADER_LEN, 0);
        for (number, slot) in plan.order.iter().enumerate() {
            out.extend_from_slice(&self.record(&plan, number as u32, *slot, tar_len)?.encode());
        }
        out.extend_from_slice(&self.strings);
        let header = Header {
            records: records as u64,
            strings: self.strings.len() as u64,
            tar_len,
            diff_id,
            sha256: sha256(&out[HEADER_LEN..]),
            lower_links: plan.lower_links,
        };
        out[..HEADER_LEN].copy_from_slice(&header.encode());
        Ok(out)
    }

    fn record(&self, plan: &Plan, number: u32, slot: u32, tar_len: u64) -> Result<RawRecord, LayerError> {
        let (name, what, whiteout) = match self.slots.get(slot as usize) {
            Some(slot) => (slot.name, slot.what, slot.whiteout),
            None => (Text::default(), What::Dir(ROOT), false),
        };
        let blank = RawRecord::blank(KIND_WHITEOUT, name);
        Ok(match what {
            What::Nothing => blank,
            What::Lower(link) => RawRecord { kind: KIND_LOWER_HARD_LINK, link, ..blank },
            What::Dir(index) => {
                let dir = &self.dirs[index as usize];
                let meta = dir.meta.unwrap_or(EntryMeta { mode: 0o755, ..EntryMeta::default() });
                let (children, subdirs) = plan.dirs[index as usize];
                RawRecord {
                    kind: KIND_INODE,
                    flags: if dir.opaque || whiteout { FLAG_OPAQUE } else { 0 }
                        | if dir.meta.is_none() && !whiteout { FLAG_IMPLIED } else { 0 },
                    nlink: 2 + subdirs,
                    children,
                    ..self.inode_record(blank, FileKind::Directory, &meta)
                }
            }
            What::Inode(index) => {
                let (first, nlink) = plan.inodes[index as usize];
                if first != number {
                    return Ok(RawRecord { kind: KIND_HARD_LINK, target: first, nlink, ..blank });
                }
                let Inode { kind, meta, text, sparse, label } = &self.inodes[index as usize];
                let record = RawRecord { kind: KIND_INODE, nlink, ..self.inode_record(blank, *kind, meta) };
                match kind {
                    FileKind::Regular => {
                        let stored = match sparse {
                            true => text.of(&self.strings).and_then(Pieces::decode).and_then(|pieces| pieces.stored()),
                            false => Some(meta.size),
                        };
                        let end = stored.and_then(|stored| meta.data.checked_add(stored));
                        if end.is_none_or(|end| end > tar_len) {
                            return Err(LayerError::entry(self.name_of(slot), NameFault::Data));
                        }
                        let flags = if *sparse { FLAG_SPARSE } else { 0 };
                        RawRecord { flags, link: *text, size: meta.size, data: meta.data, label: *label, ..record }
                    }
                    FileKind::Symlink => RawRecord { size: text.len.into(), link: *text, ..record },
                    FileKind::CharDevice | FileKind::BlockDevice => RawRecord { rdev: meta.rdev, ..record },
                    _ => record,
                }
            }
        })
    }

    fn inode_record(&self, blank: RawRecord, kind: FileKind, meta: &EntryMeta) -> RawRecord {
        let permissions = if kind == FileKind::Symlink { 0o777 } else { meta.mode };
        let mtime = Timestamp { sec: meta.mtime.sec, nsec: meta.mtime.nsec.min(999_999_999) };
        RawRecord { mode: Mode::new(kind, permissions), uid: meta.uid, gid: meta.gid, mtime, ..blank }
    }
}

fn place(table: &mut [u32], hash: u32, index: u32) {
    let mask = table.len() - 1;
    let mut at = hash as usize & mask;
    while table[at] != NONE {
        at = (at + 1) & mask;
    }
    table[at] = index;
}

/// Which record each live name becomes.
struct Plan {
    /// The slot of each record; [`NONE`] for the root.
    order: Vec<u32>,
    /// For each directory: its children's records, and how many of them are directories.
    dirs: Vec<((u32, u32), u32)>,
    /// For each inode: its first record and its number of names.
    inodes: Vec<(u32, u32)>,
    /// How many names are hard links into lower layers.
    lower_links: u64,
}

impl Plan {
    /// Breadth first from the root, so that names dropped with a replaced directory are never met.
    fn of(builder: &LayerBuilder) -> Self {
        let mut plan = Self {
            order: vec![NONE],
            dirs: vec![((0, 0), 0); builder.dirs.len()],
            inodes: vec![(0, 0); builder.inodes.len()],
            lower_links: 0,
        };
        let mut number = 0;
        while let Some(slot) = plan.order.get(number).copied() {
            match builder.slots.get(slot as usize).map_or(What::Dir(ROOT), |slot| slot.what) {
                What::Dir(dir) => plan.add_children(builder, dir),
                What::Inode(inode) => {
                    let (first, nlink) = &mut plan.inodes[inode as usize];
                    if *nlink == 0 {
                        *first = number as u32;
                    }
                    *nlink += 1;
                }
                What::Lower(_) => plan.lower_links += 1,
                What::Nothing => {}
            }
            number += 1;
        }
        plan
    }

    fn add_children(&mut self, builder: &LayerBuilder, dir: u32) {
        let start = self.order.len();
        let mut subdirs = 0;
        let mut next = builder.dirs[dir as usize].first;
        while let Some(slot) = builder.slots.get(next as usize) {
            if slot.whiteout || !matches!(slot.what, What::Nothing) {
                self.order.push(next);
            }
            subdirs += u32::from(matches!(slot.what, What::Dir(_)));
            next = slot.next;
        }
        self.order[start..].sort_unstable_by(|a, b| builder.name_of(*a).cmp(builder.name_of(*b)));
        self.dirs[dir as usize] = ((start as u32, self.order.len() as u32), subdirs);
    }
}
