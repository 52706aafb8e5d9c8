//! Archives made by hand, good and bad.

use std::io::Write as _;

use serde_json::{Value, json};
use wcr_vfs::layer::LayerIndex;

use super::*;
use crate::error::Class;

const REGULAR: u8 = b'0';
const SYMLINK: u8 = b'2';
const DIRECTORY: u8 = b'5';

/// A tar that is put together; unlike the `tar` crate it takes any name.
#[derive(Clone, Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn entry(mut self, name: &str, kind: u8, link: &str, content: &[u8]) -> Self {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.as_old_mut().linkflag = [kind];
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(7);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.entry(name, REGULAR, "", content.as_ref())
    }

    fn json(self, name: &str, content: &Value) -> Self {
        self.file(name, content.to_string())
    }

    fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(name, SYMLINK, target, b"")
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A layer with one file that holds `content`.
fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

fn layer(content: &str) -> Vec<u8> {
    Tar::default().file("file", content).end()
}

fn config(platform: &str, layers: &[&[u8]]) -> String {
    let platform: Platform = platform.parse().unwrap();
    let diff_ids: Vec<String> = layers.iter().map(|tar| Digest::of(tar).to_string()).collect();
    json!({
        "os": platform.os, "architecture": platform.architecture, "config": {"Cmd": ["run"]},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    })
    .to_string()
}

fn blob(content: impl AsRef<[u8]>) -> String {
    format!("blobs/sha256/{}", Digest::of(content.as_ref()).hex())
}

fn descriptor(media_type: &str, content: impl AsRef<[u8]>) -> Value {
    let media_type = format!("application/vnd.oci.image.{media_type}");
    json!({"mediaType": media_type, "digest": Digest::of(content.as_ref()).to_string(), "size": content.as_ref().len()})
}

/// What Docker wrote before it had blobs: a folder a layer, the second one a link.
fn legacy() -> Tar {
    let layer = layer("old");
    let config = config("linux/amd64", &[&layer, &layer]);
    let name = format!("{}.json", Digest::of(config.as_bytes()).hex());
    Tar::default()
        .entry("aaa/", DIRECTORY, "", b"")
        .file("aaa/VERSION", "1.0")
        .file("aaa/layer.tar", &layer)
        .symlink("bbb/layer.tar", "../aaa/layer.tar")
        .file(&name, &config)
        .json("repositories", &json!({"old": {"1": "bbb"}}))
        .json(
            "manifest.json",
            &json!([{"Config": name, "RepoTags": ["old:1", "other/old:2"], "Layers": ["aaa/layer.tar", "bbb/layer.tar"]}]),
        )
}

/// An image as blobs, its manifest's descriptor, and the entry it has in a `manifest.json`.
fn blobs(tar: Tar, platform: &str, content: &str) -> (Tar, Value, Value) {
    let layer = layer(content);
    let packed = gzip(&layer);
    let config = config(platform, &[&layer]);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("config.v1+json", &config),
        "layers": [descriptor("layer.v1.tar+gzip", &packed)],
    })
    .to_string();
    let docker = json!({"Config": blob(&config), "RepoTags": null, "Layers": [blob(&packed)]});
    let tar = tar.file(&blob(&packed), &packed).file(&blob(&config), &config).file(&blob(&manifest), &manifest);
    (tar, descriptor("manifest.v1+json", &manifest), docker)
}

fn index(manifests: &[Value]) -> Value {
    json!({"schemaVersion": 2, "manifests": manifests})
}

fn layout(tar: Tar, manifests: &[Value]) -> Tar {
    tar.json("oci-layout", &json!({"imageLayoutVersion": "1.0.0"})).json("index.json", &index(manifests))
}

fn named(mut descriptor: Value, key: &str, name: &str) -> Value {
    descriptor["annotations"] = json!({key: name});
    descriptor
}

fn open(tar: &[u8]) -> Result<Archive> {
    Archive::open(tar.to_vec(), &Limits::DEFAULT)
}

/// The first error of opening an archive and loading all that is in it.
fn error(tar: &[u8]) -> ImageError {
    let images = match open(tar) {
        Ok(archive) => archive.images,
        Err(error) => return error,
    };
    images.iter().find_map(|image| image.load().err()).expect("it is accepted")
}

