//! Random command lines of applets and random input for them, as scripts of shell.
//!
//! A script makes files, then calls one applet a few times; after each call it prints the exit code.

mod awk;
mod bytes;
mod calculators;
mod files;
mod lines;
mod pattern;
mod sed;
mod values;

use super::Random;
use super::shell::{Mode, Script};

/// Makes the arguments of one call.
type Arguments = fn(&mut Random) -> String;

/// The applets that there is a grammar for, each with it.
const GRAMMARS: &[(&str, Arguments)] = &[
    ("awk", awk::arguments),
    ("base64", bytes::base64),
    ("basename", values::basename),
    ("bc", calculators::bc),
    ("cal", values::cal),
    ("cat", lines::cat),
    ("cmp", bytes::cmp),
    ("comm", lines::comm),
    ("crc32", bytes::sums),
    ("cut", lines::cut),
    ("date", values::date),
    ("dc", calculators::dc),
    ("dd", bytes::dd),
    ("diff", lines::diff),
    ("dirname", values::dirname),
    ("dos2unix", lines::dos2unix),
    ("ed", lines::ed),
    ("egrep", pattern::egrep),
    ("expand", lines::expand),
    ("expr", values::expr),
    ("factor", values::factor),
    ("fold", lines::fold),
    ("getopt", values::getopt),
    ("grep", pattern::grep),
    ("head", lines::head),
    ("hexdump", bytes::hexdump),
    ("ipcalc", values::ipcalc),
    ("md5sum", bytes::sums),
    ("nl", lines::nl),
    ("od", bytes::od),
    ("paste", lines::paste),
    ("patch", lines::patch),
    ("printf", values::printf),
    ("rev", lines::rev),
    ("sed", sed::arguments),
    ("seq", values::seq),
    ("sha1sum", bytes::sums),
    ("sha3sum", bytes::sums),
    ("shuf", lines::shuf),
    ("sort", lines::sort),
    ("split", lines::split),
    ("strings", bytes::strings),
    ("tac", lines::tac),
    ("tail", lines::tail),
    ("tee", lines::tee),
    ("test", values::test),
    ("tr", lines::tr),
    ("unexpand", lines::unexpand),
    ("uniq", lines::uniq),
    ("uuencode", bytes::uuencode),
    ("wc", lines::wc),
    ("xargs", values::xargs),
    ("xxd", bytes::xxd),
];

/// How many calls a script has.
const CALLS: usize = 4;

/// The names of the applets that there is a grammar for.
pub fn names() -> impl Iterator<Item = &'static str> {
    GRAMMARS.iter().map(|(name, _)| *name)
}

/// The script of this seed, for one applet; without a name all take their turns.
///
/// # Panics
/// There is no grammar for the name; see [`names`].
pub fn script(name: Option<&str>, seed: u64) -> Script {
    let (name, arguments) = match name {
        Some(name) => *GRAMMARS.iter().find(|(known, _)| *known == name).expect("a grammar of this name"),
        None => GRAMMARS[(seed % GRAMMARS.len() as u64) as usize],
    };
    let mut random = Random::new(seed);
    let mut text = files::make(&mut random);
    for _ in 0..CALLS {
        text.push_str(&format!("{name} {}\necho \"= $?\"\n", arguments(&mut random)));
    }
    Script { mode: Mode::File, text }
}

/// A word in single quotes, as the shell reads it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Options out of a list, each with the chance of one in four; `#` in one becomes a small number.
fn options(random: &mut Random, list: &[&str]) -> String {
    let mut text = String::new();
    for option in list {
        if random.chance(25) {
            let bound = random_bound(random);
            let number = random.below(bound).to_string();
            text.push_str(&option.replace('#', &number));
            text.push(' ');
        }
    }
    text
}

/// Mostly small numbers, sometimes larger ones.
fn random_bound(random: &mut Random) -> usize {
    [4, 12, 100][random.weighted(&[5, 3, 1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_script() {
        for name in names() {
            let text = script(Some(name), 7).text;
            assert_eq!(script(Some(name), 7).text, text);
            assert_eq!(text.matches("echo \"= $?\"").count(), CALLS, "{name}");
        }
        assert_ne!(script(Some("sed"), 1).text, script(Some("sed"), 2).text);
    }
}
