//! What is in a directory.

use wcr_sys::abi::Stat;
use wcr_sys::{Errno, fs};

/// The permission to search a directory, as `access(2)` asks for it.
const SEARCH: u32 = 1;

/// A name in a directory, with what one learns who asks for its metadata.
#[derive(Debug)]
pub struct Entry {
    /// The name.
    pub name: Vec<u8>,
    /// Its own metadata; a directory that may be listed but not searched tells nothing of its files.
    pub stat: Result<Stat, Errno>,
}

/// All entries of a directory but `.` and `..`, sorted by name.
/// # Errors
/// It cannot be listed.
pub fn entries(dir: &[u8]) -> Result<Vec<Entry>, Errno> {
    let records = fs::read_dir(dir)?;
    let denied = if records.is_empty() { None } else { fs::access_effective(dir, SEARCH).err() };
    Ok(records
        .into_iter()
        .map(|record| Entry { name: record.name, stat: denied.map_or(Ok(record.stat), Err) })
        .collect())
}
