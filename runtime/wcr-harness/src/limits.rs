//! What a script may use up.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rhai::{Dynamic, Engine};

use crate::containers::Containers;
use crate::problem::Stop;

/// The most operations of one case, or of what a script does outside of its cases: a fraction of a second of computing.
pub const OPERATIONS_MAX: u64 = 20_000_000;
/// The most operations of one script, all its cases together.
pub(crate) const ALL_OPERATIONS_MAX: u64 = 10 * OPERATIONS_MAX;
/// The longest that a script may compute, its containers left aside. What can be computed within the operations takes a
/// fraction of it, but for values that are nested so deep that each use of them takes long.
pub(crate) const COMPUTING_MAX: Duration = Duration::from_secs(60);
/// After how many operations the time is looked at.
const LOOK: u64 = 64;
/// The longest string, in bytes.
pub(crate) const STRING_MAX: usize = 4 << 20;
/// The most items of an array and its nested ones, bytes of a blob, or names of a map. It also bounds how deep values
/// are nested, which the engine follows by recursion.
pub(crate) const ITEMS_MAX: usize = 1 << 17;
/// How deep functions may call each other.
pub(crate) const CALLS_MAX: usize = 32;
/// The most variables at once.
const VARIABLES_MAX: usize = 256;
/// The most functions of a script.
const FUNCTIONS_MAX: usize = 1_000;
/// How deep expressions may be nested.
const EXPRESSION_MAX: usize = 64;
/// The stack of the thread that runs a script, in bytes: for values nested as deep as they can be.
pub(crate) const STACK: usize = 256 << 20;

/// What a script has used up.
pub(crate) struct Budget {
    /// Operations of the case that is open, or of the script's own code.
    operations: Cell<u64>,
    /// Operations of all of it.
    all_operations: Cell<u64>,
    /// Who knows how late it is.
    containers: Arc<dyn Containers>,
    started: Duration,
    /// The time that containers took.
    elsewhere: Cell<Duration>,
}

impl Budget {
    pub(crate) fn new(containers: Arc<dyn Containers>) -> Rc<Self> {
        let [operations, all_operations] = [(); 2].map(|()| Cell::new(0));
        let (started, elsewhere) = (containers.now(), Cell::new(Duration::ZERO));
        Rc::new(Self { operations, all_operations, started, containers, elsewhere })
    }

    /// Does what has operations of its own: a case.
    pub(crate) fn apart<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = self.operations.replace(0);
        let done = work();
        self.operations.set(before);
        done
    }

    /// Does what does not count as the script's computing.
    pub(crate) fn elsewhere<T>(&self, work: impl FnOnce() -> T) -> T {
        let started = self.containers.now();
        let done = work();
        self.elsewhere.set(self.elsewhere.get() + self.containers.now().saturating_sub(started));
        done
    }

    /// Counts an operation; gives the reason to stop when there is one.
    fn spend(&self) -> Option<Stop> {
        let operations = self.operations.get().saturating_add(1);
        self.operations.set(operations);
        let all = self.all_operations.get().saturating_add(1);
        self.all_operations.set(all);
        if all > ALL_OPERATIONS_MAX {
            return Some(Stop::AllOperations);
        }
        if operations > OPERATIONS_MAX {
            return Some(Stop::Operations);
        }
        let late = || self.containers.now().saturating_sub(self.started + self.elsewhere.get()) > COMPUTING_MAX;
        (all.is_multiple_of(LOOK) && late()).then_some(Stop::Time)
    }
}

/// Sets the limits of an engine and counts its operations.
pub(crate) fn apply(engine: &mut Engine, budget: Rc<Budget>) {
    engine
        .set_max_call_levels(CALLS_MAX)
        .set_max_expr_depths(EXPRESSION_MAX, EXPRESSION_MAX)
        .set_max_variables(VARIABLES_MAX)
        .set_max_functions(FUNCTIONS_MAX)
        .set_max_string_size(STRING_MAX)
        .set_max_array_size(ITEMS_MAX)
        .set_max_map_size(ITEMS_MAX);
    // The engine's own count begins anew in each call from outside, as those of cases are.
    engine.on_progress(move |_| budget.spend().map(Dynamic::from));
}
