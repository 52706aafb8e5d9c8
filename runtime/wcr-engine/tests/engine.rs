//! Small modules, written as text, run in a real kernel.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use wcr_abi::{Errno, Mode, Signal, Timestamp, Uname, WaitStatus};
use wcr_engine::{Engine, EngineError, EngineOptions, Finished, Remote};
use wcr_kernel::{
    Clock, InitRequest, Kernel, KernelOptions, Limits, Loader, MemoryOutput, ProcTable, Program, ProgramFile, Refusal,
    SeededEntropy, Stdio, Trace,
};
use wcr_vfs::{FileSystem, MountOptions, NewInode, Tree, TreeLimits, Vfs};

struct Modules;

impl Loader for Modules {
    fn load(&mut self, file: &ProgramFile<'_>) -> Result<Program, Refusal> {
        let content = Arc::from(file.content);
        let is_module = file.content.get(4..8) == Some(&[1, 0, 0, 0]);
        Ok(if is_module { Program::Module(content) } else { Program::Component(content) })
    }
}

const MEMORY_LIMIT: usize = 16 << 20;
/// What all processes have together.
const POOL: usize = 24 << 20;

fn engine(remote: Option<Remote>) -> Result<Engine, EngineError> {
    let stoppable = remote.is_some();
    Engine::new(EngineOptions {
        guests: &[],
        process_memory: MEMORY_LIMIT,
        memory: POOL,
        cache: None,
        remote,
        stoppable,
        patient: false,
        instant: false,
        lasting: None,
        out_of_memory: None,
    })
}

/// Runs `/main` with the modules given (path without its slash, text); the end and what was written.
fn run(modules: &[(&str, &str)]) -> (Result<Finished, EngineError>, String) {
    run_until(None, modules)
}

/// The same, until somebody says stop.
fn run_until(remote: Option<Remote>, modules: &[(&str, &str)]) -> (Result<Finished, EngineError>, String) {
    let now = Timestamp::default();
    let mut tree = Tree::new(TreeLimits::default(), now);
    for (name, text) in modules {
        let new = NewInode { mode: Mode(0o100_755), uid: 0, gid: 0, rdev: 0, target: &[] };
        let root = tree.root();
        let ino = tree.create(root, name.as_bytes(), &new, now).unwrap();
        tree.write(ino, 0, &wat::parse_str(text).unwrap(), now).unwrap();
    }
    let options = MountOptions { source: "test".into(), fstype: "test".into(), ..MountOptions::default() };
    let name = || "x".to_owned();
    let out = MemoryOutput::default();
    let mut kernel = Kernel::new(
        KernelOptions {
            vfs: Vfs::new(Box::new(tree), options),
            clock: Clock::fixed(0),
            entropy: Box::new(SeededEntropy::new(1)),
            loader: Box::new(Modules),
            uname: Uname { sysname: name(), nodename: name(), release: name(), version: name(), machine: name() },
            stdio: Stdio { input: None, output: Box::new(out.clone()), error: Box::new(out.clone()), terminal: None },
            limits: Limits { processes: 8, ..Limits::default() },
            trace: Some(Trace::default()),
            persist: None,
            answers: None,
            schedule: None,
        },
        ProcTable::default(),
    );
    kernel.start(InitRequest { argv: vec![b"/main".into()], cwd: b"/".into(), ..InitRequest::default() }).unwrap();
    let finished = engine(remote).unwrap().run(kernel);
    let written = String::from_utf8(out.take()).unwrap();
    (finished, written)
}

fn status(modules: &[(&str, &str)]) -> WaitStatus {
    run(modules).0.unwrap().status
}

