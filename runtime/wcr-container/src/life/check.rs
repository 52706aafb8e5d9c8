//! Whether what is kept of the containers makes sense, and putting right what can be put right.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wcr_store::{ContainerFolder, Store};

use crate::life::Container;
use crate::life::error::LifeError;
use crate::life::place::{self, RECORD, STATE};
use crate::life::record::{State, Status, now};
use crate::life::written;

/// Something about the containers that is not what it should be.
#[derive(Debug, Clone)]
pub struct Flaw {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
    /// The ID of the container, if it is one's.
    pub container: Option<String>,
    remedy: Remedy,
}

/// What helps against a [`Flaw`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// The folder goes: nobody has ever seen a container in it.
    RemoveFolder,
    /// The file goes.
    RemoveFile,
    /// The container has ended, nobody knows how.
    End,
    /// The container's name is put down again.
    Name,
    /// Nothing but the removal of the container.
    Nothing,
}

/// Looks at what is kept of all containers. Those that somebody works on right now are taken as they are.
///
/// # Errors
/// [`LifeError::Store`] when the store cannot be read at all.
pub fn check(store: &Store) -> Result<Vec<Flaw>, LifeError> {
    let mut flaws = Vec::new();
    for folder in store.containers()? {
        check_one(store, &folder, &mut flaws)?;
    }
    flaws.extend(store.stale_container_names()?.into_iter().map(|path| Flaw {
        path,
        reason: "no container has this name".into(),
        container: None,
        remedy: Remedy::RemoveFile,
    }));
    flaws.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(flaws)
}

fn check_one(store: &Store, folder: &ContainerFolder, flaws: &mut Vec<Flaw>) -> Result<(), LifeError> {
    let mut add = |path: &Path, reason: String, remedy| {
        flaws.push(Flaw { path: path.to_owned(), reason, container: Some(folder.id().to_owned()), remedy });
    };
    let in_folder = |name: &str| folder.path().join(name);
    let Ok(Some(_lock)) = folder.try_lock() else {
        // It runs, or is being made, changed or removed: whoever does that answers for it.
        return Ok(());
    };
    if !folder.exists() {
        return Ok(());
    }
    let container = match Container::open(store, folder.clone()) {
        Ok(Some(container)) => container,
        Ok(None) => {
            let reason = "there is no container in it: whoever was making it was killed".into();
            add(folder.path(), reason, Remedy::RemoveFolder);
            return Ok(());
        }
        Err(error) => {
            add(&in_folder(RECORD), reason_of(&error), Remedy::Nothing);
            return Ok(());
        }
    };
    match container.settle() {
        Err(error @ LifeError::Damaged { .. }) => add(&in_folder(STATE), reason_of(&error), Remedy::End),
        settled => settled?,
    }
    if !folder.has_its_name()? {
        add(&in_folder("name"), "the container cannot be found by its name".into(), Remedy::Name);
    }
    match written::load(folder) {
        Ok(written) => {
            let known: BTreeSet<PathBuf> = written.into_iter().flat_map(|written| written.files()).collect();
            for path in written::files(folder).map_err(LifeError::files(folder.id()))? {
                if !known.contains(&path) {
                    add(&path, "no layer of the container has this file".into(), Remedy::RemoveFile);
                }
            }
        }
        Err(error) => add(&in_folder(written::POINTER), reason_of(&error), Remedy::Nothing),
    }
    Ok(())
}

/// What is wrong, without what is said around it.
fn reason_of(error: &LifeError) -> String {
    match error {
        LifeError::Damaged { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

/// Puts right what can be put right; the flaws that are left.
///
/// # Errors
/// [`LifeError::Store`].
pub fn mend(store: &Store, flaws: &[Flaw]) -> Result<Vec<Flaw>, LifeError> {
    for flaw in flaws {
        if flaw.remedy == Remedy::RemoveFile {
            // What cannot be removed is found again.
            drop(fs::remove_file(&flaw.path));
            continue;
        }
        let Some(id) = &flaw.container else { continue };
        let Some(folder) = store.containers()?.into_iter().find(|folder| folder.id() == id) else { continue };
        let Some(lock) = folder.try_lock()? else { continue };
        match flaw.remedy {
            Remedy::RemoveFolder => store.remove_container(&folder, lock)?,
            Remedy::Name => folder.take_name_again(store)?,
            Remedy::End => {
                let error = "what was known of its end was damaged".to_owned();
                let ended =
                    State { status: Status::Exited, exit_code: 137, finished: now(), error, ..State::default() };
                place::write_state(store, &folder, &ended)?;
            }
            Remedy::RemoveFile | Remedy::Nothing => {}
        }
    }
    check(store)
}
