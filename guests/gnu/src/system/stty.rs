//! `stty`: the settings themselves are those of the applet.

use applets::options::Parsed;
use applets::system::stty::{Show, Terminal, apply, character, display, is_plain, is_speed, takes_value};
use applets::{Context, Quit, number};
use wcr_sys::abi::{OpenFlags, SetWhen, Termios, WinSize};
use wcr_sys::{Errno, fd, fs, tty};

use crate::Program;
use crate::dispatch::wrong_usage;
use crate::quote;

/// The program.
pub const PROGRAM: Program = Program::raw(
    "stty",
    "[-F DEVICE | --file=DEVICE] [SETTING]...\n  or:  stty [-F DEVICE | --file=DEVICE] [-a|--all]\n  or:  stty [-F DEVICE | --file=DEVICE] [-g|--save]",
    "Shows and changes the settings of a terminal.",
    false,
    run,
);

/// What this program calls the character that discards output, and what the applet calls it.
const DISCARD: &str = "discard";

/// What the arguments ask for.
#[derive(Default)]
struct Request<'a> {
    device: Option<&'a [u8]>,
    all: bool,
    save: bool,
    settings: Vec<&'a [u8]>,
}

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    let request = read(ctx, ctx.args)?;
    check(ctx, &request.settings)?;
    if request.all && request.save {
        let what = b"the options for verbose and stty-readable output styles are\nmutually exclusive";
        return Err(ctx.die(&[what]));
    }
    if (request.all || request.save) && !request.settings.is_empty() {
        return Err(ctx.die(&[b"when specifying an output style, modes may not be set"]));
    }
    let terminal = match request.device {
        None => Terminal { fd: fd::STDIN, name: quote::as_needed(b"standard input") },
        Some(path) => {
            let flags = OpenFlags::RDONLY.with(OpenFlags::NONBLOCK).with(OpenFlags::CLOEXEC);
            let opened = fs::open(path, flags, 0);
            let fd = opened.map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?;
            Terminal { fd, name: quote::as_needed(path) }
        }
    };
    let read = tty::attributes(terminal.fd);
    let mut state = read.map_err(|error| ctx.die_errno(&[&terminal.name], error))?;
    if request.settings.is_empty() {
        let show = match (request.all, request.save) {
            (true, _) => Show::All,
            (_, true) => Show::Recoverable,
            _ => Show::Changed,
        };
        let size = tty::size(terminal.fd).unwrap_or(WinSize { rows: 0, cols: 0 });
        ctx.put(&display(&state, size, show, DISCARD));
        return Ok(0);
    }
    let (before, mut split, mut drain) = (state, false, true);
    let mut words = request.settings.iter().copied();
    while let Some(word) = words.next() {
        match word {
            b"drain" => drain = true,
            b"-drain" => drain = false,
            word => {
                let value = if has_value(word) { words.next() } else { None };
                set(ctx, &terminal, &mut state, &mut split, (word, value))?;
            }
        }
    }
    if state != before {
        let when = if drain { SetWhen::Drain } else { SetWhen::Now };
        let set = tty::set_attributes(terminal.fd, when, &state);
        set.map_err(|error| ctx.die_errno(&[&terminal.name], error))?;
        let after = tty::attributes(terminal.fd).map_err(|error| ctx.die_errno(&[&terminal.name], error))?;
        if after != state || split {
            return Err(ctx.die(&[&terminal.name, b": unable to perform all requested operations"]));
        }
    }
    Ok(0)
}

fn read<'a>(ctx: &mut Context<'_>, args: &'a [Vec<u8>]) -> Result<Request<'a>, Quit> {
    let mut request = Request::default();
    let mut args = args.iter();
    let mut devices = Vec::new();
    while let Some(arg) = args.next() {
        match arg.as_slice() {
            b"--all" => request.all = true,
            b"--save" => request.save = true,
            b"-F" | b"--file" => match args.next() {
                Some(path) => devices.push(path.as_slice()),
                None => return Err(invalid(ctx, arg)),
            },
            [b'-', b'F', path @ ..] => devices.push(path),
            [b'-', b'-', b'f', b'i', b'l', b'e', b'=', path @ ..] => devices.push(path),
            [b'-', letters @ ..] if !letters.is_empty() && letters.iter().all(|letter| b"ag".contains(letter)) => {
                request.all |= letters.contains(&b'a');
                request.save |= letters.contains(&b'g');
            }
            b"--" => {}
            word => request.settings.push(word),
        }
    }
    if devices.len() > 1 {
        return Err(ctx.die(&[b"only one device may be specified"]));
    }
    request.device = devices.first().copied();
    Ok(request)
}

