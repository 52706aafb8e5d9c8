//! Evaluates `[[ … ]]`.

use std::cmp::Ordering;

use applets::core::test::{compare_files, unary};
use applets::regex::{Regex, Syntax};

use super::array::Array;
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::ast::Word;
use crate::syntax::ast::bash::Condition;

/// How a condition came out.
type Outcome = Flow<Result<bool, u8>>;

impl Shell {
    /// Runs `[[ … ]]`: the status says whether it holds.
    pub(super) fn eval_condition(&mut self, condition: &Condition) -> Flow {
        let name = self.command_name.replace(b"[[".into());
        let outcome = self.holds(condition);
        self.command_name = name;
        self.status = match outcome {
            Ok(Ok(holds)) => u8::from(!holds),
            Ok(Err(status)) => status,
            // What is wrong with an expression is a condition that does not hold.
            Err(Unwind::Error) => 1,
            Err(unwind) => return Err(unwind),
        };
        Ok(())
    }

    fn holds(&mut self, condition: &Condition) -> Outcome {
        match condition {
            Condition::Not(inner) => Ok(self.holds(inner)?.map(|holds| !holds)),
            Condition::Group(inner) => self.holds(inner),
            Condition::And(left, right) => match self.holds(left)? {
                Ok(true) => self.holds(right),
                outcome => Ok(outcome),
            },
            Condition::Or(left, right) => match self.holds(left)? {
                Ok(false) => self.holds(right),
                outcome => Ok(outcome),
            },
            Condition::Word(word) => {
                let text = self.expand_string(word)?;
                self.trace_condition(&[b"-n", &shown(&text)]);
                Ok(Ok(!text.is_empty()))
            }
            Condition::Unary(letter, word) => {
                let text = self.expand_string(word)?;
                self.trace_condition(&[&[b'-', *letter], &shown(&text)]);
                self.holds_of(*letter, &text)
            }
            Condition::Binary(left, operator, right) => self.compares(left, operator, right),
        }
    }

    fn holds_of(&mut self, letter: u8, text: &[u8]) -> Outcome {
        Ok(Ok(match letter {
            b'v' => self.is_set(text)?,
            b'R' => self.vars.variable(text).is_some_and(|found| found.traits.has(crate::vars::Traits::REFERENCE)),
            b'o' => Opt::from_name(text).is_some_and(|option| self.has(option)),
            b'a' => unary(b'e', text).unwrap_or(false),
            b't' => {
                let number = core::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
                number.is_some_and(wcr_sys::fd::is_tty)
            }
            letter => unary(letter, text).unwrap_or(false),
        }))
    }

    /// Whether what a text names has a value.
    /// # Errors
    /// A subscript's.
    pub(crate) fn is_set(&mut self, text: &[u8]) -> Flow<bool> {
        if text.iter().all(u8::is_ascii_digit) {
            let index = core::str::from_utf8(text).ok().and_then(|text| text.parse::<usize>().ok());
            return Ok(index.is_some_and(|index| index == 0 || index <= self.params.len()));
        }
        match super::variables::split_element(text) {
            (name, Some(b"@" | b"*")) => Ok(!self.vars.all(name).is_empty()),
            (name, Some(subscript)) => {
                let key = self.key(name, subscript)?;
                Ok(self.vars.element(name, &key).is_some())
            }
            (name, None) => Ok(self.vars.get(name).is_some()),
        }
    }

    fn compares(&mut self, left: &Word, operator: &[u8], right: &Word) -> Outcome {
        let text = self.expand_string(left)?;
        match operator {
            b"=~" => return self.matches_regex(&text, right),
            b"=" | b"==" | b"!=" => {
                let pattern = self.expand_pattern(right)?.into_owned();
                self.trace_condition(&[&shown(&text), operator, &shown_pattern(&pattern)]);
                let matches = self.pattern_style(true).matches(&pattern, &text);
                return Ok(Ok(matches == (operator != b"!=")));
            }
            _ => {}
        }
        let other = self.expand_string(right)?;
        self.trace_condition(&[&shown(&text), operator, &shown(&other)]);
        let order = match operator {
            b"-nt" | b"-ot" | b"-ef" => return Ok(Ok(compares_files(&text, operator, &other))),
            b"<" | b">" => text.cmp(&other),
            _ => self.arithmetic(&text)?.cmp(&self.arithmetic(&other)?),
        };
        Ok(Ok(match operator {
            b"<" | b"-lt" => order == Ordering::Less,
            b">" | b"-gt" => order == Ordering::Greater,
            b"-eq" => order == Ordering::Equal,
            b"-ne" => order != Ordering::Equal,
            b"-le" => order != Ordering::Greater,
            _ => order != Ordering::Less,
        }))
    }

    fn matches_regex(&mut self, text: &[u8], word: &Word) -> Outcome {
        let pattern = self.expand_regex(word)?;
        self.trace_condition(&[&shown(text), b"=~", &shown_pattern(&pattern)]);
        let syntax = Syntax { ignore_case: self.shopt(super::shopt::Shopt::NoCaseMatch), ..Syntax::GNU_EXTENDED };
        let Ok(regex) = Regex::new(&pattern, syntax) else { return Ok(Err(2)) };
        let Some(captures) = regex.captures_at(text, 0, false) else {
            self.vars.set_array(b"BASH_REMATCH", Array::default());
            return Ok(Ok(false));
        };
        let groups = captures.iter().map(|span| span.and_then(|(start, end)| text.get(start..end)));
        let groups = groups.map(|group| group.unwrap_or_default().to_vec()).collect::<Vec<_>>();
        self.vars.set_array(b"BASH_REMATCH", Array::of(groups));
        Ok(Ok(true))
    }

    fn trace_condition(&mut self, words: &[&[u8]]) {
        if self.has(Opt::XTrace) {
            let line = [b"[[ ", &words.join(&b' ')[..], b" ]]"].concat();
            self.trace_line(&line);
        }
    }
}

/// Whether one file is newer or older than another, or the same: one that is not there is older than any.
pub(crate) fn compares_files(left: &[u8], operator: &[u8], right: &[u8]) -> bool {
    let exists = |path| wcr_sys::fs::stat(path).is_ok();
    match (operator, exists(left), exists(right)) {
        (b"-nt", true, false) | (b"-ot", false, true) => true,
        _ => compare_files(left, operator, right),
    }
}

/// A text as the trace of a condition shows it.
fn shown(text: &[u8]) -> Vec<u8> {
    if text.is_empty() { b"''".to_vec() } else { super::quote::if_needed(text) }
}

fn shown_pattern(pattern: &[u8]) -> Vec<u8> {
    if pattern.is_empty() { b"''".to_vec() } else { pattern.to_vec() }
}
