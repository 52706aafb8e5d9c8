//! `dpkg-deb`: looks into packages of Debian.

use wcr_sys::{fd, fs};

use super::extract::{Extractor, Policy, copy, skip};
use super::feed::Feed;
use super::unpack::Format;
use super::{ar, tar};
use crate::core::time::Zone;
use crate::options::Spec;
use crate::source::Source;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "dpkg-deb",
    "dpkg-deb [-cefxX] FILE [DIR]\n\n\
     Perform actions on Debian packages (.deb)\n\n\
     \t-c\tList files\n\
     \t-f\tPrint control fields\n\
     \t-e\tExtract control files to DIR (default: ./DEBIAN)\n\
     \t-x\tExtract files to DIR (no default)\n\
     \t-X\tVerbose extract",
    main,
);

const SPEC: Spec = Spec::short("cefXx");

/// What is done with the members of the inner archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    List,
    Fields,
    Extract { verbose: bool },
    Nothing,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut kinds: Vec<u8> = parsed.options.iter().map(|(key, _)| *key).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let (control, action, operands) = match kinds.as_slice() {
        [] => (false, Action::Nothing, 1..=2),
        b"c" => (false, Action::List, 1..=1),
        b"e" => (true, Action::Extract { verbose: false }, 1..=2),
        b"f" => (true, Action::Fields, 1..=1),
        b"x" => (false, Action::Extract { verbose: false }, 2..=2),
        b"X" => (false, Action::Extract { verbose: true }, 2..=2),
        _ => return Err(ctx.usage()),
    };
    if !operands.contains(&parsed.operands.len()) {
        return Err(ctx.usage());
    }
    let Some(package) = parsed.operands.first() else { return Err(ctx.usage()) };
    let file = Source::open(package).map_err(|error| ctx.die_errno(&[b"can't open '", package, b"'"], error))?;
    let dir = match (action, parsed.operands.get(1)) {
        (_, Some(dir)) => Some(dir.as_slice()),
        (Action::Extract { .. }, None) => Some(b"./DEBIAN".as_slice()),
        (_, None) => None,
    };
    if let Some(dir) = dir {
        // It may be there already; if it cannot be made, it cannot be changed to.
        let _ = fs::mkdir(dir, 0o777);
        fs::chdir(dir).map_err(|error| ctx.die_errno(&[b"can't change directory to '", dir, b"'"], error))?;
    }
    let mut outer = ar::Reader::new(ctx, file.fd())?;
    let wanted: &[u8] = if control { b"control.tar" } else { b"data.tar" };
    while let Some(member) = outer.next(ctx)? {
        if let Some(suffix) = member.name.strip_prefix(wanted)
            && let Some(format) = format(suffix)
        {
            let start = outer.feed.position;
            if !outer.feed.seek_to(start) {
                return Err(ctx.die(&[b"short read"]));
            }
            let done = inner(ctx, tar::Reader::new(Feed::new(outer.feed.fd(), format)), action);
            // What is wrong in a compressed archive is told, and no failure.
            return if format.is_some() { Ok(done.unwrap_or(0)) } else { done };
        }
        skip(ctx, &member, &mut outer.feed)?;
    }
    Ok(0)
}

/// How the inner archive is compressed, by what follows its name; `None` for what is not known.
fn format(suffix: &[u8]) -> Option<Option<Format>> {
    match suffix {
        b"" => Some(None),
        b".gz" => Some(Some(Format::Gzip)),
        b".bz2" => Some(Some(Format::Bzip2)),
        b".xz" => Some(Some(Format::Xz)),
        b".lzma" => Some(Some(Format::Lzma)),
        _ => None,
    }
}

fn inner(ctx: &mut Context<'_>, mut reader: tar::Reader, action: Action) -> Result<u8, Quit> {
    let policy = Policy {
        replace: true,
        overwrite: false,
        keep_newer: false,
        parents: true,
        owner: true,
        numeric: false,
        forced_owner: None,
        mode: true,
        time: true,
    };
    let mut extractor = Extractor::new(policy);
    let zone = Zone::from_env();
    while let Some(member) = reader.next(ctx)? {
        match action {
            Action::List => ctx.put(&member.long_line(&zone)),
            Action::Extract { verbose: true } => ctx.put(&[&member.name, b"\n".as_slice()].concat()),
            _ => {}
        }
        match action {
            Action::Extract { .. } => extractor.extract(ctx, &member, &mut reader.feed)?,
            Action::Fields if member.name == b"./control" => {
                ctx.flush();
                copy(ctx, &mut reader.feed, member.size, fd::STDOUT)?;
            }
            _ => skip(ctx, &member, &mut reader.feed)?,
        }
    }
    extractor.finish(ctx)?;
    Ok(0)
}
