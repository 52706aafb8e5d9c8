//! `wasi:cli`: arguments, environment, the standard streams, the exit code.

use wasmtime::Result;
use wasmtime::component::Resource;

use super::bindings::wasi::cli::{
    environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin,
    terminal_stdout,
};
use super::fault::Fault;
use super::streams::{InputStream, OutputStream};
use crate::calls::leave;
use crate::guest::Guest;

/// A terminal. There are none: the standard streams of a container are files and pipes.
pub enum Terminal {}

/// Strings of a component are text; bytes that are none are replaced.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl environment::Host for Guest {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        let envp = self
            .now("wasi:cli/environment.get-environment", &(), |kernel, pid| Ok(kernel.envp(pid)?.to_vec()))
            .map_err(Fault::into_trap)?;
        let pair = |entry: Vec<u8>| {
            let name = entry.iter().position(|byte| *byte == b'=')?;
            let (name, value) = entry.split_at(name);
            Some((text(name), text(value.get(1..)?)))
        };
        Ok(envp.into_iter().filter_map(pair).collect())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        let argv = self
            .now("wasi:cli/environment.get-arguments", &(), |kernel, pid| Ok(kernel.argv(pid)?.to_vec()))
            .map_err(Fault::into_trap)?;
        Ok(argv.iter().map(|argument| text(argument)).collect())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        match self.now("wasi:cli/environment.initial-cwd", &(), |kernel, pid| kernel.getcwd(pid)) {
            Ok(path) => Ok(Some(text(&path))),
            // The directory was removed.
            Err(Fault::Errno(_)) => Ok(None),
            Err(fault) => Err(fault.into_trap()),
        }
    }
}

impl exit::Host for Guest {
    fn exit(&mut self, status: Result<(), ()>) -> Result<()> {
        self.exit_with_code(u8::from(status.is_err()))
    }

    fn exit_with_code(&mut self, code: u8) -> Result<()> {
        Err(leave(self.container.kernel().exit(self.pid, code)))
    }
}

impl stdin::Host for Guest {
    fn get_stdin(&mut self) -> Result<Resource<InputStream>> {
        Ok(self.table.push(InputStream::standard())?)
    }
}

impl stdout::Host for Guest {
    fn get_stdout(&mut self) -> Result<Resource<OutputStream>> {
        Ok(self.table.push(OutputStream::standard(1))?)
    }
}

impl stderr::Host for Guest {
    fn get_stderr(&mut self) -> Result<Resource<OutputStream>> {
        Ok(self.table.push(OutputStream::standard(2))?)
    }
}

impl terminal_input::Host for Guest {}
impl terminal_input::HostTerminalInput for Guest {
    fn drop(&mut self, terminal: Resource<Terminal>) -> Result<()> {
        Ok(self.table.delete(terminal).map(drop)?)
    }
}

impl terminal_output::Host for Guest {}
impl terminal_output::HostTerminalOutput for Guest {
    fn drop(&mut self, terminal: Resource<Terminal>) -> Result<()> {
        Ok(self.table.delete(terminal).map(drop)?)
    }
}

impl terminal_stdin::Host for Guest {
    fn get_terminal_stdin(&mut self) -> Result<Option<Resource<Terminal>>> {
        Ok(None)
    }
}

impl terminal_stdout::Host for Guest {
    fn get_terminal_stdout(&mut self) -> Result<Option<Resource<Terminal>>> {
        Ok(None)
    }
}

impl terminal_stderr::Host for Guest {
    fn get_terminal_stderr(&mut self) -> Result<Option<Resource<Terminal>>> {
        Ok(None)
    }
}
