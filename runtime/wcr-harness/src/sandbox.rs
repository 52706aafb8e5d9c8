//! `container(…)`: files and a clock that several runs share.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, Map, NativeCallContext};
use wcr_abi::Timestamp;
use wcr_machine::{ContainerImage, FileIn, Root, Settings};

use crate::clock::{Clock, Handle};
use crate::containers::Captured;
use crate::live::Started;
use crate::options::{self, Request};
use crate::result::{Given, Ran, title};
use crate::session::Session;
use crate::visible::quoted;
use crate::{container, files, mock};

/// A container of a script: each run of it finds the files as the one before left them.
#[derive(Clone)]
pub(crate) struct Sandbox(Rc<RefCell<State>>);

struct State {
    image_name: String,
    image: Arc<ContainerImage>,
    /// What each run begins with.
    base: Request,
    root: Root,
    clock: Clock,
    /// How many runs there were: each has a randomness of its own.
    runs: u64,
    /// A program was started in it, and has not been waited for.
    started: bool,
}

impl State {
    /// Takes the files and the clock that a run has left.
    fn keep(&mut self, captured: &mut Captured) -> Given<()> {
        self.runs += 1;
        self.clock.set_nanos(captured.ended_at);
        self.root = captured.root.take().ok_or("the files of this container were lost")?;
        Ok(())
    }
}

/// Gives an engine `container` and what can be done with one.
pub(crate) fn register(engine: &mut Engine, session: Rc<Session>) {
    let [plain, with_options, runs, runs_with, starts, starts_with] = [(); 6].map(|()| session.clone());
    engine
        .register_type_with_name::<Sandbox>("container")
        .register_fn("container", move |image: &str| Sandbox::new(&plain, image, Map::new()))
        .register_fn("container", move |image: &str, options: Map| Sandbox::new(&with_options, image, options))
        .register_fn("run", move |context: NativeCallContext<'_>, it: &mut Sandbox, command: Array| {
            it.run(&runs, &context, command, Map::new())
        })
        .register_fn("run", move |context: NativeCallContext<'_>, it: &mut Sandbox, command: Array, options: Map| {
            it.run(&runs_with, &context, command, options)
        })
        .register_fn("start", move |context: NativeCallContext<'_>, it: &mut Sandbox, command: Array| {
            it.start(&starts, &context, command, Map::new())
        })
        .register_fn("start", move |context: NativeCallContext<'_>, it: &mut Sandbox, command: Array, options: Map| {
            it.start(&starts_with, &context, command, options)
        })
        .register_fn("file", |it: &mut Sandbox, path: &str| files::file(&mut it.state()?.root, path))
        .register_fn("file_bytes", |it: &mut Sandbox, path: &str| files::file_bytes(&mut it.state()?.root, path))
        .register_fn("exists", |it: &mut Sandbox, path: &str| files::exists(&mut it.state()?.root, path))
        .register_fn("stat", |it: &mut Sandbox, path: &str| files::stat(&mut it.state()?.root, path))
        .register_fn("write", |it: &mut Sandbox, path: &str, content: Dynamic| it.write(path, content))
        .register_get("clock", |it: &mut Sandbox| -> Given<Handle> { Ok(Handle::Own(it.state()?.clock.clone())) })
        .register_fn("copy", |it: &mut Sandbox| it.copy());
}

impl Sandbox {
    /// A container of an image; the options are what each of its runs begins with, but for `files`, which are put there
    /// now.
    fn new(session: &Session, image: &str, options: Map) -> Given<Self> {
        session.note_activity();
        let mut base = session.usual().with(Array::new(), options).map_err(|error| error.to_string())?;
        // As when a program is started in a container that is there: the image's entry point was its beginning.
        base.settings.entrypoint.get_or_insert_default();
        let found = session.budget.elsewhere(|| session.image(image));
        let found = found.map_err(|error| format!("there is no container of {}: {error}", quoted(image)))?;
        let clock = base.clock;
        let mut root = Root::new(&found, base.settings.writable_bytes).map_err(|error| error.to_string())?;
        for file in base.settings.files.drain(..) {
            root.put_file(&file, Timestamp::from_nanos(clock)).map_err(|error| error.to_string())?;
        }
        let state = State {
            image_name: image.to_owned(),
            image: found,
            base,
            root,
            clock: Clock::new(clock),
            runs: 0,
            started: false,
        };
        Ok(Self(Rc::new(RefCell::new(state))))
    }

