//! Standard output: text, tables and JSON. A reader that has gone away is no failure.

use std::io::{ErrorKind, Write as _};

use crate::exit;

/// Writes `text` to standard output; the exit code.
pub(crate) fn print(text: &str) -> u8 {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => exit::OK,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit::OK,
        Err(error) => {
            exit::say(&format!("cannot write to standard output: {error}"));
            1
        }
    }
}

/// Writes `value` to standard output as indented JSON; the exit code.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<u8> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(print(&text))
}

/// Rows in columns that are as wide as their widest cell, three spaces apart; the first row is the heading.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:width$}   "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["A", "LONG"], ["width", "x"], ["é", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "A       LONG\nwidth   x\né\n");
    }
}
