//! The files of scenarios: text that is read, changed and written again.

use std::fmt;
use std::mem::take;

use super::Answer;

/// A file of scenarios.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The remarks above the first scenario.
    pub head: String,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
}

/// Command lines that are given one after the other, over a store that has one image in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// What it is about.
    pub title: String,
    /// The command lines.
    pub steps: Vec<Step>,
}

/// A command line and its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Empty lines and remarks before it.
    pub remarks: String,
    /// A line for the shell.
    pub line: String,
    /// Podman's answer.
    pub answer: Answer,
    /// Wcr's, if it is another.
    pub other: Option<Other>,
}

/// A difference that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The name of the reason.
    pub reason: String,
    /// Wcr's answer.
    pub answer: Answer,
}

impl Step {
    /// What wcr is to answer.
    pub fn expected(&self) -> &Answer {
        self.other.as_ref().map_or(&self.answer, |other| &other.answer)
    }
}

impl Transcript {
    /// Reads a file.
    ///
    /// # Errors
    /// A line is none of a transcript's, or stands where it says nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut transcript = Transcript { head: String::new(), scenarios: Vec::new() };
        let mut remarks = String::new();
        for (number, line) in text.lines().enumerate() {
            let problem = |what: &str| format!("line {}: {what}: {line}", number + 1);
            if let Some(title) = line.strip_prefix("== ") {
                if transcript.scenarios.is_empty() {
                    transcript.head = take(&mut remarks);
                }
                remarks.clear();
                transcript.scenarios.push(Scenario { title: title.to_owned(), steps: Vec::new() });
                continue;
            }
            if line.is_empty() || line.starts_with('#') {
                remarks.push_str(line);
                remarks.push('\n');
                continue;
            }
            let steps = &mut transcript.scenarios.last_mut().ok_or_else(|| problem("before a scenario"))?.steps;
            if let Some(line) = line.strip_prefix("$ ") {
                let (remarks, line) = (take(&mut remarks), line.to_owned());
                steps.push(Step { remarks, line, answer: Answer::default(), other: None });
                continue;
            }
            let step = steps.last_mut().ok_or_else(|| problem("before a command"))?;
            if let Some(reason) = line.strip_prefix("~ ") {
                step.other = Some(Other { reason: reason.to_owned(), answer: Answer::default() });
                continue;
            }
            let answer = step.other.as_mut().map_or(&mut step.answer, |other| &mut other.answer);
            read_answer(line, answer).ok_or_else(|| problem("no line of a transcript"))?;
        }
        Ok(transcript)
    }
}

fn read_answer(line: &str, answer: &mut Answer) -> Option<()> {
    let (kind, rest) = line.split_at_checked(1)?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    match kind {
        "|" => answer.stdout.extend([rest, "\n"]),
        "/" => answer.stdout.push_str(rest),
        "=" => {
            let (code, says) = rest.strip_suffix(" !").map_or((rest, false), |code| (code, true));
            (answer.code, answer.says) = (code.parse().ok()?, says);
        }
        _ => return None,
    }
    Some(())
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        for (number, scenario) in self.scenarios.iter().enumerate() {
            writeln!(f, "{}== {}", if number == 0 { "" } else { "\n" }, scenario.title)?;
            for Step { remarks, line, answer, other } in &scenario.steps {
                write!(f, "{remarks}$ {line}\n{answer}")?;
                if let Some(Other { reason, answer }) = other {
                    write!(f, "~ {reason}\n{answer}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# About containers.\n\n== one\n$ docker run bb\n| a\n|\n/ b\n= 3 !\n# More.\n$ docker rm x\n\
                        = 125 !\n~ codes\n= 1 !\n\n== two\n$ docker ps -q\n";

    #[test]
    fn a_file_is_written_as_it_was_read() {
        let transcript = Transcript::parse(TEXT).unwrap();
        assert_eq!(transcript.to_string(), TEXT);
        let steps = &transcript.scenarios[0].steps;
        assert_eq!(steps[0].answer, Answer { code: 3, stdout: "a\n\nb".into(), says: true });
        assert_eq!((steps[1].answer.code, steps[1].expected().code), (125, 1));
        assert_eq!(transcript.scenarios[1].steps[0].expected(), &Answer::default());
    }

    #[test]
    fn lines_that_say_nothing_are_named() {
        for (text, problem) in [
            ("$ docker ps\n", "line 1: before a scenario: $ docker ps"),
            ("== a\n| x\n", "line 2: before a command: | x"),
            ("== a\n$ x\nhello\n", "line 3: no line of a transcript: hello"),
            ("== a\n$ x\n= many\n", "line 3: no line of a transcript: = many"),
        ] {
            assert_eq!(Transcript::parse(text), Err(problem.to_owned()));
        }
    }
}
