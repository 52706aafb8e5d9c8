//! `ar`: lists and extracts the archives of static libraries.

use wcr_sys::abi::{FileKind, Mode, OpenFlags};
use wcr_sys::{Fd, fd, fs};

use super::extract::{Extractor, Policy, copy, short_read, skip};
use super::feed::Feed;
use super::member::Member;
use crate::core::mode;
use crate::core::time::Zone;
use crate::core::time::strftime::strftime;
use crate::format::{decimal, right};
use crate::glob;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "ar",
    "ar x|p|t [-ov] ARCHIVE [FILE]...\n\n\
     Extract or list FILEs from an ar archive\n\n\
     \tx\tExtract\n\
     \tp\tExtract to stdout\n\
     \tt\tList\n\
     \t-o\tRestore mtime\n\
     \t-v\tVerbose",
    main,
);

const SPEC: Spec = Spec::short("voctpx");

const MAGIC: &[u8; 8] = b"!<arch>\n";
const HEADER_LEN: usize = 60;
/// What stands at the end of each header.
const HEADER_END: &[u8; 2] = b"`\n";

/// The largest table of long names that is read.
const NAMES_MAX: u64 = 1 << 20;

/// Walks over the members.
pub(super) struct Reader {
    /// The bytes of the archive. After a member they stand at its content.
    pub(super) feed: Feed,
    names: Vec<u8>,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut args = ctx.args.to_vec();
    if let Some(first) = args.first_mut().filter(|first| !first.starts_with(b"-")) {
        first.insert(0, b'-');
    }
    let parsed = SPEC.parse_args(&args).map_err(|message| {
        ctx.complain(&[&message]);
        ctx.usage()
    })?;
    let Some((archive, wanted)) = parsed.operands.split_first() else { return Err(ctx.usage()) };
    let operations: Vec<u8> = b"xpt".iter().copied().filter(|operation| parsed.has(*operation)).collect();
    let &[operation] = operations.as_slice() else { return Err(ctx.usage()) };
    let policy = Policy {
        replace: false,
        overwrite: false,
        keep_newer: false,
        parents: false,
        owner: true,
        numeric: true,
        forced_owner: None,
        mode: true,
        time: parsed.has(b'o'),
    };
    let mut extractor = Extractor::new(policy);
    let zone = Zone::from_env();
    let mut reader = Reader::open(ctx, archive)?;
    while let Some(member) = reader.next(ctx)? {
        let matches = |pattern: &Vec<u8>| glob::matches(pattern, &member.name, false);
        if !wanted.is_empty() && !wanted.iter().any(matches) {
            skip(ctx, &member, &mut reader.feed)?;
            continue;
        }
        if parsed.has(b'v') {
            ctx.put(&long_line(&member, &zone));
        } else if operation == b't' {
            ctx.put(&[&member.name, b"\n".as_slice()].concat());
        }
        match operation {
            b'x' => extractor.extract(ctx, &member, &mut reader.feed)?,
            b'p' => copy(ctx, &mut reader.feed, member.size, fd::STDOUT)?,
            _ => skip(ctx, &member, &mut reader.feed)?,
        }
    }
    Ok(0)
}

fn long_line(member: &Member, zone: &Zone) -> Vec<u8> {
    let mut line = mode::letters(member.mode).get(1..).unwrap_or_default().to_vec();
    line.push(b' ');
    line.extend_from_slice(&[decimal(member.user.0.into()), decimal(member.group.0.into())].join(&b'/'));
    line.push(b' ');
    right(&mut line, &decimal(member.size), 6, b' ');
    line.push(b' ');
    strftime(&mut line, b"%b %e %H:%M %Y ", &zone.local(member.mtime), member.mtime);
    line.extend_from_slice(&member.name);
    line.push(b'\n');
    line
}

