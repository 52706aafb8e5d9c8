//! Images out of archives: what `docker save`, `podman save`, `skopeo copy` and `wcr save` write.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use wcr_image::{
    Archive, ArchivedImage, Compression, Descriptor, Digest, Hasher, ImageError, Inflater, Limits, Manifest,
    PackedLayer, Platform, Reference, Source, TableOfContents, compression_of,
};

use crate::error::{Result, StoreError};
use crate::files::TempFile;
use crate::ingest::LayerSpec;
use crate::record::{ImageRecord, LayerRecord};
use crate::store::Store;

/// In which pieces files are read, in bytes.
const PIECE: usize = 256 << 10;
/// How much of a tar is read to see its next header, in bytes: the header, and the start of what may be an extended one.
const HEADERS: usize = 4096;
/// Where an image without a name is filed, with its digest.
const NAMELESS: &str = "localhost/loaded";

/// Where an archive is.
pub enum ArchiveInput {
    /// In a file, or in a folder that is an OCI image layout.
    Path(PathBuf),
    /// In a stream, which is read to its end.
    Stream(Box<dyn Read>),
}

/// An image that was taken out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The names that it has in the archive.
    pub names: Vec<Reference>,
    /// The digest of its configuration.
    pub id: Digest,
}

impl Store {
    /// Takes the images of an archive in, each with all its names; of an image for several platforms the one for
    /// `platform`, or without that the one that `run` would take, or else the first. Nothing is known of an image before
    /// all of it is verified and in the store.
    ///
    /// # Errors
    /// [`StoreError::Archive`] for an archive that is refused, [`StoreError::Io`] and the errors of storing layers.
    pub fn load(&self, input: ArchiveInput, platform: Option<&Platform>) -> Result<Vec<Loaded>> {
        self.ensure()?;
        let (archive, source) = self.open_archive(input)?;
        let mut loaded: Vec<Loaded> = Vec::new();
        for image in chosen(&archive, platform).map_err(StoreError::Archive)? {
            let record = self.load_image(image, &*source)?;
            let mut names: Vec<String> = image.names().iter().map(Self::filed_as).collect();
            if names.is_empty() {
                names.push(nameless(record.digest));
            }
            for reference in names {
                self.commit(&ImageRecord { reference, ..record.clone() })?;
            }
            let id = record.config.digest.to_string();
            self.tell_of_image("load", &id, image.names().first().map_or_else(|| id.clone(), Reference::familiar));
            loaded.push(Loaded { names: image.names().to_vec(), id: record.config.digest });
        }
        Ok(loaded)
    }

    fn open_archive(&self, input: ArchiveInput) -> Result<(Archive, Arc<dyn Source>)> {
        let limits = Limits::DEFAULT;
        let mut input = match input {
            ArchiveInput::Path(path) if path.is_dir() => return open_folder(&path),
            ArchiveInput::Path(path) => {
                let file = File::open(&path).map_err(StoreError::io("open", &path))?;
                let regular = file.metadata().map_err(StoreError::io("examine", &path))?.is_file();
                let mut start = [0; 8];
                if regular && compression_of(start_of(&file, &mut start, &path)?) == Compression::None {
                    let source = Arc::new(Opened { files: vec![(file, path)], _temp: None });
                    return Ok((contents(&source)?, source));
                }
                Box::new(file)
            }
            ArchiveInput::Stream(stream) => stream,
        };
        // What cannot be read here and there is written out first, without its compression.
        let mut temp = TempFile::create(&self.temp(), false)?;
        let spooled = |error| StoreError::Archive(ImageError::Unreadable { reason: format!("{error}") });
        let mut buffer = vec![0; PIECE];
        let mut first = vec![0; 8];
        let got = fill(&mut *input, &mut first).map_err(spooled)?;
        first.truncate(got);
        let compression = compression_of(&first);
        let limits = Limits { layer: limits.archive, ..limits };
        let mut inflater = Inflater::new(compression, &limits);
        let mut piece = first;
        loop {
            let mut rest = piece.as_slice();
            while let Some(plain) = inflater.piece(&mut rest, &mut buffer).map_err(StoreError::Archive)? {
                temp.write(plain)?;
            }
            piece.resize(PIECE, 0);
            let got = fill(&mut *input, &mut piece).map_err(spooled)?;
            piece.truncate(got);
            if got == 0 {
                break;
            }
        }
        inflater.finish().map_err(StoreError::Archive)?;
        let path = temp.path().to_owned();
        let file = File::open(&path).map_err(StoreError::io("open", &path))?;
        let source = Arc::new(Opened { files: vec![(file, path)], _temp: Some(temp) });
        Ok((contents(&source)?, source))
    }

