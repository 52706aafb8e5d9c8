//! The client of container registries (OCI distribution-spec): images into the store, and out of it.
//!
//! Loopback registries are spoken to in plain http, all others by https, unless the configuration file says
//! otherwise. Nothing that comes from a registry is believed: every body has a limit and every content a digest;
//! credentials go to the registry they are for and nowhere else.

#![forbid(unsafe_code)]

mod artifact;
mod auth;
mod blob;
mod body;
mod challenge;
mod client;
mod config;
mod credentials;
mod document;
mod endpoint;
mod error;
mod layers;
mod login;
mod manifest;
mod progress;
mod proxy;
mod pull;
mod push;
mod ranges;
mod reply;
mod tokens;
mod transport;
mod unix_mode;
mod upload;

pub use client::{Client, Options};
pub use config::{Insecure, RegistrySettings, config_file, configured};
pub use document::Manifest;
pub use endpoint::is_public;
pub use error::{RegistryError, Result};
pub use login::registry_name;
pub use progress::{LayerEvent, Progress, Silent};
pub use proxy::proxy_without_secret;
pub use pull::{PullOutcome, PullStatus, pull};
