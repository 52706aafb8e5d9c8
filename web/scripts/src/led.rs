//! A container that a script leads: in place, as the one that runs, only while it is stepped.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wcr_abi::{Errno, Signal, WaitStatus, WinSize};
use wcr_harness::{Beside, Captured, ContainerError, Led, Order, Outcome, Step};
use wcr_image::RunConfig;
use wcr_kernel::{Answers, Clock, HostInput, Idle, MemoryOutput, SeededEntropy, Stdio};
use wcr_machine::{Companion, ContainerImage, Fed, Root, Settings, boot};
use wcr_web::container::{self, Container};
use wcr_web::{images, page};

use crate::step::{self, Came};

/// The terminal that a container sees that wants one.
const TERMINAL: WinSize = WinSize { rows: 24, cols: 80 };

/// The number of the next container.
static NEXT: AtomicU32 = AtomicU32::new(1);

thread_local! {
    /// The programs beside the first one of the container that is in place.
    static BESIDES: RefCell<Vec<Besides>> = const { RefCell::new(Vec::new()) };
}

/// A container that is led.
pub(crate) struct Leading {
    number: u32,
    /// `None` while it is in place, and at its end.
    container: Option<Container>,
    besides: Vec<Besides>,
    outputs: [MemoryOutput; 2],
    input: LedInput,
    question: Question,
    timeout: Duration,
    notes: Vec<String>,
    failed: Option<ContainerError>,
}

/// What a program has asked.
type Question = Arc<Mutex<Option<Vec<u8>>>>;

impl Leading {
    /// Makes a container; its programs may ask if it `answers`.
    pub(crate) fn boot(
        image: &ContainerImage,
        order: Order,
        input: Box<dyn HostInput>,
        answers: bool,
    ) -> Result<Self, ContainerError> {
        let Order { settings, root, binds, clock, seed, schedule, timeout, calls } = order;
        if let Some(bind) = binds.first() {
            return Err(format!("{bind}: a page has no folders of a host to bind").into());
        }
        let outputs = [MemoryOutput::default(), MemoryOutput::default()];
        let question = Question::default();
        let asked = question.clone();
        let ask: Answers = Box::new(move |question| {
            *lock(&asked) = Some(question.to_vec());
            // The answer is added before the program goes on.
            page::pause();
            Some(Vec::new())
        });
        let stdio = Stdio {
            input: Some(input),
            output: Box::new(outputs[0].clone()),
            error: Box::new(outputs[1].clone()),
            terminal: settings.tty.then_some(TERMINAL),
        };
        let host = wcr_machine::Host {
            root,
            clock: Clock::fixed(clock),
            entropy: Box::new(SeededEntropy::new(seed)),
            stdio,
            guests: images::guests(),
            components: false,
            mounts: Vec::new(),
            explain: None,
            trace: calls.map(|calls| calls.sink()),
            persist: None,
            answers: answers.then_some(ask),
            schedule,
        };
        let container = Container::new(boot(image, &settings, host)?);
        Ok(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            container: Some(container),
            besides: Vec::new(),
            outputs,
            input: LedInput::default(),
            question,
            timeout,
            notes: Vec::new(),
            failed: None,
        })
    }

    /// The same container, led by this input of its.
    pub(crate) fn with_input(mut self, input: LedInput) -> Self {
        self.input = input;
        self
    }

    /// Puts the container in place, and lets it go on until there is something to do.
    fn go_on(&mut self) -> Came {
        let outer = (container::replace(self.container.take()), BESIDES.replace(core::mem::take(&mut self.besides)));
        let millis = u32::try_from(self.timeout.as_millis()).unwrap_or(u32::MAX);
        let came = step::take(self.number, millis);
        self.container = container::replace(outer.0);
        self.besides = BESIDES.replace(outer.1);
        came
    }

    /// The end of the container, which has come.
    pub(crate) fn ended(&mut self) -> Result<Captured, ContainerError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut container = self.container.take().ok_or("the container is gone")?;
        if container.kernel.idle() == Idle::Deadlock {
            return Err("every process of the container waits for another one: nothing can go on".into());
        }
        let (ended_at, root) = (container.kernel.now().to_nanos(), Root::take(container.kernel.vfs()));
        let container::Ended { code, mut notes, digest } = container.ended();
        notes.append(&mut self.notes);
        let [stdout, stderr] = [self.outputs[0].take(), self.outputs[1].take()];
        Ok(Captured { outcome: Outcome { code, notes, trace: digest }, stdout, stderr, ended_at, root })
    }
}

impl Drop for Leading {
    fn drop(&mut self) {
        step::gone(self.number);
    }
}

impl Led for Leading {
    fn next_step(&mut self) -> Step {
        loop {
            match self.go_on() {
                Came::Ended => return Step::Ended,
                Came::Asked => return Step::Asked(lock(&self.question).take().unwrap_or_default()),
                Came::Waits => return Step::Waits { time: false },
                Came::WaitsForTime => return Step::Waits { time: true },
                Came::Late => {
                    let seconds = core::mem::take(&mut self.timeout).as_secs_f64();
                    self.notes.push(format!("stopped after {seconds} seconds, its time"));
                    if let Some(container) = &mut self.container {
                        container.kernel.terminate(1, WaitStatus::Signaled(Signal::KILL));
                    }
                }
            }
        }
    }

    fn answer(&mut self, answer: Vec<u8>) {
        let Some(container) = &mut self.container else { return };
        if let Err(errno) = container.kernel.add_answer(&answer) {
            self.failed = Some(format!("the answer to a program could not be kept: {errno}").into());
        }
    }

    fn feed(&mut self, bytes: Vec<u8>) {
        lock(&self.input.0).feed(bytes);
    }

    fn close(&mut self) {
        lock(&self.input.0).close();
    }

    fn pass_time(&mut self) {
        if let Some(container) = &mut self.container {
            container.kernel.pass_time();
        }
    }

    fn exec(&mut self, config: RunConfig, settings: Settings) -> Box<dyn Beside> {
        let beside = Besides::default();
        if let Some(Container { kernel, refusal, .. }) = &mut self.container {
            beside.0.borrow_mut().enter(kernel, &config, &settings, refusal);
            self.besides.push(beside.clone());
        }
        Box::new(beside)
    }

    fn take_output(&mut self) -> [Vec<u8>; 2] {
        [self.outputs[0].take(), self.outputs[1].take()]
    }

    fn end(mut self: Box<Self>) -> Result<Captured, ContainerError> {
        self.ended()
    }
}

/// The input of a container that is led; copies are the same.
#[derive(Clone, Default)]
pub(crate) struct LedInput(Arc<Mutex<Fed>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HostInput for LedInput {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        Ok(lock(&self.0).read(buf))
    }

    fn ready(&mut self) -> bool {
        lock(&self.0).ready()
    }

    fn wait(&mut self, _timeout: Option<u64>) {}
}

/// A program beside the first one; copies are the same.
#[derive(Clone, Default)]
pub(crate) struct Besides(Rc<RefCell<Companion>>);

/// Looks after the programs beside the first one of the container that is in place.
pub(crate) fn attend() {
    BESIDES.with_borrow_mut(|besides| {
        if !besides.is_empty() {
            container::with(|container| besides.retain(|beside| beside.0.borrow_mut().turn(&mut container.kernel)));
        }
    });
}

impl Beside for Besides {
    fn ended(&self) -> Option<Result<u8, String>> {
        self.0.borrow().ended()
    }

    fn take_output(&self) -> [Vec<u8>; 2] {
        self.0.borrow_mut().take_output()
    }
}
