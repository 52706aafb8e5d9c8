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

const LIMITS: [Limit; 15] = [
    limit(b'c', 4, 512, "core file size (blocks)"),
    limit(b'd', 2, 1024, "data seg size (kb)"),
    limit(b'e', 13, 1, "scheduling priority"),
    limit(b'f', 1, 512, "file size (blocks)"),
    limit(b'i', 11, 1, "pending signals"),
    limit(b'l', 8, 1024, "max locked memory (kb)"),
    limit(b'm', 5, 1024, "max memory size (kb)"),
    limit(b'n', 7, 1, "open files"),
    limit(b'q', 12, 1, "POSIX message queues (bytes)"),
    limit(b'r', 14, 1, "real-time priority"),
    limit(b's', 3, 1024, "stack size (kb)"),
    limit(b't', 0, 1, "cpu time (seconds)"),
    limit(b'u', 6, 1, "max user processes"),
    limit(b'v', 9, 1024, "virtual memory (kb)"),
    limit(b'x', 10, 1, "file locks"),
];

/// Which of a resource's limits are meant.
#[derive(Debug, Clone, Copy)]
struct Kinds {
    soft: bool,
    hard: bool,
}

pub(super) fn ulimit(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let mut kinds = Kinds { soft: false, hard: false };
    let mut chosen: Vec<(&Limit, Option<&[u8]>)> = Vec::new();
    let mut all = false;
    let mut sizes = Vec::new();
    let mut rest = args.get(1..).unwrap_or_default();
    while let Some((arg, after)) = rest.split_first() {
        rest = after;
        let Some(letters) = arg.strip_prefix(b"-").filter(|letters| !letters.is_empty()) else {
            sizes.push(arg.as_slice());
            continue;
        };
        if letters == b"-" {
            break;
        }
        for (at, letter) in letters.iter().enumerate() {
            match letter {
                b'H' => kinds.hard = true,
                b'S' => kinds.soft = true,
                b'a' => all = true,
                letter => {
                    let Some(limit) = LIMITS.iter().find(|limit| limit.letter == *letter) else {
                        let name = args.first().map(Vec::as_slice).unwrap_or_default();
                        let message = [name, b": invalid option -- '", core::slice::from_ref(letter), b"'\n"].concat();
                        let _ = wcr_sys::fd::write_all(wcr_sys::fd::STDERR, &message);
                        return Ok(1);
                    };
                    // The limit may follow in the same word, or as the next one.
                    let attached = letters.get(at + 1..).filter(|text| !text.is_empty());
                    let value = attached.or_else(|| {
                        let (value, after) = rest.split_first()?;
                        if value.starts_with(b"-") {
                            return None;
                        }
                        rest = after;
                        Some(value)
                    });
                    chosen.push((limit, value));
                    if attached.is_some() {
                        break;
                    }
                }
            }
        }
    }
    if all {
        for limit in &LIMITS {
            let line = format!("{:32}(-{}) ", limit.title, char::from(limit.letter));
            shell.put(line.as_bytes());
            print(shell, limit, kinds);
        }
        return Ok(0);
    }
    if let Some(size) = LIMITS.iter().find(|limit| limit.letter == b'f') {
        sizes.extend(rest.iter().map(Vec::as_slice));
        if chosen.is_empty() && sizes.is_empty() {
            chosen.push((size, None));
        }
        // Each operand is a size of files.
        chosen.extend(sizes.into_iter().map(|value| (size, Some(value))));
    }
    let several = chosen.len() > 1;
    for (limit, value) in chosen {
        match value {
            None => {
                if several {
                    shell.put(format!("{:32}(-{}) ", limit.title, char::from(limit.letter)).as_bytes());
                }
                print(shell, limit, kinds);
            }
            Some(value) => {
                if let Some(status) = change(shell, limit, value, kinds) {
                    return Ok(status);
                }
            }
        }
    }
    Ok(0)
}

fn print(shell: &mut Shell, limit: &Limit, kinds: Kinds) {
    let (soft, hard) = process::rlimit(limit.resource).unwrap_or((u64::MAX, u64::MAX));
    let value = if kinds.hard && !kinds.soft { hard } else { soft };
    let text = if value == u64::MAX { "unlimited".into() } else { (value / limit.unit).to_string() };
    shell.put(text.as_bytes());
    shell.put(b"\n");
}

/// Sets a limit; returns the status when that fails.
fn change(shell: &mut Shell, limit: &Limit, value: &[u8], kinds: Kinds) -> Option<u8> {
    let (mut soft, mut hard) = process::rlimit(limit.resource).unwrap_or((u64::MAX, u64::MAX));
    let new = match value {
        b"unlimited" => u64::MAX,
        value => {
            let number = core::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
            let Some(number) = number else {
                shell.complain_plainly(&[b"invalid number '", value, b"'"].concat());
                return Some(1);
            };
            number.saturating_mul(limit.unit)
        }
    };
    if kinds.soft || !kinds.hard {
        soft = new;
    }
    if kinds.hard || !kinds.soft {
        hard = new;
    }
    match process::set_rlimit(limit.resource, soft, hard) {
        Ok(()) => None,
        Err(error) => {
            shell.complain_plainly(&[b"error setting limit: ", error.message().as_bytes()].concat());
            Some(1)
        }
    }
}
