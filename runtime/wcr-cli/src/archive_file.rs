//! The file that an archive is written to.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wcr_image::Class;

use crate::busy::Busy;
use crate::exit::Failure;

/// How much is written at once, in bytes.
const PIECE: usize = 1 << 20;

/// Has `write` write an archive to `output`, or to standard output. A file has its name only when it is complete; what
/// is there and no regular file (a pipe, a device) is written as it is.
///
/// # Errors
/// Those of `write`; the file cannot be written; standard output is a terminal.
pub(crate) fn write_archive(output: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let busy =
        Busy::begin(output.map_or_else(|| "writing".to_owned(), |path| format!("writing {}", path.display())), None);
    let Some(path) = output else {
        let stdout = io::stdout();
        if stdout.is_terminal() {
            let message = "an archive is nothing for a terminal; write it to a file with -o, or to a pipe";
            return Err(Failure::new(Class::Usage, message).into());
        }
        let mut out = BufWriter::with_capacity(PIECE, busy.count(stdout.lock()));
        write(&mut out)?;
        return out.flush().context("cannot write to standard output");
    };
    let cannot = || format!("cannot write {}", path.display());
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let file = File::options().write(true).open(path).map_err(|error| unwritable(path, &error))?;
        let mut out = BufWriter::with_capacity(PIECE, busy.count(file));
        write(&mut out)?;
        return out.flush().with_context(cannot);
    }
    let temporary = Unfinished(beside(path));
    let file = File::create_new(&temporary.0).map_err(|error| unwritable(path, &error))?;
    let written = file.try_clone().with_context(cannot)?;
    let mut out = BufWriter::with_capacity(PIECE, busy.count(file));
    write(&mut out)?;
    out.flush().with_context(cannot)?;
    // A name that outlives a power cut without its content would look like an archive.
    written.sync_all().map_err(|error| unwritable(path, &error))?;
    fs::rename(&temporary.0, path).map_err(|error| unwritable(path, &error))?;
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Class::Store, format!("cannot write {}: {error}", path.display()))
}

/// A name in the same folder that nobody else has.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

/// A file that is removed unless it has got another name.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is not there when it was given its name, or was never made.
        drop(fs::remove_file(&self.0));
    }
}
