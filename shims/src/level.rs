//! How far a stand-in goes: in full, in part, not at all.

use crate::beside;
use crate::coreutils;
use crate::guest::{Guest, guest_of};

/// The applets of Debian's BusyBox 1.35, with the directories that it installs them in.
const KNOWN: &str = include_str!("../../guests/applets/src/full.txt");

/// The applets that the default configuration of BusyBox 1.35 has beside those, as in the image of Docker Hub.
const UPSTREAM: &str = include_str!("upstream.txt");

/// Each applet's score in the corpus: its name, how many of its cases pass, how many there are. Written by
/// `cargo xtask fidelity --bless`, by which no number of passed cases falls.
pub const SCORES: &str = include_str!("scores.txt");

/// What an applet that is there lacks, as its own file says.
const MISSING: &str = include_str!("missing.txt");

/// The scores of the programs of GNU coreutils.
const GNU_SCORES: &str = include_str!("gnu-scores.txt");

/// What a program of GNU coreutils that is there lacks, as its own file says.
const GNU_MISSING: &str = include_str!("gnu-missing.txt");

/// How an applet is stood in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// Nothing is known to be missing, and all its cases in the corpus pass.
    Full,
    /// This is missing.
    Partial(String),
    /// No guest holds it.
    Absent,
}

/// The score of dash.
const DASH_SCORES: &str = include_str!("dash-scores.txt");

/// The score of bash.
const BASH_SCORES: &str = include_str!("bash-scores.txt");

/// What is missing of bash, as its guest's own file says.
const BASH_MISSING: &str = include_str!("../../guests/sh/src/bash/missing.txt");

/// A line of the table of applets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The applet's name.
    pub applet: &'static str,
    /// The guest that holds it.
    pub guest: Option<Guest>,
    /// How far it goes.
    pub level: Level,
    /// How many of its cases in the corpus pass, and how many there are.
    pub score: (usize, usize),
}

/// The score of an applet in the last run of the corpus.
#[must_use]
pub fn score(applet: &str) -> (usize, usize) {
    score_in(SCORES, applet)
}

fn score_in(scores: &str, applet: &str) -> (usize, usize) {
    let line = scores.lines().find_map(|line| line.strip_prefix(applet)?.strip_prefix(' '));
    let mut numbers = line.unwrap_or_default().split(' ').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// All applets that BusyBox has or a guest holds, in the order of their names.
#[must_use]
pub fn standings() -> Vec<Standing> {
    let known = KNOWN.lines().chain(UPSTREAM.lines()).map(|line| line.rsplit('/').next().unwrap_or(line));
    let mut names: Vec<&'static str> = known.chain(Guest::ALL.into_iter().flat_map(Guest::applets).copied()).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(standing).collect()
}

/// All programs of GNU coreutils, in the order of their names.
#[must_use]
pub fn gnu_standings() -> Vec<Standing> {
    let guest = |name: &str| coreutils::is_there(name.as_bytes()).then_some(Guest::Gnu);
    coreutils::KNOWN.iter().map(|name| judged(name, guest(name), GNU_MISSING, score_in(GNU_SCORES, name))).collect()
}

/// The programs that Debian has beside coreutils and that are stood in for, in the order of their names.
#[must_use]
pub fn beside_standings() -> Vec<Standing> {
    let judge = |it: &beside::Beside| judged(it.name, Some(it.guest), GNU_MISSING, score_in(GNU_SCORES, it.name));
    beside::PROGRAMS.iter().map(judge).collect()
}

/// Debian's dash, which the shell's guest stands in for, too.
#[must_use]
pub fn dash_standing() -> Standing {
    judged("dash", Some(Guest::Shell), "", score_in(DASH_SCORES, "dash"))
}

/// GNU bash, likewise.
#[must_use]
pub fn bash_standing() -> Standing {
    judged("bash", Some(Guest::Shell), BASH_MISSING, score_in(BASH_SCORES, "bash"))
}

fn standing(applet: &'static str) -> Standing {
    judged(applet, guest_of(applet.as_bytes()), MISSING, score(applet))
}

fn judged(applet: &'static str, guest: Option<Guest>, missing: &str, score: (usize, usize)) -> Standing {
    let missing = missing.lines().find_map(|line| line.strip_prefix(applet)?.strip_prefix(": "));
    let level = match (guest, missing, score) {
        (None, ..) => Level::Absent,
        (_, Some(text), _) => Level::Partial(text.to_owned()),
        (_, None, (passed, cases)) if passed < cases => {
            Level::Partial(format!("{} of {cases} cases of the corpus end otherwise", cases - passed))
        }
        _ => Level::Full,
    };
    Standing { applet, guest, level, score }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_guests_and_the_scores() {
        let all = standings();
        let level =
            |name: &str| all.iter().find(|standing| standing.applet == name).map(|standing| standing.level.clone());
        assert_eq!(level("echo"), Some(Level::Full));
        assert_eq!(level("nosuch"), None);
        assert!(all.iter().all(|standing| (standing.level == Level::Absent) == standing.guest.is_none()));
        assert!(all.is_sorted_by_key(|standing| standing.applet));
    }

    /// What the applets say that they lack is what is listed here.
    #[test]
    fn what_is_missing_is_what_the_applets_say() {
        let tables = applets::table::all();
        let mut lines: Vec<String> = tables
            .filter(|applet| !applet.missing.is_empty())
            .map(|applet| format!("{}: {}\n", applet.name, applet.missing))
            .collect();
        lines.sort();
        assert_eq!(lines.concat(), MISSING, "shims/src/missing.txt");
    }

    #[test]
    fn what_is_missing_of_coreutils_is_what_the_programs_say() {
        let lines: String = gnu::PROGRAMS
            .iter()
            .copied()
            .chain([gnu::BESIDE, gnu::DEBIAN])
            .flatten()
            .filter(|program| !program.missing.is_empty())
            .map(|program| (program.name, program.missing))
            .chain([("mawk", applets::text::awk::mawk::MISSING)])
            .collect::<std::collections::BTreeMap<_, _>>()
            .into_iter()
            .map(|(name, missing)| format!("{name}: {missing}\n"))
            .collect();
        assert_eq!(lines, GNU_MISSING, "shims/src/gnu-missing.txt");
        assert!(gnu_standings().iter().any(|standing| standing.applet == "ls" && standing.guest == Some(Guest::Gnu)));
    }
}
