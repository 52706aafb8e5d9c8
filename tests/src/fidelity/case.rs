//! One line of the corpus.

use std::time::Duration;

use serde_json::Value;

use super::base64;

/// What a program answered: exit code and the bytes on both streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The exit code as a shell reports it; `None` when the deadline passed.
    pub code: Option<i64>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// A script, where it runs, and the answers that are right.
#[derive(Debug, Clone)]
pub struct Case {
    /// Area, hash and the beginning of the command: `ls:13380a5e ls src`.
    pub id: String,
    /// What `sh -c` is given.
    pub script: String,
    /// The tar that makes up the working folder, relative to the corpus's folder.
    pub fixture: String,
    /// How long it may take.
    pub timeout: Duration,
    /// Any of these is right.
    pub expected: Vec<Answer>,
}

impl Case {
    /// Reads one line of the corpus.
    ///
    /// # Panics
    /// The line is not a case.
    pub fn parse(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).expect("a line of JSON");
        Case::from_json(&value).unwrap_or_else(|| panic!("not a case: {line}"))
    }

    fn from_json(value: &Value) -> Option<Self> {
        Some(Case {
            id: value["id"].as_str()?.to_owned(),
            script: value["script"].as_str()?.to_owned(),
            fixture: value["fixture"].as_str()?.to_owned(),
            timeout: Duration::from_secs(value["timeout"].as_u64()?),
            expected: value["expect"].as_array()?.iter().map(Answer::from_json).collect::<Option<_>>()?,
        })
    }

    /// The id up to its first space, which is unique.
    pub fn key(&self) -> &str {
        self.id.split(' ').next().unwrap_or_default()
    }

    /// The applet that the case is about: that of its area, or the first one in its script that does more than prepare
    /// something; else the shell.
    pub fn applet(&self) -> &str {
        let area = self.area();
        if area.starts_with("sh-") || area == "pipe" {
            return "sh";
        }
        let words = self.script.split(|character: char| character.is_whitespace() || ";|&()".contains(character));
        let applets: Vec<&str> = words.filter(|word| is_applet(word)).collect();
        let chosen = applets.iter().find(|word| **word == area);
        let chosen = chosen.or_else(|| applets.iter().find(|word| !PREPARATION.contains(word)));
        chosen.or(applets.first()).copied().unwrap_or("sh")
    }

    /// What the case is about: `ls`, `sort`, `sh-script`….
    pub fn area(&self) -> &str {
        self.id.split(':').next().unwrap_or_default()
    }
}

/// The applets of the real BusyBox, in their directories.
const APPLETS: &str = include_str!("../../../guests/applets/src/full.txt");

/// What makes the files and the input that other commands are tried on.
const PREPARATION: [&str; 12] =
    ["echo", "printf", "cat", "mkdir", "touch", "rm", "seq", "yes", "true", "false", "sh", "busybox"];

fn is_applet(word: &str) -> bool {
    !word.is_empty() && APPLETS.lines().any(|line| line.rsplit('/').next() == Some(word))
}

impl Answer {
    fn from_json(value: &Value) -> Option<Self> {
        Some(Answer {
            code: Some(value["rc"].as_i64()?),
            stdout: base64::decode(value["stdout"].as_str()?)?,
            stderr: base64::decode(value["stderr"].as_str()?)?,
        })
    }
}
