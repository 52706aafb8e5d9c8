//! Recorded runs happen again, and what differs is found.

use std::fs;

use sha2::{Digest as _, Sha256};
use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Finished, Wcr};

/// A folder for recordings with an empty store: `busybox` is the built-in image.
struct Lab(Scratch);

impl Lab {
    fn new() -> Self {
        Self(Scratch::new("replay"))
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn record(&self, name: &str, options: &[&str], command: &[&str], input: &str) -> Finished {
        let path = self.path(name);
        let args = [&["run", "--rm", "-i", "--record", &path], options, &["busybox"], command].concat();
        Wcr::new(self.0.path()).args(args).stdin(input).run()
    }

    fn replay(&self, args: &[&str]) -> Finished {
        Wcr::new(self.0.path()).args(["replay"]).args(args.iter().copied()).run()
    }
}

/// A script that hears of its host what it can: time, randomness, input, and waits.
const CURIOUS: &str = "date +%s.%N; echo $RANDOM; head -c 8 /dev/urandom | od -An -tx1; read a; echo got $a; \
                       (sleep 0.05; echo late) & read -t 1 b; echo then $b; wait; touch /x; stat -c %y /x; \
                       timeout 0.05 sleep 5; echo $? >&2; mktemp -u; cat | wc -c; exit 3";

#[test]
fn a_replay_is_the_run_again() {
    let lab = Lab::new();
    let recorded = lab.record("r", &[], &["sh", "-c", CURIOUS], "one\ntwo\nrest of it\n").exits(3);
    for _ in 0..2 {
        let replayed = lab.replay(&[&lab.path("r")]).exits(3);
        assert_eq!(replayed.stdout(), recorded.stdout());
        assert!(recorded.stderr().ends_with(&replayed.stderr()) && replayed.stderr().contains("143\n"));
    }
    let verified = lab.replay(&["--verify", &lab.path("r")]).ok();
    assert!(verified.stdout().starts_with("the same twice: trace sha256:"), "{}", verified.stdout());
    // Another run is another one: no clock is the same twice.
    let other = lab.record("o", &[], &["sh", "-c", CURIOUS], "one\ntwo\nrest of it\n").exits(3);
    assert_ne!(other.stdout(), recorded.stdout());
}

#[test]
fn what_is_waited_for_is_there_at_once() {
    let lab = Lab::new();
    lab.record("r", &[], &["sh", "-c", "sleep 15; date"], "").ok();
    let started = std::time::Instant::now();
    lab.replay(&[&lab.path("r")]).ok();
    assert!(started.elapsed() < std::time::Duration::from_secs(15), "{:?}", started.elapsed());
}

#[test]
fn deterministic_runs_are_recorded_too() {
    let lab = Lab::new();
    let options = ["--deterministic", "--trace-digest", "--schedule", "seed=5"];
    let recorded = lab.record("r", &options, &["sh", "-c", "echo a & echo b & wait; date; cat"], "in\n").ok();
    assert_eq!(lab.replay(&[&lab.path("r")]).ok().stdout(), recorded.stdout());
    let digest = recorded.stderr().lines().last().and_then(|line| line.split("trace ").nth(1)).unwrap().to_owned();
    assert!(lab.replay(&["--verify", &lab.path("r")]).ok().stdout().contains(&digest));
}

#[test]
fn the_first_difference_of_two_runs_is_shown() {
    let lab = Lab::new();
    let script = ["sh", "-c", "echo before; read x; echo $x; echo after"];
    lab.record("one", &["--deterministic"], &script, "a\n").ok();
    lab.record("two", &["--deterministic"], &script, "b\n").ok();
    let shown = lab.replay(&[&lab.path("one"), &lab.path("two")]).exits(1).stdout();
    assert!(
        shown.contains("the first difference is line ") && shown.contains("fd_write(1, [\"before\\n\"]) = 7"),
        "{shown}"
    );
    let differing: Vec<&str> = shown.lines().filter(|line| line.starts_with(['-', '+'])).collect();
    assert!(differing[0].contains("fd_read(0, [\"a") && differing[1].contains("fd_read(0, [\"b"), "{shown}");
    lab.replay(&[&lab.path("one"), &lab.path("one")]).ok();
}

#[test]
fn a_recording_that_was_changed_is_found_out() {
    let lab = Lab::new();
    lab.record("r", &[], &["sh", "-c", "head -c 32 /dev/urandom | xxd -p"], "").ok();
    let bytes = fs::read(lab.path("r")).unwrap();
    let bad = |bytes: &[u8]| {
        fs::write(lab.path("bad"), bytes).unwrap();
        lab.replay(&[&lab.path("bad")]).fails().exits(13)
    };
    for at in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        bad(&changed).prints("");
        bad(&bytes[..at]).prints("");
    }
    bad(&bytes[..bytes.len() - 40]).says(&["the recording is damaged"]);
    bad(b"hello").says(&["it is no recording"]);
    bad(b"wcr recording 1\n").says(&["another version"]);
    // One that says of itself that it is whole, and whose tape is another one, is found out by its trace.
    let (head, mut rest) = (&bytes[..16], bytes[48..].to_vec());
    let cut = rest.len() - 40;
    rest[cut..].fill(0);
    fs::write(lab.path("changed"), [head, &Sha256::digest(&rest), &rest].concat()).unwrap();
    lab.replay(&[&lab.path("changed")]).exits(1).says(&["not what was recorded"]);
}

