//! Files with holes, in the forms that GNU tar writes (its manual, "Storing Sparse Files"): a map tells where in the file
//! the pieces belong of which the tar has the bytes, one behind the other.

use wcr_vfs::layer::Piece;

use super::header::{BLOCK, Reason};
use super::number::{decimal, field_number};

/// The length of a piece in a header of the old form, or in a block behind it: two fields of twelve bytes.
const PAIR: usize = 24;

/// What a header of type `S` says, or a block behind it.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct GnuMap {
    pub pieces: Vec<Piece>,
    /// A block with more of them follows.
    pub more: bool,
    /// The length of the file.
    pub size: i64,
}

impl GnuMap {
    /// Reads the part of a header that is about holes.
    pub(super) fn parse(header: &[u8; BLOCK]) -> Result<Self, Reason> {
        let mut map = Self { size: number(&header[483..495])?, more: header[482] != 0, pieces: Vec::new() };
        map.take(&header[386..482])?;
        Ok(map)
    }

    /// Reads a block behind the header.
    pub(super) fn extend(&mut self, block: &[u8; BLOCK]) -> Result<(), Reason> {
        self.more = block[504] != 0;
        self.take(&block[..504])
    }

    /// Reads pieces, up to the first without an offset.
    fn take(&mut self, fields: &[u8]) -> Result<(), Reason> {
        for pair in fields.chunks_exact(PAIR).take_while(|pair| pair[0] != 0) {
            let (offset, len) = pair.split_at(PAIR / 2);
            self.pieces.push(piece(number(offset)?, number(len)?)?);
        }
        Ok(())
    }
}

fn number(field: &[u8]) -> Result<i64, Reason> {
    field_number(field).map_err(|reason| format!("the map of its holes: {reason}"))
}

fn piece(offset: i64, len: i64) -> Result<Piece, Reason> {
    match (u64::try_from(offset), u64::try_from(len)) {
        (Ok(offset), Ok(len)) => Ok(Piece { offset, len }),
        _ => Err("the map of its holes has a negative number".into()),
    }
}

/// What the records of an extended header say of a file's holes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PaxSparse {
    major: Option<i64>,
    minor: Option<i64>,
    /// The file's name; that of the header is one for programs that do not know the form.
    pub name: Option<Vec<u8>>,
    size: Option<i64>,
    count: Option<i64>,
    pieces: Vec<Piece>,
    /// The offset of a piece whose length is still to come.
    offset: Option<i64>,
}

impl PaxSparse {
    /// Takes the record `GNU.sparse.KEY`.
    pub(super) fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), Reason> {
        match key {
            b"major" => self.major = Some(decimal(value)?),
            b"minor" => self.minor = Some(decimal(value)?),
            b"name" if value.is_empty() || value.contains(&0) => return Err("it is no name".into()),
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.size = Some(decimal(value)?),
            b"numblocks" => self.count = Some(decimal(value)?),
            b"offset" => {
                if self.offset.replace(decimal(value)?).is_some() {
                    return Err("it is there twice without a length".into());
                }
            }
            b"numbytes" => {
                let offset = self.offset.take().ok_or("there is no offset before it")?;
                self.pieces.push(piece(offset, decimal(value)?)?);
            }
            b"map" => {
                let numbers = value.split(|b| *b == b',').filter(|_| !value.is_empty());
                self.pieces = pairs(numbers)?;
            }
            _ => return Err("it is not known".into()),
        }
        Ok(())
    }

    /// The form, once all records are read.
    pub(super) fn form(self) -> Result<Form, Reason> {
        let Self { major, minor, size, count, pieces, offset, .. } = self;
        let size = size.ok_or("it has holes, but no size")?;
        match (major.unwrap_or(0), minor.unwrap_or(0)) {
            (0, 0 | 1) => {
                if offset.is_some() || count.is_some_and(|count| u64::try_from(count) != Ok(pieces.len() as u64)) {
                    return Err("the map of its holes is not complete".into());
                }
                Ok(Form::Known(size, pieces))
            }
            (1, 0) => Ok(Form::InContent(size)),
            (major, minor) => Err(format!("its holes are in the form {major}.{minor}, which is not known")),
        }
    }
}

/// Where the map of a file of some size is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It has been read.
    Known(i64, Vec<Piece>),
    /// In blocks behind the header.
    InBlocks(GnuMap),
    /// In blocks at the beginning of the content.
    InContent(i64),
}

/// Reads the map at the beginning of a content: lines with a number each, first the number of pieces. `None` when more
/// is to come.
pub(super) fn content_map(text: &[u8]) -> Result<Option<Vec<Piece>>, Reason> {
    let mut lines = text.split(|b| *b == b'\n');
    // What stands behind the last end of a line is no line.
    let whole = text.iter().filter(|b| **b == b'\n').count();
    if whole == 0 {
        return if text.len() < BLOCK { Ok(None) } else { Err("the map of its holes has no number of pieces".into()) };
    }
    let count = decimal(lines.next().unwrap_or_default()).ok().and_then(|count| usize::try_from(count).ok());
    let count = count.ok_or("the map of its holes has a malformed number of pieces")?;
    let numbers = count.checked_mul(2).ok_or("the map of its holes has too many pieces")?;
    if whole - 1 < numbers { Ok(None) } else { pairs(lines.take(numbers)).map(Some) }
}

/// Pieces, as offsets and lengths in turns.
fn pairs<'a>(mut numbers: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Piece>, Reason> {
    let mut pieces = Vec::new();
    while let Some(offset) = numbers.next() {
        let len = numbers.next().ok_or("the map of its holes ends with an offset")?;
        let number = |text| decimal(text).map_err(|reason| format!("the map of its holes: {reason}"));
        pieces.push(piece(number(offset)?, number(len)?)?);
    }
    Ok(pieces)
}

/// Checks that the pieces lie one behind the other within a file of `size` bytes and are `stored` bytes in all.
pub(super) fn check(pieces: &[Piece], size: u64, stored: u64) -> Result<(), Reason> {
    let (mut end, mut sum) = (0u64, 0u64);
    for Piece { offset, len } in pieces {
        let next = offset.checked_add(*len).filter(|next| *next <= size && *offset >= end);
        end = next.ok_or("the pieces between its holes overlap, or lie outside of it")?;
        sum += len;
    }
    if sum == stored { Ok(()) } else { Err("the map of its holes is of another length than its content".into()) }
}
