//! The client and what can be set on it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use wcr_image::{Platform, Reference};
use wcr_store::Store;

use crate::config::RegistrySettings;
use crate::credentials::{docker_config, podman_files};
use crate::error::{RegistryError, Result};
use crate::progress::Progress;
use crate::pull::{PullOutcome, Wanted, run};
use crate::transport::Transport;

/// What can be set on a [`Client`].
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a server may be silent.
    pub idle_timeout: Duration,
    /// The pause before something is tried again; it doubles each time, and is then cut by chance.
    pub backoff: Duration,
    /// How many layers are fetched side by side.
    pub parallel: usize,
    /// A file with certificates (PEM) that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// What is set for single registries, by their names in references.
    pub registries: BTreeMap<String, RegistrySettings>,
    /// Docker's configuration file, in which credentials are kept; `None` for anonymous access.
    pub docker_config: Option<PathBuf>,
    /// Files of the same form in which credentials are looked for when that one has none.
    pub more_credentials: Vec<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            backoff: Duration::from_millis(200),
            parallel: 4,
            ca_file: None,
            registries: BTreeMap::new(),
            docker_config: docker_config(),
            more_credentials: podman_files(),
        }
    }
}

/// A client of container registries.
pub struct Client {
    pub(crate) transport: Transport,
    runtime: Option<Runtime>,
}

impl Client {
    /// A client without connections yet.
    ///
    /// # Errors
    /// [`RegistryError::Setup`] when the host gives no threads or sockets.
    pub fn new(options: Options) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("wcr-net").enable_all().build();
        let runtime = runtime.map_err(|error| RegistryError::Setup { reason: error.to_string() })?;
        Ok(Self { transport: Transport::new(options), runtime: Some(runtime) })
    }

    /// Brings an image from its registry into the store. What the store has of it already is not fetched.
    ///
    /// Blocks; may be called from anywhere, an asynchronous runtime included.
    ///
    /// # Errors
    /// [`RegistryError`]; nothing of an image that failed becomes visible.
    pub fn pull(
        &self,
        store: &Store,
        reference: &Reference,
        platform: &Platform,
        progress: &dyn Progress,
    ) -> Result<PullOutcome> {
        self.pull_wanted(store, reference, Wanted { platform, all: false }, progress)
    }

    /// As [`Self::pull`], but brings the images for all platforms; the reference then stands for the one for `platform`.
    ///
    /// # Errors
    /// As [`Self::pull`].
    pub fn pull_all_platforms(
        &self,
        store: &Store,
        reference: &Reference,
        platform: &Platform,
        progress: &dyn Progress,
    ) -> Result<PullOutcome> {
        self.pull_wanted(store, reference, Wanted { platform, all: true }, progress)
    }

    fn pull_wanted(
        &self,
        store: &Store,
        reference: &Reference,
        wanted: Wanted<'_>,
        progress: &dyn Progress,
    ) -> Result<PullOutcome> {
        self.blocking(|runtime| run(&self.transport, runtime, store, reference, wanted, progress))
    }

    /// Does `work` on a thread of its own: blocking within somebody else's runtime would be refused by it.
    pub(crate) fn blocking<T: Send>(
        &self,
        work: impl FnOnce(&tokio::runtime::Handle) -> Result<T> + Send,
    ) -> Result<T> {
        let Some(runtime) = &self.runtime else {
            return Err(RegistryError::Setup { reason: "the client is being closed".into() });
        };
        let handle = runtime.handle();
        match thread::scope(|scope| scope.spawn(|| work(handle)).join()) {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
