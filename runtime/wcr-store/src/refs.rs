//! The records of images, one file a reference.

use std::path::{Path, PathBuf};

use wcr_image::{Digest, Reference};

use crate::error::{Result, StoreError};
use crate::files::{TempFile, read_small};
use crate::garbage::files_of;
use crate::record::ImageRecord;

/// The longest record that is read, in bytes: a configuration of the largest size, and room.
const LONGEST: u64 = 8 << 20;
/// The longest file name that every host takes, without the suffix.
const LONGEST_NAME: usize = 240;

/// The folder of the records.
pub(crate) struct Refs<'a> {
    pub folder: &'a Path,
}

impl Refs<'_> {
    /// The record of this very reference.
    pub(crate) fn get(&self, reference: &Reference) -> Result<Option<ImageRecord>> {
        let key = key(reference);
        let path = self.path(&key);
        match read_small(&path, LONGEST)? {
            None => Ok(None),
            Some(content) => {
                let record = parse(&path, &content)?;
                Ok((record.reference == key).then_some(record))
            }
        }
    }

    /// A record on its way.
    pub(crate) fn write(&self, temp: &Path, record: &ImageRecord) -> Result<TempFile> {
        let content = serde_json::to_vec(record).map_err(|error| StoreError::io("write", temp)(error.into()))?;
        TempFile::with(temp, &content)
    }

    /// All records, sorted by reference.
    pub(crate) fn list(&self) -> Result<Vec<ImageRecord>> {
        let mut records = Vec::new();
        for (_, record) in self.files()? {
            records.extend(record?);
        }
        records.sort_by(|a, b| a.reference.cmp(&b.reference));
        Ok(records)
    }

    /// The files of the records, and what is in them; `None` for one that has just been removed.
    pub(crate) fn files(&self) -> Result<Vec<(PathBuf, Result<Option<ImageRecord>>)>> {
        let paths = files_of(self.folder)?.into_iter();
        let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let read = |path: &Path| read_small(path, LONGEST)?.map(|content| parse(path, &content)).transpose();
        Ok(paths.map(|path| (path.clone(), read(&path))).collect())
    }

    /// Where the record filed under `key` is.
    pub(crate) fn path(&self, key: &str) -> PathBuf {
        let mut name = file_name(key);
        name.push_str(".json");
        self.folder.join(name)
    }
}

/// The reference that a record is filed under: of a pinned one the tag does not count.
pub(crate) fn key(reference: &Reference) -> String {
    match reference.digest() {
        Some(digest) => reference.pinned(digest).to_string(),
        None => reference.to_string(),
    }
}

fn parse(path: &Path, content: &[u8]) -> Result<ImageRecord> {
    serde_json::from_slice(content)
        .map_err(|error| StoreError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

/// A file name for `key` on every host: upper-case letters (not all file systems tell case) and what is
/// no letter, digit, `.`, `-` or `_` are escaped; what gets too long is named by its digest.
fn file_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 16);
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    if name.len() > LONGEST_NAME { Digest::of(key.as_bytes()).hex() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain_short_and_distinct() {
        assert_eq!(file_name("docker.io/library/busybox:latest"), "docker.io%2flibrary%2fbusybox%3alatest");
        assert_ne!(file_name("a.b/c:Tag"), file_name("a.b/c:tag"));
        assert_eq!(file_name("a.b/c:Tag"), "a.b%2fc%3a%54ag");
        let (long, longer) = (format!("a.b/{}", "x".repeat(250)), format!("a.b/{}", "x".repeat(251)));
        assert_eq!(file_name(&long).len(), 64);
        assert_ne!(file_name(&long), file_name(&longer));
    }

    #[test]
    fn a_pinned_reference_is_filed_without_its_tag() {
        let digest = Digest::of(b"");
        let both: Reference = format!("a.b/c:tag@{digest}").parse().unwrap();
        assert_eq!(key(&both), format!("a.b/c@{digest}"));
    }
}
