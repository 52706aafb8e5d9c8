//! Files that are edited each for itself, in place where that is asked for.

use applets::source::Source;
use applets::temporary::{self, Refused};
use applets::text::sed::OutFile;
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::{fd, fs};

use super::CANNOT_GO_ON;
use super::execute::{Editor, Space};
use super::input::Input;

impl Editor {
    /// Runs the script over each file, whose lines are counted anew.
    pub(super) fn each(&mut self, ctx: &mut Context<'_>, files: Vec<Vec<u8>>) -> Result<(u8, bool), Quit> {
        let mut missing = false;
        for path in files {
            let source = match Source::open(&path) {
                Ok(source) => source,
                Err(error) => {
                    ctx.perror(&[b"can't read ", &path], error);
                    missing = true;
                    continue;
                }
            };
            self.line = 0;
            self.hold = Space { text: Vec::new(), terminated: true };
            self.open_inputs();
            for command in &mut self.program.commands {
                command.range = command.initial_range();
            }
            let quit = match self.manner.in_place.clone() {
                Some(suffix) if source.fd() != fd::STDIN => self.edit(ctx, source, &path, &suffix)?,
                _ => self.cycles(ctx, &mut Input::of_source(source, &path, self.manner.delimiter))?,
            };
            if let Some(code) = quit {
                return Ok((code, missing));
            }
        }
        Ok((0, missing))
    }

    /// Edits a file in place.
    pub(super) fn edit(
        &mut self,
        ctx: &mut Context<'_>,
        source: Source,
        path: &[u8],
        suffix: &[u8],
    ) -> Result<Option<u8>, Quit> {
        let stat = fd::stat(source.fd()).ok();
        if !stat.is_some_and(|stat| stat.mode.kind() == FileKind::Regular) {
            ctx.complain(&[b"couldn't edit ", path, b": not a regular file"]);
            return Err(Quit(CANNOT_GO_ON));
        }
        let target = if self.manner.follow { resolved(path) } else { path.to_vec() };
        let base = memchr::memrchr(b'/', &target).map_or(0, |slash| slash + 1);
        let (folder, name) = target.split_at(base);
        let fail = |ctx: &mut Context<'_>, parts: &[&[u8]], error| {
            ctx.perror(parts, error);
            Quit(CANNOT_GO_ON)
        };
        let beside: &[u8] = if folder.is_empty() { b"./" } else { folder };
        let (file, temporary) = temporary::beside(&[beside, b"sed"].concat())
            .map_err(|Refused { name, error }| fail(ctx, &[b"couldn't open temporary file ", &name], error))?;
        let file = OutFile::new(file);
        if let Some(stat) = stat {
            // A file whose owner cannot be given away keeps the editor's.
            let _ = fd::chown(file.fd(), stat.uid, stat.gid);
            let _ = fd::chmod(file.fd(), stat.mode.permissions());
        }
        self.file = Some(file);
        let tail = core::mem::take(&mut self.tail);
        let mut input = Input::of_source(source, path, self.manner.delimiter);
        let quit = self.cycles(ctx, &mut input)?;
        self.tail = tail;
        let written = self.file.take().map_or(Ok(()), OutFile::close);
        written.map_err(|error| fail(ctx, &[b"couldn't flush ", &temporary], error))?;
        if !suffix.is_empty() {
            let backup = backup_name(folder, name, suffix);
            fs::rename(&target, &backup).map_err(|error| fail(ctx, &[b"cannot rename ", &target], error))?;
        }
        fs::rename(&temporary, &target).map_err(|error| {
            // The new text would otherwise stay behind under a name that nobody knows.
            let _ = fs::unlink(&temporary);
            fail(ctx, &[b"cannot rename ", &temporary], error)
        })?;
        Ok(quit)
    }
}

/// The path of what a link leads to.
fn resolved(path: &[u8]) -> Vec<u8> {
    let mut path = path.to_vec();
    // As many links as a kernel follows.
    for _ in 0..40 {
        let Ok(target) = fs::readlink(&path) else { break };
        if target.starts_with(b"/") {
            path = target;
        } else {
            let base = memchr::memrchr(b'/', &path).map_or(0, |slash| slash + 1);
            path.truncate(base);
            path.extend_from_slice(&target);
        }
    }
    path
}

/// The name under which an old file is kept.
fn backup_name(folder: &[u8], name: &[u8], suffix: &[u8]) -> Vec<u8> {
    if !suffix.contains(&b'*') {
        return [folder, name, suffix].concat();
    }
    let parts: Vec<&[u8]> = suffix.split(|byte| *byte == b'*').collect();
    let made = parts.join(name);
    if made.contains(&b'/') { made } else { [folder, &made].concat() }
}
