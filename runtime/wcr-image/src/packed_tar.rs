//! A layer's tar in frames of zstd, each of which is unpacked when something of it is first needed: how the built-in image
//! reaches a browser.
//!
//! Programs of one kind share code, so that together they take a third less than each for itself; but a decoder gives nothing
//! of a frame before all of it is there, and a shell's first prompt should not wait for what it does not need. So who packs
//! says which files share a frame.
//!
//! The file is little-endian: [`MAGIC`]; the number of frames; for each its packed length, the number of the tar's ranges
//! in it, and these (start and length), all of 32 bits; then the frames.

use std::sync::OnceLock;

use wcr_vfs::layer::{LayerData, TarData};

use crate::error::{ImageError, Limits, Result};
use crate::inflate::{Inflater, Step};
use crate::media::Compression;

#[cfg(not(target_family = "wasm"))]
mod pack;
#[cfg(not(target_family = "wasm"))]
pub use pack::pack_tar;

/// How a packed tar begins; no tar does.
const MAGIC: [u8; 8] = *b"\x89wcrtar\n";

/// A packed tar. As with tars of several files, no range is given that goes over the end of a file or of what is between
/// files.
pub struct PackedTar {
    bytes: Box<dyn LayerData>,
    len: u64,
    frames: Vec<Frame>,
    /// In the tar's order, without gaps.
    pieces: Vec<Piece>,
}

/// What is packed together.
struct Frame {
    /// Where it lies in the file, and how long it is there.
    start: usize,
    packed: usize,
    /// How long it is unpacked.
    len: usize,
    /// `None` when it is damaged.
    content: OnceLock<Option<Vec<u8>>>,
}

/// A range of the tar in its frame.
struct Piece {
    start: u64,
    len: u64,
    frame: usize,
    at: usize,
}

impl std::fmt::Debug for PackedTar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackedTar").field("len", &self.len).finish_non_exhaustive()
    }
}

impl PackedTar {
    /// Whether this is a packed tar.
    #[must_use]
    pub fn is_packed(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Reads where everything is; nothing is unpacked.
    ///
    /// # Errors
    /// [`ImageError::Packed`] when this is no packed tar, or not a whole one.
    pub fn open(bytes: impl LayerData + 'static) -> Result<Self> {
        let all = bytes.bytes();
        let mut head = Head(all.strip_prefix(&MAGIC).ok_or(ImageError::Packed("it has another format"))?);
        let (mut frames, mut pieces, mut packed_len) = (Vec::new(), Vec::new(), 0);
        for frame in 0..head.number()? {
            let packed = head.number()?;
            let mut len = 0;
            for _ in 0..head.number()? {
                let (start, length) = (head.number()? as u64, head.number()?);
                pieces.push(Piece { start, len: length as u64, frame, at: len });
                len += length;
            }
            frames.push(Frame { start: packed_len, packed, len, content: OnceLock::new() });
            packed_len += packed;
        }
        if head.0.len() != packed_len {
            return Err(ImageError::Packed("its length is not what its header says"));
        }
        let header = all.len() - packed_len;
        frames.iter_mut().for_each(|frame| frame.start += header);
        pieces.sort_by_key(|piece| piece.start);
        let len = pieces.iter().try_fold(0, |end, piece| (piece.start == end).then(|| end + piece.len));
        let len = len.ok_or(ImageError::Packed("it is no whole tar"))?;
        Ok(Self { bytes: Box::new(bytes), len, frames, pieces })
    }

    fn content(&self, frame: usize) -> Option<&[u8]> {
        let Frame { start, packed, len, content } = self.frames.get(frame)?;
        let unpack = || unpacked(self.bytes.bytes().get(*start..)?.get(..*packed)?, *len);
        content.get_or_init(unpack).as_deref()
    }
}

impl TarData for PackedTar {
    fn len(&self) -> u64 {
        self.len
    }

