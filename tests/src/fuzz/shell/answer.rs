//! What came of a script on one side, and what the comparison of two such answers says.

use std::borrow::Cow;
use std::fmt;

use regex_lite::Regex;

use super::Script;
use super::subject::FILE_SIZE;

/// What the line before each part of an answer begins with, but for the first part.
const PART: &str = "==> ";
/// How many seconds of computing are as good as endless. It is below the limit that ends a process.
const COMPUTING: f64 = 0.9;
/// What BusyBox and dash say of a text that is no shell script.
const REFUSED: [&[u8]; 2] = [b"syntax error", b"Syntax error"];
/// What an answer shows of a program that ran into a limit (of a file's size, of computing, of processes) or crashed.
const BROKEN: [&[u8]; 9] = [
    b"File size limit exceeded",
    b"CPU time limit exceeded",
    b"Segmentation fault",
    b"Aborted",
    b"can't fork",
    b"Cannot fork",
    b"exit code 152",
    b"exit code 153",
    b"exit code 139",
];
const PARTS: [&str; 4] = ["exit code", "stdout", "stderr", "files"];
const REFUSED_PARTS: [&str; 4] = ["refused, exit code", "refused, stdout", "refused, stderr", "refused, files"];

/// What came of a script: exit code, streams and files in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);

impl Answer {
    /// The answer of a script out of the output of the frame, without what is another at each run or of another
    /// machine: numbers of processes in traces, owners, sizes and times in the list of files.
    ///
    /// `None` when the script's processes, also those whose end nobody told, wrote until they met the limit, or
    /// computed until then, if `limited`.
    pub(super) fn of(output: &[u8], pids: &[(Regex, &str)], limited: bool) -> Option<Self> {
        if output.len() >= FILE_SIZE {
            return None;
        }
        // Each byte as one character, and back.
        let text: String = output.iter().map(|byte| char::from(*byte)).collect();
        let mut part = "";
        let mut answer = Vec::with_capacity(output.len());
        for line in text.split_inclusive('\n') {
            if line.starts_with(PART) {
                part = line.trim_end();
            }
            let line: Cow<'_, str> = match part {
                "==> times <==" => {
                    if limited && line.split_whitespace().filter_map(seconds).any(|time| time >= COMPUTING) {
                        return None;
                    }
                    continue;
                }
                "==> modes <==" if !line.starts_with(PART) => format!("{:.10}\n", line.trim_end()).into(),
                _ => pids.iter().fold(Cow::Borrowed(line), |line, (pattern, shown)| {
                    let changed = pattern.replace(&line, *shown).into_owned();
                    if changed == line { line } else { Cow::Owned(changed) }
                }),
            };
            answer.extend(line.chars().map(|character| character as u8));
        }
        Some(Answer(answer))
    }

    /// Whether the script ran into a limit or crashed.
    pub(super) fn broken(&self) -> bool {
        BROKEN.iter().any(|sign| self.0.windows(sign.len()).any(|window| window == *sign))
    }

    /// Whether the answers differ in nothing but the order of errors that processes of the script, several at a time,
    /// wrote: which comes first is a matter of how long each takes.
    pub(super) fn differs_in_order_of_errors(&self, other: &Answer, script: &Script) -> bool {
        const ERRORS: &[u8] = b"==> /tmp/err <==";
        let several = script.text.contains(['|', '&']);
        let split = |answer: &'_ Answer| {
            let at = answer.0.windows(ERRORS.len()).position(|window| window == ERRORS)?;
            let (before, errors) = answer.0.split_at(at);
            Some((before.to_vec(), Answer(errors.to_vec())))
        };
        let (Some((before, errors)), Some((before_other, errors_other))) = (split(self), split(other)) else {
            return false;
        };
        several && before == before_other && errors.sorted() == errors_other.sorted()
    }

    /// The answer with its lines in order: what is left when it is open who writes first.
    pub(super) fn sorted(&self) -> Vec<&[u8]> {
        let mut lines: Vec<&[u8]> = self.0.split(|byte| *byte == b'\n').collect();
        lines.sort_unstable();
        lines
    }
}

/// What the comparison of two answers says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Both are the same.
    Same,
    /// The real shell answers now so, now so, and wcr as one of these, but for the order of lines.
    Unstable,
    /// They differ in the order of errors of processes that run at the same time.
    Reordered,
    /// The real shell did not come to an end, or only by a limit or a crash.
    Endless,
    /// They differ for a known reason.
    Explained(String),
    /// They differ.
    Different {
        /// BusyBox's answer.
        expected: Answer,
        /// wcr's; `None` when it did not come to an end.
        actual: Option<Answer>,
        /// Whether BusyBox always answers alike.
        stable: bool,
    },
}

impl Verdict {
    /// The part of the answer that differs first, of a difference that does not come and go; where BusyBox does not
    /// take the script as shell, that counts apart.
    pub fn part(&self) -> Option<&'static str> {
        let Verdict::Different { expected, actual, stable: true } = self else { return None };
        let Some(actual) = actual else { return Some("end") };
        let lines = |answer: &'_ Answer| answer.0.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let same = lines(expected).iter().zip(lines(actual)).take_while(|(one, other)| **one == *other).count();
        let before = lines(expected).into_iter().take(same).filter(|line| line.starts_with(PART.as_bytes())).count();
        let refused = REFUSED.iter().any(|sign| expected.0.windows(sign.len()).any(|window| window == *sign));
        let parts = if refused { REFUSED_PARTS } else { PARTS };
        parts.get(before).or(parts.last()).copied()
    }
}

impl fmt::Display for Verdict {
    /// Of answers that differ, what differs with a few lines before it: `-` the real program's, `+` wcr's.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict::Different { expected, actual, .. } = self else { return writeln!(out, "{self:?}") };
        let text = |answer: &Answer| String::from_utf8_lossy(&answer.0).into_owned();
        let (expected, actual) = (text(expected), actual.as_ref().map_or("no end".into(), text));
        let (expected, actual): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
        let before = expected.iter().zip(&actual).take_while(|(one, other)| one == other).count();
        let tails = expected.iter().rev().zip(actual.iter().rev());
        let after = tails.take_while(|(one, other)| one == other).count();
        let after = after.min(expected.len() - before).min(actual.len() - before);
        for line in &expected[before.saturating_sub(3)..before] {
            writeln!(out, "  {line}")?;
        }
        for (sign, lines) in [('-', &expected), ('+', &actual)] {
            for line in &lines[before..lines.len() - after] {
                writeln!(out, "{sign} {line}")?;
            }
        }
        Ok(())
    }
}

/// A time as `times` writes it: `1m2.345s`.
fn seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
}
