//! What the arguments of `tar` say.

use applets::core::accounts::Accounts;
use applets::core::time::zone::Zone;
use applets::core::{mkdir, mode};
use applets::format::parse_decimal;
use applets::options::Spec;
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::Timestamp;
use wcr_sys::{Errno, fs, time};

use super::block::Format;
use super::letters::*;
use super::transform::Transform;
use super::{FATAL, say};
use crate::quote;
use crate::system::dates;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Append,
    Update,
    Concatenate,
    List,
    Extract,
    Compare,
    Delete,
    TestLabel,
}

/// What is named on the command line, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A file, or a pattern for members.
    Name(Vec<u8>),
    /// What follows is in this folder.
    Folder(Vec<u8>),
}

/// What is done with a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Present {
    /// It is removed.
    Replace,
    /// It is written into.
    Overwrite,
    /// It is an error.
    Keep,
    /// The member is passed over.
    Skip,
    /// As before, where it is not older than the member.
    KeepNewer,
}

/// All that the arguments say.
pub(super) struct Options {
    pub(super) operation: Operation,
    pub(super) archive: Vec<u8>,
    pub(super) names: Vec<Named>,
    pub(super) verbose: usize,
    /// The program that compresses, with its arguments; `None` where none was named.
    pub(super) compressor: Option<Vec<Vec<u8>>>,
    pub(super) format: Format,
    pub(super) blocking: u64,
    pub(super) excluded: Vec<Vec<u8>>,
    pub(super) wildcards: Option<bool>,
    pub(super) anchored: Option<bool>,
    pub(super) ignore_case: bool,
    pub(super) recursion: bool,
    pub(super) sorted: bool,
    pub(super) follow: bool,
    pub(super) follow_hard: bool,
    pub(super) absolute: bool,
    pub(super) one_file_system: bool,
    pub(super) numeric: bool,
    pub(super) user: Option<(Option<u64>, Vec<u8>)>,
    pub(super) group: Option<(Option<u64>, Vec<u8>)>,
    pub(super) mode: Option<Vec<u8>>,
    pub(super) mtime: Option<Timestamp>,
    pub(super) newer: Option<Timestamp>,
    pub(super) remove_files: bool,
    pub(super) ignore_failed_read: bool,
    pub(super) transforms: Vec<Transform>,
    pub(super) strip: usize,
    pub(super) show_transformed: bool,
    pub(super) present: Present,
    pub(super) unlink_first: bool,
    pub(super) recursive_unlink: bool,
    pub(super) same_owner: bool,
    pub(super) same_mode: bool,
    pub(super) touch: bool,
    pub(super) to_stdout: bool,
    pub(super) to_command: Option<Vec<u8>>,
    pub(super) full_time: bool,
    pub(super) utc: bool,
    pub(super) block_numbers: bool,
    pub(super) ignore_zeros: bool,
    pub(super) totals: bool,
    pub(super) occurrence: Option<u64>,
    pub(super) index_file: Option<Vec<u8>>,
}

const SPEC: Spec = Spec::new("+Ab:BcC:df:F:g:GhiI:jJklL:mMnN:oOpPrRsST:tuUvV:wWxX:zZaH:K:?", LONG);

/// How many bytes an archive is written in at once, in units of 512.
const BLOCKING: u64 = 20;

fn try_help(ctx: &mut Context<'_>, code: u8) -> Quit {
    let line = [b"Try '", ctx.name, b" --help' or '", ctx.name, b" --usage' for more information.\n"].concat();
    ctx.put_err(&line);
    Quit(code)
}

/// Says what is wrong with the arguments.
pub(super) fn wrong_usage(ctx: &mut Context<'_>, parts: &[&[u8]]) -> Quit {
    ctx.complain(parts);
    try_help(ctx, FATAL)
}

fn fatal(ctx: &mut Context<'_>, parts: &[&[u8]]) -> Quit {
    ctx.complain(parts);
    Quit(FATAL)
}

