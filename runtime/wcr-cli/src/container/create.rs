//! What `run` and `create` make a container of.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use wcr_container::bind::Bind;
use wcr_container::life::{LogSpec, Place, Restart, Spec, Text, record};
use wcr_container::{Limits, Tmpfs};
use wcr_image::{Class, Healthcheck, Reference};
use wcr_store::Store;

use crate::args::RunArgs;
use crate::container::HealthArgs;
use crate::container::share::place_from;
use crate::container::verbs::signal;
use crate::exit::Failure;
use crate::fetch::{self, Fetched};
use crate::output::print;
use crate::{env_file, exit, limits, shim_option};

/// The image that a command line names, and the command behind it.
pub(crate) fn image_and_command(args: &RunArgs) -> Result<(String, Reference, Vec<Text>)> {
    let mut words = args.image_and_command.iter();
    let name = words.next().map(|name| name.as_os_str()).unwrap_or_default();
    let not_text = || Failure::new(Class::Usage, format!("the image's name {name:?} is not valid UTF-8"));
    let name = name.to_str().ok_or_else(not_text)?;
    let command = words.map(|word| Text::from(word.as_encoded_bytes().to_vec())).collect();
    Ok((name.to_owned(), name.parse()?, command))
}

/// What a command line asks of a container.
///
/// # Errors
/// An option makes no sense.
pub(crate) fn spec(args: &RunArgs, command: Vec<Text>) -> Result<Spec> {
    let mut limits = Limits::default();
    args.ulimit.iter().for_each(|limit| limit.apply(&mut limits));
    let defaults = Limits::default().resources;
    let resources = limits.resources.iter().zip(defaults).enumerate();
    let resources = resources.filter(|(_, (own, default))| *own != default).map(|(at, (own, _))| (at, own.0, own.1));
    let (mut binds, mut tmpfs) = (Vec::new(), args.tmpfs.clone());
    for bind in &args.volume {
        binds.push(absolute(bind)?);
    }
    for mount in &args.mount {
        match mount.parse::<Mount>()? {
            Mount::Bind(bind) => binds.push(absolute(&bind)?),
            Mount::Tmpfs(text) => tmpfs.push(text),
        }
    }
    let usage = |message: String| Failure::new(Class::Usage, message);
    for text in &tmpfs {
        text.parse::<Tmpfs>().map_err(|error| usage(error.to_string()))?;
    }
    let restart = args.restart.as_deref().map(restart).transpose()?.unwrap_or_default();
    if args.rm && restart != Restart::No {
        return Err(usage("conflicting options: --restart and --rm".into()).into());
    }
    let milliseconds = args.timeout.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    Ok(Spec {
        command,
        entrypoint: args.entrypoint.as_ref().map(|program| program.as_encoded_bytes().to_vec().into()),
        env: env_file::texts(&args.env_file, &args.env)?,
        workdir: args.workdir.clone(),
        user: args.user.clone(),
        hostname: args.hostname.clone(),
        hosts: args.add_host.clone(),
        read_only: args.read_only,
        tmpfs,
        binds,
        writable_bytes: args.storage_opt,
        tty: args.tty,
        detached: args.detach,
        interactive: args.interactive,
        memory: args.memory,
        processes: args.pids_limit,
        output: args.output_limit,
        resources: resources.collect(),
        labels: labels(&args.label, &args.label_file)?,
        stop_signal: args.stop_signal.as_deref().map(signal).transpose()?.map(|signal| signal.0),
        stop_timeout: args.stop_timeout,
        auto_remove: args.rm,
        restart,
        log: log(args)?,
        timeout: milliseconds,
        shims: shim_option::shims(&args.shim)?.into_iter().map(|shim| (shim.name, shim.script.into())).collect(),
        clock: args.sources.clock(),
        seed: args.sources.seed(),
        init: args.init,
        health: health(&args.health, args.sources.clock().is_some())?,
        schedule: args.sources.schedule,
    })
}

