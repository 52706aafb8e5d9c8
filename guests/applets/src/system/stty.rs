//! `stty`: shows and changes a terminal's settings.

pub mod modes;

use wcr_sys::abi::{OpenFlags, SetWhen, Termios, WinSize, cc, iflag, lflag, oflag};
use wcr_sys::{Errno, Fd, fd, fs, tty};

use crate::number;
use crate::{Applet, Context, Quit};
use modes::{COMBINATIONS, Group, MODES, named};

/// The applet.
pub const APPLET: Applet = Applet::new("stty", include_str!("usage/stty.txt"), stty);

/// The control characters in the order they are shown: name, place, the usual value. `VTIME` and `VMIN` are apart.
const CHARACTERS: [(&str, usize, u8); 15] = [
    ("intr", cc::VINTR, 3),
    ("quit", cc::VQUIT, 28),
    ("erase", cc::VERASE, 127),
    ("kill", cc::VKILL, 21),
    ("eof", cc::VEOF, 4),
    ("eol", cc::VEOL, 0),
    ("eol2", cc::VEOL2, 0),
    ("swtch", VSWTC, 0),
    ("start", cc::VSTART, 17),
    ("stop", cc::VSTOP, 19),
    ("susp", cc::VSUSP, 26),
    ("rprnt", cc::VREPRINT, 18),
    ("werase", cc::VWERASE, 23),
    ("lnext", cc::VLNEXT, 22),
    (FLUSH, cc::VDISCARD, 15),
];

/// Where the character for switching shells stands, which does nothing.
const VSWTC: usize = 7;
/// The bits of the speed in [`Termios::cflag`], by number.
const SPEEDS: [(u32, u32); 31] = [
    (0, 0),
    (50, 0o1),
    (75, 0o2),
    (110, 0o3),
    (134, 0o4),
    (150, 0o5),
    (200, 0o6),
    (300, 0o7),
    (600, 0o10),
    (1200, 0o11),
    (1800, 0o12),
    (2400, 0o13),
    (4800, 0o14),
    (9600, 0o15),
    (19200, 0o16),
    (38400, 0o17),
    (57600, 0o10001),
    (115_200, 0o10002),
    (230_400, 0o10003),
    (460_800, 0o10004),
    (500_000, 0o10005),
    (576_000, 0o10006),
    (921_600, 0o10007),
    (1_000_000, 0o10010),
    (1_152_000, 0o10011),
    (1_500_000, 0o10012),
    (2_000_000, 0o10013),
    (2_500_000, 0o10014),
    (3_000_000, 0o10015),
    (3_500_000, 0o10016),
    (4_000_000, 0o10017),
];
const SPEED_BITS: u32 = 0o10017;
/// How many control characters `-g` shows: Linux's C library has room for more than the kernel.
const SHOWN_CHARACTERS: usize = 32;
/// The width of a terminal that does not tell its own.
const WIDTH: usize = 80;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// What differs from sane settings.
    Changed,
    /// Everything.
    All,
    /// Everything, in a form that can be given back.
    Recoverable,
}

/// The terminal that is worked on.
#[derive(Debug)]
pub struct Terminal {
    /// It, opened.
    pub fd: Fd,
    /// What it is called in diagnostics.
    pub name: Vec<u8>,
}

/// What the character is called that discards output: not all programs agree.
pub const FLUSH: &str = "flush";

