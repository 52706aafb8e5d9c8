//! Manifests, indexes and configurations that are malformed, contradictory, too large or of another kind.

use serde_json::{Value, json};
use wcr_tests::hostile::{Reply, Request};
use wcr_tests::image::{INDEX, Image, MANIFEST, descriptor, digest};
use wcr_tests::layer::Layer;

use crate::place::{INTEGRITY, LIMIT, MALFORMED, Registry, fault, is_manifest, sample};

/// The sample's manifest, changed.
fn changed(class: i32, says: &'static [&'static str], content_type: &'static str, change: fn(String) -> String) {
    let registry = Registry::of(&sample(), move |r, i| {
        let text = String::from_utf8(i.manifest()).expect("text");
        is_manifest(r).then(|| Reply::new(200, &[("Content-Type", content_type)], change(text).as_bytes()))
    });
    registry.fails(&registry.name(), class, says);
    // The configuration and two layers are fetched when it is healed, and nothing before.
    let blobs: Vec<String> =
        registry.server.seen().into_iter().map(|r| r.path).filter(|p| p.contains("/blobs/")).collect();
    assert_eq!(blobs.len(), 3, "{blobs:?}");
}

/// The digest of the sample's first layer in its manifest, replaced.
fn with_digest(text: &str, to: &str) -> String {
    text.replace(&sample().layers()[0].digest(), to)
}

#[test]
fn fault_05_a_digest_that_is_a_path() {
    changed(MALFORMED, &["digest"], MANIFEST, |text| with_digest(&text, "sha256:../../../etc/passwd"));
}

#[test]
fn fault_05_a_digest_in_upper_case() {
    changed(MALFORMED, &["digest"], MANIFEST, |text| with_digest(&text, &format!("sha256:{}", "A".repeat(64))));
}

#[test]
fn fault_05_a_digest_that_is_too_short() {
    changed(MALFORMED, &["digest"], MANIFEST, |text| with_digest(&text, &format!("sha256:{}", "a".repeat(63))));
}

#[test]
fn fault_05_a_digest_of_an_unknown_algorithm() {
    changed(MALFORMED, &["digest"], MANIFEST, |text| with_digest(&text, &format!("md5:{}", "a".repeat(32))));
}

#[test]
fn fault_06_a_manifest_and_an_index_at_once() {
    changed(MALFORMED, &["at once"], MANIFEST, |text| text.replace("\"layers\":[", "\"manifests\":[],\"layers\":["));
}

#[test]
fn fault_06_a_content_type_that_contradicts_the_document() {
    changed(MALFORMED, &["the server says"], INDEX, |text| text);
}

#[test]
fn fault_06_an_index_type_on_a_manifest() {
    changed(MALFORMED, &["without `manifests`"], INDEX, |text| text.replace(MANIFEST, INDEX));
}

/// An index over these entries.
fn index(entries: &[Value]) -> Vec<u8> {
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries }).to_string().into_bytes()
}

fn for_platform(mut descriptor: Value, os: &str, architecture: &str) -> Value {
    descriptor["platform"] = json!({ "os": os, "architecture": architecture });
    descriptor
}

/// The answer to who asks for a manifest: `top` by its tag, others by their digests.
fn serve(request: &Request, top: &[u8], others: &[(&str, Vec<u8>)]) -> Option<Reply> {
    let found = others.iter().find(|(_, bytes)| request.path.ends_with(&digest(bytes)));
    let (media_type, bytes) = match found {
        Some((media_type, bytes)) => (*media_type, bytes.as_slice()),
        None if request.path.ends_with("/latest") => (INDEX, top),
        None => return None,
    };
    is_manifest(request).then(|| Reply::new(200, &[("Content-Type", media_type)], bytes))
}

#[test]
fn fault_02_an_index_leads_to_another_manifest() {
    fault(INTEGRITY, &["is corrupt"], |r, i| {
        if r.path.ends_with("/latest") {
            return serve(r, &index(&[i.entry()]), &[]);
        }
        is_manifest(r).then(|| {
            let mut other = i.manifest();
            let last = other.len() - 1;
            other[last] = b' ';
            Reply::new(200, &[("Content-Type", MANIFEST)], &other)
        })
    });
}

#[test]
fn fault_02_an_index_with_another_length() {
    fault(INTEGRITY, &["bytes were announced"], |r, i| {
        let mut entry = i.entry();
        entry["size"] = json!(5);
        serve(r, &index(&[entry]), &[])
    });
}

#[test]
fn fault_30_no_image_for_the_platform() {
    fault(MALFORMED, &["no image for linux/amd64", "offered: linux/arm64, windows/amd64"], |r, i| {
        let arm = for_platform(i.entry(), "linux", "arm64");
        let windows = for_platform(i.entry(), "windows", "amd64");
        serve(r, &index(&[arm, windows]), &[])
    });
}

