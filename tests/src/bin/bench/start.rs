//! How long it takes to run a trivial command.

use std::process::Command;

use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip::find;

use crate::images;
use crate::peers::{Crun, PODMAN_RUN, make_rootfs, podman};
use crate::report::{Report, Table};
use crate::timing::{Contestant, compare};

/// Measures `busybox echo hi` in all ways, and wcr with a small and a large image.
pub fn run(report: &mut Report, rounds: usize) {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let folder = Scratch::new("bench-start");
    let rootfs = folder.join("rootfs");
    make_rootfs(&rootfs);
    let native = find("busybox").expect("busybox is installed");
    let run = |image: &str| lab.wcr(["run", "--rm", image, "busybox", "echo", "hi"]).into_command();
    let mut crun = find("crun").and_then(|_| Crun::prepare(folder.path(), &rootfs));
    let storage = folder.join("podman");
    let mut contestants = vec![
        Contestant::new("native", || {
            let mut command = Command::new(&native);
            command.env_clear().args(["echo", "hi"]);
            command
        }),
        Contestant::new("wcr run", || run(&image)),
        Contestant::new("native in a chroot", || {
            let mut command = Command::new("chroot");
            command.arg(&rootfs).args(["/bin/busybox", "echo", "hi"]);
            command
        }),
    ];
    if let Some(crun) = &mut crun {
        contestants.push(Contestant::new("crun run", || crun.command()));
    }
    if find("podman").is_some() {
        let pulled = podman(&storage).args(["pull", "--quiet", "--tls-verify=false", &image]).output();
        if let Err(error) = pulled {
            eprintln!("bench: podman pull: {error}");
        }
        contestants.push(Contestant::new("podman run", || {
            let mut command = podman(&storage);
            command.arg("run").args(PODMAN_RUN).args([&image, "busybox", "echo", "hi"]);
            command
        }));
    }
    report.add(Table {
        key: "start",
        title: "Start-up".into(),
        about: "`busybox echo hi` as a whole process, the image already there.".into(),
        outcomes: compare(contestants, rounds, Some(b"hi\n")),
    });

    let few = lab.provide("few-files", &images::small());
    eprintln!("bench: making the image with 60,000 files");
    let many = lab.provide("many-files", &images::large());
    let contestants = vec![Contestant::new("10 files", || run(&few)), Contestant::new("60,000 files", || run(&many))];
    report.add(Table {
        key: "start-by-image",
        title: "Start-up by the size of the image".into(),
        about: "`wcr run` of the same command in a small image and in one with 60,000 files in 8 layers.".into(),
        outcomes: compare(contestants, rounds, Some(b"hi\n")),
    });
}
