//! Which applets there are, which program holds each, and where BusyBox installs them.

use crate::core::{basename, dirname, truth};
use crate::Applet;

/// An applet and the directory that BusyBox installs it in.
pub type Entry = (&'static str, Applet);

const BIN: &str = "bin";
const USR_BIN: &str = "usr/bin";

/// The applets of the program `core`.
pub const CORE: &[Entry] =
    &[(USR_BIN, basename::APPLET), (USR_BIN, dirname::APPLET), (BIN, truth::FALSE), (BIN, truth::TRUE)];

/// The applets of the program `text`.
pub const TEXT: &[Entry] = &[];

/// The names that other guests answer to.
const OTHERS: [(&str, &str); 3] = [(BIN, "ash"), (BIN, "busybox"), (BIN, "sh")];

/// Installation directory and name of every applet, whichever guest holds it. A value of its own, so that
/// one program's table does not draw in the other's applets.
static NAMES: [(&str, &str); CORE.len() + TEXT.len() + OTHERS.len()] = {
    let mut names = [("", ""); CORE.len() + TEXT.len() + OTHERS.len()];
    let mut at = 0;
    while at < CORE.len() {
        names[at] = (CORE[at].0, CORE[at].1.name);
        at += 1;
    }
    while at < CORE.len() + TEXT.len() {
        names[at] = (TEXT[at - CORE.len()].0, TEXT[at - CORE.len()].1.name);
        at += 1;
    }
    while at < names.len() {
        names[at] = OTHERS[at - CORE.len() - TEXT.len()];
        at += 1;
    }
    names
};

/// Installation directory and name of every applet, sorted by name.
#[must_use]
pub fn names() -> Vec<(&'static str, &'static str)> {
    let mut names = NAMES.to_vec();
    names.sort_unstable_by_key(|(_, name)| *name);
    names
}

/// Whether any guest holds an applet of this name.
#[must_use]
pub fn exists(name: &[u8]) -> bool {
    NAMES.iter().any(|(_, known)| known.as_bytes() == name)
}

/// The applet of this name in one program's table.
#[must_use]
pub fn find<'a>(table: &'a [Entry], name: &[u8]) -> Option<&'a Applet> {
    table.iter().map(|(_, applet)| applet).find(|applet| applet.name.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn no_name_stands_twice() {
        let names = names();
        for pair in names.windows(2) {
            assert_ne!(pair[0].1, pair[1].1);
        }
    }
}
