//! GNU `gzip`: files in the format of gzip, and back.

mod files;
mod list;
mod names;
mod options;
mod pack;
mod unpack;

use applets::options::Parsed;
use applets::{Context, Quit};

use crate::Program;
use crate::dispatch::base_name;
use files::Run;

/// What `--help` prints behind the first line.
const HELP_TEXT: &str = include_str!("help.txt");

/// The program.
pub const PROGRAM: Program = Program::whole("gzip", run)
    .lacking("what --rsyncable does to the compressed bytes; reading the formats of pack and lzh");

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    // Diagnostics have the name alone.
    ctx.name = base_name(ctx.name);
    let options = options::read(ctx)?;
    let mut run = Run::new(&options);
    if options.operands.is_empty() {
        run.standard_input(ctx)?;
    }
    for operand in &options.operands {
        if operand == b"-" {
            run.standard_input(ctx)?;
        } else {
            run.operand(ctx, operand)?;
        }
    }
    Ok(run.finish(ctx))
}