/// A module whose `_start` is `body`; `$say` writes the bytes from `$at`, `$len` long; 'AB' stands at 100.
fn module(body: &str) -> String {
    format!(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
        (import "wcr_v1" "fork" (func $fork (param i32 i32) (result i32)))
        (import "wcr_v1" "exec" (func $exec (param i32 i32) (result i32)))
        (import "wcr_v1" "wait" (func $wait (param i32 i32 i32 i32) (result i32)))
        (import "wcr_v1" "fd_pipe" (func $pipe (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (global (export "__stack_pointer") (mut i32) (i32.const 4096))
        (data (i32.const 100) "AB")
        (data (i32.const 200) "\06\00\00\00/other\00\00\00\00\00\00\00\00\00\00\00\00\ff\ff\ff\ff\00\00\00\00\00\00\00\00")
        (func $io (param $at i32) (param $len i32)
            (i32.store (i32.const 16) (local.get $at)) (i32.store (i32.const 20) (local.get $len)))
        (func $say (param $at i32) (param $len i32)
            (call $io (local.get $at) (local.get $len))
            (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8))))
        (func (export "wcr_fork_entry") (param $arg i32)
            (drop (call $close (i32.load (i32.const 40))))
            (call $io (local.get $arg) (i32.const 2))
            (drop (call $fd_write (i32.load (i32.const 44)) (i32.const 16) (i32.const 1) (i32.const 8)))
            (call $exit (i32.const 5)))
        (func (export "_start") {body}))"#
    )
}

#[test]
fn a_module_writes_and_returns() {
    let (finished, written) = run(&[("main", &module("(call $say (i32.const 100) (i32.const 2))"))]);
    let finished = finished.unwrap();
    assert_eq!((finished.status, finished.faults.as_slice()), (WaitStatus::Exited(0), &[][..]));
    assert_eq!(written, "AB");
}

#[test]
fn the_trace_tells_runs_apart_by_what_they_did() {
    let digest = |body: &str| run(&[("main", &module(body))]).0.unwrap().kernel().trace_digest().unwrap();
    let say = digest("(call $say (i32.const 100) (i32.const 2))");
    assert_eq!(say, digest("(call $say (i32.const 100) (i32.const 2))"));
    let others = [
        // The same call with other bytes in the same place; another way to end; another call; a fork.
        "(i32.store8 (i32.const 100) (i32.const 67)) (call $say (i32.const 100) (i32.const 2))",
        "(call $say (i32.const 100) (i32.const 2)) (call $exit (i32.const 0))",
        "(drop (call $close (i32.const 9)))",
        "(drop (call $fork (i32.const 0) (i32.const 8)))",
        "unreachable",
    ];
    for body in others {
        assert_ne!(say, digest(body), "{body}");
    }
}

#[test]
fn exit_codes_and_traps() {
    assert_eq!(status(&[("main", &module("(call $exit (i32.const 3))"))]), WaitStatus::Exited(3));
    let cases = [
        ("unreachable", Signal::ABRT),
        ("(drop (i32.load (i32.const -4)))", Signal::SEGV),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", Signal::FPE),
    ];
    for (body, signal) in cases {
        assert_eq!(status(&[("main", &module(body))]), WaitStatus::Signaled(signal), "{body}");
    }
}

#[test]
fn endless_recursion_is_a_trap_of_the_guest_only() {
    let text = r#"(module (memory (export "memory") 1) (func $f (export "_start") (call $f) (call $f)))"#;
    assert_eq!(status(&[("main", text)]), WaitStatus::Signaled(Signal::SEGV));
}

#[test]
fn memory_stops_growing_at_the_limit() {
    let body = "(call $exit (i32.and (i32.const 0xff) (memory.grow (i32.const 256))))";
    assert_eq!(status(&[("main", &module(body))]), WaitStatus::Exited(255));
}

