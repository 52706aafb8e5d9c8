//! The command line: one struct a command.

use std::ffi::OsString;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use wcr_container::bind::Bind;
use wcr_container::life::DetachKeys;
use wcr_harness::Shard;
use wcr_image::{Platform, Reference};

use crate::clock::{ClockArg, SourceArgs, schedules};
use crate::container::{
    self, AttachArgs, CheckpointArgs, CommitArgs, CpArgs, ExecArgs, HealthArgs, KeepArgs, KillArgs, LogsArgs, Names,
    OneArgs, PsArgs, RenameArgs, RmArgs, ShareArgs, StartArgs, StatsArgs, StopArgs, TopArgs,
};
use crate::events::EventsArgs;
use crate::help;
use crate::image_args::{
    DfArgs, ExportArgs, FsckArgs, ImportArgs, ListArgs, LoadArgs, PruneArgs, RmiArgs, SaveArgs, TagArgs,
};
use crate::limits::{self, Ulimit};
use crate::playground::PlaygroundArgs;
use crate::refusal::{self, NoNetwork};
use crate::remote_args::{HistoryArgs, InfoArgs, LoginArgs, LogoutArgs, ManifestArgs, PullArgs, PushArgs};
use crate::self_args::{CompletionArgs, DoctorArgs, ManArgs, VersionArgs};
use crate::switches;

/// Runs unmodified container images as a small simulated Linux made of WebAssembly.
#[derive(Debug, Parser)]
#[command(name = "wcr", version, propagate_version = false, disable_help_subcommand = true)]
#[command(after_help = "The store is in the folder WCR_ROOT, by default in the user's folder for data.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The command line of `wcr run` alone: taking in one command's definition costs less than all of them.
#[derive(Debug, Parser)]
#[command(name = "wcr run", about = "Run a command in a new container of an image")]
struct RunCli {
    #[command(flatten)]
    args: RunArgs,
}

