//! The lines of all files, one behind the other.

use std::collections::VecDeque;

use applets::lines::LineReader;
use applets::source::Source;
use applets::{Context, Quit};
use wcr_sys::{Errno, append};

use super::CANNOT_GO_ON;

/// The input.
#[derive(Debug)]
pub(super) struct Input {
    files: VecDeque<Vec<u8>>,
    delimiter: u8,
    /// The reader stands first, to be dropped before the file that it gives bytes back to is closed.
    current: Option<(LineReader, Source)>,
    /// The name of the current file.
    name: Vec<u8>,
    /// The name of the file that the last line is of.
    last_name: Vec<u8>,
    failed: bool,
}

impl Input {
    /// The lines of the files, one file behind the other.
    pub(super) fn new(files: Vec<Vec<u8>>, delimiter: u8) -> Self {
        let (name, last_name) = (b"-".to_vec(), b"-".to_vec());
        Self { files: files.into(), delimiter, current: None, name, last_name, failed: false }
    }

    /// The lines of an open file.
    pub(super) fn of_source(source: Source, name: &[u8], delimiter: u8) -> Self {
        let mut input = Self::new(Vec::new(), delimiter);
        input.name = name.to_vec();
        input.current = Some((LineReader::stopping(source.fd(), delimiter), source));
        input
    }

    /// Whether a file could not be opened.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// The name of the file that the last line is of.
    pub(super) fn last_name(&self) -> &[u8] {
        &self.last_name
    }

    /// Whether no line follows; opens files until one of them has any.
    pub(super) fn is_at_end(&mut self, ctx: &mut Context<'_>) -> Result<bool, Quit> {
        loop {
            if let Some((reader, _)) = &mut self.current {
                match reader.has_more() {
                    Ok(true) => return Ok(false),
                    Ok(false) => self.current = None,
                    Err(error) => return Err(self.unreadable(ctx, error)),
                }
            }
            let Some(path) = self.files.pop_front() else { return Ok(true) };
            match Source::open(&path) {
                Ok(source) => {
                    self.current = Some((LineReader::stopping(source.fd(), self.delimiter), source));
                    self.name = path;
                }
                Err(error) => {
                    ctx.perror(&[b"can't read ", &path], error);
                    self.failed = true;
                }
            }
        }
    }

    /// Puts the next line into `line`; whether its end stood in the file, or `None` where there is no line.
    pub(super) fn next(&mut self, ctx: &mut Context<'_>, line: &mut Vec<u8>) -> Result<Option<bool>, Quit> {
        if self.is_at_end(ctx)? {
            return Ok(None);
        }
        let Some((reader, _)) = &mut self.current else { return Ok(None) };
        match reader.next_line() {
            Ok(read) => {
                line.clear();
                self.last_name.clone_from(&self.name);
                Ok(read.map(|read| {
                    append(line, read.text);
                    read.terminated
                }))
            }
            Err(error) => Err(self.unreadable(ctx, error)),
        }
    }

    fn unreadable(&self, ctx: &mut Context<'_>, error: Errno) -> Quit {
        ctx.perror(&[b"read error on ", &self.name], error);
        Quit(CANNOT_GO_ON)
    }
}
