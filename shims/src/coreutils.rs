//! The programs of GNU coreutils: which of them there are, and which one a file is.

use memchr::memmem;

use crate::beside::{self, Beside};
use crate::elf::Elf;

/// The programs that the guest [`crate::Guest::Gnu`] holds, sorted.
const PROGRAMS: &[&str] = &[
    "[",
    "arch",
    "b2sum",
    "base32",
    "base64",
    "basename",
    "basenc",
    "cat",
    "chcon",
    "chgrp",
    "chmod",
    "chown",
    "chroot",
    "cksum",
    "comm",
    "cp",
    "csplit",
    "cut",
    "date",
    "dd",
    "df",
    "dir",
    "dircolors",
    "dirname",
    "du",
    "echo",
    "env",
    "expand",
    "expr",
    "factor",
    "false",
    "fmt",
    "fold",
    "groups",
    "head",
    "hostid",
    "hostname",
    "id",
    "install",
    "join",
    "link",
    "ln",
    "logname",
    "ls",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "mv",
    "nice",
    "nl",
    "nohup",
    "nproc",
    "numfmt",
    "od",
    "paste",
    "pathchk",
    "pinky",
    "pr",
    "printenv",
    "printf",
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "runcon",
    "seq",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "shred",
    "shuf",
    "sleep",
    "sort",
    "split",
    "stat",
    "stdbuf",
    "stty",
    "sum",
    "sync",
    "tac",
    "tail",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "truncate",
    "tsort",
    "tty",
    "uname",
    "unexpand",
    "uniq",
    "unlink",
    "users",
    "vdir",
    "wc",
    "who",
    "whoami",
    "yes",
];

/// The programs of coreutils 9.1, sorted, whether anything stands in for them or not.
pub(crate) const KNOWN: &[&str] = &[
    "[",
    "arch",
    "b2sum",
    "base32",
    "base64",
    "basename",
    "basenc",
    "cat",
    "chcon",
    "chgrp",
    "chmod",
    "chown",
    "chroot",
    "cksum",
    "comm",
    "cp",
    "csplit",
    "cut",
    "date",
    "dd",
    "df",
    "dir",
    "dircolors",
    "dirname",
    "du",
    "echo",
    "env",
    "expand",
    "expr",
    "factor",
    "false",
    "fmt",
    "fold",
    "groups",
    "head",
    "hostid",
    "hostname",
    "id",
    "install",
    "join",
    "kill",
    "link",
    "ln",
    "logname",
    "ls",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "mv",
    "nice",
    "nl",
    "nohup",
    "nproc",
    "numfmt",
    "od",
    "paste",
    "pathchk",
    "pinky",
    "pr",
    "printenv",
    "printf",
    "ptx",
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "runcon",
    "seq",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "shred",
    "shuf",
    "sleep",
    "sort",
    "split",
    "stat",
    "stdbuf",
    "stty",
    "sum",
    "sync",
    "tac",
    "tail",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "true",
    "truncate",
    "tsort",
    "tty",
    "uname",
    "unexpand",
    "uniq",
    "unlink",
    "uptime",
    "users",
    "vdir",
    "wc",
    "who",
    "whoami",
    "yes",
];

