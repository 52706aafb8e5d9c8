//! The threads that work on one layer: one inflates, one hashes and indexes the tar, one writes it.
//!
//! So also a single large layer keeps several cores and the disk busy. A fixed number of buffers goes
//! round between them; a stage that ends early lets the others end too.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SendError, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use bytes::Bytes;
use wcr_image::{Compression, Digest, Hasher, ImageError, Inflater, LayerIndexer, Limits};

use crate::buffer::{Buffer, Pool};
use crate::error::{Result, StoreError};
use crate::files::TempFile;
use crate::sink::Sink;

/// How many buffers of a tar go round, as long as there are enough for all layers.
const BUFFERS: usize = 3;
/// How many pieces of a blob may wait to be inflated.
const WAITING: usize = 2;

/// A tar that was taken in; its file is complete but not yet on the disk.
pub(crate) struct Tar {
    pub file: TempFile,
    pub length: u64,
    pub index: Vec<u8>,
    pub diff_id: Digest,
}

/// The threads of one layer.
pub(crate) struct Stages {
    feed: SyncSender<Bytes>,
    inflate: JoinHandle<Result<(), Stop>>,
    index: JoinHandle<Result<(Digest, Vec<u8>), Stop>>,
    write: JoinHandle<Result<(TempFile, u64)>>,
}

/// Why a stage ended before its time.
enum Stop {
    /// The layer is malformed.
    Image(ImageError),
    /// There was no memory for a buffer.
    Memory(io::Error),
    /// A later stage ended, and has the reason.
    Later,
}

impl From<ImageError> for Stop {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

impl Stages {
    /// Starts the threads; the tar goes to `sink`.
    pub(crate) fn start(compression: Compression, sink: Sink, pool: &Arc<Pool>) -> io::Result<Self> {
        let (feed, fed) = sync_channel(WAITING);
        let (full, fulls) = sync_channel(BUFFERS);
        let (indexed, to_write) = sync_channel(BUFFERS);
        let (empty, empties) = channel();
        let (first, last) = (Arc::clone(pool), Arc::clone(pool));
        let thread = |name: &str| Builder::new().name(name.into());
        Ok(Self {
            feed,
            write: thread("wcr-write").spawn(move || write(sink, &to_write, &empty, &last))?,
            index: thread("wcr-index").spawn(move || index(&fulls, &indexed))?,
            inflate: thread("wcr-inflate").spawn(move || {
                let result = inflate(compression, &fed, &full, &empties, &first);
                empties.try_iter().for_each(|buffer| first.give(buffer));
                result
            })?,
        })
    }

    /// Hands over the next bytes of the blob; waits when there are too many. `false` when a stage has ended.
    pub(crate) fn feed(&self, chunk: Bytes) -> bool {
        self.feed.send(chunk).is_ok()
    }

    /// Waits for the threads to end: the tar, or the reason that the first stage to fail gave.
    pub(crate) fn join(self, digest: Digest) -> Result<Tar> {
        drop(self.feed);
        let (inflate, index, write) = (self.inflate.join(), self.index.join(), self.write.join());
        let thread = |_| StoreError::Thread { digest };
        let (inflate, index, write) = (inflate.map_err(thread)?, index.map_err(thread)?, write.map_err(thread)?);
        // A failing disk ends the stages before it; a malformed blob those behind it.
        let (file, length) = write?;
        let stopped = |stop| match stop {
            Stop::Image(error) => StoreError::Layer { digest, source: Box::new(error) },
            Stop::Memory(error) => StoreError::io("get memory for", "a layer")(error),
            Stop::Later => StoreError::Thread { digest },
        };
        match (inflate, index) {
            (Ok(()), Ok((diff_id, index))) => Ok(Tar { file, length, index, diff_id }),
            (Err(stop @ (Stop::Image(_) | Stop::Memory(_))), _) | (_, Err(stop)) | (Err(stop), Ok(_)) => {
                Err(stopped(stop))
            }
        }
    }
}

/// Blob to tar.
fn inflate(
    compression: Compression,
    fed: &Receiver<Bytes>,
    full: &SyncSender<Buffer>,
    empties: &Receiver<Buffer>,
    pool: &Pool,
) -> Result<(), Stop> {
    let mut inflater = Inflater::new(compression, &Limits::DEFAULT);
    let mut buffer = pool.take().map_err(Stop::Memory)?;
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
        if ended && step.produced == 0 {
            inflater.finish()?;
            if buffer.is_empty() {
                pool.give(buffer);
                return Ok(());
            }
            return full.send(buffer).map_err(|_| Stop::Later);
        }
        if buffer.is_full() {
            full.send(buffer).map_err(|_| Stop::Later)?;
            buffer = match empties.try_recv() {
                Ok(empty) => empty,
                Err(TryRecvError::Empty) if made < BUFFERS => match pool.spare().map_err(Stop::Memory)? {
                    Some(spare) => {
                        made += 1;
                        spare
                    }
                    None => empties.recv().map_err(|_| Stop::Later)?,
                },
                Err(_) => empties.recv().map_err(|_| Stop::Later)?,
            };
        }
    }
}

/// Tar to diff-id and index.
fn index(fulls: &Receiver<Buffer>, indexed: &SyncSender<Buffer>) -> Result<(Digest, Vec<u8>), Stop> {
    let mut hasher = Hasher::new();
    let mut indexer = LayerIndexer::new(&Limits::DEFAULT, wcr_shims::label);
    while let Ok(buffer) = fulls.recv() {
        hasher.update(buffer.filled());
        indexer.push(buffer.filled())?;
        indexed.send(buffer).map_err(|_| Stop::Later)?;
    }
    let diff_id = hasher.finish();
    Ok((diff_id, indexer.finish(diff_id)?))
}

/// Tar to file.
fn write(mut sink: Sink, to_write: &Receiver<Buffer>, empty: &Sender<Buffer>, pool: &Pool) -> Result<(TempFile, u64)> {
    while let Ok(mut buffer) = to_write.recv() {
        sink.write(&mut buffer)?;
        if let Err(SendError(buffer)) = empty.send(buffer) {
            pool.give(buffer);
        }
    }
    let length = sink.length();
    Ok((sink.finish()?, length))
}
