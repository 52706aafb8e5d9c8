//! `wasi:io/streams` and `wasi:io/error`: streams over descriptors.

use wasmtime::component::Resource;
use wasmtime::format_err;
use wcr_abi::{Fd, PIPE_BUF, Pid};
use wcr_kernel::{Call, Interest, Kernel, Position};

use super::bindings::wasi::io::{error, streams};
use super::fault::{Fault, StreamFailure};
use super::poll::Pollable;
use crate::guest::Guest;

/// The most bytes that one call moves.
const MOST: u64 = 64 << 10;

/// How much a pipe takes without waiting when it says that it is writable; also what the interface allows
/// for one blocking write.
const PERMIT: u64 = PIPE_BUF as u64;

/// The descriptor of a stream, which is the stream's own unless it is a standard one.
#[derive(Debug, Clone, Copy)]
struct Source {
    fd: Fd,
    owned: bool,
}

/// A stream to read from.
#[derive(Debug)]
pub struct InputStream {
    source: Source,
    /// Where in a file it is; `None` where there are no positions.
    at: Option<u64>,
}

/// Where the next bytes of an output stream go.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// To where the descriptor is: pipes, devices, standard streams.
    Current,
    /// To this position in a file.
    At(u64),
    /// To the end of a file.
    End,
}

/// A stream to write to.
#[derive(Debug)]
pub struct OutputStream {
    source: Source,
    place: Place,
    /// How many bytes may be written since the last check.
    permit: u64,
}

impl InputStream {
    /// Standard input.
    pub(crate) const fn standard() -> Self {
        Self { source: Source { fd: 0, owned: false }, at: None }
    }

    /// A stream that closes `fd` at its end.
    pub(crate) const fn over(fd: Fd, at: Option<u64>) -> Self {
        Self { source: Source { fd, owned: true }, at }
    }
}

impl OutputStream {
    /// Standard output or standard error.
    pub(crate) const fn standard(fd: Fd) -> Self {
        Self { source: Source { fd, owned: false }, place: Place::Current, permit: 0 }
    }

    /// A stream that closes `fd` at its end.
    pub(crate) const fn over(fd: Fd, place: Place) -> Self {
        Self { source: Source { fd, owned: true }, place, permit: 0 }
    }
}

impl Guest {
    /// Closes a descriptor that a resource had for itself.
    pub(super) fn close(&self, fd: Fd) -> wasmtime::Result<()> {
        match self.now("wasi:io/close", &fd, |kernel, pid| kernel.close(pid, fd)) {
            Ok(()) | Err(Fault::Errno(_)) => Ok(()),
            Err(fault) => Err(fault.into_trap()),
        }
    }

    /// Whether a read would not wait.
    fn has_input(&self, stream: &Resource<InputStream>) -> Result<bool, Fault> {
        let InputStream { source, at } = self.table.get(stream)?;
        if at.is_some() { Ok(true) } else { self.ready(source.fd, Interest::Read) }
    }

    /// Reads what is there, up to `len` bytes; waits while there is nothing.
    async fn take(&mut self, stream: &Resource<InputStream>, len: u64) -> Result<Vec<u8>, Fault> {
        let &InputStream { source, at } = self.table.get(stream)?;
        if len == 0 {
            return Ok(Vec::new());
        }
        let (fd, len) = (source.fd, len.min(MOST) as usize);
        let position = at.map_or(Position::Current, Position::At);
        let read = |kernel: &mut Kernel, pid| read(kernel, pid, fd, len, position);
        let bytes = self.wait("wasi:io/streams.read", &(fd, len, position), read).await?;
        if bytes.is_empty() {
            return Err(Fault::Closed);
        }
        if let Some(at) = &mut self.table.get_mut(stream)?.at {
            *at = at.saturating_add(bytes.len() as u64);
        }
        Ok(bytes)
    }

    /// Writes all of `bytes`, and waits for it.
    async fn put(&mut self, stream: &Resource<OutputStream>, bytes: &[u8]) -> Result<(), Fault> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let &OutputStream { source: Source { fd, .. }, place, .. } = self.table.get(stream)?;
            let position = match place {
                Place::Current => Position::Current,
                Place::At(at) => Position::At(at),
                Place::End => Position::At(self.fstat(fd)?.size),
            };
            let args = (fd, position, rest);
            let write = |kernel: &mut Kernel, pid| kernel.write(pid, fd, rest, position);
            let done = self.wait("wasi:io/streams.write", &args, write).await?;
            if let Place::At(at) = &mut self.table.get_mut(stream)?.place {
                *at = at.saturating_add(done as u64);
            }
            rest = rest.get(done..).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes `len` bytes off what the last check allowed.
    fn use_permit(&mut self, stream: &Resource<OutputStream>, len: u64) -> Result<(), Fault> {
        let stream = self.table.get_mut(stream)?;
        let over =
            || format_err!("{len} bytes are written, but the stream was not checked for more than {}", stream.permit);
        stream.permit = stream.permit.checked_sub(len).ok_or_else(over)?;
        Ok(())
    }
}

/// Reads up to `len` bytes; none at the end.
pub(super) fn read(kernel: &mut Kernel, pid: Pid, fd: Fd, len: usize, position: Position) -> Call<Vec<u8>> {
    let mut bytes = vec![0; len];
    let done = kernel.read(pid, fd, &mut bytes, position)?;
    bytes.truncate(done);
    Ok(bytes)
}

/// The bytes of a write that blocks; more than the interface allows are the component's fault.
fn blocking_len(len: u64) -> Result<usize, Fault> {
    if len > PERMIT {
        return Err(format_err!("a blocking write has {len} bytes; {PERMIT} are the most").into());
    }
    Ok(len as usize)
}

