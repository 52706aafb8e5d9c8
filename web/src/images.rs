//! The images of a page: the built-in one, whose layer also holds the bundled guests, and one that was dropped on it.

use std::cell::RefCell;
use std::sync::Arc;

use wcr_image::{Archive, ImageError, Limits, PackedTar, Platform, index_tar};
use wcr_machine::{BootError, BuiltinFiles, BundledGuest, ContainerImage, GuestModule};
use wcr_shims::Guest;
use wcr_vfs::layer::{Layer, LayerError, LayerIndex, TarData};

/// Why an image cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImagesError {
    /// The built-in image's layer has no program of this name.
    #[error("the built-in image has no program {0}: the page's files do not belong together; reload the page")]
    NoGuest(&'static str),
    /// The built-in image has not been loaded.
    #[error("the built-in image is not loaded yet")]
    NotLoaded,
    /// No archive is open.
    #[error("no archive is open: drop one that `docker save` has written")]
    NoArchive,
    /// The built-in image is damaged.
    #[error(transparent)]
    Builtin(#[from] BootError),
    /// The built-in image's layer is damaged.
    #[error("the built-in image cannot be used: {0}; reload the page")]
    Layer(ImageError),
    /// The files for the working directory are no tar that a layer can be made of.
    #[error("the files for the container cannot be used: {0}")]
    Files(#[from] ImageError),
    /// The files' index does not fit.
    #[error("the files for the container cannot be used: {0}")]
    Index(#[from] LayerError),
}

thread_local! {
    static IMAGES: RefCell<Images> = const { RefCell::new(Images { guests: &[], builtin: None, archive: None }) };
}

/// What the page has loaded.
struct Images {
    guests: &'static [BundledGuest],
    builtin: Option<ContainerImage>,
    archive: Option<ContainerImage>,
}

/// Takes the built-in image's files. The guests' modules are not copied out of its layer, and unpacked when they are needed.
pub(crate) fn load_builtin(tar: Vec<u8>, index: Vec<u8>, config: Vec<u8>) -> Result<(), ImagesError> {
    // They are needed as long as the page lives, and the loader compares files with the guests' modules.
    let tar: Box<dyn TarData> = match PackedTar::is_packed(&tar) {
        true => Box::new(PackedTar::open(tar).map_err(ImagesError::Layer)?),
        false => Box::new(tar),
    };
    let tar: &'static dyn TarData = Box::leak(tar);
    let index: &'static [u8] = plain(index)?.leak();
    let builtin = ContainerImage::builtin(BuiltinFiles { tar, index, config: &*config.leak() })?;
    let index = LayerIndex::open(index)?;
    let guests = Guest::ALL.map(|guest| bundled(guest, &index, tar));
    let guests: Vec<BundledGuest> = guests.into_iter().collect::<Result<_, _>>()?;
    IMAGES.with_borrow_mut(|images| {
        images.guests = guests.leak();
        images.builtin = Some(builtin);
    });
    Ok(())
}

/// The layer's index, which is packed as the layer is where a page fetches it.
fn plain(index: Vec<u8>) -> Result<Vec<u8>, ImagesError> {
    if !PackedTar::is_packed(&index) {
        return Ok(index);
    }
    let packed = PackedTar::open(index).map_err(ImagesError::Layer)?;
    let broken = || ImagesError::Layer(ImageError::Packed("its index is broken"));
    packed.range(0, packed.len()).map(<[u8]>::to_vec).ok_or_else(broken)
}

/// A guest's module where it lies in the layer.
fn bundled(guest: Guest, index: &LayerIndex, tar: &'static dyn TarData) -> Result<BundledGuest, ImagesError> {
    let record = index.file(&guest.home()).ok_or(ImagesError::NoGuest(guest.name()))?;
    Ok(BundledGuest { name: guest.name(), wasm: GuestModule::InTar { tar, start: record.data, len: record.size } })
}

/// The guests that the built-in image brought.
#[must_use]
pub fn guests() -> &'static [BundledGuest] {
    IMAGES.with_borrow(|images| images.guests)
}

/// What is told of an opened archive.
pub(crate) struct Opened {
    /// The image's names.
    pub(crate) names: Vec<String>,
    /// The number of its layers.
    pub(crate) layers: usize,
}

/// Opens what `docker save` has written, in place of the archive before; that one stays when this fails.
pub(crate) fn open_archive(bytes: Vec<u8>) -> Result<Opened, ImageError> {
    let archive = Archive::open(bytes, &Limits::DEFAULT)?;
    let chosen = archive.choose(None, &Platform::default())?;
    let contents = chosen.load()?;
    let layers = contents.layers.into_iter().map(|layer| Ok(Arc::new(layer.into_layer()?)));
    let layers: Vec<Arc<Layer>> = layers.collect::<Result<_, ImageError>>()?;
    let opened = Opened { names: chosen.names().iter().map(ToString::to_string).collect(), layers: layers.len() };
    let image = ContainerImage { layers, platform: contents.config.platform(), config: contents.config.config };
    IMAGES.with_borrow_mut(|images| images.archive = Some(image));
    Ok(opened)
}

/// The image to run: the archive's or the built-in one, with `files` (a tar) as one more layer.
///
/// # Errors
/// It has not been loaded, or the files are none.
pub fn image(archive: bool, files: Option<Vec<u8>>) -> Result<ContainerImage, ImagesError> {
    let mut image = IMAGES.with_borrow(|images| match archive {
        true => images.archive.clone().ok_or(ImagesError::NoArchive),
        false => images.builtin.clone().ok_or(ImagesError::NotLoaded),
    })?;
    if let Some(tar) = files {
        image.layers.push(layer(tar)?);
    }
    Ok(image)
}

/// A layer of a tar.
pub(crate) fn layer(tar: Vec<u8>) -> Result<Arc<Layer>, ImagesError> {
    let index = LayerIndex::open(index_tar(&tar)?)?;
    Ok(Arc::new(Layer::new(index, tar)?))
}
