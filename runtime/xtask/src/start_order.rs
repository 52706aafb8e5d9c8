//! The list of functions and constants that a start of wcr uses, which the linker puts next to each other.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::build;
use crate::failure::{Context, Failure, Result};
use crate::workspace::Workspace;

/// Runs a trivial command in `image` under valgrind's lackey and writes down the functions that ran and the constants
/// that were read; the list's path. The image has BusyBox in it and is in the store: what a start needs is then all
/// that is used.
///
/// # Errors
/// The build or the command failed, or there is no valgrind or no nm.
pub fn record(workspace: &Workspace, image: &str) -> Result<PathBuf> {
    let binary = build::wcr(workspace)?;
    let table = Command::new("nm").args(["--defined-only", "--print-size", "--numeric-sort"]).arg(&binary).output();
    let table = table.context(|| "start nm (Debian's package binutils)".into())?;
    let symbols = Symbols::parse(&String::from_utf8_lossy(&table.stdout));
    let mut used = Used::default();
    let mut child = Command::new("valgrind")
        .args(["--tool=lackey", "--trace-mem=yes", "--basic-counts=no", "--log-fd=2"])
        .arg(&binary)
        .args(["run", "--pull=never", image, "busybox", "echo", "hi"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context(|| "start valgrind (Debian's package valgrind)".into())?;
    let trace = child.stderr.take().ok_or_else(|| Failure::new("valgrind: no output"))?;
    for line in BufReader::new(trace).split(b'\n') {
        let line = line.context(|| "read from valgrind".into())?;
        if let Some(address) = address(&line) {
            used.add(symbols.index(address));
        }
    }
    let status = child.wait().context(|| "wait for valgrind".into())?;
    if !status.success() {
        return Err(Failure::new(format!("valgrind: {status}")));
    }
    let list = workspace.root.join("runtime/wcr-cli/start-order.txt");
    write(&list, &used.names(&symbols))?;
    Ok(list)
}

fn write(list: &Path, names: &[&str]) -> Result<()> {
    let mut text = names.join("\n");
    text.push('\n');
    std::fs::write(list, text).context(|| list.display().to_string())
}

/// The address in a line of a trace: `I  04001234,5` for an instruction, ` L 04001234,8` for a load. What is written
/// (`S`, `M`) is no constant.
fn address(line: &[u8]) -> Option<u64> {
    let line = std::str::from_utf8(line).ok()?;
    let rest = line.strip_prefix("I  ").or_else(|| line.strip_prefix(" L "))?;
    u64::from_str_radix(rest.split_once(',')?.0, 16).ok()
}

/// A binary's functions and constants, by address.
#[derive(Debug, Default)]
struct Symbols(Vec<Symbol>);

#[derive(Debug)]
struct Symbol {
    start: u64,
    end: u64,
    name: String,
}

impl Symbols {
    /// What nm prints: `ADDRESS SIZE KIND NAME`, sorted by address. Only code and constants count.
    fn parse(table: &str) -> Self {
        let symbol = |line: &str| {
            let mut words = line.split(' ');
            let start = u64::from_str_radix(words.next()?, 16).ok()?;
            let size = u64::from_str_radix(words.next()?, 16).ok()?;
            let kind = words.next()?;
            let name = words.next()?.to_owned();
            matches!(kind, "T" | "t" | "R" | "r").then_some(Symbol { start, end: start + size, name })
        };
        Self(table.lines().filter_map(symbol).collect())
    }

    /// The symbol that `address` lies in.
    fn index(&self, address: u64) -> Option<usize> {
        let index = self.0.partition_point(|symbol| symbol.start <= address).checked_sub(1)?;
        (address < self.0.get(index)?.end).then_some(index)
    }
}

/// Symbols in the order of their first use.
#[derive(Debug, Default)]
struct Used {
    order: Vec<usize>,
    seen: BTreeSet<usize>,
}

impl Used {
    fn add(&mut self, symbol: Option<usize>) {
        if let Some(symbol) = symbol
            && self.seen.insert(symbol)
        {
            self.order.push(symbol);
        }
    }

    /// The bundled guests are as they are.
    fn names<'a>(&self, symbols: &'a Symbols) -> Vec<&'a str> {
        let names = self.order.iter().filter_map(|index| symbols.0.get(*index)).map(|symbol| symbol.name.as_str());
        names.filter(|name| !name.starts_with("wcr_bundle_")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_symbols_are_listed_once_in_the_order_of_their_use() {
        let table = "0000000000001000 0000000000000010 T main\n0000000000001010 0000000000000008 t _ZN3abcE\n\
                     0000000000001018 t no_size\n0000000000001100 0000000000000100 T wcr_bundle_X\n\
                     0000000000002000 0000000000000004 r anon.1\n0000000000003000 0000000000000004 d data\n";
        let symbols = Symbols::parse(table);
        let mut used = Used::default();
        let trace =
            ["==1== valgrind", "I  00001012,3", " L 00002003,1", " S 00001000,4", "I  00001012,3", "I  00001000,1"];
        let rest = [" L 00003000,4", " L 00002004,1", "I  00001018,1", "I  00001110,1", "I  ,", ""];
        for line in trace.into_iter().chain(rest) {
            if let Some(address) = address(line.as_bytes()) {
                used.add(symbols.index(address));
            }
        }
        assert_eq!(used.names(&symbols), ["_ZN3abcE", "anon.1", "main"]);
    }
}
