//! The component that the end-to-end tests run: one file of Rust, compiled for WASI 0.2.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Context, Result, check};
use crate::toolchain::ensure_target;
use crate::workspace::Workspace;

/// The target of WASI 0.2 components.
const TARGET: &str = "wasm32-wasip2";

/// The source, from the workspace's root.
const SOURCE: &str = "tests/component/probe.rs";

/// Compiles the component and gives its path.
///
/// # Errors
/// The target is missing and cannot be added, or the compiler failed.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    ensure_target(TARGET)?;
    let out = workspace.state_dir()?.join("probe.wasm");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .args(["--edition", "2024", "-O", "-Cstrip=debuginfo", "--target", TARGET, SOURCE, "-o"])
        .arg(&out)
        .current_dir(&workspace.root)
        .stdout(std::io::stderr())
        .status()
        .context(|| "start rustc".into())?;
    check(status, "building the component for the tests")?;
    Ok(out)
}
