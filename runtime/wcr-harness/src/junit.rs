//! The report as JUnit XML, which continuous integration reads.

use std::fmt::Write as _;

use crate::case::Case;
use crate::report;
use crate::visible::visible;

/// All cases as a JUnit report, a suite a script.
///
/// The format has no specification; this is the part of it that Jenkins, GitLab and GitHub's actions read:
/// `testsuites`, `testsuite`, `testcase` with `failure` and `system-out`.
#[must_use]
pub fn junit(cases: &[Case]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"wcr test\"{}>", totals(cases));
    for suite in cases.chunk_by(|one, other| one.script == other.script) {
        let script = suite.first().map_or("", |case| case.script.as_str());
        let _ = writeln!(out, "  <testsuite name=\"{}\"{}>", escape(script), totals(suite));
        suite.iter().for_each(|case| push(&mut out, case));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// The attributes that count.
fn totals(cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| case.failure.is_some()).count();
    let seconds: f64 = cases.iter().map(|case| case.seconds).sum();
    format!(" tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\"", cases.len())
}

fn push(out: &mut String, case: &Case) {
    let script = escape(&case.script);
    let name = case.name.as_deref().map_or_else(|| script.clone(), escape);
    let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{script}\" time=\"{:.3}\"", case.seconds);
    if case.failure.is_none() && case.printed.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    if let Some(failure) = &case.failure {
        let text = escape(&report::failure(case));
        let _ = writeln!(out, "      <failure message=\"{}\" type=\"failure\">{text}</failure>", escape(&failure.what));
    }
    if !case.printed.is_empty() {
        let _ = writeln!(out, "      <system-out>{}</system-out>", escape(&case.printed.join("\n")));
    }
    out.push_str("    </testcase>\n");
}

/// Text for an element or an attribute (XML 1.0, 2.4 and 2.2): what no document can hold is shown as in the report.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push('\n');
        }
        for c in visible(line).chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
                c => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Failure;

    fn case(script: &str, name: Option<&str>, failure: Option<Failure>) -> Case {
        let printed = if name == Some("two") { vec!["a <b>".into()] } else { Vec::new() };
        Case { script: script.into(), name: name.map(Into::into), printed, seconds: 0.25, failure }
    }

    #[test]
    fn suites_are_scripts() {
        let failure = Failure {
            place: None,
            what: "\"x\" & \x1b".into(),
            detail: vec!["- <1>".into()],
            calls: Vec::new(),
            source_line: None,
            last_run: Vec::new(),
        };
        let cases =
            [case("a.rhai", Some("one"), None), case("a.rhai", Some("two"), Some(failure)), case("b.rhai", None, None)];
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"wcr test\" tests=\"3\" failures=\"1\" errors=\"0\" time=\"0.750\">\n  \
            <testsuite name=\"a.rhai\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"0.500\">\n    \
            <testcase name=\"one\" classname=\"a.rhai\" time=\"0.250\"/>\n    \
            <testcase name=\"two\" classname=\"a.rhai\" time=\"0.250\">\n      \
            <failure message=\"&quot;x&quot; &amp; \\u{1b}\" type=\"failure\">a.rhai: two\n  a.rhai: &quot;x&quot; &amp; \\u{1b}\n  - &lt;1&gt;\n</failure>\n      \
            <system-out>a &lt;b&gt;</system-out>\n    \
            </testcase>\n  </testsuite>\n  \
            <testsuite name=\"b.rhai\" tests=\"1\" failures=\"0\" errors=\"0\" time=\"0.250\">\n    \
            <testcase name=\"b.rhai\" classname=\"b.rhai\" time=\"0.250\"/>\n  </testsuite>\n</testsuites>\n";
        assert_eq!(junit(&cases), expected);
    }
}
