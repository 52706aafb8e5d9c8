//! Who runs next: one FIFO queue, and those who wait.

use std::collections::{BTreeMap, VecDeque};

use wcr_abi::{Pid, WaitStatus};

use crate::file::PipeId;
use crate::kernel::{Call, Halt, Kernel};
use crate::locks::Locked;
use crate::process::{Process, State};
use crate::program::Program;
use crate::random::SeededEntropy;
use crate::socket::SocketId;
use crate::tty::TtyId;
use crate::waits::{Waiter, Waits};

/// An event that processes wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A pipe has something to read, or lost its last writer.
    Readable(PipeId),
    /// A pipe has room, or lost its last reader.
    Writable(PipeId),
    /// A FIFO was opened at its other end.
    Opened(PipeId),
    /// Something was sent to a socket, or will not be any more.
    Arrived(SocketId),
    /// A socket has room for what is sent to it, or is gone.
    Room(SocketId),
    /// A child of this process changed state.
    Child(Pid),
    /// The host's input has something.
    HostInput,
    /// A terminal has something to read.
    TtyReadable(TtyId),
    /// A terminal takes output.
    TtyWritable(TtyId),
    /// The master's side of a terminal has something to read.
    MasterReadable(TtyId),
    /// The master's side of a terminal takes keys.
    MasterWritable(TtyId),
    /// A lock of a file is gone.
    Unlocked(Locked),
}

/// A process that an engine has to make an instance for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The process.
    pub pid: Pid,
    /// What it runs.
    pub program: Program,
    /// How it begins.
    pub kind: StartKind,
}

/// How a process begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartKind {
    /// At the program's start.
    Fresh,
    /// As a copy of its parent's memory, in [`wcr_abi::FORK_ENTRY`] with `arg`.
    Fork {
        /// The argument.
        arg: u32,
    },
}

/// What is to be done when no process is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// The container's first process has ended.
    Finished(WaitStatus),
    /// Somebody has become ready (a virtual clock has jumped, or a timer is due).
    Ready,
    /// Wait for the host: for input, or for the clock to pass this many nanoseconds.
    Wait {
        /// Nanoseconds until the next timer.
        timeout: Option<u64>,
        /// Whether a process waits for the host's input.
        input: bool,
    },
    /// Every process waits for something that cannot come.
    Deadlock,
}

/// The scheduler's state.
#[derive(Debug, Default)]
pub(crate) struct Scheduler {
    ready: VecDeque<Pid>,
    waits: Waits,
    pub(crate) starts: VecDeque<Start>,
    /// How often a process was resumed.
    turns: u32,
    /// How many calls that may wait the running process has made since it was resumed.
    turn: u32,
    pub(crate) dead: Vec<Pid>,
    /// Chooses who runs next, and for how long, where that is not the first one for a whole turn.
    chance: Option<SeededEntropy>,
    /// How many calls that may wait the running process has.
    turn_max: u32,
}

/// After how many turns of busy processes timers and the host's terminal are looked at.
const TURNS: u32 = 64;

/// After how many calls of one process that is.
pub(crate) const CALLS: u32 = 4096;

/// How many calls that may wait a process makes before the others have their turn.
const TURN: u32 = 1024;

/// The longest turn where that is left to chance: short, so that many orders come about.
const CHANCE_TURN: u32 = 16;

impl Scheduler {
    /// A scheduler with nobody in it. Without a seed the queue is first in, first out; with one, any process that is ready
    /// may be the next, and may be interrupted at any call that may wait: orders that programs have to put up with.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self { chance: seed.map(SeededEntropy::new), turn_max: TURN, ..Self::default() }
    }

    /// The process that runs next, which leaves the queue.
    fn take_next(&mut self) -> Option<Pid> {
        let Some(chance) = &mut self.chance else { return self.ready.pop_front() };
        self.turn_max = 1 + chance.below(CHANCE_TURN);
        let count = u32::try_from(self.ready.len()).unwrap_or(u32::MAX);
        let at = if count > 1 { chance.below(count) } else { 0 };
        self.ready.remove(at as usize)
    }
}

impl Kernel {
    /// The next process to resume, or `None` when all wait.
    pub fn next_ready(&mut self) -> Option<Pid> {
        self.sched.turns = self.sched.turns.wrapping_add(1);
        self.sched.turn = 0;
        if self.sched.turns.is_multiple_of(TURNS) {
            self.look_around();
        }
        let next = loop {
            let Some(pid) = self.sched.take_next() else { break None };
            if self.procs.get(&pid).is_some_and(|process| process.state == State::Ready) {
                break Some(pid);
            }
        };
        self.account(next);
        next
    }

