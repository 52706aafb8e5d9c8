//! `wcr info`: what is in force.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;
use wcr_registry::{Insecure, RegistrySettings, config_file, configured, proxy_without_secret};
use wcr_store::Store;

use crate::format::Format;
use crate::output;
use crate::remote_args::InfoArgs;
use crate::text::safe;

/// All that is shown, as `--json` has it.
#[derive(Debug, Serialize)]
struct Info {
    version: &'static str,
    store: PathBuf,
    images: usize,
    /// Absent where there is no folder for it.
    config_file: Option<PathBuf>,
    config_file_exists: bool,
    parallel_downloads: usize,
    connect_timeout_seconds: f64,
    idle_timeout_seconds: f64,
    ca_file: Option<PathBuf>,
    /// Where credentials are looked for, in this order.
    credentials: Vec<PathBuf>,
    /// The variables for proxies that are set, without what is secret in them.
    proxies: BTreeMap<&'static str, String>,
    registries: BTreeMap<String, RegistrySettings>,
}

/// Prints what is in force.
pub(crate) fn info(args: &InfoArgs) -> Result<u8> {
    let format = args.format.as_deref().map(Format::parse).transpose()?;
    let store = Store::open_default()?;
    let options = configured()?;
    let config_file = config_file();
    let info = Info {
        version: env!("CARGO_PKG_VERSION"),
        images: store.list()?.len(),
        store: store.root().to_owned(),
        config_file_exists: config_file.as_ref().is_some_and(|path| path.exists()),
        config_file,
        parallel_downloads: options.parallel,
        connect_timeout_seconds: options.connect_timeout.as_secs_f64(),
        idle_timeout_seconds: options.idle_timeout.as_secs_f64(),
        ca_file: options.ca_file,
        credentials: options.docker_config.into_iter().chain(options.more_credentials).collect(),
        proxies: proxies(),
        registries: options.registries,
    };
    if args.json {
        return output::print_json(&info);
    }
    if let Some(format) = format {
        return Ok(output::print(&format.render(&[pascal(&serde_json::to_value(&info)?)], &[])?));
    }
    Ok(output::print(&safe(&text(&info))))
}

/// The value with the names of its fields as docker writes them: `ConfigFile` for `config_file`.
fn pascal(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let name = |name: &String| -> String {
        let words = name.split('_').map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
        });
        words.collect()
    };
    fields.iter().map(|(key, value)| (name(key), value.clone())).collect()
}

fn text(info: &Info) -> String {
    let there = if info.config_file_exists { "" } else { " (not there)" };
    let mut rows = vec![
        ["Version".to_owned(), info.version.to_owned()],
        ["Store".to_owned(), format!("{} ({} images)", info.store.display(), info.images)],
    ];
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    match &info.config_file {
        Some(path) => row("Configuration", format!("{}{there}", path.display())),
        None => row("Configuration", "there is no folder for it".to_owned()),
    }
    row("Parallel downloads", info.parallel_downloads.to_string());
    row("Connect timeout", format!("{} s", info.connect_timeout_seconds));
    row("Idle timeout", format!("{} s", info.idle_timeout_seconds));
    row("CA file", info.ca_file.as_ref().map_or_else(|| "none".into(), |path| path.display().to_string()));
    for path in &info.credentials {
        row("Credentials", format!("{}{}", path.display(), if path.exists() { "" } else { " (not there)" }));
    }
    for (name, value) in &info.proxies {
        row(name, value.clone());
    }
    for (name, settings) in &info.registries {
        let insecure = match settings.insecure {
            None => "https",
            Some(Insecure::Http) => "INSECURE: plain http",
            Some(Insecure::Unverified) => "INSECURE: https with any certificate",
        };
        let mirrors = if settings.mirrors.is_empty() {
            String::new()
        } else {
            format!(", mirrors {}", settings.mirrors.join(", "))
        };
        row("Registry", format!("{name}: {insecure}{mirrors}"));
    }
    output::table(&rows)
}

/// The variables for proxies that are set.
pub(crate) fn proxies() -> BTreeMap<&'static str, String> {
    let names =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];
    let set = |name: &'static str| {
        Some((name, proxy_without_secret(&std::env::var(name).ok().filter(|text| !text.is_empty())?)))
    };
    names.into_iter().filter_map(set).collect()
}
