//! What the terminal shows, and the bytes that make it show something else.

use super::Units;

/// A prompt and a line behind it, over one row or several.
pub struct Screen {
    prompt: Vec<u8>,
    /// How many columns the prompt's last row takes.
    width: usize,
    columns: usize,
    units: Units,
    /// The cursor's column and its row below the prompt's.
    x: usize,
    y: usize,
    out: Vec<u8>,
}

/// From so many columns on the cursor goes back by one sequence.
const MANY: usize = 5;

impl Screen {
    /// Shows a prompt.
    pub fn new(prompt: &[u8], width: usize, columns: usize, units: Units) -> Self {
        let mut screen =
            Self { prompt: prompt.to_vec(), width, columns: usable(columns), units, x: 0, y: 0, out: Vec::new() };
        screen.prompt();
        screen
    }

    fn prompt(&mut self) {
        self.out.extend_from_slice(&self.prompt);
        (self.x, self.y) = (self.width % self.columns, 0);
    }

    /// The bytes that have come together.
    pub fn take(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.out)
    }

    /// Adds bytes that do not move the cursor.
    pub fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Rings.
    pub fn bell(&mut self) {
        self.put(b"\x07");
    }

    /// Shows a unit of the line and goes on behind it.
    pub fn unit(&mut self, unit: &[u8]) {
        self.out.extend_from_slice(self.units.shown(unit));
        self.x += 1;
        if self.x >= self.columns {
            self.put(b"\r\n");
            (self.x, self.y) = (0, self.y + 1);
        }
    }

    /// Goes back by characters.
    pub fn back(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        if self.x >= count {
            self.x -= count;
            if count < MANY {
                self.out.extend(core::iter::repeat_n(8, count));
            } else {
                self.put(format!("\x1b[{count}D").as_bytes());
            }
            return;
        }
        let place = (self.y * self.columns + self.x).saturating_sub(count);
        let (x, y) = (place % self.columns, place / self.columns);
        let up = self.y - y;
        self.put(b"\r");
        if up > 0 {
            self.put(format!("\x1b[{up}A").as_bytes());
        }
        if x > 0 {
            self.put(format!("\x1b[{x}C").as_bytes());
        }
        (self.x, self.y) = (x, y);
    }

    /// Shows prompt and line anew; the cursor is at the end.
    pub fn redraw(&mut self, text: &[u8]) {
        if self.y > 0 {
            self.put(format!("\x1b[{}A", self.y).as_bytes());
        }
        self.put(b"\r");
        self.prompt();
        for unit in self.units.iter(text) {
            self.unit(unit);
        }
        self.put(b"\x1b[J");
    }

    /// Takes over another width: the cursor stays at its character, wherever that is now. Its row is the lower one of
    /// those by the old and by the new width, which nobody can tell apart: terminals may wrap lines anew or not.
    pub fn resize(&mut self, columns: usize) {
        let place = self.y * self.columns + self.x;
        self.columns = usable(columns);
        (self.x, self.y) = (place % self.columns, self.y.max(place / self.columns));
    }

    /// Empties the screen.
    pub fn clear(&mut self) {
        self.put(b"\x1b[H\x1b[J");
        (self.x, self.y) = (0, 0);
    }

    /// Goes to a new row, unless the cursor is at the start of one.
    pub fn end_line(&mut self) {
        if self.x > 0 {
            self.new_line();
        }
    }

    /// Goes to a new row.
    pub fn new_line(&mut self) {
        self.put(b"\n");
        (self.x, self.y) = (0, 0);
    }

    /// Takes over where the terminal's cursor really is: output without a line's end may stand before the prompt.
    pub fn found_at(&mut self, column: usize) {
        let ahead = (column.saturating_sub(1)).saturating_sub(self.x);
        self.width += ahead;
        self.x += ahead;
    }

    /// Lists names in columns, each column from top to bottom.
    pub fn list(&mut self, names: &[Vec<u8>]) {
        let units = self.units;
        let shown: Vec<Vec<u8>> = names.iter().map(|name| units.listed(last_component(name))).collect();
        let width = shown.iter().map(|name| units.count(name)).max().unwrap_or(0) + 2;
        let in_row = (self.columns / width).max(1);
        let rows = shown.len().div_ceil(in_row);
        self.new_line();
        for row in 0..rows {
            let mut line = Vec::new();
            for (number, name) in shown.iter().skip(row).step_by(rows).enumerate() {
                let missing = (number * width).saturating_sub(units.count(&line));
                line.extend(core::iter::repeat_n(b' ', missing));
                line.extend_from_slice(name);
            }
            self.put(&line);
            self.put(b"\n");
        }
    }
}

/// The width that is counted with: that of an old terminal where nothing can be shown.
const fn usable(columns: usize) -> usize {
    if columns < 2 { 80 } else { columns }
}

/// The part of a path behind its last slash but one at the end.
fn last_component(path: &[u8]) -> &[u8] {
    let body = path.strip_suffix(b"/").unwrap_or(path);
    let start = body.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    path.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_columns() {
        let mut screen = Screen::new(b"", 0, 20, Units::Bytes);
        let names = ["a/aaaa", "a/bb", "a/cc", "a/d/"].map(|name| name.as_bytes().to_vec());
        screen.list(&names);
        assert_eq!(screen.take(), b"\naaaa  cc\nbb    d/\n");
    }
}