    /// Runs a command to its end, on the container's files.
    fn run(&self, session: &Session, context: &NativeCallContext<'_>, command: Array, options: Map) -> Given<Ran> {
        let mut state = self.state()?;
        if let Some(name) = ["clock", "seed"].into_iter().find(|name| options.contains_key(*name)) {
            let message = format!("`{name}` is the container's; give it to `container`, or use its `clock`");
            return Err(message.into());
        }
        let request = state.base.clone().with(command, options).map_err(|error| error.to_string())?;
        if request.settings.command.is_empty() {
            return Err("`run` of a container needs a command, as in `c.run([\"ls\", \"-l\"])`".into());
        }
        let (seed, clock) = (request.seed.wrapping_add(state.runs), state.clock.nanos());
        let request = Request { seed, clock, ..request };
        let title = title(&state.image_name, &request);
        // A run that does not begin must leave the files as they are.
        let root = state.root.copy().ok_or("the files of this container cannot be kept")?;
        let ran = session.budget.elsewhere(|| mock::run(session, context, &state.image, request, Some(root)));
        let (mut captured, calls) = ran?;
        state.keep(&mut captured)?;
        Ok(Ran::of(session, &title, captured, calls))
    }

    /// What it is like now. A closure that stands for a program of its own run finds it busy.
    fn state(&self) -> Given<RefMut<'_, State>> {
        let busy = "this container is running; a closure of `mock` cannot use it meanwhile";
        let state = self.0.try_borrow_mut().map_err(|_| busy)?;
        if state.started {
            return Err("a program was started in this container; `wait()` for its end first, or use its `exec`".into());
        }
        Ok(state)
    }

    /// Starts a command, and gives it back when it waits for input.
    fn start(
        &self,
        session: &Session,
        context: &NativeCallContext<'_>,
        command: Array,
        options: Map,
    ) -> Given<Started> {
        let mut state = self.state()?;
        if let Some(name) = ["clock", "seed", "stdin"].into_iter().find(|name| options.contains_key(*name)) {
            return Err(format!(
                "`start` takes no `{name}`; clock and seed are the container's, and `feed` gives input"
            )
            .into());
        }
        let request = state.base.clone().with(command, options).map_err(|error| error.to_string())?;
        if request.settings.command.is_empty() {
            return Err("`start` needs a command, as in `c.start([\"sh\"])`".into());
        }
        let (seed, clock) = (request.seed.wrapping_add(state.runs), state.clock.nanos());
        let mut request = Request { seed, clock, ..request };
        let title = title(&state.image_name, &request);
        mock::equip(session, &mut request);
        let beside = (state.image.config.clone(), Settings { shims: Vec::new(), ..request.settings.clone() });
        let root = state.root.copy().ok_or("the files of this container cannot be kept")?;
        let (order, _, calls) = container::order(request, Some(root));
        let led = session.containers().start(&state.image, order).map_err(|error| error.to_string())?;
        state.started = true;
        drop(state);
        Started::new(session, context, (led, calls), (self.clone(), title), beside)
    }

    /// Takes what a program that was started has left.
    pub(crate) fn ended(&self, captured: &mut Captured) -> Given<()> {
        let mut state = self.0.borrow_mut();
        state.started = false;
        state.keep(captured)
    }

    /// Takes note that a program that was to be started has not been.
    pub(crate) fn not_started(&self) {
        self.0.borrow_mut().started = false;
    }

    /// Puts a file there: its content, or a map with `content` and `mode`.
    fn write(&self, path: &str, content: Dynamic) -> Given<()> {
        let file: FileIn = options::file(path.to_owned(), content).map_err(|error| error.to_string())?;
        let mut state = self.state()?;
        let now = Timestamp::from_nanos(state.clock.nanos());
        state.root.put_file(&file, now).map_err(|error| error.to_string().into())
    }

    /// Another container that is as this one is now.
    fn copy(&self) -> Given<Self> {
        let state = self.state()?;
        let root = state.root.copy().ok_or("the files of this container cannot be kept")?;
        let (image_name, image, base) = (state.image_name.clone(), state.image.clone(), state.base.clone());
        let (clock, runs) = (Clock::new(state.clock.nanos()), state.runs);
        Ok(Self(Rc::new(RefCell::new(State { image_name, image, base, root, clock, runs, started: false }))))
    }
}
