//! One file after the other.

use std::io::{self, BufWriter, Write};

use applets::core::folder;
use applets::core::paths::join;
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, OpenFlags, Stat, Timestamp};
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, Fd, Input, Output, fd, fs};

use super::list::{Totals, ratio};
use super::names;
use super::options::{Options, Work};
use super::pack;
use super::unpack::{Kind, Trouble, Unpacked, Unpacker};
use crate::dispatch::base_name;

/// The exit code after something that was only warned of.
const WARNED: u8 = 2;

/// What is written at once.
const BLOCK: usize = 64 << 10;

const SET_ID: [(u32, &[u8]); 3] = [
    (0o4000, b" is set-user-ID on execution - ignored"),
    (0o2000, b" is set-group-ID on execution - ignored"),
    (0o1000, b" has the sticky bit set - file ignored"),
];

/// A run over all operands.
pub(super) struct Run<'a> {
    options: &'a Options,
    code: u8,
    totals: Totals,
}

/// Why a file is done with.
enum Stop {
    /// It has been told.
    File,
    Program,
}

impl<'a> Run<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self { options, code: 0, totals: Totals::default() }
    }

    /// Prints what is said of all files; the exit code.
    pub(super) fn finish(self, ctx: &mut Context<'_>) -> u8 {
        if self.options.work == Work::List && !self.options.quiet {
            self.totals.finish(ctx, self.options.verbose);
        }
        self.code
    }

    fn fail(&mut self) {
        self.code = 1;
    }

    fn warn(&mut self, ctx: &mut Context<'_>, parts: &[&[u8]]) {
        if self.code == 0 {
            self.code = WARNED;
        }
        if !self.options.quiet {
            ctx.complain(parts);
        }
    }

    fn tell(&mut self, ctx: &mut Context<'_>, name: &[u8], trouble: &Trouble) -> Stop {
        self.fail();
        self.totals.forget();
        let newline = |ctx: &mut Context<'_>| ctx.put_err(b"\n");
        match trouble {
            Trouble::Plain(text) => ctx.complain(&[name, text]),
            Trouble::Data(text) => {
                newline(ctx);
                ctx.complain(&[name, b": ", text.as_bytes()]);
                let goes_on = ["crc error", "length error", "not in gzip format"];
                if !goes_on.iter().any(|end| text.ends_with(end)) {
                    return Stop::Program;
                }
            }
            Trouble::Read(error) | Trouble::Write(error) => {
                newline(ctx);
                ctx.perror(&[if matches!(trouble, Trouble::Read(_)) { name } else { b"stdout" }], *error);
                return Stop::Program;
            }
        }
        Stop::File
    }

    /// Works on standard input.
    pub(super) fn standard_input(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let compresses = self.options.work == Work::Compress;
        let terminal = if compresses { fd::STDOUT } else { fd::STDIN };
        if !self.options.force && self.options.work != Work::List && fd::is_tty(terminal) {
            let (data, option): (&[u8], &[u8]) = if compresses {
                (b"compressed data not written to a terminal. Use -f to force ", b"compression.")
            } else {
                (b"compressed data not read from a terminal. Use -f to force ", b"decompression.")
            };
            ctx.complain(&[data, option]);
            let hint = [b"For help, type: ", ctx.name, b" -h\n"].concat();
            ctx.put_err(&hint);
            return Err(Quit(1));
        }
        let stat = fd::stat(fd::STDIN).ok().filter(|stat| stat.mode.kind() == FileKind::Regular);
        let mut input = Input::new(fd::STDIN);
        if self.options.work == Work::Compress {
            let mtime = stat.filter(|_| self.options.names).map_or(0, |stat| stored_time(stat.mtime));
            let mut out = stdout();
            let packed = pack::pack(&mut input, &mut out, self.options.level, None, mtime).and_then(|packed| {
                flush(&mut out)?;
                Ok(packed)
            });
            return match packed {
                Ok(packed) => {
                    if self.options.verbose {
                        let saved = i128::from(packed.read) - i128::from(packed.written - packed.overhead);
                        ctx.put_err(format!("{}\n", ratio(saved, packed.read)).as_bytes());
                    }
                    Ok(())
                }
                Err(trouble) => self.settle(ctx, b"stdin", &trouble),
            };
        }
        match self.decompress(ctx, &mut input) {
            Ok(unpacked) => {
                let name = unpacked.name.clone().filter(|_| self.options.names).unwrap_or(b"stdout".to_vec());
                self.report(ctx, b"stdin", &unpacked, stat.as_ref(), &name);
                Ok(())
            }
            Err(trouble) => self.settle(ctx, b"stdin", &trouble),
        }
    }

    fn settle(&mut self, ctx: &mut Context<'_>, name: &[u8], trouble: &Trouble) -> Result<(), Quit> {
        match self.tell(ctx, name, trouble) {
            Stop::File => Ok(()),
            Stop::Program => Err(Quit(self.code)),
        }
    }

    /// Works on a file, or on what is in a folder.
    pub(super) fn operand(&mut self, ctx: &mut Context<'_>, operand: &[u8]) -> Result<(), Quit> {
        match self.open(ctx, operand)? {
            Some((path, file, stat)) => {
                let result = self.file(ctx, &path, file, &stat);
                // It was only read.
                let _ = fd::close(file);
                result
            }
            None => Ok(()),
        }
    }

    /// Opens an operand, or the file that it is short for; a folder's files are worked on.
    fn open(&mut self, ctx: &mut Context<'_>, operand: &[u8]) -> Result<Option<(Vec<u8>, Fd, Stat)>, Quit> {
        let mut path = operand.to_vec();
        let follows = self.options.to_stdout || self.options.force || !self.options.makes_files();
        let flags = OpenFlags::RDONLY.with(OpenFlags::CLOEXEC).with(OpenFlags::NONBLOCK).with(OpenFlags::NOCTTY);
        let flags = if follows { flags } else { flags.with(OpenFlags::NOFOLLOW) };
        let mut opened = fs::open(&path, flags, 0);
        if opened == Err(Errno::Noent)
            && self.options.work != Work::Compress
            && !operand.is_empty()
            && names::suffix(operand, &self.options.suffix).is_none()
        {
            let own = core::iter::once(self.options.suffix.as_slice());
            let candidates: Vec<Vec<u8>> = own.chain(names::TRIED).map(|suffix| [operand, suffix].concat()).collect();
            let found = candidates.iter().find(|candidate| fs::lstat(candidate).is_ok());
            if let Some(candidate) = found.or(candidates.first()) {
                path.clone_from(candidate);
                opened = fs::open(&path, flags, 0);
            }
        }
        let file = match opened {
            Ok(file) => file,
            Err(error) => {
                self.fail();
                // A name that is empty is none.
                if path.is_empty() {
                    ctx.complain(&[error.message().as_bytes()])
                } else {
                    ctx.perror(&[&path], error)
                }
                return Ok(None);
            }
        };
        let stat = match fd::stat(file) {
            Ok(stat) => stat,
            Err(error) => {
                self.fail();
                ctx.perror(&[&path], error);
                let _ = fd::close(file);
                return Ok(None);
            }
        };
        if stat.mode.kind() == FileKind::Directory {
            let _ = fd::close(file);
            if self.options.recursive {
                self.folder(ctx, &path)?;
            } else {
                self.warn(ctx, &[&path, b" is a directory -- ignored"]);
            }
            return Ok(None);
        }
        if self.options.makes_files() && !self.is_fit(ctx, &path, &stat) {
            let _ = fd::close(file);
            return Ok(None);
        }
        Ok(Some((path, file, stat)))
    }

    fn folder(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> Result<(), Quit> {
        let entries = match folder::entries(path) {
            Ok(entries) => entries,
            Err(error) => {
                self.fail();
                ctx.perror(&[path], error);
                return Ok(());
            }
        };
        for entry in entries {
            self.operand(ctx, &join(path, &entry.name))?;
        }
        Ok(())
    }

    /// Whether another file may take the place of this one.
    fn is_fit(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: &Stat) -> bool {
        if stat.mode.kind() != FileKind::Regular {
            self.warn(ctx, &[path, b" is not a directory or a regular file - ignored"]);
            return false;
        }
        if self.options.force {
            return true;
        }
        for (bit, text) in SET_ID {
            if stat.mode.permissions() & bit != 0 {
                self.warn(ctx, &[path, text]);
                return false;
            }
        }
        if stat.nlink > 1 {
            let others = stat.nlink - 1;
            let plural = if others == 1 { "" } else { "s" };
            let text = format!(" has {others} other link{plural} -- file ignored");
            self.warn(ctx, &[path, text.as_bytes()]);
            return false;
        }
        true
    }

    /// The name of what is made of a file; `None` when it is left alone, which has been told.
    fn target(&mut self, ctx: &mut Context<'_>, path: &[u8]) -> Option<Vec<u8>> {
        let options = self.options;
        if options.work == Work::Compress {
            if let Some(suffix) = names::suffix(path, &options.suffix)
                && !options.force
            {
                if options.verbose || !options.recursive && !options.quiet {
                    ctx.complain(&[path, b" already has ", suffix, b" suffix -- unchanged"]);
                }
                return None;
            }
            return Some([path, &options.suffix].concat());
        }
        let plain = names::plain(path, &options.suffix);
        if plain.is_none() && (!options.recursive || options.verbose) {
            self.warn(ctx, &[path, b": unknown suffix -- ignored"]);
        }
        plain
    }

    fn file(&mut self, ctx: &mut Context<'_>, path: &[u8], file: Fd, stat: &Stat) -> Result<(), Quit> {
        let mut input = Input::new(file);
        if !self.options.makes_files() {
            return self.to_stdout(ctx, path, &mut input, stat);
        }
        let Some(mut target) = self.target(ctx, path) else { return Ok(()) };
        let mut mtime = stat.mtime;
        let result = if self.options.work == Work::Compress {
            let Some(out) = self.create(ctx, &target)? else { return Ok(()) };
            self.announce(ctx, path);
            let name = base_name(path);
            let (name, time) = if self.options.names { (Some(name), stored_time(stat.mtime)) } else { (None, 0) };
            let mut writer = BufWriter::with_capacity(BLOCK, Output::new(out));
            let packed = pack::pack(&mut input, &mut writer, self.options.level, name, time);
            let packed = packed.and_then(|packed| flush(&mut writer).map(|()| packed));
            drop(writer.into_parts());
            let saved = packed
                .map(|packed| (i128::from(packed.read) - i128::from(packed.written - packed.overhead), packed.read));
            (out, saved)
        } else {
            let mut unpacker = match self.begin(&mut input) {
                Ok(unpacker) => unpacker,
                Err(trouble) => return self.settle(ctx, path, &trouble),
            };
            if self.options.names {
                let said = unpacker.so_far();
                if said.mtime != 0 {
                    mtime = Timestamp { sec: said.mtime.into(), nsec: 0 };
                }
                if let Some(name) = said.name.as_deref().map(base_name).filter(|name| !name.is_empty()) {
                    let folder = path.len() - base_name(path).len();
                    target = [path.get(..folder).unwrap_or_default(), name].concat();
                }
            }
            let Some(out) = self.create(ctx, &target)? else { return Ok(()) };
            self.announce(ctx, path);
            let mut writer = BufWriter::with_capacity(BLOCK, Output::new(out));
            let unpacked = unpacker.finish(&mut writer);
            let unpacked = unpacked.and_then(|unpacked| flush(&mut writer).map(|()| unpacked));
            drop(writer.into_parts());
            if let Ok(unpacked) = &unpacked {
                self.tell_garbage(ctx, path, unpacked);
            }
            let saved = unpacked
                .map(|file| (i128::from(file.len) - (i128::from(file.read) - i128::from(file.overhead)), file.len));
            (out, saved)
        };
        self.complete(ctx, path, &target, stat, mtime, result)
    }

    /// Gives the new file what the old one had, and removes that; what went wrong removes the new one.
    fn complete(
        &mut self,
        ctx: &mut Context<'_>,
        path: &[u8],
        target: &[u8],
        stat: &Stat,
        mtime: Timestamp,
        (out, saved): (Fd, Result<(i128, u64), Trouble>),
    ) -> Result<(), Quit> {
        let (saved, of) = match saved {
            Ok(saved) => saved,
            Err(trouble) => {
                // What is left of it is nothing.
                let _ = fd::close(out);
                let _ = fs::unlink(target);
                let place = if matches!(trouble, Trouble::Write(_)) { target } else { path };
                return self.settle(ctx, place, &trouble);
            }
        };
        // That the file keeps an owner that may not be set is no failure; its rights are set after it.
        let _ = fd::chown(out, stat.uid, stat.gid);
        let _ = fd::chmod(out, stat.mode.permissions());
        if let Err(error) = fd::close(out) {
            self.fail();
            ctx.perror(&[target], error);
            return Ok(());
        }
        let _ = fs::utimens(target, SetTime::At(stat.atime), SetTime::At(mtime), true);
        if !self.options.keep
            && let Err(error) = fs::unlink(path)
        {
            self.fail();
            ctx.perror(&[path], error);
        }
        self.tell_ratio(ctx, saved, of, target);
        Ok(())
    }

    fn tell_ratio(&self, ctx: &mut Context<'_>, saved: i128, of: u64, target: &[u8]) {
        if self.options.verbose {
            let what = if self.options.keep { "created" } else { "replaced with" };
            ctx.put_err(&[format!("{} -- {what} ", ratio(saved, of)).as_bytes(), target, b"\n"].concat());
        }
    }

    fn announce(&self, ctx: &mut Context<'_>, path: &[u8]) {
        if self.options.verbose {
            ctx.put_err(&[path, b":\t"].concat());
        }
    }

    fn tell_garbage(&mut self, ctx: &mut Context<'_>, name: &[u8], unpacked: &Unpacked) {
        if unpacked.garbage {
            if !self.options.quiet {
                ctx.put_err(b"\n");
            }
            self.warn(ctx, &[name, b": decompression OK, trailing garbage ignored"]);
        }
    }

    /// Makes a file that is not there yet; `None` when there is one, which has been told.
    fn create(&mut self, ctx: &mut Context<'_>, target: &[u8]) -> Result<Option<Fd>, Quit> {
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
        let mut opened = fs::open(target, flags, 0o600);
        if opened == Err(Errno::Exist) {
            if !self.options.force && !self.may_overwrite(ctx, target) {
                return Ok(None);
            }
            // If it cannot be removed the next try tells.
            let _ = fs::unlink(target);
            opened = fs::open(target, flags, 0o600);
        }
        match opened {
            Ok(file) => Ok(Some(file)),
            Err(error) => {
                self.fail();
                ctx.perror(&[target], error);
                Ok(None)
            }
        }
    }

    fn may_overwrite(&mut self, ctx: &mut Context<'_>, target: &[u8]) -> bool {
        let mut agrees = false;
        let asks = fd::is_tty(fd::STDIN);
        let line = [ctx.name, b": ", target, b" already exists;"].concat();
        ctx.put_err(&line);
        if asks {
            ctx.put_err(b" do you wish to overwrite (y or n)? ");
            let mut answer = [0; 256];
            let len = fd::read(fd::STDIN, &mut answer).unwrap_or(0);
            agrees = len > 0 && matches!(answer.first(), Some(b'y' | b'Y'));
        }
        if !agrees {
            ctx.put_err(b"\tnot overwritten\n");
            if self.code == 0 {
                self.code = WARNED;
            }
        }
        agrees
    }

    fn to_stdout(&mut self, ctx: &mut Context<'_>, path: &[u8], input: &mut Input, stat: &Stat) -> Result<(), Quit> {
        if self.options.work == Work::Compress {
            self.announce(ctx, path);
            let (name, time) =
                if self.options.names { (Some(base_name(path)), stored_time(stat.mtime)) } else { (None, 0) };
            let mut out = stdout();
            let packed = pack::pack(input, &mut out, self.options.level, name, time);
            return match packed.and_then(|packed| flush(&mut out).map(|()| packed)) {
                Ok(packed) => {
                    let saved = i128::from(packed.read) - i128::from(packed.written - packed.overhead);
                    self.tell_ratio(ctx, saved, packed.read, b"stdout");
                    Ok(())
                }
                Err(trouble) => self.settle(ctx, path, &trouble),
            };
        }
        let mut unpacker = match self.begin(input) {
            Ok(unpacker) => unpacker,
            Err(trouble) => return self.settle(ctx, path, &trouble),
        };
        if self.options.work != Work::List {
            self.announce(ctx, path);
        }
        let mut out = self.output();
        let unpacked = unpacker.finish(&mut out);
        match unpacked.and_then(|unpacked| flush(&mut out).map(|()| unpacked)) {
            Ok(unpacked) => {
                let mut name = names::plain(path, &self.options.suffix).unwrap_or_else(|| path.to_vec());
                if let Some(said) = unpacked.name.as_deref().map(base_name).filter(|_| self.options.names) {
                    let folder = path.len() - base_name(path).len();
                    name = [path.get(..folder).unwrap_or_default(), said].concat();
                }
                if self.options.work == Work::Decompress {
                    name = b"stdout".to_vec();
                }
                self.report(ctx, path, &unpacked, Some(stat), &name);
                Ok(())
            }
            Err(trouble) => {
                // What came out before is shown, for what it is worth.
                let _ = flush(&mut out);
                self.settle(ctx, path, &trouble)
            }
        }
    }

    /// Where what is decompressed goes: nowhere when it is only looked at.
    fn output(&self) -> Box<dyn Write> {
        match self.options.work {
            Work::Test | Work::List => Box::new(io::sink()),
            _ => Box::new(stdout()),
        }
    }

    /// Tells of a file that was read without making another one.
    fn report(&mut self, ctx: &mut Context<'_>, path: &[u8], file: &Unpacked, stat: Option<&Stat>, name: &[u8]) {
        let Options { work, verbose, quiet, .. } = *self.options;
        match work {
            Work::List => {
                let time = match stat {
                    Some(stat) if file.mtime == 0 || !self.options.names => stat.mtime.sec,
                    _ => file.mtime.into(),
                };
                self.totals.list(ctx, (verbose, quiet), file, time, name);
            }
            Work::Test if verbose => ctx.put_err(b" OK\n"),
            Work::Decompress => {
                let saved = i128::from(file.len) - (i128::from(file.read) - i128::from(file.overhead));
                if path == b"stdin" && verbose {
                    ctx.put_err(format!("{}\n", ratio(saved, file.len)).as_bytes());
                } else {
                    self.tell_ratio(ctx, saved, file.len, name);
                }
            }
            _ => {}
        }
        self.tell_garbage(ctx, path, file);
    }

    fn begin<'i>(&self, input: &'i mut Input) -> Result<Begun<'i>, Trouble> {
        let passes = self.options.force && self.options.to_stdout && self.options.work == Work::Decompress;
        let (mut unpacker, kind) = Unpacker::new(input, passes)?;
        match kind {
            Kind::Gzip => unpacker.header(true)?,
            Kind::Other(..) if !passes => return Err(Trouble::Data("not in gzip format")),
            _ => {}
        }
        Ok(Begun { unpacker: Some(unpacker), kind })
    }

    fn decompress(&self, ctx: &mut Context<'_>, input: &mut Input) -> Result<Unpacked, Trouble> {
        ctx.flush();
        let mut out = self.output();
        let unpacked = self.begin(input)?.finish(&mut out);
        flush(&mut out)?;
        unpacked
    }
}

/// A file whose header has been read.
struct Begun<'i> {
    unpacker: Option<Unpacker<'i>>,
    kind: Kind,
}

impl Begun<'_> {
    fn so_far(&self) -> Unpacked {
        self.unpacker.as_ref().map(|unpacker| unpacker.so_far().clone()).unwrap_or_default()
    }

    fn finish(&mut self, out: &mut dyn Write) -> Result<Unpacked, Trouble> {
        let Some(unpacker) = self.unpacker.take() else { return Ok(Unpacked::default()) };
        match self.kind {
            Kind::Gzip => unpacker.gzip(out),
            Kind::Lzw => unpacker.lzw(out),
            Kind::Other(start, count) => unpacker.pass(start, count, out),
        }
    }
}

fn stdout() -> BufWriter<Output> {
    BufWriter::with_capacity(BLOCK, Output::stdout())
}

fn flush(out: &mut dyn Write) -> Result<(), Trouble> {
    out.flush().map_err(|error| Trouble::Write(Output::errno(&error)))
}

/// The time as a header has it; 0 where it does not fit.
fn stored_time(time: Timestamp) -> u32 {
    u32::try_from(time.sec).unwrap_or(0)
}
