//! How long things take, on Linux and in wcr: one figure for each run, which is the nanoseconds that one of many took.

use wcr_abi::OpenFlags;

use crate::say;
use crate::sys;

/// Measures `count` of what the arguments name, with what else it takes.
pub fn run(args: &[String]) {
    let (what, count) = (args[0].as_str(), args[1].parse::<u64>().expect("how many"));
    let rest = args.get(2).map_or("", String::as_str);
    let once: Box<dyn FnMut()> = match what {
        "write" => {
            let null = sys::open("/dev/null", OpenFlags::WRONLY, 0).expect("open");
            Box::new(move || {
                sys::write(null, b"x").expect("write");
            })
        }
        "stat" => Box::new(|| {
            sys::size(rest).expect("stat");
        }),
        "spawn" => Box::new(|| {
            let child = sys::spawn(rest, &["true"]).expect("spawn");
            sys::wait(child as i32, 0).expect("wait");
        }),
        "pipe" => return pipe(count, rest.parse().expect("how long")),
        _ => return say!("no such thing: {what}"),
    };
    repeat(count, once);
}

fn repeat(count: u64, mut once: impl FnMut()) {
    once();
    let start = sys::nanos();
    for _ in 0..count {
        once();
    }
    say!("{}", (sys::nanos() - start) as f64 / count as f64);
}

/// Sends `count` times `len` bytes through a pipe to another process.
fn pipe(count: u64, len: usize) {
    let (read, write) = sys::pipe(OpenFlags::RDONLY).expect("a pipe");
    let reader = sys::fork(|| {
        sys::close(write).expect("close");
        let (mut buf, mut left) = (vec![0; len], count * len as u64);
        while left > 0 {
            match sys::read_into(read, &mut buf).expect("read") {
                0 => return 1,
                got => left -= got as u64,
            }
        }
        0
    });
    sys::close(read).expect("close");
    let buf = vec![1; len];
    let start = sys::nanos();
    for _ in 0..count {
        let mut rest = buf.as_slice();
        while !rest.is_empty() {
            rest = &rest[sys::write(write, rest).expect("write")..];
        }
    }
    sys::wait(reader as i32, 0).expect("wait");
    say!("{}", (sys::nanos() - start) as f64 / count as f64);
}
