//! `wcr test`.

use std::error::Error;

use anyhow::Result;
use wcr_container::ContainerImage;
use wcr_harness::{Case, Harness, Images};
use wcr_image::{Class, Platform, Reference};

use crate::args::{PullPolicy, TestArgs};
use crate::exit::{Failure, OK, say};
use crate::{fetch, output};

/// Some case failed.
const FAILED: u8 = 1;

/// The images that `wcr run` would take.
struct Fetching {
    policy: PullPolicy,
    platform: Option<Platform>,
}

impl Images for Fetching {
    fn image(&mut self, reference: &Reference) -> Result<ContainerImage, Box<dyn Error + Send + Sync>> {
        Ok(fetch::for_run(reference, self.platform.as_ref(), self.policy)?.image)
    }
}

/// Runs scripts and reports: a line a case, the failures, how many there were.
pub(crate) fn test(args: TestArgs) -> Result<u8> {
    let usage = |message: String| Failure::new(Class::Usage, message);
    let scripts = wcr_harness::collect(&args.files).map_err(|error| usage(error.to_string()))?;
    let harness = Harness::new(Box::new(Fetching { policy: args.pull, platform: args.platform }));
    let (mut passed, mut failures, mut code) = (0, Vec::new(), OK);
    for script in &scripts {
        let mut cases = 0;
        harness.run(script, |case: &Case| {
            cases += 1;
            code |= output::print(&wcr_harness::case_line(case));
            match case.failure {
                None => passed += 1,
                Some(_) => failures.push(wcr_harness::failure(case)),
            }
        })?;
        if cases == 0 {
            say(&format!("{}: there is no case: no `test`, no `run` and no `expect`", script.name));
        }
    }
    if passed + failures.len() == 0 {
        let message = "there was nothing to test; write `test(\"name\", || { … })` into a script";
        return Err(usage(message.into()).into());
    }
    if !failures.is_empty() {
        code = FAILED;
        code |= output::print(&format!("\nfailures:\n\n{}", failures.join("\n")));
    }
    code |= output::print(&format!("\n{}", wcr_harness::summary(passed, failures.len())));
    Ok(code)
}
