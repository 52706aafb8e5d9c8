//! The binary compiles for the systems that nobody runs here.
//!
//! These are checks, not builds, but build scripts do run, and some compile C: each needs a C compiler for its target.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::steps::Session;
use super::tally::Tally;
use super::tools;
use crate::failure::{Context, Failure, Result};
use crate::toolchain::ensure_target;

/// The release of zig that compiles C for macOS: a package of Python's index, with the system headers in it.
const ZIG: &str = "ziglang==0.15.2";

/// Checks `x86_64-pc-windows-gnu` with Debian's mingw-w64.
pub fn windows(session: &Session) -> Result<Tally> {
    let target = "x86_64-pc-windows-gnu";
    if tools::find("x86_64-w64-mingw32-gcc").is_none() {
        return Ok(Tally::skip(format!("{target}: no x86_64-w64-mingw32-gcc (package gcc-mingw-w64-x86-64)")));
    }
    if let Err(failure) = ensure_target(target) {
        return Ok(Tally::skip(failure.to_string()));
    }
    session.cargo_check(check_command(session, target))
}

/// Checks `aarch64-apple-darwin` with zig as the C compiler.
pub fn macos(session: &Session) -> Result<Tally> {
    let target = "aarch64-apple-darwin";
    if let Err(failure) = ensure_target(target) {
        return Ok(Tally::skip(failure.to_string()));
    }
    let compiler = match zig_compiler(&session.workspace.state_dir()?) {
        Ok(compiler) => compiler,
        Err(failure) => return Ok(Tally::skip(format!("{target}: {failure}"))),
    };
    let mut command = check_command(session, target);
    command.env("CC_aarch64_apple_darwin", &compiler);
    // Without it the C build helper asks Xcode's `xcrun` for the path; zig brings its own headers.
    command.env("SDKROOT", session.workspace.state_dir()?);
    session.cargo_check(command)
}

fn check_command(session: &Session, target: &str) -> Command {
    let mut command = session.workspace.cargo();
    command.args(["check", "--release", "--target", target, "-p", "wcr-cli"]);
    command.env("WCR_BUNDLE", session.workspace.bundle_dir(&session.host));
    command
}

/// A script that compiles C for 64-bit ARM macOS; installs zig into a Python environment of its own at first use.
fn zig_compiler(state: &Path) -> Result<PathBuf> {
    let environment = state.join("zig-environment");
    let python = environment.join("bin").join("python");
    if !has_zig(&python) {
        if !make_environment(&environment) {
            // Debian keeps the module apart from the interpreter.
            let _ = tools::apt_install(&["python3-venv"]);
            if !make_environment(&environment) {
                return Err(Failure::new("no zig: `python3 -m venv` failed"));
            }
        }
        let installed = quiet(Command::new(&python).args(["-m", "pip", "install", "--quiet", ZIG]));
        if !installed || !has_zig(&python) {
            return Err(Failure::new(format!("no zig: `pip install {ZIG}` failed")));
        }
    }
    let script = state.join("zig-cc-macos");
    // zig names its targets in its own way, so the flags that other compilers take for it are dropped.
    let text = format!(
        "#!/bin/sh\nfor argument do\n\tshift\n\tcase $argument in\n\t--target=*|-mmacosx-version-min=*|-arch|arm64) ;;\n\t\
         *) set -- \"$@\" \"$argument\" ;;\n\tesac\ndone\nexec '{}' -m ziglang cc -target aarch64-macos \"$@\"\n",
        python.display()
    );
    std::fs::write(&script, text).context(|| format!("write {}", script.display()))?;
    if !quiet(Command::new("chmod").arg("755").arg(&script)) {
        return Err(Failure::new(format!("chmod 755 {} failed", script.display())));
    }
    Ok(script)
}

fn make_environment(folder: &Path) -> bool {
    quiet(Command::new("python3").args(["-m", "venv"]).arg(folder))
}

fn has_zig(python: &Path) -> bool {
    python.exists() && quiet(Command::new(python).args(["-m", "ziglang", "version"]))
}

fn quiet(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(std::io::stderr()).status().is_ok_and(|status| status.success())
}
