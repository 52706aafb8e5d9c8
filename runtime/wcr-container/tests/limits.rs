//! Containers in one process of the host that use up what they may: each is contained, and its neighbour unharmed.
//!
//! They need the bundle: without it these tests say so and do nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use wcr_container::{
    Captured, ContainerImage, FileIn, Limits, Remote, RunOptions, Settings, builtin, guests, run_captured,
};

fn image() -> Option<ContainerImage> {
    if guests().is_empty() {
        println!("skipped: built without a bundle");
        return None;
    }
    Some(builtin().unwrap())
}

fn settings(command: &[&str]) -> Settings {
    Settings { command: command.iter().map(|word| word.as_bytes().to_vec()).collect(), ..Settings::default() }
}

fn shell(script: &str) -> Settings {
    settings(&["sh", "-c", script])
}

fn run(image: &ContainerImage, options: RunOptions) -> Captured {
    run_captured(image, options, Vec::new()).unwrap()
}

/// Runs a container while another one works beside it; that one's work must be done as ever.
fn run_beside(options: RunOptions) -> Option<Captured> {
    let image = image()?;
    let neighbour = image.clone();
    let thread = std::thread::spawn(move || {
        let options = RunOptions { settings: shell("seq 1 20000 | sort -n | tail -n 1"), ..RunOptions::default() };
        let ended = run(&neighbour, options);
        assert_eq!((ended.outcome.code, ended.stdout.as_slice()), (0, &b"20000\n"[..]));
    });
    let ended = run(&image, options);
    thread.join().unwrap();
    // Nor does the process as a whole remember anything.
    let after = run(&image, RunOptions { settings: shell("echo after"), ..RunOptions::default() });
    assert_eq!((after.outcome.code, after.stdout.as_slice()), (0, &b"after\n"[..]));
    Some(ended)
}

/// A module that loops without an end: no call, no memory.
const LOOP: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

/// A module that calls itself without an end.
const RECURSION: &[u8] =
    b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a\x06\x01\x04\0\x10\0\x0b";

fn module(content: &[u8]) -> Settings {
    let file = FileIn { path: "/bin/module".into(), content: content.to_vec(), mode: 0o755 };
    Settings { files: vec![file], ..settings(&["module"]) }
}

#[test]
fn fault_84_an_endless_loop_is_stopped_within_a_second_after_its_time() {
    for settings in [module(LOOP), shell("while :; do :; done"), shell("sleep 1000"), shell("yes > /dev/null")] {
        let options = RunOptions { settings, timeout: Some(Duration::from_millis(300)), ..RunOptions::default() };
        let started = Instant::now();
        let Some(ended) = run_beside(options) else { return };
        assert_eq!(ended.outcome.code, 137);
        assert_eq!(ended.outcome.notes, ["stopped after 0.3 seconds, its time"]);
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }
}

#[test]
fn a_container_is_stopped_from_outside() {
    let Some(image) = image() else { return };
    let stop = Remote::default();
    let other = stop.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        let asked = Instant::now();
        other.stop();
        assert!(other.wait_for_end(Duration::from_secs(20)));
        asked.elapsed()
    });
    let settings = shell("while :; do :; done");
    let options = RunOptions { settings, remote: Some(stop), stoppable: true, ..RunOptions::default() };
    let ended = run(&image, options);
    assert_eq!((ended.outcome.code, ended.outcome.notes.len()), (137, 0));
    let took = thread.join().unwrap();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn fault_85_a_deep_recursion_is_a_trap_of_its_process_only() {
    let Some(ended) = run_beside(RunOptions { settings: module(RECURSION), ..RunOptions::default() }) else { return };
    assert_eq!(ended.outcome.code, 139);
}

#[test]
fn fault_86_a_fork_bomb_finds_an_end() {
    let limits = Limits { processes: 24, ..Limits::default() };
    let settings = Settings { limits, ..shell("b() { b | b & }; b; sleep 1; echo over") };
    let Some(ended) =
        run_beside(RunOptions { settings, timeout: Some(Duration::from_secs(5)), ..RunOptions::default() })
    else {
        return;
    };
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("can't fork"), "{said}");
}

