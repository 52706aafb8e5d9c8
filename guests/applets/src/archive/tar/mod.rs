//! `tar`: makes, lists and extracts archives.

mod command;
mod create;
mod header;
mod read;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Fd, fd, fs, process};

use self::create::{Creating, Packing};
pub(super) use self::read::{Reader, warn_removed};
use super::extract::{Extractor, Policy, copy, skip};
use super::feed::Feed;
use super::member::{Member, Selection};
use super::unpack::Format;
use super::xz;
use crate::core::time::Zone;
use crate::format::parse_decimal;
use crate::options::{Parsed, Spec, Takes};
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "tar",
    "tar c|x|t [-ZzJjahmvokO] [-f TARFILE] [-C DIR] [FILE]...\n\n\
     Create, extract, or list files from a tar file\n\n\
     \tc\tCreate\n\
     \tx\tExtract\n\
     \tt\tList\n\
     \t-f FILE\tName of TARFILE ('-' for stdin/out)\n\
     \t-C DIR\tChange to DIR before operation\n\
     \t-v\tVerbose\n\
     \t-O\tExtract to stdout\n\
     \t-m\tDon't restore mtime\n\
     \t-o\tDon't restore user:group\n\
     \t-k\tDon't replace existing files\n\
     \t-Z\t(De)compress using compress\n\
     \t-z\t(De)compress using gzip\n\
     \t-J\t(De)compress using xz\n\
     \t-j\t(De)compress using bzip2\n\
     \t--lzma\t(De)compress using lzma\n\
     \t-a\t(De)compress based on extension\n\
     \t-h\tFollow symlinks\n\
     \t--overwrite\t\tReplace existing files\n\
     \t--strip-components NUM\tNUM of leading components to strip\n\
     \t--no-recursion\t\tDon't descend in directories\n\
     \t--numeric-owner\t\tUse numeric user:group\n\
     \t--no-same-permissions\tDon't restore access permissions\n\
     \t--to-command COMMAND\tPipe files to COMMAND",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const LZMA: u8 = 1;
const OVERWRITE: u8 = 2;
const STRIP: u8 = 3;
const FLAT: u8 = 4;
const NUMERIC: u8 = 5;
const NO_MODES: u8 = 6;
const TO_COMMAND: u8 = 7;
const VERSION: u8 = 8;

const SPEC: Spec = Spec::new(
    "txcvOmokpf:C:hzZjJa",
    &[
        ("list", Takes::Nothing, b't'),
        ("extract", Takes::Nothing, b'x'),
        ("create", Takes::Nothing, b'c'),
        ("verbose", Takes::Nothing, b'v'),
        ("to-stdout", Takes::Nothing, b'O'),
        ("touch", Takes::Nothing, b'm'),
        ("no-same-owner", Takes::Nothing, b'o'),
        ("keep-old", Takes::Nothing, b'k'),
        ("same-permissions", Takes::Nothing, b'p'),
        ("file", Takes::Value, b'f'),
        ("directory", Takes::Value, b'C'),
        ("dereference", Takes::Nothing, b'h'),
        ("gzip", Takes::Nothing, b'z'),
        ("compress", Takes::Nothing, b'Z'),
        ("bzip2", Takes::Nothing, b'j'),
        ("xz", Takes::Nothing, b'J'),
        ("auto-compress", Takes::Nothing, b'a'),
        ("lzma", Takes::Nothing, LZMA),
        ("overwrite", Takes::Nothing, OVERWRITE),
        ("strip-components", Takes::Value, STRIP),
        ("no-recursion", Takes::Nothing, FLAT),
        ("numeric-owner", Takes::Nothing, NUMERIC),
        ("no-same-permissions", Takes::Nothing, NO_MODES),
        ("to-command", Takes::Value, TO_COMMAND),
        ("version", Takes::Nothing, VERSION),
    ],
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let args = modern(ctx.args);
    let mut strip = 0;
    let parsed = SPEC.parse_behind(ctx, &args, None, |ctx, key, value| {
        if let (STRIP, Some(text)) = (key, value) {
            let number = parse_decimal(text).filter(|number| *number <= u32::MAX.into());
            strip = number.ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?;
        }
        Ok(())
    })?;
    if parsed.has(VERSION) {
        ctx.put(b"tar (busybox) 1.35.0\n");
        return Ok(0);
    }
    let operations = [b'c', b'x', b't'].map(|operation| usize::from(parsed.has(operation)));
    if operations.iter().sum::<usize>() != 1 {
        return Err(ctx.usage());
    }
    if parsed.has(b'c') { make(ctx, &parsed) } else { read(ctx, &parsed, strip) }
}

