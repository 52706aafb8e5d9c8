//! `wcr run`.

use std::time::Instant;

use anyhow::Result;
use wcr_container::{Deterministic, Explain, RunOptions, Settings};
use wcr_image::{Class, Reference};

use crate::args::RunArgs;
use crate::exit::{Failure, say};
use crate::{env_file, fetch};

/// Runs a container to its end; its exit code.
pub(crate) fn run(args: RunArgs) -> Result<u8> {
    let started = Instant::now();
    if args.tty {
        let message = "a container cannot have a terminal yet; leave out -t";
        return Err(Failure::new(Class::Usage, message).into());
    }
    let mut words = args.image_and_command.into_iter();
    let name = words.next().unwrap_or_default();
    let not_text = || Failure::new(Class::Usage, format!("the image's name {name:?} is not valid UTF-8"));
    let reference: Reference = name.to_str().ok_or_else(not_text)?.parse()?;
    let settings = Settings {
        command: words.map(|word| word.as_encoded_bytes().to_vec()).collect(),
        entrypoint: args.entrypoint.map(|program| program.as_encoded_bytes().to_vec()),
        env: env_file::changes(&args.env_file, &args.env)?,
        workdir: args.workdir,
        user: args.user,
        hostname: args.hostname.map(hostname).transpose()?,
        files: Vec::new(),
        trace: false,
    };
    let fetched = fetch::for_run(&reference, args.platform.as_ref(), args.pull)?;
    if args.verbose {
        let layers = fetched.image.layers.len();
        let (platform, plural) = (&fetched.image.platform, if layers == 1 { "" } else { "s" });
        say(&format!("image {} ({platform}, {layers} layer{plural})", fetched.origin));
    }
    let options = RunOptions {
        settings,
        binds: args.volume,
        stdin: args.interactive,
        deterministic: args.deterministic.then(Deterministic::default),
        cache: fetched.cache,
        last: true,
        explain: args.explain.then(|| Box::new(|sentence: &str| say(sentence)) as Explain),
    };
    let outcome = wcr_container::run(&fetched.image, options)?;
    outcome.notes.iter().for_each(|note| say(note));
    if args.verbose {
        say(&format!("exit code {} after {:.1} ms", outcome.code, started.elapsed().as_secs_f64() * 1e3));
    }
    Ok(outcome.code)
}

/// A name that `sethostname(2)` takes and that does no harm in `/etc/hosts`.
fn hostname(name: String) -> Result<String> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(good) {
        let message = format!("invalid host name {name:?}: it has up to 64 of A-Z, a-z, 0-9, `-`, `.` and `_`");
        return Err(Failure::new(Class::Usage, message).into());
    }
    Ok(name)
}
