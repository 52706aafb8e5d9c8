//! `watch`: runs a program again and again.

use wcr_sys::{process, time};

use crate::core::sleep::duration_operand;
use crate::core::time::Zone;
use crate::core::time::strftime::strftime;
use crate::format::decimal;
use crate::options::Spec;
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "watch",
    "watch [-n SEC] [-t] PROG ARGS\n\n\
     Run PROG periodically\n\n\
     \t-n SEC\tPeriod (default 2)\n\
     \t-t\tDon't print header",
    main,
);

/// The columns of the header.
const COLUMNS: usize = 80;
const TENTH: u64 = 100_000_000;
const PERIOD: u64 = 20 * TENTH;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+dtn:").parse(ctx)?;
    if parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    let period = match parsed.value(b'n') {
        Some(text) => duration_operand(ctx, text)?,
        None => PERIOD,
    };
    let command = parsed.operands.join(&b' ');
    let shell = [b"sh".to_vec(), b"-c".to_vec(), command.clone()];
    loop {
        ctx.put(b"\x1b[H\x1b[J");
        if !parsed.has(b't') {
            let seconds = time::now().sec;
            ctx.put(&header(&command, period, &Zone::from_env(), seconds));
        }
        ctx.flush();
        if ctx.write_error().is_some() {
            return Ok(0);
        }
        match run::spawn(&shell) {
            Ok(child) => {
                run::wait(child).map_err(|error| ctx.die_errno(&[b"wait"], error))?;
            }
            Err(error) => return Err(ctx.die_errno(&[b"vfork"], error)),
        }
        if time::sleep(period).is_err() {
            process::exit(1);
        }
    }
}

/// `Every N.Ns: COMMAND`, and the time at the right.
fn header(command: &[u8], period: u64, zone: &Zone, seconds: i64) -> Vec<u8> {
    let tenths = period / TENTH;
    let mut line =
        [b"Every ".to_vec(), decimal(tenths / 10), b".".to_vec(), decimal(tenths % 10), b"s: ".to_vec()].concat();
    line.extend_from_slice(command);
    let mut when = Vec::new();
    strftime(&mut when, b"%Y-%m-%d %H:%M:%S", &zone.local(seconds), seconds);
    let room = COLUMNS.saturating_sub(when.len() + 1);
    line.resize(room, b' ');
    line.push(b' ');
    line.extend_from_slice(&when);
    line.extend_from_slice(b"\n\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_at_the_right() {
        let line = header(b"echo hi", 50 * TENTH, &Zone::utc(), 0);
        let text = String::from_utf8(line).unwrap();
        assert_eq!(text, format!("Every 5.0s: echo hi{}1970-01-01 00:00:00\n\n", " ".repeat(42)));
    }
}
