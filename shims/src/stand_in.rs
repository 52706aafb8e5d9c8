//! Which guest runs for a command line of a known program.

use crate::beside;
use crate::coreutils;
use crate::guest::{Guest, guest_of};
use crate::identity::KnownProgram;

/// Why no guest runs for a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The program is known, but nothing stands in for it yet.
    Program(KnownProgram),
    /// The program has stand-ins, but none for this applet, or the program itself has no such applet.
    Applet(Vec<u8>),
}

/// The guest that stands in for `program` when it is started with `argv`.
///
/// BusyBox decides by the base name of `argv[0]` (after one leading `-`, which marks a login shell), and
/// by `argv[1]` when that name begins with `busybox`. What `busybox` answers by itself (its options, the
/// list of its applets, `applet not found`) comes from the guest [`Guest::Core`].
///
/// A program of GNU coreutils goes by the base name of `argv[0]` where that is the name of one; elsewhere only its content
/// tells what it is ([`coreutils::program_of`]).
///
/// Of the programs of findutils and diffutils the name tells which one it is, in the same way. The other ones, such as dash,
/// bash and `grep`, are one program each, whatever they are called.
///
/// # Errors
/// [`Missing`] says why there is no guest.
pub fn stand_in(program: KnownProgram, argv: &[impl AsRef<[u8]>]) -> Result<Guest, Missing> {
    if !program.has_stand_in() {
        return Err(Missing::Program(program));
    }
    let mut args = argv.iter().map(AsRef::as_ref);
    let zero = args.next().unwrap_or_default();
    if program == KnownProgram::Coreutils {
        let name = base_name(zero);
        return if coreutils::is_there(name) { Ok(Guest::Gnu) } else { Err(Missing::Applet(name.to_vec())) };
    }
    match program {
        KnownProgram::Dash | KnownProgram::Bash => return Ok(Guest::Shell),
        KnownProgram::Mawk => return Ok(Guest::Awk),
        KnownProgram::Grep | KnownProgram::Sed => return Ok(Guest::Gnu),
        KnownProgram::Gzip | KnownProgram::Tar | KnownProgram::Hostname | KnownProgram::RunParts => {
            return Ok(Guest::Debian);
        }
        KnownProgram::Findutils | KnownProgram::Diffutils => {
            let name = base_name(zero);
            return beside::guest_of(program, name).ok_or_else(|| Missing::Applet(name.to_vec()));
        }
        _ => {}
    }
    let mut name = base_name(zero.strip_prefix(b"-").unwrap_or(zero));
    let mut by_argument = false;
    while name.starts_with(b"busybox") {
        by_argument = true;
        match args.next() {
            Some(argument) if !argument.starts_with(b"-") => name = base_name(argument),
            _ => return Ok(Guest::Core),
        }
    }
    match guest_of(name) {
        Some(guest) => Ok(guest),
        None if by_argument => Ok(Guest::Core),
        None => Err(Missing::Applet(name.to_vec())),
    }
}

/// The guest for a command line of the bundled guest [`Guest::Debian`] itself, whose programs the name tells apart.
///
/// # Errors
/// No guest holds a program of that name.
pub fn debian_program(argv: &[impl AsRef<[u8]>]) -> Result<Guest, Missing> {
    let name = base_name(argv.first().map(AsRef::as_ref).unwrap_or_default());
    let guest = beside::guest_named(name).filter(|guest| *guest == Guest::Debian);
    guest.ok_or_else(|| Missing::Applet(name.to_vec()))
}

fn base_name(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(path, |slash| path.get(slash + 1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busybox_goes_by_the_name_it_is_called_by() {
        let missing = |name: &str| Err(Missing::Applet(name.into()));
        let table: [(&[&str], Result<Guest, Missing>); 16] = [
            (&["ls", "-l"], Ok(Guest::Core)),
            (&["/bin/grep"], Ok(Guest::Text)),
            (&["-sh"], Ok(Guest::Shell)),
            (&["-/bin/ash", "-c", "x"], Ok(Guest::Shell)),
            (&["busybox", "sh"], Ok(Guest::Shell)),
            (&["/bin/busybox", "grep", "x"], Ok(Guest::Text)),
            (&["busybox-static", "/bin/echo"], Ok(Guest::Base)),
            (&["busybox", "busybox", "egrep"], Ok(Guest::Text)),
            (&["busybox"], Ok(Guest::Core)),
            (&["busybox", "--list"], Ok(Guest::Core)),
            (&["busybox", "nosuch"], Ok(Guest::Core)),
            (&["nosuch"], missing("nosuch")),
            (&["--sh"], missing("-sh")),
            (&["./-sh"], missing("-sh")),
            (&["echo/"], missing("")),
            (&[], missing("")),
        ];
        for (argv, guest) in table {
            assert_eq!(stand_in(KnownProgram::BusyBox, argv), guest, "{argv:?}");
        }
    }

    #[test]
    fn coreutils_go_by_the_name_where_it_is_one_of_theirs() {
        let gnu = |argv: &[&str]| stand_in(KnownProgram::Coreutils, argv);
        assert_eq!(gnu(&["/usr/bin/ls", "-l"]), Ok(Guest::Gnu));
        assert_eq!(gnu(&["coreutils", "--coreutils-prog=ls"]), Ok(Guest::Gnu));
        assert_eq!(gnu(&["foo"]), Err(Missing::Applet(b"foo".to_vec())));
        assert_eq!(gnu(&["grep"]), Err(Missing::Applet(b"grep".to_vec())));
    }

    #[test]
    fn programs_beside_coreutils() {
        assert_eq!(stand_in(KnownProgram::Grep, &["/usr/bin/anything"]), Ok(Guest::Gnu));
        assert_eq!(stand_in(KnownProgram::Gzip, &["/bin/x"]), Ok(Guest::Debian));
        assert_eq!(stand_in(KnownProgram::Mawk, &["awk"]), Ok(Guest::Awk));
        assert_eq!(debian_program(&["/bin/gzip", "-d"]), Ok(Guest::Debian));
        assert_eq!(debian_program(&["grep"]), Err(Missing::Applet(b"grep".to_vec())));
        assert_eq!(stand_in(KnownProgram::Findutils, &["locate"]), Err(Missing::Applet(b"locate".to_vec())));
    }

    #[test]
    fn other_programs_have_no_stand_in_yet() {
        assert_eq!(stand_in(KnownProgram::Toybox, &["sh"]), Err(Missing::Program(KnownProgram::Toybox)));
    }

    #[test]
    fn dash_and_bash_are_that_under_any_name() {
        for name in ["sh", "-sh", "dash", "/bin/x", "busybox"] {
            assert_eq!(stand_in(KnownProgram::Dash, &[name]), Ok(Guest::Shell), "{name}");
            assert_eq!(stand_in(KnownProgram::Bash, &[name]), Ok(Guest::Shell), "{name}");
        }
        assert_eq!((KnownProgram::Dash.flavour(), KnownProgram::Bash.flavour()), (Some(4), Some(5)));
        assert_eq!(KnownProgram::BusyBox.flavour(), None);
    }
}
