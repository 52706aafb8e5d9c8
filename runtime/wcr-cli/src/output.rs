//! Standard output: text, tables and JSON. A reader that has gone away is no failure.

use std::io::{ErrorKind, Write as _};

use crate::exit;

/// Writes `text` to standard output; the exit code.
pub(crate) fn print(text: &str) -> u8 {
    match write(text) {
        Ok(_) => exit::OK,
        Err(error) => {
            exit::say(&format!("cannot write to standard output: {error}"));
            1
        }
    }
}

/// Writes `text` to standard output; whether somebody still reads it.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(text: &str) -> std::io::Result<bool> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes `value` to standard output as indented JSON; the exit code.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<u8> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(print(&text))
}

/// The least width of a column, and the space between two, as docker's tables have them.
const COLUMN: (usize, usize) = (10, 3);

/// Rows in columns; the first row is the heading.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    columns(rows)
}

/// Rows in columns that are as wide as their widest cell. The last cell of a row makes no column wider.
pub(crate) fn columns<Row: AsRef<[Cell]>, Cell: AsRef<str>>(rows: &[Row]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    let length = |cell: &Cell| cell.as_ref().chars().count();
    for row in rows {
        let Some((_, cells)) = row.as_ref().split_last() else { continue };
        widths.resize(widths.len().max(cells.len()), COLUMN.0);
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (length(cell) + COLUMN.1).max(*width);
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (index, cell) in row.as_ref().iter().enumerate() {
            let width = widths.get(index).copied().unwrap_or_default();
            line.push_str(&format!("{:width$}", cell.as_ref()));
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
        assert_eq!(columns(&[vec!["A", "B"], vec!["eight by", "x", "y"]]), "A          B\neight by   x         y\n");
        assert_eq!(table(&rows), "A         LONG\nwidth     x\né\n");
    }
}
