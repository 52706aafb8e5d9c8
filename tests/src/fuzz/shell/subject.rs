//! The two shells that run a script: BusyBox (or dash) in a root of its own, and wcr with the image of the same program.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use regex_lite::Regex;

use super::answer::Answer;
use super::{Explained, Script, Verdict};
use crate::image::Image;
use crate::lab::Lab;
use crate::layer::Layer;
use crate::scratch::Scratch;
use crate::{busybox, dash, skip};

/// How much trouble a comparison takes.
#[derive(Debug, Clone, Copy)]
pub struct Care {
    /// How long one script may take on one side.
    limit: Duration,
    /// How often the real shell is asked again when wcr's answer differs from its first: what processes write at the
    /// same time may come in either order.
    again: usize,
    /// How often wcr is asked until it comes to an end within the limit: the machine may be busy.
    asks: usize,
}

impl Care {
    /// For a verdict that counts.
    pub const FULL: Care = Care { limit: Duration::from_secs(30), again: 50, asks: 3 };
    /// For the many scripts tried on the way to a small one.
    pub const LITTLE: Care = Care { limit: Duration::from_millis(800), again: 2, asks: 1 };
}

/// The users the scripts run as begin here: each place of each process has its own, so that a signal meets nobody
/// else's processes.
const FIRST_USER: u32 = 100_000;
/// How many places a process may have.
const PLACES_MOST: u32 = 256;

