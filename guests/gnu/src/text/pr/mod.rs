//! `pr`.

mod operands;
mod page;

use applets::core::time::Zone;
use applets::core::time::strftime::strftime;
use applets::options::{Parsed, Spec, Takes};
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::abi::Timestamp;
use wcr_sys::{Errno, fd, fs, time};

use super::input::or_stdin;
use crate::Program;
use crate::dispatch::parse;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;
use operands::Job;
use page::Text;

const PAGES: u8 = 0x80;
const COLUMNS: u8 = 0x81;

const SPEC: Spec = Spec::new(
    "0123456789abcdD:e::fFh:i::Jl:mn::N:o:rs::S::tTvw:W:",
    &[
        ("pages", Takes::Value, PAGES),
        ("columns", Takes::Value, COLUMNS),
        ("across", Takes::Nothing, b'a'),
        ("show-control-chars", Takes::Nothing, b'c'),
        ("double-space", Takes::Nothing, b'd'),
        ("date-format", Takes::Value, b'D'),
        ("expand-tabs", Takes::OptionalValue, b'e'),
        ("form-feed", Takes::Nothing, b'f'),
        ("header", Takes::Value, b'h'),
        ("output-tabs", Takes::OptionalValue, b'i'),
        ("join-lines", Takes::Nothing, b'J'),
        ("length", Takes::Value, b'l'),
        ("merge", Takes::Nothing, b'm'),
        ("number-lines", Takes::OptionalValue, b'n'),
        ("first-line-number", Takes::Value, b'N'),
        ("indent", Takes::Value, b'o'),
        ("no-file-warnings", Takes::Nothing, b'r'),
        ("separator", Takes::OptionalValue, b's'),
        ("sep-string", Takes::OptionalValue, b'S'),
        ("omit-header", Takes::Nothing, b't'),
        ("omit-pagination", Takes::Nothing, b'T'),
        ("show-nonprinting", Takes::Nothing, b'v'),
        ("width", Takes::Value, b'w'),
        ("page-width", Takes::Value, b'W'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
);

/// The program.
pub const PROGRAM: Program = Program {
    reading: crate::Reading::Raw { exact: false },
    ..Program::new("pr", "[OPTION]... [FILE]...", "Makes pages or columns of files.", "", &[], run)
};

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    // +PAGES is an option among the operands.
    let parsed = parse(&PROGRAM, ctx, &SPEC, ctx.args)?;
    let mut job = operands::read(ctx, &parsed)?;
    let mut names = Vec::new();
    for operand in &parsed.operands {
        match operand.strip_prefix(b"+") {
            Some(pages) if names.is_empty() && !job.pages_given => {
                if !job.pages(pages) {
                    if pages.contains(&b':') {
                        names.push(operand.clone());
                        continue;
                    }
                    return Err(ctx.die(&[b"invalid + argument ", &quote::locale(pages)]));
                }
            }
            _ => names.push(operand.clone()),
        }
    }
    let names = or_stdin(&names);
    let mut code = 0;
    let mut texts = Vec::new();
    for name in &names {
        match open(name) {
            Ok((content, changed)) => {
                let text = Text::new(&job, &content);
                let header = job.header(name, changed);
                if job.merges {
                    texts.push((text, changed));
                } else {
                    page::print(ctx, &job, vec![text], &header);
                }
            }
            Err(error) => {
                if !job.quiet {
                    ctx.perror(&[&quote::as_needed(name)], error);
                }
                code = 1;
            }
        }
        if ctx.write_error().is_some() {
            return Ok(code);
        }
    }
    if job.merges && !texts.is_empty() {
        let header = job.header(b"-", time::now());
        let texts = texts.into_iter().map(|(text, _)| text).collect();
        page::print(ctx, &job, texts, &header);
    }
    Ok(code)
}

/// A file's content, and when it was last changed.
fn open(name: &[u8]) -> Result<(Vec<u8>, Timestamp), Errno> {
    let source = Source::open(name)?;
    let changed = if name == b"-" { time::now() } else { fd::stat(source.fd())?.mtime };
    Ok((fs::read_to_end(source.fd())?, changed))
}

impl Job {
    /// The date and the text of a file's headers.
    fn header(&self, name: &[u8], changed: Timestamp) -> (Vec<u8>, Vec<u8>) {
        let zone = Zone::from_env();
        let mut date = Vec::new();
        strftime(&mut date, self.date.as_deref().unwrap_or(b"%Y-%m-%d %H:%M"), &zone.local(changed.sec), changed.sec);
        let own = if name == b"-" { b"".as_slice() } else { name };
        (date, self.title.clone().unwrap_or_else(|| own.to_vec()))
    }
}
