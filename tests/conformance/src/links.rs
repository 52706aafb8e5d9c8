//! What `/proc` says of open files, programs and folders: the names that they have now.

use wcr_abi::{Fd, OpenFlags, SocketKind};

use crate::gate::{Gate, reap};
use crate::say;
use crate::sys;

const RENAME_EXCHANGE: u32 = 2;

fn make(path: &str) -> Fd {
    sys::open(path, OpenFlags::RDWR.with(OpenFlags::CREAT), 0o600).expect("a file")
}

/// The current folder, and a slash.
fn here() -> String {
    sys::link_text("/proc/self/cwd").expect("the current folder") + "/"
}

/// Says what a link says, without the folder that the behaviour began in.
fn say_link(path: &str, here: &str) {
    say!("{path}: {:?}", sys::link_text(path).map(|text| text.replace(here, "HERE/").replace(here.trim_end_matches('/'), "HERE")));
}

fn say_fd(fd: Fd, here: &str) {
    let text = sys::link_text(&format!("/proc/self/fd/{fd}"));
    say!("{:?}", text.map(|text| text.replace(here, "HERE/").replace(here.trim_end_matches('/'), "HERE")));
}

pub fn open_files_by_name() {
    let here = here();
    let file = make("file");
    say_fd(file, &here);
    say_fd(sys::dup(file, 0, false).expect("dup"), &here);
    say_fd(sys::open("./file", OpenFlags::PATH, 0).expect("open"), &here);
    say_fd(sys::open("/dev/null", OpenFlags::RDONLY, 0).expect("open"), &here);
    sys::mkfifo("fifo", 0o600).expect("a FIFO");
    say_fd(sys::open("fifo", OpenFlags::RDWR, 0).expect("open"), &here);
    say!("{:?}", sys::link_text("/proc/self/fd/99"));
    reap(sys::fork(|| {
        say_fd(file, &here);
        0
    }));
}

pub fn a_file_that_is_renamed() {
    let here = here();
    let file = make("file");
    sys::mkdir("folder").expect("a folder");
    sys::rename_with("file", "other", 0).expect("rename");
    say_fd(file, &here);
    sys::rename_with("other", "folder/third", 0).expect("rename");
    say_fd(file, &here);
    let again = make("file");
    say_fd(again, &here);
    say_fd(file, &here);
}

pub fn a_file_that_is_replaced() {
    let here = here();
    let (old, new) = (make("old"), make("new"));
    sys::rename_with("new", "old", 0).expect("rename");
    say_fd(old, &here);
    say_fd(new, &here);
}

pub fn a_file_without_a_name() {
    let here = here();
    let file = make("file");
    sys::unlink("file").expect("unlink");
    say_fd(file, &here);
    let again = make("file");
    say_fd(file, &here);
    say_fd(again, &here);
    sys::rename_with("file", "other", 0).expect("rename");
    say_fd(file, &here);
    say!("{:?}", sys::write(file, b"still"));
}

pub fn one_of_two_names() {
    let here = here();
    let one = make("one");
    sys::link("one", "two").expect("link");
    let two = sys::open("two", OpenFlags::RDONLY, 0).expect("open");
    say_fd(one, &here);
    say_fd(two, &here);
    sys::rename_with("two", "three", 0).expect("rename");
    say_fd(one, &here);
    say_fd(two, &here);
    sys::unlink("one").expect("unlink");
    say_fd(one, &here);
    say_fd(two, &here);
}

pub fn two_that_are_exchanged() {
    let here = here();
    let (one, two) = (make("one"), make("two"));
    sys::rename_with("one", "two", RENAME_EXCHANGE).expect("rename");
    say_fd(one, &here);
    say_fd(two, &here);
}

pub fn a_folder_above_is_renamed() {
    let here = here();
    sys::mkdir("folder").expect("a folder");
    let file = make("folder/file");
    let folder = sys::open("folder", OpenFlags::DIRECTORY, 0).expect("open");
    sys::rename_with("folder", "other", 0).expect("rename");
    say_fd(file, &here);
    say_fd(folder, &here);
    sys::unlink("other/file").expect("unlink");
    sys::rmdir("other").expect("rmdir");
    say_fd(file, &here);
    say_fd(folder, &here);
}

