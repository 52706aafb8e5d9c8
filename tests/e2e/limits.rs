//! Containers that use up what they may: each limit's error or signal, and stopping from outside.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use serde_json::json;
use wcr_tests::busybox;
use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::wcr::wait;

/// A module that loops without an end: no call, no memory.
const LOOP: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

/// A place to work with an image that has that module as `/bin/loop`, and the image's reference.
fn lab() -> Option<(Lab, String)> {
    let lab = Lab::open()?;
    let layer = Layer::new().dir("bin", 0o755).file("bin/loop", 0o755, LOOP);
    let reference = lab.provide("limits", &Image::new([busybox::layer(), layer.into()]).with("Cmd", json!(["sh"])));
    Some((lab, reference))
}

#[test]
fn an_endless_loop_is_killed_after_its_time() {
    let Some((lab, image)) = lab() else { return };
    for command in [&["loop"][..], &["sh", "-c", "while :; do :; done"], &["sleep", "1000"], &["yes"]] {
        let started = Instant::now();
        let args = [&["run", "--timeout", "0.5", &image], command].concat();
        let ended = lab.wcr(args).run();
        let took = started.elapsed();
        ended.exits(137).says(&["stopped after 0.5 seconds"]);
        assert!(took >= Duration::from_millis(500), "{took:?}");
    }
    lab.wcr(["run", "--timeout", "60", &image, "echo", "x"]).run().ok().prints("x\n").silent();
}

#[test]
fn signals_stop_a_run() {
    let Some((lab, image)) = lab() else { return };
    for command in [&["loop"][..], &["sh", "-c", "while :; do :; done"], &["sleep", "1000"]] {
        for (signal, number) in [("INT", 2), ("TERM", 15), ("KILL", 9)] {
            let mut child = lab.wcr([&["run", &image], command].concat()).with_default_signals().start();
            std::thread::sleep(Duration::from_millis(200));
            let kill = format!("kill -{signal} {}", child.id());
            assert!(std::process::Command::new("sh").args(["-c", &kill]).status().expect("start sh").success());
            let status = wait(&mut child, Duration::from_secs(120)).expect("it ends");
            let code = status.code().or(status.signal().map(|signal| 128 + signal));
            assert_eq!(code, Some(128 + number), "{command:?} {signal}");
        }
    }
}

#[test]
fn memory_is_shared_by_all_processes_of_a_container() {
    let Some((lab, image)) = lab() else { return };
    let grow = "x=0123456789abcdef; while :; do x=$x$x; done";
    lab.wcr(["run", "--memory", "32m", &image, "sh", "-c", grow])
        .run()
        .exits(137)
        .says(&["killed, because the container's memory (33554432 bytes) is used up"]);
    let script = format!("sh -c '{grow}'; echo $?");
    lab.wcr(["run", "-m32m", &image, "sh", "-c", &script]).run().ok().prints("137\n");
    lab.wcr(["run", "-m32m", &image, "echo", "x"]).run().ok().prints("x\n").silent();
    lab.wcr(["run", "-m1x", &image, "echo"]).run().fails().exits(125);
}

#[test]
fn processes_and_open_files_are_counted() {
    let Some((lab, image)) = lab() else { return };
    let bomb = "b() { b | b & }; b; sleep 1; echo over";
    let ended = lab.wcr(["run", "--pids-limit", "20", "--timeout", "20", &image, "sh", "-c", bomb]).run();
    ended.says(&["can't fork"]);
    lab.wcr(["run", "--pids-limit", "1", &image, "sh", "-c", "sleep 0 & wait; true"])
        .run()
        .fails()
        .says(&["can't fork"]);
    lab.wcr(["run", "--ulimit", "nofile=16:20", &image, "sh", "-c", "ulimit -n; ulimit -Hn"])
        .run()
        .ok()
        .prints("16\n20\n");
    let many = "for n in 3 4 5 6 7; do eval \"exec $n</dev/null\"; done; echo 5; exec 8</dev/null; echo 6";
    lab.wcr(["run", "--ulimit", "nofile=8", &image, "sh", "-c", many]).run().fails().prints("5\n");
}

#[test]
fn output_is_cut_at_its_limit() {
    let Some((lab, image)) = lab() else { return };
    let ended = lab.wcr(["run", "--output-limit", "64k", "--timeout", "20", &image, "yes"]).run();
    assert_eq!(ended.stdout.len(), 64 << 10);
    assert_ne!(ended.code(), Some(0));
    // A child dies of the signal, and the rest goes on, silently.
    let script = "(yes); echo $? > /tmp/s; read s < /tmp/s; exit $s";
    lab.wcr(["run", "--output-limit", "64k", &image, "sh", "-c", script]).run().exits(128 + 25);
}

