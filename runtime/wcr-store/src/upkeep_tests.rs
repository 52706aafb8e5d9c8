//! Names taken away, garbage removed, faults found and repaired.

use std::fs;
use std::path::PathBuf;

use wcr_image::{Class, Descriptor, Digest, Platform, Reference, RunConfig};

use crate::tests::{Folder, filled, gzip, left_in, spec, tar, write};
use crate::{ImageRecord, LayerRecord, LayerSpec, PartKind, Prune, Remedy, Store, StoreError};

const REMOVE: Prune = Prune { all: false, dry_run: false };

/// Stores an image with all its documents, of one layer a name; each layer holds one file of this name.
fn image(store: &Store, reference: &str, layers: &[&str]) -> ImageRecord {
    let stored: Vec<LayerRecord> = layers.iter().map(|name| layer(store, name)).collect();
    let diff_ids: Vec<String> = stored.iter().map(|layer| layer.diff_id.to_string()).collect();
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{"Cmd":["sh"]}},"rootfs":{{"type":"layers","diff_ids":{diff_ids:?}}}}}"#
    );
    let config = document(store, "application/vnd.oci.image.config.v1+json", &config);
    let entries: Vec<String> = stored
        .iter()
        .map(|layer| {
            let kind = "application/vnd.oci.image.layer.v1.tar+gzip";
            format!(r#"{{"mediaType":"{kind}","digest":"{}","size":{}}}"#, layer.digest, layer.size)
        })
        .collect();
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"{}","digest":"{}","size":{}}},"layers":[{}]}}"#,
        config.media_type,
        config.digest,
        config.size,
        entries.join(",")
    );
    let manifest = document(store, "application/vnd.oci.image.manifest.v1+json", &manifest);
    let record = ImageRecord {
        reference: Store::filed_as(&reference.parse().unwrap()),
        digest: manifest.digest,
        manifest,
        config,
        platform: Platform::default(),
        created: None,
        pulled: 1,
        layers: stored,
        run: RunConfig { cmd: vec!["sh".into()], ..RunConfig::default() },
    };
    store.commit(&record).unwrap();
    record
}

fn layer(store: &Store, name: &str) -> LayerRecord {
    let tar = tar(name, 20_000 + name.len());
    let blob = gzip(&tar);
    let spec = spec(&tar, &blob);
    let length = match store.find_layer(&spec).unwrap() {
        Some(length) => length,
        None => write(store, spec, &blob).unwrap(),
    };
    LayerRecord::new(&spec, length)
}

fn document(store: &Store, media_type: &str, content: &str) -> Descriptor {
    let digest = Digest::of(content.as_bytes());
    store.put_blob(&digest, content.as_bytes()).unwrap();
    let size = content.len() as u64;
    Descriptor { media_type: media_type.into(), digest, size, platform: None, annotations: None }
}