pub fn pipes_and_sockets() {
    let here = here();
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("pipe");
    let socket = sys::socket(SocketKind::Stream, OpenFlags::RDONLY).expect("a socket");
    for (fd, kind) in [(read, "pipe"), (write, "pipe"), (socket, "socket")] {
        let text = sys::link_text(&format!("/proc/self/fd/{fd}")).expect("a link");
        say!("{kind}: {}", text == format!("{kind}:[{}]", sys::inode(fd).expect("the inode")));
    }
    say_fd(sys::memory_file("label", false).expect("a file"), &here);
}

pub fn folders() {
    let here = here();
    sys::mkdir("folder").expect("a folder");
    for path in [".", "folder", "folder/.", "folder/..", "/", "/dev/.."] {
        say_fd(sys::open(path, OpenFlags::DIRECTORY, 0).expect("open"), &here);
    }
    let folder = sys::open("folder", OpenFlags::DIRECTORY, 0).expect("open");
    sys::rmdir("folder").expect("rmdir");
    say_fd(folder, &here);
}

pub fn a_current_folder_that_is_gone() {
    let here = here();
    sys::mkdir("folder").expect("a folder");
    sys::chdir("folder").expect("chdir");
    say_link("/proc/self/cwd", &here);
    sys::rename_with("../folder", "../other", 0).expect("rename");
    say_link("/proc/self/cwd", &here);
    sys::rmdir("../other").expect("rmdir");
    say_link("/proc/self/cwd", &here);
    reap(sys::fork(|| {
        say_link("/proc/self/cwd", &here);
        say_fd(sys::open(".", OpenFlags::DIRECTORY, 0).expect("open"), &here);
        say!("{:?}", sys::open("/proc/self/cwd/file", OpenFlags::RDWR.with(OpenFlags::CREAT), 0o600).map(drop));
        0
    }));
    say!("{:?}", sys::chdir(".."));
    say_link("/proc/self/cwd", &here);
}

pub fn a_name_through_a_link() {
    let here = here();
    make("file");
    sys::symlink("file", "link").expect("symlink");
    let file = sys::open("link", OpenFlags::RDONLY, 0).expect("open");
    say_fd(file, &here);
    let link = sys::open("link", OpenFlags::PATH.with(OpenFlags::NOFOLLOW), 0).expect("open");
    say_fd(link, &here);
    sys::unlink("link").expect("unlink");
    say_fd(file, &here);
    say_fd(link, &here);
}

pub fn opened_again() {
    let here = here();
    let file = make("file");
    sys::write(file, b"content").expect("write");
    let path = format!("/proc/self/fd/{file}");
    let again = sys::open(&path, OpenFlags::RDONLY, 0).expect("open");
    say_fd(again, &here);
    sys::unlink("file").expect("unlink");
    let again = sys::open(&path, OpenFlags::RDONLY, 0).expect("open");
    say_fd(again, &here);
    say!("{:?}", sys::read(again, 99).map(|bytes| say::bytes(&bytes)));
}

pub fn the_program() {
    let own = sys::link_text("/proc/self/exe").expect("the program");
    say!("{}", own.ends_with("/conformance"));
    let gate = Gate::new();
    let child = sys::fork(|| {
        gate.pass();
        0
    });
    say!("{}", sys::link_text(&format!("/proc/{child}/exe")) == Ok(own));
    gate.open();
    while sys::link_text(&format!("/proc/{child}/exe")).is_ok() {
        let _ = sys::sleep(5);
    }
    say!("{:?} {:?}", sys::link_text(&format!("/proc/{child}/exe")), sys::link_text(&format!("/proc/{child}/cwd")));
    reap(child);
    say!("{:?}", sys::link_text(&format!("/proc/{child}/exe")));
}

pub fn what_is_closed() {
    let file = make("file");
    let path = format!("/proc/self/fd/{file}");
    say!("{}", sys::link_text(&path).is_ok());
    sys::close(file).expect("close");
    say!("{:?} {:?}", sys::link_text(&path), sys::open(&path, OpenFlags::RDONLY, 0));
    sys::dup2(1, file).expect("dup2");
    say!("{}", sys::link_text(&path) == sys::link_text("/proc/self/fd/1"));
}
