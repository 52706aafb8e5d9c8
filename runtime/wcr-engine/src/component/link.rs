//! From the bytes of a component to something that can be started.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Result, Store, ensure};

use super::bindings::CommandPre;
use super::sockets;
use crate::calls::leave;
use crate::error::EngineError;
use crate::guest::Guest;

/// A component that is linked to the kernel.
#[derive(Clone)]
pub(crate) struct Command(CommandPre<Guest>);

/// The packages that wcr has, and their interfaces.
const PROVIDED: [(&str, &[&str]); 5] = [
    (
        "wasi:cli/",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:io/", &["error", "poll", "streams"]),
    ("wasi:clocks/", &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem/", &["types", "preopens"]),
    ("wasi:random/", &["random", "insecure", "insecure-seed"]),
];

/// What a component exports when it is a command.
const RUN: &str = "wasi:cli/run@0.2.";

/// Whether wcr has the interface of this name, `PACKAGE/INTERFACE@0.2.x`.
fn is_provided(name: &str) -> bool {
    let Some((name, version)) = name.split_once('@') else { return false };
    let known = |(package, interfaces): &(&str, &[&str])| {
        name.strip_prefix(package).is_some_and(|interface| interfaces.contains(&interface))
    };
    version.starts_with("0.2.") && PROVIDED.iter().any(known)
}

impl Command {
    /// Links a component.
    ///
    /// # Errors
    /// [`EngineError::Import`] and [`EngineError::NoCommand`]; others when an interface that wcr has is
    /// imported with other types.
    pub(crate) fn link(component: &Component) -> Result<Self> {
        let engine = component.engine();
        let kind = component.component_type();
        let mut linker = Linker::new(engine);
        for (name, item) in kind.imports(engine) {
            match item.ty {
                ComponentItem::ComponentInstance(interface) if name.starts_with(sockets::PACKAGE) => {
                    sockets::define(&mut linker.instance(name)?, &interface, engine)?;
                }
                _ => ensure!(is_provided(name), EngineError::Import(name.escape_debug().collect())),
            }
        }
        ensure!(kind.exports(engine).any(|(name, _)| name.starts_with(RUN)), EngineError::NoCommand);
        super::bindings::Command::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
        Ok(Self(CommandPre::new(linker.instantiate_pre(component)?)?))
    }

    /// Runs the command in its process, to its end.
    pub(crate) async fn run(&self, store: &mut Store<Guest>) -> Result<()> {
        let command = self.0.instantiate_async(&mut *store).await?;
        if command.wasi_cli_run().call_run(&mut *store).await?.is_err() {
            let guest = store.data();
            return Err(leave(guest.container.kernel().exit(guest.pid, 1)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_provided_has_a_name_and_a_version() {
        for (name, provided) in [
            ("wasi:cli/environment@0.2.0", true),
            ("wasi:io/streams@0.2.99", true),
            ("wasi:cli/environment@0.3.0", false),
            ("wasi:cli/environment", false),
            ("wasi:cli/other@0.2.0", false),
            ("wasi:http/types@0.2.0", false),
            ("environment@0.2.0", false),
            ("", false),
        ] {
            assert_eq!(is_provided(name), provided, "{name}");
        }
    }
}
