//! `cp`.

use applets::core::dirname::parent;
use applets::core::paths::{join, strip_slashes};
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::fs;

use super::backup::{BACKUP, Backup};
use super::copy::{Copying, Existing, Follow, Preserve};
use super::targets::{self, STRIP};
use crate::Program;
use crate::dispatch::try_help;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const PRESERVE: u8 = 0x80;
const NO_PRESERVE: u8 = 0x81;
const PARENTS: u8 = 0x82;
const REMOVE: u8 = 0x83;
const COPY_CONTENTS: u8 = 0x84;
const ATTRIBUTES_ONLY: u8 = 0x85;
const SPARSE: u8 = 0x86;
const REFLINK: u8 = 0x87;
const CONTEXT: u8 = 0x88;

/// The program.
pub const PROGRAM: Program = Program::new(
    "cp",
    "[OPTION]... [-T] SOURCE DEST\n  or:  cp [OPTION]... SOURCE... DIRECTORY\n  or:  cp [OPTION]... -t DIRECTORY SOURCE...",
    "Copies files.",
    "abdfHilLnprst:uvxPRS:TZ",
    &[
        ("archive", Takes::Nothing, b'a'),
        ("attributes-only", Takes::Nothing, ATTRIBUTES_ONLY),
        ("backup", Takes::OptionalValue, BACKUP),
        ("copy-contents", Takes::Nothing, COPY_CONTENTS),
        ("dereference", Takes::Nothing, b'L'),
        ("force", Takes::Nothing, b'f'),
        ("interactive", Takes::Nothing, b'i'),
        ("link", Takes::Nothing, b'l'),
        ("no-clobber", Takes::Nothing, b'n'),
        ("no-dereference", Takes::Nothing, b'P'),
        ("no-preserve", Takes::Value, NO_PRESERVE),
        ("no-target-directory", Takes::Nothing, b'T'),
        ("one-file-system", Takes::Nothing, b'x'),
        ("parents", Takes::Nothing, PARENTS),
        ("path", Takes::Nothing, PARENTS),
        ("preserve", Takes::OptionalValue, PRESERVE),
        ("recursive", Takes::Nothing, b'R'),
        ("remove-destination", Takes::Nothing, REMOVE),
        ("sparse", Takes::Value, SPARSE),
        ("reflink", Takes::OptionalValue, REFLINK),
        ("strip-trailing-slashes", Takes::Nothing, STRIP),
        ("suffix", Takes::Value, b'S'),
        ("symbolic-link", Takes::Nothing, b's'),
        ("target-directory", Takes::Value, b't'),
        ("update", Takes::Nothing, b'u'),
        ("verbose", Takes::Nothing, b'v'),
        ("context", Takes::OptionalValue, CONTEXT),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut copying = Copying { backup: Backup::from_parsed(ctx, parsed)?, ..Copying::default() };
    let mut follow = None;
    for (key, value) in &parsed.options {
        match *key {
            b'a' => {
                (copying.recursive, follow) = (true, follow.or(Some(Follow::Never)));
                copying.preserve = Preserve { mode: true, owner: true, times: true, links: true };
            }
            b'd' => (follow, copying.preserve.links) = (Some(Follow::Never), true),
            b'f' => copying.force = true,
            b'H' => follow = Some(Follow::Operands),
            b'i' => copying.existing = Existing::Ask,
            b'n' => copying.existing = Existing::Keep,
            b'l' => copying.hard_links = true,
            b's' => copying.symbolic_links = true,
            b'L' => follow = Some(Follow::Always),
            b'P' => follow = Some(Follow::Never),
            b'p' => copying.preserve = Preserve { mode: true, owner: true, times: true, ..copying.preserve },
            b'r' | b'R' => copying.recursive = true,
            b'u' => copying.update = true,
            b'v' => copying.verbose = true,
            b'x' => copying.one_system = true,
            ATTRIBUTES_ONLY => copying.attributes_only = true,
            COPY_CONTENTS => copying.read_special = true,
            REMOVE => copying.remove_first = true,
            PRESERVE => {
                attributes(ctx, &mut copying.preserve, value.as_deref().unwrap_or(b"mode,ownership,timestamps"), true)?
            }
            NO_PRESERVE => attributes(ctx, &mut copying.preserve, value.as_deref().unwrap_or_default(), false)?,
            REFLINK if value.as_deref().is_none_or(|value| value == b"always") => {
                ctx.complain(&[b"cloning files is not supported here"]);
                return Err(Quit(1));
            }
            _ => {}
        }
    }
    copying.follow = follow.unwrap_or(if copying.recursive { Follow::Never } else { Follow::Always });
    if copying.hard_links && follow.is_none() {
        copying.follow = Follow::Never;
    }
    let targets = targets::read(ctx, parsed, None)?;
    if parsed.has(PARENTS) && !targets.in_directory {
        ctx.complain(&[b"with --parents, the destination must be a directory"]);
        return Err(try_help(ctx, 1));
    }
    let mut code = 0;
    let mut sources = std::collections::BTreeSet::new();
    for (source, dest) in &targets.pairs {
        if !sources.insert(strip_slashes(source).to_vec()) && !copying.backup.is_on() {
            let what: &[u8] = if targets::is_directory(source) { b"directory " } else { b"file " };
            ctx.complain(&[b"warning: source ", what, &quote::always(source), b" specified more than once"]);
            continue;
        }
        let copied = if parsed.has(PARENTS) {
            let directory = parent(dest).to_vec();
            make_parents(ctx, source, &directory)
                .and_then(|()| copying.copy(ctx, source, &join(&directory, strip_slashes(source))).map_err(|_| Quit(1)))
        } else {
            // `a/.` means all that is in `a`: it goes into the directory itself.
            let dots = source.ends_with(b"/.") || source.ends_with(b"/..") || source == b"." || source == b"..";
            let dest = if targets.in_directory && dots { parent(dest).to_vec() } else { dest.clone() };
            copying.copy(ctx, source, &dest).map_err(|_| Quit(1))
        };
        if copied.is_err() {
            code = 1;
        }
    }
    Ok(code)
}

fn attributes(ctx: &mut Context<'_>, preserve: &mut Preserve, list: &[u8], on: bool) -> Result<(), Quit> {
    for word in list.split(|byte| *byte == b',') {
        match word {
            b"mode" => preserve.mode = on,
            b"timestamps" => preserve.times = on,
            b"ownership" => preserve.owner = on,
            b"links" => preserve.links = on,
            // Neither exists here.
            b"context" | b"xattr" => {}
            b"all" => *preserve = Preserve { mode: on, owner: on, times: on, links: on },
            _ => {
                let option: &[u8] = if on { b"--preserve" } else { b"--no-preserve" };
                ctx.complain(&[b"invalid argument ", &quote::locale(word), b" for ", &quote::locale(option)]);
                let mut text = b"Valid arguments are:\n".to_vec();
                for name in ["mode", "timestamps", "ownership", "links", "context", "xattr", "all"] {
                    text.extend_from_slice(&[b"  - ", &quote::locale(name.as_bytes())[..], b"\n"].concat());
                }
                ctx.put_err(&text);
                return Err(try_help(ctx, 1));
            }
        }
    }
    Ok(())
}

/// Makes the directories of `source` below `directory`.
fn make_parents(ctx: &mut Context<'_>, source: &[u8], directory: &[u8]) -> Result<(), Quit> {
    let above = parent(source);
    let mut made = directory.to_vec();
    for part in above.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".") {
        made = join(&made, part);
        if !targets::is_directory(&made)
            && let Err(error) = fs::mkdir(&made, 0o777)
        {
            return Err(ctx.die_errno(&[b"cannot make directory ", &quote::always(&made)], error));
        }
    }
    Ok(())
}
