//! What a command line answered, without what is another each time.

use std::fmt;
use std::path::Path;

use regex_lite::{Captures, Regex};

/// What can be observed of a command line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The exit code.
    pub code: i64,
    /// Standard output.
    pub stdout: String,
    /// Whether a failure was told on standard error; the words are each tool's own, as is what is told of a success.
    pub says: bool,
}

impl Answer {
    /// Takes IDs, times, sizes, the widths of columns and the folder of the session out of what was printed.
    pub fn new(code: i64, stdout: &[u8], says: bool, folder: &Path) -> Self {
        let text = String::from_utf8_lossy(stdout).replace(&folder.display().to_string(), "<folder>");
        Answer { code, stdout: evened(&text), says: says && code != 0 }
    }

    /// Stands for a command that did not end in time.
    pub fn none() -> Self {
        Answer { code: 124, stdout: "<no end>\n".into(), says: false }
    }
}

/// The parts that change, and what stands for them; tried in this order.
const PARTS: [(&str, &str); 10] = [
    // What a terminal puts before the end of a line would be lost in a file of lines.
    (r"\r", r"\r"),
    (r"\b[0-9a-f]{64}\b", "<id>"),
    (r"\b[0-9a-f]{12}\b", "<short id>"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \w+", "<go time>"),
    (r"(?i)\b(less than a|about an?|\d+) (second|minute|hour)s?\b", "<while>"),
    (r"\b\d+(\.\d+)? ?[kM]i?B\b", "<size>"),
    // Podman keeps images without a registry's name under this one.
    (r"\blocalhost/", ""),
    (r"  +", "  "),
    (r"(?m) +$", ""),
];

fn evened(text: &str) -> String {
    PARTS.iter().fold(text.to_owned(), |text, (pattern, stand_in)| {
        let pattern = Regex::new(pattern).expect("the pattern is one");
        pattern.replace_all(&text, |_: &Captures| (*stand_in).to_owned()).into_owned()
    })
}

impl fmt::Display for Answer {
    /// The lines of a transcript: each of the output's behind a bar (a slash where the line has no end), then the exit
    /// code if it is not 0, with an exclamation mark where something was said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.stdout.split_inclusive('\n') {
            match line.strip_suffix('\n') {
                Some("") => writeln!(f, "|")?,
                Some(line) => writeln!(f, "| {line}")?,
                None => writeln!(f, "/ {line}")?,
            }
        }
        match (self.code, self.says) {
            (0, false) => Ok(()),
            (code, false) => writeln!(f, "= {code}"),
            (code, true) => writeln!(f, "= {code} !"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_taken_out() {
        let id = "0123456789abcdef".repeat(4);
        let text = format!(
            "{id}  {}\nUp 2 seconds (Paused)   1.5MB\nlocalhost/bb:1 Exited (0) Less than a second ago",
            &id[..12]
        );
        let answer = Answer::new(0, text.as_bytes(), false, Path::new("/x"));
        assert_eq!(
            answer.to_string(),
            "| <id>  <short id>\n| Up <while> (Paused)  <size>\n/ bb:1 Exited (0) <while> ago\n"
        );
        let times = Answer::new(
            1,
            b"2026-11-28T02:41:07.7294Z 2026-11-28 02:41:07.5 +0000 UTC\n/x/a\n\n",
            true,
            Path::new("/x"),
        );
        assert_eq!(times.to_string(), "| <time> <go time>\n| <folder>/a\n|\n= 1 !\n");
    }
}