fn stty(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut show = Show::Changed;
    let (mut device, mut settings, mut seen) = (None, Vec::new(), 0);
    let mut args = ctx.args.iter();
    while let Some(arg) = args.next() {
        // Options are known by their first letter; all else is a setting.
        match arg.as_slice() {
            b"-a" => (show, seen) = (Show::All, seen | 1),
            b"-g" => (show, seen) = (Show::Recoverable, seen | 2),
            b"-ag" | b"-ga" => seen = 3,
            [b'-', b'F', rest @ ..] if rest.is_empty() => match args.next() {
                None => return Err(ctx.die(&[b"-F requires an argument"])),
                Some(path) => set_device(ctx, &mut device, path)?,
            },
            [b'-', b'F', rest @ ..] => set_device(ctx, &mut device, rest)?,
            b"-" => {}
            _ => settings.push(arg.as_slice()),
        }
    }
    check(ctx, &settings)?;
    if seen == 3 {
        return Err(ctx.die(&[b"-a and -g are mutually exclusive"]));
    }
    if seen != 0 && !settings.is_empty() {
        return Err(ctx.die(&[b"modes may not be set when -a or -g is used"]));
    }
    let terminal = open(ctx, device)?;
    let attributes = tty::attributes(terminal.fd);
    let mut attributes = attributes.map_err(|error| ctx.die_errno(&[&terminal.name], error))?;
    if settings.is_empty() {
        let size = tty::size(terminal.fd).unwrap_or(WinSize { rows: 0, cols: 0 });
        ctx.put(&display(&attributes, size, show, FLUSH));
        return Ok(0);
    }
    let before = attributes;
    let mut split = false;
    let mut words = settings.iter().copied();
    while let Some(word) = words.next() {
        let value = if takes_value(word) { words.next() } else { None };
        apply(ctx, &terminal, &mut attributes, &mut split, word, value)?;
    }
    if attributes != before {
        let set = tty::set_attributes(terminal.fd, SetWhen::Drain, &attributes);
        set.map_err(|error| ctx.die_errno(&[&terminal.name], error))?;
        let after = tty::attributes(terminal.fd).map_err(|error| ctx.die_errno(&[&terminal.name], error))?;
        if after != attributes || split {
            return Err(ctx.die(&[&terminal.name, b": cannot perform all requested operations"]));
        }
    }
    Ok(0)
}

fn set_device(ctx: &mut Context<'_>, device: &mut Option<Vec<u8>>, path: &[u8]) -> Result<(), Quit> {
    match device.replace(path.to_vec()) {
        None => Ok(()),
        Some(_) => Err(ctx.die(&[b"only one device may be specified"])),
    }
}

fn open(ctx: &mut Context<'_>, device: Option<Vec<u8>>) -> Result<Terminal, Quit> {
    let Some(path) = device else { return Ok(Terminal { fd: fd::STDIN, name: b"standard input".to_vec() }) };
    let flags = OpenFlags::RDONLY.with(OpenFlags::NONBLOCK).with(OpenFlags::CLOEXEC);
    match fs::open(&path, flags, 0) {
        Ok(fd) => Ok(Terminal { fd, name: path }),
        Err(error) => Err(ctx.die_errno(&[b"can't open '", &path, b"'"], error)),
    }
}

/// The settings that a value follows.
#[must_use]
pub fn takes_value(word: &[u8]) -> bool {
    let named = [&b"rows"[..], b"cols", b"columns", b"line", b"min", b"time", b"ispeed", b"ospeed"].contains(&word);
    named || character(word).is_some()
}

/// The place of a control character of this name.
#[must_use]
pub fn character(word: &[u8]) -> Option<usize> {
    CHARACTERS.iter().find(|(name, ..)| name.as_bytes() == word).map(|(_, place, _)| *place)
}

/// Looks through the settings before anything is set.
fn check(ctx: &mut Context<'_>, settings: &[&[u8]]) -> Result<(), Quit> {
    let mut words = settings.iter().copied();
    while let Some(word) = words.next() {
        if takes_value(word) {
            let Some(value) = words.next() else { return Err(ctx.die(&[word, b" requires an argument"])) };
            match word {
                b"rows" | b"cols" | b"columns" | b"line" => {
                    ranged(ctx, value, 1, i32::MAX as u64)?;
                }
                b"min" | b"time" => {
                    ranged(ctx, value, 0, 255)?;
                }
                b"ispeed" | b"ospeed" => {
                    ranged(ctx, value, 0, u32::MAX.into())?;
                }
                _ => {
                    control_value(ctx, value)?;
                }
            }
            continue;
        }
        if is_plain(word) {
            continue;
        }
        if word.starts_with(b"-") {
            return Err(ctx.die(&[b"invalid argument '", word, b"'"]));
        }
        let speed = ranged(ctx, word, 0, u32::MAX.into())?;
        if !is_speed(speed) {
            return Err(ctx.die(&[b"invalid argument '", word, b"'"]));
        }
    }
    Ok(())
}

/// Whether a setting without a value, other than a speed, is known.
#[must_use]
pub fn is_plain(word: &[u8]) -> bool {
    let (plain, reversed) = word.strip_prefix(b"-").map_or((word, false), |plain| (plain, true));
    named(plain).is_some_and(|mode| !(reversed && mode.fixed()))
        || COMBINATIONS.iter().any(|(name, both)| name.as_bytes() == plain && (!reversed || *both))
        || !reversed && (word == b"size" || word == b"speed" || recover(word).is_some())
}

