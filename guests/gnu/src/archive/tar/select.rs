//! Which members and files are meant, and in which folder.

use applets::core::paths::{join, strip_slashes};
use applets::{Context, Quit, glob};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{Fd, fs};

use super::options::{Named, Options};
use super::say;

/// What leaves names out.
pub(super) struct Excluded {
    patterns: Vec<Vec<u8>>,
    anchored: bool,
    wildcards: bool,
    ignore_case: bool,
}

impl Excluded {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            patterns: options.excluded.clone(),
            anchored: options.anchored.unwrap_or(false),
            wildcards: options.wildcards.unwrap_or(true),
            ignore_case: options.ignore_case,
        }
    }

    /// Whether a name is left out: it, the end of it behind a slash, or a folder that it is in.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let name = strip_slashes(name);
        let starts = core::iter::once(0)
            .chain(name.iter().enumerate().filter(|(_, byte)| **byte == b'/' && !self.anchored).map(|(at, _)| at + 1));
        let starts: Vec<usize> = starts.collect();
        self.patterns.iter().any(|pattern| {
            starts.iter().any(|start| {
                let rest = name.get(*start..).unwrap_or_default();
                leading(pattern, rest, self.wildcards, self.ignore_case, true)
            })
        })
    }
}

/// Whether the pattern is the name, or a folder that it is in.
fn leading(pattern: &[u8], name: &[u8], wildcards: bool, ignore_case: bool, below: bool) -> bool {
    let same = |text: &[u8]| {
        if wildcards {
            glob::matches(pattern, text, ignore_case)
        } else if ignore_case {
            text.eq_ignore_ascii_case(pattern)
        } else {
            text == pattern
        }
    };
    let mut ends = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    same(name) || below && ends.any(|end| same(name.get(..end).unwrap_or_default()))
}

struct Wanted {
    pattern: Vec<u8>,
    folder: Vec<u8>,
    found: u64,
}

/// The members that are meant.
pub(super) struct Selection {
    wanted: Vec<Wanted>,
    /// The folder where no names were given.
    folder: Vec<u8>,
    excluded: Excluded,
    wildcards: Option<bool>,
    ignore_case: bool,
    recursion: bool,
    occurrence: Option<u64>,
}

impl Selection {
    pub(super) fn new(options: &Options) -> Self {
        let mut folder = Vec::new();
        let mut wanted = Vec::new();
        for named in &options.names {
            match named {
                Named::Folder(next) => folder = within(&folder, next),
                Named::Name(name) => {
                    let pattern = strip_slashes(name).to_vec();
                    wanted.push(Wanted { pattern, folder: folder.clone(), found: 0 });
                }
            }
        }
        Self {
            wanted,
            folder,
            excluded: Excluded::new(options),
            wildcards: options.wildcards,
            ignore_case: options.ignore_case,
            recursion: options.recursion,
            occurrence: options.occurrence,
        }
    }

    /// The folder that the member belongs in, when it is meant.
    pub(super) fn takes(&mut self, name: &[u8]) -> Option<&[u8]> {
        if self.excluded.has(name) {
            return None;
        }
        if self.wanted.is_empty() {
            return Some(&self.folder);
        }
        let name = strip_slashes(name);
        let wildcards = self.wildcards.unwrap_or(false);
        let found = self
            .wanted
            .iter_mut()
            .find(|wanted| leading(&wanted.pattern, name, wildcards, self.ignore_case, self.recursion))?;
        found.found += 1;
        match self.occurrence {
            Some(number) if found.found != number => None,
            _ => Some(&found.folder),
        }
    }

    /// Tells the names that no member had; whether there were any.
    pub(super) fn tell_missing(&self, ctx: &mut Context<'_>) -> bool {
        let mut missing = false;
        let mut warned = self.wildcards.is_some();
        for wanted in self.wanted.iter().filter(|wanted| wanted.found < self.occurrence.unwrap_or(1)) {
            if !warned && wanted.pattern.iter().any(|byte| b"*?[".contains(byte)) {
                warned = true;
                ctx.complain(&[b"Pattern matching characters used in file names"]);
                let hint = b"Use --wildcards to enable pattern matching, or --no-wildcards to suppress this warning";
                ctx.complain(&[hint]);
            }
            missing = true;
            let name = say::shown(&wanted.pattern);
            ctx.complain(&[&name, b": Not found in archive"]);
        }
        missing
    }
}

/// A folder as seen from another.
pub(super) fn within(from: &[u8], folder: &[u8]) -> Vec<u8> {
    if from.is_empty() || folder.starts_with(b"/") { folder.to_vec() } else { join(from, folder) }
}

/// The current folder, which changes with the members.
pub(super) struct Place {
    start: Option<Fd>,
    current: Vec<u8>,
}

impl Place {
    pub(super) fn new() -> Self {
        Self { start: None, current: Vec::new() }
    }

    /// Goes to a folder, as seen from where the program began; diagnostics call it as it was named.
    /// # Errors
    /// It cannot be entered, which has been told.
    pub(super) fn enter(&mut self, ctx: &mut Context<'_>, folder: &[u8], named: &[u8]) -> Result<(), Quit> {
        if self.current == folder {
            return Ok(());
        }
        if let Some(start) = self.start {
            if let Err(error) = fs::fchdir(start) {
                ctx.perror(&[b"Cannot change working directory"], error);
                return Err(say::not_recoverable(ctx));
            }
        } else {
            self.start = fs::open(b".", OpenFlags::RDONLY.with(OpenFlags::DIRECTORY).with(OpenFlags::CLOEXEC), 0).ok();
        }
        if !folder.is_empty()
            && let Err(error) = fs::chdir(folder)
        {
            say::cannot(ctx, named, "open", error);
            return Err(say::not_recoverable(ctx));
        }
        self.current = folder.to_vec();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_is_below_them() {
        let check =
            |pattern: &str, name: &str, wildcards| leading(pattern.as_bytes(), name.as_bytes(), wildcards, false, true);
        assert!(check("t/d", "t/d/b", false) && check("t/d", "t/d", false) && !check("t/d", "t/dd", false));
        assert!(check("t/*", "t/d/b", true) && check("*b", "t/d/b", true) && !check("*x", "t/d/b", true));
        assert_eq!(within(b"a", b"b"), b"a/b");
        assert_eq!(within(b"a", b"/b"), b"/b");
    }
}
