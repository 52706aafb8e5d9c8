//! Pipes.

use wcr_abi::{OpenFlags, Signal};

use crate::gate::{Gate, reap};
use crate::say;
use crate::sys::{self, Outcome};

const NONBLOCK: OpenFlags = OpenFlags::NONBLOCK;
const BLOCK: OpenFlags = OpenFlags::RDONLY;

fn pipe(flags: OpenFlags) -> (u32, u32) {
    sys::pipe(flags).expect("a pipe")
}

fn say_read(got: Outcome<Vec<u8>>) {
    match got {
        Ok(bytes) if bytes.len() > 40 => say!("{} bytes", bytes.len()),
        Ok(bytes) => say!("{}", say::bytes(&bytes)),
        Err(error) => say!("{error:?}"),
    }
}

pub fn bytes_come_in_order() {
    let (read, write) = pipe(BLOCK);
    for part in ["one", "two", "three"] {
        say!("{:?}", sys::write(write, part.as_bytes()));
    }
    say_read(sys::read(read, 4));
    say_read(sys::read(read, 100));
}

pub fn it_holds_64_kib() {
    let (read, write) = pipe(NONBLOCK);
    let mut total = 0;
    while let Ok(done) = sys::write(write, &[1; 4096]) {
        total += done;
    }
    say!("{total} {:?} {:?}", sys::write(write, b"x"), sys::available(read));
    say_read(sys::read(read, 4096));
    say!("{:?} {:?}", sys::write(write, &[1; 4096]), sys::write(write, b"x"));
}

pub fn single_bytes_fill_it_too() {
    let (_read, write) = pipe(NONBLOCK);
    let mut total = 0;
    while let Ok(done) = sys::write(write, b"x") {
        total += done;
    }
    say!("{total}");
}

pub fn small_writes_go_whole_or_not_at_all() {
    let (read, write) = pipe(NONBLOCK);
    say!("{:?}", sys::write(write, &[1; 65536 - 4096]));
    say!("{:?}", sys::write(write, &[2; 100]));
    say!("{:?}", sys::write(write, &[3; 4096]));
    say_read(sys::read(read, 4096));
    say!("{:?}", sys::write(write, &[3; 4096]));
}

pub fn large_writes_go_in_part() {
    let (_read, write) = pipe(NONBLOCK);
    say!("{:?}", sys::write(write, &[1; 100_000]));
    say!("{:?}", sys::write(write, &[1; 100_000]));
}

pub fn nothing_there() {
    let (read, write) = pipe(NONBLOCK);
    say_read(sys::read(read, 10));
    sys::close(write).expect("close");
    say_read(sys::read(read, 10));
}

pub fn the_end_comes_after_the_data() {
    let (read, write) = pipe(BLOCK);
    sys::write(write, b"data").expect("write");
    sys::close(write).expect("close");
    say_read(sys::read(read, 2));
    say_read(sys::read(read, 10));
    say_read(sys::read(read, 10));
    say_read(sys::read(read, 10));
}

pub fn nobody_reads() {
    let (read, write) = pipe(BLOCK);
    sys::write(write, b"unread").expect("write");
    sys::close(read).expect("close");
    sys::ignore(Signal::PIPE).expect("ignore");
    say!("{:?}", sys::write(write, b"x"));
    say!("nothing: {:?}", sys::write(write, b""));
}

pub fn nothing_is_read_and_written() {
    let (read, write) = pipe(BLOCK);
    say_read(sys::read(read, 0));
    say!("{:?}", sys::write(write, b""));
    say!("{:?}", sys::available(read));
}

pub fn each_end_has_its_way() {
    let (read, write) = pipe(BLOCK);
    say!("{:?} {:?}", sys::write(read, b"x"), sys::read(write, 1));
    say!("{:?} {:?}", sys::seek(read, 0), sys::seek(write, 0));
    say!("{:o} {:o}", sys::mode(read).expect("stat"), sys::mode(write).expect("stat"));
}

pub fn a_reader_waits() {
    let (read, write) = pipe(BLOCK);
    let child = sys::fork(|| {
        say_read(sys::read(read, 100));
        0
    });
    let _ = sys::sleep(20);
    say!("writing");
    sys::write(write, b"data").expect("write");
    reap(child);
}

