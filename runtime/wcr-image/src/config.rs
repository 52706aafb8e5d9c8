//! The configuration of an image: how a container of it is started, and what its layers hash to.
//!
//! OCI image-spec `config.md`; Docker's is the same with more fields.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::{ImageError, Limits, Result, read_json};
use crate::manifest::Manifest;
use crate::platform::Platform;

/// An image's configuration. Fields that wcr has no use for are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// The CPU architecture the image is for; empty in images of old tools.
    #[serde(default)]
    pub architecture: String,
    /// The operating system the image is for; empty in images of old tools.
    #[serde(default)]
    pub os: String,
    /// The variant of the architecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// When it was made, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// How a container is started.
    #[serde(default, deserialize_with = "or_default")]
    pub config: RunConfig,
    /// What the layers hash to.
    pub rootfs: RootFs,
    /// How the layers came about.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<History>,
}

/// How a container of an image is started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RunConfig {
    /// The program and its first arguments; empty when there is none.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub entrypoint: Vec<String>,
    /// Further arguments, or the program when there is no entry point.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub cmd: Vec<String>,
    /// The environment, each `NAME=VALUE`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// The directory the program starts in; empty for `/`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// Who runs it: `user`, `uid`, `user:group`, `uid:gid`; empty for root.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Remarks by the image's maker.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The ports the program listens at, such as `80/tcp`.
    #[serde(deserialize_with = "keys", serialize_with = "as_keys", skip_serializing_if = "Vec::is_empty")]
    pub exposed_ports: Vec<String>,
    /// The directories meant for volumes.
    #[serde(deserialize_with = "keys", serialize_with = "as_keys", skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    /// The signal that asks the program to end; empty for `SIGTERM`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub stop_signal: String,
    /// How it is found out whether the program does its work; only Docker's form of images has that.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
}

/// How it is found out whether a container's program does its work (Docker's image specification 1.2, `Healthcheck`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Healthcheck {
    /// `CMD` and a command line, `CMD-SHELL` and a command for the shell, `NONE`; empty for what the image has.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// The time between two checks, in nanoseconds; this one and the others are 0 for the default.
    #[serde(skip_serializing_if = "is_zero")]
    pub interval: i64,
    /// How long a check may take.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeout: i64,
    /// How long the program may take until failed checks count.
    #[serde(skip_serializing_if = "is_zero")]
    pub start_period: i64,
    /// The time between two checks until then.
    #[serde(skip_serializing_if = "is_zero")]
    pub start_interval: i64,
    /// How many checks in a row have to fail.
    #[serde(skip_serializing_if = "is_zero")]
    pub retries: i64,
}

impl Healthcheck {
    /// This one, with what it leaves open as `other` has it.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        let or = |own: i64, other: i64| if own == 0 { other } else { own };
        Self {
            test: if self.test.is_empty() { other.test.clone() } else { self.test },
            interval: or(self.interval, other.interval),
            timeout: or(self.timeout, other.timeout),
            start_period: or(self.start_period, other.start_period),
            start_interval: or(self.start_interval, other.start_interval),
            retries: or(self.retries, other.retries),
        }
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// What the layers of an image hash to when they are not compressed, the lowest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sha256 of each layer's tar.
    pub diff_ids: Vec<Digest>,
}

/// One step in the making of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// When, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// By which command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The step changed no file and has no layer.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub empty_layer: bool,
}

