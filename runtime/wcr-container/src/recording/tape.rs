//! What the host has told a container, in its order: readings of clocks, randomness, input.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wcr_abi::{Errno, Signal, WinSize};
use wcr_kernel::{Clock, Entropy, HostClock, HostEvent, HostInput, Stdio};

const REALTIME: u8 = 1;
const MONOTONIC: u8 = 2;
const RANDOM: u8 = 3;
const READ: u8 = 4;
const READ_NOTHING: u8 = 5;
const READ_FAILED: u8 = 6;
const READY: u8 = 7;
const NOT_READY: u8 = 8;
const NO_EVENT: u8 = 9;
const RESIZED: u8 = 10;
const ENDED: u8 = 11;

/// How far a clock goes on between two readings when a tape has come to its end too early: time has to pass, or a container
/// that waits would wait for ever.
const AFTER_END: u64 = 1_000_000;

/// A tape that is being written or read. Copies are the same tape.
#[derive(Debug, Clone, Default)]
pub struct Tape(Arc<Mutex<Reel>>);

#[derive(Debug, Default)]
struct Reel {
    bytes: Vec<u8>,
    /// How much has been read.
    at: usize,
    /// How many entries were written or read.
    entries: u64,
    /// The last readings of both clocks.
    clocks: [u64; 2],
    /// Where a replay wanted something else than what was recorded.
    strayed: Option<u64>,
}

/// What a container does with a tape.
#[derive(Debug, Clone)]
pub enum TapeUse {
    /// What the host says is written to it.
    Record(Tape),
    /// It says what the host has said.
    Replay(Tape),
}

impl TapeUse {
    /// Puts the tape between a container and its host. What is the container's own is not on the tape: a virtual clock, and
    /// randomness with a seed.
    pub(crate) fn between(
        &self,
        clock: Clock,
        entropy: Box<dyn Entropy>,
        seeded: bool,
        stdio: Stdio,
    ) -> (Clock, Box<dyn Entropy>, Stdio) {
        let (clock, entropy, input): (_, Box<dyn Entropy>, Option<Box<dyn HostInput>>) = match self.clone() {
            Self::Record(tape) => (
                match clock {
                    Clock::Host(host) => Clock::Host(Box::new(Recorded { host, tape: tape.clone() })),
                    own @ Clock::Virtual { .. } => own,
                },
                if seeded { entropy } else { Box::new(Recorded { host: entropy, tape: tape.clone() }) },
                stdio.input.map(|host| Box::new(Recorded { host, tape }) as Box<dyn HostInput>),
            ),
            Self::Replay(tape) => (
                match clock {
                    Clock::Host(_) => Clock::Host(Box::new(tape.clone())),
                    own @ Clock::Virtual { .. } => own,
                },
                if seeded { entropy } else { Box::new(tape.clone()) },
                stdio.input.map(|_| Box::new(tape) as Box<dyn HostInput>),
            ),
        };
        (clock, entropy, Stdio { input, ..stdio })
    }
}

impl Tape {
    /// A tape to be read from its beginning.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Reel { bytes, ..Reel::default() })))
    }

    /// What is on it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// The number of the entry at which a replay has strayed from what was recorded.
    pub(crate) fn strayed(&self) -> Option<u64> {
        self.lock().strayed
    }

    fn lock(&self) -> MutexGuard<'_, Reel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reel {
    fn write(&mut self, kind: u8, words: &[u64], bytes: &[u8]) {
        self.entries += 1;
        self.bytes.push(kind);
        words.iter().for_each(|word| put(&mut self.bytes, *word));
        self.bytes.extend_from_slice(bytes);
    }

    /// The kind of the next entry, if it is one of these.
    fn next(&mut self, kinds: &[u8]) -> Option<u8> {
        let kind = self.bytes.get(self.at).copied().filter(|kind| kinds.contains(kind) && self.strayed.is_none());
        match kind {
            Some(_) => {
                self.entries += 1;
                self.at += 1;
            }
            None => _ = self.strayed.get_or_insert(self.entries),
        }
        kind
    }

    fn word(&mut self) -> u64 {
        let (mut word, mut shift) = (0, 0);
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            word |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        word
    }

    fn take(&mut self, len: usize) -> &[u8] {
        let start = self.at.min(self.bytes.len());
        let end = start.saturating_add(len).min(self.bytes.len());
        self.at = end;
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Writes a reading as its difference from the last one of its clock.
    fn write_clock(&mut self, which: usize, reading: u64) -> u64 {
        if let Some(last) = self.clocks.get_mut(which) {
            let step = zigzag(reading.wrapping_sub(*last).cast_signed());
            *last = reading;
            self.write([REALTIME, MONOTONIC][which & 1], &[step], &[]);
        }
        reading
    }

    fn read_clock(&mut self, which: usize) -> u64 {
        let kind = [REALTIME, MONOTONIC][which & 1];
        let step = match self.next(&[kind]) {
            Some(_) => unzigzag(self.word()).cast_unsigned(),
            None => AFTER_END,
        };
        let Some(last) = self.clocks.get_mut(which) else { return 0 };
        *last = last.wrapping_add(step);
        *last
    }
}

