//! The store looked after: names, removal, garbage, room, checks; at once with others, killed, and on a full disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use wcr_tests::busybox;
use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::skip;
use wcr_tests::wcr::Wcr;

/// An image with a layer that no other has, of `size` bytes that do not compress.
fn noisy(seed: u32, size: u32) -> Image {
    let noise: Vec<u8> = (0..size).map(|n| (n.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    Image::new([busybox::layer(), Layer::new().file("noise", 0o644, noise).into()])
}

fn files(lab: &Lab, folder: &str) -> usize {
    fs::read_dir(lab.store().join(folder)).map_or(0, Iterator::count)
}

/// The store is sound, and the image runs.
#[track_caller]
fn sound(lab: &Lab, image: &str) {
    lab.wcr(["fsck"]).run().ok().prints("the store is sound\n");
    lab.wcr(["run", "--rm", "--pull=never", image, "echo", "sound"]).run().ok().prints("sound\n");
}

#[test]
fn an_image_is_tagged_and_removed_as_docker_says_it() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["tag", &image, "mine:1"]).run().ok().silent().prints("");
    lab.wcr(["run", "--rm", "--pull=never", "mine:1", "echo", "hi"]).run().ok().prints("hi\n");
    let inspected: Value = serde_json::from_slice(&lab.wcr(["inspect", &image]).run().ok().stdout).unwrap();
    let id = inspected["Id"].as_str().unwrap().to_owned();
    let short = id.trim_start_matches("sha256:")[..12].to_owned();
    lab.wcr(["rmi", &short]).run().fails().exits(16).says(&["several names", "mine:1", "--force"]);
    lab.wcr(["tag", &short, "other/name"]).run().ok();
    let digest = lab.busybox().digest;
    lab.wcr(["rmi", "mine:1", "other/name"]).run().ok().prints(&format!(
        "Untagged: mine:1\nUntagged: mine@{digest}\nUntagged: other/name:latest\nUntagged: other/name@{digest}\n"
    ));
    let layer = inspected["RootFS"]["diff_ids"][0].as_str().unwrap().to_owned();
    let repository = image.trim_end_matches(":latest");
    lab.wcr(["rmi", &short])
        .run()
        .ok()
        .prints(&format!("Untagged: {image}\nUntagged: {repository}@{digest}\nDeleted: {id}\nDeleted: {layer}\n"));
    assert_eq!((files(&lab, "blobs/sha256"), files(&lab, "layers"), files(&lab, "refs")), (0, 0, 0));
    lab.wcr(["rmi", &image]).run().fails().exits(15).says(&["No such image", &image]);
    lab.wcr(["rmi", "no/such", "Bad Name"]).run().fails().says(&["No such image: no/such:latest", "Bad Name"]);
    lab.wcr(["tag", "no/such", "a"]).run().fails().says(&["No such image"]);
}

#[test]
fn all_names_of_an_image_go_by_force() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["tag", &image, "mine:1"]).run().ok();
    let listed = lab.wcr(["list"]).run().ok().stdout();
    let digest = listed.lines().nth(1).unwrap().split_whitespace().nth(2).unwrap().to_owned();
    lab.wcr(["rmi", "-f", &digest]).run().ok();
    assert_eq!(lab.wcr(["list", "--json"]).run().ok().stdout(), "[]\n");
}

#[test]
fn fault_71_an_image_that_runs_is_not_removed() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let mut run = lab.wcr(["run", "--rm", &image, "sleep", "300"]).start();
    assert!(wait_until(|| lab.wcr(["rmi", &image]).run().code() == Some(16)), "rmi beside run is no conflict");
    lab.wcr(["prune", "--all", "--force"]).run().ok();
    sound(&lab, &image);
    let _ = run.kill();
    let _ = run.wait();
    lab.wcr(["rmi", &image]).run().ok();
}

/// Whether it becomes so within a minute. Meanwhile it may remove the image before it runs: then it is pulled anew.
fn wait_until(mut is_so: impl FnMut() -> bool) -> bool {
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(100));
        if is_so() {
            return true;
        }
    }
    false
}

