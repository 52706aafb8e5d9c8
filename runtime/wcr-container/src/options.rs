//! What a user asks of one run.

use std::path::PathBuf;
use std::time::Duration;

use wcr_engine::{Lasting, OutOfMemory, Remote};
use wcr_kernel::{Answers, Persist, TraceSink};
use wcr_machine::{Explain, LastRefusal, Root, Settings};

use crate::bind::Bind;
use crate::recording::TapeUse;

/// The options of one run. The default is the image as it is, without standard input.
#[derive(Default)]
pub struct RunOptions {
    /// What the container is like.
    pub settings: Settings,
    /// The root file system as an earlier run left it, see [`crate::Captured::take_root`]; `None` for the image's own.
    pub root: Option<Root>,
    /// Folders and files of the host.
    pub binds: Vec<Bind>,
    /// Whether the container reads the host's standard input; else its input is empty. With a terminal
    /// ([`Settings::tty`]) the host's standard input has to be one, too.
    pub stdin: bool,
    /// A clock of the container's own, which starts so many nanoseconds after the epoch and moves on by what the
    /// container does; `None` for the host's.
    pub clock: Option<u64>,
    /// The seed of a randomness of the container's own; `None` for the host's.
    pub seed: Option<u64>,
    /// A folder of the host that keeps the code of programs of images that were compiled; `None` compiles them
    /// each time.
    pub cache: Option<PathBuf>,
    /// The most memory of all its processes together, in bytes: the one that wants more is killed. `None` leaves it
    /// at what each process may have.
    pub memory: Option<u64>,
    /// How long it may run. Its programs then end as by `SIGKILL`; until then they run code that can be stopped.
    pub timeout: Option<Duration>,
    /// Lets it be reached from other threads.
    pub remote: Option<Remote>,
    /// Its programs run code that can be stopped between two calls, see [`Remote`].
    pub stoppable: bool,
    /// It goes on waiting where all of its processes wait for each other: somebody outside may have something for them.
    pub patient: bool,
    /// Is called once when it turns out not to be over in a moment.
    pub lasting: Option<Lasting>,
    /// Is called each time that one of its processes is killed because the memory is used up.
    pub out_of_memory: Option<OutOfMemory>,
    /// Is called when its first process is about to run, with what will know why a program was refused.
    pub started: Option<Started>,
    /// Keeps its files when a program asks for that.
    pub persist: Option<Persist>,
    /// Answers questions of programs: how a test stands for one.
    pub answers: Option<Answers>,
    /// The seed of another legal order in which its processes run; `None` for the usual one.
    pub schedule: Option<u64>,
    /// The tape that what the host says is written to, or comes from.
    pub tape: Option<TapeUse>,
    /// The process ends right after this run: memory is left to go with it, which saves time.
    pub last: bool,
    /// Is told which program runs for which file.
    pub explain: Option<Explain>,
    /// Takes the lines of a trace: each guest call, signal and end of a process in words.
    pub trace: Option<TraceSink>,
}

/// What is done when a container's first process is about to run.
pub type Started = Box<dyn FnOnce(&LastRefusal) + Send>;
