//! The programs wcr is compared with, set up so that they do the same work.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use wcr_tests::busybox;

/// A folder with the real BusyBox, for `chroot` and `crun`.
pub fn make_rootfs(folder: &Path) {
    for name in ["bin", "dev", "etc", "proc", "sys", "tmp"] {
        fs::create_dir_all(folder.join(name)).expect("make the root folder");
    }
    let program = folder.join("bin/busybox");
    fs::write(&program, busybox::program()).expect("copy busybox");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("chmod busybox");
    symlink("busybox", folder.join("bin/echo")).expect("link echo");
}

/// The arguments of crun before its command: without control groups where it cannot use them.
pub struct Crun {
    bundle: PathBuf,
    root: PathBuf,
    runs: usize,
}

impl Crun {
    /// Writes a bundle that runs `echo hi` in `rootfs`.
    pub fn prepare(folder: &Path, rootfs: &Path) -> Option<Self> {
        let bundle = folder.join("bundle");
        fs::create_dir_all(&bundle).ok()?;
        let made = Command::new("crun").arg("spec").current_dir(&bundle).output().ok()?;
        if !made.status.success() {
            return None;
        }
        let path = bundle.join("config.json");
        let mut config: Value = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        config["process"]["terminal"] = json!(false);
        config["process"]["args"] = json!(["/bin/busybox", "echo", "hi"]);
        config["root"] = json!({ "path": rootfs, "readonly": true });
        if let Some(namespaces) = config["linux"]["namespaces"].as_array_mut() {
            namespaces.retain(|namespace| namespace["type"] != "cgroup");
        }
        if let Some(mounts) = config["mounts"].as_array_mut() {
            mounts.retain(|mount| mount["type"] != "cgroup");
        }
        fs::write(&path, config.to_string()).ok()?;
        Some(Crun { bundle, root: folder.join("crun"), runs: 0 })
    }

    /// The command of the next run; each needs a name of its own.
    pub fn command(&mut self) -> Command {
        self.runs += 1;
        let mut command = Command::new("crun");
        command.arg("--root").arg(&self.root).args(["--cgroup-manager=disabled", "run", "--bundle"]);
        command.arg(&self.bundle).arg(format!("wcr-bench-{}-{}", std::process::id(), self.runs));
        command
    }
}

/// A podman command with its storage in a folder of its own.
pub fn podman(storage: &Path) -> Command {
    let mut command = Command::new("podman");
    command.arg("--root").arg(storage.join("root")).arg("--runroot").arg(storage.join("run"));
    command.args(["--cgroup-manager", "cgroupfs"]);
    command
}

/// Options of `podman run` that leave out what an unprivileged machine refuses: control groups, and raised limits.
pub const PODMAN_RUN: [&str; 5] =
    ["--rm", "--network=none", "--cgroups=disabled", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
