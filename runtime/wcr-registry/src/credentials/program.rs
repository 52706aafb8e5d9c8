//! Programs that keep credentials: Docker's protocol of `docker-credential-NAME get`, `store` and `erase`.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Credentials;
use crate::error::{RegistryError, Result, shown};

/// How long a helper may take; it may ask the user something.
const DEADLINE: Duration = Duration::from_secs(60);
/// The longest answer that is read, in bytes.
const LONGEST: u64 = 64 << 10;
/// The user name that says that the secret is an identity token.
const TOKEN_USER: &str = "<token>";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(rename = "ServerURL", default)]
    server_url: String,
    username: String,
    secret: String,
}

/// What the helper has for `server`; `None` when it has nothing.
///
/// # Errors
/// [`RegistryError::Credentials`].
pub(super) fn get(name: &str, server: &str) -> Result<Option<Credentials>> {
    let answer = run(name, "get", server.as_bytes())?;
    if !answer.success {
        let text = String::from_utf8_lossy(&answer.output);
        // The protocol has these sentences for it.
        if text.contains("credentials not found") || text.contains("no credentials server URL") {
            return Ok(None);
        }
        return Err(failed(name, shown(text.trim())));
    }
    let entry: Entry =
        serde_json::from_slice(&answer.output).map_err(|_| failed(name, "its answer is malformed".into()))?;
    Ok(match entry {
        Entry { secret, .. } if secret.is_empty() => None,
        Entry { username, secret, .. } if username == TOKEN_USER => Some(Credentials::Identity { token: secret }),
        Entry { username, secret, .. } => Some(Credentials::Password { user: username, password: secret }),
    })
}

/// Gives the helper something to keep.
///
/// # Errors
/// [`RegistryError::Credentials`].
pub(super) fn store(name: &str, server: &str, user: &str, password: &str) -> Result<()> {
    let entry = Entry { server_url: server.into(), username: user.into(), secret: password.into() };
    let input = serde_json::to_vec(&entry).map_err(|error| failed(name, error.to_string()))?;
    succeeded(name, run(name, "store", &input)?)
}

/// Has the helper forget what it keeps for `server`.
///
/// # Errors
/// [`RegistryError::Credentials`].
pub(super) fn erase(name: &str, server: &str) -> Result<()> {
    let answer = run(name, "erase", server.as_bytes())?;
    let unknown = String::from_utf8_lossy(&answer.output).contains("credentials not found");
    if unknown { Ok(()) } else { succeeded(name, answer) }
}

fn succeeded(name: &str, answer: Answer) -> Result<()> {
    if answer.success {
        return Ok(());
    }
    Err(failed(name, shown(String::from_utf8_lossy(&answer.output).trim())))
}

struct Answer {
    success: bool,
    output: Vec<u8>,
}

fn failed(name: &str, reason: String) -> RegistryError {
    RegistryError::Credentials { place: format!("docker-credential-{}", shown(name)), reason }
}

/// Runs the helper. What it says on standard error goes to nobody: it may quote what it was given.
fn run(name: &str, action: &str, input: &[u8]) -> Result<Answer> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(failed(name, "that is no name of a program".into()));
    }
    let mut command = Command::new(format!("docker-credential-{name}"));
    command.arg(action).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| failed(name, format!("it cannot be started: {error}")))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let input = input.to_vec();
    let writer = thread::spawn(move || {
        // Who does not read what is said gets along without it.
        stdin.map(|mut stdin| stdin.write_all(&input).and_then(|()| stdin.write_all(b"\n")))
    });
    let reader = thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout.map(|stdout| stdout.take(LONGEST).read_to_end(&mut output));
        read.map(|read| read.map(|_| output))
    });
    let success = wait(&mut child, name)?;
    drop(writer.join());
    match reader.join() {
        Ok(Some(Ok(output))) => Ok(Answer { success, output }),
        _ => Err(failed(name, "its answer cannot be read".into())),
    }
}

fn wait(child: &mut Child, name: &str) -> Result<bool> {
    let deadline = Instant::now() + DEADLINE;
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if Instant::now() < deadline => thread::sleep(pause),
            Ok(None) => {
                drop(child.kill());
                drop(child.wait());
                return Err(failed(name, format!("it did not answer within {} seconds", DEADLINE.as_secs())));
            }
            Err(error) => return Err(failed(name, error.to_string())),
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
