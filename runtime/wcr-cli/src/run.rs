//! `wcr run`.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};
use wcr_container::{Deterministic, Explain, Limits, RunOptions, Settings, TraceSink};
use wcr_image::{Class, Digest, Reference};

use crate::args::RunArgs;
use crate::exit::{Failure, say};
use crate::{env_file, fetch};

/// Runs a container to its end; its exit code.
pub(crate) fn run(args: RunArgs) -> Result<u8> {
    let started = Instant::now();
    if args.trace_digest && !args.deterministic {
        let message = "--trace-digest needs --deterministic: the digest of a run that nothing repeats says nothing";
        return Err(Failure::new(Class::Usage, message).into());
    }
    if args.tty && args.interactive && !std::io::stdin().is_terminal() {
        return Err(Failure::new(Class::Usage, "the input device is not a TTY").into());
    }
    let mut words = args.image_and_command.into_iter();
    let name = words.next().unwrap_or_default();
    let not_text = || Failure::new(Class::Usage, format!("the image's name {name:?} is not valid UTF-8"));
    let reference: Reference = name.to_str().ok_or_else(not_text)?.parse()?;
    let mut limits = Limits::default();
    limits.processes = args.pids_limit.unwrap_or(limits.processes);
    limits.memory = args.memory.unwrap_or(limits.memory);
    limits.output = args.output_limit.unwrap_or(limits.output);
    args.ulimit.into_iter().for_each(|limit| limit.apply(&mut limits));
    let settings = Settings {
        command: words.map(|word| word.as_encoded_bytes().to_vec()).collect(),
        entrypoint: args.entrypoint.map(|program| program.as_encoded_bytes().to_vec()),
        env: env_file::changes(&args.env_file, &args.env)?,
        workdir: args.workdir,
        user: args.user,
        hostname: args.hostname,
        read_only: args.read_only,
        tmpfs: args.tmpfs,
        writable_bytes: args.storage_opt,
        files: Vec::new(),
        tty: args.tty,
        limits,
        trace: args.trace_digest,
    };
    let fetched = fetch::for_run(&reference, args.platform.as_ref(), args.pull)?;
    if args.verbose {
        let layers = fetched.layers;
        let (platform, plural) = (&fetched.image.platform, if layers == 1 { "" } else { "s" });
        say(&format!("image {} ({platform}, {layers} layer{plural})", fetched.origin));
    }
    let options = RunOptions {
        settings,
        root: None,
        binds: args.volume,
        stdin: args.interactive,
        deterministic: args.deterministic.then(Deterministic::default),
        cache: fetched.cache,
        memory: args.memory,
        // This process is the container's alone.
        timeout: None,
        remote: None,
        stoppable: false,
        patient: false,
        lasting: None,
        started: None,
        persist: None,
        last: true,
        explain: args.explain.then(|| Box::new(|sentence: &str| say(sentence)) as Explain),
        trace: args.trace.map(|path| trace_sink(path.into())).transpose()?,
    };
    if let Some(time) = args.timeout {
        crate::limits::end_after(time);
    }
    let outcome = wcr_container::run(&fetched.image, options)?;
    outcome.notes.iter().for_each(|note| say(note));
    if args.verbose {
        say(&format!("exit code {} after {:.1} ms", outcome.code, started.elapsed().as_secs_f64() * 1e3));
    }
    if let Some(digest) = outcome.trace {
        say(&format!("trace {}", Digest::from_bytes(digest)));
    }
    Ok(outcome.code)
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
