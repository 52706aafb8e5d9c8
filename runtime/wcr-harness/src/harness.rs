//! Running scripts: an engine each, with the harness's functions and limits, several side by side.

use std::io;
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext, OptimizationLevel};
use wcr_container::Shim;

use crate::case::{Case, Event, Failure};
use crate::images::{ImageCache, Images};
use crate::options::Origin;
use crate::problem::{Stop, failure};
use crate::select::Selection;
use crate::session::{Session, SharedImages};
use crate::source::{Kind, Script};
use crate::{clock, expect, limits, live, mock, result, sandbox, structure};

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
}

/// Runs scripts; all of them get their images from one source, each image once.
pub struct Harness {
    images: SharedImages,
    plan: Plan,
}

impl Harness {
    /// A harness over a source of images.
    #[must_use]
    pub fn new(images: Box<dyn Images>, plan: Plan) -> Self {
        Self { images: Arc::new(Mutex::new(ImageCache::new(images))), plan }
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
                self.in_all_orders(script, &sender);
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
    fn in_all_orders(&self, script: &Script, told: &Sender<Event>) {
        let Some(schedules) = self.plan.schedules.clone() else { return self.evaluate(script, None, told.clone()) };
        let last = *schedules.end();
        for seed in schedules {
            let (sender, events) = channel();
            self.evaluate(script, Some(seed), sender);
            let mut events: Vec<Event> = events.into_iter().collect();
            let mut failed = false;
            for event in &mut events {
                if let Event::Case(Case { failure: Some(failure), .. }) = event {
                    failed = true;
                    failure.detail.push(format!("the order of processes was that of `--schedule seed={seed}`"));
                }
            }
            if failed || seed == last {
                // The receiver lives as long as scripts run.
                events.into_iter().for_each(|event| drop(told.send(event)));
                return;
            }
        }
    }

    fn evaluate(&self, script: &Script, schedule: Option<u64>, told: Sender<Event>) {
        let origin = Origin { schedule, ..self.plan.origin };
        let plan = Plan { origin, ..self.plan.clone() };
        match script.kind {
            Kind::Rhai => evaluate(script.clone(), plan, self.images.clone(), told),
            Kind::Structure => structure::evaluate(script, &plan, &self.images, &told),
        }
    }
}

/// Evaluates a script from its first line to its last.
fn evaluate(script: Script, plan: Plan, images: SharedImages, told: Sender<Event>) {
    let session = Session::new(script, plan, images, told);
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
