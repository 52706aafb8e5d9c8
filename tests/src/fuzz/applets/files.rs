//! The files that commands read: `f` and `g` with related lines, `b` with bytes.

use super::quoted;
use crate::fuzz::Random;

const WORDS: &[&str] = &[
    "apple",
    "Apple",
    "banana",
    "a",
    "b",
    "ab",
    "abc",
    "foo",
    "foo bar",
    "x:y:z",
    "a,b,c",
    "1",
    "10",
    "2",
    "-3",
    "1.5",
    "007",
    "1e3",
    "0x1f",
    "Jan",
    "Feb",
    "1K",
    "2M",
    "*",
    "[a]",
    "a.b",
    "\\n",
    "\\",
    "$1",
    "&",
    "#",
    "%",
    "'q'",
    "\"q\"",
    "the quick brown fox",
    "tab\there",
    "  lead",
    "trail  ",
    "",
    "_",
    "aaa",
    "aXbXc",
    "naïve",
    "é",
    "ABC",
    "abcabc",
    "10.0.0.1",
    "2024-01-02",
    "key=value",
    "/usr/lib/x.c",
];

const SEPARATORS: &[&str] = &[" ", "\t", ":", ",", "  ", ""];

/// A line of some words.
pub(super) fn line(random: &mut Random) -> String {
    let count = [0, 1, 2, 3, 6][random.weighted(&[1, 5, 4, 3, 1])];
    let separator = *SEPARATORS.get(random.below(SEPARATORS.len())).unwrap_or(&" ");
    let words: Vec<&str> = (0..count).map(|_| random.pick(WORDS)).collect();
    words.join(separator)
}

fn text(lines: &[String], random: &mut Random) -> String {
    let lines: Vec<String> = lines.iter().map(|line| quoted(line)).collect();
    if lines.is_empty() {
        return ":".into();
    }
    let end = if random.chance(12) { "printf %s end" } else { ":" };
    format!("{{ printf '%s\\n' {}; {end}; }}", lines.join(" "))
}

/// The commands that make the files.
pub(super) fn make(random: &mut Random) -> String {
    let count = [0, 1, 3, 6, 12, 30][random.weighted(&[1, 2, 5, 6, 4, 1])];
    let mut first: Vec<String> = (0..count).map(|_| line(random)).collect();
    if random.chance(30) {
        first.sort();
    }
    if random.chance(40) && !first.is_empty() {
        let again = first[random.below(first.len())].clone();
        let at = random.below(first.len());
        first.insert(at, again);
    }
    let mut second = first.clone();
    for _ in 0..random.below(4) {
        if second.is_empty() || random.chance(30) {
            let at = random.below(second.len() + 1);
            second.insert(at, line(random));
        } else {
            let at = random.below(second.len());
            if random.chance(50) {
                second.remove(at);
            } else {
                second[at] = line(random);
            }
        }
    }
    let bytes: String = (0..random.below(40)).map(|_| format!("\\{:03o}", byte(random))).collect();
    format!("{} > f\n{} > g\nprintf {} > b\n", text(&first, random), text(&second, random), quoted(&bytes))
}

fn byte(random: &mut Random) -> usize {
    match random.below(4) {
        0 => 0,
        1 => b'a' as usize + random.below(4),
        2 => 32 + random.below(95),
        _ => random.below(256),
    }
}

/// What a command reads: a file, two, standard input, sometimes one that is not there.
pub(super) fn operands(random: &mut Random) -> String {
    ["f", "g", "f g", "< f", "- < g", "f - < g", "nosuch f", "b"][random.weighted(&[8, 4, 4, 3, 2, 2, 1, 1])].into()
}