/// What the options say of health checks; `None` when they say nothing.
fn health(args: &HealthArgs, own_clock: bool) -> Result<Option<Healthcheck>> {
    let nanos = |time: Option<Duration>| time.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
    let times = [args.health_interval, args.health_timeout, args.health_start_period, args.health_start_interval];
    if times.iter().flatten().any(|time| *time < Duration::from_millis(1)) {
        return Err(Failure::new(Class::Usage, "times of health checks cannot be less than 1ms").into());
    }
    let [interval, timeout, start_period, start_interval] = times.map(nanos);
    let test = match &args.health_cmd {
        _ if args.no_healthcheck => vec!["NONE".into()],
        Some(command) => vec!["CMD-SHELL".into(), command.clone()],
        None => Vec::new(),
    };
    let retries = args.health_retries.map_or(0, i64::from);
    let asked = Healthcheck { test, interval, timeout, start_period, start_interval, retries };
    if asked == Healthcheck::default() {
        return Ok(None);
    }
    if own_clock && !args.no_healthcheck {
        let message = "a clock of the container's own (--clock, --deterministic) and health checks do not go together: \
                       nothing comes from outside when it wants to";
        return Err(Failure::new(Class::Usage, message).into());
    }
    Ok(Some(asked))
}

/// A bind mount with a path that means the same from everywhere.
fn absolute(bind: &Bind) -> Result<String> {
    let host = std::path::absolute(&bind.host).with_context(|| format!("cannot use {}", bind.host.display()))?;
    Ok(Bind { host, ..bind.clone() }.to_string())
}

/// A mount in the long form of docker: `type=bind,source=PATH,target=PATH,readonly`.
#[derive(Debug, PartialEq, Eq)]
enum Mount {
    Bind(Bind),
    /// As `--tmpfs` has it.
    Tmpfs(String),
}

impl std::str::FromStr for Mount {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let fail = |why: String| Failure::new(Class::Usage, format!("invalid mount {text:?}: {why}"));
        let (mut kind, mut source, mut target, mut read_only) = (None, None, None, false);
        let mut options = Vec::new();
        for field in text.split(',') {
            let (key, value) = field.split_once('=').unwrap_or((field, ""));
            match key {
                "type" => kind = Some(value),
                "source" | "src" => source = Some(value),
                "target" | "destination" | "dst" => target = Some(value),
                "readonly" | "ro" => read_only = !matches!(value, "false" | "0"),
                "tmpfs-size" => options.push(format!("size={value}")),
                "tmpfs-mode" => options.push(format!("mode={value}")),
                "bind-propagation" | "consistency" => {}
                _ => return Err(fail(format!("field {key:?} is not known"))),
            }
        }
        let target = target.filter(|target| !target.is_empty()).ok_or_else(|| fail("it has no target".into()))?;
        match kind {
            Some("bind") => {
                let source = source.ok_or_else(|| fail("it has no source".into()))?;
                // A bare name is a path here: volumes have another type.
                let source = if source.contains(['/', '\\']) { source.to_owned() } else { format!("./{source}") };
                let suffix = if read_only { ":ro" } else { "" };
                let bind = format!("{source}:{target}{suffix}").parse();
                bind.map(Self::Bind).map_err(|error: wcr_container::bind::BindError| fail(error.fault.to_string()))
            }
            Some("tmpfs") => {
                options.extend(read_only.then(|| "ro".to_owned()));
                let options = options.join(",");
                Ok(Self::Tmpfs(if options.is_empty() { target.to_owned() } else { format!("{target}:{options}") }))
            }
            Some("volume") | None => Err(fail("there are no named volumes; use type=bind or type=tmpfs".into())),
            Some(other) => Err(fail(format!("type {other:?} is not known; there are bind and tmpfs"))),
        }
    }
}

fn labels(entries: &[String], files: &[PathBuf]) -> Result<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    let mut add = |entry: &str| {
        let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
        labels.insert(key.to_owned(), value.to_owned());
    };
    for path in files {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).for_each(&mut add);
    }
    entries.iter().for_each(|entry| add(entry));
    Ok(labels)
}

