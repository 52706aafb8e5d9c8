//! The variables of a command: those of a file and of the host, then those that the test sets, with `$NAME` filled in.

use std::collections::BTreeMap;
use std::path::Path;

use wcr_machine::EnvChange;

use super::schema::{RunOptions, Variable};
use crate::snapshot::SnapshotFiles;

/// The largest file of variables, in bytes.
const FILE_MAX: usize = 1 << 20;

/// The variables that the options of the containers ask for.
///
/// # Errors
/// What is wrong with the file, in a sentence.
pub(super) fn asked_for(
    options: &RunOptions,
    files: &dyn SnapshotFiles,
    host: &BTreeMap<String, String>,
) -> Result<Vec<EnvChange>, String> {
    let mut all = Vec::new();
    if let Some(path) = &options.env_file {
        let fail = |why: &str| format!("the file of variables {path} cannot be used: {why}");
        let content = files.read(Path::new(path), FILE_MAX).map_err(|error| fail(&error.to_string()))?;
        let content = content.ok_or_else(|| fail("it is not there"))?;
        let content = String::from_utf8(content).map_err(|_| fail("it is not UTF-8 text"))?;
        for line in content.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            match line.split_once('=') {
                Some(("", _)) => return Err(fail("a variable has no name")),
                Some((name, value)) => all.push(change(name, value)),
                None => all.extend(host.get(line).map(|value| change(line, value))),
            }
        }
    }
    all.extend(options.env_vars.iter().filter_map(|name| Some(change(name, host.get(name)?))));
    Ok(all)
}

/// These variables, in whose values `$NAME` and `${NAME}` stand for variables of the image or for ones set before.
pub(super) fn filled_in<'a>(image: &[String], set: impl Iterator<Item = &'a Variable>) -> Vec<EnvChange> {
    let mut known: BTreeMap<String, String> = image
        .iter()
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let mut all = Vec::new();
    for Variable { key, value, .. } in set {
        let value = expand(value, &known);
        all.push(change(key, &value));
        known.insert(key.clone(), value);
    }
    all
}

fn change(name: &str, value: &str) -> EnvChange {
    EnvChange { name: name.as_bytes().to_vec(), value: Some(value.as_bytes().to_vec()) }
}

/// `text` with its `$NAME` and `${NAME}`; a name that is not known stands for nothing, a `$` without a name for itself.
fn expand(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, behind) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some(braced) => braced,
            None => {
                let end = after.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        if name.is_empty() {
            out.push('$');
        }
        out.push_str(known.get(name).map_or("", String::as_str));
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders::Folders;

    fn variable(key: &str, value: &str) -> Variable {
        Variable { key: key.into(), value: value.into(), is_regex: false }
    }

    #[test]
    fn names_in_values_are_filled_in() {
        let image = ["PATH=/bin".to_owned(), "A=a".to_owned()];
        let set = [
            variable("PATH", "/env/bin:$PATH"),
            variable("B", "${A}b$A.c$NONE$"),
            variable("C", "[$PATH] ${B} 100%"),
            variable("D", "${A"),
        ];
        let filled = filled_in(&image, set.iter());
        let expected = [("PATH", "/env/bin:/bin"), ("B", "aba.c$"), ("C", "[/env/bin:/bin] aba.c$ 100%"), ("D", "${A")];
        assert_eq!(filled, expected.map(|(name, value)| change(name, value)));
    }

    #[test]
    fn only_what_is_asked_for_comes_from_the_host() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        std::fs::write(&path, "# comment\nA=1=2\n\nHOME\nGONE\n").unwrap();
        let host: BTreeMap<String, String> =
            [("HOME", "/h"), ("USER", "u"), ("SECRET", "s")].map(|(name, value)| (name.into(), value.into())).into();
        let options = |file: &Path| RunOptions {
            env_file: Some(file.display().to_string()),
            env_vars: vec!["USER".into(), "NONE".into()],
            ..RunOptions::default()
        };
        let asked = asked_for(&options(&path), &Folders, &host).unwrap();
        assert_eq!(asked, [("A", "1=2"), ("HOME", "/h"), ("USER", "u")].map(|(name, value)| change(name, value)));
        let error = asked_for(&options(&folder.path().join("none")), &Folders, &host).unwrap_err();
        assert!(error.ends_with("it is not there"), "{error}");
        std::fs::write(&path, "=x\n").unwrap();
        assert!(asked_for(&options(&path), &Folders, &host).unwrap_err().contains("no name"));
    }
}
