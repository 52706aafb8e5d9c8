//! What GNU bash has beyond the other shells, and what it keeps.
//!
//! Its language is read in `syntax::bash`, its expansions are in `expand::bash`, its built-ins in `builtins::bash`.

pub mod array;
pub mod condition;
pub mod coprocess;
pub mod declaration;
pub mod dynamic;
pub mod errors;
pub mod invoke;
pub mod locale;
pub mod loops;
pub mod quote;
pub mod shopt;
pub mod startup;
pub mod traps;
pub mod variables;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::flavour;
use crate::shell::Shell;
use crate::syntax::ast::Word;
use shopt::{Shopt, Shopts};

/// What bash keeps beside what all shells do.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The options of `shopt`.
    pub shopts: Shopts,
    /// Built-ins that `enable -n` has turned off.
    pub disabled: BTreeSet<&'static str>,
    /// Functions that commands get.
    pub exported_functions: BTreeSet<Rc<[u8]>>,
    /// Functions that do not change.
    pub readonly_functions: BTreeSet<Rc<[u8]>>,
    /// How many times each remembered command has been found.
    pub hits: std::collections::BTreeMap<Rc<[u8]>, u32>,
    /// Whether a text is read that `-c` gave.
    pub from_argument: bool,
}

impl Shell {
    /// Whether an option of `shopt` is on; in other shells none is.
    #[must_use]
    pub fn shopt(&self, option: Shopt) -> bool {
        self.bash.shopts.has(option)
    }

    /// Changes what bash keeps.
    pub(crate) fn change_bash(&mut self, change: impl FnOnce(&mut State)) {
        change(Rc::make_mut(&mut self.bash));
    }

    /// Whether `set -e` holds in a command substitution.
    #[must_use]
    pub(crate) fn keeps_errexit(&self) -> bool {
        flavour::is_bash() && self.shopt(Shopt::InheritErrExit)
    }

    /// The word as a regular expression.
    /// # Errors
    /// An expansion's.
    pub(crate) fn expand_regex(&mut self, word: &Word) -> crate::shell::Flow<Vec<u8>> {
        self.expand_single(word, crate::expand::Place::Word).map(|field| field.regex())
    }

    /// What the parser has to know of the options.
    #[must_use]
    pub fn reads_extended_patterns(&self) -> bool {
        flavour::is_bash() && self.shopt(Shopt::ExtGlob)
    }
}
