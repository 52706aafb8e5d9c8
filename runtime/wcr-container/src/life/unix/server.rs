//! The socket of a running container: commands of other processes are done here.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use wcr_abi::{Signal, WaitStatus, WinSize};
use wcr_engine::Remote;
use wcr_kernel::{Kernel, Session, SessionStream};
use wcr_machine::{BootError, EnvChange, LastRefusal, Settings, enter};

use crate::life::copy;
use crate::life::error::LifeError;
use crate::life::events::Happening;
use crate::life::frame::{self, Answer, Exec, ProcessLine, Request, Usage};
use crate::life::place::{self, Place};
use crate::life::record::Text;
use crate::life::streams::{Hub, Outbox};
use crate::life::unix::address::Address;
use crate::life::written::{self, Durability};

/// How much of a session's output is taken at a time, in bytes.
const PIECE: usize = 32 << 10;

/// What those who serve a container need to know of it.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) place: Arc<Place>,
    pub(crate) settings: Settings,
    pub(crate) remote: Remote,
    pub(crate) hub: Hub,
    /// What knows why a program was refused, once the container runs.
    pub(crate) refusal: Arc<Mutex<Option<LastRefusal>>>,
    /// Is told that the container was paused or not, and that it is to be stopped for good.
    pub(crate) notice: Arc<dyn Fn(Notice) + Send + Sync>,
}

/// What a command has changed about a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    Paused(bool),
    Stopped,
}

/// Listens at a container's socket, on a thread of its own, as long as the process lives.
///
/// # Errors
/// The socket cannot be made.
pub(crate) fn listen(address: &Address, served: Served) -> io::Result<()> {
    let path = address.path();
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    thread::Builder::new().name("wcr-listen".into()).spawn(move || {
        for stream in listener.incoming().flatten() {
            let served = served.clone();
            // One that cannot be served sees its end.
            drop(thread::Builder::new().spawn(move || serve(stream, &served)));
        }
    })?;
    Ok(())
}

/// Does what one client asks for.
fn serve(mut stream: UnixStream, served: &Served) {
    let Ok(request) = frame::read_json::<Request>(&mut stream, frame::REQUEST) else { return };
    // Whoever went away needs no answer.
    drop(match request {
        Request::Attach { input, window } => attach(stream, served, input, window),
        Request::Exec(exec) => run(stream, served, exec),
        Request::Wait => wait(stream, served),
        other => frame::write_json(&mut stream, frame::ANSWER, &answer(served, other)),
    });
}

/// Has something done with the kernel and waits for what comes of it; `None` when the container has ended.
fn ask<T: Send + 'static>(remote: &Remote, question: impl FnOnce(&mut Kernel) -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = channel();
    let mut question = Some(question);
    let job = move |kernel: &mut Kernel| {
        if let Some(question) = question.take() {
            drop(sender.send(question(kernel)));
        }
        false
    };
    remote.send(job).then(|| receiver.recv().ok()).flatten()
}

