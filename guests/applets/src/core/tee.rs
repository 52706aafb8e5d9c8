//! `tee`: copies standard input to files and to standard output.

use wcr_sys::abi::{Disposition, OpenFlags, Signal};
use wcr_sys::{Errno, Fd, fd, fs, signal};

use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "tee",
    "tee [-ai] [FILE]...\n\n\
     Copy stdin to each FILE, and also to stdout\n\n\
     \t-a\tAppend to the given FILEs, don't overwrite\n\
     \t-i\tIgnore interrupt signals (SIGINT)",
    main,
);

const SPEC: Spec = Spec::short("ia");
const BLOCK: usize = 16 << 10;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.has(b'i') {
        // Where signals cannot be ignored there is none to interrupt this.
        let _ = signal::set_disposition(Signal::INT, Disposition::Ignore);
    }
    let how = if parsed.has(b'a') { OpenFlags::APPEND } else { OpenFlags::TRUNC };
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC).with(how);
    let mut outputs: Vec<(&[u8], Fd, bool)> = vec![(b"", fd::STDOUT, false)];
    let mut code = 0;
    for path in &parsed.operands {
        if path == b"-" {
            outputs.push((b"", fd::STDOUT, false));
            continue;
        }
        match fs::open(path, flags, 0o666) {
            Ok(file) => outputs.push((path, file, false)),
            Err(error) => {
                ctx.perror(&[path], error);
                code = 1;
            }
        }
    }
    let mut block = vec![0; BLOCK];
    loop {
        let n = match fd::read(fd::STDIN, &mut block) {
            Ok(0) => break,
            Ok(n) => n,
            Err(Errno::Intr) => continue,
            Err(_) => {
                code = 1;
                break;
            }
        };
        for (_, file, failed) in outputs.iter_mut().filter(|output| !output.2) {
            *failed = fd::write_all(*file, block.get(..n).unwrap_or_default()).is_err();
        }
    }
    for (name, ..) in outputs.iter().filter(|(name, _, failed)| *failed && !name.is_empty()) {
        ctx.complain(&[name, b": I/O error"]);
        code = 1;
    }
    Ok(code)
}