/// The arguments with the letters of a first one without a dash as options of their own.
fn spread(ctx: &mut Context<'_>) -> Result<Vec<Vec<u8>>, Quit> {
    let Some((first, rest)) = ctx.args.split_first() else { return Ok(Vec::new()) };
    if first.starts_with(b"-") || first.is_empty() {
        return Ok(ctx.args.to_vec());
    }
    let mut rest = rest.iter();
    let mut args = Vec::new();
    for letter in first {
        args.push(vec![b'-', *letter]);
        let takes_value = SPEC.short.as_bytes().windows(2).any(|pair| pair == [*letter, b':']);
        if takes_value {
            let Some(value) = rest.next() else {
                return Err(wrong_usage(ctx, &[b"Old option '", &[*letter], b"' requires an argument."]));
            };
            args.push(value.clone());
        }
    }
    args.extend(rest.cloned());
    Ok(args)
}

/// Reads the arguments; help and version end the program.
pub(super) fn read(ctx: &mut Context<'_>) -> Result<Options, Quit> {
    let args = spread(ctx)?;
    let mut reading = Reading {
        options: Options::new(),
        operations: Vec::new(),
        files: Vec::new(),
        null: false,
        names_were_read: false,
        by_suffix: false,
    };
    let mut rest = args.as_slice();
    loop {
        let (parsed, wrong) = SPEC.read_all(rest);
        for (key, value) in &parsed.options {
            reading.take(ctx, *key, value.as_deref().unwrap_or_default())?;
        }
        if let Some(message) = wrong {
            ctx.complain(&[&message]);
            return Err(try_help(ctx, 64));
        }
        let read = rest.len() - parsed.operands.len();
        let is_end = read.checked_sub(1).and_then(|at| rest.get(at)).is_some_and(|arg| arg == b"--");
        rest = rest.get(read..).unwrap_or_default();
        let Some((operand, behind)) = rest.split_first() else { break };
        if is_end {
            reading.options.names.extend(rest.iter().cloned().map(Named::Name));
            break;
        }
        reading.options.names.push(Named::Name(operand.clone()));
        rest = behind;
    }
    reading.finish(ctx)
}

struct Reading {
    options: Options,
    operations: Vec<Operation>,
    files: Vec<Vec<u8>>,
    /// Whether names in files end in NUL.
    null: bool,
    /// Whether there was a file of names, even if it has none.
    names_were_read: bool,
    /// Whether the archive's name tells how it is compressed.
    by_suffix: bool,
}

impl Options {
    fn new() -> Self {
        let is_root = wcr_sys::process::user_ids().euid == 0;
        Self {
            operation: Operation::List,
            archive: b"-".to_vec(),
            names: Vec::new(),
            verbose: 0,
            compressor: None,
            format: Format::Gnu,
            blocking: BLOCKING,
            excluded: Vec::new(),
            wildcards: None,
            anchored: None,
            ignore_case: false,
            recursion: true,
            sorted: false,
            follow: false,
            follow_hard: false,
            absolute: false,
            one_file_system: false,
            numeric: false,
            user: None,
            group: None,
            mode: None,
            mtime: None,
            newer: None,
            remove_files: false,
            ignore_failed_read: false,
            transforms: Vec::new(),
            strip: 0,
            show_transformed: false,
            present: Present::Replace,
            unlink_first: false,
            recursive_unlink: false,
            same_owner: is_root,
            same_mode: is_root,
            touch: false,
            to_stdout: false,
            to_command: None,
            full_time: false,
            utc: false,
            block_numbers: false,
            ignore_zeros: false,
            totals: false,
            occurrence: None,
            index_file: None,
        }
    }

    /// The zone of the times that are shown.
    pub(super) fn zone(&self) -> Zone {
        if self.utc { Zone::utc() } else { Zone::from_env() }
    }

    /// Whether files were named.
    pub(super) fn has_names(&self) -> bool {
        self.names.iter().any(|named| matches!(named, Named::Name(_)))
    }
}

impl Reading {
    fn operation(&mut self, operation: Operation) {
        if self.operations.last() != Some(&operation) {
            self.operations.push(operation);
        }
    }

    fn compress(&mut self, ctx: &mut Context<'_>, words: &[&[u8]]) -> Result<(), Quit> {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
        if self.options.compressor.as_ref().is_some_and(|before| *before != words) {
            return Err(wrong_usage(ctx, &[b"Conflicting compression options"]));
        }
        self.options.compressor = Some(words);
        Ok(())
    }