/// What the file of each layer holds.
fn contents(image: &ArchivedImage) -> Vec<String> {
    let read = |layer: ArchivedLayer| {
        let index = LayerIndex::open(layer.index.clone()).unwrap();
        let record = index.record(index.child(0, b"file").unwrap()).unwrap();
        let (start, size) = (record.data, record.size);
        let layer = layer.into_layer().unwrap();
        String::from_utf8(layer.data(start, size).unwrap().to_vec()).unwrap()
    };
    image.load().unwrap().layers.into_iter().map(read).collect()
}

fn texts(names: &[Reference]) -> Vec<String> {
    names.iter().map(Reference::familiar).collect()
}

#[test]
fn the_old_format_with_links_is_read() {
    for tar in [legacy().end(), gzip(&legacy().end())] {
        let archive = open(&tar).unwrap();
        let [image] = archive.images() else { panic!("{archive:?}") };
        assert_eq!(texts(image.names()), ["old:1", "other/old:2"]);
        assert_eq!(image.platform().to_string(), "linux/amd64");
        assert_eq!(image.config_digest(), Digest::of(image.config_json()));
        assert_eq!(image.load().unwrap().config.config.cmd, ["run"]);
        assert_eq!(contents(image), ["old", "old"]);
    }
}

#[test]
fn blobs_are_read_with_and_without_the_layout() {
    let (tar, descriptor, docker) = blobs(Tar::default(), "linux/amd64", "new");
    let name = "docker.io/library/new:1";
    let plain = tar.clone().json("manifest.json", &json!([docker]));
    let oci = layout(tar, &[named(descriptor.clone(), FULL, name), named(descriptor, SHORT, "b.c/new:2")]);
    let both = oci.clone().json("manifest.json", &json!([docker]));
    for (tar, names) in [(plain, &[][..]), (oci, &["new:1", "b.c/new:2"]), (both, &["new:1", "b.c/new:2"])] {
        let archive = open(&tar.end()).unwrap();
        let [image] = archive.images() else { panic!("{archive:?}") };
        assert_eq!(texts(image.names()), names);
        assert_eq!(contents(image), ["new"]);
    }
}

const FULL: &str = "io.containerd.image.name";
const SHORT: &str = "org.opencontainers.image.ref.name";

#[test]
fn an_image_for_several_platforms_is_several() {
    let (tar, amd64, _) = blobs(Tar::default(), "linux/amd64", "amd64");
    let (tar, arm64, _) = blobs(tar, "linux/arm64", "arm64");
    let (_, absent, _) = blobs(Tar::default(), "linux/s390x", "s390x");
    let mut attestation = absent.clone();
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    let inner = index(&[absent.clone(), arm64, amd64, attestation]).to_string();
    let tar = tar.file(&blob(&inner), &inner);
    let archive = open(&layout(tar, &[named(descriptor("index.v1+json", &inner), FULL, "multi:1")]).end()).unwrap();
    let platforms: Vec<String> = archive.images().iter().map(|image| image.platform().to_string()).collect();
    assert_eq!(platforms, ["linux/arm64", "linux/amd64"]);
    let chosen = archive.choose(None, &Platform::default()).unwrap();
    assert_eq!((contents(chosen), texts(chosen.names())), (vec!["amd64".to_owned()], vec!["multi:1".to_owned()]));
    let error = archive.choose(None, &"linux/s390x".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "there is no image for linux/s390x; offered: linux/arm64, linux/amd64");
    let lonely = index(&[absent]).to_string();
    let tar = layout(Tar::default().file(&blob(&lonely), &lonely), &[descriptor("index.v1+json", &lonely)]);
    assert!(matches!(open(&tar.end()), Err(ImageError::Missing { what: "the manifest", .. })));
}

