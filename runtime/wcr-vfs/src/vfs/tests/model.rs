//! Random operations on the tree of mounts against a model that is nothing but a table of paths.

use std::collections::BTreeMap;

use super::*;

/// What the model has at a path: a directory, or the number of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Dir,
    File(usize),
}

#[derive(Default)]
struct Model {
    paths: BTreeMap<String, Thing>,
    files: Vec<Vec<u8>>,
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn is_within(path: &str, dir: &str) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

impl Model {
    /// What is at a path; an error when it cannot be walked to.
    fn look(&self, path: &str) -> Result<Option<Thing>, Errno> {
        for (end, _) in path.match_indices('/').skip(1) {
            match self.paths.get(&path[..end]) {
                Some(Thing::Dir) => {}
                Some(Thing::File(_)) => return Err(Errno::Notdir),
                None => return Err(Errno::Noent),
            }
        }
        Ok(self.paths.get(path).copied())
    }

    fn find(&self, path: &str) -> Result<Thing, Errno> {
        self.look(path)?.ok_or(Errno::Noent)
    }

    fn file(&mut self, path: &str) -> Result<&mut Vec<u8>, Errno> {
        match self.find(path)? {
            Thing::File(number) => Ok(&mut self.files[number]),
            Thing::Dir => Err(Errno::Isdir),
        }
    }

    fn add(&mut self, path: &str, thing: Thing) -> Result<(), Errno> {
        if self.look(path)?.is_some() {
            return Err(Errno::Exist);
        }
        self.paths.insert(path.to_owned(), thing);
        Ok(())
    }

    fn is_empty(&self, dir: &str) -> bool {
        !self.paths.keys().any(|path| is_within(path, dir))
    }

    fn remove(&mut self, path: &str, dir: bool) -> Result<(), Errno> {
        match (self.find(path)?, dir) {
            (Thing::Dir, false) => return Err(Errno::Isdir),
            (Thing::File(_), true) => return Err(Errno::Notdir),
            (Thing::Dir, true) if !self.is_empty(path) => return Err(Errno::Notempty),
            _ => {}
        }
        self.paths.remove(path);
        Ok(())
    }

