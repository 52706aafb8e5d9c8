//! What the program does when a behaviour has executed it anew.

use wcr_abi::{Fd, OpenFlags, Signal};

use crate::{say, sys};

/// Plays the role that the arguments name.
pub fn play(args: &[String]) {
    let rest = &args[1..];
    match args[0].as_str() {
        "say" => rest.iter().for_each(|arg| say!("argument {arg}")),
        "pid" => say!("same number: {}", rest[0] == sys::pid().to_string()),
        "fds" => {
            for fd in rest.iter().filter_map(|arg| arg.parse::<Fd>().ok()) {
                say!("descriptor: {:?}", sys::flags(fd).map(|flags| flags.contains(OpenFlags::CLOEXEC)));
            }
        }
        "signals" => {
            for signal in [Signal::USR1, Signal::USR2, Signal::TERM] {
                say!("{}: {}", say::signal(signal), sys::disposition(signal));
            }
            let held = sys::mask(sys::Mask::Block, 0).expect("the mask");
            say!("held back: {}; pending: {}", say::set(held), say::set(sys::pending()));
        }
        "ids" => say!("{:?} {:?}", sys::ids(false), sys::ids(true)),
        "cpu" => say!("it ran before: {}", sys::cpu() >= 100),
        "umask" => say!("umask {:o}", sys::umask(0)),
        "wait" => {
            sys::read(0, 1).expect("read");
        }
        other => say!("no such role: {other}"),
    }
}
