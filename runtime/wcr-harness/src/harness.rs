//! Running scripts: an engine each, with the harness's functions and limits, several side by side.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext, OptimizationLevel};
use wcr_machine::Shim;

use crate::case::{Case, Event, Failure};
use crate::containers::Containers;
use crate::images::{ImageCache, Images};
use crate::options::Origin;
use crate::problem::{Stop, failure};
use crate::select::Selection;
use crate::session::{Session, SharedImages};
use crate::snapshot::SnapshotFiles;
use crate::source::{Kind, Script};
use crate::{clock, expect, inspected, limits, live, mock, result, sandbox, structure};

/// Why the harness itself cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// No thread for scripts can be started.
    #[error("cannot start a thread for the scripts: {0}; is the host out of memory?")]
    Thread(io::Error),
}

/// What is to be done with scripts.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Which cases are run.
    pub selection: Selection,
    /// The image of structure tests, which do not name it themselves.
    pub image: Option<String>,
    /// Whether snapshots are written where values are not as they say.
    pub update: bool,
    /// What runs begin with.
    pub origin: Origin,
    /// The orders of processes that all cases are run in, one after the other until one fails; `None` for the usual one.
    pub schedules: Option<RangeInclusive<u64>>,
    /// Programs of all containers that are scripts.
    pub shims: Vec<Shim>,
    /// Variables of the host: a structure test gets those that it asks for by name.
    pub variables: BTreeMap<String, String>,
}

/// Runs scripts; all of them get their images from one source, each image once.
pub struct Harness {
    around: Surroundings,
    plan: Plan,
}

/// What scripts have around them: the same for all of them.
#[derive(Clone)]
pub struct Surroundings {
    pub(crate) images: SharedImages,
    pub(crate) containers: Arc<dyn Containers>,
    pub(crate) snapshots: Arc<dyn SnapshotFiles>,
}

impl Surroundings {
    /// Images from this source, each asked for once; containers and snapshots as they are run and kept here.
    #[must_use]
    pub fn new(images: Box<dyn Images>, containers: Arc<dyn Containers>, snapshots: Arc<dyn SnapshotFiles>) -> Self {
        Self { images: Arc::new(Mutex::new(ImageCache::new(images))), containers, snapshots }
    }

    /// Images from this source; containers and snapshots of this host.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn native(images: Box<dyn Images>) -> Self {
        Self::new(images, Arc::new(crate::native::Native::default()), Arc::new(crate::folders::Folders))
    }
}

/// Hears what a script has to tell.
pub(crate) type Told = Rc<dyn Fn(Event)>;

impl Harness {
    /// A harness in these surroundings.
    #[must_use]
    pub fn new(around: Surroundings, plan: Plan) -> Self {
        Self { around, plan }
    }

    /// Runs a script in this thread, which needs a stack for values that are nested deep; `told` hears of each case and of
    /// the end when it comes.
    pub fn run_here(&self, script: &Script, told: impl Fn(Event) + 'static) {
        let told: Told = Rc::new(told);
        self.in_all_orders(script, &told);
    }

    /// Runs scripts, at most `jobs` at a time; `told` hears of each case and script that has ended, always in the
    /// scripts' order.
    ///
    /// # Errors
    /// [`HarnessError`]. What is wrong with a script is a case that fails.
    pub fn run(
        &self,
        scripts: &[Script],
        jobs: NonZero<usize>,
        mut told: impl FnMut(Event),
    ) -> Result<(), HarnessError> {
        let (waiting, events): (Vec<_>, Vec<_>) = scripts
            .iter()
            .map(|script| {
                let (sender, receiver) = channel();
                (Mutex::new(Some((script, sender))), receiver)
            })
            .unzip();
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(script) = waiting.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some((script, sender)) = script.lock().unwrap_or_else(PoisonError::into_inner).take() else {
                    return;
                };
                // The receiver lives as long as scripts run.
                let told: Told = Rc::new(move |event| drop(sender.send(event)));
                self.in_all_orders(script, &told);
            }
        };
        std::thread::scope(|scope| {
            for started in 0..jobs.get().min(scripts.len()) {
                // A thread for the size of its stack.
                let thread = std::thread::Builder::new().stack_size(limits::STACK);
                match thread.spawn_scoped(scope, work) {
                    // Fewer at a time are enough.
                    Err(error) if started == 0 => return Err(HarnessError::Thread(error)),
                    Err(_) => break,
                    Ok(_) => {}
                }
            }
            events.into_iter().flatten().for_each(&mut told);
            Ok(())
        })
    }
}

