//! Pulls from a real docker-registry, filled and read back by skopeo.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

mod support;

use std::fs;
use std::process::Command;

use support::layout::{image, tar_of, write_layout};
use support::registry::{Folder, Registry};
use support::{content, pull};
use wcr_image::{Class, Reference};
use wcr_registry::PullStatus;
use wcr_store::Store;

fn noise(length: usize) -> Vec<u8> {
    (0..length as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[test]
fn pull_and_read_back() {
    let folder = Folder::new("real");
    let Some(registry) = Registry::start(&folder.0.join("registry")) else {
        eprintln!("skipped: docker-registry is not installed");
        return;
    };
    let layout = folder.0.join("layout");
    let large = noise(20 << 20);
    let first = image("amd64", &[tar_of(&[("large", &large)]), tar_of(&[("small", b"hello"), ("etc/x", b"")])]);
    let arm = image("arm64", &[tar_of(&[("small", b"arm")])]);
    write_layout(&layout, &[("amd64", &first), ("arm64", &arm)]);
    let name = registry.name("some/image");
    for tag in ["amd64", "arm64"] {
        if !Registry::skopeo(&format!("oci:{}:{tag}", layout.display()), &format!("docker://{name}:{tag}")) {
            eprintln!("skipped: skopeo is not installed");
            return;
        }
    }
    let store = Store::open(folder.0.join("store")).unwrap();
    let tagged = format!("{name}:amd64");
    let outcome = pull(&store, &tagged).unwrap();
    assert_eq!((outcome.status, outcome.record.digest), (PullStatus::New, first.manifest.digest()));
    assert!(content(&store, &tagged, "large") == large);
    assert_eq!(content(&store, &tagged, "small"), b"hello");
    assert_eq!(pull(&store, &tagged).unwrap().status, PullStatus::UpToDate);
    assert_eq!(store.list().unwrap().len(), 1);
    let reference: Reference = tagged.parse().unwrap();
    let inspection = store.inspect(&reference).unwrap().unwrap();
    assert_eq!((inspection.id, inspection.repo_tags), (first.config.digest(), vec![tagged.clone()]));

    let error = pull(&store, &format!("{name}:arm64")).unwrap_err();
    assert!(error.to_string().contains("offered: linux/arm64"), "{error}");
    let error = pull(&store, &format!("{name}:none")).unwrap_err();
    assert_eq!(error.class(), Class::Network);
    assert!(error.to_string().contains("manifest unknown"), "{error}");
    let error = pull(&store, &registry.name("nobody")).unwrap_err();
    assert!(error.to_string().contains("manifest unknown") || error.to_string().contains("name unknown"), "{error}");

    // The store is an OCI layout for other programs.
    let copy = folder.0.join("copy");
    let root = store.root().display();
    Registry::skopeo(&format!("oci:{root}:{tagged}"), &format!("oci:{}:x", copy.display()));
    assert_eq!(fs::read(copy.join("blobs/sha256").join(first.manifest.digest().hex())).unwrap(), first.manifest.bytes);
    match Command::new("umoci").args(["list", "--layout"]).arg(store.root()).output() {
        Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), tagged),
        Err(_) => eprintln!("skipped in part: umoci is not installed"),
    }
}
