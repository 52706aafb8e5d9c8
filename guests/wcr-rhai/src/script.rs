//! Which script is to be run, and with which arguments.

use wcr_shims::{SHIM_GUEST, bundled_shim, shim_path};
use wcr_sys::{Errno, fs};

/// A script that is the program of this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    /// The name that the program is called by.
    pub(crate) name: String,
    /// Where the script is from, for messages.
    pub(crate) origin: String,
    /// The script.
    pub(crate) text: String,
    /// The arguments behind the name.
    pub(crate) args: Vec<Vec<u8>>,
}

/// Why there is no script.
type Problem = String;

/// The script that a command line means.
///
/// # Errors
/// A sentence that says which one is missing, or cannot be read.
pub(crate) fn find(mut words: Vec<Vec<u8>>) -> Result<Script, Problem> {
    if words.is_empty() {
        words.push(SHIM_GUEST.into());
    }
    let name = base(&words.remove(0));
    if name == SHIM_GUEST {
        if words.is_empty() {
            return Err(format!("{SHIM_GUEST}: no script was named: {SHIM_GUEST} FILE [ARGUMENT]..."));
        }
        let path = words.remove(0);
        let text = read(&path)?;
        return Ok(Script { name: base(&path), origin: shown(&path), text, args: words });
    }
    // Under a name that nobody gave a script for, the file that was started tells which program is meant.
    let file = fs::readlink(b"/proc/self/exe").map(|path| base(&path)).unwrap_or_default();
    for name in [name.clone(), file] {
        let path = shim_path(&name);
        match fs::stat(path.as_bytes()) {
            Ok(_) => return Ok(Script { text: read(path.as_bytes())?, name, origin: path, args: words }),
            Err(Errno::Noent | Errno::Notdir) => {}
            Err(errno) => return Err(format!("{name}: {path} cannot be read: {errno}")),
        }
        if let Some(text) = bundled_shim(name.as_bytes()) {
            return Ok(Script {
                text: text.to_owned(),
                origin: format!("{name}.rhai (bundled with wcr)"),
                name,
                args: words,
            });
        }
    }
    Err(format!("{name}: there is no script for it: {} is missing", shim_path(&name)))
}

/// A script's text; a first line for the kernel (`#!`) becomes a comment.
fn read(path: &[u8]) -> Result<String, Problem> {
    let bytes = fs::read_file(path).map_err(|errno| format!("{} cannot be read: {errno}", shown(path)))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8 text", shown(path)))?;
    Ok(without_interpreter(text))
}

fn without_interpreter(text: String) -> String {
    match text.strip_prefix("#!") {
        Some(rest) => format!("//{rest}"),
        None => text,
    }
}

/// The last part of a path; the `-` that login shells have in front is not of the name.
fn base(path: &[u8]) -> String {
    shown(path.rsplit(|byte| *byte == b'/').next().unwrap_or_default())
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_last_part() {
        assert_eq!((base(b"/usr/bin/curl"), base(b"git")), ("curl".into(), "git".into()));
    }

    #[test]
    fn the_kernels_line_is_no_code_and_keeps_its_place() {
        assert_eq!(without_interpreter("#!/bin/rhai\nprint(1)".into()), "///bin/rhai\nprint(1)");
        assert_eq!(without_interpreter("print(1)".into()), "print(1)");
    }

    #[test]
    fn a_missing_script_is_named() {
        assert!(find(vec![b"rhai".to_vec()]).unwrap_err().contains("no script was named"));
        assert!(find(vec![b"/bin/nosuch".to_vec()]).unwrap_err().contains("/usr/share/wcr/shims/nosuch.rhai"));
    }
}
