//! The scripted shims of a container: those that the user gives, those of its image, those that wcr carries.

use std::collections::BTreeSet;

use wcr_abi::{FileKind, Timestamp};
use wcr_kernel::ProgramFile;
use wcr_shims::{SHIM_FOLDER, bundled_shim, is_stub, shim_name, shim_path, stub};
use wcr_vfs::{Creds, Vfs, Walk};

use crate::error::BootError;
use crate::rootfs::{self, put_file};
use crate::settings::{FileIn, Shim};

/// Where a program is put that is nowhere, if programs are looked for there.
const USUAL_FOLDER: &[u8] = b"/usr/local/bin";
/// The permissions of a program, and of a script.
const PROGRAM_MODE: u32 = 0o755;
const SCRIPT_MODE: u32 = 0o644;

/// Where the script of a shim is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShimSource {
    /// The user has given it: it runs whatever there is under its name.
    Given,
    /// It is in the image, and runs where nothing else does.
    Image,
    /// wcr carries it, and it runs in place of a program of machine code that nothing else stands in for.
    Bundled,
}

impl ShimSource {
    /// Where that is, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Given => "given with --shim",
            Self::Image => "of the image",
            Self::Bundled => "bundled with wcr",
        }
    }
}

/// The names of programs that are scripts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shims {
    given: BTreeSet<Vec<u8>>,
    image: BTreeSet<Vec<u8>>,
}

impl Shims {
    /// Those of an image.
    pub(crate) fn of_image(vfs: &mut Vfs) -> Self {
        let walk = Walk::new(vfs.root(), Creds::root(), 0);
        let folder = vfs.resolve_node(&walk, None, SHIM_FOLDER.as_bytes(), true);
        let entries = folder.and_then(|folder| vfs.entries(folder)).unwrap_or_default();
        let image = entries.iter().filter_map(|entry| shim_name(&entry.name)).map(<[u8]>::to_vec).collect();
        Self { given: BTreeSet::new(), image }
    }

    /// Puts what the user gives into a container, and a place for each program that is nowhere in `path`, where programs
    /// are looked for.
    ///
    /// # Errors
    /// [`BootError::FileIn`].
    pub(crate) fn install(vfs: &mut Vfs, given: &[Shim], path: &[u8], now: Timestamp) -> Result<Self, BootError> {
        let mut shims = Self::of_image(vfs);
        for Shim { name, script } in given {
            let file = FileIn { path: shim_path(name), content: script.clone(), mode: SCRIPT_MODE };
            put_file(vfs, &file, now)?;
            shims.image.remove(name.as_bytes());
            shims.given.insert(name.as_bytes().to_vec());
        }
        let folders: Vec<&[u8]> = path.split(|byte| *byte == b':').filter(|folder| folder.starts_with(b"/")).collect();
        let usual = folders.iter().find(|folder| **folder == USUAL_FOLDER).or(folders.first()).copied();
        let folder = usual.unwrap_or(USUAL_FOLDER);
        for name in shims.given.iter().chain(&shims.image) {
            let Ok(text) = core::str::from_utf8(name) else { continue };
            let places = || folders.iter().map(|folder| [folder, &b"/"[..], name].concat());
            let place = match places().find(|place| is_file(vfs, place)) {
                None => [folder, b"/", name].concat(),
                // A script's interpreter runs for it, so that it has to make room; a program of machine code can stay.
                Some(place) if shims.given.contains(name) && is_script(vfs, &place) => {
                    let walk = Walk::new(vfs.root(), Creds::root(), 0);
                    // What cannot be removed cannot be written either, which is an error below.
                    let _ = vfs.unlink(&walk, None, &place, now);
                    place
                }
                Some(_) => continue,
            };
            let Ok(path) = String::from_utf8(place) else { continue };
            put_file(vfs, &FileIn { path, content: stub(text), mode: PROGRAM_MODE }, now)?;
        }
        Ok(shims)
    }

    /// Whether the user has given any.
    pub(crate) fn any_given(&self) -> bool {
        !self.given.is_empty()
    }

    /// The shim that runs for a file; `refused` tells whether nothing else would.
    pub(crate) fn of(&self, file: &ProgramFile<'_>, refused: bool) -> Option<(Vec<u8>, ShimSource)> {
        let called = file.argv.first().map(|name| base(name));
        let names: Vec<&[u8]> = called.into_iter().chain([base(file.path)]).collect();
        let found = |names: &[&[u8]], known: &dyn Fn(&[u8]) -> bool, source| {
            names.iter().find(|name| known(name)).map(|name| (name.to_vec(), source))
        };
        if let Some(given) = found(&names, &|name| self.given.contains(name), ShimSource::Given) {
            return Some(given);
        }
        if !refused {
            return None;
        }
        let is_place = is_stub(file.content) || file.content.starts_with(b"\x7fELF");
        found(&names, &|name| self.image.contains(name), ShimSource::Image)
            .or_else(|| found(&names, &|name| is_place && bundled_shim(name).is_some(), ShimSource::Bundled))
    }
}

fn is_file(vfs: &mut Vfs, path: &[u8]) -> bool {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let node = vfs.resolve_node(&walk, None, path, true);
    node.and_then(|node| vfs.stat_node(node)).is_ok_and(|stat| stat.mode.kind() == FileKind::Regular)
}

fn is_script(vfs: &mut Vfs, path: &[u8]) -> bool {
    rootfs::read_file(vfs, path).is_ok_and(|content| content.starts_with(b"#!"))
}

/// The last part of a path.
fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shims: &Shims, path: &str, argv0: &str, content: &[u8], refused: bool) -> Option<(String, ShimSource)> {
        let argv = [argv0.as_bytes().to_vec()];
        let file = ProgramFile { path: path.as_bytes(), argv: &argv, content };
        shims.of(&file, refused).map(|(name, source)| (String::from_utf8(name).unwrap(), source))
    }

    #[test]
    fn what_is_given_runs_before_all_else() {
        let names = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect();
        let shims = Shims { given: names(&["wget"]), image: names(&["tool", "curl"]) };
        let elf = b"\x7fELF";
        for (path, argv0, refused, expected) in [
            ("/bin/wget", "wget", false, Some(("wget", ShimSource::Given))),
            ("/proc/self/exe", "wget", false, Some(("wget", ShimSource::Given))),
            ("/bin/tool", "tool", false, None),
            ("/bin/tool", "tool", true, Some(("tool", ShimSource::Image))),
            ("/usr/bin/curl", "x", true, Some(("curl", ShimSource::Image))),
            ("/usr/bin/git", "git", true, Some(("git", ShimSource::Bundled))),
            ("/usr/bin/git", "git", false, None),
            ("/usr/bin/other", "other", true, None),
        ] {
            let expected = expected.map(|(name, source)| (name.to_owned(), source));
            assert_eq!(of(&shims, path, argv0, elf, refused), expected, "{path}");
        }
        assert_eq!(of(&shims, "/usr/bin/git", "git", b"hello", true), None, "a text is no program");
    }
}
