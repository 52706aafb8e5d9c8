//! Layers and images in, images out; damage and its repair.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;

use bytes::Bytes;
use wcr_image::{Class, Compression, Descriptor, Digest, Platform, Reference, RunConfig};

use crate::{ImageRecord, LayerRecord, LayerSpec, Result, Store, StoreError};

/// A folder that is removed at the end of a test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wcr-store-test-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        Self(path)
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.0).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A tar with one file of `size` bytes.
pub(crate) fn tar(name: &str, size: usize) -> Vec<u8> {
    let content: Vec<u8> = (0..size).map(|n| (n * n / 7) as u8).collect();
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000755");
    header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut out = [header, content].concat();
    out.resize(out.len().next_multiple_of(512) + 1024, 0);
    out
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn spec(tar: &[u8], blob: &[u8]) -> LayerSpec {
    LayerSpec {
        digest: Digest::of(blob),
        size: blob.len() as u64,
        diff_id: Digest::of(tar),
        compression: Compression::Gzip,
    }
}

pub(crate) fn write(store: &Store, spec: LayerSpec, blob: &[u8]) -> Result<u64> {
    let mut writer = store.write_layer(spec)?;
    for chunk in blob.chunks(100_000) {
        writer.write(Bytes::copy_from_slice(chunk))?;
    }
    writer.finish()
}

pub(crate) fn record(reference: &str, spec: &LayerSpec, tar_size: u64) -> ImageRecord {
    let descriptor = |media_type: &str, content: &[u8]| Descriptor {
        media_type: media_type.into(),
        digest: Digest::of(content),
        size: content.len() as u64,
        platform: None,
        annotations: None,
    };
    let manifest = descriptor("application/vnd.oci.image.manifest.v1+json", b"{}");
    ImageRecord {
        reference: reference.into(),
        digest: manifest.digest,
        manifest,
        config: descriptor("application/vnd.oci.image.config.v1+json", b"{}"),
        platform: Platform::default(),
        created: None,
        pulled: 1,
        layers: vec![LayerRecord::new(spec, tar_size)],
        run: RunConfig { cmd: vec!["sh".into()], ..RunConfig::default() },
    }
}

/// A store with one image of one layer with the file `name`.
pub(crate) fn filled(folder: &Folder, size: usize) -> (Store, Reference, LayerSpec) {
    let store = folder.store();
    let tar = tar("file", size);
    let blob = gzip(&tar);
    let spec = spec(&tar, &blob);
    let length = write(&store, spec, &blob).unwrap();
    assert_eq!(length, tar.len() as u64);
    let reference: Reference = "a.b/c:1".parse().unwrap();
    store.commit(&record(&reference.to_string(), &spec, length)).unwrap();
    (store, reference, spec)
}

pub(crate) fn left_in(store: &Store) -> usize {
    fs::read_dir(store.temp()).unwrap().count()
}

pub(crate) fn content(store: &Store, reference: &Reference) -> Vec<u8> {
    let image = store.open_image(reference).unwrap().unwrap();
    let layer = &image.layers[0];
    let record = layer.index().record(layer.index().child(0, b"file").unwrap()).unwrap();
    layer.data(record.data, record.size).unwrap().to_vec()
}

#[test]
fn an_image_comes_back() {
    for size in [0, 1, 511, 100_000, 3 << 20, (9 << 20) + 77] {
        let folder = Folder::new(&format!("back-{size}"));
        let (store, reference, _) = filled(&folder, size);
        let expected: Vec<u8> = (0..size).map(|n| (n * n / 7) as u8).collect();
        assert!(content(&store, &reference) == expected, "{size} bytes");
        assert_eq!(left_in(&store), 0);
        let records = store.list().unwrap();
        assert_eq!((records.len(), records[0].run.cmd.as_slice()), (1, &["sh".to_owned()][..]));
        assert_eq!(store.resolve(&"a.b/c:2".parse().unwrap()).unwrap(), None);
        let pinned = reference.pinned(records[0].digest);
        assert_eq!(store.resolve(&pinned).unwrap().unwrap(), records[0]);
        let elsewhere: Reference = format!("a.b/d@{}", records[0].digest).parse().unwrap();
        assert_eq!(store.resolve(&elsewhere).unwrap(), None);
        let index = fs::read_to_string(store.root().join("index.json")).unwrap();
        assert!(index.contains("\"org.opencontainers.image.ref.name\":\"a.b/c:1\""), "{index}");
    }
}

#[test]
fn a_store_that_is_not_there_is_empty_and_stays_unwritten() {
    let folder = Folder::new("empty");
    let store = folder.store();
    assert!(store.list().unwrap().is_empty());
    assert!(store.open_image(&"a".parse().unwrap()).unwrap().is_none());
    assert!(!folder.0.exists());
}

#[test]
fn a_newer_store_is_refused_unwritten() {
    let folder = Folder::new("newer");
    fs::create_dir_all(&folder.0).unwrap();
    for version in ["2\n", "99999999999999999999\n", "new\u{1b}\n"] {
        fs::write(folder.0.join("version"), version).unwrap();
        let error = Store::open(&folder.0).unwrap_err();
        assert!(matches!(error, StoreError::Newer { .. }), "{error}");
        assert_eq!(error.class(), Class::Store);
        assert!(!error.to_string().contains('\u{1b}'));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
    }
}

#[test]
fn a_folder_with_other_things_in_it_is_left_alone() {
    let folder = Folder::new("other");
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join("diary.txt"), "dear").unwrap();
    let error = folder.store().ensure().unwrap_err();
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
}

