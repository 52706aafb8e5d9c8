//! The content of a layer's file: bytes of the tar as they lie there, or pieces of them with holes between.

/// A piece of a file with holes that is none itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins in the file.
    pub offset: u64,
    /// Its length, in bytes.
    pub len: u64,
}

/// The length of a piece in the index: its offset, its length, and where it lies behind the others in the tar.
const ENCODED: usize = 24;

/// The pieces of a file as they stand in the index, by their offsets.
pub(super) fn encode(pieces: &[Piece]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pieces.len() * ENCODED);
    let mut position = 0u64;
    for Piece { offset, len } in pieces {
        [*offset, *len, position].iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
        position = position.saturating_add(*len);
    }
    out
}

/// The pieces of a file with holes, read where the index has them. What they say is checked when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces<'a>(&'a [[u8; ENCODED]]);

impl<'a> Pieces<'a> {
    /// `None` when the bytes are no pieces.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (pieces, rest) = bytes.as_chunks();
        rest.is_empty().then_some(Self(pieces))
    }

    /// The bytes, for another index.
    pub(crate) fn encoded(&self) -> &'a [u8] {
        self.0.as_flattened()
    }

    /// How many bytes of the tar the pieces are, when they fit into the numbers.
    pub(super) fn stored(&self) -> Option<u64> {
        self.0.last().map_or(Some(0), |last| word(last, 16).checked_add(word(last, 8)))
    }

    /// The first piece that ends behind `at`, and those that follow it: offset, length, position in the tar.
    fn after(&self, at: u64) -> impl Iterator<Item = (u64, u64, u64)> + 'a {
        let first = self.0.partition_point(|piece| word(piece, 0).saturating_add(word(piece, 8)) <= at);
        self.0.get(first..).unwrap_or_default().iter().map(|piece| (word(piece, 0), word(piece, 8), word(piece, 16)))
    }
}

fn word(piece: &[u8; ENCODED], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(piece.get(at..at + 8).unwrap_or(&[0; 8]));
    u64::from_le_bytes(word)
}

/// A file's content.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    len: u64,
    /// What the tar has of it.
    stored: &'a [u8],
    /// Where that belongs, when there are holes.
    pieces: Option<Pieces<'a>>,
}

impl<'a> Content<'a> {
    /// No content.
    pub const EMPTY: Self = Self { len: 0, stored: &[], pieces: None };

    /// These bytes.
    #[must_use]
    pub const fn plain(bytes: &'a [u8]) -> Self {
        Self { len: bytes.len() as u64, stored: bytes, pieces: None }
    }

    /// A file of `len` bytes that are zeros but for the pieces, whose bytes are `stored` one behind the other.
    pub(super) const fn sparse(len: u64, stored: &'a [u8], pieces: Pieces<'a>) -> Self {
        Self { len, stored, pieces: Some(pieces) }
    }

    /// The length in bytes, holes included.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first `len` bytes.
    #[must_use]
    pub fn take(self, len: u64) -> Self {
        let stored = match self.pieces {
            Some(_) => self.stored,
            None => usize::try_from(len).ok().and_then(|len| self.stored.get(..len)).unwrap_or(self.stored),
        };
        Self { len: len.min(self.len), stored, pieces: self.pieces }
    }

    /// Fills `out` with what is from `offset` on, and with zeros behind the end. A hole is zeros, and so is what a
    /// damaged index places where the tar has nothing.
    pub fn read(&self, offset: u64, out: &mut [u8]) {
        let Some(pieces) = self.pieces else {
            copy_padded(out, tail(self.stored, offset));
            return;
        };
        out.fill(0);
        let end = offset.saturating_add(out.len() as u64).min(self.len);
        for (start, len, position) in pieces.after(offset) {
            if start >= end {
                break;
            }
            let from = start.max(offset);
            let to = start.saturating_add(len).min(end);
            let source = tail(self.stored, position.saturating_add(from - start));
            let target = out.get_mut((from - offset) as usize..).unwrap_or_default();
            let count = (to.saturating_sub(from) as usize).min(source.len()).min(target.len());
            if let (Some(target), Some(source)) = (target.get_mut(..count), source.get(..count)) {
                target.copy_from_slice(source);
            }
        }
    }

    /// `len` bytes from `offset`, when they lie in one piece; `None` otherwise, and when they are not all there.
    #[must_use]
    pub fn view(&self, offset: u64, len: usize) -> Option<&'a [u8]> {
        let Some(pieces) = self.pieces else { return tail(self.stored, offset).get(..len) };
        let (start, length, position) = pieces.after(offset).next()?;
        let within = offset.checked_sub(start)?;
        let fits = within.checked_add(len as u64)? <= length && offset.checked_add(len as u64)? <= self.len;
        if fits { tail(self.stored, position.checked_add(within)?).get(..len) } else { None }
    }
}

/// The bytes from `offset` on.
fn tail(bytes: &[u8], offset: u64) -> &[u8] {
    usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default()
}

/// Fills `out` from `source`, and with zeros where that ends.
fn copy_padded(out: &mut [u8], source: &[u8]) {
    let (copied, zeros) = out.split_at_mut(source.len().min(out.len()));
    copied.copy_from_slice(source.get(..copied.len()).unwrap_or_default());
    zeros.fill(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_zeros_wherever_one_reads() {
        let encoded = encode(&[(3, 2), (5, 1), (9, 0), (10, 4)].map(|(offset, len)| Piece { offset, len }));
        let pieces = Pieces::decode(&encoded).unwrap();
        assert_eq!(pieces.stored(), Some(7));
        let content = Content::sparse(16, b"abcdefg", pieces);
        let whole = b"\0\0\0abc\0\0\0\0defg\0\0";
        for start in 0..18 {
            for end in start..19 {
                let mut out = vec![0xaa; end - start];
                content.read(start as u64, &mut out);
                let expected: Vec<u8> = (start..end).map(|at| whole.get(at).copied().unwrap_or(0)).collect();
                assert_eq!(out, expected, "{start}..{end}");
                if let Some(view) = content.view(start as u64, end - start) {
                    assert_eq!(view, &whole[start..end]);
                }
            }
        }
        assert_eq!(content.view(10, 4), Some(&b"defg"[..]));
        assert_eq!((content.view(3, 3), content.view(0, 2), content.view(14, 1)), (None, None, None));
        let mut out = [1; 4];
        content.take(12).read(10, &mut out);
        assert_eq!((out, content.take(12).view(10, 4)), (*b"de\0\0", None));
    }

    #[test]
    fn pieces_without_sense_give_zeros() {
        let words = [u64::MAX, 5, u64::MAX - 1, 1, u64::MAX, u64::MAX];
        for first in words {
            for second in words {
                let encoded: Vec<u8> = [first, second, first].iter().flat_map(|word| word.to_le_bytes()).collect();
                let content = Content::sparse(100, b"abc", Pieces::decode(&encoded).unwrap());
                for offset in [0, 1, 5, 99, u64::MAX] {
                    content.read(offset, &mut [0; 200]);
                    assert!(content.view(offset, 3).is_none_or(|view| view.len() == 3));
                }
            }
        }
        assert!(Pieces::decode(&[0; 25]).is_none());
    }
}
