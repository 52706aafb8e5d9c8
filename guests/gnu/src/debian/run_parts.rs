//! Debian's `run-parts`: the programs of a folder, one after the other.

use applets::core::folder;
use applets::core::paths::join;
use applets::options::{Long, Parsed, Spec, Takes};
use applets::regex::{Regex, Syntax};
use applets::{Context, Quit, number, run as programs};
use wcr_sys::abi::{FileKind, WaitStatus};
use wcr_sys::{Errno, fs, process};

use crate::Program;
use crate::program::{HELP, VERSION};

const HELP_TEXT: &str = include_str!("run-parts-help.txt");

const VERSION_TEXT: &str = "\
Debian run-parts program, version 5.7
Copyright (C) 1994 Ian Jackson, Copyright (C) 1996 Jeff Noxon.
Copyright (C) 1996,1997,1998,1999 Guy Maor
Copyright (C) 2002-2020 Clint Adams
This is free software; see the GNU General Public License version 2
or later for copying conditions.  There is NO warranty.
";

const TEST: u8 = 0x80;
const LIST: u8 = 0x81;
const REPORT: u8 = 0x82;
const REVERSE: u8 = 0x83;
const EXIT_ON_ERROR: u8 = 0x84;
const LSB: u8 = 0x85;
const NEW_SESSION: u8 = 0x86;
const REGEX: u8 = 0x87;
const STDIN: u8 = 0x88;

const LONG: &[Long] = &[
    ("test", Takes::Nothing, TEST),
    ("list", Takes::Nothing, LIST),
    ("verbose", Takes::Nothing, b'v'),
    ("debug", Takes::Nothing, b'd'),
    ("report", Takes::Nothing, REPORT),
    ("reverse", Takes::Nothing, REVERSE),
    ("umask", Takes::Value, b'u'),
    ("arg", Takes::Value, b'a'),
    ("help", Takes::Nothing, HELP),
    ("version", Takes::Nothing, VERSION),
    ("lsbsysinit", Takes::Nothing, LSB),
    ("regex", Takes::Value, REGEX),
    ("exit-on-error", Takes::Nothing, EXIT_ON_ERROR),
    ("new-session", Takes::Nothing, NEW_SESSION),
    ("stdin", Takes::Nothing, STDIN),
];
const SPEC: Spec = Spec::new("u:ha:vdV", LONG);

/// Names that are taken: by default, and with `--lsbsysinit`.
const USUAL: &[&str] = &["^[a-zA-Z0-9_-]+$"];
const OF_LSB: &[&str] = &["^[a-z0-9]+$", "^_?([a-z0-9_.]+-)+[a-z0-9]+$", "^[a-z0-9][a-z0-9-]*$"];

/// The file mode mask that programs get unless another is given.
const UMASK: u32 = 0o022;