/// Appends a number, seven bits in a byte, the low ones first.
fn put(out: &mut Vec<u8>, mut word: u64) {
    while word > 0x7f {
        out.push(word as u8 | 0x80);
        word >>= 7;
    }
    out.push(word as u8);
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(word: u64) -> i64 {
    (word >> 1).cast_signed() ^ -(word & 1).cast_signed()
}

/// A part of the host whose answers are written to a tape.
struct Recorded<T> {
    host: T,
    tape: Tape,
}

impl HostClock for Recorded<Box<dyn HostClock>> {
    fn realtime(&self) -> u64 {
        self.tape.lock().write_clock(0, self.host.realtime())
    }

    fn monotonic(&self) -> u64 {
        self.tape.lock().write_clock(1, self.host.monotonic())
    }

    fn is_on_tape(&self) -> bool {
        true
    }
}

impl Entropy for Recorded<Box<dyn Entropy>> {
    fn fill(&mut self, buf: &mut [u8]) {
        self.host.fill(buf);
        self.tape.lock().write(RANDOM, &[buf.len() as u64], buf);
    }
}

impl HostInput for Recorded<Box<dyn HostInput>> {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        let read = self.host.try_read(buf);
        let mut reel = self.tape.lock();
        match read {
            Ok(Some(count)) => reel.write(READ, &[count as u64], buf.get(..count).unwrap_or_default()),
            Ok(None) => reel.write(READ_NOTHING, &[], &[]),
            Err(errno) => reel.write(READ_FAILED, &[u64::from(errno.raw())], &[]),
        }
        read
    }

    fn ready(&mut self) -> bool {
        let ready = self.host.ready();
        self.tape.lock().write(if ready { READY } else { NOT_READY }, &[], &[]);
        ready
    }

    fn wait(&mut self, timeout: Option<u64>) {
        self.host.wait(timeout);
    }

    fn event(&mut self) -> Option<HostEvent> {
        let event = self.host.event();
        let mut reel = self.tape.lock();
        match event {
            None => reel.write(NO_EVENT, &[], &[]),
            Some(HostEvent::Resized(size)) => reel.write(RESIZED, &[size.rows.into(), size.cols.into()], &[]),
            Some(HostEvent::Ended(signal)) => reel.write(ENDED, &[signal.0.into()], &[]),
        }
        event
    }
}

impl HostClock for Tape {
    fn realtime(&self) -> u64 {
        self.lock().read_clock(0)
    }

    fn monotonic(&self) -> u64 {
        self.lock().read_clock(1)
    }

    fn is_on_tape(&self) -> bool {
        true
    }
}

impl Entropy for Tape {
    fn fill(&mut self, buf: &mut [u8]) {
        let mut reel = self.lock();
        buf.fill(0);
        if reel.next(&[RANDOM]).is_none() {
            return;
        }
        let len = reel.word() as usize;
        let bytes = reel.take(len);
        let count = bytes.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), bytes.get(..count)) {
            to.copy_from_slice(from);
        }
    }
}

