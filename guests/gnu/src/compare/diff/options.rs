//! What the arguments of `diff` say.

use applets::core::paths::strip_slashes;
use applets::format::parse_decimal;
use applets::options::{Long, Spec, Takes};
use applets::regex::{Regex, Syntax};
use applets::source::Source;
use applets::{Context, Quit, number};
use wcr_sys::{fs, tty};

use super::super::TROUBLE;
use crate::program::HELP;
use crate::quote;

const NORMAL: u8 = 0x80;
const LEFT_COLUMN: u8 = 0x81;
const SUPPRESS_COMMON: u8 = 0x82;
const LABEL: u8 = 0x83;
const TABSIZE: u8 = 0x84;
const SUPPRESS_BLANK_EMPTY: u8 = 0x85;
const NO_DEREFERENCE: u8 = 0x86;
const UNIDIRECTIONAL: u8 = 0x87;
const IGNORE_NAME_CASE: u8 = 0x88;
const FROM_FILE: u8 = 0x89;
const TO_FILE: u8 = 0x8a;
const STRIP_CR: u8 = 0x8b;
const COLOR: u8 = 0x8c;
const IGNORED: u8 = 0x8d;
const IGNORED_VALUE: u8 = 0x8e;
const FORMAT: u8 = 0x8f;

const LONG: &[Long] = &[
    ("binary", Takes::Nothing, IGNORED),
    ("brief", Takes::Nothing, b'q'),
    ("changed-group-format", Takes::Value, FORMAT),
    ("color", Takes::OptionalValue, COLOR),
    ("context", Takes::OptionalValue, b'C'),
    ("ed", Takes::Nothing, b'e'),
    ("exclude", Takes::Value, b'x'),
    ("exclude-from", Takes::Value, b'X'),
    ("expand-tabs", Takes::Nothing, b't'),
    ("forward-ed", Takes::Nothing, b'f'),
    ("from-file", Takes::Value, FROM_FILE),
    ("help", Takes::Nothing, HELP),
    ("horizon-lines", Takes::Value, IGNORED_VALUE),
    ("ifdef", Takes::Value, b'D'),
    ("ignore-all-space", Takes::Nothing, b'w'),
    ("ignore-blank-lines", Takes::Nothing, b'B'),
    ("ignore-case", Takes::Nothing, b'i'),
    ("ignore-file-name-case", Takes::Nothing, IGNORE_NAME_CASE),
    ("ignore-matching-lines", Takes::Value, b'I'),
    ("ignore-space-change", Takes::Nothing, b'b'),
    ("ignore-tab-expansion", Takes::Nothing, b'E'),
    ("ignore-trailing-space", Takes::Nothing, b'Z'),
    ("initial-tab", Takes::Nothing, b'T'),
    ("label", Takes::Value, LABEL),
    ("left-column", Takes::Nothing, LEFT_COLUMN),
    ("line-format", Takes::Value, FORMAT),
    ("minimal", Takes::Nothing, b'd'),
    ("new-file", Takes::Nothing, b'N'),
    ("new-group-format", Takes::Value, FORMAT),
    ("new-line-format", Takes::Value, FORMAT),
    ("no-dereference", Takes::Nothing, NO_DEREFERENCE),
    ("no-ignore-file-name-case", Takes::Nothing, IGNORED),
    ("normal", Takes::Nothing, NORMAL),
    ("old-group-format", Takes::Value, FORMAT),
    ("old-line-format", Takes::Value, FORMAT),
    ("paginate", Takes::Nothing, b'l'),
    ("palette", Takes::Value, IGNORED_VALUE),
    ("rcs", Takes::Nothing, b'n'),
    ("recursive", Takes::Nothing, b'r'),
    ("report-identical-files", Takes::Nothing, b's'),
    ("sdiff-merge-assist", Takes::Nothing, IGNORED),
    ("show-c-function", Takes::Nothing, b'p'),
    ("show-function-line", Takes::Value, b'F'),
    ("side-by-side", Takes::Nothing, b'y'),
    ("speed-large-files", Takes::Nothing, IGNORED),
    ("starting-file", Takes::Value, b'S'),
    ("strip-trailing-cr", Takes::Nothing, STRIP_CR),
    ("suppress-blank-empty", Takes::Nothing, SUPPRESS_BLANK_EMPTY),
    ("suppress-common-lines", Takes::Nothing, SUPPRESS_COMMON),
    ("tabsize", Takes::Value, TABSIZE),
    ("text", Takes::Nothing, b'a'),
    ("to-file", Takes::Value, TO_FILE),
    ("unchanged-group-format", Takes::Value, FORMAT),
    ("unchanged-line-format", Takes::Value, FORMAT),
    ("unidirectional-new-file", Takes::Nothing, UNIDIRECTIONAL),
    ("unified", Takes::OptionalValue, b'U'),
    ("version", Takes::Nothing, b'v'),
    ("width", Takes::Value, b'W'),
];
const SPEC: Spec = Spec::new("0123456789abBcC:dD:eEfF:hHiI:lL:nNpPqrsS:tTuU:vwW:x:X:yZ", LONG);