#[test]
fn corrupt_blobs_leave_nothing() {
    let folder = Folder::new("corrupt");
    let store = folder.store();
    let tar = tar("file", 300_000);
    let blob = gzip(&tar);
    let good = spec(&tar, &blob);
    let mut flipped = blob.clone();
    flipped[blob.len() / 2] ^= 1;
    let mut longer = blob.clone();
    longer.push(0);
    let junk = b"this is no layer at all".to_vec();
    let half = gzip(&tar[..1000]);
    let cut = blob[..blob.len() - 5].to_vec();
    let cases: Vec<(LayerSpec, &[u8], Class, &str)> = vec![
        (good, &flipped, Class::Integrity, "a flipped bit"),
        (good, &longer, Class::Integrity, "too long"),
        (good, &blob[..blob.len() - 1], Class::Integrity, "too short"),
        (good, &[], Class::Integrity, "nothing"),
        (LayerSpec { digest: Digest::of(b"x"), ..good }, &blob, Class::Integrity, "another digest"),
        (LayerSpec { diff_id: Digest::of(b"x"), ..good }, &blob, Class::Integrity, "another diff-id"),
        (spec(&tar, &junk), &junk, Class::Malformed, "no gzip"),
        (spec(&tar[..1000], &half), &half, Class::Malformed, "half a tar"),
        (spec(&tar, &cut), &cut, Class::Malformed, "a gzip member cut off"),
    ];
    for (spec, blob, class, why) in cases {
        let error = write(&store, spec, blob).expect_err(why);
        assert_eq!(error.class(), class, "{why}: {error}");
        assert_eq!(left_in(&store), 0, "{why}");
        for kept in ["blobs/sha256", "layers"] {
            assert_eq!(fs::read_dir(folder.0.join(kept)).unwrap().count(), 0, "{why}");
        }
    }
    write(&store, good, &blob).expect("good content after bad");
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    let folder = Folder::new("dropped");
    let store = folder.store();
    let tar = tar("file", 1 << 20);
    let blob = gzip(&tar);
    let mut writer = store.write_layer(spec(&tar, &blob)).unwrap();
    writer.write(Bytes::copy_from_slice(&blob[..1000])).unwrap();
    drop(writer);
    assert_eq!(left_in(&store), 0);
}