/// Takes the scripts of its arguments, two for each: how the shell gets it, and its text. It prepares the working
/// folder, runs the script, waits for all its processes, which descriptor 9 tells, tells all that came of it, and ends
/// what is still running. Programs are few in it, and the
/// shell's own commands do the rest: with hundreds of scripts a minute it is what takes the time.
const FRAME: &str = r#"
answer() {
	umask 022
	cd /work
	rm -rf /work/* /work/.[!.]* /work/..?* /tmp/*
	mkdir d
	printf 'one two  three\nfour\\\n five\n\nlast' > in
	echo X > d/x.c
	echo Y > d/y.h
	echo bar > foo.bar
	: > .hid
	printf %s "$2" > /tmp/script
	{
		case $1 in
		argument) env -i PATH=/bin HOME=/work HOSTNAME=box SHELL -c "$2" sh p1 'p 2' < in ;;
		file) env -i PATH=/bin HOME=/work HOSTNAME=box SHELL /tmp/script p1 'p 2' < in ;;
		input) env -i PATH=/bin HOME=/work HOSTNAME=box SHELL -s p1 'p 2' < /tmp/script ;;
		esac 9>&1 > /tmp/out 2> /tmp/err
		echo "exit code $?"
	} | cat
	set -- /tmp/out /tmp/err
	for f in .[!.]* * d/*; do
		if [ -f "$f" ]; then set -- "$@" "$f"; else echo "no file: $f"; fi
	done
	head -v -c 2000000 -- "$@" 2>&1
	printf '\n==> modes <==\n'
	ls -lA . d
	printf '==> times <==\n'
	times
}
while kill -KILL -1; [ $# -gt 0 ]; do
	( answer "$1" "$2" )
	printf '\n==> the end of a script <==\n'
	shift 2
done"#;

/// The line after each answer.
const END: &str = "==> the end of a script <==";
/// How many bytes a file may have.
pub(super) const FILE_SIZE: usize = 1_000_000;
/// How often a running side is looked at.
const POLL: Duration = Duration::from_millis(2);

/// Whose shell is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// BusyBox's.
    Ash,
    /// Debian's dash.
    Dash,
}

impl Shell {
    /// The name that it is started by.
    const fn name(self) -> &'static str {
        match self {
            Shell::Ash => "sh",
            Shell::Dash => "dash",
        }
    }
}

/// Both shells.
pub struct Subject {
    shell: Shell,
    lab: Lab,
    image: String,
    roots: Scratch,
    explained: Explained,
    /// Where numbers of processes stand in traces and in errors, and what is shown in place of them.
    pids: [(Regex, &'static str); 3],
    /// A processor to be on.
    processor: Option<usize>,
}

/// One worker's root folder and user.
pub struct Place {
    root: PathBuf,
    user: u32,
    /// Where the output of the frame goes.
    output: PathBuf,
}

/// Who runs scripts.
#[derive(Debug, Clone, Copy)]
enum Side {
    /// BusyBox, perhaps on one processor.
    Real(Option<usize>),
    /// wcr.
    Wcr,
}

impl Subject {
    /// Makes the image; `None` (noted as skipped) where a tool is missing or this process is not root, who alone can
    /// give the real shell a root of its own.
    pub fn prepare() -> Option<Self> {
        Self::of(Shell::Ash)
    }

    /// As [`Subject::prepare`], for calls of applets, whose differences are explained by a list of their own.
    pub fn for_applets() -> Option<Self> {
        Self::prepare().map(|subject| Subject { explained: Explained::of_applets(), ..subject })
    }

    /// As [`Subject::prepare`], of this shell.
    pub fn of(shell: Shell) -> Option<Self> {
        if !skip::unless_installed(&["chroot", "prlimit", "mknod", "env", "taskset"]) {
            return None;
        }
        let lab = Lab::open()?;
        let roots = Scratch::new("fuzz");
        if std::os::unix::fs::chown(roots.path(), Some(1), Some(1)).is_err() {
            skip::note("only root can change the root folder, as the real shell needs it");
            return None;
        }
        let mut layers = vec![busybox::layer(), Layer::new().dir("work", 0o1777).into()];
        if shell == Shell::Dash {
            // With the folders of the libraries that the real one needs.
            let layer = Layer::new().file("bin/dash", 0o755, dash::program()?).dir("lib", 0o755).dir("lib64", 0o755);
            layers.push(layer.into());
        }
        let image = Image::new(layers);
        // One push at a time: the registry mixes up uploads of the same blobs.
        static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let image = lab.provide(&format!("{}-work", shell.name()), &image);
        drop(turn);
        let pids = r"(p=|PPID='|kill pid|kill( -s)? -?0|kill( -s)?( -?[A-Z]+[0-9]*)?) ?[0-9]{1,7}";
        let waits = r"(wait(?: |: line [0-9]+: Illegal number: \D+))[0-9]{1,7}(?: [0-9]{1,7})*";
        // A number as the name of a command.
        let name = r" [0-9]{1,7}(: not found)";
        let pids = [(pids, "${1} PID"), (waits, "${1} PID"), (name, " PID${1}")];
        let pids = pids.map(|(pattern, shown)| (Regex::new(pattern).expect("a regular expression"), shown));
        let explained = Explained::load(shell);
        Some(Subject { shell, lab, image, roots, explained, pids, processor: first_processor() })
    }

    /// Makes a root folder for a worker, who has a user of its own: all of whose processes end when a script begins.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn place(&self) -> Place {
        static PLACES: AtomicU32 = AtomicU32::new(0);
        let place = PLACES.fetch_add(1, Ordering::Relaxed);
        assert!(place < PLACES_MOST, "a process has no more than {PLACES_MOST} places");
        let root = self.roots.join(place.to_string());
        let bin = root.join("bin");
        fs::create_dir_all(&bin).expect("make a root folder");
        fs::write(bin.join("busybox"), busybox::program()).expect("write busybox");
        fs::set_permissions(bin.join("busybox"), Permissions::from_mode(0o755)).expect("chmod busybox");
        for applet in busybox::applets().iter().filter(|applet| *applet != "busybox") {
            symlink("busybox", bin.join(applet)).expect("link an applet");
        }
        if self.shell == Shell::Dash {
            dash::install(&root);
        }
        for folder in ["dev", "etc", "home", "proc", "root", "sys", "tmp", "usr", "var", "work"] {
            fs::create_dir(root.join(folder)).expect("make a folder");
        }
        for folder in ["tmp", "work"] {
            fs::set_permissions(root.join(folder), Permissions::from_mode(0o1777)).expect("chmod a folder");
        }
        fs::write(root.join("etc/passwd"), busybox::PASSWD).expect("write the users");
        fs::write(root.join("etc/group"), busybox::GROUP).expect("write the groups");
        for (device, minor) in [("null", "3"), ("zero", "5"), ("full", "7"), ("urandom", "9")] {
            let made = Command::new("mknod")
                .args(["-m", "666"])
                .arg(root.join("dev").join(device))
                .args(["c", "1", minor])
                .status();
            assert!(made.is_ok_and(|status| status.success()), "mknod {device}");
        }
        let output = self.roots.join(format!("{place}.output"));
        Place { root, user: FIRST_USER + std::process::id() * PLACES_MOST + place, output }
    }

    /// Runs scripts on both sides and compares, each as [`Subject::verdict`] does.
    ///
    /// # Panics
    /// A side cannot be started.
    pub fn verdicts(&self, place: &Place, scripts: &[Script], care: Care) -> Vec<Verdict> {
        let real = self.answers(place, Side::Real(None), scripts, care);
        let wcr = self.answers(place, Side::Wcr, scripts, care);
        let pairs = scripts.iter().zip(real.into_iter().zip(wcr));
        let verdict = |(script, answers)| match answers {
            (None, _) => Verdict::Endless,
            (Some(real), _) if Answer::broken(&real) => Verdict::Endless,
            (real, wcr) if real == wcr => Verdict::Same,
            _ => self.verdict(place, script, care),
        };
        pairs.map(verdict).collect()
    }

    /// Runs a script on both sides and compares.
    ///
    /// # Panics
    /// A side cannot be started.
    pub fn verdict(&self, place: &Place, script: &Script, care: Care) -> Verdict {
        let Some(expected) = self.real(place, script, care, None) else { return Verdict::Endless };
        let mut asks = 0..care.asks;
        let actual = asks.find_map(|_| self.answer(place, Side::Wcr, script, care));
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
        if actual.as_ref().is_some_and(|actual| actual.differs_in_order_of_errors(&expected, script)) {
            return Verdict::Reordered;
        }
        match self.explained.reason(script) {
            Some(reason) => Verdict::Explained(reason.to_owned()),
            None => Verdict::Different { expected, actual, stable },
        }
    }

    fn real(&self, place: &Place, script: &Script, care: Care, processor: Option<usize>) -> Option<Answer> {
        self.answer(place, Side::Real(processor), script, care).filter(|answer| !answer.broken())
    }

    fn answer(&self, place: &Place, side: Side, script: &Script, care: Care) -> Option<Answer> {
        self.answers(place, side, core::slice::from_ref(script), care).pop().flatten()
    }

    /// What comes of each script on one side; `None` of one that does not come to an end.
    fn answers(&self, place: &Place, side: Side, scripts: &[Script], care: Care) -> Vec<Option<Answer>> {
        let end = format!("\n{END}\n");
        let mut answers = Vec::with_capacity(scripts.len());
        while let Some(rest) = scripts.get(answers.len()..).filter(|rest| !rest.is_empty()) {
            let output = self.output(place, side, rest, care);
            let ends = output.windows(end.len()).enumerate().filter(|(_, window)| *window == end.as_bytes());
            let mut start = 0;
            for (at, _) in ends.take(rest.len()) {
                // wcr's processes compute as long as they have their turn, also while the machine is busy elsewhere.
                let limited = matches!(side, Side::Real(_));
                answers.push(Answer::of(&output[start..at], &self.pids, limited));
                start = at + end.len();
            }
            if answers.len() < scripts.len() {
                answers.push(None);
            }
        }
        answers
    }

    /// The output of the frame, until the end or until nothing comes for too long.
    fn output(&self, place: &Place, side: Side, scripts: &[Script], care: Care) -> Vec<u8> {
        let output = File::create(&place.output).expect("create the output");
        let mut command = match side {
            Side::Real(processor) => self.real_command(place, scripts, processor),
            Side::Wcr => self.wcr_command(place, scripts),
        };
        command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null());
        let mut child = command.spawn().expect("start a side");
        let (mut seen, mut since) = (0, Instant::now());
        while !matches!(child.try_wait(), Ok(Some(_))) {
            let length = fs::metadata(&place.output).map_or(0, |data| data.len());
            if length != seen {
                (seen, since) = (length, Instant::now());
            } else if since.elapsed() > care.limit {
                let _ = child.kill();
                let _ = child.wait();
                if let Side::Real(_) = side {
                    // The frame without scripts ends what the scripts have left.
                    let _ = self.real_command(place, &[], None).stderr(Stdio::null()).status();
                }
                break;
            }
            std::thread::sleep(POLL);
        }
        fs::read(&place.output).expect("read the output")
    }

    fn real_command(&self, place: &Place, scripts: &[Script], processor: Option<usize>) -> Command {
        let user = place.user;
        // Signals that this process ignores, as it does in the background of a script, would stay ignored.
        let mut command = Command::new("env");
        command.arg("--default-signal");
        if let Some(processor) = processor {
            command.args(["taskset", "--cpu-list", &processor.to_string()]);
        }
        command
            .arg("prlimit")
            .arg(format!("--fsize={FILE_SIZE}"))
            .args(["--nproc=200", "--cpu=1:2", "--core=0", "chroot", "--groups="])
            .arg(format!("--userspec={user}:{user}"))
            .arg(&place.root)
            .args(self.frame(scripts))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .process_group(0);
        command
    }

    /// The command line of the frame with these scripts.
    fn frame(&self, scripts: &[Script]) -> Vec<String> {
        let frame = FRAME.replace("SHELL", self.shell.name());
        let start = ["/bin/busybox", "sh", "-c", &frame, "sh"].map(str::to_owned);
        let scripts = scripts.iter().flat_map(|script| [script.mode.name().to_owned(), script.text.clone()]);
        start.into_iter().chain(scripts).collect()
    }

    fn wcr_command(&self, place: &Place, scripts: &[Script]) -> Command {
        let user = format!("{0}:{0}", place.user);
        self.lab
            .wcr(["run", "--rm", "-u", &user, "-w", "/work", &self.image])
            .args(self.frame(scripts))
            .with_default_signals()
            .into_command()
    }
}

/// The first processor that this process may run on.
fn first_processor() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    list.trim().split([',', '-']).next()?.parse().ok()
}
