//! `cpio`: archives whose members are named on standard input.

mod create;
mod header;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Fd, fd, fs};

use self::header::{Header, ReadError};
use super::extract::{Extractor, Policy, copy, short_read, skip};
use super::feed::Feed;
use super::member::Member;
use crate::core::accounts::Accounts;
use crate::core::owner;
use crate::core::time::Zone;
use crate::format::decimal;
use crate::glob;
use crate::options::{Parsed, Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "cpio",
    "cpio [-dmvu] [-F FILE] [-R USER[:GRP]] [-H newc] [-tio] [EXTR_FILE]...\n\n\
     Extract (-i) or list (-t) files from a cpio archive, or\n\
     take file list from stdin and create an archive (-o)\n\n\
     Main operation mode:\n\
     \t-t\tList\n\
     \t-i\tExtract EXTR_FILEs (or all)\n\
     \t-o\tCreate (requires -H newc)\n\
     Options:\n\
     \t-H newc\tArchive format\n\
     \t-d\tMake leading directories\n\
     \t-m\tRestore mtime\n\
     \t-v\tVerbose\n\
     \t-u\tOverwrite\n\
     \t-F FILE\tInput (-t,-i,-p) or output (-o) file\n\
     \t-R USER[:GRP]\tSet owner of created files\n\
     \t-L\tDereference symlinks\n\
     \t-0\tNUL terminated input\n\
     \t--ignore-devno\n\
     \t--renumber-inodes",
    main,
);

const QUIET: u8 = 1;
const TO_STDOUT: u8 = 2;
const IGNORE_DEVICE: u8 = 3;
const RENUMBER: u8 = 4;

const SPEC: Spec = Spec::new(
    "ituvdmF:R:L0oH:",
    &[
        ("extract", Takes::Nothing, b'i'),
        ("list", Takes::Nothing, b't'),
        ("unconditional", Takes::Nothing, b'u'),
        ("verbose", Takes::Nothing, b'v'),
        ("create", Takes::Nothing, b'o'),
        ("format", Takes::Value, b'H'),
        ("file", Takes::Value, b'F'),
        ("null", Takes::Nothing, b'0'),
        ("dereference", Takes::Nothing, b'L'),
        ("preserve-modification-time", Takes::Nothing, b'm'),
        ("owner", Takes::Value, b'R'),
        ("quiet", Takes::Nothing, QUIET),
        ("to-stdout", Takes::Nothing, TO_STDOUT),
        ("ignore-devno", Takes::Nothing, IGNORE_DEVICE),
        ("renumber-inodes", Takes::Nothing, RENUMBER),
    ],
);

/// The unit that the length of an archive is told in.
const BLOCK: u64 = 512;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let owner = match parsed.value(b'R') {
        Some(text) => {
            let owner = owner::parse(&mut Accounts::default(), text);
            Some(owner.map_err(|unknown| ctx.die(&[&unknown]))?)
        }
        None => None,
    };
    if parsed.has(b'o') {
        if parsed.value(b'H') != Some(b"newc") {
            return Err(ctx.usage());
        }
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let to = open(ctx, &parsed, flags, fd::STDOUT)?;
        let creating = create::Creating {
            follow: parsed.has(b'L'),
            ignore_device: parsed.has(IGNORE_DEVICE),
            renumber: parsed.has(RENUMBER),
            owner,
            delimiter: if parsed.has(b'0') { 0 } else { b'\n' },
        };
        return create::create(ctx, &creating, to);
    }
    let from = open(ctx, &parsed, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), fd::STDIN)?;
    if !parsed.has(b'i') && !parsed.has(b't') {
        return Err(ctx.usage());
    }
    read(ctx, &parsed, owner, Feed::new(from, None))
}

fn open(ctx: &mut Context<'_>, parsed: &Parsed, flags: OpenFlags, standard: Fd) -> Result<Fd, Quit> {
    let Some(path) = parsed.value(b'F') else { return Ok(standard) };
    fs::open(path, flags, 0o666).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))
}

