//! Docker's commands and options that wcr has not: refused by name, with the reason and what to do instead.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The commands whose options are docker's for a container.
const OF_CONTAINERS: [&str; 4] = ["create", "exec", "run", "update"];

/// Commands that there are not, and why.
const COMMANDS: [(&[&str], &str); 10] = [
    (
        &["build", "buildx", "builder", "bake"],
        "wcr builds no images; build with docker, podman or buildah and bring the image over a registry or with \
         `wcr load`, or make one of a root file system with `wcr import`",
    ),
    (&["network"], "containers have no network, so there are no networks to look after"),
    (
        &["volume"],
        "there are no volumes; keep files in a folder of the host, which `wcr run -v HOST:CONTAINER` shows in the container",
    ),
    (
        &["compose", "stack", "service", "pod", "play", "kube", "generate"],
        "wcr runs single containers, not groups of them that talk over a network; start each with `wcr run`",
    ),
    (&["swarm", "node", "secret", "config"], "wcr runs on this machine alone; there are no clusters"),
    (&["plugin"], "there are no plugins"),
    (&["update"], "what a container was made of does not change; make another one with `wcr run`"),
    (
        &["context", "machine"],
        "there is no daemon and no virtual machine to choose; wcr does its work itself, right here",
    ),
    (
        &["trust"],
        "signatures are not checked; an image is checked against its digest, IMAGE@sha256:…, if that is named",
    ),
    (&["search"], "registries are not searched; look on the registry's page, then `wcr pull` the image by its name"),
];

/// Options of containers that there are not, and why.
const OPTIONS: [(&[&str], &str); 16] = [
    (
        &["-p", "--publish", "-P", "--publish-all", "--expose"],
        "containers have no network, so no port can be reached; pass data through standard streams or a folder (-v)",
    ),
    (
        &[
            "--dns",
            "--dns-option",
            "--dns-search",
            "--domainname",
            "--ip",
            "--ip6",
            "--link",
            "--link-local-ip",
            "--mac-address",
            "--network-alias",
            "--net-alias",
        ],
        "containers have no network; leave it out",
    ),
    (
        &["--privileged"],
        "nothing of the host can be reached from a container, so there is nothing to give rights to; leave it out",
    ),
    (
        &["--cap-add", "--cap-drop"],
        "a container's superuser always has the capabilities that docker gives by default; use --user for fewer rights",
    ),
    (
        &["--security-opt", "--userns", "--group-add"],
        "programs run as WebAssembly inside wcr and never as users of the host; leave it out, or choose a user with --user",
    ),
    (
        &[
            "--device",
            "--device-cgroup-rule",
            "--device-read-bps",
            "--device-read-iops",
            "--device-write-bps",
            "--device-write-iops",
            "--blkio-weight",
            "--blkio-weight-device",
        ],
        "containers do not see the host's devices; show files and folders with -v",
    ),
    (&["--gpus"], "containers do not see the host's devices, graphics cards among them"),
    (
        &[
            "-c",
            "--cpu-shares",
            "--cpus",
            "--cpu-count",
            "--cpu-percent",
            "--cpu-period",
            "--cpu-quota",
            "--cpu-rt-period",
            "--cpu-rt-runtime",
            "--cpuset-cpus",
            "--cpuset-mems",
        ],
        "a container never uses more than one processor, and its share cannot be set; limit its time with --timeout or \
         `--ulimit cpu=SECONDS`",
    ),
    (
        &[
            "--memory-reservation",
            "--memory-swap",
            "--memory-swappiness",
            "--kernel-memory",
            "--oom-kill-disable",
            "--oom-score-adj",
        ],
        "containers have no swap and no memory of the host's kernel; limit their memory with --memory",
    ),
    (
        &["--ipc", "--pid", "--uts", "--cgroupns", "--cgroup-parent", "--shm-size"],
        "a container has a kernel of its own and shares nothing with the host's or another container's; leave it out",
    ),
    (&["--sysctl"], "settings of the simulated kernel cannot be changed; leave it out"),
    (
        &["--runtime", "--isolation", "--io-maxbandwidth", "--io-maxiops"],
        "wcr itself is the only runtime; leave it out",
    ),
    (&["--volumes-from", "--volume-driver"], "there are no volumes; name the same folder with -v for both containers"),
    (
        &["-a", "--attach", "--sig-proxy"],
        "a run in the foreground has all streams of the container, and its signals; use -d and `wcr attach` for less",
    ),
    (&["--annotation"], "give labels, with --label NAME=VALUE"),
    (
        &["--disable-content-trust", "--use-api-socket"],
        "there are no signatures to check and there is no daemon to talk to; leave it out",
    ),
];

