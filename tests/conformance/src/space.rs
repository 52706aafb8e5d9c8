//! The room that files take, and limits of it.

use wcr_abi::{Fd, OpenFlags, Signal};

use crate::gate::reap;
use crate::say;
use crate::sys;

/// The resource number of the limit on the size of files.
const FSIZE: u32 = 1;
const KIB: usize = 1 << 10;

fn file() -> Fd {
    sys::open("file", OpenFlags::RDWR.with(OpenFlags::CREAT), 0o600).expect("a file")
}

/// Does something while files may have so many bytes: what is said goes to a file, too.
fn limited<T>(bytes: u64, doing: impl FnOnce() -> T) -> T {
    let (soft, hard) = sys::rlimit(FSIZE).expect("the limit");
    sys::set_rlimit(FSIZE, bytes, hard).expect("set the limit");
    let done = doing();
    sys::set_rlimit(FSIZE, soft, hard).expect("set the limit");
    done
}

pub fn data_and_holes() {
    let file = file();
    sys::write(file, &[1; 64 * KIB]).expect("write");
    sys::seek(file, 1 << 20).expect("seek");
    sys::write(file, &[2; 64 * KIB]).expect("write");
    sys::truncate(file, 4 << 20).expect("truncate");
    for offset in [0, 5, 65536, 70_000, 1 << 20, (1 << 20) + 70_000, 2 << 20, (4 << 20) - 1, 4 << 20, -1] {
        say!("{offset}: {:?} {:?}", sys::seek_data(file, offset, false), sys::seek_data(file, offset, true));
    }
    say!("{:?}", sys::seek_data(file, 65536, false));
    say!("{:?}", sys::read(file, 3).map(|bytes| say::bytes(&bytes)));
}

pub fn nothing_but_a_hole() {
    let file = file();
    say!("{:?} {:?}", sys::seek_data(file, 0, false), sys::seek_data(file, 0, true));
    sys::truncate(file, 1 << 20).expect("truncate");
    say!("{:?} {:?}", sys::seek_data(file, 0, false), sys::seek_data(file, 7, true));
}

pub fn cut_and_made_longer() {
    let file = file();
    sys::write(file, &[1; 256 * KIB]).expect("write");
    sys::truncate(file, 64 << 10).expect("truncate");
    sys::truncate(file, 256 << 10).expect("truncate");
    say!("{:?} {:?}", sys::seek_data(file, 0, true), sys::seek_data(file, 64 << 10, false));
}

pub fn no_holes_in_a_pipe() {
    let (read, _) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    say!("{:?} {:?}", sys::seek_data(read, 0, false), sys::seek_data(77, 0, true));
}

pub fn a_file_may_be_so_long() {
    sys::ignore(Signal::XFSZ).expect("ignore");
    let file = file();
    say!("{:?}", limited(100, || [sys::write(file, &[1; 150]), sys::write(file, b"x"), sys::write(file, b"")]));
    say!("{:?}", limited(100, || [101, 50, 100].map(|len| sys::truncate(file, len))));
    say!("{:?}", limited(100, || [101, 99].map(|len| sys::truncate_path("file", len))));
    sys::seek(file, 1000).expect("seek");
    say!("{:?}", limited(100, || sys::write(file, b"x")));
    sys::set_flags(file, OpenFlags::APPEND).expect("flags");
    say!("{:?}", limited(100, || [sys::write(file, b"xyz"), sys::write(file, b"xyz")]));
}

pub fn what_is_longer_already_can_be_cut() {
    sys::ignore(Signal::XFSZ).expect("ignore");
    let file = file();
    sys::write(file, &[1; 300]).expect("write");
    say!("{:?}", limited(100, || [200, 201].map(|len| sys::truncate(file, len))));
    say!("{:?}", limited(100, || (sys::truncate_path("file", 150), sys::write(file, b"x"))));
}

pub fn too_long_a_file_kills() {
    reap(sys::fork(|| {
        let file = file();
        say!("{:?}", limited(10, || sys::write(file, &[1; 20])));
        say!("{:?}", limited(10, || sys::write(file, b"x")));
        0
    }));
    reap(sys::fork(|| {
        say!("{:?}", limited(10, || sys::truncate_path("file", 11)));
        0
    }));
}

pub fn a_handler_is_told() {
    sys::catch(Signal::XFSZ, false).expect("catch");
    let file = file();
    let (written, caught) = limited(0, || (sys::write(file, b"x"), sys::caught()));
    say!("{written:?} {}", say::signals(&caught));
}

pub fn what_is_no_file_has_no_size() {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    let null = sys::open("/dev/null", OpenFlags::WRONLY, 0).expect("open");
    say!("{:?}", limited(0, || (sys::write(write, b"x"), sys::write(null, b"x"), sys::read(read, 9).map(|got| got.len()))));
}
