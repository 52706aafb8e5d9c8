//! `csplit`.

use applets::conversion::Conversion;
use applets::format::parse_decimal;
use applets::options::{Parsed, Takes};
use applets::regex::{Regex, Syntax};
use applets::{Context, Quit};
use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, fd, fs};

use super::input::content;
use crate::Program;
use crate::dispatch::{missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use crate::size;

const SUPPRESS: u8 = 0x80;

/// The program.
pub const PROGRAM: Program = Program::new(
    "csplit",
    "[OPTION]... FILE PATTERN...",
    "Cuts a file into pieces at lines that are named or match.",
    "f:b:kn:sqz",
    &[
        ("digits", Takes::Value, b'n'),
        ("quiet", Takes::Nothing, b'q'),
        ("silent", Takes::Nothing, b's'),
        ("keep-files", Takes::Nothing, b'k'),
        ("elide-empty-files", Takes::Nothing, b'z'),
        ("prefix", Takes::Value, b'f'),
        ("suffix-format", Takes::Value, b'b'),
        ("suppress-matched", Takes::Nothing, SUPPRESS),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// Where a piece ends.
enum Place {
    /// Before this line.
    Line(usize),
    /// So many lines behind one that matches; the piece is left out where `skips`.
    Match { regex: Regex, offset: i64, skips: bool },
}

/// A place, how often it comes again (`None`: as often as it can), and how it was written.
struct Pattern {
    place: Place,
    repeats: Option<u64>,
    text: Vec<u8>,
}

/// How the number of a piece is written.
#[derive(Debug, Default)]
struct Suffix {
    before: Vec<u8>,
    behind: Vec<u8>,
    conversion: Conversion,
    letter: u8,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut digits = 2;
    if let Some(text) = parsed.value(b'n') {
        digits = size::parse_or_tell(ctx, text, b"", b"invalid number", 1)? as usize;
    }
    let suffix = match parsed.value(b'b') {
        None => Suffix {
            conversion: Conversion { width: digits, zero: true, ..Conversion::default() },
            letter: b'u',
            ..Suffix::default()
        },
        Some(text) => read_suffix(ctx, text)?,
    };
    let (name, texts) = match parsed.operands.as_slice() {
        [] => return Err(missing_operand(ctx, 1)),
        [only] => return Err(wrong_usage(ctx, 1, &[b"missing operand after ", &quote::locale(only)])),
        [name, texts @ ..] => (name, texts),
    };
    let patterns = read_patterns(ctx, texts)?;
    let text = match content(name) {
        Ok(text) => Ok(text),
        Err(Errno::Isdir) => Err(Errno::Isdir),
        Err(error) => {
            return Err(ctx.die_errno(&[b"cannot open ", &quote::always(name), b" for reading"], error));
        }
    };
    let lines: Vec<&[u8]> = text.as_deref().unwrap_or_default().split_inclusive(|byte| *byte == b'\n').collect();
    let mut splitter = Splitter {
        lines: &lines,
        at: 0,
        search: 0,
        prefix: parsed.value(b'f').unwrap_or(b"xx"),
        suffix,
        quiet: parsed.has(b's') || parsed.has(b'q'),
        elide: parsed.has(b'z'),
        suppress: parsed.has(SUPPRESS),
        made: 0,
        open: None,
    };
    let outcome = match text {
        Ok(_) => splitter.all(ctx, &patterns),
        Err(error) => {
            let failed = ctx.die_errno(&[b"read error"], error);
            splitter.create(ctx).and_then(|()| splitter.close(ctx)).and(Err(failed))
        }
    };
    if let Err(quit) = outcome {
        // What is there of the piece that was begun counts as one.
        let _ = splitter.close(ctx);
        if !parsed.has(b'k') {
            for number in 0..splitter.made {
                // It may be gone.
                let _ = fs::unlink(&splitter.name(number));
            }
        }
        return Err(quit);
    }
    Ok(0)
}

fn read_suffix(ctx: &mut Context<'_>, text: &[u8]) -> Result<Suffix, Quit> {
    let mut suffix = Suffix::default();
    let mut rest = text;
    let mut found = false;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let part = if found { &mut suffix.behind } else { &mut suffix.before };
        if *byte != b'%' {
            part.push(*byte);
            continue;
        }
        if let [b'%', tail @ ..] = tail {
            part.push(b'%');
            rest = tail;
            continue;
        }
        if found {
            return Err(ctx.die(&[b"too many % conversion specifications in suffix"]));
        }
        found = true;
        let mut conversion = Conversion::default();
        while let [flag @ (b'-' | b'0' | b'#' | b'\''), tail @ ..] = rest {
            if *flag != b'\'' {
                conversion.set_flag(*flag);
            }
            rest = tail;
        }
        let number = |rest: &mut &[u8]| {
            let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, tail) = rest.split_at(len);
            *rest = tail;
            parse_decimal(digits).and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
        };
        conversion.width = number(&mut rest);
        if let [b'.', tail @ ..] = rest {
            rest = tail;
            conversion.precision = Some(number(&mut rest));
        }
        match rest {
            [letter @ (b'd' | b'i' | b'u' | b'o' | b'x' | b'X'), tail @ ..] => {
                suffix.letter = if matches!(letter, b'd' | b'i') { b'u' } else { *letter };
                rest = tail;
            }
            [] => return Err(ctx.die(&[b"missing conversion specifier in suffix"])),
            [letter @ (b' '..=b'~'), ..] => {
                return Err(ctx.die(&[b"invalid conversion specifier in suffix: ", &[*letter]]));
            }
            [letter, ..] => {
                let line = format!("invalid conversion specifier in suffix: \\{letter:03o}");
                return Err(ctx.die(&[line.as_bytes()]));
            }
        }
        suffix.conversion = conversion;
    }
    if found { Ok(suffix) } else { Err(ctx.die(&[b"missing % conversion specification in suffix"])) }
}

fn read_patterns(ctx: &mut Context<'_>, texts: &[Vec<u8>]) -> Result<Vec<Pattern>, Quit> {
    let (mut patterns, mut last) = (Vec::<Pattern>::new(), 0);
    let mut texts = texts.iter().peekable();
    while let Some(text) = texts.next() {
        let place = match text.first() {
            Some(delimiter @ (b'/' | b'%')) => read_match(ctx, text, *delimiter)?,
            _ => {
                let number = parse_decimal(text).and_then(|number| usize::try_from(number).ok());
                let Some(number) = number else {
                    return Err(ctx.die(&[&quote::locale(text), b": invalid pattern"]));
                };
                if number == 0 {
                    return Err(ctx.die(&[text, b": line number must be greater than zero"]));
                }
                if number < last {
                    let before = format!(" is smaller than preceding line number, {last}");
                    return Err(ctx.die(&[b"line number ", &quote::locale(text), before.as_bytes()]));
                }
                if number == last {
                    let shown = quote::locale(text);
                    ctx.complain(&[b"warning: line number ", &shown, b" is the same as preceding line number"]);
                }
                last = number;
                Place::Line(number)
            }
        };
        let mut repeats = Some(0);
        if let Some([b'{', rest @ ..]) = texts.peek().map(|text| text.as_slice()) {
            let shown = texts.peek().map(|text| text.to_vec()).unwrap_or_default();
            let Some(inner) = rest.strip_suffix(b"}") else {
                return Err(ctx.die(&[&quote::locale(&shown), b": '}' is required in repeat count"]));
            };
            repeats = match inner {
                b"*" => None,
                digits => match parse_decimal(digits) {
                    Some(count) => Some(count),
                    None => {
                        let open = shown.strip_suffix(b"}").unwrap_or(&shown);
                        return Err(ctx.die(&[&quote::locale(open), b"}: integer required between '{' and '}'"]));
                    }
                },
            };
            texts.next();
        }
        patterns.push(Pattern { place, repeats, text: text.clone() });
    }
    Ok(patterns)
}

/// `/regex/offset` or `%regex%offset`.
fn read_match(ctx: &mut Context<'_>, text: &[u8], delimiter: u8) -> Result<Place, Quit> {
    let Some(end) = text.iter().rposition(|byte| *byte == delimiter).filter(|end| *end > 0) else {
        let close = char::from(delimiter).to_string();
        return Err(ctx.die(&[text, b": closing delimiter '", close.as_bytes(), b"' missing"]));
    };
    let (regex, rest) = (text.get(1..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default());
    let scanned = applets::number::signed(rest, 10);
    if !rest.is_empty() && scanned.len != rest.len() {
        return Err(ctx.die(&[&quote::locale(text), b": integer expected after delimiter"]));
    }
    match Regex::new(regex, Syntax::BASIC) {
        Ok(regex) => Ok(Place::Match { regex, offset: scanned.value, skips: delimiter == b'%' }),
        Err(_) => {
            let what = b": invalid regular expression: Invalid regular expression";
            Err(ctx.die(&[&quote::locale(text), what]))
        }
    }
}

struct Splitter<'a> {
    lines: &'a [&'a [u8]],
    /// The line that comes next.
    at: usize,
    /// The line from which the next match is looked for.
    search: usize,
    prefix: &'a [u8],
    suffix: Suffix,
    quiet: bool,
    elide: bool,
    suppress: bool,
    made: u64,
    open: Option<(Fd, Vec<u8>, u64)>,
}

