//! Archives that the host's `tar` makes, in each of its formats, read by the indexer.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use wcr_image::index_tar;
use wcr_vfs::layer::{LayerIndex, Record, RecordKind};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A tree with a bit of everything; `long` adds names that only the extended formats can hold.
fn tree(root: &Path, long: bool) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("plain".to_owned(), b"content".to_vec()),
        ("empty".to_owned(), Vec::new()),
        ("d/e/f/deep".to_owned(), vec![7; 100_000]),
        ("name with space and \u{e9}".to_owned(), b"x".to_vec()),
    ];
    if long {
        files.push((format!("{}/file", "directory/".repeat(30)), b"long".to_vec()));
        files.push((format!("d/{}", "n".repeat(200)), vec![1; 513]));
    } else {
        files.push((format!("{}/{}", "p".repeat(60), "q".repeat(30)), b"prefix".to_vec()));
    }
    for (path, content) in &files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o4751)).unwrap();
        let time = UNIX_EPOCH + Duration::new(1_234_567_890, 123_456_789);
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    }
    symlink("../plain", root.join("d/link")).unwrap();
    fs::hard_link(root.join("plain"), root.join("zz-hard")).unwrap();
    files
}

fn get<'a>(index: &'a LayerIndex, path: &str) -> Record<'a> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let found = parts.try_fold(0, |dir, part| index.child(dir, part.as_bytes()));
    index.record(found.unwrap_or_else(|| panic!("{path} is missing"))).unwrap()
}

#[test]
fn every_format_reads_the_same() {
    for (format, long) in
        [("gnu", true), ("pax", true), ("posix", true), ("oldgnu", true), ("ustar", false), ("v7", false)]
    {
        let folder = Folder(std::env::temp_dir().join(format!("wcr-image-tar-{}-{format}", std::process::id())));
        let files = tree(&folder.0, long && format != "v7");
        let output = Command::new("tar")
            .args([&format!("--format={format}"), "-cf", "-", "-C"])
            .arg(&folder.0)
            .arg(".")
            .output();
        let Ok(output) = output else {
            eprintln!("skipped: tar is not installed");
            return;
        };
        if !output.status.success() {
            // Not every tar has every format, and v7 holds no long names.
            eprintln!("skipped in part: {format}: {}", String::from_utf8_lossy(&output.stderr));
            continue;
        }
        let tar = output.stdout;
        let index = LayerIndex::open(index_tar(&tar).unwrap_or_else(|error| panic!("{format}: {error}"))).unwrap();
        for (path, content) in &files {
            let record = get(&index, path);
            let target = match record.kind {
                RecordKind::HardLink { record } => index.record(record).unwrap(),
                _ => record,
            };
            assert_eq!(&tar[target.data as usize..][..target.size as usize], content, "{format}: {path}");
            assert_eq!(target.mode.permissions(), 0o4751, "{format}: {path}");
            let nanos = if matches!(format, "pax" | "posix") { 123_456_789 } else { 0 };
            assert_eq!((target.mtime.sec, target.mtime.nsec), (1_234_567_890, nanos), "{format}: {path}");
        }
        assert_eq!(get(&index, "d/link").link, b"../plain", "{format}");
        let twins = [get(&index, "plain"), get(&index, "zz-hard")];
        assert!(twins.iter().any(|record| matches!(record.kind, RecordKind::HardLink { .. })), "{format}");
    }
}
