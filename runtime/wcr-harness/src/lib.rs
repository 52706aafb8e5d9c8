//! The deterministic test harness: cases written in Rhai, each `run` a fresh container that is the same every time.
//!
//! ```text
//! test("the clock stands still", || {
//!     let r = run("busybox", ["sh", "-c", "date; echo $RANDOM"]);
//!     expect(r.code).equals(0);
//!     expect(r.stdout).contains("2024");
//! });
//! ```
//!
//! # What a script can say
//!
//! | function | what it does |
//! |---|---|
//! | `test(name, \|\| { … })` | runs a case. A script without any is one case, named for its file |
//! | `run(image)`, `run(image, [argument, …])` | runs the image's own command, or this one, in a fresh container and gives a result |
//! | `run(image, [argument, …], #{ … })` | the same with the options below |
//! | `container(image)`, `container(image, #{ … })` | a container whose files and clock several runs share; the options are what each run begins with |
//! | `image(name)` | an image, to be looked at; nothing runs |
//! | `clock` | the wall clock that `run` and `container` begin with: `clock.set("2030-01-01T00:00:00Z")`, `clock.advance(seconds)`, `clock.now` |
//! | `seed(number)` | sets what all randomness of `run` and `container` follows from |
//! | `mock(name, \|args\| …)`, `mock(name, \|args, stdin\| …)`, `mock(name, \|\| …)` | makes the closure a program of the containers that follow; it gives what the program prints, its exit code, or `#{ stdout: …, stderr: …, code: … }` |
//! | `expect(value)` | what can be checked with the methods below; a check that fails ends the case |
//! | `print(value)`, `debug(value)` | go to the report, under their case or, outside of cases, under the script |
//!
//! | option of `run` | what it is |
//! |---|---|
//! | `stdin` | standard input, a string or a blob; empty without it |
//! | `env` | a map of variables; `()` as a value removes one of the image |
//! | `files` | a map from absolute paths to contents (string, blob, or `#{ content: …, mode: 0o755 }`), put there before the start |
//! | `shims` | a map from names of programs to scripts in Rhai that are these programs in the container |
//! | `workdir`, `user`, `hostname`, `entrypoint` | as the options of `wcr run` |
//! | `seed` | an integer from which all randomness follows; that of `seed(…)` without it, or 0 |
//! | `timeout` | how many seconds of the host it may run before it is killed (137), 60 without it |
//! | `calls` | `true` keeps the calls of its programs, for `calls` of the result |
//! | `clock` | the wall clock at the start, as in `"2024-01-01T00:00:00Z"`; without it what `clock` says, which is that |
//!
//! | of a result | what it is |
//! |---|---|
//! | `code` | the exit code; 128+n after a death by signal n |
//! | `stdout`, `stderr` | what was printed, a string; an error where it is not UTF-8 |
//! | `stdout_bytes`, `stderr_bytes` | the same as a blob, whatever it is |
//! | `file(path)`, `file_bytes(path)`, `exists(path)`, `stat(path)` | its files after the end, as of a container |
//! | `trace` | the digest of all guest calls, in hexadecimal: two runs with the same digest were the same |
//! | `calls` | with the option `calls`: the calls of its programs in their order, an array of lines as `wcr run --trace` has them |
//! | `notes` | what wcr has to say about the run, an array of strings |
//!
//! | of a container | what it is |
//! |---|---|
//! | `run([argument, …])`, `run([argument, …], #{ … })` | runs a command on the files as the run before left them, and gives a result; without the image's entry point. Only the first process counts: others end with it |
//! | `start([argument, …])`, `start([argument, …], #{ … })` | starts a command and goes on when it waits for input |
//! | `file(path)`, `file_bytes(path)`, `exists(path)` | its files as they are now: a content as a string or a blob, and whether there is something |
//! | `stat(path)` | what is there, links not followed: `#{ kind, mode, uid, gid, size, links, mtime, target }`; `kind` is `"file"`, `"folder"`, `"link"`, `"fifo"`, `"socket"` or `"device"`, `mode` a number as in `0o755`, `mtime` a time as in `"2024-01-01T00:00:00Z"`, `target` a link's |
//! | `write(path, content)` | puts a file there, as the option `files` does |
//! | `clock` | its clock, which goes on from run to run: `c.clock.set(time)`, `c.clock.advance(seconds)`, `c.clock.now` |
//! | `copy()` | another container that is as this one is now |
//!
//! | of an image | what it is |
//! |---|---|
//! | `env`, `labels` | maps of strings |
//! | `cmd`, `entrypoint`, `ports`, `volumes` | arrays of strings |
//! | `workdir`, `user`, `platform`, `stop_signal` | strings, empty where the image says nothing |
//! | `file(path)`, `file_bytes(path)`, `exists(path)`, `stat(path)` | its files, as of a container |
//!
//! | of what was started | what it is |
//! |---|---|
//! | `feed(text)` | gives it input, and goes on when it waits for more, or has ended |
//! | `close()` | ends its input |
//! | `exec([argument, …])` | runs a program beside it to its end, and gives a result; time passes as that needs it |
//! | `stdout`, `stderr`, `read()` | what it has written so far; on standard output since the last `read()` |
//! | `running` | whether it has not ended |
//! | `wait()` | ends its input, waits for its end, and gives a result; the container then has its files |
//!
//! | check | holds when |
//! |---|---|
//! | `equals(x)`, `not_equals(x)` | it is (not) the same value; a number equals a number, whatever its kind |
//! | `contains(x)` | a string has this text in it, an array this item, a map this name, a blob these bytes |
//! | `starts_with(x)`, `ends_with(x)` | a string or a blob begins (ends) so |
//! | `matches(pattern)` | the regular expression is found in the string |
//! | `is_empty()` | a string, blob, array or map has nothing in it |
//! | `is_true()`, `is_false()` | it is this boolean |
//! | `snapshot(name)` | it is as the file `SCRIPT.snapshots/NAME.snap` says; `wcr test --update` writes it |
//! | `greater_than(n)`, `at_least(n)`, `less_than(n)`, `at_most(n)` | numbers compare so |
//!
//! # Expecting calls
//!
//! ```text
//! let r = run("busybox", ["cat", "/etc/hostname"], #{ calls: true });
//! let opened = r.calls.filter(|line| line.contains("path_open"));
//! expect(opened.some(|line| line.contains(`"/etc/hostname"`))).is_true();      // a call
//! expect(r.calls.filter(|line| line.contains(`"/etc/shadow`))).is_empty();      // no call to a path
//! expect(opened.len).equals(1);
//! expect(r.calls).snapshot("calls");                                           // all of them
//! ```
//!
//! The calls are those of `CALLS.md`; a failure of `is_empty` shows the lines that should not be there.
//!
//! Checks give back what they were called on, so that they can be chained. What a case says to `clock` and `seed` ends
//! with it; what the script says outside of cases holds for those that follow. Time passes by what a container does: a
//! `sleep` ends at once, and the clock is as much later.
//!
//! # What a script cannot do
//!
//! It has no clock, no files (but its snapshots) and no modules of its own, and it is limited in what it computes ([`OPERATIONS_MAX`]) and
//! holds: strings of 4 MiB, blobs and arrays of 131,072 items. Containers get nothing of the host. A check that does
//! not hold fails its case, even where the script catches the error.

