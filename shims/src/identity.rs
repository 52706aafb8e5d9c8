//! Which known program an ELF file is.

use memchr::memmem;

use crate::elf::Elf;

/// A program that wcr can tell by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KnownProgram {
    /// BusyBox, all of whose applets are in one file.
    BusyBox,
    /// Toybox, likewise.
    Toybox,
    /// A program of GNU coreutils.
    Coreutils,
    /// GNU `grep`.
    Grep,
    /// GNU `sed`.
    Sed,
    /// A program of GNU findutils.
    Findutils,
    /// GNU `gzip`.
    Gzip,
    /// GNU `tar`.
    Tar,
    /// A program of GNU diffutils.
    Diffutils,
    /// Mike Brennan's `awk`.
    Mawk,
    /// `hostname` as Debian has it.
    Hostname,
    /// Debian's `run-parts`.
    RunParts,
    /// The Debian Almquist shell.
    Dash,
    /// The GNU Bourne-again shell.
    Bash,
}

/// What tells a program: strings that it has among its constants, all of them.
struct Marker {
    program: KnownProgram,
    /// Searched for first; what follows it up to a space or the string's end is the version, for the
    /// programs that say it there.
    banner: &'static [u8],
    versioned: bool,
    /// A second string that only the program itself has, not one that merely speaks about it.
    proof: &'static [u8],
}

/// The markers in the order in which they are tried: the program that has a stand-in comes first.
const MARKERS: &[Marker] = &[
    Marker {
        program: KnownProgram::BusyBox,
        banner: b"BusyBox v",
        versioned: true,
        proof: b"BusyBox is a multi-call binary",
    },
    Marker {
        program: KnownProgram::Toybox,
        banner: b"Toybox %s multicall binary",
        versioned: false,
        proof: b"usage: toybox [",
    },
    Marker {
        program: KnownProgram::Coreutils,
        banner: b"GNU coreutils\0",
        versioned: false,
        proof: b"https://www.gnu.org/software/coreutils/",
    },
    Marker {
        program: KnownProgram::Grep,
        banner: b"GNU grep\0",
        versioned: false,
        proof: b"https://www.gnu.org/software/grep/",
    },
    Marker {
        program: KnownProgram::Sed,
        banner: b"{script-only-if-no-other-script}",
        versioned: false,
        proof: b"https://www.gnu.org/software/sed/",
    },
    Marker {
        program: KnownProgram::Findutils,
        banner: b"GNU findutils\0",
        versioned: false,
        proof: b"https://www.gnu.org/software/findutils/",
    },
    Marker {
        program: KnownProgram::Gzip,
        banner: b"Report bugs to <bug-gzip@gnu.org>.",
        versioned: false,
        proof: b"in GZIP environment variable",
    },
    Marker {
        program: KnownProgram::Tar,
        banner: b"GNU tar\0",
        versioned: false,
        proof: b"GNU 'tar' saves many files together into a single tape or disk archive",
    },
    Marker {
        program: KnownProgram::Diffutils,
        banner: b"GNU diffutils\0",
        versioned: false,
        proof: b"https://www.gnu.org/software/diffutils/",
    },
    Marker { program: KnownProgram::Mawk, banner: b"mawk %d.%d", versioned: false, proof: b"Michael D. Brennan" },
    Marker {
        program: KnownProgram::Hostname,
        banner: b"Usage: hostname [-b] {hostname|-F file}",
        versioned: false,
        proof: b"you must be root to change the host name",
    },
    Marker {
        program: KnownProgram::RunParts,
        banner: b"Debian run-parts program",
        versioned: false,
        proof: b"run-parts: executing %s",
    },
    Marker {
        program: KnownProgram::Bash,
        banner: b"GNU bash, version",
        versioned: false,
        proof: b"BASH_EXECUTION_STRING",
    },
    Marker {
        program: KnownProgram::Dash,
        banner: b" is a %sshell builtin",
        versioned: false,
        proof: b"Maximum function recursion depth (%d) reached",
    },
];