/// A name of a file whose content comes with a later name.
struct Pending {
    inode: (u64, u32),
    member: Member,
    /// The name that brought the content.
    target: Option<Vec<u8>>,
}

fn read(ctx: &mut Context<'_>, parsed: &Parsed, owner: Option<(u32, u32)>, mut feed: Feed) -> Result<u8, Quit> {
    let (listing, to_stdout) = (parsed.has(b't'), parsed.has(TO_STDOUT));
    let policy = Policy {
        replace: parsed.has(b'u'),
        overwrite: false,
        keep_newer: !parsed.has(b'u'),
        parents: parsed.has(b'd'),
        owner: true,
        numeric: true,
        forced_owner: owner,
        mode: true,
        time: parsed.has(b'm'),
    };
    let mut extractor = Extractor::new(policy);
    let zone = Zone::from_env();
    let mut pending: Vec<Pending> = Vec::new();
    let mut complete = false;
    loop {
        if feed.align(4).is_err() {
            return Err(short_read(ctx, &mut feed));
        }
        let header = match Header::read(&mut feed) {
            Ok(Some(header)) => header,
            Ok(None) => break,
            Err(ReadError::Short) => return Err(short_read(ctx, &mut feed)),
            Err(ReadError::Format) => {
                return Err(ctx.die(&[b"unsupported cpio format, use newc or crc"]));
            }
            Err(ReadError::Damaged) => return Err(ctx.die(&[b"damaged cpio file"])),
        };
        let Header { member, links, inode } = header;
        if member.name == header::TRAILER {
            complete = true;
            break;
        }
        let matches = |pattern: &Vec<u8>| glob::matches(pattern, &member.name, false);
        let wanted = parsed.operands.is_empty() || parsed.operands.iter().any(matches);
        if member.is_file() && links > 1 {
            if member.size == 0 {
                if wanted {
                    pending.push(Pending { inode, member, target: None });
                }
                continue;
            }
            for other in pending.iter_mut().filter(|other| other.inode == inode && other.target.is_none()) {
                other.target = Some(member.name.clone());
            }
        }
        if !wanted {
            skip(ctx, &member, &mut feed)?;
            continue;
        }
        if listing || to_stdout && !member.is_file() {
            skip(ctx, &member, &mut feed)?;
        } else if to_stdout {
            copy(ctx, &mut feed, member.size, fd::STDOUT)?;
        } else {
            extractor.extract(ctx, &member, &mut feed)?;
        }
        if parsed.has(b'v') && listing {
            ctx.put(&member.long_line(&zone));
        } else if listing || parsed.has(b'v') {
            ctx.put(&[&member.name, b"\n".as_slice()].concat());
        }
    }
    if !listing && !to_stdout {
        make_links(ctx, &mut extractor, pending, &mut feed)?;
        extractor.finish(ctx)?;
    }
    if complete && !parsed.has(QUIET) {
        let blocks = feed.position.div_ceil(BLOCK);
        ctx.put_err(&[&decimal(blocks), b" blocks\n".as_slice()].concat());
        // What follows the archive on the same stream is for the next reader.
        let rest = feed.position.next_multiple_of(BLOCK) - feed.position;
        let _ = feed.skip(rest);
    }
    Ok(0)
}

/// Makes the names whose content came under another one, or never.
fn make_links(
    ctx: &mut Context<'_>,
    extractor: &mut Extractor,
    mut pending: Vec<Pending>,
    feed: &mut Feed,
) -> Result<(), Quit> {
    for at in 0..pending.len() {
        let Some(this) = pending.get_mut(at) else { break };
        let mut member = this.member.clone();
        match this.target.take() {
            Some(target) => (member.hard_link, member.target) = (true, target),
            None => {
                // An empty file: the first name makes it, the others are links to that.
                let (inode, name) = (this.inode, member.name.clone());
                pending.iter_mut().skip(at + 1).filter(|other| other.inode == inode).for_each(|other| {
                    other.target.get_or_insert(name.clone());
                });
            }
        }
        extractor.extract(ctx, &member, feed)?;
    }
    Ok(())
}
