//! The examples in the help of the commands for containers.

use crate::help::Example;

/// The examples of each command.
pub(crate) const EXAMPLES: [(&str, &[Example]); 25] = [
    ("create", &[("A container to be started later", "wcr create --name box -it busybox sh")]),
    (
        "start",
        &[
            ("On its own", "wcr start box"),
            ("At this terminal, with its output from the beginning", "wcr start -ai box"),
        ],
    ),
    (
        "stop",
        &[("Asked, and killed after 10 seconds", "wcr stop box"), ("With less patience", "wcr stop -t 1 one two")],
    ),
    (
        "share",
        &[("A link", "wcr share box"), ("A file, from which `wcr run --from` goes on", "wcr share -o box.wcr box")],
    ),
    ("checkpoint", &[("Files and environment of this moment", "wcr checkpoint box before.wcr")]),
    ("restart", &[("Stopped and started again", "wcr restart box")]),
    ("kill", &[("At once", "wcr kill box"), ("Another signal", "wcr kill -s HUP box")]),
    ("pause", &[("Nobody in it goes on", "wcr pause box")]),
    ("unpause", &[("Everybody goes on", "wcr unpause box")]),
    ("wait", &[("Its exit code", "wcr wait box")]),
    (
        "rm",
        &[
            ("One that has ended", "wcr rm box"),
            ("One that runs, too, by the first digits of its ID", "wcr rm -f 0123abcd"),
        ],
    ),
    (
        "ps",
        &[
            ("Those that run", "wcr ps"),
            ("All, with columns of your own", r"wcr ps -a --format 'table {{.Names}}\t{{.Status}}'"),
            ("The IDs of those that have failed", "wcr ps -q --filter exited=1"),
        ],
    ),
    (
        "logs",
        &[
            ("All that it has written", "wcr logs box"),
            ("The last lines, and what comes", "wcr logs -f -n 20 box"),
            ("With times, since ten minutes ago", "wcr logs -t --since 10m box"),
        ],
    ),
    (
        "exec",
        &[
            ("A command beside the first process", "wcr exec box ps"),
            ("A shell at this terminal", "wcr exec -it box sh"),
            ("As another user, elsewhere", "wcr exec -u nobody -w /tmp -e A=1 box env"),
        ],
    ),
    ("attach", &[("At this terminal; ctrl-p, ctrl-q leave it", "wcr attach box")]),
    (
        "cp",
        &[
            ("Into a container", "wcr cp settings.conf box:/etc/"),
            ("Out of one, what is in a folder", "wcr cp box:/var/log/. logs"),
            ("As a tar", "wcr cp box:/etc - | tar -t"),
        ],
    ),
    ("diff", &[("What was added, changed and deleted", "wcr diff box")]),
    (
        "commit",
        &[
            ("An image of its files", "wcr commit box mine:1"),
            ("With another command", "wcr commit -c 'CMD [\"top\"]' -m 'with tools' box mine:2"),
        ],
    ),
    ("rename", &[("Another name", "wcr rename box old-box")]),
    ("port", &[("None, without a network", "wcr port box")]),
    ("top", &[("Its processes", "wcr top box")]),
    (
        "stats",
        &[
            ("All that run, again and again", "wcr stats"),
            ("Once, for a script", "wcr stats --no-stream --format '{{.Name}} {{.MemUsage}}'"),
        ],
    ),
    (
        "events",
        &[
            ("All that happens from now on", "wcr events"),
            ("What has ended in the last hour, and how", "wcr events --since 1h --until 0s --filter event=die"),
            ("In a script", "wcr events --filter container=box --format '{{.Action}} {{.Actor.Attributes.exitCode}}'"),
        ],
    ),
    ("container", &[("Remove all that do not run", "wcr container prune -f")]),
    ("keep", &[("wcr itself calls it", "wcr keep 0123abcd")]),
];
