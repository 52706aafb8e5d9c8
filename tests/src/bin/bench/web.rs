//! The page in a browser: what it fetches, when it shows the first output, and what calls and processes cost there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::Wcr;

use crate::report::{Report, Size, Sizes, Table};
use crate::timing::Outcome;

/// The variable that names the folder of the page's sources, built.
const FOLDER_VARIABLE: &str = "WCR_WEB";

/// How many processes are started one after another.
const SPAWNS: u32 = 200;
/// How many bytes are written one by one.
const WRITES: u32 = 200_000;

/// Measures the page in Chromium, and the same commands natively.
pub fn run(report: &mut Report, rounds: usize) {
    let folder = Scratch::new("bench-web");
    let paths: Vec<PathBuf> = [1, WRITES].map(|count| write_program(folder.path(), count)).into();
    let commands = commands();
    let measured = std::env::var_os(FOLDER_VARIABLE)
        .ok_or_else(|| "the page is not built".to_owned())
        .and_then(|web| in_browser(Path::new(&web), rounds, &paths, &commands));
    let times = |key: &str| measured.as_ref().map_err(Clone::clone).and_then(|value| seconds(&value[key], key));
    if let Ok(value) = &measured {
        report.add_sizes(Sizes {
            key: "web-transfer",
            title: "The page's first use: transfer".into(),
            about:
                "Everything that is fetched until the shell has written something, each file as it is and with gzip -9."
                    .into(),
            rows: value["transfer"].as_array().into_iter().flatten().filter_map(size).collect(),
        });
    }
    report.add(Table {
        key: "web-first-output",
        title: "The page's first use: time".into(),
        about: "From the start of the navigation to the shell's first output, from a server on this machine.".into(),
        outcomes: vec![
            Outcome { name: "nothing cached".into(), times: times("cold") },
            Outcome { name: "loaded before".into(), times: times("warm") },
        ],
    });
    let native = natively(folder.path(), rounds, &paths, &commands);
    let browser = measured.as_ref().map(|value| &value["times"]).map_err(Clone::clone);
    for (key, title, about, count, [few, many]) in [
        ("web-spawn", "Browser beside native: a process", SPAWN_ABOUT, SPAWNS, ["spawn none", "spawn"]),
        ("web-write", "Browser beside native: a call", WRITE_ABOUT, WRITES, ["write one", "write"]),
    ] {
        let browser = browser.clone().and_then(|times| each(times, [few, many], count));
        report.add(Table {
            key,
            title: title.into(),
            about: about.into(),
            outcomes: vec![
                Outcome { name: "native".into(), times: each(&native, [few, many], count) },
                Outcome { name: "Chromium".into(), times: browser },
            ],
        });
    }
}

const SPAWN_ABOUT: &str =
    "A shell starts `/bin/true` 200 times and waits for each; the time of one, the loop included.";
const WRITE_ABOUT: &str = "A module writes a byte to `/dev/null` 200,000 times; the time of one write.";

/// The commands by name. The difference of two is what is measured.
fn commands() -> Vec<(&'static str, Vec<String>)> {
    let shell = |script: String| vec!["sh".to_owned(), "-c".into(), script];
    let spawn = |count: u32| shell(format!("i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done"));
    let write = |number: u32| shell(format!("exec /bench{number} > /dev/null"));
    vec![("spawn none", spawn(0)), ("spawn", spawn(SPAWNS)), ("write one", write(0)), ("write", write(1))]
}

