//! The file tree of the built-in image: a small system whose programs are the bundled guests.

use tar::{Builder, EntryType, Header};
use wcr_shims::Guest;

use crate::{Module, PackError};

/// The modification time of every entry: 1 January 2024, so that equal guests give an equal layer.
const MTIME: u64 = 1_704_067_200;

const PASSWD: &str = "\
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
";

const GROUP: &str = "\
root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
wheel:x:10:root
mail:x:8:
www-data:x:33:
operator:x:37:
users:x:100:
nobody:x:65534:
";

/// Folders and their modes, parents first.
const FOLDERS: [(&str, u32); 15] = [
    ("bin", 0o755),
    ("dev", 0o755),
    ("etc", 0o755),
    ("home", 0o755),
    ("proc", 0o755),
    ("root", 0o700),
    ("sys", 0o755),
    ("tmp", 0o1777),
    ("usr", 0o755),
    ("usr/bin", 0o755),
    ("usr/sbin", 0o755),
    ("var", 0o755),
    ("var/spool", 0o755),
    ("var/spool/mail", 0o755),
    ("var/www", 0o755),
];

/// The tree as an uncompressed layer.
///
/// Each guest is a regular file under the first of its names in `/bin`; its other names are hard links to that. The guest
/// for GNU coreutils, whose names are taken, is there as the one program `coreutils`.
pub fn layer(modules: &[Module]) -> Result<Vec<u8>, PackError> {
    let mut tree = Tree { tar: Builder::new(Vec::new()) };
    for (path, mode) in FOLDERS {
        tree.entry(EntryType::Directory, &format!("{path}/"), mode, b"", None)?;
    }
    for Module { guest, wasm } in modules {
        tree.program(*guest, wasm)?;
    }
    tree.entry(EntryType::Regular, "etc/passwd", 0o644, PASSWD.as_bytes(), None)?;
    tree.entry(EntryType::Regular, "etc/group", 0o644, GROUP.as_bytes(), None)?;
    tree.entry(EntryType::Symlink, "usr/bin/env", 0o777, b"", Some("../../bin/env"))?;
    tree.tar.into_inner().map_err(PackError::Tar)
}

struct Tree {
    tar: Builder<Vec<u8>>,
}

impl Tree {
    fn program(&mut self, guest: Guest, wasm: &[u8]) -> Result<(), PackError> {
        let first = guest.home();
        let names = guest.applets().iter().skip(1);
        self.entry(EntryType::Regular, &first, 0o755, wasm, None)?;
        for name in names {
            self.entry(EntryType::Link, &format!("bin/{name}"), 0o755, b"", Some(&first))?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        kind: EntryType,
        path: &str,
        mode: u32,
        content: &[u8],
        target: Option<&str>,
    ) -> Result<(), PackError> {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(MTIME);
        header.set_size(content.len() as u64);
        let appended = match target {
            Some(target) => self.tar.append_link(&mut header, path, target),
            None => self.tar.append_data(&mut header, path, content),
        };
        appended.map_err(PackError::Tar)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn modules() -> Vec<Module> {
        Guest::ALL.into_iter().map(|guest| Module { guest, wasm: guest.name().as_bytes().to_vec() }).collect()
    }

    #[test]
    fn equal_guests_give_equal_bytes() {
        assert_eq!(layer(&modules()).unwrap(), layer(&modules()).unwrap());
    }

    #[test]
    fn every_applet_is_its_guests_file_or_a_link_to_it() {
        let tar = layer(&modules()).unwrap();
        let mut files = BTreeMap::new();
        let mut links = BTreeMap::new();
        for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let header = entry.header().clone();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            assert_eq!(
                (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()),
                (0, 0, MTIME),
                "{path}"
            );
            match header.entry_type() {
                EntryType::Link => {
                    let target = entry.link_name().unwrap().unwrap().to_string_lossy().into_owned();
                    // A link follows its target, or a reader could not resolve it in one pass.
                    assert!(files.contains_key(&target), "{path}");
                    links.insert(path, target);
                }
                EntryType::Regular => {
                    let mut content = String::new();
                    std::io::Read::read_to_string(&mut entry, &mut content).unwrap();
                    files.insert(path, (content, header.mode().unwrap()));
                }
                _ => {}
            }
        }
        for guest in Guest::ALL {
            for name in guest.applets() {
                let path = format!("bin/{name}");
                let file = files.get(links.get(&path).unwrap_or(&path));
                assert_eq!(file, Some(&(guest.name().to_owned(), 0o755)), "{path}");
            }
        }
    }
}
