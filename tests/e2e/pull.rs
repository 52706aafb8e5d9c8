//! Pulling: every way to name an image, every form in which registries offer one.

use std::fs;
use std::process::Command;

use wcr_tests::image::{Format, Image};
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::scratch::Scratch;
use wcr_tests::{busybox, skip};

/// An image that says which one it is.
fn marked(text: &str) -> Image {
    Image::new([busybox::layer(), Layer::new().file("mark", 0o644, format!("{text}\n")).into()])
}

#[test]
fn a_name_without_a_tag_means_latest() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.busybox();
    let name = image.reference.strip_suffix(":latest").unwrap();
    lab.wcr(["pull", name]).run().ok();
    lab.wcr(["run", "--rm", &image.reference, "echo", "hi"]).run().ok().prints("hi\n").silent();
}

#[test]
fn by_tag_and_by_digest() {
    let Some(lab) = Lab::open() else { return };
    let tags = ["1.0", "2.0"];
    let pushed = tags.map(|tag| lab.push_as(&format!("tagged:{tag}"), &marked(tag), Format::Oci));
    for (tag, image) in tags.iter().zip(&pushed) {
        let by_digest = format!("{}/tagged@{}", lab.registry().host(), image.digest);
        for reference in [image.reference.clone(), by_digest] {
            lab.wcr(["pull", &reference]).run().ok();
            lab.wcr(["run", "--rm", &reference, "cat", "/mark"]).run().ok().prints(&format!("{tag}\n"));
        }
    }
}

#[test]
fn a_name_may_have_several_parts() {
    let Some(lab) = Lab::open() else { return };
    let pushed = lab.push("team/tools/small", &marked("deep"));
    lab.wcr(["pull", &pushed.reference]).run().ok();
    lab.wcr(["run", "--rm", &pushed.reference, "cat", "/mark"]).run().ok().prints("deep\n");
}

#[test]
fn docker_media_types() {
    let Some(lab) = Lab::open() else { return };
    let reference = lab.push_as("docker-types:latest", &marked("docker"), Format::Docker).reference;
    lab.wcr(["pull", &reference]).run().ok();
    lab.wcr(["run", "--rm", &reference, "cat", "/mark"]).run().ok().prints("docker\n");
}

#[test]
fn an_index_gives_the_default_platform_or_the_one_asked_for() {
    let Some(lab) = Lab::open() else { return };
    for (name, format) in [("many-oci", Format::Oci), ("many-docker", Format::Docker)] {
        let images = [("arm", "arm64"), ("intel", "amd64"), ("power", "ppc64le")]
            .map(|(mark, cpu)| marked(mark).platform("linux", cpu));
        let reference = lab.push_index(name, &images, format).reference;
        lab.wcr(["pull", &reference]).run().ok();
        lab.wcr(["run", "--rm", &reference, "cat", "/mark"]).run().ok().prints("intel\n");
        lab.wcr(["pull", "--platform", "linux/arm64", &reference]).run().ok();
        lab.wcr(["run", "--rm", "--platform", "linux/arm64", &reference, "cat", "/mark"]).run().ok().prints("arm\n");
    }
}

#[test]
fn run_pulls_what_is_missing() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.busybox();
    lab.wcr(["run", "--rm", &image.reference, "echo", "pulled"]).run().ok().prints("pulled\n");
}

#[test]
fn the_output_is_plain_lines_that_name_the_digest() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.busybox();
    let finished = lab.wcr(["pull", &image.reference]).run().ok();
    let all = finished.stdout() + &finished.stderr();
    assert!(all.contains(&image.digest), "no digest {} in: {all}", image.digest);
    assert!(!all.contains(['\r', '\x1b']), "not plain: {all:?}");
}

#[test]
fn a_second_pull_fetches_no_layer() {
    let Some(lab) = Lab::open() else { return };
    let image = marked("second pull");
    let pushed = lab.push("second-pull", &image);
    lab.wcr(["pull", &pushed.reference]).run().ok();
    // Only this test's own layer: the other one belongs to every image.
    let blob = lab.registry().blob_path(&image.layers()[1].digest());
    fs::remove_file(&blob).unwrap();
    lab.wcr(["pull", &pushed.reference]).run().ok();
    lab.wcr(["run", "--rm", &pushed.reference, "cat", "/mark"]).run().ok().prints("second pull\n");
}

#[test]
fn a_moved_tag_is_followed_by_pull_and_not_by_run() {
    let Some(lab) = Lab::open() else { return };
    let first = lab.push("moving", &marked("first"));
    lab.wcr(["pull", &first.reference]).run().ok();
    lab.push("moving", &marked("second"));
    lab.wcr(["run", "--rm", &first.reference, "cat", "/mark"]).run().ok().prints("first\n");
    lab.wcr(["pull", &first.reference]).run().ok();
    lab.wcr(["run", "--rm", &first.reference, "cat", "/mark"]).run().ok().prints("second\n");
}

#[test]
fn pull_always_asks_the_registry_again() {
    let Some(lab) = Lab::open() else { return };
    let first = lab.push("always", &marked("first"));
    lab.wcr(["pull", &first.reference]).run().ok();
    lab.push("always", &marked("second"));
    lab.wcr(["run", "--rm", "--pull=always", &first.reference, "cat", "/mark"]).run().ok().prints("second\n");
}

#[test]
fn pull_never_asks_nobody() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.busybox();
    lab.wcr(["run", "--rm", "--pull=never", &image.reference, "true"]).run().fails().exits(125);
    lab.wcr(["pull", &image.reference]).run().ok();
    lab.wcr(["run", "--rm", "--pull=never", &image.reference, "echo", "hi"]).run().ok().prints("hi\n");
}

#[test]
fn two_pulls_at_once_both_succeed() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.busybox();
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..4).map(|_| scope.spawn(|| lab.wcr(["pull", &image.reference]).run())).collect();
        for pull in pulls {
            pull.join().unwrap().ok();
        }
    });
    lab.wcr(["run", "--rm", &image.reference, "echo", "hi"]).run().ok().prints("hi\n");
}

#[test]
fn nothing_of_the_image_becomes_a_file_of_the_host() {
    let Some((lab, _)) = Lab::with_busybox() else { return };
    let mut folders = vec![lab.store()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            assert_ne!(path.file_name().unwrap(), "busybox", "{}", path.display());
            assert!(!path.is_symlink(), "{}", path.display());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
}

#[test]
fn the_store_is_a_layout_that_other_tools_read() {
    if !skip::unless_installed(&["umoci"]) {
        return;
    }
    let Some((lab, reference)) = Lab::with_busybox() else { return };
    let store = lab.store();
    let index: serde_json::Value = serde_json::from_slice(&fs::read(store.join("index.json")).unwrap()).unwrap();
    let name = index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap().to_owned();
    assert!(reference.ends_with(&name) || name.ends_with(&reference), "{name} for {reference}");
    // skopeo splits `oci:PATH:NAME` at the last colon it can, so the copy asks for the only image instead.
    let copy = Scratch::new("copy");
    let output = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "--quiet", &format!("oci:{}", store.display())])
        .arg(format!("oci:{}:copied", copy.join("layout").display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = Command::new("umoci")
        .args(["raw", "unpack", "--rootless", "--image", &format!("{}:copied", copy.join("layout").display())])
        .arg(copy.join("rootfs"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(copy.join("rootfs/bin/busybox").is_file());
}
