//! Credentials that a login has left behind: in Docker's configuration file, in podman's, or with a helper program.

mod docker;
mod program;

use std::env;
use std::fmt;
use std::path::PathBuf;

use crate::client::Options;
use crate::error::Result;
pub(crate) use docker::DockerConfig;

/// Who asks. Nothing of it is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// A user name and a password.
    Password { user: String, password: String },
    /// A token that a token server exchanges for those that open something.
    Identity { token: String },
    /// A token that opens the registry as it is.
    Bearer { token: String },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

fn folder(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn home() -> Option<PathBuf> {
    folder(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
}

/// Where Docker keeps its configuration: `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`.
pub(crate) fn docker_config() -> Option<PathBuf> {
    Some(folder("DOCKER_CONFIG").or_else(|| home().map(|home| home.join(".docker")))?.join("config.json"))
}

/// Where podman, buildah and skopeo keep credentials (containers-auth.json(5)).
pub(crate) fn podman_files() -> Vec<PathBuf> {
    if let Some(file) = folder("REGISTRY_AUTH_FILE") {
        return vec![file];
    }
    let settings = folder("XDG_CONFIG_HOME").or_else(|| home().map(|home| home.join(".config")));
    let folders = [folder("XDG_RUNTIME_DIR"), settings];
    folders.into_iter().flatten().map(|folder| folder.join("containers/auth.json")).collect()
}

/// The credentials for the repository `path` of the registry `domain`, from the first place that has some.
///
/// # Errors
/// [`crate::RegistryError::Credentials`]: a file is malformed, a helper failed.
pub(crate) fn find(options: &Options, domain: &str, path: &str) -> Result<Option<Credentials>> {
    for file in options.docker_config.iter().chain(&options.more_credentials) {
        let found = DockerConfig::read(file)?.find(domain, path)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Whether the token server `realm` belongs to the registry at `registry`, so that it may see the
/// registry's credentials: the same host, or one under the same parent domain.
pub(crate) fn may_see(realm: &str, registry: &str) -> bool {
    if realm.eq_ignore_ascii_case(registry) {
        return true;
    }
    let (realm, registry) = (realm.to_ascii_lowercase(), registry.to_ascii_lowercase());
    let numeric = |host: &str| host.contains(':') || host.split('.').all(|label| label.parse::<u8>().is_ok());
    if numeric(&realm) || numeric(&registry) {
        return false;
    }
    let Some((_, parent)) = registry.split_once('.') else { return false };
    let labels: Vec<&str> = parent.split('.').collect();
    // `co.uk` and its like are nobody's domain.
    let public = match labels.as_slice() {
        [_] => true,
        [second, top] => {
            top.len() == 2
                && matches!(*second, "co" | "com" | "net" | "org" | "gov" | "edu" | "ac" | "gob" | "or" | "ne")
        }
        _ => false,
    };
    !public && (realm == parent || realm.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_servers_that_may_see_credentials() {
        let table = [
            ("auth.docker.io", "registry-1.docker.io", true),
            ("ghcr.io", "ghcr.io", true),
            ("gitlab.com", "registry.gitlab.com", true),
            ("gitlab.example.com", "registry.example.com", true),
            ("evil.io", "ghcr.io", false),
            ("ghcr.io.evil.com", "ghcr.io", false),
            ("evilexample.com", "registry.example.com", false),
            ("evil.co.uk", "reg.co.uk", false),
            ("auth.reg.co.uk", "hub.reg.co.uk", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.2", "127.0.0.1", false),
            ("0.0.0.1", "127.0.0.1", false),
            ("localhost", "registry.example.com", false),
        ];
        for (realm, registry, may) in table {
            assert_eq!(may_see(realm, registry), may, "{realm} for {registry}");
        }
    }
}
