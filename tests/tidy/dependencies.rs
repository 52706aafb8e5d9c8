//! The direction of dependencies: each crate knows only what stands beside its name here.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Crate, and the crates of the workspace that it may depend on.
const ALLOWED: [(&str, &[&str]); 24] = [
    ("wcr-abi", &[]),
    ("wcr-vfs", &["wcr-abi"]),
    ("wcr-kernel", &["wcr-abi", "wcr-vfs"]),
    ("wcr-wasi", &["wcr-abi", "wcr-kernel"]),
    ("wcr-image", &["wcr-abi", "wcr-vfs"]),
    ("wcr-store", &["wcr-abi", "wcr-image", "wcr-shims", "wcr-vfs"]),
    ("wcr-registry", &["wcr-image", "wcr-store"]),
    ("wcr-shims", &[]),
    ("wcr-engine", &["wcr-abi", "wcr-kernel", "wcr-wasi"]),
    ("wcr-machine", &["wcr-abi", "wcr-image", "wcr-kernel", "wcr-shims", "wcr-vfs"]),
    (
        "wcr-container",
        &["wcr-abi", "wcr-engine", "wcr-image", "wcr-kernel", "wcr-machine", "wcr-shims", "wcr-store", "wcr-vfs"],
    ),
    ("wcr-harness", &["wcr-abi", "wcr-container", "wcr-image", "wcr-machine"]),
    ("wcr-cli", &["wcr-container", "wcr-harness", "wcr-image", "wcr-registry", "wcr-shims", "wcr-store"]),
    ("xtask", &["wcr-engine", "wcr-image", "wcr-shims", "wcr-vfs"]),
    ("wcr-sys", &["wcr-abi"]),
    ("applets", &["wcr-abi", "wcr-sys"]),
    ("gnu", &["applets", "wcr-shims", "wcr-sys"]),
    ("sh", &["applets", "wcr-abi", "wcr-sys"]),
    ("wcr-rhai", &["wcr-shims", "wcr-sys"]),
    ("wcr-tests", &[]),
    ("conformance", &["wcr-abi", "wcr-sys"]),
    ("wcr-web", &["wcr-abi", "wcr-image", "wcr-kernel", "wcr-machine", "wcr-shims", "wcr-vfs", "wcr-wasi"]),
    ("wcr-web-scripts", &["wcr-abi", "wcr-harness", "wcr-image", "wcr-kernel", "wcr-machine", "wcr-web"]),
    ("web-bindgen", &[]),
];

/// Tests may look one step further: a kernel crate's tests set up a file system, for one.
const ALLOWED_IN_TESTS: [(&str, &[&str]); 6] = [
    ("conformance", &["wcr-tests"]),
    ("wcr-engine", &["wcr-vfs"]),
    ("wcr-registry", &["wcr-tests"]),
    ("wcr-shims", &["applets", "gnu"]),
    ("wcr-tests", &["wcr-abi", "wcr-kernel", "wcr-vfs"]),
    ("wcr-wasi", &["wcr-vfs"]),
];

/// Outside crates that belong to one place: the crate, and who may name it.
const CONFINED: [(&str, &[&str]); 11] = [
    ("wasmtime", &["wcr-engine"]),
    ("wasmtime-wasi", &["wcr-engine"]),
    ("reqwest", &["wcr-registry"]),
    ("hyper", &["wcr-cli"]),
    ("rustls", &["wcr-registry"]),
    ("tokio", &["wcr-registry", "wcr-cli"]),
    ("rhai", &["wcr-harness", "wcr-rhai"]),
    ("anyhow", &["wcr-cli"]),
    ("clap", &["wcr-cli"]),
    ("wasm-bindgen", &["wcr-web", "wcr-web-scripts"]),
    ("wasm-bindgen-cli-support", &["web-bindgen"]),
];

/// One dependency of a crate of the workspace.
struct Arrow {
    from: String,
    to: String,
    only_in_tests: bool,
}

fn arrows() -> Vec<Arrow> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(super::root())
        .output()
        .expect("run cargo metadata");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON from cargo metadata");
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let mut arrows = Vec::new();
    for package in metadata["packages"].as_array().expect("a list of packages") {
        for dependency in package["dependencies"].as_array().expect("a list of dependencies") {
            arrows.push(Arrow {
                from: text(&package["name"]),
                to: text(&dependency["name"]),
                only_in_tests: dependency["kind"] == "dev",
            });
        }
    }
    arrows
}

#[test]
fn each_crate_knows_only_whom_it_may() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let in_tests: BTreeMap<&str, &[&str]> = ALLOWED_IN_TESTS.into_iter().collect();
    let mut wrong = Vec::new();
    for arrow in arrows() {
        let (from, to) = (arrow.from.as_str(), arrow.to.as_str());
        let Some(known) = allowed.get(from) else {
            wrong.push(format!("{from} is not in the table"));
            continue;
        };
        let more = in_tests.get(from).filter(|_| arrow.only_in_tests).copied().unwrap_or_default();
        if allowed.contains_key(to) && !known.contains(&to) && !more.contains(&to) {
            wrong.push(format!("{from} may not depend on {to}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_belongs_to_one_place_is_named_there_only() {
    let confined: BTreeMap<&str, &[&str]> = CONFINED.into_iter().collect();
    let wrong: BTreeSet<String> = arrows()
        .into_iter()
        .filter(|arrow| !arrow.only_in_tests)
        .filter(|arrow| confined.get(arrow.to.as_str()).is_some_and(|may| !may.contains(&arrow.from.as_str())))
        .map(|arrow| format!("{} may not name {}", arrow.from, arrow.to))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_has_no_cycle() {
    // Taken away one by one: the crates that know nobody who is left.
    let mut left: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    while !left.is_empty() {
        let free: Vec<&str> = left
            .iter()
            .filter(|(_, known)| known.iter().all(|name| !left.contains_key(name)))
            .map(|(name, _)| *name)
            .collect();
        assert!(!free.is_empty(), "a cycle among {:?}", left.keys());
        left.retain(|name, _| !free.contains(name));
    }
}
