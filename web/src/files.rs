//! The files of the container that runs, as the page looks at them and changes them: with root's rights. Where no
//! container can run, the page may look at an image's files all the same.

use std::cell::RefCell;
use std::io;

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;
use wcr_abi::{Errno, FileKind, OpenFlags};
use wcr_image::write_changes;
use wcr_kernel::Kernel;
use wcr_machine::Root;
use wcr_vfs::{ChangeKind, Creds, Found, Node, Vfs, Walk};

use crate::{container, images};

/// The longest file that the page is given as a whole, in bytes.
const READ_MAX: u64 = 256 << 20;
/// The permissions of a file that the page makes.
const FILE_MODE: u32 = 0o644;
/// The permissions of a folder that the page makes.
const FOLDER_MODE: u32 = 0o755;

/// Why the page does not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    /// There is no container.
    #[error("no container runs")]
    NoContainer,
    /// The file system says no.
    #[error("{path}: {errno}")]
    Path {
        /// Which file.
        path: String,
        /// What it says.
        errno: Errno,
    },
}

thread_local! {
    /// The image that is looked at while no container runs.
    static LOOKED_AT: RefCell<Option<Root>> = const { RefCell::new(None) };
}

/// Lets the page look at the files of an image, with what was changed before (the tar of a layer), as long as no container
/// runs.
///
/// # Errors
/// The image is not there, or the layers cannot be read.
#[wasm_bindgen]
pub fn browse(archive: bool, written: Option<Vec<u8>>) -> Result<(), JsError> {
    let image = images::image(archive, None)?;
    let written = written.map(images::layer).transpose()?;
    LOOKED_AT.set(Some(Root::going_on(&image, written, None)?));
    Ok(())
}

/// Forgets the image that was looked at.
pub(crate) fn look_away() {
    LOOKED_AT.set(None);
}

/// Looks at the files of the container, or of the image that is looked at; a refusal is about `path`.
fn with_files<R>(path: &[u8], look: impl FnOnce(&mut Vfs) -> Result<R, Errno>) -> Result<R, FilesError> {
    LOOKED_AT.with_borrow_mut(|root| match root {
        Some(root) => look(root.vfs()).map_err(|errno| FilesError::Path { path: wcr_machine::shown(path), errno }),
        None => with_kernel(path, |kernel| look(kernel.vfs())),
    })
}

/// Does something with the files of the container; a refusal is about `path`.
fn with_kernel<R>(path: &[u8], act: impl FnOnce(&mut Kernel) -> Result<R, Errno>) -> Result<R, FilesError> {
    let done = container::with(|container| act(&mut container.kernel)).ok_or(FilesError::NoContainer)?;
    done.map_err(|errno| FilesError::Path { path: wcr_machine::shown(path), errno })
}

fn walk(vfs: &Vfs) -> Walk<'static> {
    Walk::new(vfs.root(), Creds::root(), 0)
}

/// A name in a folder, and what it stands for.
#[wasm_bindgen]
#[derive(Debug)]
pub struct FileEntry {
    name: Vec<u8>,
    target: Option<Vec<u8>>,
    /// Kind and permissions, as `stat(2)` has them.
    pub mode: u32,
    /// The length in bytes.
    pub size: f64,
    /// The last change of the content, in seconds since 1970.
    pub mtime: f64,
    /// Whether it is a folder, or a link to one.
    pub folder: bool,
}

#[wasm_bindgen]
impl FileEntry {
    /// The name.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> Vec<u8> {
        self.name.clone()
    }

    /// Where a symbolic link leads.
    #[wasm_bindgen(getter)]
    pub fn target(&self) -> Option<Vec<u8>> {
        self.target.clone()
    }
}

/// What is in a folder, by name.
///
/// # Errors
/// There are no files to be looked at, or there is no such folder.
#[wasm_bindgen(js_name = listFolder)]
pub fn list_folder(path: &[u8]) -> Result<Vec<FileEntry>, JsError> {
    let list = |vfs: &mut Vfs| {
        let folder = vfs.resolve_node(&walk(vfs), None, path, true)?;
        let entries = vfs.entries(folder)?;
        entries.into_iter().map(|entry| file_entry(vfs, folder, entry.name)).collect()
    };
    Ok(with_files(path, list)?)
}

fn file_entry(vfs: &mut Vfs, folder: Node, name: Vec<u8>) -> Result<FileEntry, Errno> {
    let node = vfs.entry(folder, &name)?;
    let stat = vfs.stat_node(node)?;
    let walk = walk(vfs);
    let mut folder_behind = stat.mode.kind() == FileKind::Directory;
    let mut target = None;
    if stat.mode.kind() == FileKind::Symlink {
        target = Some(vfs.readlink_node(&walk, node)?);
        // A link that leads nowhere is a link all the same.
        if let Ok(behind) = vfs.resolve_node(&walk, Some(folder), &name, true) {
            folder_behind = vfs.perm(behind)?.mode.kind() == FileKind::Directory;
        }
    }
    let mtime = stat.mtime.to_nanos() as f64 / 1e9;
    Ok(FileEntry { name, target, mode: stat.mode.0, size: stat.size as f64, mtime, folder: folder_behind })
}

