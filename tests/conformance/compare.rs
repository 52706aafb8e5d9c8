//! Every behaviour on Linux and in wcr: both say what stands in `expected.txt`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::skip;

/// The program for wcr, compiled to WebAssembly.
const PROGRAM: &str = "WCR_TEST_CONFORMANCE";
/// Writes what Linux says to `expected.txt`.
const BLESS: &str = "WCR_BLESS";
/// How long one behaviour may take.
const DEADLINE: Duration = Duration::from_secs(180);
/// How many run at a time: they mostly sleep.
const AT_ONCE: usize = 4;

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// What each behaviour is expected to say.
fn expected() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(here("expected.txt")).unwrap_or_default();
    let sections = text.split("== ").filter_map(|section| section.split_once('\n'));
    sections.map(|(name, lines)| (name.to_owned(), lines.to_owned())).collect()
}

/// A folder of this process's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wcr-conformance-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a command to its end; what it printed on both streams.
fn output(mut command: Command, folder: &Folder) -> String {
    let log = folder.0.join("output");
    let file = std::fs::File::create(&log).expect("a file");
    command.stdin(Stdio::null()).stderr(file.try_clone().expect("the file twice")).stdout(file);
    let mut child = command.spawn().expect("start the program");
    let deadline = Instant::now() + DEADLINE;
    let ending = loop {
        if child.try_wait().expect("wait").is_some() {
            break "";
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            break "still running at the deadline\n";
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    String::from_utf8_lossy(&std::fs::read(&log).expect("the output")).into_owned() + ending
}

fn native(name: &str) -> String {
    let (folder, log) = (Folder::new(), Folder::new());
    // Whoever runs the tests in the background has keys' signals ignored, which programs inherit.
    let mut command = Command::new("env");
    command.args(["--default-signal", env!("CARGO_BIN_EXE_conformance"), name]).current_dir(&folder.0);
    output(command, &log)
}

/// How often Linux is asked.
#[cfg(target_os = "linux")]
const ASKED: usize = 20;

/// What Linux says. A busy machine may keep one of two processes, or the kernel's thread that passes on what is typed, waiting
/// for longer than a behaviour does: one that says something else is asked again.
#[cfg(target_os = "linux")]
fn linux(name: &str, expected: &BTreeMap<String, String>) -> String {
    let expects = |said: &String| expected.get(name) == Some(said);
    (1..ASKED).map(|_| native(name)).find(expects).unwrap_or_else(|| native(name))
}

fn names() -> Vec<String> {
    native("--list").lines().map(str::to_owned).collect()
}

/// Whether a behaviour begins as the superuser.
fn is_roots(name: &str) -> bool {
    name.starts_with("ids.")
}

/// Writes what Linux says to `expected.txt`, and leaves what was said of other behaviours.
fn bless(said: &BTreeMap<String, String>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().expect("the turn");
    let (mut all, known) = (expected(), names());
    all.extend(said.clone());
    let text: String =
        all.iter().filter(|(name, _)| known.contains(name)).map(|(name, text)| format!("== {name}\n{text}")).collect();
    std::fs::write(here("expected.txt"), text).expect("write what is expected");
}

/// Runs behaviours, and fails with those that do not say what is expected.
fn compare(system: &str, wanted: impl Fn(&str) -> bool, run: impl Fn(&str) -> String + Sync) {
    let known = names();
    let (names, next) = (known.iter().filter(|name| wanted(name)).collect::<Vec<_>>(), AtomicUsize::new(0));
    let said = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(&name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let text = run(name);
                    said.lock().expect("the results").insert(name.clone(), text);
                }
            });
        }
    });
    let said = said.into_inner().expect("the results");
    if system == "Linux" && std::env::var_os(BLESS).is_some() {
        bless(&said);
    }
    let expected = expected();
    let differ = |name: &&String| said.get(*name) != expected.get(*name);
    let wrong: Vec<String> = said
        .keys()
        .filter(differ)
        .map(|name| {
            let wanted = expected.get(name).map_or("(nothing is known of it)", String::as_str);
            format!("== {name}: {system} says\n{}-- expected\n{wanted}", said[name])
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), names.len(), wrong.join("\n"));
    let stale: Vec<&String> = expected.keys().filter(|name| !known.contains(name)).collect();
    assert!(stale.is_empty(), "expected.txt has what no behaviour says: {stale:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn linux_says_what_is_expected() {
    assert!(names().len() >= 150);
    let expected = expected();
    compare("Linux", |name| !is_roots(name), |name| linux(name, &expected));
}

#[test]
#[cfg(target_os = "linux")]
fn linux_says_what_is_expected_of_the_superuser() {
    use std::os::unix::fs::MetadataExt as _;
    if std::fs::metadata("/proc/self").expect("this process").uid() != 0 {
        return skip::note("it takes the superuser");
    }
    let expected = expected();
    compare("Linux", is_roots, |name| linux(name, &expected));
}

#[test]
fn wcr_says_what_is_expected() {
    let Some(program) = std::env::var_os(PROGRAM) else {
        return skip::note("the program was not built for wcr: run the tests with `cargo xtask test`");
    };
    let Some(lab) = Lab::open() else { return };
    let program = std::fs::read(program).expect("read the program");
    let image = Image::new([Layer::new().file("conformance", 0o755, program).dir("work", 0o755).into()]);
    let reference = lab.provide("conformance", &image);
    compare(
        "wcr",
        |_| true,
        |name| {
            let mut command = lab.wcr(["run", "--rm", "-w", "/work", &reference, "/conformance", name]).into_command();
            command.env("RUST_BACKTRACE", "0");
            output(command, &Folder::new())
        },
    );
}
