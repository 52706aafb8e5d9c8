//! The guest that runs scripted shims: a script in Rhai is the program NAME of a container.
//!
//! The script is `/usr/share/wcr/shims/NAME.rhai`, or one that wcr carries; NAME is what the program was called by. Called
//! as `rhai`, the guest runs the script that its first argument names, as an interpreter of `#!` lines does.

mod engine;
mod files;
mod limits;
mod mock;
mod problem;
mod process;
mod script;
mod streams;

use wcr_sys::process::exit;

fn main() {
    let script = match script::find(wcr_sys::args()) {
        Ok(script) => script,
        Err(problem) => {
            streams::complain(&problem);
            exit(problem::CODE)
        }
    };
    exit(engine::run(&script))
}