#[test]
fn a_module_with_unknown_imports_cannot_be_run() {
    let (finished, _) = run(&[("main", r#"(module (import "x" "y" (func)) (func (export "_start")))"#)]);
    let finished = finished.unwrap();
    assert_eq!(finished.status, WaitStatus::Exited(126));
    assert!(finished.faults[0].contains("unknown import"), "{:?}", finished.faults);
}

#[test]
fn a_fork_has_a_copy_of_the_memory_and_talks_through_a_pipe() {
    // The child gets 'CB', written after the module started, and the parent reads it back from the pipe.
    let body = "(drop (call $pipe (i32.const 0) (i32.const 40)))
        (i32.store8 (i32.const 100) (i32.const 67))
        (drop (call $fork (i32.const 100) (i32.const 48)))
        (i32.store8 (i32.const 100) (i32.const 0))
        (call $io (i32.const 300) (i32.const 9))
        (drop (call $fd_read (i32.load (i32.const 40)) (i32.const 16) (i32.const 1) (i32.const 8)))
        (call $say (i32.const 300) (i32.load (i32.const 8)))
        (drop (call $wait (i32.const -1) (i32.const 0) (i32.const 60) (i32.const 64)))
        (call $exit (i32.shr_u (i32.load (i32.const 64)) (i32.const 8)))";
    let (finished, written) = run(&[("main", &module(body))]);
    assert_eq!((finished.unwrap().status, written.as_str()), (WaitStatus::Exited(5), "CB"));
}

#[test]
fn exec_replaces_the_program() {
    let main = module("(call $exit (call $exec (i32.const 200) (i32.const 34)))");
    let other = module("(call $say (i32.const 100) (i32.const 1)) (call $exit (i32.const 9))");
    let (finished, written) = run(&[("main", &main), ("other", &other)]);
    assert_eq!((finished.unwrap().status, written.as_str()), (WaitStatus::Exited(9), "A"));
    // Without the other program the call fails, and the caller goes on with the error's number.
    assert_eq!(status(&[("main", &main)]), WaitStatus::Exited(Errno::Noent.raw() as u8));
}

#[test]
fn reading_from_ones_own_empty_pipe_is_told_to_be_a_deadlock() {
    let body = "(drop (call $pipe (i32.const 0) (i32.const 40)))
        (drop (call $fd_read (i32.load (i32.const 40)) (i32.const 16) (i32.const 0) (i32.const 8)))
        (call $io (i32.const 300) (i32.const 9))
        (drop (call $fd_read (i32.load (i32.const 40)) (i32.const 16) (i32.const 1) (i32.const 8)))";
    assert!(matches!(run(&[("main", &module(body))]).0, Err(EngineError::Deadlock)));
}

#[test]
fn all_memories_of_a_process_count() {
    let pages = MEMORY_LIMIT / 65536;
    let two = |second: usize| {
        format!(
            r#"(module (memory {}) (memory {second}) (memory $third 0 1)
            (func (export "_start")
                (drop (memory.grow $third (i32.const 2)))
                (if (i32.lt_s (memory.grow $third (i32.const 1)) (i32.const 0)) (then unreachable))))"#,
            pages / 2
        )
    };
    // A growth that its own maximum forbids is not counted.
    assert_eq!(status(&[("main", &two(pages / 2 - 2))]), WaitStatus::Exited(0));
    assert_eq!(status(&[("main", &two(pages / 2))]), WaitStatus::Signaled(Signal::ABRT));
    assert_eq!(status(&[("main", &two(pages / 2 + 1))]), WaitStatus::Exited(126));
}

/// A component whose `wasi:cli/run` is the core function with this body.
fn component(body: &str) -> String {
    format!(
        r#"(component
        (core module $m (memory 1) (func (export "run") (result i32) {body}))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $r (export "run" (func $run)))
        (export "wasi:cli/run@0.2.0" (instance $r)))"#
    )
}

#[test]
fn components_end_with_their_result_or_a_signal() {
    assert_eq!(status(&[("main", &component("i32.const 0"))]), WaitStatus::Exited(0));
    assert_eq!(status(&[("main", &component("i32.const 1"))]), WaitStatus::Exited(1));
    assert_eq!(status(&[("main", &component("unreachable"))]), WaitStatus::Signaled(Signal::ABRT));
}

/// A component that can ask for randomness, look at the clock and exit.
fn calling_component(body: &str) -> String {
    format!(
        r#"(component
        (import "wasi:cli/exit@0.2.0" (instance $e (export "exit-with-code" (func (param "status-code" u8)))))
        (import "wasi:random/random@0.2.3" (instance $r (export "get-random-u64" (func (result u64)))))
        (import "wasi:clocks/monotonic-clock@0.2.6" (instance $c (export "now" (func (result u64)))))
        (core func $exit (canon lower (func $e "exit-with-code")))
        (core func $random (canon lower (func $r "get-random-u64")))
        (core func $now (canon lower (func $c "now")))
        (core module $m
            (import "" "exit" (func $exit (param i32)))
            (import "" "random" (func $random (result i64)))
            (import "" "now" (func $now (result i64)))
            (func (export "run") (result i32) {body} (i32.const 0)))
        (core instance $i (instantiate $m (with "" (instance
            (export "exit" (func $exit)) (export "random" (func $random)) (export "now" (func $now))))))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $r2 (export "run" (func $run)))
        (export "wasi:cli/run@0.2.0" (instance $r2)))"#
    )
}

