//! The client of container registries (OCI distribution-spec): from a reference to an image in the store.
//!
//! Loopback registries are spoken to in plain http, all others by https. Nothing that comes from a
//! registry is believed: every body has a limit and every content a digest; credentials go to the
//! registry they are for and nowhere else.

#![forbid(unsafe_code)]

mod artifact;
mod auth;
mod blob;
mod challenge;
mod client;
mod credentials;
mod endpoint;
mod error;
mod layers;
mod manifest;
mod progress;
mod pull;
mod reply;
mod transport;

pub use client::{Client, Options};
pub use error::{RegistryError, Result};
pub use progress::{LayerEvent, Progress, Silent};
pub use pull::{PullOutcome, PullStatus, pull};