/// What tells a program: text that only it has among its constants, its own help for the most part. The programs that
/// are the same file but for a number (`dir` and `vdir`, `arch`), and those that share all their texts (the checksums,
/// `base64` and its like), are known by their names only.
const MARKERS: &[(&str, &[u8])] = &[
    ("[", b"test and/or ["),
    ("b2sum", b"Samuel Neves"),
    ("basename", b"Print NAME with "),
    ("cat", b"Concatenate FILE"),
    ("chcon", b"Change the SELin"),
    ("chgrp", b"Change the group"),
    ("chmod", b"Change the mode "),
    ("chown", b"Change the owner"),
    ("chroot", b"Run COMMAND with root directory"),
    ("cksum", b"Print or verify "),
    ("comm", b"Compare sorted f"),
    ("cp", b"Copy SOURCE to D"),
    ("csplit", b"Output pieces of FILE s"),
    ("cut", b"Print selected p"),
    ("date", b"Display date and"),
    ("dd", b"Copy a file, con"),
    ("df", b"Show information about the file system"),
    ("dircolors", b"Output commands "),
    ("dirname", b"Output each NAME"),
    ("du", b"Summarize device"),
    ("echo", b"Echo the STRING("),
    ("env", b"Set each NAME to VALUE in the environment"),
    ("expand", b"Convert tabs in "),
    ("expr", b"Print the value "),
    ("factor", b"Print the prime factors of each"),
    ("false", b"Exit with a status code indicating f"),
    ("fmt", b"Reformat each paragraph in the FILE(s)"),
    ("fold", b"Wrap input lines"),
    ("groups", b"Print group memb"),
    ("head", b"Print the first "),
    ("hostid", b"Print the numeri"),
    ("id", b"Print user and g"),
    ("install", b"This install pro"),
    ("join", b"For each pair of"),
    ("link", b"Call the link fu"),
    ("ln", b"In the 1st form,"),
    ("logname", b"Print the user's"),
    ("ls", b"List information about the FILEs"),
    ("mkdir", b"Create the DIREC"),
    ("mkfifo", b"Create named pip"),
    ("mknod", b"Create the speci"),
    ("mktemp", b"Create a temporary file or directory, safely"),
    ("mv", b"Rename SOURCE to"),
    ("nice", b"Run COMMAND with"),
    ("nl", b"Write each FILE to standard output, with"),
    ("nohup", b"Run COMMAND, ign"),
    ("nproc", b"Print the number"),
    ("numfmt", b"Reformat NUMBER(s), or the numbers"),
    ("od", b"Write an unambig"),
    ("paste", b"Write lines cons"),
    ("pathchk", b"Diagnose invalid"),
    ("pinky", b"A lightweight 'finger' program"),
    ("pr", b"Paginate or columnate FILE(s)"),
    ("printenv", b"Print the values"),
    ("printf", b"Print ARGUMENT(s"),
    ("ptx", b"Output a permute"),
    ("pwd", b"Print the full f"),
    ("readlink", b"Print value of a symbolic link"),
    ("realpath", b"Print the resolv"),
    ("rm", b"Remove (unlink) "),
    ("rmdir", b"Remove the DIREC"),
    ("runcon", b"Run a program in"),
    ("seq", b"Print numbers fr"),
    ("sha1sum", b"FIPS-180-1"),
    ("shred", b"Overwrite the specified FILE(s)"),
    ("shuf", b"Write a random p"),
    ("sleep", b"Pause for NUMBER"),
    ("sort", b"Write sorted con"),
    ("split", b"Output pieces of FILE t"),
    ("stat", b"Display file or file system status."),
    ("stdbuf", b"Run COMMAND, wit"),
    ("stty", b"[-F DEVICE | --file=DEVICE] [SETTING]"),
    ("sum", b"Kayvan Aghaiepour"),
    ("sync", b"Synchronize cach"),
    ("tac", b"Write each FILE to standard output, last"),
    ("tail", b"Print the last %"),
    ("tee", b"Copy standard input to e"),
    ("timeout", b"Start COMMAND, a"),
    ("touch", b"Update the access and modification times"),
    ("tr", b"Translation occu"),
    ("true", b"Exit with a status code indicating s"),
    ("truncate", b"Shrink or extend the size of each FILE"),
    ("tsort", b"Write totally ordered list"),
    ("tty", b"Print the file n"),
    ("uname", b"Print certain system information"),
    ("unexpand", b"Convert blanks i"),
    ("uniq", b"Filter adjacent "),
    ("unlink", b"Call the unlink "),
    ("users", b"Output who is cu"),
    ("wc", b"Print newline, w"),
    ("who", b"Print informatio"),
    ("whoami", b"Print the user n"),
    ("yes", b"Repeatedly outpu"),
];

/// The programs that a guest holds, sorted.
#[must_use]
pub const fn programs() -> &'static [&'static str] {
    PROGRAMS
}

/// Whether a guest holds the program of this name. `coreutils` is the one file that some systems have for all.
#[must_use]
pub(crate) fn is_there(name: &[u8]) -> bool {
    name == b"coreutils" || PROGRAMS.binary_search_by(|program| program.as_bytes().cmp(name)).is_ok()
}

/// The program of coreutils, or beside them, that an ELF file with this content is, as far as the content tells.
#[must_use]
pub fn program_of(content: &[u8]) -> Option<&'static str> {
    let elf = Elf::parse(content).filter(Elf::is_executable)?;
    // `xargs` speaks of running commands as `nice` does, so that those beside coreutils come first.
    let is_beside = |it: &&Beside| elf.loaded_parts().any(|part| memmem::find(part, it.marker).is_some());
    if let Some(it) = beside::PROGRAMS.iter().find(is_beside) {
        return Some(it.name);
    }
    let mut found = elf.loaded_parts().flat_map(|part| {
        MARKERS.iter().filter(move |(_, marker)| memmem::find(part, marker).is_some()).map(|(name, _)| *name)
    });
    // A file with the texts of several is all of them in one, and goes by the name it is called by.
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn content_tells_the_program() {
        assert_eq!(program_of(&sample::static_with(b"\0Concatenate FILE(s)\0")), Some("cat"));
        assert_eq!(program_of(&sample::static_with(b"Concatenate FILE(s)\0Echo the STRING(s)\0")), None, "two of them");
        assert_eq!(program_of(&sample::static_with(b"something else")), None);
        assert_eq!(program_of(b"Concatenate FILE(s)"), None, "no ELF file");
    }

    #[test]
    fn the_lists_are_sorted_and_those_of_the_guest() {
        assert!(KNOWN.is_sorted() && PROGRAMS.is_sorted());
        assert!(PROGRAMS.iter().all(|name| KNOWN.binary_search(name).is_ok()));
        assert_eq!(PROGRAMS, gnu::names());
        assert!(is_there(b"ls") && is_there(b"coreutils") && !is_there(b"grep"));
    }

    /// Debian's files, where they are installed.
    #[test]
    fn real_programs_are_what_their_names_say() {
        for (name, _) in MARKERS {
            let Ok(path) = std::fs::canonicalize(format!("/usr/bin/{name}")) else { continue };
            let Ok(content) = std::fs::read(&path) else { continue };
            let is_coreutils = crate::identify(&content).is_some_and(|it| it.program == crate::KnownProgram::Coreutils);
            if is_coreutils && path.ends_with(name) {
                assert_eq!(program_of(&content), Some(*name));
            }
        }
    }
}
