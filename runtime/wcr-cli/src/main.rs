//! The `wcr` command: arguments, progress, tables, JSON, exit codes.

#![deny(unsafe_code)]

mod archive_file;
mod args;
mod busy;
mod clock;
mod colour;
mod container;
mod df;
mod doctor;
mod env_file;
mod events;
mod exit;
mod export;
mod fetch;
mod filter;
mod format;
mod fsck;
mod help;
mod history;
mod image_args;
mod import;
mod info;
mod inspect;
mod limits;
#[cfg(target_env = "musl")]
mod linux_allocator;
#[cfg(all(target_env = "musl", target_arch = "x86_64"))]
mod linux_memory;
mod list;
mod load;
mod login;
mod manifest;
mod manual;
mod named;
mod output;
mod playground;
mod progress;
mod prune;
mod pull;
mod push;
mod refusal;
mod remote_args;
mod replay;
mod rmi;
mod run;
mod save;
mod self_args;
mod shim_option;
mod shims;
mod spelling;
mod switches;
mod tag;
mod test;
mod text;
mod version;
mod when;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use args::{Cli, Command, ContainerCommand};

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: linux_allocator::Allocator = linux_allocator::Allocator::new();

fn main() {
    let line = spelling::plain(std::env::args_os().collect());
    let runs = ["run", "create", "exec"];
    let is_run = line.get(1).is_some_and(|command| runs.iter().any(|run| command == *run));
    let code = catch_unwind(AssertUnwindSafe(|| command(line, is_run)));
    // Nothing is left to be tidied up, and giving the memory back piece by piece would take time.
    std::process::exit(i32::from(code.unwrap_or(if is_run { exit::RUN_FAILED } else { exit::BUG })));
}

/// Reads the command line and does what it says; the exit code.
fn command(line: Vec<OsString>, is_run: bool) -> u8 {
    let name = line.get(1).and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let cli = match Cli::read(line) {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error, &name, is_run),
    };
    let done = match cli.command {
        Command::Run(args) => run::run(*args),
        Command::Create(args) => container::create(&args),
        Command::Start(args) => container::start(args),
        Command::Stop(args) => container::stop(&args),
        Command::Restart(args) => container::restart(&args),
        Command::Kill(args) => container::kill(&args),
        Command::Pause(names) => container::pause(&names),
        Command::Unpause(names) => container::unpause(&names),
        Command::Wait(names) => container::wait(&names),
        Command::Rm(args) => container::rm(&args),
        Command::Ps(args) | Command::Container(ContainerCommand::Ls(args)) => container::ps(&args),
        Command::Logs(args) => container::logs(&args),
        Command::Exec(args) => container::exec(args),
        Command::Attach(args) => container::attach(args),
        Command::Cp(args) => container::cp(&args),
        Command::Diff(args) => container::diff(&args),
        Command::Commit(args) => container::commit(&args),
        Command::Rename(args) => container::rename(&args),
        Command::Port(args) => container::port(&args),
        Command::Top(args) => container::top(&args),
        Command::Stats(args) => container::stats(&args),
        Command::Events(args) => events::events(&args),
        Command::Container(ContainerCommand::Prune(args)) => container::prune(&args),
        Command::Keep(args) => container::keep(&args),
        Command::Pull(args) => pull::pull(&args),
        Command::Push(args) => push::push(&args),
        Command::Login(args) => login::login(&args),
        Command::Logout(args) => login::logout(&args),
        Command::Manifest(args) => manifest::manifest(&args),
        Command::History(args) => history::history(&args),
        Command::Info(args) => info::info(&args),
        Command::List(args) => list::list(&args),
        Command::Inspect(args) => container::inspect(&args),
        Command::Tag(args) => tag::tag(&args),
        Command::Rmi(args) => rmi::rmi(&args),
        Command::Save(args) => save::save(&args),
        Command::Load(args) => load::load(&args),
        Command::Import(args) => import::import(&args),
        Command::Export(args) => export::export(&args),
        Command::Prune(args) => prune::prune(&args),
        Command::Df(args) => df::df(&args),
        Command::Fsck(args) => fsck::fsck(&args),
        Command::Playground(args) => playground::playground(&args),
        Command::Shims(args) => shims::shims(&args),
        Command::Share(args) => container::share(&args),
        Command::Checkpoint(args) => container::checkpoint(&args),
        Command::Test(args) => test::test(args),
        Command::Replay(args) => replay::replay(&args),
        Command::Version(args) => version::version(&args),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Completion(args) => manual::completion(&args),
        Command::Man(args) => manual::man(&args),
    };
    done.unwrap_or_else(|error| exit::report(&error, is_run))
}