fn names(folder: &Folder, sub: &str) -> Vec<String> {
    let entries = fs::read_dir(folder.0.join(sub)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

#[test]
fn an_image_goes_with_its_last_name_and_what_others_share_stays() {
    let folder = Folder::new("last-name");
    let first = image(&folder.store(), "a.b/one:1", &["base", "one"]);
    let second = image(&folder.store(), "a.b/two:1", &["base", "two"]);
    let store = folder.store();
    store.tag(&first, &reference("a.b/one:again")).unwrap();
    let gone = store.untag(&[first.clone()], false).unwrap();
    assert_eq!((gone.names, gone.deleted), (vec!["a.b/one:1".to_owned()], Vec::new()));
    assert_eq!(store.open_image(&reference("a.b/one:again")).unwrap().unwrap().layers.len(), 1);
    let again = store.resolve(&reference("a.b/one:again")).unwrap().unwrap();
    let gone = folder.store().untag(&[again], false).unwrap();
    assert_eq!(gone.names, ["a.b/one:again".to_owned(), format!("a.b/one@{}", first.digest)]);
    // The image, then its own layer; the one below belongs to the other image, too.
    let chain = Digest::of(format!("{} {}", first.layers[0].diff_id, first.layers[1].diff_id).as_bytes());
    assert_eq!(gone.deleted, [first.config.digest, chain]);
    assert_eq!(names(&folder, "refs").len(), 1);
    assert_eq!(names(&folder, "blobs/sha256").len(), 4, "a manifest, a configuration, two layers");
    assert_eq!(names(&folder, "layers").len(), 5, "two tars, two indexes, and that of both");
    let index = fs::read_to_string(folder.0.join("index.json")).unwrap();
    assert!(!index.contains("a.b/one") && index.contains("a.b/two:1"), "{index}");
    assert!(folder.store().check(&mut |_| {}).unwrap().is_empty());
    assert!(folder.store().prune(REMOVE).unwrap().parts.is_empty(), "nothing is left over");
    folder.store().untag(&[second], false).unwrap();
    for sub in ["refs", "blobs/sha256", "layers", "tmp"] {
        assert_eq!(names(&folder, sub).len(), 0, "{sub}");
    }
}

#[test]
fn an_image_is_found_by_the_digits_of_its_digests() {
    let folder = Folder::new("digits");
    let record = image(&folder.store(), "a.b/one:1", &["one"]);
    let store = folder.store();
    for digest in [record.config.digest, record.manifest.digest] {
        assert_eq!(store.find_by_id(&digest.short()).unwrap().len(), 1);
        assert_eq!(store.find_by_id(&digest.to_string()).unwrap().len(), 1);
    }
    for text in ["", "sha256:", "xyz", "a.b/one:1", &"0".repeat(65)] {
        assert!(store.find_by_id(text).unwrap().is_empty(), "{text}");
    }
    let digest = format!("a.b/c@{}", record.digest).parse().unwrap();
    assert!(matches!(store.tag(&record, &digest), Err(StoreError::TagWithDigest { .. })));
}

#[test]
fn an_image_that_is_used_is_not_removed() {
    let folder = Folder::new("used");
    let record = image(&folder.store(), "a.b/one:1", &["one", "above"]);
    let store = folder.store();
    let used = store.open_image(&reference("a.b/one:1")).unwrap().unwrap();
    let error = folder.store().untag(&[record.clone()], false).unwrap_err();
    assert_eq!((error.class(), store.list().unwrap().len()), (Class::Conflict, 1));
    assert!(folder.store().prune(Prune { all: true, dry_run: false }).unwrap().images.is_empty());
    // With force it loses its name; what the container reads stays until it has ended.
    folder.store().untag(&[record], true).unwrap();
    assert_eq!(names(&folder, "layers").iter().filter(|name| name.ends_with(".tar")).count(), 2);
    let read = used.layers[0].index().record(used.layers[0].index().child(0, b"one").unwrap()).unwrap();
    assert_eq!(used.layers[0].data(read.data, read.size).unwrap().len(), 20_003);
    drop(used);
    let pruned = folder.store().prune(REMOVE).unwrap();
    assert_eq!(pruned.parts.iter().filter(|part| part.kind == PartKind::Layer).count(), 2);
    assert_eq!(names(&folder, "layers").len(), 0);
}

#[test]
fn what_is_on_its_way_into_the_store_is_not_garbage() {
    let folder = Folder::new("under-way");
    let storing = folder.store();
    let under_way = layer(&storing, "under-way");
    let configuration = document(&storing, "x", "{}");
    for _ in 0..2 {
        assert!(folder.store().prune(Prune { all: true, dry_run: false }).unwrap().parts.is_empty());
    }
    // Somebody who only finds it there holds it as well.
    let spec = LayerSpec {
        digest: under_way.digest,
        size: under_way.size,
        diff_id: under_way.diff_id,
        compression: under_way.compression(),
    };
    let finding = folder.store();
    assert!(finding.find_layer(&spec).unwrap().is_some());
    assert!(finding.has_blob(&configuration.digest, configuration.size).unwrap());
    drop(storing);
    assert!(folder.store().prune(REMOVE).unwrap().parts.is_empty());
    drop(finding);
    let dry = folder.store().prune(Prune { all: false, dry_run: true }).unwrap();
    assert_eq!(folder.store().prune(REMOVE).unwrap().parts, dry.parts);
    assert_eq!(dry.parts.len(), 4, "{dry:?}");
    assert_eq!(names(&folder, "blobs/sha256").len() + names(&folder, "layers").len(), 0);
}

#[test]
fn a_dry_run_and_a_damaged_record_remove_nothing() {
    let folder = Folder::new("damaged-prune");
    let (_, _, spec) = filled(&folder, 5_000);
    let path = fs::read_dir(folder.0.join("refs")).unwrap().next().unwrap().unwrap().path();
    fs::write(&path, "{").unwrap();
    let error = folder.store().prune(REMOVE).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    fs::remove_file(path).unwrap();
    let dry = folder.store().prune(Prune { all: true, dry_run: true }).unwrap();
    assert_eq!(dry.parts.len(), 3);
    assert!(folder.store().tar_path(&spec.diff_id).exists());
    assert_eq!(left_in(&folder.store()), 0);
}

#[test]
fn what_other_tools_have_listed_is_kept() {
    let folder = Folder::new("others");
    let record = image(&folder.store(), "a.b/one:1", &["one"]);
    // As skopeo adds an image to a layout: blobs, and an entry of another name.
    let path = folder.0.join("index.json");
    let index = fs::read_to_string(&path).unwrap().replace("a.b/one:1", "theirs");
    fs::write(&path, index).unwrap();
    fs::remove_file(fs::read_dir(folder.0.join("refs")).unwrap().next().unwrap().unwrap().path()).unwrap();
    folder.store().prune(REMOVE).unwrap();
    assert_eq!(names(&folder, "blobs/sha256").len(), 3);
    assert_eq!(names(&folder, "layers").len(), 0, "the layer's tar is made again when it is needed");
    folder.store().commit(&record).unwrap();
    assert!(folder.store().open_image(&reference("a.b/one:1")).unwrap().is_some());
}

#[test]
fn usage_counts_what_is_there_and_what_is_not_needed() {
    let folder = Folder::new("usage");
    assert_eq!(folder.store().usage().unwrap(), crate::Usage::default());
    let first = image(&folder.store(), "a.b/one:1", &["base", "one"]);
    folder.store().tag(&first, &reference("a.b/one:2")).unwrap();
    image(&folder.store(), "a.b/two:1", &["base", "two"]);
    let usage = folder.store().usage().unwrap();
    assert_eq!((usage.images.count, usage.layers.count, usage.indexes.count), (2, 3, 5));
    assert_eq!(usage.images.reclaimable + usage.layers.reclaimable + usage.indexes.reclaimable, 0);
    drop(layer(&folder.store(), "orphan"));
    let usage = folder.store().usage().unwrap();
    let freed: u64 = folder.store().prune(REMOVE).unwrap().parts.iter().map(|part| part.size).sum();
    assert_eq!(usage.images.reclaimable + usage.layers.reclaimable + usage.indexes.reclaimable, freed);
    assert!(freed > 20_000);
}

/// A store of one image with two layers, and the paths of its parts.
fn whole(folder: &Folder) -> ([PathBuf; 9], ImageRecord) {
    let record = image(&folder.store(), "a.b/one:1", &["one", "above"]);
    let store = folder.store();
    let [first, second] = [&record.layers[0], &record.layers[1]];
    let chain = crate::merged::chain_id(&record.layers).unwrap();
    let record_file = fs::read_dir(folder.0.join("refs")).unwrap().next().unwrap().unwrap().path();
    let paths = [
        store.blob_path(&record.manifest.digest),
        store.blob_path(&record.config.digest),
        store.blob_path(&first.digest),
        store.tar_path(&first.diff_id),
        store.idx_path(&second.diff_id),
        store.merged_path(&chain),
        record_file,
        folder.0.join("index.json"),
        folder.0.join("oci-layout"),
    ];
    (paths, record)
}

#[test]
fn every_flipped_bit_is_found_and_repaired_where_the_rest_is_sound() {
    let folder = Folder::new("fsck");
    let (paths, record) = whole(&folder);
    assert!(folder.store().check(&mut |_| {}).unwrap().is_empty());
    for path in &paths {
        let good = fs::read(path).unwrap();
        for at in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(path, &bad).unwrap();
            let faults = folder.store().check(&mut |_| {}).unwrap();
            let found = faults.iter().any(|fault| fault.path == *path);
            // A bit of a record or of the list may change nothing that matters, such as the time of a pull.
            // The list is brought up to date by the check itself.
            let harmless =
                faults.is_empty() && (path.starts_with(folder.0.join("refs")) || path.ends_with("index.json"));
            assert!(found || harmless, "{} at {at}: {faults:?}", path.display());
            let lost = folder.store().repair(&faults).unwrap();
            let is_blob = path.starts_with(folder.0.join("blobs"));
            assert_eq!(lost.len(), usize::from(is_blob && found), "{}", path.display());
            if is_blob {
                assert!(!path.exists());
                let pinned = reference("a.b/one:1").pinned(record.digest);
                assert_eq!(lost[0].reference, pinned);
                fs::write(path, &good).unwrap();
            }
            let left = folder.store().check(&mut |_| {}).unwrap();
            assert!(left.is_empty(), "{} at {at}: {left:?}", path.display());
            folder.store().open_image(&reference("a.b/one:1")).unwrap().unwrap();
            if harmless {
                fs::write(path, &good).unwrap();
            }
        }
    }
}

#[test]
fn missing_parts_are_found() {
    let folder = Folder::new("fsck-missing");
    let (paths, _) = whole(&folder);
    // Without the common index of the layers they are opened one by one: that is no fault.
    for path in paths.iter().filter(|path| path.extension().is_none_or(|suffix| suffix != "chain" && suffix != "json"))
    {
        let good = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        let faults = folder.store().check(&mut |_| {}).unwrap();
        assert!(faults.iter().any(|fault| fault.path == *path), "{}: {faults:?}", path.display());
        fs::write(path, good).unwrap();
        assert!(folder.store().check(&mut |_| {}).unwrap().is_empty());
    }
}

#[test]
fn a_damaged_part_that_nothing_needs_is_removed() {
    let folder = Folder::new("fsck-orphan");
    drop(filled(&folder, 10));
    let path = folder.store().blob_path(&Digest::of(b"something"));
    fs::write(&path, "something else").unwrap();
    let faults = folder.store().check(&mut |_| {}).unwrap();
    let orphan = faults.iter().find(|fault| fault.path == path).unwrap();
    assert!(matches!(orphan.remedy, Remedy::Remove));
    folder.store().repair(&[orphan.clone()]).unwrap();
    assert!(!path.exists());
}

#[test]
fn a_damaged_small_blob_is_replaced_when_it_comes_again() {
    let folder = Folder::new("heal");
    let store = folder.store();
    let blob = document(&store, "x", "content");
    fs::write(store.blob_path(&blob.digest), "CONTENT").unwrap();
    document(&store, "x", "content");
    assert_eq!(fs::read(store.blob_path(&blob.digest)).unwrap(), b"content");
}

#[test]
fn stores_and_prunes_at_once_lose_nothing() {
    let folder = Folder::new("beside");
    image(&folder.store(), "a.b/always:1", &["base"]);
    std::thread::scope(|scope| {
        let storing = scope.spawn(|| {
            for round in 0..30 {
                let name = format!("a.b/round:{round}");
                let record = image(&folder.store(), &name, &["base", "shared", &format!("own-{round}")]);
                assert_eq!(folder.store().open_image(&reference(&name)).unwrap().unwrap().layers.len(), 1, "{name}");
                if round % 2 == 0 {
                    folder.store().untag(&[record], false).unwrap();
                }
            }
        });
        while !storing.is_finished() {
            folder.store().prune(REMOVE).unwrap();
        }
    });
    assert_eq!(folder.store().list().unwrap().len(), 16);
    let faults = folder.store().check(&mut |_| {}).unwrap();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn fault_75_a_clock_that_jumps_costs_nothing_that_is_needed() {
    let folder = Folder::new("clock");
    let record = image(&folder.store(), "a.b/one:1", &["one"]);
    let under_way = folder.store().temp().join("held");
    let held = fs::File::create(&under_way).unwrap();
    held.lock().unwrap();
    let now = std::time::SystemTime::now();
    let years = std::time::Duration::from_secs(10 * 365 * 86_400);
    for time in [now - years, now + years] {
        held.set_modified(time).unwrap();
        for path in files_below(&folder.0) {
            fs::File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        }
        assert!(folder.store().prune(REMOVE).unwrap().parts.is_empty());
        assert!(under_way.exists());
    }
    assert!(folder.store().open_image(&record.reference.parse().unwrap()).unwrap().is_some());
}

fn files_below(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
