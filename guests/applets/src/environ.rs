//! The process's environment.

/// The value of a variable.
#[must_use]
pub fn var(name: &[u8]) -> Option<Vec<u8>> {
    wcr_sys::env().into_iter().find_map(|entry| Some(entry.strip_prefix(name)?.strip_prefix(b"=")?.to_vec()))
}
