//! Builds the fields that a word expands to: joins pieces, splits at `IFS`, remembers what was quoted.

use core::ops::Range;

use super::pattern;
use crate::flavour::is_bash;

/// The field separators.
#[derive(Debug, Clone)]
pub struct Separators {
    kinds: [Kind; 256],
    /// What joins the parameters in `"$*"`.
    pub first: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Blank,
    Delimiter,
}

impl Separators {
    /// The separators of this value of `IFS`; `None` when it is unset.
    #[must_use]
    pub fn new(ifs: Option<&[u8]>) -> Self {
        let ifs = ifs.unwrap_or(b" \t\n");
        let mut kinds = [Kind::Ordinary; 256];
        for byte in ifs {
            let kind = if matches!(byte, b' ' | b'\t' | b'\n') { Kind::Blank } else { Kind::Delimiter };
            if let Some(slot) = kinds.get_mut(usize::from(*byte)) {
                *slot = kind;
            }
        }
        Self { kinds, first: ifs.first().copied() }
    }

    fn kind(&self, byte: u8) -> Kind {
        self.kinds.get(usize::from(byte)).copied().unwrap_or(Kind::Ordinary)
    }

    /// Whether the byte separates fields.
    #[must_use]
    pub fn contains(&self, byte: u8) -> bool {
        self.kind(byte) != Kind::Ordinary
    }

    /// Whether the byte is a blank that separates fields.
    #[must_use]
    pub fn is_blank(&self, byte: u8) -> bool {
        self.kind(byte) == Kind::Blank
    }
}

/// One field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// Its text, quotes removed.
    pub text: Vec<u8>,
    /// The quoted stretches that hold bytes special in patterns.
    quoted: Vec<Range<usize>>,
    /// Whether an unquoted `*`, `?` or `[` is in it.
    pub magic: bool,
}

impl Field {
    /// A field of text in which nothing is special.
    #[must_use]
    pub const fn literal(text: Vec<u8>) -> Self {
        Self { text, quoted: Vec::new(), magic: false }
    }

    fn push(&mut self, text: &[u8], quoted: bool) {
        if quoted {
            if is_bash() && !text.is_empty() || text.iter().any(|byte| pattern::is_special(*byte)) {
                self.quoted.push(self.text.len()..self.text.len() + text.len());
            }
        } else {
            self.magic |= text.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['));
            self.magic |= is_bash() && text.contains(&b'(');
        }
        self.text.extend_from_slice(text);
    }

    /// The field as a pattern: what was quoted matches itself.
    #[must_use]
    pub fn pattern(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + 8);
        let mut done = 0;
        for range in &self.quoted {
            out.extend_from_slice(self.text.get(done..range.start).unwrap_or_default());
            for byte in self.text.get(range.clone()).unwrap_or_default() {
                if pattern::is_special(*byte) || is_bash() && b"()|+@".contains(byte) {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            done = range.end;
        }
        out.extend_from_slice(self.text.get(done..).unwrap_or_default());
        out
    }
}

impl Field {
    /// The field as a regular expression: what was quoted matches itself.
    #[must_use]
    pub fn regex(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + 8);
        for (at, byte) in self.text.iter().enumerate() {
            if self.is_quoted(at) && b".[]\\()*+?{}|^$".contains(byte) {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        out
    }

    /// The field as what takes the place of a match; with `matched` an unquoted `&` stands for that.
    #[must_use]
    pub fn replacement(&self, matched: bool) -> Replacement {
        let mut pieces = vec![Vec::new()];
        let mut at = 0;
        while let Some(byte) = self.text.get(at) {
            let quoted = self.is_quoted(at);
            let next = self.text.get(at + 1).filter(|next| matches!(next, b'&' | b'\\'));
            let byte = match (byte, next) {
                (b'&', _) if matched && !quoted => {
                    pieces.push(Vec::new());
                    at += 1;
                    continue;
                }
                (b'\\', Some(next)) if matched && !quoted => {
                    at += 1;
                    *next
                }
                (byte, _) => *byte,
            };
            pieces.last_mut().into_iter().for_each(|piece| piece.push(byte));
            at += 1;
        }
        Replacement { pieces }
    }

    fn is_quoted(&self, at: usize) -> bool {
        self.quoted.iter().any(|range| range.contains(&at))
    }
}

/// What takes the place of a match.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// Between them stands what matched.
    pieces: Vec<Vec<u8>>,
}

impl Replacement {
    /// The text for this match.
    #[must_use]
    pub fn text(&self, matched: &[u8]) -> Vec<u8> {
        self.pieces.join(matched)
    }
}

/// What ended the field before the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Nothing that matters: the start, or a delimiter that needs no more.
    Done,
    /// A blank: a delimiter that follows belongs to it.
    ByBlank,
}

/// What is added to a builder.
#[derive(Debug)]
enum Addition {
    Text(Vec<u8>, bool),
    Listed(Vec<u8>),
    Expanded(Vec<u8>),
    EndOfField,
    Cut,
}

/// Collects fields.
#[derive(Debug)]
pub struct Builder<'s> {
    /// What has been added, where it is split only at the end.
    later: Option<Vec<Addition>>,
    /// Whether expansions are split; `None` makes everything one field.
    separators: Option<&'s Separators>,
    fields: Vec<Field>,
    current: Option<Field>,
    ended: Ended,
    /// Whether the current field is there only for an empty parameter of `"$@"`: with an unquoted expansion of nothing
    /// behind it there is no field (observed).
    weak: bool,
    /// Whether the one field takes no more.
    full: bool,
}

