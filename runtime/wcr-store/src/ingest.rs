//! The one pass over a layer: blob in; blob file, tar file and index out, everything hashed on the way.
//!
//! The caller's thread hashes and writes the blob, and feeds the threads of [`crate::stages`].

use bytes::Bytes;
use wcr_image::{Class, Compression, Digest, Hasher};

use crate::buffer::Buffer;
use crate::error::{Result, StoreError};
use crate::files::{TempFile, open_regular};
use crate::image::read_pieces;
use crate::sink::Sink;
use crate::stages::{Stages, Tar};
use crate::store::Store;

/// What is known of a layer before its content is.
#[derive(Debug, Clone, Copy)]
pub struct LayerSpec {
    /// The digest of the blob.
    pub digest: Digest,
    /// The length of the blob, in bytes.
    pub size: u64,
    /// The digest of the layer's tar.
    pub diff_id: Digest,
    /// What the blob is compressed with.
    pub compression: Compression,
}

/// A layer on its way into the store. Dropping it leaves nothing behind.
pub struct LayerWriter {
    store: Store,
    spec: LayerSpec,
    hasher: Hasher,
    received: u64,
    /// `None` when the blob is in the store already and only its tar and index are made.
    blob: Option<(Sink, Buffer)>,
    stages: Option<Stages>,
    /// Length and digest of the blob have been found right.
    verified: bool,
    /// What has been taken in, once all of it is in files.
    complete: Option<(Option<TempFile>, Tar)>,
    /// The blob turned out to be no layer. What it is hashed for still: whether it came as it was sent.
    malformed: Option<StoreError>,
}

impl LayerWriter {
    pub(crate) fn new(store: &Store, spec: LayerSpec, keep_blob: bool) -> Result<Self> {
        let temp = store.temp();
        let buffer = || store.pool().take().map_err(StoreError::io("get memory for", &temp));
        let blob = match keep_blob {
            true => Some((Sink::resume(&temp, &spec.digest, spec.size)?, buffer()?)),
            false => None,
        };
        // Most layers grow to two or three times their blob.
        let expected = if spec.compression == Compression::None { spec.size } else { spec.size.saturating_mul(2) };
        let sink = Sink::create(&temp, expected)?;
        let stages = Stages::start(spec.compression, sink, store.pool());
        let stages = stages.map_err(StoreError::io("start a thread for", &temp))?;
        let mut writer = Self {
            store: store.clone(),
            spec,
            hasher: Hasher::new(),
            received: 0,
            blob,
            stages: Some(stages),
            verified: false,
            complete: None,
            malformed: None,
        };
        writer.reread()?;
        Ok(writer)
    }

    /// Takes in what an earlier process has received of the blob.
    fn reread(&mut self) -> Result<()> {
        let Some((sink, _)) = &self.blob else { return Ok(()) };
        if sink.length() == 0 {
            return Ok(());
        }
        let path = sink.path().to_owned();
        let (file, _) = open_regular(&path)?;
        read_pieces(&file, &path, |piece| self.digest(&piece))
    }

    /// How many bytes of the blob have been taken; at first, how many an earlier process has left.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Takes the next bytes of the blob; waits when they come faster than they can be worked on.
    ///
    /// # Errors
    /// [`StoreError::Length`] as soon as the blob is too long; a limit that is exceeded; failing writes.
    /// That the blob is malformed is only told at the end, when its digest tells whose fault it is.
    pub fn write(&mut self, chunk: Bytes) -> Result<()> {
        let LayerSpec { digest, size, .. } = self.spec;
        if chunk.len() as u64 > size - self.received {
            return Err(StoreError::Length { digest, expected: size, actual: size.saturating_add(1) });
        }
        self.digest(&chunk)?;
        if let Some((sink, buffer)) = &mut self.blob
            && self.malformed.is_none()
        {
            let mut rest = &chunk[..];
            while !rest.is_empty() {
                rest = buffer.fill(rest);
                if buffer.is_full() {
                    sink.write(buffer)?;
                }
            }
        }
        Ok(())
    }

