//! Virtual time and seeded randomness: what programs show of them agrees, and takes no time.

use std::time::{Duration, Instant};

use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Finished, Wcr};

const OPTIONS: [&str; 6] = ["run", "--rm", "--clock", "fixed=2030-05-31T23:59:00Z", "--seed", "7"];

fn wcr(home: &Scratch, args: &[&str]) -> Finished {
    Wcr::new(home.path()).args(args.iter().copied()).run()
}

/// What a script prints with a clock that starts a minute before June 2030, with no time taken.
fn at_the_end_of_may(script: &str) -> String {
    let home = Scratch::new("clock");
    let started = Instant::now();
    let finished = wcr(&home, &[&OPTIONS[..], &["busybox", "sh", "-c", script]].concat()).ok();
    assert!(started.elapsed() < Duration::from_secs(60), "{script}");
    finished.stdout()
}

#[test]
fn each_program_sees_the_time_that_has_passed() {
    for (script, expected) in [
        ("date", "Fri May 31 23:59:00 UTC 2030\n"),
        ("sleep 3600; date", "Sat Jun  1 00:59:00 UTC 2030\n"),
        ("usleep 1500000; date +%T", "23:59:01\n"),
        ("timeout 60 sleep 1000; echo $?; date +%T", "143\n00:00:00\n"),
        ("timeout 60 sleep 10; echo $?; date +%T", "0\n23:59:10\n"),
        ("timeout -s KILL 5 sh -c 'while :; do :; done'; echo $?; date +%T", "137\n23:59:05\n"),
        ("timeout 5 watch -tn 2 date +%T 2>&1 | tr -d '\\033'", "[H[J23:59:00\n[H[J23:59:02\n[H[J23:59:04\n"),
        ("touch a; sleep 60; touch b; stat -c %y a b | cut -c1-19", "2030-05-31 23:59:00\n2030-06-01 00:00:00\n"),
        ("mkdir d; cd d; touch a; sleep 600; touch b; find . -mmin +5 -type f; find . -newer a -type f", "./a\n./b\n"),
        ("touch -d '2029-01-01 00:00:00' old; ls -l old | tr -s ' ' | cut -d' ' -f6-", "Jan 1 2029 old\n"),
        ("sleep 5 & sleep 60; cut -d. -f1 /proc/uptime; uptime | cut -d, -f1", "60\n 00:00:00 up 1 min\n"),
        // Since the container's start, in hundredths of a second.
        ("sleep 30; sleep 1 & cut -d' ' -f22 /proc/$!/stat", "3000\n"),
        ("read -t 5 x < /dev/tty0 || sleep 5 | read -t 2 x; echo $?; date +%T", "1\n23:59:05\n"),
        ("sleep 90; stat -c %y /proc/self | cut -c1-19", "2030-06-01 00:00:30\n"),
        ("{ time sleep 100; } 2>&1 | head -n1", "real\t1m 40.00s\n"),
        ("awk 'BEGIN { system(\"sleep 5\"); print strftime(\"%T\", systime(), 1) }'", "23:59:05\n"),
        ("(sleep 2; kill -TERM $$) & trap 'date +%T; exit' TERM; while :; do sleep 1; done", "23:59:02\n"),
        ("coreutils --coreutils-prog=sleep 1h; coreutils --coreutils-prog=date -u +%c", "Sat Jun  1 00:59:00 2030\n"),
        ("coreutils --coreutils-prog=timeout 9 sleep 99; echo $?; date +%T", "124\n23:59:09\n"),
    ] {
        assert_eq!(at_the_end_of_may(script), expected, "{script}");
    }
}

#[test]
fn crond_starts_what_is_due() {
    let tables =
        "mkdir /c; echo '* * * * * date +%H:%M >> /log' > /c/root; echo '0 0 1 6 * echo june >> /log' >> /c/root; ";
    for started in ["crond -c /c", "crond -b -c /c", "crond -b -f -c /c &"] {
        let script = format!("{tables}{started}\nsleep 150; cat /log");
        let log = at_the_end_of_may(&script);
        let mut lines: Vec<&str> = log.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["00:00", "00:01", "june"], "{started}");
    }
}

#[test]
fn randomness_follows_the_seed() {
    let home = Scratch::new("seed");
    for script in [
        "echo $RANDOM $RANDOM",
        "head -c 16 /dev/urandom | xxd",
        "head -c 16 /dev/random | xxd",
        "mktemp -u; mktemp -u",
        "seq 50 | shuf",
        "shuf -i 1-50",
        "cat /proc/sys/kernel/random/uuid",
        "coreutils --coreutils-prog=shuf -i 1-50",
        "coreutils --coreutils-prog=mktemp -u",
        "coreutils --coreutils-prog=sort -R /etc/passwd /etc/group /etc/hosts",
        "mkpasswd -m md5 secret",
    ] {
        let with =
            |seed: &str| wcr(&home, &["run", "--rm", "--seed", seed, "busybox", "sh", "-c", script]).ok().stdout();
        assert_eq!(with("7"), with("7"), "{script}");
        assert_ne!(with("7"), with("8"), "{script}");
    }
}

#[test]
fn awk_seeds_itself_by_the_clock() {
    let home = Scratch::new("srand");
    let at = |clock: &str| {
        let script = "BEGIN { srand(); print rand(), srand() }";
        wcr(&home, &["run", "--rm", "--clock", clock, "busybox", "awk", script]).ok().stdout()
    };
    assert_eq!(at("fixed=1000000000"), at("fixed=1000000000"));
    assert_ne!(at("fixed=1000000000"), at("fixed=1000000001"));
    assert!(at("fixed=1000000000").ends_with(" 1000000000\n"));
}

#[test]
fn a_clock_and_a_seed_are_what_a_trace_digest_needs() {
    let home = Scratch::new("sources");
    let run = |options: &[&str]| {
        wcr(&home, &[&["run", "--rm", "--trace-digest"], options, &["busybox", "sh", "-c", "date; : $RANDOM"]].concat())
    };
    let parts = run(&["--clock", "virtual", "--seed", "0"]).ok();
    assert_eq!(parts.stderr(), run(&["--deterministic"]).ok().stderr());
    assert_ne!(parts.stderr(), run(&["--deterministic", "--seed", "1"]).ok().stderr());
    assert_eq!(run(&["--deterministic", "--clock=fixed=2040-01-01"]).ok().stdout(), "Sun Jan  1 00:00:00 UTC 2040\n");
    for lacking in [&["--clock", "virtual"][..], &["--seed", "0"], &["--deterministic", "--clock", "host"]] {
        run(lacking).fails().exits(125).says(&["--trace-digest", "--seed"]);
    }
    run(&["--clock", "noon"]).fails().exits(125).says(&["fixed=2024-01-01T00:00:00Z"]);
}

#[test]
fn a_container_that_is_kept_has_its_clock_and_seed() {
    let home = Scratch::new("kept-clock");
    let script = "date; echo $RANDOM";
    let options = ["run", "--name", "cc", "--clock", "fixed=2030-01-01", "--seed", "3"];
    let first = wcr(&home, &[&options[..], &["busybox", "sh", "-c", script]].concat()).ok();
    assert!(first.stdout().starts_with("Tue Jan  1 00:00:00 UTC 2030\n"));
    assert_eq!(wcr(&home, &["start", "-a", "cc"]).ok().stdout(), first.stdout());
}
