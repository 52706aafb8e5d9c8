//! Time as people write it: the calendar, time zones, reading and printing.

pub mod calendar;
pub mod parse;
pub mod strftime;
pub mod strptime;
pub mod zone;
mod zonefile;

pub use calendar::Civil;
pub use zone::{LocalTime, Zone};
