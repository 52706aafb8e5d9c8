//! GNU `tar`: archives of files.

mod block;
mod change;
mod child;
mod command;
mod compare;
mod create;
mod extract;
mod letters;
mod listing;
mod options;
mod reader;
mod say;
mod select;
mod transform;
mod writer;

use std::collections::HashMap;

use applets::core::paths::strip_slashes;
use applets::options::Parsed;
use applets::{Context, Quit};

use crate::Program;
use crate::dispatch::base_name;
use create::Creator;
use extract::Extractor;
use listing::Listing;
use options::{Operation, Options};
use reader::Reader;
use say::Removed;
use select::{Place, Selection};
use transform::Scope;
use writer::Writer;

/// The exit code when something was wrong, and when files and members differ.
const FATAL: u8 = 2;
const DIFFERENT: u8 = 1;

/// What `--help` prints behind the first line.
const HELP: &str = include_str!("help.txt");

const VERSION: &str = "\
tar (GNU tar) 1.34
Copyright (C) 2021 Free Software Foundation, Inc.
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.

Written by John Gilmore and Jay Fenlason.
";

/// The program.
pub const PROGRAM: Program = Program::whole("tar", run).failing_with(FATAL).lacking(
    "sparse files, incremental dumps, several volumes, volume labels, --backup, --one-top-level, -K, -w, -W; the rate \
     that --totals tells",
);

fn run(ctx: &mut Context<'_>, _: &Parsed) -> Result<u8, Quit> {
    ctx.name = base_name(ctx.name);
    let options = options::read(ctx)?;
    let failed = match options.operation {
        Operation::Create => {
            let writer = Writer::create(ctx, &options)?;
            Creator::new(&options, writer, HashMap::new()).run(ctx)?
        }
        Operation::Append | Operation::Update => change::append(ctx, &options)?,
        Operation::Concatenate => change::concatenate(ctx, &options)?,
        Operation::Delete => change::delete(ctx, &options)?,
        Operation::List | Operation::Extract | Operation::Compare | Operation::TestLabel => {
            let (failed, differs) = read(ctx, &options)?;
            if differs && !failed {
                return Ok(DIFFERENT);
            }
            failed
        }
    };
    if failed {
        ctx.complain(&[b"Exiting with failure status due to previous errors"]);
        return Ok(FATAL);
    }
    Ok(0)
}

/// Goes through the members: whether something was wrong, and whether something differs.
fn read(ctx: &mut Context<'_>, options: &Options) -> Result<(bool, bool), Quit> {
    let mut reader = Reader::open(ctx, options, &options.archive)?;
    let mut selection = Selection::new(options);
    let mut place = Place::new();
    let mut removed = Removed::default();
    let mut extractor = Extractor::new(options);
    let mut show = Show::new(options);
    let mut differs = false;
    let shortened = match options.operation {
        Operation::List => options.show_transformed,
        _ => true,
    };
    while let Some(member) = reader.next(ctx)? {
        let Some(folder) = selection.takes(&member.name).map(<[u8]>::to_vec) else {
            reader.skip(ctx, &member)?;
            continue;
        };
        let changed = |name: &[u8], scope| transform::apply(&options.transforms, name, scope);
        let mut name = changed(strip_slashes(&member.name), Scope::Member);
        if member.name.ends_with(b"/") && name != b"/" {
            name.push(b'/');
        }
        let mut link = match member.kind {
            block::HARD_LINK => changed(&member.link, Scope::HardLink),
            block::SYMLINK => changed(&member.link, Scope::Symlink),
            _ => Vec::new(),
        };
        if !options.absolute {
            name = removed.take_off(ctx, &name, false);
            if member.kind == block::HARD_LINK {
                link = removed.take_off(ctx, &link, true);
            }
        }
        if options.strip > 0 && shortened {
            let Some(stripped) = transform::strip(&name, options.strip) else {
                reader.skip(ctx, &member)?;
                continue;
            };
            name = stripped;
            if member.kind == block::HARD_LINK {
                link = transform::strip(&link, options.strip).unwrap_or(link);
            }
        }
        let shown_name = if options.show_transformed { &name } else { &member.name };
        show.member(ctx, reader.start, &member, shown_name, &link);
        match options.operation {
            Operation::Extract => {
                place.enter(ctx, &folder, &folder)?;
                extractor.extract(ctx, &mut reader, (&member, &name, &link), &folder)?;
            }
            Operation::Compare => {
                place.enter(ctx, &folder, &folder)?;
                differs |= compare::compare(ctx, &mut reader, &member, &name, &link)?;
            }
            _ => reader.skip(ctx, &member)?,
        }
    }
    show.end(ctx, reader.start);
    extractor.finish(ctx, &mut place)?;
    let missing = options.operation != Operation::TestLabel && selection.tell_missing(ctx);
    let failed = reader.close(ctx)? | extractor.failed | missing;
    Ok((failed, differs))
}

/// Names members as they are met.
struct Show {
    listing: Listing,
    level: usize,
    block_numbers: bool,
    to_stderr: bool,
}

impl Show {
    fn new(options: &Options) -> Self {
        let level = match options.operation {
            Operation::List => options.verbose + 1,
            Operation::TestLabel => 0,
            _ => options.verbose,
        };
        Self {
            listing: Listing::new(options.zone(), options.numeric, options.full_time),
            level,
            block_numbers: options.block_numbers,
            to_stderr: options.to_stdout,
        }
    }

    fn member(&mut self, ctx: &mut Context<'_>, start: u64, member: &block::Member, name: &[u8], link: &[u8]) {
        if self.level == 0 {
            return;
        }
        let mut line = Vec::new();
        if self.block_numbers {
            line.extend_from_slice(format!("block {}: ", start / block::BLOCK as u64).as_bytes());
        }
        if self.level == 1 {
            line.extend_from_slice(&say::shown(name));
            line.push(b'\n');
        } else {
            line.extend_from_slice(&self.listing.line(member, name, link));
        }
        if self.to_stderr { ctx.put_err(&line) } else { ctx.put(&line) }
    }

    fn end(&self, ctx: &mut Context<'_>, start: u64) {
        if self.block_numbers && self.level > 0 {
            ctx.put(format!("block {}: ** Block of NULs **\n", start / block::BLOCK as u64).as_bytes());
        }
    }
}
