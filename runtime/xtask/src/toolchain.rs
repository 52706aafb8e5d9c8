//! The Rust targets a step needs, added through rustup when they are missing.

use std::path::Path;
use std::process::Command;

use crate::failure::{Context, Failure, Result, check};

/// The target the guests are built for.
pub const GUEST_TARGET: &str = "wasm32-wasip1";

/// Makes sure that the standard library for `target` is installed.
///
/// # Errors
/// It is missing and rustup is absent or could not add it.
pub fn ensure_target(target: &str) -> Result<()> {
    if is_installed(target)? {
        return Ok(());
    }
    eprintln!("xtask: adding the Rust target {target}");
    let status = Command::new("rustup")
        .args(["target", "add", target])
        // Standard output belongs to the command that is being run.
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| {
            let advice = "install it with your toolchain, or install Rust through https://rustup.rs";
            Failure::new(format!("the Rust target {target} is missing and rustup did not start ({error}): {advice}"))
        })?;
    check(status, &format!("rustup target add {target}"))
}

fn is_installed(target: &str) -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context(|| format!("run rustc --print target-libdir --target {target}"))?;
    let libdir = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success() && Path::new(&libdir).is_dir())
}
