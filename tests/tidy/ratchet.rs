//! Counts that may fall and not grow: what stands in `ratchet.txt` is exactly what there is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::source::{Source, all};

/// The variable that lets the test lower the counts in the file to what there is.
const BLESS: &str = "WCR_BLESS";

/// From this many lines on a file is listed.
const LONG: usize = 600;

/// What is counted, and in which file.
type Counts = BTreeMap<(String, String), usize>;

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tidy/ratchet.txt")
}

/// Reads lines of the form `KIND COUNT PATH`.
fn listed(text: &str) -> Counts {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let mut words = line.splitn(3, ' ');
            let (kind, count, path) = (words.next(), words.next(), words.next());
            let entry = kind.zip(path).zip(count.and_then(|count| count.parse().ok()));
            let ((kind, path), count) = entry.unwrap_or_else(|| panic!("not a line of the ratchet: {line}"));
            ((kind.to_owned(), path.to_owned()), count)
        })
        .collect()
}

fn counted() -> Counts {
    let mut counts = Counts::new();
    for source in all() {
        for (kind, count) in kinds(&source) {
            if count > 0 {
                counts.insert((kind.to_owned(), source.path.clone()), count);
            }
        }
    }
    counts
}

fn kinds(source: &Source) -> [(&'static str, usize); 3] {
    let length = source.text.lines().count();
    let panics = [".unwrap()", ".expect("].iter().map(|call| source.product.matches(call).count()).sum();
    [("lines", if length > LONG { length } else { 0 }), ("unwrap", panics), ("unsafe", unsafe_count(&source.product))]
}

/// Occurrences of the keyword, not of lint names with it.
fn unsafe_count(code: &str) -> usize {
    code.match_indices("unsafe")
        .filter(|(at, word)| {
            let after = code[at + word.len()..].chars().next();
            let before = code[..*at].chars().next_back();
            let in_word = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !in_word(before) && !in_word(after) && before != Some('(')
        })
        .count()
}

#[test]
fn counts_do_not_grow() {
    let text = fs::read_to_string(path()).expect("read the ratchet");
    let (listed, counted) = (listed(&text), counted());
    let (mut grown, mut fallen) = (Vec::new(), Vec::new());
    for (key, &count) in &counted {
        let limit = listed.get(key).copied().unwrap_or_default();
        let (kind, path) = key;
        if count > limit {
            grown.push(format!("{kind} {count} {path} (at most {limit})"));
        }
    }
    for (key, &limit) in &listed {
        let count = counted.get(key).copied().unwrap_or_default();
        if count < limit {
            fallen.push(format!("{} {count} {} (listed: {limit})", key.0, key.1));
        }
    }
    if std::env::var_os(BLESS).is_some() && !fallen.is_empty() {
        lower(&text, &listed, &counted);
        fallen.clear();
    }
    assert!(
        grown.is_empty(),
        "more of what should get less (kinds: `lines` of files over {LONG}, `unwrap` and `expect` outside tests, \
         `unsafe`):\n{}",
        grown.join("\n")
    );
    assert!(fallen.is_empty(), "less than listed, which is good: lower it with {BLESS}=1\n{}", fallen.join("\n"));
}

fn lower(text: &str, listed: &Counts, counted: &Counts) {
    let mut out: String = text.lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    for ((kind, path), limit) in listed {
        let count = counted.get(&(kind.clone(), path.clone())).copied().unwrap_or_default().min(*limit);
        if count > 0 {
            out.push_str(&format!("{kind} {count} {path}\n"));
        }
    }
    fs::write(path(), out).expect("write the ratchet");
}
