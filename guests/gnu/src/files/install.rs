//! `install`.

use applets::core::accounts::Accounts;
use applets::core::dirname::parent;
use applets::format::parse_decimal;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, fs};

use super::backup::{BACKUP, Backup};
use super::copy::{Copying, Follow, same_name};
use super::targets;
use crate::Program;
use crate::dispatch::wrong_usage;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const STRIP_PROGRAM: u8 = 0x80;
const PRESERVE_CONTEXT: u8 = 0x81;

/// The program.
pub const PROGRAM: Program = Program::new(
    "install",
    "[OPTION]... [-T] SOURCE DEST\n  or:  install [OPTION]... SOURCE... DIRECTORY\n  \
     or:  install [OPTION]... -t DIRECTORY SOURCE...\n  or:  install [OPTION]... -d DIRECTORY...",
    "Copies files and sets their modes and owners.",
    "bcCsDdg:m:o:pt:TvS:Z",
    &[
        ("backup", Takes::OptionalValue, BACKUP),
        ("compare", Takes::Nothing, b'C'),
        ("context", Takes::OptionalValue, b'Z'),
        ("directory", Takes::Nothing, b'd'),
        ("group", Takes::Value, b'g'),
        ("mode", Takes::Value, b'm'),
        ("no-target-directory", Takes::Nothing, b'T'),
        ("owner", Takes::Value, b'o'),
        ("preserve-timestamps", Takes::Nothing, b'p'),
        ("preserve-context", Takes::Nothing, PRESERVE_CONTEXT),
        ("strip", Takes::Nothing, b's'),
        ("strip-program", Takes::Value, STRIP_PROGRAM),
        ("suffix", Takes::Value, b'S'),
        ("target-directory", Takes::Value, b't'),
        ("verbose", Takes::Nothing, b'v'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
)
.lacking("-s: there is no program to strip with");

/// What the files get.
struct Attributes {
    mode: u32,
    owner: Option<u32>,
    group: Option<u32>,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.has(b's') {
        return Err(ctx.die(&[b"stripping is not supported here"]));
    }
    let backup = Backup::from_parsed(ctx, parsed)?;
    let directories = parsed.has(b'd');
    if directories && parsed.has(b't') {
        return Err(ctx.die(&[b"target directory not allowed when installing a directory"]));
    }
    let mode = match parsed.value(b'm') {
        None => 0o755,
        Some(text) => match super::chmod::changed(text, 0, directories, 0) {
            Some(mode) => mode,
            None => return Err(ctx.die(&[b"invalid mode ", &quote::locale(text)])),
        },
    };
    let mut accounts = Accounts::default();
    let number = |text: &[u8]| parse_decimal(text).and_then(|id| u32::try_from(id).ok());
    let owner = match parsed.value(b'o') {
        None => None,
        Some(name) => match accounts.user_named(name).map(|user| user.uid).or_else(|| number(name)) {
            Some(uid) => Some(uid),
            None => return Err(ctx.die(&[b"invalid user ", &quote::locale(name)])),
        },
    };
    let group = match parsed.value(b'g') {
        None => None,
        Some(name) => match accounts.group_named(name).map(|group| group.gid).or_else(|| number(name)) {
            Some(gid) => Some(gid),
            None => return Err(ctx.die(&[b"invalid group ", &quote::locale(name)])),
        },
    };
    let attributes = Attributes { mode, owner, group };
    if directories {
        if parsed.operands.is_empty() {
            return Err(wrong_usage(ctx, 1, &[b"missing file operand"]));
        }
        let mut code = 0;
        for path in &parsed.operands {
            let made = make_directories(ctx, parsed, path) && attributes.set(ctx, path);
            code |= u8::from(!made);
        }
        return Ok(code);
    }
    let mut parsed = parsed.clone();
    if parsed.has(b'D') {
        let directory = match (parsed.value(b't'), parsed.operands.as_slice()) {
            (Some(directory), _) => Some(directory.to_vec()),
            (None, [_, dest]) => Some(parent(dest).to_vec()),
            _ => None,
        };
        if let Some(directory) = directory.filter(|directory| !directory.is_empty())
            && !make_directories(ctx, &parsed, &directory)
        {
            return Ok(1);
        }
        if parsed.value(b't').is_none() && parsed.operands.len() == 2 {
            parsed.options.push((b'T', None));
        }
    }
    let targets = targets::read(ctx, &parsed, None)?;
    let mut code = 0;
    for (source, dest) in &targets.pairs {
        code |= u8::from(!one(ctx, &parsed, &attributes, &backup, source, dest));
    }
    Ok(code)
}

impl Attributes {
    fn set(&self, ctx: &mut Context<'_>, path: &[u8]) -> bool {
        if self.owner.is_some() || self.group.is_some() {
            let (uid, gid) = (self.owner.unwrap_or(u32::MAX), self.group.unwrap_or(u32::MAX));
            if let Err(error) = fs::chown(path, uid, gid, false) {
                ctx.perror(&[b"cannot change ownership of ", &quote::always(path)], error);
                return false;
            }
        }
        match fs::chmod(path, self.mode) {
            Ok(()) => true,
            Err(error) => {
                ctx.perror(&[b"cannot change permissions of ", &quote::always(path)], error);
                false
            }
        }
    }
}

fn make_directories(ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8]) -> bool {
    let full = applets::core::paths::strip_slashes(path);
    let slashes = full.iter().enumerate().filter(|(at, byte)| *at > 0 && **byte == b'/').map(|(at, _)| at);
    for end in slashes.chain([full.len()]).collect::<Vec<_>>() {
        let part = full.get(..end).unwrap_or_default();
        match fs::mkdir(part, 0o755) {
            Ok(()) => {
                if parsed.has(b'v') {
                    ctx.put(&[ctx.name, b": creating directory ", &quote::always(part), b"\n"].concat());
                }
            }
            Err(_) if targets::is_directory(part) => {}
            Err(error) => {
                let error = if error == Errno::Exist && end < full.len() { Errno::Notdir } else { error };
                let shown = if error == Errno::Notdir { path } else { part };
                ctx.perror(&[b"cannot create directory ", &quote::always(shown)], error);
                return false;
            }
        }
    }
    true
}

fn one(
    ctx: &mut Context<'_>,
    parsed: &Parsed,
    attributes: &Attributes,
    backup: &Backup,
    source: &[u8],
    dest: &[u8],
) -> bool {
    let from = match fs::stat(source) {
        Ok(stat) => stat,
        Err(error) => {
            ctx.perror(&[b"cannot stat ", &quote::always(source)], error);
            return false;
        }
    };
    if from.mode.kind() == FileKind::Directory {
        ctx.complain(&[b"omitting directory ", &quote::always(source)]);
        return false;
    }
    let there = fs::lstat(dest).ok();
    if let Some(to) = there {
        if (to.dev, to.ino) == (from.dev, from.ino) && same_name(source, dest) {
            ctx.complain(&[&quote::always(source), b" and ", &quote::always(dest), b" are the same file"]);
            return false;
        }
        if to.mode.kind() == FileKind::Directory {
            ctx.complain(&[b"cannot overwrite directory ", &quote::always(dest), b" with non-directory"]);
            return false;
        }
        let same = to.mode.permissions() == attributes.mode
            && attributes.owner.is_none_or(|uid| uid == to.uid)
            && attributes.group.is_none_or(|gid| gid == to.gid);
        if parsed.has(b'C') && same && from.size == to.size && fs::read_file(source).ok() == fs::read_file(dest).ok() {
            return true;
        }
    }
    let mut saved = None;
    if there.is_some() {
        let gone = if backup.is_on() { backup.make(dest).map(|name| saved = name) } else { fs::unlink(dest) };
        if let Err(error) = gone {
            ctx.perror(&[b"cannot remove ", &quote::always(dest)], error);
            return false;
        }
        if parsed.has(b'v') && !backup.is_on() {
            ctx.put(&[b"removed ", &quote::always(dest)[..], b"\n"].concat());
        }
    }
    if parsed.has(b'v') {
        super::copy::tell(ctx, b"", source, dest, saved.as_deref());
    }
    let mut copying = Copying { follow: Follow::Always, ..Copying::default() };
    if copying.copy(ctx, source, dest).is_err() {
        return false;
    }
    if parsed.has(b'p')
        && let Err(error) = fs::utimens(dest, SetTime::At(from.atime), SetTime::At(from.mtime), true)
    {
        ctx.perror(&[b"cannot set timestamps for ", &quote::always(dest)], error);
        return false;
    }
    attributes.set(ctx, dest)
}
