//! Docker's longer spellings of commands: `container run`, `image ls`, `system df`, `help run`.

use std::ffi::OsString;

/// The commands of docker's groups that have another name here.
const RENAMED: [(&str, &str, &str); 10] = [
    ("container", "list", "ps"),
    ("container", "ls", "ps"),
    ("container", "remove", "rm"),
    ("image", "list", "list"),
    ("image", "ls", "list"),
    ("image", "remove", "rmi"),
    ("image", "rm", "rmi"),
    ("system", "df", "df"),
    ("system", "info", "info"),
    ("system", "prune", "prune"),
];

/// The groups' commands that are called as they are.
const SAME: [(&str, &[&str]); 3] = [
    (
        "container",
        &[
            "attach", "commit", "cp", "create", "diff", "exec", "export", "kill", "logs", "pause", "port", "rename",
            "restart", "rm", "run", "start", "stats", "stop", "top", "unpause", "wait",
        ],
    ),
    ("image", &["history", "import", "load", "prune", "pull", "push", "save", "tag"]),
    ("system", &["events"]),
];

/// A command line, the program's name included, with the group left out, and with `help COMMAND` as `COMMAND --help`.
pub(crate) fn plain(mut line: Vec<OsString>) -> Vec<OsString> {
    let word = |at: usize| line.get(at).and_then(|word| word.to_str()).unwrap_or_default();
    let (group, command) = (word(1), word(2));
    if group == "help" {
        line.remove(1);
        line.truncate(2);
        line.push("--help".into());
        return line;
    }
    let renamed = RENAMED.iter().find(|(of, name, _)| (*of, *name) == (group, command)).map(|(.., name)| *name);
    let same = || SAME.iter().find(|(of, _)| *of == group)?.1.iter().find(|name| **name == command).copied();
    if let Some(name) = renamed.or_else(same) {
        line.splice(1..3, [name.into()]);
    } else if matches!((group, command), ("container" | "image", "inspect")) {
        let kind = group.into();
        line.splice(1..3, ["inspect".into(), "--type".into(), kind]);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_left_out() {
        for (typed, meant) in [
            (&["container", "run", "-it", "x"][..], &["run", "-it", "x"][..]),
            (&["container", "ls", "-a"], &["ps", "-a"]),
            (&["container", "rm", "x"], &["rm", "x"]),
            (&["image", "rm", "x"], &["rmi", "x"]),
            (&["image", "inspect", "x"], &["inspect", "--type", "image", "x"]),
            (&["system", "df"], &["df"]),
            (&["help", "run", "more"], &["run", "--help"]),
            (&["help"], &["--help"]),
            (&["image", "build"], &["image", "build"]),
            (&["run", "container", "ls"], &["run", "container", "ls"]),
            (&["container"], &["container"]),
            (&[], &[]),
        ] {
            let line = |words: &[&str]| ["wcr"].iter().chain(words).map(OsString::from).collect::<Vec<_>>();
            assert_eq!(plain(line(typed)), line(meant), "{typed:?}");
        }
    }
}
