//! What a container has written, kept as Docker's `json-file` driver keeps it: a JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wcr_store::{RotatedLines, rotate};

use crate::life::place::Place;
use crate::life::record::{LogSpec, now};
use crate::life::time::rfc3339_nanos;

/// The longest piece of a line that is kept as one, in bytes (Docker's).
const LINE_MAX: usize = 16 << 10;
/// How much may wait for the folder, in bytes.
const PENDING_MAX: usize = 256 << 10;
/// The name of the newest file in a container's folder.
const NAME: &str = "log.json";

/// One of the two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// An entry of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// A line with its newline, or a piece of one that was too long or had no end.
    pub log: String,
    /// Where it was written.
    pub stream: Stream,
    /// When, RFC 3339 with nanoseconds.
    pub time: String,
}

/// Writes a log.
#[derive(Debug)]
pub(crate) struct LogWriter {
    place: Arc<Place>,
    folder: Option<PathBuf>,
    /// Entries that wait for the folder to be made.
    pending: Vec<u8>,
    spec: LogSpec,
    file: Option<File>,
    size: u64,
    /// Lines that have no end yet, of standard output and standard error.
    begun: [Vec<u8>; 2],
    time: fn() -> u64,
}

impl LogWriter {
    pub(crate) fn new(place: Arc<Place>) -> Self {
        let spec = place.record.spec.log.clone();
        Self {
            place,
            folder: None,
            pending: Vec::new(),
            spec,
            file: None,
            size: 0,
            begun: Default::default(),
            time: now,
        }
    }

    /// Keeps bytes; lines that have no end yet wait for it.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub(crate) fn write(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        if self.spec.none {
            return Ok(());
        }
        let mut lines = Vec::new();
        let mut begun = core::mem::take(&mut self.begun[stream as usize]);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            begun.extend_from_slice(piece);
            while begun.len() >= LINE_MAX {
                let rest = begun.split_off(LINE_MAX);
                lines.push(core::mem::replace(&mut begun, rest));
            }
            if begun.ends_with(b"\n") {
                lines.push(core::mem::take(&mut begun));
            }
        }
        self.begun[stream as usize] = begun;
        self.append(stream, &lines)
    }

    /// Keeps what has no end: nothing more comes.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let begun = core::mem::take(&mut self.begun[stream as usize]);
            if !begun.is_empty() {
                self.append(stream, &[begun])?;
            }
        }
        if self.place.is_made() { self.settle() } else { Ok(()) }
    }

    fn append(&mut self, stream: Stream, lines: &[Vec<u8>]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let time = rfc3339_nanos((self.time)());
        let mut out = Vec::new();
        for line in lines {
            let entry = Entry { log: String::from_utf8_lossy(line).into_owned(), stream, time: time.clone() };
            serde_json::to_writer(&mut out, &entry)?;
            out.push(b'\n');
        }
        self.pending.append(&mut out);
        if self.place.is_made() || self.pending.len() > PENDING_MAX { self.settle() } else { Ok(()) }
    }

    /// Writes what waits for the folder, in as many files as it takes.
    fn settle(&mut self) -> io::Result<()> {
        let out = core::mem::take(&mut self.pending);
        let mut rest = out.as_slice();
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

/// Reads a container's log, the oldest entries first. Lines that were cut off, as by a power failure, are left out.
#[derive(Debug)]
pub struct LogReader(RotatedLines);

impl LogReader {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(RotatedLines::open(folder.join(NAME)))
    }

    /// The next entry; `None` when there is none yet.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        while let Some(line) = self.0.next()? {
            if let Ok(entry) = serde_json::from_slice(&line) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use crate::life::record::Spec;
    use wcr_machine::ContainerImage;
    use wcr_store::Store;

    fn writer(store: &Path, log: LogSpec) -> (LogWriter, PathBuf) {
        let spec = Spec { log, ..Spec::default() };
        let image = ContainerImage { layers: Vec::new(), config: Default::default(), platform: Default::default() };
        let record = crate::life::record("x", None, &image, spec);
        let place = Arc::new(Place::new(Store::open(store).unwrap(), None, record).unwrap());
        let folder = place.folder().unwrap().path().to_owned();
        (LogWriter::new(place), folder)
    }

    fn all(folder: &Path) -> Vec<(String, Stream)> {
        let mut reader = LogReader::new(folder);
        core::iter::from_fn(|| reader.next().unwrap()).map(|entry| (entry.log, entry.stream)).collect()
    }

    #[test]
    fn lines_are_whole_and_keep_their_order() {
        let store = tempfile::tempdir().unwrap();
        let (mut log, folder) = writer(store.path(), LogSpec::default());
        log.write(Stream::Stdout, b"one\ntw").unwrap();
        log.write(Stream::Stderr, b"oops\n").unwrap();
        assert_eq!(all(&folder).len(), 2);
        log.write(Stream::Stdout, b"o\n\xffend").unwrap();
        log.finish().unwrap();
        let expected = [("one\n", Stream::Stdout), ("oops\n", Stream::Stderr), ("two\n", Stream::Stdout)];
        let expected = expected.into_iter().chain([("\u{fffd}end", Stream::Stdout)]);
        assert_eq!(all(&folder), expected.map(|(text, stream)| (text.to_owned(), stream)).collect::<Vec<_>>());
    }

    #[test]
    fn long_lines_come_in_pieces_and_files_are_rotated() {
        let store = tempfile::tempdir().unwrap();
        let spec = LogSpec { max_size: 40_000, max_files: 3, none: false };
        let (mut log, folder) = writer(store.path(), spec);
        let many: String = (0..2000).map(|number| format!("first {number}\n")).collect();
        log.write(Stream::Stdout, many.as_bytes()).unwrap();
        let kept = all(&folder);
        assert!(kept.len() < 2000 && kept.last().unwrap().0 == "first 1999\n", "{}", kept.len());
        let before = kept.len();
        log.write(Stream::Stdout, &vec![b'x'; 40_000]).unwrap();
        let long = all(&folder).iter().filter(|(log, _)| log.len() == LINE_MAX).count();
        assert!(long == 2 && all(&folder).len() <= before + 2);
        for number in 0..2000 {
            log.write(Stream::Stdout, format!("{number}\n").as_bytes()).unwrap();
        }
        let kept = all(&folder);
        assert_eq!(kept.last().unwrap().0, "1999\n");
        let numbers: Vec<u32> = kept.iter().filter_map(|(log, _)| log.trim().parse().ok()).collect();
        assert!(numbers.is_sorted() && numbers.len() > 500 && numbers.len() < 2000);
        assert_eq!(
            fs::read_dir(&folder)
                .unwrap()
                .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(NAME))
                .count(),
            3
        );
    }

    #[test]
    fn a_reader_follows_what_is_written() {
        let store = tempfile::tempdir().unwrap();
        let (mut log, folder) = writer(store.path(), LogSpec::default());
        let mut reader = LogReader::new(&folder);
        assert!(reader.next().unwrap().is_none());
        log.write(Stream::Stdout, b"a\n").unwrap();
        assert_eq!(reader.next().unwrap().unwrap().log, "a\n");
        assert!(reader.next().unwrap().is_none());
        log.write(Stream::Stdout, b"b\n").unwrap();
        assert_eq!(reader.next().unwrap().unwrap().log, "b\n");
    }
}
