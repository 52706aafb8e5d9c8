//! The page in a browser: its own tests, cases of the fidelity corpus that must end alike in browser and binary, and the
//! behaviours of the kernel.

use std::process::Command;

use super::conformance;
use super::steps::{Session, run_counted};
use super::tally::Tally;
use super::tools;
use crate::answers;
use crate::build;
use crate::failure::{Failure, Result};
use crate::host::Host;
use crate::web;
use crate::workspace::Workspace;

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
    let answers = answers::native(session.workspace, &session.host, CASES)?;
    let mut command = Command::new("node");
    command
        .args([
            "--test",
            "--test-concurrency=2",
            "--test-reporter=tap",
            "test/terminal.test.mjs",
            "test/page.test.mjs",
            "test/builtin.test.mjs",
            "test/panels.test.mjs",
            "test/scripts.test.mjs",
            "test/kept.test.mjs",
            "test/memory.test.mjs",
            "test/embed.test.mjs",
            "test/look.test.mjs",
            "test/parity.test.mjs",
            "test/conformance.test.mjs",
        ])
        .current_dir(web::folder(session.workspace))
        .env("CHROMIUM", chromium)
        .env("WCR_ANSWERS", answers)
        .env("WCR_LAYER", session.workspace.bundle_dir(&session.host).join("builtin/layer.tar"))
        .env("WCR_BIN", build::wcr(session.workspace)?)
        .env("WCR_SCREENSHOTS", session.workspace.target_dir.join("screenshots"))
        .env("WCR_CONFORMANCE", conformance::build(session.workspace)?)
        .env("WCR_EXPECTED", session.workspace.root.join("tests/conformance/expected.txt"));
    tally.add(&run_counted(command, "node --test", Tally::read_tap_line)?);
    Ok(tally)
}

/// Compares all cases of the corpora, or a share of them (`NUMBER/SHARES`), in the browser and natively.
pub fn parity(workspace: &Workspace, share: &str) -> Result<Tally> {
    web::build(workspace)?;
    let chromium = tools::find(tools::CHROMIUM).ok_or_else(|| Failure::new("no chromium (package chromium)"))?;
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=tap", "test/parity.test.mjs"])
        .current_dir(web::folder(workspace))
        .env("CHROMIUM", chromium)
        .env("WCR_ANSWERS", answers::native(workspace, &Host::detect()?, share)?);
    run_counted(command, "node --test", Tally::read_tap_line)
}
