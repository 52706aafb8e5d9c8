//! Tests that others have written: the files of container-structure-test (schema 2.0.0), run as they are.
//!
//! A test of the file is a case. Commands run without the image's entry point, in fresh containers; those of `setup`
//! and `teardown` share the container of their command. How those end does not decide, as there, but is reported.

mod examine;
mod schema;
mod variables;

use std::sync::{Arc, PoisonError};

use wcr_machine::{ContainerImage, EnvChange, Root, Settings};

use crate::case::{Case, Ended, Event, Failure};
use crate::check::{self, Checked, Mismatch};
use crate::container;
use crate::containers::{Captured, Containers, Order};
use crate::harness::{Plan, Surroundings};
use crate::options::Request;
use crate::result::{describe, title};
use crate::source::Script;
use crate::value::Value;
use crate::visible::visible;
use schema::{CommandTest, RunOptions, Suite};

/// The schema that is read.
const SCHEMA: &str = "2.0.0";

/// Runs the tests of a file against the image of the plan.
pub(crate) fn evaluate(script: &Script, plan: &Plan, around: &Surroundings, told: &dyn Fn(Event)) {
    let ended = Ended { script: script.name.clone(), ..Ended::default() };
    let mut runner = Runner { script, plan, around, told, ended };
    match prepare(script, plan, around) {
        Ok((suite, image_name, image)) => runner.all(&suite, &image_name, &image),
        Err(failure) => runner.tell(Case {
            script: script.name.clone(),
            name: None,
            printed: Vec::new(),
            seconds: 0.0,
            failure: Some(*failure),
        }),
    }
    told(Event::Ended(runner.ended));
}

/// Reads the file and gets the image.
fn prepare(
    script: &Script,
    plan: &Plan,
    around: &Surroundings,
) -> Result<(Suite, String, Arc<ContainerImage>), Box<Failure>> {
    let fail = |what: String| Box::new(Failure::plain(what, Vec::new()));
    let suite: Suite = serde_saphyr::from_str(&script.text).map_err(|error| {
        let lines: Vec<String> = error.to_string().lines().map(visible).collect();
        Box::new(Failure::plain("the file cannot be read as a structure test".into(), lines))
    })?;
    if suite.schema_version != SCHEMA {
        let found = visible(&suite.schema_version);
        return Err(fail(format!("the file has the schema {found}; wcr reads {SCHEMA}")));
    }
    let Some(name) = &plan.image else {
        return Err(fail("a structure test does not name its image; say `--image IMAGE`".into()));
    };
    let image = around.images.lock().unwrap_or_else(PoisonError::into_inner).get(name);
    Ok((suite, name.clone(), image.map_err(|error| fail(error.to_string()))?))
}

/// Runs tests one after another.
struct Runner<'a> {
    script: &'a Script,
    plan: &'a Plan,
    around: &'a Surroundings,
    told: &'a dyn Fn(Event),
    ended: Ended,
}

impl Runner<'_> {
    fn all(&mut self, suite: &Suite, image_name: &str, image: &Arc<ContainerImage>) {
        let outside = variables::asked_for(&suite.container_run_options, &*self.around.snapshots, &self.plan.variables);
        for test in &suite.command_tests {
            let (plan, containers) = (self.plan, &*self.around.containers);
            let (root, last_run) = (None, Vec::new());
            self.case(&format!("Command Test: {}", test.name), |said| {
                let outside = outside.as_ref().map_err(|what| Mismatch::new(what, Vec::new()))?;
                said.extend(unmet(&suite.container_run_options));
                let mut command =
                    Command { image_name, image, suite, test, outside, plan, containers, said, root, last_run };
                command.check().map_err(|mismatch| Failure { last_run: command.last_run, ..mismatch.into() })
            });
        }
        let root = || Root::new(image, None).map_err(|error| Mismatch::new(error.to_string(), Vec::new()));
        for test in &suite.file_existence_tests {
            self.case(&format!("File Existence Test: {}", test.name), |_| Ok(examine::existence(&mut root()?, test)?));
        }
        for test in &suite.file_content_tests {
            self.case(&format!("File Content Test: {}", test.name), |_| Ok(examine::content(&mut root()?, test)?));
        }
        for test in &suite.license_tests {
            self.case("License Test", |_| Ok(examine::licenses(&mut root()?, test)?));
        }
        if let Some(test) = &suite.metadata_test {
            self.case("Metadata Test", |_| Ok(examine::metadata(&image.config, test)?));
        }
    }

    /// Runs a case, whose body may have lines for the report.
    fn case(&mut self, name: &str, body: impl FnOnce(&mut Vec<String>) -> Result<(), Failure>) {
        if !self.plan.selection.takes(&format!("{}: {name}", self.script.name)) {
            self.ended.left_out += 1;
            return;
        }
        let now = || self.around.containers.now();
        let (started, mut printed) = (now(), Vec::new());
        let failure = body(&mut printed).err();
        let seconds = now().saturating_sub(started).as_secs_f64();
        let (script, name) = (self.script.name.clone(), Some(name.to_owned()));
        self.tell(Case { script, name, printed, seconds, failure });
    }

    fn tell(&mut self, case: Case) {
        self.ended.cases += 1;
        (self.told)(Event::Case(case));
    }
}

