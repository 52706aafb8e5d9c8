//! The configuration file: mirrors, registries without TLS, certificates, how many downloads at a time.
//!
//! TOML, at `$WCR_CONFIG`, or else `wcr/config.toml` in the platform's folder for a user's settings
//! (`$XDG_CONFIG_HOME` or `~/.config`, on macOS `~/Library/Application Support`, on Windows `%APPDATA%`):
//!
//! ```toml
//! parallel-downloads = 4            # layers fetched side by side, 1 to 64
//! ca-file = "/etc/ssl/company.pem"  # certificates that are trusted beside the system's
//! connect-timeout = 10              # seconds until a connection has to stand
//! idle-timeout = 30                 # seconds that a server may be silent
//! retry-pause = 0.2                 # seconds before something is tried again; doubles each time
//!
//! [registry."docker.io"]
//! mirrors = ["mirror.example.com", "registry.example.com/hub"]
//!
//! [registry."registry.example.com"]
//! insecure = "unverified"           # https, whatever its certificate
//!
//! [registry."10.0.0.5:5000"]
//! insecure = "http"                 # no encryption at all
//! ```

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wcr_image::Reference;

use crate::client::Options;
use crate::error::{RegistryError, Result};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;
/// The most downloads side by side.
const MOST_PARALLEL: usize = 64;

/// How a registry may be spoken to less safely than by verified https.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Insecure {
    /// Plain http.
    Http,
    /// https with any certificate.
    Unverified,
}

/// What is set for one registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RegistrySettings {
    /// Where its images are looked for first: `HOST[:PORT][/PREFIX]`, in this order.
    pub mirrors: Vec<String>,
    /// How it may be spoken to.
    pub insecure: Option<Insecure>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct File {
    parallel_downloads: Option<usize>,
    ca_file: Option<PathBuf>,
    connect_timeout: Option<f64>,
    idle_timeout: Option<f64>,
    retry_pause: Option<f64>,
    registry: BTreeMap<String, RegistrySettings>,
}