#[test]
fn fault_83_memory_without_an_end_kills_the_process_that_wants_it() {
    // The variable doubles each time; the shell that has it is the first process.
    let settings = shell("x=0123456789abcdef; while :; do x=$x$x; done");
    let Some(ended) = run_beside(RunOptions { settings, memory: Some(32 << 20), ..RunOptions::default() }) else {
        return;
    };
    assert_eq!(ended.outcome.code, 137);
    assert!(ended.outcome.notes[0].contains("the container's memory (33554432 bytes) is used up"));
    // Its children are processes of their own.
    let settings = shell("sh -c 'x=0123456789abcdef; while :; do x=$x$x; done'; echo $?");
    let Some(ended) = run_beside(RunOptions { settings, memory: Some(32 << 20), ..RunOptions::default() }) else {
        return;
    };
    assert_eq!((ended.outcome.code, ended.stdout.as_slice()), (0, &b"137\n"[..]));
}

#[test]
fn fault_89_an_output_flood_is_cut() {
    let limits = Limits { output: 1 << 20, ..Limits::default() };
    let settings = Settings { limits, ..shell("(yes); exit 7") };
    let Some(ended) = run_beside(RunOptions { settings, ..RunOptions::default() }) else { return };
    assert_eq!((ended.stdout.len(), ended.stderr.len(), ended.outcome.code), (1 << 20, 0, 7));
}

#[test]
fn fault_94_memory_does_not_show_in_another_container() {
    let Some(image) = image() else { return };
    let secret =
        RunOptions { settings: shell("x=canary-of-the-first; echo $x > /tmp/x; cat /tmp/x"), ..RunOptions::default() };
    assert_eq!(run(&image, secret).stdout, b"canary-of-the-first\n");
    let look = shell("env; set; cat /tmp/x; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'");
    let seen = run(&image, RunOptions { settings: look, ..RunOptions::default() });
    let all = [seen.stdout, seen.stderr].concat();
    assert!(!String::from_utf8_lossy(&all).contains("canary"), "{}", String::from_utf8_lossy(&all));
}

#[test]
fn fault_97_a_container_that_is_dropped_in_the_middle_leaves_nothing_behind() {
    let Some(image) = image() else { return };
    for _ in 0..20 {
        let options = RunOptions {
            settings: shell("sleep 1000 | cat & yes | cat > /dev/null & wait"),
            timeout: Some(Duration::from_millis(20)),
            ..RunOptions::default()
        };
        assert_eq!(run(&image, options).outcome.code, 137);
    }
}

/// A module of one function with so many branches, which takes long to compile.
fn branches(count: usize) -> Vec<u8> {
    fn number(mut value: usize) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            let byte = (value & 0x7f) as u8;
            value >>= 7;
            out.push(if value > 0 { byte | 0x80 } else { byte });
            if value == 0 {
                return out;
            }
        }
    }
    let sized = |content: Vec<u8>| [number(content.len()), content].concat();
    let branch = b"\x20\0\x04\x40\x20\0\x41\x01\x6a\x21\0\x0b".repeat(count);
    let body = sized([&b"\x01\x01\x7f"[..], &branch, b"\x0b"].concat());
    let code = sized([vec![1], body].concat());
    let head = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a";
    [&head[..], &code].concat()
}

#[test]
fn a_module_that_is_hard_to_compile_is_given_up_in_time() {
    let settings = module(&branches(60_000));
    let started = Instant::now();
    let options = RunOptions { settings, timeout: Some(Duration::from_millis(300)), ..RunOptions::default() };
    let Some(ended) = run_beside(options) else { return };
    assert_eq!((ended.outcome.code, ended.outcome.notes.len()), (137, 1), "{:?}", ended.outcome.notes);
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(
        run(&image().unwrap(), RunOptions { settings: module(&branches(10)), ..RunOptions::default() }).outcome.code,
        0
    );
}