    /// Takes in the parts of an image; the record of it, without a name.
    fn load_image(&self, image: &ArchivedImage, source: &dyn Source) -> Result<ImageRecord> {
        let config = image.config();
        let mut layers = Vec::new();
        for packed in image.packed_layers().map_err(StoreError::Archive)? {
            layers.push(self.load_layer(&packed, source)?);
        }
        let json = image.config_json();
        self.put_blob(&image.config_digest(), json)?;
        let (media_type, content) = match image.manifest() {
            Some((media_type, content)) => (media_type.to_owned(), content.clone()),
            None => {
                let layers = layers.iter().map(|layer| (layer.digest, layer.size, layer.compression()));
                let manifest = Manifest::of((image.config_digest(), json.len() as u64), layers);
                (manifest.media_type.clone(), Bytes::from(manifest.to_json()))
            }
        };
        self.record_for(media_type, &content, config.clone(), (image.config_digest(), json.len() as u64), layers)
    }

    /// Stores a manifest; the record of its image, without a name, as if just pulled.
    pub(crate) fn record_for(
        &self,
        media_type: String,
        manifest: &[u8],
        config: wcr_image::ImageConfig,
        (config_digest, config_size): (Digest, u64),
        layers: Vec<LayerRecord>,
    ) -> Result<ImageRecord> {
        let digest = Digest::of(manifest);
        self.put_blob(&digest, manifest)?;
        let platform = config.platform();
        let descriptor = |media_type: String, digest, size| Descriptor {
            media_type,
            digest,
            size,
            platform: None,
            annotations: None,
        };
        let media_type_of_config = match wcr_image::Document::parse(manifest, None, &Limits::DEFAULT) {
            Ok(wcr_image::Document::Manifest(manifest)) => manifest.config.media_type,
            _ => Manifest::CONFIG.into(),
        };
        Ok(ImageRecord {
            reference: String::new(),
            digest,
            manifest: Descriptor {
                platform: Some(platform.clone()),
                ..descriptor(media_type, digest, manifest.len() as u64)
            },
            config: descriptor(media_type_of_config, config_digest, config_size),
            platform,
            created: config.created,
            pulled: crate::fsck::now(),
            layers,
            run: config.config,
        })
    }

    /// Takes in one layer, unless it is there.
    pub(crate) fn load_layer(&self, packed: &PackedLayer, source: &dyn Source) -> Result<LayerRecord> {
        let digest = match packed.digest {
            Some(digest) => digest,
            // Of a plain tar it is the one that is known; another one has to be read for it.
            None if packed.compression == Compression::None => packed.diff_id,
            None => {
                let mut hasher = Hasher::new();
                read_part(packed, source, |piece| {
                    hasher.update(&piece);
                    Ok(())
                })?;
                hasher.finish()
            }
        };
        let PackedLayer { part, diff_id, compression, .. } = *packed;
        let spec = LayerSpec { digest, size: part.size, diff_id, compression };
        let _lock = self.lock_layer(&diff_id, || ())?;
        if let Some(tar_size) = self.find_layer(&spec)? {
            return Ok(LayerRecord::new(&spec, tar_size));
        }
        let mut writer = self.write_layer(spec)?;
        read_part(packed, source, |piece| writer.write(piece))?;
        Ok(LayerRecord::new(&spec, writer.finish()?))
    }
}

/// What an image without a name is filed as.
pub(crate) fn nameless(digest: Digest) -> String {
    format!("{NAMELESS}@{digest}")
}

/// The images that are taken: of those that share their names the one for the platform.
fn chosen<'a>(archive: &'a Archive, platform: Option<&Platform>) -> Result<Vec<&'a ArchivedImage>, ImageError> {
    let wanted = platform.cloned().unwrap_or_default();
    let mut chosen: Vec<&ArchivedImage> = Vec::new();
    for image in archive.images() {
        if !image.names().is_empty() && chosen.iter().any(|other| other.names() == image.names()) {
            continue;
        }
        let same: Vec<&ArchivedImage> = if image.names().is_empty() {
            vec![image]
        } else {
            archive.images().iter().filter(|other| other.names() == image.names()).collect()
        };
        let exact = same.iter().find(|image| image.platform() == wanted);
        let suits = same.iter().find(|image| image.config().check_platform(&wanted).is_ok());
        match exact.or(suits) {
            Some(image) => chosen.push(image),
            None if platform.is_none() => chosen.extend(same.first()),
            None => {
                let offered = same.iter().map(|image| image.platform()).collect();
                return Err(ImageError::NoPlatform { wanted, offered });
            }
        }
    }
    Ok(chosen)
}

fn read_part(packed: &PackedLayer, source: &dyn Source, mut take: impl FnMut(Bytes) -> Result<()>) -> Result<()> {
    let mut at = 0;
    while at < packed.part.size {
        let length = (PIECE as u64).min(packed.part.size - at);
        let start = packed.part.start.saturating_add(at);
        take(source.read(packed.part.file, start, length as usize).map_err(StoreError::Archive)?)?;
        at += length;
    }
    Ok(())
}

