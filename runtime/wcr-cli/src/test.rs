//! `wcr test`.

use std::error::Error;
use std::num::NonZero;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;
use wcr_container::ContainerImage;
use wcr_harness::{Case, Ended, Event, Harness, Images, Origin, Plan, Selection, Surroundings};
use wcr_image::{Class, Platform, Reference};

use crate::args::{PullPolicy, TestArgs};
use crate::clock::ClockArg;
use crate::exit::{Failure, OK, say};
use crate::{fetch, output, shim_option};

/// Some case failed.
const FAILED: u8 = 1;

/// The images that `wcr run` would take.
struct Fetching {
    policy: PullPolicy,
    platform: Option<Platform>,
}

impl Images for Fetching {
    fn image(&mut self, reference: &Reference) -> Result<ContainerImage, Box<dyn Error + Send + Sync>> {
        Ok(fetch::for_run(reference, self.platform.as_ref(), self.policy, false)?.image)
    }
}

/// Runs scripts and reports: a line a case, the failures, how many there were; or all of it as JSON.
pub(crate) fn test(args: TestArgs) -> Result<u8> {
    let scripts = wcr_harness::collect(&args.files).map_err(|error| usage(error.to_string()))?;
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN);
    let selection = Selection { filters: args.filter, shard: args.shard };
    let origin = origin(args.clock, args.seed)?;
    let schedules = args.schedule;
    let plan = Plan {
        schedules,
        selection,
        image: args.image,
        update: args.update,
        origin,
        shims: shim_option::shims(&args.shim)?,
        variables: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    };
    let images = Box::new(Fetching { policy: args.pull, platform: args.platform });
    let harness = Harness::new(Surroundings::native(images), plan.clone());
    let mut report =
        Report { json: args.json, cases: Vec::new(), scripts: Vec::new(), left_out: 0, written: 0, code: OK };
    harness.run(&scripts, jobs, |event| report.take(event))?;
    if report.cases.is_empty() && !plan.selection.filters.is_empty() {
        let filters = plan.selection.filters.join("\", \"");
        return Err(usage(format!("no case was run: no title (FILE: NAME) has \"{filters}\" in it")).into());
    }
    if report.cases.is_empty() && report.left_out == 0 {
        let message = "there was nothing to test; write `test(\"name\", || { … })` into a script";
        return Err(usage(message.into()).into());
    }
    let written = args.junit.as_ref().map_or(Ok(()), |path| write_junit(path, &report.cases));
    let code = report.end()?;
    written.map(|()| code)
}

/// What containers begin with.
fn origin(clock: Option<ClockArg>, seed: Option<u64>) -> Result<Origin> {
    let usual = Origin::default();
    let clock = match clock {
        None => usual.clock,
        Some(ClockArg::Virtual(start)) => start,
        Some(ClockArg::Host) => {
            return Err(
                usage("a test cannot have the host's clock: it would not say the same every time".into()).into()
            );
        }
    };
    Ok(Origin { clock, seed: seed.unwrap_or(usual.seed), ..usual })
}

fn usage(message: String) -> Failure {
    Failure::new(Class::Usage, message)
}

fn write_junit(path: &Path, cases: &[Case]) -> Result<()> {
    std::fs::write(path, wcr_harness::junit(cases))
        .with_context(|| format!("cannot write the report to {}", path.display()))
}

/// What has been told so far.
struct Report {
    json: bool,
    cases: Vec<Case>,
    scripts: Vec<Printed>,
    left_out: usize,
    written: usize,
    code: u8,
}

/// What a script has printed outside of its cases.
#[derive(Serialize)]
struct Printed {
    script: String,
    printed: Vec<String>,
}

/// The report as JSON.
#[derive(Serialize)]
struct Json<'a> {
    passed: usize,
    failed: usize,
    not_run: usize,
    cases: &'a [Case],
    scripts: &'a [Printed],
}

impl Report {
    fn take(&mut self, event: Event) {
        match event {
            Event::Case(case) => {
                if !self.json {
                    self.code |= output::print(&wcr_harness::case_line(&case));
                }
                self.cases.push(case);
            }
            Event::Ended(ended) => {
                if !self.json {
                    self.code |= output::print(&wcr_harness::script_lines(&ended));
                }
                let Ended { script, cases, left_out, printed, written, unused } = ended;
                if cases + left_out == 0 {
                    say(&format!("{script}: there is no case: no `test`, no `run` and no `expect`"));
                }
                for path in unused {
                    say(&format!("{}: no case asks for this snapshot", path.display()));
                }
                if self.json && !printed.is_empty() {
                    self.scripts.push(Printed { script, printed });
                }
                self.left_out += left_out;
                self.written += written.len();
            }
        }
    }

    /// Says what came of it all; the exit code.
    fn end(self) -> Result<u8> {
        let failed: Vec<&Case> = self.cases.iter().filter(|case| case.failure.is_some()).collect();
        let passed = self.cases.len() - failed.len();
        let mut code = if failed.is_empty() { self.code } else { FAILED };
        if self.json {
            let report = Json {
                passed,
                failed: failed.len(),
                not_run: self.left_out,
                cases: &self.cases,
                scripts: &self.scripts,
            };
            return Ok(code | output::print_json(&report)?);
        }
        if !failed.is_empty() {
            let failures: Vec<String> = failed.iter().map(|case| wcr_harness::failure(case)).collect();
            code |= output::print(&format!("\nfailures:\n\n{}", failures.join("\n")));
        }
        code |= output::print(&format!("\n{}", wcr_harness::summary(passed, failed.len(), self.left_out)));
        match self.written {
            0 => {}
            1 => say("1 snapshot was written"),
            written => say(&format!("{written} snapshots were written")),
        }
        Ok(code)
    }
}
