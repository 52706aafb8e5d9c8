//! `sed`: a stream editor.

mod command;
mod execute;
mod input;
mod out_file;
mod output;
mod parse;
mod substitute;

pub use out_file::OutFile;

use crate::options::{Long, Spec, Takes};
use crate::source::Source;
use crate::{Applet, Context, Quit};

use execute::Editor;
use parse::Script;

/// The applet.
pub const APPLET: Applet = Applet::new(
    "sed",
    "sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\n\
     or: sed [-i[SFX]] [-nrE] CMD [FILE]...\n\n\
     \t-e CMD\tAdd CMD to sed commands to be executed\n\
     \t-f FILE\tAdd FILE contents to sed commands to be executed\n\
     \t-i[SFX]\tEdit files in-place (otherwise write to stdout)\n\
     \t\tOptionally back files up, appending SFX\n\
     \t-n\tSuppress automatic printing of pattern space\n\
     \t-r,-E\tUse extended regex syntax\n\n\
     If no -e or -f, the first non-option argument is the sed command string.\n\
     Remaining arguments are input files (stdin if none).",
    main,
)
.on_write_failure(crate::WriteFailure::Ignore);

const LONG: [Long; 7] = [
    ("in-place", Takes::OptionalValue, b'i'),
    ("regexp-extended", Takes::Nothing, b'r'),
    ("quiet", Takes::Nothing, b'n'),
    ("silent", Takes::Nothing, b'n'),
    ("expression", Takes::Value, b'e'),
    ("file", Takes::Value, b'f'),
    ("version", Takes::Nothing, b'V'),
];
const SPEC: Spec = Spec::new("i::rEne:f:", &LONG);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.has(b'V') {
        ctx.put(b"This is not GNU sed version 4.0\n");
        return Ok(0);
    }
    let extended = parsed.last_of(b"rE").is_some();
    let mut script = Script::new(extended);
    let mut operands = parsed.operands.iter();
    let given = |key: u8| parsed.options.iter().filter(move |(given, _)| *given == key);
    for (_, text) in given(b'e') {
        script.add(ctx, text.as_deref().unwrap_or_default())?;
    }
    for (_, path) in given(b'f') {
        let path = path.as_deref().unwrap_or_default();
        let content = Source::open(path).and_then(|source| wcr_sys::fs::read_to_end(source.fd()));
        let content = content.map_err(|error| ctx.die_errno(&[path], error))?;
        script.add(ctx, content.strip_suffix(b"\n").unwrap_or(&content))?;
    }
    if !parsed.has(b'e') && !parsed.has(b'f') {
        let Some(text) = operands.next() else { return Err(ctx.usage()) };
        script.add(ctx, text)?;
    }
    let (program, quiet) = script.finish(ctx)?;
    let files: Vec<Vec<u8>> = operands.cloned().collect();
    let mut editor = Editor::new(program, quiet || parsed.has(b'n'));
    if !parsed.has(b'i') {
        return editor.run_stream(ctx, files);
    }
    if files.is_empty() {
        return Err(ctx.die(&[b"-i requires an argument"]));
    }
    editor.run_in_place(ctx, files, parsed.value(b'i').unwrap_or_default())
}
