//! Containers that are looked after: a first process for others' signals and orphans, and checks of their health.

use std::time::Duration;

use wcr_tests::terminal::Terminal;

use crate::containers::House;

#[test]
fn an_init_passes_signals_on_and_looks_after_orphans() {
    let house = House::new();
    let run = |script| house.run(["run", "--rm", "--init", "busybox", "sh", "-c", script]);
    run("exit 9").exits(9);
    run("kill -9 $$").exits(137);
    run("echo $$ $PPID; tr '\\0' ' ' < /proc/1/cmdline")
        .ok()
        .prints("2 1\n/sbin/docker-init -- sh -c echo $$ $PPID; tr '\\0' ' ' < /proc/1/cmdline ");
    // An orphan's end leaves no zombie.
    run("(sleep 0.05 &); sleep 0.2; cat /proc/[0-9]*/status | grep -c '^State:.*Z'").exits(1).prints("0\n");
    house
        .run(["run", "--rm", "--init", "busybox", "no-such-program"])
        .exits(127)
        .says(&["exec no-such-program failed"]);
    let script = "trap 'exit 5' USR1; touch /ready; while :; do sleep 0.01; done";
    house.run(["run", "-d", "--init", "--name", "box", "busybox", "sh", "-c", script]).ok();
    house.run(["exec", "box", "sh", "-c", "until test -e /ready; do sleep 0.01; done"]).ok();
    house.run(["kill", "-s", "USR1", "box"]).ok();
    house.run(["wait", "box"]).ok().prints("5\n");
    // The built-in image has no such folder.
    house.run(["diff", "box"]).ok().prints("A /ready\nA /sbin\n");
    // Without a handler the command ends by a signal, which the first process of a container would ignore.
    house.run(["run", "-d", "--init", "--name", "two", "busybox", "sleep", "1000"]).ok();
    house.run(["exec", "two", "sh", "-c", "until ps | grep -q '[0-9] root *sleep'; do sleep 0.01; done"]).ok();
    house.run(["stop", "-t", "60", "two"]).ok();
    assert_eq!(house.status("two"), "exited 143");
    assert_eq!(house.json("two")["HostConfig"]["Init"], true);
}

#[test]
fn health_is_watched() {
    let house = House::new();
    let health = |name: &str| house.json(name)["State"]["Health"].clone();
    let until = |name: &str, status: &str| {
        for _ in 0..500 {
            if health(name)["Status"] == status {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{name} is not {status}: {}", health(name));
    };
    let quick = ["--health-interval", "30ms", "--health-retries", "2"];
    let check = ["--health-cmd", "echo said; test -e /ok"];
    let run = |name, more: &[&str]| {
        let line = [&["run", "-d", "--name", name], &quick[..], more, &["busybox", "sleep", "1000"]].concat();
        house.run(line).ok();
    };
    run("box", &check);
    until("box", "unhealthy");
    let shown = health("box");
    assert!(shown["FailingStreak"].as_u64() >= Some(2), "{shown}");
    let last = shown["Log"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["ExitCode"], &last["Output"]), (&1.into(), &"said\n".into()));
    house.run(["ps", "-f", "health=unhealthy", "--format", "{{.Names}} {{.State}}"]).ok().prints("box running\n");
    house.run(["exec", "box", "touch", "/ok"]).ok();
    until("box", "healthy");
    assert_eq!(health("box")["FailingStreak"], 0);
    let shown = house.run(["ps", "--format", "{{.Status}}"]).ok().stdout();
    assert!(shown.starts_with("Up ") && shown.ends_with(" (healthy)\n"), "{shown}");
    let told =
        house.run(["events", "--since", "1h", "--until", "0s", "-f", "event=health_status", "--format", "{{.Action}}"]);
    told.ok().prints("health_status: unhealthy\nhealth_status: healthy\n");
    // One that takes too long is ended.
    run("slow", &["--health-cmd", "sleep 1000", "--health-timeout", "50ms"]);
    until("slow", "unhealthy");
    let last = health("slow")["Log"][0].clone();
    assert_eq!(last["ExitCode"], -1);
    assert_eq!(last["Output"], "Health check exceeded timeout (50ms)");
    let processes = house.run(["top", "slow"]).ok().stdout();
    assert!(processes.matches("sleep 1000").count() <= 2, "{processes}");
    run("early", &["--health-cmd", "false", "--health-start-period", "1h", "--health-start-interval", "20ms"]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!((&health("early")["Status"], &health("early")["FailingStreak"]), (&"starting".into(), &0.into()));
    let line = ["run", "-d", "--name", "plain", "--no-healthcheck", "busybox", "sleep", "1000"];
    house.run(line).ok();
    assert!(house.json("plain")["State"].get("Health").is_none());
    house
        .run(["run", "--no-healthcheck", "--health-cmd", "x", "busybox", "true"])
        .exits(125)
        .says(&["--no-healthcheck"]);
}

#[test]
fn a_run_at_a_terminal_is_left_and_joined_again() {
    let house = House::new();
    let mut terminal = Terminal::start(house.wcr(["run", "-it", "--name", "box", "busybox", "sh"]), 31, 91);
    terminal.shows("# ");
    terminal.types("stty size\r").shows("31 91\r\n");
    terminal.types("\x10\x11");
    assert_eq!(terminal.ends().code(), Some(0));
    assert_eq!(house.status("box"), "running 0");
    let mut terminal = Terminal::start(house.wcr(["attach", "box"]), 24, 80);
    terminal.types("echo b$((2+2))\r").shows("b4\r\n");
    terminal.types("exit 4\r");
    assert_eq!(terminal.ends().code(), Some(4));
    assert_eq!(house.status("box"), "exited 4");
    house.run(["rm", "box"]).ok();
    let keys = ["run", "--rm", "-it", "--name", "box", "--detach-keys", "ctrl-a,x", "busybox", "sh"];
    let mut terminal = Terminal::start(house.wcr(keys), 24, 80);
    terminal.shows("# ");
    terminal.types("\x01x");
    assert_eq!(terminal.ends().code(), Some(0));
    assert_eq!(house.status("box"), "running 0");
    house.run(["stop", "-t", "0", "box"]).ok();
    house.run(["ps", "-aq"]).ok().prints("");
    let mut terminal = Terminal::start(house.wcr(["run", "--rm", "-it", "busybox", "no-such-program"]), 24, 80);
    terminal.shows("no-such-program");
    assert_eq!(terminal.ends().code(), Some(127));
    house.run(["ps", "-aq"]).ok().prints("");
}
