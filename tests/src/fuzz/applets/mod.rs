//! Random command lines of applets and random input for them, as scripts of shell.
//!
//! A script makes files, then calls one applet a few times; after each call it prints the exit code.

mod awk;
mod bytes;
mod calculators;
mod files;
mod filetools;
mod lines;
mod pattern;
mod sed;
mod trees;
mod values;

use super::Random;
use super::shell::{Mode, Script};
use trees::Tree;

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

/// Makes the arguments of one call that works on a tree.
type TreeArguments = fn(&mut Random, &Tree) -> String;

/// The applets that there is a grammar for as tools of trees, each with it.
const TREE_GRAMMARS: &[(&str, TreeArguments)] = &[
    ("ar", filetools::ar),
    ("bzip2", filetools::bzip2),
    ("cat", filetools::reading),
    ("chgrp", filetools::chgrp),
    ("chmod", filetools::chmod),
    ("chown", filetools::chown),
    ("cp", filetools::cp),
    ("cpio", filetools::cpio),
    ("diff", filetools::diff),
    ("du", filetools::du),
    ("find", filetools::find),
    ("grep", filetools::grep),
    ("gunzip", filetools::gunzip),
    ("gzip", filetools::gzip),
    ("head", filetools::reading),
    ("install", filetools::install),
    ("link", filetools::link),
    ("ln", filetools::ln),
    ("ls", filetools::ls),
    ("md5sum", filetools::checking),
    ("mkdir", filetools::mkdir),
    ("mkfifo", filetools::mkfifo),
    ("mv", filetools::mv),
    ("od", filetools::reading),
    ("readlink", filetools::readlink),
    ("realpath", filetools::realpath),
    ("rm", filetools::rm),
    ("rmdir", filetools::rmdir),
    ("run-parts", filetools::runparts),
    ("shred", filetools::shred),
    ("stat", filetools::stat),
    ("tac", filetools::reading),
    ("tail", filetools::reading),
    ("tar", filetools::tar),
    ("test", filetools::tests),
    ("touch", filetools::touch),
    ("truncate", filetools::truncate),
    ("unlink", filetools::unlink),
    ("wc", filetools::reading),
    ("xz", filetools::reading),
];

/// How many calls a script has.
const CALLS: usize = 4;

/// The names of the applets that there is a grammar for.
pub fn names() -> impl Iterator<Item = &'static str> {
    let lines = GRAMMARS.iter().map(|(name, _)| *name);
    lines.chain(TREE_GRAMMARS.iter().map(|(name, _)| *name))
}

/// The script of this seed, for one applet; without a name all take their turns.
///
/// # Panics
/// There is no grammar for the name; see [`names`].
pub fn script(name: Option<&str>, seed: u64) -> Script {
    let count = GRAMMARS.len() + TREE_GRAMMARS.len();
    let fits = |number: &usize| match name {
        Some(name) => names().nth(*number) == Some(name),
        None => *number == (seed % count as u64) as usize,
    };
    let fitting: Vec<usize> = (0..count).filter(fits).collect();
    // Some have two grammars.
    let number = *fitting.get((seed % fitting.len().max(1) as u64) as usize).expect("a grammar of this name");
    let mut random = Random::new(seed);
    let text = match TREE_GRAMMARS.get(number.wrapping_sub(GRAMMARS.len())) {
        Some((name, arguments)) => {
            let (tree, mut text) = Tree::make(&mut random);
            calls(&mut text, name, || arguments(&mut random, &tree));
            text + trees::TELL
        }
        None => {
            let (name, arguments) = GRAMMARS[number];
            let mut text = files::make(&mut random);
            calls(&mut text, name, || arguments(&mut random));
            text
        }
    };
    Script { mode: Mode::File, text }
}

fn calls(text: &mut String, name: &str, mut arguments: impl FnMut() -> String) {
    for _ in 0..CALLS {
        text.push_str(&format!("{name} {}\necho \"= $?\"\n", arguments()));
    }
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