#[test]
fn a_container_reads_on_when_its_image_has_gone() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.provide("gone-below", &noisy(7, 3_000_000));
    let script = "echo ready; read go; wc -c < /noise; cat /noise | wc -c";
    let mut run = lab.wcr(["run", "--rm", "-i", "--pull=never", &image, "sh", "-c", script]).into_command();
    let mut child = run.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    lab.wcr(["rmi", &image]).run().fails().exits(16);
    lab.wcr(["rmi", "-f", &image]).run().ok();
    lab.wcr(["prune"]).run().ok();
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "3000000\n3000000\n");
    assert!(child.wait().unwrap().success());
    lab.wcr(["prune"]).run().ok();
    assert_eq!(files(&lab, "layers"), 0);
}

#[test]
fn prune_says_what_and_how_much() {
    let Some(lab) = Lab::open() else { return };
    let first = lab.push("pruned", &noisy(1, 100_000));
    lab.wcr(["pull", &first.reference]).run().ok();
    lab.wcr(["prune"]).run().ok().prints("Total reclaimed space: 0 B\n");
    // The tag moves on: what only the old image had is garbage.
    lab.push("pruned", &noisy(2, 100_000));
    lab.wcr(["pull", &first.reference]).run().ok();
    let usage = |lab: &Lab| -> Value { serde_json::from_slice(&lab.wcr(["df", "--json"]).run().ok().stdout).unwrap() };
    assert!(usage(&lab)["layers"]["reclaimable"].as_u64().unwrap() > 100_000);
    let dry = lab.wcr(["prune", "--dry-run"]).run().ok().stdout();
    assert!(dry.contains("Would delete: layer") && dry.contains("Would delete: blob"), "{dry}");
    let pruned = lab.wcr(["prune"]).run().ok().stdout();
    assert_eq!(
        dry.replace("Would delete", "Deleted").replace("Total that would be reclaimed", "Total reclaimed space"),
        pruned
    );
    assert_eq!(usage(&lab)["layers"]["reclaimable"], json!(0));
    sound(&lab, &first.reference);
    lab.wcr(["prune", "--all"]).run().fails().exits(2).says(&["--force"]);
    lab.wcr(["prune", "--all", "--force"]).run().ok();
    assert_eq!(usage(&lab)["images"]["count"], json!(0));
    let table = lab.wcr(["df"]).run().ok().stdout();
    assert!(table.starts_with("TYPE") && table.contains("Compiled code   0         0 B       0 B (0%)\n"), "{table}");
}

#[test]
fn fault_68_flipped_bits_are_found_and_healed_by_pulling_again() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.provide("flipped", &noisy(3, 50_000));
    for folder in ["blobs/sha256", "layers"] {
        let names = fs::read_dir(lab.store().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        for path in names {
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
            fs::write(&path, bytes).unwrap();
        }
    }
    let found = lab.wcr(["fsck"]).run();
    assert_eq!(found.code(), Some(12), "{}", found.stdout());
    assert!(found.stdout().contains("/flipped:latest"), "{}", found.stdout());
    lab.wcr(["fsck", "--repair"]).run().ok();
    sound(&lab, &image);
    assert_eq!(files(&lab, "refs"), 1, "no other name is left");
    lab.wcr(["run", "--rm", &image, "wc", "-c", "/noise"]).run().ok().prints("50000 /noise\n");
}

#[test]
fn fault_69_two_pulls_at_once_download_a_blob_once() {
    let Some(lab) = Lab::open() else { return };
    let pushed = lab.push("once", &noisy(4, 6_000_000));
    let finished: Vec<_> = std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..3).map(|_| scope.spawn(|| lab.wcr(["pull", &pushed.reference]).run().ok())).collect();
        pulls.into_iter().map(|pull| pull.join().unwrap()).collect()
    });
    let fetched: usize = finished.iter().map(|pull| pull.stderr().matches("): done").count()).sum();
    assert_eq!(fetched, 2, "each of the two layers is fetched by one of them");
    sound(&lab, &pushed.reference);
}

