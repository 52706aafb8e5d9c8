//! `wcr inspect` of containers, and what tells a single thing of one: diff, port, top.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};
use wcr_container::life::{Container, LifeError, Restart, State, Status, rfc3339_nanos};
use wcr_image::Class;
use wcr_store::Store;

use crate::args::InspectArgs;
use crate::container::{OneArgs, TopArgs};
use crate::exit::{self, Failure, report};
use crate::format::Format;
use crate::output::{print, print_json, table};
use crate::text::printable;

/// Prints all that is known of containers or images.
pub(crate) fn inspect(args: &InspectArgs) -> Result<u8> {
    let format = args.format.as_deref().map(Format::parse).transpose()?;
    let store = Store::open_default()?;
    let (mut found, mut code) = (Vec::new(), exit::OK);
    for name in &args.names {
        match one(&store, name, args.kind.as_deref(), args.size) {
            Ok(value) => found.push(value),
            Err(error) => code = code.max(report(&error, false)),
        }
    }
    let printed = match format {
        Some(format) => {
            let found: Vec<Value> = found.into_iter().map(crate::inspect::with_dockers_names).collect();
            print(&format.render(&found, &[])?)
        }
        // An image alone is shown as one document, as it always was; containers are a list, as with docker.
        None if found.len() == 1 && found.iter().all(|value| value.get("State").is_none()) => {
            print_json(&found.into_iter().next())?
        }
        None => print_json(&found)?,
    };
    Ok(code.max(printed))
}

fn one(store: &Store, name: &str, kind: Option<&str>, size: bool) -> Result<Value> {
    if kind != Some("image") {
        match Container::find(store, name) {
            Ok(container) => return Ok(container_value(&container, size)?),
            Err(LifeError::Unknown(_)) if kind.is_none() => {}
            Err(error) => return Err(error.into()),
        }
    }
    let nothing = || Failure::new(Class::Store, format!("No such object: {name}"));
    match crate::inspect::image(store, name) {
        Err(_) if kind.is_none() => Err(nothing().into()),
        found => found,
    }
}

fn time(nanos: u64) -> String {
    if nanos == 0 { "0001-01-01T00:00:00Z".into() } else { rfc3339_nanos(nanos) }
}

/// A container in the fields of `docker inspect`.
fn container_value(container: &Container, size: bool) -> Result<Value, LifeError> {
    let (record, state) = (&container.record, container.state()?);
    let spec = &record.spec;
    let argv = record.argv();
    let (path, arguments) = argv.split_first().map_or(("", &[][..]), |(path, rest)| (path.as_str(), rest));
    let settings = record.settings(container.id())?;
    let hostname = settings.hostname.clone().unwrap_or_else(|| wcr_container::DEFAULT_HOSTNAME.into());
    let mut env: Vec<String> = wcr_container::environment(&record.config.env, &settings.env, &hostname, spec.tty, b"/")
        .into_iter()
        .map(|entry| String::from_utf8_lossy(&entry).into_owned())
        .filter(|entry| !["HOSTNAME=", "HOME=", "TERM="].iter().any(|name| entry.starts_with(name)))
        .collect();
    // What the user has set comes first.
    let is_own = |entry: &str| {
        let name = entry.split('=').next().unwrap_or_default();
        settings.env.iter().any(|change| change.name == name.as_bytes())
    };
    env.sort_by_key(|entry| !is_own(entry));
    let (policy, retries) = match spec.restart {
        Restart::No => ("no", 0),
        Restart::OnFailure(most) => ("on-failure", most.unwrap_or_default()),
        Restart::Always => ("always", 0),
        Restart::UnlessStopped => ("unless-stopped", 0),
    };
    let mounts: Vec<Value> = record
        .binds(container.id())?
        .iter()
        .map(|bind| {
            json!({
                "Type": "bind",
                "Source": bind.host.display().to_string(),
                "Destination": bind.container,
                "Mode": if bind.read_only { "ro" } else { "" },
                "RW": !bind.read_only,
                "Propagation": "rprivate",
            })
        })
        .collect();
    let tmpfs: BTreeMap<&str, &str> =
        spec.tmpfs.iter().map(|tmpfs| tmpfs.split_once(':').unwrap_or((tmpfs, ""))).collect();
    let log = container.path().join("log.json");
    let words = |texts: &[wcr_container::life::Text]| texts.iter().map(|text| text.shown()).collect::<Vec<_>>();
    let command = if spec.command.is_empty() { record.config.cmd.clone() } else { words(&spec.command) };
    let entrypoint = match &spec.entrypoint {
        Some(program) => vec![program.shown()],
        None => record.config.entrypoint.clone(),
    };
    let mut value = json!({
        "Id": container.id(),
        "Created": time(record.created),
        "Path": path,
        "Args": arguments,
        "State": state_value(&state),
        "Image": record.image_id.map(|id| id.to_string()).unwrap_or_default(),
        "LogPath": log.display().to_string(),
        "Name": format!("/{}", container.name()?),
        "RestartCount": state.restarts,
        "Driver": "wcr",
        "Platform": "linux",
        "HostConfig": {
            "Binds": spec.binds,
            "LogConfig": {
                "Type": if spec.log.none { "none" } else { "json-file" },
                "Config": { "max-size": spec.log.max_size.to_string(), "max-file": spec.log.max_files.to_string() },
            },
            "NetworkMode": "none",
            "RestartPolicy": { "Name": policy, "MaximumRetryCount": retries },
            "AutoRemove": spec.auto_remove,
            "ExtraHosts": spec.hosts,
            "ReadonlyRootfs": spec.read_only,
            "Tmpfs": tmpfs,
            "Memory": spec.memory.unwrap_or_default(),
            "PidsLimit": spec.processes.unwrap_or_default(),
            "Init": spec.init,
            "Privileged": false,
            "PortBindings": {},
            "PublishAllPorts": false,
            "CapAdd": null,
            "CapDrop": null,
            "VolumesFrom": null,
        },
        "Mounts": mounts,
        "Config": {
            "Hostname": hostname,
            "User": spec.user.clone().unwrap_or_else(|| record.config.user.clone()),
            "Domainname": "",
            "AttachStdin": spec.interactive && !spec.detached,
            "AttachStdout": !spec.detached,
            "AttachStderr": !spec.detached,
            "Tty": spec.tty,
            "OpenStdin": spec.interactive,
            "StdinOnce": spec.interactive && !spec.detached,
            "Env": env,
            "Cmd": command,
            "Image": record.image,
            "WorkingDir": spec.workdir.clone().unwrap_or_else(|| record.config.working_dir.clone()),
            "Entrypoint": if entrypoint.is_empty() { Value::Null } else { json!(entrypoint) },
            "Labels": container.record.labels(),
            "StopSignal": wcr_container::signal_name(record.stop_signal()),
            "StopTimeout": spec.stop_timeout,
            "Healthcheck": record.healthcheck(),
        },
        "NetworkSettings": { "IPAddress": "", "Gateway": "", "MacAddress": "", "Ports": {}, "Networks": { "none": {} } },
    });
    if size && let Some(fields) = value.as_object_mut() {
        fields.insert("SizeRw".into(), container.written_bytes()?.into());
    }
    Ok(value)
}

