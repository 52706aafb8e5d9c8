//! `hostname`, of Debian's package of that name.

use applets::core::hostname::look_up;
use applets::options::{Long, Parsed, Spec, Takes};
use applets::{Context, Quit};
use wcr_sys::{fs, process};

use crate::Program;
use crate::dispatch::base_name;
use crate::program::HELP;

/// What `--help` prints.
const HELP_TEXT: &str = include_str!("hostname-help.txt");

/// The exit code after the help or a wrong option.
const USAGE: u8 = 255;

const LONG: &[Long] = &[
    ("domain", Takes::Nothing, b'd'),
    ("boot", Takes::Nothing, b'b'),
    ("file", Takes::Value, b'F'),
    ("fqdn", Takes::Nothing, b'f'),
    ("all-fqdns", Takes::Nothing, b'A'),
    ("help", Takes::Nothing, HELP),
    ("long", Takes::Nothing, b'f'),
    ("short", Takes::Nothing, b's'),
    ("version", Takes::Nothing, b'V'),
    ("verbose", Takes::Nothing, b'v'),
    ("alias", Takes::Nothing, b'a'),
    ("ip-address", Takes::Nothing, b'i'),
    ("all-ip-addresses", Takes::Nothing, b'I'),
    ("nis", Takes::Nothing, b'y'),
    ("yp", Takes::Nothing, b'y'),
];
const SPEC: Spec = Spec::new("aAdfbF:h?iIsVvy", LONG);

/// The program.
pub const PROGRAM: Program = Program::whole("hostname", run);

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    ctx.name = base_name(ctx.name);
    let (parsed, wrong) = SPEC.read_all(ctx.args);
    if let Some(message) = wrong {
        ctx.complain(&[&message]);
        ctx.put(HELP_TEXT.as_bytes());
        return Err(Quit(USAGE));
    }
    if parsed.has(b'h') || parsed.has(b'?') || parsed.has(HELP) {
        ctx.put(HELP_TEXT.as_bytes());
        return Err(Quit(USAGE));
    }
    if parsed.operands.len() > 1 {
        ctx.put_err(HELP_TEXT.as_bytes());
        return Err(Quit(USAGE));
    }
    if parsed.has(b'V') {
        ctx.put(b"hostname 3.23\n");
        return Ok(0);
    }
    if let Some(path) = parsed.value(b'F')
        && let Err(error) = fs::read_file(path)
    {
        return Err(ctx.die(&[error.message().as_bytes()]));
    }
    if parsed.has(b'F') || !parsed.operands.is_empty() {
        // The name belongs to the container and is fixed while it runs.
        return Err(ctx.die(&[b"you must be root to change the host name"]));
    }
    let name = process::uname().nodename.into_bytes();
    let line = match parsed.last_of(b"aAdfiIsy") {
        None => name,
        Some(b's') => name.split(|byte| *byte == b'.').next().unwrap_or_default().to_vec(),
        // There is no network, and so no address of its own and no name of one.
        Some(b'I' | b'A') => Vec::new(),
        Some(b'y') => return Err(ctx.die(&[b"Local domain name not set"])),
        Some(key) => {
            let Some((addresses, canonical)) = look_up(&name) else {
                return Err(ctx.die(&[b"Name or service not known"]));
            };
            match key {
                b'i' => addresses.join(&b' '),
                b'f' => canonical,
                b'd' => match canonical.iter().position(|byte| *byte == b'.') {
                    Some(dot) => canonical.get(dot + 1..).unwrap_or_default().to_vec(),
                    None => return Ok(0),
                },
                _ => Vec::new(),
            }
        }
    };
    ctx.put(&[line.as_slice(), b"\n"].concat());
    Ok(0)
}
