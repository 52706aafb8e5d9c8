//! The list of functions that a start of wcr runs, which the linker puts next to each other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::build;
use crate::failure::{Context, Failure, Result};
use crate::workspace::Workspace;

/// Runs a trivial command in `image` under valgrind's callgrind and writes down the functions that ran; the list's
/// path. The image has BusyBox in it and is in the store: what a start needs is then all that runs.
///
/// # Errors
/// The build or the command failed, or there is no valgrind.
pub fn record(workspace: &Workspace, image: &str) -> Result<PathBuf> {
    let binary = build::wcr(workspace)?;
    let profile = workspace.state_dir()?.join("start.callgrind");
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--demangle=no", "--quiet"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(&binary)
        .args(["run", "--pull=never", image, "busybox", "echo", "hi"])
        .stdout(Stdio::null())
        .status()
        .context(|| "start valgrind (Debian's package valgrind)".into())?;
    if !status.success() {
        return Err(Failure::new(format!("valgrind: {status}")));
    }
    let text = std::fs::read_to_string(&profile).context(|| profile.display().to_string())?;
    let list = workspace.root.join("runtime/wcr-cli/start-order.txt");
    write(&list, &functions(&text))?;
    Ok(list)
}

fn write(list: &Path, names: &[&str]) -> Result<()> {
    let mut text = names.join("\n");
    text.push('\n');
    std::fs::write(list, text).context(|| list.display().to_string())
}

/// The functions of a callgrind profile, each once, in the profile's order. A name stands where its number is first
/// used: `fn=(7) name`, `cfn=(7) name`; recursion levels are marked `name'2`.
fn functions(profile: &str) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    profile.lines().filter_map(function).filter(|name| seen.insert(*name)).collect()
}

/// The function that a line of a profile names.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn="))?;
    let name = rest.split_once(' ')?.1.split('\'').next()?;
    (!name.starts_with("0x") && !name.contains(' ')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn names_are_taken_once_and_without_levels() {
        let profile =
            "fn=(1) main\n1 2\ncfn=(2) _ZN3abcE\ncalls=1 0\nfn=(2)\nfn=(3) _ZN3abcE'2\nfn=(4) 0x1234\nx=(5) no\n";
        assert_eq!(functions(profile), ["main", "_ZN3abcE"]);
    }
}