impl error::Host for Guest {}
impl error::HostError for Guest {
    fn to_debug_string(&mut self, failure: Resource<StreamFailure>) -> wasmtime::Result<String> {
        Ok(self.table.get(&failure)?.0.to_string())
    }

    fn drop(&mut self, failure: Resource<StreamFailure>) -> wasmtime::Result<()> {
        Ok(self.table.delete(failure).map(drop)?)
    }
}

impl streams::Host for Guest {
    fn convert_stream_error(&mut self, fault: Fault) -> wasmtime::Result<streams::StreamError> {
        match fault {
            Fault::Closed => Ok(streams::StreamError::Closed),
            Fault::Errno(errno) => {
                Ok(streams::StreamError::LastOperationFailed(self.table.push(StreamFailure(errno))?))
            }
            Fault::Trap(error) => Err(error),
        }
    }
}

impl streams::HostInputStream for Guest {
    async fn read(&mut self, stream: Resource<InputStream>, len: u64) -> Result<Vec<u8>, Fault> {
        if self.has_input(&stream)? { self.take(&stream, len).await } else { Ok(Vec::new()) }
    }

    async fn blocking_read(&mut self, stream: Resource<InputStream>, len: u64) -> Result<Vec<u8>, Fault> {
        self.take(&stream, len).await
    }

    async fn skip(&mut self, stream: Resource<InputStream>, len: u64) -> Result<u64, Fault> {
        Ok(self.read(stream, len).await?.len() as u64)
    }

    async fn blocking_skip(&mut self, stream: Resource<InputStream>, len: u64) -> Result<u64, Fault> {
        Ok(self.take(&stream, len).await?.len() as u64)
    }

    fn subscribe(&mut self, stream: Resource<InputStream>) -> wasmtime::Result<Resource<Pollable>> {
        let InputStream { source, at } = self.table.get(&stream)?;
        let pollable = if at.is_some() { Pollable::Ready } else { Pollable::Fd(source.fd, Interest::Read) };
        Ok(self.table.push_child(pollable, &stream)?)
    }

    fn drop(&mut self, stream: Resource<InputStream>) -> wasmtime::Result<()> {
        let Source { fd, owned } = self.table.delete(stream)?.source;
        if owned { self.close(fd) } else { Ok(()) }
    }
}

impl streams::HostOutputStream for Guest {
    fn check_write(&mut self, stream: Resource<OutputStream>) -> Result<u64, Fault> {
        let &OutputStream { source, place, .. } = self.table.get(&stream)?;
        let permit = match place {
            Place::At(_) | Place::End => MOST,
            Place::Current if self.ready(source.fd, Interest::Write)? => PERMIT,
            Place::Current => 0,
        };
        self.table.get_mut(&stream)?.permit = permit;
        Ok(permit)
    }

    async fn write(&mut self, stream: Resource<OutputStream>, bytes: Vec<u8>) -> Result<(), Fault> {
        self.use_permit(&stream, bytes.len() as u64)?;
        self.put(&stream, &bytes).await
    }

    async fn blocking_write_and_flush(&mut self, stream: Resource<OutputStream>, bytes: Vec<u8>) -> Result<(), Fault> {
        blocking_len(bytes.len() as u64)?;
        self.put(&stream, &bytes).await
    }

    fn flush(&mut self, stream: Resource<OutputStream>) -> Result<(), Fault> {
        // Nothing is held back.
        self.table.get(&stream)?;
        Ok(())
    }

    fn blocking_flush(&mut self, stream: Resource<OutputStream>) -> Result<(), Fault> {
        self.flush(stream)
    }

    fn subscribe(&mut self, stream: Resource<OutputStream>) -> wasmtime::Result<Resource<Pollable>> {
        let OutputStream { source, place, .. } = self.table.get(&stream)?;
        let pollable = match place {
            Place::Current => Pollable::Fd(source.fd, Interest::Write),
            Place::At(_) | Place::End => Pollable::Ready,
        };
        Ok(self.table.push_child(pollable, &stream)?)
    }

    async fn write_zeroes(&mut self, stream: Resource<OutputStream>, len: u64) -> Result<(), Fault> {
        self.use_permit(&stream, len)?;
        self.put(&stream, &vec![0; len as usize]).await
    }

    async fn blocking_write_zeroes_and_flush(&mut self, stream: Resource<OutputStream>, len: u64) -> Result<(), Fault> {
        let zeroes = vec![0; blocking_len(len)?];
        self.put(&stream, &zeroes).await
    }

    async fn splice(
        &mut self,
        stream: Resource<OutputStream>,
        from: Resource<InputStream>,
        len: u64,
    ) -> Result<u64, Fault> {
        let room = self.check_write(Resource::new_borrow(stream.rep()))?.min(len);
        if room == 0 || !self.has_input(&from)? {
            return Ok(0);
        }
        self.blocking_splice(stream, from, room).await
    }

    async fn blocking_splice(
        &mut self,
        stream: Resource<OutputStream>,
        from: Resource<InputStream>,
        len: u64,
    ) -> Result<u64, Fault> {
        let bytes = self.take(&from, len).await?;
        self.put(&stream, &bytes).await?;
        Ok(bytes.len() as u64)
    }

    fn drop(&mut self, stream: Resource<OutputStream>) -> wasmtime::Result<()> {
        let Source { fd, owned } = self.table.delete(stream)?.source;
        if owned { self.close(fd) } else { Ok(()) }
    }
}