/// The arguments in the form of today: a first one without `-` is a list of options, of which `f` has its value behind
/// the list wherever it stands.
fn modern(args: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut args = args.to_vec();
    if let Some(first) = args.first_mut().filter(|first| !first.starts_with(b"-") && !first.is_empty()) {
        if let Some(at) = first.iter().position(|option| *option == b'f') {
            let option = first.remove(at);
            first.push(option);
        }
        first.insert(0, b'-');
    }
    args
}

fn make(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        return Err(ctx.die(&[b"empty archive"]));
    }
    let file = parsed.value(b'f').unwrap_or(b"-");
    let ends = |suffixes: &[&[u8]]| parsed.has(b'a') && suffixes.iter().any(|suffix| file.ends_with(suffix));
    let flags = OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
    let to = open(ctx, file, flags, fd::STDOUT)?;
    change_directory(ctx, parsed)?;
    let packing = match parsed.last_of(&[b'z', b'Z', b'j', b'J', LZMA]) {
        Some(b'z') => Packing::Gzip,
        Some(b'j') => Packing::Bzip2,
        // These formats are only read; what would write them says so.
        Some(b'J') => return Err(refuse(ctx, &xz::XZ)),
        Some(LZMA) => return Err(refuse(ctx, &xz::LZMA)),
        Some(b'Z') => {
            return Err(ctx.die(&[b"can't execute 'compress': No such file or directory"]));
        }
        _ if ends(&[b"gz", b"tgz"]) => Packing::Gzip,
        _ if ends(&[b"bz2", b"tbz"]) => Packing::Bzip2,
        _ if ends(&[b"xz"]) => return Err(refuse(ctx, &xz::XZ)),
        _ if ends(&[b"lzma"]) => return Err(refuse(ctx, &xz::LZMA)),
        _ => Packing::None,
    };
    let creating = Creating { follow: parsed.has(b'h'), flat: parsed.has(FLAT), verbose: parsed.has(b'v'), packing };
    create::create(ctx, &creating, &parsed.operands, to)
}

/// Prints the usage of a program that cannot compress.
fn refuse(ctx: &mut Context<'_>, program: &Applet) -> Quit {
    let text = [crate::BANNER, "\nUsage: ", program.help.text(), "\n"].concat();
    ctx.put_err(text.as_bytes());
    Quit(1)
}

fn open(ctx: &mut Context<'_>, path: &[u8], flags: OpenFlags, standard: Fd) -> Result<Fd, Quit> {
    if path == b"-" {
        return Ok(standard);
    }
    fs::open(path, flags, 0o666).map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))
}

