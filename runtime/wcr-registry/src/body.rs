//! What is sent with a request: bytes, or a part of a file that is read while it is sent.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;

/// The piece in which a file is read, in bytes.
const PIECE: usize = 256 << 10;

/// What is sent with a request. It can be sent again.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    None,
    Bytes { content: Bytes, media_type: String },
    File(FilePart),
}

/// A part of a file.
#[derive(Debug, Clone)]
pub(crate) struct FilePart {
    pub file: Arc<File>,
    pub from: u64,
    pub length: u64,
    /// Whether the request says which part of the whole it is.
    pub in_chunks: bool,
    /// Counts up to where in the file has been read.
    pub sent: Arc<AtomicU64>,
}

impl Body {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Bytes { content, .. } => content.len() as u64,
            Self::File(part) => part.length,
        }
    }

    pub(crate) fn media_type(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Bytes { media_type, .. } => Some(media_type),
            Self::File(_) => Some("application/octet-stream"),
        }
    }

    /// The first and the last byte of a chunk.
    pub(crate) fn content_range(&self) -> Option<(u64, u64)> {
        match self {
            Self::File(part) if part.in_chunks => Some((part.from, part.from + part.length.max(1) - 1)),
            _ => None,
        }
    }

    /// The body as it is sent, from its start.
    pub(crate) fn to_reqwest(&self) -> Option<io::Result<reqwest::Body>> {
        match self {
            Self::None => None,
            Self::Bytes { content, .. } => Some(Ok(content.clone().into())),
            Self::File(part) => Some(part.stream().map(reqwest::Body::wrap_stream)),
        }
    }
}

impl FilePart {
    fn stream(&self) -> io::Result<FileStream> {
        // A handle of its own would share the position: parts of one file are sent one after the other.
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(self.from))?;
        self.sent.store(self.from, Ordering::Relaxed);
        Ok(FileStream { file, left: self.length, sent: Arc::clone(&self.sent) })
    }
}

struct FileStream {
    file: File,
    left: u64,
    sent: Arc<AtomicU64>,
}

impl Stream for FileStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let most = self.left.min(PIECE as u64);
        let mut piece = Vec::with_capacity(most as usize);
        let read = (&self.file).take(most).read_to_end(&mut piece);
        Poll::Ready(Some(match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.left -= count as u64;
                self.sent.fetch_add(count as u64, Ordering::Relaxed);
                Ok(piece.into())
            }
            Err(error) => Err(error),
        }))
    }
}
