//! From the names of files to those of their compressed forms, and back.

/// What compressed files are called by, beside the suffix that was asked for.
const SUFFIXES: [&[u8]; 7] = [b".gz", b".z", b".taz", b".tgz", b"-gz", b"-z", b"_z"];

/// What is tried behind a name that there is no file of.
pub(super) const TRIED: [&[u8]; 4] = [b".gz", b".z", b"-z", b".Z"];

/// The suffix of compressed files that a name has; letters of both cases count.
pub(super) fn suffix<'a>(name: &'a [u8], own: &[u8]) -> Option<&'a [u8]> {
    core::iter::once(own).chain(SUFFIXES).find_map(|known| {
        let (stem, end) = name.split_at_checked(name.len().checked_sub(known.len())?)?;
        let is_named = stem.last().is_some_and(|last| *last != b'/');
        (is_named && end.eq_ignore_ascii_case(known)).then_some(end)
    })
}

/// The name without its suffix; an archive's short one becomes `.tar`.
pub(super) fn plain(name: &[u8], own: &[u8]) -> Option<Vec<u8>> {
    let suffix = suffix(name, own)?;
    let stem = name.get(..name.len() - suffix.len()).unwrap_or_default();
    let is_archive = matches!(suffix.to_ascii_lowercase().as_slice(), b".tgz" | b".taz");
    Some(if is_archive { [stem, b".tar"].concat() } else { stem.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_come_and_go() {
        let check = |name: &str, expected: Option<&str>| {
            let plain = plain(name.as_bytes(), b".gz").map(|name| String::from_utf8(name).unwrap());
            assert_eq!(plain.as_deref(), expected, "{name}");
        };
        check("a.gz", Some("a"));
        check("a.GZ", Some("a"));
        check("a.tgz", Some("a.tar"));
        check("a-gz", Some("a"));
        check("a_z", Some("a"));
        check("a.b", None);
        check(".gz", None);
        check("d/.gz", None);
        assert_eq!(plain(b"a.x", b".x"), Some(b"a".to_vec()));
    }
}
