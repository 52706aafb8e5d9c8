//! The report: a line a case, failures in full, a line that sums up.

use std::fmt::Write as _;

use crate::case::{Case, Ended, Failure, Place};
use crate::visible::{cut, visible};

/// How many characters of a source line are shown.
const SOURCE_MAX: usize = 160;

/// One case in a line, and below it what it printed.
#[must_use]
pub fn case_line(case: &Case) -> String {
    let title = visible(&case.title());
    let mut out = match &case.failure {
        None => format!("ok      {title}\n"),
        Some(failure) => format!("FAILED  {title} ({})\n", location(case, failure.place)),
    };
    out.push_str(&printed(&case.printed));
    out
}

/// What a script has printed outside of its cases; nothing where that is nothing.
#[must_use]
pub fn script_lines(ended: &Ended) -> String {
    if ended.printed.is_empty() {
        return String::new();
    }
    format!("printed {}\n{}", visible(&ended.script), printed(&ended.printed))
}

fn printed(lines: &[String]) -> String {
    lines.iter().map(|line| format!("        | {line}\n")).collect()
}

/// A failed case in full; nothing for one that passed.
#[must_use]
pub fn failure(case: &Case) -> String {
    let Some(failure) = &case.failure else { return String::new() };
    let mut out = format!("{}\n", visible(&case.title()));
    let _ = writeln!(out, "  {}: {}", location(case, failure.place), failure.what.replace('\n', "\n  "));
    out.push_str(&quote(failure));
    for call in &failure.calls {
        let _ = writeln!(out, "  called by `{}` at {}", visible(&call.name), location(case, call.place));
    }
    for line in failure.detail.iter().chain(&failure.last_run) {
        let _ = writeln!(out, "  {line}");
    }
    out
}

/// How many cases passed and failed, and how many were not run where that was so.
#[must_use]
pub fn summary(passed: usize, failed: usize, left_out: usize) -> String {
    let rest = if left_out == 0 { String::new() } else { format!(", {left_out} not run") };
    format!("{passed} passed, {failed} failed{rest}\n")
}

/// `FILE:LINE:COLUMN`, as far as it is known.
fn location(case: &Case, place: Option<Place>) -> String {
    let file = visible(&case.script);
    match place {
        Some(Place { line, column }) => format!("{file}:{line}:{column}"),
        None => file,
    }
}

/// The source line with a caret below the place.
fn quote(failure: &Failure) -> String {
    let (Some(Place { line, column }), Some(source)) = (failure.place, &failure.source_line) else {
        return String::new();
    };
    let before: String = source.chars().take(column.saturating_sub(1)).collect();
    // Indentation stays what it is; only its width must be that of the line above.
    let (source, before) = (source.replace('\t', "    "), before.replace('\t', "    "));
    let number = line.to_string();
    let mut out = format!("    {number} | {}\n", cut(visible(&source).trim_end(), SOURCE_MAX));
    let mark = before.chars().count();
    if mark <= SOURCE_MAX {
        let _ = writeln!(out, "    {} | {}^", " ".repeat(number.len()), " ".repeat(mark));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Call;

    fn case(failure: Option<Failure>) -> Case {
        let printed = vec!["said".into()];
        Case { script: "a.rhai".into(), name: Some("one".into()), printed, seconds: 0.5, failure }
    }

    #[test]
    fn a_case_that_passed_is_a_line() {
        assert_eq!(case_line(&case(None)), "ok      a.rhai: one\n        | said\n");
        assert_eq!(failure(&case(None)), "");
        assert_eq!(summary(2, 1, 0), "2 passed, 1 failed\n");
        assert_eq!(summary(2, 0, 3), "2 passed, 0 failed, 3 not run\n");
    }

    #[test]
    fn a_failure_shows_the_place_in_the_script() {
        let failed = case(Some(Failure {
            place: Some(Place { line: 12, column: 3 }),
            what: "it is wrong".into(),
            detail: vec!["- a".into(), "+ b".into()],
            calls: vec![Call { name: "f".into(), place: Some(Place { line: 20, column: 1 }) }],
            source_line: Some("\tx.y()".into()),
            last_run: vec!["last run: true".into()],
        }));
        assert_eq!(case_line(&failed), "FAILED  a.rhai: one (a.rhai:12:3)\n        | said\n");
        let expected = "a.rhai: one\n  a.rhai:12:3: it is wrong\n    12 |     x.y()\n       |      ^\n  \
                        called by `f` at a.rhai:20:1\n  - a\n  + b\n  last run: true\n";
        assert_eq!(failure(&failed), expected);
    }
}