/// The network of a container: there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoNetwork;

/// Reads the value of `--network`. `host` is refused, although nothing would break at once: a program would be told of
/// it by `connect` only, long after the start.
///
/// # Errors
/// It is not `none`.
pub(crate) fn network(text: &str) -> Result<NoNetwork, String> {
    match text {
        "none" => Ok(NoNetwork),
        "host" => Err("a container has no network, not the host's either; leave the option out, or say none".into()),
        _ => Err("a container has no network; leave the option out, or say none".into()),
    }
}

/// The sentence that refuses what the parser did not know, if docker knows it.
pub(crate) fn sentence(error: &clap::Error, command: &str) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let (name, reasons) = match error.kind() {
        ErrorKind::InvalidSubcommand => (text(ContextKind::InvalidSubcommand)?, &COMMANDS[..]),
        ErrorKind::UnknownArgument if OF_CONTAINERS.contains(&command) => {
            (text(ContextKind::InvalidArg)?, &OPTIONS[..])
        }
        _ => return None,
    };
    let (_, reason) = reasons.iter().find(|(names, _)| names.contains(&name))?;
    Some(format!("{name} is not supported: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory as _;

    fn refused(line: &[&str]) -> Option<String> {
        let line: Vec<_> = ["wcr"].iter().chain(line).map(std::ffi::OsString::from).collect();
        let command = line[1].to_str().unwrap().to_owned();
        sentence(&Cli::read(line).unwrap_err(), &command)
    }

    #[test]
    fn what_docker_has_is_refused_by_name() {
        for (line, start) in [
            (&["network", "ls"][..], "network is not supported: containers have no network"),
            (&["build", "."], "build is not supported: wcr builds no images"),
            (&["run", "--privileged", "x"], "--privileged is not supported: nothing of the host"),
            (&["run", "-p", "80:80", "x"], "-p is not supported: containers have no network"),
            (&["run", "-p80:80", "x"], "-p is not supported: containers have no network"),
            (&["run", "--publish=80", "x"], "--publish is not supported"),
            (&["run", "-itp", "80", "x"], "-p is not supported"),
            (&["run", "--gpus", "all", "x"], "--gpus is not supported"),
        ] {
            let said = refused(line).unwrap_or_default();
            assert!(said.starts_with(start), "{line:?}: {said}");
        }
        assert_eq!(refused(&["run", "--no-such", "x"]), None);
        assert_eq!(refused(&["nonsense"]), None);
        assert_eq!(refused(&["list", "--privileged"]), None);
    }

    #[test]
    fn nothing_is_refused_that_there_is() {
        let cli = Cli::command();
        for (names, _) in COMMANDS {
            assert!(names.iter().all(|name| cli.find_subcommand(name).is_none()), "{names:?}");
        }
        let run = cli.find_subcommand("run").unwrap();
        for name in OPTIONS.iter().flat_map(|(names, _)| *names) {
            let known = run.get_arguments().any(|arg| {
                arg.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long))
                    || arg.get_short().is_some_and(|short| **name == format!("-{short}"))
            });
            assert!(!known, "{name}");
        }
    }

    #[test]
    fn the_only_network_is_none() {
        assert_eq!(network("none"), Ok(NoNetwork));
        for other in ["host", "bridge", "", "container:x"] {
            assert!(network(other).unwrap_err().contains("no network"), "{other}");
        }
    }
}
