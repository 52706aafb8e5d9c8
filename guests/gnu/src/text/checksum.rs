//! `md5sum`, `sha1sum`, `sha224sum`, `sha256sum`, `sha384sum`, `sha512sum`.

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

const TAG: u8 = 0x80;
const IGNORE_MISSING: u8 = 0x81;
const QUIET: u8 = 0x82;
const STATUS: u8 = 0x83;
const STRICT: u8 = 0x84;

const LONG: &[Long] = &[
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
    Program::new(name, "[OPTION]... [FILE]...", "Prints or checks checksums.", "bctwz", LONG, main)
}

/// `md5sum`.
pub const MD5: Program = program("md5sum", |ctx, parsed| run(ctx, parsed, "MD5", &mut md5::Md5::default()));
/// `sha1sum`.
pub const SHA1: Program = program("sha1sum", |ctx, parsed| run(ctx, parsed, "SHA1", &mut sha1::Sha1::default()));
/// `sha224sum`.
pub const SHA224: Program =
    program("sha224sum", |ctx, parsed| run(ctx, parsed, "SHA224", &mut sha2::Sha224::default()));
/// `sha256sum`.
pub const SHA256: Program =
    program("sha256sum", |ctx, parsed| run(ctx, parsed, "SHA256", &mut sha2::Sha256::default()));
/// `sha384sum`.
pub const SHA384: Program =
    program("sha384sum", |ctx, parsed| run(ctx, parsed, "SHA384", &mut sha2::Sha384::default()));
/// `sha512sum`.
pub const SHA512: Program =
    program("sha512sum", |ctx, parsed| run(ctx, parsed, "SHA512", &mut sha2::Sha512::default()));

fn run(ctx: &mut Context<'_>, parsed: &Parsed, kind: &str, hash: &mut dyn DynDigest) -> Result<u8, Quit> {
    let checks = parsed.has(b'c');
    if parsed.has(TAG) && parsed.last_of(b"bt") == Some(b't') {
        return Err(wrong_usage(ctx, 1, &[b"--tag does not support --text mode"]));
    }
    if checks && parsed.has(TAG) {
        return Err(wrong_usage(ctx, 1, &[b"the --tag option is meaningless when verifying checksums"]));
    }
    if checks && parsed.has(b'z') {
        return Err(wrong_usage(ctx, 1, &[b"the --zero option is not supported when verifying checksums"]));
    }
    if checks && (parsed.has(b'b') || parsed.has(b't')) {
        return Err(wrong_usage(
            ctx,
            1,
            &[b"the --binary and --text options are meaningless when verifying checksums"],
        ));
    }
    for (key, name) in
        [(IGNORE_MISSING, "ignore-missing"), (STATUS, "status"), (b'w', "warn"), (QUIET, "quiet"), (STRICT, "strict")]
    {
        if !checks && parsed.has(key) {
            let text = format!("the --{name} option is meaningful only when verifying checksums");
            return Err(wrong_usage(ctx, 1, &[text.as_bytes()]));
        }
    }
    let mut code = 0;
    for name in or_stdin(&parsed.operands) {
        if checks {
            code |= u8::from(!check(ctx, parsed, kind, hash, &name));
            continue;
        }
        match sum(hash, &name) {
            Ok(sum) => print(ctx, parsed, kind, &name, &sum),
            Err(error) => {
                ctx.perror(&[&quote::as_needed(&name)], error);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn sum(hash: &mut dyn DynDigest, name: &[u8]) -> Result<Vec<u8>, Errno> {
    let source = Source::open(name)?;
    hash.reset();
    let mut block = vec![0; 64 << 10];
    loop {
        match fd::read(source.fd(), &mut block) {
            Ok(0) => break,
            Ok(n) => hash.update(block.get(..n).unwrap_or_default()),
            Err(Errno::Intr) => {}
            Err(error) => return Err(error),
        }
    }
    let mut sum = vec![0; hash.output_size()];
    // The room is as large as the hash says.
    let _ = hash.finalize_into_reset(&mut sum);
    let digits = sum.iter().flat_map(|byte| [hex(u64::from(byte >> 4)), hex(u64::from(byte & 15))].concat());
    Ok(digits.collect())
}

fn print(ctx: &mut Context<'_>, parsed: &Parsed, kind: &str, name: &[u8], sum: &[u8]) {
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
    if parsed.has(TAG) {
        ctx.put(&[mark, kind.as_bytes(), b" (", &shown, b") = ", sum, end].concat());
    } else {
        let mode: &[u8] = if parsed.last_of(b"bt") == Some(b'b') { b" *" } else { b"  " };
        ctx.put(&[mark, sum, mode, &shown, end].concat());
    }
}

/// The sum and the name of a line of a list.
fn read_line(line: &[u8], kind: &str, digits: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let line = line.trim_ascii_start();
    let (escaped, line) = line.strip_prefix(b"\\").map_or((false, line), |rest| (true, rest));
    let (sum, name) = if let Some(rest) =
        line.strip_prefix(kind.as_bytes()).and_then(|rest| rest.strip_prefix(b" (").or_else(|| rest.strip_prefix(b"(")))
    {
        let close = rest.windows(4).rposition(|window| window == b") = ")?;
        (rest.get(close + 4..)?, rest.get(..close)?)
    } else {
        let (sum, rest) = line.split_at_checked(digits)?;
        let name = match rest {
            [b' ', b' ' | b'*', name @ ..] => name,
            [b' ', name @ ..] => name,
            _ => return None,
        };
        (sum, name)
    };
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
    fits.then(|| (sum.to_ascii_lowercase(), out))
}

fn check(ctx: &mut Context<'_>, parsed: &Parsed, kind: &str, hash: &mut dyn DynDigest, list: &[u8]) -> bool {
    let shown_list = if list == b"-" { quote::always(b"standard input") } else { quote::as_needed(list) };
    let text = match content(list) {
        Ok(text) => text,
        Err(error) => {
            ctx.perror(&[&quote::as_needed(list)], error);
            return false;
        }
    };
    let digits = hash.output_size() * 2;
    let (status, quiet) = (parsed.has(STATUS), parsed.has(QUIET));
    let (mut good, mut bad, mut wrong, mut unreadable, mut missing) = (0u64, 0u64, 0u64, 0u64, false);
    for (number, line) in (1u64..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let Some((sum, name)) = read_line(line, kind, digits) else {
            wrong += 1;
            if parsed.has(b'w') {
                let place = format!(": {number}: improperly formatted {kind} checksum line");
                ctx.complain(&[&shown_list, place.as_bytes()]);
            }
            continue;
        };
        let shown = if name.contains(&b'\n') { quote::always(&name) } else { name.clone() };
        match self::sum(hash, &name) {
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
    use super::read_line;

    #[test]
    fn lines_of_lists() {
        let read = |line: &str| {
            read_line(line.as_bytes(), "X", 4)
                .map(|(sum, name)| (String::from_utf8(sum).unwrap(), String::from_utf8(name).unwrap()))
        };
        let pair = |sum: &str, name: &str| Some((sum.to_owned(), name.to_owned()));
        assert_eq!(read("ABcd  a b"), pair("abcd", "a b"));
        assert_eq!(read("abcd *x"), pair("abcd", "x"));
        assert_eq!(read("X (n) = abcd"), pair("abcd", "n"));
        assert_eq!(read("\\abcd  a\\nb"), pair("abcd", "a\nb"));
        assert_eq!((read("abc  x"), read("abcd"), read("abcg  x")), (None, None, None));
    }
}
