//! `wcr run --record` and `wcr replay`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use wcr_container::recording::{CARRIED_MAX, Recording, ReplayTo, Replayed};
use wcr_container::{ContainerImage, TraceSink, from_store, life, recording};
use wcr_image::{Class, Digest};
use wcr_store::Store;

use crate::args::{ReplayArgs, RunArgs};
use crate::container;
use crate::exit::{Failure, OK, say};
use crate::fetch;
use crate::output::print;

/// Two runs were not the same.
const DIFFERENT: u8 = 1;
/// How many lines that are alike stand before the first difference.
const CONTEXT: usize = 5;

/// Runs a container, and writes what makes it happen again.
pub(crate) fn record(args: &RunArgs, path: &Path) -> Result<u8> {
    refuse(args)?;
    let (name, reference, command) = container::image_and_command(args)?;
    let spec = container::spec(args, command)?;
    let fetched = fetch::for_run(&reference, args.platform.as_ref(), args.pull, args.quiet)?;
    let built_in = fetched.record.is_none();
    let carry = match args.record_image {
        Some(carry) => carry,
        None => !built_in && size(&fetched.image) <= CARRIED_MAX,
    };
    // What cannot be written is known before the run; what was in the file stays until there is another recording.
    let cannot = || format!("cannot write the recording to {}", path.display());
    let is_new = !path.exists();
    let mut file = File::options().create(true).write(true).truncate(false).open(path).with_context(cannot)?;
    let record = life::record(&name, fetched.record.as_ref(), &fetched.image, spec);
    let recorded = recording::record(&fetched.image, record, carry, fetched.cache)
        .and_then(|(outcome, recording)| Ok((outcome, recording.encode()?)));
    let (outcome, bytes) = recorded.inspect_err(|_| {
        if is_new {
            // An empty file more or less: what has failed is said.
            _ = std::fs::remove_file(path);
        }
    })?;
    if file.metadata().is_ok_and(|of| of.is_file()) {
        file.set_len(0).with_context(cannot)?;
    }
    file.write_all(&bytes).with_context(cannot)?;
    outcome.notes.iter().for_each(|note| say(note));
    if let Some(digest) = outcome.trace.filter(|_| args.trace_digest) {
        say(&format!("trace {}", Digest::from_bytes(digest)));
    }
    Ok(outcome.code)
}

/// What would decide about a run without being recorded.
fn refuse(args: &RunArgs) -> Result<()> {
    let refused = [
        (args.from.is_some(), "--from: record the run that begins with an image"),
        (args.detach, "-d: a run in the foreground is recorded"),
        (!args.volume.is_empty(), "-v: the files of the host would not be in the recording; make an image of them"),
        (args.mount.iter().any(|mount| mount.contains("type=bind")), "--mount type=bind: as with -v"),
        (args.timeout.is_some(), "--timeout: when it ends a run is chance; use `timeout` in the container"),
        (
            args.name.is_some(),
            "--name: a recorded container is not kept, and `exec` and `kill` cannot reach it: what they did would not be in the recording",
        ),
        (args.restart.is_some(), "--restart: a recorded container is not kept"),
        (args.trace.is_some(), "--trace: record first, and write the trace of a replay"),
    ];
    match refused.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, why)) => Err(Failure::new(Class::Usage, format!("--record does not go with {why}")).into()),
        None => Ok(()),
    }
}

/// The size of an image's files, as they would be carried.
fn size(image: &ContainerImage) -> u64 {
    image.layers.iter().map(|layer| layer.index().tar_len() + layer.index().bytes().len() as u64).sum()
}

/// A recording, and the image that it is of.
struct Loaded {
    recording: Recording,
    image: ContainerImage,
}

fn load(path: &Path) -> Result<Loaded> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let malformed =
        |error: recording::RecordingError| Failure::new(Class::Malformed, format!("{}: {error}", path.display()));
    let recording = Recording::decode(&bytes).map_err(malformed)?;
    let carried = recording.image().map_err(malformed)?;
    let image = carried.map_or_else(|| elsewhere(&recording), Ok)?;
    Ok(Loaded { recording, image })
}

/// The image of a recording that does not carry it.
fn elsewhere(recording: &Recording) -> Result<ContainerImage> {
    let record = &recording.record;
    let Some(id) = record.image_id else { return Ok(wcr_container::builtin()?) };
    let reference = record.image.parse()?;
    let there = match Store::open_default()?.open_image(&reference)? {
        Some(found) if found.record.config.digest == id => return Ok(from_store(found)),
        Some(other) => format!("the image of that name is now another one ({})", other.record.config.digest),
        None => "the store does not have it; pull it".to_owned(),
    };
    let message = format!(
        "the recording does not carry its image, {} ({id}), and {there}, or record with --record-image",
        record.image
    );
    Err(Failure::new(Class::Store, message).into())
}

