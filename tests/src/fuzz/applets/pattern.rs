//! Regular expressions, and the calls of `grep`.

use super::files::operands;
use super::quoted;
use crate::fuzz::Random;

const ATOMS: &[&str] = &[
    "a",
    "b",
    "foo",
    "x",
    "1",
    ".",
    "[a-c]",
    "[^a]",
    "[[:digit:]]",
    "[[:alpha:]_]",
    "[]a]",
    "[^]b]",
    "\\.",
    "\\*",
    "-",
    " ",
    ":",
    "\\w",
    "\\W",
    "\\s",
    "\\b",
    "\\<",
    "\\>",
    "ab",
    "A",
    "é",
    "[é]",
    "[[:space:]]",
    "[[:upper:]]",
    "\\\\",
    "/",
];

/// A regular expression, basic or extended.
pub(super) fn regex(random: &mut Random, extended: bool) -> String {
    let mut text = String::new();
    if random.chance(15) {
        text.push('^');
    }
    text.push_str(&alternatives(random, extended, 0));
    if random.chance(15) {
        text.push('$');
    }
    text
}

fn alternatives(random: &mut Random, extended: bool, depth: usize) -> String {
    let count = if random.chance(15) { 2 } else { 1 };
    let bar = if extended { "|" } else { "\\|" };
    (0..count).map(|_| sequence(random, extended, depth)).collect::<Vec<_>>().join(bar)
}

fn sequence(random: &mut Random, extended: bool, depth: usize) -> String {
    let mut text = String::new();
    let mut groups = 0;
    for _ in 0..1 + random.below(3) {
        if depth < 2 && random.chance(20) {
            let inner = alternatives(random, extended, depth + 1);
            text.push_str(&if extended { format!("({inner})") } else { format!("\\({inner}\\)") });
            groups += 1;
        } else if groups > 0 && depth == 0 && random.chance(15) {
            text.push_str("\\1");
        } else {
            text.push_str(random.pick(ATOMS));
        }
        if random.chance(30) {
            text.push_str(repetition(random, extended));
        }
    }
    text
}

fn repetition(random: &mut Random, extended: bool) -> &'static str {
    let both: &[(&str, &str)] = &[
        ("*", "*"),
        ("+", "\\+"),
        ("?", "\\?"),
        ("{2}", "\\{2\\}"),
        ("{1,}", "\\{1,\\}"),
        ("{0,2}", "\\{0,2\\}"),
        ("{,2}", "\\{,2\\}"),
    ];
    let (one, other) = both[random.below(both.len())];
    if extended { one } else { other }
}

pub(super) fn grep(random: &mut Random) -> String {
    let kind = random.weighted(&[5, 4, 2]);
    let pattern = match kind {
        0 => regex(random, false),
        1 => format!("-E {}", regex(random, true)),
        _ => format!("-F {}", super::files::line(random)),
    };
    let (flag, pattern) = match pattern.split_once(' ') {
        Some((flag @ ("-E" | "-F"), rest)) => (flag, rest.to_owned()),
        _ => ("", pattern),
    };
    let more = if random.chance(15) { format!(" -e {}", quoted(&regex(random, kind == 1))) } else { String::new() };
    format!("{flag} {}-e {}{more} {}", flags(random), quoted(&pattern), operands(random))
}

pub(super) fn egrep(random: &mut Random) -> String {
    format!("{}-e {} {}", flags(random), quoted(&regex(random, true)), operands(random))
}

fn flags(random: &mut Random) -> String {
    const FLAGS: &[&str] =
        &["-i", "-v", "-n", "-c", "-l", "-L", "-o", "-w", "-x", "-q", "-s", "-h", "-H", "-m#", "-A#", "-B#", "-C#"];
    let mut text = String::new();
    for flag in FLAGS {
        if random.chance(9) {
            text.push_str(&flag.replace('#', &random.below(4).to_string()));
            text.push(' ');
        }
    }
    text
}