pub fn a_writer_waits() {
    let (read, write) = pipe(BLOCK);
    let child = sys::fork(|| {
        sys::close(read).expect("close");
        say!("{:?}", sys::write(write, &[7; 200_000]));
        0
    });
    sys::close(write).expect("close");
    let (mut total, mut good) = (0, true);
    loop {
        let part = sys::read(read, 10_000).expect("read");
        if part.is_empty() {
            break;
        }
        good &= part.iter().all(|byte| *byte == 7);
        total += part.len();
    }
    reap(child);
    say!("{total} {good}");
}

pub fn a_waiting_writer_learns_that_nobody_reads() {
    let (read, write) = pipe(BLOCK);
    let child = sys::fork(|| {
        sys::close(read).expect("close");
        sys::ignore(Signal::PIPE).expect("ignore");
        let first = sys::write(write, &[7; 200_000]);
        say!("{first:?} then {:?}", sys::write(write, b"x"));
        0
    });
    let _ = sys::sleep(20);
    sys::close(read).expect("close");
    reap(child);
}

pub fn a_waiting_reader_sees_the_end() {
    let (read, write) = pipe(BLOCK);
    let child = sys::fork(|| {
        sys::close(write).expect("close");
        say_read(sys::read(read, 10));
        0
    });
    let _ = sys::sleep(20);
    sys::close(write).expect("close");
    reap(child);
}

pub fn writers_do_not_mix_small_writes() {
    let (read, write) = pipe(BLOCK);
    let children: Vec<u32> = (0..4)
        .map(|number| {
            sys::fork(move || {
                for _ in 0..50 {
                    sys::write(write, &[number; 1000]).expect("write");
                }
                0
            })
        })
        .collect();
    let (mut all, mut good) = (Vec::new(), true);
    while all.len() < 200_000 {
        all.extend(sys::read(read, 4096).expect("read"));
    }
    for record in all.chunks(1000) {
        good &= record.iter().all(|byte| *byte == record[0]);
    }
    children.into_iter().for_each(reap);
    say!("{} {good}", all.len());
}

pub fn two_readers_share() {
    let (read, write) = pipe(BLOCK);
    let children: Vec<u32> = (0..2)
        .map(|_| {
            sys::fork(|| {
                sys::close(write).expect("close");
                let mut count = 0;
                while !sys::read(read, 1).expect("read").is_empty() {
                    count += 1;
                }
                count
            })
        })
        .collect();
    sys::write(write, &[0; 100]).expect("write");
    sys::close(write).expect("close");
    let mut sum = 0;
    for child in children {
        if let Ok(Some((_, wcr_abi::WaitStatus::Exited(count)))) = sys::wait(child as i32, 0) {
            sum += count;
        }
    }
    say!("{sum}");
}

pub fn there_and_back() {
    let (to, from) = (pipe(BLOCK), pipe(BLOCK));
    let child = sys::fork(|| {
        for _ in 0..200 {
            let got = sys::read(to.0, 10).expect("read");
            sys::write(from.1, &got).expect("write");
        }
        0
    });
    let mut good = true;
    for round in 0..200u8 {
        sys::write(to.1, &[round]).expect("write");
        good &= sys::read(from.0, 10) == Ok(vec![round]);
    }
    reap(child);
    say!("{good}");
}

pub fn a_duplicate_keeps_the_end_open() {
    let (read, write) = pipe(NONBLOCK);
    let copy = sys::dup(write, 0, false).expect("dup");
    sys::close(write).expect("close");
    say_read(sys::read(read, 1));
    sys::close(copy).expect("close");
    say_read(sys::read(read, 1));
}

pub fn the_flag_not_to_wait_is_the_ends_own() {
    let (read, write) = pipe(NONBLOCK);
    sys::set_flags(read, OpenFlags::RDONLY).expect("flags");
    say!("{} {}", sys::flags(read).expect("flags").contains(NONBLOCK), sys::flags(write).expect("flags").contains(NONBLOCK));
    let gate = Gate::new();
    let child = sys::fork(|| {
        gate.open();
        say_read(sys::read(read, 1));
        0
    });
    gate.pass();
    sys::write(write, b"z").expect("write");
    reap(child);
}

pub fn opened_again_by_its_name() {
    let (read, write) = pipe(BLOCK);
    let again = sys::open(&format!("/proc/self/fd/{write}"), OpenFlags::WRONLY, 0).expect("open");
    sys::close(write).expect("close");
    say!("{:?}", sys::write(again, b"through"));
    say_read(sys::read(read, 10));
    sys::close(again).expect("close");
    say_read(sys::read(read, 10));
}
