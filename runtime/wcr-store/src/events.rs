//! What has happened to containers and images: lines of JSON in `events.json`, written by the processes that do it.
//!
//! There is no daemon that could keep them. A line is appended as a whole with the file's lock held, so that many can write;
//! a file that is long enough is put aside, and the one before it goes. What a killed process has left half-written is
//! closed by the next writer and passed over by readers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::error::{Result, StoreError};
use crate::files::{self, is_at};
use crate::rotated::{RotatedLines, rotate};
use crate::store::Store;

/// The file's name.
pub(crate) const NAME: &str = "events.json";
/// How long the file may become, in bytes, before a new one is begun.
const LENGTH_MAX: u64 = 4 << 20;
/// How many files there are.
const FILES: u32 = 2;

/// Something that has happened, in the form that Docker has for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What it has happened to.
    #[serde(rename = "Type")]
    pub kind: EventKind,
    /// What has happened: `start`, `die`, `tag`, and so on.
    #[serde(rename = "Action")]
    pub action: String,
    /// Whom it has happened to.
    #[serde(rename = "Actor")]
    pub actor: Actor,
    /// When, in nanoseconds since the epoch.
    #[serde(rename = "timeNano")]
    pub time_nano: u64,
}

/// What an event has happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// A container.
    Container,
    /// An image.
    Image,
}

impl EventKind {
    /// Its name, as Docker has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Image => "image",
        }
    }
}

/// A container or an image, as an event names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The container's ID; the image's identity, or the name it was pulled by.
    #[serde(rename = "ID")]
    pub id: String,
    /// What else is known of it: the image, the name, labels, exit codes.
    #[serde(rename = "Attributes")]
    pub attributes: BTreeMap<String, String>,
}

impl Event {
    /// Something that has just happened.
    #[must_use]
    pub fn now(kind: EventKind, action: impl Into<String>, actor: Actor) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time_nano = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Self { kind, action: action.into(), actor, time_nano }
    }

    /// Something that happened then, in nanoseconds since the epoch.
    #[must_use]
    pub fn at(self, time_nano: u64) -> Self {
        Self { time_nano, ..self }
    }
}

/// The events of a store, the oldest first.
#[derive(Debug)]
pub struct Events(RotatedLines);

impl Events {
    /// Leaves out all that has happened so far.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn skip_all(&mut self) -> io::Result<()> {
        self.0.skip_all()
    }

    /// The next event; `None` when nothing has happened yet. Lines that make no sense are left out.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next(&mut self) -> io::Result<Option<Event>> {
        while let Some(line) = self.0.next()? {
            if let Ok(event) = serde_json::from_slice(&line) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }
}

impl Store {
    /// What has happened, and will.
    ///
    /// # Errors
    /// The store cannot be made.
    pub fn events(&self) -> Result<Events> {
        self.ensure()?;
        Ok(Events(RotatedLines::open(self.root().join(NAME))))
    }

    /// Writes down what has happened. Nothing fails because that cannot be written: where there is no store, or no room,
    /// it is not written down.
    pub fn tell(&self, events: &[Event]) {
        drop(self.append(events));
    }

    /// Writes down what has happened to an image.
    pub fn tell_of_image(&self, action: &str, id: impl Into<String>, name: impl Into<String>) {
        let attributes = BTreeMap::from([("name".to_owned(), name.into())]);
        self.tell(&[Event::now(EventKind::Image, action, Actor { id: id.into(), attributes })]);
    }

    fn append(&self, events: &[Event]) -> Result<()> {
        let path = self.root().join(NAME);
        let mut lines = Vec::new();
        for event in events {
            serde_json::to_writer(&mut lines, event).map_err(|error| StoreError::io("write", &path)(error.into()))?;
            lines.push(b'\n');
        }
        let mut file = match self.open_events(&path, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.exists()? => self.open_events(&path, true),
            opened => opened,
        }
        .map_err(StoreError::io("open", &path))?;
        append_to(&mut file.0, file.1, &lines).map_err(StoreError::io("write", &path))
    }

