//! What a script says to `run`: the command and the map of options.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rhai::{Array, Blob, Dynamic, INT, Map};
use wcr_machine::{EnvChange, FileIn, Settings, Shim, VIRTUAL_SEED, VIRTUAL_START};

use crate::value::type_name;
use crate::visible::quoted;

/// The options that `run` has.
const KNOWN: [&str; 12] = [
    "calls",
    "clock",
    "entrypoint",
    "env",
    "files",
    "hostname",
    "seed",
    "shims",
    "stdin",
    "timeout",
    "user",
    "workdir",
];

/// How long a container may run, in seconds of the host, unless the script says otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The longest that a script may let one run, in seconds.
const TIMEOUT_MAX: INT = 3_600;

/// The permissions of a file that a script gives without any.
const MODE: u32 = 0o644;
/// All permission bits.
const MODE_MAX: INT = 0o7777;

/// The clock and the randomness that a run begins with unless its options say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The wall clock at the start, in nanoseconds since the epoch.
    pub clock: u64,
    /// What all randomness follows from.
    pub seed: u64,
    /// The seed of another legal order in which processes run; `None` for the usual one.
    pub schedule: Option<u64>,
}

impl Default for Origin {
    fn default() -> Self {
        Self { clock: VIRTUAL_START, seed: VIRTUAL_SEED, schedule: None }
    }
}

/// What a script asks of one run.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) settings: Settings,
    pub(crate) stdin: Vec<u8>,
    pub(crate) seed: u64,
    /// The wall clock at the start, in nanoseconds since the epoch.
    pub(crate) clock: u64,
    /// The seed of another legal order in which processes run.
    pub(crate) schedule: Option<u64>,
    /// How long it may run. It shows in a result only when it has passed.
    pub(crate) timeout: Duration,
    /// Whether its calls are wanted as lines.
    pub(crate) calls: bool,
}

/// Why a call of `run` cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionError {
    /// There is no such option.
    #[error("`run` has no option {name}; it has {known}", name = quoted(.0), known = KNOWN.join(", "))]
    Unknown(String),
    /// A value does not suit.
    #[error("{what} is {is}; it takes {takes}")]
    Value {
        /// The option or argument.
        what: String,
        /// Its value, or the value's type where that is what does not suit.
        is: String,
        /// What it takes.
        takes: &'static str,
    },
}

impl Request {
    /// What is asked when nothing is said: the image's own command.
    pub(crate) fn usual(Origin { clock, seed, schedule }: Origin, shims: &[Shim]) -> Self {
        let settings = Settings { trace: true, shims: shims.to_vec(), ..Settings::default() };
        Self { settings, stdin: Vec::new(), seed, clock, schedule, timeout: TIMEOUT, calls: false }
    }

    /// What a call asks with this command and these options, over what is asked already.
    pub(crate) fn with(mut self, command: Array, options: Map) -> Result<Self, OptionError> {
        for (number, word) in (1..).zip(command) {
            self.settings.command.push(bytes(&format!("word {number} of the command"), word)?);
        }
        for (name, value) in options {
            self.set(&name, value)?;
        }
        Ok(self)
    }

    fn set(&mut self, name: &str, value: Dynamic) -> Result<(), OptionError> {
        let what = format!("the option `{name}` of `run`");
        let settings = &mut self.settings;
        match name {
            "stdin" => self.stdin = bytes(&what, value)?,
            "workdir" => settings.workdir = Some(path(&what, text(&what, value)?)?),
            "user" => settings.user = Some(text(&what, value)?),
            "hostname" => settings.hostname = Some(text(&what, value)?),
            "entrypoint" => settings.entrypoint = Some(bytes(&what, value)?),
            "seed" => self.seed = seed(&what, value)?,
            "calls" => self.calls = value.as_bool().map_err(|_| wrong(&what, &value, "`true` or `false`"))?,
            "timeout" => self.timeout = timeout(&what, value)?,
            "clock" => self.clock = clock(&what, text(&what, value)?)?,
            "env" => {
                for (name, value) in map(&what, value)? {
                    settings.env.push(variable(&name, value)?);
                }
            }
            "shims" => {
                for (name, script) in map(&what, value)? {
                    settings.shims.push(shim(&name, script)?);
                }
            }
            "files" => {
                for (name, value) in map(&what, value)? {
                    settings.files.push(file(name.to_string(), value)?);
                }
            }
            _ => return Err(OptionError::Unknown(name.to_owned())),
        }
        Ok(())
    }
}

