//! The browser half of wcr: the same kernel, file system, guest calls and images as natively, for a page's worker.
//!
//! The crate is what is the kernel's: it boots containers, answers guest calls, says who runs next. The script
//! around it (`page/worker`) is the engine: it instantiates guests, resumes them in the kernel's order, and passes
//! bytes between the container and the page. `web/scripts` is the same with the test harness, whose scripts run containers.

#![deny(unsafe_code)]

mod api;
mod bridge;
mod calls;
pub mod container;
mod files;
pub mod images;
mod limit;
mod look;
pub mod page;
mod window;