#[test]
fn a_process_has_limits_of_its_own() {
    let Some((lab, image)) = lab() else { return };
    let long = "(ulimit -f 1; head -c 100000 /dev/zero > /f); echo $?; wc -c < /f";
    lab.wcr(["run", &image, "sh", "-c", long]).run().ok().prints("153\n512\n").says(&["File size limit exceeded"]);
    let busy = "(ulimit -t 1; while :; do read x < /dev/null; done); echo $?; ulimit -t";
    lab.wcr(["run", "--timeout", "60", &image, "sh", "-c", busy]).run().ok().prints("137\nunlimited\n");
    let silent = "(ulimit -t 1; loop); echo $?; (ulimit -St 1; awk 'BEGIN { while (1) x++ }'); echo $?";
    lab.wcr(["run", "--timeout", "60", &image, "sh", "-c", silent]).run().ok().prints("137\n152\n");
    lab.wcr(["run", &image, "sh", "-c", silent]).run().ok().prints("137\n152\n");
    lab.wcr(["run", "--ulimit", "cpu=1", &image, "sh", "-c", "loop; echo $?"]).run().ok().prints("137\n");
    let large = "(ulimit -v 8192; x=0123456789abcdef; while :; do x=$x$x; done) || echo ended";
    lab.wcr(["run", "--timeout", "60", &image, "sh", "-c", large]).run().ok().prints("ended\n");
}

#[test]
fn proc_tells_of_memory() {
    let Some((lab, image)) = lab() else { return };
    let look = "sed -n 's/MemTotal: *//p' /proc/meminfo; awk '/^Mem/ { m[$1] = $2 }
                END { print (m[\"MemFree:\"] > 0), (m[\"MemFree:\"] < m[\"MemTotal:\"]) }' /proc/meminfo";
    lab.wcr(["run", "--memory", "64m", &image, "sh", "-c", look]).run().ok().prints("65536 kB\n1 1\n");
    let look = "awk '{ print $2, $NF }' /proc/self/maps; awk '/VmRSS|VmSize/ { print $1, ($2 > 100) }' /proc/self/status;
                awk '{ print ($1 > $2), ($2 > 0) }' /proc/self/statm; awk '{ print ($23 > 0), ($24 > 0) }' /proc/self/stat";
    lab.wcr(["run", &image, "sh", "-c", look])
        .run()
        .ok()
        .prints("rw-p [heap]\nr-xp /bin/busybox\nVmSize: 1\nVmRSS: 1\n1 1\n1 1\n");
}

/// A module with large functions, each a long chain of sums: it is read at once and takes long to compile.
fn hard_to_compile() -> Vec<u8> {
    fn number(mut value: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                bytes.push(byte);
                return bytes;
            }
            bytes.push(byte | 0x80);
        }
    }
    let section = |id: u8, content: &[u8]| [&[id], number(content.len()).as_slice(), content].concat();
    // One local of 32 bits; `local = local * local + local`, again and again.
    let round = [0x20, 0, 0x20, 0, 0x6c, 0x20, 0, 0x6a, 0x21, 0];
    let body = [&[1, 1, 0x7f], round.repeat(600_000).as_slice(), &[0x0b]].concat();
    let body = [number(body.len()), body].concat();
    let count = 8;
    let functions = [number(count), vec![0; count]].concat();
    let code = [number(count), body.repeat(count)].concat();
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, b"\x01\x60\0\0"),
        section(3, &functions),
        section(7, b"\x01\x06_start\0\0"),
        section(10, &code),
    ]
    .concat()
}

/// Catalogue of faults, line 95: what is made to be hard to compile ends at the container's limits.
#[test]
fn fault_95_a_program_that_is_hard_to_compile_is_given_up() {
    let Some(lab) = Lab::open() else { return };
    let layer = Layer::new().dir("bin", 0o755).file("bin/hard", 0o755, hard_to_compile());
    let image = lab.provide("hard", &Image::new([layer.into()]));
    lab.wcr(["run", "--timeout", "1", &image, "hard"]).run().exits(137).says(&["stopped after 1 seconds"]);
    lab.wcr(["run", "--memory", "64m", &image, "hard"]).run().exits(126).says(&["over 256 MiB of memory", "compile"]);
}

#[test]
fn fault_93_a_canary_of_the_host_is_nowhere_inside() {
    const CANARY: &str = "canary-of-the-host";
    let Some((lab, image)) = Lab::with_busybox() else { return };
    std::fs::write(lab.path("secret"), CANARY).unwrap();
    let look =
        "env; set; cat /proc/*/environ /proc/*/cmdline /proc/*/status; grep -r 'canary-of-the-hos[t]' /; echo end";
    let ended = lab.wcr(["run", "-i", &image, "sh", "-c", look]).env("SECRET", CANARY).stdin("x").run().ok();
    let all = [ended.stdout(), ended.stderr()].concat();
    assert!(all.contains("end") && !all.contains(CANARY), "{all}");
}

#[test]
fn fault_96_compiled_code_in_an_image_is_not_loaded() {
    let Some((lab, image)) = lab() else { return };
    // What the engine keeps of a program is the digest and the code.
    lab.wcr(["run", "--timeout", "0.2", &image, "loop"]).run().exits(137);
    let kept = std::fs::read_dir(lab.store().join("cache")).unwrap().next().unwrap().unwrap().path();
    let kept = std::fs::read(kept).unwrap();
    let layer = Layer::new().dir("bin", 0o755).file("bin/code", 0o755, &kept[32..]).file("bin/kept", 0o755, &kept);
    let image = lab.provide("compiled-code", &Image::new([layer.into()]));
    for name in ["code", "kept"] {
        lab.wcr(["run", "--timeout", "20", &image, name]).run().fails().exits(126).says(&["cannot run"]);
    }
}
