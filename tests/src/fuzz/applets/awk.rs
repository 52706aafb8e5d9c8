//! Programs of `awk`. Powers are not among them: Debian builds BusyBox without mathematics.

use super::files::operands;
use super::pattern::regex;
use super::quoted;
use crate::fuzz::Random;

pub(super) fn arguments(random: &mut Random) -> String {
    let mut flags = String::new();
    if random.chance(30) {
        flags.push_str(&format!("-F {} ", quoted(random.pick(&[":", ",", " ", "\t", "[ab]", "a", "x*"]))));
    }
    if random.chance(20) {
        flags.push_str("-v v=3 ");
    }
    let rules: Vec<String> = (0..1 + random.below(3)).map(|_| rule(random)).collect();
    format!("{flags}{} {}", quoted(&rules.join("\n")), operands(random))
}

fn rule(random: &mut Random) -> String {
    let pattern = match random.below(8) {
        0 => "BEGIN".into(),
        1 => "END".into(),
        2 => format!("/{}/", regex(random, true).replace('/', ".")),
        3 => format!("NR == {}, NR == {}", random.below(4), random.below(6)),
        4 => expression(random, 2),
        _ => String::new(),
    };
    let statements: Vec<String> = (0..1 + random.below(3)).map(|_| statement(random, 0)).collect();
    format!("{pattern} {{ {} }}", statements.join("; "))
}

fn statement(random: &mut Random, depth: usize) -> String {
    let nested = |random: &mut Random| statement(random, depth + 1);
    match random.below(if depth < 2 { 16 } else { 7 }) {
        0 | 1 => format!("print {}", expression(random, 0)),
        2 => format!("print {}, {}", expression(random, 1), expression(random, 1)),
        3 => format!("{} = {}", variable(random), expression(random, 0)),
        4 => format!(
            "printf \"{}\\n\", {}, {}",
            FORMATS[random.below(FORMATS.len())],
            expression(random, 1),
            expression(random, 1)
        ),
        5 => format!("{} {} {}", variable(random), random.pick(&["+=", "-=", "*=", "%="]), 1 + random.below(4)),
        6 => random
            .pick(&[
                "next",
                "print",
                "$2 = \"Z\"; print",
                "NF = 2; print",
                "print NF, NR, FNR",
                "n = split($0, p, /[ab]/); print n, p[1], p[2]",
            ])
            .into(),
        7 | 8 => format!("if ({}) {}; else {}", expression(random, 1), nested(random), nested(random)),
        9 => format!("for (i = 0; i < {}; i++) {}", random.below(4), nested(random)),
        10 => format!("k[{}]++; print length(k), k[{}]", expression(random, 1), expression(random, 1)),
        11 => format!("print gsub(/{}/, \"<&>\"), $0", regex(random, true).replace('/', ".")),
        12 => format!("sub(/{}/, \"\\\\&-\", $1); print", regex(random, true).replace('/', ".")),
        13 => format!(
            "if (match($0, /{}/)) print RSTART, RLENGTH, substr($0, RSTART, RLENGTH)",
            regex(random, true).replace('/', ".")
        ),
        14 => format!("j = {}; while (j-- > 0) {}", random.below(4), nested(random)),
        _ => format!("s = s {}; print s", expression(random, 1)),
    }
}

const FORMATS: &[&str] = &["%s %s", "%d %5d", "%x %o", "%c|%s", "%5.2f %e", "%-5s|%5s", "%i %g", "%05d %+d", "%.2s|%s"];

fn variable(random: &mut Random) -> &'static str {
    random.pick(&["x", "y", "$1", "$2", "$3", "m[\"a\"]", "NF", "OFS", "v"])
}

fn expression(random: &mut Random, depth: usize) -> String {
    const LEAVES: &[&str] = &[
        "$0",
        "$1",
        "$2",
        "$NF",
        "NF",
        "NR",
        "x",
        "y",
        "v",
        "1",
        "2",
        "0",
        "-1",
        "1.5",
        "\"a\"",
        "\"10\"",
        "\"\"",
        "\"abc\"",
        "1e3",
        "\"0x1f\"",
        "length()",
        "m[\"a\"]",
        "$3",
        "100000000000",
        "0.1",
        "\"1x\"",
    ];
    if depth >= 3 || random.chance(35) {
        return random.pick(LEAVES).to_owned();
    }
    let sub = |random: &mut Random| expression(random, depth + 1);
    match random.below(14) {
        0..=3 => {
            let operator = random.pick(&["+", "-", "*", "%", " ", "<", "==", "!=", ">=", "&&", "||"]);
            format!("({} {operator} {})", sub(random), sub(random))
        }
        4 => format!("({} / {})", sub(random), 1 + random.below(7)),
        5 => format!("({} ~ /{}/)", sub(random), regex(random, true).replace('/', ".")),
        6 => format!("substr({}, {}, {})", sub(random), random.below(4), random.below(5)),
        7 => format!("index({}, \"a\")", sub(random)),
        8 => format!("length({})", sub(random)),
        9 => format!("{}({})", random.pick(&["toupper", "tolower", "int"]), sub(random)),
        10 => format!("({} ? {} : {})", sub(random), sub(random), sub(random)),
        11 => format!("sprintf(\"{}\", {}, {})", FORMATS[random.below(FORMATS.len())], sub(random), sub(random)),
        12 => format!("{}{}", random.pick(&["!", "-", "+"]), sub(random)),
        _ => format!("({} in m)", random.pick(LEAVES)),
    }
}
