//! The kernel of a container: processes, descriptors, pipes, signals, waiting, clocks, randomness.
//!
//! Engine-neutral and free of host I/O: clocks, entropy, standard streams and the resolution of programs
//! are passed in. One thread; a process runs until it blocks, exits or yields. A call that cannot go on
//! returns [`Halt::Block`] after it has registered what it waits for; the engine suspends the process and
//! makes the same call again when the kernel lists the process as ready.

#![forbid(unsafe_code)]

mod allocate;
mod answers;
mod capability;
mod clock;
mod exit;
mod fd;
mod file;
mod files;
mod identity;
mod io;
mod kernel;
mod limits;
mod locks;
mod memory_file;
mod names;
mod pipe;
mod poll;
mod priority;
mod process;
mod procfs;
mod program;
mod random;
mod sched;
mod session;
mod signals;
mod socket;
mod spawn;
mod stdio;
mod trace;
mod trace_log;
mod tty;
mod waits;

pub use answers::Answers;
pub use clock::{Clock, HostClock};
pub use file::Position;
pub use identity::Whose;
pub use io::Whence;
pub use kernel::{Call, Halt, Kernel, KernelOptions, Persist};
pub use limits::{Limits, Resources};
pub use poll::{Interest, PollEntry, PollTarget};
pub use process::InitRequest;
pub use procfs::{ProcFs, ProcTable};
pub use program::{Loader, Program, ProgramFile, Refusal};
pub use random::{Entropy, SeededEntropy};
pub use sched::{Idle, Start, StartKind};
pub use session::{ProcessSummary, Session, SessionStream, Usage};
pub use socket::{Credentials, Outgoing, Received};
pub use stdio::{FullReads, HostEvent, HostInput, HostOutput, MemoryInput, MemoryOutput, Stdio};
pub use trace::{Trace, TracedCall};
pub use trace_log::{
    CallEnd, CallText, TraceLog, TraceSink, errno_name, quoted, quoted_list, quoted_whole, signal_name,
};
pub use wcr_vfs::{DirEntry, SetTime};
