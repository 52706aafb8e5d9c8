//! The lines of all files, one ahead, so that the last one is known.

use std::collections::VecDeque;

use wcr_sys::append;

use crate::Context;
use crate::lines::LineReader;
use crate::source::Source;

/// What stood behind a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// A newline.
    Newline,
    /// A NUL.
    Nul,
    /// A NUL that is the last byte of its file.
    LastNul,
    /// The end of the file.
    Nothing,
}

/// The input.
#[derive(Debug)]
pub(super) struct Input {
    files: VecDeque<Vec<u8>>,
    /// The reader stands first, to be dropped before the file that it gives bytes back to is closed.
    current: Option<(LineReader, Source)>,
    ahead: Option<(Vec<u8>, Ending)>,
    started: bool,
    /// Whether a file could not be opened.
    failed: bool,
}

impl Input {
    /// The lines of the files, one file behind the other.
    pub(super) fn new(files: Vec<Vec<u8>>) -> Self {
        Self { files: files.into(), current: None, ahead: None, started: false, failed: false }
    }

    /// The lines of an open file.
    pub(super) fn of_source(source: Source) -> Self {
        let mut input = Self::new(Vec::new());
        input.current = Some((LineReader::stopping_text(source.fd()), source));
        input
    }

    /// Whether a file could not be opened.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// Whether no line follows.
    pub(super) fn is_at_end(&self) -> bool {
        self.started && self.ahead.is_none()
    }

    /// Puts the next line into `line`; `None` at the end.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>, line: &mut Vec<u8>) -> Option<Ending> {
        if !core::mem::replace(&mut self.started, true) {
            self.ahead = self.read(ctx, Vec::new());
        }
        let (mut text, ending) = self.ahead.take()?;
        core::mem::swap(line, &mut text);
        self.ahead = self.read(ctx, text);
        Some(ending)
    }

    fn read(&mut self, ctx: &mut Context<'_>, mut text: Vec<u8>) -> Option<(Vec<u8>, Ending)> {
        loop {
            if let Some((reader, _)) = &mut self.current {
                // What cannot be read ends the file, as it does in BusyBox.
                if let Ok(Some(line)) = reader.next_line() {
                    text.clear();
                    append(&mut text, line.text);
                    let ending = match (line.terminated, line.by_nul) {
                        (false, _) => Ending::Nothing,
                        (true, true) if reader.has_more().is_ok_and(|more| more) => Ending::Nul,
                        (true, true) => Ending::LastNul,
                        (true, false) => Ending::Newline,
                    };
                    return Some((text, ending));
                }
                self.current = None;
            }
            let path = self.files.pop_front()?;
            match Source::open(&path) {
                Ok(source) => self.current = Some((LineReader::stopping_text(source.fd()), source)),
                Err(error) => {
                    ctx.perror(&[&path], error);
                    self.failed = true;
                }
            }
        }
    }
}
