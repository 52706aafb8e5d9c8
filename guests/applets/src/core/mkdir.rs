//! `mkdir`: makes directories.

use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

use super::mode;
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "mkdir",
    "mkdir [-m MODE] [-p] DIRECTORY...\n\n\
     Create DIRECTORY\n\n\
     \t-m MODE\tMode\n\
     \t-p\tNo error if exists; make parent directories as needed",
    main,
);

const SPEC: Spec = Spec::new(
    "m:pv",
    &[("mode", Takes::Value, b'm'), ("parents", Takes::Nothing, b'p'), ("verbose", Takes::Nothing, b'v')],
);

/// How directories are made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Making {
    /// The mode of the last one, not subject to the umask.
    pub mode: Option<u32>,
    /// Whether missing parents are made and existing directories are no error.
    pub parents: bool,
    /// Whether each directory that is made is named on standard output.
    pub verbose: bool,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut making = Making { mode: None, parents: parsed.has(b'p'), verbose: parsed.has(b'v') };
    if let Some(operand) = parsed.value(b'm') {
        // As for a file: `X` grants what somebody has already.
        match mode::apply(operand, 0o777, false, umask()) {
            Some(mode) => making.mode = Some(mode),
            None => return Err(ctx.die(&[b"invalid mode '", operand, b"'"])),
        }
    }
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let mut code = 0;
    for path in &parsed.operands {
        if !make(ctx, path, making) {
            code = 1;
        }
    }
    Ok(code)
}

/// The process's umask.
#[must_use]
pub fn umask() -> u32 {
    let mask = fs::umask(0);
    fs::umask(mask);
    mask
}

/// Makes the directory `path`; a failure is reported and returned as `false`.
pub fn make(ctx: &mut Context<'_>, path: &[u8], making: Making) -> bool {
    if matches!(path, b"." | b"/") {
        return true;
    }
    let mut end = 0;
    loop {
        end = if making.parents { component_end(path, end) } else { path.len() };
        let (part, last) = (path.get(..end).unwrap_or(path), end >= path.len());
        match make_one(part, if last { making } else { Making { mode: None, ..making } }, last) {
            Ok(true) if making.verbose => ctx.put(&[b"created directory: '", part, b"'\n"].concat()),
            Ok(_) => {}
            Err(error) => {
                ctx.perror(&[b"can't create directory '", part, b"'"], error);
                return false;
            }
        }
        if last {
            return true;
        }
    }
}

/// Makes one directory and says whether it was new.
fn make_one(path: &[u8], making: Making, last: bool) -> Result<bool, Errno> {
    // What lies inside must be reachable for the parts that follow.
    let mask = (!last).then(|| {
        let mask = umask();
        fs::umask(mask & !0o300);
        mask
    });
    let made = fs::mkdir(path, 0o777);
    if let Some(mask) = mask {
        fs::umask(mask);
    }
    match made {
        Ok(()) => {
            if let Some(mode) = making.mode {
                fs::chmod(path, mode)?;
            }
            Ok(true)
        }
        Err(error @ (Errno::Exist | Errno::Isdir | Errno::Rofs | Errno::Acces | Errno::Perm)) if making.parents => {
            match fs::stat(path) {
                Ok(stat) if stat.mode.kind() == FileKind::Directory => Ok(false),
                // What is there and leads nowhere tells why itself.
                Err(reason) if matches!(error, Errno::Exist | Errno::Isdir) => Err(reason),
                _ => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// The end of the component that begins at `start`, its slashes included.
fn component_end(path: &[u8], start: usize) -> usize {
    let rest = path.get(start..).unwrap_or_default();
    let leading = rest.iter().take_while(|byte| **byte == b'/').count();
    let name = rest.iter().skip(leading).take_while(|byte| **byte != b'/').count();
    let trailing = rest.iter().skip(leading + name).take_while(|byte| **byte == b'/').count();
    start + leading + name + trailing
}

#[cfg(test)]
mod tests {
    use super::component_end;

    #[test]
    fn components_keep_their_slashes() {
        let mut ends = Vec::new();
        let mut end = 0;
        while end < 8 {
            end = component_end(b"/a//b/cd", end);
            ends.push(end);
        }
        assert_eq!(ends, [4, 6, 8]);
    }
}
