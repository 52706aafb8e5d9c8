//! docker's `--format`: `json`, a template of Go, or a table of one.
//!
//! Templates are those of Go's `text/template` (<https://pkg.go.dev/text/template>) over JSON values, with the functions
//! that docker adds; `define`, `template` and `block` are not there. Rows of lists have their fields as texts, as docker's
//! have; documents of `inspect` are nested.

mod error;
mod eval;
mod function;
mod parse;
mod printf;
#[cfg(test)]
mod tests;
mod token;
mod value;

use serde_json::Value as Json;

use self::error::Fault;
pub(crate) use self::error::FormatError;
use self::eval::{View, eval};
use self::parse::{Node, parse};
use crate::exit::say;
use crate::output::columns;

/// The headings of fields, in pairs of name and heading. A field without one has its own name in capitals.
pub(crate) type Headings<'a> = &'a [(&'a str, &'a str)];

/// What `--format` asked for.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    /// The template's text, for the places of faults.
    text: String,
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Shape {
    Json,
    Lines(Vec<Node>),
    /// With the template as lines of one row.
    Table(Vec<Node>),
}

impl Format {
    /// The format that was asked for; `default` where none was, or the word `table` alone.
    ///
    /// # Errors
    /// As [`Format::parse`].
    pub(crate) fn asked(asked: Option<&str>, default: &str) -> Result<Self, FormatError> {
        match asked {
            None | Some("" | "table") => Self::parse(default),
            Some(asked) => Self::parse(asked),
        }
    }

    /// The format of a list, of which `-q` leaves the IDs.
    ///
    /// # Errors
    /// As [`Format::parse`].
    pub(crate) fn of_list(asked: Option<&str>, quiet: bool, default: &str) -> Result<Self, FormatError> {
        match asked {
            _ if !quiet => Self::asked(asked, default),
            Some(asked) if !matches!(asked, "" | "table") => {
                say("--format is left aside, since there is -q");
                Self::parse("{{.ID}}")
            }
            _ => Self::parse("{{.ID}}"),
        }
    }

    /// Reads what stands behind `--format`: `json`, `table TEMPLATE` or a template.
    ///
    /// # Errors
    /// The template is none.
    pub(crate) fn parse(text: &str) -> Result<Self, FormatError> {
        let trimmed = text.trim();
        let read = |text: &str| parse(text).map_err(|fault| FormatError::new(text, fault));
        let (text, shape) = match trimmed.strip_prefix("table") {
            _ if trimmed == "json" => (text, Shape::Json),
            Some(template) if template.starts_with(char::is_whitespace) => {
                // Blanks keep the places.
                let blank = format!("{}{template}", " ".repeat(text.len() - text.trim_start().len() + "table".len()));
                let mut nodes = read(&blank)?;
                if let Some(Node::Text(first)) = nodes.first_mut() {
                    *first = first.trim_start_matches(' ').to_owned();
                }
                return Ok(Self { text: blank, shape: Shape::Table(nodes) });
            }
            _ => (text, Shape::Lines(read(text)?)),
        };
        Ok(Self { text: text.to_owned(), shape })
    }

    /// The rows in this format, each with a line end.
    ///
    /// # Errors
    /// The template does not suit a row.
    pub(crate) fn render(&self, rows: &[Json], headings: Headings<'_>) -> Result<String, FormatError> {
        let fault = |fault: Fault| FormatError::new(&self.text, fault);
        match &self.shape {
            Shape::Json => Ok(rows.iter().map(|row| format!("{row}\n")).collect()),
            Shape::Lines(nodes) => {
                rows.iter().map(|row| Ok(eval(nodes, row, View::Lines).map_err(fault)? + "\n")).collect()
            }
            Shape::Table(nodes) => {
                let mut lines = vec![eval(nodes, &Json::Null, View::Heading(headings)).map_err(fault)?];
                for row in rows {
                    lines.push(eval(nodes, row, View::Row).map_err(fault)?);
                }
                let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.split('\t').collect()).collect();
                Ok(columns(&cells))
            }
        }
    }
}

/// The heading of the field `name`.
fn heading(headings: Headings<'_>, name: &str) -> String {
    let known = headings.iter().find(|(known, _)| *known == name);
    known.map_or_else(|| name.to_uppercase(), |(_, heading)| (*heading).to_owned())
}