#[test]
fn an_image_is_chosen_by_name_or_is_the_only_one() {
    let (tar, one, _) = blobs(Tar::default(), "linux/amd64", "one");
    let (tar, two, _) = blobs(tar, "linux/amd64", "two");
    let archive = open(&layout(tar, &[named(one, FULL, "one"), named(two, SHORT, "a.b/two:2")]).end()).unwrap();
    let choose = |name: &str| archive.choose(Some(&name.parse().unwrap()), &Platform::default());
    assert_eq!(contents(choose("one:latest").unwrap()), ["one"]);
    assert_eq!(contents(choose("a.b/two:2").unwrap()), ["two"]);
    let error = choose("three").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the archive has no image docker.io/library/three:latest; it has one:latest, a.b/two:2"
    );
    let error = archive.choose(None, &Platform::default()).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.class()),
        ("the archive has several images for linux/amd64; name one of them: one:latest, a.b/two:2", Class::Usage)
    );
}

#[test]
fn what_is_no_archive_is_named() {
    let table: &[(&[u8], &str)] = &[
        (b"", "it is empty, not an image archive"),
        (b"{\"a\":1}", "a JSON document"),
        (b"\x7fELF", "an ELF program"),
        (b"PK\x03\x04rest", "a ZIP archive"),
        (&zstd(&zstd(b"x")), "compressed with zstd twice"),
        (&zstd(&[0; 1024]), "an empty tar archive"),
        (&gzip(&gzip(b"x")), "compressed with gzip twice"),
        (&[b'x'; 4096], "it is data of an unknown kind, not an image archive"),
        (&[0; 1024], "an empty tar archive"),
        (&gzip(&[0; 1024]), "an empty tar archive"),
        (&layer("x"), "a tar archive without `manifest.json` and `index.json` (it has `file`, for one)"),
        (&Tar::default().json("manifest.json", &json!([])).end(), "list of images is empty"),
        (&layout(Tar::default(), &[]).end(), "list of images is empty"),
    ];
    for (bytes, reason) in table {
        let error = open(bytes).map(|archive| archive.images.len()).expect_err(reason);
        assert!(matches!(error, ImageError::NotAnArchive { .. }), "{reason}: {error:?}");
        assert!(error.to_string().contains(reason), "{reason}: {error}");
        assert!(error.to_string().contains("`docker save`"), "{error}");
        assert_eq!(error.class(), Class::Malformed);
    }
}

/// An archive of the old format with one layer, and the given fields in `manifest.json`.
fn with_manifest(change: impl FnOnce(&mut Value)) -> Tar {
    let layer = layer("x");
    let config = config("linux/amd64", &[&layer]);
    let mut entry = json!({"Config": "c.json", "RepoTags": ["a:b"], "Layers": ["l/layer.tar"]});
    change(&mut entry);
    Tar::default().file("c.json", config).file("l/layer.tar", layer).json("manifest.json", &json!([entry]))
}