impl Reader {
    /// Opens an archive and reads its magic.
    /// # Errors
    /// It cannot be opened or is none, which has been reported.
    pub(super) fn open(ctx: &mut Context<'_>, path: &[u8]) -> Result<Self, Quit> {
        let file = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0)
            .map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
        Self::new(ctx, file)
    }

    /// Reads an archive from a descriptor.
    /// # Errors
    /// It does not begin as an archive does; the diagnostic has been printed.
    pub(super) fn new(ctx: &mut Context<'_>, file: Fd) -> Result<Self, Quit> {
        let mut feed = Feed::new(file, None);
        let mut magic = [0; MAGIC.len()];
        if feed.read_full(&mut magic) < magic.len() {
            return Err(short_read(ctx, &mut feed));
        }
        if magic != *MAGIC {
            return Err(ctx.die(&[b"invalid ar magic"]));
        }
        Ok(Self { feed, names: Vec::new() })
    }

    /// The next member; `None` at the end. The content of the one before must have been read.
    /// # Errors
    /// The archive is damaged, which has been reported.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>) -> Result<Option<Member>, Quit> {
        loop {
            let mut header = [0; HEADER_LEN];
            if self.feed.align(2).is_err() || self.feed.read_full(&mut header) < header.len() {
                return Ok(None);
            }
            let Some(mut member) = parse(&header) else { return Err(ctx.die(&[b"invalid ar header"])) };
            if let [b'/', rest @ ..] = member.name.as_slice() {
                match rest {
                    // The index of symbols is of no use here.
                    [] => skip(ctx, &member, &mut self.feed)?,
                    b"/" => self.read_names(ctx, member.size)?,
                    digits => {
                        member.name = self.long_name(digits).ok_or_else(|| ctx.die(&[b"invalid ar header"]))?;
                        return Ok(Some(member));
                    }
                }
                continue;
            }
            member.name.truncate(member.name.iter().position(|byte| *byte == b'/').unwrap_or(member.name.len()));
            return Ok(Some(member));
        }
    }

    fn read_names(&mut self, ctx: &mut Context<'_>, len: u64) -> Result<(), Quit> {
        if len > NAMES_MAX {
            return Err(ctx.die(&[b"invalid ar header"]));
        }
        self.names = vec![0; len as usize];
        if self.feed.read_full(&mut self.names) < self.names.len() {
            return Err(short_read(ctx, &mut self.feed));
        }
        Ok(())
    }

    fn long_name(&self, digits: &[u8]) -> Option<Vec<u8>> {
        let start = usize::try_from(crate::format::parse_decimal(digits)?).ok()?;
        let name = self.names.get(start..)?;
        let end = name.iter().position(|byte| matches!(byte, b'/' | b'\n')).unwrap_or(name.len());
        name.get(..end).map(<[u8]>::to_vec)
    }
}

/// Reads a header. The name is as it stands there, without the spaces behind it.
fn parse(header: &[u8; HEADER_LEN]) -> Option<Member> {
    if header[58..] != *HEADER_END {
        return None;
    }
    let number = |field: &[u8], radix: u64| {
        let digits = field.trim_ascii_end();
        digits.iter().try_fold(0u64, |number, digit| {
            let digit = u64::from(digit.checked_sub(b'0')?);
            (digit < radix).then_some(number * radix + digit)
        })
    };
    let permissions = number(&header[40..48], 8)? as u32 & 0o7777;
    Some(Member {
        name: header[..16].trim_ascii_end().to_vec(),
        mode: Mode::new(FileKind::Regular, permissions),
        target: Vec::new(),
        hard_link: false,
        user: (number(&header[28..34], 10)? as u32, Vec::new()),
        group: (number(&header[34..40], 10)? as u32, Vec::new()),
        mtime: number(&header[16..28], 10)? as i64,
        size: number(&header[48..58], 10)?,
        device: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let header = b"file.o/         1600000000  1000  7     100755  1234      `\n";
        let member = parse(header).unwrap();
        assert_eq!((member.name.as_slice(), member.size, member.mtime), (&b"file.o/"[..], 1234, 1_600_000_000));
        assert_eq!((member.user.0, member.group.0, member.mode.permissions()), (1000, 7, 0o755));
        let mut wrong = *header;
        wrong[59] = b'x';
        assert_eq!(parse(&wrong), None);
        let mut wrong = *header;
        wrong[48] = b'x';
        assert_eq!(parse(&wrong), None);
        assert_eq!(
            String::from_utf8(long_line(&member, &Zone::utc())).unwrap(),
            "rwxr-xr-x 1000/7   1234 Sep 13 12:26 2020 file.o/\n"
        );
    }
}