/// What a container of wcr is not, though the file asks for it, in sentences for the report.
fn unmet(options: &RunOptions) -> Option<String> {
    let usual = options.capabilities.iter().all(|name| usual_capability(name));
    let what = match (options.privileged, usual) {
        (false, true) => return None,
        (true, true) => "`privileged`".to_owned(),
        (false, false) => "`capabilities`".to_owned(),
        (true, false) => "`privileged` and `capabilities`".to_owned(),
    };
    Some(format!("{what}: a container has the capabilities that docker gives by default, and no others"))
}

/// Whether docker gives a capability by default.
fn usual_capability(name: &str) -> bool {
    const USUAL: [&str; 14] = [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ];
    let name = name.to_uppercase();
    USUAL.contains(&name.strip_prefix("CAP_").unwrap_or(&name))
}

/// A test of a command under way.
struct Command<'a> {
    image_name: &'a str,
    image: &'a Arc<ContainerImage>,
    suite: &'a Suite,
    test: &'a CommandTest,
    /// Variables from outside of the file.
    outside: &'a [EnvChange],
    plan: &'a Plan,
    containers: &'a dyn Containers,
    /// Lines for the report.
    said: &'a mut Vec<String>,
    /// The files as the command before left them; `None` at first.
    root: Option<Root>,
    last_run: Vec<String>,
}

impl Command<'_> {
    fn check(&mut self) -> Checked {
        let test = self.test;
        for words in &test.setup {
            self.step("setup", words)?;
        }
        let words: Vec<String> = [&test.command].into_iter().chain(&test.args).cloned().collect();
        let captured = self.run(&words)?;
        let code = i64::from(captured.outcome.code);
        for (what, bytes, expected, excluded) in [
            ("standard output", &captured.stdout, &test.expected_output, &test.excluded_output),
            ("standard error", &captured.stderr, &test.expected_error, &test.excluded_error),
        ] {
            examine::patterns(what, bytes, expected, excluded)?;
        }
        check::equals(&Value::Int(code), &Value::Int(test.exit_code.into()))
            .map_err(|mismatch| Mismatch { what: "the exit code is not the expected one".into(), ..mismatch })?;
        for words in &test.teardown {
            self.step("teardown", words)?;
        }
        Ok(())
    }

    /// A command of `setup` or `teardown`. One that fails is reported, and what follows decides.
    fn step(&mut self, what: &str, words: &[String]) -> Checked {
        match self.run(words)?.outcome.code {
            0 => {}
            code => {
                self.said.push(format!("a command of {what} ended with code {code}"));
                self.said.extend(self.last_run.iter().skip(1).map(|line| visible(line)));
            }
        }
        Ok(())
    }

    fn run(&mut self, words: &[String]) -> Result<Captured, Mismatch> {
        let RunOptions { user, allocate_tty, bind_mounts, .. } = &self.suite.container_run_options;
        let set = self.suite.global_env_vars.iter().chain(&self.test.env_vars);
        let env = self.outside.iter().cloned().chain(variables::filled_in(&self.image.config.env, set)).collect();
        let usual = Request::usual(self.plan.origin, &self.plan.shims);
        let settings = Settings {
            command: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
            entrypoint: Some(Vec::new()),
            env,
            user: user.clone(),
            tty: *allocate_tty,
            ..usual.settings
        };
        let request = Request { settings, ..usual };
        let title = title(self.image_name, &request);
        let (order, input, _) = container::order(request, self.root.take());
        let order = Order { binds: bind_mounts.clone(), ..order };
        let ran = self.containers.run(self.image, order, input, None);
        let mut captured = ran.map_err(|error| Mismatch::new(error.to_string(), Vec::new()))?;
        self.last_run = describe(&title, &captured.outcome, &captured.stderr);
        self.root = captured.root.take();
        Ok(captured)
    }
}
