//! `wcr logs`.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::Result;
use wcr_container::life::{Container, Entry, Stream};
use wcr_image::Class;
use wcr_store::Store;

use crate::container::LogsArgs;
use crate::exit::{self, Failure};
use crate::when;

/// How often it is looked whether something was written.
const LOOK: Duration = Duration::from_millis(20);

/// Prints what a container has written, each stream on its own.
pub(crate) fn logs(args: &LogsArgs) -> Result<u8> {
    let tail = match args.tail.as_str() {
        "all" => None,
        // Docker takes a negative number for all.
        text => text.parse::<i64>().map(|count| usize::try_from(count).ok()).map_err(|_| {
            Failure::new(Class::Usage, format!("invalid --tail {text:?}: it is a number of lines, or all"))
        })?,
    };
    let [since, until] = [&args.since, &args.until].map(|time| time.as_deref().map(when::since).transpose());
    let (since, until) = (since?, until?);
    let store = Store::open_default()?;
    let container = Container::find(&store, &args.container)?;
    if container.record.spec.log.none {
        let message = format!("{} was made with --log-driver none, so nothing of its output is kept", args.container);
        return Err(Failure::new(Class::Usage, message).into());
    }
    let time_of = |entry: &Entry| when::nanos(&entry.time).unwrap_or_default();
    let suits = |entry: &Entry| {
        since.is_none_or(|since| time_of(entry) >= since) && until.is_none_or(|until| time_of(entry) <= until)
    };
    let mut log = container.log();
    let mut last = VecDeque::new();
    while let Some(entry) = log.next()? {
        if !suits(&entry) {
            continue;
        }
        if tail.is_none() {
            if !show(&entry, args.timestamps) {
                return Ok(exit::OK);
            }
            continue;
        }
        last.push_back(entry);
        if tail.is_some_and(|tail| last.len() > tail) {
            last.pop_front();
        }
    }
    if !last.iter().all(|entry| show(entry, args.timestamps)) {
        return Ok(exit::OK);
    }
    if !args.follow {
        return Ok(exit::OK);
    }
    loop {
        let alive = container.state()?.status.is_alive();
        while let Some(entry) = log.next()? {
            if suits(&entry) && !show(&entry, args.timestamps) {
                return Ok(exit::OK);
            }
        }
        if !alive || until.is_some_and(|until| when::now_nanos() > until) {
            return Ok(exit::OK);
        }
        std::thread::sleep(LOOK);
    }
}

/// Prints an entry where it came from; whether somebody still reads.
fn show(entry: &Entry, timestamps: bool) -> bool {
    let time = if timestamps { format!("{} ", entry.time) } else { String::new() };
    let text = format!("{time}{}", entry.log);
    let write = |out: &mut dyn Write| out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match entry.stream {
        Stream::Stdout => write(&mut io::stdout()),
        Stream::Stderr => write(&mut io::stderr()),
    }
    .is_ok()
}