/// How changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Normal,
    Context,
    Unified,
    Ed,
    ForwardEd,
    Rcs,
    Ifdef,
    SideBySide,
}

/// What of white space is no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ignoring {
    pub(super) case: bool,
    pub(super) tab_expansion: bool,
    pub(super) trailing_space: bool,
    pub(super) space_change: bool,
    pub(super) all_space: bool,
    pub(super) blank_lines: bool,
    pub(super) trailing_cr: bool,
}

/// All that the arguments say.
pub(super) struct Options {
    pub(super) style: Style,
    pub(super) context: usize,
    pub(super) ignoring: Ignoring,
    pub(super) ignored_lines: Vec<Regex>,
    pub(super) text: bool,
    pub(super) brief: bool,
    pub(super) reports_same: bool,
    pub(super) recursive: bool,
    pub(super) new_file: bool,
    pub(super) first_new_file: bool,
    pub(super) no_dereference: bool,
    pub(super) name_case: bool,
    pub(super) excluded: Vec<Vec<u8>>,
    pub(super) start: Option<Vec<u8>>,
    pub(super) labels: Vec<Vec<u8>>,
    pub(super) function: Option<Regex>,
    pub(super) expand_tabs: bool,
    pub(super) initial_tab: bool,
    pub(super) tab_size: usize,
    pub(super) suppress_blank_empty: bool,
    pub(super) width: usize,
    pub(super) left_column: bool,
    pub(super) suppress_common: bool,
    pub(super) ifdef: Vec<u8>,
    pub(super) color: bool,
    pub(super) from_file: Option<Vec<u8>>,
    pub(super) to_file: Option<Vec<u8>>,
    pub(super) operands: Vec<Vec<u8>>,
    /// The options as they were given, for the lines between files of folders.
    pub(super) switches: Vec<u8>,
}

/// The lines of context, unless others are asked for.
const CONTEXT: usize = 3;

/// What a function's line looks like in C.
const C_FUNCTION: &[u8] = b"^[[:alpha:]$_]";

/// Says what is wrong with the arguments, and where help is.
pub(crate) fn try_help(ctx: &mut Context<'_>, parts: &[&[u8]]) -> Quit {
    ctx.complain(parts);
    let name = ctx.name;
    ctx.complain(&[b"Try '", name, b" --help' for more information."]);
    Quit(TROUBLE)
}

fn expression(ctx: &mut Context<'_>, text: &[u8]) -> Result<Regex, Quit> {
    Regex::new(text, Syntax::BASIC).map_err(|error| {
        let text = text.to_vec();
        ctx.complain(&[&text, b": ", error.message().as_bytes()]);
        Quit(TROUBLE)
    })
}

struct Reading {
    options: Options,
    style: Option<Style>,
    context: Option<usize>,
    digits: Vec<u8>,
}

