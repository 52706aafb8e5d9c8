//! Bad input: a clear error that names the object, the right exit code, nothing lost, and good input works afterwards.

use std::fs;

use wcr_tests::busybox;
use wcr_tests::image::{Blob, Format, Image};
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;

/// After the failure: the store still works, and pulling a good image does too.
#[track_caller]
fn still_sound(lab: &Lab) {
    let image = lab.busybox();
    lab.wcr(["pull", &image.reference]).run().ok();
    lab.wcr(["run", "--rm", &image.reference, "echo", "sound"]).run().ok().prints("sound\n");
}

/// An image whose top layer has a few hundred kilobytes that no other image has.
fn unique(seed: u32) -> Image {
    let noise: Vec<u8> =
        (0..400_000u32).map(|n| (n.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    Image::new([busybox::layer(), Layer::new().file("noise", 0o644, noise).into()])
}

#[test]
fn an_unknown_image_gives_the_registrys_reason() {
    let Some(lab) = Lab::open() else { return };
    let reference = format!("{}/no/such/image", lab.registry().host());
    let finished = lab.wcr(["pull", &reference]).run().fails().says(&["no/such/image", "manifest unknown"]);
    assert_ne!(finished.code(), Some(70));
    lab.wcr(["run", "--rm", &reference, "echo"]).run().fails().exits(125).says(&["no/such/image", "manifest unknown"]);
    still_sound(&lab);
}

#[test]
fn an_unknown_tag_is_named() {
    let Some(lab) = Lab::open() else { return };
    let reference = lab.busybox().reference.replace(":latest", ":no-such-tag");
    lab.wcr(["pull", &reference]).run().fails().says(&["no-such-tag"]);
    still_sound(&lab);
}

#[test]
fn an_unreachable_registry_is_a_network_error() {
    let Some(lab) = Lab::open() else { return };
    lab.wcr(["pull", "127.0.0.1:9/busybox"]).run().fails().exits(10).says(&["127.0.0.1:9"]);
    lab.wcr(["run", "--rm", "127.0.0.1:9/busybox", "true"]).run().fails().exits(125).says(&["127.0.0.1:9"]);
    still_sound(&lab);
}

#[test]
fn a_digest_that_nobody_has() {
    let Some(lab) = Lab::open() else { return };
    let reference = lab.busybox().reference.replace(":latest", &format!("@sha256:{}", "0".repeat(64)));
    lab.wcr(["pull", &reference]).run().fails();
    still_sound(&lab);
}

#[test]
fn malformed_references_never_reach_the_network() {
    let Some(lab) = Lab::open() else { return };
    let short_digest = format!("busybox@sha256:{}", "a".repeat(63));
    let upper_digest = format!("busybox@sha256:{}", "A".repeat(64));
    let long = "a".repeat(300);
    for reference in [
        "",
        "library/UPPER",
        "a//b",
        "busybox:",
        "busybox:bad tag",
        "../../etc/passwd",
        "busybox@sha256:../../x",
        "busybox@md5:00000000000000000000000000000000",
        "http://127.0.0.1/busybox",
        "b\u{fc}sybox",
        "busy\u{1b}[31mbox",
        &short_digest,
        &upper_digest,
        &long,
    ] {
        let finished = lab.wcr(["pull", reference]).run().fails();
        assert!(matches!(finished.code(), Some(2 | 13)), "{reference:?}: {:?} {}", finished.code(), finished.stderr());
        assert!(!finished.stderr.contains(&0x1b), "{reference:?}: an escape reached the terminal");
    }
}

#[test]
fn a_blob_that_is_not_what_its_digest_says() {
    let Some(lab) = Lab::open() else { return };
    let image = unique(1);
    let pushed = lab.push("damaged", &image);
    let digest = image.layers()[1].digest();
    let path = lab.registry().blob_path(&digest);
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&path, &bad).unwrap();
    let short: String = digest.chars().take(19).collect();
    lab.wcr(["pull", &pushed.reference]).run().fails().exits(12).says(&[&short]);
    lab.wcr(["run", "--rm", "--pull=never", &pushed.reference, "true"]).run().fails().exits(125);
    fs::write(&path, &good).unwrap();
    lab.wcr(["pull", &pushed.reference]).run().ok();
    lab.wcr(["run", "--rm", &pushed.reference, "wc", "-c", "/noise"]).run().ok().prints("400000 /noise\n");
}

#[test]
fn a_truncated_layer() {
    let Some(lab) = Lab::open() else { return };
    let image = unique(2);
    let pushed = lab.push("truncated", &image);
    let path = lab.registry().blob_path(&image.layers()[1].digest());
    let good = fs::read(&path).unwrap();
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    let finished = lab.wcr(["pull", &pushed.reference]).run().fails();
    assert!(matches!(finished.code(), Some(10 | 12)), "{:?} {}", finished.code(), finished.stderr());
    fs::write(&path, &good).unwrap();
    lab.wcr(["pull", &pushed.reference]).run().ok();
    lab.wcr(["run", "--rm", &pushed.reference, "wc", "-c", "/noise"]).run().ok().prints("400000 /noise\n");
}

#[test]
fn a_missing_layer() {
    let Some(lab) = Lab::open() else { return };
    let image = unique(3);
    let pushed = lab.push("missing-layer", &image);
    fs::remove_file(lab.registry().blob_path(&image.layers()[1].digest())).unwrap();
    lab.wcr(["pull", &pushed.reference]).run().fails();
    still_sound(&lab);
}

#[test]
fn no_matching_platform_lists_what_is_offered() {
    let Some(lab) = Lab::open() else { return };
    let image = busybox::image();
    let images = [image.clone().platform("linux", "s390x"), image.platform("windows", "amd64")];
    let reference = lab.push_index("elsewhere", &images, Format::Oci).reference;
    lab.wcr(["pull", &reference]).run().fails().says(&["linux/amd64", "linux/s390x", "windows/amd64"]);
    lab.wcr(["pull", "--platform", "linux/nonsense", &reference]).run().fails().says(&["linux/s390x"]);
    lab.wcr(["run", "--rm", &reference, "true"]).run().fails().exits(125);
    still_sound(&lab);
}

#[test]
fn a_bind_mount_of_nothing() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let absent = lab.path("absent");
    let volume = format!("{}:/data", absent.display());
    lab.wcr(["run", "--rm", "-v", &volume, &image, "true"]).run().fails().exits(125).says(&[absent.to_str().unwrap()]);
    assert!(!absent.exists());
    for volume in ["/tmp", "/tmp:", ":/data", "/tmp:relative", "/tmp:/data:nonsense"] {
        let finished = lab.wcr(["run", "--rm", "-v", volume, &image, "true"]).run().fails();
        assert!(matches!(finished.code(), Some(2 | 125)), "{volume}: {}", finished.stderr());
    }
}