#[test]
fn fault_70_pulls_beside_prune_and_rmi_lose_nothing() {
    let Some(lab) = Lab::open() else { return };
    let images: Vec<String> =
        (0..4).map(|seed| lab.push(&format!("beside-{seed}"), &noisy(100 + seed, 400_000)).reference).collect();
    std::thread::scope(|scope| {
        let pulls: Vec<_> = images
            .iter()
            .map(|image| {
                let lab = &lab;
                scope.spawn(move || {
                    for round in 0..3 {
                        lab.wcr(["pull", image]).run().ok();
                        if round < 2 {
                            // Another pull of the same layers may be under way.
                            lab.wcr(["rmi", image]).run();
                        }
                    }
                })
            })
            .collect();
        while !pulls.iter().all(|pull| pull.is_finished()) {
            lab.wcr(["prune"]).run().ok();
        }
        pulls.into_iter().for_each(|pull| pull.join().unwrap());
    });
    images.iter().for_each(|image| sound(&lab, image));
}

/// The calls after which a store may be left as it is.
const CALLS: &str = "openat,rename,unlink,fsync,ftruncate,flock,mkdir,write,pwrite64";

/// How often wcr makes any of the calls with these arguments.
fn calls(lab: &Lab, args: &[&str]) -> usize {
    let log = lab.path("calls");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&log).arg("-e").arg(format!("trace={CALLS}"));
    traced(lab, command, args).run().ok();
    fs::read_to_string(log).unwrap().lines().filter(|line| line.contains('(')).count()
}

/// A command of wcr with strace before it.
fn traced(lab: &Lab, mut strace: Command, args: &[&str]) -> Wcr {
    let command = lab.wcr(args.iter().copied()).into_command();
    strace.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.arg(command.get_program()).args(command.get_args());
    Wcr::of(strace)
}

#[test]
fn fault_64_killed_at_any_call_the_next_command_goes_on() {
    if !skip::unless_installed(&["strace"]) {
        return;
    }
    let Some(lab) = Lab::open() else { return };
    let small = lab.busybox().reference;
    let image = lab.push("killed", &noisy(5, 200_000)).reference;
    // A few of the calls here; all of them when that is asked for.
    let points = std::env::var("WCR_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(8);
    for command in [vec!["pull", &image], vec!["rmi", &image], vec!["prune", "--all", "--force"]] {
        lab.wcr(["pull", &small]).run().ok();
        if command[0] != "pull" {
            lab.wcr(["pull", &image]).run().ok();
        }
        let count = calls(&lab, &command);
        assert!(count > 10, "{command:?}: {count} calls");
        for point in 0..points {
            let when = 1 + point * count / points;
            lab.wcr(["pull", &small]).run().ok();
            if command[0] != "pull" {
                lab.wcr(["pull", &image]).run().ok();
            }
            let mut strace = Command::new("strace");
            strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("inject={CALLS}:signal=KILL:when={when}"));
            let killed = traced(&lab, strace, &command).run();
            assert!(!killed.stderr().contains("panicked"), "{}", killed.stderr());
            lab.wcr(["list"]).run().ok();
            lab.wcr(["fsck"]).run().ok();
            lab.wcr(["pull", &image]).run().ok();
            sound(&lab, &image);
            lab.wcr(["rmi", &image]).run().ok();
        }
    }
}

#[test]
fn fault_66_a_full_disk_leaves_nothing_and_is_named() {
    if !skip::unless_installed(&["unshare", "mount"]) {
        return;
    }
    let Some(lab) = Lab::open() else { return };
    let small = lab.busybox().reference;
    let large = lab.push("too-large", &noisy(6, 40_000_000)).reference;
    // A file system of 24 MB, which goes with the name space that it is in.
    let script = r#"mount -t tmpfs -o size=24m none "$HOME/store" || exit 99
        "$0" pull "$1" || exit 98
        "$0" pull "$2"; echo "code $?"
        "$0" save "$1" | "$0" load; echo "load $?"
        "$0" run --rm --pull=never "$1" echo sound
        "$0" fsck; ls "$HOME/store/tmp" | wc -l; "$0" prune > /dev/null; "$0" prune"#;
    let wcr = lab.wcr([]).into_command();
    fs::create_dir_all(lab.store()).unwrap();
    let mut command = Command::new("unshare");
    command.env_clear().envs(wcr.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["-r", "-m", "sh", "-c", script]).arg(wcr.get_program()).args([&small, &large]);
    let finished = Wcr::of(command).run();
    if finished.code() == Some(99) || finished.stderr().contains("unshare") {
        return skip::note("no name space with a file system of its own");
    }
    let expected = format!("Loaded image: {small}\nload 0\nsound\nthe store is sound\n0\nTotal reclaimed space: 0 B\n");
    let stdout = finished.stdout();
    let (before, after) = stdout.split_once("code 15\n").unwrap_or_else(|| panic!("{stdout}\n{}", finished.stderr()));
    assert!(before.contains("busybox@sha256:"), "{before}");
    assert_eq!(after, expected, "{}", finished.stderr());
    finished.says(&["free some space"]);
}

