//! `--env` and `--env-file`: variables from the command line and from files.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use anyhow::Result;
use wcr_container::EnvChange;
use wcr_container::life::Text;
use wcr_image::Class;

use crate::exit::Failure;

/// The largest file that is read, in bytes.
const FILE_MAX: u64 = 16 << 20;

/// The variables of the files, then those of the command line.
///
/// # Errors
/// A file that cannot be read or is malformed; a variable without a name.
pub(crate) fn changes(files: &[impl AsRef<Path>], entries: &[OsString]) -> Result<Vec<EnvChange>> {
    let mut all = Vec::new();
    for path in files.iter().map(AsRef::as_ref) {
        let fail = |reason: String| {
            let message = format!("cannot use the environment file {}: {reason}", path.display());
            Failure::new(Class::Usage, message)
        };
        let size = std::fs::metadata(path).map_err(|error| fail(error.to_string()))?.len();
        if size > FILE_MAX {
            return Err(fail(format!("it is larger than {FILE_MAX} bytes")).into());
        }
        let content = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        all.extend(parse(&content, &from_outside).map_err(fail)?);
    }
    for entry in entries {
        let change = change(entry.as_encoded_bytes(), &from_outside);
        let invalid = || {
            let message =
                format!("invalid variable {:?}: it needs the form NAME=VALUE or NAME", entry.to_string_lossy());
            Failure::new(Class::Usage, message)
        };
        all.push(change.ok_or_else(invalid)?);
    }
    Ok(all)
}

/// [`changes`], as they are kept.
///
/// # Errors
/// As [`changes`].
pub(crate) fn texts(files: &[impl AsRef<Path>], entries: &[OsString]) -> Result<Vec<(Text, Option<Text>)>> {
    let changes = changes(files, entries)?.into_iter();
    Ok(changes.map(|change| (change.name.into(), change.value.map(Text::from))).collect())
}

/// Lines of `NAME=VALUE` or `NAME`; empty ones and those that begin with `#` do not count. The value is
/// all that follows, quotes included, as Docker has it.
fn parse(content: &[u8], outside: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Result<Vec<EnvChange>, String> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut all = Vec::new();
    for (number, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_start();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let name = line.split(|byte| *byte == b'=').next().unwrap_or_default();
        if name.iter().any(u8::is_ascii_whitespace) {
            return Err(format!("line {}: a name cannot have spaces in it", number + 1));
        }
        all.push(change(line, outside).ok_or_else(|| format!("line {}: there is no name", number + 1))?);
    }
    Ok(all)
}

/// One variable; without `=` its value comes from outside, and it is removed when there is none.
fn change(entry: &[u8], outside: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Option<EnvChange> {
    let (name, value) = match entry.iter().position(|byte| *byte == b'=') {
        Some(at) => (entry.get(..at)?, Some(entry.get(at + 1..)?.to_vec())),
        None => (entry, outside(entry)),
    };
    (!name.is_empty()).then(|| EnvChange { name: name.to_vec(), value })
}

fn from_outside(name: &[u8]) -> Option<Vec<u8>> {
    let name = core::str::from_utf8(name).ok().filter(|name| !name.is_empty() && !name.contains('\0'))?;
    std::env::var_os(OsStr::new(name)).map(|value| value.as_encoded_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(name: &[u8]) -> Option<Vec<u8>> {
        (name == b"OUT").then(|| b"side".to_vec())
    }

    #[test]
    fn files_are_read_line_by_line() {
        let content = b"\xef\xbb\xbfA=1\r\n# comment\n\n  B=\"x y\"=z \nOUT\nNONE\nC=";
        let read = parse(content, &outside).unwrap();
        let shown: Vec<_> = read.iter().map(|change| (change.name.as_slice(), change.value.as_deref())).collect();
        let expected: [(&[u8], Option<&[u8]>); 5] = [
            (b"A", Some(b"1")),
            (b"B", Some(b"\"x y\"=z ")),
            (b"OUT", Some(b"side")),
            (b"NONE", None),
            (b"C", Some(b"")),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn malformed_lines_are_named() {
        assert_eq!(parse(b"A=1\nB C=2\n", &outside).unwrap_err(), "line 2: a name cannot have spaces in it");
        assert_eq!(parse(b"=x", &outside).unwrap_err(), "line 1: there is no name");
        assert!(changes(&["/no/such/file"], &[]).is_err());
        assert!(changes(&[] as &[&str], &["".into()]).is_err());
        assert!(changes(&[] as &[&str], &["=x".into()]).is_err());
    }
}
