//! Where things are: the source tree, the target folder, and the cargo that drives both.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure, Result, check};
use crate::host::Host;

/// The guest crates; they are built for wasm, so every command over the host crates leaves them out.
pub const GUESTS: [&str; 5] = ["applets", "gnu", "sh", "wcr-rhai", "wcr-sys"];

/// Crates that no command over the host crates builds, so that a first build need not wait for them.
const APART: [&str; 1] = ["web-bindgen"];

/// The source tree and its target folder.
pub struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target_dir: PathBuf,
    cargo: OsString,
}

impl Workspace {
    /// Finds the workspace this program was built from.
    ///
    /// # Errors
    /// The manifest's folder is gone.
    pub fn locate() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest)
            .ancestors()
            .nth(2)
            .map(Path::to_path_buf)
            .filter(|root| root.join("Cargo.lock").exists())
            .ok_or_else(|| Failure::new(format!("no workspace above {}", Path::new(&manifest).display())))?;
        let target_dir = own_target_dir().unwrap_or_else(|| root.join("target"));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Workspace { root, target_dir, cargo })
    }

    /// A cargo command in the workspace that uses the same target folder as this program.
    ///
    /// It gets no flags from outside: `RUSTFLAGS` in the environment would replace the flags that the guests and the
    /// binary are built with. Nor does it get what cargo told this program about its own package: build scripts watch
    /// those variables (ring's does), and would run again whenever cargo is called without them.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target_dir);
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars_os() {
            let told = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
            if name.to_str().is_some_and(|name| told.iter().any(|prefix| name.starts_with(prefix))) {
                command.env_remove(name);
            }
        }
        command
    }

    /// A cargo command over every host crate for `host`.
    ///
    /// Always the same selection of packages and features, whatever is then built of it: cargo unifies features over
    /// the selection, so one selection means that each dependency (wasmtime above all) is compiled once.
    pub fn host_cargo(&self, subcommand: &str, host: &Host) -> Command {
        let mut command = self.cargo();
        command.args([subcommand, "--release", "--target", &host.triple, "--workspace", "--features", "xtask/pack"]);
        for package in GUESTS.into_iter().chain(APART) {
            command.args(["--exclude", package]);
        }
        command.env("WCR_BUNDLE", self.bundle_dir(host)).env("WCR_PAGE", self.page_dir());
        host.configure(&mut command);
        command
    }

    /// Builds programs for `host`: `targets` are cargo's options that name them, `what` says it in words.
    ///
    /// # Errors
    /// Cargo could not be started, or the compilation failed.
    pub fn build_for(&self, host: &Host, targets: &[&str], what: &str) -> Result<()> {
        let mut command = self.host_cargo("build", host);
        let status = command.args(targets).stdout(std::io::stderr()).status().context(|| "start cargo".into())?;
        check(status, &format!("building {what}"))
    }

    /// The folder of the guests compiled for a host, and of the built-in image.
    pub fn bundle_dir(&self, host: &Host) -> PathBuf {
        let folder = if host.is_emulated() { self.target_dir.join(&host.triple) } else { self.target_dir.clone() };
        folder.join("bundle")
    }

    /// The folder of the page for browsers, packed for the binary; it is there when the page was built.
    pub fn page_dir(&self) -> PathBuf {
        self.target_dir.join("page")
    }

    /// The release build of a host binary.
    pub fn host_binary(&self, host: &Host, name: &str) -> PathBuf {
        self.target_dir.join(&host.triple).join("release").join(host.file_name(name))
    }

    /// The finished `wcr` binary.
    pub fn binary(&self) -> PathBuf {
        self.target_dir.join(format!("wcr{}", std::env::consts::EXE_SUFFIX))
    }

    /// The folder for what these commands remember between runs.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub fn state_dir(&self) -> Result<PathBuf> {
        let dir = self.target_dir.join("xtask");
        std::fs::create_dir_all(&dir).context(|| format!("create {}", dir.display()))?;
        Ok(dir)
    }
}

/// The target folder this program lies in: cargo marks it with `CACHEDIR.TAG`.
fn own_target_dir() -> Option<PathBuf> {
    let exe = std::env::current_exe().ok()?;
    exe.ancestors().skip(1).find(|dir| dir.join("CACHEDIR.TAG").is_file()).map(Path::to_path_buf)
}
