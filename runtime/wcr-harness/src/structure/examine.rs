//! What structure tests look at beside commands: files and the image's configuration.

use wcr_abi::{Errno, FileKind, Stat};
use wcr_image::RunConfig;
use wcr_machine::Root;

use super::schema::{Class, ContentTest, ExistenceTest, LicenseTest, MetadataTest, Variable};
use crate::check::{self, Checked, Mismatch};
use crate::value::Value;
use crate::visible::quoted;

/// Each expected pattern is found in what was written, and none of the excluded ones.
pub(super) fn patterns(what: &str, content: &[u8], expected: &[String], excluded: &[String]) -> Checked {
    let text = Value::Text(String::from_utf8_lossy(content).into_owned());
    for pattern in expected {
        check::matches(&text, pattern).map_err(|mismatch| about(what, mismatch))?;
    }
    for pattern in excluded {
        match check::matches(&text, pattern) {
            Ok(()) => {
                let shown = Value::Text(pattern.clone()).literal();
                let detail = vec![format!("pattern:  {shown}"), format!("actual:   {}", text.literal())];
                return Err(Mismatch::new(format!("{what}: the excluded pattern is there"), detail));
            }
            Err(mismatch) if mismatch.what.starts_with(check::NO_PATTERN) => return Err(about(what, mismatch)),
            Err(_) => {}
        }
    }
    Ok(())
}

fn about(what: &str, mismatch: Mismatch) -> Mismatch {
    Mismatch { what: format!("{what}: {}", mismatch.what), ..mismatch }
}

/// A path is there or not, with the metadata that are asked for. A link at its end is looked at itself.
pub(super) fn existence(root: &mut Root, test: &ExistenceTest) -> Checked {
    let stat = match root.stat(test.path.as_bytes(), false) {
        Ok(stat) => Some(stat),
        Err(Errno::Noent | Errno::Notdir) => None,
        Err(errno) => return Err(Mismatch::new(format!("{}: {errno}", quoted(&test.path)), Vec::new())),
    };
    let path = quoted(&test.path);
    let stat = match (stat, test.should_exist) {
        (None, true) => return Err(Mismatch::new(format!("{path} is not in the image"), Vec::new())),
        (Some(_), false) => return Err(Mismatch::new(format!("{path} is in the image"), Vec::new())),
        (None, false) => return Ok(()),
        (Some(stat), true) => stat,
    };
    if let Some(permissions) = &test.permissions {
        same(&format!("the permissions of {path}"), permissions, &mode_text(&stat))?;
    }
    for (what, wanted, actual) in [("owner", test.uid, stat.uid), ("group", test.gid, stat.gid)] {
        if let Some(wanted) = wanted {
            same(&format!("the {what} of {path}"), &wanted.to_string(), &actual.to_string())?;
        }
    }
    let (bits, whom) = match test.is_executable_by {
        None => return Ok(()),
        Some(Class::Owner) => (0o100, "its owner"),
        Some(Class::Group) => (0o010, "its group"),
        Some(Class::Other) => (0o001, "others"),
        Some(Class::Any) => (0o111, "anybody"),
    };
    if stat.mode.permissions() & bits == 0 {
        let detail = vec![format!("permissions: {}", mode_text(&stat))];
        return Err(Mismatch::new(format!("{path} is not executable by {whom}"), detail));
    }
    Ok(())
}

/// What is in a file; links are followed.
pub(super) fn content(root: &mut Root, test: &ContentTest) -> Checked {
    let path = quoted(&test.path);
    let content = root.read_file(test.path.as_bytes());
    let content = content.map_err(|errno| Mismatch::new(format!("{path} cannot be read: {errno}"), Vec::new()))?;
    patterns(&path, &content, &test.expected_contents, &test.excluded_contents)
}

/// Where Debian has a folder for each package, with the file `copyright` in it.
const DEBIAN_PACKAGES: &str = "/usr/share/doc";
/// What no file may have in it, whatever the case of its letters.
const REFUSED_LICENSES: [&str; 2] = ["AGPL", "WTFPL"];
/// Packages that are not looked at: they name such a license without being under it.
const KNOWN_PACKAGES: [&str; 1] = ["libgnutls30"];

