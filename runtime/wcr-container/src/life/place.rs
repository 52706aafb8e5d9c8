//! The folder of a container that is about to run, made when it is first needed.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wcr_store::{ContainerFolder, ContainerLock, Store, StoreError};
use wcr_vfs::Vfs;

use crate::life::error::LifeError;
use crate::life::events::Happening;
use crate::life::names;
use crate::life::record::{Record, State, short};
use crate::life::written::{self, Durability};

/// The documents in a container's folder.
pub(crate) const RECORD: &str = "container.json";
pub(crate) const STATE: &str = "state.json";

/// Where a new container will be.
#[derive(Debug)]
pub struct Place {
    pub(crate) store: Store,
    pub(crate) id: String,
    name: Option<String>,
    pub(crate) record: Record,
    made: Mutex<Made>,
}

/// What there is of a container's folder.
#[derive(Debug)]
enum Made {
    /// Nothing yet.
    No,
    /// The folder, and its lock.
    Yes(ContainerFolder, ContainerLock),
    /// Nothing any more: it was removed, or others have it.
    Gone,
}

impl Place {
    /// A place for a new container; without a name it gets one of its own.
    ///
    /// # Errors
    /// [`LifeError::Name`]; there is no randomness.
    pub fn new(store: Store, name: Option<String>, record: Record) -> Result<Self, LifeError> {
        if let Some(name) = name.as_ref().filter(|name| !wcr_store::is_container_name(name)) {
            return Err(LifeError::Name(name.clone()));
        }
        let id = random_id()?;
        Ok(Self { store, id, name, record, made: Mutex::new(Made::No) })
    }

    /// The place of a container that is there, locked.
    pub(crate) fn existing(store: Store, folder: ContainerFolder, record: Record, lock: ContainerLock) -> Self {
        let id = folder.id().to_owned();
        Self { store, id, name: None, record, made: Mutex::new(Made::Yes(folder, lock)) }
    }

    /// The ID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The folder, which is made now if it is not there yet.
    ///
    /// # Errors
    /// The name is taken, the store fails; [`LifeError::Unknown`] when the container was removed.
    pub fn folder(&self) -> Result<ContainerFolder, LifeError> {
        let mut made = self.made();
        match &*made {
            Made::No => {}
            Made::Yes(folder, _) => return Ok(folder.clone()),
            Made::Gone => return Err(self.gone()),
        }
        let (folder, lock) = self.make()?;
        *made = Made::Yes(folder.clone(), lock);
        drop(made);
        self.tell([self.created()]);
        Ok(folder)
    }

    /// That it was made.
    pub(crate) fn created(&self) -> Happening {
        Happening::new("create").at(self.record.created)
    }

    /// The container's name, or the one that it would be given first.
    pub(crate) fn name(&self) -> String {
        let made = match &*self.made() {
            Made::Yes(folder, _) => folder.name().ok().flatten(),
            Made::No | Made::Gone => None,
        };
        made.or_else(|| self.name.clone()).unwrap_or_else(|| names::generate(&self.id, 0))
    }

    fn make(&self) -> Result<(ContainerFolder, ContainerLock), LifeError> {
        let mut attempt = 0;
        let (folder, lock) = loop {
            let own = self.name.is_none().then(|| names::generate(&self.id, attempt));
            let name = own.as_ref().or(self.name.as_ref()).cloned().unwrap_or_default();
            match self.store.new_container(&self.id, &name) {
                Err(StoreError::NameTaken { .. }) if own.is_some() && attempt < 100 => attempt += 1,
                made => break made?,
            }
        };
        let json = serde_json::to_vec(&self.record).map_err(|error| LifeError::damaged(&self.id, &error))?;
        match self.store.write_in(&folder, RECORD, &json) {
            Ok(()) => Ok((folder, lock)),
            Err(error) => {
                // What matters is why it could not be made.
                drop(self.store.remove_container(&folder, lock));
                Err(error.into())
            }
        }
    }

    /// Whether the folder is there.
    pub(crate) fn is_made(&self) -> bool {
        matches!(&*self.made(), Made::Yes(..))
    }

    fn gone(&self) -> LifeError {
        LifeError::Unknown(short(&self.id).to_owned())
    }

    /// The container's folder and its lock, for others to go on with.
    ///
    /// # Errors
    /// As [`Self::folder`].
    pub fn into_parts(self) -> Result<(ContainerFolder, ContainerLock), LifeError> {
        self.folder()?;
        match core::mem::replace(&mut *self.made(), Made::Gone) {
            Made::Yes(folder, lock) => Ok((folder, lock)),
            Made::No | Made::Gone => Err(self.gone()),
        }
    }

    /// Writes how the container is.
    pub(crate) fn write_state(&self, state: &State) -> Result<(), LifeError> {
        write_state(&self.store, &self.folder()?, state)
    }

    /// Keeps what is changed in the container's files now.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub(crate) fn save(&self, vfs: &mut Vfs, durability: Durability) -> io::Result<()> {
        let folder = self.folder().map_err(io::Error::other)?;
        written::save(&self.store, &folder, vfs, durability)
    }

    /// Takes the container away again. Whoever still has something to do with it does not bring it back.
    pub(crate) fn remove(&self) -> Result<(), LifeError> {
        let name = self.name();
        let made = core::mem::replace(&mut *self.made(), Made::Gone);
        if let Made::Yes(folder, lock) = made {
            self.store.remove_container(&folder, lock)?;
            self.tell_as(&name, [Happening::new("destroy")]);
        }
        Ok(())
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An ID that nobody else has: 64 hex digits.
pub(crate) fn random_id() -> Result<String, LifeError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| LifeError::damaged("", &error))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes how a container is.
pub(crate) fn write_state(store: &Store, folder: &ContainerFolder, state: &State) -> Result<(), LifeError> {
    let json = serde_json::to_vec(state).map_err(|error| LifeError::damaged(folder.id(), &error))?;
    Ok(store.write_in(folder, STATE, &json)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::record::Spec;
    use wcr_machine::ContainerImage;

    #[test]
    fn what_was_removed_does_not_come_back() {
        let root = std::env::temp_dir().join(format!("wcr-place-{}", random_id().unwrap()));
        let store = Store::open(&root).unwrap();
        let image = ContainerImage { layers: Vec::new(), config: Default::default(), platform: Default::default() };
        let record = crate::life::record("image", None, &image, Spec::default());
        let place = Place::new(store.clone(), None, record).unwrap();
        assert!(!place.is_made());
        let folder = place.folder().unwrap();
        assert!(place.is_made() && folder.exists());
        place.remove().unwrap();
        assert!(matches!(place.folder(), Err(LifeError::Unknown(_))));
        assert!(place.write_state(&State::default()).is_err());
        assert!(!place.is_made() && !folder.exists() && store.containers().unwrap().is_empty());
        std::fs::remove_dir_all(root).unwrap();
    }
}
