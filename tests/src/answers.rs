//! What hosts answered to the same cases, and where they differ.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use crate::fidelity::base64;

/// The answers of a host, in the order of the cases.
#[derive(Debug, Default)]
pub struct Answers(Vec<Answer>);

/// What a host answered to one case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    id: String,
    script: String,
    code: i64,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// The digest of all calls that were made.
    digest: String,
}

impl Answers {
    /// Reads what the example `answers` has written into a folder.
    ///
    /// # Errors
    /// The file is not there, or no line of it is an answer. A line that is cut off, because the program was killed
    /// while it wrote, is none.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let path = folder.join("answers.jsonl");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).map_err(|problem| format!("{}: {problem}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let answers = whole.lines().map(|line| Answer::parse(line).ok_or_else(|| format!("no answer: {line}")));
        Ok(Answers(answers.collect::<Result<_, _>>()?))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Answer {
    fn parse(line: &str) -> Option<Self> {
        let answer: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| answer[key].as_str().map(str::to_owned);
        let bytes = |key: &str| base64::decode(answer[key].as_str()?);
        Some(Answer {
            id: text("id")?,
            script: text("script")?,
            code: answer["code"].as_i64()?,
            stdout: bytes("stdout")?,
            stderr: bytes("stderr")?,
            digest: text("digest")?,
        })
    }
}

/// A case that a host answered in another way.
#[derive(Debug)]
pub struct Difference<'a> {
    expected: &'a Answer,
    /// `None` where there is no answer.
    actual: Option<&'a Answer>,
}

/// The cases that were answered natively, and otherwise or not at all by another host, which had the same ones in the
/// same order.
#[must_use]
pub fn differences<'a>(native: &'a Answers, other: &'a Answers) -> Vec<Difference<'a>> {
    let actual = other.0.iter().map(Some).chain(std::iter::repeat(None));
    let different = native.0.iter().zip(actual).filter(|(expected, actual)| *actual != Some(*expected));
    different.map(|(expected, actual)| Difference { expected, actual }).collect()
}

impl fmt::Display for Difference<'_> {
    /// The case, its script, and each part of the answer that differs as both have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { expected, actual } = self;
        write!(f, "{}", expected.id)?;
        let Some(actual) = actual.filter(|actual| actual.id == expected.id) else { return write!(f, ": no answer") };
        write!(f, "\n{}", expected.script.trim_end_matches('\n'))?;
        if expected.code != actual.code {
            write!(f, "\n--- exit code {} instead of {}", actual.code, expected.code)?;
        }
        let streams = [("stdout", &expected.stdout, &actual.stdout), ("stderr", &expected.stderr, &actual.stderr)];
        let mut same = expected.code == actual.code;
        for (name, expected, actual) in streams.into_iter().filter(|(_, expected, actual)| expected != actual) {
            same = false;
            write!(f, "\n--- {name}\n{}", expected.escape_ascii())?;
            write!(f, "\n--- instead\n{}", actual.escape_ascii())?;
        }
        if same {
            write!(f, "\n--- the same, by other calls: trace {} instead of {}", actual.digest, expected.digest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, code: i64, stdout: &str, digest: &str) -> String {
        format!(
            "{{\"id\":{id:?},\"script\":\"x\\n\",\"fixture\":\"f\",\"code\":{code},\"stdout\":{stdout:?},\"stderr\":\"\",\"digest\":{digest:?}}}\n"
        )
    }

    #[test]
    fn what_differs_is_shown() {
        let native: String =
            ["a", "b", "c", "d"].iter().map(|id| line(id, 0, "Zm9v", "12")).collect::<Vec<_>>().concat();
        let other = [line("a", 0, "Zm9v", "12"), line("b", 1, "Zg==", "13"), line("c", 0, "Zm9v", "13")].concat();
        let (native, other) = (Answers::parse(&native).unwrap(), Answers::parse(&other).unwrap());
        let found: Vec<String> = differences(&native, &other).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "b\nx\n--- exit code 1 instead of 0\n--- stdout\nfoo\n--- instead\nf",
                "c\nx\n--- the same, by other calls: trace 13 instead of 12",
                "d: no answer",
            ]
        );
        assert!(differences(&native, &native).is_empty());
    }

    #[test]
    fn a_line_that_is_cut_off_is_no_answer() {
        let text = line("a", 0, "", "12") + "{\"id\":\"b\",";
        assert_eq!(Answers::parse(&text).unwrap().len(), 1);
        assert!(Answers::parse("{}\n").is_err());
    }
}
