//! The commands that join a terminal to a container: attach, exec, start.

use std::ffi::OsString;
use std::io::IsTerminal as _;

use anyhow::Result;
use wcr_container::life::{Attached, Container, DetachKeys, Exec, Join, JoinEnd, Joined, LifeError, Place, Text};
use wcr_image::Class;
use wcr_store::Store;

use crate::container::{AttachArgs, ExecArgs, StartArgs, each};
use crate::env_file;
use crate::exit::{self, Failure, say};

/// Joins this terminal to a container that runs.
pub(crate) fn attach(args: AttachArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let container = Container::find(&store, &args.container)?;
    let attached = container.attach(!args.no_stdin)?;
    let input = !args.no_stdin && container.record.spec.interactive;
    let signals = args.sig_proxy && !container.record.spec.tty;
    join(
        attached,
        &container,
        Join { signals: signals.then(|| Box::new(container.clone())), ..plain(input, args.detach_keys) },
    )
}

/// Starts containers; one of them may be joined.
pub(crate) fn start(args: StartArgs) -> Result<u8> {
    if !args.attach && !args.interactive {
        return each(&args.names, |_, container| container.start(false).map(drop));
    }
    let [name] = args.names.containers.as_slice() else {
        return Err(Failure::new(Class::Usage, "you cannot start and attach multiple containers at once").into());
    };
    let store = Store::open_default()?;
    let container = Container::find(&store, name)?;
    let Some(attached) = container.start(true)? else {
        return Err(Failure::new(Class::Conflict, format!("container {name} cannot be joined")).into());
    };
    let input = args.interactive && container.record.spec.interactive;
    let signals = (!container.record.spec.tty).then(|| Box::new(container.clone()));
    join(attached, &container, Join { signals, ..plain(input, args.detach_keys) })
}

/// Runs a new container at this terminal. The user may leave it; else it ends with the terminal.
pub(crate) fn run_at_terminal(place: Place, keys: DetachKeys) -> Result<u8> {
    let (container, attached) = Container::launch(place, true)?;
    let Some(attached) = attached else {
        return Err(Failure::new(Class::Conflict, "the container cannot be joined").into());
    };
    join(attached, &container, Join { ends: Some(Box::new(container.clone())), ..plain(true, keys) })
}

/// How streams are joined without signals.
const fn plain(input: bool, keys: DetachKeys) -> Join {
    Join { input, terminal: false, keys, signals: None, ends: None }
}

fn join(attached: Attached, container: &Container, join: Join) -> Result<u8> {
    let tty = container.record.spec.tty;
    if tty && join.input && !std::io::stdin().is_terminal() {
        return Err(Failure::new(Class::Usage, "the input device is not a TTY").into());
    }
    Ok(finish(attached.join(Join { terminal: tty, ..join })?, container))
}

/// The exit code that being joined gives.
fn finish(joined: Joined, container: &Container) -> u8 {
    joined.notes.iter().for_each(|note| say(note));
    match joined.end {
        JoinEnd::Exit(code) => code,
        JoinEnd::Detached => {
            say("read escape sequence");
            exit::OK
        }
        JoinEnd::Lost => {
            let known = container.state().map(|state| state.exit_code);
            known.unwrap_or(137)
        }
    }
}

/// Runs a command in a container that runs.
pub(crate) fn exec(args: ExecArgs) -> Result<u8> {
    let mut words = args.container_and_command.into_iter();
    let name = words.next().unwrap_or_default();
    let name = name.to_str().map(str::to_owned).ok_or_else(|| LifeError::Unknown(name.to_string_lossy().into()))?;
    if args.tty && args.interactive && !std::io::stdin().is_terminal() {
        return Err(Failure::new(Class::Usage, "the input device is not a TTY").into());
    }
    let text = |word: OsString| Text::from(word.as_encoded_bytes().to_vec());
    let size = wcr_container::life::window_size();
    let exec = Exec {
        command: words.map(text).collect(),
        env: env_file::texts(&args.env_file, &args.env)?,
        workdir: args.workdir,
        user: args.user,
        terminal: args.tty.then_some(size),
        interactive: args.interactive,
        detach: args.detach,
    };
    let store = Store::open_default()?;
    let container = Container::find(&store, &name)?;
    let attached = container.exec(exec)?;
    if args.detach {
        return Ok(exit::OK);
    }
    let join = Join { terminal: args.tty, ..plain(args.interactive, args.detach_keys) };
    Ok(finish(attached.join(join)?, &container))
}
