//! The files of a log, and the entries that go there.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wcr_store::rotate;

use super::encode::Encoder;
use super::{NAME, Stream};
use crate::life::place::Place;
use crate::life::record::LogSpec;

/// The longest piece of a line that is kept as one, in bytes (Docker's).
pub(super) const LINE_MAX: usize = 16 << 10;
/// How much may wait for the folder, in bytes.
pub(super) const PENDING_MAX: usize = 256 << 10;

/// The files of a log.
#[derive(Debug)]
pub(super) struct LogFile {
    place: Arc<Place>,
    folder: Option<PathBuf>,
    /// Entries that wait for the folder to be made.
    pending: Vec<u8>,
    spec: LogSpec,
    file: Option<File>,
    size: u64,
    /// Lines that have no end yet, of standard output and standard error.
    begun: [Vec<u8>; 2],
}

impl LogFile {
    pub(super) fn new(place: Arc<Place>) -> Self {
        let spec = place.record.spec.log.clone();
        Self { place, folder: None, pending: Vec::new(), spec, file: None, size: 0, begun: Default::default() }
    }

    /// Keeps bytes that were written at `time`; lines that have no end yet wait for it.
    pub(super) fn write(&mut self, stream: Stream, bytes: &[u8], time: u64) -> io::Result<()> {
        let encoder = Encoder::new(stream, time);
        let mut rest = bytes;
        while !rest.is_empty() {
            // However much there is, it does not lie in memory as a whole.
            if self.pending.len() > PENDING_MAX {
                self.settle()?;
            }
            let begun = &mut self.begun[stream as usize];
            // A line that is there as a whole is not copied first.
            if begun.is_empty()
                && let Some(behind) = encoder.first_line(&mut self.pending, rest, LINE_MAX)
            {
                rest = behind;
                continue;
            }
            let room = rest.len().min(LINE_MAX - begun.len());
            let piece = rest.get(..room).unwrap_or(rest);
            let length = piece.iter().position(|byte| *byte == b'\n').map_or(room, |at| at + 1);
            let (piece, behind) = rest.split_at(length);
            begun.extend_from_slice(piece);
            if begun.len() >= LINE_MAX || begun.ends_with(b"\n") {
                encoder.entry(&mut self.pending, begun);
                begun.clear();
            }
            rest = behind;
        }
        self.settle_if_made()
    }

    /// Keeps what has no end: nothing more comes.
    pub(super) fn finish(&mut self, time: u64) -> io::Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let begun = core::mem::take(&mut self.begun[stream as usize]);
            if !begun.is_empty() {
                Encoder::new(stream, time).entry(&mut self.pending, &begun);
            }
        }
        self.settle_if_made()
    }

    fn settle_if_made(&mut self) -> io::Result<()> {
        if self.place.is_made() || self.pending.len() > PENDING_MAX { self.settle() } else { Ok(()) }
    }

    /// Writes what waits for the folder, in as many files as it takes.
    fn settle(&mut self) -> io::Result<()> {
        let mut pending = core::mem::take(&mut self.pending);
        let done = self.put(&pending);
        pending.clear();
        self.pending = pending;
        done
    }

    fn put(&mut self, entries: &[u8]) -> io::Result<()> {
        let mut rest = entries;
        while !rest.is_empty() {
            let folder = self.open()?;
            let room = usize::try_from(self.spec.max_size.saturating_sub(self.size)).unwrap_or(usize::MAX);
            let fitting =
                rest.get(..room.min(rest.len())).and_then(|head| head.iter().rposition(|byte| *byte == b'\n'));
            let whole = |at: usize| at + 1;
            let length = match fitting {
                _ if rest.len() <= room => rest.len(),
                Some(at) => whole(at),
                None if self.size > 0 => {
                    self.rotate(&folder)?;
                    continue;
                }
                // A line that is longer than a file may be has one of its own.
                None => rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), whole),
            };
            let (piece, behind) = rest.split_at(length);
            match &mut self.file {
                Some(file) => file.write_all(piece)?,
                None => {
                    self.place
                        .store
                        .write_in(&self.place.folder().map_err(io::Error::other)?, NAME, piece)
                        .map_err(io::Error::other)?;
                }
            }
            self.size += piece.len() as u64;
            rest = behind;
        }
        Ok(())
    }

    /// Opens the newest file, unless there is none yet; the folder that it is in.
    fn open(&mut self) -> io::Result<PathBuf> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => self.place.folder().map_err(io::Error::other)?.path().to_owned(),
        };
        self.folder = Some(folder.clone());
        let path = folder.join(NAME);
        if self.file.is_none() && path.exists() {
            let file = OpenOptions::new().append(true).open(path)?;
            self.size = file.metadata()?.len();
            self.file = Some(file);
        }
        Ok(folder)
    }

    /// Begins a new file; the oldest one goes when there are too many.
    fn rotate(&mut self, folder: &Path) -> io::Result<()> {
        rotate(&folder.join(NAME), self.spec.max_files.max(1))?;
        self.file = Some(OpenOptions::new().create(true).append(true).open(folder.join(NAME))?);
        self.size = 0;
        Ok(())
    }
}
