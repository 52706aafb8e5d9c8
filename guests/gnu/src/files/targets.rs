//! What `cp`, `mv`, `ln` and `install` do to which path: `SOURCE DEST`, `SOURCE... DIRECTORY`, `-t DIRECTORY SOURCE...`.

use applets::core::basename::last_component;
use applets::core::paths::{join, strip_slashes};
use applets::options::Parsed;
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

use crate::dispatch::{extra_operand, wrong_usage};
use crate::quote;

/// The key of `--strip-trailing-slashes`.
pub const STRIP: u8 = 0xa0;

/// Sources, and what each is to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// A source and its destination.
    pub pairs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether the destinations lie in a directory that was named.
    pub in_directory: bool,
}

/// Whether a path leads to a directory, links followed.
pub fn is_directory(path: &[u8]) -> bool {
    fs::stat(path).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory)
}

/// Reads operands with the options `-t` and `-T`. `single` says what one operand alone means, where it means something.
/// # Errors
/// There are too few or too many, or a directory is none: told.
pub fn read(ctx: &mut Context<'_>, parsed: &Parsed, single: Option<fn(&[u8]) -> Vec<u8>>) -> Result<Targets, Quit> {
    let strip = |path: &Vec<u8>| if parsed.has(STRIP) { strip_slashes(path).to_vec() } else { path.clone() };
    let operands: Vec<Vec<u8>> = parsed.operands.iter().map(strip).collect();
    let no_target = parsed.has(b'T');
    let (sources, directory) = match (operands.as_slice(), parsed.value(b't')) {
        ([], _) => return Err(wrong_usage(ctx, 1, &[b"missing file operand"])),
        (_, Some(_)) if no_target => {
            ctx.complain(&[b"cannot combine --target-directory (-t) and --no-target-directory (-T)"]);
            return Err(Quit(1));
        }
        (sources, Some(directory)) => (sources, Some(directory.to_vec())),
        ([only], None) => match single.filter(|_| !no_target) {
            Some(place) => {
                let pair = (only.clone(), place(only));
                return Ok(Targets { pairs: vec![pair], in_directory: true });
            }
            None => {
                let shown = quote::always(only);
                return Err(wrong_usage(ctx, 1, &[b"missing destination file operand after ", &shown]));
            }
        },
        ([_, _, third, ..], None) if no_target => return Err(extra_operand(ctx, 1, third)),
        ([source, dest], None) if no_target || !is_directory(dest) => {
            let pair = (source.clone(), dest.clone());
            return Ok(Targets { pairs: vec![pair], in_directory: false });
        }
        ([sources @ .., directory], None) => (sources, Some(directory.clone())),
    };
    let directory = directory.unwrap_or_default();
    let found = fs::stat(&directory)
        .and_then(|stat| if stat.mode.kind() == FileKind::Directory { Ok(()) } else { Err(Errno::Notdir) });
    if let Err(error) = found {
        let what: &[u8] = if parsed.value(b't').is_some() { b"target directory " } else { b"target " };
        return Err(ctx.die_errno(&[what, &quote::always(&directory)], error));
    }
    let place = |source: &Vec<u8>| (source.clone(), join(&directory, last_component(strip_slashes(source))));
    Ok(Targets { pairs: sources.iter().map(place).collect(), in_directory: true })
}
