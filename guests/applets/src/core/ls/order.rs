//! The order of a listing.

use core::cmp::Ordering;

use wcr_sys::abi::FileKind;

use super::{Entry, Options, Sort, Time};

/// Sorts entries as the options ask; ties go by name.
pub(super) fn sort(entries: &mut [Entry], options: &Options) {
    entries.sort_by(|a, b| {
        let order = compare(a, b, options);
        if options.reverse { order.reverse() } else { order }
    });
}

fn compare(a: &Entry, b: &Entry, options: &Options) -> Ordering {
    let is_dir = |entry: &Entry| entry.stat.mode.kind() == FileKind::Directory;
    let dirs = if options.directories_first { is_dir(b).cmp(&is_dir(a)) } else { Ordering::Equal };
    let wanted = || match options.sort {
        Sort::Name => Ordering::Equal,
        Sort::Size => b.stat.size.cmp(&a.stat.size),
        Sort::Time => seconds(b, options.time).cmp(&seconds(a, options.time)),
        Sort::Extension => extension(&a.name).cmp(extension(&b.name)),
        Sort::Version => compare_versions(&a.name, &b.name),
    };
    dirs.then_with(wanted).then_with(|| a.name.cmp(&b.name))
}

/// The time that is shown and sorted by, in whole seconds.
pub(super) fn seconds(entry: &Entry, time: Time) -> i64 {
    match time {
        Time::Modified => entry.stat.mtime.sec,
        Time::Changed => entry.stat.ctime.sec,
        Time::Accessed => entry.stat.atime.sec,
    }
}

/// What stands from the first dot on.
fn extension(name: &[u8]) -> &[u8] {
    let dot = name.iter().position(|byte| *byte == b'.').unwrap_or(name.len());
    name.get(dot..).unwrap_or_default()
}

/// Compares as `strverscmp(3)`: runs of digits as numbers, those with leading zeros as fractions.
fn compare_versions(a: &[u8], b: &[u8]) -> Ordering {
    let at = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let common = a.get(..at).unwrap_or_default();
    let run_start = common.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |last| last + 1);
    let run = common.get(run_start..).unwrap_or_default();
    let (x, y) = (a.get(at).copied().unwrap_or(0), b.get(at).copied().unwrap_or(0));
    let digits = |name: &[u8]| name.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
    let (x_digit, y_digit) = (x.is_ascii_digit(), y.is_ascii_digit());
    match run {
        // A number begins here; a leading zero makes it a fraction.
        [] if x_digit && y_digit && x != b'0' && y != b'0' => digits(a).cmp(&digits(b)).then(x.cmp(&y)),
        [] => x.cmp(&y),
        [b'0', rest @ ..] if rest.iter().all(|byte| *byte == b'0') => match (x_digit, y_digit) {
            // More zeros are less.
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ => x.cmp(&y),
        },
        [b'0', ..] => x.cmp(&y),
        _ => match (x_digit, y_digit) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (true, true) => digits(a).cmp(&digits(b)).then(x.cmp(&y)),
            (false, false) => x.cmp(&y),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let mut names = ["10", "2", "1", "0", "01", "001", "a10", "a2", "a02", "a1", "f-1.10", "f-1.9", "a", "a_"];
        names.sort_by(|a, b| compare_versions(a.as_bytes(), b.as_bytes()));
        assert_eq!(names, ["001", "01", "0", "1", "2", "10", "a", "a02", "a1", "a2", "a10", "a_", "f-1.9", "f-1.10"]);
    }

    #[test]
    fn extensions_begin_at_the_first_dot() {
        assert_eq!(extension(b"x.tar.gz"), b".tar.gz");
        assert_eq!(extension(b"plain"), b"");
    }
}
