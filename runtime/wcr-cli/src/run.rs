//! `wcr run`.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};
use wcr_container::{Explain, RunOptions, Settings, TraceSink, life};
use wcr_image::{Class, Digest};

use crate::args::RunArgs;
use crate::container;
use crate::exit::{Failure, say};
use crate::output::print;
use crate::replay;

/// Runs a container to its end; its exit code.
pub(crate) fn run(args: RunArgs) -> Result<u8> {
    let started = Instant::now();
    if args.trace_digest && !args.sources.repeats() {
        let message = "--trace-digest needs --deterministic (or --clock and --seed): the digest of a run that nothing \
                       repeats says nothing";
        return Err(Failure::new(Class::Usage, message).into());
    }
    if args.tty && args.interactive && !args.detach && !std::io::stdin().is_terminal() {
        return Err(Failure::new(Class::Usage, "the input device is not a TTY").into());
    }
    if let Some(path) = &args.record {
        return replay::record(&args, path);
    }
    if args.detach {
        return detached(&args);
    }
    let (place, fetched) = container::place(&args)?;
    if args.verbose {
        let layers = fetched.layers;
        let (platform, plural) = (&fetched.image.platform, if layers == 1 { "" } else { "s" });
        say(&format!("image {} ({platform}, {layers} layer{plural})", fetched.origin));
    }
    // What only this process could show keeps the container here.
    let shows = args.trace_digest || args.trace.is_some() || args.explain || args.verbose;
    if cfg!(unix) && args.tty && args.interactive && !shows && args.sources.clock().is_none() {
        return container::run_at_terminal(place, args.detach_keys);
    }
    let options = RunOptions {
        settings: Settings { trace: args.trace_digest, ..Settings::default() },
        cache: fetched.cache,
        last: true,
        explain: args.explain.then(|| Box::new(|sentence: &str| say(sentence)) as Explain),
        trace: args.trace.map(|path| trace_sink(path.into())).transpose()?,
        ..RunOptions::default()
    };
    let outcome = life::run_here(place, &fetched.image, options)?;
    outcome.notes.iter().for_each(|note| say(note));
    if args.verbose {
        say(&format!("exit code {} after {:.1} ms", outcome.code, started.elapsed().as_secs_f64() * 1e3));
    }
    if let Some(digest) = outcome.trace {
        say(&format!("trace {}", Digest::from_bytes(digest)));
    }
    Ok(outcome.code)
}

/// Starts a container on its own.
fn detached(args: &RunArgs) -> Result<u8> {
    if args.trace_digest || args.trace.is_some() || args.explain {
        let message = "--trace, --trace-digest and --explain show what a run in the foreground does; leave out -d";
        return Err(Failure::new(Class::Usage, message).into());
    }
    let (place, _) = container::place(args)?;
    let (started, _) = life::Container::launch(place, false)?;
    Ok(print(&format!("{}\n", started.id())))
}

/// Where the lines of a trace go: to the file of this name, or to standard error when there is none. A line is
/// written when it comes, so that nothing of a trace is lost when wcr is killed.
fn trace_sink(path: PathBuf) -> Result<TraceSink> {
    if path.as_os_str().is_empty() {
        // Nobody is left to be told when standard error does not work.
        return Ok(Box::new(|line| _ = io::stderr().write_all(line)));
    }
    let mut file = File::create(&path).with_context(|| format!("cannot write the trace to {}", path.display()))?;
    let mut failed = false;
    Ok(Box::new(move |line| {
        if let Err(error) = file.write_all(line)
            && !core::mem::replace(&mut failed, true)
        {
            say(&format!("cannot write the trace to {}: {error}", path.display()));
        }
    }))
}