impl Splitter<'_> {
    fn all(&mut self, ctx: &mut Context<'_>, patterns: &[Pattern]) -> Result<(), Quit> {
        for pattern in patterns {
            let mut round = 0;
            while pattern.repeats.is_none_or(|repeats| round <= repeats) {
                let goes_on = match &pattern.place {
                    Place::Line(number) => self.to_line(ctx, pattern, *number, round)?,
                    Place::Match { regex, offset, skips } => {
                        self.to_match(ctx, pattern, (regex, *offset, *skips), round)?
                    }
                };
                if !goes_on {
                    return Ok(());
                }
                round += 1;
            }
        }
        self.create(ctx)?;
        self.copy(ctx, self.lines.len())?;
        self.close(ctx)
    }

    /// Makes a piece that ends before a line; for each repetition, as many lines further.
    fn to_line(&mut self, ctx: &mut Context<'_>, pattern: &Pattern, number: usize, round: u64) -> Result<bool, Quit> {
        let target = number.saturating_mul(round as usize + 1) - 1;
        if self.lines.is_empty() {
            return Err(ctx.die(&[b"input disappeared"]));
        }
        self.create(ctx)?;
        if target >= self.lines.len() {
            self.copy(ctx, self.lines.len())?;
            let shown = quote::locale(&pattern.text);
            let mut line = [&shown[..], b": line number out of range"].concat();
            if round > 0 {
                line.extend_from_slice(format!(" on repetition {round}").as_bytes());
            }
            return Err(ctx.die(&[&line]));
        }
        self.copy(ctx, target)?;
        self.close(ctx)?;
        self.search = target;
        if self.suppress {
            self.at = self.at.max(target + 1);
            self.search += 1;
        }
        Ok(true)
    }

    /// Makes a piece, or passes one over, that ends at a match; whether there was one.
    fn to_match(
        &mut self,
        ctx: &mut Context<'_>,
        pattern: &Pattern,
        (regex, offset, skips): (&Regex, i64, bool),
        round: u64,
    ) -> Result<bool, Quit> {
        if !skips {
            self.create(ctx)?;
        }
        let matches = |line: &[u8]| regex.is_match(line.strip_suffix(b"\n").unwrap_or(line));
        let found = (self.search..self.lines.len()).find(|at| self.lines.get(*at).is_some_and(|line| matches(line)));
        let Some(found) = found else {
            if pattern.repeats.is_none() {
                if !skips {
                    self.copy(ctx, self.lines.len())?;
                    self.close(ctx)?;
                }
                return Ok(false);
            }
            if !skips {
                self.copy(ctx, self.lines.len())?;
            }
            let mut line = [&quote::locale(&pattern.text)[..], b": match not found"].concat();
            if round > 0 {
                line.extend_from_slice(format!(" on repetition {round}").as_bytes());
            }
            return Err(ctx.die(&[&line]));
        };
        let target = i64::try_from(found).unwrap_or(i64::MAX).saturating_add(offset);
        let target = usize::try_from(target).ok().filter(|target| *target >= self.at);
        let Some(target) = target.filter(|target| *target <= self.lines.len()) else {
            if !skips && offset > 0 {
                self.copy(ctx, self.lines.len())?;
            }
            return Err(ctx.die(&[&quote::locale(&pattern.text), b": line number out of range"]));
        };
        if skips {
            self.at = target;
        } else {
            self.copy(ctx, target)?;
            self.close(ctx)?;
        }
        self.search = found.max(target) + 1;
        if self.suppress {
            self.at = (self.at + 1).min(self.lines.len());
        }
        Ok(true)
    }

    fn name(&self, number: u64) -> Vec<u8> {
        let mut name = [self.prefix, &self.suffix.before].concat();
        self.suffix.conversion.unsigned(&mut name, self.suffix.letter, number);
        name.extend_from_slice(&self.suffix.behind);
        name
    }

    fn create(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let name = self.name(self.made);
        let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
        let file = fs::open(&name, flags, 0o666).map_err(|error| ctx.die_errno(&[&quote::as_needed(&name)], error))?;
        self.made += 1;
        self.open = Some((file, name, 0));
        Ok(())
    }

    /// Writes the lines before this one.
    fn copy(&mut self, ctx: &mut Context<'_>, end: usize) -> Result<(), Quit> {
        let Some((file, name, bytes)) = &mut self.open else { return Ok(()) };
        if let Some(lines) = self.lines.get(self.at..end) {
            let text = lines.concat();
            fd::write_all(*file, &text)
                .map_err(|error| ctx.die_errno(&[b"write error for ", &quote::always(name)], error))?;
            *bytes += text.len() as u64;
            self.at = end;
        }
        Ok(())
    }

    /// Ends the piece, and tells its size.
    fn close(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        let Some((file, name, bytes)) = self.open.take() else { return Ok(()) };
        fd::close(file).map_err(|error| ctx.die_errno(&[&quote::as_needed(&name)], error))?;
        if bytes == 0 && self.elide {
            self.made -= 1;
            return fs::unlink(&name).map_err(|error| ctx.die_errno(&[&quote::as_needed(&name)], error));
        }
        if !self.quiet {
            ctx.put(format!("{bytes}\n").as_bytes());
        }
        Ok(())
    }
}
