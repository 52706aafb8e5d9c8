//! `wcr stats`.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};
use wcr_container::life::{Container, Usage, short};
use wcr_store::Store;

use crate::container::StatsArgs;
use crate::exit;
use crate::format::{Format, Headings};
use crate::output::{print, print_json};
use crate::text::binary_size;

/// The table that is printed without a format.
const TABLE: &str =
    "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";
const HEADINGS: Headings<'static> = &[
    ("ID", "CONTAINER ID"),
    ("CPUPerc", "CPU %"),
    ("MemUsage", "MEM USAGE / LIMIT"),
    ("MemPerc", "MEM %"),
    ("NetIO", "NET I/O"),
    ("BlockIO", "BLOCK I/O"),
];
/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// Between the two looks of which a share of the processor is worked out when it is shown once.
const SHORT: Duration = Duration::from_millis(200);
/// What a container without a limit is told that it has, in bytes.
const MEMORY: u64 = 1 << 30;

/// Shows what containers use, once or again and again.
pub(crate) fn stats(args: &StatsArgs) -> Result<u8> {
    let format = Format::asked(args.format.as_deref(), TABLE)?;
    let store = Store::open_default()?;
    let stream = !args.no_stream;
    let clear = stream && std::io::stdout().is_terminal();
    let mut before = look(&store, args)?;
    let mut at = Instant::now();
    std::thread::sleep(SHORT);
    loop {
        let now = look(&store, args)?;
        let elapsed = at.elapsed();
        at = Instant::now();
        let rows: Vec<Value> =
            now.iter().map(|(container, usage)| fields(container, *usage, &before, elapsed, args)).collect();
        if args.json {
            return print_json(&rows);
        }
        let text = format.render(&rows, HEADINGS)?;
        let text = if clear { format!("\x1b[2J\x1b[H{text}") } else { text };
        let code = print(&text);
        if !stream || code != exit::OK {
            return Ok(code);
        }
        before = now;
        std::thread::sleep(INTERVAL);
    }
}

/// The containers that are asked for, and what they use.
fn look(store: &Store, args: &StatsArgs) -> Result<Vec<(Container, Option<Usage>)>> {
    let mut found = Vec::new();
    if args.containers.is_empty() {
        for container in Container::all(store)?.0 {
            if args.all || container.state().is_ok_and(|state| state.status.is_alive()) {
                found.push(container);
            }
        }
    }
    for name in &args.containers {
        found.push(Container::find(store, name)?);
    }
    // One that does not run uses nothing.
    Ok(found.into_iter().map(|container| (container.usage().ok(), container)).map(|(usage, it)| (it, usage)).collect())
}

fn fields(
    container: &Container,
    usage: Option<Usage>,
    before: &[(Container, Option<Usage>)],
    elapsed: Duration,
    args: &StatsArgs,
) -> Value {
    let id = if args.no_trunc { container.id() } else { short(container.id()) };
    let name = container.name().unwrap_or_default();
    let Some(usage) = usage else {
        return json!({ "ID": id, "Container": id, "Name": name, "CPUPerc": "--", "MemUsage": "-- / --",
            "MemPerc": "--", "NetIO": "--", "BlockIO": "--", "PIDs": "--" });
    };
    let known = before.iter().find(|(other, _)| other.id() == container.id()).and_then(|(_, usage)| *usage);
    let ran = usage.cpu.saturating_sub(known.map_or(usage.cpu, |known| known.cpu));
    let share = ran as f64 / elapsed.as_nanos().max(1) as f64 * 100.0;
    let limit = container.record.spec.memory.unwrap_or(MEMORY);
    json!({
        "ID": id,
        "Container": id,
        "Name": name,
        "CPUPerc": format!("{share:.2}%"),
        "MemUsage": format!("{} / {}", binary_size(usage.memory), binary_size(limit)),
        "MemPerc": format!("{:.2}%", usage.memory as f64 / limit.max(1) as f64 * 100.0),
        "NetIO": "0B / 0B",
        "BlockIO": "0B / 0B",
        "PIDs": usage.processes.to_string(),
    })
}
