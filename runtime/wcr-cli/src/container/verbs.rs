//! The commands that change what a container does: stop, kill, restart, pause, wait, rm, rename, prune.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::Result;
use wcr_container::Signal;
use wcr_container::life::{self, Container, LifeError, Status};
use wcr_image::Class;
use wcr_store::Store;

use crate::container::{KeepArgs, KillArgs, Names, PruneArgs, RenameArgs, RmArgs, StopArgs, each, each_printed};
use crate::exit::{self, Failure};
use crate::filter::{Filters, has_label};
use crate::output::print;
use crate::text::size;
use crate::when;

/// How long a container may take to end when nothing else is said, in seconds.
const PATIENCE: i64 = 10;

/// Reads the name or number of a signal.
///
/// # Errors
/// There is none.
pub(crate) fn signal(text: &str) -> Result<Signal> {
    life::signal(text).ok_or_else(|| Failure::new(Class::Usage, format!("Invalid signal: {text}")).into())
}

fn patience(container: &Container, asked: Option<i64>) -> Option<Duration> {
    let seconds = asked.or(container.record.spec.stop_timeout).unwrap_or(PATIENCE);
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// Asks containers to end.
pub(crate) fn stop(args: &StopArgs) -> Result<u8> {
    let asked = args.signal.as_deref().map(signal).transpose()?;
    each(&args.names, |_, container| container.stop(asked, patience(container, args.time)))
}

/// Ends containers and starts them again.
pub(crate) fn restart(args: &StopArgs) -> Result<u8> {
    let asked = args.signal.as_deref().map(signal).transpose()?;
    each(&args.names, |_, container| container.restart(asked, patience(container, args.time)))
}

/// Sends containers a signal.
pub(crate) fn kill(args: &KillArgs) -> Result<u8> {
    let signal = signal(&args.signal)?;
    each(&args.names, |_, container| container.signal(signal))
}

/// Lets nobody in containers go on.
pub(crate) fn pause(names: &Names) -> Result<u8> {
    each(names, |_, container| container.pause(true))
}

/// Lets everybody in containers go on.
pub(crate) fn unpause(names: &Names) -> Result<u8> {
    each(names, |_, container| container.pause(false))
}

/// Waits for containers to end, and prints their exit codes.
pub(crate) fn wait(names: &Names) -> Result<u8> {
    each_printed(names, |_, container, _| Ok(format!("{}\n", container.wait()?)))
}

/// Removes containers.
pub(crate) fn rm(args: &RmArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let mut code = exit::OK;
    for name in &args.names.containers {
        let removed = match Container::find(&store, name) {
            Ok(container) => container.remove(args.force),
            Err(LifeError::Damaged { .. }) if args.force => Container::remove_damaged(&store, name),
            // As with docker, what is not there need not be removed.
            Err(error @ LifeError::Unknown(_)) if args.force => {
                exit::say(&error.to_string());
                continue;
            }
            Err(error) => Err(error),
        };
        code = code.max(match removed {
            Ok(()) => print(&format!("{name}\n")),
            Err(error) => exit::report(&error.into(), false),
        });
    }
    Ok(code)
}

/// Gives a container another name.
pub(crate) fn rename(args: &RenameArgs) -> Result<u8> {
    let store = Store::open_default()?;
    Container::find(&store, &args.container)?.rename(&args.name)?;
    Ok(exit::OK)
}

/// Removes all containers that do not run.
pub(crate) fn prune(args: &PruneArgs) -> Result<u8> {
    let filters = Filters::parse(&args.filter, &["label", "label!", "until"])?;
    let until: Vec<u64> = filters.values("until").map(when::since).collect::<Result<_>>()?;
    if !args.force
        && !confirmed("This removes all containers that do not run. Are you sure you want to continue? [y/N] ")?
    {
        return Ok(exit::OK);
    }
    let store = Store::open_default()?;
    let (mut removed, mut bytes) = (Vec::new(), 0);
    for container in Container::all(&store)?.0 {
        let labels = container.record.labels();
        let suits = filters.all("label", |wanted| has_label(&labels, wanted))
            && !filters.values("label!").any(|wanted| has_label(&labels, wanted))
            && until.iter().all(|until| container.record.created < *until);
        let state = container.state()?;
        if !suits || !matches!(state.status, Status::Created | Status::Exited) {
            continue;
        }
        let written = container.written_bytes().unwrap_or_default();
        // One that has been started meanwhile is left.
        if container.remove(false).is_ok() {
            removed.push(container.id().to_owned());
            bytes += written;
        }
    }
    let mut text = String::new();
    if !removed.is_empty() {
        text.push_str(&format!("Deleted Containers:\n{}\n\n", removed.join("\n")));
    }
    text.push_str(&format!("Total reclaimed space: {}\n", size(bytes)));
    Ok(print(&text))
}

/// Asks the user, who has to be at a terminal to say yes.
fn confirmed(question: &str) -> Result<bool> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        io::stderr().write_all(question.as_bytes())?;
    }
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Is the process of a container that runs on its own.
pub(crate) fn keep(args: &KeepArgs) -> Result<u8> {
    let store = Store::open_default()?;
    life::keep(&store, &args.id, args.attach)?;
    Ok(exit::OK)
}