fn invalid(ctx: &mut Context<'_>, word: &[u8]) -> Quit {
    wrong_usage(ctx, 1, &[b"invalid argument ", &quote::locale(word)])
}

fn has_value(word: &[u8]) -> bool {
    takes_value(word) && word != applets::system::stty::FLUSH.as_bytes() || word == DISCARD.as_bytes()
}

/// Looks through the settings before anything is set. What numbers of lines and speeds are is looked at when they are
/// set.
fn check(ctx: &mut Context<'_>, settings: &[&[u8]]) -> Result<(), Quit> {
    let mut words = settings.iter().copied();
    while let Some(word) = words.next() {
        if has_value(word) {
            let Some(value) = words.next() else {
                return Err(wrong_usage(ctx, 1, &[b"missing argument to ", &quote::locale(word)]));
            };
            match word {
                b"rows" | b"cols" | b"columns" | b"ispeed" | b"ospeed" => {}
                b"line" => {
                    if !applets::format::parse_decimal(value).is_some_and(|number| number <= 255) {
                        ctx.complain(&[b"invalid line discipline ", &quote::locale(value)]);
                    }
                }
                _ if matches!(value, [_] | b"" | b"^-" | b"undef" | [b'^', _]) && !matches!(word, b"min" | b"time") => {
                }
                _ => {
                    integer(ctx, value, 255)?;
                }
            }
        } else if !matches!(word, b"drain" | b"-drain") && !is_plain(word) {
            let speed = applets::format::parse_decimal(word).filter(|speed| is_speed(*speed));
            if speed.is_none() {
                return Err(invalid(ctx, word));
            }
        }
    }
    Ok(())
}

fn integer(ctx: &mut Context<'_>, text: &[u8], most: u64) -> Result<u64, Quit> {
    let what = b"invalid integer argument: ";
    let scanned = number::unsigned(text, 0);
    let signed = text.starts_with(b"-") || text.starts_with(b"+");
    if scanned.len == 0 || scanned.len != text.len() || signed {
        return Err(ctx.die(&[what, &quote::locale(text)]));
    }
    if scanned.overflow || scanned.value > most {
        let error = if scanned.overflow { Errno::Overflow } else { Errno::Range };
        return Err(ctx.die_errno(&[what, &quote::locale(text)], error));
    }
    Ok(scanned.value)
}

fn set(
    ctx: &mut Context<'_>,
    terminal: &Terminal,
    state: &mut Termios,
    split: &mut bool,
    (word, value): (&[u8], Option<&[u8]>),
) -> Result<(), Quit> {
    let Some(value) = value else { return apply(ctx, terminal, state, split, word, None) };
    let word = if word == DISCARD.as_bytes() { applets::system::stty::FLUSH.as_bytes() } else { word };
    let value = match word {
        b"rows" | b"cols" | b"columns" => integer(ctx, value, i32::MAX as u64)?.to_string().into_bytes(),
        b"ispeed" | b"ospeed" => match applets::format::parse_decimal(value).filter(|speed| is_speed(*speed)) {
            Some(speed) => speed.to_string().into_bytes(),
            None => {
                let shown = quote::locale(value);
                return Err(ctx.die(&[b"invalid ", word, b" ", &shown]));
            }
        },
        word if character(word).is_none() => integer(ctx, value, 255)?.to_string().into_bytes(),
        // A number of a character, in any base, as the applet takes it.
        _ if value.len() > 1 && !matches!(value, b"undef" | [b'^', _]) => {
            integer(ctx, value, 255)?.to_string().into_bytes()
        }
        _ => value.to_vec(),
    };
    apply(ctx, terminal, state, split, word, Some(&value))
}

#[cfg(test)]
mod tests {
    use super::PROGRAM;
    use crate::dispatch::testing::run;

    /// As stty of coreutils 9.1.
    #[test]
    fn settings_are_checked_first() {
        let error = |args: &[&str]| run(&PROGRAM, args).2;
        for word in ["foo", "-cs8", "12345", "-nosuch", "1:2:3", "--foo"] {
            let expected = format!("stty: invalid argument '{word}'\nTry 'stty --help' for more information.\n");
            assert_eq!(error(&[word]), expected);
        }
        assert_eq!(error(&["rows"]), "stty: missing argument to 'rows'\nTry 'stty --help' for more information.\n");
        assert_eq!(error(&["quit", "ab"]), "stty: invalid integer argument: 'ab'\n");
        assert_eq!(error(&["-F", "a", "-F", "b"]), "stty: only one device may be specified\n");
    }
}