/// The longest version that is taken from a banner, in bytes.
const VERSION_MAX: usize = 32;

/// Which program a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The program.
    pub program: KnownProgram,
    /// Its version, such as `1.35.0`, where it tells one.
    pub version: Option<&'a str>,
}

impl KnownProgram {
    /// The program's name, as its makers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BusyBox => "BusyBox",
            Self::Toybox => "Toybox",
            Self::Coreutils => "GNU coreutils",
            Self::Grep => "GNU grep",
            Self::Sed => "GNU sed",
            Self::Findutils => "GNU findutils",
            Self::Gzip => "GNU gzip",
            Self::Tar => "GNU tar",
            Self::Diffutils => "GNU diffutils",
            Self::Mawk => "mawk",
            Self::Hostname => "Debian's hostname",
            Self::RunParts => "Debian's run-parts",
            Self::Dash => "dash",
            Self::Bash => "GNU bash",
        }
    }

    /// The program's number in the index of a layer. Numbers are never given to another program: indexes outlive
    /// the build that made them.
    const fn label(self) -> u8 {
        match self {
            Self::BusyBox => 1,
            Self::Toybox => 2,
            Self::Coreutils => 3,
            Self::Dash => 4,
            Self::Bash => 5,
            Self::Grep => 6,
            Self::Sed => 7,
            Self::Findutils => 8,
            Self::Gzip => 9,
            Self::Tar => 10,
            Self::Diffutils => 11,
            Self::Mawk => 12,
            Self::Hostname => 13,
            Self::RunParts => 14,
        }
    }

    /// The program that a [`label`] stands for.
    #[must_use]
    pub fn labelled(label: u8) -> Option<Self> {
        MARKERS.iter().map(|marker| marker.program).find(|program| program.label() == label)
    }

    /// Whether bundled guests stand in for this program.
    #[must_use]
    pub const fn has_stand_in(self) -> bool {
        !matches!(self, Self::Toybox)
    }

    /// Whether it is several programs, each in a file of its own, told apart by their names.
    #[must_use]
    pub const fn is_several(self) -> bool {
        matches!(self, Self::Coreutils | Self::Findutils | Self::Diffutils)
    }

    /// What one of the program's several parts is called.
    #[must_use]
    pub const fn part(self) -> &'static str {
        if matches!(self, Self::BusyBox | Self::Toybox) { "applet" } else { "program" }
    }

    /// The number by which a guest that stands in for several programs learns that it is this one: its label; `None`
    /// where the guest is this program anyway.
    #[must_use]
    pub const fn flavour(self) -> Option<u32> {
        match self {
            Self::Dash | Self::Mawk | Self::Bash => Some(self.label() as u32),
            _ => None,
        }
    }
}

/// A number for the known program that `content` is, for the index of a layer; 0 when it is none of them.
#[must_use]
pub fn label(content: &[u8]) -> u8 {
    identify(content).map_or(0, |identity| identity.program.label())
}

impl core::fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.program.name())?;
        self.version.map_or(Ok(()), |version| write!(f, " {version}"))
    }
}

/// The known program that `content` is; `None` for other programs and for what is no ELF program.
///
/// Costs a search through the program's constants: some ten microseconds for BusyBox, a few milliseconds
/// for a big program that is none of the known ones.
#[must_use]
pub fn identify(content: &[u8]) -> Option<Identity<'_>> {
    let elf = Elf::parse(content).filter(Elf::is_executable)?;
    MARKERS.iter().find_map(|marker| recognise(&elf, marker))
}

fn recognise<'a>(elf: &Elf<'a>, marker: &Marker) -> Option<Identity<'a>> {
    // One part of the file holds the constants: where the proof stands, the banner has to stand too.
    elf.loaded_parts().find_map(|part| {
        // Linkers keep a file's strings together: the banner is nearly always behind the proof, not far off.
        let (before, behind) = part.split_at_checked(memmem::find(part, marker.proof)?)?;
        let near = |text| memmem::find(text, marker.banner).and_then(|at| text.get(at + marker.banner.len()..));
        let rest = near(behind).or_else(|| near(before))?;
        let version = if marker.versioned { version(rest) } else { None };
        Some(Identity { program: marker.program, version })
    })
}