    fn link(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let thing = self.find(from)?;
        if self.look(to)?.is_some() {
            return Err(Errno::Exist);
        }
        if thing == Thing::Dir {
            return Err(Errno::Perm);
        }
        self.add(to, thing)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        self.look(from)?;
        let target = self.look(to)?;
        let moved = self.find(from)?;
        if is_within(to, from) {
            return Err(Errno::Inval);
        }
        if is_within(from, to) {
            return Err(Errno::Notempty);
        }
        match (moved, target) {
            _ if from == to => return Ok(()),
            (Thing::File(a), Some(Thing::File(b))) if a == b => return Ok(()),
            (Thing::Dir, Some(Thing::File(_))) => return Err(Errno::Notdir),
            (Thing::File(_), Some(Thing::Dir)) => return Err(Errno::Isdir),
            (Thing::Dir, Some(Thing::Dir)) if !self.is_empty(to) => return Err(Errno::Notempty),
            _ => {}
        }
        let old = core::mem::take(&mut self.paths);
        for (path, thing) in old.into_iter().filter(|(path, _)| path != to) {
            let moved =
                if path == from { Some("") } else { path.strip_prefix(from).filter(|rest| rest.starts_with('/')) };
            self.paths.insert(moved.map_or(path.clone(), |rest| format!("{to}{rest}")), thing);
        }
        Ok(())
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn path(&mut self) -> String {
        (0..1 + self.below(3)).map(|_| ["/a", "/b", "/c", "/d"][self.below(4) as usize]).collect()
    }
}

/// Does the same on both; the results, and what was done in words.
fn act(vfs: &mut Vfs, model: &mut Model, random: &mut Random) -> (String, Result<(), Errno>, Result<(), Errno>) {
    let walk = Walk::new(vfs.root(), Creds::root(), 1);
    let (from, to) = (random.path(), random.path());
    let (a, b) = (from.as_bytes(), to.as_bytes());
    let size = random.below(9_000) as usize;
    let (word, ours, expected) = match random.below(12) {
        0..2 => ("mkdir", vfs.mkdir(&walk, None, a, 0o755, NOW).map(drop), model.add(&from, Thing::Dir)),
        2..4 => {
            let made = vfs.open(&walk, None, a, CREATE.with(OpenFlags::EXCL), 0o644, NOW).map(drop);
            model.files.push(Vec::new());
            ("create", made, model.add(&from, Thing::File(model.files.len() - 1)))
        }
        4 => ("unlink", vfs.unlink(&walk, None, a, NOW).map(drop), model.remove(&from, false)),
        5 => ("rmdir", vfs.rmdir(&walk, None, a, NOW).map(drop), model.remove(&from, true)),
        6 => ("link", vfs.link(&walk, None, a, false, None, b, NOW), model.link(&from, &to)),
        7..10 => {
            ("rename", vfs.rename(&walk, None, a, None, b, Rename::Replace, NOW).map(drop), model.rename(&from, &to))
        }
        10 => {
            let ours = vfs.truncate(&walk, None, a, size as u64, NOW);
            ("truncate", ours, model.file(&from).map(|content| content.resize(size, 0)))
        }
        _ => {
            let ours = match vfs.open(&walk, None, a, OpenFlags::RDWR, 0, NOW) {
                Ok(Found::Here(file)) => vfs.write_node(Creds::root(), file.node, size as u64, a, NOW).map(drop),
                Ok(Found::Fd { .. }) => Err(Errno::Io),
                Err(errno) => Err(errno),
            };
            let expected = model.file(&from).map(|content| {
                content.resize(content.len().max(size + a.len()), 0);
                content[size..size + a.len()].copy_from_slice(a);
            });
            ("write", ours, expected)
        }
    };
    (format!("{word} {from} {to} {size}"), ours, expected)
}

/// Every file with its content and its number of names, every directory with its number of subdirectories.
fn listing(vfs: &mut Vfs) -> BTreeMap<String, (u32, Option<Vec<u8>>)> {
    let mut all = BTreeMap::new();
    let mut todo = vec![(String::new(), vfs.root())];
    while let Some((path, node)) = todo.pop() {
        let stat = vfs.stat_node(node).unwrap();
        let content = (stat.mode.kind() == FileKind::Regular).then(|| {
            let mut content = vec![0; stat.size as usize];
            assert_eq!(vfs.read_node(node, 0, &mut content), Ok(content.len()));
            content
        });
        if content.is_none() {
            for entry in vfs.entries(node).unwrap() {
                let name = String::from_utf8(entry.name).unwrap();
                todo.push((format!("{path}/{name}"), vfs.entry(node, name.as_bytes()).unwrap()));
            }
        }
        all.insert(path, (stat.nlink, content));
    }
    all.remove("");
    all
}

#[test]
fn random_operations_match_a_table_of_paths() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let (mut vfs, mut model) = (vfs(), Model::default());
        let mut log = Vec::new();
        for _ in 0..200 {
            let (what, ours, expected) = act(&mut vfs, &mut model, &mut random);
            log.push(what);
            assert_eq!(ours, expected, "seed {seed}: {log:#?}");
        }
        let names = |number| model.paths.values().filter(|thing| **thing == Thing::File(number)).count() as u32;
        let dirs = |dir: &str| {
            let inside = model.paths.iter().filter(|(path, thing)| **thing == Thing::Dir && split(path).0 == dir);
            inside.count() as u32
        };
        let expected = model.paths.iter().map(|(path, thing)| {
            let seen = match thing {
                Thing::Dir => (2 + dirs(path), None),
                Thing::File(number) => (names(*number), Some(model.files[*number].clone())),
            };
            (path.clone(), seen)
        });
        assert_eq!(listing(&mut vfs), expected.collect(), "seed {seed}: {log:#?}");
    }
}
