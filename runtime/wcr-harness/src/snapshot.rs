//! Snapshots: values that a script's checks compare with files beside it, which can be written anew.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{Checked, Mismatch};
use crate::diff;
use crate::value::Value;
use crate::visible::{cut, quoted};

/// How the names of the files end.
const ENDING: &str = "snap";
/// The largest snapshot, in bytes.
const CONTENT_MAX: usize = 4 << 20;
/// The longest name, in bytes.
const NAME_MAX: usize = 100;
/// How many characters of a value without a snapshot are shown.
const SHOWN_MAX: usize = 400;

/// Keeps snapshots: a folder of this host, or a page.
pub trait SnapshotFiles: Send + Sync {
    /// The content of a file, at most a little more than so many bytes of it; `None` when it is not there.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>>;

    /// Writes a file as a whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()>;

    /// What is in a folder.
    fn list(&self, folder: &Path) -> Vec<PathBuf>;

    /// How the user lets a snapshot be written, in a few words.
    fn advice(&self, path: &Path) -> String;
}

/// The snapshots of one script: files `NAME.snap` in the folder that has the script's name with `.snapshots` behind it.
pub(crate) struct Snapshots {
    folder: PathBuf,
    files: Arc<dyn SnapshotFiles>,
    /// Whether files are written where values are not as they say.
    update: bool,
    /// What has been compared so far.
    used: RefCell<BTreeMap<String, Vec<u8>>>,
    written: RefCell<Vec<PathBuf>>,
}

impl Snapshots {
    pub(crate) fn of(script: &str, update: bool, files: Arc<dyn SnapshotFiles>) -> Self {
        let folder = PathBuf::from(format!("{script}.snapshots"));
        Self { folder, files, update, used: RefCell::default(), written: RefCell::default() }
    }

    /// The value is as the snapshot of this name says, or the snapshot is made so.
    pub(crate) fn check(&self, name: &str, value: &Value) -> Checked {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
        if name.is_empty() || name.len() > NAME_MAX || name.starts_with(['.', ' ']) || !name.chars().all(plain) {
            let what = format!("{} is no name for a snapshot", quoted(name));
            return Err(Mismatch::new(
                what,
                vec![format!("it takes up to {NAME_MAX} letters, digits, - _ . and spaces")],
            ));
        }
        let content = content(value)?;
        if let Some(other) = self.used.borrow_mut().insert(name.to_owned(), content.clone())
            && other != content
        {
            let what = format!("the snapshot {} is used for two values that differ", quoted(name));
            return Err(Mismatch::new(what, difference(&other, &content)));
        }
        let path = self.folder.join(format!("{name}.{ENDING}"));
        let failed = |what: &str, error: io::Error| {
            Mismatch::new(format!("cannot {what} {}: {error}", path.display()), Vec::new())
        };
        let known = self.files.read(&path, CONTENT_MAX).map_err(|error| failed("read the snapshot", error))?;
        if known.as_deref() == Some(content.as_slice()) {
            return Ok(());
        }
        if self.update {
            self.files.write(&path, &content).map_err(|error| failed("write the snapshot", error))?;
            self.written.borrow_mut().push(path);
            return Ok(());
        }
        match known {
            Some(known) => {
                let what = format!("the value is not as the snapshot {} says", quoted(name));
                let mut detail = difference(&known, &content);
                detail.push(format!("if it is right now: {}", self.files.advice(&path)));
                Err(Mismatch::new(what, detail))
            }
            None => {
                let what = format!("there is no snapshot {} yet", quoted(name));
                let shown = cut(&value.literal(), SHOWN_MAX);
                Err(Mismatch::new(what, vec![format!("actual:   {shown}"), self.files.advice(&path)]))
            }
        }
    }

    /// The files that were written.
    pub(crate) fn written(&self) -> Vec<PathBuf> {
        self.written.borrow().clone()
    }

