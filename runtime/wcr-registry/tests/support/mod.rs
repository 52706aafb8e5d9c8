//! What the tests share.

#![allow(dead_code, reason = "not every test uses all of it")]

pub mod layout;
pub mod place;
pub mod registry;

use std::time::Duration;

use wcr_image::{Platform, Reference};
use wcr_registry::{Client, Options, PullOutcome, Result, Silent};
use wcr_store::Store;

/// Settings with which failures fail fast.
pub fn hasty() -> Options {
    Options {
        connect_timeout: Duration::from_secs(2),
        idle_timeout: Duration::from_millis(400),
        backoff: Duration::from_millis(2),
        docker_config: None,
        more_credentials: Vec::new(),
        ..Options::default()
    }
}

/// Pulls `name` for linux/amd64 with [`hasty`] settings.
pub fn pull(store: &Store, name: &str) -> Result<PullOutcome> {
    pull_with(hasty(), store, name)
}

/// Pulls `name` for linux/amd64.
pub fn pull_with(options: Options, store: &Store, name: &str) -> Result<PullOutcome> {
    let reference: Reference = name.parse().unwrap();
    Client::new(options).unwrap().pull(store, &reference, &Platform::default(), &Silent)
}

/// The content of the file `name` in the image's root.
pub fn content(store: &Store, reference: &str, name: &str) -> Vec<u8> {
    let image = store.open_image(&reference.parse().unwrap()).unwrap().unwrap();
    let [layer] = image.layers.as_slice() else { panic!("the layers have no common index") };
    let index = layer.index();
    let record = index.record(index.child(0, name.as_bytes()).unwrap()).unwrap();
    layer.data(record.data, record.size).unwrap().to_vec()
}
