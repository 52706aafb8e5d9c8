//! What the functions of one script share: the images, the case that is open, those that have ended.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rhai::FnPtr;
use wcr_machine::ContainerImage;

use crate::case::{Case, Ended, Event, Failure};
use crate::clock::Clock;
use crate::containers::Containers;
use crate::harness::{Plan, Surroundings, Told};
use crate::images::{ImageCache, ImageError};
use crate::limits::Budget;
use crate::mock::{Mock, Mocks};
use crate::options::{Origin, Request};
use crate::problem::Stop;
use crate::snapshot::Snapshots;
use crate::source::Script;
use crate::visible::{cut, visible};

/// The most lines that a case may print; more are counted.
const PRINTED_MAX: usize = 500;
/// How many characters of a printed line are kept.
const LINE_MAX: usize = 1_000;

/// The images of all scripts.
pub(crate) type SharedImages = Arc<Mutex<ImageCache>>;

/// The case that is being run.
struct Open {
    /// `None` for the script's own code.
    name: Option<String>,
    started: Duration,
    printed: Vec<String>,
    dropped: usize,
    last_run: Vec<String>,
    /// The first check that did not hold.
    failed_check: Option<Stop>,
    clock: Clock,
    seed: u64,
    mocks: Mocks,
}

impl Open {
    fn new(name: Option<String>, started: Duration, Origin { clock, seed, .. }: Origin, mocks: Mocks) -> Self {
        let (printed, last_run, clock) = (Vec::new(), Vec::new(), Clock::new(clock));
        Self { name, started, printed, dropped: 0, last_run, failed_check: None, clock, seed, mocks }
    }

    /// What was printed, and how much more.
    fn all_printed(self) -> Vec<String> {
        let Self { mut printed, dropped, .. } = self;
        if dropped > 0 {
            printed.push(format!("… and {dropped} lines more"));
        }
        printed
    }
}

/// The state of one script's run.
pub(crate) struct Session {
    pub(crate) script: Script,
    pub(crate) budget: Rc<Budget>,
    pub(crate) snapshots: Snapshots,
    plan: Plan,
    images: SharedImages,
    containers: Arc<dyn Containers>,
    told: Told,
    open: RefCell<Open>,
    /// How many values each of the script's functions takes.
    functions: RefCell<BTreeMap<String, usize>>,
    /// Whether the script's own code has run or checked anything.
    active: Cell<bool>,
    /// How many cases have ended.
    cases: Cell<usize>,
    /// How many of them failed.
    failed: Cell<usize>,
    /// How many were not run.
    left_out: Cell<usize>,
}

impl Session {
    pub(crate) fn new(script: Script, plan: Plan, around: &Surroundings, told: Told) -> Rc<Self> {
        let Surroundings { images, containers, snapshots } = around.clone();
        Rc::new(Self {
            budget: Budget::new(containers.clone()),
            snapshots: Snapshots::of(&script.name, plan.update, snapshots),
            open: RefCell::new(Open::new(None, containers.now(), plan.origin, Mocks::new())),
            functions: RefCell::default(),
            script,
            plan,
            images,
            containers,
            told,
            active: Cell::new(false),
            cases: Cell::new(0),
            failed: Cell::new(0),
            left_out: Cell::new(0),
        })
    }

    /// Whether a case of this name (`None`: the script's own code) is to be run; notes it when not.
    pub(crate) fn takes(&self, name: Option<&str>) -> bool {
        let title = name.map_or_else(|| self.script.name.clone(), |name| format!("{}: {name}", self.script.name));
        let takes = self.plan.selection.takes(&title);
        self.left_out.set(self.left_out.get() + usize::from(!takes));
        takes
    }

