//! The programs that Debian has beside GNU coreutils, each a file of its own.

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
}

/// Those that the guest [`crate::Guest::Gnu`] holds, sorted.
pub(crate) const PROGRAMS: &[Beside] = &[
    Beside { name: "find", of: KnownProgram::Findutils, marker: b"Usage: %s [-H] [-L] [-P]" },
    Beside { name: "grep", of: KnownProgram::Grep, marker: b"[OPTION]... PATTERNS [FILE]..." },
    Beside { name: "sed", of: KnownProgram::Sed, marker: b"{script-only-if-no-other-script}" },
    Beside { name: "xargs", of: KnownProgram::Findutils, marker: b"COMMAND [INITIAL-ARGS]..." },
];

/// Whether a file that is `program` is one of several, of which this is one.
pub(crate) fn is_one_of(program: KnownProgram, name: &[u8]) -> bool {
    PROGRAMS.iter().any(|beside| beside.of == program && beside.name.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_the_guest() {
        let names: Vec<&str> = PROGRAMS.iter().map(|beside| beside.name).collect();
        let mut held: Vec<&str> = gnu::BESIDE.iter().map(|program| program.name).collect();
        held.sort_unstable();
        assert_eq!(names, held);
        assert!(is_one_of(KnownProgram::Grep, b"grep") && !is_one_of(KnownProgram::Grep, b"ls"));
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
