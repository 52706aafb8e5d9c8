//! Containers that are kept: their life, their files, their output, and commands for those that run.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use serde_json::Value;
use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;
use wcr_tests::terminal::Terminal;
use wcr_tests::wcr::{Finished, Wcr};

/// A store of its own, with the image that wcr carries.
pub(crate) struct House {
    pub(crate) home: Scratch,
}

impl House {
    pub(crate) fn new() -> Self {
        Self { home: Scratch::new("containers") }
    }

    pub(crate) fn wcr<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Wcr {
        Wcr::new(self.home.path()).args(args)
    }

    #[track_caller]
    pub(crate) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Finished {
        self.wcr(args).run()
    }

    /// Starts a container of a script on its own; its ID.
    #[track_caller]
    pub(crate) fn starts(&self, name: &str, script: &str) -> String {
        let started = self.run(["run", "-d", "--name", name, "busybox", "sh", "-c", script]).ok();
        let id = String::from_utf8(started.stdout).unwrap().trim().to_owned();
        assert_eq!(id.len(), 64);
        id
    }

    #[track_caller]
    pub(crate) fn status(&self, name: &str) -> String {
        let shown = self.run(["inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name]).ok();
        String::from_utf8(shown.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        let shown: Value = serde_json::from_slice(&self.run(["inspect", name]).ok().stdout).unwrap();
        shown[0].clone()
    }

    /// Kills the process that a container runs in, and waits until that shows.
    #[track_caller]
    pub(crate) fn kill_keeper(&self, name: &str) {
        let folder = self.home.path().join("store/containers").join(self.json(name)["Id"].as_str().unwrap());
        let keeper = self.json(name)["State"]["Pid"].as_u64().unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(keeper).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        // Its lock goes with it.
        fs::File::open(folder).unwrap().lock_shared().unwrap();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let all = self.wcr(["ps", "-aq"]).run();
        for id in String::from_utf8_lossy(&all.stdout).lines() {
            self.wcr(["rm", "-f", id]).run();
        }
    }
}

#[test]
fn the_life_of_a_container() {
    let house = House::new();
    let created = house.run(["create", "--name", "box", "-l", "a=b", "busybox", "sh", "-c", "echo hi; exit 3"]).ok();
    let id = String::from_utf8(created.stdout).unwrap().trim().to_owned();
    assert_eq!(house.status("box"), "created 0");
    house.run(["ps", "-q"]).ok().prints("");
    house.run(["start", "box"]).ok().prints("box\n");
    house.run(["wait", "box"]).ok().prints("3\n");
    assert_eq!(house.status(&id[..8]), "exited 3");
    house.run(["logs", "box"]).ok().prints("hi\n");
    house.run(["start", "-a", "box"]).exits(3).prints("hi\n");
    house.run(["logs", "box"]).ok().prints("hi\nhi\n");
    house
        .run(["ps", "-a", "--format", "{{.Names}} {{.Image}} {{.Command}} {{.State}} {{.Labels}}"])
        .ok()
        .prints("box busybox \"sh -c 'echo hi; exi…\" exited a=b\n");
    house.run(["rename", "box", "other"]).ok();
    house.run(["inspect", "box"]).fails().exits(15).says(&["box"]);
    house.run(["rm", "other"]).ok().prints("other\n");
    house.run(["ps", "-aq"]).ok().prints("");
    house.run(["rm", "other"]).fails().says(&["No such container: other"]);
}

#[test]
fn a_detached_container_runs_on_its_own() {
    let house = House::new();
    let id = house.starts("box", "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
    assert_eq!(house.status("box"), "running 0");
    house.run(["ps", "-q", "--no-trunc"]).ok().prints(&format!("{id}\n"));
    house.run(["rm", "box"]).fails().exits(16).says(&["box", "running", "--force"]);
    house.run(["start", "box"]).ok();
    house.run(["stop", "box"]).ok().prints("box\n");
    assert_eq!(house.status("box"), "exited 7");
    house.run(["logs", "box"]).ok().prints("ready\nbye\n");
    house.run(["stop", "box"]).ok();
    house.run(["kill", "box"]).fails().exits(16).says(&["not running"]);
    house.run(["exec", "box", "true"]).fails().says(&["not running"]);
}

#[test]
fn a_program_that_does_not_end_is_killed() {
    let house = House::new();
    house.starts("deaf", "trap '' TERM; while :; do :; done");
    house.run(["stop", "-t", "0", "deaf"]).ok();
    assert_eq!(house.status("deaf"), "exited 137");
    house.starts("one", "sleep 1000");
    house.run(["kill", "-s", "INT", "one"]).ok();
    assert_eq!(house.status("one"), "running 0", "the first process ignores what it has no handler for");
    house.run(["kill", "one"]).ok();
    assert_eq!(house.status("one"), "exited 137");
    house.starts("two", "sleep 1000");
    house.run(["rm", "-f", "two"]).ok();
    house.run(["ps", "-aq", "-f", "name=two"]).ok().prints("");
}

#[test]
fn commands_run_beside_the_first_process() {
    let house = House::new();
    house.starts("box", "echo $$ > /pid; export A=1; while :; do sleep 0.05; done");
    house.run(["exec", "box", "sh", "-c", "until test -s /pid; do sleep 0.01; done; cat /pid"]).ok().prints("1\n");
    house
        .run(["exec", "-e", "B=2", "-w", "/tmp", "-u", "1:2", "box", "sh", "-c", "echo $B; pwd; id -u; id -g; exit 5"])
        .exits(5)
        .prints("2\n/tmp\n1\n2\n");
    house
        .wcr(["exec", "-i", "box", "sh", "-c", "wc -c; echo err >&2"])
        .stdin(vec![b'x'; 300_000])
        .run()
        .ok()
        .prints("300000\n")
        .says(&["err"]);
    house.run(["exec", "box", "sh", "-c", "seq 100000 | tail -n 1"]).ok().prints("100000\n");
    house.run(["exec", "box", "no-such-program"]).exits(127).says(&["no-such-program"]);
    house.run(["exec", "-w", "/nowhere", "box", "true"]).fails().says(&["/nowhere"]);
    house.run(["exec", "-d", "box", "sh", "-c", "echo later > /later"]).ok().prints("");
    house
        .run(["exec", "box", "sh", "-c", "until test -s /later; do sleep 0.02; done; cat /later"])
        .ok()
        .prints("later\n");
    let top = house.run(["top", "box"]).ok();
    assert!(String::from_utf8_lossy(&top.stdout).lines().any(|line| line.contains("sleep 0.05")));
    let stats = house.run(["stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}"]).ok();
    assert!(String::from_utf8_lossy(&stats.stdout).starts_with("box "));
}

#[test]
fn a_paused_container_does_nothing() {
    let house = House::new();
    house.starts("box", "while :; do echo x >> /ticks; sleep 0.01; done");
    house.run(["exec", "box", "sh", "-c", "until test -s /ticks; do sleep 0.01; done"]).ok();
    house.run(["pause", "box"]).ok().prints("box\n");
    assert_eq!(house.status("box"), "paused 0");
    house.run(["exec", "box", "true"]).fails().says(&["paused"]);
    house.run(["pause", "box"]).fails().exits(16).says(&["paused"]);
    let count = || house.run(["cp", "box:/ticks", "-"]).ok().stdout.len();
    let before = count();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(count(), before);
    house.run(["unpause", "box"]).ok();
    house.run(["exec", "box", "true"]).ok();
    house.run(["stop", "-t", "0", "box"]).ok();
}

#[test]
fn files_outlive_the_process() {
    let house = House::new();
    let script =
        "echo $((`cat /n 2>/dev/null || echo 0` + 1)) > /n; rm -f /etc/motd; mkdir -p /d/e; ln -sf n /l; cat /n";
    house.run(["run", "--name", "box", "busybox", "sh", "-c", script]).ok().prints("1\n");
    for round in ["2\n", "3\n"] {
        house.run(["start", "-a", "box"]).ok().prints(round);
    }
    let diff = String::from_utf8(house.run(["diff", "box"]).ok().stdout).unwrap();
    for line in ["A /d", "A /d/e", "A /l", "A /n"] {
        assert!(diff.lines().any(|other| other == line), "{line} in {diff}");
    }
    assert!(!diff.contains("/etc/hosts") && !diff.contains("/proc"), "{diff}");
    let names = |tar: &[u8]| -> BTreeSet<String> {
        let mut archive = tar::Archive::new(tar);
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
    };
    let tar = house.run(["export", "box"]).ok().stdout;
    let names = names(&tar);
    assert!(names.contains("n") && names.contains("bin/busybox") && names.iter().any(|name| name.starts_with("d/e")));
}

#[test]
fn what_is_synced_outlives_a_kill() {
    let house = House::new();
    house.starts("box", "echo kept > /kept; sync; echo lost > /lost; echo ready > /dev/stdout; sleep 1000");
    while house.run(["logs", "box"]).stdout != b"ready\n" {
        std::thread::sleep(Duration::from_millis(5));
    }
    house.kill_keeper("box");
    assert_eq!(house.status("box"), "exited 137");
    house.run(["cp", "box:/kept", "-"]).ok();
    house.run(["cp", "box:/lost", "-"]).fails().says(&["/lost"]);
    house.run(["start", "box"]).ok();
    assert_eq!(house.status("box"), "running 0");
}

#[test]
fn files_are_copied_both_ways() {
    let house = House::new();
    let folder = house.home.path().join("in");
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::write(folder.join("sub/file"), "content").unwrap();
    std::os::unix::fs::symlink("sub/file", folder.join("link")).unwrap();
    let here = folder.to_str().unwrap().to_owned();
    for (name, running) in [("still", false), ("live", true)] {
        if running {
            house.starts(name, "sleep 1000");
        } else {
            house.run(["create", "--name", name, "busybox", "true"]).ok();
        }
        let to = |path: &str| format!("{name}:{path}");
        house.run(["cp", "-q", &here, &to("/new")]).ok();
        house.run(["cp", "-q", &here, &to("/tmp")]).ok();
        house.run(["cp", "-q", &format!("{here}/."), &to("/tmp")]).ok();
        house.run(["cp", &here, &to("/no/such/place")]).fails().says(&["/no/such"]);
        house.run(["cp", &here, &to("/bin/busybox")]).fails().says(&["cannot copy a directory over the file"]);
        let out = house.home.path().join(format!("out-{name}"));
        let there = out.to_str().unwrap().to_owned();
        house.run(["cp", "-q", &to("/new"), &there]).ok();
        assert_eq!(fs::read_to_string(out.join("sub/file")).unwrap(), "content");
        assert_eq!(fs::read_link(out.join("link")).unwrap().to_str(), Some("sub/file"));
        house.run(["cp", "-q", &to("/tmp/in/sub/file"), &there]).ok();
        assert_eq!(fs::read_to_string(out.join("file")).unwrap(), "content");
        house.run(["cp", "-q", &to("/tmp/sub"), &there]).ok();
        house.run(["cp", &to("/none"), &there]).fails().exits(1).says(&["/none"]);
        house.run(["cp", &to("/etc/passwd"), "/proc/none"]).fails().exits(1).says(&["/proc/none"]);
        house.run(["cp", "a", "b"]).fails().exits(2);
    }
    let all = house.home.path().join("all");
    house.run(["cp", "-q", "live:/", all.to_str().unwrap()]).ok();
    assert!(all.join("bin/busybox").exists() && fs::read_dir(all.join("proc")).unwrap().next().is_none());
    house.run(["exec", "live", "sh", "-c", "cat /new/link; stat -c %u:%a /new/sub/file"]).ok().prints("content0:644\n");
}

#[test]
fn an_image_is_made_of_a_container() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--name", "box", &image, "sh", "-c", "echo new > /new; rm /bin/ls"]).run().ok();
    let id = lab.wcr(["commit", "-m", "note", "-c", "CMD [\"cat\", \"/new\"]", "box", "made:1"]).run().ok().stdout;
    assert!(id.starts_with(b"sha256:"));
    lab.wcr(["run", "--rm", "--pull=never", "made:1"]).run().ok().prints("new\n");
    lab.wcr(["run", "--rm", "--pull=never", "made:1", "ls"]).run().exits(127);
    lab.wcr(["history", "made:1"]).run().ok().says(&[]);
    // What a container needs stays, whatever becomes of the image's names.
    lab.wcr(["rmi", &image]).run().fails().exits(16).says(&["container"]);
    lab.wcr(["rmi", "-f", &image]).run().ok();
    lab.wcr(["prune", "--all", "--force"]).run().ok();
    lab.wcr(["start", "-a", "box"]).run().exits(1).says(&["/bin/ls"]);
    lab.wcr(["rm", "box"]).run().ok();
    lab.wcr(["fsck"]).run().ok();
}

#[test]
fn logs_are_cut_to_what_is_asked_for() {
    let house = House::new();
    let script = "for i in 1 2 3 4 5; do echo $i; done; echo err >&2; printf end";
    house.run(["run", "--name", "box", "busybox", "sh", "-c", script]).ok().prints("1\n2\n3\n4\n5\nend");
    house.run(["logs", "box"]).ok().prints("1\n2\n3\n4\n5\nend").says(&["err"]);
    house.run(["logs", "-n", "2", "box"]).ok().prints("end").says(&["err"]);
    house.run(["logs", "--until", "1h", "box"]).ok().prints("");
    house.run(["logs", "--since", "1h", "-n", "1", "box"]).ok().prints("end");
    house.run(["logs", "--since", "yesterday-ish", "box"]).fails().exits(2).says(&["yesterday-ish"]);
    let stamped = house.run(["logs", "-t", "-n", "1", "box"]).ok().stdout;
    assert!(stamped.starts_with(b"20") && stamped.ends_with(b"Z end"), "{}", stamped.escape_ascii());
    let log = fs::read_to_string(house.json("box")["LogPath"].as_str().unwrap()).unwrap();
    let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!((first["log"].as_str(), first["stream"].as_str()), (Some("1\n"), Some("stdout")));
    house.starts("long", "for i in 1 2 3; do echo $i; sleep 0.05; done");
    house.run(["logs", "-f", "long"]).ok().prints("1\n2\n3\n");
    house.run(["run", "--name", "quiet", "--log-driver", "none", "busybox", "echo", "x"]).ok().prints("x\n");
    house.run(["logs", "quiet"]).exits(2).prints("").says(&["--log-driver none"]);
}

#[test]
fn names_are_unique_and_ids_can_be_cut() {
    let house = House::new();
    house.run(["create", "--name", "box", "busybox", "true"]).ok();
    house.run(["create", "--name", "box", "busybox", "true"]).fails().exits(125).says(&["box", "already in use"]);
    house.run(["create", "--name", "no/good", "busybox", "true"]).fails().exits(125).says(&["no/good", "[a-zA-Z0-9]"]);
    let file = house.home.path().join("id");
    let path = file.to_str().unwrap().to_owned();
    house.run(["run", "--cidfile", &path, "busybox", "true"]).ok();
    let id = fs::read_to_string(&file).unwrap();
    assert_eq!(house.status(&id[..20]), "exited 0");
    house.run(["run", "--cidfile", &path, "busybox", "true"]).exits(125).says(&["id"]);
    // What failed has left nothing, but for the containers that were made.
    let names = house.run(["ps", "-a", "--format", "{{.Names}}"]).ok().stdout;
    assert_eq!(names.split(|byte| *byte == b'\n').filter(|name| !name.is_empty()).count(), 2);
    house.run(["container", "prune", "-f"]).ok().says(&[]);
    house.run(["ps", "-aq"]).ok().prints("");
}

#[test]
fn a_run_leaves_a_container_unless_it_is_removed() {
    let house = House::new();
    house.run(["run", "--rm", "busybox", "true"]).ok();
    house.run(["ps", "-aq"]).ok().prints("");
    house.run(["run", "busybox", "sh", "-c", "exit 4"]).exits(4);
    house
        .run(["ps", "-a", "--format", "{{.State}} {{.Status}}"])
        .ok()
        .prints("exited Exited (4) Less than a second ago\n");
    house.run(["run", "--name", "bad", "busybox", "no-such-program"]).exits(127);
    assert_eq!(house.status("bad"), "created 127");
    house.run(["run", "-d", "--rm", "--name", "brief", "busybox", "sleep", "0.3"]).ok();
    house.run(["wait", "brief"]).ok().prints("0\n");
    house.run(["ps", "-aq", "-f", "name=brief"]).ok().prints("");
    house.run(["run", "-d", "busybox", "no-such-program"]).exits(127).says(&["no-such-program"]);
}

#[test]
fn a_container_that_fails_is_started_again() {
    let house = House::new();
    let script = "echo $((`cat /n 2>/dev/null || echo 0` + 1)) > /n; cat /n; exit 9";
    house.run(["run", "-d", "--name", "box", "--restart", "on-failure:2", "busybox", "sh", "-c", script]).ok();
    house.run(["wait", "box"]).ok().prints("9\n");
    house.run(["logs", "box"]).ok().prints("1\n2\n3\n");
    assert_eq!(house.json("box")["RestartCount"], 2);
    house.run(["run", "-d", "--name", "ever", "--restart", "always", "busybox", "sh", "-c", "sleep 0.01"]).ok();
    house.run(["stop", "-t", "0", "ever"]).ok();
    assert!(house.status("ever").starts_with("exited"));
    house.run(["run", "--rm", "--restart", "always", "busybox", "true"]).exits(125).says(&["--restart and --rm"]);
}

#[test]
fn a_terminal_is_joined_and_left() {
    let house = House::new();
    house.run(["run", "-dit", "--name", "box", "busybox", "sh"]).ok();
    let mut terminal = Terminal::start(house.wcr(["attach", "box"]), 24, 80);
    terminal.types("echo a\u{7f}$((1+1))\r").shows("2\r\n");
    terminal.types("\x10\x11");
    assert_eq!(terminal.ends().code(), Some(0));
    assert_eq!(house.status("box"), "running 0");
    let mut terminal = Terminal::start(house.wcr(["exec", "-it", "box", "sh"]), 30, 90);
    terminal.shows("# ");
    terminal.types("stty size; tty\r").shows("30 90\r\n/dev/pts/1\r\n");
    terminal.types("exit 6\r");
    assert_eq!(terminal.ends().code(), Some(6));
    let mut terminal = Terminal::start(house.wcr(["attach", "--detach-keys", "ctrl-a", "box"]), 24, 80);
    terminal.types("echo b$((2+2))\r").shows("b4\r\n");
    terminal.types("\x01");
    assert_eq!(terminal.ends().code(), Some(0));
    let mut terminal = Terminal::start(house.wcr(["attach", "box"]), 24, 80);
    terminal.types("exit 8\r");
    assert_eq!(terminal.ends().code(), Some(8));
    assert_eq!(house.status("box"), "exited 8");
}

#[test]
fn input_reaches_a_container_that_was_started_to_be_joined() {
    let house = House::new();
    house.run(["create", "-i", "--name", "box", "busybox", "sh", "-c", "wc -c; echo over"]).ok();
    house.wcr(["start", "-ai", "box"]).stdin(vec![b'y'; 700_000]).run().ok().prints("700000\nover\n");
}

#[test]
fn commands_at_once_end_cleanly() {
    let house = House::new();
    let allowed = [0, 15, 16, 125, 137];
    std::thread::scope(|scope| {
        for worker in 0..6_u32 {
            let house = &house;
            scope.spawn(move || {
                let mut state = worker + 1;
                for _ in 0..12 {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let name = ["one", "two", "three"][(state >> 16) as usize % 3];
                    let args: &[&str] = match (state >> 20) % 8 {
                        0 => &["create", "--name", name, "busybox", "sleep", "1"],
                        1 => &["run", "-d", "--name", name, "busybox", "sleep", "1"],
                        2 => &["start", name],
                        3 => &["stop", "-t", "0", name],
                        4 => &["rm", name],
                        5 => &["rm", "-f", name],
                        6 => &["ps", "-a"],
                        _ => &["exec", name, "true"],
                    };
                    let ended = house.run(args.iter().copied());
                    let code = ended.status.code().unwrap_or(-1);
                    assert!(allowed.contains(&code), "{args:?} ended with {code}: {}", ended.stderr.escape_ascii());
                }
            });
        }
    });
    house.run(["run", "--rm", "busybox", "echo", "sound"]).ok().prints("sound\n");
}