/// Reads the arguments; help and version end the program.
pub(super) fn read(ctx: &mut Context<'_>, zero: &[u8]) -> Result<Options, Quit> {
    let (parsed, wrong) = SPEC.read_all(ctx.args);
    let mut reading = Reading { options: Options::new(), style: None, context: None, digits: Vec::new() };
    for (key, value) in &parsed.options {
        reading.take(ctx, zero, *key, value.as_deref())?;
    }
    if let Some(message) = wrong {
        return Err(try_help(ctx, &[&message]));
    }
    let mut options = reading.options;
    let old_context = parse_decimal(&reading.digits).and_then(|lines| usize::try_from(lines).ok());
    let style = reading.style.unwrap_or(Style::Normal);
    options.style = style;
    options.context = reading.context.max(old_context).unwrap_or(CONTEXT);
    options.switches = switches(ctx.args, &parsed.operands);
    options.operands.clone_from(&parsed.operands);
    let count = options.operands.len();
    let free = options.from_file.is_some() || options.to_file.is_some();
    if !free && count != 2 {
        let last = parsed.operands.last().map_or(ctx.name, Vec::as_slice).to_vec();
        return Err(if count < 2 {
            let last = quote::locale(&missing_behind(ctx).unwrap_or(last));
            try_help(ctx, &[b"missing operand after ", &last])
        } else {
            let extra = quote::locale(parsed.operands.get(2).map_or(&b""[..], Vec::as_slice));
            try_help(ctx, &[b"extra operand ", &extra])
        });
    }
    Ok(options)
}

/// The last argument, behind which an operand is missing.
fn missing_behind(ctx: &Context<'_>) -> Option<Vec<u8>> {
    ctx.args.last().cloned()
}

/// The arguments that are no operands, as they stood.
fn switches(args: &[Vec<u8>], operands: &[Vec<u8>]) -> Vec<u8> {
    let mut operands = operands.iter().peekable();
    let mut text = Vec::new();
    for arg in args {
        if operands.peek() == Some(&arg) {
            operands.next();
            continue;
        }
        if arg == b"--" {
            continue;
        }
        text.push(b' ');
        text.extend_from_slice(&quote::plain_shell(arg, false));
    }
    text
}

impl Options {
    fn new() -> Self {
        Self {
            style: Style::Normal,
            context: 0,
            ignoring: Ignoring::default(),
            ignored_lines: Vec::new(),
            text: false,
            brief: false,
            reports_same: false,
            recursive: false,
            new_file: false,
            first_new_file: false,
            no_dereference: false,
            name_case: true,
            excluded: Vec::new(),
            start: None,
            labels: Vec::new(),
            function: None,
            expand_tabs: false,
            initial_tab: false,
            tab_size: 8,
            suppress_blank_empty: false,
            width: 130,
            left_column: false,
            suppress_common: false,
            ifdef: Vec::new(),
            color: false,
            from_file: None,
            to_file: None,
            operands: Vec::new(),
            switches: Vec::new(),
        }
    }
}

impl Reading {
    fn style(&mut self, ctx: &mut Context<'_>, style: Style) -> Result<(), Quit> {
        if self.style.is_some_and(|before| before != style) {
            return Err(try_help(ctx, &[b"conflicting output style options"]));
        }
        self.style = Some(style);
        Ok(())
    }

    fn context(&mut self, ctx: &mut Context<'_>, value: Option<&[u8]>) -> Result<(), Quit> {
        let Some(text) = value else { return Ok(()) };
        let scanned = number::signed(text, 10);
        let lines = usize::try_from(scanned.value).ok().filter(|_| scanned.len > 0 && scanned.len == text.len());
        let Some(lines) = lines else {
            let text = quote::locale(text);
            return Err(try_help(ctx, &[b"invalid context length ", &text]));
        };
        self.context = Some(self.context.unwrap_or(0).max(lines));
        Ok(())
    }