/// Whether a line can have this speed.
#[must_use]
pub fn is_speed(speed: u64) -> bool {
    SPEEDS.iter().any(|(known, _)| u64::from(*known) == speed)
}

fn ranged(ctx: &mut Context<'_>, text: &[u8], least: u64, most: u64) -> Result<u64, Quit> {
    let number = crate::format::parse_decimal(text);
    let number = number.ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(ctx.die(&[b"number ", text, format!(" is not in {least}..{most} range").as_bytes()]))
}

/// A character: itself, `^X`, `undef`, or nothing.
fn control_value(ctx: &mut Context<'_>, text: &[u8]) -> Result<u8, Quit> {
    match text {
        b"" | b"^-" | b"undef" => Ok(0),
        [one] => Ok(*one),
        b"^?" => Ok(127),
        [b'^', letter] => Ok(letter & !0x60),
        _ => ranged(ctx, text, 0, 255).map(|number| number as u8),
    }
}

/// The settings that `-g` has shown.
#[must_use]
pub fn recover(word: &[u8]) -> Option<Termios> {
    let fields: Option<Vec<u32>> = word
        .split(|byte| *byte == b':')
        .map(|field| {
            let scanned = number::unsigned(field, 16);
            (!field.is_empty() && scanned.len == field.len()).then(|| u32::try_from(scanned.value).ok()).flatten()
        })
        .collect();
    let fields = fields.filter(|fields| fields.len() == 4 + SHOWN_CHARACTERS)?;
    let mut state =
        Termios { iflag: fields[0], oflag: fields[1], cflag: fields[2], lflag: fields[3], ..Termios::default() };
    for (place, value) in state.cc.iter_mut().zip(&fields[4..]) {
        *place = u8::try_from(*value).ok()?;
    }
    let speed = SPEEDS.iter().find(|(_, bits)| *bits == state.cflag & SPEED_BITS)?.0;
    (state.ispeed, state.ospeed) = (speed, speed);
    Some(state)
}

/// Changes `state` by a setting, which is a known one, with the value that follows it; `split` tells that the line would
/// need two speeds.
/// # Errors
/// The terminal does not tell its size or take a new one, which has been told.
pub fn apply(
    ctx: &mut Context<'_>,
    terminal: &Terminal,
    state: &mut Termios,
    split: &mut bool,
    word: &[u8],
    value: Option<&[u8]>,
) -> Result<(), Quit> {
    let (plain, on) = word.strip_prefix(b"-").map_or((word, true), |plain| (plain, false));
    if let Some(value) = value {
        let number = || crate::format::parse_decimal(value).unwrap_or(0);
        match word {
            b"rows" => resize(ctx, terminal, |size| size.rows = number() as u16)?,
            b"cols" | b"columns" => resize(ctx, terminal, |size| size.cols = number() as u16)?,
            b"line" => state.line = number() as u8,
            b"min" => state.cc[cc::VMIN] = number() as u8,
            b"time" => state.cc[cc::VTIME] = number() as u8,
            b"ispeed" | b"ospeed" => {
                // A line has one speed: setting one of two to another is more than can be done.
                let old = state.ospeed;
                set_speed(state, number());
                *split |= state.ospeed != old;
            }
            _ => {
                let value = control_value(ctx, value)?;
                if let Some(place) = character(word) {
                    state.cc[place] = value;
                }
            }
        }
        return Ok(());
    }
    if let Some(mode) = named(plain) {
        mode.set(state, on);
    } else if COMBINATIONS.iter().any(|(name, _)| name.as_bytes() == plain) {
        combine(state, plain, on);
    } else if word == b"size" {
        let size = tty::size(terminal.fd).map_err(|error| ctx.die_errno(&[&terminal.name], error))?;
        ctx.put(format!("{} {}\n", size.rows, size.cols).as_bytes());
    } else if word == b"speed" {
        ctx.put(format!("{}\n", state.ospeed).as_bytes());
    } else if let Some(kept) = recover(word) {
        *state = Termios { line: state.line, ..kept };
    } else {
        set_speed(state, crate::format::parse_decimal(word).unwrap_or(0));
    }
    Ok(())
}

fn set_speed(state: &mut Termios, speed: u64) {
    if let Some((speed, bits)) = SPEEDS.iter().find(|(known, _)| u64::from(*known) == speed) {
        state.cflag = state.cflag & !SPEED_BITS | bits;
        (state.ispeed, state.ospeed) = (*speed, *speed);
    }
}