#[test]
fn a_store_from_a_newer_version_is_left_alone() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let version = lab.store().join("version");
    let written = fs::read_to_string(&version).unwrap();
    fs::write(&version, "999\n").unwrap();
    lab.wcr(["pull", &image]).run().fails().exits(15).says(&["999"]);
    lab.wcr(["list"]).run().fails().exits(15).says(&["999"]);
    lab.wcr(["run", "--rm", &image, "true"]).run().fails().exits(125).says(&["999"]);
    assert_eq!(fs::read_to_string(&version).unwrap(), "999\n");
    fs::write(&version, written).unwrap();
    still_sound(&lab);
}

#[test]
fn a_store_that_is_a_file() {
    let Some(lab) = Lab::open() else { return };
    fs::write(lab.store(), "in the way").unwrap();
    let image = lab.busybox();
    lab.wcr(["pull", &image.reference]).run().fails().exits(15).says(&["store"]);
    assert_eq!(fs::read_to_string(lab.store()).unwrap(), "in the way");
}

#[test]
fn damaged_tars_are_malformed() {
    let Some(lab) = Lab::open() else { return };
    let whole = Layer::new().file("a", 0o644, vec![b'x'; 4000]).file("b", 0o644, "b").into_tar();
    let mut checksum = whole.clone();
    checksum[0] ^= 0x20;
    for (name, tar) in [("cut-short", whole[..1500].to_vec()), ("bad-checksum", checksum)] {
        let image = Image::new([busybox::layer(), Blob::from_tar(&tar, 6)]);
        let pushed = lab.push(name, &image);
        lab.wcr(["pull", &pushed.reference]).run().fails().exits(13);
    }
    still_sound(&lab);
}

#[test]
fn entries_that_point_outside_stay_inside_or_are_refused() {
    let Some(lab) = Lab::open() else { return };
    for (name, target) in [("link-self", "evil"), ("link-folder", "bin"), ("link-outside", "../../etc/passwd")] {
        let layer = Layer::new().dir("bin", 0o755).hard_link("evil", target);
        let pushed = lab.push(name, &Image::new([busybox::layer(), layer.into()]));
        lab.wcr(["pull", &pushed.reference]).run().fails().exits(13);
    }
    let escape = Layer::new().symlink("way-out", "../../../../../../etc").symlink("abs", "/etc");
    let image = lab.provide("way-out", &Image::new([busybox::layer(), escape.into()]));
    lab.wcr(["run", "--rm", &image, "cat", "/way-out/passwd", "/abs/group"]).run().ok().prints(&format!(
        "{}{}",
        busybox::PASSWD,
        busybox::GROUP
    ));
    still_sound(&lab);
}