    pub(crate) fn image(&self, name: &str) -> Result<Arc<ContainerImage>, ImageError> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner).get(name)
    }

    /// Who runs containers.
    pub(crate) fn containers(&self) -> &dyn Containers {
        &*self.containers
    }

    /// Adds lines to what the open case has printed.
    pub(crate) fn print(&self, text: &str) {
        let mut open = self.open.borrow_mut();
        for line in text.split('\n') {
            if open.printed.len() < PRINTED_MAX {
                open.printed.push(cut(&visible(line), LINE_MAX));
            } else {
                open.dropped += 1;
            }
        }
    }

    /// The clock of the open case.
    pub(crate) fn clock(&self) -> Clock {
        self.open.borrow().clock.clone()
    }

    /// Sets what all randomness of the open case's runs follows from.
    pub(crate) fn set_seed(&self, seed: u64) {
        self.open.borrow_mut().seed = seed;
    }

    /// What runs of the open case begin with.
    fn origin(&self) -> Origin {
        let open = self.open.borrow();
        Origin { clock: open.clock.nanos(), seed: open.seed, schedule: self.plan.origin.schedule }
    }

    /// Takes note of the script's functions, and how many values each takes.
    pub(crate) fn set_functions(&self, functions: impl Iterator<Item = (String, usize)>) {
        self.functions.replace(functions.collect());
    }

    /// How many values a closure takes, beside those that it has kept; `None` when it is not of this script.
    pub(crate) fn parameters(&self, closure: &FnPtr) -> Option<usize> {
        let all = self.functions.borrow().get(closure.fn_name()).copied()?;
        Some(all.saturating_sub(closure.curry().len()))
    }

    /// Makes a closure a program of the open case's containers.
    pub(crate) fn add_mock(&self, name: &str, mock: Mock) {
        self.open.borrow_mut().mocks.insert(name.to_owned(), mock);
    }

    /// The closures that are programs of the open case's containers.
    pub(crate) fn mocks(&self) -> Mocks {
        self.open.borrow().mocks.clone()
    }

    /// What a run of the open case is asked when nothing is said.
    pub(crate) fn usual(&self) -> Request {
        Request::usual(self.origin(), &self.plan.shims)
    }

    /// Notes that something was run or checked.
    pub(crate) fn note_activity(&self) {
        self.active.set(true);
    }

    /// Remembers what ran last, for the report of a failure.
    pub(crate) fn set_last_run(&self, lines: Vec<String>) {
        self.open.borrow_mut().last_run = lines;
    }

    /// What ran last in the open case.
    pub(crate) fn last_run(&self) -> Vec<String> {
        self.open.borrow().last_run.clone()
    }

    /// Keeps the first check that does not hold: the case fails, whatever the script does about it.
    pub(crate) fn keep_failed_check(&self, stop: &Stop) {
        self.open.borrow_mut().failed_check.get_or_insert_with(|| stop.clone());
    }

    /// The first check of the open case that did not hold.
    pub(crate) fn failed_check(&self) -> Option<Stop> {
        self.open.borrow().failed_check.clone()
    }

    /// Whether a case with a name is open.
    pub(crate) fn in_case(&self) -> bool {
        self.open.borrow().name.is_some()
    }

    /// Runs `body` as a case of this name; what it prints is the case's.
    pub(crate) fn case<T>(&self, name: String, body: impl FnOnce() -> Result<T, Failure>) {
        let inner = Open::new(Some(name), self.containers.now(), self.origin(), self.mocks());
        let outer = self.open.replace(inner);
        let failure = self.budget.apart(body).err();
        self.end(self.open.replace(outer), failure);
    }

    /// Ends the script's own code. It is a case when it failed, or when it is all that there is.
    pub(crate) fn finish(&self, failure: Option<Failure>) {
        let open = self.open.replace(Open::new(None, self.containers.now(), self.plan.origin, Mocks::new()));
        let is_case = self.cases.get() == 0 && self.left_out.get() == 0 && self.active.get();
        let mut printed = Vec::new();
        if failure.is_some() || (is_case && self.takes(None)) {
            self.end(open, failure);
        } else {
            printed = open.all_printed();
        }
        let all = self.plan.selection.is_all() && self.failed.get() == 0;
        let ended = Ended {
            script: self.script.name.clone(),
            cases: self.cases.get(),
            left_out: self.left_out.get(),
            written: self.snapshots.written(),
            printed,
            unused: if all { self.snapshots.unused() } else { Vec::new() },
        };
        (self.told)(Event::Ended(ended));
    }

    fn end(&self, open: Open, failure: Option<Failure>) {
        let (name, started) = (open.name.clone(), open.started);
        let printed = open.all_printed();
        self.cases.set(self.cases.get() + 1);
        self.failed.set(self.failed.get() + usize::from(failure.is_some()));
        let seconds = self.containers.now().saturating_sub(started).as_secs_f64();
        (self.told)(Event::Case(Case { script: self.script.name.clone(), name, printed, seconds, failure }));
    }
}
