//! The WebAssembly programs that the end-to-end tests run: one file of Rust, compiled for WASI preview 1, which gives a
//! module, and for WASI 0.2, which gives a component.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Context, Result, check};
use crate::toolchain::ensure_target;
use crate::workspace::Workspace;

/// The source, from the workspace's root.
const SOURCE: &str = "tests/component/probe.rs";

/// A way to compile it.
pub struct Probe {
    /// Rust's name of the target.
    target: &'static str,
    file: &'static str,
    /// The variable that tells the end-to-end tests where it is.
    pub variable: &'static str,
}

/// Both programs.
pub const PROBES: [Probe; 2] = [
    Probe { target: "wasm32-wasip1", file: "probe-module.wasm", variable: "WCR_TEST_MODULE" },
    Probe { target: "wasm32-wasip2", file: "probe.wasm", variable: "WCR_TEST_COMPONENT" },
];

/// Compiles a program and gives its path.
///
/// # Errors
/// The target is missing and cannot be added, or the compiler failed.
pub fn build(workspace: &Workspace, probe: &Probe) -> Result<PathBuf> {
    ensure_target(probe.target)?;
    let out = workspace.state_dir()?.join(probe.file);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .args(["--edition", "2024", "-O", "-Cstrip=debuginfo", "--target", probe.target, SOURCE, "-o"])
        .arg(&out)
        .current_dir(&workspace.root)
        .stdout(std::io::stderr())
        .status()
        .context(|| "start rustc".into())?;
    check(status, "building a WebAssembly program for the tests")?;
    Ok(out)
}