    fn take(&mut self, ctx: &mut Context<'_>, zero: &[u8], key: u8, given: Option<&[u8]>) -> Result<(), Quit> {
        let value = given.unwrap_or_default();
        let options = &mut self.options;
        match key {
            b'0'..=b'9' => self.digits.push(key),
            b'a' => options.text = true,
            b'b' => options.ignoring.space_change = true,
            b'Z' => options.ignoring.trailing_space = true,
            b'B' => options.ignoring.blank_lines = true,
            b'c' | b'C' => {
                self.style(ctx, Style::Context)?;
                self.context(ctx, given)?;
            }
            b'u' | b'U' => {
                self.style(ctx, Style::Unified)?;
                self.context(ctx, given)?;
            }
            b'D' => {
                options.ifdef = value.to_vec();
                self.style(ctx, Style::Ifdef)?;
            }
            b'e' => self.style(ctx, Style::Ed)?,
            b'E' => options.ignoring.tab_expansion = true,
            b'f' => self.style(ctx, Style::ForwardEd)?,
            b'F' => options.function = Some(expression(ctx, value)?),
            b'i' => options.ignoring.case = true,
            b'I' => options.ignored_lines.push(expression(ctx, value)?),
            b'L' | LABEL => options.labels.push(value.to_vec()),
            b'n' => self.style(ctx, Style::Rcs)?,
            b'N' => options.new_file = true,
            b'p' => {
                options.function = Some(expression(ctx, C_FUNCTION)?);
                if self.style.is_none() {
                    self.style(ctx, Style::Context)?;
                    self.context(ctx, None)?;
                }
            }
            b'P' | UNIDIRECTIONAL => options.first_new_file = true,
            b'q' => options.brief = true,
            b'r' => options.recursive = true,
            b's' => options.reports_same = true,
            b'S' => options.start = Some(value.to_vec()),
            b't' => options.expand_tabs = true,
            b'T' => options.initial_tab = true,
            b'w' => options.ignoring.all_space = true,
            b'x' => options.excluded.push(strip_slashes(value).to_vec()),
            b'X' => {
                let content = Source::open(value).and_then(|source| fs::read_to_end(source.fd()));
                let content = content.map_err(|error| {
                    ctx.perror(&[value], error);
                    Quit(TROUBLE)
                })?;
                let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                self.options.excluded.extend(lines.map(<[u8]>::to_vec));
            }
            b'y' => self.style(ctx, Style::SideBySide)?,
            b'W' => options.width = size(ctx, "width", value)?,
            TABSIZE => options.tab_size = size(ctx, "tabsize", value)?,
            NORMAL => self.style(ctx, Style::Normal)?,
            LEFT_COLUMN => options.left_column = true,
            SUPPRESS_COMMON => options.suppress_common = true,
            SUPPRESS_BLANK_EMPTY => options.suppress_blank_empty = true,
            NO_DEREFERENCE => options.no_dereference = true,
            IGNORE_NAME_CASE => options.name_case = false,
            STRIP_CR => options.ignoring.trailing_cr = true,
            FROM_FILE => options.from_file = Some(value.to_vec()),
            TO_FILE => options.to_file = Some(value.to_vec()),
            COLOR => {
                options.color = match given {
                    Some(b"always") => true,
                    Some(b"never") => false,
                    None | Some(b"auto") => tty::is_tty(wcr_sys::fd::STDOUT),
                    Some(other) => {
                        let other = quote::locale(other);
                        return Err(try_help(ctx, &[b"invalid color ", &other]));
                    }
                }
            }
            b'l' | FORMAT => {
                ctx.complain(&[b"-l and the options for formats are not supported by this diff"]);
                return Err(Quit(TROUBLE));
            }
            b'v' => {
                ctx.put(super::VERSION.as_bytes());
                return Err(Quit(0));
            }
            HELP => {
                let first = [b"Usage: ", zero, b" [OPTION]... FILES\n"].concat();
                ctx.put(&[&first, super::HELP_TEXT.as_bytes()].concat());
                return Err(Quit(0));
            }
            _ => {}
        }
        Ok(())
    }
}

fn size(ctx: &mut Context<'_>, what: &str, text: &[u8]) -> Result<usize, Quit> {
    match parse_decimal(text).and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0) {
        Some(size) => Ok(size),
        None => {
            let text = quote::locale(text);
            Err(try_help(ctx, &[b"invalid ", what.as_bytes(), b" ", &text]))
        }
    }
}