fn answer(served: &Served, request: Request) -> Answer {
    let Served { remote, notice, place, .. } = served;
    let done = |done: Option<()>| done.map_or(Answer::Ended, |()| Answer::Done);
    match request {
        Request::Signal(number) => {
            place.tell([Happening::kill(Signal(number))]);
            done(ask(remote, move |kernel| kernel.signal_from_outside(Signal(number))).inspect(|()| {
                // It reaches those who do not go on, too.
                if Signal(number) == Signal::KILL {
                    remote.stop();
                }
            }))
        }
        Request::Stop { signal } => {
            notice(Notice::Stopped);
            place.tell([Happening::kill(Signal(signal))]);
            if Signal(signal) == Signal::KILL {
                remote.stop();
                return Answer::Done;
            }
            // One that ends just now, or waits to be started again, needs no signal: it is known that it is to stop.
            ask(remote, move |kernel| kernel.signal_from_outside(Signal(signal)));
            Answer::Done
        }
        Request::Pause(paused) => {
            remote.pause(paused);
            notice(Notice::Paused(paused));
            place.tell([Happening::new(if paused { "pause" } else { "unpause" })]);
            Answer::Done
        }
        Request::Usage => ask(remote, |kernel| kernel.usage()).map_or(Answer::Ended, |usage| {
            let wcr_kernel::Usage { processes, memory, cpu } = usage;
            Answer::Usage(Usage { processes, memory, cpu })
        }),
        Request::Processes => ask(remote, |kernel| processes(kernel)).map_or(Answer::Ended, Answer::Processes),
        Request::Save => {
            let place = place.clone();
            match ask(remote, move |kernel| place.save(kernel.vfs(), Durability::Process)) {
                Some(Ok(())) => Answer::Done,
                Some(Err(error)) => Answer::Failed { reason: error.to_string(), code: 125 },
                None => Answer::Ended,
            }
        }
        Request::Put { folder, archive } => copied(ask(remote, move |kernel| {
            let now = kernel.now();
            copy::unpack(kernel.vfs(), &Vec::from(&folder), Path::new(&archive), now)
        })),
        Request::Get { path, archive, follow } => {
            copied(ask(remote, move |kernel| copy::pack(kernel.vfs(), &Vec::from(&path), follow, Path::new(&archive))))
        }
        Request::Stat { path, follow } => {
            match ask(remote, move |kernel| copy::find(kernel.vfs(), &Vec::from(&path), follow)) {
                Some(Ok(found)) => Answer::Found(found),
                Some(Err(error)) => Answer::Failed { reason: error.to_string(), code: 1 },
                None => Answer::Ended,
            }
        }
        Request::Changes => match ask(remote, |kernel| written::list(kernel.vfs(), "")) {
            Some(Ok(changes)) => {
                Answer::Changes(changes.into_iter().map(|(kind, path)| (kind, Text::from(path))).collect())
            }
            Some(Err(error)) => Answer::Failed { reason: error.to_string(), code: 1 },
            None => Answer::Ended,
        },
        Request::Attach { .. } | Request::Exec(_) | Request::Wait => Answer::Ended,
    }
}

fn copied(done: Option<Result<(), LifeError>>) -> Answer {
    match done {
        Some(Ok(())) => Answer::Done,
        Some(Err(error)) => Answer::Failed { reason: error.to_string(), code: 1 },
        None => Answer::Ended,
    }
}

fn processes(kernel: &Kernel) -> Vec<ProcessLine> {
    let line = |process: wcr_kernel::ProcessSummary| ProcessLine {
        pid: process.pid,
        ppid: process.ppid,
        uid: process.uid,
        started: process.started,
        cpu: process.cpu,
        terminal: process.terminal.map_or_else(|| "?".into(), |number| format!("pts/{number}")),
        command: String::from_utf8_lossy(&process.argv.join(&b' ')).into_owned(),
    };
    kernel.processes().map(line).collect()
}

/// Brings what is in an outbox to a client, on a thread of its own.
fn deliver(mut stream: UnixStream, outbox: Arc<Outbox>, served: &Served) -> io::Result<()> {
    served.hub.track(outbox.clone());
    let remote = served.remote.clone();
    thread::Builder::new().spawn(move || {
        while let Some((kind, bytes)) = outbox.take() {
            if frame::write(&mut stream, kind, &bytes).is_err() {
                break;
            }
            // There is room again.
            remote.call();
        }
        drop(stream.shutdown(std::net::Shutdown::Write));
        outbox.leave();
    })?;
    Ok(())
}

/// The exit code, when it comes.
fn wait(stream: UnixStream, served: &Served) -> io::Result<()> {
    let outbox = Arc::new(Outbox::default());
    outbox.put(frame::ANSWER, serde_json::to_vec(&Answer::Done)?);
    served.hub.await_end(outbox.clone());
    deliver(stream, outbox, served)
}

