//! The text of `vi`: bytes in lines, each ended by a newline, and places in it.

/// Text that is never empty and always ends with a newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(Vec<u8>);

impl Text {
    /// The text with a newline at its end.
    pub(super) fn new(mut bytes: Vec<u8>) -> Self {
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn at(&self, place: usize) -> u8 {
        self.0.get(place).copied().unwrap_or(b'\n')
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &[u8] {
        self.0.get(start..end).unwrap_or_default()
    }

    /// Puts other bytes in the place of some.
    pub(super) fn splice(&mut self, start: usize, end: usize, bytes: &[u8]) {
        let end = end.min(self.0.len());
        self.0.splice(start.min(end)..end, bytes.iter().copied());
        if self.0.last() != Some(&b'\n') {
            self.0.push(b'\n');
        }
    }

    /// Where the line of a place begins.
    pub(super) fn begin(&self, place: usize) -> usize {
        memchr::memrchr(b'\n', self.slice(0, place.min(self.len()))).map_or(0, |at| at + 1)
    }

    /// Where the newline of a place's line is.
    pub(super) fn end(&self, place: usize) -> usize {
        let rest = self.0.get(place..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.len().saturating_sub(1), |at| place + at)
    }

    /// Where the next line begins; `None` behind the last one.
    pub(super) fn next(&self, place: usize) -> Option<usize> {
        Some(self.end(place) + 1).filter(|next| *next < self.len())
    }

    /// Where the line before begins; `None` in the first one.
    pub(super) fn before(&self, place: usize) -> Option<usize> {
        let begin = self.begin(place);
        (begin > 0).then(|| self.begin(begin - 1))
    }

    /// The number of a place's line, from 1 on.
    pub(super) fn line(&self, place: usize) -> usize {
        memchr::memchr_iter(b'\n', self.slice(0, place.min(self.len()))).count() + 1
    }

    pub(super) fn lines(&self) -> usize {
        memchr::memchr_iter(b'\n', &self.0).count()
    }

    /// Where the line of a number begins; the last one for a number that is too large.
    pub(super) fn of_line(&self, number: usize) -> usize {
        let mut place = 0;
        for _ in 1..number {
            match self.next(place) {
                Some(next) => place = next,
                None => break,
            }
        }
        place
    }

    /// The last place of a line that the cursor can stand on.
    pub(super) fn last(&self, place: usize) -> usize {
        let end = self.end(place);
        if end > self.begin(place) { end - 1 } else { end }
    }

    /// The first byte of a line that is no blank.
    pub(super) fn first_word(&self, place: usize) -> usize {
        let (begin, last) = (self.begin(place), self.last(place));
        (begin..=last).find(|at| !matches!(self.at(*at), b' ' | b'\t')).unwrap_or(last)
    }

    /// The column of a place on the screen, from 0 on.
    pub(super) fn column(&self, place: usize, tab: usize) -> usize {
        self.slice(self.begin(place), place).iter().fold(0, |column, byte| column + width(*byte, column, tab))
    }

    /// The place in a line at a column or before it.
    pub(super) fn at_column(&self, line: usize, wanted: usize, tab: usize) -> usize {
        let (begin, last) = (self.begin(line), self.last(line));
        let (mut column, mut place) = (0, begin);
        while place < last {
            column += width(self.at(place), column, tab);
            if column > wanted {
                break;
            }
            place += 1;
        }
        place
    }
}

/// How many columns a byte takes.
pub(super) fn width(byte: u8, column: usize, tab: usize) -> usize {
    match byte {
        b'\t' => tab - column % tab,
        0..32 | 127 => 2,
        _ => 1,
    }
}

/// What words are made of: blanks, letters and digits, or other signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Blank,
    Word,
    Sign,
}

/// The class of a byte; with `big` all that is no blank is of one.
pub(super) fn class(byte: u8, big: bool) -> Class {
    match byte {
        _ if byte.is_ascii_whitespace() => Class::Blank,
        _ if big || byte.is_ascii_alphanumeric() || byte == b'_' => Class::Word,
        _ => Class::Sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let text = Text::new(b"one two\n\n\tthree".to_vec());
        assert_eq!((text.lines(), text.line(8), text.of_line(3), text.of_line(9)), (3, 2, 9, 9));
        assert_eq!((text.last(0), text.last(8), text.first_word(9)), (6, 8, 10));
        assert_eq!(
            (text.column(12, 8), text.at_column(9, 9, 8), text.before(9), text.next(9)),
            (10, 11, Some(8), None)
        );
    }
}
