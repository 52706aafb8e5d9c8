//! The programs that Debian has beside GNU coreutils, each a file of its own.

use crate::guest::Guest;
use crate::identity::KnownProgram;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whose program it is.
    pub(crate) of: KnownProgram,
    /// Text that only it has among its constants.
    pub(crate) marker: &'static [u8],
    /// The guest that holds it.
    pub(crate) guest: Guest,
}

impl Beside {
    const fn new(name: &'static str, of: KnownProgram, guest: Guest, marker: &'static [u8]) -> Self {
        Self { name, of, marker, guest }
    }
}

/// Those that guests hold, sorted.
pub(crate) const PROGRAMS: &[Beside] = &[
    Beside::new("cmp", KnownProgram::Diffutils, Guest::Debian, b"Compare two files byte by byte."),
    Beside::new("diff", KnownProgram::Diffutils, Guest::Debian, b"Compare FILES line by line."),
    Beside::new("find", KnownProgram::Findutils, Guest::Gnu, b"Usage: %s [-H] [-L] [-P]"),
    Beside::new("grep", KnownProgram::Grep, Guest::Gnu, b"[OPTION]... PATTERNS [FILE]..."),
    Beside::new("gzip", KnownProgram::Gzip, Guest::Debian, b"in GZIP environment variable"),
    Beside::new("hostname", KnownProgram::Hostname, Guest::Debian, b"you must be root to change the host name"),
    Beside::new("mawk", KnownProgram::Mawk, Guest::Awk, b"MAWK_LONG_OPTIONS"),
    Beside::new("run-parts", KnownProgram::RunParts, Guest::Debian, b"Debian run-parts program"),
    Beside::new("sed", KnownProgram::Sed, Guest::Gnu, b"{script-only-if-no-other-script}"),
    Beside::new("tar", KnownProgram::Tar, Guest::Debian, b"GNU 'tar' saves many files together"),
    Beside::new("xargs", KnownProgram::Findutils, Guest::Gnu, b"COMMAND [INITIAL-ARGS]..."),
];

/// The guest for one of the programs that `program` is.
pub(crate) fn guest_of(program: KnownProgram, name: &[u8]) -> Option<Guest> {
    let is_meant = |beside: &&Beside| beside.of == program && beside.name.as_bytes() == name;
    PROGRAMS.iter().find(is_meant).map(|beside| beside.guest)
}

/// The guest for the program of this name, whosever it is.
pub(crate) fn guest_named(name: &[u8]) -> Option<Guest> {
    PROGRAMS.iter().find(|beside| beside.name.as_bytes() == name).map(|beside| beside.guest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_the_guest() {
        let names: Vec<&str> = PROGRAMS.iter().map(|beside| beside.name).collect();
        let mut held: Vec<&str> = gnu::BESIDE.iter().chain(gnu::DEBIAN).map(|program| program.name).collect();
        held.push(applets::text::awk::mawk::MAWK.name);
        held.sort_unstable();
        assert_eq!(names, held);
        assert_eq!(guest_of(KnownProgram::Grep, b"grep"), Some(Guest::Gnu));
        assert_eq!((guest_of(KnownProgram::Grep, b"ls"), guest_named(b"gzip")), (None, Some(Guest::Debian)));
    }

    /// Debian's files, where they are installed.
    #[test]
    fn real_programs_are_what_their_names_say() {
        for Beside { name, of, .. } in PROGRAMS {
            let Ok(content) = std::fs::read(format!("/usr/bin/{name}")) else { continue };
            if crate::identify(&content).is_some_and(|identity| identity.program == *of) {
                assert_eq!(crate::program_of(&content), Some(*name));
            }
        }
    }
}
