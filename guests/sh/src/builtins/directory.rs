//! The current directory: `cd`, `pwd`.

use wcr_sys::fs;

use crate::shell::{Flow, Shell};

impl Shell {
    /// Finds out the current directory at the start: `$PWD` when it leads here, else what the kernel says.
    pub fn find_directory(&mut self) {
        let named = self.vars.get(b"PWD").map(std::borrow::Cow::into_owned).unwrap_or_default();
        let same = || {
            let (named, here) = (fs::stat(&named).ok()?, fs::stat(b".").ok()?);
            Some((named.dev, named.ino) == (here.dev, here.ino))
        };
        let usable = named.starts_with(b"/") && same() == Some(true);
        self.cwd = if usable { named } else { fs::getcwd().unwrap_or_default() };
        let cwd = self.cwd.clone();
        self.vars.force(b"PWD", &cwd);
        self.vars.attributes(b"PWD").exported = true;
    }

    fn change_directory(&mut self, target: &[u8], physical: bool) -> wcr_sys::Result<()> {
        let logical = if physical { None } else { logical_path(&self.cwd, target) };
        let there = match &logical {
            Some(path) => fs::chdir(path),
            None => fs::chdir(target),
        };
        there?;
        self.cwd = match logical {
            Some(path) => path,
            None => fs::getcwd().unwrap_or_default(),
        };
        Ok(())
    }

    fn publish_directory(&mut self, old: Vec<u8>) -> Flow {
        self.assign(b"OLDPWD", old)?;
        self.vars.attributes(b"OLDPWD").exported = true;
        let cwd = self.cwd.clone();
        self.assign(b"PWD", cwd)?;
        self.vars.attributes(b"PWD").exported = true;
        Ok(())
    }
}

/// The path that `target` leads to from `base` when `..` goes back to where the name came from. `None`
/// when that can't be told: there is no base.
fn logical_path(base: &[u8], target: &[u8]) -> Option<Vec<u8>> {
    let absolute = target.starts_with(b"/");
    if !absolute && base.is_empty() {
        return None;
    }
    let between: &[u8] = if base.ends_with(b"/") { b"" } else { b"/" };
    let whole = if absolute { target.to_vec() } else { [base, between, target].concat() };
    // Two slashes at the start are kept, more are one.
    let slashes = whole.iter().take_while(|byte| **byte == b'/').count();
    let mut path: Vec<u8> = vec![b'/'; if slashes == 2 { 2 } else { 1 }];
    let root = path.len();
    for component in whole.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                let cut = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                path.truncate(cut.max(root));
            }
            name => {
                if path.len() > root {
                    path.push(b'/');
                }
                path.extend_from_slice(name);
            }
        }
    }
    Some(path)
}

pub(super) fn cd(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, b"LP")?;
    let physical = options.last().is_some_and(|(option, _)| *option == b'P');
    let mut show = false;
    let target = match operands.first().map(Vec::as_slice) {
        None => match shell.vars.get(b"HOME") {
            Some(home) => home.into_owned(),
            None => return Ok(0),
        },
        Some(b"-") => {
            show = true;
            shell.vars.get(b"OLDPWD").map(std::borrow::Cow::into_owned).unwrap_or_default()
        }
        Some(target) => target.to_vec(),
    };
    let old = shell.cwd.clone();
    let dotted = matches!(target.as_slice(), [b'/', ..] | b"." | b".." | [b'.', b'/', ..] | [b'.', b'.', b'/', ..]);
    let mut reached = None;
    if !dotted && let Some(search) = shell.vars.get(b"CDPATH").map(std::borrow::Cow::into_owned) {
        for folder in search.split(|byte| *byte == b':').filter(|folder| !folder.is_empty()) {
            if shell.change_directory(&[folder, b"/", &target].concat(), physical).is_ok() {
                reached = Some(Ok(()));
                show = true;
                break;
            }
        }
    }
    let reached = reached.unwrap_or_else(|| {
        // An empty name stays where it is.
        shell.change_directory(if target.is_empty() { b"." } else { &target }, physical)
    });
    if let Err(error) = reached {
        return Err(shell.fail(&crate::flavour::current().cannot_change(&target, error)));
    }
    shell.publish_directory(old)?;
    if show {
        let line = [&shell.cwd, &b"\n"[..]].concat();
        shell.put(&line);
    }
    Ok(0)
}

pub(super) fn pwd(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, _) = shell.options(args, b"LP")?;
    let physical = options.last().is_some_and(|(option, _)| *option == b'P');
    let path = if physical { fs::getcwd().unwrap_or_default() } else { shell.cwd.clone() };
    shell.put(&[&path, &b"\n"[..]].concat());
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::logical_path;

    #[test]
    fn dots_are_resolved_by_name() {
        for (base, target, path) in [
            ("/a/b", "..", "/a"),
            ("/a", "../..", "/"),
            ("/a", "./b//c/", "/a/b/c"),
            ("/", "x", "/x"),
            ("/a", "//usr", "//usr"),
            ("/a", "///usr", "/usr"),
            ("/a", "/b/../c", "/c"),
        ] {
            assert_eq!(
                logical_path(base.as_bytes(), target.as_bytes()),
                Some(path.as_bytes().to_vec()),
                "{base} {target}"
            );
        }
        assert_eq!(logical_path(b"", b"x"), None);
    }
}
