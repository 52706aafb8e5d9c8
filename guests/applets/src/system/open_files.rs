//! `lsof` and `pwdx`: which files processes have open, and where they are.

use wcr_sys::{Errno, fs};

use super::processes;
use crate::format::parse_decimal;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// `lsof`.
pub const LSOF: Applet = Applet::new("lsof", "lsof\n\nShow all open files", lsof);

/// `pwdx`.
pub const PWDX: Applet = Applet::new("pwdx", "pwdx PID...\n\nShow current directory for PIDs", pwdx);

fn lsof(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    for process in processes::all() {
        let folder = format!("/proc/{}", process.pid);
        // What a process of another user has open is its own affair.
        let Ok(program) = fs::readlink(format!("{folder}/exe").as_bytes()) else { continue };
        let mut numbers: Vec<u64> = fs::read_dir(format!("{folder}/fd").as_bytes())
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| parse_decimal(&entry.name))
            .collect();
        numbers.sort_unstable();
        for number in numbers {
            if let Ok(file) = fs::readlink(format!("{folder}/fd/{number}").as_bytes()) {
                let pid = process.pid.to_string();
                ctx.put(&[pid.as_bytes(), b"\t", &program, b"\t", &file, b"\n"].concat());
            }
        }
    }
    Ok(0)
}

fn pwdx(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let operands = Spec::short("").parse(ctx)?.operands;
    if operands.is_empty() {
        return Err(ctx.usage());
    }
    for operand in &operands {
        let digits = operand.strip_prefix(b"/proc/").unwrap_or(operand);
        let Some(pid) = parse_decimal(digits) else { return Err(ctx.die(&[b"invalid number '", digits, b"'"])) };
        let folder = fs::readlink(format!("/proc/{pid}/cwd").as_bytes()).map_err(|error| {
            let error = if error == Errno::Noent { Errno::Srch } else { error };
            ctx.die_errno(&[operand], error)
        })?;
        ctx.put(&[operand, b": ".as_slice(), &folder, b"\n"].concat());
    }
    Ok(0)
}