/// The container's own streams.
fn attach(mut stream: UnixStream, served: &Served, input: bool, window: Option<(u16, u16)>) -> io::Result<()> {
    let outbox = Arc::new(Outbox::default());
    outbox.put(frame::ANSWER, serde_json::to_vec(&Answer::Done)?);
    served.place.tell([Happening::new("attach")]);
    if let Some((rows, cols)) = window {
        // Before anybody waits for who is attached: the first program finds its window as it is.
        served.hub.resize(WinSize { rows, cols });
    }
    // First the way out: a container that was waiting for somebody to be attached may end at once.
    deliver(stream.try_clone()?, outbox.clone(), served)?;
    served.hub.attach(outbox.clone());
    let interactive = input && served.place.record.spec.interactive;
    while let Ok(Some((kind, bytes))) = frame::read(&mut stream) {
        match kind {
            frame::INPUT if interactive => {
                while served.hub.is_input_full() && !served.remote.is_asked() {
                    thread::sleep(std::time::Duration::from_millis(5));
                }
                served.hub.input(&bytes);
            }
            // A keyboard has no end.
            frame::INPUT_END if interactive && !served.place.record.spec.tty => served.hub.end_input(),
            frame::SIZE => {
                if let Some(size) = size(&bytes) {
                    served.hub.resize(size);
                }
            }
            _ => {}
        }
    }
    outbox.leave();
    Ok(())
}

fn size(bytes: &[u8]) -> Option<WinSize> {
    let (rows, cols) = serde_json::from_slice(bytes).ok()?;
    Some(WinSize { rows, cols })
}

/// What a client sends to a session.
#[derive(Debug, Default)]
struct Inbox {
    bytes: VecDeque<u8>,
    ended: bool,
    resized: Option<WinSize>,
    gone: bool,
}

/// A further process of the container.
fn run(mut stream: UnixStream, served: &Served, exec: Exec) -> io::Result<()> {
    let Exec { interactive, detach, terminal, .. } = exec;
    let told = Told::new(served.place.clone(), &exec)?;
    let window = terminal.map(|(rows, cols)| WinSize { rows, cols });
    let session = match open_session(served, exec, interactive && !detach, window) {
        Some(Ok(session)) => {
            told.started();
            session
        }
        Some(Err(error)) => {
            told.ended(error.exit_code());
            let answer = Answer::Failed { reason: error.to_string(), code: error.exit_code() };
            return frame::write_json(&mut stream, frame::ANSWER, &answer);
        }
        None => return frame::write_json(&mut stream, frame::ANSWER, &Answer::Ended),
    };
    let (inbox, outbox) = (Arc::new(Mutex::new(Inbox::default())), Arc::new(Outbox::default()));
    outbox.put(frame::ANSWER, serde_json::to_vec(&Answer::Done)?);
    if detach {
        outbox.end();
    }
    let mut pump = Pump { session: Some(session), inbox: inbox.clone(), outbox: outbox.clone(), open: [true; 2], told };
    deliver(stream.try_clone()?, outbox, served)?;
    served.remote.send(move |kernel| pump.turn(kernel));
    read_session(stream, &inbox, &served.remote);
    Ok(())
}

/// Starts a further process of the container; `None` when that has ended.
pub(crate) fn open_session(
    served: &Served,
    exec: Exec,
    input: bool,
    window: Option<WinSize>,
) -> Option<Result<Session, BootError>> {
    let settings = settings(served, exec);
    let config = served.place.record.config.clone();
    let refusal = served.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
    ask(&served.remote, move |kernel| enter(kernel, &config, &settings, &refusal, input, window))
}

/// Takes what a client sends to where the session's pump finds it.
fn read_session(mut stream: UnixStream, inbox: &Mutex<Inbox>, remote: &Remote) {
    let inbox = || inbox.lock().unwrap_or_else(PoisonError::into_inner);
    while let Ok(Some((kind, bytes))) = frame::read(&mut stream) {
        match kind {
            frame::INPUT => {
                while inbox().bytes.len() > (1 << 20) && !remote.is_asked() {
                    thread::sleep(std::time::Duration::from_millis(5));
                }
                inbox().bytes.extend(bytes);
            }
            frame::INPUT_END => inbox().ended = true,
            frame::SIZE => inbox().resized = size(&bytes),
            _ => {}
        }
        remote.call();
    }
    let mut inbox = inbox();
    inbox.gone = true;
    inbox.ended = true;
    drop(inbox);
    remote.call();
}