fn state_value(state: &State) -> Value {
    let mut value = json!({
        "Status": state.status.name(),
        "Running": state.status.is_alive(),
        "Paused": state.status == Status::Paused,
        "Restarting": state.status == Status::Restarting,
        "OOMKilled": state.oom_killed,
        "Dead": false,
        "Pid": state.keeper,
        "ExitCode": state.exit_code,
        "Error": state.error,
        "StartedAt": time(state.started),
        "FinishedAt": time(state.finished),
    });
    if let (Some(health), Some(fields)) = (&state.health, value.as_object_mut()) {
        let log = health.log.iter().map(|result| {
            json!({
                "Start": time(result.start),
                "End": time(result.end),
                "ExitCode": result.exit_code,
                "Output": result.output,
            })
        });
        let (status, streak) = (health.status.name(), health.failing_streak);
        let health = json!({ "Status": status, "FailingStreak": streak, "Log": log.collect::<Vec<_>>() });
        fields.insert("Health".into(), health);
    }
    value
}

/// Lists what a container has changed of its image's files.
pub(crate) fn diff(args: &OneArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let changes = Container::find(&store, &args.container)?.changes()?;
    let shown = |path: &[u8]| printable(&String::from_utf8_lossy(path)).replace('\n', "\\n");
    if args.json {
        let value = |(kind, path): &(char, Vec<u8>)| json!({ "Kind": kind.to_string(), "Path": shown(path) });
        return print_json(&changes.iter().map(value).collect::<Vec<_>>());
    }
    let lines: String = changes.iter().map(|(kind, path)| format!("{kind} {}\n", shown(path))).collect();
    Ok(print(&lines))
}

/// Lists the ports of a container that can be reached from outside: there are none.
pub(crate) fn port(args: &OneArgs) -> Result<u8> {
    let store = Store::open_default()?;
    Container::find(&store, &args.container)?;
    if args.json { print_json(&json!({})) } else { Ok(exit::OK) }
}

/// Lists the processes of a container.
pub(crate) fn top(args: &TopArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let container = Container::find(&store, &args.container)?;
    let processes = container.processes()?;
    if args.json {
        return print_json(&processes);
    }
    let clock = |nanos: u64| {
        let seconds = nanos / 1_000_000_000;
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    };
    let started = container.state()?.started;
    let mut rows = vec![["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"].map(str::to_owned)];
    for process in processes {
        let began = crate::when::rfc3339((started + process.started) / 1_000_000_000);
        rows.push([
            // Others are known in the container alone.
            if process.uid == 0 { "root".into() } else { process.uid.to_string() },
            process.pid.to_string(),
            process.ppid.to_string(),
            "0".into(),
            began.get(11..16).unwrap_or_default().to_owned(),
            process.terminal,
            clock(process.cpu),
            printable(&process.command),
        ]);
    }
    Ok(print(&table(&rows)))
}
