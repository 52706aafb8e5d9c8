//! Finds commands in `PATH` and remembers where they were.

use std::rc::Rc;

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

use crate::flavour;
use crate::order::sorted;
use crate::shell::Shell;
use crate::vars::{Map, bucket, place_among};

/// Where to look when `command -p` asks for the standard utilities.
pub const STANDARD_PATH: &[u8] = b"/sbin:/usr/sbin:/bin:/usr/bin";

/// Remembered places of commands.
#[derive(Debug, Clone, Default)]
pub struct Locations {
    known: Map<Rc<[u8]>>,
}

impl Locations {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// The remembered paths in the order of the shell's table.
    #[must_use]
    pub fn paths(&self) -> Vec<Rc<[u8]>> {
        let place = |name: &[u8]| if flavour::is_dash() { place_among(name, 31) } else { bucket(name) };
        let names = sorted(self.known.keys().map(|name| (place(name), 0, name.to_vec())).collect());
        names.iter().filter_map(|name| self.known.get(&name[..]).cloned()).collect()
    }

    /// All that is remembered, in the order of bash's table, which is not known: that of the names.
    #[must_use]
    pub fn known(&self) -> Vec<(Rc<[u8]>, Rc<[u8]>)> {
        let names = sorted(self.known.keys().map(|name| (0, 0, name.to_vec())).collect());
        names
            .iter()
            .filter_map(|name| self.known.get_key_value(&name[..]))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect()
    }

    /// Remembers a place that was named.
    pub fn remember(&mut self, name: &[u8], path: &[u8]) {
        self.known.insert(name.into(), path.into());
    }

    /// Whether a command's place is known.
    #[must_use]
    pub fn has(&self, name: &[u8]) -> bool {
        self.known.contains_key(name)
    }

    /// Forgets one command.
    pub fn forget(&mut self, name: &[u8]) {
        self.known.remove(name);
    }
}

impl Shell {
    /// The path of the command: itself when it holds a slash, else what `PATH` leads to.
    /// # Errors
    /// As [`search_path`].
    pub fn find(&mut self, name: &[u8]) -> wcr_sys::Result<Rc<[u8]>> {
        if name.contains(&b'/') {
            return Ok(name.into());
        }
        if let Some(path) = self.locations.known.get(name) {
            return Ok(path.clone());
        }
        let search = self.vars.get(b"PATH").map(std::borrow::Cow::into_owned).unwrap_or_default();
        let path: Rc<[u8]> = search_path(&search, name)?.into();
        // A relative folder's meaning changes with the current one.
        if path.starts_with(b"/") {
            self.locations.known.insert(name.into(), path.clone());
        }
        Ok(path)
    }
}

/// Looks for a program in the folders of `search`, which colons separate: the first file that can be
/// executed, or else the first file.
/// # Errors
/// `NOENT` when there is none, `ACCES` when what is there is no regular file.
pub fn search_path(search: &[u8], name: &[u8]) -> wcr_sys::Result<Vec<u8>> {
    let (mut failure, mut not_executable) = (Errno::Noent, None);
    for folder in search.split(|byte| *byte == b':') {
        let path = if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() };
        match fs::stat(&path) {
            Ok(stat) if stat.mode.kind() == FileKind::Regular => match fs::access(&path, 1) {
                Ok(()) => return Ok(path),
                Err(_) => not_executable = not_executable.or(Some(path)),
            },
            Ok(_) => failure = Errno::Acces,
            Err(Errno::Noent | Errno::Notdir) => {}
            Err(error) => failure = error,
        }
    }
    not_executable.ok_or(failure)
}