#[test]
fn hostile_archives_are_refused_with_the_reason() {
    use Class::{Integrity, Malformed};
    let raw = |manifest: &str| Tar::default().file("manifest.json", manifest);
    let set = |field: &'static str, value: Value| with_manifest(|entry| entry[field] = value);
    let wrong = Digest::of(b"").hex();
    let one = with_manifest(|_| {});
    let table: Vec<(Tar, &str, Class)> = vec![
        (one.clone().file("../out", "x"), "the archive has the path `../out`: it has `..`", Malformed),
        (one.clone().file("a/../b", "x"), "`a/../b`: it has `..`", Malformed),
        (one.clone().file("/etc/x", "x"), "`/etc/x`: it is absolute", Malformed),
        (one.clone().entry("../d/", DIRECTORY, "", b""), "`../d/`: it has `..`", Malformed),
        (one.clone().symlink("a/b", "../../c"), "`a/b`: it is a link that leads out of the archive", Malformed),
        (one.clone().symlink("a", "/etc/passwd"), "`a`: it is a link to an absolute path", Malformed),
        (one.clone().entry("h", b'1', "../x", b""), "`../x`: it has `..`", Malformed),
        (one.clone().file("c.json", "{}"), "`c.json`: it is there twice", Malformed),
        (one.clone().file("./c.json", "{}"), "`./c.json`: it is there twice", Malformed),
        (one.entry("x\u{7}", b'Z', "", b""), "(entry `x\\x07`): entries of type `Z`", Malformed),
        (set("Layers", json!(["a"])).symlink("a", "b").symlink("b", "a"), "`a`: its links run in a circle", Malformed),
        (set("Layers", json!(["a"])).symlink("a", "a"), "`a`: its links run in a circle", Malformed),
        (set("Layers", json!(["a"])).symlink("a", "gone"), "incomplete: the layer `a` is missing", Malformed),
        (set("Layers", json!(["l"])).entry("l/", DIRECTORY, "", b""), "the layer `l` is missing", Malformed),
        (set("Layers", json!(["../l/layer.tar"])), "`../l/layer.tar`: it has `..`", Malformed),
        (set("Layers", json!([])), "it has 1 diff-ids, but the manifest has 0 layers", Malformed),
        (set("Layers", json!(["l/layer.tar", "l/layer.tar"])), "it has 1 diff-ids", Malformed),
        (set("Layers", json!("l/layer.tar")), "the manifest.json is malformed: invalid type", Malformed),
        (set("Config", json!("gone.json")), "incomplete: the configuration `gone.json` is missing", Malformed),
        (set("Config", json!("/c.json")), "`/c.json`: it is absolute", Malformed),
        (
            set("Config", json!("l/layer.tar")),
            "`l/layer.tar` in the archive: the configuration is malformed",
            Malformed,
        ),
        (set("Config", json!(null)), "the manifest.json is malformed", Malformed),
        (set("RepoTags", json!(["A:\u{1b}"])), "invalid image reference", Malformed),
        (
            set("Config", json!(format!("{wrong}.json"))).file(&format!("{wrong}.json"), "{}"),
            "its digest is",
            Integrity,
        ),
        (set("Layers", json!([blob("")])).file(&blob(""), layer("x")), "its digest is sha256:", Integrity),
        (set("Layers", json!(["y"])).file("y", layer("y")), "`y` in the archive: its diff-id is sha256:", Integrity),
        (set("Layers", json!(["y"])).file("y", b"\x28\xb5\x2f\xfd"), "the zstd data is malformed", Malformed),
        (set("Layers", json!(["y"])).file("y", b"\x1f\x8b\x08cut"), "`y` in the archive: the gzip data", Malformed),
        (raw("{}"), "the manifest.json is malformed: it is not a JSON array", Malformed),
        (raw(""), "the manifest.json is malformed: it is empty", Malformed),
        (raw("[{]"), "the manifest.json is malformed", Malformed),
        (raw(r#"[{"Config":"a","Config":"b","Layers":[]}]"#), "duplicate field", Malformed),
        (raw(&"[".repeat(100_000)), "the manifest.json is malformed", Malformed),
    ];
    for (tar, reason, class) in table {
        let error = error(&tar.end());
        assert!(error.to_string().contains(reason), "{reason}: {error}");
        assert_eq!(error.class(), class, "{error}");
    }
}

#[test]
fn hostile_layouts_are_refused_with_the_reason() {
    let (tar, good, _) = blobs(Tar::default(), "linux/amd64", "x");
    let change = |field: &str, value: Value| {
        let mut entry = good.clone();
        entry[field] = value;
        entry
    };
    let mut nested = (tar.clone(), good.clone());
    for _ in 0..5 {
        let inner = index(&[nested.1]).to_string();
        nested = (nested.0.file(&blob(&inner), &inner), descriptor("index.v1+json", &inner));
    }
    let two = config("linux/amd64", &[&layer("x"), &layer("y")]);
    let manifest = json!({
        "schemaVersion": 2, "config": descriptor("config.v1+json", &two),
        "layers": [descriptor("layer.v1.tar", layer("x"))],
    })
    .to_string();
    let counts = tar.clone().file(&blob(&two), &two).file(&blob(&manifest), &manifest);
    let foreign = json!({
        "schemaVersion": 2, "config": {"mediaType": "application/json", "digest": Digest::of(b"").to_string(), "size": 0},
        "layers": [],
    })
    .to_string();
    let gone = Digest::of(b"gone").to_string();
    let table: Vec<(Vec<u8>, &str)> = vec![
        (layout(tar.clone(), &[change("digest", json!(gone))]).end(), "the manifest `blobs/sha256/"),
        (layout(tar.clone(), &[change("digest", json!("sha256:../../x"))]).end(), "sha256 digest has 64"),
        (layout(tar.clone(), &[change("size", json!(1))]).end(), "but 1 were expected"),
        (layout(nested.0, &[nested.1]).end(), "the nesting of the index is larger than the limit of 4 levels"),
        (
            layout(counts, &[descriptor("manifest.v1+json", &manifest)]).end(),
            "it has 2 diff-ids, but the manifest has 1",
        ),
        (
            layout(tar.clone().file(&blob(&foreign), &foreign), &[descriptor("manifest.v1+json", &foreign)]).end(),
            "the configuration of a container image was expected",
        ),
        (tar.clone().file("oci-layout", "{}").file("index.json", "[]").end(), "not a JSON object"),
        (tar.file("oci-layout", "{}").file("index.json", &manifest).end(), "an index of images was expected"),
    ];
    for (tar, reason) in table {
        let error = error(&tar);
        assert!(error.to_string().contains(reason), "{reason}: {error}");
    }
}

#[test]
fn limits_hold() {
    let open = |tar: &[u8], limits: Limits| match Archive::open(tar.to_vec(), &limits) {
        Ok(archive) => archive.images[0].load().map(|_| ()),
        Err(error) => Err(error),
    };
    let (tar, descriptor, _) = blobs(Tar::default(), "linux/amd64", &"x".repeat(100_000));
    let packed = layout(tar, &[descriptor.clone(), descriptor]).end();
    let legacy = legacy().end();
    let default = Limits::DEFAULT;
    let table: &[(&[u8], Limits, &str)] = &[
        (&legacy, Limits { archive: 1000, ..default }, "the archive is larger than the limit of 1000 bytes"),
        (&gzip(&legacy), Limits { archive: 1000, ..default }, "the archive is larger than the limit of 1000 bytes"),
        (&legacy, Limits { entries: 3, ..default }, "the archive is larger than the limit of 3 entries"),
        (&legacy, Limits { manifest: 10, ..default }, "the archive's manifest.json"),
        (&legacy, Limits { layers: 1, ..default }, "1 layers an image"),
        (&legacy, Limits { index_entries: 0, ..default }, "0 images"),
        (&legacy, Limits { layer: 100, ..default }, "a layer is larger than the limit of 100 bytes"),
        (&packed, Limits { layer: 100, ..default }, "a layer is larger than the limit of 100 bytes"),
        (&packed, Limits { ratio_from: 100, ratio: 2, ..default }, "the compression of a layer"),
        (&packed, Limits { archive: 50_000, ..default }, "the image in the archive is larger than"),
        (&packed, Limits { index_entries: 1, ..default }, "1 images"),
        (&packed, Limits { config: 10, ..default }, "the configuration is larger than"),
    ];
    for (tar, limits, reason) in table {
        let error = open(tar, *limits).expect_err(reason);
        assert!(error.to_string().contains(reason), "{reason}: {error}");
        assert_eq!(error.class(), Class::Limit, "{reason}");
    }
}

#[test]
fn damaged_archives_never_panic() {
    let (tar, descriptor, docker) = blobs(Tar::default(), "linux/amd64", "x");
    for tar in
        [layout(tar.clone(), &[descriptor]).end(), tar.json("manifest.json", &json!([docker])).end(), legacy().end()]
    {
        assert!(open(&tar).unwrap().images[0].load().is_ok());
        for at in (0..tar.len()).step_by(7) {
            let mut bad = tar.clone();
            bad[at] ^= 0x55;
            let _ =
                open(&bad).map(|archive| archive.images.iter().map(|image| image.load().is_ok()).collect::<Vec<_>>());
        }
        // Behind this there may be nothing but the padding of the last entry and the end marker.
        let content = tar.len() - 1024 - 511;
        for length in (0..content).step_by(97) {
            let cut = open(&tar[..length]).and_then(|archive| archive.images[0].load().map(|_| ()));
            assert!(cut.is_err(), "cut to {length}");
        }
    }
}