#[test]
fn a_component_can_exit_with_any_code() {
    let finished = run(&[("main", &calling_component("(call $exit (i32.const 7)) unreachable"))]).0.unwrap();
    assert_eq!((finished.status, finished.faults), (WaitStatus::Exited(7), Vec::new()));
}

#[test]
fn the_trace_has_the_calls_of_components() {
    let digest = |body: &str| run(&[("main", &calling_component(body))]).0.unwrap().kernel().trace_digest().unwrap();
    let one = digest("(drop (call $now))");
    assert_eq!(one, digest("(drop (call $now))"));
    for other in [
        "",
        "(drop (call $now)) (drop (call $now))",
        "(drop (call $random))",
        "(drop (call $now)) (call $exit (i32.const 1))",
    ] {
        assert_ne!(one, digest(other), "{other}");
    }
}

/// A component that waits for the first of two durations, and ends with 0 when that was the shorter one and no
/// more than that has passed.
const POLLING_COMPONENT: &str = r#"(component
    (import "wasi:io/poll@0.2.0" (instance $p
        (export "pollable" (type $pollable (sub resource)))
        (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))
        (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
    (alias export $p "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $c
        (alias outer 1 $pollable (type $outer))
        (export "pollable" (type $t (eq $outer)))
        (export "now" (func (result u64)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $t))))))
    (core module $memory (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $memory (instantiate $memory))
    (core func $poll (canon lower (func $p "poll") (memory (core memory $memory "memory"))
        (realloc (core func $memory "realloc"))))
    (core func $ready (canon lower (func $p "[method]pollable.ready")))
    (core func $now (canon lower (func $c "now")))
    (core func $after (canon lower (func $c "subscribe-duration")))
    (core module $m
        (import "memory" "memory" (memory 1))
        (import "" "poll" (func $poll (param i32 i32 i32)))
        (import "" "ready" (func $ready (param i32) (result i32)))
        (import "" "now" (func $now (result i64)))
        (import "" "after" (func $after (param i64) (result i32)))
        (func (export "run") (result i32) (local $short i32)
            (i32.store (i32.const 0) (call $after (i64.const 3_600_000_000_000)))
            (local.set $short (call $after (i64.const 5_000_000)))
            (i32.store (i32.const 4) (local.get $short))
            (if (call $ready (local.get $short)) (then unreachable))
            (call $poll (i32.const 0) (i32.const 2) (i32.const 8))
            (if (i32.eqz (call $ready (local.get $short))) (then unreachable))
            (if (i64.gt_u (call $now) (i64.const 6_000_000)) (then unreachable))
            (i32.ne (i32.load (i32.load (i32.const 8))) (i32.load (i32.const 12)))))
    (core instance $i (instantiate $m (with "memory" (instance $memory)) (with "" (instance
        (export "poll" (func $poll)) (export "ready" (func $ready))
        (export "now" (func $now)) (export "after" (func $after))))))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $r (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $r)))"#;

#[test]
fn a_poll_ends_with_the_first_that_is_ready() {
    assert_eq!(status(&[("main", POLLING_COMPONENT)]), WaitStatus::Exited(0));
}

