//! Logging in to a registry, and out of it.

use crate::auth::{Access, Session};
use crate::client::Client;
use crate::config;
use crate::credentials::{Credentials, DockerConfig};
use crate::error::{RegistryError, Result};

impl Client {
    /// Proves `user` and `password` to the registry, and keeps them where Docker does. Where they went.
    ///
    /// # Errors
    /// [`RegistryError::LoginRefused`] when the registry does not take them, [`RegistryError::Credentials`] when they
    /// cannot be kept, those of the connection.
    pub fn login(&self, registry: &str, user: &str, password: &str) -> Result<String> {
        let mut config = self.docker_config()?;
        let credentials = Credentials::Password { user: user.into(), password: password.into() };
        self.blocking(|runtime| {
            let session = Session::new(&self.transport, registry, "", Access::Login)?.with(credentials);
            runtime.block_on(session.prove())
        })
        .map_err(|error| match error {
            RegistryError::Unauthorised { host, reason, .. } => RegistryError::LoginRefused { host, reason },
            other => other,
        })?;
        config.store(registry, user, password)
    }

    /// Forgets what is kept for the registry. Whether there was anything.
    ///
    /// # Errors
    /// [`RegistryError::Credentials`].
    pub fn logout(&self, registry: &str) -> Result<bool> {
        self.docker_config()?.erase(registry)
    }

    fn docker_config(&self) -> Result<DockerConfig> {
        match &self.transport.options.docker_config {
            Some(path) => DockerConfig::read(path),
            None => Err(RegistryError::Credentials {
                place: "Docker's configuration file".into(),
                reason: "there is no home folder for it; set DOCKER_CONFIG to a folder".into(),
            }),
        }
    }
}

/// The registry that a user names, as references do: `docker.io`, `ghcr.io`, `127.0.0.1:5000`; a URL's host counts.
/// `None` when it is none.
#[must_use]
pub fn registry_name(text: &str) -> Option<String> {
    let name = text.trim_start_matches("https://").trim_start_matches("http://");
    let name = name.split('/').next().unwrap_or_default();
    // What references have by another name.
    let known = matches!(name, "index.docker.io" | "registry-1.docker.io");
    if known { Some("docker.io".into()) } else { config::domain(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_by_their_names() {
        for (text, name) in [
            ("ghcr.io", Some("ghcr.io")),
            ("https://index.docker.io/v1/", Some("docker.io")),
            ("docker.io", Some("docker.io")),
            ("127.0.0.1:5000", Some("127.0.0.1:5000")),
            ("https://r.example/", Some("r.example")),
            ("localhost", Some("localhost")),
            ("plain", None),
            ("", None),
            ("a.b@c", None),
            ("u:p@a.b", None),
        ] {
            assert_eq!(registry_name(text).as_deref(), name, "{text}");
        }
    }
}
