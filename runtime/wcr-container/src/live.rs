//! A container on a thread of its own that stands still whenever all of it waits for input: somebody outside then says what
//! happens next, so that a conversation with it is the same every time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use wcr_abi::Errno;
use wcr_engine::Remote;
use wcr_image::RunConfig;
use wcr_kernel::{HostInput, MemoryOutput, Stdio};
use wcr_machine::{Companion, ContainerImage, Fed, LastRefusal, Settings};

use crate::error::RunError;
use crate::options::RunOptions;
use crate::run::{Captured, live};

/// What a container has come to.
#[derive(Debug)]
pub enum Step {
    /// A program has asked a question; the container stands still until the answer is sent.
    Asked(Vec<u8>, Sender<Vec<u8>>),
    /// All of its processes wait, one of them for input. `time`: others for a time, too.
    Waits {
        /// Whether somebody waits for a time.
        time: bool,
    },
    /// It has ended.
    Ended,
}

/// What it is to do then.
enum Order {
    Feed(Vec<u8>),
    Close,
    GoOn,
}

/// A container that is led step by step. Without a next step it is stopped.
pub struct Live {
    thread: Option<JoinHandle<Result<Captured, RunError>>>,
    steps: Receiver<Step>,
    orders: Option<Sender<Order>>,
    remote: Remote,
    refusal: Arc<Mutex<LastRefusal>>,
    outputs: [MemoryOutput; 2],
    /// When time was to pass last, nobody waited for a time.
    timeless: Arc<AtomicBool>,
}

/// A program that was started beside the first one.
#[derive(Clone, Default)]
pub struct Beside(Arc<Mutex<Companion>>);

impl Live {
    /// Starts a container. Questions of its programs are steps; `options` says nothing of those.
    #[must_use]
    pub fn start(image: Arc<ContainerImage>, options: RunOptions) -> Self {
        let (step, steps) = channel();
        let (orders, ordered) = channel();
        let (remote, outputs) = (Remote::default(), [MemoryOutput::default(), MemoryOutput::default()]);
        let refusal: Arc<Mutex<LastRefusal>> = Arc::default();
        let input = Led { fed: Fed::default(), step: step.clone(), orders: ordered };
        let stdio = Stdio {
            input: Some(Box::new(input)),
            output: Box::new(outputs[0].clone()),
            error: Box::new(outputs[1].clone()),
            terminal: None,
        };
        let (asked, kept) = (step.clone(), refusal.clone());
        let options = RunOptions {
            answers: Some(Box::new(move |question| {
                let (reply, replied) = channel();
                asked.send(Step::Asked(question.to_vec(), reply)).ok()?;
                replied.recv().ok()
            })),
            started: Some(Box::new(move |refusal| *lock(&kept) = refusal.clone())),
            remote: Some(remote.clone()),
            ..options
        };
        let thread = std::thread::spawn(move || {
            let ran = live(&image, options, stdio);
            // Nobody hears it when the container was given up.
            let _ = step.send(Step::Ended);
            let (_, ended) = ran?;
            Ok(Captured::of(ended))
        });
        let timeless = Arc::default();
        Self { thread: Some(thread), steps, orders: Some(orders), remote, refusal, outputs, timeless }
    }

    /// Waits until the container has come to its next step.
    pub fn next_step(&mut self) -> Step {
        match self.steps.recv().unwrap_or_else(|RecvError| Step::Ended) {
            // The engine looks up now and then in any case, and names that time.
            Step::Waits { time } => Step::Waits { time: time && !self.timeless.swap(false, Ordering::SeqCst) },
            step => step,
        }
    }

    /// Gives it input. To be called while it waits, as what follows.
    pub fn feed(&self, bytes: Vec<u8>) {
        self.order(Order::Feed(bytes));
    }

    /// Ends its input.
    pub fn close(&self) {
        self.order(Order::Close);
    }

    /// Starts a program beside its first one, with no input.
    #[must_use]
    pub fn exec(&self, config: RunConfig, settings: Settings) -> Beside {
        let beside = Beside::default();
        let (inside, refusal) = (beside.clone(), lock(&self.refusal).clone());
        let mut request = Some((config, settings));
        self.remote.send(move |kernel| {
            let mut companion = lock(&inside.0);
            if let Some((config, settings)) = request.take() {
                companion.enter(kernel, &config, &settings, &refusal);
            }
            companion.turn(kernel)
        });
        self.order(Order::GoOn);
        beside
    }

    /// Lets the time come that somebody waits for.
    pub fn pass_time(&self) {
        let timeless = self.timeless.clone();
        self.remote.send(move |kernel| {
            timeless.store(!kernel.pass_time(), Ordering::SeqCst);
            false
        });
        self.order(Order::GoOn);
    }

    /// What it has written on standard output and standard error since the last time.
    pub fn take_output(&self) -> [Vec<u8>; 2] {
        [self.outputs[0].take(), self.outputs[1].take()]
    }

    /// The end of the container, which has come.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn end(mut self) -> Result<Captured, RunError> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            // The thread is taken nowhere but here and where this value ends.
            None => Err(RunError::NoBundle),
        }
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // One that has ended takes no orders.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.remote.stop();
        // Nobody who waits gets anything any more.
        self.orders = None;
        self.steps = channel().1;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Beside {
    /// How it has ended, if it has: the exit code, or why it was not started.
    #[must_use]
    pub fn ended(&self) -> Option<Result<u8, String>> {
        lock(&self.0).ended()
    }

    /// What it has written on standard output and standard error.
    #[must_use]
    pub fn take_output(&self) -> [Vec<u8>; 2] {
        lock(&self.0).take_output()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The input of a container that is led.
struct Led {
    fed: Fed,
    step: Sender<Step>,
    orders: Receiver<Order>,
}

impl HostInput for Led {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        Ok(self.fed.read(buf))
    }

    fn ready(&mut self) -> bool {
        self.fed.ready()
    }

    fn wait(&mut self, timeout: Option<u64>) {
        let told = self.step.send(Step::Waits { time: timeout.is_some() });
        match told.ok().and_then(|()| self.orders.recv().ok()) {
            Some(Order::Feed(bytes)) => self.fed.feed(bytes),
            Some(Order::GoOn) => {}
            Some(Order::Close) | None => self.fed.close(),
        }
    }
}
