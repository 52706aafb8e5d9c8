//! Passing over lines that cannot match, many at a time.

use memchr::memmem::Finder;

use super::Regex;

/// How the lines of a text are looked through.
#[derive(Debug)]
pub enum LineScan {
    /// By text without which a line cannot match.
    Required(Finder<'static>),
    /// By text without which a line in lower case cannot match.
    Folded(Finder<'static>),
    /// By the expression itself.
    Automaton,
}

/// How much is brought to lower case at a time, in bytes.
const FOLDED: usize = 4096;

impl LineScan {
    /// The fastest way for an expression; `None` where each line has to be tried.
    #[must_use]
    pub fn of(regex: &Regex) -> Option<Self> {
        let finder = |literal| Finder::new(literal).into_owned();
        match (regex.required_literal(), regex.required_folded()) {
            ([], folded) if (2..FOLDED / 2).contains(&folded.len()) => Some(Self::Folded(finder(folded))),
            ([], _) => regex.scans_lines().then_some(Self::Automaton),
            (literal, _) => Some(Self::Required(finder(literal))),
        }
    }

    /// A place in the first line of `text` that may match `regex`, which this was made for.
    #[must_use]
    pub fn candidate(&self, regex: &Regex, text: &[u8], delimiter: u8) -> Option<usize> {
        match self {
            Self::Required(finder) => finder.find(text),
            Self::Folded(finder) => find_in_lower_case(finder, text),
            Self::Automaton => regex.first_matching_line(text, delimiter),
        }
    }
}

/// Where the text, brought to lower case, has what `finder` looks for.
fn find_in_lower_case(finder: &Finder<'_>, text: &[u8]) -> Option<usize> {
    let (mut folded, mut start) = ([0; FOLDED], 0);
    loop {
        let piece = text.get(start..text.len().min(start + FOLDED)).filter(|piece| !piece.is_empty())?;
        folded.iter_mut().zip(piece).for_each(|(to, from)| *to = from.to_ascii_lowercase());
        if let Some(at) = finder.find(folded.get(..piece.len())?) {
            return Some(start + at);
        }
        if start + piece.len() == text.len() {
            return None;
        }
        // What begins in this piece may end in the next one.
        start += piece.len() + 1 - finder.needle().len();
    }
}

#[cfg(test)]
mod tests {
    use super::{FOLDED, Finder, find_in_lower_case};

    #[test]
    fn lower_case_is_searched_across_pieces() {
        let finder = Finder::new("needle");
        for start in [0, 1, FOLDED - 6, FOLDED - 3, FOLDED, 2 * FOLDED - 10, 3 * FOLDED] {
            let mut text = vec![b'N'; start];
            text.extend_from_slice(b"NeEdLe");
            assert_eq!(find_in_lower_case(&finder, &text), Some(start), "{start}");
            text.pop();
            assert_eq!(find_in_lower_case(&finder, &text), None, "{start}");
        }
        assert_eq!(find_in_lower_case(&finder, b""), None);
    }
}
