//! What is kept of a container: what it was made of, and how it is.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use wcr_image::{Digest, Healthcheck, RunConfig};
use wcr_kernel::Limits;
use wcr_machine::{EnvChange, Settings, Shim, Tmpfs};
use wcr_store::ImageRecord;

use crate::bind::Bind;
use crate::life::error::LifeError;
use crate::life::health::{Check, Health};

/// Bytes that are text nearly always: a string in JSON, or else an array of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// Valid UTF-8.
    Utf8(String),
    /// Anything else.
    Bytes(Vec<u8>),
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Utf8)
    }
}

impl From<&Text> for Vec<u8> {
    fn from(text: &Text) -> Self {
        match text {
            Text::Utf8(text) => text.as_bytes().to_vec(),
            Text::Bytes(bytes) => bytes.clone(),
        }
    }
}

impl Text {
    /// As it is shown: what is no text is replaced.
    #[must_use]
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&Vec::from(self)).into_owned()
    }
}

/// What a user asks of a container that is kept. The default is the image as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spec {
    /// The command; empty for the image's own.
    pub command: Vec<Text>,
    /// The entry point: `None` for the image's own, empty for none.
    pub entrypoint: Option<Text>,
    /// Variables to set, or with `None` to remove, in order.
    pub env: Vec<(Text, Option<Text>)>,
    /// The working directory.
    pub workdir: Option<String>,
    /// `USER[:GROUP]`.
    pub user: Option<String>,
    /// The host name; `None` for the one that all containers have.
    pub hostname: Option<String>,
    /// Further lines of `/etc/hosts`, `NAME:ADDRESS` each.
    pub hosts: Vec<String>,
    /// Whether the image's files cannot be changed.
    pub read_only: bool,
    /// File systems in memory, as `--tmpfs` has them.
    pub tmpfs: Vec<String>,
    /// Folders of the host, as `--volume` has them, with absolute paths.
    pub binds: Vec<String>,
    /// The most bytes that can be written over the image's files.
    pub writable_bytes: Option<u64>,
    /// Programs that are scripts: their names, and the scripts.
    pub shims: Vec<(String, Text)>,
    /// Whether its streams are a terminal.
    pub tty: bool,
    /// Whether it was made to run on its own.
    pub detached: bool,
    /// Whether it has a standard input.
    pub interactive: bool,
    /// The most memory of all its processes, in bytes.
    pub memory: Option<u64>,
    /// The most processes at a time.
    pub processes: Option<usize>,
    /// The most bytes on standard output and standard error.
    pub output: Option<u64>,
    /// Limits of resources: number, soft, hard.
    pub resources: Vec<(usize, u64, u64)>,
    /// What the user has marked it with.
    pub labels: BTreeMap<String, String>,
    /// The number of the signal that asks it to end; `None` for the image's own, or `SIGTERM`.
    pub stop_signal: Option<u8>,
    /// How long it may take to end when asked, in seconds; `None` for 10.
    pub stop_timeout: Option<i64>,
    /// It is removed when it has ended.
    pub auto_remove: bool,
    /// When it is started again.
    pub restart: Restart,
    /// What is kept of its output.
    pub log: LogSpec,
    /// How long it may run, in milliseconds.
    pub timeout: Option<u64>,
    /// The start of a clock of its own, in nanoseconds since the epoch; `None` for the host's.
    pub clock: Option<u64>,
    /// The seed of another legal order in which its processes run; `None` for the usual one.
    pub schedule: Option<u64>,
    /// The seed of a randomness of its own; `None` for the host's.
    pub seed: Option<u64>,
    /// Its first process is one that starts the command and looks after orphans.
    pub init: bool,
    /// How it is found out whether it does its work, as far as the image's own way is not meant.
    pub health: Option<Healthcheck>,
}

/// When a container that has ended is started again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Restart {
    /// Never.
    #[default]
    No,
    /// When its exit code is not 0; with a number, that many times at most.
    OnFailure(Option<u32>),
    /// Always, until it is stopped.
    Always,
    /// The same: there is no daemon that would start what was stopped.
    UnlessStopped,
}

/// What is kept of a container's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSpec {
    /// The longest file, in bytes.
    pub max_size: u64,
    /// How many files there are, the current one included.
    pub max_files: u32,
    /// Nothing is kept (`--log-driver none`).
    pub none: bool,
}

impl Default for LogSpec {
    fn default() -> Self {
        Self { max_size: 64 << 20, max_files: 1, none: false }
    }
}

/// What a container was made of; it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this format.
    pub version: u32,
    /// When it was made, in nanoseconds since the epoch.
    pub created: u64,
    /// The image, as the user has named it.
    pub image: String,
    /// The image's identity; `None` for the built-in one.
    pub image_id: Option<Digest>,
    /// What the store knew of the image then, so that the container starts whatever becomes of the image's names. In the
    /// first version of this format it is in a file of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_record: Option<ImageRecord>,
    /// How the image says that a container is started.
    pub config: RunConfig,
    /// What the user says.
    pub spec: Spec,
}

/// The version of [`Record`] that is written.
pub(crate) const VERSION: u32 = 2;