    fn take(&mut self, ctx: &mut Context<'_>, key: u8, value: &[u8]) -> Result<(), Quit> {
        let options = &mut self.options;
        match key {
            b'A' => self.operation(Operation::Concatenate),
            b'c' => self.operation(Operation::Create),
            b'd' => self.operation(Operation::Compare),
            b'r' => self.operation(Operation::Append),
            b't' => self.operation(Operation::List),
            b'u' => self.operation(Operation::Update),
            b'x' => self.operation(Operation::Extract),
            DELETE => self.operation(Operation::Delete),
            TEST_LABEL => self.operation(Operation::TestLabel),
            b'f' => self.files.push(value.to_vec()),
            b'C' => options.names.push(Named::Folder(value.to_vec())),
            b'T' => self.names_from(ctx, value)?,
            b'X' => {
                let content = read_file(ctx, value)?;
                let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                self.options.excluded.extend(lines.map(<[u8]>::to_vec));
            }
            EXCLUDE => options.excluded.push(value.to_vec()),
            EXCLUDE_VCS => options.excluded.extend(VCS.iter().map(|name| name.as_bytes().to_vec())),
            EXCLUDE_BACKUPS => {
                options.excluded.extend([".#*", "*~", "#*#"].iter().map(|name| name.as_bytes().to_vec()));
            }
            NULL => self.null = true,
            NO_NULL => self.null = false,
            b'z' => self.compress(ctx, &[b"gzip"])?,
            b'j' => self.compress(ctx, &[b"bzip2"])?,
            b'J' => self.compress(ctx, &[b"xz"])?,
            b'Z' => self.compress(ctx, &[b"compress"])?,
            LZMA => self.compress(ctx, &[b"lzma"])?,
            LZIP => self.compress(ctx, &[b"lzip"])?,
            LZOP => self.compress(ctx, &[b"lzop"])?,
            ZSTD => self.compress(ctx, &[b"zstd"])?,
            b'I' => {
                let words: Vec<&[u8]> =
                    value.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty()).collect();
                self.compress(ctx, &words)?;
            }
            b'b' => match parse_decimal(value).filter(|blocks| *blocks > 0) {
                Some(blocks) => options.blocking = blocks,
                None => return Err(wrong_usage(ctx, &[value, b": Invalid blocking factor"])),
            },
            b'H' => {
                options.format = match value {
                    b"gnu" | b"oldgnu" => Format::Gnu,
                    b"ustar" => Format::Ustar,
                    b"pax" | b"posix" => Format::Pax,
                    b"v7" => Format::V7,
                    _ => return Err(wrong_usage(ctx, &[value, b": Invalid archive format"])),
                };
            }
            POSIX => options.format = Format::Pax,
            OLD_ARCHIVE => options.format = Format::V7,
            b'o' => {
                options.same_owner = false;
                options.format = if self.operations.contains(&Operation::Create) { Format::V7 } else { options.format };
            }
            b'v' => options.verbose += 1,
            b'h' => options.follow = true,
            HARD_DEREFERENCE => options.follow_hard = true,
            b'P' => options.absolute = true,
            b'p' => options.same_mode = true,
            SAME_PERMISSIONS_NOT => options.same_mode = false,
            SAME_OWNER => options.same_owner = true,
            SAME_OWNER_NOT => options.same_owner = false,
            b'm' => options.touch = true,
            b'O' => options.to_stdout = true,
            TO_COMMAND => options.to_command = Some(value.to_vec()),
            b'k' => options.present = Present::Keep,
            SKIP_OLD => options.present = Present::Skip,
            KEEP_NEWER => options.present = Present::KeepNewer,
            OVERWRITE => options.present = Present::Overwrite,
            b'U' => options.unlink_first = true,
            RECURSIVE_UNLINK => options.recursive_unlink = true,
            b'i' => options.ignore_zeros = true,
            b'R' => options.block_numbers = true,
            b'a' => self.by_suffix = true,
            UTC => options.utc = true,
            FULL_TIME => options.full_time = true,
            NUMERIC => options.numeric = true,
            RECURSION_NOT => options.recursion = false,
            RECURSION => options.recursion = true,
            WILDCARDS => options.wildcards = Some(true),
            WILDCARDS_NOT => options.wildcards = Some(false),
            ANCHORED => options.anchored = Some(true),
            ANCHORED_NOT => options.anchored = Some(false),
            IGNORE_CASE => options.ignore_case = true,
            ONE_FILE_SYSTEM => options.one_file_system = true,
            REMOVE_FILES => options.remove_files = true,
            IGNORE_FAILED_READ => options.ignore_failed_read = true,
            TOTALS => options.totals = true,
            SHOW_TRANSFORMED => options.show_transformed = true,
            INDEX_FILE => options.index_file = Some(value.to_vec()),
            MODE => options.mode = Some(value.to_vec()),
            OCCURRENCE => {
                options.occurrence = Some(if value.is_empty() { 1 } else { parse_decimal(value).unwrap_or(1) });
            }
            SORT => match value {
                b"none" => options.sorted = false,
                b"name" | b"inode" => options.sorted = value == b"name",
                _ => {
                    ctx.complain(&[b"invalid argument ", &quote::locale(value), b" for ", &quote::locale(b"--sort")]);
                    let listed = [&b"none"[..], b"name", b"inode"]
                        .map(|name| [b"  - ".as_slice(), &quote::locale(name), b"\n"].concat());
                    ctx.put_err(&[b"Valid arguments are:\n".as_slice(), &listed.concat()].concat());
                    return Err(Quit(FATAL));
                }
            },
            STRIP => match parse_decimal(value).and_then(|count| usize::try_from(count).ok()) {
                Some(count) => options.strip = count,
                None => return Err(wrong_usage(ctx, &[value, b": Invalid number of elements"])),
            },
            TRANSFORM => {
                let parsed = super::transform::parse(value).map_err(|message| fatal(ctx, &[message.as_bytes()]))?;
                self.options.transforms.extend(parsed);
            }
            OWNER => options.user = Some(owner(value, false)),
            GROUP => options.group = Some(owner(value, true)),
            MTIME => options.mtime = Some(date(ctx, value)),
            b'N' | NEWER_MTIME => options.newer = Some(date(ctx, value)),
            HELP_KEY | b'?' => {
                ctx.put(&[b"Usage: ", ctx.name, b" [OPTION...] [FILE]...\n", super::HELP.as_bytes()].concat());
                return Err(Quit(0));
            }
            VERSION_KEY => {
                ctx.put(super::VERSION.as_bytes());
                return Err(Quit(0));
            }
            b'g' | b'G' | b'M' | b'L' | b'F' | b'K' | b'S' | b'V' | b'w' | b'W' => {
                let letter = [key];
                return Err(fatal(ctx, &[b"the option -", &letter, b" is not supported by this tar"]));
            }
            _ => {}
        }
        Ok(())
    }

    /// Names from a file, one a line; options may stand there, too.
    fn names_from(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> Result<(), Quit> {
        let content = read_file(ctx, path)?;
        self.names_were_read = true;
        let end = if self.null { 0 } else { b'\n' };
        let mut lines = content.split(|byte| *byte == end).filter(|line| !line.is_empty());
        while let Some(line) = lines.next() {
            if self.null {
                self.options.names.push(Named::Name(line.to_vec()));
            } else if line == b"-C" {
                let folder = lines.next().unwrap_or_default();
                self.options.names.push(Named::Folder(folder.to_vec()));
            } else if let Some(folder) = line.strip_prefix(b"-C") {
                self.options.names.push(Named::Folder(folder.trim_ascii_start().to_vec()));
            } else {
                self.options.names.push(Named::Name(line.to_vec()));
            }
        }
        Ok(())
    }

    fn finish(mut self, ctx: &mut Context<'_>) -> Result<Options, Quit> {
        let options = &mut self.options;
        options.operation = match self.operations.as_slice() {
            [] => {
                return Err(wrong_usage(
                    ctx,
                    &[b"You must specify one of the '-Acdtrux', '--delete' or '--test-label' options"],
                ));
            }
            [one] => *one,
            _ => {
                return Err(wrong_usage(
                    ctx,
                    &[b"You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option"],
                ));
            }
        };
        if options.occurrence.is_some() && !options.has_names() {
            return Err(wrong_usage(ctx, &[b"--occurrence is meaningless without a file list"]));
        }
        if options.operation == Operation::Create && !options.has_names() && !self.names_were_read {
            return Err(wrong_usage(ctx, &[b"Cowardly refusing to create an empty archive"]));
        }
        if let Some(archive) = self.files.pop() {
            options.archive = archive;
        }
        if self.by_suffix && options.operation == Operation::Create && options.compressor.is_none() {
            options.compressor = by_suffix(&options.archive).map(|program| vec![program.to_vec()]);
        }
        for named in &mut options.names {
            if let Named::Name(name) = named {
                *name = unquoted(name);
            }
        }
        if let Some(text) = &options.mode
            && mode::apply(text, 0, false, mkdir::umask()).is_none()
        {
            let text = quote::locale(text);
            return Err(wrong_usage(ctx, &[b"Invalid mode given on option: ", &text]));
        }
        Ok(self.options)
    }
}

