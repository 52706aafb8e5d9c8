//! Path names as text.

use super::basename::last_component;

/// `dir/name`, without a second slash.
#[must_use]
pub fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    let start = name.iter().position(|byte| *byte != b'/').unwrap_or(name.len());
    let name = name.get(start..).unwrap_or_default();
    let slash: &[u8] = if dir.ends_with(b"/") { b"" } else { b"/" };
    [dir, slash, name].concat()
}

/// `path` without its trailing slashes; the root keeps one.
#[must_use]
pub fn strip_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(path.len().min(1), |last| last + 1);
    path.get(..end).unwrap_or(path)
}

/// Whether the last component is `.` or `..`.
#[must_use]
pub fn is_dots(path: &[u8]) -> bool {
    matches!(last_component(path), b"." | b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_and_stripping() {
        assert_eq!(join(b"a", b"b"), b"a/b");
        assert_eq!(join(b"a/", b"/b"), b"a/b");
        assert_eq!(join(b"a", b"/"), b"a/");
        assert_eq!((strip_slashes(b"a//"), strip_slashes(b"//"), strip_slashes(b"")), (&b"a"[..], &b"/"[..], &b""[..]));
        assert!(is_dots(b"x/..") && is_dots(b"./") && !is_dots(b".x"));
    }
}
