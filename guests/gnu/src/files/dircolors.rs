//! `dircolors`.

use applets::options::{Parsed, Takes};
use applets::source::Source;
use applets::{Context, Quit, environ, glob};
use wcr_sys::{Errno, fs};

use crate::Program;
use crate::dispatch::{extra_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const SHOW: u8 = 0x80;

/// The program.
pub const PROGRAM: Program = Program::new(
    "dircolors",
    "[OPTION]... [FILE]",
    "Prints commands that set the colors of ls.",
    "bcp",
    &[
        ("sh", Takes::Nothing, b'b'),
        ("bourne-shell", Takes::Nothing, b'b'),
        ("csh", Takes::Nothing, b'c'),
        ("c-shell", Takes::Nothing, b'c'),
        ("print-database", Takes::Nothing, b'p'),
        ("print-ls-colors", Takes::Nothing, SHOW),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
)
.lacking("-p prints the entries without comments");

/// The colors that are built in: those of coreutils 9.1.
const DATABASE: &str = include_str!("dircolors.txt");

/// The names of what has a color, and what `LS_COLORS` calls them.
const KEYWORDS: [(&[u8], &str); 37] = [
    (b"NORMAL", "no"),
    (b"NORM", "no"),
    (b"FILE", "fi"),
    (b"RESET", "rs"),
    (b"DIR", "di"),
    (b"LNK", "ln"),
    (b"LINK", "ln"),
    (b"SYMLINK", "ln"),
    (b"ORPHAN", "or"),
    (b"MISSING", "mi"),
    (b"FIFO", "pi"),
    (b"PIPE", "pi"),
    (b"SOCK", "so"),
    (b"BLK", "bd"),
    (b"BLOCK", "bd"),
    (b"CHR", "cd"),
    (b"CHAR", "cd"),
    (b"DOOR", "do"),
    (b"EXEC", "ex"),
    (b"LEFT", "lc"),
    (b"LEFTCODE", "lc"),
    (b"RIGHT", "rc"),
    (b"RIGHTCODE", "rc"),
    (b"END", "ec"),
    (b"ENDCODE", "ec"),
    (b"SUID", "su"),
    (b"SETUID", "su"),
    (b"SGID", "sg"),
    (b"SETGID", "sg"),
    (b"STICKY", "st"),
    (b"OTHER_WRITABLE", "ow"),
    (b"OWR", "ow"),
    (b"STICKY_OTHER_WRITABLE", "tw"),
    (b"OWT", "tw"),
    (b"CAPABILITY", "ca"),
    (b"MULTIHARDLINK", "mh"),
    (b"CLRTOEOL", "cl"),
];

/// Words that are of no account now.
const FORGOTTEN: [&[u8]; 3] = [b"OPTIONS", b"COLOR", b"EIGHTBIT"];

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let syntax = parsed.last_of(b"bc");
    if syntax.is_some() && (parsed.has(b'p') || parsed.has(SHOW)) {
        let what = b"the options to output non shell syntax,\nand to select a shell syntax are mutually exclusive";
        return Err(wrong_usage(ctx, 1, &[what]));
    }
    if parsed.has(b'p') && parsed.has(SHOW) {
        let what = b"options --print-database and --print-ls-colors are mutually exclusive";
        return Err(wrong_usage(ctx, 1, &[what]));
    }
    match parsed.operands.as_slice() {
        [first, ..] if parsed.has(b'p') => {
            ctx.complain(&[b"extra operand ", &quote::locale(first)]);
            ctx.put_err(b"file operands cannot be combined with --print-database (-p)\n");
            return Err(crate::dispatch::try_help(ctx, 1));
        }
        [_, second, ..] => return Err(extra_operand(ctx, 1, second)),
        _ => {}
    }
    if parsed.has(b'p') {
        ctx.put(DATABASE.as_bytes());
        return Ok(0);
    }
    let csh = match syntax {
        Some(key) => key == b'c',
        None if parsed.has(SHOW) => false,
        None => match environ::var(b"SHELL").filter(|shell| !shell.is_empty()) {
            None => {
                return Err(ctx.die(&[b"no SHELL environment variable, and no shell type option given"]));
            }
            Some(shell) => {
                let name = shell.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                matches!(name, b"csh" | b"tcsh")
            }
        },
    };
    let (text, name) = match parsed.operands.first() {
        None => (DATABASE.as_bytes().to_vec(), Vec::new()),
        Some(path) => {
            let source = Source::open(path).map_err(|error| ctx.die_errno(&[&quote::as_needed(path)], error))?;
            let text = match fs::read_to_end(source.fd()) {
                Ok(text) => text,
                // A folder is as an empty file.
                Err(Errno::Isdir) => Vec::new(),
                Err(error) => return Err(ctx.die_errno(&[&quote::as_needed(path)], error)),
            };
            (text, quote::as_needed(path))
        }
    };
    let entries = read(ctx, &text, &name)?;
    let mut out = Vec::new();
    if parsed.has(SHOW) {
        for (key, value) in &entries {
            out.extend_from_slice(&[b"\x1b[", &value[..], b"m", key, b"\t", value, b"\x1b[0m\n"].concat());
        }
    } else {
        let (before, behind): (&[u8], &[u8]) =
            if csh { (b"setenv LS_COLORS '", b"'\n") } else { (b"LS_COLORS='", b"';\nexport LS_COLORS\n") };
        out.extend_from_slice(before);
        for (key, value) in &entries {
            put_quoted(&mut out, key);
            out.push(b'=');
            put_quoted(&mut out, value);
            out.push(b':');
        }
        out.extend_from_slice(behind);
    }
    ctx.put(&out);
    Ok(0)
}

/// Where the lines are: which terminals they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// For all: no terminal has been named.
    All,
    /// Among the names of terminals, this one not being there so far, or being there.
    Names(bool),
    /// Behind the names of terminals.
    Lines(bool),
}

