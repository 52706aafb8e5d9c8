//! Names that are moved, kept and exchanged; lengths by name.

use wcr_abi::{OpenFlags, RENAME_EXCHANGE, RENAME_NOREPLACE};

use crate::say;
use crate::sys;

fn file(path: &str, text: &str) {
    let file = sys::open(path, OpenFlags::WRONLY.with(OpenFlags::CREAT), 0o600).expect("a file");
    sys::write(file, text.as_bytes()).expect("write");
    sys::close(file).expect("close");
}

fn say_files(paths: &[&str]) {
    for path in paths {
        let content = sys::open(path, OpenFlags::RDONLY, 0).and_then(|file| {
            let content = sys::read(file, 99);
            sys::close(file).expect("close");
            content
        });
        say!("{path}: {:?}", content.map(|bytes| say::bytes(&bytes)));
    }
}

pub fn what_is_there_is_kept() {
    file("one", "1");
    file("other", "2");
    say!("{:?}", sys::rename_with("one", "other", RENAME_NOREPLACE));
    say!("{:?}", sys::rename_with("one", "new", RENAME_NOREPLACE));
    say!("{:?}", sys::rename_with("one", "new", RENAME_NOREPLACE));
    say!("{:?} {:?}", sys::rename_with("new", "new", RENAME_NOREPLACE), sys::rename_with("new", ".", RENAME_NOREPLACE));
    say_files(&["one", "other", "new"]);
}

pub fn two_are_exchanged() {
    file("one", "1");
    file("other", "2");
    say!("{:?}", sys::rename_with("one", "other", RENAME_EXCHANGE));
    say_files(&["one", "other"]);
    say!("{:?} {:?}", sys::rename_with("one", "none", RENAME_EXCHANGE), sys::rename_with("none", "one", RENAME_EXCHANGE));
    say!("{:?}", sys::rename_with("one", "one", RENAME_EXCHANGE));
    say!("{:?} {:?}", sys::rename_with("one", ".", RENAME_EXCHANGE), sys::rename_with("one", "other/", RENAME_EXCHANGE));
    say_files(&["one", "other"]);
}

pub fn folders_and_files_are_exchanged() {
    sys::mkdir("folder").expect("mkdir");
    sys::mkdir("folder/inner").expect("mkdir");
    file("folder/file", "in the folder");
    file("file", "outside");
    say!("{:?}", sys::rename_with("file", "folder", RENAME_EXCHANGE));
    say_files(&["file/file", "folder"]);
    say!("{:?}", sys::rename_with("file/inner", "folder", RENAME_EXCHANGE));
    say_files(&["file/inner", "folder"]);
    say!("{:?} {:?}", sys::rename_with("file", "file/inner", RENAME_EXCHANGE), sys::rename_with("file/inner", "file", RENAME_EXCHANGE));
    say!("{:?}", sys::rename_with("file/file", "folder/", RENAME_EXCHANGE));
    say_files(&["file/file", "folder"]);
}

pub fn names_of_one_file_are_exchanged() {
    file("one", "1");
    sys::link("one", "other").expect("link");
    say!("{:?}", sys::rename_with("one", "other", RENAME_EXCHANGE));
    say!("{:?}", sys::rename_with("one", "other", 0));
    say_files(&["one", "other"]);
}

pub fn no_such_ways() {
    file("one", "1");
    file("other", "2");
    for flags in [RENAME_NOREPLACE | RENAME_EXCHANGE, 8, 1 << 31] {
        say!("{:?}", sys::rename_with("one", "other", flags));
    }
    say_files(&["one", "other"]);
}

pub fn lengths_by_name() {
    file("file", "abcdef");
    say!("{:?}", sys::truncate_path("file", 3));
    say_files(&["file"]);
    say!("{:?}", sys::truncate_path("file", 5));
    say_files(&["file"]);
    sys::mkdir("folder").expect("mkdir");
    sys::mkfifo("fifo", 0o600).expect("a fifo");
    for (path, len) in [("none", 0), ("folder", 0), ("fifo", 0), ("file/x", 0), ("file", -1), ("file", 0)] {
        say!("{path} {len}: {:?}", sys::truncate_path(path, len));
    }
    say_files(&["file"]);
}