impl Cli {
    /// Reads a command line, the program's name included.
    ///
    /// # Errors
    /// What is wrong with it, or the help that was asked for.
    pub(crate) fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut line: Vec<OsString> = line.into_iter().collect();
        loop {
            match Self::read_plain(&line) {
                Err(error) if switches::turn(&mut line, &error) => {}
                // What is shown then has more in it than reading needs.
                Err(_) => {
                    let matches = help::taught().try_get_matches_from(&line).map_err(help::with_tip)?;
                    return Self::from_arg_matches(&matches);
                }
                read => return read,
            }
        }
    }

    fn read_plain(line: &[OsString]) -> Result<Self, clap::Error> {
        match line {
            [_, rest @ ..] if rest.first().is_some_and(|command| command == "run") => {
                RunCli::try_parse_from(rest).map(|cli| Self { command: Command::Run(Box::new(cli.args)) })
            }
            _ => Self::try_parse_from(line),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a command in a new container of an image
    Run(Box<RunArgs>),
    /// Make a container, and do not start it
    Create(Box<RunArgs>),
    /// Start containers that do not run
    Start(StartArgs),
    /// Ask containers to end, and kill those that do not
    Stop(StopArgs),
    /// Stop containers and start them again
    Restart(StopArgs),
    /// Kill containers, or send them a signal
    Kill(KillArgs),
    /// Let nobody in containers go on
    Pause(Names),
    /// Let everybody in containers go on
    Unpause(Names),
    /// Wait for containers to end, and print their exit codes
    Wait(Names),
    /// Remove containers
    Rm(RmArgs),
    /// List containers
    Ps(PsArgs),
    /// Show what a container has written
    Logs(LogsArgs),
    /// Run a command in a container that runs
    Exec(ExecArgs),
    /// Join this terminal to a container that runs
    Attach(AttachArgs),
    /// Copy files between a container and the host
    Cp(CpArgs),
    /// List what a container has changed of its image's files
    Diff(OneArgs),
    /// Make an image of a container's files
    Commit(CommitArgs),
    /// Make a link or a file of a container, from which it goes on elsewhere
    Share(ShareArgs),
    /// Write a container's files and environment as they are now, for `run --from`
    Checkpoint(CheckpointArgs),
    /// Give a container another name
    Rename(RenameArgs),
    /// List the ports of a container; there are none
    Port(OneArgs),
    /// List the processes of a container
    Top(TopArgs),
    /// Show what containers use
    Stats(StatsArgs),
    /// Show what happens to containers and images
    Events(EventsArgs),
    /// Commands for containers, as docker has them under this name
    #[command(subcommand)]
    Container(ContainerCommand),
    #[command(hide = true)]
    Keep(KeepArgs),
    /// Bring an image from its registry into the store
    Pull(PullArgs),
    /// Bring an image of the store to a registry
    Push(PushArgs),
    /// Prove a name and a password to a registry, and keep them
    Login(LoginArgs),
    /// Forget what is kept for a registry
    Logout(LogoutArgs),
    /// List the images in the store
    #[command(visible_alias = "images")]
    List(ListArgs),
    /// Show all that is known of an image, as JSON
    Inspect(InspectArgs),
    /// Show the manifest or the index that a name stands for
    Manifest(ManifestArgs),
    /// Show how an image came about
    History(HistoryArgs),
    /// Show what is in force: folders, settings, mirrors, proxies
    Info(InfoArgs),
    /// Give an image another name
    Tag(TagArgs),
    /// Remove names of images, and images that have no name any more
    Rmi(RmiArgs),
    /// Write images as an archive
    Save(SaveArgs),
    /// Take the images of an archive into the store
    Load(LoadArgs),
    /// Make an image of a root file system
    Import(ImportArgs),
    /// Write the files of an image as one tar
    Export(ExportArgs),
    /// Remove what no image needs
    Prune(PruneArgs),
    /// Show how much room the store takes
    Df(DfArgs),
    /// Check every byte of the store
    Fsck(FsckArgs),
    /// Show what stands in for which program
    Shims(ShimsArgs),
    /// Run test scripts, each command in a fresh container that is the same every time
    Test(TestArgs),
    /// Let a recorded run happen again
    Replay(ReplayArgs),
    /// Serve a page for this machine's browser, in which images run
    Playground(PlaygroundArgs),
    /// Show the version
    Version(VersionArgs),
    /// Look whether all that wcr needs is there and works
    Doctor(DoctorArgs),
    /// Print what makes a shell complete command lines of wcr
    Completion(CompletionArgs),
    /// Show the manual pages, or write them into a folder
    Man(ManArgs),
}

/// `wcr container …`.
#[derive(Debug, Subcommand)]
pub(crate) enum ContainerCommand {
    /// Remove all containers that do not run
    Prune(container::PruneArgs),
    /// List containers
    #[command(visible_aliases = ["list", "ps"])]
    Ls(PsArgs),
}

/// `wcr run`.
#[derive(Debug, Args)]
#[command(override_usage = "wcr run [OPTIONS] IMAGE [COMMAND [ARGUMENT]...]", disable_help_flag = true)]
pub(crate) struct RunArgs {
    /// Print help; -h is the host name, as with docker
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
    /// Remove the container when it has ended
    #[arg(long)]
    pub(crate) rm: bool,
    /// Let it run on its own, and print its ID
    #[arg(short, long)]
    pub(crate) detach: bool,
    /// The container's name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Mark the container
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    pub(crate) label: Vec<String>,
    /// Mark the container as a file says, a line each
    #[arg(long, value_name = "FILE")]
    pub(crate) label_file: Vec<PathBuf>,
    /// Write the container's ID to a new file
    #[arg(long, value_name = "FILE")]
    pub(crate) cidfile: Option<PathBuf>,
    /// Set a variable; the name alone takes the value from outside
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<OsString>,
    /// Set the variables that a file lists, a line each
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<PathBuf>,
    /// Start in this directory, which is made when it is missing
    #[arg(short, long, value_name = "DIR")]
    pub(crate) workdir: Option<String>,
    /// Run as this user: a name or a number of the image's
    #[arg(short, long, value_name = "USER[:GROUP]")]
    pub(crate) user: Option<String>,
    /// Let a folder or a file of the host appear in the container
    #[arg(short, long, value_name = "HOST:CONTAINER[:ro]")]
    pub(crate) volume: Vec<Bind>,
    /// Let something appear in the container: type=bind,source=PATH,target=PATH[,readonly] or type=tmpfs,target=PATH
    #[arg(long, value_name = "KEY=VALUE,...")]
    pub(crate) mount: Vec<String>,
    /// Let nothing be changed but what is mounted
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Mount a file system in memory
    #[arg(long, value_name = "PATH[:OPTION,...]")]
    pub(crate) tmpfs: Vec<String>,
    /// Limit what can be written over the image's files: size=BYTES, with k, m or g after the number
    #[arg(long, value_name = "size=BYTES", value_parser = storage_size)]
    pub(crate) storage_opt: Option<u64>,
    /// Let a script in Rhai be a program of the container; the name alone takes one that wcr carries
    #[arg(long, value_name = "NAME[=FILE]")]
    pub(crate) shim: Vec<String>,
    /// Pass standard input on to the container
    #[arg(short, long)]
    pub(crate) interactive: bool,
    /// Give the container a terminal; with -i it has this one's keys
    #[arg(short, long)]
    pub(crate) tty: bool,
    /// Run this program instead of the image's entry point; empty for none
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) entrypoint: Option<OsString>,
    /// The container's host name
    #[arg(short = 'h', long, value_name = "NAME")]
    pub(crate) hostname: Option<String>,
    /// Add a line to /etc/hosts
    #[arg(long, value_name = "NAME:ADDRESS")]
    pub(crate) add_host: Vec<String>,
    /// The keys that leave it with -it; it goes on then
    #[arg(long, value_name = "KEYS", default_value = "ctrl-p,ctrl-q")]
    pub(crate) detach_keys: DetachKeys,
    /// Start it again when it has ended: no, on-failure[:COUNT], always; with -d
    #[arg(long, value_name = "POLICY")]
    pub(crate) restart: Option<String>,
    /// Let the first process be one that passes signals on to the command and looks after orphans
    #[arg(long)]
    pub(crate) init: bool,
    #[command(flatten)]
    pub(crate) health: HealthArgs,
    /// The signal that `stop` sends
    #[arg(long, value_name = "SIGNAL")]
    pub(crate) stop_signal: Option<String>,
    /// How long `stop` waits before it kills, in seconds; -1 for ever
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) stop_timeout: Option<i64>,
    /// Where its output is kept: json-file or none
    #[arg(long, value_name = "DRIVER")]
    pub(crate) log_driver: Option<String>,
    /// How much of its output is kept: max-size=BYTES, max-file=COUNT
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) log_opt: Vec<String>,
    /// Do not show how the image comes
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Connect the container to no network; there is none in any case
    #[arg(long, alias = "net", value_name = "none", value_parser = refusal::network)]
    pub(crate) network: Option<NoNetwork>,
    /// Get the image from its registry every time, when it is not in the store, or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = PullPolicy::Missing)]
    pub(crate) pull: PullPolicy,
    /// The platform of the image
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// Kill the process that wants more memory than this, all processes together
    #[arg(short, long, value_name = "BYTES", value_parser = limits::size)]
    pub(crate) memory: Option<u64>,
    /// Let the container have this many processes at a time
    #[arg(long, value_name = "COUNT", value_parser = limits::processes, allow_negative_numbers = true)]
    pub(crate) pids_limit: Option<usize>,
    /// Set a limit that each process has, as in nofile=1024:4096
    #[arg(long, value_name = "NAME=SOFT[:HARD]")]
    pub(crate) ulimit: Vec<Ulimit>,
    /// Let the container write this much on standard output and standard error
    #[arg(long, value_name = "BYTES", value_parser = limits::size)]
    pub(crate) output_limit: Option<u64>,
    /// Kill the container after this time: seconds, or with h, m or s behind a number
    #[arg(long, value_name = "TIME", value_parser = limits::time)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    /// End with the digest of all that the container did, on standard error; needs a clock and a seed of its own
    #[arg(long)]
    pub(crate) trace_digest: bool,
    /// Write each call that the container's programs make, in the manner of strace, to a file or to standard error
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) trace: Option<OsString>,
    /// Write to a file what makes the run happen again (`wcr replay`)
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Write the image's files into the recording, too, or not; otherwise they are when they have up to 16 MiB
    #[arg(long, value_name = "true|false", requires = "record", num_args = 0..=1, require_equals = true,
          default_missing_value = "true")]
    pub(crate) record_image: Option<bool>,
    /// Say on standard error what is being done
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Say on standard error what runs for each program
    #[arg(long)]
    pub(crate) explain: bool,
    /// Go on from what `wcr share` or `wcr checkpoint` has made; then there is no IMAGE
    #[arg(long, value_name = "FILE|LINK")]
    pub(crate) from: Option<String>,
    /// The image, and the command to run in it instead of its own
    #[arg(required_unless_present = "from", trailing_var_arg = true, value_name = "IMAGE")]
    pub(crate) image_and_command: Vec<OsString>,
}

