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

/// How much trouble a comparison takes.
#[derive(Debug, Clone, Copy)]
pub struct Care {
    /// How long one script may take on one side.
    limit: Duration,
    /// How often the real shell is asked again when wcr's answer differs from its first: what processes write at the
    /// same time may come in either order.
    again: usize,
}

impl Care {
    /// For a verdict that counts.
    pub const FULL: Care = Care { limit: Duration::from_secs(10), again: 12 };
    /// For the many scripts tried on the way to a small one.
    pub const LITTLE: Care = Care { limit: Duration::from_millis(400), again: 2 };
}

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
echo '--- stderr'; sed -E 's/(wait|p=|kill pid|kill( -s)?( -?[A-Z]+[0-9]*)?) ?[0-9]{1,7}/\1 PID/' /tmp/err
echo '--- files'
ls -lA . d | cut -c1-10
for f in .[!.]* * d/*; do
	if [ -f "$f" ]; then echo "--- $f"; cat "$f"; else echo "--- $f"; fi
done"#;

/// What BusyBox says of a text that is no shell script.
const REFUSED: &[u8] = b"syntax error";
/// What an answer shows of a program that ran into the limit of a file's size or crashed.
const BROKEN: [&[u8]; 4] = [b"File size limit exceeded", b"Segmentation fault", b"exit code 153", b"exit code 139"];
const PARTS: [&str; 4] = ["exit code", "stdout", "stderr", "files"];
const REFUSED_PARTS: [&str; 4] = ["refused, exit code", "refused, stdout", "refused, stderr", "refused, files"];

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
    /// The real shell did not come to an end, or only by a limit or a crash.
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
    /// The part of the answer that differs first, of a difference that does not come and go; where BusyBox does not
    /// take the script as shell, that counts apart.
    pub fn part(&self) -> Option<&'static str> {
        let Verdict::Different { expected, actual, stable: true } = self else { return None };
        let Some(actual) = actual else { return Some("end") };
        let lines = |answer: &'_ Answer| answer.0.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let same = lines(expected).iter().zip(lines(actual)).take_while(|(one, other)| **one == *other).count();
        let before = lines(expected).into_iter().take(same).filter(|line| line.starts_with(b"---")).count();
        let refused = expected.0.windows(REFUSED.len()).any(|window| window == REFUSED);
        let parts = if refused { REFUSED_PARTS } else { PARTS };
        parts.get(before).or(parts.last()).copied()
    }
}

/// Both shells.
pub struct Subject {
    lab: Lab,
    image: String,
    roots: Scratch,
    explained: Explained,
    /// A processor to be on.
    processor: Option<usize>,
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
        if !skip::unless_installed(&["chroot", "prlimit", "mknod", "env", "taskset"]) {
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
        Some(Subject { lab, image, roots, explained: Explained::load(), processor: first_processor() })
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
    pub fn verdict(&self, place: &Place, script: &Script, care: Care) -> Verdict {
        let Some(expected) = self.real(place, script, care, None) else { return Verdict::Endless };
        let actual = self.wcr(place, script, care);
        if actual.as_ref() == Some(&expected) {
            return Verdict::Same;
        }
        let mut stable = true;
        if let Some(actual) = &actual {
            for turn in 0..care.again {
                // On one processor what runs at the same time takes other turns.
                let processor = self.processor.filter(|_| turn % 2 == 0);
                let Some(again) = self.real(place, script, care, processor) else { return Verdict::Endless };
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

    fn real(&self, place: &Place, script: &Script, care: Care, processor: Option<usize>) -> Option<Answer> {
        for folder in ["work", "tmp"].map(|name| place.root.join(name)) {
            empty(&folder);
        }
        let user = place.user;
        // Signals that this process ignores, as it does in the background of a script, would stay ignored.
        let mut command = Command::new("env");
        command.arg("--default-signal");
        if let Some(processor) = processor {
            command.args(["taskset", "--cpu-list", &processor.to_string()]);
        }
        command
            .arg("prlimit")
            .args(["--nproc=200", "--fsize=1000000", "--cpu=5", "--core=0", "chroot", "--groups="])
            .arg(format!("--userspec={user}:{user}"))
            .arg(&place.root)
            .args(["/bin/busybox", "sh", "-c", FRAME, "sh", script.mode.name(), &script.text])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .process_group(0);
        let finished = wcr::Wcr::of(command).run_within(care.limit)?;
        let broken = BROKEN.iter().any(|sign| finished.stdout.windows(sign.len()).any(|window| window == *sign));
        (!broken).then_some(Answer(finished.stdout))
    }

    fn wcr(&self, place: &Place, script: &Script, care: Care) -> Option<Answer> {
        let user = format!("{0}:{0}", place.user);
        let frame = ["/bin/busybox", "sh", "-c", FRAME, "sh", script.mode.name(), &script.text];
        let command = self.lab.wcr(["run", "--rm", "-u", &user, "-w", "/work", &self.image]).args(frame);
        command.run_within(care.limit).map(|finished| Answer(finished.stdout))
    }
}

/// The first processor that this process may run on.
fn first_processor() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    list.trim().split([',', '-']).next()?.parse().ok()
}

/// Makes a folder empty, for everybody to write in. What the script before left running may write there meanwhile.
fn empty(folder: &Path) {
    let fresh = (0..20).any(|_| {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir(folder).is_ok()
    });
    assert!(fresh, "make a folder: {}", folder.display());
    fs::set_permissions(folder, Permissions::from_mode(0o1777)).expect("chmod a folder");
}