#[test]
fn components_that_cannot_run_say_why() {
    for (text, reason) in [
        ("(component)", "/main (process 1): the component does not export `wasi:cli/run`"),
        (r#"(component (import "wasi:http/types@0.2.0" (instance)))"#, "imports `wasi:http/types@0.2.0`, which wcr"),
        (r#"(component (import "wasi:cli/environment@0.3.0" (instance)))"#, "imports `wasi:cli/environment@0.3.0`"),
        (r#"(component (import "f" (func)))"#, "imports `f`"),
        (
            r#"(component (import "wasi:cli/exit@0.2.0" (instance (export "exit" (func (param "x" u8)))))
                (export "wasi:cli/run@0.2.0" (instance 0)))"#,
            "exit",
        ),
    ] {
        let finished = run(&[("main", text)]).0.unwrap();
        assert_eq!(finished.status, WaitStatus::Exited(126), "{text}");
        assert!(finished.faults[0].contains(reason), "{text}: {:?}", finished.faults);
    }
}

#[test]
fn an_endless_loop_is_stopped_from_another_thread() {
    let in_component = component("(loop (br 0)) unreachable");
    let calling = module("(loop (call $say (i32.const 100) (i32.const 0)) (br 0))");
    for program in [module("(loop (br 0))").as_str(), &in_component, &calling] {
        let stop = Remote::default();
        let other = stop.clone();
        let thread = std::thread::spawn(move || {
            assert!(!other.wait_for_end(Duration::from_millis(50)), "it ended by itself");
            other.stop();
            other.wait_for_end(Duration::from_secs(20))
        });
        let finished = run_until(Some(stop), &[("main", program)]).0.unwrap();
        assert_eq!((finished.status, finished.faults), (WaitStatus::Signaled(Signal::KILL), Vec::new()));
        assert!(thread.join().unwrap(), "it went on after the stop");
    }
}

#[test]
fn a_container_that_was_stopped_before_does_not_start() {
    let stop = Remote::default();
    stop.stop();
    let (finished, written) = run_until(Some(stop), &[("main", &module("(call $say (i32.const 100) (i32.const 2))"))]);
    assert_eq!((finished.unwrap().status, written.as_str()), (WaitStatus::Signaled(Signal::KILL), ""));
}

#[test]
fn code_that_can_be_stopped_does_the_same() {
    let main = module("(call $say (i32.const 100) (i32.const 2)) (call $exit (i32.const 7))");
    let (finished, written) = run_until(Some(Remote::default()), &[("main", &main)]);
    assert_eq!((finished.unwrap().status, written.as_str()), (WaitStatus::Exited(7), "AB"));
}

#[test]
fn processes_share_the_memory_of_the_container() {
    // A copy of ten MiB is made for the child, and the child's own ten are over what there is for all.
    let body = "(drop (memory.grow (i32.const 160)))
        (if (call $fork (i32.const 100) (i32.const 48)) (then (call $exit (i32.const 99))))
        (drop (call $wait (i32.const -1) (i32.const 0) (i32.const 60) (i32.const 64)))
        (call $exit (i32.load (i32.const 64)))";
    let finished = run(&[("main", &module(body))]).0.unwrap();
    assert_eq!(finished.status, WaitStatus::Exited(Signal::KILL.0), "{:?}", finished.faults);
    assert!(
        finished.faults[0].contains("(process 2): killed, because the container's memory"),
        "{:?}",
        finished.faults
    );
    // Not even the copy finds room: as Linux has it, the fork fails.
    let more = "(drop (memory.grow (i32.const 220))) (call $exit (call $fork (i32.const 100) (i32.const 48)))";
    assert_eq!(status(&[("main", &module(more))]), WaitStatus::Exited(Errno::Nomem.raw() as u8));
}

#[test]
fn fault_83_a_table_grows_to_its_cap_and_no_further() {
    let body = r#"(module (table $t 1 funcref) (func (export "_start")
        (if (i32.lt_s (table.grow $t (ref.null func) (i32.const 1048575)) (i32.const 0)) (then unreachable))
        (if (i32.ge_s (table.grow $t (ref.null func) (i32.const 1)) (i32.const 0)) (then unreachable))))"#;
    assert_eq!(status(&[("main", body)]), WaitStatus::Exited(0));
}

#[test]
fn fault_94_memory_of_one_instance_does_not_show_in_the_next() {
    let main = module(
        "(drop (memory.grow (i32.const 100))) (memory.fill (i32.const 65536) (i32.const 170) (i32.const 6553600))
        (call $exit (call $exec (i32.const 200) (i32.const 34)))",
    );
    let other = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (func (export "_start") (local $at i32)
            (drop (memory.grow (i32.const 100)))
            (loop
                (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (call $exit (i32.const 1))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if 0 (i32.lt_u (local.get $at) (i32.const 6619136))))))"#;
    assert_eq!(status(&[("main", &main), ("other", other)]), WaitStatus::Exited(0));
}
