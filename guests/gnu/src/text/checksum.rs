//! `md5sum`, `sha1sum`, `sha224sum`, `sha256sum`, `sha384sum`, `sha512sum`, and what `cksum` and `b2sum` share with them.

use applets::format::hex;
use applets::options::{Long, Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use digest::DynDigest;
use wcr_sys::{Errno, fd};

use super::input::{content, or_stdin};
use crate::Program;
use crate::dispatch::wrong_usage;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

pub(super) const TAG: u8 = 0x80;
pub(super) const IGNORE_MISSING: u8 = 0x81;
pub(super) const QUIET: u8 = 0x82;
pub(super) const STATUS: u8 = 0x83;
pub(super) const STRICT: u8 = 0x84;

/// The long options of all these programs.
pub(super) const CHECK_OPTIONS: [Long; 12] = [
    ("binary", Takes::Nothing, b'b'),
    ("check", Takes::Nothing, b'c'),
    ("ignore-missing", Takes::Nothing, IGNORE_MISSING),
    ("quiet", Takes::Nothing, QUIET),
    ("status", Takes::Nothing, STATUS),
    ("strict", Takes::Nothing, STRICT),
    ("tag", Takes::Nothing, TAG),
    ("text", Takes::Nothing, b't'),
    ("warn", Takes::Nothing, b'w'),
    ("zero", Takes::Nothing, b'z'),
    HELP_OPTION,
    VERSION_OPTION,
];

const fn program(name: &'static str, main: crate::program::Main) -> Program {
    Program::new(name, "[OPTION]... [FILE]...", "Prints or checks checksums.", "bctwz", &CHECK_OPTIONS, main)
}

/// `md5sum`.
pub const MD5: Program = program("md5sum", |ctx, parsed| of_kind(ctx, parsed, Kind::Md5));
/// `sha1sum`.
pub const SHA1: Program = program("sha1sum", |ctx, parsed| of_kind(ctx, parsed, Kind::Sha1));
/// `sha224sum`.
pub const SHA224: Program = program("sha224sum", |ctx, parsed| of_kind(ctx, parsed, Kind::Sha224));
/// `sha256sum`.
pub const SHA256: Program = program("sha256sum", |ctx, parsed| of_kind(ctx, parsed, Kind::Sha256));
/// `sha384sum`.
pub const SHA384: Program = program("sha384sum", |ctx, parsed| of_kind(ctx, parsed, Kind::Sha384));
/// `sha512sum`.
pub const SHA512: Program = program("sha512sum", |ctx, parsed| of_kind(ctx, parsed, Kind::Sha512));

fn of_kind(ctx: &mut Context<'_>, parsed: &Parsed, kind: Kind) -> Result<u8, Quit> {
    run(ctx, parsed, Request { digest: Some(Digest { kind, bits: 0 }), tagged: parsed.has(TAG) })
}

/// The functions that make a checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Blake2b,
    Sm3,
}

impl Kind {
    /// All, in the order in which they are listed.
    pub(super) const ALL: [Self; 8] =
        [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512, Self::Blake2b, Self::Sm3];

    /// The name as an argument.
    pub(super) fn name(self) -> &'static [u8] {
        match self {
            Self::Md5 => b"md5",
            Self::Sha1 => b"sha1",
            Self::Sha224 => b"sha224",
            Self::Sha256 => b"sha256",
            Self::Sha384 => b"sha384",
            Self::Sha512 => b"sha512",
            Self::Blake2b => b"blake2b",
            Self::Sm3 => b"sm3",
        }
    }

    /// The name in lists.
    fn tag(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Blake2b => "BLAKE2b",
            Self::Sm3 => "SM3",
        }
    }

    /// How many bits a checksum has, unless another length is asked for.
    fn bits(self) -> usize {
        match self {
            Self::Md5 => 128,
            Self::Sha1 => 160,
            Self::Sha224 => 224,
            Self::Sha256 | Self::Sm3 => 256,
            Self::Sha384 => 384,
            Self::Sha512 | Self::Blake2b => 512,
        }
    }
}

/// The function of this name.
pub(super) fn named(name: &[u8]) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// A function and the length of what it makes; 0 for the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest {
    pub kind: Kind,
    pub bits: usize,
}

