//! Scripted shims: programs of a container that are scripts in Rhai, run by the guest [`Guest::Rhai`].

use crate::guest::Guest;

/// The name of the guest that runs them, and of the program that runs a script named on its command line.
pub const SHIM_GUEST: &str = Guest::Rhai.name();

/// The folder of a container in which they are, each as `NAME.rhai`.
pub const SHIM_FOLDER: &str = "/usr/share/wcr/shims";

/// What a file begins with that stands where a program is looked for whose shim is in [`SHIM_FOLDER`].
const STUB: &[u8] = b"wcr: a script is this program: ";

/// The shims that wcr carries, sorted by name.
const BUNDLED: [(&str, &str); 8] = [
    ("apk", include_str!("../rhai/apk.rhai")),
    ("apt", include_str!("../rhai/apt.rhai")),
    ("apt-get", include_str!("../rhai/apt-get.rhai")),
    ("curl", include_str!("../rhai/curl.rhai")),
    ("git", include_str!("../rhai/git.rhai")),
    ("sudo", include_str!("../rhai/sudo.rhai")),
    ("systemctl", include_str!("../rhai/systemctl.rhai")),
    ("wget", include_str!("../rhai/wget.rhai")),
];

/// The script of the bundled shim for a program; `None` when there is none.
#[must_use]
pub fn bundled_shim(name: &[u8]) -> Option<&'static str> {
    BUNDLED.iter().find(|(bundled, _)| bundled.as_bytes() == name).map(|(_, text)| *text)
}

/// The programs that wcr carries shims for, sorted.
pub fn bundled_shims() -> impl Iterator<Item = &'static str> {
    BUNDLED.iter().map(|(name, _)| *name)
}

/// Where a container has the shim for a program.
#[must_use]
pub fn shim_path(name: &str) -> String {
    format!("{SHIM_FOLDER}/{name}.rhai")
}

/// The program that a file of [`SHIM_FOLDER`] is for.
#[must_use]
pub fn shim_name(file: &[u8]) -> Option<&[u8]> {
    file.strip_suffix(b".rhai").filter(|name| !name.is_empty())
}

/// The content of the file that stands where a program is looked for.
#[must_use]
pub fn stub(name: &str) -> Vec<u8> {
    [STUB, shim_path(name).as_bytes(), b"\n"].concat()
}

/// Whether a file with this content is one that [`stub`] has made.
#[must_use]
pub fn is_stub(content: &[u8]) -> bool {
    content.starts_with(STUB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bundled_script_is_found_by_its_name() {
        let names: Vec<&str> = bundled_shims().collect();
        assert!(names.is_sorted());
        for name in names {
            assert!(bundled_shim(name.as_bytes()).is_some_and(|text| text.starts_with("// ")), "{name}");
        }
        assert_eq!(bundled_shim(b"nosuch"), None);
    }

    #[test]
    fn paths_and_names_belong_together() {
        assert_eq!(shim_path("curl"), "/usr/share/wcr/shims/curl.rhai");
        assert_eq!(
            (shim_name(b"curl.rhai"), shim_name(b"README"), shim_name(b".rhai")),
            (Some(&b"curl"[..]), None, None)
        );
        assert!(is_stub(&stub("curl")) && !is_stub(b"#!/bin/sh"));
    }
}
