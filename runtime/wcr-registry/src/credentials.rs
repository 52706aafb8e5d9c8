//! Credentials that `docker login` has left behind.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;

/// The longest configuration file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// A user name and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub user: String,
    pub password: String,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
}

/// Where Docker keeps its configuration: `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`.
pub(crate) fn docker_config() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || folder(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(|home| home.join(".docker"));
    Some(folder("DOCKER_CONFIG").or_else(home)?.join("config.json"))
}

/// The credentials for the registry `domain` in Docker's configuration. Only what stands in the file
/// itself is found, no credential helper is run.
pub(crate) fn find(config: &Path, domain: &str) -> Option<Credentials> {
    let mut content = Vec::new();
    File::open(config).ok()?.take(LONGEST).read_to_end(&mut content).ok()?;
    in_config(&content, domain)
}

fn in_config(content: &[u8], domain: &str) -> Option<Credentials> {
    let config: Config = serde_json::from_slice(content).ok()?;
    let names: &[&str] = if domain == "docker.io" {
        &["https://index.docker.io/v1/", "index.docker.io", "docker.io"]
    } else {
        &[domain]
    };
    let matches = |key: &str| {
        // Old entries are URLs; the host alone counts. Docker Hub's is looked up as it stands.
        let host = key.trim_start_matches("https://").trim_start_matches("http://");
        names.contains(&key) || host.split('/').next() == Some(domain)
    };
    let (_, entry) = config.auths.iter().find(|(key, _)| matches(key))?;
    if !entry.username.is_empty() {
        return Some(Credentials { user: entry.username.clone(), password: entry.password.clone() });
    }
    let auth = entry.auth.trim();
    let decoded = STANDARD.decode(auth).or_else(|_| STANDARD_NO_PAD.decode(auth)).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.trim_end_matches('\0').split_once(':')?;
    (!user.is_empty()).then(|| Credentials { user: user.into(), password: password.into() })
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
    fn entries_are_found_by_registry() {
        let config = br#"{"auths":{
            "https://index.docker.io/v1/":{"auth":"dTpw"},
            "ghcr.io":{"auth":"eDp5Onoseg=="},
            "https://old.example/v1/":{"username":"a","password":"b"},
            "127.0.0.1:5000":{"auth":"!"},
            "empty.example":{}
        },"credsStore":"desktop"}"#;
        let found = |domain| in_config(config, domain).map(|c| format!("{} {}", c.user, c.password));
        assert_eq!(found("docker.io").as_deref(), Some("u p"));
        assert_eq!(found("ghcr.io").as_deref(), Some("x y:z,z"));
        assert_eq!(found("old.example").as_deref(), Some("a b"));
        for domain in ["127.0.0.1:5000", "empty.example", "127.0.0.1", "other"] {
            assert_eq!(found(domain), None, "{domain}");
        }
        assert!(in_config(b"not json", "ghcr.io").is_none());
    }

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
