//! Where things are: the source tree, the target folder, and the cargo that drives both.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure, Result};
use crate::toolchain::ensure_target;

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
        command.env("WCR_BUNDLE", self.bundle_dir()).env("WCR_PAGE", self.page_dir());
        host.configure(&mut command);
        command
    }

    /// The folder of the compiled guests and the built-in image.
    pub fn bundle_dir(&self) -> PathBuf {
        self.target_dir.join("bundle")
    }

    /// The folder of the page for browsers, packed for the binary; it is there when the page was built.
    pub fn page_dir(&self) -> PathBuf {
        self.target_dir.join("page")
    }

    /// The release build of a host binary.
    pub fn host_binary(&self, host: &Host, name: &str) -> PathBuf {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.target_dir.join(&host.triple).join("release").join(file)
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

/// What the binary is built for: the machine that builds it.
pub struct Host {
    /// The target triple.
    pub triple: String,
}

impl Host {
    /// Asks the compiler for its host.
    ///
    /// On Linux the binary is static and at a fixed address, on musl: a process then starts in half the time that one
    /// on a shared glibc takes, and runs on every distribution. Where that target cannot be added, the host itself is
    /// built for.
    ///
    /// # Errors
    /// There is no working `rustc`.
    pub fn detect() -> Result<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(&rustc).arg("-vV").output().context(|| "run rustc -vV".into())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let triple = text
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or_else(|| Failure::new("rustc -vV names no host"))?
            .to_owned();
        let Some(musl) = musl_of(&triple) else { return Ok(Host { triple }) };
        match ensure_target(&musl) {
            Ok(()) => Ok(Host { triple: musl }),
            Err(failure) => {
                eprintln!("xtask: {failure}; building for {triple} instead, which starts slower");
                Ok(Host { triple })
            }
        }
    }

    /// Sets how cargo builds for this target.
    pub fn configure(&self, command: &mut Command) {
        if !self.triple.ends_with("-musl") {
            return;
        }
        let upper = self.triple.to_uppercase().replace('-', "_");
        let lower = self.triple.replace('-', "_");
        command
            .env(format!("CARGO_TARGET_{upper}_RUSTFLAGS"), "-Ctarget-feature=+crt-static -Crelocation-model=static");
        // The linker that comes with Rust: it needs no C compiler for this, and puts functions in a given order.
        command.env(format!("CARGO_TARGET_{upper}_LINKER"), "rust-lld");
        // The machine's C compiler does for the little C there is, as long as it leaves out glibc's checked functions.
        for (name, value) in [(format!("CC_{lower}"), "cc"), (format!("CFLAGS_{lower}"), "-U_FORTIFY_SOURCE")] {
            if std::env::var_os(&name).is_none() {
                command.env(name, value);
            }
        }
    }
}

/// The musl target of a Linux host.
fn musl_of(triple: &str) -> Option<String> {
    let arch = triple.strip_suffix("-unknown-linux-gnu").or_else(|| triple.strip_suffix("-unknown-linux-musl"))?;
    matches!(arch, "x86_64" | "aarch64").then(|| format!("{arch}-unknown-linux-musl"))
}
