//! The applets for processes, users and the system.

pub mod free;
pub mod kill;
pub mod memory;
pub mod mount;
pub mod nohup;
pub mod pgrep;
pub mod processes;
pub mod ps;
pub mod runparts;
pub mod setsid;
pub mod signals;
pub mod sysctl;
pub mod time;
pub mod timeout;
pub mod top;
pub mod uptime;
pub mod watch;
