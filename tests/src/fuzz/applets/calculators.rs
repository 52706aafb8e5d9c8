//! Programs for the calculators.

use super::quoted;
use crate::fuzz::Random;

const NUMBERS: &[&str] =
    &["0", "1", "2", "3", "10", "255", "1.5", ".25", "12.340", "A", "FF", "99999999999", "1000000"];

fn operand(random: &mut Random, depth: usize) -> String {
    match random.weighted(&[8, 4, 2, if depth > 0 { 4 } else { 0 }]) {
        0 => random.pick(NUMBERS).into(),
        1 => random.pick(&["x", "y", "a[1]", "last", "scale", "f(3)"]).into(),
        2 => format!("-{}", random.pick(NUMBERS)),
        _ => format!("({})", expression(random, depth - 1)),
    }
}

fn expression(random: &mut Random, depth: usize) -> String {
    let mut text = operand(random, depth);
    for _ in 0..random.weighted(&[3, 4, 2]) {
        // Powers only of what stays small.
        let sign = random.pick(&["+", "-", "*", "/", "%", "<", "==", "!=", ">=", "&&", "||"]);
        text.push_str(&format!(" {sign} {}", operand(random, depth)));
    }
    text
}

fn statement(random: &mut Random) -> String {
    let value = expression(random, 2);
    match random.below(12) {
        0 => format!("x = {value}"),
        1 => format!("y {} {value}", random.pick(&["+=", "-=", "*=", "/="])),
        2 => format!("a[1] = {value}"),
        3 => format!("if ({value}) x else y"),
        4 => format!("for (i = 0; i < 3; i++) {{ i; {value} }}"),
        5 => format!("scale = {}", random.below(12)),
        6 => format!("obase = {}", ["2", "8", "10", "16", "20"][random.below(5)]),
        7 => format!("sqrt({}); length({value}); scale({value})", random.pick(NUMBERS)),
        8 => format!("print \"v \", {value}, \"\\n\""),
        9 => random
            .pick(&["x++; --y", "2 ^ 10", "1.5 ^ 3", "2 ^ -3", "x = 1 +", "1 $ 2", "(1", "define", "\"text\""])
            .into(),
        _ => value,
    }
}

pub(super) fn bc(random: &mut Random) -> String {
    let mut program = String::from("define f(n) { if (n < 2) return (1); return (n * f(n - 1)) }\n");
    for _ in 0..1 + random.below(5) {
        program.push_str(&statement(random));
        program.push('\n');
    }
    let flags = ["", "-l ", "-s ", "-w "][random.weighted(&[8, 1, 1, 1])];
    match random.below(3) {
        0 => format!("{flags}< /dev/null; printf %s {} > p; bc {flags}p < /dev/null", quoted(&program)),
        _ => format!("{flags}< /dev/null; printf %s {} | bc {flags}", quoted(&program)),
    }
}

pub(super) fn dc(random: &mut Random) -> String {
    const WORDS: &[&str] = &[
        "+", "-", "*", "/", "%", "~", "|", "v", "p", "n", "P", "f", "c", "d", "r", "k", "i", "o", "z", "Z", "X", "K",
        "sa", "la", "Sa", "La", "2:b", "2;b", "[1 p]x", "[5p]sm", "1 2 <m", "2 1 !<m", "1 1 =men", "N", "(", "{", "G",
        "R", "a", "q", "# c", "\n", "w", "e", "]", "10o", "16i",
    ];
    let mut program = String::new();
    for _ in 0..2 + random.below(14) {
        let word = if random.chance(45) { random.pick(NUMBERS) } else { random.pick(WORDS) };
        program.push_str(word);
        program.push(' ');
    }
    match random.below(3) {
        0 => format!("-e {}", quoted(&program)),
        1 => format!("-e 1 > /dev/null; printf %s {} > p; dc p", quoted(&program)),
        _ => format!("-e 1 > /dev/null; printf %s {} | dc", quoted(&program)),
    }
}
