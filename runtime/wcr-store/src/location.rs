//! Where the store is.

use std::env;
use std::path::PathBuf;

use crate::error::{Result, StoreError};

/// The store's folder: `WCR_ROOT`, or else `wcr` in the platform's folder for a user's data:
/// `$XDG_DATA_HOME` or `~/.local/share`, on macOS `~/Library/Application Support`, on Windows `%LOCALAPPDATA%`.
///
/// # Errors
/// [`StoreError::NoHome`] when the environment names none of them.
pub fn default_root() -> Result<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(root) = folder("WCR_ROOT") {
        return Ok(root);
    }
    let data = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        // The XDG base directory specification has relative paths ignored.
        let xdg = folder("XDG_DATA_HOME").filter(|path| path.is_absolute());
        xdg.or_else(|| folder("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("wcr")).ok_or(StoreError::NoHome)
}
