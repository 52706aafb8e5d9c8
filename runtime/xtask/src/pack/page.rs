//! The built-in image's layer as a page fetches it.

use std::ops::Range;
use std::path::Path;

use wcr_image::pack_tar;
use wcr_shims::Guest;
use wcr_vfs::layer::LayerIndex;

use crate::{PackError, read, write_if_changed};

/// Writes `layer.tar` of the folder `builtin`, packed, to `file`.
pub fn write(file: &Path, builtin: &Path) -> Result<(), PackError> {
    let tar = read(&builtin.join("layer.tar"))?;
    let index = LayerIndex::open(read(&builtin.join("layer.idx"))?)?;
    write_if_changed(file, &pack_tar(&tar, &frames(&index)?).map_err(PackError::Page)?)
}

/// What is unpacked together: the shell, which a page shows first; what an image of BusyBox has beside; and what most
/// containers never start.
fn frames(index: &LayerIndex) -> Result<[Vec<Range<usize>>; 3], PackError> {
    let mut frames = [const { Vec::new() }; 3];
    let [shell, applets, rest] = &mut frames;
    for guest in Guest::ALL {
        let file = index.file(&guest.home()).ok_or(PackError::MissingGuest(guest.name()))?;
        let range = file.data as usize..(file.data + file.size) as usize;
        match guest {
            Guest::Shell => shell.push(range),
            Guest::Gnu | Guest::Debian | Guest::Rhai => rest.push(range),
            _ => applets.push(range),
        }
    }
    Ok(frames)
}
