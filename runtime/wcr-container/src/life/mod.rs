//! The life of containers that are kept: made, started, looked at, fed, stopped, removed.
//!
//! There is no daemon. A container is a folder of the store; one that runs has a process of the host, which holds the
//! folder's lock and serves a socket there. What it has written is in the folder when it has ended, and whenever one of its
//! programs asked for that (fsync(2)).

#![cfg_attr(not(unix), allow(dead_code, reason = "half of it is for containers on their own, of which there are none"))]

mod check;
mod copy;
mod detach;
mod error;
mod events;
mod frame;
mod health;
mod here;
mod log;
mod names;
mod place;
mod record;
mod share;
mod streams;
mod time;
mod written;

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use wcr_image::{Digest, ImageConfig};
use wcr_machine::{ContainerImage, Root};
use wcr_store::{ContainerFolder, ContainerLock, FoundContainer, ImageRecord, Store};
use wcr_vfs::Vfs;

pub use check::{Flaw, check, mend};
pub use detach::{DetachKeys, DetachKeysError, Join, JoinEnd, Joined};
#[cfg(not(unix))]
pub use elsewhere::{Attached, keep, window_size};
pub use error::LifeError;
pub use frame::{Exec, ProcessLine, Usage};
pub use health::{CheckResult, Health, HealthStatus};
pub use here::run_here;
pub use log::{Entry, LogReader, Stream};
pub use place::Place;
pub use record::{LogSpec, Record, Restart, Spec, State, Status, Text, short, signal};
pub use share::{ImageOf, Share, ShareError};
pub use time::rfc3339_nanos;
#[cfg(unix)]
pub use unix::{Attached, AttachedInput, Event, keep, window_size};

use copy::{find, pack, pack_all, unpack};
use events::Happening;
use frame::Found;
#[cfg(unix)]
use frame::{Answer, Request};
use place::{RECORD, STATE};
use written::Durability;

/// How often it is looked whether a container has ended.
const LOOK: Duration = Duration::from_millis(2);
/// How often a lock has to be found taken for it to be that of a running container.
const MOMENT: u32 = 2;
/// How long a killed container may take before its process is killed.
const LAST: Duration = Duration::from_secs(5);

/// A container of the store.
#[derive(Debug, Clone)]
pub struct Container {
    store: Store,
    folder: ContainerFolder,
    /// What it was made of.
    pub record: Record,
}

/// The record of a new container of an image.
#[must_use]
pub fn record(image: &str, of: Option<&ImageRecord>, built_in: &ContainerImage, spec: Spec) -> Record {
    Record {
        version: record::VERSION,
        created: record::now(),
        image: image.to_owned(),
        image_id: of.map(|image| image.config.digest),
        image_record: of.cloned(),
        config: of.map_or_else(|| built_in.config.clone(), |image| image.run.clone()),
        spec,
    }
}

impl Container {
    /// The container of this name, ID, or beginning of an ID.
    ///
    /// # Errors
    /// [`LifeError::Unknown`], [`LifeError::Ambiguous`], [`LifeError::Damaged`].
    pub fn find(store: &Store, text: &str) -> Result<Self, LifeError> {
        match store.find_container(text)? {
            FoundContainer::One(folder) => {
                Self::open(store, folder)?.ok_or_else(|| LifeError::Unknown(text.to_owned()))
            }
            FoundContainer::None => Err(LifeError::Unknown(text.to_owned())),
            FoundContainer::Several => Err(LifeError::Ambiguous(text.to_owned())),
        }
    }

    /// All containers, the newest first. Those that were to be removed at their end and whose process was killed are removed
    /// now. What cannot be read is left out, and told by its ID and why.
    ///
    /// # Errors
    /// [`LifeError::Store`].
    pub fn all(store: &Store) -> Result<(Vec<Self>, Vec<(String, LifeError)>), LifeError> {
        let (mut all, mut damaged) = (Vec::new(), Vec::new());
        for folder in store.containers()? {
            let id = folder.id().to_owned();
            match Self::open(store, folder) {
                Ok(Some(container)) if container.is_leftover() => drop(container.remove(false)),
                Ok(container) => all.extend(container),
                Err(error) => damaged.push((id, error)),
            }
        }
        all.sort_by(|one, other| (other.record.created, other.id()).cmp(&(one.record.created, one.id())));
        Ok((all, damaged))
    }

    /// Whether it was to be removed at its end, and the process that it ran in was killed before it could do so.
    fn is_leftover(&self) -> bool {
        self.record.spec.auto_remove
            && self.stored_state().is_ok_and(|state| state.status.is_alive())
            && matches!(self.folder.is_locked(), Ok(false))
    }