/// What the script in the page's folder prints.
fn in_browser(
    web: &Path,
    rounds: usize,
    programs: &[PathBuf],
    commands: &[(&'static str, Vec<String>)],
) -> Result<Value, String> {
    let named: Map<String, Value> = commands.iter().map(|(name, words)| ((*name).into(), json!(words))).collect();
    let output = Command::new("node")
        .arg("test/bench.mjs")
        .arg(rounds.to_string())
        .args(programs)
        .current_dir(web)
        .env("WCR_BENCH_COMMANDS", Value::Object(named).to_string())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("node: {error}"))?;
    if !output.status.success() {
        return Err(format!("node test/bench.mjs: {}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("what node printed: {error}"))
}

/// The same commands as whole processes of wcr, in the same form.
fn natively(home: &Path, rounds: usize, programs: &[PathBuf], commands: &[(&'static str, Vec<String>)]) -> Value {
    let mut times: Map<String, Value> = Map::new();
    for round in 0..=rounds {
        for (name, words) in commands {
            let volumes = programs
                .iter()
                .enumerate()
                .flat_map(|(number, path)| ["-v".into(), format!("{}:/bench{number}:ro", path.display())]);
            let mut command =
                Wcr::new(home).args(["run", "--rm"]).args(volumes).args(["busybox"]).args(words).into_command();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let started = Instant::now();
            let status = command.status().expect("start wcr");
            let took = started.elapsed();
            assert!(status.success(), "wcr run busybox {words:?}: {status}");
            let known = times.entry(*name).or_insert_with(|| json!([]));
            // The first round fills caches.
            if let (Some(known), true) = (known.as_array_mut(), round > 0) {
                known.push(json!(took.as_secs_f64()));
            }
        }
    }
    Value::Object(times)
}

/// The time of one of `count`: the difference of two commands, round by round.
fn each(times: &Value, [few, many]: [&str; 2], count: u32) -> Result<Vec<Duration>, String> {
    let (few, many) = (seconds(&times[few], few)?, seconds(&times[many], many)?);
    Ok(many.into_iter().zip(few).map(|(many, few)| many.saturating_sub(few) / count).collect())
}

fn seconds(value: &Value, what: &str) -> Result<Vec<Duration>, String> {
    let times = value.as_array().ok_or_else(|| format!("no times of {what}"))?;
    Ok(times.iter().filter_map(Value::as_f64).map(Duration::from_secs_f64).collect())
}

fn size(value: &Value) -> Option<Size> {
    Some(Size { name: value["name"].as_str()?.into(), plain: value["plain"].as_u64()?, gzip: value["gzip"].as_u64()? })
}

/// Writes a module that writes one byte to its standard output `count` times.
fn write_program(folder: &Path, count: u32) -> PathBuf {
    let path = folder.join(format!("write-{count}.wasm"));
    fs::write(&path, write_module(count)).expect("write the program");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("make the program executable");
    path
}

fn write_module(count: u32) -> Vec<u8> {
    let name = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    let section = |id: u8, content: Vec<u8>| [vec![id, content.len() as u8], content].concat();
    let mut body = vec![1, 1, 0x7f, 0x03, 0x40];
    // fd_write(1, 0, 1, 16), its result dropped.
    body.extend([0x41, 1, 0x41, 0, 0x41, 1, 0x41, 16, 0x10, 0, 0x1a]);
    // Count, and again while it is less than `count`.
    body.extend([0x20, 0, 0x41, 1, 0x6a, 0x22, 0, 0x41]);
    body.extend(leb128(count));
    body.extend([0x49, 0x0d, 0, 0x0b, 0x0b]);
    let import = [vec![1], name("wasi_snapshot_preview1"), name("fd_write"), vec![0, 0]].concat();
    let exports = [vec![2], name("memory"), vec![2, 0], name("_start"), vec![0, 1]].concat();
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, vec![2, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 0]),
        section(2, import),
        section(3, vec![1, 1]),
        section(5, vec![1, 0, 1]),
        section(7, exports),
        section(10, [vec![1, body.len() as u8], body].concat()),
        // The vector at 0: one byte, at 8.
        section(11, vec![1, 0, 0x41, 0, 0x0b, 9, 8, 0, 0, 0, 1, 0, 0, 0, b'x']),
    ]
    .concat()
}

/// A number as WebAssembly writes a constant (signed).
fn leb128(number: u32) -> Vec<u8> {
    let (mut left, mut out) = (i64::from(number), Vec::new());
    loop {
        let byte = (left & 0x7f) as u8;
        left >>= 7;
        if left == 0 && byte & 0x40 == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}
