//! What is put to the test: wcr with the image of the real programs.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use super::case::{Answer, Case};
use super::{Flavour, folder};
use crate::bash;
use crate::dash;
use crate::gnu;
use crate::lab::Lab;
use crate::scratch::Scratch;

/// How many times a case's own deadline it is given: the machine may be busy with other tests.
const PATIENCE: u32 = 4;

/// wcr, with an image in its store, and a folder for the cases' working folders.
pub struct Subject {
    lab: Lab,
    image: String,
    work: Scratch,
    prelude: String,
    shell: &'static str,
    fixtures: Mutex<HashMap<String, Arc<Vec<u8>>>>,
}

/// Functions by which the shell of the image, which would run applets of its own, runs the GNU programs.
fn prelude() -> String {
    let paths = gnu::programs().unwrap_or_default();
    let names = paths.iter().filter_map(|path| path.rsplit('/').next()).filter(|name| *name != "[");
    let names: Vec<&str> = names.filter(|name| !name.contains(['.', '-'])).collect();
    format!("for n in {}; do eval \"$n() {{ /bin/env $n \\\"\\$@\\\"; }}\"; done\n", names.join(" "))
}

impl Subject {
    /// Pulls the image; `None` (noted as skipped) where a tool is missing, or where this process is not root, who
    /// alone can unpack the fixtures with their owners.
    pub fn prepare(flavour: Flavour) -> Option<Self> {
        let (lab, image, prelude) = match flavour {
            Flavour::BusyBox => {
                let (lab, image) = Lab::with_busybox()?;
                (lab, image, String::new())
            }
            Flavour::Gnu => {
                let (lab, image) = (Lab::open()?, gnu::image()?);
                let image = lab.provide("gnu", &image);
                (lab, image, prelude())
            }
            Flavour::Dash => {
                let (lab, image) = (Lab::open()?, dash::image()?);
                let image = lab.provide("dash", &image);
                (lab, image, String::new())
            }
            Flavour::Bash => {
                let (lab, image) = (Lab::open()?, bash::image()?);
                let image = lab.provide("bash", &image);
                (lab, image, String::new())
            }
        };
        let (work, fixtures) = (Scratch::new("cases"), Mutex::new(HashMap::new()));
        let subject = Subject { lab, image, work, prelude, shell: flavour.shell(), fixtures };
        if std::os::unix::fs::chown(subject.work.path(), Some(0), Some(0)).is_err() {
            crate::skip::note("the fixtures have files of several owners, which only root can make");
            return None;
        }
        Some(subject)
    }

    /// Runs one case in a fresh working folder.
    ///
    /// # Panics
    /// The fixture cannot be unpacked, or wcr cannot be started.
    pub fn answer(&self, case: &Case) -> Answer {
        let folder = Scratch::within(self.work.path(), "case");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("chmod the working folder");
        self.unpack(&case.fixture, folder.path());
        let streams = Scratch::within(self.work.path(), "streams");
        let volume = format!("{}:/work", folder.path().display());
        let limit = case.timeout * PATIENCE;
        let script = [self.prelude.as_str(), &case.script].concat();
        let finished = self
            .lab
            .wcr(["run", "--rm", "-i", "-v", &volume, "-w", "/work", &self.image, self.shell, "-c", &script])
            .run_on_files(streams.path(), limit);
        match finished {
            Some(finished) => Answer { code: finished.shell_code(), stdout: finished.stdout, stderr: finished.stderr },
            None => Answer { code: None, stdout: Vec::new(), stderr: Vec::new() },
        }
    }

    fn unpack(&self, fixture: &str, into: &Path) {
        let tar = {
            let mut fixtures = self.fixtures.lock().unwrap_or_else(PoisonError::into_inner);
            let load = || Arc::new(fs::read(folder().join(fixture)).expect("read the fixture"));
            Arc::clone(fixtures.entry(fixture.to_owned()).or_insert_with(load))
        };
        let mut archive = tar::Archive::new(tar.as_slice());
        archive.set_preserve_permissions(true);
        archive.set_preserve_ownerships(true);
        // In order, and links keep the time of their making: so the answers were recorded.
        let mut folders = Vec::new();
        for entry in archive.entries().expect("read the fixture") {
            let mut entry = entry.expect("read the fixture");
            entry.set_preserve_mtime(!entry.header().entry_type().is_symlink());
            entry.unpack_in(into).expect("unpack the fixture");
            if entry.header().entry_type().is_dir() {
                let path = into.join(entry.path().expect("a path in the fixture"));
                folders.push((path, entry.header().mtime().expect("a time in the fixture")));
            }
        }
        // Last, because each entry made in a folder changes its time.
        for (path, mtime) in folders {
            let time = UNIX_EPOCH + Duration::from_secs(mtime);
            File::open(&path).and_then(|folder| folder.set_modified(time)).expect("set a folder's time");
        }
    }
}
