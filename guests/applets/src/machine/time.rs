//! `adjtimex`: the variables of the kernel's clock.

use super::refusal::applet;
use crate::number;
use crate::options::Spec;
use crate::{Context, Quit};
use wcr_sys::Errno;

applet!(
    /// The applet.
    ADJTIMEX, "adjtimex", adjtimex
);

/// The clock of a container is nobody's to set, and nothing keeps it in step.
fn adjtimex(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("qo:f:p:t:").parse(ctx)?;
    if !parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let mut changes = false;
    for key in [b'o', b'f', b'p', b't'] {
        if let Some(text) = parsed.value(key) {
            let scanned = number::signed(text, 10);
            if scanned.len != text.len() || text.is_empty() {
                return Err(ctx.die(&[b"invalid number '", text, b"'"]));
            }
            changes = true;
        }
    }
    if changes {
        return Err(ctx.die_errno(&[b"(null)"], Errno::Perm));
    }
    if !parsed.has(b'q') {
        let now = wcr_sys::time::now();
        ctx.put(
            format!(
                "    mode:         0\n\
                 -o  offset:       0 us\n\
                 -f  freq.adjust:  0 (65536 = 1ppm)\n\
                 \x20   maxerror:     16000000\n\
                 \x20   esterror:     16000000\n\
                 \x20   status:       64 (UNSYNC)\n\
                 -p  timeconstant: 2\n\
                 \x20   precision:    1 us\n\
                 \x20   tolerance:    32768000\n\
                 -t  tick:         10000 us\n\
                 \x20   time.tv_sec:  {}\n\
                 \x20   time.tv_usec: {}\n\
                 \x20   return value: 5 (clock not synchronized)\n",
                now.sec,
                now.nsec / 1000
            )
            .as_bytes(),
        );
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn the_clock_cannot_be_set() {
        assert_eq!(run(&ADJTIMEX, &["-t", "-5"]).2, "adjtimex: (null): Operation not permitted\n");
        assert_eq!(run(&ADJTIMEX, &["-o", "x"]).2, "adjtimex: invalid number 'x'\n");
        assert_eq!(run(&ADJTIMEX, &["-q"]), (0, String::new(), String::new()));
    }
}
