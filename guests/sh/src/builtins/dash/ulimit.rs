//! `ulimit`.

use wcr_sys::process;

use crate::shell::{Flow, Shell};

/// A limit: its letter, Linux's number of the resource, the unit in bytes, and what `-a` prints.
struct Limit {
    letter: u8,
    resource: u32,
    unit: u64,
    title: &'static str,
}

const fn limit(letter: u8, resource: u32, unit: u64, title: &'static str) -> Limit {
    Limit { letter, resource, unit, title }
}

const LIMITS: [Limit; 12] = [
    limit(b't', 0, 1, "time(seconds)"),
    limit(b'f', 1, 512, "file(blocks)"),
    limit(b'd', 2, 1024, "data(kbytes)"),
    limit(b's', 3, 1024, "stack(kbytes)"),
    limit(b'c', 4, 512, "coredump(blocks)"),
    limit(b'm', 5, 1024, "memory(kbytes)"),
    limit(b'l', 8, 1024, "locked memory(kbytes)"),
    limit(b'p', 6, 1, "process"),
    limit(b'n', 7, 1, "nofiles"),
    limit(b'v', 9, 1024, "vmemory(kbytes)"),
    limit(b'w', 10, 1, "locks"),
    limit(b'r', 14, 1, "rtprio"),
];

pub(super) fn ulimit(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, b"HSatfdscmlpnvwr")?;
    let has = |letter| options.iter().any(|(option, _)| *option == letter);
    // The last of `-H` and `-S` counts; without them both limits are set, and the soft one is shown.
    let kind = options.iter().rev().map(|(option, _)| *option).find(|option| matches!(option, b'H' | b'S'));
    let letter = options.iter().rev().map(|(option, _)| *option).find(|option| !b"HSa".contains(option));
    let letter = letter.unwrap_or(b'f');
    if let Some(value) = operands.first() {
        if has(b'a') || operands.len() > 1 {
            return Err(shell.fail(b"too many arguments"));
        }
        let Some(limit) = LIMITS.iter().find(|limit| limit.letter == letter) else { return Ok(0) };
        return change(shell, limit, value, kind);
    }
    for limit in LIMITS.iter().filter(|limit| has(b'a') || limit.letter == letter) {
        let (soft, hard) = process::rlimit(limit.resource).unwrap_or((u64::MAX, u64::MAX));
        let value = if kind == Some(b'H') { hard } else { soft };
        let text = if value == u64::MAX { "unlimited".into() } else { (value / limit.unit).to_string() };
        let line = if has(b'a') { format!("{:20} {text}\n", limit.title) } else { text + "\n" };
        shell.put(line.as_bytes());
    }
    Ok(0)
}

fn change(shell: &mut Shell, limit: &Limit, value: &[u8], kind: Option<u8>) -> Flow<u8> {
    let new = match value {
        b"unlimited" => u64::MAX,
        digits if digits.iter().all(u8::is_ascii_digit) => {
            let digits = digits.iter().map(|digit| u64::from(digit - b'0'));
            digits.fold(0u64, |value, digit| value.wrapping_mul(10).wrapping_add(digit)).wrapping_mul(limit.unit)
        }
        _ => return Err(shell.fail(b"bad number")),
    };
    let (soft, hard) = process::rlimit(limit.resource).unwrap_or((u64::MAX, u64::MAX));
    let soft = if kind == Some(b'H') { soft } else { new };
    let hard = if kind == Some(b'S') { hard } else { new };
    match process::set_rlimit(limit.resource, soft, hard) {
        Ok(()) => Ok(0),
        Err(error) => Err(shell.fail(&[b"error setting limit (", error.message().as_bytes(), b")"].concat())),
    }
}