    /// Opens the newest file, locked, of this length.
    fn open_events(&self, path: &Path, create: bool) -> io::Result<(File, u64)> {
        loop {
            let file = files::append(path, create)?;
            match file.lock() {
                // A file system without locks: short lines are appended as a whole there, too.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                locked => locked?,
            }
            let length = file.metadata()?.len();
            if length < LENGTH_MAX {
                return Ok((file, length));
            }
            // Somebody else may have put it aside meanwhile.
            if !is_at(&file, path).map_err(io::Error::other)? {
                continue;
            }
            rotate(path, FILES)?;
            // Others who have waited for this one find the new file.
            drop(files::append(path, true)?);
        }
    }
}

/// Appends lines to a file of this length whose last one may have no end.
fn append_to(file: &mut File, length: u64, lines: &[u8]) -> io::Result<()> {
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
    }
    if last == [b'\n'] { file.write_all(lines) } else { file.write_all(&[b"\n", lines].concat()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Folder;
    use std::fs;

    fn event(number: usize) -> Event {
        let actor = Actor { id: "x".repeat(64), attributes: BTreeMap::from([("n".into(), number.to_string())]) };
        Event::now(EventKind::Container, "start", actor)
    }

    fn numbers(store: &Store) -> Vec<usize> {
        let mut events = store.events().unwrap();
        core::iter::from_fn(|| events.next().unwrap())
            .map(|event| event.actor.attributes["n"].parse().unwrap())
            .collect()
    }

    #[test]
    fn events_come_as_they_were_told() {
        let folder = Folder::new("events");
        let store = folder.store();
        store.tell(&[event(0)]);
        assert!(!folder.0.join(NAME).exists(), "there is no store yet");
        store.ensure().unwrap();
        store.tell(&[event(1), event(2)]);
        let mut late = store.events().unwrap();
        late.skip_all().unwrap();
        store.tell(&[event(3).at(5)]);
        assert_eq!(late.next().unwrap().unwrap().time_nano, 5);
        assert_eq!((late.next().unwrap(), numbers(&store)), (None, vec![1, 2, 3]));
    }

    #[test]
    fn a_torn_line_is_passed_over() {
        let folder = Folder::new("events-torn");
        let store = folder.store();
        store.ensure().unwrap();
        store.tell(&[event(1)]);
        let path = folder.0.join(NAME);
        let torn = &fs::read(&path).unwrap()[..40];
        File::options().append(true).open(&path).unwrap().write_all(torn).unwrap();
        assert_eq!(numbers(&store), [1]);
        store.tell(&[event(2)]);
        assert_eq!(numbers(&store), [1, 2]);
    }

    #[test]
    fn many_write_at_a_time_and_the_files_stay_bounded() {
        let folder = Folder::new("events-many");
        let store = folder.store();
        store.ensure().unwrap();
        let (writers, each) = (8, 3000);
        std::thread::scope(|scope| {
            for writer in 0..writers {
                let store = &store;
                scope.spawn(move || (0..each).for_each(|at| store.tell(&[event(writer * each + at)])));
            }
        });
        let found = numbers(&store);
        for writer in 0..writers {
            let own: Vec<usize> = found.iter().copied().filter(|number| number / each == writer).collect();
            assert!(own.windows(2).all(|pair| pair[0] + 1 == pair[1]), "none is missing in between");
            assert_eq!(own.last(), Some(&(writer * each + each - 1)));
        }
        let files: Vec<u64> =
            [NAME, "events.json.1"].iter().map(|name| fs::metadata(folder.0.join(name)).unwrap().len()).collect();
        assert!(files.iter().all(|length| *length < LENGTH_MAX + 4096), "{files:?}");
        assert!(!folder.0.join("events.json.2").exists());
    }
}
