//! What goes through the socket of a running container: frames of a kind, a length and bytes.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::life::record::Text;

/// The longest frame, in bytes.
const FRAME_MAX: usize = 1 << 20;

/// A request, in JSON: the first frame that a client sends.
pub(crate) const REQUEST: u8 = b'q';
/// The answer to it, in JSON.
pub(crate) const ANSWER: u8 = b'a';
/// Bytes for standard input.
pub(crate) const INPUT: u8 = b'i';
/// The end of those.
pub(crate) const INPUT_END: u8 = b'e';
/// Bytes of standard output.
pub(crate) const OUTPUT: u8 = b'o';
/// Bytes of standard error.
pub(crate) const ERROR: u8 = b'r';
/// The size of the client's window, in JSON.
pub(crate) const SIZE: u8 = b'w';
/// A sentence for the user beside the output.
pub(crate) const NOTE: u8 = b'n';
/// The exit code, a byte: the last frame.
pub(crate) const EXIT: u8 = b'x';

/// What a client wants of a running container.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Its streams, until it ends.
    Attach {
        /// What the client sends goes to its standard input.
        input: bool,
        /// The size of the client's window, rows and columns.
        window: Option<(u16, u16)>,
    },
    /// Its exit code, once it has ended.
    Wait,
    /// Another process in it.
    Exec(Exec),
    /// A signal for its first process.
    Signal(u8),
    /// It is to end, and not to be started again.
    Stop {
        /// The signal that asks it.
        signal: u8,
    },
    /// Nobody in it goes on, or they do again.
    Pause(bool),
    /// What it uses.
    Usage,
    /// Its processes.
    Processes,
    /// All that it has written is kept now.
    Save,
    /// The entries of a tar of the host's are put into a folder.
    Put {
        /// The folder.
        folder: Text,
        /// The tar.
        archive: String,
    },
    /// What is at a path is written to a tar of the host's.
    Get {
        /// The path.
        path: Text,
        /// The tar.
        archive: String,
        /// A link at the end of the path is followed.
        follow: bool,
    },
    /// What is at a path.
    Stat {
        /// The path.
        path: Text,
        /// A link at its end is followed.
        follow: bool,
    },
    /// What was changed of the image's files.
    Changes,
}

/// A further process of a running container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exec {
    /// Its command line.
    pub command: Vec<Text>,
    /// Variables beside those of the container; the name alone removes one.
    pub env: Vec<(Text, Option<Text>)>,
    /// Its working directory; `None` for the container's.
    pub workdir: Option<String>,
    /// Its user; `None` for the container's.
    pub user: Option<String>,
    /// Whether its streams are a terminal: of this size, rows and columns.
    pub terminal: Option<(u16, u16)>,
    /// Whether it has a standard input.
    pub interactive: bool,
    /// Nobody waits for it.
    pub detach: bool,
}

/// What comes of a request.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It was done.
    Done,
    /// It could not be done, and the exit code that says so.
    Failed {
        /// Why.
        reason: String,
        /// 125 to 127.
        code: u8,
    },
    /// The container has just ended.
    Ended,
    /// The container is paused.
    Paused,
    /// What the container uses.
    Usage(Usage),
    /// Its processes.
    Processes(Vec<ProcessLine>),
    /// What is at a path.
    Found(Found),
    /// What was changed: the kind and the path.
    Changes(Vec<(char, Text)>),
}

/// What is at a path of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Found {
    /// A folder.
    Folder,
    /// Anything else.
    File,
    /// Nothing, but there is the folder that it would be in.
    Nothing,
}

/// What a container uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The number of its processes.
    pub processes: usize,
    /// Their memory, in bytes.
    pub memory: u64,
    /// The time that they ran, in nanoseconds.
    pub cpu: u64,
}

/// A process of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessLine {
    /// Its number.
    pub pid: u32,
    /// Its parent's.
    pub ppid: u32,
    /// Its user.
    pub uid: u32,
    /// When it began, in nanoseconds after the container.
    pub started: u64,
    /// How long it ran, in nanoseconds.
    pub cpu: u64,
    /// Its terminal, or `?`.
    pub terminal: String,
    /// Its command line.
    pub command: String,
}

/// Writes a frame.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(out: &mut impl Write, kind: u8, bytes: &[u8]) -> io::Result<()> {
    for piece in bytes.chunks(FRAME_MAX).chain(bytes.is_empty().then_some(&[][..])) {
        let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
        let mut frame = Vec::with_capacity(piece.len() + 5);
        frame.push(kind);
        frame.extend_from_slice(&length.to_le_bytes());
        frame.extend_from_slice(piece);
        out.write_all(&frame)?;
    }
    Ok(())
}

/// Writes a frame of JSON.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write_json(out: &mut impl Write, kind: u8, value: &impl Serialize) -> io::Result<()> {
    write(out, kind, &serde_json::to_vec(value)?)
}

/// Reads a frame; `None` at the end.
///
/// # Errors
/// Those of `input`; `InvalidData` for what is no frame.
pub(crate) fn read(input: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut kind = [0];
    loop {
        match input.read(&mut kind) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is too long"));
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(Some((kind[0], bytes)))
}

/// Reads a frame of JSON.
///
/// # Errors
/// As [`read`]; `InvalidData` for another frame, or JSON that is not expected.
pub(crate) fn read_json<T: DeserializeOwned>(input: &mut impl Read, kind: u8) -> io::Result<T> {
    match read(input)? {
        Some((found, json)) if found == kind => Ok(serde_json::from_slice(&json)?),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "another frame was expected")),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_as_they_were_sent() {
        let mut wire = Vec::new();
        write(&mut wire, INPUT, b"abc").unwrap();
        write(&mut wire, INPUT_END, b"").unwrap();
        write_json(&mut wire, REQUEST, &Request::Signal(15)).unwrap();
        let mut wire = wire.as_slice();
        assert_eq!(read(&mut wire).unwrap(), Some((INPUT, b"abc".to_vec())));
        assert_eq!(read(&mut wire).unwrap(), Some((INPUT_END, Vec::new())));
        assert!(matches!(read_json(&mut wire, REQUEST).unwrap(), Request::Signal(15)));
        assert_eq!(read(&mut wire).unwrap(), None);
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        assert!(read(&mut &b"i\x00\x00"[..]).is_err());
        assert!(read(&mut &b"i\xff\xff\xff\xff"[..]).is_err());
        assert!(read_json::<Request>(&mut &b"q\x02\x00\x00\x00{}"[..], REQUEST).is_err());
    }
}