/// Reads the one storage option there is.
fn storage_size(text: &str) -> Result<u64, String> {
    let Some(("size", value)) = text.split_once('=') else { return Err("there is only size=BYTES".into()) };
    crate::limits::size(value)
}

/// When `run` asks a registry: every time, when the image is not in the store, never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PullPolicy {
    Always,
    Missing,
    Never,
}

/// `wcr inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Print what a template of Go says, or json for one line
    #[arg(short, long, value_name = "TEMPLATE")]
    pub(crate) format: Option<String>,
    /// Take the names for those of: container or image
    #[arg(long = "type", value_name = "TYPE", value_parser = ["container", "image"])]
    pub(crate) kind: Option<String>,
    /// Show how much containers have written
    #[arg(short, long)]
    pub(crate) size: bool,
    /// Names of containers or images
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

/// `wcr shims`.
#[derive(Debug, Args)]
pub(crate) struct ShimsArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// An image in the store, of which every executable is shown
    #[arg(value_name = "IMAGE")]
    pub(crate) reference: Option<Reference>,
}

/// `wcr replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Let it happen twice, show nothing of it, and compare what happened
    #[arg(long)]
    pub(crate) verify: bool,
    /// What `wcr run --record` has written
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Another recording: show the first call in which the two differ
    #[arg(value_name = "OTHER")]
    pub(crate) other: Option<PathBuf>,
}

