//! `mktemp`.

use applets::core::paths::join;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit, environ};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use crate::Program;
use crate::dispatch::wrong_usage;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const SUFFIX: u8 = 0x80;
const TMPDIR: u8 = 0x81;

/// The program.
pub const PROGRAM: Program = Program::new(
    "mktemp",
    "[OPTION]... [TEMPLATE]",
    "Makes a file or a directory with a name of its own.",
    "dp:qtuV",
    &[
        ("directory", Takes::Nothing, b'd'),
        ("dry-run", Takes::Nothing, b'u'),
        ("quiet", Takes::Nothing, b'q'),
        ("suffix", Takes::Value, SUFFIX),
        ("tmpdir", Takes::OptionalValue, TMPDIR),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// How often another name is tried.
const TRIES: usize = 1000;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.len() > 1 {
        return Err(wrong_usage(ctx, 1, &[b"too many templates"]));
    }
    let given = parsed.operands.first();
    let template = given.cloned().unwrap_or_else(|| b"tmp.XXXXXXXXXX".to_vec());
    let quiet = parsed.has(b'q');
    let (stem, suffix) = match parsed.value(SUFFIX) {
        Some(suffix) => {
            if !template.ends_with(b"X") {
                return Err(ctx.die(&[b"with --suffix, template ", &quote::locale(&template), b" must end in X"]));
            }
            (template.clone(), suffix.to_vec())
        }
        None => {
            let end = template.iter().rposition(|byte| *byte == b'X').map_or(template.len(), |last| last + 1);
            let (stem, suffix) = template.split_at(end);
            (stem.to_vec(), suffix.to_vec())
        }
    };
    if parsed.has(SUFFIX) && suffix.contains(&b'/') || !parsed.has(SUFFIX) && suffix.contains(&b'/') {
        return Err(ctx.die(&[b"invalid suffix ", &quote::locale(&suffix), b", contains directory separator"]));
    }
    let holes = stem.iter().rev().take_while(|byte| **byte == b'X').count();
    if holes < 3 {
        return Err(ctx.die(&[b"too few X's in template ", &quote::locale(&template)]));
    }
    let from_environment = || environ::var(b"TMPDIR").filter(|dir| !dir.is_empty()).unwrap_or_else(|| b"/tmp".to_vec());
    let named = parsed.options.iter().rev().find(|(key, _)| matches!(*key, b'p' | TMPDIR));
    let in_directory = given.is_none() || named.is_some() || parsed.has(b't');
    let mut path_stem = stem.clone();
    if in_directory {
        let explicit = named.and_then(|(_, value)| value.clone()).filter(|dir| !dir.is_empty());
        let dir = if parsed.has(b't') {
            if template.contains(&b'/') {
                return Err(ctx.die(&[
                    b"invalid template, ",
                    &quote::locale(&template),
                    b", contains directory separator",
                ]));
            }
            environ::var(b"TMPDIR").filter(|dir| !dir.is_empty()).or(explicit).unwrap_or_else(|| b"/tmp".to_vec())
        } else {
            if template.starts_with(b"/") {
                return Err(ctx.die(&[
                    b"invalid template, ",
                    &quote::locale(&template),
                    b"; with --tmpdir, it may not be absolute",
                ]));
            }
            explicit.unwrap_or_else(from_environment)
        };
        path_stem = join(&dir, &stem);
    }
    let shown = quote::always(&[&path_stem[..], &suffix].concat());
    let mut error = Errno::Exist;
    for _ in 0..TRIES {
        let mut bytes = vec![0; holes];
        if let Err(failed) = wcr_sys::random(&mut bytes) {
            error = failed;
            break;
        }
        let kept = path_stem.get(..path_stem.len() - holes).unwrap_or_default();
        let letters = bytes.iter().map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()).copied().unwrap_or(b'A'));
        let path: Vec<u8> = kept.iter().copied().chain(letters).chain(suffix.iter().copied()).collect();
        let made = if parsed.has(b'u') {
            match fs::lstat(&path) {
                Ok(_) => Err(Errno::Exist),
                Err(Errno::Noent) => Ok(()),
                Err(error) => Err(error),
            }
        } else if parsed.has(b'd') {
            fs::mkdir(&path, 0o700)
        } else {
            let flags = OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
            fs::open(&path, flags, 0o600).and_then(fd::close)
        };
        match made {
            Ok(()) => {
                ctx.put(&[&path[..], b"\n"].concat());
                return Ok(0);
            }
            Err(Errno::Exist) => {}
            Err(failed) => {
                error = failed;
                break;
            }
        }
    }
    if quiet {
        return Err(Quit(1));
    }
    let what: &[u8] = if parsed.has(b'd') {
        b"failed to create directory via template "
    } else {
        b"failed to create file via template "
    };
    Err(ctx.die_errno(&[what, &shown], error))
}
