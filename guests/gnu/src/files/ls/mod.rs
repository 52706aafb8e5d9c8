//! `ls`, `dir`, `vdir`.

mod collect;
mod color;
mod options;
mod order;
mod show;
mod table;

use applets::options::{Long, Parsed, Takes};
use applets::{Context, Quit};

use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use options::{Flavour, Options};

/// The exit code for trouble with an operand, and with the options.
const SERIOUS: u8 = 2;

/// The keys of the long options that have no letter.
mod key {
    pub const AUTHOR: u8 = 0x80;
    pub const BLOCK_SIZE: u8 = 0x81;
    pub const COLOR: u8 = 0x82;
    pub const CLASSIFY: u8 = 0x83;
    pub const FILE_TYPE: u8 = 0x84;
    pub const FORMAT: u8 = 0x85;
    pub const FULL_TIME: u8 = 0x86;
    pub const DIRS_FIRST: u8 = 0x87;
    pub const SI: u8 = 0x88;
    pub const TO_DIR: u8 = 0x89;
    pub const HIDE: u8 = 0x8a;
    pub const HYPERLINK: u8 = 0x8b;
    pub const INDICATOR: u8 = 0x8c;
    pub const QUOTING: u8 = 0x8d;
    pub const SHOW_CONTROLS: u8 = 0x8e;
    pub const SORT: u8 = 0x8f;
    pub const TIME: u8 = 0x90;
    pub const TIME_STYLE: u8 = 0x91;
    pub const ZERO: u8 = 0x92;
}

const SHORT: &str = "abcdfghiklmnopqrstuvw:xABCDFGHI:LNQRST:UXZ1";

const LONG: &[Long] = &[
    ("all", Takes::Nothing, b'a'),
    ("almost-all", Takes::Nothing, b'A'),
    ("author", Takes::Nothing, key::AUTHOR),
    ("escape", Takes::Nothing, b'b'),
    ("block-size", Takes::Value, key::BLOCK_SIZE),
    ("ignore-backups", Takes::Nothing, b'B'),
    ("color", Takes::OptionalValue, key::COLOR),
    ("directory", Takes::Nothing, b'd'),
    ("dired", Takes::Nothing, b'D'),
    ("classify", Takes::OptionalValue, key::CLASSIFY),
    ("file-type", Takes::Nothing, key::FILE_TYPE),
    ("format", Takes::Value, key::FORMAT),
    ("full-time", Takes::Nothing, key::FULL_TIME),
    ("group-directories-first", Takes::Nothing, key::DIRS_FIRST),
    ("no-group", Takes::Nothing, b'G'),
    ("human-readable", Takes::Nothing, b'h'),
    ("size", Takes::Nothing, b's'),
    ("si", Takes::Nothing, key::SI),
    ("dereference-command-line", Takes::Nothing, b'H'),
    ("dereference-command-line-symlink-to-dir", Takes::Nothing, key::TO_DIR),
    ("hide", Takes::Value, key::HIDE),
    ("hyperlink", Takes::OptionalValue, key::HYPERLINK),
    ("indicator-style", Takes::Value, key::INDICATOR),
    ("inode", Takes::Nothing, b'i'),
    ("ignore", Takes::Value, b'I'),
    ("kibibytes", Takes::Nothing, b'k'),
    ("dereference", Takes::Nothing, b'L'),
    ("numeric-uid-gid", Takes::Nothing, b'n'),
    ("literal", Takes::Nothing, b'N'),
    ("hide-control-chars", Takes::Nothing, b'q'),
    ("show-control-chars", Takes::Nothing, key::SHOW_CONTROLS),
    ("quote-name", Takes::Nothing, b'Q'),
    ("quoting-style", Takes::Value, key::QUOTING),
    ("reverse", Takes::Nothing, b'r'),
    ("recursive", Takes::Nothing, b'R'),
    ("sort", Takes::Value, key::SORT),
    ("tabsize", Takes::Value, b'T'),
    ("time", Takes::Value, key::TIME),
    ("time-style", Takes::Value, key::TIME_STYLE),
    ("width", Takes::Value, b'w'),
    ("context", Takes::Nothing, b'Z'),
    ("zero", Takes::Nothing, key::ZERO),
    HELP_OPTION,
    VERSION_OPTION,
];

const fn program(name: &'static str, main: crate::program::Main) -> Program {
    Program::new(name, "[OPTION]... [FILE]...", "Lists files and what directories hold.", SHORT, LONG, main)
        .failing_with(SERIOUS)
        .lacking("the options -D and --hyperlink")
}

/// `ls`.
pub const LS: Program = program("ls", |ctx, parsed| list(ctx, parsed, Flavour::Ls));
/// `dir`: columns, and escapes in names.
pub const DIR: Program = program("dir", |ctx, parsed| list(ctx, parsed, Flavour::Dir));
/// `vdir`: long lines, and escapes in names.
pub const VDIR: Program = program("vdir", |ctx, parsed| list(ctx, parsed, Flavour::Vdir));

fn list(ctx: &mut Context<'_>, parsed: &Parsed, flavour: Flavour) -> Result<u8, Quit> {
    let options = Options::from_parsed(ctx, parsed, flavour)?;
    Ok(collect::Listing::new(&options).run(ctx, &parsed.operands))
}
