//! Simple commands: expansion, assignments, and the choice of what runs.

use std::borrow::Cow;
use std::rc::Rc;

use wcr_sys::{Fd, fd};

use super::redirect::Saved;
use crate::builtins::{self, Builtin};
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::as_assignment;
use crate::syntax::ast::{Assignment, Command, Simple, Word};

/// What a command's name leads to.
enum Target {
    Builtin(&'static Builtin),
    Function(Rc<[u8]>, Rc<Command>),
    Program,
}

/// How a command is called.
#[derive(Debug, Clone, Copy, Default)]
struct Call {
    /// By `command`: no functions, and errors of special built-ins don't end the shell.
    by_command: bool,
    /// By `command -p`: from the standard folders.
    standard_path: bool,
}

impl Shell {
    #[inline(never)]
    pub(crate) fn eval_simple(&mut self, simple: &Simple, last: bool) -> Flow {
        let process_fds = self.process_fds.len();
        let flow = self.eval_simple_words(simple, last);
        if flavour::is_bash() && flow.is_ok() {
            self.note_status();
        }
        if self.process_fds.len() > process_fds {
            self.close_process_fds(process_fds);
        }
        flow
    }

    fn eval_simple_words(&mut self, simple: &Simple, last: bool) -> Flow {
        self.vars.dynamics.line = simple.line;
        self.substitution_status = None;
        self.debugged_simple(simple)?;
        let mut args = Vec::with_capacity(simple.words.len());
        self.expand_command_words(&simple.words, &mut args)?;
        let (call, skip) = if args.first().is_some_and(|name| name == b"command") {
            strip_command(&args)
        } else {
            (Call::default(), 0)
        };
        let target = args.get(skip).map(|name| self.target(name, call));
        let saved = match self.redirect(&simple.redirects)? {
            Some(saved) => saved,
            None => {
                self.status = flavour::current().redirect_failure();
                let special = matches!(&target, Some(Target::Builtin(builtin)) if builtin.special);
                return if special && !call.by_command { Err(Unwind::Error) } else { Ok(()) };
            }
        };
        let trace_to = self.has(Opt::XTrace).then(|| trace_descriptor(&saved)).flatten();
        let Some(target) = target else {
            let flow = self.assign_for_command(&simple.assignments, false, trace_to, &[]);
            self.restore(saved);
            flow?;
            self.status = self.substitution_status.unwrap_or(0);
            return Ok(());
        };
        let is_bash = flavour::is_bash();
        if is_bash {
            self.note_argument(&args);
        }
        let keeps = matches!(&target, Target::Builtin(builtin) if builtin.special) && !call.by_command && !is_bash;
        // What `command` calls has variables of its own, which matters to `local` alone.
        let is_local = matches!(&target, Target::Builtin(builtin) if builtin.name == "local") && !is_bash;
        let scoped = !keeps && (!simple.assignments.is_empty() || is_local);
        if scoped || matches!(target, Target::Function(..)) {
            self.vars.push_scope();
        }
        let traced = if flavour::is_ash() { skip } else { 0 };
        let assigned =
            self.assign_for_command(&simple.assignments, scoped, trace_to, args.get(traced..).unwrap_or_default());
        let is_exec = matches!(&target, Target::Builtin(builtin) if builtin.name == "exec");
        if is_exec && args.len() > skip + 1 {
            // The program that takes the shell's place gets them.
            simple.assignments.iter().for_each(|assignment| self.vars.attributes(&assignment.name).exported = true);
        }
        let mut flow = assigned.and_then(|()| {
            args.drain(..skip);
            match &target {
                Target::Builtin(builtin) => self.run_builtin(builtin, &args, call.by_command),
                Target::Function(name, body) => self.call_function(name.clone(), body, args),
                Target::Program => self.run_program(&args, last, call.standard_path),
            }
        });
        if scoped || matches!(target, Target::Function(..)) {
            let odd = self.vars.pop_scope(self.has(Opt::AllExport));
            self.settle_variables();
            if let Some(name) = odd.filter(|_| flow.is_ok()) {
                flow = Err(self.fail(&[&name[..], b": bad variable name"].concat()));
            }
        }
        if is_exec && flow.is_ok() {
            self.keep(saved)
        } else {
            self.restore(saved)
        }
        flow
    }

    /// Expands a command's words; those of `export` and the like that are assignments as such.
    #[inline(never)]
    fn expand_command_words(&mut self, words: &[Word], args: &mut Vec<Vec<u8>>) -> Flow {
        if flavour::is_bash() {
            return self.expand_command_words_in_bash(words, args);
        }
        let declares = |word: &Word| matches!(word.plain(), Some(b"export" | b"readonly" | b"local" | b"alias"));
        let declaration = match words {
            [first, ..] if declares(first) => true,
            [first, second, ..] => first.plain() == Some(b"command") && declares(second),
            _ => false,
        };
        if !declaration {
            return self.expand_words(words, args);
        }
        for word in words {
            match as_assignment(word) {
                Some(Assignment { name, value, .. }) => {
                    let value = self.expand_assignment(&value)?;
                    args.push([&name, &b"="[..], &value].concat());
                }
                None => self.expand_word(word, args)?,
            }
        }
        Ok(())
    }