/// A variable; the value `()` removes it.
fn variable(name: &str, value: Dynamic) -> Result<EnvChange, OptionError> {
    let what = format!("the variable {} of `run`", quoted(name));
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(OptionError::Value { what, is: quoted(name), takes: "a name without `=`" });
    }
    let value = if value.is_unit() { None } else { Some(bytes(&what, value)?) };
    Ok(EnvChange { name: name.as_bytes().to_vec(), value })
}

/// A program that is a script.
fn shim(name: &str, script: Dynamic) -> Result<Shim, OptionError> {
    let what = format!("the shim {} of `run`", quoted(name));
    if !Shim::is_name(name) {
        return Err(OptionError::Value { what, is: quoted(name), takes: "a program's name, without a slash" });
    }
    Ok(Shim { name: name.to_owned(), script: bytes(&what, script)? })
}

/// A file: its content, or a map with `content` and `mode`.
pub(crate) fn file(name: String, value: Dynamic) -> Result<FileIn, OptionError> {
    const TAKES: &str = "a string, a blob, or `#{ content: …, mode: 0o755 }`";
    let what = format!("the file {} of `run`", quoted(&name));
    let name = path(&what, name)?;
    let value = value.flatten();
    if !value.is_map() {
        return Ok(FileIn { path: name, content: bytes(&what, value)?, mode: MODE });
    }
    let (mut content, mut mode) = (None, MODE);
    for (part, value) in map(&what, value)? {
        let what = format!("`{part}` of {what}");
        match part.as_str() {
            "content" => content = Some(bytes(&what, value)?),
            "mode" => mode = permissions(&what, value)?,
            _ => return Err(OptionError::Value { what, is: "unknown".into(), takes: TAKES }),
        }
    }
    let without = || OptionError::Value { what, is: "without a content".into(), takes: TAKES };
    Ok(FileIn { path: name, content: content.ok_or_else(without)?, mode })
}

fn permissions(what: &str, value: Dynamic) -> Result<u32, OptionError> {
    const TAKES: &str = "permissions from 0o000 to 0o7777";
    let value = value.flatten();
    let number = value.as_int().map_err(|_| wrong(what, &value, TAKES))?;
    let bits = u32::try_from(number).ok().filter(|_| number <= MODE_MAX);
    bits.ok_or_else(|| OptionError::Value { what: what.to_owned(), is: number.to_string(), takes: TAKES })
}

fn timeout(what: &str, value: Dynamic) -> Result<Duration, OptionError> {
    const TAKES: &str = "a number of seconds from 1 to 3600";
    let value = value.flatten();
    let number = value.as_int().map_err(|_| wrong(what, &value, TAKES))?;
    let seconds = u64::try_from(number).ok().filter(|_| (1..=TIMEOUT_MAX).contains(&number));
    let outside = || OptionError::Value { what: what.to_owned(), is: number.to_string(), takes: TAKES };
    seconds.map(Duration::from_secs).ok_or_else(outside)
}

fn wrong(what: &str, value: &Dynamic, takes: &'static str) -> OptionError {
    OptionError::Value { what: what.to_owned(), is: type_name(value.type_name()).to_owned(), takes }
}

fn text(what: &str, value: Dynamic) -> Result<String, OptionError> {
    let value = value.flatten();
    match value.as_immutable_string_ref() {
        Ok(text) => Ok(text.to_string()),
        Err(_) => Err(wrong(what, &value, "a string")),
    }
}

fn bytes(what: &str, value: Dynamic) -> Result<Vec<u8>, OptionError> {
    let value = value.flatten();
    if value.is::<Blob>() {
        return Ok(value.cast());
    }
    match value.as_immutable_string_ref() {
        Ok(text) => Ok(text.as_bytes().to_vec()),
        Err(_) => Err(wrong(what, &value, "a string or a blob")),
    }
}

fn map(what: &str, value: Dynamic) -> Result<Map, OptionError> {
    let value = value.flatten();
    value.try_cast_result().map_err(|value| wrong(what, &value, "a map, as in `#{ \"NAME\": \"value\" }`"))
}

fn path(what: &str, path: String) -> Result<String, OptionError> {
    if path.starts_with('/') && !path.contains('\0') {
        return Ok(path);
    }
    Err(OptionError::Value { what: what.to_owned(), is: quoted(&path), takes: "an absolute path" })
}

pub(crate) fn seed(what: &str, value: Dynamic) -> Result<u64, OptionError> {
    const TAKES: &str = "an integer that is not negative";
    let value = value.flatten();
    let number: INT = value.as_int().map_err(|_| wrong(what, &value, TAKES))?;
    let negative = || OptionError::Value { what: what.to_owned(), is: number.to_string(), takes: TAKES };
    u64::try_from(number).map_err(|_| negative())
}