/// The first bytes of a file, which is left at its start.
fn start_of<'a>(mut file: &File, start: &'a mut [u8], path: &Path) -> Result<&'a [u8]> {
    let got = fill(&mut file, start).map_err(StoreError::io("read", path))?;
    file.seek(SeekFrom::Start(0)).map_err(StoreError::io("read", path))?;
    Ok(start.get(..got).unwrap_or_default())
}

/// Reads until the buffer is full or there is no more; how much that was.
pub(crate) fn fill(from: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while let Some(room) = buffer.get_mut(got..).filter(|room| !room.is_empty()) {
        match from.read(room) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// The files of an archive, open.
#[derive(Debug)]
pub(crate) struct Opened {
    files: Vec<(File, PathBuf)>,
    /// Removed when nobody reads it any more.
    _temp: Option<TempFile>,
}

impl Opened {
    /// One file.
    pub(crate) fn file(file: File, path: PathBuf, temp: Option<TempFile>) -> Self {
        Self { files: vec![(file, path)], _temp: temp }
    }
}

impl Source for Opened {
    fn read(&self, file: usize, start: u64, length: usize) -> Result<Bytes, ImageError> {
        let unreadable = |reason: String| ImageError::Unreadable { reason };
        let (mut file, path) = match self.files.get(file) {
            Some((file, path)) => (file, path),
            None => return Err(unreadable("it has no such file".into())),
        };
        let mut bytes = vec![0; length];
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(|error| unreadable(format!("{}: {error}", path.display())))?;
        Ok(bytes.into())
    }
}

/// The table of contents of the tar that is the only file.
fn contents(source: &Arc<Opened>) -> Result<Archive> {
    let mut contents = TableOfContents::new(&Limits::DEFAULT);
    let Some((mut file, path)) = source.files.first().map(|(file, path)| (file, path)) else {
        return Err(StoreError::Archive(ImageError::NotAnArchive { found: "nothing".into() }));
    };
    let length = file.metadata().map_err(StoreError::io("examine", path))?.len();
    let (mut at, mut buffer) = (0_u64, vec![0; HEADERS]);
    loop {
        file.seek(SeekFrom::Start(at)).map_err(StoreError::io("read", path))?;
        let got = fill(&mut file, &mut buffer).map_err(StoreError::io("read", path))?;
        if got == 0 {
            break;
        }
        let skippable = contents.push(buffer.get(..got).unwrap_or_default()).map_err(StoreError::Archive)?;
        at += got as u64;
        // What is left out has to be there still.
        let skipped = skippable.min(length.saturating_sub(at));
        contents.skip(skipped);
        at += skipped;
    }
    contents.finish(Arc::clone(source) as Arc<dyn Source>).map_err(StoreError::Archive)
}

/// An OCI image layout in a folder. Links in it are not followed.
fn open_folder(path: &Path) -> Result<(Archive, Arc<dyn Source>)> {
    let (mut names, mut files) = (Vec::new(), Vec::new());
    for name in ["oci-layout", "index.json", "manifest.json"] {
        add(path, name, &mut names, &mut files)?;
    }
    let blobs = path.join("blobs/sha256");
    for entry in fs::read_dir(&blobs).into_iter().flatten() {
        let entry = entry.map_err(StoreError::io("read", &blobs))?;
        if let Some(name) = entry.file_name().to_str() {
            add(path, &format!("blobs/sha256/{name}"), &mut names, &mut files)?;
        }
    }
    let source: Arc<dyn Source> = Arc::new(Folder { files });
    let archive = Archive::open_folder(names, Arc::clone(&source), &Limits::DEFAULT).map_err(StoreError::Archive)?;
    Ok((archive, source))
}

fn add(folder: &Path, name: &str, names: &mut Vec<(Vec<u8>, u64)>, files: &mut Vec<PathBuf>) -> Result<()> {
    let path = folder.join(name);
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_file() => {
            names.push((name.as_bytes().to_vec(), metadata.len()));
            files.push(path);
            Ok(())
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::io("examine", &path)(error)),
    }
}

/// The files of a folder, each opened when it is read.
#[derive(Debug)]
struct Folder {
    files: Vec<PathBuf>,
}

impl Source for Folder {
    fn read(&self, file: usize, start: u64, length: usize) -> Result<Bytes, ImageError> {
        let unreadable = |reason: String| ImageError::Unreadable { reason };
        let path = self.files.get(file).ok_or_else(|| unreadable("it has no such file".into()))?;
        let read = || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(start))?;
            let mut bytes = vec![0; length];
            file.read_exact(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        Ok(read().map_err(|error| unreadable(format!("{}: {error}", path.display())))?.into())
    }
}
