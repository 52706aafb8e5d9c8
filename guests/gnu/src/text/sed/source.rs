//! The text of a script, of which every `-e` and `-f` gives a piece, and where in it something is wrong.

use applets::{Context, Quit};

/// What a piece is called in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The option `-e` with this number.
    Expression(usize),
    /// A file.
    File(Vec<u8>),
}

/// A piece of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) origin: Origin,
    pub(super) text: Vec<u8>,
}

/// Reads the pieces, byte by byte.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pieces: &'a [Piece],
    piece: usize,
    at: usize,
}

impl<'a> Source<'a> {
    /// The beginning of the first piece.
    pub(super) fn new(pieces: &'a [Piece]) -> Self {
        Self { pieces, piece: 0, at: 0 }
    }

    fn text(&self) -> &'a [u8] {
        self.pieces.get(self.piece).map(|piece| piece.text.as_slice()).unwrap_or_default()
    }

    /// The next byte of the piece, which is not taken.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text().get(self.at).copied()
    }

    /// Takes the next byte of the piece.
    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Gives the last byte back.
    pub(super) fn back(&mut self) {
        self.at -= 1;
    }

    /// Takes bytes as long as `test` holds.
    pub(super) fn take(&mut self, test: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.text().get(self.at..).unwrap_or_default();
        let len = rest.iter().take_while(|byte| test(**byte)).count();
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    /// Takes blanks, but no ends of lines.
    pub(super) fn skip_blanks(&mut self) {
        self.take(|byte| byte != b'\n' && applets::number::is_space(byte));
    }

    /// Goes to the next piece; whether there is one.
    pub(super) fn next_piece(&mut self) -> bool {
        if self.piece + 1 < self.pieces.len() {
            self.piece += 1;
            self.at = 0;
            return true;
        }
        false
    }

    /// Whether nothing but the first two bytes of the first piece was taken.
    pub(super) fn is_behind_first_two(&self) -> bool {
        self.piece == 0 && self.at == 2
    }

    /// What the current piece is called, with the place in it.
    fn place(&self, in_text: bool) -> Vec<u8> {
        match self.pieces.get(self.piece).map(|piece| &piece.origin) {
            Some(Origin::File(path)) => {
                let before = self.text().get(..self.at).unwrap_or_default();
                let line = memchr::memchr_iter(b'\n', before).count() + 1;
                [b"file ", path.as_slice(), b" line ", line.to_string().as_bytes()].concat()
            }
            Some(Origin::Expression(number)) => {
                format!("-e expression #{number}, char {}", if in_text { self.at } else { 0 }).into_bytes()
            }
            None => b"-e expression #0, char 0".to_vec(),
        }
    }

    /// What the last piece is called where no place in it is to blame.
    pub(super) fn whole(&self) -> Vec<u8> {
        self.place(false)
    }

    /// Tells what is wrong at the current place; the reason to stop.
    pub(super) fn wrong(&self, ctx: &mut Context<'_>, message: &[u8]) -> Quit {
        let place = self.place(true);
        ctx.complain(&[&place, b": ", message]);
        Quit(1)
    }
}
