//! Subshells and command substitutions without a process of their own.
//!
//! Where all that a body can change is this shell's own state, it runs here, and the state is put back after it. A body
//! that does more (starts background commands, sets traps, changes the folder, …) gets a forked copy.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

use super::path::Locations;
use crate::builtins::{self, Reach};
use crate::flavour;
use crate::options::{Opt, Options};
use crate::shell::{Flow, OptionCursor, Shell};
use crate::syntax::ast::bash::Extended;
use crate::syntax::ast::{Command, Param, ParamName, ParamOp, Part, Redirect, RedirectKind, Simple, Word};
use crate::vars::{Map, Variables};

/// How many commands are looked at before a copy is the cheaper way.
const MOST: u32 = 200;

/// How many assignments may each make a value some times as long, with room for it to stay far from what a process has.
const MOST_GROWTHS: u32 = 2;

/// How much memory this process may have, in pages of 64 KiB, for a body to run in it: one that runs out of memory must
/// not take the shell with it.
const MOST_PAGES: usize = 1024;

/// How deep calls of functions are followed.
const MAX_CALLS: u32 = 10;

/// What a body needs to run in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Containment {
    /// It can't.
    Impossible,
    /// The state has to be kept and put back.
    Kept,
    /// Nothing: it changes nothing.
    Free,
}

/// The state that contained commands can change.
struct State {
    vars: Variables,
    params: Rc<Vec<Vec<u8>>>,
    options: Options,
    functions: Rc<Map<Rc<Command>>>,
    locations: Locations,
    separators: Rc<crate::expand::fields::Separators>,
    getopts: OptionCursor,
    command_name: Option<Cow<'static, [u8]>>,
    bash: Rc<crate::bash::State>,
}

impl Shell {
    /// Whether the command can run in this process in place of a subshell, its output going where it goes or, with
    /// `captured`, being collected.
    pub(crate) fn containment(&self, body: &Command, redirects: &[Redirect], captured: bool) -> Containment {
        if self.traps.any() || self.has(Opt::Monitor) || wcr_sys::memory_pages() > MOST_PAGES {
            return Containment::Impossible;
        }
        let survey = Survey {
            shell: self,
            captured,
            seen: Cell::new(0),
            loops: Cell::new(0),
            growths: Cell::new(0),
            signals: Cell::new(false),
        };
        let containment = survey.redirects(redirects, 0).min(survey.command(body, 0));
        if survey.signals.get() || survey.seen.get() > MOST { Containment::Impossible } else { containment }
    }

    /// Runs commands in place of a subshell; the exit status says how they ended.
    pub(crate) fn run_contained(&mut self, containment: Containment, run: impl FnOnce(&mut Self) -> Flow) {
        let state = (containment != Containment::Free).then(|| self.state());
        let levels = (self.loops, self.tested, self.subshell);
        let (line, substitution_status) = (self.vars.dynamics.line, self.substitution_status);
        let parser_line = core::mem::replace(&mut self.parser_line, self.base_line);
        let behind_end = self.behind_end;
        self.subshell = true;
        let depth = self.vars.dynamics.calls.depth;
        self.vars.dynamics.calls.depth = depth + 1;
        // Whatever made the commands end, the status says the rest.
        let _ = run(self);
        if let Some(state) = state {
            self.put_back(state);
        }
        (self.loops, self.tested, self.subshell) = levels;
        (self.vars.dynamics.line, self.substitution_status) = (line, substitution_status);
        self.parser_line = parser_line;
        self.behind_end = behind_end;
        self.vars.dynamics.calls.depth = depth;
        self.settle_jobs();
    }

    fn state(&self) -> State {
        State {
            vars: self.vars.clone(),
            params: self.params.clone(),
            options: self.options,
            functions: self.functions.clone(),
            locations: self.locations.clone(),
            separators: self.separators.clone(),
            getopts: self.getopts,
            command_name: self.command_name.clone(),
            bash: self.bash.clone(),
        }
    }

    fn put_back(&mut self, state: State) {
        self.vars = state.vars;
        self.params = state.params;
        self.options = state.options;
        self.functions = state.functions;
        self.locations = state.locations;
        self.separators = state.separators;
        self.getopts = state.getopts;
        self.command_name = state.command_name;
        self.bash = state.bash;
    }
}

