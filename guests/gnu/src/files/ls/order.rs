//! The order of a listing.

use core::cmp::Ordering;

use wcr_sys::abi::Timestamp;

use super::collect::Entry;
use super::options::{Options, Sort, Time};
use crate::text::versions;

pub(super) fn time_of(entry: &Entry, time: Time) -> Timestamp {
    match time {
        Time::Modified | Time::Birth => entry.stat.mtime,
        Time::Changed => entry.stat.ctime,
        Time::Accessed => entry.stat.atime,
    }
}

pub(super) fn sort(entries: &mut [Entry], options: &Options) {
    let by_kind = |a: &Entry, b: &Entry| {
        if options.dirs_first { b.leads_to_dir().cmp(&a.leads_to_dir()) } else { Ordering::Equal }
    };
    if options.sort == Sort::None {
        if options.dirs_first {
            entries.sort_by(by_kind);
        }
        return;
    }
    entries.sort_by(|a, b| {
        let order = compare(a, b, options);
        by_kind(a, b).then(if options.reverse { order.reverse() } else { order })
    });
}

fn compare(a: &Entry, b: &Entry, options: &Options) -> Ordering {
    let at = |entry: &Entry| {
        let time = time_of(entry, options.time);
        (time.sec, time.nsec)
    };
    let first = match options.sort {
        Sort::Name | Sort::None => Ordering::Equal,
        Sort::Extension => extension(&a.name).cmp(extension(&b.name)),
        Sort::Size => b.stat.size.cmp(&a.stat.size),
        Sort::Version => versions::compare(&a.name, &b.name),
        Sort::Time => at(b).cmp(&at(a)),
        Sort::Width => a.name.len().cmp(&b.name.len()),
    };
    first.then_with(|| a.name.cmp(&b.name))
}

/// The last dot and what follows it.
fn extension(name: &[u8]) -> &[u8] {
    name.iter().rposition(|byte| *byte == b'.').and_then(|at| name.get(at..)).unwrap_or_default()
}
