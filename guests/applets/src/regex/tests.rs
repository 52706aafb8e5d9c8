use super::{Error, Regex, Syntax};

fn find(syntax: Syntax, pattern: &str, text: &str) -> Option<(usize, usize)> {
    Regex::new(pattern.as_bytes(), syntax).unwrap().find(text.as_bytes())
}
