//! The tables, as Markdown and as JSON.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::timing::Outcome;

/// All tables of a run.
pub struct Report {
    machine: String,
    tables: Vec<Table>,
    ratios: Vec<Ratios>,
    sizes: Vec<Sizes>,
}

/// One comparison.
pub struct Table {
    /// The key in the JSON.
    pub key: &'static str,
    /// The heading.
    pub title: String,
    /// What the contestants were given to do.
    pub about: String,
    /// The outcomes; ratios are to the first.
    pub outcomes: Vec<Outcome>,
}

/// Many comparisons of two programs, a line each.
pub struct Ratios {
    /// The key in the JSON.
    pub key: &'static str,
    /// The heading.
    pub title: String,
    /// What the contestants were given to do.
    pub about: String,
    /// The comparisons.
    pub rows: Vec<Ratio>,
}

/// A comparison with the ratio that is aimed at.
pub struct Ratio {
    /// What was done.
    pub name: String,
    /// The ratio that the second program is to reach.
    pub target: f64,
    /// The outcomes of the first program and of the second.
    pub outcomes: [Outcome; 2],
    /// The most memory that each took, in KiB.
    pub memory: [Option<u64>; 2],
}

impl Ratio {
    fn ratio(&self) -> Option<f64> {
        let [first, second] = &self.outcomes;
        Some(ratio(second.median()?, first.median()?))
    }

    fn markdown(&self) -> String {
        let time = |outcome: &Outcome| match (&outcome.times, outcome.median()) {
            (Err(reason), _) => format!("not measured: {}", reason.replace('|', "/")),
            (Ok(_), median) => median.map_or("-".into(), shown),
        };
        let memory = |kibibytes: Option<u64>| kibibytes.map_or("-".into(), |kib| format!("{:.1}", kib as f64 / 1024.0));
        let ratio = self.ratio();
        let verdict = match ratio {
            Some(ratio) if ratio <= self.target => "",
            _ => " (missed)",
        };
        let shown = ratio.map_or("-".into(), |ratio| format!("{ratio:.2}"));
        let ([first, second], [first_memory, second_memory]) = (&self.outcomes, self.memory);
        let times = [time(first), time(second), format!("{shown}{verdict}"), format!("{:.1}", self.target)];
        let memory = [memory(first_memory), memory(second_memory)];
        format!("| {} | {} | {} |", self.name.replace('|', "\\|"), times.join(" | "), memory.join(" | "))
    }

    fn json(&self) -> Value {
        let outcomes: Vec<Value> = self.outcomes.iter().map(|outcome| json_of(outcome, None)).collect();
        json!({
            "name": self.name, "target": self.target, "ratio": self.ratio(), "outcomes": outcomes,
            "memory_kib": self.memory,
        })
    }
}

impl Ratios {
    fn markdown(&self) -> String {
        let names = self.rows.first().map(|row| row.outcomes.each_ref().map(|outcome| outcome.name.clone()));
        let [first, second] = names.unwrap_or_default();
        let mut text = format!("\n## {}\n\n{}\n\n", self.title, self.about);
        let _ = writeln!(text, "| | {first} | {second} | ratio | target | MiB {first} | MiB {second} |");
        let _ = writeln!(text, "|---|---|---|---|---|---|---|");
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.markdown());
        }
        text
    }

    fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(Ratio::json).collect();
        json!({ "key": self.key, "title": self.title, "about": self.about, "rows": rows })
    }
}

/// What is fetched, file by file.
pub struct Sizes {
    /// The key in the JSON.
    pub key: &'static str,
    /// The heading.
    pub title: String,
    /// When it is fetched.
    pub about: String,
    /// The files.
    pub rows: Vec<Size>,
}

/// A file's size in bytes, as it is and compressed.
pub struct Size {
    /// The file.
    pub name: String,
    /// As it is.
    pub plain: u64,
    /// Compressed by gzip.
    pub gzip: u64,
}

impl Sizes {
    fn total(&self) -> Size {
        let sum = |size: fn(&Size) -> u64| self.rows.iter().map(size).sum();
        Size { name: "together".into(), plain: sum(|row| row.plain), gzip: sum(|row| row.gzip) }
    }

    fn markdown(&self) -> String {
        let mut text = format!("\n## {}\n\n{}\n\n| | bytes | gzip |\n|---|---|---|\n", self.title, self.about);
        for Size { name, plain, gzip } in self.rows.iter().chain([&self.total()]) {
            let _ = writeln!(text, "| {name} | {plain} | {gzip} |");
        }
        text
    }

