//! Docker's configuration file, as far as it is about credentials: `auths`, `credsStore`, `credHelpers`.
//!
//! podman's `auth.json` has the same form, and keys that may name a part of a registry.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Serialize as _;
use serde_json::{Map, Value, json};

use super::{Credentials, program};
use crate::error::{RegistryError, Result};

/// The longest configuration file that is read, in bytes.
const LONGEST: u64 = 1 << 20;
/// Under which key Docker keeps the credentials for Docker Hub.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// The file, with all that is in it.
pub(crate) struct DockerConfig {
    path: PathBuf,
    content: Map<String, Value>,
}

impl DockerConfig {
    /// Reads the file; one that is not there is empty.
    ///
    /// # Errors
    /// [`RegistryError::Credentials`].
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bad = |reason: String| RegistryError::Credentials { place: path.display().to_string(), reason };
        let content = match fs::metadata(path) {
            Ok(metadata) if metadata.len() > LONGEST => return Err(bad(format!("it is longer than {LONGEST} bytes"))),
            Ok(_) => fs::read(path).map_err(|error| bad(error.to_string()))?,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Vec::new(),
            Err(error) => return Err(bad(error.to_string())),
        };
        if content.trim_ascii().is_empty() {
            return Ok(Self { path: path.to_owned(), content: Map::new() });
        }
        match serde_json::from_slice(&content) {
            Ok(Value::Object(content)) => Ok(Self { path: path.to_owned(), content }),
            // What serde says may quote the file, which has secrets in it.
            Ok(_) => Err(bad("it is not a JSON object".into())),
            Err(error) => Err(bad(format!("it is malformed JSON in line {}", error.line()))),
        }
    }

    /// The credentials for the repository `path` of the registry `domain`.
    pub(crate) fn find(&self, domain: &str, path: &str) -> Result<Option<Credentials>> {
        if let Some(name) = self.helper(domain) {
            let found = program::get(&name, server(domain))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let Some(auths) = self.content.get("auths").and_then(Value::as_object) else { return Ok(None) };
        // The most precise key counts: `registry/a/b`, `registry/a`, `registry`.
        let mut name = format!("{domain}/{path}");
        loop {
            if let Some((key, entry)) = auths.iter().find(|(key, _)| names(key, &name)) {
                return self.entry(key, entry);
            }
            match name.rsplit_once('/') {
                Some((shorter, _)) => name.truncate(shorter.len()),
                None => return Ok(None),
            }
        }
    }

    fn entry(&self, key: &str, entry: &Value) -> Result<Option<Credentials>> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        if let Some(token) = text("registrytoken") {
            return Ok(Some(Credentials::Bearer { token: token.into() }));
        }
        if let Some(token) = text("identitytoken") {
            return Ok(Some(Credentials::Identity { token: token.into() }));
        }
        if let Some(user) = text("username") {
            let password = entry.get("password").and_then(Value::as_str).unwrap_or_default();
            return Ok(Some(Credentials::Password { user: user.into(), password: password.into() }));
        }
        let Some(auth) = text("auth") else { return Ok(None) };
        let decoded = STANDARD.decode(auth).or_else(|_| STANDARD_NO_PAD.decode(auth)).ok();
        let decoded = decoded.and_then(|decoded| String::from_utf8(decoded).ok());
        let split = decoded.as_deref().and_then(|text| text.trim_end_matches('\0').split_once(':'));
        match split {
            Some((user, password)) if !user.is_empty() => {
                Ok(Some(Credentials::Password { user: user.into(), password: password.into() }))
            }
            _ => Err(RegistryError::Credentials {
                place: self.path.display().to_string(),
                reason: format!("the entry of {key:?} is not the base64 of USER:PASSWORD; log in again"),
            }),
        }
    }

    /// The helper that keeps the credentials for `domain`, if one does.
    fn helper(&self, domain: &str) -> Option<String> {
        let named = self.content.get("credHelpers").and_then(Value::as_object);
        let named = named.and_then(|all| all.iter().find(|(key, _)| names(key, domain)).map(|(_, name)| name));
        let name = named.or_else(|| self.content.get("credsStore"))?.as_str()?;
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Keeps `user` and `password` for `domain`, with the helper if there is one, else in the file. Where they went.
    ///
    /// # Errors
    /// [`RegistryError::Credentials`].
    pub(crate) fn store(&mut self, domain: &str, user: &str, password: &str) -> Result<String> {
        let helper = self.helper(domain);
        let entry = match &helper {
            Some(name) => {
                program::store(name, server(domain), user, password)?;
                json!({})
            }
            None => json!({ "auth": STANDARD.encode(format!("{user}:{password}")) }),
        };
        let auths = self.content.entry("auths").or_insert_with(|| json!({}));
        if !auths.is_object() {
            *auths = json!({});
        }
        if let Some(auths) = auths.as_object_mut() {
            auths.retain(|key, _| !names(key, domain));
            auths.insert(server(domain).to_owned(), entry);
        }
        self.write()?;
        Ok(helper.map_or_else(|| self.path.display().to_string(), |name| format!("docker-credential-{name}")))
    }

    /// Forgets what is kept for `domain`; whether there was anything.
    ///
    /// # Errors
    /// [`RegistryError::Credentials`].
    pub(crate) fn erase(&mut self, domain: &str) -> Result<bool> {
        let mut found = false;
        if let Some(name) = self.helper(domain) {
            found |= program::get(&name, server(domain))?.is_some();
            program::erase(&name, server(domain))?;
        }
        if let Some(auths) = self.content.get_mut("auths").and_then(Value::as_object_mut) {
            let before = auths.len();
            auths.retain(|key, _| !names(key, domain));
            if auths.len() < before {
                found = true;
                self.write()?;
            }
        }
        Ok(found)
    }

    /// Writes the file anew, for this user alone: at no moment is it half written.
    fn write(&self) -> Result<()> {
        let bad = |error: io::Error| RegistryError::Credentials {
            place: self.path.display().to_string(),
            reason: format!("it cannot be written: {error}"),
        };
        let mut text = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, format);
        self.content.serialize(&mut serializer).map_err(|error| bad(error.into()))?;
        text.push(b'\n');
        // A link stays one: people keep such files elsewhere.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(bad)?;
        let temporary = folder.join(format!(".config.json-{}-{:08x}", std::process::id(), fastrand::u32(..)));
        let written = private(&temporary).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&temporary, &path)
        });
        written.map_err(|error| {
            drop(fs::remove_file(&temporary));
            bad(error)
        })
    }
}

