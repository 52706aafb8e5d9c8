//! The options of `shopt`.

/// An option of `shopt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shopt {
    DotGlob,
    ExpandAliases,
    ExtGlob,
    FailGlob,
    GlobStar,
    InheritErrExit,
    LastPipe,
    NoCaseGlob,
    NoCaseMatch,
    NullGlob,
    SourcePath,
    XpgEcho,
    LoginShell,
    ShiftVerbose,
    ExecFail,
    GlobSkipDots,
    LocalVarInherit,
    PatSubReplacement,
    AutoCd,
    HistAppend,
    CheckWinSize,
    /// One that is remembered and changes nothing here.
    Other(u8),
}

/// All options in order, and whether they are on at the start.
const TABLE: [(&str, Shopt, bool); 57] = [
    ("autocd", Shopt::AutoCd, false),
    ("assoc_expand_once", Shopt::Other(0), false),
    ("cdable_vars", Shopt::Other(1), false),
    ("cdspell", Shopt::Other(2), false),
    ("checkhash", Shopt::Other(3), false),
    ("checkjobs", Shopt::Other(4), false),
    ("checkwinsize", Shopt::CheckWinSize, true),
    ("cmdhist", Shopt::Other(5), true),
    ("compat31", Shopt::Other(6), false),
    ("compat32", Shopt::Other(7), false),
    ("compat40", Shopt::Other(8), false),
    ("compat41", Shopt::Other(9), false),
    ("compat42", Shopt::Other(10), false),
    ("compat43", Shopt::Other(11), false),
    ("compat44", Shopt::Other(12), false),
    ("complete_fullquote", Shopt::Other(13), true),
    ("direxpand", Shopt::Other(14), false),
    ("dirspell", Shopt::Other(15), false),
    ("dotglob", Shopt::DotGlob, false),
    ("execfail", Shopt::ExecFail, false),
    ("expand_aliases", Shopt::ExpandAliases, false),
    ("extdebug", Shopt::Other(16), false),
    ("extglob", Shopt::ExtGlob, false),
    ("extquote", Shopt::Other(17), true),
    ("failglob", Shopt::FailGlob, false),
    ("force_fignore", Shopt::Other(18), true),
    ("globasciiranges", Shopt::Other(19), true),
    ("globskipdots", Shopt::GlobSkipDots, true),
    ("globstar", Shopt::GlobStar, false),
    ("gnu_errfmt", Shopt::Other(20), false),
    ("histappend", Shopt::HistAppend, false),
    ("histreedit", Shopt::Other(21), false),
    ("histverify", Shopt::Other(22), false),
    ("hostcomplete", Shopt::Other(23), true),
    ("huponexit", Shopt::Other(24), false),
    ("inherit_errexit", Shopt::InheritErrExit, false),
    ("interactive_comments", Shopt::Other(25), true),
    ("lastpipe", Shopt::LastPipe, false),
    ("lithist", Shopt::Other(26), false),
    ("localvar_inherit", Shopt::LocalVarInherit, false),
    ("localvar_unset", Shopt::Other(27), false),
    ("login_shell", Shopt::LoginShell, false),
    ("mailwarn", Shopt::Other(28), false),
    ("no_empty_cmd_completion", Shopt::Other(29), false),
    ("nocaseglob", Shopt::NoCaseGlob, false),
    ("nocasematch", Shopt::NoCaseMatch, false),
    ("noexpand_translation", Shopt::Other(30), false),
    ("nullglob", Shopt::NullGlob, false),
    ("patsub_replacement", Shopt::PatSubReplacement, true),
    ("progcomp", Shopt::Other(31), true),
    ("progcomp_alias", Shopt::Other(32), false),
    ("promptvars", Shopt::Other(33), true),
    ("restricted_shell", Shopt::Other(34), false),
    ("shift_verbose", Shopt::ShiftVerbose, false),
    ("sourcepath", Shopt::SourcePath, true),
    ("varredir_close", Shopt::Other(35), false),
    ("xpg_echo", Shopt::XpgEcho, false),
];

fn rows() -> impl Iterator<Item = &'static (&'static str, Shopt, bool)> {
    TABLE.iter()
}

impl Shopt {
    const fn bit(self) -> u64 {
        1 << self.place()
    }

    const fn place(self) -> u32 {
        match self {
            Self::DotGlob => 0,
            Self::ExpandAliases => 1,
            Self::ExtGlob => 2,
            Self::FailGlob => 3,
            Self::GlobStar => 4,
            Self::InheritErrExit => 5,
            Self::LastPipe => 6,
            Self::NoCaseGlob => 7,
            Self::NoCaseMatch => 8,
            Self::NullGlob => 9,
            Self::SourcePath => 10,
            Self::XpgEcho => 11,
            Self::LoginShell => 12,
            Self::ShiftVerbose => 13,
            Self::ExecFail => 14,
            Self::GlobSkipDots => 15,
            Self::LocalVarInherit => 16,
            Self::PatSubReplacement => 17,
            Self::AutoCd => 18,
            Self::HistAppend => 19,
            Self::CheckWinSize => 20,
            Self::Other(number) => number as u32 + 24,
        }
    }

    /// The option of this name.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        rows().find(|(known, ..)| known.as_bytes() == name).map(|(_, option, _)| *option)
    }
}

/// Which options of `shopt` are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shopts(u64);

impl Default for Shopts {
    fn default() -> Self {
        Self(rows().filter(|(.., on)| *on).fold(0, |set, (_, option, _)| set | option.bit()))
    }
}

impl Shopts {
    /// Whether an option is on.
    #[must_use]
    pub const fn has(self, option: Shopt) -> bool {
        self.0 & option.bit() != 0
    }

    /// Turns an option on or off.
    pub fn set(&mut self, option: Shopt, on: bool) {
        if on {
            self.0 |= option.bit();
        } else {
            self.0 &= !option.bit();
        }
    }

    /// Names and states in the order in which `shopt` lists them.
    pub fn listed(self) -> impl Iterator<Item = (&'static str, bool)> {
        rows().map(move |(name, option, _)| (*name, self.has(*option)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_has_a_bit_of_its_own() {
        let bits: std::collections::BTreeSet<u64> = rows().map(|(_, option, _)| option.bit()).collect();
        assert_eq!(bits.len(), rows().count());
        let mut options = Shopts::default();
        assert!(options.has(Shopt::SourcePath) && !options.has(Shopt::ExtGlob));
        options.set(Shopt::ExtGlob, true);
        assert!(options.has(Shopt::ExtGlob));
    }
}
