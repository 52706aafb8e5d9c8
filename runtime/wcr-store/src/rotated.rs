//! Files of lines that grow at their end: when one is long enough a new one is begun, and the oldest goes.
//!
//! The newest has the plain name, those before it `NAME.1`, `NAME.2` and so on.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::files::is_at;

/// The name of an older file.
fn older(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Gives the files one after the other the next older name, so that a new one can be begun; of `files` in all the oldest
/// goes.
///
/// # Errors
/// A file cannot be renamed or removed.
pub fn rotate(path: &Path, files: u32) -> io::Result<()> {
    let there = |done: io::Result<()>| match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    };
    for number in (1..files).rev() {
        let from = if number == 1 { path.to_owned() } else { older(path, number - 1) };
        there(fs::rename(from, older(path, number)))?;
    }
    if files <= 1 { there(fs::remove_file(path)) } else { Ok(()) }
}

/// Reads the lines of rotated files, the oldest first, and goes on with what is written meanwhile.
#[derive(Debug)]
pub struct RotatedLines {
    path: PathBuf,
    /// The older files that are still to be read, the oldest last.
    older: Vec<PathBuf>,
    current: Option<BufReader<File>>,
    /// Nothing more is written to the current file: when its end comes, that is the end.
    is_last_look: bool,
    /// The beginning of a line that is being written.
    partial: Vec<u8>,
}

impl RotatedLines {
    /// The lines of the file at `path` and of those before it; there need not be any yet.
    #[must_use]
    pub fn open(path: PathBuf) -> Self {
        let files = (1..).map(|number| older(&path, number)).take_while(|older| older.exists()).collect();
        Self { path, older: files, current: None, is_last_look: false, partial: Vec::new() }
    }

    /// Leaves out all that is there: only what comes from now on is read.
    ///
    /// # Errors
    /// The newest file cannot be read.
    pub fn skip_all(&mut self) -> io::Result<()> {
        self.older.clear();
        self.partial.clear();
        match File::open(&self.path) {
            Ok(mut file) => {
                file.seek(SeekFrom::End(0))?;
                self.current = Some(BufReader::new(file));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The next line with its newline; `None` when there is none yet. What a file ends with that has no newline, because
    /// whoever wrote it was killed, is left out when a newer file is there.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let Some(reader) = &mut self.current else {
                let (path, is_old) = match self.older.pop() {
                    Some(path) => (path, true),
                    None => (self.path.clone(), false),
                };
                match File::open(&path) {
                    Ok(file) => (self.current, self.is_last_look) = (Some(BufReader::new(file)), is_old),
                    Err(error) if error.kind() == io::ErrorKind::NotFound && is_old => {}
                    // There is none before something is written.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error),
                }
                continue;
            };
            if reader.read_until(b'\n', &mut self.partial)? > 0 {
                if self.partial.ends_with(b"\n") {
                    return Ok(Some(core::mem::take(&mut self.partial)));
                }
                continue;
            }
            if self.is_last_look {
                self.current = None;
                self.partial.clear();
                continue;
            }
            if !self.was_replaced()? {
                return Ok(None);
            }
            // Something may have been written to it since it was read to its end.
            self.is_last_look = true;
        }
    }

    /// Whether the current file is no longer the newest.
    fn was_replaced(&mut self) -> io::Result<bool> {
        let Some(reader) = &mut self.current else { return Ok(false) };
        let read = reader.stream_position()?;
        let file = reader.get_ref();
        let is_newest = is_at(file, &self.path).map_err(io::Error::other)?;
        Ok(!is_newest || file.metadata()?.len() < read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn append(path: &Path, text: &str) {
        File::options().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn all(lines: &mut RotatedLines) -> String {
        let mut text = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            text.extend(line);
        }
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn lines_are_followed_over_new_files() {
        let folder = crate::tests::Folder::new("rotated");
        std::fs::create_dir_all(&folder.0).unwrap();
        let path = folder.0.join("lines");
        let mut lines = RotatedLines::open(path.clone());
        assert_eq!(lines.next().unwrap(), None);
        append(&path, "a\nb");
        assert_eq!(all(&mut lines), "a\n");
        append(&path, "b\n");
        rotate(&path, 3).unwrap();
        assert_eq!(all(&mut lines), "bb\n");
        append(&path, "c\ntorn");
        assert_eq!(all(&mut lines), "c\n");
        rotate(&path, 3).unwrap();
        append(&path, "d\n");
        assert_eq!(all(&mut lines), "d\n");
        assert_eq!(all(&mut RotatedLines::open(path.clone())), "a\nbb\nc\nd\n");
        rotate(&path, 3).unwrap();
        assert_eq!(all(&mut RotatedLines::open(path.clone())), "c\nd\n");
        rotate(&path, 1).unwrap();
        let mut late = RotatedLines::open(path.clone());
        late.skip_all().unwrap();
        append(&path, "e\n");
        assert_eq!(all(&mut late), "e\n");
    }
}