    /// As [`Self::expand_command_words`]: what is an assignment among the words of `declare` and the like is one, and
    /// what is more than `name=value` is kept for the built-in.
    fn expand_command_words_in_bash(&mut self, words: &[Word], args: &mut Vec<Vec<u8>>) -> Flow {
        let mut plain = words.iter().map(Word::plain);
        let name = plain.find(|word| !matches!(word, Some(b"command" | b"builtin"))).flatten();
        if !name.is_some_and(crate::syntax::is_declaration) {
            return self.expand_words(words, args);
        }
        self.arrays.clear();
        for word in words {
            match as_assignment(word) {
                Some(Assignment { name, value, target: None }) => {
                    let value = self.expand_assignment(&value)?;
                    args.push([&name, &b"="[..], &value].concat());
                }
                Some(Assignment { name, value, target: Some(target) }) => {
                    let arg = builtins::declared(self, &name, &target, &value)?;
                    args.push(arg);
                }
                None => self.expand_word(word, args)?,
            }
        }
        Ok(())
    }

    /// Notes the last word of a command: `$_`.
    fn note_argument(&mut self, args: &[Vec<u8>]) {
        let last = &mut self.vars.dynamics.calls.last_argument;
        last.clear();
        last.extend_from_slice(args.last().map_or(b"", Vec::as_slice));
    }

    fn target(&self, name: &[u8], call: Call) -> Target {
        let builtin = builtins::find(name).filter(|builtin| !self.bash.disabled.contains(builtin.name));
        if let Some(builtin) = builtin.filter(|builtin| builtin.special && !flavour::is_bash()) {
            return Target::Builtin(builtin);
        }
        if !call.by_command
            && !self.functions.is_empty()
            && let Some((name, body)) = self.functions.get_key_value(name)
        {
            return Target::Function(name.clone(), body.clone());
        }
        builtin.map_or(Target::Program, Target::Builtin)
    }

    /// Assignments in front of a command or alone; with `scoped` they are exported to the command and end
    /// with it.
    #[inline(never)]
    fn assign_for_command(
        &mut self,
        assignments: &[Assignment],
        scoped: bool,
        trace_to: Option<Fd>,
        args: &[Vec<u8>],
    ) -> Flow {
        let mut traced = Vec::new();
        if flavour::is_bash() {
            return self.assign_for_command_in_bash(assignments, scoped, trace_to, args);
        }
        for assignment in assignments {
            let value = self.expand_assignment(&assignment.value)?;
            if trace_to.is_some() {
                traced.push((assignment.name.to_vec(), value.clone()));
            }
            if scoped {
                self.vars.localize(&assignment.name);
            }
            self.assign(&assignment.name, value)?;
            if scoped {
                self.vars.attributes(&assignment.name).exported = true;
            }
        }
        trace_to.map_or(Ok(()), |to| self.trace(to, &traced, args))
    }

    /// The same in bash, which traces each by itself.
    fn assign_for_command_in_bash(
        &mut self,
        assignments: &[Assignment],
        scoped: bool,
        trace_to: Option<Fd>,
        args: &[Vec<u8>],
    ) -> Flow {
        for assignment in assignments {
            if scoped {
                self.vars.localize(&assignment.name);
            }
            // The prompt is that of before, should it be what is assigned.
            let prompt = trace_to.map(|_| self.trace_prompt());
            self.assign_as_written(assignment)?;
            if scoped {
                self.vars.attributes(&assignment.name).exported = true;
            }
            if let (Some(to), Some(prompt)) = (trace_to, prompt) {
                self.trace_assignment(to, prompt, assignment);
            }
        }
        match trace_to {
            Some(to) if !args.is_empty() => self.trace(to, &[], args),
            _ => Ok(()),
        }
    }

    /// Runs a built-in and writes its output.
    #[inline(never)]
    pub(crate) fn run_builtin(&mut self, builtin: &Builtin, args: &[Vec<u8>], by_command: bool) -> Flow {
        let name = if args.is_empty() { None } else { Some(Cow::Borrowed(builtin.name.as_bytes())) };
        let before = core::mem::replace(&mut self.command_name, name);
        // What `echo` writes goes before what waits to be written.
        let held = if builtin.name == "echo" { core::mem::take(&mut self.out) } else { Vec::new() };
        let result = (builtin.run)(self, args);
        let mut written = self.flush();
        if !held.is_empty() {
            self.out = held;
            written = written.and(self.flush());
        }
        match (flavour::current(), written) {
            (flavour::Flavour::Dash, Err(_)) => self.complain(&[builtin.name.as_bytes(), b": I/O error"].concat()),
            (flavour::Flavour::Bash, Err(error)) => {
                self.complain(&[b"write error: ", error.message().as_bytes()].concat());
            }
            _ => {}
        }
        self.command_name = before;
        match result {
            Ok(status) => {
                self.status = status | u8::from(written.is_err());
                Ok(())
            }
            // An error of a built-in that isn't special is only its failure.
            Err(Unwind::Error) if !builtin.special || by_command && !flavour::is_bash() => Ok(()),
            Err(unwind) => Err(unwind),
        }
    }
}

/// Where `set -x` writes while these redirections are in force: to standard error as it was.
fn trace_descriptor(saved: &[Saved]) -> Option<Fd> {
    saved.iter().find(|saved| saved.fd == fd::STDERR).map_or(Some(fd::STDERR), |saved| saved.copy)
}

/// Takes `command` and its options off: how the rest is called, and where it begins. The words stay when
/// `command` only has to describe something.
fn strip_command(args: &[Vec<u8>]) -> (Call, usize) {
    let mut call = Call::default();
    let mut skip = 0;
    while args.get(skip).is_some_and(|arg| arg == b"command") {
        let mut next = skip + 1;
        let mut standard_path = call.standard_path;
        while let Some(option) = args.get(next) {
            match option.as_slice() {
                b"-p" => standard_path = true,
                b"--" => {
                    next += 1;
                    break;
                }
                [b'-', _, ..] => return (call, skip),
                _ => break,
            }
            next += 1;
        }
        if next >= args.len() {
            return (call, skip);
        }
        call = Call { by_command: true, standard_path };
        skip = next;
    }
    (call, skip)
}
