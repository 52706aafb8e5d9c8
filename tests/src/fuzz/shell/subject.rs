//! The two shells that run a script: BusyBox in a root of its own, and wcr with the image of the same BusyBox.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Explained, Script};
use crate::image::Image;
use crate::lab::Lab;
use crate::layer::Layer;
use crate::scratch::Scratch;
use crate::{busybox, skip, wcr};

/// How long one script may take on one side.
const LIMIT: Duration = Duration::from_secs(10);

/// How often the real shell is asked again when wcr's answer differs from its first: what processes write at the
/// same time may come in either order.
const AGAIN: usize = 12;

/// The user the scripts run as, one for each worker, so that a stray signal meets nobody else's processes.
const FIRST_USER: usize = 61_000;

/// Prepares the working folder, runs the script `$2` in the way `$1`, and tells all that came of it.
const FRAME: &str = r#"umask 022
cd /work
printf 'one two  three\nfour\\\n five\n\nlast' > in
mkdir d
echo X > d/x.c
echo Y > d/y.h
echo bar > foo.bar
: > .hid
printf %s "$2" > /tmp/script
case $1 in
argument) env -i PATH=/bin HOME=/work HOSTNAME=box sh -c "$2" sh p1 'p 2' < in ;;
file) env -i PATH=/bin HOME=/work HOSTNAME=box sh /tmp/script p1 'p 2' < in ;;
input) env -i PATH=/bin HOME=/work HOSTNAME=box sh -s p1 'p 2' < /tmp/script ;;
esac > /tmp/out 2> /tmp/err
echo "exit code $?"
echo '--- stdout'; cat /tmp/out
echo '--- stderr'; cat /tmp/err
echo '--- files'
ls -lA . d | cut -c1-10
for f in .[!.]* * d/*; do
	if [ -f "$f" ]; then echo "--- $f"; cat "$f"; else echo "--- $f"; fi
done"#;

/// What came of a script: exit code, streams and files in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);

impl Answer {
    /// The answer with its lines in order: what is left when it is open who writes first.
    fn sorted(&self) -> Vec<&[u8]> {
        let mut lines: Vec<&[u8]> = self.0.split(|byte| *byte == b'\n').collect();
        lines.sort_unstable();
        lines
    }
}

/// What the comparison of two answers says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Both are the same.
    Same,
    /// The real shell answers now so, now so, and wcr as one of these, but for the order of lines.
    Unstable,
    /// The real shell did not come to an end.
    Endless,
    /// They differ for a known reason.
    Explained(String),
    /// They differ.
    Different {
        /// BusyBox's answer.
        expected: Answer,
        /// wcr's; `None` when it did not come to an end.
        actual: Option<Answer>,
        /// Whether BusyBox always answers alike.
        stable: bool,
    },
}

impl Verdict {
    /// The part of the answer that differs first, of a difference that does not come and go.
    pub fn part(&self) -> Option<&str> {
        let Verdict::Different { expected, actual, stable: true } = self else { return None };
        let Some(actual) = actual else { return Some("end") };
        let lines = |answer: &'_ Answer| answer.0.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let same = lines(expected).iter().zip(lines(actual)).take_while(|(one, other)| **one == *other).count();
        let before = lines(expected).into_iter().take(same).filter(|line| line.starts_with(b"---")).count();
        Some(["exit code", "stdout", "stderr"].get(before).unwrap_or(&"files"))
    }
}

/// Both shells.
pub struct Subject {
    lab: Lab,
    image: String,
    roots: Scratch,
    explained: Explained,
}

/// One worker's root folder and user.
pub struct Place {
    root: PathBuf,
    user: usize,
}

impl Subject {
    /// Makes the image; `None` (noted as skipped) where a tool is missing or this process is not root, who alone can
    /// give the real shell a root of its own.
    pub fn prepare() -> Option<Self> {
        if !skip::unless_installed(&["chroot", "prlimit", "mknod"]) {
            return None;
        }
        let lab = Lab::open()?;
        let roots = Scratch::new("fuzz");
        if std::os::unix::fs::chown(roots.path(), Some(1), Some(1)).is_err() {
            skip::note("only root can change the root folder, as the real shell needs it");
            return None;
        }
        let image = Image::new([busybox::layer(), Layer::new().dir("work", 0o1777).into()]);
        // One push at a time: the registry mixes up uploads of the same blobs.
        static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let image = lab.provide("busybox-work", &image);
        drop(turn);
        Some(Subject { lab, image, roots, explained: Explained::load() })
    }

    /// Makes the root folder of a worker.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn place(&self, worker: usize) -> Place {
        let root = self.roots.join(worker.to_string());
        let bin = root.join("bin");
        fs::create_dir_all(&bin).expect("make a root folder");
        fs::write(bin.join("busybox"), busybox::program()).expect("write busybox");
        fs::set_permissions(bin.join("busybox"), Permissions::from_mode(0o755)).expect("chmod busybox");
        for applet in busybox::applets().iter().filter(|applet| *applet != "busybox") {
            symlink("busybox", bin.join(applet)).expect("link an applet");
        }
        for folder in ["dev", "etc", "home", "proc", "root", "sys", "tmp", "usr", "var", "work"] {
            fs::create_dir(root.join(folder)).expect("make a folder");
        }
        fs::write(root.join("etc/passwd"), busybox::PASSWD).expect("write the users");
        for (device, minor) in [("null", "3"), ("zero", "5"), ("full", "7"), ("urandom", "9")] {
            let made = Command::new("mknod")
                .args(["-m", "666"])
                .arg(root.join("dev").join(device))
                .args(["c", "1", minor])
                .status();
            assert!(made.is_ok_and(|status| status.success()), "mknod {device}");
        }
        Place { root, user: FIRST_USER + worker }
    }

    /// Runs a script on both sides and compares.
    ///
    /// # Panics
    /// A side cannot be started.
    pub fn verdict(&self, place: &Place, script: &Script) -> Verdict {
        let Some(expected) = self.real(place, script) else { return Verdict::Endless };
        let actual = self.wcr(place, script);
        if actual.as_ref() == Some(&expected) {
            return Verdict::Same;
        }
        let mut stable = true;
        if let Some(actual) = &actual {
            for _ in 0..AGAIN {
                let Some(again) = self.real(place, script) else { return Verdict::Endless };
                if again == *actual {
                    return Verdict::Same;
                }
                stable &= again == expected;
                if !stable && again.sorted() == actual.sorted() {
                    return Verdict::Unstable;
                }
            }
        }
        match self.explained.reason(script) {
            Some(reason) => Verdict::Explained(reason.to_owned()),
            None => Verdict::Different { expected, actual, stable },
        }
    }

    fn real(&self, place: &Place, script: &Script) -> Option<Answer> {
        for folder in ["work", "tmp"].map(|name| place.root.join(name)) {
            empty(&folder);
        }
        let user = place.user;
        let mut command = Command::new("prlimit");
        command
            .args(["--nproc=200", "--fsize=1000000", "--cpu=5", "--core=0", "chroot", "--groups="])
            .arg(format!("--userspec={user}:{user}"))
            .arg(&place.root)
            .args(["/bin/busybox", "sh", "-c", FRAME, "sh", script.mode.name(), &script.text])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .process_group(0);
        wcr::Wcr::of(command).run_within(LIMIT).map(|finished| Answer(finished.stdout))
    }

    fn wcr(&self, place: &Place, script: &Script) -> Option<Answer> {
        let user = format!("{0}:{0}", place.user);
        let frame = ["/bin/busybox", "sh", "-c", FRAME, "sh", script.mode.name(), &script.text];
        let command = self.lab.wcr(["run", "--rm", "-u", &user, "-w", "/work", &self.image]).args(frame);
        command.run_within(LIMIT).map(|finished| Answer(finished.stdout))
    }
}

/// Makes a folder empty, for everybody to write in.
fn empty(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir(folder).expect("make a folder");
    fs::set_permissions(folder, Permissions::from_mode(0o1777)).expect("chmod a folder");
}
