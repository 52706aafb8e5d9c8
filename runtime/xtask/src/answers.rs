//! What a host answers to the cases of the corpora, for comparisons between hosts.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Result, check};
use crate::host::Host;
use crate::workspace::Workspace;

/// The example that answers, as cargo names it.
pub const EXAMPLE: &str = "answers";

/// Builds what answers natively, lets it answer, and gives the folder with its answers.
///
/// # Errors
/// The build failed, or a case was not answered.
pub fn native(workspace: &Workspace, host: &Host, cases: &str) -> Result<PathBuf> {
    workspace.build_for(host, &["--example", EXAMPLE], "the example `answers`")?;
    let folder = workspace.target_dir.join("parity");
    let status = command(workspace, host, &folder, cases).status().context(|| format!("start {EXAMPLE}"))?;
    check(status, "answering the cases natively")?;
    Ok(folder)
}

/// The command by which a host, for which the example is built, answers the cases into a folder.
pub fn command(workspace: &Workspace, host: &Host, folder: &Path, cases: &str) -> Command {
    let mut command = host.command(&workspace.host_binary(host, &format!("examples/{EXAMPLE}")));
    command.arg(workspace.root.join("tests").join("fidelity")).arg(folder).arg(cases).stdout(std::io::stderr());
    command
}
