//! How two texts or two blobs differ, in lines for a person.

use similar::{ChangeTag, TextDiff};

use crate::visible::{cut, quoted, visible};

/// How many equal lines are shown around a difference.
const CONTEXT: usize = 3;
/// Longer texts, in lines, are not compared line by line: that takes time in proportion to the square.
const LINES_MAX: usize = 5_000;
/// How many lines of a difference are shown.
const SHOWN_MAX: usize = 100;
/// How many characters of a line are shown.
const LINE_MAX: usize = 200;
/// How many characters are shown before the first difference within a line.
const BEFORE: usize = 40;
/// How many bytes are shown from the first difference of two blobs on.
const BYTES: usize = 16;

/// The lines that tell how `actual` differs from `expected`.
pub(crate) fn texts(expected: &str, actual: &str) -> Vec<String> {
    let is_line = |text: &str| text.lines().count() <= 1;
    if is_line(expected) && is_line(actual) {
        return within_line(expected, actual);
    }
    if expected.lines().count().max(actual.lines().count()) > LINES_MAX {
        return first_line(expected, actual);
    }
    let diff = TextDiff::from_lines(expected, actual);
    let mut lines = vec!["- expected".to_owned(), "+ actual".to_owned()];
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            lines.push("  …".into());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", line(change.value())));
        }
    }
    shorten(lines)
}

/// A line of a difference; one without a line end says so.
fn line(text: &str) -> String {
    match text.strip_suffix('\n') {
        Some(text) => cut(&visible(text), LINE_MAX),
        None => format!("{} (no line end)", cut(&visible(text), LINE_MAX)),
    }
}

fn shorten(mut lines: Vec<String>) -> Vec<String> {
    if lines.len() > SHOWN_MAX {
        let more = lines.len() - SHOWN_MAX;
        lines.truncate(SHOWN_MAX);
        lines.push(format!("  … and {more} lines more"));
    }
    lines
}

/// Both texts, one below the other, with a mark below the first difference.
fn within_line(expected: &str, actual: &str) -> Vec<String> {
    let same = expected.chars().zip(actual.chars()).take_while(|(a, b)| a == b).count();
    let skipped = same.saturating_sub(BEFORE);
    let window = |text: &str| {
        let rest: String = text.chars().skip(skipped).take(LINE_MAX).collect();
        let before = if skipped > 0 { "…" } else { "" };
        let after = if text.chars().count() > skipped + LINE_MAX { "…" } else { "" };
        format!("{before}{}{after}", quoted(&rest))
    };
    let start: String = expected.chars().skip(skipped).take(same - skipped).collect();
    // The quote that closes is not there yet: it is the place of the mark.
    let at = quoted(&start).chars().count() - 1 + usize::from(skipped > 0);
    vec![
        format!("expected: {}", window(expected)),
        format!("actual:   {}", window(actual)),
        format!("          {}^ differs from character {} on", " ".repeat(at), same + 1),
    ]
}

/// The first line that differs.
fn first_line(expected: &str, actual: &str) -> Vec<String> {
    let mut pairs = (expected.split_inclusive('\n'), actual.split_inclusive('\n'));
    let mut number = 0;
    loop {
        number += 1;
        let (expected, actual) = (pairs.0.next(), pairs.1.next());
        if expected.is_none() && actual.is_none() {
            return Vec::new();
        }
        if expected != actual {
            let side = |sign, text: Option<&str>| match text {
                Some(text) => format!("{sign} {}", line(text)),
                None => format!("{sign} (nothing more)"),
            };
            return vec![
                format!("the texts are long; they differ first in line {number}:"),
                side("- expected:", expected),
                side("+ actual:  ", actual),
            ];
        }
    }
}

/// The lines that tell how blobs differ.
pub(crate) fn blobs(expected: &[u8], actual: &[u8]) -> Vec<String> {
    let same = expected.iter().zip(actual).take_while(|(a, b)| a == b).count();
    let hex = |bytes: &[u8]| {
        let shown: Vec<String> = bytes.iter().skip(same).take(BYTES).map(|byte| format!("{byte:02x}")).collect();
        if shown.is_empty() { "(nothing more)".to_owned() } else { shown.join(" ") }
    };
    vec![
        format!(
            "the blobs have {} bytes (expected) and {} (actual); from byte {same} on:",
            expected.len(),
            actual.len()
        ),
        format!("expected: {}", hex(expected)),
        format!("actual:   {}", hex(actual)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_compared_with_their_surroundings() {
        let (expected, actual) = ("1\n2\n3\n4\n5\n6\na\tb\n", "1\n2\n3\n4\n5\n6\na b\n7");
        let lines = texts(expected, actual);
        let shown = ["- expected", "+ actual", "  4", "  5", "  6", "- a\\tb", "+ a b", "+ 7 (no line end)"];
        assert_eq!(lines, shown);
    }

    #[test]
    fn a_missing_line_end_shows() {
        assert_eq!(texts("a\nb\n", "a\nb"), ["- expected", "+ actual", "  a", "- b", "+ b (no line end)"]);
        let lines = texts("hi\n", "hi");
        assert_eq!(lines[0], "expected: \"hi\\n\"");
        assert_eq!(lines[2], "             ^ differs from character 3 on");
    }

    #[test]
    fn the_mark_stands_below_the_first_difference() {
        let lines = texts("a\tbc", "a\tbX");
        assert_eq!(
            lines,
            ["expected: \"a\\tbc\"", "actual:   \"a\\tbX\"", "               ^ differs from character 4 on"]
        );
        let long = "é".repeat(100);
        let lines = texts(&format!("{long}1"), &format!("{long}2"));
        let mark = lines[2].chars().position(|c| c == '^').unwrap();
        assert_eq!((lines[0].chars().nth(mark), lines[1].chars().nth(mark)), (Some('1'), Some('2')));
    }

    #[test]
    fn long_texts_show_their_first_difference() {
        let text: String = (0..6_000).map(|number| format!("{number}\n")).collect();
        let lines = texts(&text, &text.replace("\n5001\n", "\nother\n"));
        assert!(lines[0].contains("line 5002"), "{lines:?}");
        assert_eq!(lines[1..], ["- expected: 5001", "+ actual:   other"]);
        let many: String = (0..400).map(|number| format!("{number}\n")).collect();
        assert_eq!(texts(&many, "x\ny\n").len(), SHOWN_MAX + 1);
    }

    #[test]
    fn blobs_show_where_they_differ() {
        let lines = blobs(&[0, 1, 2], &[0, 1]);
        assert_eq!(lines[0], "the blobs have 3 bytes (expected) and 2 (actual); from byte 2 on:");
        assert_eq!(lines[1..], ["expected: 02", "actual:   (nothing more)"]);
    }
}
