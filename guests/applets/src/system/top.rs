//! `top -b`: pages of processes and what they use. Its keys need a terminal in raw mode and are not read.

use std::collections::BTreeMap;

use wcr_sys::{fs, time};

use super::memory::{self, Memory};
use super::processes::{self, Process};
use super::ps;
use crate::core::accounts::Accounts;
use crate::core::sleep::duration_operand;
use crate::count::in_range;
use crate::format::{decimal, left, parse_decimal, right};
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "top",
    "top [-bH] [-n COUNT] [-d SECONDS]\n\n\
     Show a view of process activity in real time.\n\
     Read the status of all processes from /proc each SECONDS\n\
     and show a screenful of them.\n\
     Keys:\n\
     \tN/M/P/T: sort by pid/mem/cpu/time\n\
     \tR: reverse sort\n\
     \tH: toggle threads\n\
     \tQ,^C: exit\n\
     Options:\n\
     \t-b\tBatch mode\n\
     \t-n N\tExit after N iterations\n\
     \t-d SEC\tDelay between updates\n\
     \t-H\tShow threads",
    main,
)
.lacking("the keys: every page is one of -b");

const SPEC: Spec = Spec::new("d:n:bHm", &[("delay", Takes::Value, b'd')]);
/// How long a page stands, in nanoseconds.
const DELAY: u64 = 5_000_000_000;
/// The columns of a page.
const COLUMNS: usize = 79;

/// The CPU's time by kind, in hundredths of a second: user, nice, system, idle, I/O, interrupts, soft interrupts.
type Ticks = [u64; 7];

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    if let Some(operand) = parsed.operands.first() {
        let letter = operand.first().copied().unwrap_or(b'-');
        ctx.complain(&[b"invalid option -- '", &[letter], b"'"]);
        return Err(ctx.usage());
    }
    let count = match parsed.value(b'n') {
        Some(text) => Some(in_range(ctx, text, 0, u32::MAX.into())?),
        None => None,
    };
    let delay = match parsed.value(b'd') {
        Some(text) => duration_operand(ctx, text)?,
        None => DELAY,
    };
    let (mut shown, mut sample) = (0, Sample::default());
    loop {
        sample = page(ctx, &sample);
        ctx.flush();
        shown += 1;
        if count.is_some_and(|count| count > 0 && shown >= count) || ctx.write_error().is_some() {
            return Ok(0);
        }
        if time::sleep(delay).is_err() {
            return Ok(0);
        }
    }
}

fn cpu_ticks() -> Ticks {
    let text = fs::read_file(b"/proc/stat").unwrap_or_default();
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).skip(1);
    core::array::from_fn(|_| words.next().and_then(parse_decimal).unwrap_or(0))
}

/// What was counted when a page was made: the CPU's time, and that of each process.
#[derive(Debug, Default)]
struct Sample {
    cpu: Ticks,
    processes: BTreeMap<u32, u64>,
}

/// Prints a page about the time since the sample; returns the next one.
fn page(ctx: &mut Context<'_>, before: &Sample) -> Sample {
    let memory = Memory::read();
    let cpu = cpu_ticks();
    let passed: u64 = cpu.iter().zip(before.cpu).map(|(now, then)| now.saturating_sub(then)).sum();
    let mut out = header(&memory, cpu, before.cpu);
    let mut accounts = Accounts::default();
    let mut rows: Vec<(u64, Process)> = Vec::new();
    for process in processes::all() {
        let used = process.ticks.saturating_sub(before.processes.get(&process.pid).copied().unwrap_or(0));
        rows.push(((used * 100).checked_div(passed).unwrap_or(0), process));
    }
    rows.sort_by_key(|(percent, _)| core::cmp::Reverse(*percent));
    for (percent, process) in &rows {
        let mut line = row(process, memory.total, *percent, &mut accounts);
        line.truncate(COLUMNS);
        out.extend_from_slice(&line);
        out.push(b'\n');
    }
    out.push(b'\n');
    ctx.put(&out);
    Sample { cpu, processes: rows.iter().map(|(_, process)| (process.pid, process.ticks)).collect() }
}

fn header(memory: &Memory, ticks: Ticks, before: Ticks) -> Vec<u8> {
    let passed: Vec<u64> = ticks.iter().zip(before).map(|(now, then)| now.saturating_sub(then)).collect();
    let total = passed.iter().sum::<u64>();
    let percent = |at: usize| passed.get(at).map_or(0, |ticks| (ticks * 100).checked_div(total).unwrap_or(0));
    let text = format!(
        "Mem: {}K used, {}K free, {}K shrd, {}K buff, {}K cached\n\
         CPU: {:3}% usr {:3}% sys {:3}% nic {:3}% idle {:3}% io {:3}% irq {:3}% sirq\n\
         Load average: {}\n  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND\n",
        memory.total - memory.free,
        memory.free,
        memory.shared,
        memory.buffers,
        memory.cached,
        percent(0),
        percent(2),
        percent(1),
        percent(3),
        percent(4),
        percent(5),
        percent(6),
        String::from_utf8_lossy(&memory::load()),
    );
    text.into_bytes()
}

/// A line of the table; `total` is the memory in KiB, `percent` the share of the CPU's time.
fn row(process: &Process, total: u64, percent: u64, accounts: &mut Accounts) -> Vec<u8> {
    let mut line = Vec::new();
    right(&mut line, &decimal(process.pid.into()), 5, b' ');
    right(&mut line, &decimal(process.ppid.into()), 6, b' ');
    line.push(b' ');
    let mut user = accounts.user_text(process.euid);
    user.truncate(8);
    left(&mut line, &user, 8);
    line.push(b' ');
    left(&mut line, &process.states(), 4);
    let size = process.vsize >> 10;
    right(&mut line, &ps::size(size), 6, b' ');
    right(&mut line, &decimal((size * 100).checked_div(total).unwrap_or(0)), 4, b' ');
    line.push(b'%');
    right(&mut line, &decimal(percent), 4, b' ');
    line.extend_from_slice(b"% ");
    line.extend_from_slice(&process.arguments());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row() {
        let mut accounts = Accounts::from_files(b"root:x:0:0::/:\n", b"");
        let process = Process {
            pid: 28,
            ppid: 1,
            state: b'R',
            vsize: 2268 << 10,
            cmdline: b"/bin/top\0-bn1\0".to_vec(),
            comm: b"top".to_vec(),
            ..Process::default()
        };
        let line = row(&process, 24_683_656, 0, &mut accounts);
        assert_eq!(String::from_utf8(line).unwrap(), "   28     1 root     R     2268   0%   0% /bin/top -bn1");
    }
}