/// An index in an index, so many times.
fn nested(image: &Image, levels: usize) -> Vec<Vec<u8>> {
    let mut indexes = vec![index(&[image.entry()])];
    for _ in 1..levels {
        let inner = indexes.last().map(|inner| descriptor(INDEX, inner)).unwrap_or_default();
        indexes.push(index(&[inner]));
    }
    indexes.reverse();
    indexes
}

fn serve_nested(request: &Request, image: &Image, levels: usize) -> Option<Reply> {
    let indexes = nested(image, levels);
    let others: Vec<(&str, Vec<u8>)> = indexes.iter().map(|index| (INDEX, index.clone())).collect();
    serve(request, &indexes[0], &others)
}

#[test]
fn an_index_in_an_index_is_followed() {
    let registry = Registry::of(&sample(), |r, i| serve_nested(r, i, 3));
    let top = digest(&nested(&sample(), 3)[0]);
    registry.place.wcr(["pull", &registry.name()]).run().ok().prints(&format!("{}@{top}\n", registry.name()));
}

#[test]
fn fault_31_indexes_nested_too_deep() {
    fault(LIMIT, &["nesting"], |r, i| serve_nested(r, i, 5));
}

#[test]
fn fault_31_an_index_that_leads_to_itself() {
    // No index can have its own digest in it: who says so gives another one.
    fault(INTEGRITY, &["is corrupt"], |r, _| {
        let itself = json!({ "mediaType": INDEX, "digest": digest(b"itself"), "size": 10 });
        is_manifest(r).then(|| Reply::new(200, &[("Content-Type", INDEX)], &index(&[itself])))
    });
}

#[test]
fn fault_31_an_index_of_10_000_entries() {
    fault(LIMIT, &["the index", "1000 images"], |r, i| serve(r, &index(&vec![i.entry(); 10_000]), &[]));
}

#[test]
fn fault_31_indexes_that_fan_out() {
    // Each of 100 entries is an index of its own, and none has the image.
    fault(LIMIT, &["index"], |r, _| {
        let leaf = |n: usize| {
            index(&[json!({ "mediaType": MANIFEST, "digest": digest(&n.to_le_bytes()), "size": 1,
            "platform": { "os": "none", "architecture": "none" } })])
        };
        let leaves: Vec<(&str, Vec<u8>)> = (0..100).map(|n| (INDEX, leaf(n))).collect();
        let entries: Vec<Value> = leaves.iter().map(|(_, leaf)| descriptor(INDEX, leaf)).collect();
        serve(r, &index(&entries), &leaves)
    });
}

