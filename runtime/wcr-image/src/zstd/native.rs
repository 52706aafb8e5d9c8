//! The decoder of the format's own library.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use super::{Fault, WINDOW_LOG, WINDOW_MAX};
use crate::inflate::Step;

/// The library's number for a window that is larger than it may be (`ZSTD_error_frameParameter_windowTooLarge`).
const WINDOW_TOO_LARGE: usize = 0_usize.wrapping_sub(16);

/// A decoder of any number of frames, one behind the other.
pub(crate) struct Native {
    context: DCtx<'static>,
    /// Where no frame is under way, and there was one.
    complete: bool,
}

impl Native {
    pub(crate) fn new() -> Self {
        let mut context = DCtx::create();
        // The library knows the parameter, and this value of it.
        let _ = context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG));
        Self { context, complete: false }
    }

    /// Decompresses from `input` to `output`, as far as either reaches.
    pub(crate) fn push(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let mut step = Step { consumed: 0, produced: 0 };
        // Between two frames an empty input is no beginning of another one.
        while !(self.complete && step.consumed == input.len()) {
            let mut from = InBuffer::around(input.get(step.consumed..).unwrap_or_default());
            let mut to = OutBuffer::around(output.get_mut(step.produced..).unwrap_or_default());
            let left = self.context.decompress_stream(&mut to, &mut from).map_err(fault)?;
            let (consumed, produced) = (from.pos(), to.pos());
            if consumed == 0 && produced == 0 {
                break;
            }
            self.complete = left == 0;
            step.consumed += consumed;
            step.produced += produced;
            if step.consumed == input.len() && step.produced < output.len() {
                break;
            }
        }
        Ok(step)
    }

    /// Whether the data may end here.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }
}

fn fault(code: usize) -> Fault {
    if code == WINDOW_TOO_LARGE {
        Fault::Window(WINDOW_MAX)
    } else {
        Fault::Malformed("a header, block or check sum is wrong")
    }
}