#![forbid(unsafe_code)]

mod case;
mod check;
mod clock;
mod container;
mod containers;
mod diff;
mod expect;
mod files;
#[cfg(any(test, not(target_family = "wasm")))]
mod folders;
mod forms;
mod harness;
mod images;
mod inspected;
mod junit;
mod limits;
mod live;
mod mock;
#[cfg(not(target_family = "wasm"))]
mod native;
mod options;
mod problem;
mod report;
mod result;
mod sandbox;
mod select;
mod session;
mod snapshot;
mod source;
mod structure;
mod value;
mod visible;

pub use case::{Call, Case, Ended, Event, Failure, Place};
pub use containers::{Answer, Beside, CallLines, Captured, ContainerError, Containers, Led, Order, Outcome, Step};
#[cfg(not(target_family = "wasm"))]
pub use folders::Folders;
pub use harness::{Harness, HarnessError, Plan, Surroundings};
pub use images::{ImageError, Images};
pub use junit::junit;
pub use limits::OPERATIONS_MAX;
#[cfg(not(target_family = "wasm"))]
pub use native::Native;
pub use options::Origin;
pub use report::{case_line, failure, script_lines, summary};
pub use select::{Selection, Shard, ShardError};
pub use snapshot::SnapshotFiles;
pub use source::{Kind, Script, SourceError, collect};
