//! Rules without exceptions.

use super::source::{Source, all};

/// The crates that are the same system natively and in a browser.
const KERNEL_SIDE: [&str; 6] = [
    "runtime/wcr-abi/",
    "runtime/wcr-vfs/",
    "runtime/wcr-kernel/",
    "runtime/wcr-wasi/",
    "runtime/wcr-image/",
    "runtime/wcr-machine/",
];

/// What the kernel side gets passed in and never asks for: files, network, clocks, randomness, environment.
const HOST: [&str; 12] = [
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "getrandom",
    "std::os",
];

/// Calls of one operating system, which belong into a module named for it.
const SYSTEM: [&str; 5] = ["std::os::unix", "std::os::linux", "std::os::windows", "libc::", "rustix::"];

/// Fails with all places that break a rule.
#[track_caller]
fn none(rule: &str, places: Vec<String>) {
    assert!(places.is_empty(), "{rule}:\n{}", places.join("\n"));
}

/// The lines of `text` that `breaks` holds for, as `PATH:LINE: LINE`.
fn lines<'a>(path: &'a str, text: &'a str, breaks: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = String> + 'a {
    text.lines()
        .enumerate()
        .filter(move |(_, line)| breaks(line))
        .map(move |(number, line)| format!("{path}:{}: {}", number + 1, line.trim()))
}

/// The places in all sources where a line breaks a rule.
fn places(view: impl Fn(&Source) -> &str, breaks: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    all()
        .iter()
        .flat_map(|source| lines(&source.path, view(source), |line| breaks(source, line)).collect::<Vec<_>>())
        .collect()
}

#[test]
fn no_unfinished_work() {
    // Built from halves, or this file would name itself.
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X:"].concat()];
    let calls = ["todo!", "unimplemented!", "dbg!"];
    let marked = places(|source| &source.text, |_, line| marks.iter().any(|mark| line.contains(mark.as_str())));
    let called = places(|source| &source.code, |_, line| calls.iter().any(|call| line.contains(call)));
    none("unfinished work", [marked, called].concat());
}

#[test]
fn each_exception_from_a_lint_has_a_reason() {
    let found = all()
        .into_iter()
        .flat_map(|source| {
            let text = source.code.clone();
            let starts: Vec<usize> = ["[allow(", "[expect("]
                .iter()
                .flat_map(|mark| text.match_indices(mark).map(|(at, _)| at).collect::<Vec<_>>())
                .collect();
            starts.into_iter().filter_map(move |at| {
                let end = text[at..].find(']').map_or(text.len(), |length| at + length);
                let line = text[..at].lines().count();
                (!text[at..end].contains("reason")).then(|| format!("{}:{line}", source.path))
            })
        })
        .collect();
    none("an exception from a lint without a reason", found);
}

#[test]
fn each_file_says_what_it_is() {
    let found = all()
        .into_iter()
        .filter(|source| {
            !source.product.is_empty() && !source.text.starts_with("//!") && !source.text.starts_with("///")
        })
        .map(|source| source.path)
        .collect();
    none("a file that does not begin with a doc comment", found);
}

#[test]
fn no_file_is_a_drawer() {
    let drawers = ["utils.rs", "util.rs", "helpers.rs", "helper.rs", "misc.rs", "common.rs"];
    let found = all()
        .into_iter()
        .map(|source| source.path)
        .filter(|path| drawers.iter().any(|drawer| path.rsplit('/').next() == Some(drawer)))
        .collect();
    none("a file named for nothing", found);
}

#[test]
fn the_kernel_side_asks_nothing_of_the_host() {
    let found = places(
        |source| &source.product,
        |source, line| {
            KERNEL_SIDE.iter().any(|folder| source.path.starts_with(folder))
                && HOST.iter().any(|name| contains_word(line, name))
        },
    );
    none("the kernel side names the host", found);
}

#[test]
fn the_kernel_side_forbids_unsafe_code() {
    let found = all()
        .into_iter()
        .filter(|source| KERNEL_SIDE.iter().any(|folder| source.path == format!("{folder}src/lib.rs")))
        .filter(|source| !source.code.contains("#![forbid(unsafe_code)]"))
        .map(|source| source.path)
        .collect();
    none("no #![forbid(unsafe_code)]", found);
}

#[test]
fn calls_of_one_system_stand_in_a_module_named_for_it() {
    let found = places(
        |source| &source.product,
        |source, line| {
            let named = ["unix", "linux", "windows"]
                .iter()
                .any(|system| source.path.split(['/', '_', '.']).any(|part| part == *system));
            !named && SYSTEM.iter().any(|name| contains_word(line, name))
        },
    );
    none("a call of one operating system", found);
}

/// Whether `name` occurs and is not the end of a longer name.
fn contains_word(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        let in_word = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !in_word(before) && (name.ends_with(':') || !in_word(after))
    })
}
