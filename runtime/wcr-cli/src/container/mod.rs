//! The commands for containers that are kept, as docker has them.

mod args;
mod attach;
mod commit;
mod cp;
mod create;
mod examples;
mod inspect;
mod logs;
mod ps;
mod stats;
mod verbs;

use anyhow::Result;
use wcr_container::life::{Container, LifeError};
use wcr_store::Store;

use crate::exit::{self, report};
use crate::output::print;

pub(crate) use args::{
    AttachArgs, CommitArgs, CpArgs, ExecArgs, HealthArgs, KeepArgs, KillArgs, LogsArgs, Names, OneArgs, PruneArgs,
    PsArgs, RenameArgs, RmArgs, StartArgs, StatsArgs, StopArgs, TopArgs,
};
pub(crate) use attach::{attach, exec, run_at_terminal, start};
pub(crate) use commit::commit;
pub(crate) use cp::{cp, export};
pub(crate) use create::{create, place};
pub(crate) use examples::EXAMPLES;
pub(crate) use inspect::{diff, inspect, port, top};
pub(crate) use logs::logs;
pub(crate) use ps::ps;
pub(crate) use stats::stats;
pub(crate) use verbs::{keep, kill, pause, prune, rename, restart, rm, stop, unpause, wait};

/// Does something with each container that is named, and prints its name as it was given; the exit code. What goes wrong
/// with one does not keep the others from it.
fn each(names: &Names, mut act: impl FnMut(&Store, &Container) -> Result<(), LifeError>) -> Result<u8> {
    each_printed(names, |store, container, name| {
        act(store, container)?;
        Ok(format!("{name}\n"))
    })
}

/// [`each`], which prints what `act` gives.
fn each_printed(
    names: &Names,
    mut act: impl FnMut(&Store, &Container, &str) -> Result<String, LifeError>,
) -> Result<u8> {
    let store = Store::open_default()?;
    let mut code = exit::OK;
    for name in &names.containers {
        let done = Container::find(&store, name).and_then(|container| act(&store, &container, name));
        code = code.max(match done {
            Ok(line) => print(&line),
            Err(error) => report(&error.into(), false),
        });
    }
    Ok(code)
}