    fn range(&self, start: u64, len: u64) -> Option<&[u8]> {
        if len == 0 {
            return Some(&[]);
        }
        let piece = self.pieces.partition_point(|piece| piece.start <= start).checked_sub(1)?;
        let piece = self.pieces.get(piece)?;
        let within = start - piece.start;
        if within.checked_add(len)? > piece.len {
            return None;
        }
        let at = piece.at + usize::try_from(within).ok()?;
        self.content(piece.frame)?.get(at..)?.get(..usize::try_from(len).ok()?)
    }
}

/// The rest of a file's header.
struct Head<'a>(&'a [u8]);

impl Head<'_> {
    fn number(&mut self) -> Result<usize> {
        let (number, rest) = self.0.split_first_chunk().ok_or(ImageError::Packed("it is cut off"))?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*number) as usize)
    }
}

/// The content of a frame, which has to be of this length.
fn unpacked(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut inflater = Inflater::new(Compression::Zstd, &Limits::DEFAULT);
    let (mut input, mut content, mut filled) = (packed, vec![0; len], 0);
    loop {
        let step = inflater.push(input, content.get_mut(filled..)?).ok()?;
        if step == (Step { consumed: 0, produced: 0 }) {
            break;
        }
        input = input.get(step.consumed..)?;
        filled += step.produced;
    }
    let is_whole = filled == len && input.is_empty() && inflater.finish().is_ok();
    is_whole.then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Vec<u8> {
        (0..40_000_u32).flat_map(|n| (n / 5).to_le_bytes()).collect()
    }

    #[test]
    fn each_range_is_what_it_was() {
        let tar = content();
        let files = [vec![1000..50_000, 90_000..90_001], vec![50_000..70_000], Vec::new()];
        let packed = pack_tar(&tar, &files).unwrap();
        assert!(PackedTar::is_packed(&packed) && !PackedTar::is_packed(&tar) && packed.len() < tar.len() / 2);
        let opened = PackedTar::open(packed).unwrap();
        assert_eq!(opened.len(), tar.len() as u64);
        for (start, end) in [
            (0, 1000),
            (999, 1000),
            (1000, 50_000),
            (20_000, 20_001),
            (50_000, 70_000),
            (70_000, 90_000),
            (90_000, 90_001),
            (90_001, 160_000),
            (7, 7),
        ] {
            let range = opened.range(start, end - start);
            assert_eq!(range, Some(&tar[start as usize..end as usize]), "{start}..{end}");
        }
        for (start, len) in [(999, 2), (0, 160_001), (160_000, 1), (u64::MAX, 1), (1, u64::MAX)] {
            assert_eq!(opened.range(start, len), None, "{len} from {start}");
        }
    }

    #[test]
    fn nothing_is_unpacked_before_it_is_needed() {
        let opened = PackedTar::open(pack_tar(&content(), &[vec![0..10_000], vec![10_000..20_000]]).unwrap()).unwrap();
        let unpacked = || opened.frames.iter().map(|frame| frame.content.get().is_some()).collect::<Vec<_>>();
        assert_eq!(unpacked(), [false, false]);
        assert!(opened.range(10_000, 5).is_some());
        assert_eq!(unpacked(), [false, true]);
    }

    #[test]
    fn files_that_overlap_or_lie_outside_are_not_packed() {
        for files in [vec![0..10, 9..20], vec![159_999..160_001]] {
            assert!(matches!(pack_tar(&content(), &[files]), Err(ImageError::Packed(_))));
        }
    }

    #[test]
    fn damage_is_noticed() {
        let tar = content();
        let good = pack_tar(&tar, &[vec![1000..50_000], vec![50_000..70_000]]).unwrap();
        for length in 0..good.len() {
            assert!(PackedTar::open(good[..length].to_vec()).is_err(), "cut to {length}");
        }
        for at in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[at] ^= 0x11;
            let Ok(opened) = PackedTar::open(bad) else { continue };
            let ranges = [(0, 1000), (1000, 49_000), (50_000, 20_000), (70_000, 90_000)];
            let sound = |(start, len): &(u64, u64)| {
                let range = opened.range(*start, *len);
                range == Some(&tar[*start as usize..][..*len as usize])
            };
            assert!(!ranges.iter().all(sound), "byte {at} is wrong");
        }
    }
}
