//! The way from sources to a `wcr` binary: guests, bundle, binary.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::bundle;
use crate::failure::{Context, Result};
use crate::fingerprint;
use crate::host::Host;
use crate::workspace::Workspace;

/// Builds what has changed and gives the path of the release binary.
///
/// Nothing is written to standard output; cargo's progress goes to standard error. Two builds at once take turns.
///
/// # Errors
/// A target is missing and cannot be added, or a compilation failed.
pub fn wcr(workspace: &Workspace) -> Result<PathBuf> {
    let stamp = Stamp::at(workspace.state_dir()?.join("wcr.stamp"));
    if let Some(binary) = stamp.matching(fingerprint::of_inputs(workspace)?) {
        return Ok(binary);
    }
    let _turn = lock(&workspace.state_dir()?.join("build.lock"))?;
    // Taken before the build: an edit made while it runs shows as a change afterwards.
    let inputs = fingerprint::of_inputs(workspace)?;
    if let Some(binary) = stamp.matching(inputs) {
        return Ok(binary);
    }
    let host = Host::detect()?;
    bundle::prepare(workspace, &host)?;
    workspace.build_for(&host, &["--bin", "wcr"], "wcr")?;
    let binary = install(&workspace.host_binary(&host, "wcr"), &workspace.binary())?;
    stamp.write(inputs, &binary)?;
    Ok(binary)
}

/// Copies what cargo built to where it stays; the copy's path.
///
/// A copy is more than a name: the linker writes its output piece by piece through a mapping, which leaves the page
/// cache with single pages, while a file that was written in one go is mapped in larger units and starts faster.
fn install(built: &Path, binary: &Path) -> Result<PathBuf> {
    let fresh = binary.with_extension("new");
    std::fs::copy(built, &fresh).context(|| format!("copy {} to {}", built.display(), fresh.display()))?;
    std::fs::rename(&fresh, binary).context(|| format!("rename {} to {}", fresh.display(), binary.display()))?;
    Ok(binary.to_path_buf())
}

/// Holds the build lock until dropped.
fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).context(|| format!("create {}", path.display()))?;
    file.lock().context(|| format!("lock {}", path.display()))?;
    Ok(file)
}

/// The record of the last good build: the inputs' fingerprint and the binary's path.
struct Stamp {
    path: PathBuf,
}

impl Stamp {
    fn at(path: PathBuf) -> Self {
        Stamp { path }
    }

    /// The binary, when it was built from exactly these inputs and is still there.
    fn matching(&self, inputs: u64) -> Option<PathBuf> {
        let text = std::fs::read_to_string(&self.path).ok()?;
        let (recorded, binary) = text.split_once('\n')?;
        let binary = PathBuf::from(binary);
        (recorded == inputs.to_string() && binary.is_file()).then_some(binary)
    }

    fn write(&self, inputs: u64, binary: &Path) -> Result<()> {
        let text = format!("{inputs}\n{}", binary.display());
        std::fs::write(&self.path, text).context(|| format!("write {}", self.path.display()))
    }
}