/// `NAME`, `ID` or `NAME:ID`.
fn owner(text: &[u8], is_group: bool) -> (Option<u64>, Vec<u8>) {
    let mut accounts = Accounts::default();
    if let Some(at) = text.iter().position(|byte| *byte == b':') {
        let (name, id) = text.split_at(at);
        return (parse_decimal(id.get(1..).unwrap_or_default()), name.to_vec());
    }
    if let Some(number) = text.strip_prefix(b"+").or(Some(text)).and_then(parse_decimal) {
        let name = u32::try_from(number).ok().and_then(|id| {
            if is_group {
                accounts.group(id).map(|group| group.name.clone())
            } else {
                accounts.user(id).map(|user| user.name.clone())
            }
        });
        return (Some(number), name.unwrap_or_default());
    }
    let id = if is_group {
        accounts.group_named(text).map(|group| group.gid)
    } else {
        accounts.user_named(text).map(|user| user.uid)
    };
    (id.map(u64::from), text.to_vec())
}

fn read_file(ctx: &mut Context<'_>, path: &[u8]) -> Result<Vec<u8>, Quit> {
    Source::open(path).and_then(|source| fs::read_to_end(source.fd())).map_err(|error: Errno| {
        say::cannot(ctx, path, "open", error);
        say::not_recoverable(ctx)
    })
}