    /// The container of a folder; `None` when it is just being made, or removed.
    fn open(store: &Store, folder: ContainerFolder) -> Result<Option<Self>, LifeError> {
        let Some(json) = folder.read(RECORD)? else { return Ok(None) };
        let damaged = |reason: &dyn std::fmt::Display| LifeError::damaged(folder.id(), reason);
        let record: Record = serde_json::from_slice(&json).map_err(|error| damaged(&error))?;
        if record.version > record::VERSION {
            return Err(damaged(&format!("it was made by a newer wcr (format {})", record.version)));
        }
        Ok(Some(Self { store: store.clone(), folder, record }))
    }

    /// Its ID.
    #[must_use]
    pub fn id(&self) -> &str {
        self.folder.id()
    }

    /// Its name; where it was removed meanwhile, the beginning of its ID.
    ///
    /// # Errors
    /// [`LifeError::Store`].
    pub fn name(&self) -> Result<String, LifeError> {
        Ok(self.folder.name()?.unwrap_or_else(|| short(self.id()).to_owned()))
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the state's file says.
    pub(crate) fn stored_state(&self) -> Result<State, LifeError> {
        let Some(json) = self.folder.read(STATE)? else { return Ok(State::default()) };
        serde_json::from_slice(&json).map_err(|error| LifeError::damaged(self.id(), &error))
    }

    /// How it is. Where the process that it ran in has gone without a word, it has been killed, and that is put down now.
    ///
    /// # Errors
    /// [`LifeError::Damaged`], [`LifeError::Store`].
    pub fn state(&self) -> Result<State, LifeError> {
        let mut state = self.stored_state()?;
        if state.status.is_alive() && !self.folder.is_locked().map_err(|error| self.gone(error))? {
            // It may have ended properly between the two looks.
            state = self.stored_state()?;
            if state.status.is_alive() {
                self.was_killed(&mut state);
                if let Some(_lock) = self.folder.try_lock()? {
                    self.settle()?;
                }
            }
        }
        Ok(state)
    }

    /// What is to be said of a container that was killed with the process it ran in.
    fn was_killed(&self, state: &mut State) {
        let written = std::fs::metadata(self.folder.path().join(STATE)).and_then(|meta| meta.modified());
        let since = written.ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        state.finished = since.and_then(|at| u64::try_from(at.as_nanos()).ok()).unwrap_or_default();
        (state.status, state.exit_code, state.keeper) = (Status::Exited, 137, 0);
    }

    /// Puts down that it was killed, if it was. To be called with its lock held, so that one alone does it.
    fn settle(&self) -> Result<(), LifeError> {
        let mut state = self.stored_state()?;
        if !state.status.is_alive() {
            return Ok(());
        }
        self.was_killed(&mut state);
        // Whoever looks next finds out as well.
        if place::write_state(&self.store, &self.folder, &state).is_ok() {
            self.tell(Happening::died(&state).at(record::now()));
        }
        Ok(())
    }

    /// The record of its image.
    ///
    /// # Errors
    /// [`LifeError::Store`].
    pub fn image_record(&self) -> Result<Option<ImageRecord>, LifeError> {
        if let Some(image) = &self.record.image_record {
            return Ok(Some(image.clone()));
        }
        Ok(self.folder.image()?)
    }

    /// Its image.
    ///
    /// # Errors
    /// [`LifeError::NoImage`], [`LifeError::Store`].
    pub fn image(&self) -> Result<ContainerImage, LifeError> {
        if self.record.image_id.is_none() {
            return Ok(crate::builtin()?);
        }
        let missing = || LifeError::NoImage { container: short(self.id()).to_owned() };
        let record = self.image_record()?.ok_or_else(missing)?;
        let layers = self.store.open_layers(&record)?;
        Ok(ContainerImage { layers, config: record.run, platform: record.platform })
    }

    /// What a failure of the store means: perhaps that the container was removed meanwhile.
    fn gone(&self, error: wcr_store::StoreError) -> LifeError {
        if self.folder.exists() { error.into() } else { LifeError::Unknown(short(self.id()).to_owned()) }
    }

    /// Takes the lock of a container that does not run.
    fn lock(&self) -> Result<ContainerLock, LifeError> {
        let began = Instant::now();
        let mut looks = 0;
        loop {
            if let Some(lock) = self.folder.try_lock().map_err(|error| self.gone(error))? {
                if !self.folder.exists() {
                    return Err(LifeError::Unknown(short(self.id()).to_owned()));
                }
                self.settle()?;
                return Ok(lock);
            }
            let status = self.stored_state()?.status;
            looks += 1;
            // Somebody may have it for a moment, to put down that the container was killed.
            if status.is_alive() && looks > MOMENT {
                return Err(LifeError::Running { container: self.name()?, status });
            }
            if began.elapsed() > LAST {
                return Err(wcr_store::StoreError::Busy { container: self.name()? }.into());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Gives it another name.
    ///
    /// # Errors
    /// [`LifeError::Name`], [`LifeError::Store`] when the name is taken.
    pub fn rename(&self, name: &str) -> Result<(), LifeError> {
        if !wcr_store::is_container_name(name) {
            return Err(LifeError::Name(name.to_owned()));
        }
        let old = self.name()?;
        self.folder.rename(&self.store, name).map_err(|error| self.gone(error))?;
        self.tell(Happening::new("rename").with("oldName", format!("/{old}")));
        Ok(())
    }

    /// Removes it; one that runs only by `force`, which kills it.
    ///
    /// # Errors
    /// [`LifeError::Running`], [`LifeError::Store`].
    pub fn remove(&self, force: bool) -> Result<(), LifeError> {
        let lock = match self.lock() {
            Err(LifeError::Running { .. }) if force => {
                self.kill()?;
                match self.lock() {
                    // It was removed at its end.
                    Err(LifeError::Unknown(_)) => return Ok(()),
                    Err(LifeError::Store(_)) if !self.folder.exists() => return Ok(()),
                    lock => lock?,
                }
            }
            lock => lock?,
        };
        let name = self.name()?;
        self.store.remove_container(&self.folder, lock)?;
        self.tell_as(name, Happening::new("destroy"));
        Ok(())
    }

    /// Removes a container of which only the ID is known, because what is kept of it makes no sense.
    ///
    /// # Errors
    /// [`LifeError::Unknown`], [`LifeError::Store`].
    pub fn remove_damaged(store: &Store, id: &str) -> Result<(), LifeError> {
        let FoundContainer::One(folder) = store.find_container(id)? else {
            return Err(LifeError::Unknown(id.to_owned()));
        };
        let lock = folder.try_lock()?;
        let lock = lock.ok_or_else(|| wcr_store::StoreError::Busy { container: id.to_owned() })?;
        Ok(store.remove_container(&folder, lock)?)
    }

    /// Waits until it has ended; its exit code.
    ///
    /// # Errors
    /// [`LifeError::Unknown`] when it was removed meanwhile and nobody knows the code.
    pub fn wait(&self) -> Result<u8, LifeError> {
        #[cfg(unix)]
        if self.state()?.status.is_alive()
            && let Ok((Answer::Done, mut attached)) = self.request(&Request::Wait)
        {
            while let Some(event) = attached.next()? {
                if let Event::Exit(code) = event {
                    return Ok(code);
                }
            }
        }
        if self.folder.exists() {
            self.folder.wait()?;
        }
        Ok(self.state()?.exit_code)
    }

    /// Waits until it has ended, for at most this long; whether it has.
    #[cfg(unix)]
    fn ends_within(&self, most: Duration) -> Result<bool, LifeError> {
        let began = Instant::now();
        loop {
            if !self.folder.exists() || !self.folder.is_locked().unwrap_or(false) {
                return Ok(true);
            }
            if began.elapsed() >= most {
                return Ok(false);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// What was changed of its image's files: the kind (`A` added, `C` changed, `D` deleted) and the path, sorted.
    ///
    /// # Errors
    /// [`LifeError`].
    pub fn changes(&self) -> Result<Vec<(char, Vec<u8>)>, LifeError> {
        #[cfg(unix)]
        if let Some(answer) = self.ask(&Request::Changes)? {
            return match answer {
                Answer::Changes(changes) => Ok(changes.iter().map(|(kind, path)| (*kind, path.into())).collect()),
                other => Err(unexpected(other)),
            };
        }
        let mut root = self.root()?;
        written::list(root.vfs(), self.id())
    }

    /// Its files, as they were kept last.
    fn root(&self) -> Result<Root, LifeError> {
        let written = written::load(&self.folder)?.map(|written| written.layer);
        Ok(Root::going_on(&self.image()?, written, self.record.spec.writable_bytes).map_err(crate::RunError::from)?)
    }

    /// Has all that it has written kept, if it runs.
    fn save(&self) -> Result<(), LifeError> {
        #[cfg(unix)]
        if let Some(answer) = self.ask(&Request::Save)? {
            return done(answer);
        }
        Ok(())
    }

    /// Writes all its files as one tar.
    ///
    /// # Errors
    /// [`LifeError`].
    pub fn export(&self, out: &mut dyn Write) -> Result<(), LifeError> {
        self.save()?;
        pack_all(self.root()?.vfs(), out)?;
        self.tell(Happening::new("export"));
        Ok(())
    }

    /// Makes an image of its files, whose configuration is its image's own after `change`; the image's identity.
    ///
    /// # Errors
    /// [`LifeError`].
    pub fn commit(
        &self,
        name: Option<&wcr_image::Reference>,
        change: impl FnOnce(&mut ImageConfig),
        comment: wcr_store::CommitNote,
    ) -> Result<Digest, LifeError> {
        let container = short(self.id()).to_owned();
        let base = match self.image_record()? {
            Some(base) => base,
            None if self.record.image_id.is_none() => return Err(LifeError::BuiltIn { container }),
            None => return Err(LifeError::NoImage { container }),
        };
        self.save()?;
        let written = written::load(&self.folder)?;
        let tar = written.map(|written| written.tar);
        let happening = Happening::new("commit").with("comment", comment.comment.clone().unwrap_or_default());
        let id = self.store.commit_container(&base, tar.as_deref(), name, change, comment)?;
        self.tell(happening.with("imageID", id.to_string()));
        Ok(id)
    }

    /// Does something with its files while it does not run, and keeps what comes of it.
    fn with_files<T>(&self, change: impl FnOnce(&mut Vfs) -> Result<T, LifeError>) -> Result<T, LifeError> {
        let _lock = self.lock()?;
        let mut root = self.root()?;
        let done = change(root.vfs())?;
        let saved = written::save(&self.store, &self.folder, root.vfs(), Durability::Process);
        saved.map_err(LifeError::files(self.id()))?;
        Ok(done)
    }

    /// Puts the entries of a tar into a folder of the container.
    ///
    /// # Errors
    /// [`LifeError::Path`] and others.
    pub fn put(&self, folder: &[u8], archive: &Path) -> Result<(), LifeError> {
        self.put_there(folder, archive)?;
        self.tell(Happening::new("extract-to-dir").with("path", String::from_utf8_lossy(folder)));
        Ok(())
    }

    fn put_there(&self, folder: &[u8], archive: &Path) -> Result<(), LifeError> {
        #[cfg(unix)]
        if let Some(answer) = self.ask(&Request::Put { folder: folder.to_vec().into(), archive: absolute(archive)? })? {
            return done(answer);
        }
        let now = wcr_abi::Timestamp::from_nanos(record::now());
        self.with_files(|vfs| unpack(vfs, folder, archive, now))
    }

    /// Writes what is at a path to a tar; a link at its end is followed if `follow` says so.
    ///
    /// # Errors
    /// [`LifeError::Path`] and others.
    pub fn get(&self, path: &[u8], follow: bool, archive: &Path) -> Result<(), LifeError> {
        self.get_from_there(path, follow, archive)?;
        self.tell(Happening::new("archive-path").with("path", String::from_utf8_lossy(path)));
        Ok(())
    }

    fn get_from_there(&self, path: &[u8], follow: bool, archive: &Path) -> Result<(), LifeError> {
        #[cfg(unix)]
        if let Some(answer) =
            self.ask(&Request::Get { path: path.to_vec().into(), archive: absolute(archive)?, follow })?
        {
            return done(answer);
        }
        pack(self.root()?.vfs(), path, follow, archive)
    }

    /// Whether there is a folder at a path (`Some(true)`), something else, or nothing in a folder that is there (`None`).
    ///
    /// # Errors
    /// [`LifeError::Path`] when that folder is not there either.
    pub fn is_folder(&self, path: &[u8]) -> Result<Option<bool>, LifeError> {
        let found = self.found(path)?;
        Ok(match found {
            Found::Folder => Some(true),
            Found::File => Some(false),
            Found::Nothing => None,
        })
    }

    fn found(&self, path: &[u8]) -> Result<Found, LifeError> {
        #[cfg(unix)]
        if let Some(answer) = self.ask(&Request::Stat { path: path.to_vec().into(), follow: true })? {
            return match answer {
                Answer::Found(found) => Ok(found),
                other => Err(unexpected(other)),
            };
        }
        find(self.root()?.vfs(), path, true)
    }

    /// Its log, from the beginning.
    #[must_use]
    pub fn log(&self) -> LogReader {
        LogReader::new(self.folder.path())
    }

    /// The bytes that it has written over its image's files, as far as they were kept.
    ///
    /// # Errors
    /// [`LifeError::Damaged`].
    pub fn written_bytes(&self) -> Result<u64, LifeError> {
        written::size(&self.folder)
    }
}

#[cfg(unix)]
fn absolute(path: &Path) -> Result<String, LifeError> {
    let failed = |reason: String| LifeError::Path { path: path.display().to_string(), reason };
    let path = std::path::absolute(path).map_err(|error| failed(error.to_string()))?;
    path.into_os_string().into_string().map_err(|_| failed("the path is not valid UTF-8".into()))
}

/// Whether something was done.
#[cfg(unix)]
fn done(answer: Answer) -> Result<(), LifeError> {
    match answer {
        Answer::Done => Ok(()),
        other => Err(unexpected(other)),
    }
}

#[cfg(unix)]
fn unexpected(answer: Answer) -> LifeError {
    let (reason, code) = match answer {
        Answer::Failed { reason, code } => (reason, code),
        other => (format!("the container's process answered {other:?}"), 125),
    };
    LifeError::Start { reason, code }
}
