//! Calls of functions.

use std::rc::Rc;

use crate::bash::dynamic::Frame;
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, OptionCursor, Shell, Unwind};
use crate::syntax::ast::Command;

/// How deep functions may call each other in dash.
const MAX_CALLS_DASH: usize = 1000;

impl Shell {
    /// Calls a function; `args` begin with its name. The caller has opened the scope of its variables.
    pub(crate) fn call_function(&mut self, name: Rc<[u8]>, body: &Command, mut args: Vec<Vec<u8>>) -> Flow {
        if flavour::is_dash() && self.vars.dynamics.functions.len() >= MAX_CALLS_DASH {
            return Err(self.fail(b"Maximum function recursion depth (1000) reached"));
        }
        if flavour::is_bash() {
            return self.call_function_in_bash(name, body, args);
        }
        args.remove(0);
        let params = core::mem::replace(&mut self.params, Rc::new(args));
        let getopts = core::mem::replace(&mut self.getopts, OptionCursor { offset: 0, index: 1 });
        let options = self.local_options.take();
        let failure = if self.has(Opt::ErrTrace) { None } else { self.traps.take_failure() };
        self.vars.dynamics.functions.push(name);
        let line = self.vars.dynamics.line;
        // In dash no `break` reaches beyond the function.
        let loops = self.loops;
        if flavour::is_dash() {
            self.loops = 0;
        }
        let flow = self.eval(body, false);
        self.loops = loops;
        self.vars.dynamics.line = line;
        self.vars.dynamics.functions.pop();
        if let Some(action) = failure {
            self.traps.restore_failure(action);
        }
        if let Some(own) = core::mem::replace(&mut self.local_options, options) {
            self.options = own;
        }
        self.getopts = getopts;
        self.params = params;
        match flow {
            Err(Unwind::Return) => Ok(()),
            flow => flow,
        }
    }

    /// The same in bash, where a function keeps neither the place of `getopts` nor loops around it.
    fn call_function_in_bash(&mut self, name: Rc<[u8]>, body: &Command, mut args: Vec<Vec<u8>>) -> Flow {
        let most = self.vars.get(b"FUNCNEST").as_deref().and_then(crate::builtins::number).filter(|most| *most > 0);
        if most.is_some_and(|most| self.vars.dynamics.functions.len() >= most as usize) {
            let message = format!("maximum function nesting level exceeded ({})", most.unwrap_or_default());
            return Err(self.fail(&[&name[..], b": ", message.as_bytes()].concat()));
        }
        args.remove(0);
        let params = core::mem::replace(&mut self.params, Rc::new(args));
        let options = self.local_options.take();
        let held = self.hold_traps();
        let line = self.vars.dynamics.line;
        let calls = &mut self.vars.dynamics.calls;
        let file = calls.files.get(&name).cloned().unwrap_or_else(|| calls.file());
        calls.frames.push(Frame { name: name.clone(), file, line, is_function: true });
        self.vars.dynamics.functions.push(name);
        let loops = core::mem::take(&mut self.loops);
        let flow = self.eval(body, false);
        self.loops = loops;
        let returned = if matches!(flow, Ok(()) | Err(Unwind::Return)) { self.run_return_trap() } else { Ok(()) };
        self.vars.dynamics.line = line;
        self.vars.dynamics.functions.pop();
        self.vars.dynamics.calls.frames.pop();
        self.give_back_traps(held);
        if let Some(own) = core::mem::replace(&mut self.local_options, options) {
            self.options = own;
        }
        self.params = params;
        match flow {
            Err(Unwind::Return) => returned,
            flow => flow.and(returned),
        }
    }
}