fn resize(ctx: &mut Context<'_>, terminal: &Terminal, change: impl Fn(&mut WinSize)) -> Result<(), Quit> {
    let sized = tty::size(terminal.fd).and_then(|mut size| {
        change(&mut size);
        tty::set_size(terminal.fd, size)
    });
    sized.map_err(|error: Errno| ctx.die_errno(&[&terminal.name], error))
}

/// Sets what one name stands for.
fn combine(state: &mut Termios, name: &[u8], on: bool) {
    let mut set = |name: &str, on: bool| {
        if let Some(mode) = MODES.iter().find(|mode| mode.name == name) {
            mode.set(state, on);
        }
    };
    match name {
        b"evenp" | b"parity" => {
            set("parenb", on);
            set(if on { "cs7" } else { "cs8" }, true);
            if on {
                set("parodd", false);
            }
        }
        b"oddp" => {
            set("parenb", on);
            set(if on { "cs7" } else { "cs8" }, true);
            if on {
                set("parodd", true);
            }
        }
        b"nl" => {
            set("icrnl", !on);
            set("onlcr", !on);
            if !on {
                set("inlcr", false);
                set("igncr", false);
                set("ocrnl", false);
                set("onlret", false);
            }
        }
        b"ek" => {
            for place in [cc::VERASE, cc::VKILL] {
                state.cc[place] = usual(place);
            }
        }
        b"sane" => sane(state),
        b"cbreak" => set("icanon", !on),
        b"pass8" => {
            set("parenb", !on);
            set(if on { "cs8" } else { "cs7" }, true);
            set("istrip", !on);
        }
        b"litout" => {
            set("parenb", !on);
            set(if on { "cs8" } else { "cs7" }, true);
            set("istrip", !on);
            set("opost", !on);
        }
        b"raw" | b"cooked" => {
            if (name == b"raw") == on {
                state.iflag = 0;
                state.oflag &= !oflag::OPOST;
                state.lflag &= !(lflag::ISIG | lflag::ICANON | XCASE);
                (state.cc[cc::VMIN], state.cc[cc::VTIME]) = (1, 0);
            } else {
                state.iflag |= iflag::BRKINT | iflag::IGNPAR | iflag::ISTRIP | iflag::ICRNL | iflag::IXON;
                state.oflag |= oflag::OPOST;
                state.lflag |= lflag::ISIG | lflag::ICANON;
            }
        }
        b"decctlq" => set("ixany", !on),
        b"tabs" => set(if on { "tab0" } else { "tab3" }, true),
        b"lcase" | b"LCASE" => {
            set("xcase", on);
            set("iuclc", on);
            set("olcuc", on);
        }
        b"crt" => ["echoe", "echoctl", "echoke"].into_iter().for_each(|name| set(name, true)),
        _ => {
            ["echoe", "echoctl", "echoke"].into_iter().for_each(|name| set(name, true));
            set("ixany", false);
            state.cc[cc::VINTR] = 3;
            state.cc[cc::VERASE] = 127;
            state.cc[cc::VKILL] = 21;
        }
    }
}

/// The bit for upper case only, which the kernel takes no notice of.
const XCASE: u32 = 0o4;

fn usual(place: usize) -> u8 {
    CHARACTERS.iter().find(|(_, at, _)| *at == place).map_or(0, |(.., value)| *value)
}

/// What fits a terminal with somebody before it.
fn sane(state: &mut Termios) {
    for (_, place, value) in CHARACTERS {
        state.cc[place] = value;
    }
    (state.cc[cc::VMIN], state.cc[cc::VTIME]) = (1, 0);
    for mode in &MODES {
        if let Some(on) = mode.sane {
            mode.set(state, on);
        }
    }
}

/// Lines no wider than the terminal.
struct Lines {
    out: Vec<u8>,
    column: usize,
    width: usize,
}

impl Lines {
    fn put(&mut self, word: &str) {
        if self.column > 0 {
            if self.column + 1 + word.len() >= self.width {
                self.end();
            } else {
                self.out.push(b' ');
                self.column += 1;
            }
        }
        self.out.extend_from_slice(word.as_bytes());
        self.column += word.len();
    }

    fn end(&mut self) {
        if self.column > 0 {
            self.out.push(b'\n');
            self.column = 0;
        }
    }
}

