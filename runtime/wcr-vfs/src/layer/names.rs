//! What the name of a tar entry means inside the layer.

use wcr_abi::{NAME_MAX, PATH_MAX};

use super::NameFault;

/// What the last component of an entry's name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last<'a> {
    /// The entry has this name.
    Plain(&'a [u8]),
    /// The lower layers' entry of this name is hidden.
    Whiteout(&'a [u8]),
    /// The lower layers' content of the directory is hidden.
    Opaque,
    /// A leftover of AUFS, which no other tool shows.
    AufsMetadata,
}

/// The directory part of a name and its last component; `None` for the root.
type Split<'a> = Option<(&'a [u8], &'a [u8])>;

/// Splits a name into its directory (still to be normalised) and its last component.
pub(super) fn split(path: &[u8]) -> Result<Split<'_>, NameFault> {
    if path.is_empty() {
        return Err(NameFault::Empty);
    }
    if path.len() > PATH_MAX {
        return Err(NameFault::PathTooLong);
    }
    let mut rest = path;
    loop {
        let (dir, last) = match rest.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (rest.get(..slash).unwrap_or_default(), rest.get(slash + 1..).unwrap_or_default()),
            None => (&[][..], rest),
        };
        match last {
            b"" | b"." if dir.is_empty() => return Ok(None),
            b"" | b"." => rest = dir,
            _ => return component(last).map(|last| Some((dir, last))),
        }
    }
}

/// The components of a name, checked, without `.` and empty ones.
pub(super) fn components(path: &[u8]) -> impl Iterator<Item = Result<&[u8], NameFault>> {
    path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).map(component)
}

fn component(part: &[u8]) -> Result<&[u8], NameFault> {
    if part == b".." {
        Err(NameFault::DotDot)
    } else if part.len() > NAME_MAX {
        Err(NameFault::ComponentTooLong)
    } else if part.contains(&0) {
        Err(NameFault::Nul)
    } else {
        Ok(part)
    }
}

/// Tells whiteouts from plain names, as the OCI image specification names them.
pub(super) fn classify(name: &[u8]) -> Result<Last<'_>, NameFault> {
    match name.strip_prefix(b".wh.") {
        None => Ok(Last::Plain(name)),
        Some(b".wh..opq") => Ok(Last::Opaque),
        Some(b"" | b"." | b"..") => Err(NameFault::Whiteout),
        Some(hidden) if hidden.starts_with(b".wh.") => Ok(Last::AufsMetadata),
        Some(hidden) => Ok(Last::Whiteout(hidden)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_and_bad_ones_refused() {
        let some = |dir: &'static str, last: &'static str| Ok(Some((dir.as_bytes(), last.as_bytes())));
        let long = "x".repeat(256);
        let deep = "x/".repeat(2048);
        let cases: [(&str, Result<Split<'_>, NameFault>, &str); 16] = [
            ("a", some("", "a"), "a bare name"),
            ("a/b", some("a", "b"), "a path"),
            ("./a/b/", some("./a", "b"), "a directory as tar writes it"),
            ("/a/b", some("/a", "b"), "an absolute name stays inside"),
            ("a//b/.", some("a/", "b"), "empty and dot components"),
            ("./", Ok(None), "the root"),
            (".", Ok(None), "the root"),
            ("/", Ok(None), "the root"),
            ("/./.", Ok(None), "the root, CVE-2021-29136"),
            ("", Err(NameFault::Empty), "no name"),
            ("..", Err(NameFault::DotDot), "leaves the root"),
            ("a/../", Err(NameFault::DotDot), "dot-dot at the end"),
            ("a/b\0c", Err(NameFault::Nul), "a NUL byte"),
            (&long, Err(NameFault::ComponentTooLong), "256 bytes"),
            (&deep, Err(NameFault::PathTooLong), "4096 bytes"),
            ("C:\\x", some("", "C:\\x"), "a backslash is a byte like any other"),
        ];
        for (name, expected, why) in cases {
            assert_eq!(split(name.as_bytes()), expected, "{why}");
        }
        assert!(components(b"a/../b").any(|part| part == Err(NameFault::DotDot)));
        assert_eq!(components(b"/a/./b//").collect::<Result<Vec<_>, _>>(), Ok(vec![&b"a"[..], b"b"]));
    }

    #[test]
    fn whiteouts_are_recognised() {
        assert_eq!(classify(b"a"), Ok(Last::Plain(b"a")));
        assert_eq!(classify(b".wha"), Ok(Last::Plain(b".wha")));
        assert_eq!(classify(b".wh.a"), Ok(Last::Whiteout(b"a")));
        assert_eq!(classify(b".wh..a"), Ok(Last::Whiteout(b".a")));
        assert_eq!(classify(b".wh..wh..opq"), Ok(Last::Opaque));
        assert_eq!(classify(b".wh..wh.plnk"), Ok(Last::AufsMetadata));
        for bad in [&b".wh."[..], b".wh..", b".wh..."] {
            assert_eq!(classify(bad), Err(NameFault::Whiteout));
        }
    }
}
