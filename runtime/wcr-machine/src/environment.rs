//! The environment of a container's first process.

/// The `PATH` of a container whose image sets none.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A variable to set, or one to remove, as `--env` asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvChange {
    /// The variable's name.
    pub name: Vec<u8>,
    /// Its value; `None` removes it.
    pub value: Option<Vec<u8>>,
}

/// The environment, each `NAME=VALUE`, in the order that Docker gives it: `PATH` and `HOSTNAME`, `TERM` with a
/// terminal, what the user sets, what the image sets, and at last `HOME` unless one of them had it.
#[must_use]
pub fn environment(image: &[String], changes: &[EnvChange], hostname: &str, tty: bool, home: &[u8]) -> Vec<Vec<u8>> {
    let mut env: Vec<Vec<u8>> = vec![join(b"PATH", DEFAULT_PATH.as_bytes()), join(b"HOSTNAME", hostname.as_bytes())];
    if tty {
        env.push(join(b"TERM", b"xterm"));
    }
    for change in changes {
        env.retain(|entry| change.value.is_some() || name_of(entry) != change.name);
        if let Some(value) = &change.value {
            set(&mut env, join(&change.name, value));
        }
    }
    for entry in image.iter().map(|entry| entry.as_bytes()) {
        if !changes.iter().any(|change| change.name == name_of(entry)) {
            set(&mut env, entry.to_vec());
        }
    }
    if !env.iter().any(|entry| name_of(entry) == b"HOME") && !changes.iter().any(|change| change.name == b"HOME") {
        env.push(join(b"HOME", home));
    }
    env
}

/// Puts `entry` in the place of the one with the same name, or at the end.
fn set(env: &mut Vec<Vec<u8>>, entry: Vec<u8>) {
    match env.iter_mut().find(|known| name_of(known) == name_of(&entry)) {
        Some(known) => *known = entry,
        None => env.push(entry),
    }
}

fn join(name: &[u8], value: &[u8]) -> Vec<u8> {
    [name, b"=", value].concat()
}

fn name_of(entry: &[u8]) -> &[u8] {
    entry.split(|byte| *byte == b'=').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(image: &[&str], changes: &[(&str, Option<&str>)]) -> Vec<String> {
        let image: Vec<String> = image.iter().map(|&entry| entry.to_owned()).collect();
        let change = |&(name, value): &(&str, Option<&str>)| EnvChange {
            name: name.into(),
            value: value.map(|value| value.as_bytes().to_vec()),
        };
        let changes: Vec<_> = changes.iter().map(change).collect();
        let env = environment(&image, &changes, "box", false, b"/root");
        env.into_iter().map(|entry| String::from_utf8(entry).unwrap()).collect()
    }

    #[test]
    fn defaults_come_first_and_home_last() {
        let path = format!("PATH={DEFAULT_PATH}");
        assert_eq!(run(&[], &[]), [path.as_str(), "HOSTNAME=box", "HOME=/root"]);
        assert_eq!(run(&["A=1", "PATH=/bin"], &[]), ["PATH=/bin", "HOSTNAME=box", "A=1", "HOME=/root"]);
        assert_eq!(run(&["HOME=/h", "PATH=/"], &[]), ["PATH=/", "HOSTNAME=box", "HOME=/h"]);
    }

    #[test]
    fn what_the_user_says_wins() {
        let image = ["PATH=/bin", "A=1", "B=2=3"];
        assert_eq!(
            run(&image, &[("C", Some("x=y")), ("A", Some(""))]),
            ["PATH=/bin", "HOSTNAME=box", "C=x=y", "A=", "B=2=3", "HOME=/root"]
        );
        assert_eq!(run(&image, &[("A", None), ("HOSTNAME", None)]), ["PATH=/bin", "B=2=3", "HOME=/root"]);
        assert_eq!(run(&image, &[("HOME", None)]), ["PATH=/bin", "HOSTNAME=box", "A=1", "B=2=3"]);
        assert_eq!(run(&image, &[("A", None), ("A", Some("9"))])[2], "A=9");
    }
}
