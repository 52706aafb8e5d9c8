//! The layers' contents: tars that are mapped when something is read from them.

use std::fs::File;
use std::path::PathBuf;
use std::sync::OnceLock;

use wcr_vfs::layer::TarData;

use crate::error::Result;
use crate::files::open_regular;
use crate::hold::share;
use crate::mmap::Mapped;

/// Tars, one behind the other.
pub(crate) struct Tars {
    parts: Vec<Tar>,
    len: u64,
    /// Says that the image is in use.
    _image: Option<File>,
}

/// One of them.
struct Tar {
    /// Open from the start, so that it stays while it is used.
    file: File,
    start: u64,
    len: u64,
    /// Mapped when it is first needed; `None` when that failed.
    map: OnceLock<Option<Mapped>>,
}

impl Tar {
    fn bytes(&self) -> Option<&[u8]> {
        let map = || Mapped::new(&self.file, self.len).ok();
        self.map.get_or_init(map).as_ref().map(AsRef::as_ref)
    }
}

impl TarData for Tars {
    fn len(&self) -> u64 {
        self.len
    }

    fn range(&self, start: u64, len: u64) -> Option<&[u8]> {
        if len == 0 {
            return Some(&[]);
        }
        let part = self.parts.partition_point(|part| part.start <= start).checked_sub(1)?;
        let part = self.parts.get(part)?;
        let start = usize::try_from(start - part.start).ok()?;
        part.bytes()?.get(start..)?.get(..usize::try_from(len).ok()?)
    }
}

impl Tars {
    /// The tars at these paths, of these lengths; `None` when one is missing or has another length. `image` is the file
    /// that is held as long as they are.
    pub(crate) fn at(files: impl IntoIterator<Item = (PathBuf, u64)>, image: Option<File>) -> Result<Option<Self>> {
        let mut tars = Self { parts: Vec::new(), len: 0, _image: image };
        for (path, len) in files {
            let Some(end) = tars.len.checked_add(len) else { return Ok(None) };
            let (file, found) = match open_regular(&path) {
                Ok(opened) => opened,
                Err(error) if error.is_not_found() || error.is_damage() => return Ok(None),
                Err(error) => return Err(error),
            };
            if found != len {
                return Ok(None);
            }
            share(&file);
            tars.parts.push(Tar { file, start: tars.len, len, map: OnceLock::new() });
            tars.len = end;
        }
        Ok(Some(tars))
    }
}
