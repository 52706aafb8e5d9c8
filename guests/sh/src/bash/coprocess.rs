//! `coproc`: a command in the background with a pipe to it and one from it.

use std::rc::Rc;

use wcr_sys::fd;

use super::array::Array;
use crate::exec::descriptors::{discard, move_to, pipe_above};
use crate::exec::jobs::Job;
use crate::exec::redirect::pipe_failure;
use crate::shell::{Flow, Shell};
use crate::syntax::ast::Command;

/// The descriptors of the pipes lie above this one.
const ABOVE: wcr_sys::Fd = 58;

impl Shell {
    pub(super) fn start_coprocess(&mut self, name: &[u8], body: &Rc<Command>) -> Flow {
        let pipes = pipe_above(ABOVE).and_then(|first| pipe_above(ABOVE).map(|second| (first, second)));
        let ((their_input, our_output), (our_input, their_output)) = match pipes {
            Ok(pipes) => pipes,
            Err(error) => return Err(self.fail(&pipe_failure(error))),
        };
        let forked = self.fork(|shell| {
            discard(our_output);
            discard(our_input);
            move_to(their_input, fd::STDIN);
            move_to(their_output, fd::STDOUT);
            shell.eval(body, true)
        });
        discard(their_input);
        discard(their_output);
        let pid = match forked {
            Ok(pid) => pid,
            Err(error) => return Err(self.fail(&[b"fork: ", error.message().as_bytes()].concat())),
        };
        let ends = [our_input, our_output].map(|end| end.to_string().into_bytes());
        self.vars.set_array(name, Array::of(ends));
        self.assign(&[name, b"_PID"].concat(), pid.to_string().into_bytes())?;
        self.last_background = Some(pid);
        let text = crate::syntax::unparse_bash::command(body);
        self.jobs.add(Job::new(&[pid], vec![text]));
        self.status = 0;
        Ok(())
    }
}
