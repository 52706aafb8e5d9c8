//! Calls, processes and pipes, beside those of this machine's Linux: one program, built for both, measures itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use wcr_tests::busybox;
use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip::find;

use crate::report::{Report, Table};
use crate::timing::{Contestant, Outcome, compare};
use crate::tree;

/// The variables that name the program: for this machine, and for wcr.
const NATIVE: &str = "WCR_BENCH_NATIVE";
const GUEST: &str = "WCR_BENCH_GUEST";
/// A file of the image, four folders deep.
const DEEP: &str = "tree/d07/e5/f3/file8";

/// What the program is to measure.
struct Work {
    key: &'static str,
    title: &'static str,
    /// Its arguments: on Linux, and in wcr where they are others.
    args: [&'static str; 3],
}

const WORKS: [Work; 4] = [
    Work { key: "kernel-write", title: "Kernel: a byte to `/dev/null`", args: ["write", "1000000", ""] },
    Work { key: "kernel-stat", title: "Kernel: `stat` of a path of depth 4", args: ["stat", "200000", DEEP] },
    Work { key: "kernel-pipe-4k", title: "Kernel: 4 KiB through a pipe", args: ["pipe", "100000", "4096"] },
    Work { key: "kernel-pipe-64k", title: "Kernel: 64 KiB through a pipe", args: ["pipe", "10000", "65536"] },
];

/// How many processes are started one after another.
const SPAWNS: &str = "300";

fn image(program: &Path) -> Image {
    let layer = Layer::new().file("measure", 0o755, fs::read(program).expect("read the program"));
    Image::new([busybox::layer(), tree::layer(layer, content).into()])
}

/// A file of the tree has its path as its content.
fn content(_: usize, path: &str) -> Vec<u8> {
    path.into()
}

/// Measures the kernel beside Linux.
pub fn run(report: &mut Report, rounds: usize) {
    let program = |variable| std::env::var_os(variable).map(PathBuf::from);
    let (Some(native), Some(guest)) = (program(NATIVE), program(GUEST)) else {
        return eprintln!("bench: kernel: {NATIVE} and {GUEST} do not name the program");
    };
    let Some(lab) = Lab::open() else { return };
    let reference = lab.provide("bench-kernel", &image(&guest));
    let folder = Scratch::new("bench-kernel");
    tree::write(folder.path(), content);
    let on_linux = |args: [&str; 3]| {
        let mut command = Command::new(&native);
        command.arg("--measure").args(args).current_dir(folder.path());
        command
    };
    let in_wcr = |args: [&str; 3]| {
        let wcr = ["run", "--rm", "-w", "/", &reference, "/measure", "--measure"];
        lab.wcr([&wcr[..], &args].concat()).into_command()
    };
    for Work { key, title, args } in WORKS {
        let about = format!("One of {}, as the program itself measures it.", args[1]);
        let outcomes = beside(rounds, || on_linux(args), || in_wcr(args));
        report.add(Table { key, title: title.into(), about, outcomes });
    }
    let busybox = find("busybox").expect("busybox is installed").display().to_string();
    report.add(Table {
        key: "kernel-spawn",
        title: "Kernel: a process".into(),
        about: format!("BusyBox's `true`, started and waited for, one of {SPAWNS}: by fork and exec, and by spawn."),
        outcomes: beside(rounds, || on_linux(["spawn", SPAWNS, &busybox]), || in_wcr(["spawn", SPAWNS, "/bin/true"])),
    });
    let natively = || {
        let mut command = Command::new(&busybox);
        command.args(["find", "tree"]).current_dir(folder.path());
        command
    };
    let in_wcr = || lab.wcr(["run", "--rm", "-w", "/", &reference, "find", "tree"]).into_command();
    report.add(Table {
        key: "kernel-find",
        title: "Kernel: `find` over 60,000 files".into(),
        about: "The whole program, its start included; Linux has all of it in memory.".into(),
        outcomes: compare(vec![Contestant::new("native", natively), Contestant::new("wcr run", in_wcr)], rounds, None),
    });
}

/// What the program measures on Linux and in wcr, in turns.
fn beside(rounds: usize, native: impl Fn() -> Command, wcr: impl Fn() -> Command) -> Vec<Outcome> {
    let (mut natively, mut in_wcr) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        natively.push(measured(native()));
        in_wcr.push(measured(wcr()));
    }
    let outcome = |name: &str, times: Vec<Result<Duration, String>>| Outcome {
        name: name.into(),
        times: times.into_iter().collect(),
    };
    vec![outcome("native", natively), outcome("wcr run", in_wcr)]
}

/// The nanoseconds that the program says.
fn measured(mut command: Command) -> Result<Duration, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    let nanos = said.trim().parse::<f64>();
    nanos.map(|nanos| Duration::from_secs_f64(nanos / 1e9)).map_err(|_| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("{}: {}{}", output.status, said.trim(), errors.trim())
    })
}
