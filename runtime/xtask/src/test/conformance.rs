//! The program of `tests/conformance`, compiled for wcr.

use std::path::PathBuf;

use crate::failure::{Context, Result, check};
use crate::toolchain::{GUEST_TARGET, ensure_target};
use crate::workspace::Workspace;

/// The package, which is also the program's name.
pub const PACKAGE: &str = "conformance";

/// Compiles the program and gives its path.
///
/// # Errors
/// The target is missing and cannot be added, or the compiler failed.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    ensure_target(GUEST_TARGET)?;
    let status = workspace
        .cargo()
        .args(["build", "--profile", "guest", "--target", GUEST_TARGET, "-p", PACKAGE])
        .stdout(std::io::stderr())
        .status()
        .context(|| "start cargo".into())?;
    check(status, "building the conformance program")?;
    Ok(workspace.target_dir.join(GUEST_TARGET).join("guest").join(format!("{PACKAGE}.wasm")))
}
