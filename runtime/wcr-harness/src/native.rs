//! Containers on this host: `wcr-container` runs them.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use wcr_container::bind::BindError;
use wcr_container::live::{Beside as LiveBeside, Live, Step as LiveStep};
use wcr_container::{Answers, RunError, RunOptions, run_captured};
use wcr_image::RunConfig;
use wcr_machine::{ContainerImage, Settings};

use crate::containers::{Answer, Beside, Captured, ContainerError, Containers, Led, Order, Outcome, Step};

/// The engine of this host.
#[derive(Debug)]
pub struct Native {
    started: Instant,
}

impl Default for Native {
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

/// What the script's thread hears of a container that runs beside it.
enum Heard {
    /// A program asks.
    Question(Vec<u8>, Sender<Vec<u8>>),
    /// The container has ended.
    Ended,
}

impl Containers for Native {
    fn run(
        &self,
        image: &Arc<ContainerImage>,
        order: Order,
        input: Vec<u8>,
        answer: Option<Answer<'_>>,
    ) -> Result<Captured, ContainerError> {
        let Some(answer) = answer else { return Ok(captured(run_captured(image, options(order, None)?, input)?)) };
        let (heard, hearing) = channel();
        let ran = std::thread::scope(|scope| {
            let asked = heard.clone();
            let answers = move |question: &[u8]| {
                let (reply, replied) = channel();
                asked.send(Heard::Question(question.to_vec(), reply)).ok()?;
                replied.recv().ok()
            };
            // Who answers stays in its own thread; the container stands still meanwhile.
            let running = scope.spawn(move || {
                let ran = options(order, Some(Box::new(answers)))
                    .and_then(|options| Ok(run_captured(image, options, input)?));
                // The script's thread waits for this, so that somebody hears it.
                let _ = heard.send(Heard::Ended);
                ran
            });
            while let Ok(Heard::Question(question, reply)) = hearing.recv() {
                // A container that was stopped meanwhile does not hear it.
                let _ = reply.send(answer(&question));
            }
            running.join()
        });
        match ran {
            Ok(ran) => Ok(captured(ran?)),
            Err(_) => Err("the container's thread was lost".into()),
        }
    }

    fn start(&self, image: &Arc<ContainerImage>, order: Order) -> Result<Box<dyn Led>, ContainerError> {
        Ok(Box::new(Leading { live: Live::start(image.clone(), options(order, None)?), reply: None }))
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

fn options(order: Order, answers: Option<Answers>) -> Result<RunOptions, ContainerError> {
    let Order { settings, root, binds, clock, seed, schedule, timeout, calls } = order;
    let (clock, seed, timeout) = (Some(clock), Some(seed), Some(timeout));
    let trace = calls.map(|calls| calls.sink());
    let binds = binds.iter().map(|bind| bind.parse()).collect::<Result<_, BindError>>()?;
    Ok(RunOptions { settings, root, binds, clock, seed, schedule, timeout, answers, trace, ..RunOptions::default() })
}

fn captured(mut ended: wcr_container::Captured) -> Captured {
    let (ended_at, root) = (ended.ended_at(), ended.take_root());
    let wcr_container::Captured { outcome, stdout, stderr, .. } = ended;
    let wcr_container::Outcome { code, notes, trace } = outcome;
    Captured { outcome: Outcome { code, notes, trace }, stdout, stderr, ended_at, root }
}

/// A container on a thread of its own.
struct Leading {
    live: Live,
    /// Where the answer to the last question goes.
    reply: Option<Sender<Vec<u8>>>,
}

impl Led for Leading {
    fn next_step(&mut self) -> Step {
        match self.live.next_step() {
            LiveStep::Asked(question, reply) => {
                self.reply = Some(reply);
                Step::Asked(question)
            }
            LiveStep::Waits { time } => Step::Waits { time },
            LiveStep::Ended => Step::Ended,
        }
    }

    fn answer(&mut self, answer: Vec<u8>) {
        // A container that was stopped meanwhile does not hear it.
        let _ = self.reply.take().map(|reply| reply.send(answer));
    }

    fn feed(&mut self, bytes: Vec<u8>) {
        self.live.feed(bytes);
    }

    fn close(&mut self) {
        self.live.close();
    }

    fn pass_time(&mut self) {
        self.live.pass_time();
    }

    fn exec(&mut self, config: RunConfig, settings: Settings) -> Box<dyn Beside> {
        Box::new(self.live.exec(config, settings))
    }

    fn take_output(&mut self) -> [Vec<u8>; 2] {
        self.live.take_output()
    }

    fn end(self: Box<Self>) -> Result<Captured, ContainerError> {
        let ended: Result<_, RunError> = self.live.end();
        Ok(captured(ended?))
    }
}

impl Beside for LiveBeside {
    fn ended(&self) -> Option<Result<u8, String>> {
        Self::ended(self)
    }

    fn take_output(&self) -> [Vec<u8>; 2] {
        Self::take_output(self)
    }
}
