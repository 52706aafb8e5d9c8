//! What was sent to a socket and has not been received: bytes or messages, and open files on their way.

use std::collections::VecDeque;

use super::Address;
use crate::file::FileId;
use crate::pipe::copy_front;

/// What a message costs beside its bytes.
pub(super) const OVERHEAD: usize = 704;

/// Open files that were sent along, and whose user they count for. Each counts as one use of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) files: Vec<FileId>,
    pub(super) user: u32,
}

#[derive(Debug)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    pub(super) from: Option<Address>,
    pub(super) rights: Option<Rights>,
}

/// Open files that came with a piece of a stream.
#[derive(Debug)]
struct Mark {
    /// Where the piece begins and ends, counted from the stream's start.
    start: u64,
    end: u64,
    rights: Rights,
}

/// The bytes of a connection.
#[derive(Debug, Default)]
pub(super) struct Stream {
    bytes: VecDeque<u8>,
    /// How many bytes were received.
    head: u64,
    marks: VecDeque<Mark>,
}

impl Stream {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn push(&mut self, bytes: &[u8], rights: Option<Rights>) {
        let start = self.head + self.bytes.len() as u64;
        self.bytes.extend(bytes);
        self.marks.extend(rights.map(|rights| Mark { start, end: start + bytes.len() as u64, rights }));
    }

    /// Shows the next bytes, with what came with them: a read goes no further than the piece that it got files with.
    pub(super) fn look(&self, buf: &mut [u8]) -> (usize, Option<&Rights>) {
        let most = self.head + buf.len().min(self.bytes.len()) as u64;
        let mark = self.marks.front().filter(|mark| mark.start < most);
        let end = mark.map_or(most, |mark| most.min(mark.end));
        let len = (end - self.head) as usize;
        (copy_front(&self.bytes, buf.get_mut(..len).unwrap_or_default()), mark.map(|mark| &mark.rights))
    }

    /// Receives the next bytes.
    pub(super) fn take(&mut self, buf: &mut [u8]) -> (usize, Option<Rights>) {
        let (len, came) = self.look(buf);
        let came = came.is_some();
        self.bytes.drain(..len);
        self.head += len as u64;
        (len, if came { self.marks.pop_front().map(|mark| mark.rights) } else { None })
    }
}

/// What was sent to a socket.
#[derive(Debug)]
pub(super) enum Queue {
    Bytes(Stream),
    Messages(VecDeque<Message>),
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Bytes(stream) => stream.len() == 0,
            Self::Messages(messages) => messages.is_empty(),
        }
    }

    /// How much of the room is used up.
    pub(super) fn used(&self) -> usize {
        match self {
            Self::Bytes(stream) => stream.len(),
            Self::Messages(messages) => messages.iter().map(|message| OVERHEAD + message.bytes.len()).sum(),
        }
    }

    /// The open files on their way.
    pub(super) fn rights(&self) -> impl Iterator<Item = &Rights> {
        let (marks, messages) = match self {
            Self::Bytes(stream) => (Some(&stream.marks), None),
            Self::Messages(messages) => (None, Some(messages)),
        };
        let marks = marks.into_iter().flatten().map(|mark| &mark.rights);
        marks.chain(messages.into_iter().flatten().filter_map(|message| message.rights.as_ref()))
    }

    /// Takes the open files out.
    pub(super) fn take_rights(&mut self) -> Vec<Rights> {
        match self {
            Self::Bytes(stream) => stream.marks.drain(..).map(|mark| mark.rights).collect(),
            Self::Messages(messages) => messages.iter_mut().filter_map(|message| message.rights.take()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_ends_with_the_piece_that_files_came_with() {
        let rights = |file| Rights { files: vec![FileId(file)], user: 0 };
        let mut stream = Stream::default();
        stream.push(b"ab", None);
        stream.push(b"cd", Some(rights(1)));
        stream.push(b"ef", Some(rights(2)));
        stream.push(b"gh", None);
        let mut buf = [0; 9];
        assert_eq!(stream.take(&mut buf[..1]), (1, None));
        assert_eq!(stream.look(&mut buf), (3, Some(&rights(1))));
        assert_eq!(stream.take(&mut buf), (3, Some(rights(1))));
        assert_eq!(buf[..3], *b"bcd");
        // The rest of a piece whose files are out is like any other.
        assert_eq!(stream.take(&mut buf[..1]), (1, Some(rights(2))));
        assert_eq!(stream.take(&mut buf), (3, None));
        assert_eq!((stream.len(), stream.take(&mut buf)), (0, (0, None)));
    }
}