impl HostInput for Tape {
    fn try_read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, Errno> {
        let mut reel = self.lock();
        match reel.next(&[READ, READ_NOTHING, READ_FAILED]) {
            Some(READ) => {
                let len = reel.word() as usize;
                let bytes = reel.take(len);
                let count = bytes.len().min(buf.len());
                if let (Some(to), Some(from)) = (buf.get_mut(..count), bytes.get(..count)) {
                    to.copy_from_slice(from);
                }
                Ok(Some(count))
            }
            Some(READ_NOTHING) => Ok(None),
            Some(_) => Err(u32::try_from(reel.word()).ok().and_then(Errno::from_raw).unwrap_or(Errno::Io)),
            // Nothing else comes.
            None => Ok(Some(0)),
        }
    }

    fn ready(&mut self) -> bool {
        self.lock().next(&[READY, NOT_READY]) != Some(NOT_READY)
    }

    fn wait(&mut self, _timeout: Option<u64>) {}

    fn event(&mut self) -> Option<HostEvent> {
        let mut reel = self.lock();
        match reel.next(&[NO_EVENT, RESIZED, ENDED]) {
            Some(RESIZED) => {
                let (rows, cols) = (reel.word() as u16, reel.word() as u16);
                Some(HostEvent::Resized(WinSize { rows, cols }))
            }
            Some(ENDED) => Some(HostEvent::Ended(Signal(reel.word() as u8))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use wcr_kernel::{MemoryInput, SeededEntropy};

    use super::*;

    struct Steps(Mutex<u64>);

    impl HostClock for Steps {
        fn realtime(&self) -> u64 {
            let mut now = self.0.lock().unwrap();
            *now += 1_000_003;
            u64::MAX / 2 - *now
        }

        fn monotonic(&self) -> u64 {
            *self.0.lock().unwrap()
        }
    }

    /// What a container would hear.
    fn hear(clock: &dyn HostClock, entropy: &mut dyn Entropy, input: &mut dyn HostInput) -> String {
        let (mut random, mut bytes) = ([0; 5], [0; 4]);
        entropy.fill(&mut random);
        let read = input.try_read(&mut bytes);
        let times = [clock.realtime(), clock.monotonic(), clock.realtime()];
        format!("{random:?} {read:?} {bytes:?} {times:?} {} {:?}", input.ready(), input.event())
    }

    #[test]
    fn a_replay_hears_what_was_recorded() {
        let tape = Tape::default();
        let recorded = |tape: &Tape| -> (Box<dyn HostClock>, Box<dyn Entropy>, Box<dyn HostInput>) {
            let clock: Box<dyn HostClock> = Box::new(Steps(Mutex::new(5)));
            let entropy: Box<dyn Entropy> = Box::new(SeededEntropy::new(3));
            let input: Box<dyn HostInput> = Box::new(MemoryInput::new(b"hello".to_vec()));
            (
                Box::new(Recorded { host: clock, tape: tape.clone() }),
                Box::new(Recorded { host: entropy, tape: tape.clone() }),
                Box::new(Recorded { host: input, tape: tape.clone() }),
            )
        };
        let (clock, mut entropy, mut input) = recorded(&tape);
        let first: Vec<String> = (0..3).map(|_| hear(&*clock, &mut *entropy, &mut *input)).collect();
        let again = Tape::of(tape.bytes());
        let (clock, mut entropy, mut input) = (again.clone(), again.clone(), again.clone());
        let second: Vec<String> = (0..3).map(|_| hear(&clock, &mut entropy, &mut input)).collect();
        assert_eq!((first, again.strayed()), (second, None));
        // After its end time goes on, input has ended, and it is known that this is no replay any more.
        let entries = again.lock().entries;
        assert!(clock.monotonic() < clock.monotonic());
        assert_eq!(input.try_read(&mut [0; 4]), Ok(Some(0)));
        assert_eq!(again.strayed(), Some(entries));
    }

    #[test]
    fn a_replay_that_asks_for_something_else_has_strayed() {
        let tape = Tape::default();
        tape.lock().write(READY, &[], &[]);
        let mut again = Tape::of(tape.bytes());
        again.fill(&mut [0; 3]);
        assert_eq!(again.strayed(), Some(0));
    }

    #[test]
    fn numbers_round_trip() {
        for number in [0, 1, -1, 127, -128, i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            put(&mut bytes, zigzag(number));
            let mut reel = Reel { bytes, ..Reel::default() };
            assert_eq!(unzigzag(reel.word()), number);
        }
    }
}
