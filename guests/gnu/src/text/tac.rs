//! `tac`.

use applets::options::{Parsed, Takes};
use applets::regex::{Regex, Syntax};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::Errno;

use super::input::or_stdin;
use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

/// `tac`.
pub const PROGRAM: Program = Program::new(
    "tac",
    "[OPTION]... [FILE]...",
    "Prints files with their last line first.",
    "brs:",
    &[
        ("before", Takes::Nothing, b'b'),
        ("regex", Takes::Nothing, b'r'),
        ("separator", Takes::Value, b's'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    tac,
);

/// What stands between the pieces.
enum Separator {
    Text(Vec<u8>),
    Pattern(Regex),
}

fn tac(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let text = parsed.value(b's').unwrap_or(b"\n");
    let separator = if parsed.has(b'r') {
        if text.is_empty() {
            return Err(ctx.die(&[b"separator cannot be empty"]));
        }
        let syntax = Syntax { multi_line: true, ..Syntax::BASIC };
        let pattern = Regex::new(&posix(text), syntax).map_err(|error| ctx.die(&[error.gnu_message().as_bytes()]))?;
        Separator::Pattern(pattern)
    } else {
        Separator::Text(if text.is_empty() { b"\0".to_vec() } else { text.to_vec() })
    };
    let mut code = 0;
    for name in or_stdin(&parsed.operands) {
        let text = match Source::open(&name) {
            Ok(source) => wcr_sys::fs::read_to_end(source.fd()).map_err(|error| {
                let shown = if name == b"-" { b"standard input".to_vec() } else { quote::as_needed(&name) };
                // It looks for the end first, which a folder has not.
                let error = if error == Errno::Isdir { Errno::Inval } else { error };
                ctx.perror(&[&shown, b": read error"], error);
            }),
            Err(error) => {
                ctx.perror(&[b"failed to open ", &quote::always(&name), b" for reading"], error);
                Err(())
            }
        };
        match text {
            Ok(text) => pieces(&text, &separator, parsed.has(b'b'), |piece| ctx.put(piece)),
            Err(()) => code = 1,
        }
    }
    Ok(code)
}

/// Hands out the pieces of a text, the last one first; `before`: a separator belongs to what follows it.
fn pieces(text: &[u8], separator: &Separator, before: bool, mut put: impl FnMut(&[u8])) {
    let (mut start, mut end) = (text.len(), text.len());
    while let Some((from, to)) = separator.last_in(text.get(..start).unwrap_or_default()) {
        let cut = if before { from } else { to };
        put(text.get(cut..end).unwrap_or_default());
        (start, end) = (from, cut);
    }
    put(text.get(..end).unwrap_or_default());
}

impl Separator {
    /// The match that begins last in the text, before its end.
    fn last_in(&self, text: &[u8]) -> Option<(usize, usize)> {
        match self {
            Self::Text(separator) => memchr::memmem::rfind(text, separator).map(|at| (at, at + separator.len())),
            Self::Pattern(regex) => {
                // Longer and longer ends of the text are looked through, so that one that is near costs little.
                let mut window = 64;
                loop {
                    let mut from = text.len().saturating_sub(window);
                    let mut last = None;
                    while let Some(found) = regex.find_at(text, from, false).filter(|found| found.0 < text.len()) {
                        last = Some(found);
                        from = found.0 + 1;
                    }
                    if last.is_some() || window >= text.len() {
                        return last;
                    }
                    window *= 2;
                }
            }
        }
    }
}

/// The basic regular expression of POSIX that means what this one means to Emacs: `+` and `?` are operators, there are
/// no intervals and no classes of characters, and a dot is no newline.
fn posix(pattern: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), pattern);
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, behind) {
            (b'\\', [next @ (b'+' | b'?' | b'{' | b'}'), behind @ ..]) => {
                out.push(*next);
                rest = behind;
            }
            (b'\\', [next, behind @ ..]) => {
                out.extend_from_slice(&[b'\\', *next]);
                rest = behind;
            }
            (b'+' | b'?', _) if !out.is_empty() => out.extend_from_slice(&[b'\\', *byte]),
            (b'.', _) => out.extend_from_slice(b"[^\n]"),
            (b'[', _) => {
                let lead = usize::from(behind.first() == Some(&b'^'));
                let close = behind.iter().skip(lead + 1).position(|byte| *byte == b']').map(|at| at + lead + 1);
                let list = behind.get(..close.unwrap_or(behind.len())).unwrap_or_default();
                out.push(b'[');
                out.extend(list.iter().filter(|byte| **byte != b'['));
                if list.contains(&b'[') {
                    out.push(b'[');
                }
                rest = behind.get(list.len()..).unwrap_or_default();
                if let Some(behind) = rest.strip_prefix(b"]") {
                    out.push(b']');
                    rest = behind;
                }
            }
            (byte, _) => out.push(*byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, pattern: &str, before: bool) -> String {
        let syntax = Syntax { multi_line: true, ..Syntax::BASIC };
        let separator = Separator::Pattern(Regex::new(&posix(pattern.as_bytes()), syntax).unwrap());
        let mut out = Vec::new();
        pieces(text.as_bytes(), &separator, before, |piece| out.extend_from_slice(piece));
        String::from_utf8(out).unwrap()
    }

    /// What the real program prints.
    #[test]
    fn patterns_are_looked_for_from_the_end() {
        for (text, pattern, before, expected) in [
            ("a1b22c333d", "[0-9]+", false, "d33c32b2a1"),
            ("a1b22c333d", "[0-9]", true, "3d332c21ba"),
            ("aXXbXc\n", "XX*", false, "c\nbXXaX"),
            ("aXXbXc\n", "X\\+", false, "aXXbXc\n"),
            ("x\ny\nz\n", "^y", false, "\nz\nx\ny"),
            ("x\ny\nz\n", ".", false, "\n\nz\nyx"),
            ("x\ny\nz\n", "[^x]", false, "\nz\nyx\n"),
            ("a1b22c333d", "\\(1\\|22\\)", false, "c333db22a1"),
            ("a1b22c333d", "3*", false, "d33c322b1a"),
            ("a1b22c333d", "3\\{2\\}", false, "a1b22c333d"),
        ] {
            assert_eq!(shown(text, pattern, before), expected, "{pattern}");
        }
    }
}