/// Lets a recorded run happen again, or compares.
pub(crate) fn replay(args: &ReplayArgs) -> Result<u8> {
    let loaded = load(&args.file)?;
    if !args.verify && args.other.is_none() {
        let replayed = loaded.recording.replay(&loaded.image, ReplayTo::Host, None)?;
        replayed.outcome.notes.iter().for_each(|note| say(note));
        return Ok(match unlike(&loaded.recording, &replayed) {
            None => replayed.outcome.code,
            Some(what) => {
                say(&what);
                DIFFERENT
            }
        });
    }
    let other = args.other.as_deref().map(load).transpose()?;
    let first = Traced::run(&loaded)?;
    let second = Traced::run(other.as_ref().unwrap_or(&loaded))?;
    compare(first, second)
}

/// Why a replay is not what was recorded; `None` when it is.
fn unlike(recording: &Recording, replayed: &Replayed) -> Option<String> {
    let trace = replayed.outcome.trace.map(|digest| Digest::from_bytes(digest).hex()).unwrap_or_default();
    if trace == recording.trace && replayed.strayed.is_none() {
        return None;
    }
    let own = env!("CARGO_PKG_VERSION");
    let version =
        if recording.wcr == own { String::new() } else { format!(" (by wcr {}; this is {own})", recording.wcr) };
    let place = replayed
        .strayed
        .map_or_else(String::new, |entry| format!("; it wanted something else than entry {entry} of the recording"));
    Some(format!("the replay is not what was recorded{version}: its trace is {trace}, not {}{place}", recording.trace))
}

/// A replay whose trace was written in words.
struct Traced {
    /// Why it is not what was recorded.
    unlike: Option<String>,
    trace: String,
    lines: BufReader<File>,
}

impl Traced {
    fn run(loaded: &Loaded) -> Result<Self> {
        let mut file = tempfile::tempfile().context("cannot make a file for a trace")?;
        let out =
            Arc::new(Mutex::new(BufWriter::new(file.try_clone().context("cannot use a file for a trace twice")?)));
        let lines = out.clone();
        let sink: TraceSink = Box::new(move |line| {
            // What could not be written is found missing when it is flushed.
            _ = lines.lock().unwrap_or_else(PoisonError::into_inner).write_all(line);
        });
        let replayed = loaded.recording.replay(&loaded.image, ReplayTo::Nowhere, Some(sink))?;
        out.lock().unwrap_or_else(PoisonError::into_inner).flush().context("cannot write a trace")?;
        file.rewind().context("cannot read a trace")?;
        let trace = replayed.outcome.trace.map(|digest| Digest::from_bytes(digest).to_string()).unwrap_or_default();
        Ok(Self { unlike: unlike(&loaded.recording, &replayed), trace, lines: BufReader::new(file) })
    }

    /// The next line; `None` at the end.
    fn line(&mut self) -> Result<Option<String>> {
        let mut line = Vec::new();
        let count = self.lines.read_until(b'\n', &mut line).context("cannot read a trace")?;
        Ok((count > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned()))
    }
}

/// Says whether two replays did the same, or what each did first that the other did not.
fn compare(mut first: Traced, mut second: Traced) -> Result<u8> {
    let complaints: Vec<&String> = first.unlike.iter().chain(&second.unlike).collect();
    let alike = first.trace == second.trace && complaints.is_empty();
    complaints.into_iter().for_each(|complaint| say(complaint));
    let (mut before, mut number): (VecDeque<String>, u64) = (VecDeque::new(), 0);
    loop {
        number += 1;
        match (first.line()?, second.line()?) {
            (None, None) => break,
            (Some(one), Some(other)) if one == other => {
                before.push_back(one);
                if before.len() > CONTEXT {
                    before.pop_front();
                }
            }
            (one, other) => {
                let line = |line: Option<String>| line.unwrap_or_else(|| "nothing: it has ended".into());
                let before: String = before.iter().map(|line| format!("  {line}\n")).collect();
                let (one, other) = (line(one), line(other));
                print(&format!("the first difference is line {number} of the traces:\n{before}- {one}\n+ {other}\n"));
                return Ok(DIFFERENT);
            }
        }
    }
    if !alike {
        return Ok(DIFFERENT);
    }
    Ok(OK | print(&format!("the same twice: trace {}, {} lines\n", first.trace, number - 1)))
}
