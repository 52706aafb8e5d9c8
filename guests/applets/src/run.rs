//! Running another program in place of this one, found as the shell finds it.

use wcr_sys::abi::{Pid, SpawnRequest, WaitStatus};
use wcr_sys::{Errno, fs, process};

use crate::{Context, Quit, table};

/// Replaces this process by the program `argv[0]`, searched for in the `PATH` of `env`; an applet that is
/// not found there runs from this program's own file. Returns only on failure, which has been reported.
pub fn exec(ctx: &mut Context<'_>, argv: &[Vec<u8>], env: Vec<Vec<u8>>) -> Quit {
    ctx.flush();
    let name = argv.first().cloned().unwrap_or_default();
    let path = env.iter().find_map(|entry| entry.strip_prefix(b"PATH=")).unwrap_or(b"/bin:/usr/bin").to_vec();
    let mut request = SpawnRequest { argv: argv.to_vec(), envp: env, ..SpawnRequest::default() };
    let mut result = Errno::Noent;
    // A folder of the search path that is none is passed over.
    let searched = !name.contains(&b'/');
    for candidate in candidates(&name, &path) {
        request.path = candidate;
        match process::exec_or_script(&request) {
            Errno::Noent => {}
            Errno::Notdir if searched => {}
            error => result = error,
        }
    }
    if result == Errno::Noent && table::exists(&name) {
        request.path = b"/proc/self/exe".to_vec();
        result = process::exec(&request);
    }
    let found_nothing = matches!(result, Errno::Noent);
    ctx.perror(&[b"can't execute '", &name, b"'"], result);
    Quit(if found_nothing { 127 } else { 126 })
}

/// Starts the program `argv[0]`, found as [`exec`] finds it, in this environment.
/// # Errors
/// No such program, or it cannot be started.
pub fn spawn(argv: &[Vec<u8>]) -> Result<Pid, Errno> {
    let name = argv.first().cloned().unwrap_or_default();
    match start(SpawnRequest { argv: argv.to_vec(), ..SpawnRequest::default() }) {
        Err((Errno::Noent, mut request)) if table::exists(&name) => {
            request.path = b"/proc/self/exe".to_vec();
            process::spawn(&request)
        }
        started => started.map_err(|(error, _)| error),
    }
}

/// Starts the program `argv[0]`, searched for in `PATH` alone, in a process group of its own and with these signals as they
/// are for a new program.
/// # Errors
/// No such program, or it cannot be started.
pub fn spawn_apart(argv: &[Vec<u8>], default_signals: u64) -> Result<Pid, Errno> {
    let request = SpawnRequest { argv: argv.to_vec(), pgid: Some(0), default_signals, ..SpawnRequest::default() };
    start(request).map_err(|(error, _)| error)
}

/// Starts the program that the arguments of a request name, searched for in `PATH`; the request comes back when there is
/// none.
fn start(mut request: SpawnRequest) -> Result<Pid, (Errno, SpawnRequest)> {
    let name = request.argv.first().cloned().unwrap_or_default();
    let path = crate::environ::var(b"PATH").unwrap_or_else(|| b"/bin:/usr/bin".to_vec());
    request.envp = wcr_sys::env();
    let mut result = Errno::Noent;
    // A folder of the search path that is none is passed over.
    let searched = !name.contains(&b'/');
    for candidate in candidates(&name, &path) {
        request.path = candidate;
        match process::spawn_or_script(&request) {
            Ok(pid) => return Ok(pid),
            Err(Errno::Noent) => {}
            Err(Errno::Notdir) if searched => {}
            Err(error) => result = error,
        }
    }
    Err((result, request))
}

/// Waits for a child.
/// # Errors
/// There is no such child.
pub fn wait(child: Pid) -> Result<WaitStatus, Errno> {
    loop {
        match process::wait(child as i32, 0) {
            Ok(Some((_, status))) => return Ok(status),
            Ok(None) | Err(Errno::Intr) => {}
            Err(error) => return Err(error),
        }
    }
}

/// The paths that a command name may mean, best first.
pub fn candidates(name: &[u8], path: &[u8]) -> Vec<Vec<u8>> {
    if name.is_empty() {
        return Vec::new();
    }
    if name.contains(&b'/') {
        return vec![name.to_vec()];
    }
    let join = |dir: &[u8]| if dir.is_empty() { [b"./", name].concat() } else { [dir, b"/", name].concat() };
    path.split(|byte| *byte == b':').map(join).collect()
}

/// Whether the path is a regular file that may be executed.
#[must_use]
pub fn is_executable(path: &[u8]) -> bool {
    use wcr_sys::abi::FileKind;
    fs::access(path, 1).is_ok() && fs::stat(path).is_ok_and(|stat| stat.mode.kind() == FileKind::Regular)
}

/// A word of a command with each `place` in it replaced.
#[must_use]
pub fn replaced(word: &[u8], place: &[u8], by: &[u8]) -> Vec<u8> {
    if place.is_empty() {
        return word.to_vec();
    }
    let mut out = Vec::with_capacity(word.len() + by.len());
    let mut start = 0;
    for at in memchr::memmem::find_iter(word, place) {
        out.extend_from_slice(word.get(start..at).unwrap_or_default());
        out.extend_from_slice(by);
        start = at + place.len();
    }
    out.extend_from_slice(word.get(start..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn places_are_filled_in() {
        assert_eq!(replaced(b"a{}b{}", b"{}", b"x y"), b"ax ybx y");
        assert_eq!(replaced(b"a", b"", b"x"), b"a");
    }
}
