//! The scripts to run: files as they are named, and all below a folder.

use std::io::{self, Read as _};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::visible::visible;

/// How the name of a script ends.
const ENDING: &str = "rhai";
/// How the names of scripts end that are tests and nothing else.
const TEST_ENDING: &str = ".wcr.rhai";
/// How the names of structure tests end.
const STRUCTURE_ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// The largest script, in bytes.
const SCRIPT_MAX: u64 = 1 << 20;
/// How deep folders are looked into.
const DEPTH_MAX: usize = 32;

/// In what a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rhai.
    Rhai,
    /// The schema of container-structure-test.
    Structure,
}

impl Kind {
    /// In what a file of this name is written.
    #[must_use]
    pub fn of_name(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        match ending {
            ENDING => Some(Self::Rhai),
            _ => STRUCTURE_ENDINGS.contains(&ending).then_some(Self::Structure),
        }
    }
}

/// A script: its file's name and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// In what it is written.
    pub kind: Kind,
    /// The file, as it was named, with slashes: what follows from it (titles, and so shares) is the same on every host.
    pub name: String,
    /// What it says.
    pub text: String,
}

impl Script {
    /// A line of the text, counted from 1.
    pub(crate) fn line(&self, number: usize) -> Option<&str> {
        self.text.lines().nth(number.checked_sub(1)?)
    }
}

/// Why there is nothing to run.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}; check the path")]
    Read {
        /// The path.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file is no script by its name.
    #[error("{0} is not a script: its name ends neither in .rhai nor, for a structure test, in .yaml, .yml or .json")]
    Ending(String),
    /// The file is no text.
    #[error("{0} is not a script: it is not UTF-8 text")]
    Utf8(String),
    /// The file is too large.
    #[error("{0} is not a script: it is larger than {SCRIPT_MAX} bytes")]
    Large(String),
    /// Folders are nested too deep.
    #[error("{0} is nested deeper than {DEPTH_MAX} folders; name the scripts one by one")]
    Deep(String),
    /// A folder without scripts.
    #[error("there is no script below {0}: no file whose name ends in .rhai")]
    None(String),
}

/// Reads the scripts that `paths` name: files, and below folders all `*.wcr.rhai` or, where there is none, all `*.rhai`, in
/// the order of their names. So a folder may have other scripts beside its tests, such as shims. Structure tests are read
/// only where they are named themselves: not every YAML file of a folder is one.
///
/// # Errors
/// [`SourceError`]: one of the paths leads to no script.
pub fn collect(paths: &[impl AsRef<Path>]) -> Result<Vec<Script>, SourceError> {
    let mut scripts = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        if !path.is_dir() {
            let kind = match Kind::of_name(path) {
                Some(kind) => kind,
                None if path.exists() => return Err(SourceError::Ending(shown(path))),
                None => Kind::Rhai,
            };
            scripts.push(read(path, kind)?);
            continue;
        }
        let mut files = Vec::new();
        below(path, 0, &mut files)?;
        if files.is_empty() {
            return Err(SourceError::None(shown(path)));
        }
        let is_test = |file: &PathBuf| file.to_string_lossy().ends_with(TEST_ENDING);
        if files.iter().any(is_test) {
            files.retain(is_test);
        }
        for file in files {
            scripts.push(read(&file, Kind::Rhai)?);
        }
    }
    Ok(scripts)
}

fn shown(path: &Path) -> String {
    visible(&with_slashes(&path.to_string_lossy(), MAIN_SEPARATOR))
}

/// A path of a host with this separator.
fn with_slashes(path: &str, separator: char) -> String {
    path.replace(separator, "/")
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SourceError {
    move |source| SourceError::Read { path: shown(path), source }
}

/// The scripts below `folder`, in the order of their names; links to folders are not followed.
fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    if depth > DEPTH_MAX {
        return Err(SourceError::Deep(shown(folder)));
    }
    let entries: Result<Vec<_>, io::Error> = std::fs::read_dir(folder).map_err(failed(folder))?.collect();
    let mut entries = entries.map_err(failed(folder))?;
    entries.sort_unstable_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type().map_err(failed(&path))?.is_dir() {
            below(&path, depth + 1, files)?;
        } else if Kind::of_name(&path) == Some(Kind::Rhai) && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path, kind: Kind) -> Result<Script, SourceError> {
    let file = std::fs::File::open(path).map_err(failed(path))?;
    let mut content = Vec::new();
    file.take(SCRIPT_MAX + 1).read_to_end(&mut content).map_err(failed(path))?;
    if content.len() as u64 > SCRIPT_MAX {
        return Err(SourceError::Large(shown(path)));
    }
    let text = String::from_utf8(content).map_err(|_| SourceError::Utf8(shown(path)))?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(Script { kind, name: shown(path), text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_looked_through_in_the_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("b/c")).unwrap();
        for (name, text) in [("z.rhai", "1"), ("b/c/2.rhai", "2"), ("b/1.rhai", "3"), ("a.rhai", "4"), ("b/no.txt", "")]
        {
            fs::write(path(name), text).unwrap();
        }
        let texts =
            |paths: &[PathBuf]| collect(paths).unwrap().into_iter().map(|script| script.text).collect::<String>();
        assert_eq!(texts(&[folder.path().to_path_buf()]), "4321");
        assert_eq!(texts(&[path("z.rhai"), path("b")]), "132");
        // Tests that are named so have other scripts beside them.
        fs::write(path("b/t.wcr.rhai"), "5").unwrap();
        assert_eq!(texts(&[folder.path().to_path_buf()]), "5");
        assert_eq!(texts(&[path("z.rhai"), path("b")]), "15");
    }

    #[test]
    fn what_is_no_script_is_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("x.txt"), "1").unwrap();
        fs::write(path("bytes.rhai"), b"\xff").unwrap();
        fs::write(path("large.rhai"), vec![b' '; SCRIPT_MAX as usize + 1]).unwrap();
        fs::create_dir(path("empty")).unwrap();
        for (name, reason) in [
            ("x.txt", "ends neither in .rhai"),
            ("bytes.rhai", "not UTF-8"),
            ("large.rhai", "larger than"),
            ("empty", "no script below"),
            ("missing.rhai", "cannot read"),
            ("missing", "cannot read"),
        ] {
            let error = collect(&[path(name)]).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains(name), "{error}");
        }
    }

    #[test]
    fn names_have_slashes_on_every_host() {
        assert_eq!(with_slashes("tests\\more/a.rhai", '\\'), "tests/more/a.rhai");
        assert_eq!(with_slashes("odd\\name.rhai", '/'), "odd\\name.rhai");
    }

    #[test]
    fn lines_are_counted_from_one() {
        let script = Script { kind: Kind::Rhai, name: "x".into(), text: "a\nb\r\nc".into() };
        assert_eq!([0, 1, 2, 3, 4].map(|number| script.line(number)), [None, Some("a"), Some("b"), Some("c"), None]);
    }
}
