//! From the bytes of a component to something that can be started.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasData, HasSelf, Linker, ResourceTable};
use wasmtime::{Result, Store, ensure};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{CommandPre, cli, clocks, filesystem, io, random};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};

use super::process::Process;
use super::sockets;
use super::view::View;
use crate::calls::leave;
use crate::error::EngineError;
use crate::memory::MemoryUse;
use crate::run::Modules;

/// A component that is linked to the kernel.
#[derive(Clone)]
pub(crate) struct Command(CommandPre<View>);

/// The packages that wcr has.
const PROVIDED: [&str; 5] = ["wasi:cli/", "wasi:io/", "wasi:clocks/", "wasi:filesystem/", "wasi:random/"];

/// What a component exports when it is a command.
const RUN: &str = "wasi:cli/run@0.2.";

/// Whether the interface of this name, `PACKAGE/INTERFACE@0.2.x`, is of a package that wcr has.
fn is_provided(name: &str) -> bool {
    name.split_once('@').is_some_and(|(_, version)| version.starts_with("0.2."))
        && PROVIDED.iter().any(|package| name.starts_with(package))
}

impl Command {
    /// Links a component.
    ///
    /// # Errors
    /// [`EngineError::Import`] and [`EngineError::NoCommand`]; others when a package that wcr has does not have
    /// what is imported of it.
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
        define(&mut linker)?;
        Ok(Self(CommandPre::new(linker.instantiate_pre(component)?)?))
    }

    /// Runs the command in its process, to its end.
    pub(crate) async fn run(
        &self,
        modules: &Modules,
        process: Process,
        memory: MemoryUse,
        watched: bool,
    ) -> Result<()> {
        let mut store = Store::new(modules.engine(watched)?, View::new(process.clone(), memory)?);
        store.limiter(|view| &mut view.memory);
        modules.may_be_stopped(&mut store, process.container(), process.pid(), watched)?;
        let command = self.0.instantiate_async(&mut store).await?;
        let code = match command.wasi_cli_run().call_run(&mut store).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(())) => 1,
            Err(error) => match error.downcast_ref() {
                Some(I32Exit(code)) => *code as u8,
                None => return Err(error),
            },
        };
        Err(leave(process.exit(code)))
    }
}

/// Defines interfaces: each after what answers for it, and how that is got from the store's data.
macro_rules! define {
    ($linker:ident; $($host:ty, $get:expr => $($package:ident::$interface:ident),*;)*) => {
        $($($package::$interface::add_to_linker::<View, $host>($linker, $get)?;)*)*
    };
}

/// What `wasmtime-wasi` does itself, and what we do. Its file system and sockets, the host's, are not even linked.
fn define(linker: &mut Linker<View>) -> Result<()> {
    define! { linker;
        HasTable, |view| &mut view.table => io::error, io::poll, io::streams;
        WasiCli, View::cli => cli::environment, cli::exit, cli::terminal_input, cli::terminal_output,
            cli::terminal_stdin, cli::terminal_stdout, cli::terminal_stderr;
        WasiRandom, View::random => random::random, random::insecure, random::insecure_seed;
        HasSelf<View>, |view| view => cli::stdin, cli::stdout, cli::stderr, clocks::wall_clock,
            clocks::monotonic_clock, filesystem::types, filesystem::preopens;
    }
    Ok(())
}

/// The table of resources is what streams and polls of `wasmtime-wasi` need.
struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
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
            ("wasi:http/types@0.2.0", false),
            ("environment@0.2.0", false),
            ("", false),
        ] {
            assert_eq!(is_provided(name), provided, "{name}");
        }
    }
}
