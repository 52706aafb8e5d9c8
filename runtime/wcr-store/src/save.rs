//! Images as archives, for other tools and other machines.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read as _, Write};
use std::path::Path;

use serde_json::{Value, json};
use wcr_image::{Digest, Hasher, Inflater, Limits, Reference, TarWriter, export_tree};

use crate::error::{Result, StoreError};
use crate::files::open_regular;
use crate::index_json::OCI_LAYOUT;
use crate::record::{ImageRecord, LayerRecord};
use crate::store::Store;

/// In which pieces files are copied, in bytes.
const PIECE: usize = 256 << 10;

/// The form of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SaveFormat {
    /// An OCI image layout with a `manifest.json` beside it: what Docker writes, and every tool reads.
    #[default]
    Both,
    /// An OCI image layout.
    Oci,
    /// Docker's own format alone, with layers that are not compressed.
    Docker,
}

/// An image that is to be saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The image.
    pub record: ImageRecord,
    /// The names that it gets in the archive; it may have none.
    pub names: Vec<Reference>,
}

/// Where the files of an archive go, in their order.
trait Target {
    /// Takes a file of `size` bytes, which `content` writes.
    fn file(&mut self, name: &str, size: u64, content: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()>;
}

impl Store {
    /// Writes images as an archive. The same images always give the same bytes. What is written was verified on the way.
    ///
    /// # Errors
    /// [`StoreError::Digest`] when a part of an image is damaged, [`StoreError::Io`] when it cannot be read, or `out` not
    /// be written.
    pub fn save(&self, images: &[Saved], format: SaveFormat, out: &mut dyn Write) -> Result<()> {
        let mut target = Tar(TarWriter::new(out));
        self.save_to(images, format, &mut target)?;
        target.0.finish().map_err(StoreError::io("write", "the archive"))?;
        for Saved { record, names } in images {
            let id = record.config.digest.to_string();
            self.tell_of_image("save", &id, names.first().map_or_else(|| id.clone(), Reference::familiar));
        }
        Ok(())
    }

    /// Writes images as an OCI image layout into a folder, which has to be empty or missing.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn save_folder(&self, images: &[Saved], folder: &Path) -> Result<()> {
        fs::create_dir_all(folder.join("blobs/sha256")).map_err(StoreError::io("create", folder))?;
        self.save_to(images, SaveFormat::Oci, &mut Folder(folder))
    }

    /// Writes the tree of an image as one tar: see [`export_tree`].
    ///
    /// # Errors
    /// [`StoreError::Io`] when it cannot be read or written, [`StoreError::Damaged`] when its layers make no sense
    /// together.
    pub fn export(&self, image: &ImageRecord, out: &mut dyn Write) -> Result<()> {
        let layers = self.open_layers(image)?;
        // The first time that they are opened they come one by one.
        let layers = if layers.len() > 1 { self.open_layers(image)? } else { layers };
        match layers.as_slice() {
            [] => wcr_image::TarWriter::new(out).finish(),
            [layer] => export_tree(layer, out),
            _ => {
                let reason = "its layers make no sense together".to_owned();
                return Err(StoreError::Damaged { path: self.root().join("layers"), reason });
            }
        }
        .map_err(StoreError::io("write", "the archive"))
    }

    fn save_to(&self, images: &[Saved], format: SaveFormat, target: &mut dyn Target) -> Result<()> {
        let mut small =
            |name: &str, content: &[u8]| target.file(name, content.len() as u64, &mut |out| write(out, content));
        if format != SaveFormat::Docker {
            small("oci-layout", OCI_LAYOUT)?;
            small("index.json", index(images).to_string().as_bytes())?;
        }
        if format != SaveFormat::Oci {
            small("manifest.json", docker_manifest(images, format).to_string().as_bytes())?;
        }
        let mut written = BTreeSet::new();
        for Saved { record, .. } in images {
            if format == SaveFormat::Docker {
                let config = (record.config.digest, record.config.size);
                self.copy(&config_path(record, format), config, &mut written, target)?;
                for layer in record.layers.iter().filter(|layer| written.insert(layer_path(layer, format))) {
                    self.copy_tar(layer, target)?;
                }
                continue;
            }
            let layers = record.layers.iter().map(|layer| (layer.digest, layer.size));
            let documents = [&record.manifest, &record.config].map(|blob| (blob.digest, blob.size));
            let program = self.program(record)?;
            for (digest, size) in documents.into_iter().chain(program.map_or_else(|| layers.collect(), |one| vec![one]))
            {
                self.copy(&blob_name(&digest), (digest, size), &mut written, target)?;
            }
        }
        Ok(())
    }

    /// The program of an artifact, which has no layers of its own.
    fn program(&self, record: &ImageRecord) -> Result<Option<(Digest, u64)>> {
        let documents = self.image_documents(&record.manifest)?;
        Ok(documents.and_then(|(manifest, _)| manifest.artifact().map(|program| (program.digest, program.size))))
    }

