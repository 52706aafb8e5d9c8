//! `free`: shows the memory.

use super::memory::Memory;
use crate::format::{decimal, left, right};
use crate::human::human;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("free", "free [-bkmgh]\n\nDisplay free and used memory", main);

/// The unit of what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    /// So many bits to the right, from KiB.
    Shift(u32),
    Human,
}

impl Unit {
    fn show(self, kibibytes: u64) -> Vec<u8> {
        match self {
            Self::Bytes => decimal(kibibytes << 10),
            Self::Shift(bits) => decimal(kibibytes >> bits),
            Self::Human => human(kibibytes << 10),
        }
    }
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let unit = match ctx.args.first().map(Vec::as_slice) {
        Some([b'-', letter, ..]) => match letter {
            b'b' => Unit::Bytes,
            b'k' => Unit::Shift(0),
            b'm' => Unit::Shift(10),
            b'g' => Unit::Shift(20),
            b'h' => Unit::Human,
            _ => return Err(ctx.usage()),
        },
        _ => Unit::Shift(0),
    };
    ctx.put(&table(&Memory::read(), unit));
    Ok(0)
}

fn table(memory: &Memory, unit: Unit) -> Vec<u8> {
    let mut out = Vec::new();
    let mut row = |label: &[u8], cells: &[&[u8]]| {
        left(&mut out, label, 7);
        cells.iter().for_each(|cell| right(&mut out, cell, 12, b' '));
        out.push(b'\n');
    };
    row(b"", &[b"total", b"used", b"free", b"shared", b"buff/cache", b"available"]);
    let used = memory.total.saturating_sub(memory.free + memory.cache());
    let numbers = [memory.total, used, memory.free, memory.shared, memory.cache(), memory.available];
    let cells = numbers.map(|number| unit.show(number));
    row(b"Mem:", &cells.each_ref().map(Vec::as_slice));
    let swap_used = memory.swap_total.saturating_sub(memory.swap_free);
    let cells = [memory.swap_total, swap_used, memory.swap_free].map(|number| unit.show(number));
    row(b"Swap:", &cells.each_ref().map(Vec::as_slice));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let memory = Memory {
            total: 24_683_656,
            free: 11_731_208,
            shared: 9036,
            cached: 12_155_320,
            available: 23_476_076,
            ..Memory::default()
        };
        let text = String::from_utf8(table(&memory, Unit::Shift(0))).unwrap();
        let expected = "              total        used        free      shared  buff/cache   available\n\
                        Mem:       24683656      797128    11731208        9036    12155320    23476076\n\
                        Swap:             0           0           0\n";
        assert_eq!(text, expected);
        assert!(String::from_utf8(table(&memory, Unit::Human)).unwrap().contains("       23.5G      778.4M"));
    }
}
