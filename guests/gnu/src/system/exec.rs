//! Running another program, found as `execvp(3)` finds it.

use applets::{Context, Quit, environ, run};
use wcr_sys::abi::{Pid, SpawnRequest};
use wcr_sys::{Errno, process};

use crate::quote;

/// Replaces this process by `argv`; the reason for which that failed.
pub fn exec(argv: &[Vec<u8>], env: &[Vec<u8>]) -> Errno {
    each(argv, env, |request| Err(process::exec_or_script(request))).err().map_or(Errno::Noent, |error: Errno| error)
}

/// Starts `argv` beside this process.
/// # Errors
/// There is no such program, or it cannot be started.
pub fn spawn(argv: &[Vec<u8>], env: &[Vec<u8>]) -> Result<Pid, Errno> {
    each(argv, env, process::spawn_or_script)
}

/// Starts what a request asks for, whose path is found by the name of the program.
/// # Errors
/// As [`spawn`].
pub fn spawn_request(request: SpawnRequest) -> Result<Pid, Errno> {
    found(request, process::spawn_or_script)
}

fn each(argv: &[Vec<u8>], env: &[Vec<u8>], start: impl Fn(&SpawnRequest) -> Result<Pid, Errno>) -> Result<Pid, Errno> {
    found(SpawnRequest { argv: argv.to_vec(), envp: env.to_vec(), ..SpawnRequest::default() }, start)
}

fn found(mut request: SpawnRequest, start: impl Fn(&SpawnRequest) -> Result<Pid, Errno>) -> Result<Pid, Errno> {
    let name = request.argv.first().cloned().unwrap_or_default();
    let path = request.envp.iter().find_map(|entry| entry.strip_prefix(b"PATH=")).map(<[u8]>::to_vec);
    let path = path.or_else(|| environ::var(b"PATH")).unwrap_or_else(|| b"/bin:/usr/bin".to_vec());
    let mut result = Errno::Noent;
    for candidate in run::candidates(&name, &path) {
        request.path = candidate;
        match start(&request) {
            Ok(pid) => return Ok(pid),
            Err(Errno::Noent | Errno::Notdir) => {}
            Err(error) => result = error,
        }
    }
    Err(result)
}

/// As [`exec`]; the failure is told as `program: what 'name': reason`.
#[must_use]
pub fn exec_or_tell(ctx: &mut Context<'_>, argv: &[Vec<u8>], env: &[Vec<u8>], what: &[u8]) -> Quit {
    ctx.flush();
    let error = exec(argv, env);
    refused(ctx, argv, what, error)
}

/// Tells that a program could not be run.
#[must_use]
pub fn refused(ctx: &mut Context<'_>, argv: &[Vec<u8>], what: &[u8], error: Errno) -> Quit {
    let name = argv.first().map(Vec::as_slice).unwrap_or_default();
    ctx.perror(&[what, &quote::always(name)], error);
    Quit(if error == Errno::Noent { 127 } else { 126 })
}
