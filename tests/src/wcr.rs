//! The binary under test, run under a deadline with a store of its own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest a run may take before it is killed and the test fails.
const DEADLINE: Duration = Duration::from_secs(180);

/// The variable that names the folder of wcr's store.
pub const STORE_VARIABLE: &str = "WCR_ROOT";

/// A proxy nobody listens at: what is not on the loopback interface cannot be reached.
pub const NO_NETWORK: &str = "http://127.0.0.1:9";

/// The path of the binary under test.
///
/// # Panics
/// `WCR_BIN` is not set, as when the tests are not started by the project's test command.
pub fn binary() -> PathBuf {
    std::env::var_os("WCR_BIN").map(PathBuf::from).expect("WCR_BIN is not set: run the tests with `cargo xtask test`")
}

/// A command line of wcr with nothing of this process's environment, its own store, and no network but loopback.
pub struct Wcr {
    command: Command,
    stdin: Vec<u8>,
}

impl Wcr {
    /// A command whose store is in the folder `home`.
    pub fn new(home: &Path) -> Self {
        let mut command = Command::new(binary());
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env(STORE_VARIABLE, home.join("store"))
            .env("HTTP_PROXY", NO_NETWORK)
            .env("HTTPS_PROXY", NO_NETWORK)
            .env("NO_PROXY", "127.0.0.1,localhost");
        Wcr { command, stdin: Vec::new() }
    }

    /// Another program's command, to be run under a deadline alike.
    pub fn of(command: Command) -> Self {
        Wcr { command, stdin: Vec::new() }
    }

    /// Runs it in this folder.
    #[must_use]
    pub fn current_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable in wcr's own environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What wcr reads from standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// The command with signals as they are by default: who runs tests in the background has those of keys ignored, which
    /// programs inherit.
    #[must_use]
    pub fn with_default_signals(self) -> Self {
        if !cfg!(target_os = "linux") {
            return self;
        }
        let mut command = Command::new("env");
        command.env_clear().arg("--default-signal").arg(self.command.get_program()).args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(folder) = self.command.get_current_dir() {
            command.current_dir(folder);
        }
        Self { command, ..self }
    }

    /// The plain command, to be run and timed by somebody else; its input is empty.
    pub fn into_command(self) -> Command {
        self.command
    }

    /// Starts the command and leaves it running, its output dropped.
    ///
    /// # Panics
    /// The binary cannot be started.
    pub fn start(mut self) -> Child {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.command.spawn().expect("start wcr")
    }

    /// Runs the command to its end.
    ///
    /// # Panics
    /// The binary cannot be started, or the deadline passed.
    pub fn run(self) -> Finished {
        let line = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        self.run_within(DEADLINE).unwrap_or_else(|| panic!("wcr {line}: still running at the deadline"))
    }

    /// Runs the command with regular files as its standard streams (made in `folder`), or kills it and gives `None`
    /// after `limit`. What a program sees of its streams then differs from pipes: they have an offset, for one.
    ///
    /// # Panics
    /// The binary cannot be started, or the files cannot be made.
    pub fn run_on_files(mut self, folder: &Path, limit: Duration) -> Option<Finished> {
        let line = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let [stdin, stdout, stderr] = ["stdin", "stdout", "stderr"].map(|name| folder.join(name));
        fs::write(&stdin, &self.stdin).expect("write the input");
        self.command
            .stdin(File::open(&stdin).expect("open the input"))
            .stdout(File::create(&stdout).expect("create the output"))
            .stderr(File::create(&stderr).expect("create the output"));
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{}: {error}", binary().display()));
        let status = wait(&mut child, limit)?;
        let [stdout, stderr] = [stdout, stderr].map(|path| fs::read(path).expect("read the output"));
        Some(Finished { line, status, stdout, stderr })
    }

    /// Runs the command to its end, or kills it and gives `None` after `limit`.
    ///
    /// # Panics
    /// The binary cannot be started.
    pub fn run_within(mut self, limit: Duration) -> Option<Finished> {
        let line = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{}: {error}", binary().display()));
        let stdin = child.stdin.take();
        let input = self.stdin;
        let writer = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // A program that does not read its input closes the pipe early, which is its right.
                let _ = stdin.write_all(&input);
            }
        });
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let status = wait(&mut child, limit)?;
        let _ = writer.join();
        Some(Finished {
            line,
            status,
            stdout: stdout.join().unwrap_or_default(),
            stderr: stderr.join().unwrap_or_default(),
        })
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Waits for a child until `limit` has passed; then kills it and gives `None`.
pub fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(200);
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if Instant::now() >= deadline {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

/// A command that has ended: what it printed and how it ended. Its checks panic with all of that.
#[derive(Debug)]
pub struct Finished {
    line: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it said on standard error.
    pub stderr: Vec<u8>,
}

impl Finished {
    /// Standard output as text.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The exit code, if it was not killed.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The exit code as a shell reports it: 128 more than the signal, if it was killed.
    pub fn shell_code(&self) -> Option<i64> {
        let signal = std::os::unix::process::ExitStatusExt::signal(&self.status).map(|signal| 128 + signal);
        self.code().or(signal).map(i64::from)
    }

    fn describe(&self) -> String {
        format!("wcr {}\n{}\n--- stdout\n{}--- stderr\n{}", self.line, self.status, self.stdout(), self.stderr())
    }

    /// Checks the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), Some(code), "expected exit code {code} of {}", self.describe());
        self
    }

    /// Checks for exit code 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Checks that it failed without a panic, and on standard error only.
    #[track_caller]
    pub fn fails(self) -> Self {
        assert!(matches!(self.code(), Some(1..=255)), "expected a failure of {}", self.describe());
        assert!(!self.stderr.is_empty(), "expected a message from {}", self.describe());
        assert!(!self.stderr().contains("panicked"), "a panic in {}", self.describe());
        self
    }

    /// Checks the whole of standard output.
    #[track_caller]
    pub fn prints(self, expected: &str) -> Self {
        assert_eq!(self.stdout(), expected, "unexpected output of {}", self.describe());
        self
    }

    /// Checks that standard error has each of the texts, whatever the case.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        let stderr = self.stderr().to_lowercase();
        for text in texts {
            assert!(stderr.contains(&text.to_lowercase()), "no `{text}` on standard error of {}", self.describe());
        }
        self
    }

    /// Checks that standard error is empty.
    #[track_caller]
    pub fn silent(self) -> Self {
        assert!(self.stderr.is_empty(), "unexpected messages of {}", self.describe());
        self
    }
}
