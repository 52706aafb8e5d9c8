//! `uptime`, and who is logged in: `who`, `w`, `last`.

use wcr_sys::time::now;
use wcr_sys::{Errno, fs};

use super::memory;
use crate::core::time::Zone;
use crate::core::time::strftime::strftime;
use crate::format::{decimal, right};
use crate::options::{Long, Spec, Takes};
use crate::{Applet, Context, Quit, WriteFailure};

/// `uptime`.
pub const UPTIME: Applet = Applet::new("uptime", "uptime\n\nDisplay the time since the last boot", uptime);

/// `who`.
pub const WHO: Applet =
    Applet::new("who", "who [-aH]\n\nShow who is logged on\n\n\t-a\tShow all\n\t-H\tPrint column headers", who);

/// `w`.
pub const W: Applet = Applet::new("w", "w\n\nShow who is logged on", w).on_write_failure(WriteFailure::Ignore);

/// `last`.
pub const LAST: Applet =
    Applet::new("last", "last\n\nShow listing of the last users that logged into the system", last)
        .lacking("records of logins");

/// The file that keeps who was logged in.
const WTMP: &[u8] = b"/var/log/wtmp";

const HEADER: &[u8] = b"USER\t\tTTY\t\tIDLE\tTIME\t\t HOST\n";

const LONG: [Long; 1] = [("since", Takes::Nothing, b's')];

fn uptime(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::new("s", &LONG).parse(ctx)?;
    let (zone, up, seconds) = (Zone::from_env(), memory::uptime(), now().sec);
    let mut out = Vec::new();
    if parsed.has(b's') {
        let start = seconds - up as i64;
        strftime(&mut out, b"%Y-%m-%d %H:%M:%S\n", &zone.local(start), start);
        ctx.put(&out);
        return Ok(0);
    }
    strftime(&mut out, b" %H:%M:%S up ", &zone.local(seconds), seconds);
    put_duration(&mut out, up);
    // There is no record of logins in a container.
    out.extend_from_slice(b"  0 users,  load average: ");
    let load = memory::load();
    let averages: Vec<&[u8]> = load.split(|byte| *byte == b' ').take(3).collect();
    out.extend_from_slice(&averages.join(b", ".as_slice()));
    out.push(b'\n');
    ctx.put(&out);
    Ok(0)
}

/// Appends `[D day[s], ]H:MM,` or `[D day[s], ]M min,`.
fn put_duration(out: &mut Vec<u8>, seconds: u64) {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    if days > 0 {
        out.extend_from_slice(&decimal(days));
        out.extend_from_slice(if days == 1 { b" day, " } else { b" days, " });
    }
    if hours > 0 {
        right(out, &decimal(hours), 2, b' ');
        out.push(b':');
        right(out, &decimal(minutes), 2, b'0');
        out.extend_from_slice(b",");
    } else {
        out.extend_from_slice(&decimal(minutes));
        out.extend_from_slice(b" min,");
    }
}

fn who(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("aH").parse(ctx)?;
    if !parsed.operands.is_empty() {
        return Err(ctx.usage());
    }
    if parsed.has(b'H') {
        ctx.put(HEADER);
    }
    Ok(0)
}

fn w(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if !Spec::short("").parse(ctx)?.operands.is_empty() {
        return Err(ctx.usage());
    }
    ctx.put(HEADER);
    Ok(0)
}

fn last(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if !ctx.args.is_empty() {
        return Err(ctx.usage());
    }
    match fs::stat(WTMP) {
        Err(error) => Err(ctx.die_errno(&[b"can't open '", WTMP, b"'"], error)),
        // Its records are those of a real login program, which there is none of.
        Ok(stat) if stat.size > 0 => Err(ctx.die_errno(&[WTMP], Errno::Nosys)),
        Ok(_) => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let text = |seconds| {
            let mut out = Vec::new();
            put_duration(&mut out, seconds);
            String::from_utf8(out).unwrap()
        };
        assert_eq!((text(0), text(7 * 3600 + 120)), ("0 min,".into(), " 7:02,".into()));
        assert_eq!((text(86_400), text(3 * 86_400 + 60)), ("1 day, 0 min,".into(), "3 days, 1 min,".into()));
    }
}
