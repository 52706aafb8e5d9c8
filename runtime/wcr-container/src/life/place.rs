//! The folder of a container that is about to run, made when it is first needed.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wcr_store::{ContainerFolder, ContainerLock, Store, StoreError};
use wcr_vfs::Vfs;

use crate::life::error::LifeError;
use crate::life::events::Happening;
use crate::life::names;
use crate::life::record::{Record, State};
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
    made: Mutex<Option<(ContainerFolder, ContainerLock)>>,
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
        Ok(Self { store, id, name, record, made: Mutex::new(None) })
    }

    /// The place of a container that is there, locked.
    pub(crate) fn existing(store: Store, folder: ContainerFolder, record: Record, lock: ContainerLock) -> Self {
        let id = folder.id().to_owned();
        Self { store, id, name: None, record, made: Mutex::new(Some((folder, lock))) }
    }

    /// The ID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The folder, which is made now if it is not there yet.
    ///
    /// # Errors
    /// The name is taken, the store fails.
    pub fn folder(&self) -> Result<ContainerFolder, LifeError> {
        let mut made = self.made();
        if let Some((folder, _)) = &*made {
            return Ok(folder.clone());
        }
        let (folder, lock) = self.make()?;
        *made = Some((folder.clone(), lock));
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
        let made = self.made().as_ref().and_then(|(folder, _)| folder.name().ok().flatten());
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
        self.made().is_some()
    }

    /// The container's folder and its lock, for others to go on with.
    ///
    /// # Errors
    /// As [`Self::folder`].
    pub fn into_parts(self) -> Result<(ContainerFolder, ContainerLock), LifeError> {
        self.folder()?;
        let made = self.made().take();
        made.ok_or_else(|| LifeError::Unknown(self.id.clone()))
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

    /// Takes the container away again.
    pub(crate) fn remove(&self) -> Result<(), LifeError> {
        let name = self.name();
        let made = self.made().take();
        if let Some((folder, lock)) = made {
            self.store.remove_container(&folder, lock)?;
            self.tell_as(&name, [Happening::new("destroy")]);
        }
        Ok(())
    }

    fn made(&self) -> MutexGuard<'_, Option<(ContainerFolder, ContainerLock)>> {
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
