//! Reads commands from an input and runs them one complete line at a time.

use crate::bash::shopt::Shopt;
use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell};
use crate::syntax::input::Input;
use crate::syntax::{Line, Parser};
use crate::vars::Aliases;

impl Shell {
    /// Runs all of the input. With `last`, this process ends with it.
    /// # Errors
    /// A text that is not in the language, or why a command makes the shell leave.
    pub fn run_input(&mut self, input: &mut Input, last: bool) -> Flow {
        let mut ran = false;
        let parser_line = self.parser_line;
        let flow = loop {
            input.verbose = self.has(Opt::Verbose);
            let hidden = flavour::is_bash() && !self.shopt(Shopt::ExpandAliases);
            let none = Aliases::default();
            let aliases = if hidden { &none } else { &self.aliases };
            let patterns = self.reads_extended_patterns();
            let mut parser = Parser::new(input, aliases, self.vars.dynamics.line).with_extended_patterns(patterns);
            let parsed = parser.line();
            self.parser_line = input.line;
            if input.is_script {
                self.base_line = input.line;
            }
            self.traps.pending.extend(input.signals.drain(..).map(|signal| signal.0));
            self.behind_end = matches!(parsed, Ok(Line::Last(_)));
            match parsed {
                Err(error) => break Err(self.fail_syntax(&error)),
                Ok(Line::End) => {
                    self.behind_end = true;
                    break Ok(());
                }
                Ok(Line::Empty) => {}
                Ok(Line::Command(command) | Line::Last(command)) => {
                    ran = true;
                    let last = last && input.peek().is_none();
                    if let Err(unwind) = self.eval(&command, last) {
                        break Err(unwind);
                    }
                }
            }
        };
        self.parser_line = parser_line;
        if !ran && flow.is_ok() && !(flavour::is_bash() && input.goes_on) {
            self.status = 0;
        }
        flow
    }

    /// Runs a text whose first line has the number of the running command's.
    /// # Errors
    /// As [`Self::run_input`].
    pub fn run_text(&mut self, text: Vec<u8>, last: bool) -> Flow {
        let line = if flavour::is_dash() { 1 } else { self.vars.dynamics.line };
        self.run_input(&mut Input::text(text, line), last)
    }
}