#[test]
fn missing_or_stale_parts_are_made_again() {
    let folder = Folder::new("again");
    let (store, reference, spec) = filled(&folder, 50_000);
    let good = content(&store, &reference);
    let (idx, tar) = (store.idx_path(&spec.diff_id), store.tar_path(&spec.diff_id));
    let damage: [(&str, &dyn Fn()); 6] = [
        ("no index", &|| fs::remove_file(&idx).unwrap()),
        ("no tar", &|| fs::remove_file(&tar).unwrap()),
        ("an old index", &|| fs::write(&idx, b"wcrlidx0").unwrap()),
        ("a short index", &|| fs::write(&idx, &fs::read(&idx).unwrap()[..200]).unwrap()),
        ("a cut tar", &|| fs::write(&tar, b"cut").unwrap()),
        ("a foreign index", &|| {
            let mut bytes = fs::read(&idx).unwrap();
            bytes[32] ^= 1;
            fs::write(&idx, bytes).unwrap();
        }),
    ];
    for (why, damage) in damage {
        damage();
        assert!(content(&store, &reference) == good, "{why}");
    }
    assert_eq!(left_in(&store), 0);
}

#[test]
fn a_corrupt_blob_is_told_and_removed() {
    let folder = Folder::new("bitflip");
    let (store, reference, spec) = filled(&folder, 50_000);
    let path = store.blob_path(&spec.digest);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    fs::remove_file(store.idx_path(&spec.diff_id)).unwrap();
    let error = store.open_image(&reference).unwrap_err();
    assert_eq!(error.class(), Class::Integrity, "{error}");
    assert!(!path.exists(), "the next pull fetches it again");
    assert_eq!(store.find_layer(&spec).unwrap(), None);
    assert_eq!(store.open_image(&reference).unwrap_err().class(), Class::Store);
}