type Entry = (Vec<u8>, Vec<u8>);

/// The entries for the terminal of the environment.
fn read(ctx: &mut Context<'_>, text: &[u8], name: &[u8]) -> Result<Vec<Entry>, Quit> {
    let variable = |name: &[u8]| environ::var(name).filter(|value| !value.is_empty());
    let terminal = variable(b"TERM").unwrap_or_else(|| b"none".to_vec());
    let color_terminal = variable(b"COLORTERM").unwrap_or_default();
    let (mut section, mut entries, mut fine) = (Section::All, Vec::new(), true);
    for (number, line) in (1u64..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
        let (keyword, rest) = line.split_at(end);
        let rest = rest.trim_ascii_start();
        let value = rest.get(..rest.iter().position(|byte| *byte == b'#').unwrap_or(rest.len()));
        let value = value.unwrap_or_default().trim_ascii_end();
        if value.is_empty() {
            let place = format!(":{number}: invalid line;  missing second token");
            ctx.complain(&[name, place.as_bytes()]);
            fine = false;
            continue;
        }
        let upper = keyword.to_ascii_uppercase();
        if matches!(upper.as_slice(), b"TERM" | b"COLORTERM") {
            let subject = if upper == b"TERM" { &terminal } else { &color_terminal };
            let matches = glob::matches(value, subject, false);
            let before = section == Section::Names(true);
            section = Section::Names(before || matches);
            continue;
        }
        section = match section {
            Section::Names(matches) => Section::Lines(matches),
            section => section,
        };
        if section == Section::Lines(false) {
            continue;
        }
        if keyword.starts_with(b".") {
            entries.push(([b"*", keyword].concat(), value.to_vec()));
        } else if keyword.starts_with(b"*") {
            entries.push((keyword.to_vec(), value.to_vec()));
        } else if let Some((_, code)) = KEYWORDS.iter().find(|(known, _)| *known == upper) {
            entries.push((code.as_bytes().to_vec(), value.to_vec()));
        } else if !FORGOTTEN.contains(&upper.as_slice()) && section != Section::All {
            let place = format!(":{number}: unrecognized keyword ");
            ctx.complain(&[name, place.as_bytes(), keyword]);
            fine = false;
        }
    }
    if fine { Ok(entries) } else { Err(Quit(1)) }
}

/// Appends a text within quotes of a shell; what separates entries gets a backslash.
fn put_quoted(out: &mut Vec<u8>, text: &[u8]) {
    let mut escaped = false;
    for byte in text {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            b':' | b'=' if !escaped => out.extend_from_slice(&[b'\\', *byte]),
            byte => out.push(*byte),
        }
        escaped = matches!(byte, b'\\' | b'^') && !escaped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        let mut out = Vec::new();
        put_quoted(&mut out, b"a'b:c\\:d=");
        assert_eq!(out, b"a'\\''b\\:c\\:d\\=");
    }

    #[test]
    fn the_database_is_whole() {
        for line in DATABASE.lines() {
            assert!(line.split_once(' ').is_some_and(|(key, value)| !key.is_empty() && !value.is_empty()), "{line}");
        }
    }
}