/// No file has a license in it that container-structure-test refuses.
pub(super) fn licenses(root: &mut Root, test: &LicenseTest) -> Checked {
    let mut paths = test.files.clone();
    if test.debian {
        let fail = |errno: Errno| Mismatch::new(format!("{DEBIAN_PACKAGES} cannot be listed: {errno}"), Vec::new());
        let names = root.folders(DEBIAN_PACKAGES.as_bytes()).map_err(fail)?;
        let names = names.iter().map(|name| String::from_utf8_lossy(name));
        let names = names.filter(|name| !KNOWN_PACKAGES.contains(&name.as_ref()));
        paths.extend(names.map(|name| format!("{DEBIAN_PACKAGES}/{name}/copyright")));
    }
    for path in paths {
        let content = root.read_file(path.as_bytes());
        let path = quoted(&path);
        let content = content.map_err(|errno| Mismatch::new(format!("{path} cannot be read: {errno}"), Vec::new()))?;
        let content = String::from_utf8_lossy(&content).to_uppercase();
        if let Some(license) = REFUSED_LICENSES.iter().find(|license| content.contains(*license)) {
            return Err(Mismatch::new(format!("{path} names a license that is refused: {license}"), Vec::new()));
        }
    }
    Ok(())
}

/// What the image's configuration says.
pub(super) fn metadata(config: &RunConfig, test: &MetadataTest) -> Checked {
    let env = |name: &str| config.env.iter().find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='));
    for variable in &test.env_vars {
        named("the variable", variable, env(&variable.key))?;
    }
    for variable in &test.unbound_env_vars {
        if let Some(value) = env(&variable.key) {
            let what = format!("the variable {} is set", quoted(&variable.key));
            return Err(Mismatch::new(what, vec![format!("actual:   {}", quoted(value))]));
        }
    }
    for label in &test.labels {
        named("the label", label, config.labels.get(&label.key).map(String::as_str))?;
    }
    let port = |port: &String| if port.contains('/') { port.clone() } else { format!("{port}/tcp") };
    let ports = |ports: &[String]| ports.iter().map(port).collect::<Vec<_>>();
    let exposed = ports(&config.exposed_ports);
    for (what, list, wanted, expected) in [
        ("the port", &exposed, ports(&test.exposed_ports), true),
        ("the port", &exposed, ports(&test.unexposed_ports), false),
        ("the volume", &config.volumes, test.volumes.clone(), true),
        ("the volume", &config.volumes, test.unmounted_volumes.clone(), false),
    ] {
        if let Some(item) = wanted.iter().find(|item| list.contains(item) != expected) {
            let is = if expected { "is not in the configuration" } else { "is in the configuration" };
            return Err(Mismatch::new(
                format!("{what} {} {is}", quoted(item)),
                vec![format!("it has:   {}", words(list))],
            ));
        }
    }
    for (what, wanted, actual) in
        [("the entry point", &test.entrypoint, &config.entrypoint), ("the command", &test.cmd, &config.cmd)]
    {
        if let Some(wanted) = wanted {
            same(what, &words(wanted), &words(actual))?;
        }
    }
    for (what, wanted, actual) in
        [("the working directory", &test.workdir, &config.working_dir), ("the user", &test.user, &config.user)]
    {
        if let Some(wanted) = wanted {
            same(what, wanted, actual)?;
        }
    }
    Ok(())
}

/// A variable or a label has the value that is asked for.
fn named(what: &str, wanted: &Variable, actual: Option<&str>) -> Checked {
    let what = format!("{what} {}", quoted(&wanted.key));
    let Some(actual) = actual else { return Err(Mismatch::new(format!("{what} is not set"), Vec::new())) };
    if wanted.is_regex {
        return check::matches(&Value::Text(actual.to_owned()), &wanted.value)
            .map_err(|mismatch| about(&what, mismatch));
    }
    same(&what, &wanted.value, actual)
}

fn same(what: &str, expected: &str, actual: &str) -> Checked {
    if expected == actual {
        return Ok(());
    }
    let detail = vec![format!("expected: {expected}"), format!("actual:   {actual}")];
    Err(Mismatch::new(format!("{what}: not the expected one"), detail))
}

fn words(words: &[String]) -> String {
    Value::List(words.iter().cloned().map(Value::Text).collect()).literal()
}

/// Kind and permissions as these files write them, which is as Go does (`os.FileMode.String`).
fn mode_text(stat: &Stat) -> String {
    let permissions = stat.mode.permissions();
    let kind = match stat.mode.kind() {
        FileKind::Directory => "d",
        FileKind::Symlink => "L",
        FileKind::BlockDevice => "D",
        FileKind::CharDevice => "Dc",
        FileKind::Fifo => "p",
        FileKind::Socket => "S",
        FileKind::Regular => "",
    };
    let set = [(0o4000, "u"), (0o2000, "g"), (0o1000, "t")];
    let set: String = set.into_iter().filter(|(bit, _)| permissions & bit != 0).map(|(_, letter)| letter).collect();
    let mut out = if kind.is_empty() && set.is_empty() { "-".into() } else { format!("{kind}{set}") };
    for (number, letter) in "rwxrwxrwx".chars().enumerate() {
        out.push(if permissions & (0o400 >> number) != 0 { letter } else { '-' });
    }
    out
}