fn change_directory(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<(), Quit> {
    let Some(dir) = parsed.value(b'C') else { return Ok(()) };
    fs::chdir(dir).map_err(|error| ctx.die_errno(&[b"can't change directory to '", dir, b"'"], error))
}

/// What is done with a member's content.
enum Use<'a> {
    List,
    Show,
    Command(&'a [u8]),
    Extract(Box<Extractor>),
}

fn read(ctx: &mut Context<'_>, parsed: &Parsed, strip: u64) -> Result<u8, Quit> {
    let listing = parsed.has(b't');
    let mut what = match parsed.value(TO_COMMAND) {
        Some(command) => Use::Command(command),
        None if parsed.has(b'O') => Use::Show,
        None if listing => Use::List,
        None => Use::Extract(Box::new(Extractor::new(policy(parsed)))),
    };
    let from = open(ctx, parsed.value(b'f').unwrap_or(b"-"), OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), fd::STDIN)?;
    change_directory(ctx, parsed)?;
    let format = match parsed.last_of(&[b'z', b'Z', b'j', b'J', LZMA]) {
        Some(b'z') => Some(Format::Gzip),
        Some(b'j') => Some(Format::Bzip2),
        Some(b'J') => Some(Format::Xz),
        Some(b'Z') => Some(Format::Compress),
        Some(_) => Some(Format::Lzma),
        None => None,
    };
    let mut reader = Reader::new(Feed::new(from, format));
    let mut selection = Selection::new(&parsed.operands);
    let zone = Zone::from_env();
    let verbosity = parsed.count(b'v') + usize::from(listing);
    let mut code = 0;
    loop {
        let member = match reader.next(ctx) {
            Ok(Some(member)) => member,
            Ok(None) => break,
            // A file without anything in it lacks the members, too.
            Err(Quit(failure)) if reader.feed.position == 0 => {
                code = failure;
                break;
            }
            Err(quit) => return Err(quit),
        };
        if !selection.takes(&member.name) {
            skip(ctx, &member, &mut reader.feed)?;
            continue;
        }
        match verbosity {
            0 => {}
            1 => ctx.put(&[&member.name, b"\n".as_slice()].concat()),
            _ => ctx.put(&member.long_line(&zone)),
        }
        use_member(ctx, &mut what, &member, strip, &mut reader.feed)?;
    }
    if let Use::Extract(extractor) = &mut what {
        extractor.finish(ctx)?;
    }
    match selection.missing() {
        Some(name) => Err(ctx.die(&[name, b": not found in archive"])),
        None => Ok(code),
    }
}

fn use_member(
    ctx: &mut Context<'_>,
    what: &mut Use<'_>,
    member: &Member,
    strip: u64,
    feed: &mut Feed,
) -> Result<(), Quit> {
    match what {
        Use::List => skip(ctx, member, feed),
        Use::Show => {
            if member.is_file() {
                copy(ctx, feed, member.size, fd::STDOUT)
            } else {
                skip(ctx, member, feed)
            }
        }
        Use::Command(command) if member.mode.kind() == wcr_sys::abi::FileKind::Regular => {
            command::feed_command(ctx, command, member, feed)
        }
        Use::Command(_) => skip(ctx, member, feed),
        Use::Extract(extractor) => match stripped(member, strip) {
            Some(member) => extractor.extract(ctx, &member, feed),
            None => skip(ctx, member, feed),
        },
    }
}

/// The member without the first components of its name, and of a hard link's target; `None` when nothing is left.
fn stripped(member: &Member, count: u64) -> Option<Member> {
    let strip = |name: &[u8]| {
        let mut rest = name;
        for _ in 0..count {
            let slash = rest.iter().position(|byte| *byte == b'/')?;
            rest = rest.get(slash + 1..).unwrap_or_default();
        }
        (!rest.is_empty()).then(|| rest.to_vec())
    };
    let name = strip(&member.name)?;
    let target = if member.hard_link { strip(&member.target)? } else { member.target.clone() };
    Some(Member { name, target, ..member.clone() })
}

fn policy(parsed: &Parsed) -> Policy {
    let keep = parsed.has(b'k');
    let overwrite = parsed.has(OVERWRITE);
    Policy {
        replace: !keep && !overwrite,
        overwrite,
        keep_newer: false,
        parents: true,
        owner: !parsed.has(b'o'),
        numeric: parsed.has(NUMERIC),
        forced_owner: None,
        // Others keep what their umask leaves, also with `-p`.
        mode: !parsed.has(NO_MODES) && process::user_ids().euid == 0,
        time: !parsed.has(b'm'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_may_stand_without_a_dash() {
        let modern = |line: &str| {
            let args: Vec<_> = line.split(' ').map(|arg| arg.as_bytes().to_vec()).collect();
            modern(&args).iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(modern("xfz a.tgz"), "-xzf a.tgz");
        assert_eq!(modern("xCf dir a.tar"), "-xCf dir a.tar");
        assert_eq!(modern("-xfz a.tar"), "-xfz a.tar");
        assert_eq!(modern("t x"), "-t x");
    }
}
