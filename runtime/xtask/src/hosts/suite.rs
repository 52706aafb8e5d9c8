//! The scripts of `tests/suite`, run by the `wcr` of a host: they print the trace of each container.

use crate::failure::{Context, Result};
use crate::host::Host;
use crate::workspace::Workspace;

/// What `wcr test` has printed.
pub struct Report {
    text: String,
    passed: bool,
}

/// Runs the scripts, with a store that only these runs use.
///
/// # Errors
/// The program, or its emulator, could not be started.
pub fn run(workspace: &Workspace, host: &Host) -> Result<Report> {
    let wcr = workspace.host_binary(host, "wcr");
    eprintln!("xtask: {} tests", wcr.display());
    let output = host
        .command(&wcr)
        .args(["test", "--jobs", "1", "tests/suite"])
        .current_dir(&workspace.root)
        .env("WCR_ROOT", workspace.target_dir.join("hosts").join("store").join(&host.triple))
        .output()
        .context(|| format!("start {}", wcr.display()))?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Report { text, passed: output.status.success() })
}

impl Report {
    /// Whether all passed here and on the other host, with the same traces. Prints the first line that differs, and how
    /// it ended there.
    pub fn is_same(&self, name: &str, other: &Report) -> bool {
        if let Some((here, there)) = difference(&self.text, &other.text) {
            println!("=== {name}: tests/suite\n--- native\n{here}\n--- instead\n{there}");
            return false;
        }
        println!("tests/suite: {name} the same: {}", self.text.lines().last().unwrap_or_default());
        self.passed && other.passed
    }
}

/// The first lines that are not the same.
fn difference<'a>(one: &'a str, other: &'a str) -> Option<(&'a str, &'a str)> {
    let (mut one, mut other) = (one.split('\n'), other.split('\n'));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return None,
            (here, there) if here == there => {}
            (here, there) => return Some((here.unwrap_or("the end"), there.unwrap_or("the end"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn the_first_difference_is_found() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\nc", "a\nx\nc"), Some(("b", "x")));
        assert_eq!(difference("a", "a\nb"), Some(("the end", "b")));
        assert_eq!(difference("a\n", "a\r\n"), Some(("a", "a\r")));
    }
}
