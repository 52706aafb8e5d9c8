//! The command lines of the commands for containers.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use wcr_container::life::DetachKeys;
use wcr_image::Reference;

use crate::limits;

/// A command for containers that run or not, by their names or IDs.
#[derive(Debug, Args)]
pub(crate) struct Names {
    /// The containers: names, or IDs or their first digits
    #[arg(required = true, value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
}

/// `wcr start`.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// Show what it writes, and end with it
    #[arg(short, long)]
    pub(crate) attach: bool,
    /// Pass standard input on to it
    #[arg(short, long)]
    pub(crate) interactive: bool,
    /// The keys that leave it
    #[arg(long, value_name = "KEYS", default_value = "ctrl-p,ctrl-q")]
    pub(crate) detach_keys: DetachKeys,
    #[command(flatten)]
    pub(crate) names: Names,
}

/// `wcr stop` and `wcr restart`.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    /// The signal that asks it to end, instead of its own
    #[arg(short, long, value_name = "SIGNAL")]
    pub(crate) signal: Option<String>,
    /// Kill it when it has not ended after this many seconds; -1 for never
    #[arg(short = 't', long, visible_alias = "timeout", value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) time: Option<i64>,
    #[command(flatten)]
    pub(crate) names: Names,
}

/// `wcr kill`.
#[derive(Debug, Args)]
pub(crate) struct KillArgs {
    /// The signal: a number, or a name with or without SIG
    #[arg(short, long, value_name = "SIGNAL", default_value = "KILL")]
    pub(crate) signal: String,
    #[command(flatten)]
    pub(crate) names: Names,
}

/// `wcr rm`.
#[derive(Debug, Args)]
pub(crate) struct RmArgs {
    /// Kill those that run
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Remove their volumes; there are none, so this changes nothing
    #[arg(short, long)]
    pub(crate) volumes: bool,
    #[command(flatten)]
    pub(crate) names: Names,
}

/// `wcr ps`.
#[derive(Debug, Args)]
pub(crate) struct PsArgs {
    /// Show those that do not run, too
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Show only some: id=, name=PATTERN, label=KEY[=VALUE], status=, health=, exited=CODE, ancestor=IMAGE, before=, since=
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub(crate) filter: Vec<String>,
    /// Print what a template of Go says for each, `table TEMPLATE` with headings, or json for a line each
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) format: Option<String>,
    /// Print JSON
    #[arg(long, conflicts_with_all = ["quiet", "format"])]
    pub(crate) json: bool,
    /// Show the last ones that were made, whether they run or not
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub(crate) last: Option<usize>,
    /// Show the last one that was made, whether it runs or not
    #[arg(short, long)]
    pub(crate) latest: bool,
    /// Do not cut IDs and commands
    #[arg(long)]
    pub(crate) no_trunc: bool,
    /// Print only the IDs, whatever the format
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Show how much they have written
    #[arg(short, long)]
    pub(crate) size: bool,
}

/// `wcr logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Go on with what is written from now on, until it ends
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only what was written after this: a time, or how long ago, as in 10m
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only what was written before this
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only the last lines
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "all")]
    pub(crate) tail: String,
    /// Show when each line was written
    #[arg(short, long)]
    pub(crate) timestamps: bool,
    /// The container
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
}

/// The options of `wcr run` and `wcr create` about health checks.
#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Find out with this command for the shell whether the container does its work
    #[arg(long, value_name = "COMMAND")]
    pub(crate) health_cmd: Option<String>,
    /// The time between two checks [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = limits::time)]
    pub(crate) health_interval: Option<Duration>,
    /// How many checks in a row have to fail [default: 3]
    #[arg(long, value_name = "COUNT")]
    pub(crate) health_retries: Option<u32>,
    /// How long it may take until failed checks count [default: 0s]
    #[arg(long, value_name = "TIME", value_parser = limits::time)]
    pub(crate) health_start_period: Option<Duration>,
    /// The time between two checks until then [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = limits::time)]
    pub(crate) health_start_interval: Option<Duration>,
    /// How long a check may take [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = limits::time)]
    pub(crate) health_timeout: Option<Duration>,
    /// Make no checks, whatever the image says
    #[arg(long, conflicts_with_all = ["health_cmd", "health_interval", "health_retries", "health_start_period",
          "health_start_interval", "health_timeout"])]
    pub(crate) no_healthcheck: bool,
}