/// A control character as it is shown.
fn visible(byte: u8) -> String {
    let plain = |byte: u8| match byte {
        0..32 => format!("^{}", char::from(byte + 64)),
        127 => "^?".to_owned(),
        _ => char::from(byte).to_string(),
    };
    match byte {
        0 => "<undef>".to_owned(),
        128.. => format!("M-{}", plain(byte - 128)),
        _ => plain(byte),
    }
}

/// The settings in words; `flush` is what the character is called that discards output.
#[must_use]
pub fn display(state: &Termios, size: WinSize, show: Show, flush: &str) -> Vec<u8> {
    if show == Show::Recoverable {
        let flags = [state.iflag, state.oflag, state.cflag, state.lflag].map(|flags| format!("{flags:x}"));
        let characters = (0..SHOWN_CHARACTERS).map(|at| format!("{:x}", state.cc.get(at).copied().unwrap_or(0)));
        let fields: Vec<String> = flags.into_iter().chain(characters).collect();
        return (fields.join(":") + "\n").into_bytes();
    }
    let width = if size.cols == 0 { WIDTH } else { size.cols.into() };
    let mut lines = Lines { out: Vec::new(), column: 0, width };
    lines.put(&format!("speed {} baud;", state.ospeed));
    if show == Show::All {
        lines.put(&format!("rows {};", size.rows));
        lines.put(&format!("columns {};", size.cols));
    }
    lines.put(&format!("line = {};", state.line));
    lines.end();
    for (name, place, _) in CHARACTERS {
        let name = if name == FLUSH { flush } else { name };
        lines.put(&format!("{name} = {};", visible(state.cc[place])));
    }
    lines.put(&format!("min = {};", state.cc[cc::VMIN]));
    lines.put(&format!("time = {};", state.cc[cc::VTIME]));
    lines.end();
    for group in [Group::Control, Group::Input, Group::Output, Group::Local] {
        for mode in MODES.iter().filter(|mode| mode.group == group) {
            let on = mode.holds(state);
            let shown = match (show, mode.fixed()) {
                (Show::All, true) => on,
                (Show::All, false) => true,
                (_, true) => on && mode.sane == Some(false),
                (_, false) => mode.sane.is_some_and(|sane| sane != on),
            };
            if shown {
                lines.put(&format!("{}{}", if on { "" } else { "-" }, mode.name));
            }
        }
        lines.end();
    }
    lines.out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn settings_are_checked_first() {
        for (args, message) in [
            (&["nosuch"][..], "invalid number 'nosuch'"),
            (&["-nosuch"], "invalid argument '-nosuch'"),
            (&["-cs8"], "invalid argument '-cs8'"),
            (&["12345"], "invalid argument '12345'"),
            (&["rows"], "rows requires an argument"),
            (&["min", "300"], "number 300 is not in 0..255 range"),
            (&["line", "0"], "number 0 is not in 1..2147483647 range"),
            (&["quit", "ab"], "invalid number 'ab'"),
        ] {
            assert_eq!(run(&APPLET, args).2, format!("stty: {message}\n"), "{args:?}");
        }
    }

    #[test]
    fn what_is_shown_can_be_recovered() {
        let state = Termios::default();
        let text = display(&state, WinSize { rows: 24, cols: 80 }, Show::Recoverable, FLUSH);
        assert_eq!(recover(text.trim_ascii_end()), Some(state));
        let all = String::from_utf8(display(&state, WinSize { rows: 24, cols: 80 }, Show::All, FLUSH)).unwrap();
        assert!(
            all.starts_with("speed 38400 baud; rows 24; columns 80; line = 0;\nintr = ^C; quit = ^\\; erase = ^?;")
        );
        assert!(
            all.contains("\nopost -olcuc -ocrnl onlcr -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0\n"),
            "{all}"
        );
        let changed = display(&state, WinSize { rows: 24, cols: 80 }, Show::Changed, FLUSH);
        assert!(changed.ends_with(b"min = 1; time = 0;\n-brkint -imaxbel\n"));
    }

    #[test]
    fn combinations() {
        let mut state = Termios::default();
        combine(&mut state, b"raw", true);
        assert_eq!((state.iflag, state.oflag & 1, state.lflag & 3), (0, 0, 0));
        combine(&mut state, b"sane", true);
        assert_eq!((state.iflag, state.oflag, state.lflag), (0x2502, 5, 0x8a3b));
    }
}