/// How a container is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// What it does.
    pub status: Status,
    /// When it was last started, in nanoseconds since the epoch; 0 for never.
    pub started: u64,
    /// When it last ended.
    pub finished: u64,
    /// Its last exit code.
    pub exit_code: u8,
    /// The process of the host that it runs in.
    pub keeper: u32,
    /// How often it was started again by itself.
    pub restarts: u32,
    /// Why it could not be started.
    pub error: String,
    /// One of its processes was killed because its memory was used up, since it was last started.
    pub oom_killed: bool,
    /// It was stopped on purpose, so that it is not started again.
    pub stopped: bool,
    /// How healthy it is, if that is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

/// What a container does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It has not been started.
    #[default]
    Created,
    /// It runs.
    Running,
    /// It runs, but none of its processes goes on.
    Paused,
    /// It has ended, and will be started again.
    Restarting,
    /// It has ended.
    Exited,
}

impl Status {
    /// Its name, as Docker has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Exited => "exited",
        }
    }

    /// Whether a process of the host belongs to it.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Restarting)
    }
}

impl Record {
    /// The settings of a container with this ID.
    ///
    /// # Errors
    /// [`LifeError::Damaged`] when a text in it is not what it was.
    pub fn settings(&self, id: &str) -> Result<Settings, LifeError> {
        let spec = &self.spec;
        let tmpfs: Result<Vec<Tmpfs>, _> = spec.tmpfs.iter().map(|text| text.parse()).collect();
        let mut limits = Limits::default();
        limits.processes = spec.processes.unwrap_or(limits.processes);
        limits.memory = spec.memory.unwrap_or(limits.memory);
        limits.output = spec.output.unwrap_or(limits.output);
        for (resource, soft, hard) in &spec.resources {
            if let Some(slot) = limits.resources.get_mut(*resource) {
                *slot = (*soft, *hard);
            }
        }
        let change = |(name, value): &(Text, Option<Text>)| EnvChange {
            name: name.into(),
            value: value.as_ref().map(Vec::from),
        };
        Ok(Settings {
            command: spec.command.iter().map(Vec::from).collect(),
            entrypoint: spec.entrypoint.as_ref().map(Vec::from),
            env: spec.env.iter().map(change).collect(),
            workdir: spec.workdir.clone(),
            user: spec.user.clone(),
            hostname: spec.hostname.clone(),
            hosts: spec.hosts.clone(),
            read_only: spec.read_only,
            tmpfs: tmpfs.map_err(|error| LifeError::damaged(id, &error))?,
            writable_bytes: spec.writable_bytes,
            files: Vec::new(),
            init: spec.init,
            shims: spec.shims.iter().map(|(name, script)| Shim { name: name.clone(), script: script.into() }).collect(),
            tty: spec.tty,
            limits,
            trace: false,
        })
    }

    /// The folders of the host.
    ///
    /// # Errors
    /// [`LifeError::Damaged`].
    pub fn binds(&self, id: &str) -> Result<Vec<Bind>, LifeError> {
        let parse = |text: &String| text.parse().map_err(|error| LifeError::damaged(id, &error));
        self.spec.binds.iter().map(parse).collect()
    }

    /// The command line of its first process.
    #[must_use]
    pub fn argv(&self) -> Vec<String> {
        let spec = &self.spec;
        let entrypoint = spec.entrypoint.as_ref().map(Vec::from);
        let command: Vec<Vec<u8>> = spec.command.iter().map(Vec::from).collect();
        let argv = wcr_machine::argv(&self.config.entrypoint, &self.config.cmd, entrypoint.as_deref(), &command);
        argv.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    }

    /// The labels of its image and its own, which win.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.config.labels.clone();
        labels.extend(self.spec.labels.clone());
        labels
    }

    /// How it is found out whether it does its work, as the user and the image say; `None` when nobody says anything.
    #[must_use]
    pub fn healthcheck(&self) -> Option<Healthcheck> {
        match (self.spec.health.clone(), &self.config.healthcheck) {
            (Some(own), Some(image)) => Some(own.or(image)),
            (own, image) => own.or_else(|| image.clone()),
        }
    }

    /// The check that is to be made. Nothing comes from outside where the clock is the container's own.
    pub(crate) fn check(&self) -> Option<Check> {
        self.healthcheck().filter(|_| self.spec.clock.is_none()).and_then(|healthcheck| Check::of(&healthcheck))
    }

    /// The health of the container that has just been started.
    pub(crate) fn new_health(&self) -> Option<Health> {
        self.check().map(|_| Health::default())
    }

    /// The signal that asks it to end.
    #[must_use]
    pub fn stop_signal(&self) -> wcr_abi::Signal {
        let image = || signal(&self.config.stop_signal);
        self.spec.stop_signal.map(wcr_abi::Signal).or_else(image).unwrap_or(wcr_abi::Signal::TERM)
    }
}

/// The first digits of an ID, as tables show it.
#[must_use]
pub fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// Now, in nanoseconds since the epoch.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The signal that a text names: a number, or a name with or without `SIG`.
#[must_use]
pub fn signal(text: &str) -> Option<wcr_abi::Signal> {
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let number = name.parse::<u32>().ok().and_then(wcr_abi::Signal::from_raw);
    number.or_else(|| {
        let named = |signal: &wcr_abi::Signal| wcr_kernel::signal_name(*signal).strip_prefix("SIG") == Some(name);
        (1..=wcr_abi::Signal::MAX).map(wcr_abi::Signal).find(named)
    })
}
