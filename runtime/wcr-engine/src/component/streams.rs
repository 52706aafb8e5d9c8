//! The streams of `wasi:io`, over descriptors.

use bytes::Bytes;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::cli::{stderr, stdin, stdout};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};
use wcr_abi::{Fd, PIPE_BUF, Pid};
use wcr_kernel::{Call, Interest, Kernel, PollTarget, Position};

use super::process::Process;
use super::view::View;

/// The most bytes that one call moves.
const MOST: usize = 64 << 10;

/// The descriptor of a stream, which is the stream's own unless it is a standard one.
pub(super) struct Source {
    pub(super) process: Process,
    pub(super) fd: Fd,
    pub(super) owned: bool,
}

impl Source {
    async fn ready(&self, interest: Interest) {
        self.process.ready(PollTarget::Fd { fd: self.fd, interest }).await;
    }

    fn close(&self) {
        if self.owned {
            self.process.close(self.fd);
        }
    }
}

/// A stream to read from.
pub(super) struct Input {
    pub(super) source: Source,
    /// Where in a file it is; `None` where there are no positions.
    pub(super) at: Option<u64>,
}

/// Where the next bytes of an output stream go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// To where the descriptor is: pipes, devices, standard streams.
    Current,
    /// To this position in a file.
    At(u64),
    /// To the end of a file.
    End,
}

/// A stream to write to.
pub(super) struct Output {
    source: Source,
    place: Place,
    /// How many bytes may be written since the last check.
    permit: usize,
    /// What was written but found no room any more.
    rest: Vec<u8>,
}

/// Reads up to `len` bytes; none at the end.
pub(super) fn read(kernel: &mut Kernel, pid: Pid, fd: Fd, len: usize, position: Position) -> Call<Vec<u8>> {
    let mut bytes = vec![0; len];
    let done = kernel.read(pid, fd, &mut bytes, position)?;
    bytes.truncate(done);
    Ok(bytes)
}

#[async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        self.source.ready(Interest::Read).await;
    }
}

#[async_trait]
impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let Source { process, fd, .. } = &self.source;
        let (fd, len, position) = (*fd, size.min(MOST), self.at.map_or(Position::Current, Position::At));
        if len == 0 || !process.is_ready(fd, Interest::Read)? {
            return Ok(Bytes::new());
        }
        let read = |kernel: &mut Kernel, pid| read(kernel, pid, fd, len, position);
        let bytes = process.call("wasi:io/streams.read", &(fd, len, position), read)?;
        if bytes.is_empty() {
            return Err(StreamError::Closed);
        }
        self.at = self.at.map(|at| at.saturating_add(bytes.len() as u64));
        Ok(bytes.into())
    }

    async fn cancel(&mut self) {
        self.source.close();
    }
}

impl Output {
    pub(super) const fn new(source: Source, place: Place) -> Self {
        Self { source, place, permit: 0, rest: Vec::new() }
    }

    /// How many bytes can be written now: as many as a pipe takes when it says that it is writable.
    fn room(&self) -> StreamResult<usize> {
        let is_ready = self.source.process.is_ready(self.source.fd, Interest::Write)?;
        Ok(match self.place {
            _ if !is_ready => 0,
            Place::Current => PIPE_BUF,
            Place::At(_) | Place::End => MOST,
        })
    }

    /// Writes what there is room for.
    fn send(&mut self) -> StreamResult<()> {
        let Source { process, fd, .. } = &self.source;
        let fd = *fd;
        while !self.rest.is_empty() {
            let room = self.room()?.min(self.rest.len());
            let Some(part) = self.rest.get(..room).filter(|part| !part.is_empty()) else { break };
            let position = match self.place {
                Place::Current => Position::Current,
                Place::At(at) => Position::At(at),
                Place::End => Position::At(process.fstat(fd)?.size),
            };
            let write = |kernel: &mut Kernel, pid| kernel.write(pid, fd, part, position);
            let done = process.call("wasi:io/streams.write", &(fd, position, part), write)?;
            if let Place::At(at) = &mut self.place {
                *at = at.saturating_add(done as u64);
            }
            self.rest.drain(..done);
        }
        Ok(())
    }
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        self.source.ready(Interest::Write).await;
    }
}

#[async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let over = || StreamError::trap("more bytes are written than the stream was checked for");
        self.permit = self.permit.checked_sub(bytes.len()).ok_or_else(over)?;
        self.rest.extend_from_slice(&bytes);
        self.send()
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.rest.extend_from_slice(&bytes);
        self.send()?;
        while !self.rest.is_empty() {
            self.ready().await;
            self.send()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.send()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.send()?;
        self.permit = if self.rest.is_empty() { self.room()? } else { 0 };
        Ok(self.permit)
    }

    async fn cancel(&mut self) {
        self.source.close();
    }
}

impl View {
    fn standard(&self, fd: Fd) -> Source {
        Source { process: self.process.clone(), fd, owned: false }
    }

    fn standard_output(&mut self, fd: Fd) -> Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(Output::new(self.standard(fd), Place::Current));
        Ok(self.table.push(stream)?)
    }
}

impl stdin::Host for View {
    fn get_stdin(&mut self) -> Result<Resource<DynInputStream>> {
        let stream: DynInputStream = Box::new(Input { source: self.standard(0), at: None });
        Ok(self.table.push(stream)?)
    }
}

impl stdout::Host for View {
    fn get_stdout(&mut self) -> Result<Resource<DynOutputStream>> {
        self.standard_output(1)
    }
}

impl stderr::Host for View {
    fn get_stderr(&mut self) -> Result<Resource<DynOutputStream>> {
        self.standard_output(2)
    }
}