fn restart(text: &str) -> Result<Restart> {
    let (name, count) = text.split_once(':').map_or((text, None), |(name, count)| (name, Some(count)));
    let fail =
        || Failure::new(Class::Usage, format!("invalid restart policy {text:?}: no, on-failure[:COUNT], always"));
    Ok(match (name, count) {
        ("no" | "", None) => Restart::No,
        ("on-failure", count) => Restart::OnFailure(count.map(str::parse).transpose().map_err(|_| fail())?),
        ("always", None) => Restart::Always,
        ("unless-stopped", None) => Restart::UnlessStopped,
        _ => return Err(fail().into()),
    })
}

fn log(args: &RunArgs) -> Result<LogSpec> {
    let fail = |why: String| Failure::new(Class::Usage, why);
    let none = match args.log_driver.as_deref() {
        None | Some("json-file" | "local") => false,
        Some("none") => true,
        Some(other) => return Err(fail(format!("log driver {other:?} is not there; use json-file or none")).into()),
    };
    let mut log = LogSpec { none, ..LogSpec::default() };
    for option in &args.log_opt {
        match option.split_once('=') {
            Some(("max-size", size)) => log.max_size = limits::size(size).map_err(fail)?,
            Some(("max-file", count)) => {
                let good = count.parse().ok().filter(|count| (1..=1000).contains(count));
                log.max_files = good.ok_or_else(|| fail(format!("invalid max-file {count:?}: a number from 1 on")))?;
            }
            _ => {
                return Err(fail(format!("log option {option:?} is not known; there are max-size and max-file")).into());
            }
        }
    }
    Ok(log)
}

/// The place of a container of an image.
fn new_place(args: &RunArgs) -> Result<(Place, Fetched)> {
    let (name, reference, command) = image_and_command(args)?;
    let spec = spec(args, command)?;
    let fetched = fetch::for_run(&reference, args.platform.as_ref(), args.pull, args.quiet)?;
    let record = record(&name, fetched.record.as_ref(), &fetched.image, spec);
    let place = Place::new(Store::open_default()?, args.name.clone(), record)?;
    Ok((place, fetched))
}

/// The place of a new container, and its image.
///
/// # Errors
/// The image is not to be had; an option makes no sense; the name is taken.
pub(crate) fn place(args: &RunArgs) -> Result<(Place, Fetched)> {
    let (place, fetched) = match &args.from {
        Some(from) => place_from(args, from)?,
        None => new_place(args)?,
    };
    if let Some(path) = &args.cidfile {
        write_id(path, place.id())?;
        // A file that names a container that is not there would be a trap.
        place.folder().inspect_err(|_| drop(std::fs::remove_file(path)))?;
    } else if args.name.is_some() {
        place.folder()?;
    }
    Ok((place, fetched))
}

/// Writes the ID to a file that is not there yet.
fn write_id(path: &Path, id: &str) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.with_context(|| format!("cannot write the container's ID to {}", path.display()))?;
    file.write_all(id.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// Makes a container, and does not start it.
pub(crate) fn create(args: &RunArgs) -> Result<u8> {
    if args.detach {
        return Err(Failure::new(Class::Usage, "`create` starts nothing; -d belongs to `run`").into());
    }
    let (place, _) = place(args)?;
    let id = place.id().to_owned();
    place.into_parts()?;
    print(&format!("{id}\n"));
    Ok(exit::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_in_the_long_form() {
        let bind: Mount = "type=bind,src=/a,dst=/b,ro".parse().unwrap();
        assert_eq!(bind, Mount::Bind("/a:/b:ro".parse().unwrap()));
        let tmpfs: Mount = "type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777".parse().unwrap();
        assert_eq!(tmpfs, Mount::Tmpfs("/t:size=1m,mode=1777".into()));
        for bad in
            ["", "type=bind,source=/a", "type=bind,target=/b", "type=volume,target=/x", "type=x,target=/y", "a=b"]
        {
            assert!(bad.parse::<Mount>().is_err(), "{bad}");
        }
    }

    #[test]
    fn restart_policies() {
        assert_eq!(restart("on-failure:3").unwrap(), Restart::OnFailure(Some(3)));
        assert_eq!((restart("no").unwrap(), restart("always").unwrap()), (Restart::No, Restart::Always));
        assert!(["on-failure:x", "always:1", "sometimes"].iter().all(|text| restart(text).is_err()));
    }
}