/// A time in nanoseconds since the epoch.
pub(crate) fn clock(what: &str, text: String) -> Result<u64, OptionError> {
    let nanos =
        |time: SystemTime| time.duration_since(UNIX_EPOCH).ok().and_then(|since| u64::try_from(since.as_nanos()).ok());
    let time = humantime::parse_rfc3339(&text).ok().and_then(nanos);
    let takes = "a time in UTC from 1970 to 2500, as in `2024-01-01T00:00:00Z`";
    time.ok_or_else(|| OptionError::Value { what: what.to_owned(), is: quoted(&text), takes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(command: &str, options: &str) -> Result<Request, OptionError> {
        let engine = rhai::Engine::new();
        Request::usual(Origin::default(), &[]).with(engine.eval(command).unwrap(), engine.eval(options).unwrap())
    }

    #[test]
    fn all_options_are_read() {
        let options = r#"#{ stdin: "in", env: #{ A: "1", B: () }, files: #{ "/f": blob(2, 7), "/g": #{ content: "x", mode: 0o755 } }, workdir: "/w",
            user: "u", hostname: "h", entrypoint: "", seed: 7, clock: "1970-01-01T00:00:01Z",
            timeout: 5 }"#;
        let change = |name: &str, value: Option<&str>| EnvChange {
            name: name.into(),
            value: value.map(|value| value.as_bytes().to_vec()),
        };
        let Request { settings, stdin, seed, clock, timeout, .. } = read("[\"a\", blob(1, 255)]", options).unwrap();
        assert_eq!((stdin.as_slice(), seed, clock), (&b"in"[..], 7, 1_000_000_000));
        assert_eq!(timeout, Duration::from_secs(5));
        assert_eq!(settings.command, [b"a", b"\xff"]);
        assert_eq!(settings.env, [change("A", Some("1")), change("B", None)]);
        let file = |path: &str, content: &[u8], mode| FileIn { path: path.into(), content: content.to_vec(), mode };
        assert_eq!(settings.files, [file("/f", &[7, 7], 0o644), file("/g", b"x", 0o755)]);
        let texts = [settings.workdir, settings.user, settings.hostname].map(Option::unwrap);
        assert_eq!((texts, settings.entrypoint), (["/w", "u", "h"].map(String::from), Some(Vec::new())));
    }

    #[test]
    fn without_options_the_image_is_as_it_is() {
        let Request { settings, stdin, seed, clock, timeout, .. } = read("[]", "#{}").unwrap();
        assert!(settings.command.is_empty() && settings.env.is_empty() && settings.files.is_empty() && settings.trace);
        assert_eq!(
            (stdin, seed, clock, settings.workdir, timeout),
            (Vec::new(), VIRTUAL_SEED, VIRTUAL_START, None, TIMEOUT)
        );
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let known = "calls, clock, entrypoint, env, files, hostname, seed, shims, stdin, timeout, user, workdir";
        for (command, options, message) in [
            ("[]", "#{stdn: 1}", format!("`run` has no option \"stdn\"; it has {known}")),
            ("[\"a\", 5]", "#{}", "word 2 of the command is an integer; it takes a string or a blob".into()),
            ("[]", "#{stdin: 5}", "the option `stdin` of `run` is an integer; it takes a string or a blob".into()),
            ("[]", "#{user: [1]}", "the option `user` of `run` is an array; it takes a string".into()),
            ("[]", "#{seed: -1}", "the option `seed` of `run` is -1; it takes an integer that is not negative".into()),
            (
                "[]",
                "#{clock: \"noon\"}",
                "the option `clock` of `run` is \"noon\"; it takes a time in UTC from 1970 to 2500, \
                 as in `2024-01-01T00:00:00Z`"
                    .into(),
            ),
            ("[]", "#{files: #{\"x\": \"\"}}", "the file \"x\" of `run` is \"x\"; it takes an absolute path".into()),
            (
                "[]",
                "#{files: #{\"/x\": #{mode: 0o10000, content: \"\"}}}",
                "`mode` of the file \"/x\" of `run` is 4096; it takes permissions from 0o000 to 0o7777".into(),
            ),
            (
                "[]",
                "#{env: #{\"A=\": \"\"}}",
                "the variable \"A=\" of `run` is \"A=\"; it takes a name without `=`".into(),
            ),
            (
                "[]",
                "#{env: \"A=1\"}",
                "the option `env` of `run` is a string; it takes a map, as in `#{ \"NAME\": \"value\" }`".into(),
            ),
        ] {
            assert_eq!(read(command, options).unwrap_err().to_string(), message);
        }
    }
}