/// `wcr exec`.
#[derive(Debug, Args)]
#[command(override_usage = "wcr exec [OPTIONS] CONTAINER COMMAND [ARGUMENT]...")]
pub(crate) struct ExecArgs {
    /// Do not wait for it
    #[arg(short, long)]
    pub(crate) detach: bool,
    /// The keys that leave it
    #[arg(long, value_name = "KEYS", default_value = "ctrl-p,ctrl-q")]
    pub(crate) detach_keys: DetachKeys,
    /// Set a variable; the name alone takes the value from outside
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<OsString>,
    /// Set the variables that a file lists, a line each
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,
    /// Pass standard input on to it
    #[arg(short, long)]
    pub(crate) interactive: bool,
    /// Give it a terminal
    #[arg(short, long)]
    pub(crate) tty: bool,
    /// Run it as this user
    #[arg(short, long, value_name = "USER[:GROUP]")]
    pub(crate) user: Option<String>,
    /// Start in this directory
    #[arg(short, long, value_name = "DIR")]
    pub(crate) workdir: Option<String>,
    /// The container, and the command
    #[arg(required = true, num_args = 2.., trailing_var_arg = true, value_name = "CONTAINER")]
    pub(crate) container_and_command: Vec<OsString>,
}

/// `wcr attach`.
#[derive(Debug, Args)]
pub(crate) struct AttachArgs {
    /// The keys that leave it
    #[arg(long, value_name = "KEYS", default_value = "ctrl-p,ctrl-q")]
    pub(crate) detach_keys: DetachKeys,
    /// Do not pass standard input on to it
    #[arg(long)]
    pub(crate) no_stdin: bool,
    /// Pass signals on to it
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub(crate) sig_proxy: bool,
    /// The container
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
}

/// `wcr cp`.
#[derive(Debug, Args)]
pub(crate) struct CpArgs {
    /// Keep owners; without it, what comes into a container belongs to root
    #[arg(short, long)]
    pub(crate) archive: bool,
    /// Copy what a link at the end of the source leads to
    #[arg(short = 'L', long)]
    pub(crate) follow_link: bool,
    /// Tell nothing
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// From where: CONTAINER:PATH, a path of the host, or - for a tar on standard input
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// To where: CONTAINER:PATH, a path of the host, or - for a tar on standard output
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
}

/// `wcr diff`, `wcr port`.
#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The container
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
}

/// `wcr top`.
#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The container
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
}

/// `wcr commit`.
#[derive(Debug, Args)]
pub(crate) struct CommitArgs {
    /// Who has made it
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) author: Option<String>,
    /// Change the image's configuration: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR
    #[arg(short, long, value_name = "INSTRUCTION")]
    pub(crate) change: Vec<String>,
    /// What is to be said of it
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Pause the container meanwhile; what is kept is of one moment in any case
    #[arg(short, long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1,
          require_equals = true, default_missing_value = "true")]
    pub(crate) pause: bool,
    /// The container
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
    /// The image's name
    #[arg(value_name = "REPOSITORY[:TAG]")]
    pub(crate) name: Option<Reference>,
}

/// `wcr share`.
#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    /// Write a file instead of a link; - for standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "page")]
    pub(crate) output: Option<PathBuf>,
    /// The address of a playground, which opens the link
    #[arg(long, value_name = "URL")]
    pub(crate) page: Option<String>,
    /// The container
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
}

/// `wcr checkpoint`.
#[derive(Debug, Args)]
pub(crate) struct CheckpointArgs {
    /// The container
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
    /// The file; - for standard output
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// `wcr rename`.
#[derive(Debug, Args)]
pub(crate) struct RenameArgs {
    /// The container
    #[arg(value_name = "CONTAINER")]
    pub(crate) container: String,
    /// Its new name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

/// `wcr stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Show those that do not run, too
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Print what a template of Go says for each, `table TEMPLATE` with headings, or json for a line each
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) format: Option<String>,
    /// Show them once, as JSON
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Show them once
    #[arg(long)]
    pub(crate) no_stream: bool,
    /// Do not cut IDs
    #[arg(long)]
    pub(crate) no_trunc: bool,
    /// The containers; all that run when none is named
    #[arg(value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
}

/// `wcr container prune`.
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Remove only some: label=KEY[=VALUE], until=TIME
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) filter: Vec<String>,
}

/// `wcr keep`, which wcr itself calls.
#[derive(Debug, Args)]
pub(crate) struct KeepArgs {
    /// Wait for somebody to be attached
    #[arg(long)]
    pub(crate) attach: bool,
    /// The container's ID
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}