    /// Hashes the next bytes and has them inflated.
    fn digest(&mut self, chunk: &Bytes) -> Result<()> {
        self.received += chunk.len() as u64;
        self.hasher.update(chunk);
        let sent = match &self.stages {
            Some(stages) => stages.feed(chunk.clone()),
            None => true,
        };
        if !sent {
            match self.join() {
                Err(error) if error.class() == Class::Malformed => self.malformed = Some(error),
                Err(error) => return Err(error),
                Ok(_) => return Err(StoreError::Thread { digest: self.spec.digest }),
            }
        }
        Ok(())
    }

    /// Keeps what has come of the blob for whoever goes on with it.
    pub fn suspend(mut self) {
        if let Some((sink, mut buffer)) = self.blob.take()
            && self.malformed.is_none()
        {
            sink.suspend(&mut buffer, self.spec.size);
            self.store.pool().give(buffer);
        }
    }

    /// Verifies length and digest of the blob.
    ///
    /// # Errors
    /// [`StoreError::Length`], [`StoreError::Digest`].
    pub fn verify(&mut self) -> Result<()> {
        let LayerSpec { digest, size, .. } = self.spec;
        if self.verified {
            return Ok(());
        }
        if self.received != size {
            return Err(StoreError::Length { digest, expected: size, actual: self.received });
        }
        let actual = core::mem::take(&mut self.hasher).finish();
        if actual != digest {
            return Err(StoreError::Digest { what: "blob", expected: digest, actual });
        }
        self.verified = true;
        Ok(())
    }

    /// Verifies length, digest and diff-id; afterwards all is in files, though not yet on the disk, and no memory is
    /// held but for the index.
    ///
    /// # Errors
    /// [`StoreError::Length`], [`StoreError::Digest`], [`StoreError::Layer`], failing writes.
    pub fn complete(&mut self) -> Result<()> {
        self.verify()?;
        if self.complete.is_some() {
            return Ok(());
        }
        if let Some(error) = self.malformed.take() {
            return Err(error);
        }
        let blob = match self.blob.take() {
            Some((mut sink, mut buffer)) => {
                if !buffer.is_empty() {
                    sink.write(&mut buffer)?;
                }
                self.store.pool().give(buffer);
                Some(sink.finish()?)
            }
            None => None,
        };
        let tar = self.join()?;
        let expected = self.spec.diff_id;
        if tar.diff_id != expected {
            return Err(StoreError::Digest { what: "layer", expected, actual: tar.diff_id });
        }
        self.complete = Some((blob, tar));
        Ok(())
    }

    /// As [`Self::complete`], and gives the files their names. Returns the tar's length.
    ///
    /// # Errors
    /// Those of [`Self::complete`].
    pub fn finish(mut self) -> Result<u64> {
        self.complete()?;
        let LayerSpec { digest, diff_id, .. } = self.spec;
        let Some((mut blob, mut tar)) = self.complete.take() else { return Err(StoreError::Thread { digest }) };
        // All three are complete before the first is synchronised: on a journaling file system that one
        // takes the others along, and their turns cost next to nothing.
        let mut index = TempFile::with(&self.store.temp(), &tar.index)?;
        index.sync()?;
        tar.file.sync()?;
        if let Some(blob) = &mut blob {
            blob.sync()?;
        }
        self.store.place(tar.file, &self.store.tar_path(&diff_id))?;
        index.rename(&self.store.idx_path(&diff_id))?;
        if let Some(blob) = blob {
            self.store.place(blob, &self.store.blob_path(&digest))?;
        }
        Ok(tar.length)
    }

    /// Waits for the other threads; their first error, or the tar.
    fn join(&mut self) -> Result<Tar> {
        let digest = self.spec.digest;
        match self.stages.take() {
            Some(stages) => stages.join(digest),
            None => Err(StoreError::Thread { digest }),
        }
    }
}

impl Drop for LayerWriter {
    fn drop(&mut self) {
        if self.stages.is_some() {
            // Waits until the other threads have removed their files.
            drop(self.join());
        }
    }
}
