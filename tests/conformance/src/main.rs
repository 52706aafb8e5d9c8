//! Behaviours of processes, pipes, signals and terminals, each a function that prints what it observes.
//!
//! The same program runs on Linux and in wcr, and has to say the same. `conformance NAME` runs one behaviour in a
//! session of its own; `conformance --list` names them all;
//! `conformance --measure` is for benchmarks.

mod measure;
mod say;
mod sys;

/// Declares the topics and the table of behaviours. A function of a topic that stands in no line here is dead code,
/// which does not compile.
macro_rules! behaviours {
    ($($topic:ident { $($name:ident)* })*) => {
        $(mod $topic;)*

        const TABLE: &[(&str, fn())] = &[$($((concat!(stringify!($topic), ".", stringify!($name)), $topic::$name),)*)*];
    };
}

include!("table.rs");

fn main() {
    sys::prepare();
    let args = sys::args();
    match args.get(1).map(String::as_str) {
        Some("--list") => TABLE.iter().for_each(|(name, _)| say!("{name}")),
        Some("--measure") => measure::run(&args[2..]),
        Some("--role") => roles::play(&args[2..]),
        Some(wanted) => match TABLE.iter().find(|(name, _)| *name == wanted) {
            Some((_, behaviour)) => run(*behaviour),
            None => say!("no such behaviour: {wanted}"),
        },
        None => say!("usage: conformance NAME"),
    }
}

/// Runs a behaviour in a child that leads a session, and takes in what it leaves behind.
fn run(behaviour: fn()) {
    let child = sys::fork(|| {
        sys::setsid().expect("a new session");
        sys::umask(0o022);
        behaviour();
        0
    });
    loop {
        match sys::wait(-1, 0) {
            Ok(Some((pid, status))) if pid == child => {
                say!("end: {}", say::status(status));
                return;
            }
            Ok(_) => {}
            Err(error) => return say!("lost: {error:?}"),
        }
    }
}