/// Looks through a body before it runs.
struct Survey<'s> {
    shell: &'s Shell,
    captured: bool,
    seen: Cell<u32>,
    /// How many loops the commands looked at are in.
    loops: Cell<u32>,
    /// How many assignments can make a value some times as long.
    growths: Cell<u32>,
    /// Whether something in it may send signals: one for the body's process would meet the shell.
    signals: Cell<bool>,
}

impl Survey<'_> {
    fn command(&self, command: &Command, calls: u32) -> Containment {
        self.seen.set(self.seen.get() + 1);
        if self.seen.get() > MOST || calls > MAX_CALLS {
            return Containment::Impossible;
        }
        let all = |commands: &[Command]| self.least(commands.iter().map(|command| self.command(command, calls)));
        match command {
            Command::Simple(simple) => self.simple(simple, calls),
            // Each stage is a process anyway, whose output cannot be collected here.
            Command::Pipeline(_) if self.captured => Containment::Impossible,
            Command::Pipeline(commands) => self.apart(commands, calls),
            Command::Not(command) | Command::Group(command) => self.command(command, calls),
            Command::And(left, right) | Command::Or(left, right) => {
                self.command(left, calls).min(self.command(right, calls))
            }
            Command::Sequence(commands) => all(commands),
            Command::Background(_) | Command::Function { .. } => Containment::Impossible,
            Command::Subshell { body, .. } if !self.captured => self.apart([&**body], calls),
            Command::Subshell { body, redirects, .. } | Command::Redirected { body, redirects, .. } => {
                self.redirects(redirects, calls).min(self.command(body, calls))
            }
            Command::If { condition, then, otherwise } => {
                let branches = self.command(condition, calls).min(self.command(then, calls));
                otherwise.as_ref().map_or(branches, |otherwise| branches.min(self.command(otherwise, calls)))
            }
            Command::While { condition, body, .. } => {
                self.looped(|| self.command(condition, calls).min(self.command(body, calls)))
            }
            Command::For { words, body, .. } => {
                let words = self.least(words.iter().flatten().map(|word| self.word(word, calls)));
                Containment::Kept.min(words).min(self.looped(|| self.command(body, calls)))
            }
            Command::Case { word, branches, .. } => {
                let bodies = branches.iter().filter_map(|branch| branch.body.as_ref());
                let bodies = self.least(bodies.map(|body| self.command(body, calls)));
                let patterns = branches.iter().flat_map(|branch| &branch.patterns);
                let patterns = self.least(patterns.map(|word| self.word(word, calls)));
                self.word(word, calls).min(patterns).min(bodies)
            }
            Command::Extended(extended) => self.extended(extended, calls),
        }
    }

    /// A command that only bash has.
    fn extended(&self, command: &Extended, calls: u32) -> Containment {
        let words = |words: &mut dyn Iterator<Item = &Word>| {
            Containment::Kept.min(self.least(words.map(|word| self.word(word, calls))))
        };
        match command {
            Extended::Arith { expression, .. } => words(&mut core::iter::once(expression)),
            Extended::Condition { condition, .. } => words(&mut condition.words().into_iter()),
            Extended::For { parts, body, .. } => {
                words(&mut parts.iter()).min(self.looped(|| self.command(body, calls)))
            }
            Extended::Time { command: Some(command), .. } => self.command(command, calls),
            Extended::Time { .. } => Containment::Free,
            Extended::Select { .. } | Extended::Coprocess { .. } => Containment::Impossible,
        }
    }

    /// What has processes of its own: of that only signals matter.
    fn apart<'c>(&self, commands: impl IntoIterator<Item = &'c Command>, calls: u32) -> Containment {
        commands.into_iter().for_each(|command| _ = self.command(command, calls));
        Containment::Free
    }

    fn least(&self, all: impl Iterator<Item = Containment>) -> Containment {
        all.min().unwrap_or(Containment::Free)
    }

    fn looped(&self, look: impl FnOnce() -> Containment) -> Containment {
        self.loops.set(self.loops.get() + 1);
        let containment = look();
        self.loops.set(self.loops.get() - 1);
        containment
    }

    /// Whether what is assigned could grow without bound: more than once out of itself in a loop, or often.
    fn grows(&self, simple: &Simple) -> bool {
        let several = |parts: usize| parts > 1;
        let values = simple.assignments.iter().filter(|assignment| several(expansions(&assignment.value)));
        let parameters = simple.words.first().is_some_and(|word| word.plain() == Some(b"set"))
            && several(simple.words.iter().map(expansions).sum());
        let count = values.count() as u32 + u32::from(parameters);
        self.growths.set(self.growths.get() + count);
        count > 0 && self.loops.get() > 0 || self.growths.get() > MOST_GROWTHS
    }

    fn simple(&self, simple: &Simple, calls: u32) -> Containment {
        if self.grows(simple) {
            return Containment::Impossible;
        }
        if simple.words.iter().any(mentions_signals) {
            self.signals.set(true);
        }
        let words = self.least(simple.words.iter().map(|word| self.word(word, calls)));
        let values = simple.assignments.iter().map(|assignment| self.word(&assignment.value, calls));
        let values = self.least(values);
        let assigns = if simple.assignments.is_empty() { Containment::Free } else { Containment::Kept };
        let around = words.min(values).min(assigns).min(self.redirects(&simple.redirects, calls));
        let Some(name) = simple.words.first() else { return around };
        let Some(name) = name.plain() else { return Containment::Impossible };
        around.min(self.called(name, simple, calls))
    }

    fn called(&self, name: &[u8], simple: &Simple, calls: u32) -> Containment {
        let builtin = builtins::find(name);
        if builtin.is_none_or(|builtin| !builtin.special || flavour::is_bash())
            && let Some(body) = self.shell.functions.get(name)
        {
            return Containment::Kept.min(self.command(body, calls + 1));
        }
        match builtin {
            Some(builtin) if builtin.name == "set" => {
                // Only the parameters: other options reach further.
                let ends = simple.words.get(1).is_some_and(|word| word.plain() == Some(b"--"));
                if ends { Containment::Kept } else { Containment::Impossible }
            }
            Some(builtin) => match builtin.reach {
                Reach::Output => Containment::Free,
                Reach::State => Containment::Kept,
                Reach::Beyond => Containment::Impossible,
            },
            // A program's place may be remembered.
            None if self.captured => Containment::Impossible,
            None => Containment::Kept,
        }
    }

    fn redirects(&self, redirects: &[Redirect], calls: u32) -> Containment {
        self.least(redirects.iter().map(|redirect| match &redirect.kind {
            RedirectKind::File(_, word) | RedirectKind::HereString(word) => self.word(word, calls),
            // What is collected has no descriptor to copy.
            RedirectKind::Dup { target, .. } if self.captured => match target.plain() {
                Some(b"1") | None => Containment::Impossible,
                Some(_) => Containment::Free,
            },
            RedirectKind::Dup { target, .. } => self.word(target, calls),
            RedirectKind::HereDoc(document) => {
                document.body.get().map_or(Containment::Free, |body| self.word(body, calls))
            }
        }))
    }

    fn word(&self, word: &Word, calls: u32) -> Containment {
        self.least(word.0.iter().map(|part| self.part(part, calls)))
    }

    fn part(&self, part: &Part, calls: u32) -> Containment {
        match part {
            Part::Process { .. } => Containment::Impossible,
            Part::Literal(_) | Part::Quoted(_) | Part::Escaped(_) => Containment::Free,
            Part::Command(substitution, _) => self.apart(&substitution.body, calls),
            Part::Arith(..) | Part::Target(..) => Containment::Kept,
            Part::Param(param) => match &**param {
                // That is the number of a process of its own.
                Param { name: ParamName::Variable(name), .. } if **name == *b"BASHPID" => Containment::Impossible,
                Param { op: ParamOp::Plain | ParamOp::Length, .. } => Containment::Free,
                _ => Containment::Kept,
            },
        }
    }
}

/// Whether the word names a command that sends signals, or whom a program may send one to.
fn mentions_signals(word: &Word) -> bool {
    word.0.iter().any(|part| match part {
        Part::Literal(text) | Part::Quoted(text) => text.windows(4).any(|piece| matches!(piece, b"kill" | b"PPID")),
        _ => false,
    })
}

/// How many values a word is made of; one that an operator works on counts twice, as it can become longer.
fn expansions(word: &Word) -> usize {
    let of_part = |part: &Part| match part {
        Part::Literal(_) | Part::Quoted(_) | Part::Escaped(_) | Part::Arith(..) | Part::Target(..) => 0,
        Part::Param(param) if matches!(param.op, ParamOp::Length) => 0,
        Part::Param(param) if matches!(param.op, ParamOp::Plain | ParamOp::Trim { .. } | ParamOp::Substring(_)) => 1,
        Part::Command(..) => 1,
        Part::Param(_) | Part::Process { .. } => 2,
    };
    word.0.iter().map(of_part).sum()
}