impl<'s> Builder<'s> {
    const fn new(separators: Option<&'s Separators>) -> Self {
        Self {
            later: None,
            separators,
            fields: Vec::new(),
            current: None,
            ended: Ended::Done,
            weak: false,
            full: false,
        }
    }

    /// A builder that splits expansions at the separators that there are at the end, with [`Self::split`].
    #[must_use]
    pub fn splitting_later() -> Self {
        Self { later: Some(Vec::new()), ..Self::new(None) }
    }

    /// A builder that splits expansions at the separators.
    #[must_use]
    pub const fn splitting(separators: &'s Separators) -> Self {
        Self::new(Some(separators))
    }

    /// A builder that makes one field.
    #[must_use]
    pub const fn single() -> Self {
        Self::new(None)
    }

    /// Whether this builder splits.
    #[must_use]
    pub const fn splits(&self) -> bool {
        self.separators.is_some() || self.later.is_some()
    }

    /// Adds text that is not split: from the word itself, or quoted.
    pub fn text(&mut self, text: &[u8], quoted: bool) {
        if let Some(later) = &mut self.later {
            return later.push(Addition::Text(text.to_vec(), quoted));
        }
        if self.full {
            return;
        }
        self.weak = false;
        self.current.get_or_insert_default().push(text, quoted);
    }

    /// Adds a parameter of `"$@"`.
    pub fn listed(&mut self, text: &[u8]) {
        if let Some(later) = &mut self.later {
            return later.push(Addition::Listed(text.to_vec()));
        }
        let weak = text.is_empty() && (self.weak || self.current.is_none());
        self.text(text, true);
        self.weak = weak;
    }

    /// Adds the result of an unquoted expansion.
    pub fn expanded(&mut self, text: &[u8]) {
        if let Some(later) = &mut self.later {
            return later.push(Addition::Expanded(text.to_vec()));
        }
        let Some(separators) = self.separators else {
            if !text.is_empty() {
                self.text(text, false);
            }
            return;
        };
        if text.is_empty() && core::mem::take(&mut self.weak) {
            self.current = None;
        }
        let mut rest = text;
        while let Some((first, tail)) = rest.split_first() {
            match separators.kind(*first) {
                Kind::Ordinary => {
                    let length = rest.iter().take_while(|byte| separators.kind(**byte) == Kind::Ordinary).count();
                    let (head, tail) = rest.split_at(length);
                    self.text(head, false);
                    rest = tail;
                    continue;
                }
                Kind::Blank => {
                    if self.finish_current() {
                        self.ended = Ended::ByBlank;
                    }
                }
                Kind::Delimiter => {
                    if !self.finish_current() && self.ended != Ended::ByBlank {
                        self.fields.push(Field::default());
                    }
                    self.ended = Ended::Done;
                }
            }
            rest = tail;
        }
    }

