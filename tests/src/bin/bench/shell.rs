//! How fast the shell runs scripts.

use std::process::Command;

use wcr_tests::busybox;
use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;

use crate::peers::make_rootfs;
use crate::report::{Report, Table};
use crate::timing::{Contestant, compare};

/// A script to be timed.
struct Work {
    key: &'static str,
    title: &'static str,
    script: &'static str,
    output: &'static str,
}

const WORKS: [Work; 6] = [
    Work {
        key: "shell-arithmetic",
        title: "Shell: a million rounds of `[ ]` and `$((i+1))`",
        script: "i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done; echo $i",
        output: "1000000\n",
    },
    Work {
        key: "shell-functions",
        title: "Shell: 200,000 calls of a function with `case` and `${x#?}`",
        script: "f() { case $1 in a*) x=${1#?};; *) x=$1;; esac; }; \
                 i=0; while [ $i -lt 200000 ]; do f abc; i=$((i+1)); done; echo $x",
        output: "bc\n",
    },
    Work {
        key: "shell-substitutions",
        title: "Shell: 1,000 command substitutions",
        script: "i=0; while [ $i -lt 1000 ]; do x=$(echo x); i=$((i+1)); done; echo $x",
        output: "x\n",
    },
    Work {
        key: "shell-subshells",
        title: "Shell: 1,000 subshells",
        script: "i=0; while [ $i -lt 1000 ]; do ( : ); i=$((i+1)); done; echo $i",
        output: "1000\n",
    },
    Work {
        key: "shell-programs",
        title: "Shell: 1,000 programs",
        script: "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done; echo $i",
        output: "1000\n",
    },
    Work {
        key: "shell-pipeline",
        title: "Shell: 100 MB through a pipeline of five",
        script: "yes 0123456789abcdef | head -c 100000000 | tr a-f A-F | grep 9 | wc -l",
        output: "5882353\n",
    },
];

/// Measures scripts in BusyBox's shell and in wcr.
pub fn run(report: &mut Report, rounds: usize) {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let folder = Scratch::new("bench-shell");
    let rootfs = folder.join("rootfs");
    make_rootfs(&rootfs);
    for applet in busybox::applets().iter().filter(|applet| !["busybox", "echo"].contains(&applet.as_str())) {
        std::os::unix::fs::symlink("busybox", rootfs.join("bin").join(applet)).expect("link an applet");
    }
    for Work { key, title, script, output } in WORKS {
        let contestants = vec![
            Contestant::new("native in a chroot", || {
                let mut command = Command::new("chroot");
                command.arg(&rootfs).args(["/bin/busybox", "sh", "-c", script]);
                command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
                command
            }),
            Contestant::new("wcr run", || lab.wcr(["run", "--rm", &image, "sh", "-c", script]).into_command()),
        ];
        report.add(Table {
            key,
            title: title.into(),
            about: format!("`{script}`"),
            outcomes: compare(contestants, rounds, Some(output.as_bytes())),
        });
    }
}
