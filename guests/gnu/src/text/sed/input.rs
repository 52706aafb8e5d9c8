//! The lines of all files, one ahead, so that the last one is known.

use std::collections::VecDeque;

use applets::lines::LineReader;
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::append;

use super::CANNOT_GO_ON;

/// The input.
#[derive(Debug)]
pub(super) struct Input {
    files: VecDeque<Vec<u8>>,
    delimiter: u8,
    /// The reader stands first, to be dropped before the file that it gives bytes back to is closed.
    current: Option<(LineReader, Source)>,
    /// The name of the file that the line ahead is of, and that of the last line that was given out.
    names: [Vec<u8>; 2],
    ahead: Option<(Vec<u8>, bool)>,
    started: bool,
    failed: bool,
}

impl Input {
    /// The lines of the files, one file behind the other.
    pub(super) fn new(files: Vec<Vec<u8>>, delimiter: u8) -> Self {
        let names = [b"-".to_vec(), b"-".to_vec()];
        Self { files: files.into(), delimiter, current: None, names, ahead: None, started: false, failed: false }
    }

    /// The lines of an open file.
    pub(super) fn of_source(source: Source, name: &[u8], delimiter: u8) -> Self {
        let mut input = Self::new(Vec::new(), delimiter);
        input.names[0] = name.to_vec();
        input.current = Some((LineReader::stopping(source.fd(), delimiter), source));
        input
    }

    /// Whether a file could not be opened.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// The name of the file that the last line is of.
    pub(super) fn name(&self) -> &[u8] {
        &self.names[1]
    }

    /// Whether no line follows.
    pub(super) fn is_at_end(&mut self, ctx: &mut Context<'_>) -> Result<bool, Quit> {
        self.start(ctx)?;
        Ok(self.ahead.is_none())
    }

    fn start(&mut self, ctx: &mut Context<'_>) -> Result<(), Quit> {
        if !core::mem::replace(&mut self.started, true) {
            self.ahead = self.read(ctx, Vec::new())?;
        }
        Ok(())
    }

    /// Puts the next line into `line`; whether its end stood in the file, or `None` where there is no line.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>, line: &mut Vec<u8>) -> Result<Option<bool>, Quit> {
        self.start(ctx)?;
        let Some((mut text, terminated)) = self.ahead.take() else { return Ok(None) };
        core::mem::swap(line, &mut text);
        let [ahead, last] = &mut self.names;
        last.clone_from(ahead);
        self.ahead = self.read(ctx, text)?;
        Ok(Some(terminated))
    }

    fn read(&mut self, ctx: &mut Context<'_>, mut text: Vec<u8>) -> Result<Option<(Vec<u8>, bool)>, Quit> {
        loop {
            if let Some((reader, _)) = &mut self.current {
                match reader.next_line() {
                    Ok(Some(line)) => {
                        text.clear();
                        append(&mut text, line.text);
                        return Ok(Some((text, line.terminated)));
                    }
                    Ok(None) => self.current = None,
                    Err(error) => {
                        ctx.perror(&[b"read error on ", &self.names[0]], error);
                        return Err(Quit(CANNOT_GO_ON));
                    }
                }
            }
            let Some(path) = self.files.pop_front() else { return Ok(None) };
            match Source::open(&path) {
                Ok(source) => {
                    self.current = Some((LineReader::stopping(source.fd(), self.delimiter), source));
                    self.names[0] = path;
                }
                Err(error) => {
                    ctx.perror(&[b"can't read ", &path], error);
                    self.failed = true;
                }
            }
        }
    }
}
