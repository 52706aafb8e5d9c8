//! `start(…)` of a container: its program runs on while the script feeds it input and runs others beside it.

use std::cell::RefCell;
use std::rc::Rc;

use rhai::{Array, Blob, Dynamic, Engine, ImmutableString, NativeCallContext};
use wcr_image::RunConfig;
use wcr_machine::Settings;

use crate::containers::{CallLines, Captured, Led, Outcome, Step};
use crate::mock;
use crate::result::{Given, Ran, text};
use crate::sandbox::Sandbox;
use crate::session::Session;

/// A program of a container that was started and not waited for.
#[derive(Clone)]
pub(crate) struct Started(Rc<RefCell<State>>);

struct State {
    /// `None` when the script has waited for its end.
    live: Option<Box<dyn Led>>,
    /// Its calls, if they are wanted.
    calls: Option<CallLines>,
    sandbox: Sandbox,
    title: String,
    /// What others that are run beside it begin with.
    config: RunConfig,
    settings: Settings,
    /// What it has written so far, and how much of it was read.
    outputs: [Vec<u8>; 2],
    read: usize,
    /// Whether its end has come.
    ended: bool,
    /// Whether its input has been ended.
    closed: bool,
}

/// Gives an engine what can be done with a program that was started.
pub(crate) fn register(engine: &mut Engine, session: Rc<Session>) {
    let [fed, closed, run, waited] = [(); 4].map(|()| session.clone());
    engine
        .register_type_with_name::<Started>("started")
        .register_fn("feed", move |context: NativeCallContext<'_>, it: &mut Started, input: Dynamic| {
            it.feed(&fed, &context, input)
        })
        .register_fn("close", move |context: NativeCallContext<'_>, it: &mut Started| it.close(&closed, &context))
        .register_fn("exec", move |context: NativeCallContext<'_>, it: &mut Started, command: Array| {
            it.exec(&run, &context, command)
        })
        .register_fn("wait", move |context: NativeCallContext<'_>, it: &mut Started| it.wait(&waited, &context))
        .register_fn("read", |it: &mut Started| it.read())
        .register_get("stdout", |it: &mut Started| text("stdout", &it.0.borrow().outputs[0]))
        .register_get("stderr", |it: &mut Started| text("stderr", &it.0.borrow().outputs[1]))
        .register_get("running", |it: &mut Started| !it.0.borrow().ended);
}

impl Started {
    /// Takes a container that has just been started to where it first waits for input.
    pub(crate) fn new(
        session: &Session,
        context: &NativeCallContext<'_>,
        (live, calls): (Box<dyn Led>, Option<CallLines>),
        (sandbox, title): (Sandbox, String),
        (config, settings): (RunConfig, Settings),
    ) -> Given<Self> {
        let outputs = [Vec::new(), Vec::new()];
        let (ended, closed) = (false, false);
        let live = Some(live);
        let state = State { live, calls, sandbox, title, config, settings, outputs, read: 0, ended, closed };
        let started = Self(Rc::new(RefCell::new(state)));
        started.0.borrow_mut().go_on(session, context)?;
        Ok(started)
    }

    fn feed(&self, session: &Session, context: &NativeCallContext<'_>, input: Dynamic) -> Given<()> {
        let mut state = self.0.borrow_mut();
        let input = input.flatten();
        let bytes = if input.is::<Blob>() { input.cast() } else { input.to_string().into_bytes() };
        if state.closed {
            return Err("its input was ended by `close`; nothing more can be fed".into());
        }
        state.waiting("fed")?.feed(bytes);
        state.go_on(session, context).map(drop)
    }

    fn close(&self, session: &Session, context: &NativeCallContext<'_>) -> Given<()> {
        let mut state = self.0.borrow_mut();
        if state.ended || core::mem::replace(&mut state.closed, true) {
            return Ok(());
        }
        state.waiting("closed")?.close();
        state.go_on(session, context).map(drop)
    }

    /// Runs a program beside it to its end; time passes as that needs it.
    fn exec(&self, session: &Session, context: &NativeCallContext<'_>, command: Array) -> Given<Ran> {
        let mut state = self.0.borrow_mut();
        let mut settings = state.settings.clone();
        settings.command = command.into_iter().map(|word| word.to_string().into_bytes()).collect();
        let title = format!("{} (beside {})", crate::result::words(&settings.command), state.title);
        let config = state.config.clone();
        let beside = state.waiting("used")?.exec(config, settings);
        let code = loop {
            let time = state.go_on(session, context)?;
            match (beside.ended(), time, state.ended) {
                (Some(Ok(code)), ..) => break code,
                (Some(Err(reason)), ..) => return Err(reason.into()),
                (None, _, true) => return Err("the container has ended before the program beside it had".into()),
                (None, true, false) => state.waiting("used")?.pass_time(),
                (None, false, false) => {
                    return Err("the program beside it waits for what nobody gives: it has no input".into());
                }
            }
        };
        let [stdout, stderr] = beside.take_output();
        let outcome = Outcome { code, notes: Vec::new(), trace: None };
        Ok(Ran::of(session, &title, Captured { outcome, stdout, stderr, ..Captured::default() }, None))
    }

    /// Ends its input, and waits for its end.
    fn wait(&self, session: &Session, context: &NativeCallContext<'_>) -> Given<Ran> {
        let mut state = self.0.borrow_mut();
        while !state.ended {
            if core::mem::replace(&mut state.closed, true) {
                return Err("it waits for what nobody gives, and does not end".into());
            }
            state.waiting("waited for")?.close();
            state.go_on(session, context)?;
        }
        let live = state.live.take().ok_or("the script has waited for its end already")?;
        let mut captured = live.end().map_err(|error| {
            state.sandbox.not_started();
            error.to_string()
        })?;
        state.sandbox.ended(&mut captured)?;
        [captured.stdout, captured.stderr] = core::mem::take(&mut state.outputs);
        let calls = state.calls.take();
        Ok(Ran::of(session, &state.title, captured, calls))
    }

    /// What it has written on standard output since the last time.
    fn read(&self) -> Given<ImmutableString> {
        let mut state = self.0.borrow_mut();
        let to = state.outputs[0].len();
        let from = core::mem::replace(&mut state.read, to);
        text("stdout", state.outputs[0].get(from..).unwrap_or_default())
    }
}

impl State {
    /// The container, if it waits for what the script does.
    fn waiting(&mut self, what: &str) -> Given<&mut (dyn Led + 'static)> {
        match &mut self.live {
            Some(live) if !self.ended => Ok(&mut **live),
            _ => Err(format!("the program has ended, and cannot be {what}").into()),
        }
    }

    /// Lets the container go on until it waits for input again; whether somebody in it waits for a time.
    fn go_on(&mut self, session: &Session, context: &NativeCallContext<'_>) -> Given<bool> {
        let Some(live) = &mut self.live else { return Ok(false) };
        let mut failed = None;
        let time = loop {
            match session.budget.elsewhere(|| live.next_step()) {
                Step::Asked(question) => live.answer(mock::answer_or(context, session, &question, &mut failed)),
                Step::Waits { time } => break time,
                Step::Ended => {
                    self.ended = true;
                    break false;
                }
            }
        };
        for (all, more) in self.outputs.iter_mut().zip(live.take_output()) {
            all.extend(more);
        }
        failed.map_or(Ok(time), Err)
    }
}