    /// The processes that need an instance, in the order they were started.
    pub fn take_starts(&mut self) -> impl Iterator<Item = Start> + use<> {
        core::mem::take(&mut self.sched.starts).into_iter()
    }

    /// The processes that have ended since the last call; their instances can go.
    pub fn take_dead(&mut self) -> Vec<Pid> {
        core::mem::take(&mut self.sched.dead)
    }

    /// Says what to do when nobody is ready.
    pub fn idle(&mut self) -> Idle {
        if let Some(status) = self.finished {
            return Idle::Finished(status);
        }
        self.look_around();
        if let Some(status) = self.finished {
            return Idle::Finished(status);
        }
        if !self.sched.ready.is_empty() {
            return Idle::Ready;
        }
        let read = self.is_awaited(Event::HostInput);
        let input = read || self.console_waits();
        if read && self.input_ready() {
            self.wake(Event::HostInput);
            return Idle::Ready;
        }
        let next = self.next_deadline();
        match next {
            // Virtual time passes only when nothing from outside is awaited: input comes first.
            Some(deadline) if !input && self.clock.jump(deadline) => {
                self.fire_timers();
                Idle::Ready
            }
            Some(deadline) => Idle::Wait { timeout: Some(deadline.saturating_sub(self.clock.monotonic())), input },
            None if input => Idle::Wait { timeout: None, input },
            None => Idle::Deadlock,
        }
    }

    /// Lets a virtual clock jump to the next time that somebody waits for, although input is awaited; whether it has.
    pub fn pass_time(&mut self) -> bool {
        let jumped = self.next_deadline().is_some_and(|deadline| self.clock.jump(deadline));
        if jumped {
            self.fire_timers();
        }
        jumped
    }

    /// Ends the time that one process ran, and begins that of the next.
    fn account(&mut self, next: Option<Pid>) {
        let now = self.clock.monotonic();
        if let Some((pid, since)) = self.running.take()
            && let Some(process) = self.procs.get_mut(&pid)
        {
            process.ran += now.saturating_sub(since);
            self.running = None;
            self.check_cpu_time(pid);
        }
        self.running = next.map(|pid| (pid, now));
    }

    /// Sees what has happened without any process's doing: timers that are due, keys at the host's terminal.
    pub(crate) fn look_around(&mut self) {
        self.fire_timers();
        self.pump_console();
        if let Some((pid, _)) = self.running {
            self.check_cpu_time(pid);
        }
    }

    /// Whether a process waits for an event.
    pub(crate) fn is_awaited(&self, event: Event) -> bool {
        self.sched.waits.of(event).any(|waiter| self.is_blocked(waiter))
    }

    /// Waits until the host's input has something or `timeout` nanoseconds have passed.
    pub fn wait_input(&mut self, timeout: Option<u64>) {
        if let Some(stdin) = &mut self.stdin {
            stdin.wait(timeout);
        }
    }

    /// Puts a process at the end of the ready queue.
    pub(crate) fn make_ready(&mut self, pid: Pid) {
        let Some(process) = self.procs.get_mut(&pid) else { return };
        match process.state {
            State::Ready | State::Blocked => {
                process.state = State::Ready;
                process.blocking += 1;
                self.sched.ready.push_back(pid);
            }
            State::Stopped { .. } => process.state = State::Stopped { ready: true },
            State::Zombie(_) => {}
        }
    }

    /// Lets every other ready process run first: false the first time, true when the call is made again. What is due
    /// happens before. [`Halt::Exit`] when that ended the caller.
    pub fn give_way(&mut self, pid: Pid) -> Call<bool> {
        if core::mem::take(&mut self.process_mut(pid)?.retry.gave_way) {
            return Ok(true);
        }
        self.clock.compute();
        self.look_around();
        self.process_mut(pid).map_err(|_| Halt::Exit)?.retry.gave_way = true;
        self.queue_up(pid).map(|()| false)
    }

    /// Counts a call that may wait. [`Halt::Block`] when the caller has had its turn and others are ready: it is at the
    /// end of the queue, and makes the call when it is resumed.
    pub(crate) fn count_turn(&mut self, pid: Pid) -> Call<()> {
        self.sched.turn += 1;
        if self.sched.turn < self.sched.turn_max {
            return Ok(());
        }
        self.sched.turn = 0;
        self.interrupt(pid)
    }

