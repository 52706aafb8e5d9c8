//! `ts`: puts a time before each line.

use wcr_sys::abi::Timestamp;
use wcr_sys::fd;
use wcr_sys::time::{monotonic, now};

use crate::core::time::Zone;
use crate::core::time::strftime::strftime;
use crate::lines::LineReader;
use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "ts",
    "ts [-is] [STRFTIME]\n\n\
     Pipe stdin to stdout, add timestamp to each line\n\n\
     \t-s\tTime since start\n\
     \t-i\tTime since previous line",
    main,
)
.on_write_failure(WriteFailure::Ignore);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("is").parse(ctx)?;
    let relative = parsed.has(b'i') || parsed.has(b's');
    let format: &[u8] = match parsed.operands.as_slice() {
        [] if relative => b"%H:%M:%S",
        [] => b"%b %d %H:%M:%S",
        [format] => format,
        _ => return Err(ctx.usage()),
    };
    let zone = if relative { Zone::utc() } else { Zone::from_env() };
    let mut reference = monotonic();
    let mut reader = LineReader::text(fd::STDIN);
    while let Ok(Some(line)) = reader.next_line() {
        let seconds = if relative {
            let at = monotonic();
            let passed = Timestamp::from_nanos(at - reference).sec;
            if parsed.has(b'i') {
                reference = at;
            }
            passed
        } else {
            now().sec
        };
        let mut out = Vec::new();
        strftime(&mut out, format, &zone.local(seconds), seconds);
        out.push(b' ');
        out.extend_from_slice(line.text);
        // A NUL ends a line as well, and the text with it: no newline is there to be copied.
        if line.terminated && !line.by_nul {
            out.push(b'\n');
        }
        ctx.put(&out);
        ctx.flush();
        if ctx.write_error().is_some() {
            break;
        }
    }
    Ok(0)
}