impl Digest {
    fn bits(self) -> usize {
        if self.bits == 0 { self.kind.bits() } else { self.bits }
    }

    fn tag(self) -> String {
        if self.bits() == self.kind.bits() {
            self.kind.tag().to_owned()
        } else {
            format!("{}-{}", self.kind.tag(), self.bits())
        }
    }

    /// The function at its start.
    fn start(self) -> Hasher {
        Hasher::Fixed(match self.kind {
            Kind::Md5 => Box::new(md5::Md5::default()),
            Kind::Sha1 => Box::new(sha1::Sha1::default()),
            Kind::Sha224 => Box::new(sha2::Sha224::default()),
            Kind::Sha256 => Box::new(sha2::Sha256::default()),
            Kind::Sha384 => Box::new(sha2::Sha384::default()),
            Kind::Sha512 => Box::new(sha2::Sha512::default()),
            Kind::Sm3 => Box::new(sm3::Sm3::default()),
            Kind::Blake2b => {
                return Hasher::Blake(blake2b_simd::Params::new().hash_length(self.bits() / 8).to_state());
            }
        })
    }
}

/// A function that is being fed.
enum Hasher {
    Fixed(Box<dyn DynDigest>),
    Blake(blake2b_simd::State),
}

impl Hasher {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Fixed(hash) => hash.update(bytes),
            Self::Blake(state) => {
                state.update(bytes);
            }
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Fixed(hash) => hash.finalize().into_vec(),
            Self::Blake(state) => state.finalize().as_bytes().to_vec(),
        }
    }
}

/// What is asked for.
pub(super) struct Request {
    /// The function; `None` where a list tells it.
    pub digest: Option<Digest>,
    /// Whether the function's name stands in front.
    pub tagged: bool,
}

/// Options that only mean something with `--check`, or only without.
pub(super) fn refuse_meaningless(ctx: &mut Context<'_>, parsed: &Parsed, checks: bool) -> Result<(), Quit> {
    if checks && parsed.has(b'z') {
        return Err(wrong_usage(ctx, 1, &[b"the --zero option is not supported when verifying checksums"]));
    }
    for (key, name) in
        [(IGNORE_MISSING, "ignore-missing"), (STATUS, "status"), (b'w', "warn"), (QUIET, "quiet"), (STRICT, "strict")]
    {
        if !checks && parsed.has(key) {
            let text = format!("the --{name} option is meaningful only when verifying checksums");
            return Err(wrong_usage(ctx, 1, &[text.as_bytes()]));
        }
    }
    Ok(())
}

