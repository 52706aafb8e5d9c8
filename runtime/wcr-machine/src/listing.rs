//! The executables of an image, and what each leads to.

use wcr_abi::{Errno, FileKind};
use wcr_kernel::ProgramFile;
use wcr_vfs::{Creds, MountOptions, Node, Tree, TreeLimits, Vfs, Walk};

use crate::error::BootError;
use crate::image::ContainerImage;
use crate::loader::{BundledGuest, Verdict, judge, with_shims};
use crate::rootfs::read_node;
use crate::shims::{ShimSource, Shims};
use crate::text::shown;

/// The most directories that are looked into.
const DIRECTORIES_MAX: usize = 1_000_000;

/// An executable file, or a link to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executable {
    /// Its absolute path.
    pub path: Vec<u8>,
    /// What it is, in a phrase.
    pub what: String,
    /// What runs for it.
    pub runs: Rung,
}

/// The rung of the ladder that an executable lands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rung {
    /// The bundled guest of this name.
    Guest(&'static str),
    /// The module itself.
    Module,
    /// The script of this program.
    Shim(ShimSource),
    /// The interpreter that its first line names.
    Script(String),
    /// Nothing, for this reason.
    Nothing(String),
}

/// Every executable of the image, in the order of their paths; those that are links go by the link's name.
/// `guests` are those that this build carries.
///
/// # Errors
/// [`BootError::Rootfs`] when the layers cannot be read.
pub fn executables(image: &ContainerImage, guests: &[BundledGuest]) -> Result<Vec<Executable>, BootError> {
    let fail = |errno| BootError::Rootfs { what: "the layers", errno };
    let tree = Tree::over(image.layers.clone(), TreeLimits::default()).map_err(fail)?;
    let mut vfs = Vfs::new(Box::new(tree), MountOptions::default());
    let shims = Shims::of_image(&mut vfs);
    let mut found = Vec::new();
    let mut pending = vec![(vfs.root(), Vec::new())];
    let mut visited = 0;
    while let Some((dir, path)) = pending.pop() {
        visited += 1;
        if visited > DIRECTORIES_MAX {
            return Err(fail(Errno::Nospc));
        }
        for entry in vfs.entries(dir).map_err(fail)? {
            let path = [&path, b"/".as_slice(), &entry.name].concat();
            match entry.kind {
                FileKind::Directory => pending.push((vfs.entry(dir, &entry.name).map_err(fail)?, path)),
                FileKind::Regular | FileKind::Symlink => found.extend(examine(&mut vfs, path, guests, &shims)),
                _ => {}
            }
        }
    }
    found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// What a path leads to, if that is an executable file.
fn examine(vfs: &mut Vfs, path: Vec<u8>, guests: &[BundledGuest], shims: &Shims) -> Option<Executable> {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let node = vfs.resolve_node(&walk, None, &path, true).ok()?;
    let stat = vfs.stat_node(node).ok()?;
    if stat.mode.kind() != FileKind::Regular || stat.mode.permissions() & 0o111 == 0 {
        return None;
    }
    let content = content(vfs, node, stat.size)?;
    if let Some(line) = content.strip_prefix(b"#!") {
        let interpreter = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let runs = Rung::Script(shown(interpreter.trim_ascii()));
        return Some(Executable { path, what: "a script".into(), runs });
    }
    let argv = [path.clone()];
    let file = ProgramFile { path: &path, argv: &argv, content: &content };
    let verdict = with_shims(judge(&content, &argv, guests), shims, &file);
    let runs = match (&verdict, verdict.guest(), verdict.why_not()) {
        (Verdict::Shim { source, .. }, ..) => Rung::Shim(*source),
        (_, Some(guest), _) => Rung::Guest(guest),
        (_, None, None) => Rung::Module,
        (_, None, Some(reason)) => Rung::Nothing(reason),
    };
    Some(Executable { what: verdict.what(), runs, path })
}

/// A file's content; `None` when it is too large to be a program or cannot be read.
fn content(vfs: &mut Vfs, node: Node, size: u64) -> Option<Vec<u8>> {
    let size = usize::try_from(size).ok().filter(|size| *size <= PROGRAM_MAX)?;
    if let Some(content) = vfs.view(node, 0, size) {
        return Some(content.to_vec());
    }
    read_node(vfs, node, size as u64).ok()
}

/// The largest program that is looked at, in bytes.
const PROGRAM_MAX: usize = 1 << 30;