    /// Looks up while a process runs: timers, keys, its own CPU time. [`Halt::Block`] when others are ready: it is at the
    /// end of the queue; [`Halt::Exit`] when it has ended meanwhile.
    pub fn interrupt(&mut self, pid: Pid) -> Call<()> {
        self.look_around();
        match self.procs.get(&pid).map(|process| process.state) {
            Some(State::Ready) if self.sched.ready.is_empty() => Ok(()),
            _ => self.queue_up(pid).and(Err(Halt::Block)),
        }
    }

    /// Puts the caller, which runs, at the end of the ready queue; one that was stopped meanwhile comes there later.
    fn queue_up(&mut self, pid: Pid) -> Call<()> {
        match self.procs.get(&pid).map(|process| process.state) {
            Some(State::Ready) => self.sched.ready.push_back(pid),
            Some(State::Stopped { .. }) => {}
            Some(State::Blocked | State::Zombie(_)) | None => return Err(Halt::Exit),
        }
        Ok(())
    }

    /// Makes every process ready that waits for `event`.
    pub(crate) fn wake(&mut self, event: Event) {
        for (pid, blocking) in self.sched.waits.take(event) {
            if self.procs.get(&pid).is_some_and(|process| process.blocking == blocking) {
                self.make_ready(pid);
            }
        }
    }

    /// Suspends the calling process until one of `events` or its retry deadline. `INTR` instead when a
    /// caught signal waits to be taken.
    pub(crate) fn block(&mut self, pid: Pid, events: &[Event]) -> Halt {
        let Some(process) = self.procs.get_mut(&pid) else { return Halt::Exit };
        if process.signals.caught() != 0 {
            process.retry = crate::process::Retry::default();
            return Halt::Errno(wcr_abi::Errno::Intr);
        }
        if let State::Stopped { .. } = process.state {
            // It was stopped while it ran; the call is made again when it goes on.
            return Halt::Block;
        }
        process.state = State::Blocked;
        let (waiter, deadline) = ((pid, process.blocking), process.retry.deadline);
        let procs = &self.procs;
        self.sched.waits.add(waiter, events, deadline, |waiter| is_blocked(procs, waiter));
        Halt::Block
    }

    /// Takes back what the calling process waits for: it goes on without making the call again.
    pub fn stop_waiting(&mut self, pid: Pid) {
        let Some(process) = self.procs.get_mut(&pid).filter(|process| process.state == State::Blocked) else { return };
        process.state = State::Ready;
        process.blocking += 1;
        process.retry = crate::process::Retry::default();
    }

    fn next_deadline(&self) -> Option<u64> {
        let alarm = self.procs.values().filter_map(|process| process.alarm).min();
        let timer = self.sched.waits.timers().find(|(_, waiter)| self.is_blocked(*waiter)).map(|timer| timer.0);
        alarm.into_iter().chain(timer).min()
    }

    fn is_blocked(&self, waiter: Waiter) -> bool {
        is_blocked(&self.procs, waiter)
    }

    /// Makes processes ready whose wait is over and sends due alarms.
    fn fire_timers(&mut self) {
        let now = self.clock.monotonic();
        while let Some((deadline, waiter)) = self.sched.waits.first_timer() {
            let live = self.is_blocked(waiter);
            if live && deadline > now {
                break;
            }
            self.sched.waits.pop_timer();
            if live {
                self.make_ready(waiter.0);
            }
        }
        let due = |alarm: Option<u64>| alarm.is_some_and(|at| at <= now);
        let ringing: Vec<Pid> =
            self.procs.iter().filter(|(_, process)| due(process.alarm)).map(|(pid, _)| *pid).collect();
        for pid in ringing {
            if let Some(process) = self.procs.get_mut(&pid) {
                let interval = process.alarm_interval;
                process.alarm = (interval != 0).then(|| now.saturating_add(interval));
            }
            self.post_signal(pid, wcr_abi::Signal::ALRM);
        }
    }
}

/// Whether a process still waits in the blocking that the number means.
fn is_blocked(procs: &BTreeMap<Pid, Process>, (pid, blocking): Waiter) -> bool {
    procs.get(&pid).is_some_and(|process| process.blocking == blocking && process.state == State::Blocked)
}