    /// The snapshots in the folder that no check asked for.
    pub(crate) fn unused(&self) -> Vec<PathBuf> {
        let used = self.used.borrow();
        let is_unused = |path: &PathBuf| {
            let name = path.file_stem().and_then(|name| name.to_str());
            path.extension().is_some_and(|ending| ending == ENDING) && name.is_none_or(|name| !used.contains_key(name))
        };
        let mut unused: Vec<PathBuf> = self.files.list(&self.folder).into_iter().filter(is_unused).collect();
        unused.sort_unstable();
        unused
    }
}

/// What a file has of a value: texts and blobs as they are, collections an item a line, others as a script writes them.
fn content(value: &Value) -> Result<Vec<u8>, Mismatch> {
    let content = match value {
        Value::Text(text) => text.as_bytes().to_vec(),
        Value::Bytes(bytes) => bytes.clone(),
        Value::Other(kind) => {
            return Err(Mismatch::new(format!("{kind} cannot be a snapshot; take what it holds"), Vec::new()));
        }
        value => value.lines().unwrap_or_else(|| value.literal() + "\n").into_bytes(),
    };
    if content.len() > CONTENT_MAX {
        let what = format!("a snapshot has at most {CONTENT_MAX} bytes; this would have {}", content.len());
        return Err(Mismatch::new(what, Vec::new()));
    }
    Ok(content)
}

fn difference(expected: &[u8], actual: &[u8]) -> Vec<String> {
    match (std::str::from_utf8(expected), std::str::from_utf8(actual)) {
        (Ok(expected), Ok(actual)) => diff::texts(expected, actual),
        _ => diff::blobs(expected, actual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders::Folders;

    fn of(script: &str, update: bool) -> Snapshots {
        Snapshots::of(script, update, Arc::new(Folders))
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn a_snapshot_is_written_once_asked_to_and_compared_from_then_on() {
        let home = tempfile::tempdir().unwrap();
        let script = home.path().join("a.rhai").display().to_string();
        let missing = of(&script, false).check("list", &text("a\nb\n")).unwrap_err();
        assert_eq!(missing.what, "there is no snapshot \"list\" yet");
        assert!(!Path::new(&format!("{script}.snapshots")).exists());

        let update = of(&script, true);
        for (name, value) in [("list", text("a\nb\n")), ("blob", Value::Bytes(vec![0, 255])), ("n", Value::Int(5))] {
            assert_eq!(update.check(name, &value), Ok(()));
            assert_eq!(update.check(name, &value), Ok(()));
        }
        assert_eq!(update.written().len(), 3);

        let check = of(&script, false);
        assert_eq!(check.check("list", &text("a\nb\n")), Ok(()));
        assert_eq!(check.check("blob", &Value::Bytes(vec![0, 255])), Ok(()));
        let mismatch = check.check("n", &Value::Int(6)).unwrap_err();
        assert_eq!(mismatch.detail.get(..2).unwrap(), [r#"expected: "5\n""#, r#"actual:   "6\n""#]);
        assert!(check.unused().is_empty() && check.written().is_empty());
        assert_eq!(of(&script, false).unused().len(), 3);
    }

    #[test]
    fn names_lead_nowhere_else_and_stand_for_one_value() {
        let home = tempfile::tempdir().unwrap();
        let update = of(&home.path().join("a.rhai").display().to_string(), true);
        for name in ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\n", "ü", &"x".repeat(NAME_MAX + 1)] {
            let what = update.check(name, &text("x")).unwrap_err().what;
            assert!(what.ends_with("is no name for a snapshot"), "{name}: {what}");
        }
        assert_eq!(update.check("x", &text("1")), Ok(()));
        assert_eq!(
            update.check("x", &text("2")).unwrap_err().what,
            "the snapshot \"x\" is used for two values that differ"
        );
        let other = update.check("y", &Value::Other("a function".into())).unwrap_err();
        assert_eq!(other.what, "a function cannot be a snapshot; take what it holds");
    }
}
