//! Programs of `sed`.

use super::files::{line, operands};
use super::pattern::regex;
use super::quoted;
use crate::fuzz::Random;

pub(super) fn arguments(random: &mut Random) -> String {
    let extended = random.chance(35);
    let mut flags = String::new();
    if extended {
        flags.push_str(["-E ", "-r "][random.below(2)]);
    }
    if random.chance(30) {
        flags.push_str("-n ");
    }
    if random.chance(8) {
        flags.push_str("-s ");
    }
    let count = 1 + random.weighted(&[5, 4, 2, 1]);
    let mut program = String::new();
    let mut labels = 0;
    for _ in 0..count {
        let command = command(random, extended, &mut labels, 0);
        program.push_str(&command);
        program.push('\n');
    }
    format!("{flags}{} {}", quoted(program.trim_end_matches('\n')), operands(random))
}

fn address(random: &mut Random, extended: bool) -> String {
    match random.below(9) {
        0 => "$".into(),
        1 | 2 => (1 + random.below(6)).to_string(),
        3 => format!("{}~{}", random.below(4), random.below(4)),
        4 => format!("\\,{},", regex(random, extended).replace(',', ".")),
        _ => format!("/{}/", regex(random, extended).replace('/', ".")),
    }
}

fn addresses(random: &mut Random, extended: bool) -> String {
    let mut text = match random.below(10) {
        0..=3 => String::new(),
        4..=7 => address(random, extended),
        8 => format!("{},{}", address(random, extended), address(random, extended)),
        _ => format!("{},+{}", address(random, extended), random.below(3)),
    };
    if random.chance(12) {
        text.push('!');
    }
    text
}

fn replacement(random: &mut Random) -> String {
    const PIECES: &[&str] = &["&", "X", "[&]", "\\1", "", "\\&", "\\n", "a/b", "\\t", "-", "\\U&", "é"];
    (0..1 + random.below(2)).map(|_| random.pick(PIECES)).collect::<Vec<_>>().concat().replace('/', "|")
}

fn command(random: &mut Random, extended: bool, labels: &mut usize, depth: usize) -> String {
    let at = addresses(random, extended);
    let body = match random.below(22) {
        0..=7 => {
            let flags = ["", "g", "2", "p", "gp", "I", "2g"][random.weighted(&[5, 4, 2, 2, 1, 1, 1])];
            let mut to = replacement(random);
            let pattern = regex(random, extended).replace('/', ".");
            // A group that there is none of is an error at once, which says little.
            if !pattern.contains('(') {
                to = to.replace("\\1", "");
            }
            format!("s/{pattern}/{to}/{flags}")
        }
        8 => "d".into(),
        9 => "p".into(),
        10 => random.pick(&["n", "N", "D", "P", "N;P;D"]).into(),
        11 => random.pick(&["h", "H", "g", "G", "x"]).into(),
        12 => format!("y/{}/{}/", "abc", ["xyz", "ABC", "bca"][random.below(3)]),
        13 => format!("{}\\\n{}", random.pick(&["a", "i", "c"]), line(random).replace('\\', "")),
        14 => format!("{} {}", random.pick(&["a", "i", "c"]), line(random).replace('\\', "").trim_start()),
        15 => "=".into(),
        16 => random.pick(&["q", "q3", "Q", "l", "z"]).into(),
        17 if depth < 2 => {
            let inner: Vec<String> =
                (0..1 + random.below(2)).map(|_| command(random, extended, labels, depth + 1)).collect();
            format!("{{\n{}\n}}", inner.join("\n"))
        }
        18 if depth == 0 => {
            *labels += 1;
            // Forward only, so that a program ends.
            return format!("{at}b l{labels}\ns/a/A/\n:l{labels}");
        }
        19 if depth == 0 => {
            *labels += 1;
            return format!("s/a/A/\n{at}t l{labels}\ns/b/B/\n:l{labels}");
        }
        20 => "r g".into(),
        _ => format!("s/{}/{}/", random.pick(&["a*", "x*", "b*$", "^"]), random.pick(&["-", "<&>", ""])),
    };
    format!("{at}{body}")
}
