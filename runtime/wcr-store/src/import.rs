//! An image made of one tar: a root file system.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use wcr_image::{
    Compression, Digest, Hasher, History, ImageConfig, Inflater, Limits, Manifest, PackedLayer, Part, Platform,
    Reference, RootFs, RunConfig, compression_of,
};

use crate::error::{Result, StoreError};
use crate::files::TempFile;
use crate::load::{Opened, fill, nameless};
use crate::record::ImageRecord;
use crate::store::Store;

/// In which pieces the tar is read, in bytes.
const PIECE: usize = 256 << 10;

/// What an image is made of besides its tar.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// What it is for.
    pub platform: Platform,
    /// When it was made, RFC 3339.
    pub created: String,
    /// How a container is started.
    pub run: RunConfig,
    /// Where the tar is from, for the image's history.
    pub comment: String,
}

impl Store {
    /// Makes an image of the tar in `stream`, which may be compressed with gzip or zstd and stays so. `name` is what it
    /// is called; without one it has only its digest. Gives its identity.
    ///
    /// # Errors
    /// [`StoreError::Layer`] for a tar that cannot be an image's, [`StoreError::Io`].
    pub fn import(&self, stream: &mut dyn Read, name: Option<&Reference>, options: ImportOptions) -> Result<Digest> {
        self.ensure()?;
        let packed = self.spool(stream)?;
        let layer = self.load_layer(&packed.layer, &*packed.source)?;
        let config = ImageConfig {
            architecture: options.platform.architecture,
            os: options.platform.os,
            variant: options.platform.variant,
            created: Some(options.created.clone()),
            config: options.run,
            rootfs: RootFs { kind: "layers".into(), diff_ids: vec![layer.diff_id] },
            history: vec![History {
                created: Some(options.created),
                comment: Some(options.comment),
                ..History::default()
            }],
        };
        let json = serde_json::to_vec(&config).map_err(|error| StoreError::io("write", self.root())(error.into()))?;
        let of_config = (Digest::of(&json), json.len() as u64);
        self.put_blob(&of_config.0, &json)?;
        let manifest = Manifest::of(of_config, [(layer.digest, layer.size, layer.compression())]);
        let record = self.record_for(
            manifest.media_type.clone(),
            manifest.to_json().as_bytes(),
            config,
            of_config,
            vec![layer],
        )?;
        let reference = name.map_or_else(|| nameless(record.digest), Self::filed_as);
        self.commit(&ImageRecord { reference, ..record })?;
        let id = of_config.0.to_string();
        self.tell_of_image("import", &id, name.map_or_else(|| id.clone(), Reference::familiar));
        Ok(of_config.0)
    }

    /// Writes the stream out, and works out its digests on the way.
    fn spool(&self, stream: &mut dyn Read) -> Result<Spooled> {
        let mut temp = TempFile::create(&self.temp(), false)?;
        let (mut of_blob, mut of_tar) = (Hasher::new(), Hasher::new());
        let (mut piece, mut plain) = (vec![0; PIECE], vec![0; PIECE]);
        let mut inflater: Option<(Compression, Inflater)> = None;
        let mut size = 0;
        loop {
            // Whole pieces: the first bytes tell the compression, and a pipe may have only some of them ready.
            let got = fill(stream, &mut piece).map_err(StoreError::io("read", "the archive"))?;
            if got == 0 {
                break;
            }
            let mut rest = piece.get(..got).unwrap_or_default();
            size += got as u64;
            temp.write(rest)?;
            of_blob.update(rest);
            let (_, inflater) = inflater.get_or_insert_with(|| {
                let compression = compression_of(rest);
                (compression, Inflater::new(compression, &Limits::DEFAULT))
            });
            while let Some(plain) = inflater.piece(&mut rest, &mut plain)? {
                of_tar.update(plain);
            }
        }
        let compression = match &inflater {
            Some((compression, inflater)) => {
                inflater.finish()?;
                *compression
            }
            None => Compression::None,
        };
        let path = temp.path().to_owned();
        let file = File::open(&path).map_err(StoreError::io("open", &path))?;
        let layer = PackedLayer {
            part: Part { file: 0, start: 0, size },
            digest: Some(of_blob.finish()),
            diff_id: of_tar.finish(),
            compression,
        };
        Ok(Spooled { layer, source: Arc::new(Opened::file(file, path, Some(temp))) })
    }
}

/// A tar in a file of the store's.
struct Spooled {
    layer: PackedLayer,
    source: Arc<Opened>,
}
