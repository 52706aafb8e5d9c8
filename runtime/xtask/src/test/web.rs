//! The page in a browser: its own tests, cases of the fidelity corpus that must end alike in browser and binary, and the
//! behaviours of the kernel.

use std::path::PathBuf;
use std::process::Command;

use super::conformance;
use super::steps::{Session, run_counted};
use super::tally::Tally;
use super::tools;
use crate::failure::{Context, Result, check};
use crate::web;

/// How many cases of the corpus are run on both sides.
const CASES: &str = "200";

/// Builds the page and runs its tests in Chromium without a screen.
pub fn web(session: &Session) -> Result<Tally> {
    if let Some(reason) = web::without_node() {
        return Ok(Tally::skip(format!("the page for browsers: {reason}")));
    }
    web::build(session.workspace)?;
    let mut tally = Tally::success();
    let Some(chromium) = tools::find(tools::CHROMIUM) else {
        tally.add(&Tally::skip("tests of the page: no chromium (package chromium)"));
        return Ok(tally);
    };
    let answers = native_answers(session)?;
    let mut command = Command::new("node");
    command
        .args([
            "--test",
            "--test-reporter=tap",
            "test/terminal.test.mjs",
            "test/page.test.mjs",
            "test/panels.test.mjs",
            "test/kept.test.mjs",
            "test/embed.test.mjs",
            "test/parity.test.mjs",
            "test/conformance.test.mjs",
        ])
        .current_dir(web::folder(session.workspace))
        .env("CHROMIUM", chromium)
        .env("WCR_ANSWERS", answers)
        .env("WCR_CONFORMANCE", conformance::build(session.workspace)?)
        .env("WCR_EXPECTED", session.workspace.root.join("tests/conformance/expected.txt"));
    tally.add(&run_counted(command, "node --test", Tally::read_tap_line)?);
    Ok(tally)
}

/// Lets the library answer the cases natively, and gives the folder with its answers.
fn native_answers(session: &Session) -> Result<PathBuf> {
    let workspace = session.workspace;
    let built = workspace
        .host_cargo("build", &session.host)
        .args(["--example", "answers"])
        .status()
        .context(|| "start cargo".into())?;
    check(built, "building the example `answers`")?;
    let folder = workspace.target_dir.join("parity");
    let answers = workspace.host_binary(&session.host, "examples/answers");
    let status = Command::new(&answers)
        .arg(workspace.root.join("tests").join("fidelity"))
        .arg(&folder)
        .arg(CASES)
        .status()
        .context(|| format!("start {}", answers.display()))?;
    check(status, "answering the cases natively")?;
    Ok(folder)
}