/// The program for archives with the suffix that a name has.
fn by_suffix(name: &[u8]) -> Option<&'static [u8]> {
    let at = name.iter().rposition(|byte| *byte == b'.')?;
    Some(match name.get(at + 1..)? {
        b"gz" | b"tgz" | b"taz" => b"gzip",
        b"Z" | b"taZ" => b"compress",
        b"bz2" | b"tbz" | b"tbz2" | b"tz2" => b"bzip2",
        b"lz" => b"lzip",
        b"lzma" | b"tlz" => b"lzma",
        b"lzo" => b"lzop",
        b"xz" | b"txz" => b"xz",
        b"zst" | b"tzst" => b"zstd",
        _ => return None,
    })
}

/// A name with the characters that its backslashes stand for.
fn unquoted(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let (b'\\', Some(next)) = (*byte, rest.first()) else {
            out.push(*byte);
            continue;
        };
        let digits = rest.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
        let (piece, len) = match next {
            b'a' => (7, 1),
            b'b' => (8, 1),
            b'f' => (12, 1),
            b'n' => (b'\n', 1),
            b'r' => (b'\r', 1),
            b't' => (b'\t', 1),
            b'v' => (11, 1),
            b'?' => (127, 1),
            b'\\' => (b'\\', 1),
            _ if digits > 0 => {
                let value = rest.iter().take(digits).fold(0u32, |value, digit| value << 3 | u32::from(digit - b'0'));
                (value as u8, digits)
            }
            _ => (b'\\', 0),
        };
        out.push(piece);
        rest = rest.get(len..).unwrap_or_default();
    }
    out
}

/// A date, or the time of the file that is named.
fn date(ctx: &mut Context<'_>, text: &[u8]) -> Timestamp {
    if matches!(text.first(), Some(b'/' | b'.'))
        && let Ok(stat) = fs::stat(text)
    {
        return stat.mtime;
    }
    match dates::parse(text, time::now(), &Zone::from_env()) {
        Some(time) => time,
        None => {
            let text = quote::locale(text);
            ctx.complain(&[b"Substituting -9223372036854775807 for unknown date format ", &text]);
            Timestamp { sec: -9_223_372_036_854_775_807, nsec: 0 }
        }
    }
}

/// What `--exclude-vcs` leaves out.
const VCS: &[&str] = &[
    "CVS",
    ".cvsignore",
    "RCS",
    "SCCS",
    ".git",
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    ".arch-ids",
    "{arch}",
    "=RELEASE-ID",
    "=meta-update",
    "=update",
    ".bzr",
    ".bzrignore",
    ".bzrtags",
    ".hg",
    ".hgignore",
    ".hgtags",
    ".svn",
    "_darcs",
];