#[test]
fn fault_32_schema_1_by_its_body() {
    changed(MALFORMED, &["schema 1"], "application/json", |_| r#"{"schemaVersion":1,"fsLayers":[]}"#.into());
}

#[test]
fn fault_32_schema_1_by_its_type() {
    let schema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    changed(MALFORMED, &["schema 1"], schema1, |text| text);
}

#[test]
fn fault_32_an_unknown_kind_of_document() {
    let unknown = |text: String| text.replace(MANIFEST, "application/vnd.example.thing.v1+json");
    changed(MALFORMED, &["application/vnd.example.thing.v1+json"], "application/json", unknown);
}

#[test]
fn fault_32_an_unknown_kind_of_layer() {
    changed(MALFORMED, &["squashfs"], MANIFEST, |text| text.replace("tar+gzip", "squashfs"));
}

#[test]
fn fault_32_an_unknown_kind_of_configuration() {
    changed(MALFORMED, &["helm"], MANIFEST, |text| text.replace("oci.image.config.v1", "cncf.helm.config.v1"));
}

#[test]
fn fault_21_a_foreign_layer_is_not_fetched() {
    changed(MALFORMED, &["foreign layer"], MANIFEST, |text| {
        let foreign = text.replace("layer.v1.tar+gzip", "layer.nondistributable.v1.tar+gzip");
        foreign.replace("\"size\":", "\"urls\":[\"http://169.254.169.254/x\"],\"size\":")
    });
}

#[test]
fn fault_33_no_json() {
    changed(MALFORMED, &["not a JSON object"], "text/html", |_| "<html>no registry</html>".into());
}

#[test]
fn fault_33_nothing() {
    changed(MALFORMED, &["it is empty"], MANIFEST, |_| String::new());
}

#[test]
fn fault_33_deep_json() {
    changed(MALFORMED, &["malformed"], MANIFEST, |_| "{\"config\":".repeat(50_000));
}

#[test]
fn fault_33_duplicate_keys() {
    changed(MALFORMED, &["duplicate field"], MANIFEST, |text| {
        text.replacen('{', "{\"config\":null,\"config\":null,", 1)
    });
}

#[test]
fn fault_33_a_negative_size() {
    changed(MALFORMED, &["invalid value"], MANIFEST, |text| text.replace("\"size\":", "\"size\":-"));
}

#[test]
fn fault_33_a_size_beyond_numbers() {
    changed(MALFORMED, &["manifest is malformed"], MANIFEST, |text| {
        text.replace("\"size\":", "\"size\":99999999999999999999")
    });
}

#[test]
fn fault_33_a_size_beyond_the_limit() {
    changed(LIMIT, &["limit"], MANIFEST, |text| text.replace("\"size\":", "\"size\":99999999"));
}

/// The sample with another configuration in it.
fn with_config(config: Vec<u8>, class: i32, says: &[&str]) {
    fault(class, says, move |r, i| {
        if r.path.contains(&digest(&config)) {
            return Some(Reply::ok(&config));
        }
        let mut manifest: Value = serde_json::from_slice(&i.manifest()).expect("JSON");
        manifest["config"] = descriptor("application/vnd.oci.image.config.v1+json", &config);
        is_manifest(r).then(|| Reply::new(200, &[("Content-Type", MANIFEST)], manifest.to_string().as_bytes()))
    });
}

#[test]
fn fault_34_a_configuration_that_is_null() {
    with_config(b"null".to_vec(), MALFORMED, &["configuration"]);
}

#[test]
fn fault_34_a_manifest_without_a_configuration() {
    changed(MALFORMED, &["without `config`"], MANIFEST, |text| {
        let mut manifest: Value = serde_json::from_str(&text).expect("JSON");
        manifest["config"] = Value::Null;
        manifest.to_string()
    });
}

#[test]
fn fault_34_fewer_diff_ids_than_layers() {
    let mut config: Value = serde_json::from_slice(&sample().config()).expect("JSON");
    config["rootfs"]["diff_ids"].as_array_mut().expect("a list").pop();
    with_config(config.to_string().into_bytes(), MALFORMED, &["1 diff-ids, but the manifest has 2 layers"]);
}

#[test]
fn fault_34_a_configuration_for_another_platform() {
    let mut config: Value = serde_json::from_slice(&sample().config()).expect("JSON");
    config["architecture"] = json!("s390x");
    with_config(config.to_string().into_bytes(), MALFORMED, &["offered: linux/s390x"]);
}

#[test]
fn fault_35_a_diff_id_that_does_not_match() {
    let mut config: Value = serde_json::from_slice(&sample().config()).expect("JSON");
    config["rootfs"]["diff_ids"][1] = json!(digest(b"else"));
    with_config(config.to_string().into_bytes(), INTEGRITY, &["layer"]);
}

#[test]
fn fault_35_diff_ids_in_the_wrong_order() {
    let mut config: Value = serde_json::from_slice(&sample().config()).expect("JSON");
    config["rootfs"]["diff_ids"].as_array_mut().expect("a list").reverse();
    with_config(config.to_string().into_bytes(), INTEGRITY, &["layer"]);
}

#[test]
fn all_platforms_of_an_index_come_and_run_without_the_registry() {
    let arm = Image::new([Layer::new().file("arm", 0o644, "arm").into()]).platform("linux", "arm64");
    let shared = arm.clone();
    let registry = Registry::of(&sample(), move |r, i| {
        let others = [(MANIFEST, i.manifest()), (MANIFEST, shared.manifest())];
        let blob = [shared.layers()[0].bytes().to_vec(), shared.config()];
        let blob = blob.into_iter().find(|blob| r.path.ends_with(&digest(blob)));
        blob.map(|blob| Reply::ok(&blob)).or_else(|| serve(r, &index(&[shared.entry(), i.entry()]), &others))
    });
    let name = registry.name();
    let place = &registry.place;
    place.wcr(["pull", "--all-platforms", &name]).run().ok();
    let requests = registry.server.seen().len();
    let manifest = |args: &[&str]| place.wcr([&["manifest"], args, &[name.as_str()]].concat()).run().ok().stdout();
    assert_eq!(manifest(&["--raw"]).into_bytes(), index(&[arm.entry(), sample().entry()]));
    assert_eq!(manifest(&["--raw", "--platform", "linux/arm64"]).into_bytes(), arm.manifest());
    assert_eq!(manifest(&["--raw", "--platform", "linux/amd64"]).into_bytes(), sample().manifest());
    let pretty: Value = serde_json::from_str(&manifest(&[])).expect("JSON");
    assert_eq!(pretty["manifests"][0]["platform"]["architecture"], "arm64");
    // Both are here: there is no command in them to be found, but no registry is asked either.
    place.wcr(["run", "--pull=never", "--platform", "linux/arm64", &name, "none"]).run().fails().exits(127);
    assert_eq!(registry.server.seen().len(), requests);
    place.wcr(["manifest", "--raw", "--remote", &name]).run().ok();
    assert!(registry.server.seen().len() > requests);
}
