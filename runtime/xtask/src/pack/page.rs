//! The built-in image's layer, and the layer's index, as a page fetches them.

use std::ops::Range;
use std::path::Path;

use wcr_image::pack_tar;
use wcr_shims::Guest;
use wcr_vfs::layer::LayerIndex;

use crate::{PackError, read, write_if_changed};

/// Writes `layer.tar` of the folder `builtin`, packed, to `file`, and `layer.idx`, packed in the same way, beside it.
pub fn write(file: &Path, builtin: &Path) -> Result<(), PackError> {
    let tar = read(&builtin.join("layer.tar"))?;
    let plain = read(&builtin.join("layer.idx"))?;
    let packed = pack_tar(&plain, &[]).map_err(PackError::Page)?;
    write_if_changed(&file.with_file_name("layer.idx"), &packed)?;
    let index = LayerIndex::open(plain)?;
    write_if_changed(file, &pack_tar(&tar, &frames(&index)?).map_err(PackError::Page)?)
}

/// What is unpacked together: the shell, which a page shows first; and all other guests, which have much in common.
fn frames(index: &LayerIndex) -> Result<[Vec<Range<usize>>; 2], PackError> {
    let mut frames = [const { Vec::new() }; 2];
    let [shell, rest] = &mut frames;
    for guest in Guest::ALL {
        let file = index.file(&guest.home()).ok_or(PackError::MissingGuest(guest.name()))?;
        let range = file.data as usize..(file.data + file.size) as usize;
        if guest == Guest::Shell { shell.push(range) } else { rest.push(range) }
    }
    Ok(frames)
}
