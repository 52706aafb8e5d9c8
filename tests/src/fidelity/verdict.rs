//! Whether an answer is right.

use super::case::{Answer, Case};

/// The outcome of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// One of the expected answers was given, to the byte.
    Pass,
    /// None was.
    Fail {
        /// What differs from the first expected answer, in a few words.
        why: String,
        /// What was answered.
        actual: Answer,
    },
}

impl Verdict {
    /// Judges an answer.
    pub fn of(case: &Case, actual: &Answer) -> Self {
        if case.expected.contains(actual) {
            return Verdict::Pass;
        }
        let why = case.expected.first().map_or_else(|| "no answer is right".into(), |first| difference(first, actual));
        Verdict::Fail { why, actual: actual.clone() }
    }

    /// Whether the case passed.
    pub fn is_pass(&self) -> bool {
        matches!(self, Verdict::Pass)
    }
}

fn difference(expected: &Answer, actual: &Answer) -> String {
    let Some(code) = actual.code else { return "timeout".into() };
    let mut parts = Vec::new();
    if expected.stdout != actual.stdout {
        parts.push("stdout".to_owned());
    }
    if expected.stderr != actual.stderr {
        parts.push("stderr".to_owned());
    }
    if expected.code != actual.code {
        parts.push(format!("exit code {code} instead of {}", expected.code.unwrap_or_default()));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn answer(code: i64, stdout: &str) -> Answer {
        Answer { code: Some(code), stdout: stdout.into(), stderr: Vec::new() }
    }

    #[test]
    fn any_expected_answer_will_do() {
        let case = Case {
            id: "x:1 x".into(),
            script: String::new(),
            fixture: String::new(),
            timeout: Duration::from_secs(1),
            expected: vec![answer(0, "a\n"), answer(1, "b\n")],
        };
        assert_eq!(Verdict::of(&case, &answer(1, "b\n")), Verdict::Pass);
        let Verdict::Fail { why, .. } = Verdict::of(&case, &answer(2, "b\n")) else { panic!("must fail") };
        assert_eq!(why, "stdout, exit code 2 instead of 0");
    }
}
