//! `wcr completion` and `wcr man`: made of the same definitions that the command line is read with.

use std::fs;

use anyhow::{Context as _, Result};
use clap::Command;
use clap_mangen::Man;

use crate::exit::OK;
use crate::help::{examples, taught};
use crate::output;
use crate::self_args::{CompletionArgs, ManArgs};

/// What the pages are from.
const SOURCE: &str = concat!("wcr ", env!("CARGO_PKG_VERSION"));

/// Prints what makes a shell complete command lines of wcr.
pub(crate) fn completion(args: &CompletionArgs) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut taught(), "wcr", &mut text);
    Ok(output::print(&String::from_utf8_lossy(&text)))
}

/// Prints the first manual page, or writes all of them into a folder: `wcr.1`, `wcr-run.1` and so on.
pub(crate) fn man(args: &ManArgs) -> Result<u8> {
    let mut cli = taught();
    cli.build();
    let Some(folder) = &args.folder else {
        return Ok(output::print(&String::from_utf8_lossy(&page(cli)?)));
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let commands: Vec<Command> = cli.get_subcommands().cloned().collect();
    for command in std::iter::once(cli).chain(commands) {
        let path = folder.join(format!("{}.1", command.get_display_name().unwrap_or(command.get_name())));
        fs::write(&path, page(command)?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(OK)
}

/// One page. Examples have a section of their own, in which lines stay lines.
fn page(command: Command) -> Result<Vec<u8>> {
    let examples = examples(command.get_name());
    let mut text = Vec::new();
    let man = Man::new(command.after_help(None::<&str>)).manual("wcr").source(SOURCE);
    man.render(&mut text)?;
    text.extend_from_slice(b".SH EXAMPLES\n");
    for (what, line) in examples {
        text.extend_from_slice(format!("{}:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n.PP\n", roff(what), roff(line)).as_bytes());
    }
    Ok(text)
}

/// A line of text for roff, in which backslashes and dashes mean something, and dots and quotes at the beginning.
fn roff(line: &str) -> String {
    let escaped = line.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) { format!("\\&{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_examples_line_by_line() {
        let command = Command::new("run").about("Run it").after_help("Examples:\n  x");
        let text = String::from_utf8(page(command).unwrap()).unwrap();
        assert!(
            text.contains(".SH EXAMPLES\n") && text.contains(".nf\nwcr run \\-\\-rm busybox echo hi\n.fi\n"),
            "{text}"
        );
        assert!(!text.contains("EXTRA"), "{text}");
        assert_eq!((roff(r".a\tb").as_str(), roff("a-b").as_str()), (r"\&.a\etb", r"a\-b"));
    }
}
