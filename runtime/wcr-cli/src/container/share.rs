//! `wcr share`, `wcr checkpoint`, and `wcr run --from`.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use wcr_container::life::{Container, ImageOf, Place, Share, Spec, Text, record};
use wcr_image::{Class, Reference};
use wcr_store::Store;

use crate::args::RunArgs;
use crate::container::args::{CheckpointArgs, ShareArgs};
use crate::container::create::spec;
use crate::exit::{Failure, OK, say};
use crate::fetch::{self, Fetched};
use crate::output::print;

/// What a link begins with when nobody says otherwise.
const PAGE: &str = "wcr:";
/// Links that are longer than this are cut by many programs, in bytes.
const LINK_MAX: usize = 32 << 10;

/// Prints a link to a container, or writes a file.
pub(crate) fn share(args: &ShareArgs) -> Result<u8> {
    let share = Container::find(&Store::open_default()?, &args.container)?.share()?;
    tell("not kept", &share);
    if let Some(path) = &args.output {
        return write(path, &share);
    }
    let link = share.link(args.page.as_deref().unwrap_or(PAGE))?;
    if link.len() > LINK_MAX {
        say(&format!("the link has {} bytes, which not every program takes; -o FILE writes a file", link.len()));
    }
    Ok(print(&format!("{link}\n")))
}

/// Writes a container as it is at this moment.
pub(crate) fn checkpoint(args: &CheckpointArgs) -> Result<u8> {
    let share = Container::find(&Store::open_default()?, &args.container)?.share()?;
    tell("not kept", &share);
    write(&args.file, &share)
}

/// The most lines about what stays behind.
const TOLD_MAX: usize = 100;

/// Says what stays behind, or is not there.
fn tell(how: &str, share: &Share) {
    share.left.iter().take(TOLD_MAX).for_each(|what| say(&format!("{how}: {}", what.replace('\n', " "))));
    let more = share.left.len().saturating_sub(TOLD_MAX);
    if more > 0 {
        say(&format!("{how}: {more} more"));
    }
}

fn write(path: &Path, share: &Share) -> Result<u8> {
    let bytes = share.encode()?;
    if path == Path::new("-") {
        if std::io::stdout().is_terminal() {
            return Err(Failure::new(Class::Usage, "a share is no text: name a file, or send it through a pipe").into());
        }
        std::io::stdout().write_all(&bytes).context("cannot write to standard output")?;
        return Ok(OK);
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(OK)
}

/// What a file or a link says.
fn read(from: &str) -> Result<Share> {
    let malformed = |error: &dyn std::fmt::Display| Failure::new(Class::Malformed, format!("--from: {error}"));
    if Share::is_link(from) {
        return Share::of_link(from).map_err(|error| malformed(&error).into());
    }
    let bytes = std::fs::read(from).with_context(|| format!("cannot read {from}"))?;
    Share::decode(&bytes).map_err(|error| malformed(&error).into())
}

/// The place of a container that goes on from a share, and its image. Words of the command line are another command.
///
/// # Errors
/// It is no share; the image is not to be had, or is not the one that it was.
pub(crate) fn place_from(args: &RunArgs, from: &str) -> Result<(Place, Fetched)> {
    let share = read(from)?;
    if !args.quiet {
        tell("not there", &share);
        if share.left.iter().any(|what| what.starts_with("process ")) && args.image_and_command.is_empty() {
            say("the command of then begins anew, on the files of then");
        }
    }
    let words = args.image_and_command.iter();
    let words: Vec<Text> = words.map(|word| Text::from(word.as_encoded_bytes().to_vec())).collect();
    let own = spec(args, words)?;
    let then = &share.spec;
    let spec = Spec {
        command: if own.command.is_empty() { then.command.clone() } else { own.command },
        // Another command runs as it is, as with `exec`.
        entrypoint: own.entrypoint.or_else(|| {
            if args.image_and_command.is_empty() { then.entrypoint.clone() } else { Some(Vec::new().into()) }
        }),
        env: [then.env.as_slice(), &own.env].concat(),
        workdir: own.workdir.or_else(|| then.workdir.clone()),
        user: own.user.or_else(|| then.user.clone()),
        hostname: own.hostname.or_else(|| then.hostname.clone()),
        hosts: [then.hosts.as_slice(), &own.hosts].concat(),
        read_only: own.read_only || then.read_only,
        tmpfs: [then.tmpfs.as_slice(), &own.tmpfs].concat(),
        shims: [then.shims.as_slice(), &own.shims].concat(),
        clock: own.clock.or(then.clock),
        seed: own.seed.or(then.seed),
        schedule: own.schedule.or(then.schedule),
        ..own
    };
    let by_name = || {
        let reference: Reference = share.image.parse()?;
        fetch::for_run(&reference, args.platform.as_ref(), args.pull, args.quiet)
    };
    let fetched = match share.of {
        ImageOf::BuiltIn => fetch::built_in()?,
        ImageOf::Name => by_name()?,
        ImageOf::Id(id) => {
            let fetched = by_name()?;
            let is = fetched.record.as_ref().map(|record| record.config.digest);
            if is != Some(id) {
                let is = is.map_or_else(|| "the built-in image".to_owned(), |id| id.to_string());
                let message = format!("the container is of {} as it was ({id}); now that is {is}", share.image);
                return Err(Failure::new(Class::Conflict, message).into());
            }
            fetched
        }
    };
    let record = record(&share.image, fetched.record.as_ref(), &fetched.image, spec);
    let place = Place::new(Store::open_default()?, args.name.clone(), record)?;
    place.begin_with(&share)?;
    Ok((place, fetched))
}
