//! What a script knows of its process, and how it starts others.

use rhai::{Array, Dynamic, Engine, INT, ImmutableString, Map};
use wcr_sys::abi::{FdAction, OpenFlags, SpawnRequest, WaitStatus};
use wcr_sys::{Errno, fd, fs, process, time, user};

use crate::script::Script;
use crate::streams::Given;

/// Where programs are looked for without a `PATH`.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const SECOND: f64 = 1e9;

/// Gives an engine the functions for this process and others.
pub(crate) fn register(engine: &mut Engine, script: &Script) {
    let (name, args): (ImmutableString, Array) =
        (script.name.as_str().into(), script.args.iter().map(|word| lossy(word).into()).collect());
    engine
        .register_fn("name", move || name.clone())
        .register_fn("args", move || args.clone())
        .register_fn("env", environment)
        .register_fn("env", |name: &str| environment().remove(name).unwrap_or_default())
        .register_fn("cwd", || fs::getcwd().map(|path| lossy(&path)).unwrap_or_else(|_| "/".into()))
        .register_fn("user_id", || user::ids(user::Whose::User).map_or(0, |[_, effective, _]| INT::from(effective)))
        .register_fn("now", || time::now().sec)
        .register_fn("sleep", |seconds: INT| sleep(seconds as f64))
        .register_fn("sleep", sleep)
        .register_fn("exec", exec)
        .register_fn("run", run);
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The variables of the process.
fn environment() -> Map {
    let split = |entry: Vec<u8>| {
        let entry = lossy(&entry);
        entry.split_once('=').map(|(name, value)| (name.into(), value.to_owned().into()))
    };
    wcr_sys::env().into_iter().filter_map(split).collect()
}

fn sleep(seconds: f64) {
    // A signal may cut it short, as it does a sleep of any program.
    let _ = time::sleep((seconds * SECOND).max(0.0) as u64);
}

/// The words of a command.
fn words(command: Array) -> Given<Vec<Vec<u8>>> {
    if command.is_empty() {
        return Err("a command needs a word at least, as in `[\"ls\", \"-l\"]`".into());
    }
    Ok(command.into_iter().map(|word| word.to_string().into_bytes()).collect())
}

/// Tries each place where a program may be; the last error that says more than that it is not there.
fn search<T>(argv: &[Vec<u8>], mut start: impl FnMut(Vec<u8>) -> Result<T, Errno>) -> Result<T, Errno> {
    let name = lossy(&argv[0]);
    if name.contains('/') {
        return start(name.into_bytes());
    }
    let path = environment().remove("PATH").map_or_else(|| PATH.to_owned(), |path| path.to_string());
    let mut failed = Errno::Noent;
    for folder in path.split(':') {
        match start(format!("{folder}/{name}").into_bytes()) {
            Ok(started) => return Ok(started),
            Err(Errno::Noent | Errno::Notdir) => {}
            Err(errno) => failed = errno,
        }
    }
    Err(failed)
}

fn failed(argv: &[Vec<u8>], errno: Errno) -> String {
    format!("{:?} cannot be started: {errno}", lossy(&argv[0]))
}

/// Goes on as another program.
fn exec(command: Array) -> Given<()> {
    let argv = words(command)?;
    let request = |path| SpawnRequest { path, argv: argv.clone(), envp: wcr_sys::env(), ..SpawnRequest::default() };
    let Err(errno) = search(&argv, |path| Err::<(), _>(process::exec_or_script(&request(path)))) else { return Ok(()) };
    Err(failed(&argv, errno).into())
}

/// Runs another program to its end, with this one's streams but for its standard output, which is given back.
fn run(command: Array) -> Given<Map> {
    let argv = words(command)?;
    let (output, input) = fd::pipe(OpenFlags::CLOEXEC).map_err(|errno| failed(&argv, errno))?;
    let actions = vec![FdAction::Dup { from: input, to: 1 }];
    let request = |path| SpawnRequest {
        path,
        argv: argv.clone(),
        envp: wcr_sys::env(),
        actions: actions.clone(),
        ..SpawnRequest::default()
    };
    let started = search(&argv, |path| process::spawn_or_script(&request(path)));
    let _ = fd::close(input);
    let read = started.and_then(|child| fs::read_to_end(output).map(|read| (child, read)));
    let _ = fd::close(output);
    let (child, read) = read.map_err(|errno| failed(&argv, errno))?;
    let status = wait(child as i32).map_err(|errno| failed(&argv, errno))?;
    let mut result = Map::new();
    result.insert("code".into(), Dynamic::from(INT::from(status.shell_code())));
    result.insert("stdout".into(), lossy(&read).into());
    Ok(result)
}

fn wait(child: i32) -> Result<WaitStatus, Errno> {
    loop {
        match process::wait(child, 0) {
            Ok(Some((_, status))) => return Ok(status),
            Ok(None) | Err(Errno::Intr) => {}
            Err(errno) => return Err(errno),
        }
    }
}