/// The content of a file.
///
/// # Errors
/// There are no files to be looked at; there is no such file, it is none with a content, or it is too long.
#[wasm_bindgen(js_name = readFile)]
pub fn read_file(path: &[u8]) -> Result<Vec<u8>, JsError> {
    let read = |vfs: &mut Vfs| {
        let node = vfs.resolve_node(&walk(vfs), None, path, true)?;
        let stat = vfs.stat_node(node)?;
        match stat.mode.kind() {
            FileKind::Regular if stat.size > READ_MAX => return Err(Errno::Fbig),
            FileKind::Regular => {}
            FileKind::Directory => return Err(Errno::Isdir),
            _ => return Err(Errno::Inval),
        }
        // Files of `/proc` are longer than they say.
        let mut content = Vec::new();
        let mut piece = vec![0; (stat.size as usize).clamp(4 << 10, 1 << 20)];
        loop {
            match vfs.read_node(node, content.len() as u64, &mut piece)? {
                0 => return Ok(content),
                got => content.extend_from_slice(piece.get(..got).unwrap_or_default()),
            }
        }
    };
    Ok(with_files(path, read)?)
}

/// Writes a whole file, which is made when it is missing.
///
/// # Errors
/// No container runs; the folder is missing, or the file cannot be written.
#[wasm_bindgen(js_name = writeFile)]
pub fn write_file(path: &[u8], content: &[u8]) -> Result<(), JsError> {
    let write = |kernel: &mut Kernel| {
        let now = kernel.now();
        let vfs = kernel.vfs();
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC);
        let found = vfs.open(&walk(vfs), None, path, flags, FILE_MODE, now)?;
        let Found::Here(opened) = found else { return Err(Errno::Inval) };
        if opened.stat.mode.kind() != FileKind::Regular {
            return Err(Errno::Inval);
        }
        let mut done = 0;
        while let Some(rest) = content.get(done..).filter(|rest| !rest.is_empty()) {
            done += vfs.write_node(Creds::root(), opened.node, done as u64, rest, now)?;
        }
        Ok(())
    };
    Ok(with_kernel(path, write)?)
}

/// Makes a folder.
///
/// # Errors
/// No container runs, or the folder cannot be made.
#[wasm_bindgen(js_name = makeFolder)]
pub fn make_folder(path: &[u8]) -> Result<(), JsError> {
    let make = |kernel: &mut Kernel| {
        let now = kernel.now();
        let vfs = kernel.vfs();
        vfs.mkdir(&walk(vfs), None, path, FOLDER_MODE, now).map(drop)
    };
    Ok(with_kernel(path, make)?)
}

/// Removes a file, or a folder with all that is in it.
///
/// # Errors
/// No container runs, or something cannot be removed; what came before it is then gone.
#[wasm_bindgen(js_name = removeFile)]
pub fn remove_file(path: &[u8]) -> Result<(), JsError> {
    let remove = |kernel: &mut Kernel| {
        let mut left = vec![path.to_vec()];
        while let Some(last) = left.last().cloned() {
            match kernel.remove_from_outside(&last) {
                Ok(()) => drop(left.pop()),
                Err(Errno::Notempty) => {
                    let vfs = kernel.vfs();
                    let folder = vfs.resolve_node(&walk(vfs), None, &last, false)?;
                    left.extend(
                        vfs.entries(folder)?.into_iter().map(|entry| [&last, b"/".as_slice(), &entry.name].concat()),
                    );
                }
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    };
    Ok(with_kernel(path, remove)?)
}

/// What the container that runs has changed of its image's files, as the tar of a layer; none when it has changed nothing.
///
/// # Errors
/// No container runs, or its files cannot be read.
#[wasm_bindgen]
pub fn changes() -> Result<Option<Vec<u8>>, JsError> {
    let written = container::with(|container| written(&mut container.kernel)).ok_or(FilesError::NoContainer)?;
    Ok(written?)
}

/// The changes of a kernel's root file system, as the tar of a layer.
///
/// # Errors
/// What the file system fails with.
pub(crate) fn written(kernel: &mut Kernel) -> io::Result<Option<Vec<u8>>> {
    let Some(fs) = kernel.vfs().root_fs() else { return Ok(None) };
    let mut changes = fs.changes().map_err(|errno| io::Error::other(errno.to_string()))?;
    // What every container gets is not this one's doing.
    changes.retain(|change| change.kind == ChangeKind::Removed || !wcr_machine::is_systems(&change.path));
    if changes.is_empty() {
        return Ok(None);
    }
    let mut tar = Vec::new();
    write_changes(fs, &changes, &mut tar)?;
    Ok(Some(tar))
}
