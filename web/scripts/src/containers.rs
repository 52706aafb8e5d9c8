//! Containers of scripts in this browser.

use std::sync::Arc;
use std::time::Duration;

use wcr_harness::{Answer, Captured, ContainerError, Containers, Led, Order, Step};
use wcr_kernel::{HostClock as _, MemoryInput};
use wcr_machine::ContainerImage;
use wcr_web::page::PageClock;

use crate::led::{Leading, LedInput};

/// The browser's engine.
pub(crate) struct PageContainers;

impl Containers for PageContainers {
    fn run(
        &self,
        image: &Arc<ContainerImage>,
        order: Order,
        input: Vec<u8>,
        mut answer: Option<Answer<'_>>,
    ) -> Result<Captured, ContainerError> {
        if let Some(bind) = order.binds.first() {
            return Err(format!("{bind} cannot be mounted: a page sees no folders of the host").into());
        }
        let mut led = Leading::boot(image, order, Box::new(MemoryInput::new(input)), answer.is_some())?;
        loop {
            match led.next_step() {
                Step::Asked(question) => {
                    led.answer(answer.as_mut().map(|answer| answer(&question)).unwrap_or_default())
                }
                // All of the input is there from the start.
                Step::Waits { .. } => return Err("the container waits for what nobody gives".into()),
                Step::Ended => return led.ended(),
            }
        }
    }

    fn start(&self, image: &Arc<ContainerImage>, order: Order) -> Result<Box<dyn Led>, ContainerError> {
        let input = LedInput::default();
        let led = Leading::boot(image, order, Box::new(input.clone()), true)?;
        Ok(Box::new(led.with_input(input)))
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(PageClock.monotonic())
    }
}