impl Harness {
    /// Evaluates a script in each order of processes that is to be tried, until a case fails; tells of the last one.
    fn in_all_orders(&self, script: &Script, told: &Told) {
        let Some(schedules) = self.plan.schedules.clone() else { return self.evaluate(script, None, told.clone()) };
        let last = *schedules.end();
        for seed in schedules {
            let heard: Rc<RefCell<Vec<Event>>> = Rc::default();
            let hear = heard.clone();
            self.evaluate(script, Some(seed), Rc::new(move |event| hear.borrow_mut().push(event)));
            let mut events = heard.take();
            let mut failed = false;
            for event in &mut events {
                if let Event::Case(Case { failure: Some(failure), .. }) = event {
                    failed = true;
                    failure.detail.push(format!("the order of processes was that of `--schedule seed={seed}`"));
                }
            }
            if failed || seed == last {
                events.into_iter().for_each(|event| told(event));
                return;
            }
        }
    }

    fn evaluate(&self, script: &Script, schedule: Option<u64>, told: Told) {
        let origin = Origin { schedule, ..self.plan.origin };
        let plan = Plan { origin, ..self.plan.clone() };
        match script.kind {
            Kind::Rhai => evaluate(script.clone(), plan, &self.around, told),
            Kind::Structure => structure::evaluate(script, &plan, &self.around, &*told),
        }
    }
}

/// Evaluates a script from its first line to its last.
fn evaluate(script: Script, plan: Plan, around: &Surroundings, told: Told) {
    let session = Session::new(script, plan, around, told);
    let engine = engine(&session);
    let compiled = engine.compile(&session.script.text).map_err(|error| Box::new(EvalAltResult::from(error)));
    let run = compiled.and_then(|ast| {
        session.set_functions(ast.iter_functions().map(|function| (function.name.to_owned(), function.params.len())));
        engine.run_ast(&ast)
    });
    session.finish(match run {
        Err(error) if matches!(Stop::of(&error), Some(Stop::Reported)) => None,
        run => verdict(run, &session).err(),
    });
}

/// What comes of the open case whose code ended so: a check that did not hold fails it even if the error was caught.
fn verdict<T>(run: Result<T, Box<EvalAltResult>>, session: &Session) -> Result<(), Failure> {
    match (run, session.failed_check()) {
        (Err(error), _) => Err(failure(error, session)),
        (Ok(_), Some(caught)) => Err(failure(caught.error(), session)),
        (Ok(_), None) => Ok(()),
    }
}

fn engine(session: &Rc<Session>) -> Engine {
    let mut engine = Engine::new();
    // As it is written, so that errors are where a person looks for them.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.disable_symbol("eval");
    limits::apply(&mut engine, session.budget.clone());
    let printer = session.clone();
    engine.on_print(move |text| printer.print(text));
    let printer = session.clone();
    engine.on_debug(move |text, _, _| printer.print(text));
    expect::register(&mut engine, session.clone());
    result::register(&mut engine, session.clone());
    sandbox::register(&mut engine, session.clone());
    clock::register(&mut engine, session.clone());
    mock::register(&mut engine, session.clone());
    inspected::register(&mut engine, session.clone());
    live::register(&mut engine, session.clone());
    engine.register_fn("exit", no_exit);
    engine.register_fn("exit", |_: Dynamic| no_exit());
    let session = session.clone();
    engine.register_fn("test", move |context: NativeCallContext<'_>, name: &str, body: FnPtr| {
        test(&session, &context, name, &body)
    });
    engine
}

/// The language's own `exit` would end a script with what it has not checked yet.
fn no_exit() -> Result<(), Box<EvalAltResult>> {
    Err("a test script cannot `exit`; use `return` to leave a function, `throw` to fail".into())
}

/// Runs a case. Its failure is its own: the script goes on.
fn test(
    session: &Session,
    context: &NativeCallContext<'_>,
    name: &str,
    body: &FnPtr,
) -> Result<(), Box<EvalAltResult>> {
    if session.in_case() {
        return Err("a case cannot have a case in it; end the first one before the second".into());
    }
    if name.trim().is_empty() {
        return Err("a case needs a name, as in `test(\"prints a greeting\", || { … })`".into());
    }
    if !session.takes(Some(name)) {
        return Ok(());
    }
    let mut used_up = false;
    session.case(name.to_owned(), || {
        let run = body.call_within_context::<Dynamic>(context, ()).map_err(|mut error| {
            used_up = Stop::of(&error).is_some_and(|stop| stop.is_final());
            if error.position().is_none() {
                error.set_position(context.call_position());
            }
            error
        });
        verdict(run, session)
    });
    if used_up { Err(Stop::Reported.error()) } else { Ok(()) }
}
