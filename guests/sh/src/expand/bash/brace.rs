//! `{a,b}` and `{1..3}`.

use crate::syntax::ast::{Part, Word};

/// A piece of a word.
#[derive(Clone)]
enum Piece {
    /// Unquoted text.
    Byte(u8),
    /// Anything else.
    Whole(Part),
}

/// Whether there may be braces to expand in a word.
#[must_use]
pub fn has_braces(word: &Word) -> bool {
    word.0.iter().any(|part| matches!(part, Part::Literal(text) if text.contains(&b'{')))
}

/// The words that a word becomes.
#[must_use]
pub fn expand(word: &Word) -> Vec<Word> {
    let mut pieces = Vec::new();
    for part in &word.0 {
        match part {
            Part::Literal(text) => pieces.extend(text.iter().copied().map(Piece::Byte)),
            part => pieces.push(Piece::Whole(part.clone())),
        }
    }
    expanded(&pieces).into_iter().map(joined).collect()
}

fn joined(pieces: Vec<Piece>) -> Word {
    let (mut parts, mut text) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Byte(byte) => text.push(byte),
            Piece::Whole(part) => {
                if !text.is_empty() {
                    parts.push(Part::Literal(core::mem::take(&mut text).into()));
                }
                parts.push(part);
            }
        }
    }
    if !text.is_empty() {
        parts.push(Part::Literal(text.into()));
    }
    Word(parts)
}

fn is(piece: &Piece, byte: u8) -> bool {
    matches!(piece, Piece::Byte(found) if *found == byte)
}

/// The place of the brace that closes the one at the start.
fn closing(pieces: &[Piece]) -> Option<usize> {
    let mut depth = 0u32;
    pieces.iter().position(|piece| {
        depth += u32::from(is(piece, b'{'));
        if is(piece, b'}') {
            depth -= 1;
        }
        depth == 0
    })
}

fn expanded(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let Some(open) = pieces.iter().position(|piece| is(piece, b'{')) else { return vec![pieces.to_vec()] };
    let (prefix, from) = pieces.split_at_checked(open).unwrap_or_default();
    let found = closing(from).and_then(|close| {
        let inner = from.get(1..close)?;
        Some((alternatives(inner).or_else(|| sequence(inner))?, from.get(close + 1..)?))
    });
    let Some((choices, rest)) = found else {
        // No expansion here, but perhaps within or behind.
        let tails = expanded(from.get(1..).unwrap_or_default());
        return tails.into_iter().map(|tail| [prefix, &[Piece::Byte(b'{')], &tail[..]].concat()).collect();
    };
    let tails = expanded(rest);
    let each =
        choices.iter().flat_map(|choice| tails.iter().map(move |tail| [prefix, &choice[..], &tail[..]].concat()));
    each.collect()
}

/// What commas separate, each expanded; `None` without a comma.
fn alternatives(inner: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    let (mut depth, mut start, mut found) = (0u32, 0, Vec::new());
    for (at, piece) in inner.iter().enumerate() {
        match piece {
            Piece::Byte(b'{') => depth += 1,
            Piece::Byte(b'}') => depth = depth.saturating_sub(1),
            Piece::Byte(b',') if depth == 0 => {
                found.push(inner.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    if found.is_empty() {
        return None;
    }
    found.push(inner.get(start..)?);
    Some(found.into_iter().flat_map(expanded).collect())
}

/// What `a..b` and `a..b..step` stand for.
fn sequence(inner: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    let text: Option<Vec<u8>> = inner
        .iter()
        .map(|piece| match piece {
            Piece::Byte(byte) => Some(*byte),
            Piece::Whole(_) => None,
        })
        .collect();
    let text = String::from_utf8(text?).ok()?;
    let mut ends = text.split("..");
    let (first, last, step) = (ends.next()?, ends.next()?, ends.next());
    if ends.next().is_some() {
        return None;
    }
    let step = step.map_or(Some(1i64), |step| step.parse().ok())?.unsigned_abs().max(1);
    let single = |text: &str| (text.len() == 1).then(|| text.bytes().next()).flatten().filter(u8::is_ascii_alphabetic);
    let pieces = |text: Vec<u8>| text.into_iter().map(Piece::Byte).collect();
    if let (Some(first), Some(last)) = (single(first), single(last)) {
        return Some(steps(first.into(), last.into(), step).map(|value| pieces(vec![value as u8])).collect());
    }
    let (low, high): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
    let padded = |text: &str| text.trim_start_matches('-').starts_with('0') && text.trim_start_matches('-').len() > 1;
    let width = if padded(first) || padded(last) { first.len().max(last.len()) } else { 0 };
    Some(steps(low, high, step).map(|value| pieces(format!("{value:0width$}").into_bytes())).collect())
}

fn steps(first: i64, last: i64, step: u64) -> impl Iterator<Item = i64> {
    let count = first.abs_diff(last) / step;
    let sign = if first <= last { 1 } else { -1 };
    (0..=count).map(move |index| first.wrapping_add((index * step) as i64 * sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_become_words() {
        for (text, expected) in [
            ("{a,b}{1,2}", "a1 a2 b1 b2"),
            ("{1..10..3}", "1 4 7 10"),
            ("{e..a..2}", "e c a"),
            ("{01..10..3}", "01 04 07 10"),
            ("x{,y}", "x xy"),
            ("{a}", "{a}"),
            ("{}", "{}"),
            ("{a,b}c{d", "ac{d bc{d"),
            ("{a,{b,c}}", "a b c"),
            ("{a{b,c}}", "{ab} {ac}"),
            ("{-1..1}", "-1 0 1"),
            ("{1..}", "{1..}"),
        ] {
            let words = expand(&Word::literal(text.as_bytes()));
            let words: Vec<_> = words.iter().map(|word| word.plain().unwrap_or_default()).collect();
            assert_eq!(words.join(&b' '), expected.as_bytes(), "{text}");
        }
    }
}