#[test]
fn fault_67_a_disk_that_fails_is_never_success() {
    if !skip::unless_installed(&["strace"]) {
        return;
    }
    let Some(lab) = Lab::open() else { return };
    let image = lab.push("failing", &noisy(8, 300_000)).reference;
    for (call, error) in [("fsync", "EIO"), ("rename", "EIO"), ("ftruncate", "ENOSPC"), ("fsync", "ENOSPC")] {
        for when in [1, 2, 4, 6] {
            let mut strace = Command::new("strace");
            strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("inject={call}:error={error}:when={when}"));
            let failed = traced(&lab, strace, &["pull", &image]).run();
            // There may be fewer calls than that.
            assert!(matches!(failed.code(), Some(0 | 15)), "{call} {error}: {}", failed.stderr());
            assert!(when > 1 || failed.code() == Some(15), "{call} {error}: {}", failed.stderr());
            assert_eq!(files(&lab, "tmp"), 0, "{call} {error} {when}");
            lab.wcr(["fsck"]).run().ok();
            lab.wcr(["pull", &image]).run().ok();
            sound(&lab, &image);
            lab.wcr(["rmi", &image]).run().ok();
            lab.wcr(["prune"]).run().ok();
        }
    }
}

/// What a power cut could show, by the calls that wcr made one after the other: files that got their final name before
/// their bytes were on the disk, and names that were referred to before their folders were.
struct Power<'a> {
    store: &'a str,
    /// Files and folders with changes that a power cut may undo.
    unsynced: BTreeSet<String>,
    renamed: usize,
    /// Calls that have begun, by process.
    begun: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Power<'_> {
    /// Takes a line of strace's.
    fn line(&mut self, line: &str) {
        let Some((process, rest)) = line.split_once(' ') else { return };
        let rest = rest.trim_start();
        if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            // A write may have taken effect as soon as it has begun; the rest counts when it has ended.
            if !start.contains("sync(") {
                self.call(start);
            }
            self.begun.insert(process.to_owned(), start.to_owned());
        } else if let Some(end) = rest.strip_prefix("<... ") {
            let start = self.begun.remove(process).unwrap_or_default();
            if start.contains("sync(") && end.ends_with("= 0") {
                self.call(&start);
            }
        } else {
            self.call(rest);
        }
    }

    fn call(&mut self, call: &str) {
        let Some((name, arguments)) = call.split_once('(') else { return };
        let of_descriptor = || Some(arguments.split_once('<')?.1.split_once('>')?.0.to_owned());
        let mut quoted = arguments.split('"').skip(1).step_by(2).map(str::to_owned);
        match name {
            "write" | "pwrite64" | "ftruncate" => self.unsynced.extend(of_descriptor()),
            "fsync" | "fdatasync" => {
                if let Some(path) = of_descriptor() {
                    self.unsynced.remove(&path);
                }
            }
            "rename" => {
                let (Some(from), Some(to)) = (quoted.next(), quoted.next()) else { return };
                self.rename(&from, &to);
            }
            _ => {}
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        // An archive that is saved is its user's.
        if !to.starts_with(self.store) {
            return;
        }
        self.renamed += 1;
        // The files that make a folder a store come with it; they are on the disk before the first image is known.
        let own = ["version", "oci-layout", "index.json"].map(|name| format!("{}/{name}", self.store));
        let unsynced = self.unsynced.remove(from);
        if !unsynced {
            self.unsynced.remove(to);
        } else if own.iter().any(|path| path == to) {
            self.unsynced.insert(to.to_owned());
        } else {
            self.faults.push(format!("{to} has its name before its bytes are on the disk"));
        }
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default();
        if folder(to) == format!("{}/refs", self.store) {
            let parts = ["blobs/sha256", "layers"].map(|parts| format!("{}/{parts}", self.store));
            let missing = parts.iter().chain(&own).filter(|path| self.unsynced.contains(*path));
            self.faults.extend(missing.map(|path| format!("{to} is there before what {path} has is on the disk")));
        }
        // The index of all layers together is made anew where it is missing.
        if to.ends_with(".chain") {
            return;
        }
        self.unsynced.insert(folder(to));
    }
}

