//! The two shells that run a script: BusyBox (or dash) in a root of its own, and wcr with the image of the same program.

use std::borrow::Cow;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regex_lite::Regex;

use super::{Explained, Script};
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
}

impl Care {
    /// For a verdict that counts.
    pub const FULL: Care = Care { limit: Duration::from_secs(30), again: 50 };
    /// For the many scripts tried on the way to a small one.
    pub const LITTLE: Care = Care { limit: Duration::from_millis(800), again: 2 };
}

/// The users the scripts run as begin here: each worker of each process has its own, so that a signal meets nobody
/// else's processes.
const FIRST_USER: u32 = 100_000;
/// How many workers a process may have.
const WORKERS: u32 = 256;

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
/// What the line before each part of an answer begins with, but for the first part.
const PART: &str = "==> ";
/// How many bytes a file may have.
const FILE_SIZE: usize = 1_000_000;
/// How many seconds of computing are as good as endless. It is below the limit that ends a process.
const COMPUTING: f64 = 0.9;
/// How often a running side is looked at.
const POLL: Duration = Duration::from_millis(2);

/// What BusyBox and dash say of a text that is no shell script.
const REFUSED: [&[u8]; 2] = [b"syntax error", b"Syntax error"];
/// What an answer shows of a program that ran into a limit (of a file's size, of computing, of processes) or crashed.
const BROKEN: [&[u8]; 9] = [
    b"File size limit exceeded",
    b"CPU time limit exceeded",
    b"Segmentation fault",
    b"Aborted",
    b"can't fork",
    b"Cannot fork",
    b"exit code 152",
    b"exit code 153",
    b"exit code 139",
];
const PARTS: [&str; 4] = ["exit code", "stdout", "stderr", "files"];
const REFUSED_PARTS: [&str; 4] = ["refused, exit code", "refused, stdout", "refused, stderr", "refused, files"];

/// What came of a script: exit code, streams and files in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);

impl Answer {
    /// The answer of a script out of the output of the frame, without what is another at each run or of another
    /// machine: numbers of processes in traces, owners, sizes and times in the list of files.
    ///
    /// `None` when the script's processes, also those whose end nobody told, computed or wrote until they met the
    /// limit.
    fn of(output: &[u8], pids: &[(Regex, &str)]) -> Option<Self> {
        if output.len() >= FILE_SIZE {
            return None;
        }
        // Each byte as one character, and back.
        let text: String = output.iter().map(|byte| char::from(*byte)).collect();
        let mut part = "";
        let mut answer = Vec::with_capacity(output.len());
        for line in text.split_inclusive('\n') {
            if line.starts_with(PART) {
                part = line.trim_end();
            }
            let line: Cow<'_, str> = match part {
                "==> times <==" => {
                    if line.split_whitespace().any(|time| seconds(time).is_some_and(|time| time >= COMPUTING)) {
                        return None;
                    }
                    continue;
                }
                "==> modes <==" if !line.starts_with(PART) => format!("{:.10}\n", line.trim_end()).into(),
                _ => pids.iter().fold(Cow::Borrowed(line), |line, (pattern, shown)| {
                    let changed = pattern.replace(&line, *shown).into_owned();
                    if changed == line { line } else { Cow::Owned(changed) }
                }),
            };
            answer.extend(line.chars().map(|character| character as u8));
        }
        Some(Answer(answer))
    }

    /// Whether the script ran into a limit or crashed.
    fn broken(&self) -> bool {
        BROKEN.iter().any(|sign| self.0.windows(sign.len()).any(|window| window == *sign))
    }

    /// Whether the answers differ in nothing but the order of errors that processes of the script, several at a time,
    /// wrote: which comes first is a matter of how long each takes.
    fn differs_in_order_of_errors(&self, other: &Answer, script: &Script) -> bool {
        const ERRORS: &[u8] = b"==> /tmp/err <==";
        let several = script.text.contains(['|', '&']);
        let split = |answer: &'_ Answer| {
            let at = answer.0.windows(ERRORS.len()).position(|window| window == ERRORS)?;
            let (before, errors) = answer.0.split_at(at);
            Some((before.to_vec(), Answer(errors.to_vec())))
        };
        let (Some((before, errors)), Some((before_other, errors_other))) = (split(self), split(other)) else {
            return false;
        };
        several && before == before_other && errors.sorted() == errors_other.sorted()
    }

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
    /// They differ in the order of errors of processes that run at the same time.
    Reordered,
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
        let before = lines(expected).into_iter().take(same).filter(|line| line.starts_with(PART.as_bytes())).count();
        let refused = REFUSED.iter().any(|sign| expected.0.windows(sign.len()).any(|window| window == *sign));
        let parts = if refused { REFUSED_PARTS } else { PARTS };
        parts.get(before).or(parts.last()).copied()
    }
}

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
        let waits = r"(wait)(?: [0-9]{1,7})+";
        // A number as the name of a command.
        let name = r" [0-9]{1,7}(: not found)";
        let pids = [(pids, "${1} PID"), (waits, "${1} PID"), (name, " PID${1}")];
        let pids = pids.map(|(pattern, shown)| (Regex::new(pattern).expect("a regular expression"), shown));
        let explained = Explained::load(shell);
        Some(Subject { shell, lab, image, roots, explained, pids, processor: first_processor() })
    }

    /// Makes the root folder of a worker.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn place(&self, worker: u32) -> Place {
        let root = self.roots.join(worker.to_string());
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
        for (device, minor) in [("null", "3"), ("zero", "5"), ("full", "7"), ("urandom", "9")] {
            let made = Command::new("mknod")
                .args(["-m", "666"])
                .arg(root.join("dev").join(device))
                .args(["c", "1", minor])
                .status();
            assert!(made.is_ok_and(|status| status.success()), "mknod {device}");
        }
        let output = self.roots.join(format!("{worker}.output"));
        Place { root, user: FIRST_USER + std::process::id() * WORKERS + worker, output }
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
        let actual = self.answer(place, Side::Wcr, script, care);
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
                answers.push(Answer::of(&output[start..at], &self.pids));
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

/// A time as `times` writes it: `1m2.345s`.
fn seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
}

/// The first processor that this process may run on.
fn first_processor() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    list.trim().split([',', '-']).next()?.parse().ok()
}
