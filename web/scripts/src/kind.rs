//! In what the text in the editor is written.

use std::path::Path;

use wcr_harness::Kind;

/// The field with which structure tests begin.
const FIRST_FIELD: &str = "schemaVersion";

/// What a text is: by its name, as for `wcr test`, unless it begins as a structure test does. In a page a text comes
/// easily without its name.
pub(crate) fn of(name: &str, text: &str) -> Kind {
    match Kind::of_name(Path::new(name)) {
        Some(Kind::Structure) => Kind::Structure,
        _ if begins_with_field(text) => Kind::Structure,
        _ => Kind::Rhai,
    }
}

/// Whether the first thing in a text, which may be YAML or JSON, is the field.
fn begins_with_field(text: &str) -> bool {
    let is_beside = |line: &&str| line.is_empty() || line.starts_with('#') || line.starts_with("---");
    let text: String = text.lines().map(str::trim).skip_while(is_beside).take(2).collect();
    let text = text.strip_prefix('{').unwrap_or(&text).trim_start();
    let name = text.trim_start_matches(['"', '\'']);
    name.strip_prefix(FIRST_FIELD)
        .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
}