/// Where the configuration file is looked for; `None` when the environment names no folder.
#[must_use]
pub fn config_file() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = folder("WCR_CONFIG") {
        return Some(path);
    }
    let settings = if cfg!(windows) {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        // The XDG base directory specification has relative paths ignored.
        let xdg = folder("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        xdg.or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    Some(settings?.join("wcr/config.toml"))
}

/// The options that the configuration file at [`config_file`] sets, the rest by default. A file that is not
/// there sets nothing.
///
/// # Errors
/// [`RegistryError::Config`]: the file cannot be read, or has something in it that wcr does not understand.
pub fn configured() -> Result<Options> {
    match config_file() {
        Some(path) => read(&path),
        None => Ok(Options::default()),
    }
}

fn read(path: &Path) -> Result<Options> {
    let bad = |reason: String| RegistryError::Config { path: path.to_owned(), reason };
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > LONGEST => return Err(bad(format!("it is longer than {LONGEST} bytes"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Options::default()),
        _ => {}
    }
    let text = fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    let mut options = parse(&text).map_err(bad)?;
    options.ca_file = options.ca_file.map(|file| path.parent().map_or_else(|| file.clone(), |dir| dir.join(&file)));
    Ok(options)
}

fn parse(text: &str) -> Result<Options, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let mut options = Options { ca_file: file.ca_file, ..Options::default() };
    if let Some(count) = file.parallel_downloads {
        if !(1..=MOST_PARALLEL).contains(&count) {
            return Err(format!("parallel-downloads is {count}, not 1 to {MOST_PARALLEL}"));
        }
        options.parallel = count;
    }
    let seconds = |name: &str, value: Option<f64>, default: Duration| match value {
        None => Ok(default),
        Some(value) if (0.001..=3600.0).contains(&value) => Ok(Duration::from_secs_f64(value)),
        Some(value) => Err(format!("{name} is {value} seconds, not 0.001 to 3600")),
    };
    options.connect_timeout = seconds("connect-timeout", file.connect_timeout, options.connect_timeout)?;
    options.idle_timeout = seconds("idle-timeout", file.idle_timeout, options.idle_timeout)?;
    options.backoff = seconds("retry-pause", file.retry_pause, options.backoff)?;
    for (name, settings) in file.registry {
        let domain = domain(&name).filter(|domain| *domain == name);
        let domain = domain.ok_or_else(|| format!("[registry.{name:?}] names no registry, as HOST or HOST:PORT"))?;
        for mirror in &settings.mirrors {
            if mirror_parts(mirror).is_none() {
                return Err(format!("mirror {mirror:?} of {domain} does not have the form HOST[:PORT][/PREFIX]"));
            }
        }
        options.registries.insert(domain, settings);
    }
    Ok(options)
}

/// The registry that `name` names, as references do.
pub(crate) fn domain(name: &str) -> Option<String> {
    let reference: Reference = format!("{name}/x").parse().ok()?;
    let named = reference.domain() == name || matches!(name, "index.docker.io");
    named.then(|| reference.domain().to_owned())
}

/// A mirror's server, and what stands before the repositories' names there (`""`, or ending in `/`).
pub(crate) fn mirror_parts(mirror: &str) -> Option<(String, String)> {
    let (host, prefix) = mirror.split_once('/').map_or((mirror, ""), |(host, prefix)| (host, prefix));
    let reference: Reference = format!("{mirror}/x/y").parse().ok()?;
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    (reference.domain() == host && !mirror.ends_with('/')).then(|| (host.to_owned(), prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_settings_are_read() {
        let options = parse(
            "parallel-downloads = 2\nca-file = \"x.pem\"\nconnect-timeout = 3\nidle-timeout = 0.5\nretry-pause = 1\n\
             [registry.\"docker.io\"]\nmirrors = [\"a.example\", \"b.example:5000/hub\"]\n\
             [registry.\"10.0.0.5:5000\"]\ninsecure = \"http\"\n",
        )
        .unwrap();
        assert_eq!((options.parallel, options.ca_file.as_deref()), (2, Some(Path::new("x.pem"))));
        assert_eq!(options.connect_timeout, Duration::from_secs(3));
        assert_eq!((options.idle_timeout, options.backoff), (Duration::from_millis(500), Duration::from_secs(1)));
        assert_eq!(options.registries["docker.io"].mirrors.len(), 2);
        assert_eq!(options.registries["10.0.0.5:5000"].insecure, Some(Insecure::Http));
        assert_eq!(parse("").unwrap().parallel, Options::default().parallel);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_place() {
        for (text, reason) in [
            ("parallel-downloads = 0", "parallel-downloads is 0"),
            ("parallel-downloads = 65", "not 1 to 64"),
            ("idle-timeout = -1", "idle-timeout is -1"),
            ("paralel = 1", "unknown field `paralel`"),
            ("[registry.\"docker.io\"]\nmirror = []", "unknown field `mirror`"),
            ("[registry.\"a.b/c\"]\n", "names no registry"),
            ("[registry.\"plain\"]\n", "names no registry"),
            ("[registry.\"a.b\"]\nmirrors = [\"https://m.example\"]", "mirror \"https://m.example\""),
            ("[registry.\"a.b\"]\nmirrors = [\"m.example/\"]", "HOST[:PORT][/PREFIX]"),
            ("[registry.\"a.b\"]\ninsecure = true", "line 2"),
            ("x = [", "line 1"),
        ] {
            let error = parse(text).map(|_| ()).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn mirrors_have_a_server_and_a_prefix() {
        let parts = |mirror| mirror_parts(mirror).map(|(host, prefix)| format!("{host} {prefix}"));
        assert_eq!(parts("m.example").as_deref(), Some("m.example "));
        assert_eq!(parts("m.example:5000/a/b").as_deref(), Some("m.example:5000 a/b/"));
        assert_eq!(parts("localhost").as_deref(), Some("localhost "));
        for bad in ["", "m", "m.example/UPPER", "m.example/../x", "m.example//x", "http://m.example", "u:p@m.example"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