#[test]
fn a_run_that_does_not_begin_leaves_no_recording() {
    let lab = Lab::new();
    lab.record("r", &[], &["nothing"], "").fails();
    assert!(!fs::exists(lab.path("r")).unwrap());
    lab.record("r", &[], &["echo", "one"], "").ok();
    lab.record("r", &[], &["nothing"], "").fails();
    lab.replay(&[&lab.path("r")]).ok().prints("one\n");
    lab.record("r", &[], &["true"], "").ok();
    lab.replay(&["--verify", &lab.path("r")]).ok();
}

#[test]
fn images_are_carried() {
    let lab = Lab::new();
    let wcr = |args: &[&str]| Wcr::new(lab.0.path()).args(args.iter().copied()).run();
    wcr(&["run", "--name", "maker", "busybox", "sh", "-c", "echo mine > /mine"]).ok();
    let tar = lab.path("own.tar");
    wcr(&["export", "-o", &tar, "maker"]).ok();
    wcr(&["import", &tar, "own"]).ok();
    let (whole, without) = (lab.path("whole"), lab.path("without"));
    wcr(&["run", "--rm", "--record", &whole, "--record-image", "own", "cat", "/mine"]).ok();
    wcr(&["run", "--rm", "--record", &without, "--record-image=false", "own", "cat", "/mine"]).ok();
    assert_eq!(lab.replay(&[&without]).ok().stdout(), "mine\n");
    wcr(&["rm", "maker"]).ok();
    wcr(&["rmi", "own"]).ok();
    assert_eq!(lab.replay(&[&whole]).ok().stdout(), "mine\n");
    lab.replay(&[&without]).fails().exits(15).says(&["does not carry its image", "pull it", "--record-image"]);
    wcr(&["run", "--name", "maker", "busybox", "touch", "/other"]).ok();
    wcr(&["export", "-o", &tar, "maker"]).ok();
    wcr(&["import", &tar, "own"]).ok();
    lab.replay(&[&without]).fails().exits(15).says(&["the image of that name is now another one (sha256:"]);
    assert_eq!(lab.replay(&[&whole]).ok().stdout(), "mine\n");
}

#[test]
fn what_would_not_be_recorded_is_refused() {
    let lab = Lab::new();
    for options in [&["-d"][..], &["-v", "/tmp:/x"], &["--timeout", "5"], &["--name", "xx"], &["--trace"]] {
        lab.record("r", options, &["true"], "").fails().exits(125).says(&["--record does not go with"]);
    }
}