#[test]
fn damaged_records_are_told() {
    let folder = Folder::new("record");
    let (store, reference, _) = filled(&folder, 10);
    let path = fs::read_dir(folder.0.join("refs")).unwrap().next().unwrap().unwrap().path();
    fs::write(&path, b"{\"reference\":").unwrap();
    let error = store.resolve(&reference).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_damaged_index_is_made_anew() {
    let folder = Folder::new("index");
    let (store, _, spec) = filled(&folder, 10);
    let path = folder.0.join("index.json");
    for damage in ["", "{", "[]", "{\"manifests\":7}"] {
        fs::write(&path, damage).unwrap();
        store.commit(&record("a.b/other:1", &spec, 1)).unwrap();
        let index = fs::read_to_string(&path).unwrap();
        assert!(index.contains("a.b/c:1") && index.contains("a.b/other:1"), "{damage}: {index}");
    }
    fs::remove_file(&path).unwrap();
    store.commit(&record("a.b/other:1", &spec, 1)).unwrap();
    assert!(fs::read_to_string(&path).unwrap().contains("a.b/c:1"));
}

#[test]
fn put_blob_checks_the_digest() {
    let folder = Folder::new("put");
    let store = folder.store();
    assert_eq!(store.put_blob(&Digest::of(b"a"), b"b").unwrap_err().class(), Class::Integrity);
    store.put_blob(&Digest::of(b"a"), b"a").unwrap();
    assert!(store.has_blob(&Digest::of(b"a"), 1).unwrap());
}

#[test]
fn a_layer_is_locked_by_one_at_a_time() {
    let folder = Folder::new("lock");
    let store = folder.store();
    let id = Digest::of(b"x");
    let first = store.lock_layer(&id, || panic!("nobody has it")).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let other = std::thread::spawn({
        let store = store.clone();
        move || store.lock_layer(&id, || sender.send(()).unwrap()).map(drop)
    });
    receiver.recv().unwrap();
    assert!(!other.is_finished());
    drop(first);
    other.join().unwrap().unwrap();
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn links_in_the_store_are_refused() {
        let folder = Folder::new("symlink");
        let (store, reference, spec) = filled(&folder, 10);
        let path = store.idx_path(&spec.diff_id);
        let moved = folder.0.join("elsewhere");
        fs::rename(&path, &moved).unwrap();
        symlink(&moved, &path).unwrap();
        let error = store.open_image(&reference).unwrap_err();
        assert_eq!(error.class(), Class::Store, "{error}");
    }

    #[test]
    fn folders_are_private() {
        let folder = Folder::new("private");
        let (store, ..) = filled(&folder, 10);
        for name in [".", "tmp", "locks", "blobs", "blobs/sha256", "layers", "refs"] {
            let mode = fs::metadata(store.root().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{name}");
        }
    }

    #[test]
    fn old_files_that_nobody_holds_are_swept() {
        let folder = Folder::new("sweep");
        let (store, _, spec) = filled(&folder, 10);
        let file = |name: &str, age: u64| {
            let file = fs::File::create(store.temp().join(name)).unwrap();
            file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
            file
        };
        let held = file("held", 10_000);
        held.lock().unwrap();
        drop((file("young", 10), file("old", 10_000)));
        store.commit(&record("a.b/c:1", &spec, 1)).unwrap();
        let mut names: Vec<_> = fs::read_dir(store.temp()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["held", "young"]);
    }
}

/// A store with an image of two layers, with `file` in the lower one and `above` in the upper one.
pub(crate) fn layered(folder: &Folder) -> (Store, Reference, [LayerSpec; 2]) {
    let store = folder.store();
    let parts = [tar("file", 5_000), tar("above", 70_000)].map(|tar| {
        let blob = gzip(&tar);
        let spec = spec(&tar, &blob);
        (spec, write(&store, spec, &blob).unwrap())
    });
    let reference: Reference = "a.b/c:1".parse().unwrap();
    let [first, second] = parts.map(|(spec, length)| record(&reference.to_string(), &spec, length));
    let layers = [first.layers.clone(), second.layers].concat();
    store.commit(&ImageRecord { layers, ..first }).unwrap();
    (store, reference, parts.map(|(spec, _)| spec))
}

/// How many layers an image opens as, and what its two files hold.
fn opened(store: &Store, reference: &Reference) -> (usize, Vec<usize>) {
    let image = store.open_image(reference).unwrap().unwrap();
    let size = |name: &[u8]| {
        let content = image.layers.iter().find_map(|layer| {
            let record = layer.index().record(layer.index().child(0, name)?)?;
            layer.data(record.data, record.size)
        });
        let content = content.unwrap();
        assert!(content.iter().enumerate().all(|(n, byte)| *byte == (n * n / 7) as u8));
        content.len()
    };
    (image.layers.len(), vec![size(b"file"), size(b"above")])
}

#[test]
fn several_layers_open_as_one() {
    let folder = Folder::new("merged");
    let (store, reference, specs) = layered(&folder);
    let whole = (1, vec![5_000, 70_000]);
    assert_eq!(opened(&store, &reference), whole);
    let chain = fs::read_dir(store.root().join("layers")).unwrap().map(|entry| entry.unwrap().path());
    let chain = chain.filter(|path| path.extension().is_some_and(|suffix| suffix == "chain")).collect::<Vec<_>>();
    let [chain] = chain.as_slice() else { panic!("{chain:?}") };
    // Without the common index, or with one of something else, the layers are opened one by one and it is made again.
    let good = fs::read(chain).unwrap();
    for bad in [&b""[..], b"wcrlidx3", &good[..good.len() - 1], &fs::read(store.idx_path(&specs[0].diff_id)).unwrap()] {
        fs::write(chain, bad).unwrap();
        assert_eq!(opened(&store, &reference), (2, vec![5_000, 70_000]));
        assert_eq!(opened(&store, &reference), whole);
        assert!(fs::read(chain).unwrap() == good);
    }
    // A tar that is not there, or cut, is made again from its blob.
    for spec in specs {
        let tar = store.tar_path(&spec.diff_id);
        fs::remove_file(&tar).unwrap();
        assert_eq!(opened(&store, &reference).1, whole.1);
        File::options().write(true).open(&tar).unwrap().set_len(700).unwrap();
        assert_eq!(opened(&store, &reference).1, whole.1);
    }
    assert_eq!(opened(&store, &reference), whole);
}
