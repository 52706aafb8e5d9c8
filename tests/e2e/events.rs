//! What has happened, as `wcr events` tells it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::containers::House;

/// The actions of a container that have been written down, one after the other.
fn actions(house: &House, name: &str) -> Vec<String> {
    let filter = format!("container={name}");
    let shown = house.run(["events", "--since", "1h", "--until", "0s", "-f", &filter, "--format", "{{.Action}}"]).ok();
    shown.stdout().lines().map(str::to_owned).collect()
}

#[test]
fn events_tell_the_life_of_a_container() {
    let house = House::new();
    house.run(["run", "--name", "brief", "busybox", "sh", "-c", "exit 3"]).exits(3);
    assert_eq!(actions(&house, "brief"), ["create", "attach", "start", "die"]);
    house.run(["start", "-a", "brief"]).exits(3);
    house.run(["rm", "brief"]).ok();
    assert_eq!(actions(&house, "brief")[4..], ["attach", "start", "die", "destroy"]);
    house.run(["run", "--rm", "--name", "gone", "busybox", "true"]).ok();
    assert_eq!(actions(&house, "gone"), ["create", "attach", "start", "die", "destroy"]);
    house.starts("box", "trap 'exit 7' TERM; while :; do sleep 0.01; done");
    house.run(["pause", "box"]).ok();
    house.run(["unpause", "box"]).ok();
    house.run(["exec", "box", "echo", "a b"]).ok();
    house.run(["stop", "box"]).ok();
    house.run(["restart", "box"]).ok();
    house.run(["kill", "box"]).ok();
    house.run(["cp", "-q", "box:/etc/passwd", "-"]).ok();
    house.run(["rename", "box", "bin"]).ok();
    house.run(["rm", "bin"]).ok();
    let expected = [
        "create",
        "start",
        "pause",
        "unpause",
        "exec_create: echo a b",
        "exec_start: echo a b",
        "exec_die",
        "kill",
        "die",
        "stop",
        "start",
        "restart",
        "kill",
        "die",
        "archive-path",
    ];
    assert_eq!(actions(&house, "box"), expected);
    assert_eq!(actions(&house, "bin"), ["rename", "destroy"]);
    let dies = ["events", "--since", "1h", "--until", "0s", "-f", "event=die", "-f", "container=box"];
    let line = house.run(dies).ok().stdout();
    assert!(line.contains(" container die ") && line.contains(", exitCode=7, image=busybox, name=box)"), "{line}");
    let json = house.run(dies.into_iter().chain(["--format", "json"])).ok().stdout();
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!((&last["Actor"]["Attributes"]["exitCode"], &last["status"]), (&"137".into(), &"die".into()));
    house.run(["events", "--filter", "nope=1"]).fails().exits(2).says(&["nope"]);
    house.run(["events", "--since", "whenever"]).fails().exits(2).says(&["whenever"]);
}

#[test]
fn memory_that_is_used_up_is_told() {
    let house = House::new();
    let grow = "exec awk 'BEGIN { x = \"0123456789abcdef\"; while (1) x = x x }'";
    let killed =
        |name: &str| house.run(["inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", name]).ok().stdout();
    // In the foreground, where all is told at the end.
    house.run(["run", "--memory", "32m", "--name", "brief", "busybox", "sh", "-c", grow]).exits(137);
    assert_eq!(killed("brief"), "true 137\n");
    assert_eq!(actions(&house, "brief"), ["create", "attach", "start", "oom", "die"]);
    // Where the first process goes on, and one that is removed.
    let child = format!("sh -c \"$GROW\"; echo $?; test -e /again || exit 3");
    house
        .run([
            "run",
            "--rm",
            "--memory",
            "32m",
            "--name",
            "gone",
            "-e",
            &format!("GROW={grow}"),
            "busybox",
            "sh",
            "-c",
            &child,
        ])
        .exits(3)
        .prints("137\n");
    assert_eq!(actions(&house, "gone"), ["create", "attach", "start", "oom", "die", "destroy"]);
    // On its own; a start begins anew.
    let once = format!("test -e /again && exit 4; touch /again; {grow}");
    house.run(["run", "-d", "--memory", "32m", "--name", "box", "busybox", "sh", "-c", &once]).ok();
    house.run(["wait", "box"]).ok().prints("137\n");
    assert_eq!(killed("box"), "true 137\n");
    house.run(["start", "-a", "box"]).exits(4);
    assert_eq!(killed("box"), "false 4\n");
    let expected = ["create", "start", "oom", "die", "attach", "start", "die"];
    assert_eq!(actions(&house, "box"), expected);
    let line = house.run(["events", "--since", "1h", "--until", "0s", "-f", "event=oom", "-f", "container=box"]).ok();
    assert!(line.stdout().contains(" container oom ") && line.stdout().contains("(image=busybox, name=box)"));
    // Over its own limit a process only gets no more.
    house.run(["run", "--name", "own", "busybox", "sh", "-c", &format!("ulimit -v 20000; {grow}")]);
    assert!(killed("own").starts_with("false "));
}

#[test]
fn events_are_followed() {
    let house = House::new();
    house.run(["create", "--name", "before", "busybox", "true"]).ok();
    let mut command = house.wcr(["events", "--format", "{{.Action}} {{.Actor.Attributes.name}}"]).into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // It says nothing of what was before; so something has to happen until it listens.
    let first = loop {
        house.run(["run", "--rm", "--name", "box", "busybox", "true"]).ok();
        std::thread::sleep(std::time::Duration::from_millis(50));
        if std::fs::read_to_string(house.home.path().join("store/events.json"))
            .is_ok_and(|text| text.lines().count() > 20)
        {
            break lines.next().unwrap().unwrap();
        }
    };
    assert!(["create box", "attach box", "start box", "die box", "destroy box"].contains(&first.as_str()), "{first}");
    house.run(["rm", "before"]).ok();
    assert!(lines.any(|line| line.unwrap() == "destroy before"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_end_of_a_killed_container_is_told_once() {
    let house = House::new();
    house.starts("box", "sleep 1000");
    house.kill_keeper("box");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| house.run(["ps", "-a"]).ok());
        }
    });
    assert_eq!(house.status("box"), "exited 137");
    assert_eq!(actions(&house, "box"), ["create", "start", "die"]);
    house.run(["start", "box"]).ok();
    assert_eq!(house.status("box"), "running 0");
}
