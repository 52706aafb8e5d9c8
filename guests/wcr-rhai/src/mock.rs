//! `mock()`: the test that runs the container answers for this program.

use rhai::Engine;
use wcr_sys::abi::{MockAnswer, MockCall};
use wcr_sys::{fd, fs, process};

use crate::engine::exit;
use crate::script::Script;
use crate::streams::{Given, STDERR, STDIN, STDOUT, write};

/// Gives an engine `mock`.
pub(crate) fn register(engine: &mut Engine, script: &Script) {
    let (name, args) = (script.name.as_bytes().to_vec(), script.args.clone());
    engine.register_fn("mock", move |with_input: bool| -> Given<()> {
        let stdin = if with_input {
            fs::read_to_end(STDIN).map_err(|errno| format!("standard input: {errno}"))?
        } else {
            Vec::new()
        };
        let answer = ask(&MockCall { name: name.clone(), args: args.clone(), stdin })?;
        write(STDOUT, "standard output", &answer.stdout)?;
        write(STDERR, "standard error", &answer.stderr)?;
        exit(answer.code.into())
    });
}

fn ask(call: &MockCall) -> Given<MockAnswer> {
    let failed = |errno| format!("nobody answers for this program: {errno}");
    let file = process::ask(&call.encode()).map_err(failed)?;
    let bytes = fs::read_to_end(file).map_err(failed)?;
    fd::close(file).map_err(failed)?;
    MockAnswer::decode(&bytes).ok_or_else(|| "the answer for this program cannot be read".into())
}