/// A new file that only this user can read.
fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    crate::unix_mode::private(&mut options);
    options.open(path)
}

/// What helpers and the file call the registry.
fn server(domain: &str) -> &str {
    if domain == "docker.io" { HUB_KEY } else { domain }
}

/// Whether a key of the file names `name`: a registry, or a part of one. Old keys are URLs.
fn names(key: &str, name: &str) -> bool {
    if key == name {
        return true;
    }
    let key = key.trim_start_matches("https://").trim_start_matches("http://");
    let key = key.trim_end_matches('/').trim_end_matches("/v1").trim_end_matches("/v2");
    key == name || name == "docker.io" && matches!(key, "index.docker.io" | "registry-1.docker.io")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> DockerConfig {
        let Value::Object(content) = serde_json::from_str(text).unwrap() else { panic!("an object") };
        DockerConfig { path: "config.json".into(), content }
    }

    #[test]
    fn entries_are_found_by_registry() {
        let config = config(
            r#"{"auths":{
            "https://index.docker.io/v1/":{"auth":"dTpw"},
            "ghcr.io":{"auth":"eDp5Onoseg=="},
            "https://old.example/v1/":{"username":"a","password":"b"},
            "quay.io":{"auth":"cTpx"}, "quay.io/team":{"auth":"dDp0"}, "quay.io/team/app":{"auth":"YTph"},
            "token.example":{"identitytoken":"I"}, "direct.example":{"registrytoken":"R"},
            "empty.example":{}
        }}"#,
        );
        let found = |domain: &str, path: &str| match config.find(domain, path).unwrap() {
            Some(Credentials::Password { user, password }) => Some(format!("{user} {password}")),
            Some(Credentials::Identity { token }) => Some(format!("identity {token}")),
            Some(Credentials::Bearer { token }) => Some(format!("bearer {token}")),
            None => None,
        };
        assert_eq!(found("docker.io", "library/busybox").as_deref(), Some("u p"));
        assert_eq!(found("ghcr.io", "a/b").as_deref(), Some("x y:z,z"));
        assert_eq!(found("old.example", "a").as_deref(), Some("a b"));
        assert_eq!(found("quay.io", "a").as_deref(), Some("q q"));
        assert_eq!(found("quay.io", "team/other").as_deref(), Some("t t"));
        assert_eq!(found("quay.io", "team/app").as_deref(), Some("a a"));
        assert_eq!(found("quay.io", "teams/app").as_deref(), Some("q q"));
        assert_eq!(found("token.example", "a").as_deref(), Some("identity I"));
        assert_eq!(found("direct.example", "a").as_deref(), Some("bearer R"));
        for domain in ["empty.example", "127.0.0.1", "other", "evil.quay.io", "quay.io.evil"] {
            assert_eq!(found(domain, "a"), None, "{domain}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        let entry = config(r#"{"auths":{"a.example":{"auth":"!SECRET"}}}"#).find("a.example", "x").unwrap_err();
        assert!(entry.to_string().contains("a.example") && !entry.to_string().contains("SECRET"), "{entry}");
    }

    #[test]
    fn helpers_are_chosen_by_registry() {
        let config = config(r#"{"credsStore":"desktop","credHelpers":{"gcr.io":"gcloud","x.example":""}}"#);
        assert_eq!(config.helper("gcr.io").as_deref(), Some("gcloud"));
        assert_eq!(config.helper("docker.io").as_deref(), Some("desktop"));
        assert_eq!(config.helper("x.example"), None);
    }
}