    fn finish_current(&mut self) -> bool {
        self.weak = false;
        let field = self.current.take();
        let some = field.is_some();
        self.fields.extend(field);
        some
    }

    /// Ends the current field, if there is one, as a blank does: between the parameters of `$@`.
    pub fn end_field(&mut self) {
        if let Some(later) = &mut self.later {
            return later.push(Addition::EndOfField);
        }
        if self.separators.is_some() && self.finish_current() {
            self.ended = Ended::ByBlank;
        }
    }

    /// Ends the current field for good: where there is only one, nothing is added to it any more.
    pub fn cut(&mut self) {
        if let Some(later) = &mut self.later {
            return later.push(Addition::Cut);
        }
        self.end_field();
        self.full = self.separators.is_none();
    }

    /// The fields of a builder that splits at the end, at these separators.
    #[must_use]
    pub fn split(self, separators: &Separators) -> Vec<Field> {
        let mut builder = Builder::splitting(separators);
        for addition in self.later.unwrap_or_default() {
            match addition {
                Addition::Text(text, quoted) => builder.text(&text, quoted),
                Addition::Listed(text) => builder.listed(&text),
                Addition::Expanded(text) => builder.expanded(&text),
                Addition::EndOfField => builder.end_field(),
                Addition::Cut => builder.cut(),
            }
        }
        builder.finish()
    }

    /// The fields.
    #[must_use]
    pub fn finish(mut self) -> Vec<Field> {
        self.finish_current();
        self.fields
    }

    /// The only field of a builder that doesn't split.
    #[must_use]
    pub fn finish_single(self) -> Field {
        self.current.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(ifs: &str, pieces: &[(&str, bool)]) -> Vec<String> {
        let separators = Separators::new(Some(ifs.as_bytes()));
        let mut builder = Builder::splitting(&separators);
        for (text, split) in pieces {
            if *split { builder.expanded(text.as_bytes()) } else { builder.text(text.as_bytes(), true) }
        }
        builder.finish().into_iter().map(|field| String::from_utf8(field.text).unwrap()).collect()
    }

    #[test]
    fn splitting_follows_the_standard() {
        for (text, fields) in [
            ("d: ", &["d"][..]),
            ("d : ", &["d"]),
            (" d", &["d"]),
            (": ", &[""]),
            (" ", &[]),
            ("d::", &["d", ""]),
            ("a : b", &["a", "b"]),
            ("a: : b", &["a", "", "b"]),
            (" :a", &["", "a"]),
        ] {
            assert_eq!(split(": ", &[(text, true)]), fields, "{text}");
        }
        assert_eq!(split(":", &[("a:", true), ("", false)]), ["a", ""]);
        assert_eq!(split(":", &[("x", false), (":a", true)]), ["x", "a"]);
        assert_eq!(split(" ", &[("a", false), (" x", true), (" x", true)]), ["a", "x", "x"]);
    }

    #[test]
    fn a_delimiter_behind_a_parameter_belongs_to_its_end() {
        let separators = Separators::new(Some(b":"));
        for (parameters, fields) in [
            (&["a", ":", "b"][..], &["a", "b"][..]),
            (&["a", ":b"], &["a", "b"]),
            (&[":", "a"], &["", "a"]),
            (&["a", "::", "b"], &["a", "", "b"]),
            (&[":", ":"], &["", ""]),
            (&["a", "", "b"], &["a", "b"]),
        ] {
            let mut builder = Builder::splitting(&separators);
            for parameter in parameters {
                builder.expanded(parameter.as_bytes());
                builder.end_field();
            }
            let found: Vec<_> = builder.finish().into_iter().map(|field| field.text).collect();
            assert_eq!(found, fields.iter().map(|field| field.as_bytes()).collect::<Vec<_>>(), "{parameters:?}");
        }
    }

    #[test]
    fn quoted_text_is_escaped_in_patterns() {
        let mut builder = Builder::single();
        builder.text(b"a*", true);
        builder.text(b"b*", false);
        let field = builder.finish_single();
        assert!(field.magic);
        assert_eq!(field.pattern(), b"a\\*b*");
    }
}
