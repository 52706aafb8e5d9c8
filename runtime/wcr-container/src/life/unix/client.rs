//! What other processes ask of a running container, over its socket.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::life::Container;
use crate::life::error::LifeError;
use crate::life::frame::{self, Answer, Request};
use crate::life::record::short;
use crate::life::unix::address::Address;

/// How long a container that has just been started may take to listen.
const PATIENCE: Duration = Duration::from_secs(5);

/// What comes from a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Bytes of standard output, or of the terminal's screen.
    Output(Vec<u8>),
    /// Bytes of standard error.
    Error(Vec<u8>),
    /// A sentence for the user beside the output.
    Note(String),
    /// It has ended, with this exit code.
    Exit(u8),
}

/// The streams of a running container, or of a process in it.
#[derive(Debug)]
pub struct Attached {
    stream: UnixStream,
    id: String,
}

/// The way in of [`Attached`], which can be used by another thread.
#[derive(Debug)]
pub struct AttachedInput {
    stream: UnixStream,
}

impl Attached {
    /// The next that comes; `None` when the connection has ended without an exit code: the process that the container ran
    /// in was killed.
    ///
    /// # Errors
    /// The connection failed.
    pub fn next(&mut self) -> Result<Option<Event>, LifeError> {
        loop {
            let frame = match frame::read(&mut self.stream) {
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => None,
                read => read.map_err(LifeError::unreachable(&self.id))?,
            };
            return Ok(Some(match frame {
                None => return Ok(None),
                Some((frame::OUTPUT, bytes)) => Event::Output(bytes),
                Some((frame::ERROR, bytes)) => Event::Error(bytes),
                Some((frame::NOTE, text)) => Event::Note(String::from_utf8_lossy(&text).into_owned()),
                Some((frame::EXIT, code)) => Event::Exit(code.first().copied().unwrap_or_default()),
                Some(_) => continue,
            }));
        }
    }

    /// The way in.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn input(&self) -> io::Result<AttachedInput> {
        Ok(AttachedInput { stream: self.stream.try_clone()? })
    }
}

impl AttachedInput {
    /// Sends bytes.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        frame::write(&mut self.stream, frame::INPUT, bytes)
    }

    /// Nothing more is sent.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn end(&mut self) -> io::Result<()> {
        frame::write(&mut self.stream, frame::INPUT_END, &[])
    }

    /// The window has this size, rows and columns.
    ///
    /// # Errors
    /// The connection has ended.
    pub fn resize(&mut self, rows: u16, cols: u16) -> io::Result<()> {
        frame::write_json(&mut self.stream, frame::SIZE, &(rows, cols))
    }

    /// Leaves: the other side sees the end of the connection.
    pub fn leave(&self) {
        drop(self.stream.shutdown(std::net::Shutdown::Both));
    }
}

impl Container {
    /// Sends a request to the process that the container runs in; its answer, and the connection.
    pub(crate) fn request(&self, request: &Request) -> Result<(Answer, Attached), LifeError> {
        let id = self.id();
        let mut stream = self.connect()?;
        let sent = frame::write_json(&mut stream, frame::REQUEST, request);
        match sent.and_then(|()| frame::read_json(&mut stream, frame::ANSWER)) {
            Ok(Answer::Ended) => Err(LifeError::NotRunning { container: short(id).to_owned() }),
            // It ended meanwhile.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                ) =>
            {
                Err(LifeError::NotRunning { container: short(id).to_owned() })
            }
            answer => Ok((answer.map_err(LifeError::unreachable(id))?, Attached { stream, id: id.to_owned() })),
        }
    }

    /// Sends a request that is answered with success or failure.
    pub(crate) fn command(&self, request: &Request) -> Result<Attached, LifeError> {
        match self.request(request)? {
            (Answer::Failed { reason, code }, _) => Err(LifeError::Start { reason, code }),
            (_, attached) => Ok(attached),
        }
    }

    fn connect(&self) -> Result<UnixStream, LifeError> {
        let id = self.id();
        let began = Instant::now();
        loop {
            let address = match Address::of(self.folder.path()) {
                Err(_) if !self.folder.exists() => return Err(LifeError::Unknown(short(id).to_owned())),
                address => address.map_err(LifeError::unreachable(id))?,
            };
            match UnixStream::connect(address.path()) {
                Ok(stream) => return Ok(stream),
                // It does not listen yet, or not any more.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                    if !self.state()?.status.is_alive() {
                        return Err(LifeError::NotRunning { container: short(id).to_owned() });
                    }
                    if began.elapsed() > PATIENCE {
                        return Err(LifeError::unreachable(id)(error));
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(error) => return Err(LifeError::unreachable(id)(error)),
            }
        }
    }
}