impl ImageConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ImageError::Document`] when it is malformed, [`ImageError::Limit`] when it is too long.
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self> {
        if body.len() as u64 > limits.config {
            return Err(ImageError::limit("the configuration", limits.config, "bytes"));
        }
        let malformed = |reason: String| ImageError::Document { document: "configuration", reason };
        let config: Self = read_json("configuration", body)?;
        if config.rootfs.kind != "layers" {
            return Err(malformed(format!("rootfs.type is {:?}, not \"layers\"", config.rootfs.kind)));
        }
        if let Some(entry) = config.config.env.iter().find(|entry| entry.contains('\0')) {
            return Err(malformed(format!("the environment has a NUL byte in {entry:?}")));
        }
        Ok(config)
    }

    /// What the image is for.
    #[must_use]
    pub fn platform(&self) -> Platform {
        Platform { os: self.os.clone(), architecture: self.architecture.clone(), variant: self.variant.clone() }
    }

    /// Checks that the configuration belongs to `manifest`: as many diff-ids as layers.
    ///
    /// # Errors
    /// [`ImageError::Document`].
    pub fn check(&self, manifest: &Manifest) -> Result<()> {
        if manifest.is_artifact() {
            return self.check_program(manifest);
        }
        self.check_layers(manifest.layers.len())
    }

    /// Checks that the program of an artifact is the one that its configuration names, if it names any.
    fn check_program(&self, manifest: &Manifest) -> Result<()> {
        let named = &self.rootfs.diff_ids;
        if named.is_empty() || manifest.layers.iter().map(|layer| &layer.digest).eq(named) {
            return Ok(());
        }
        let reason = "its layerDigests are not those of the manifest's layers".into();
        Err(ImageError::Document { document: "configuration", reason })
    }

    /// Checks that there are as many diff-ids as `layers`.
    pub(crate) fn check_layers(&self, layers: usize) -> Result<()> {
        let ids = self.rootfs.diff_ids.len();
        if ids == layers {
            return Ok(());
        }
        let reason = format!("it has {ids} diff-ids, but the manifest has {layers} layers");
        Err(ImageError::Document { document: "configuration", reason })
    }

    /// Checks that the image is for `wanted`. One that names no platform, as old tools made them, passes.
    ///
    /// # Errors
    /// [`ImageError::NoPlatform`].
    pub fn check_platform(&self, wanted: &Platform) -> Result<()> {
        let platform = self.platform();
        let old = platform.os.is_empty() && platform.architecture.is_empty();
        // As with [`crate::Index::choose`]: what is for WebAssembly is taken where nothing else is there.
        if old || platform.suits(wanted) || platform.is_wasm() && *wanted == Platform::default() {
            return Ok(());
        }
        Err(ImageError::NoPlatform { wanted: wanted.clone(), offered: vec![platform] })
    }
}

/// Go writes `null` for what is empty.
pub(crate) fn or_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Go writes a set as an object of empty objects.
fn keys<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let map: Option<BTreeMap<String, IgnoredAny>> = Option::deserialize(deserializer)?;
    Ok(map.unwrap_or_default().into_keys().collect())
}

fn as_keys<S: serde::Serializer>(keys: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let empty: BTreeMap<&str, &str> = BTreeMap::new();
    serializer.collect_map(keys.iter().map(|key| (key, &empty)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(body: &str) -> Result<ImageConfig> {
        ImageConfig::parse(body.as_bytes(), &Limits::DEFAULT)
    }

    #[test]
    fn a_full_configuration_reads_and_writes_back() {
        let body = format!(
            r#"{{"architecture":"arm","os":"linux","variant":"v7","created":"2024-01-01T00:00:00Z",
            "config":{{"User":"1:2","Env":["PATH=/bin"],"Entrypoint":["/e"],"Cmd":["a","b"],"WorkingDir":"/w",
            "Labels":{{"k":"v"}},"ExposedPorts":{{"80/tcp":{{}}}},"Volumes":{{"/v":{{}}}},"StopSignal":"SIGINT"}},
            "rootfs":{{"type":"layers","diff_ids":["{D}"]}},
            "history":[{{"created_by":"x"}},{{"empty_layer":true}}],"unknown":[1,2,{{}}]}}"#
        );
        let config = parse(&body).unwrap();
        assert_eq!(config.platform().to_string(), "linux/arm/v7");
        assert_eq!((config.config.user.as_str(), config.config.working_dir.as_str()), ("1:2", "/w"));
        assert_eq!((config.config.entrypoint.len(), config.config.cmd.len(), config.config.env.len()), (1, 2, 1));
        assert_eq!(
            (config.config.exposed_ports, config.config.volumes),
            (vec!["80/tcp".into()], vec!["/v".to_owned()])
        );
        assert!(config.history[1].empty_layer);
        let again = parse(&serde_json::to_string(&parse(&body).unwrap()).unwrap()).unwrap();
        assert_eq!(again, parse(&body).unwrap());
    }

    #[test]
    fn nulls_are_empty_where_go_writes_them() {
        let body = format!(
            r#"{{"architecture":"amd64","os":"linux","config":{{"Cmd":null,"Env":null,"Entrypoint":null,"Labels":null,
            "Volumes":null,"User":null}},"history":null,"rootfs":{{"type":"layers","diff_ids":["{D}"]}}}}"#
        );
        assert_eq!(parse(&body).unwrap().config, RunConfig::default());
        let body = format!(r#"{{"config":null,"rootfs":{{"type":"layers","diff_ids":["{D}"]}}}}"#);
        parse(&body).unwrap().check_platform(&Platform::default()).unwrap();
    }

    #[test]
    fn malformed_configurations_are_refused() {
        let table = [
            ("null", "null"),
            ("{}", "no rootfs"),
            (r#"{"rootfs":null}"#, "null rootfs"),
            (r#"{"rootfs":{"type":"layers","diff_ids":null}}"#, "null diff-ids"),
            (r#"{"rootfs":{"type":"layers+base","diff_ids":[]}}"#, "another type of rootfs"),
            (r#"{"rootfs":{"type":"layers","diff_ids":["sha256:x"]}}"#, "a bad diff-id"),
            (r#"{"config":{"Env":["a\u0000b"]},"rootfs":{"type":"layers","diff_ids":[]}}"#, "a NUL"),
        ];
        for (body, why) in table {
            assert!(matches!(parse(body), Err(ImageError::Document { .. })), "{why}");
        }
    }

    #[test]
    fn another_platform_lists_what_is_there() {
        let config =
            parse(r#"{"architecture":"arm64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#).unwrap();
        let error = config.check_platform(&Platform::default()).unwrap_err();
        assert_eq!(error.to_string(), "there is no image for linux/amd64; offered: linux/arm64");
    }
}
