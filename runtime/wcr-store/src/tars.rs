//! The layers' contents: tars that are mapped when something is read from them.

use std::path::PathBuf;
use std::sync::OnceLock;

use wcr_vfs::layer::TarData;

use crate::error::Result;
use crate::files::has_file;
use crate::image::map;
use crate::mmap::Mapped;

/// Tars, one behind the other.
pub(crate) struct Tars {
    parts: Vec<Tar>,
    len: u64,
}

/// One of them.
struct Tar {
    path: PathBuf,
    start: u64,
    len: u64,
    /// Mapped when it is first needed; `None` when that failed.
    map: OnceLock<Option<Mapped>>,
}

impl Tar {
    fn bytes(&self) -> Option<&[u8]> {
        let map = || map(&self.path).ok().filter(|map| map.as_ref().len() as u64 == self.len);
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
    /// The tars at these paths, of these lengths; `None` when one is missing or has another length.
    pub(crate) fn at(files: impl IntoIterator<Item = (PathBuf, u64)>) -> Result<Option<Self>> {
        let mut tars = Self { parts: Vec::new(), len: 0 };
        for (path, len) in files {
            let Some(end) = tars.len.checked_add(len) else { return Ok(None) };
            if !has_file(&path, len)? {
                return Ok(None);
            }
            tars.parts.push(Tar { path, start: tars.len, len, map: OnceLock::new() });
            tars.len = end;
        }
        Ok(Some(tars))
    }
}
