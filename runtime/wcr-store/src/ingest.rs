//! The one pass over a layer: blob in; blob file, tar file and index out, everything hashed on the way.
//!
//! Three threads share the work, so that also a single large layer keeps several cores busy: the
//! caller's hashes and writes the blob, one inflates, one hashes, indexes and writes the tar.

use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use bytes::Bytes;
use wcr_image::{Compression, Digest, Hasher, ImageError, Inflater, LayerIndexer, Limits};

use crate::buffer::Buffer;
use crate::error::{Result, StoreError};
use crate::files::TempFile;
use crate::sink::Sink;
use crate::store::Store;

/// The length of the pieces in which files are written, in bytes.
const PIECE: usize = 1 << 20;
/// How many pieces of a tar may be on their way between two threads.
const PIECES: usize = 4;
/// How many pieces of a blob may wait to be inflated.
const WAITING: usize = 16;

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
    /// The blob turned out to be no layer. What it is hashed for still: whether it came as it was sent.
    malformed: Option<StoreError>,
}

struct Stages {
    feed: SyncSender<Bytes>,
    inflate: JoinHandle<Result<(), ImageError>>,
    tar: JoinHandle<Result<Tar>>,
}

/// A tar that was taken in.
struct Tar {
    file: TempFile,
    length: u64,
    index: Vec<u8>,
    diff_id: Digest,
}

impl LayerWriter {
    pub(crate) fn new(store: &Store, spec: LayerSpec, keep_blob: bool) -> Result<Self> {
        let temp = store.temp();
        let blob = if keep_blob { Some((Sink::create(&temp, spec.size)?, Buffer::new(PIECE))) } else { None };
        // Most layers grow to two or three times their blob.
        let expected = if spec.compression == Compression::Gzip { spec.size.saturating_mul(2) } else { spec.size };
        let sink = Sink::create(&temp, expected)?;
        let (feed, fed) = sync_channel(WAITING);
        let (full, fulls) = sync_channel(PIECES);
        let (empty, empties) = channel();
        let spawn = |name: &str| Builder::new().name(name.into());
        let tar = spawn("wcr-tar").spawn(move || take_tar(sink, &fulls, &empty));
        let inflate = spawn("wcr-inflate").spawn(move || inflate(spec.compression, &fed, &full, &empties));
        let stages = Stages {
            feed,
            inflate: inflate.map_err(StoreError::io("start a thread for", &temp))?,
            tar: tar.map_err(StoreError::io("start a thread for", &temp))?,
        };
        Ok(Self {
            store: store.clone(),
            spec,
            hasher: Hasher::new(),
            received: 0,
            blob,
            stages: Some(stages),
            malformed: None,
        })
    }

    /// How many bytes of the blob have been taken.
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
        self.received += chunk.len() as u64;
        self.hasher.update(&chunk);
        let sent = match &self.stages {
            Some(stages) => stages.feed.send(chunk.clone()).is_ok(),
            None => true,
        };
        if !sent {
            match self.join() {
                Err(error) if error.class() == wcr_image::Class::Malformed => self.malformed = Some(error),
                Err(error) => return Err(error),
                Ok(_) => return Err(StoreError::Thread { digest }),
            }
        }
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