    /// Copies a blob to a file of this name, unless there is one.
    fn copy(
        &self,
        name: &str,
        (digest, size): (Digest, u64),
        written: &mut BTreeSet<String>,
        target: &mut dyn Target,
    ) -> Result<()> {
        if !written.insert(name.to_owned()) {
            return Ok(());
        }
        let path = self.blob_path(&digest);
        let (file, length) = open_regular(&path)?;
        if length != size {
            return Err(StoreError::Length { digest, expected: size, actual: length });
        }
        target.file(name, size, &mut |out| {
            let mut hasher = Hasher::new();
            pieces(&file, &path, |piece| {
                hasher.update(piece);
                write(out, piece)
            })?;
            match core::mem::take(&mut hasher).finish() {
                actual if actual == digest => Ok(()),
                actual => Err(StoreError::Digest { what: "blob", expected: digest, actual }),
            }
        })
    }

    /// Writes a layer without its compression.
    fn copy_tar(&self, layer: &LayerRecord, target: &mut dyn Target) -> Result<()> {
        let path = self.blob_path(&layer.digest);
        let (file, _) = open_regular(&path)?;
        target.file(&layer_path(layer, SaveFormat::Docker), layer.tar_size, &mut |out| {
            let (mut hasher, mut inflater) = (Hasher::new(), Inflater::new(layer.compression(), &Limits::DEFAULT));
            let mut plain = vec![0; PIECE];
            pieces(&file, &path, |mut piece| {
                while let Some(made) = inflater.piece(&mut piece, &mut plain)? {
                    hasher.update(made);
                    write(out, made)?;
                }
                Ok(())
            })?;
            let actual = core::mem::take(&mut hasher).finish();
            if actual == layer.diff_id {
                return Ok(());
            }
            Err(StoreError::Digest { what: "layer", expected: layer.diff_id, actual })
        })
    }
}

fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    out.write_all(bytes).map_err(StoreError::io("write", "the archive"))
}

fn pieces(mut file: &File, path: &Path, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        let got = file.read(&mut buffer).map_err(StoreError::io("read", path))?;
        if got == 0 {
            return Ok(());
        }
        take(buffer.get(..got).unwrap_or_default())?;
    }
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn config_path(record: &ImageRecord, format: SaveFormat) -> String {
    match format {
        SaveFormat::Docker => format!("{}.json", record.config.digest.hex()),
        _ => blob_name(&record.config.digest),
    }
}

fn layer_path(layer: &LayerRecord, format: SaveFormat) -> String {
    match format {
        SaveFormat::Docker => format!("{}.tar", layer.diff_id.hex()),
        _ => blob_name(&layer.digest),
    }
}

/// The layout's list of images, with the names as Docker and containerd note them.
fn index(images: &[Saved]) -> Value {
    let entry = |record: &ImageRecord, name: Option<&Reference>| {
        let mut entry = json!({
            "mediaType": record.manifest.media_type,
            "digest": record.manifest.digest,
            "size": record.manifest.size,
            "platform": record.platform,
        });
        if let Some(name) = name {
            let tag = name.tag().map_or_else(|| name.to_string(), str::to_owned);
            entry["annotations"] =
                json!({"io.containerd.image.name": name.to_string(), "org.opencontainers.image.ref.name": tag});
        }
        entry
    };
    let entries = images.iter().flat_map(|Saved { record, names }| {
        let nameless = names.is_empty().then(|| entry(record, None));
        names.iter().map(|name| entry(record, Some(name))).chain(nameless).collect::<Vec<_>>()
    });
    let media_type = "application/vnd.oci.image.index.v1+json";
    json!({"schemaVersion": 2, "mediaType": media_type, "manifests": entries.collect::<Vec<_>>()})
}

/// Docker's list of images.
fn docker_manifest(images: &[Saved], format: SaveFormat) -> Value {
    let image = |Saved { record, names }: &Saved| {
        let tags: Vec<String> = names.iter().map(Reference::familiar).collect();
        let layers: Vec<String> = record.layers.iter().map(|layer| layer_path(layer, format)).collect();
        json!({
            "Config": config_path(record, format),
            "RepoTags": if tags.is_empty() { Value::Null } else { tags.into() },
            "Layers": layers,
        })
    };
    images.iter().map(image).collect()
}

struct Tar<'a>(TarWriter<'a>);

impl Target for Tar<'_> {
    fn file(&mut self, name: &str, size: u64, content: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
        self.0.begin(name, size).map_err(StoreError::io("write", "the archive"))?;
        content(&mut self.0)?;
        self.0.end().map_err(StoreError::io("write", "the archive"))
    }
}

struct Folder<'a>(&'a Path);

impl Target for Folder<'_> {
    fn file(&mut self, name: &str, _size: u64, content: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
        let path = self.0.join(name);
        let mut file = File::create(&path).map_err(StoreError::io("create", &path))?;
        content(&mut file)
    }
}