/// `wcr test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Get the images from their registry every time, when they are not in the store, or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = PullPolicy::Missing)]
    pub(crate) pull: PullPolicy,
    /// The platform of the images
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// The image of structure tests, which do not name it themselves
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// Run the cases whose title (FILE: NAME) has this text in it; may be given several times
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Run a share of the cases, as in 1/4; a case is always in the same one
    #[arg(long, value_name = "NUMBER/COUNT")]
    pub(crate) shard: Option<Shard>,
    /// Write the snapshots that are missing or not as the values are now
    #[arg(long)]
    pub(crate) update: bool,
    /// Let a script in Rhai be a program of all containers; the name alone takes one that wcr carries
    #[arg(long, value_name = "NAME[=FILE]")]
    pub(crate) shim: Vec<String>,
    /// The clock that containers begin with, unless a script says otherwise: virtual, or fixed=TIME
    #[arg(long, value_name = "CLOCK", value_parser = ClockArg::read)]
    pub(crate) clock: Option<ClockArg>,
    /// The number that all randomness follows from, unless a script says otherwise
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Run all of a script's cases in each of these orders of processes, until one fails
    #[arg(long, value_name = "seeds=FIRST..LAST", value_parser = schedules)]
    pub(crate) schedule: Option<RangeInclusive<u64>>,
    /// Run this many scripts at a time [default: the number of cores]
    #[arg(short, long, value_name = "COUNT")]
    pub(crate) jobs: Option<NonZero<usize>>,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the report as JUnit XML to this file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Scripts, folders whose *.wcr.rhai (or else *.rhai) are run, and tests of container-structure-test (*.yaml, *.yml,
    /// *.json)
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn run(args: &[&str]) -> Result<Box<RunArgs>, clap::Error> {
        match Cli::read(["wcr", "run"].iter().chain(args).map(OsString::from))?.command {
            Command::Run(args) => Ok(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
        RunCli::command().debug_assert();
    }

    #[test]
    fn what_follows_the_image_is_the_commands() {
        let args = run(&["--rm", "-e", "A=1", "img", "-e", "B=2", "--rm", "--", "-v", "--help"]).unwrap();
        assert!(args.rm);
        assert_eq!(args.env, ["A=1"]);
        assert_eq!(args.image_and_command, ["img", "-e", "B=2", "--rm", "--", "-v", "--help"]);
        let args = run(&["img", "--verbose"]).unwrap();
        assert!(!args.verbose);
        assert_eq!(args.image_and_command, ["img", "--verbose"]);
    }

    #[test]
    fn short_and_long_flags_of_run() {
        let args = run(&["-iw", "/x", "-u", "1:2", "-v/a:/b:ro", "--pull=never", "--entrypoint=", "img"]).unwrap();
        assert!(args.interactive);
        assert_eq!((args.workdir.as_deref(), args.user.as_deref()), (Some("/x"), Some("1:2")));
        assert!(args.volume[0].read_only);
        assert_eq!((args.pull, args.entrypoint), (PullPolicy::Never, Some(OsString::new())));
    }

    #[test]
    fn limits_have_their_values() {
        let args = run(&["-m", "64m", "--pids-limit", "-1", "--ulimit", "nofile=5", "--timeout=2s", "img"]).unwrap();
        assert_eq!((args.memory, args.pids_limit, args.ulimit.len()), (Some(64 << 20), Some(usize::MAX), 1));
        assert_eq!(args.timeout, Some(Duration::from_secs(2)));
        for bad in ["-m0", "--pids-limit=0", "--ulimit=x", "--timeout=0", "--output-limit=x"] {
            assert!(run(&[bad, "img"]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_trace_goes_to_a_file_or_not() {
        let trace = |args: &[&str]| run(args).unwrap().trace;
        assert_eq!(trace(&["--trace", "img"]), Some(OsString::new()));
        assert_eq!(trace(&["--trace=f", "img"]), Some("f".into()));
        assert_eq!(trace(&["img", "--trace"]), None);
    }

    #[test]
    fn bad_command_lines_are_refused() {
        for args in
            [&[][..], &["--no-such", "img"], &["-v", "/a", "img"], &["--platform", "x", "img"], &["--pull=x", "i"]]
        {
            assert!(run(args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn test_without_a_path_is_about_this_folder() {
        let cli = Cli::try_parse_from(["wcr", "test", "--pull=never", "a.rhai", "folder"]).unwrap();
        assert!(matches!(cli.command, Command::Test(args) if args.files.len() == 2 && args.pull == PullPolicy::Never));
        let cli = Cli::try_parse_from(["wcr", "test"]).unwrap();
        assert!(matches!(cli.command, Command::Test(args) if args.files == [PathBuf::from(".")]));
    }

    #[test]
    fn images_is_another_name_of_list() {
        let cli = Cli::try_parse_from(["wcr", "images", "--json"]).unwrap();
        assert!(matches!(cli.command, Command::List(ListArgs { json: true, .. })));
    }
}
