//! `a[1]=x`, `a+=x`, `a=(…)`.

use std::rc::Rc;

use crate::syntax::Result;
use crate::syntax::ast::bash::{Element, Subscript, Target};
use crate::syntax::ast::{Part, Word};
use crate::syntax::parser::Parser;
use crate::syntax::{is_name_byte, is_name_start};

/// What an assignment begins with, as far as it can be told from the line.
struct Head {
    /// The length of the name.
    name: usize,
    /// Whether a subscript follows it.
    subscript: bool,
    /// Whether parentheses follow.
    elements: bool,
    /// Whether it is more than `name=`.
    special: bool,
}

/// The length of what stands in brackets at the start of the text, with them.
fn brackets(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0u32, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'[' => depth += 1,
            b']' if depth == 1 => return Some(at + 1),
            b']' => depth -= 1,
            b'\\' => at += 1,
            b'\'' => at += text.get(at + 1..)?.iter().position(|byte| *byte == b'\'')? + 1,
            b'"' => {
                at += 1;
                while *text.get(at)? != b'"' {
                    at += if *text.get(at)? == b'\\' { 2 } else { 1 };
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// What the line begins with, if that is an assignment.
fn head(line: &[u8]) -> Option<Head> {
    if !line.first().is_some_and(|byte| is_name_start(*byte)) {
        return None;
    }
    let name = line.iter().take_while(|byte| is_name_byte(**byte)).count();
    let rest = line.get(name..)?;
    let subscript = rest.first() == Some(&b'[');
    let rest = if subscript { rest.get(brackets(rest)?..)? } else { rest };
    let (append, rest) = match rest {
        [b'+', b'=', rest @ ..] => (true, rest),
        [b'=', rest @ ..] => (false, rest),
        _ => return None,
    };
    let elements = rest.first() == Some(&b'(');
    Some(Head { name, subscript, elements, special: subscript || append || elements })
}

impl Parser<'_> {
    /// Reads a word, which with `assigns` may be an assignment.
    pub(super) fn bash_word(&mut self, assigns: bool) -> Result<Word> {
        if assigns
            && !self.input.in_any_alias()
            && let Some(head) = head(self.input.rest_of_line()).filter(|head| head.special)
        {
            return self.assignment(&head);
        }
        self.word()
    }

    fn assignment(&mut self, head: &Head) -> Result<Word> {
        let mut name = Vec::with_capacity(head.name);
        for _ in 0..head.name {
            name.extend(self.input.next());
        }
        let subscript = if head.subscript { Some(self.subscript_word()?) } else { None };
        let append = self.input.peek() == Some(b'+');
        for _ in 0..1 + usize::from(append) {
            self.input.next();
        }
        let elements = if head.elements { Some(self.elements()?) } else { None };
        let value = if elements.is_some() { Word::default() } else { self.word()? };
        let target = Part::Target(name.into(), Rc::new(Target { subscript, append, elements }));
        Ok(Word(core::iter::once(target).chain(value.0).collect()))
    }

    /// Reads what stands in brackets, with them.
    pub(super) fn subscript_word(&mut self) -> Result<Word> {
        self.input.next();
        let mut parts = Vec::new();
        loop {
            parts.extend(self.until(b']')?.0);
            self.input.next();
            let text = parts.iter().filter_map(|part| match part {
                Part::Literal(text) => Some(text),
                _ => None,
            });
            let (open, closed) = text.flatten().fold((0, 0), |(open, closed), byte| {
                (open + usize::from(*byte == b'['), closed + usize::from(*byte == b']'))
            });
            if open <= closed {
                return Ok(Word(parts));
            }
            parts.push(Part::Literal(Box::from(*b"]")));
        }
    }

    /// Reads the brackets behind the name in `${ }`.
    pub(super) fn subscript(&mut self) -> Result<Subscript> {
        let word = self.subscript_word()?;
        Ok(match word.plain() {
            Some(b"@") => Subscript::All,
            Some(b"*") => Subscript::Joined,
            _ => Subscript::Index(word),
        })
    }

    /// Reads `(…)` behind `a=`.
    fn elements(&mut self) -> Result<Vec<Element>> {
        self.opened_line = self.input.line;
        self.input.next();
        let mut elements = Vec::new();
        loop {
            match self.input.peek_joined() {
                Some(b' ' | b'\t' | b'\n') => {
                    self.input.next();
                }
                Some(b'#') => {
                    while self.input.peek().is_some_and(|byte| byte != b'\n') {
                        self.input.next();
                    }
                }
                Some(b')') => {
                    self.input.next();
                    return Ok(elements);
                }
                Some(byte @ (b';' | b'&' | b'|' | b'(')) => {
                    self.input.next();
                    return Err(self.unexpected_text(&char::from(byte).to_string()));
                }
                Some(_) => {
                    let element = self.element()?;
                    elements.push(element);
                }
                None => return Err(self.unclosed(b')', "")),
            }
        }
    }

    fn element(&mut self) -> Result<Element> {
        let line = self.input.rest_of_line();
        let placed = line.first() == Some(&b'[') && {
            let behind = brackets(line).and_then(|length| line.get(length..)).unwrap_or_default();
            behind.starts_with(b"=") || behind.starts_with(b"+=")
        };
        if !placed {
            return Ok(Element { subscript: None, append: false, value: self.word()? });
        }
        let subscript = Some(self.subscript_word()?);
        let append = self.input.peek() == Some(b'+');
        for _ in 0..1 + usize::from(append) {
            self.input.next();
        }
        Ok(Element { subscript, append, value: self.word()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_told_by_what_they_begin_with() {
        for (line, special) in [
            ("a=x", Some(false)),
            ("a+=x", Some(true)),
            ("a[1]=x", Some(true)),
            ("a[$i + 1]+=x", Some(true)),
            ("a['x]']=y", Some(true)),
            ("a=(1 2)", Some(true)),
            ("a[1]", None),
            ("a", None),
            ("1=x", None),
            ("a [1]=x", None),
        ] {
            assert_eq!(head(line.as_bytes()).map(|head| head.special), special, "{line}");
        }
    }
}
