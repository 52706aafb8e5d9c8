//! Runs a container's health checks beside its first process, as long as it runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use wcr_abi::{Signal, WaitStatus};
use wcr_kernel::{Kernel, Session, SessionStream};

use crate::life::events::Happening;
use crate::life::frame::Exec;
use crate::life::health::{Check, CheckResult, Health, OUTPUT_MAX, TOO_LONG, go_duration};
use crate::life::here::change_state;
use crate::life::record::{State, Text, now};
use crate::life::unix::server::{Served, Told, code_of, open_session};

/// How long a check that was killed may take to end.
const LAST: Duration = Duration::from_secs(5);
/// In which pieces output is read, in bytes.
const PIECE: usize = 4096;

/// The checks of one run of a container, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Watch(Option<Arc<AtomicBool>>);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(over) = &self.0 {
            over.store(true, Ordering::SeqCst);
        }
    }
}

impl Watch {
    /// Has a container's checks made from now on, if it has any.
    pub(crate) fn begin(served: &Served, state: &Arc<Mutex<State>>) -> Self {
        let Some(check) = served.place.record.check() else { return Self::default() };
        let over = Arc::new(AtomicBool::new(false));
        let prober = Prober { served: served.clone(), state: state.clone(), check, over: over.clone() };
        // A container that nobody can watch goes on; its health stays unknown.
        drop(thread::Builder::new().name("wcr-health".into()).spawn(move || prober.run()));
        Self(Some(over))
    }
}

struct Prober {
    served: Served,
    state: Arc<Mutex<State>>,
    check: Check,
    over: Arc<AtomicBool>,
}

impl Prober {
    fn run(self) {
        loop {
            let (status, started) = {
                let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                (state.health.as_ref().map(|health| health.status).unwrap_or_default(), state.started)
            };
            let pause = self.check.pause(status, Duration::from_nanos(now().saturating_sub(started)));
            if self.served.remote.wait_for_end(pause) || self.over.load(Ordering::SeqCst) {
                return;
            }
            if self.served.remote.is_paused() {
                continue;
            }
            let Some(result) = self.probe() else { return };
            let mut changed = None;
            // What a file does not say now it says after the next check.
            drop(change_state(&self.served.place, &self.state, |state| {
                if self.over.load(Ordering::SeqCst) {
                    return;
                }
                let started = state.started;
                let health = state.health.get_or_insert_with(Health::default);
                changed = self.check.judge(health, result, started).then_some(health.status);
            }));
            if let Some(status) = changed {
                self.served.place.tell([Happening::new(format!("health_status: {}", status.name()))]);
            }
        }
    }

    /// Makes one check; `None` when the container has ended meanwhile.
    fn probe(&self) -> Option<CheckResult> {
        let command = self.check.command.iter().map(|word| Text::Utf8(word.clone())).collect();
        let exec = Exec { command, ..Exec::default() };
        let told = Told::new(self.served.place.clone(), &exec).ok()?;
        let start = now();
        let done = |exit_code, output: &[u8]| {
            let output = String::from_utf8_lossy(output).into_owned();
            Some(CheckResult { start, end: now(), exit_code, output })
        };
        let session = match open_session(&self.served, exec, false, None)? {
            Ok(session) => session,
            Err(error) => {
                told.ended(error.exit_code());
                return done(error.exit_code().into(), error.to_string().as_bytes());
            }
        };
        told.started();
        let (pid, (sender, receiver)) = (session.pid(), channel());
        let mut reading = Reading { session: Some(session), output: Vec::new(), sender };
        if !self.served.remote.send(move |kernel| reading.turn(kernel)) {
            return None;
        }
        let result = match receiver.recv_timeout(self.check.timeout) {
            Ok((code, output)) => done(code.into(), &output),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                self.kill(pid, &receiver);
                let text = format!("Health check exceeded timeout ({})", go_duration(self.check.timeout));
                done(TOO_LONG, text.as_bytes())
            }
        };
        if let Some(result) = &result {
            told.ended(u8::try_from(result.exit_code).unwrap_or(Signal::KILL.0 + 128));
        }
        result
    }

    /// Ends a check that takes too long, and waits for that.
    fn kill(&self, pid: u32, receiver: &Receiver<(u8, Vec<u8>)>) {
        let sent = self.served.remote.send(move |kernel| {
            kernel.post_signal(pid, Signal::KILL);
            false
        });
        if sent {
            // Whatever it says now came too late.
            drop(receiver.recv_timeout(LAST));
        }
    }
}

/// A check that runs: its output is read whenever the kernel can be had.
struct Reading {
    session: Option<Session>,
    output: Vec<u8>,
    sender: Sender<(u8, Vec<u8>)>,
}

impl Reading {
    /// Whether there will be more to do.
    fn turn(&mut self, kernel: &mut Kernel) -> bool {
        let Some(session) = self.session.take() else { return false };
        let status: Option<WaitStatus> = kernel.session_status(&session);
        let mut piece = [0; PIECE];
        for stream in [SessionStream::Output, SessionStream::Error] {
            while let Some(count @ 1..) = kernel.session_read(&session, stream, &mut piece) {
                let room = OUTPUT_MAX.saturating_sub(self.output.len());
                self.output.extend_from_slice(piece.get(..count.min(room)).unwrap_or_default());
            }
        }
        let Some(status) = status else {
            self.session = Some(session);
            return true;
        };
        kernel.close_session(session);
        // Nobody waits for it any more where it took far too long.
        drop(self.sender.send((code_of(status), core::mem::take(&mut self.output))));
        false
    }
}