/// Prints or checks checksums; the exit code.
/// # Errors
/// Options that contradict each other, which has been told.
pub(super) fn run(ctx: &mut Context<'_>, parsed: &Parsed, request: Request) -> Result<u8, Quit> {
    let checks = parsed.has(b'c');
    if ctx.applet.name != "cksum" {
        if parsed.has(TAG) && parsed.last_of(b"bt") == Some(b't') {
            return Err(wrong_usage(ctx, 1, &[b"--tag does not support --text mode"]));
        }
        if checks && parsed.has(TAG) {
            return Err(wrong_usage(ctx, 1, &[b"the --tag option is meaningless when verifying checksums"]));
        }
    }
    if checks && (parsed.has(b'b') || parsed.has(b't')) {
        let text = b"the --binary and --text options are meaningless when verifying checksums";
        return Err(wrong_usage(ctx, 1, &[text]));
    }
    refuse_meaningless(ctx, parsed, checks)?;
    let mut code = 0;
    for name in or_stdin(&parsed.operands) {
        if checks {
            code |= u8::from(!check(ctx, parsed, request.digest, &name));
            continue;
        }
        let Some(digest) = request.digest else { continue };
        match sum(digest, &name) {
            Ok(sum) => print(ctx, parsed, request.tagged.then(|| digest.tag()).as_deref(), &name, &sum),
            Err(error) => {
                ctx.perror(&[&quote::as_needed(&name)], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn sum(digest: Digest, name: &[u8]) -> Result<Vec<u8>, Errno> {
    let source = Source::open(name)?;
    let mut hash = digest.start();
    let mut block = vec![0; 64 << 10];
    loop {
        match fd::read(source.fd(), &mut block) {
            Ok(0) => break,
            Ok(n) => hash.update(block.get(..n).unwrap_or_default()),
            Err(Errno::Intr) => {}
            Err(error) => return Err(error),
        }
    }
    let sum = hash.finish();
    let digits = sum.iter().flat_map(|byte| [hex(u64::from(byte >> 4)), hex(u64::from(byte & 15))].concat());
    Ok(digits.collect())
}

fn print(ctx: &mut Context<'_>, parsed: &Parsed, tag: Option<&str>, name: &[u8], sum: &[u8]) {
    let end: &[u8] = if parsed.has(b'z') { b"\0" } else { b"\n" };
    let escaped = !parsed.has(b'z') && name.iter().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r'));
    let shown: Vec<u8> = if escaped {
        name.iter()
            .flat_map(|byte| match byte {
                b'\\' => b"\\\\".to_vec(),
                b'\n' => b"\\n".to_vec(),
                b'\r' => b"\\r".to_vec(),
                byte => vec![*byte],
            })
            .collect()
    } else {
        name.to_vec()
    };
    let mark: &[u8] = if escaped { b"\\" } else { b"" };
    if let Some(tag) = tag {
        ctx.put(&[mark, tag.as_bytes(), b" (", &shown, b") = ", sum, end].concat());
    } else {
        let mode: &[u8] = if parsed.last_of(b"bt") == Some(b'b') { b" *" } else { b"  " };
        ctx.put(&[mark, sum, mode, &shown, end].concat());
    }
}

/// The sum, the name and the function of a line of a list.
fn read_line(line: &[u8], digest: Option<Digest>) -> Option<(Vec<u8>, Vec<u8>, Digest)> {
    let line = line.trim_ascii_start();
    let (escaped, line) = line.strip_prefix(b"\\").map_or((false, line), |rest| (true, rest));
    let (sum, name, digest) = match read_tag(line, digest) {
        Some((digest, rest)) => {
            let close = rest.windows(4).rposition(|window| window == b") = ")?;
            (rest.get(close + 4..)?, rest.get(..close)?, digest)
        }
        None => {
            let mut digest = digest?;
            let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
            if digest.kind == Kind::Blake2b {
                // The length tells how many bits there are.
                digest.bits = (digits * 4 <= Kind::Blake2b.bits() && digits % 2 == 0).then_some(digits * 4)?;
            }
            let (sum, rest) = line.split_at_checked(digest.bits() / 4)?;
            let name = match rest {
                [b' ', b' ' | b'*', name @ ..] => name,
                [b' ', name @ ..] => name,
                _ => return None,
            };
            (sum, name, digest)
        }
    };
    let digits = digest.bits() / 4;
    let fits = sum.len() == digits && sum.iter().all(u8::is_ascii_hexdigit) && !name.is_empty();
    let mut out = Vec::new();
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        if escaped && *byte == b'\\' {
            out.push(match bytes.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b'\\' => b'\\',
                _ => return None,
            });
        } else {
            out.push(*byte);
        }
    }
    fits.then(|| (sum.to_ascii_lowercase(), out, digest))
}

/// The function that a line begins with, and what follows the parenthesis behind it. It has to be the one that is asked
/// for, if one is.
fn read_tag(line: &[u8], digest: Option<Digest>) -> Option<(Digest, &[u8])> {
    let kinds = Kind::ALL.into_iter().filter(|kind| digest.is_none_or(|digest| digest.kind == *kind));
    for kind in kinds {
        let Some(mut rest) = line.strip_prefix(kind.tag().as_bytes()) else { continue };
        let mut bits = 0;
        if let (Kind::Blake2b, Some(number)) = (kind, rest.strip_prefix(b"-")) {
            let len = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
            bits = usize::try_from(applets::format::parse_decimal(number.get(..len)?)?).ok()?;
            if bits == 0 || bits % 8 != 0 || bits > kind.bits() {
                return None;
            }
            rest = number.get(len..)?;
        }
        if let Some(name) = rest.strip_prefix(b" (").or_else(|| rest.strip_prefix(b"(")) {
            return Some((Digest { kind, bits }, name));
        }
    }
    None
}

fn check(ctx: &mut Context<'_>, parsed: &Parsed, digest: Option<Digest>, list: &[u8]) -> bool {
    let mut last = digest;
    let shown_list = if list == b"-" { quote::always(b"standard input") } else { quote::as_needed(list) };
    let text = match content(list) {
        Ok(text) => text,
        Err(error) => {
            ctx.perror(&[&quote::as_needed(list)], error);
            return false;
        }
    };
    let (status, quiet) = (parsed.has(STATUS), parsed.has(QUIET));
    let (mut good, mut bad, mut wrong, mut unreadable, mut missing) = (0u64, 0u64, 0u64, 0u64, false);
    for (number, line) in (1u64..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let Some((sum, name, digest)) = read_line(line, digest) else {
            wrong += 1;
            if parsed.has(b'w') {
                let kind = last.map_or("CRC", |digest| digest.kind.tag());
                let place = format!(": {number}: improperly formatted {kind} checksum line");
                ctx.complain(&[&shown_list, place.as_bytes()]);
            }
            continue;
        };
        last = Some(digest);
        let shown = if name.contains(&b'\n') { quote::always(&name) } else { name.clone() };
        match self::sum(digest, &name) {
            Ok(found) if found == sum => {
                good += 1;
                if !status && !quiet {
                    ctx.put(&[&shown[..], b": OK\n"].concat());
                }
            }
            Ok(_) => {
                bad += 1;
                if !status {
                    ctx.put(&[&shown[..], b": FAILED\n"].concat());
                }
            }
            Err(Errno::Noent) if parsed.has(IGNORE_MISSING) => missing = true,
            Err(error) => {
                unreadable += 1;
                ctx.perror(&[&quote::as_needed(&name)], error);
                if !status {
                    ctx.put(&[&shown[..], b": FAILED open or read\n"].concat());
                }
            }
        }
    }
    if good + bad + unreadable == 0 && !(missing && parsed.has(IGNORE_MISSING)) {
        ctx.complain(&[&shown_list, b": no properly formatted checksum lines found"]);
        return false;
    }
    if !status {
        let warn = |ctx: &mut Context<'_>, count: u64, one: &str, many: &str| {
            if count > 0 {
                let text = format!("WARNING: {count} {}", if count == 1 { one } else { many });
                ctx.complain(&[text.as_bytes()]);
            }
        };
        warn(ctx, wrong, "line is improperly formatted", "lines are improperly formatted");
        warn(ctx, unreadable, "listed file could not be read", "listed files could not be read");
        warn(ctx, bad, "computed checksum did NOT match", "computed checksums did NOT match");
        if parsed.has(IGNORE_MISSING) && good + bad == 0 {
            ctx.complain(&[&shown_list, b": no file was verified"]);
        }
    }
    let verified = !parsed.has(IGNORE_MISSING) || good > 0;
    bad == 0 && unreadable == 0 && verified && (wrong == 0 || !parsed.has(STRICT))
}

#[cfg(test)]
mod tests {
    use super::{Digest, Kind, read_line};

    #[test]
    fn lines_of_lists() {
        let blake = Some(Digest { kind: Kind::Blake2b, bits: 0 });
        let read = |line: &str, digest: Option<Digest>| {
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            read_line(line.as_bytes(), digest).map(|(sum, name, digest)| (text(sum), text(name), digest.bits()))
        };
        let line = |sum: &str, name: &str| Some((sum.to_owned(), name.to_owned(), 16));
        assert_eq!(read("ABcd  a b", blake), line("abcd", "a b"));
        assert_eq!(read("abcd *x", blake), line("abcd", "x"));
        assert_eq!(read("BLAKE2b-16 (n) = abcd", None), line("abcd", "n"));
        assert_eq!(read("\\abcd  a\\nb", blake), line("abcd", "a\nb"));
        assert_eq!((read("abc  x", blake), read("abcd", blake), read("abcd  x", None)), (None, None, None));
        assert_eq!(read("BLAKE2b-12 (n) = abc", blake), None);
    }
}
