//! Standard streams on hosts where an input cannot be asked whether it has something: a thread reads it.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel};
use std::time::Duration;

use wcr_abi::Errno;
use wcr_kernel::{HostInput, HostOutput, MemoryInput};

/// How much is read ahead at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Standard input, read by a thread from the first time that somebody asks for it.
pub(super) struct Input {
    pieces: Option<Receiver<Vec<u8>>>,
    /// What has come.
    current: MemoryInput,
    ended: bool,
}

impl Input {
    pub(super) const fn new() -> Self {
        Self { pieces: None, current: MemoryInput::new(Vec::new()), ended: false }
    }

    fn pieces(&mut self) -> &Receiver<Vec<u8>> {
        self.pieces.get_or_insert_with(|| {
            let (sender, receiver) = sync_channel(4);
            std::thread::spawn(move || {
                let mut stdin = io::stdin().lock();
                loop {
                    let mut piece = vec![0; PIECE];
                    match stdin.read(&mut piece) {
                        Ok(count) if count > 0 => piece.truncate(count),
                        Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                        _ => return,
                    }
                    if sender.send(piece).is_err() {
                        return;
                    }
                }
            });
            receiver
        })
    }

    fn take(&mut self, piece: Vec<u8>) {
        self.current = MemoryInput::new(piece);
    }

    fn has_some(&self) -> bool {
        !self.current.is_used_up()
    }
}

impl HostInput for Input {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        if self.ready() { self.current.try_read(buf) } else { Ok(None) }
    }

    fn ready(&mut self) -> bool {
        if self.ended || self.has_some() {
            return true;
        }
        match self.pieces().try_recv() {
            Ok(piece) => self.take(piece),
            Err(TryRecvError::Disconnected) => self.ended = true,
            Err(TryRecvError::Empty) => return false,
        }
        true
    }

    fn wait(&mut self, timeout: Option<u64>) {
        if self.ended || self.has_some() {
            return;
        }
        let received = match timeout {
            Some(timeout) => self.pieces().recv_timeout(Duration::from_nanos(timeout)),
            None => self.pieces().recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(piece) => self.take(piece),
            Err(RecvTimeoutError::Disconnected) => self.ended = true,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Standard output or standard error.
pub(super) enum Output {
    Stdout,
    Stderr,
}

impl Output {
    pub(super) const fn stdout() -> Self {
        Self::Stdout
    }

    pub(super) const fn stderr() -> Self {
        Self::Stderr
    }
}

impl HostOutput for Output {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let written = match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
            Self::Stderr => io::stderr().write_all(bytes),
        };
        match written {
            Ok(()) => Ok(bytes.len()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Errno::Pipe),
            Err(error) if error.kind() == ErrorKind::StorageFull => Err(Errno::Nospc),
            Err(_) => Err(Errno::Io),
        }
    }
}
