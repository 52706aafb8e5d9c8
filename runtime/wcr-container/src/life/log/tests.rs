use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wcr_machine::ContainerImage;
use wcr_store::Store;

use super::file::LINE_MAX;
use super::*;
use crate::life::record::{LogSpec, Spec};

fn writer(store: &Path, log: LogSpec) -> (LogWriter, PathBuf) {
    let spec = Spec { log, ..Spec::default() };
    let image = ContainerImage { layers: Vec::new(), config: Default::default(), platform: Default::default() };
    let record = crate::life::record("x", None, &image, spec);
    let place = Arc::new(Place::new(Store::open(store).unwrap(), None, record).unwrap());
    let folder = place.folder().unwrap().path().to_owned();
    (LogWriter::new(place), folder)
}

fn all(folder: &Path) -> Vec<(String, Stream)> {
    let mut reader = LogReader::new(folder);
    core::iter::from_fn(|| reader.next().unwrap()).map(|entry| (entry.log, entry.stream)).collect()
}

#[test]
fn lines_are_whole_and_keep_their_order() {
    let store = tempfile::tempdir().unwrap();
    let (mut log, folder) = writer(store.path(), LogSpec::default());
    log.write(Stream::Stdout, b"one\ntw").unwrap();
    log.write(Stream::Stderr, b"oops\n").unwrap();
    assert_eq!(all(&folder).len(), 2);
    log.write(Stream::Stdout, b"o\n\xffend").unwrap();
    log.finish().unwrap();
    let expected = [("one\n", Stream::Stdout), ("oops\n", Stream::Stderr), ("two\n", Stream::Stdout)];
    let expected = expected.into_iter().chain([("\u{fffd}end", Stream::Stdout)]);
    assert_eq!(all(&folder), expected.map(|(text, stream)| (text.to_owned(), stream)).collect::<Vec<_>>());
}

#[test]
fn long_lines_come_in_pieces_and_files_are_rotated() {
    let store = tempfile::tempdir().unwrap();
    let spec = LogSpec { max_size: 40_000, max_files: 3, none: false };
    let (mut log, folder) = writer(store.path(), spec);
    let many: String = (0..2000).map(|number| format!("first {number}\n")).collect();
    log.write(Stream::Stdout, many.as_bytes()).unwrap();
    let kept = all(&folder);
    assert!(kept.len() < 2000 && kept.last().unwrap().0 == "first 1999\n", "{}", kept.len());
    let before = kept.len();
    log.write(Stream::Stdout, &vec![b'x'; 40_000]).unwrap();
    let long = all(&folder).iter().filter(|(log, _)| log.len() == LINE_MAX).count();
    assert!(long == 2 && all(&folder).len() <= before + 2);
    for number in 0..2000 {
        log.write(Stream::Stdout, format!("{number}\n").as_bytes()).unwrap();
    }
    let kept = all(&folder);
    assert_eq!(kept.last().unwrap().0, "1999\n");
    let numbers: Vec<u32> = kept.iter().filter_map(|(log, _)| log.trim().parse().ok()).collect();
    assert!(numbers.is_sorted() && numbers.len() > 500 && numbers.len() < 2000);
    assert_eq!(
        fs::read_dir(&folder)
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(NAME))
            .count(),
        3
    );
}

#[test]
fn a_reader_follows_what_is_written() {
    let store = tempfile::tempdir().unwrap();
    let (mut log, folder) = writer(store.path(), LogSpec::default());
    let mut reader = LogReader::new(&folder);
    assert!(reader.next().unwrap().is_none());
    log.write(Stream::Stdout, b"a\n").unwrap();
    assert_eq!(reader.next().unwrap().unwrap().log, "a\n");
    assert!(reader.next().unwrap().is_none());
    log.write(Stream::Stdout, b"b\n").unwrap();
    assert_eq!(reader.next().unwrap().unwrap().log, "b\n");
}

#[test]
fn much_is_brought_by_a_thread_and_keeps_its_order() {
    let store = tempfile::tempdir().unwrap();
    let (mut log, folder) = writer(store.path(), LogSpec::default());
    let mut expected = Vec::new();
    for number in 0..400 {
        let mut much: String = (0..100).map(|line| format!("{number} {line} {}\n", "x".repeat(line))).collect();
        much.push_str("begun, ");
        log.write(Stream::Stdout, much.as_bytes()).unwrap();
        log.write(Stream::Stderr, b"between\n").unwrap();
        expected.push(much);
    }
    log.finish().unwrap();
    let kept = all(&folder);
    let of =
        |stream| kept.iter().filter(move |entry| entry.1 == stream).map(|entry| entry.0.as_str()).collect::<String>();
    assert!(of(Stream::Stdout) == expected.concat());
    assert_eq!(of(Stream::Stderr), "between\n".repeat(400));
    // What is little is there at once, now that nothing is on its way.
    log.write(Stream::Stdout, b"after\n").unwrap();
    assert_eq!(all(&folder).last().unwrap().0, "after\n");
}

#[test]
fn what_a_thread_fails_with_is_told() {
    let store = tempfile::tempdir().unwrap();
    let spec = LogSpec { max_size: 1000, ..LogSpec::default() };
    let (mut log, folder) = writer(store.path(), spec);
    let much = "a line\n".repeat(PENDING_MAX);
    log.write(Stream::Stdout, much.as_bytes()).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "no folder").unwrap();
    let failed = log.write(Stream::Stdout, much.as_bytes()).and_then(|()| log.finish());
    assert!(failed.is_err());
}