#[test]
fn fault_65_a_power_cut_finds_parts_whole_or_absent() {
    if !skip::unless_installed(&["strace"]) {
        return;
    }
    let Some(lab) = Lab::open() else { return };
    // One blob is small, one is written past the page cache.
    let image = lab.push("power", &noisy(10, 9_000_000)).reference;
    let saved = lab.path("power.tar").to_str().unwrap().to_owned();
    let log = lab.path("log");
    let commands = [
        vec!["pull", &image],
        vec!["tag", &image, "b"],
        vec!["save", "-o", &saved, &image],
        vec!["rmi", "-f", &image, "b"],
    ];
    for command in commands.iter().chain([&vec!["load", "-i", &saved], &vec!["fsck", "--repair"]]) {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-y", "-qq", "-s", "4096", "-o"]).arg(&log);
        strace.args(["-e", "trace=write,pwrite64,ftruncate,fsync,fdatasync,rename"]);
        traced(&lab, strace, command).run().ok();
        let store = fs::canonicalize(lab.store()).unwrap();
        let mut power = Power {
            store: store.to_str().unwrap(),
            unsynced: BTreeSet::new(),
            renamed: 0,
            begun: BTreeMap::new(),
            faults: Vec::new(),
        };
        String::from_utf8_lossy(&fs::read(&log).unwrap()).lines().for_each(|line| power.line(line));
        assert!(power.faults.is_empty(), "{command:?}: {:#?}", power.faults);
        let brings = matches!(command[0], "pull" | "load");
        assert!(!brings || power.renamed > 5, "{command:?}: {} files", power.renamed);
        if brings {
            let refs = format!("{}/refs", power.store);
            assert!(!power.unsynced.contains(&refs), "{command:?} is done before the name is on the disk");
        }
    }
    sound(&lab, &image);
}

#[test]
fn fault_72_locks_of_killed_processes_are_none() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.push("locked", &noisy(9, 8_000_000)).reference;
    for milliseconds in [5, 20, 60] {
        let mut pull = lab.wcr(["pull", &image]).start();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = pull.kill();
        let _ = pull.wait();
        lab.wcr(["prune"]).run().ok();
    }
    lab.wcr(["pull", &image]).run().ok();
    sound(&lab, &image);
}

#[test]
fn fault_73_a_newer_store_is_refused_unwritten() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let version = lab.store().join("version");
    fs::write(&version, "2\n").unwrap();
    let before = fs::read_dir(lab.store()).unwrap().count();
    for command in [
        &["pull", &image][..],
        &["list"],
        &["rmi", &image],
        &["prune"],
        &["df"],
        &["fsck", "--repair"],
        &["tag", &image, "x"],
        &["save", &image],
        &["load"],
        &["import", "-", "x"],
        &["export", &image],
    ] {
        lab.wcr(command.iter().copied()).run().fails().exits(15).says(&["version 2", "nothing was changed"]).prints("");
    }
    assert_eq!(fs::read_dir(lab.store()).unwrap().count(), before);
    fs::write(&version, "1\n").unwrap();
    sound(&lab, &image);
}

#[test]
fn fault_74_the_store_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let Some((lab, image)) = Lab::with_busybox() else { return };
    for name in [".", "blobs", "blobs/sha256", "layers", "refs", "tmp", "locks"] {
        let mode = fs::metadata(lab.store().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{name}");
    }
    if rustix::process::geteuid().is_root() {
        return skip::note("root writes everywhere");
    }
    fs::set_permissions(lab.store().join("tmp"), fs::Permissions::from_mode(0o500)).unwrap();
    lab.wcr(["tag", &image, "x"]).run().fails().exits(15).says(&["access"]);
    lab.wcr(["run", "--rm", "--pull=never", &image, "echo", "hi"]).run().ok().prints("hi\n");
}
