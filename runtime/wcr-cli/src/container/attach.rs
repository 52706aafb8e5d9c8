//! The commands that join a terminal to a container: attach, exec, start.

use std::ffi::OsString;
use std::io::IsTerminal as _;

use anyhow::Result;
use wcr_container::life::{Attached, Container, DetachKeys, Exec, Join, Joined, LifeError, Text};
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
    join(attached, &container, input, args.sig_proxy, args.detach_keys)
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
    join(attached, &container, input, true, args.detach_keys)
}

fn join(attached: Attached, container: &Container, input: bool, proxy: bool, keys: DetachKeys) -> Result<u8> {
    let tty = container.record.spec.tty;
    if tty && input && !std::io::stdin().is_terminal() {
        return Err(Failure::new(Class::Usage, "the input device is not a TTY").into());
    }
    let signals = (proxy && !tty).then(|| Box::new(container.clone()));
    let joined = attached.join(Join { input, terminal: tty, keys, signals })?;
    Ok(finish(joined, container))
}

/// The exit code that being joined gives.
fn finish(joined: Joined, container: &Container) -> u8 {
    match joined {
        Joined::Exit(code) => code,
        Joined::Detached => {
            say("read escape sequence");
            exit::OK
        }
        Joined::Lost => {
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
    let join = Join { input: args.interactive, terminal: args.tty, keys: args.detach_keys, signals: None };
    Ok(finish(attached.join(join)?, &container))
}