fn settings(served: &Served, exec: Exec) -> Settings {
    let own = &served.settings;
    let more =
        exec.env.iter().map(|(name, value)| EnvChange { name: name.into(), value: value.as_ref().map(Vec::from) });
    Settings {
        command: exec.command.iter().map(Vec::from).collect(),
        env: own.env.iter().cloned().chain(more).collect(),
        workdir: exec.workdir.or_else(|| own.workdir.clone()),
        user: exec.user.or_else(|| own.user.clone()),
        hostname: own.hostname.clone(),
        tty: exec.terminal.is_some(),
        ..Settings::default()
    }
}

/// Moves what comes and goes between a client and a session, whenever the kernel can be had.
struct Pump {
    session: Option<Session>,
    inbox: Arc<Mutex<Inbox>>,
    outbox: Arc<Outbox>,
    /// Which of the two outputs have not ended.
    open: [bool; 2],
    told: Told,
}

/// The exit code of a process that has ended.
pub(crate) fn code_of(status: WaitStatus) -> u8 {
    match status {
        WaitStatus::Exited(code) => code,
        other => other.shell_code(),
    }
}

/// What is written down of a further process.
pub(crate) struct Told {
    place: Arc<Place>,
    id: String,
    command: String,
}

impl Told {
    /// Writes down that there is to be one.
    pub(crate) fn new(place: Arc<Place>, exec: &Exec) -> io::Result<Self> {
        let id = place::random_id().map_err(io::Error::other)?;
        let words: Vec<String> = exec.command.iter().map(Text::shown).collect();
        let told = Self { place, id, command: words.join(" ") };
        told.place.tell([told.happening(format!("exec_create: {}", told.command))]);
        Ok(told)
    }

    fn happening(&self, action: impl Into<String>) -> Happening {
        Happening::new(action).with("execID", &self.id)
    }

    /// It runs.
    pub(crate) fn started(&self) {
        self.place.tell([self.happening(format!("exec_start: {}", self.command))]);
    }

    /// It has ended, or could not be started.
    pub(crate) fn ended(&self, code: u8) {
        self.place.tell([self.happening("exec_die").with("exitCode", code.to_string())]);
    }
}

impl Pump {
    /// Whether there will be more to do.
    fn turn(&mut self, kernel: &mut Kernel) -> bool {
        let Some(mut session) = self.session.take() else { return false };
        self.input(kernel, &mut session);
        let status = kernel.session_status(&session);
        self.output(kernel, &session);
        let Some(status) = status.filter(|_| !self.outbox.is_full()) else {
            self.session = Some(session);
            return true;
        };
        let code = code_of(status);
        kernel.close_session(session);
        self.told.ended(code);
        self.outbox.put(frame::EXIT, vec![code]);
        self.outbox.end();
        false
    }

    fn input(&self, kernel: &mut Kernel, session: &mut Session) {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(size) = inbox.resized.take() {
            kernel.session_resize(session, size);
        }
        while !inbox.bytes.is_empty() {
            let piece: Vec<u8> = inbox.bytes.iter().take(4096).copied().collect();
            let count = kernel.session_write(session, &piece);
            inbox.bytes.drain(..count);
            if count < piece.len() {
                break;
            }
        }
        if inbox.bytes.is_empty() && inbox.ended {
            kernel.session_end_input(session);
        }
    }

    fn output(&mut self, kernel: &mut Kernel, session: &Session) {
        let streams = [(SessionStream::Output, frame::OUTPUT), (SessionStream::Error, frame::ERROR)];
        for ((stream, kind), open) in streams.into_iter().zip(&mut self.open) {
            let mut piece = vec![0; PIECE];
            while *open && !self.outbox.is_full() {
                match kernel.session_read(session, stream, &mut piece) {
                    Some(0) => *open = false,
                    Some(count) => drop(self.outbox.put(kind, piece.get(..count).unwrap_or_default().to_vec())),
                    None => break,
                }
            }
        }
    }
}
