//! `install`: copies files and sets their attributes. Debian's BusyBox lacks it; this is the one of the image on Docker
//! Hub.

use wcr_sys::abi::FileKind;
use wcr_sys::fs;

use super::accounts::Accounts;
use super::basename::last_component;
use super::copy::Copying;
use super::dirname::parent;
use super::mkdir::{self, Making, umask};
use super::mode;
use super::paths::join;
use crate::format::parse_decimal;
use crate::options::{Parsed, Spec, Takes};
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "install",
    "install [-cdDsp] [-o USER] [-g GRP] [-m MODE] [-t DIR] [SOURCE]... DEST\n\n\
     Copy files and set attributes\n\n\
     \t-c\tJust copy (default)\n\
     \t-d\tCreate directories\n\
     \t-D\tCreate leading target directories\n\
     \t-s\tStrip symbol table\n\
     \t-p\tPreserve date\n\
     \t-o USER\tSet ownership\n\
     \t-g GRP\tSet group ownership\n\
     \t-m MODE\tSet permissions\n\
     \t-t DIR\tInstall to DIR",
    main,
);

const SPEC: Spec = Spec::new(
    "cdDpsg:m:o:t:T",
    &[
        ("directory", Takes::Nothing, b'd'),
        ("preserve-timestamps", Takes::Nothing, b'p'),
        ("strip", Takes::Nothing, b's'),
        ("group", Takes::Value, b'g'),
        ("mode", Takes::Value, b'm'),
        ("owner", Takes::Value, b'o'),
        ("target-directory", Takes::Value, b't'),
    ],
);

/// The permissions of what is installed unless others are asked for.
const MODE: u32 = 0o755;

/// What is set on each file.
struct Attributes {
    mode: u32,
    /// Whether an owner or a group was given; `u32::MAX` leaves one as it is.
    owner: Option<(u32, u32)>,
    strip: bool,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut parsed = SPEC.parse(ctx)?;
    let mode = match parsed.value(b'm') {
        Some(text) => {
            let mode = mode::apply(text, MODE, false, umask());
            mode.ok_or_else(|| ctx.die(&[b"invalid mode '", text, b"'"]))?
        }
        None => MODE,
    };
    let attributes = Attributes { mode, owner: owner(ctx, &parsed)?, strip: parsed.has(b's') };
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    if parsed.has(b'd') {
        return Ok(make_directories(ctx, &parsed.operands, &attributes));
    }
    let dir = match parsed.value(b't') {
        Some(dir) => Some(dir.to_vec()),
        None if parsed.operands.len() < 2 => return Err(ctx.usage()),
        None => None,
    };
    let target = match dir {
        Some(ref dir) => dir.clone(),
        None => parsed.operands.pop().unwrap_or_default(),
    };
    let is_dir = fs::stat(&target).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory);
    let into = dir.is_some() || is_dir && !parsed.has(b'T') || parsed.operands.len() > 1;
    let mut copying = Copying { follow: true, force: true, preserve: parsed.has(b'p'), ..Copying::default() };
    let mut code = 0;
    for source in &parsed.operands {
        let dest = if into { join(&target, last_component(source)) } else { target.clone() };
        if parsed.has(b'D') {
            let leading = if into { target.as_slice() } else { parent(&dest) };
            mkdir::make(ctx, leading, Making { parents: true, ..Making::default() });
        }
        // A file that is running cannot be written into, but another one can take its name.
        if fs::lstat(&dest).is_ok_and(|stat| stat.mode.kind() != FileKind::Directory) && fs::unlink(&dest).is_err() {
            code = 1;
        }
        if copying.copy(ctx, source, &dest).is_err() || !attributes.set(ctx, &dest, false) {
            code = 1;
        }
    }
    Ok(code)
}

fn owner(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<Option<(u32, u32)>, Quit> {
    let mut accounts = Accounts::default();
    let number = |text: &[u8]| parse_decimal(text).and_then(|number| u32::try_from(number).ok());
    let (mut uid, mut gid) = (u32::MAX, u32::MAX);
    if let Some(name) = parsed.value(b'o') {
        let found = number(name).or_else(|| accounts.user_named(name).map(|user| user.uid));
        uid = found.ok_or_else(|| ctx.die(&[b"unknown user ", name]))?;
    }
    if let Some(name) = parsed.value(b'g') {
        let found = number(name).or_else(|| accounts.group_named(name).map(|group| group.gid));
        gid = found.ok_or_else(|| ctx.die(&[b"unknown group ", name]))?;
    }
    Ok(((uid, gid) != (u32::MAX, u32::MAX)).then_some((uid, gid)))
}

fn make_directories(ctx: &mut Context<'_>, paths: &[Vec<u8>], attributes: &Attributes) -> u8 {
    let mut code = 0;
    for path in paths {
        let making = Making { mode: Some(attributes.mode), parents: true, verbose: false };
        if !mkdir::make(ctx, path, making) || !attributes.set(ctx, path, true) {
            code = 1;
        }
    }
    code
}

impl Attributes {
    /// Sets them; whether all could be set. The permissions of a directory were set when it was made.
    fn set(&self, ctx: &mut Context<'_>, path: &[u8], directory: bool) -> bool {
        let mut done = true;
        if !directory && self.strip {
            done &= strip(ctx, path);
        }
        if let Some((uid, gid)) = self.owner
            && let Err(error) = fs::chown(path, uid, gid, false)
        {
            ctx.perror(&[b"can't change ownership of ", path], error);
            done = false;
        }
        if !directory && let Err(error) = fs::chmod(path, self.mode) {
            ctx.perror(&[b"can't change permissions of ", path], error);
            done = false;
        }
        done
    }
}

fn strip(ctx: &mut Context<'_>, path: &[u8]) -> bool {
    ctx.flush();
    match run::spawn(&[b"strip".to_vec(), b"-p".to_vec(), path.to_vec()]).and_then(run::wait) {
        Ok(_) => true,
        Err(error) => {
            ctx.perror(&[b"strip"], error);
            false
        }
    }
}