/// The program.
pub const PROGRAM: Program = Program::whole("run-parts", run).lacking("--report, --stdin, --new-session");

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    ctx.name = b"run-parts";
    let (parsed, wrong) = SPEC.read_all(ctx.args);
    if let Some(message) = wrong {
        return Err(try_help(ctx, &message));
    }
    match parsed.last_of(&[b'h', HELP, b'V', VERSION]) {
        Some(b'h' | HELP) => {
            ctx.put_err(HELP_TEXT.as_bytes());
            return Ok(0);
        }
        Some(_) => {
            ctx.put(VERSION_TEXT.as_bytes());
            return Ok(0);
        }
        None => {}
    }
    for (key, name) in [(REPORT, "--report"), (STDIN, "--stdin"), (NEW_SESSION, "--new-session")] {
        if parsed.has(key) {
            return Err(ctx.die(&[name.as_bytes(), b" is not supported by this run-parts"]));
        }
    }
    if parsed.has(TEST) && parsed.has(LIST) {
        return Err(try_help(ctx, b"--list and --test can not be used together"));
    }
    let [folder] = parsed.operands.as_slice() else { return Err(try_help(ctx, b"missing operand")) };
    let mask = match parsed.value(b'u') {
        None => UMASK,
        Some(text) => {
            let scanned = number::unsigned(text, 8);
            if scanned.len == 0 || scanned.len != text.len() || scanned.value > 0o777 {
                return Err(ctx.die(&[b"bad umask value"]));
            }
            scanned.value as u32
        }
    };
    fs::umask(mask);
    let names = names(ctx, folder, &parsed)?;
    let args = parsed.options.iter().filter(|(key, _)| *key == b'a').filter_map(|(_, value)| value.clone());
    let args: Vec<Vec<u8>> = args.collect();
    let mut code = 0;
    for name in names {
        let path = join(folder, &name);
        let stat = match fs::stat(&path) {
            Ok(stat) => stat,
            Err(error) => {
                ctx.perror(&[b"failed to stat component ", &path], error);
                continue;
            }
        };
        match stat.mode.kind() {
            FileKind::Regular => {}
            FileKind::Directory => continue,
            _ => {
                ctx.complain(&[b"component ", &path, b" is not an executable plain file"]);
                code = 1;
                continue;
            }
        }
        if parsed.has(LIST) || fs::access(&path, 1).is_ok() && parsed.has(TEST) {
            ctx.put(&[path.as_slice(), b"\n"].concat());
            continue;
        }
        if fs::access(&path, 1).is_err() || parsed.has(TEST) {
            continue;
        }
        if parsed.has(b'v') {
            ctx.complain(&[b"executing ", &path]);
        }
        let failed = one(ctx, &path, &args)?;
        code = code.max(u8::from(failed));
        if failed && parsed.has(EXIT_ON_ERROR) {
            break;
        }
    }
    Ok(code)
}

fn try_help(ctx: &mut Context<'_>, message: &[u8]) -> Quit {
    ctx.complain(&[message]);
    ctx.put_err(b"Try `run-parts --help' for more information.\n");
    Quit(1)
}

/// The names in the folder that are taken, in their order.
fn names(ctx: &mut Context<'_>, folder: &[u8], parsed: &Parsed) -> Result<Vec<Vec<u8>>, Quit> {
    let patterns: Vec<&[u8]> = match parsed.value(REGEX) {
        Some(pattern) => vec![pattern],
        None => (if parsed.has(LSB) { OF_LSB } else { USUAL }).iter().map(|text| text.as_bytes()).collect(),
    };
    let mut taken = Vec::new();
    for pattern in patterns {
        let regex = Regex::new(pattern, Syntax::EXTENDED);
        taken.push(
            regex.map_err(|error| ctx.die(&[b"failed to compile regular expression: ", error.message().as_bytes()]))?,
        );
    }
    let entries = folder::entries(folder)
        .map_err(|error: Errno| ctx.die_errno(&[b"failed to open directory ", folder], error))?;
    let mut names: Vec<Vec<u8>> = entries.into_iter().map(|entry| entry.name).collect();
    names.retain(|name| taken.iter().any(|regex| regex.is_match(name)));
    names.sort_unstable();
    if parsed.has(REVERSE) {
        names.reverse();
    }
    Ok(names)
}

/// Runs one program; whether it failed.
fn one(ctx: &mut Context<'_>, path: &[u8], args: &[Vec<u8>]) -> Result<bool, Quit> {
    ctx.flush();
    let request = wcr_sys::abi::SpawnRequest {
        path: path.to_vec(),
        argv: core::iter::once(path.to_vec()).chain(args.iter().cloned()).collect(),
        envp: wcr_sys::env(),
        ..Default::default()
    };
    let child = match process::spawn(&request) {
        Ok(child) => child,
        Err(error) => {
            ctx.perror(&[b"failed to exec ", path], error);
            ctx.complain(&[path, b" exited with return code 1"]);
            return Ok(true);
        }
    };
    let status = programs::wait(child).map_err(|error| ctx.die_errno(&[b"waitpid"], error))?;
    match status {
        WaitStatus::Exited(0) => Ok(false),
        WaitStatus::Exited(code) => {
            ctx.complain(&[path, format!(" exited with return code {code}").as_bytes()]);
            Ok(true)
        }
        WaitStatus::Signaled(signal) => {
            ctx.complain(&[path, format!(" exited because of uncaught signal {}", signal.0).as_bytes()]);
            Ok(true)
        }
        _ => Ok(false),
    }
}
