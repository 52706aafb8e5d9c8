//! How much memory programs take.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// BusyBox's `time` takes what Linux says in KiB for pages, and tells four times as much.
const PAGE: u64 = 4;

/// The most memory that a command takes, in KiB, as BusyBox's `time` tells in the file `told`.
pub fn peak(mut time: Command, told: &Path, command: Command) -> Option<u64> {
    time.args(["-f", "%M", "-o"]).arg(told).arg(command.get_program()).args(command.get_args());
    time.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        time.current_dir(folder);
    }
    time.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    let pages: u64 = fs::read_to_string(told).ok()?.lines().last()?.trim().parse().ok()?;
    Some(pages / PAGE)
}
