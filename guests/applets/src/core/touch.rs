//! `touch`: sets timestamps, making files that are missing.

use wcr_sys::abi::{OpenFlags, Timestamp};
use wcr_sys::fs::SetTime;
use wcr_sys::{Errno, fd, fs, time};

use super::time::{Zone, parse};
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "touch",
    "touch [-cham] [-d DATE] [-t DATE] [-r FILE] FILE...\n\n\
     Update mtime of FILEs\n\n\
     \t-c\tDon't create files\n\
     \t-h\tDon't follow links\n\
     \t-a\tChange only atime\n\
     \t-m\tChange only mtime\n\
     \t-d DT\tDate/time to use\n\
     \t-t DT\tDate/time to use\n\
     \t-r FILE\tUse FILE's date/time",
    main,
);

const SPEC: Spec = Spec::new(
    "cr:d:t:amhf",
    &[("no-create", Takes::Nothing, b'c'), ("reference", Takes::Value, b'r'), ("date", Takes::Value, b'd')],
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if parsed.operands.is_empty() || parsed.has(b'r') && parsed.has(b't') {
        return Err(ctx.usage());
    }
    let (mut atime, mut mtime) = (SetTime::Now, SetTime::Now);
    if let Some(path) = parsed.value(b'r') {
        let stat = fs::stat(path).map_err(|error| ctx.die_errno(&[b"can't stat '", path, b"'"], error))?;
        (atime, mtime) = (SetTime::At(stat.atime), SetTime::At(stat.mtime));
    }
    let date = parsed.options.iter().rev().find(|(key, _)| matches!(key, b'd' | b't'));
    if let Some((_, Some(date))) = date {
        let zone = Zone::from_env();
        let base = zone.local(time::now().sec).civil;
        let Some(sec) = parse::parse(date, base, &zone) else {
            return Err(ctx.die(&[b"invalid date '", date, b"'"]));
        };
        atime = SetTime::At(Timestamp { sec, nsec: 0 });
        mtime = atime;
    }
    match (parsed.has(b'a'), parsed.has(b'm')) {
        (true, false) => mtime = SetTime::Keep,
        (false, true) => atime = SetTime::Keep,
        _ => {}
    }
    let mut code = 0;
    for path in &parsed.operands {
        let set = || fs::utimens(path, atime, mtime, !parsed.has(b'h'));
        let done = match set() {
            Err(Errno::Noent) if parsed.has(b'c') => continue,
            Err(Errno::Noent) => create(path).and_then(|()| {
                // A new file already has the present time.
                if matches!((atime, mtime), (SetTime::Now, SetTime::Now)) { Ok(()) } else { set() }
            }),
            done => done,
        };
        if let Err(error) = done {
            ctx.perror(&[path], error);
            code = 1;
        }
    }
    Ok(code)
}

fn create(path: &[u8]) -> Result<(), Errno> {
    fd::close(fs::open(path, OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC), 0o666)?)
}
