//! Recordings of runs: what the host has told a container, so that the same run can happen again, anywhere.
//!
//! A kernel hears of its host only by its clocks, its source of randomness and its input. A recording has their answers in
//! their order, what was asked of the container, the digest of the run's trace, and the image's files where they were to be
//! carried. Nothing else decides what happens, so that a replay makes the same guest calls with the same results.

mod file;
mod tape;

use std::sync::Arc;

use wcr_abi::WinSize;
use wcr_image::Platform;
use wcr_kernel::{MemoryOutput, Stdio, TraceSink};
use wcr_machine::{ContainerImage, Settings};
use wcr_vfs::layer::{Layer, LayerIndex};

use crate::error::RunError;
use crate::host;
use crate::life::{LifeError, Record};
use crate::options::RunOptions;
use crate::run::{Outcome, live};
pub use tape::{Tape, TapeUse};

/// Images of up to this many bytes are carried unless the user says otherwise.
pub const CARRIED_MAX: u64 = 16 << 20;

/// What stands for an ID where a container has none.
const NO_ID: &str = "recording";

/// A run that can happen again.
#[derive(Debug)]
pub struct Recording {
    /// The wcr that has recorded it.
    pub wcr: String,
    /// What was asked of the container.
    pub record: Record,
    /// What its image is for.
    pub platform: Platform,
    /// The exit code.
    pub code: u8,
    /// The digest of its trace, in hexadecimal.
    pub trace: String,
    /// The size of its terminal, if it had one.
    terminal: Option<(u16, u16)>,
    /// The image's layers, each an index and a tar; none when they are not carried.
    layers: Vec<[Vec<u8>; 2]>,
    tape: Vec<u8>,
}

/// Why there is no recording, or no replay.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The container did not run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// What was asked of it makes no sense.
    #[error(transparent)]
    Settings(#[from] LifeError),
    /// The bytes are something else.
    #[error("it is no recording: `wcr run --record` has not written it")]
    None,
    /// The format is that of another version.
    #[error("the recording was written by another version of wcr; record the run again")]
    Version,
    /// A recording's bytes do not follow the format.
    #[error("the recording is damaged: {0}")]
    Malformed(String),
    /// The image's files cannot be carried.
    #[error("the image's files cannot be carried: a layer cannot be read")]
    Layer,
}

/// A replay that has ended.
#[derive(Debug)]
pub struct Replayed {
    /// How.
    pub outcome: Outcome,
    /// The entry of the recording at which the replay wanted something else.
    pub strayed: Option<u64>,
}

/// The streams and options of a run, and what it is.
struct Parts {
    settings: Settings,
    options: RunOptions,
}

fn parts(record: &Record, use_of_tape: TapeUse) -> Result<Parts, LifeError> {
    let settings = Settings { trace: true, ..record.settings(NO_ID)? };
    let options = RunOptions {
        clock: record.spec.clock,
        seed: record.spec.seed,
        schedule: record.spec.schedule,
        memory: record.spec.memory,
        tape: Some(use_of_tape),
        ..RunOptions::default()
    };
    Ok(Parts { settings, options })
}

/// Runs a container on this process's standard streams, and records it; `carry`: with its image's files.
///
/// # Errors
/// [`RecordingError`].
pub fn record(
    image: &ContainerImage,
    record: Record,
    carry: bool,
    cache: Option<std::path::PathBuf>,
) -> Result<(Outcome, Recording), RecordingError> {
    let tape = Tape::default();
    let Parts { settings, options } = parts(&record, TapeUse::Record(tape.clone()))?;
    let spec = &record.spec;
    let (stdio, raw) = if spec.tty {
        host::terminal(spec.interactive).map_err(RunError::Terminal)?
    } else {
        (host::stdio(spec.interactive, spec.clock.is_some()), None)
    };
    let terminal = stdio.terminal.map(|size| (size.rows, size.cols));
    let layers =
        if carry { image.layers.iter().map(|layer| carried(layer)).collect::<Option<_>>() } else { Some(Vec::new()) };
    let layers = layers.ok_or(RecordingError::Layer)?;
    let (_, ended) = live(image, RunOptions { settings, cache, ..options }, stdio)?;
    drop(raw);
    let outcome = ended.outcome();
    let recording = Recording {
        wcr: env!("CARGO_PKG_VERSION").to_owned(),
        platform: image.platform.clone(),
        code: outcome.code,
        trace: hex(&outcome.trace.unwrap_or_default()),
        terminal,
        layers,
        tape: tape.bytes(),
        record,
    };
    Ok((outcome, recording))
}

/// Where what a replay writes goes.
pub enum ReplayTo {
    /// To this process's standard streams.
    Host,
    /// Nowhere.
    Nowhere,
}

impl Recording {
    /// The image's files, if they are carried.
    ///
    /// # Errors
    /// [`RecordingError::Malformed`].
    pub fn image(&self) -> Result<Option<ContainerImage>, RecordingError> {
        if self.layers.is_empty() {
            return Ok(None);
        }
        let layer = |[index, tar]: &[Vec<u8>; 2]| -> Result<Arc<Layer>, wcr_vfs::layer::LayerError> {
            Ok(Arc::new(Layer::new(LayerIndex::open(index.clone())?, tar.clone())?))
        };
        let layers = self.layers.iter().map(layer).collect::<Result<_, _>>();
        let layers = layers.map_err(|error| RecordingError::Malformed(error.to_string()))?;
        Ok(Some(ContainerImage { layers, config: self.record.config.clone(), platform: self.platform.clone() }))
    }

    /// Lets the run happen again; `lines` takes its trace in words.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn replay(
        &self,
        image: &ContainerImage,
        to: ReplayTo,
        lines: Option<TraceSink>,
    ) -> Result<Replayed, RecordingError> {
        let tape = Tape::of(self.tape.clone());
        let Parts { settings, options } = parts(&self.record, TapeUse::Replay(tape.clone()))?;
        let terminal = self.terminal.map(|(rows, cols)| WinSize { rows, cols });
        // The input itself is on the tape.
        let input = self.record.spec.interactive.then(|| Box::new(tape.clone()) as Box<dyn wcr_kernel::HostInput>);
        let stdio = match to {
            ReplayTo::Host => host::stdio(false, false),
            ReplayTo::Nowhere => {
                let nowhere = || Box::new(MemoryOutput::default());
                Stdio { input: None, output: nowhere(), error: nowhere(), terminal: None }
            }
        };
        let stdio = Stdio { input, terminal, ..stdio };
        let (_, ended) = live(image, RunOptions { settings, trace: lines, ..options }, stdio)?;
        Ok(Replayed { outcome: ended.outcome(), strayed: tape.strayed() })
    }
}

/// A layer's index and tar; `None` when they cannot be read.
fn carried(layer: &Layer) -> Option<[Vec<u8>; 2]> {
    let mut tar = Vec::new();
    append(layer, 0, layer.index().tar_len(), &mut tar)?;
    Some([layer.index().bytes().to_vec(), tar])
}

/// Appends a part of a layer's tar. Where several files make it up, no part goes over the end of one.
fn append(layer: &Layer, start: u64, len: u64, out: &mut Vec<u8>) -> Option<()> {
    if let Some(bytes) = layer.data(start, len) {
        out.extend_from_slice(bytes);
        return Some(());
    }
    let half = len / 2;
    if half == 0 {
        return None;
    }
    append(layer, start, half, out)?;
    append(layer, start + half, len - half, out)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