    /// Verifies length, digest and diff-id, and gives the files their names. Returns the tar's length.
    ///
    /// # Errors
    /// [`StoreError::Length`], [`StoreError::Digest`], [`StoreError::Layer`], failing writes.
    pub fn finish(mut self) -> Result<u64> {
        let LayerSpec { digest, size, diff_id, .. } = self.spec;
        if self.received != size {
            return Err(StoreError::Length { digest, expected: size, actual: self.received });
        }
        let actual = core::mem::take(&mut self.hasher).finish();
        if actual != digest {
            return Err(StoreError::Digest { what: "blob", expected: digest, actual });
        }
        if let Some(error) = self.malformed.take() {
            return Err(error);
        }
        let blob = match self.blob.take() {
            Some((mut sink, mut buffer)) => {
                if !buffer.is_empty() {
                    sink.write(&mut buffer)?;
                }
                Some(sink.finish()?)
            }
            None => None,
        };
        let tar = self.join()?;
        if tar.diff_id != diff_id {
            return Err(StoreError::Digest { what: "layer", expected: diff_id, actual: tar.diff_id });
        }
        let mut index = TempFile::create(&self.store.temp(), false)?;
        index.write(&tar.index)?;
        index.sync(None)?;
        tar.file.rename(&self.store.tar_path(&diff_id))?;
        index.rename(&self.store.idx_path(&diff_id))?;
        if let Some(blob) = blob {
            blob.rename(&self.store.blob_path(&digest))?;
        }
        Ok(tar.length)
    }

    /// Waits for the other threads; their first error, or the tar.
    fn join(&mut self) -> Result<Tar> {
        let digest = self.spec.digest;
        let Some(Stages { feed, inflate, tar }) = self.stages.take() else {
            return Err(StoreError::Thread { digest });
        };
        drop(feed);
        let (inflate, tar) = (inflate.join(), tar.join());
        let layer = |error| StoreError::Layer { digest, source: Box::new(error) };
        let tar = match tar.map_err(|_| StoreError::Thread { digest })? {
            // The tar ends early because the gzip data does.
            Err(StoreError::Image(error)) => match inflate {
                Ok(Err(first)) => return Err(layer(first)),
                _ => return Err(layer(error)),
            },
            tar => tar,
        };
        inflate.map_err(|_| StoreError::Thread { digest })?.map_err(layer)?;
        tar
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

/// The inflating thread. Ends early, without an error, when the tar thread has had enough.
fn inflate(
    compression: Compression,
    fed: &Receiver<Bytes>,
    full: &SyncSender<Buffer>,
    empties: &Receiver<Buffer>,
) -> Result<(), ImageError> {
    let mut inflater = Inflater::new(compression, &Limits::DEFAULT);
    let mut buffer = Buffer::new(PIECE);
    let mut made = 1;
    let mut chunk = Bytes::new();
    let mut ended = false;
    loop {
        if chunk.is_empty() && !ended {
            match fed.recv() {
                Ok(next) => chunk = next,
                Err(_) => ended = true,
            }
        }
        let step = inflater.push(&chunk, buffer.room())?;
        drop(chunk.split_to(step.consumed));
        buffer.advance(step.produced);
        let done = ended && step.produced == 0;
        if buffer.is_full() || done && !buffer.is_empty() {
            let next = match empties.try_recv() {
                Ok(empty) => Some(empty),
                Err(TryRecvError::Empty) if made < PIECES => {
                    made += 1;
                    Some(Buffer::new(PIECE))
                }
                Err(_) => None,
            };
            if full.send(buffer).is_err() {
                return Ok(());
            }
            buffer = match next.map_or_else(|| empties.recv(), Ok) {
                Ok(empty) => empty,
                Err(_) => return Ok(()),
            };
        }
        if done {
            return inflater.finish();
        }
    }
}

/// The tar's thread.
fn take_tar(mut sink: Sink, fulls: &Receiver<Buffer>, empty: &Sender<Buffer>) -> Result<Tar> {
    let mut hasher = Hasher::new();
    let mut indexer = LayerIndexer::new(&Limits::DEFAULT);
    while let Ok(mut buffer) = fulls.recv() {
        hasher.update(buffer.filled());
        indexer.push(buffer.filled())?;
        sink.write(&mut buffer)?;
        // The other side may have ended already.
        drop(empty.send(buffer));
    }
    let diff_id = hasher.finish();
    let index = indexer.finish(diff_id)?;
    let length = sink.length();
    Ok(Tar { file: sink.finish()?, length, index, diff_id })
}
