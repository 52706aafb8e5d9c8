//! Running the built binary in this program's place.

#[cfg_attr(unix, path = "launch/unix.rs")]
#[cfg_attr(not(unix), path = "launch/portable.rs")]
mod platform;

pub use platform::replace;