    fn json(&self) -> Value {
        let row = |size: &Size| json!({ "name": size.name, "bytes": size.plain, "gzip": size.gzip });
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        json!({ "key": self.key, "title": self.title, "about": self.about, "files": rows, "total": row(&self.total()) })
    }
}

impl Report {
    /// An empty report about this machine.
    pub fn new() -> Self {
        Report { machine: machine(), tables: Vec::new(), ratios: Vec::new(), sizes: Vec::new() }
    }

    /// Adds a comparison.
    pub fn add(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Adds comparisons, a line each.
    pub fn add_ratios(&mut self, ratios: Ratios) {
        self.ratios.push(ratios);
    }

    /// Adds a list of sizes.
    pub fn add_sizes(&mut self, sizes: Sizes) {
        self.sizes.push(sizes);
    }

    /// The tables as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("# Benchmarks\n\n{}\n", self.machine);
        for table in &self.tables {
            let _ = write!(text, "\n## {}\n\n{}\n\n", table.title, table.about);
            let reference = table.outcomes.first();
            let name = reference.map_or("first", |outcome| outcome.name.as_str());
            let _ = writeln!(text, "| | median | minimum | runs | ratio to {name} |\n|---|---|---|---|---|");
            let base = reference.and_then(Outcome::median);
            for outcome in &table.outcomes {
                let _ = writeln!(text, "{}", row(outcome, base));
            }
        }
        self.ratios.iter().for_each(|ratios| text.push_str(&ratios.markdown()));
        self.sizes.iter().for_each(|sizes| text.push_str(&sizes.markdown()));
        text
    }

    fn json(&self) -> Value {
        let sizes: Vec<Value> = self.sizes.iter().map(Sizes::json).collect();
        let tables: Vec<Value> = self
            .tables
            .iter()
            .map(|table| {
                let base = table.outcomes.first().and_then(Outcome::median);
                let outcomes: Vec<Value> = table.outcomes.iter().map(|outcome| json_of(outcome, base)).collect();
                json!({ "key": table.key, "title": table.title, "about": table.about, "outcomes": outcomes })
            })
            .collect();
        let ratios: Vec<Value> = self.ratios.iter().map(Ratios::json).collect();
        json!({ "machine": self.machine, "tables": tables, "ratios": ratios, "sizes": sizes })
    }

    /// Writes `bench.md` and `bench.json` into a folder, which is made.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("bench.md"), self.markdown())?;
        fs::write(folder.join("bench.json"), format!("{:#}\n", self.json()))
    }
}

fn row(outcome: &Outcome, base: Option<Duration>) -> String {
    match (&outcome.times, outcome.median(), outcome.minimum()) {
        (Ok(times), Some(median), Some(minimum)) => {
            let ratio = base.map_or("-".into(), |base| format!("{:.2}", ratio(median, base)));
            format!("| {} | {} | {} | {} | {ratio} |", outcome.name, shown(median), shown(minimum), times.len())
        }
        (Err(reason), ..) => format!("| {} | not measured: {} | | | |", outcome.name, reason.replace('|', "/")),
        _ => format!("| {} | not measured | | | |", outcome.name),
    }
}

fn json_of(outcome: &Outcome, base: Option<Duration>) -> Value {
    let seconds = |time: Duration| time.as_secs_f64();
    match &outcome.times {
        Ok(times) => json!({
            "name": outcome.name,
            "median": outcome.median().map(seconds),
            "minimum": outcome.minimum().map(seconds),
            "ratio": outcome.median().zip(base).map(|(median, base)| ratio(median, base)),
            "seconds": times.iter().copied().map(seconds).collect::<Vec<_>>(),
        }),
        Err(reason) => json!({ "name": outcome.name, "not_measured": reason }),
    }
}

fn ratio(time: Duration, base: Duration) -> f64 {
    time.as_secs_f64() / base.as_secs_f64()
}

fn shown(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    match milliseconds {
        ..0.001 => format!("{:.0} ns", milliseconds * 1e6),
        0.001..0.1 => format!("{:.1} µs", milliseconds * 1000.0),
        0.1..100.0 => format!("{milliseconds:.2} ms"),
        100.0..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", milliseconds / 1000.0),
    }
}

/// Processor and kernel, as far as the system tells.
fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{processors} processors ({model}), Linux {}", kernel.trim())
}