/// The version at the start of `text`, when it is one.
fn version(text: &[u8]) -> Option<&str> {
    let text = text.get(..VERSION_MAX).unwrap_or(text);
    let end = text.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b".-_".contains(byte))?;
    let version = core::str::from_utf8(text.get(..end)?).ok()?;
    version.starts_with(|first: char| first.is_ascii_digit()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    const BUSYBOX: &[u8] = b"\0BusyBox is a multi-call binary that\0BusyBox v1.37.0 (2024-09-26 21:31:42 UTC)\0";

    #[test]
    fn busybox_is_told_with_its_version() {
        let content = sample::static_with(BUSYBOX);
        let identity = identify(&content).unwrap();
        assert_eq!((identity.program, identity.version), (KnownProgram::BusyBox, Some("1.37.0")));
        assert_eq!(identity.to_string(), "BusyBox 1.37.0");
    }

    #[test]
    fn labels_stand_for_their_programs() {
        assert_eq!((label(&sample::static_with(BUSYBOX)), label(BUSYBOX)), (1, 0));
        for marker in MARKERS {
            assert_eq!(KnownProgram::labelled(marker.program.label()), Some(marker.program));
        }
        assert_eq!((KnownProgram::labelled(0), KnownProgram::labelled(255)), (None, None));
    }

    #[test]
    fn half_a_marker_or_a_file_that_is_no_elf_is_not_enough() {
        for (content, why) in [
            (sample::static_with(b"found BusyBox v1.37.0 on the target\0"), "a program that speaks of it"),
            (sample::static_with(b"BusyBox is a multi-call binary"), "no banner"),
            (BUSYBOX.to_vec(), "not an ELF file"),
            (sample::dynamic(), "another program"),
            (Vec::new(), "empty"),
        ] {
            assert_eq!(identify(&content), None, "{why}");
        }
    }

    #[test]
    fn a_strange_version_is_left_out() {
        for text in [&b"BusyBox v\x1b[2J\0"[..], b"BusyBox v", b"BusyBox v11111111111111111111111111111111111111\0"] {
            let content = sample::static_with(&[b"BusyBox is a multi-call binary\0", text].concat());
            let identity = identify(&content).unwrap();
            assert_eq!(identity.version, None);
        }
    }

    /// Real programs of the host, where they are installed.
    #[test]
    fn real_programs_are_told_apart() {
        for (path, program) in [
            ("/usr/bin/busybox", KnownProgram::BusyBox),
            ("/usr/bin/toybox", KnownProgram::Toybox),
            ("/usr/bin/dash", KnownProgram::Dash),
            ("/usr/bin/bash", KnownProgram::Bash),
            ("/usr/bin/ls", KnownProgram::Coreutils),
            ("/usr/bin/grep", KnownProgram::Grep),
            ("/usr/bin/sed", KnownProgram::Sed),
            ("/usr/bin/find", KnownProgram::Findutils),
            ("/usr/bin/xargs", KnownProgram::Findutils),
            ("/usr/bin/gzip", KnownProgram::Gzip),
            ("/usr/bin/tar", KnownProgram::Tar),
            ("/usr/bin/diff", KnownProgram::Diffutils),
            ("/usr/bin/cmp", KnownProgram::Diffutils),
            ("/usr/bin/mawk", KnownProgram::Mawk),
        ] {
            let Ok(content) = std::fs::read(path) else { continue };
            // Elsewhere than on Debian, these names may be links to another of the programs.
            let identity = identify(&content);
            if std::fs::canonicalize(path).is_ok_and(|real| real == std::path::Path::new(path)) {
                assert_eq!(identity.map(|identity| identity.program), Some(program), "{path}");
            }
        }
    }
}
