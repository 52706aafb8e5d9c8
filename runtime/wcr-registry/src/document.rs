//! Looking at what a reference leads to, without bringing the image.

use wcr_image::{Digest, Document, Platform, Reference};

use crate::client::Client;
use crate::error::{RegistryError, Result};
use crate::manifest;
use crate::pull::places;

/// A manifest or an index, as a registry has it.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Its digest.
    pub digest: Digest,
    /// What the registry says it is.
    pub media_type: Option<String>,
    /// The document, byte for byte.
    pub bytes: Vec<u8>,
}

impl Client {
    /// What `reference` leads to: the document itself or, with `platform`, the manifest of the image for it.
    ///
    /// # Errors
    /// Those of a pull that come before the layers.
    pub fn manifest(&self, reference: &Reference, platform: Option<&Platform>) -> Result<Manifest> {
        self.blocking(|runtime| {
            let mut failed = None;
            for session in places(&self.transport, reference)? {
                let found = runtime.block_on(async {
                    session.ping().await?;
                    let top =
                        manifest::fetch(&session, reference, &reference.familiar(), reference.digest(), None).await?;
                    match (platform, &top.document) {
                        (Some(platform), Document::Index(_)) => {
                            let found = manifest::resolve(&session, reference, platform, false).await?.image;
                            let media_type = Some(found.descriptor.media_type);
                            Ok(Manifest { digest: found.descriptor.digest, media_type, bytes: found.bytes })
                        }
                        _ => Ok(Manifest { digest: top.digest, media_type: top.media_type, bytes: top.bytes }),
                    }
                });
                match found {
                    Ok(found) => return Ok(found),
                    Err(error) => failed = Some(error),
                }
            }
            Err(failed.unwrap_or_else(|| RegistryError::Setup { reason: "there is no server to ask".into() }))
        })
    }
}
