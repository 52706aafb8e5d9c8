//! The applets that the program at hand has: those of the image's BusyBox, which lists them among its constants, or else
//! those that the bundled guests hold.

use memchr::memmem;
use wcr_sys::fs;

use crate::table;

/// Where Debian's BusyBox 1.35 installs its applets, as its `--list-full` says.
pub const FULL: &str = include_str!("full.txt");

/// How BusyBox's list of names begins: they are in order, each ended by NUL.
const FIRST: &[u8] = b"\0[\0[[\0";

/// The fewest names that make a list: less is a coincidence.
const LEAST: usize = 20;

/// Installation directory and name of every applet, in the order of the names.
#[must_use]
pub fn applets() -> Vec<(Vec<u8>, Vec<u8>)> {
    let program = fs::read_file(b"/proc/self/exe").unwrap_or_default();
    names_of(&program).unwrap_or_else(own).into_iter().map(|name| (directory(&name), name)).collect()
}

fn own() -> Vec<Vec<u8>> {
    table::names().into_iter().map(|(_, name)| name.as_bytes().to_vec()).collect()
}

/// The names in a program's constants.
fn names_of(program: &[u8]) -> Option<Vec<Vec<u8>>> {
    let start = memmem::find(program, FIRST)? + 1;
    let mut names: Vec<Vec<u8>> = Vec::new();
    for name in program.get(start..)?.split(|byte| *byte == 0) {
        let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"[_-".contains(byte));
        if name.is_empty() || !plain || names.last().is_some_and(|last| last.as_slice() >= name) {
            break;
        }
        names.push(name.to_vec());
    }
    (names.len() >= LEAST).then_some(names)
}

/// The directory that an applet is installed in.
fn directory(name: &[u8]) -> Vec<u8> {
    let known = FULL.lines().find_map(|line| {
        let (dir, last) = line.rsplit_once('/').unwrap_or(("", line));
        (last.as_bytes() == name).then(|| dir.as_bytes().to_vec())
    });
    let ours = || table::names().into_iter().find(|(_, ours)| ours.as_bytes() == name);
    known.unwrap_or_else(|| ours().map_or(&b"usr/bin"[..], |(dir, _)| dir.as_bytes()).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_among_the_constants() {
        let list: Vec<String> = ('a'..='z').map(|letter| format!("{letter}x")).collect();
        let program = [b"x\0[\0[[\0".as_slice(), list.join("\0").as_bytes(), b"\0%s: other\0"].concat();
        let names = names_of(&program).unwrap();
        assert_eq!((names.len(), names[0].as_slice(), names[27].as_slice()), (28, &b"["[..], &b"zx"[..]));
        assert_eq!(names_of(b"\0[\0[[\0acpid\0"), None);
    }

    #[test]
    fn directories_are_those_of_the_real_program() {
        assert_eq!((directory(b"ls"), directory(b"ifconfig")), (b"bin".to_vec(), b"sbin".to_vec()));
        assert_eq!((directory(b"linuxrc"), directory(b"nosuch")), (Vec::new(), b"usr/bin".to_vec()));
    }

    /// The guests hold no applet in another place than the real program has it.
    #[test]
    fn the_table_agrees() {
        for (dir, name) in table::names() {
            let real = FULL.lines().find(|line| line.rsplit('/').next() == Some(name));
            if let Some(real) = real {
                let path = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
                assert_eq!(real, path);
            }
        }
    }
}
