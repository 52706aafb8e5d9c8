//! Reading commands from a person.

mod bash;
mod completion;
mod lines;
mod prompt;

use std::cell::RefCell;
use std::rc::Rc;

use wcr_sys::abi::{Disposition, Signal};
use wcr_sys::{fd, process, signal};

use crate::flavour;
use crate::options::Opt;
use crate::shell::{Capture, Flow, Shell, Unwind};
use crate::syntax::input::{Input, Prompt};
use crate::syntax::{Line, Parser};

pub use lines::Desk;

/// What an interactive shell begins with.
const WELCOME: &[u8] = b"\n\nBusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)\n\
                         Enter 'help' for a list of built-in commands.\n\n";

/// So often in a row may the input end without the shell's end, where that is not wanted: it may be gone for good.
const MOST_ENDS: u32 = 50;

impl Shell {
    /// Says hello and makes the shell the terminal's. With `commands` from the command line, what is no terminal gets
    /// the greeting with the first command's output.
    pub fn begin_interactive(&mut self, commands: bool) {
        let controls = self.begin_job_control();
        self.options.set(Opt::Monitor, controls);
        if flavour::is_bash() {
            if !controls {
                self.complain_about_job_control();
            }
            return;
        }
        if flavour::is_dash() {
            if !controls {
                self.complain(b"can't access tty; job control turned off");
            }
            return;
        }
        let complaint = b"can't access tty; job control turned off";
        // What is not written to a terminal goes out last.
        let at_terminal = fd::is_tty(fd::STDOUT);
        if !controls && !at_terminal {
            self.complain(complaint);
        }
        self.put(WELCOME);
        if at_terminal || !commands {
            let _ = self.flush();
        }
        if !controls && at_terminal {
            self.complain(complaint);
        }
    }

    /// Reads and runs commands until the input or an `exit` ends it.
    pub fn run_interactive(&mut self) {
        let desk = Rc::new(RefCell::new(Desk::new(self.history.clone())));
        let mut input = Input::terminal(lines::reader(desk.clone()));
        let mut ends = 0;
        loop {
            if flavour::is_bash() {
                self.run_prompt_command();
            }
            self.poll_jobs();
            self.report_changed_jobs();
            self.set_desk(&mut desk.borrow_mut());
            input.prompt = Prompt::First;
            input.verbose = self.has(Opt::Verbose);
            input.clear_end();
            let patterns = self.reads_extended_patterns();
            let mut parser = Parser::new(&mut input, &self.aliases, self.vars.dynamics.line);
            parser = parser.with_extended_patterns(patterns);
            let parsed = parser.line();
            self.parser_line = input.line;
            self.base_line = input.line;
            self.jobs.unsettled = false;
            let came = core::mem::take(&mut desk.borrow_mut().signals);
            self.traps.note(came);
            if core::mem::take(&mut desk.borrow_mut().interrupted) {
                self.recover(&mut input);
                self.traps.pending.push(Signal::INT.0);
                if self.run_pending_traps().is_err_and(|unwind| unwind == Unwind::Exit) {
                    return;
                }
                continue;
            }
            if !matches!(parsed, Ok(Line::End)) {
                self.warned = self.warned.saturating_sub(1);
                ends = 0;
            }
            let flow = match parsed {
                Err(error) => Err(self.fail_syntax(&error)),
                Ok(Line::End) if ends >= MOST_ENDS => return,
                Ok(Line::End) => {
                    ends += 1;
                    if self.may_leave() {
                        let farewell: &[u8] = if flavour::is_bash() { b"exit\n" } else { b"\n" };
                        let _ = fd::write_all(fd::STDERR, farewell);
                        if !self.has(Opt::IgnoreEof) {
                            return;
                        }
                        let _ = fd::write_all(fd::STDERR, b"Use \"exit\" to leave shell.\n");
                    }
                    Ok(())
                }
                Ok(line) => self.run_pending_traps().and_then(|()| match line {
                    Line::Command(command) | Line::Last(command) => self.eval(&command, false),
                    Line::Empty | Line::End => Ok(()),
                }),
            };
            match flow {
                Ok(()) | Err(Unwind::Break(_) | Unwind::Continue(_)) => {}
                Err(Unwind::Error | Unwind::Syntax) => self.recover(&mut input),
                Err(Unwind::Exit | Unwind::Return) => return,
            }
        }
    }

    /// Whether the shell may end: not before somebody has been told of the jobs that are stopped.
    pub fn may_leave(&mut self) -> bool {
        let stopped = self.jobs.list.iter().any(crate::exec::jobs::Job::stopped);
        if !stopped || self.warned > 0 || !self.has(Opt::Interactive) || self.subshell {
            return true;
        }
        let _ = fd::write_all(fd::STDERR, b"You have stopped jobs.\n");
        self.warned = 2;
        false
    }

    /// Leaves what runs when the interrupt key is pressed, unless a trap is set for it: an interactive shell for the
    /// next line, another one for good.
    /// # Errors
    /// Always, when the key was pressed.
    pub(crate) fn check_interrupt(&mut self) -> Flow {
        if self.own & Signal::INT.bit() == 0 {
            return Ok(());
        }
        let interactive = self.has(Opt::Interactive);
        self.commands = self.commands.wrapping_add(1);
        // Asking costs as much as a short command.
        if !interactive && self.traps.pending.is_empty() && self.commands != 0 {
            return Ok(());
        }
        self.traps.collect();
        let interrupts = self.traps.pending.contains(&Signal::INT.0) && self.traps.action(Signal::INT.0).is_none();
        if !interrupts {
            return Ok(());
        }
        self.status = 130;
        if self.subshell {
            // It runs in this process, whose own turn to leave comes when the subshell has ended.
            return Err(Unwind::Exit);
        }
        self.traps.pending.retain(|signal| *signal != Signal::INT.0);
        if !interactive {
            // The signal itself ends the shell, and no trap for its end runs; process 1 is the one that it would not end.
            let _ = signal::set_disposition(Signal::INT, Disposition::Default);
            let _ = signal::kill(process::ids().pid as i32, Some(Signal::INT));
            return Err(Unwind::Exit);
        }
        let _ = fd::write_all(fd::STDERR, b"\n");
        Err(Unwind::Error)
    }

    /// After an error: back to the outermost level.
    fn recover(&mut self, input: &mut Input) {
        input.discard_line();
        input.clear_end();
        self.unwind_to_top();
    }

    /// Leaves functions, loops and redirections behind.
    pub(crate) fn unwind_to_top(&mut self) {
        while self.vars.in_scope() {
            self.vars.pop_scope(false);
        }
        self.settle_variables();
        self.vars.dynamics.functions.clear();
        self.vars.dynamics.calls.frames.clear();
        (self.loops, self.tested) = (0, 0);
        self.capture = Capture::default();
        self.out.clear();
        self.close_process_fds(0);
        self.command_name = Some(self.arg0.to_vec().into());
        self.running_traps = 0;
        self.trace_depth = 0;
    }

    fn report_changed_jobs(&mut self) {
        if !self.has(Opt::Monitor) {
            return;
        }
        for number in self.jobs.news() {
            let line = self.jobs.line(number, false);
            let _ = fd::write_all(fd::STDERR, &line);
            self.jobs.told(number);
        }
    }
}
