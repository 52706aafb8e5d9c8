//! A view of control groups that container runtimes can work with.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Marks the process that was started again.
const MARK: &str = "WCR_BENCH_CGROUPS";

/// Where version 2 of control groups lies beside version 1, crun refuses to work. There this program starts itself
/// again in a mount namespace of its own, in which only version 2 is mounted. Does nothing without the rights for it.
pub fn enter_unified_view() {
    if std::env::var_os(MARK).is_some() || !Path::new("/sys/fs/cgroup/unified").is_dir() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let script = "umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup";
    let unshare = ["--mount", "--propagation", "private", "sh", "-c"];
    let possible = Command::new("unshare").args(unshare).arg(script).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return;
    }
    let error = Command::new("unshare")
        .args(unshare)
        .arg(format!("{script} && exec \"$0\" \"$@\""))
        .arg(program)
        .args(std::env::args_os().skip(1))
        .env(MARK, "1")
        .exec();
    eprintln!("bench: unshare: {error}");
}
