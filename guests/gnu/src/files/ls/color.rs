//! Colours: those of `LS_COLORS` over the built-in ones.

use applets::environ;
use wcr_sys::abi::{FileKind, Mode};

/// The sequences by the two letters of their kind, and by the end of a file's name.
#[derive(Debug)]
pub(super) struct Colors {
    kinds: Vec<([u8; 2], Vec<u8>)>,
    ends: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What is shown where the variable says nothing.
const BUILT_IN: [(&[u8; 2], &str); 14] = [
    (b"rs", "0"),
    (b"di", "01;34"),
    (b"ln", "01;36"),
    (b"pi", "33"),
    (b"so", "01;35"),
    (b"bd", "01;33"),
    (b"cd", "01;33"),
    (b"su", "37;41"),
    (b"sg", "30;43"),
    (b"st", "37;44"),
    (b"ow", "34;42"),
    (b"tw", "30;42"),
    (b"ex", "01;32"),
    (b"do", "01;35"),
];

/// The terminals that have colours.
const TERMINALS: [&[u8]; 15] = [
    b"ansi",
    b"*color*",
    b"con*x*",
    b"cons25",
    b"console",
    b"cygwin",
    b"*direct*",
    b"linux*",
    b"putty*",
    b"rxvt*",
    b"screen*",
    b"st",
    b"tmux*",
    b"vt*",
    b"xterm*",
];

impl Colors {
    /// The colours of the environment; `None` where nothing says that the terminal has any.
    pub(super) fn from_env() -> Option<Self> {
        let text = environ::var(b"LS_COLORS").filter(|text| !text.is_empty());
        let told = text.is_some() || environ::var(b"COLORTERM").is_some_and(|kind| !kind.is_empty());
        let known = || {
            let terminal = environ::var(b"TERM").unwrap_or_default();
            TERMINALS.iter().any(|pattern| applets::glob::matches(pattern, &terminal, false))
        };
        (told || known()).then(|| Self::from_text(&text.unwrap_or_default()))
    }

    fn from_text(text: &[u8]) -> Self {
        let mut colors = Self {
            kinds: BUILT_IN.iter().map(|(kind, code)| (**kind, code.as_bytes().to_vec())).collect(),
            ends: Vec::new(),
        };
        for part in text.split(|byte| *byte == b':') {
            let Some(at) = part.iter().position(|byte| *byte == b'=') else { continue };
            let (name, code) = (part.get(..at).unwrap_or_default(), part.get(at + 1..).unwrap_or_default());
            match name {
                [b'*', end @ ..] => colors.ends.push((end.to_ascii_lowercase(), code.to_vec())),
                [a, b] => colors.kinds.push(([*a, *b], code.to_vec())),
                _ => {}
            }
        }
        colors
    }

    fn kind(&self, kind: &[u8; 2]) -> Option<&[u8]> {
        let code = self.kinds.iter().rev().find(|(name, _)| name == kind).map(|(_, code)| code.as_slice())?;
        let trimmed = code.iter().all(|byte| matches!(byte, b'0'));
        (!code.is_empty() && (!trimmed || kind == b"rs")).then_some(code)
    }

    /// What resets the colour.
    pub(super) fn reset(&self) -> Vec<u8> {
        sequence(self.kind(b"rs").unwrap_or(b"0"))
    }

    /// The sequence for a file; `target` is what a link leads to, `None` when that is not there.
    pub(super) fn of(&self, name: &[u8], mode: Mode, target: Option<Mode>) -> Option<Vec<u8>> {
        let bits = mode.permissions();
        let kind: &[u8; 2] = match mode.kind() {
            FileKind::Directory if bits & 0o1002 == 0o1002 => b"tw",
            FileKind::Directory if bits & 0o002 != 0 => b"ow",
            FileKind::Directory if bits & 0o1000 != 0 => b"st",
            FileKind::Directory => b"di",
            FileKind::Symlink if target.is_none() && self.kind(b"or").is_some() => b"or",
            FileKind::Symlink => match (self.kind(b"ln"), target) {
                (Some(b"target"), Some(target)) => return self.of(name, target, Some(target)),
                _ => b"ln",
            },
            FileKind::Fifo => b"pi",
            FileKind::Socket => b"so",
            FileKind::BlockDevice => b"bd",
            FileKind::CharDevice => b"cd",
            FileKind::Regular if bits & 0o4000 != 0 && self.kind(b"su").is_some() => b"su",
            FileKind::Regular if bits & 0o2000 != 0 && self.kind(b"sg").is_some() => b"sg",
            FileKind::Regular if bits & 0o111 != 0 && self.kind(b"ex").is_some() => b"ex",
            FileKind::Regular => {
                let name = name.to_ascii_lowercase();
                let end = self.ends.iter().rev().find(|(end, _)| name.ends_with(end)).map(|(_, code)| code.as_slice());
                return end.or_else(|| self.kind(b"fi")).map(sequence);
            }
        };
        self.kind(kind).map(sequence)
    }

    /// The sequence for what a link leads to when that is not there.
    pub(super) fn missing(&self) -> Option<Vec<u8>> {
        self.kind(b"mi").or_else(|| self.kind(b"or")).map(sequence)
    }
}

fn sequence(code: &[u8]) -> Vec<u8> {
    [b"\x1b[", code, b"m"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_goes_before_what_is_built_in() {
        let colors = Colors::from_text(b"di=1:*.TAR=31:ex=00");
        assert_eq!(colors.of(b"d", Mode(0o40755), None), Some(b"\x1b[1m".to_vec()));
        assert_eq!(colors.of(b"a.tar", Mode(0o100_644), None), Some(b"\x1b[31m".to_vec()));
        assert_eq!(colors.of(b"a", Mode(0o100_644), None), None);
        assert_eq!(colors.of(b"p", Mode(0o10644), None), Some(b"\x1b[33m".to_vec()));
    }
}
