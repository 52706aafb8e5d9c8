//! A regular file's bytes: those of a layer, and over them whatever was written.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use wcr_abi::Errno;

use crate::fs::Part;
use crate::layer::Content;

/// The unit of writing over a layer's bytes: a first write copies this much.
const CHUNK: usize = 64 << 10;
/// The unit of allocation, as `st_blocks` counts it.
const PAGE: usize = 4096;
/// The longest a file can be: that of ext4 with blocks of 4 KiB.
pub(super) const FILE_MAX: u64 = (1 << 44) - 4096;

/// What may still be allocated, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub limit: u64,
    pub used: u64,
}

impl Budget {
    /// Takes what is needed in place of `old` bytes. `NOSPC`.
    fn change(&mut self, old: u64, new: u64) -> Result<(), Errno> {
        let used = self.used - old + new;
        if used > self.limit && new > old {
            return Err(Errno::Nospc);
        }
        self.used = used;
        Ok(())
    }
}

/// What `len` bytes of a chunk cost: the memory they take, at least one page.
fn cost(len: usize) -> u64 {
    if len == 0 { 0 } else { len.next_power_of_two().max(PAGE) as u64 }
}

/// A written part of a file.
#[derive(Debug, Default, Clone)]
struct Chunk {
    /// From the chunk's start; what is missing at the end is zeros.
    data: Vec<u8>,
    /// Which pages were written.
    pages: u16,
    /// Which pages room was set aside for.
    reserved: u16,
}

impl Chunk {
    /// The chunk of this number, of which a layer has `below` bytes, with the first `kept` of them. `NOSPC`.
    fn over(base: Content<'_>, number: u64, kept: usize, below: usize, budget: &mut Budget) -> Result<Self, Errno> {
        let mut chunk = Self { data: Vec::new(), pages: pages_before(below), reserved: 0 };
        chunk.resize(kept, budget)?;
        base.read(number * CHUNK as u64, &mut chunk.data);
        Ok(chunk)
    }

    /// The start of the first page from that of `start` on that was written, or was not.
    fn page_from(&self, start: usize, written: bool) -> Option<usize> {
        let is_wanted = |page: &usize| (self.pages >> page & 1 == 1) == written;
        (start / PAGE..CHUNK / PAGE).find(is_wanted).map(|page| page * PAGE)
    }

    /// What it costs with so many bytes of data and these pages set aside.
    fn cost_with(len: usize, reserved: u16) -> u64 {
        cost(len.max((u16::BITS - reserved.leading_zeros()) as usize * PAGE))
    }

    fn cost(&self) -> u64 {
        Self::cost_with(self.data.len(), self.reserved)
    }

    fn allocated(&self) -> u16 {
        self.pages | self.reserved
    }

    fn resize(&mut self, len: usize, budget: &mut Budget) -> Result<(), Errno> {
        budget.change(self.cost(), Self::cost_with(len, self.reserved))?;
        if len > self.data.len() {
            let capacity = len.next_power_of_two();
            self.data.reserve_exact(capacity.max(len) - self.data.len());
            self.data.resize(len, 0);
        } else {
            self.data.truncate(len);
            self.data.shrink_to(if len == 0 { 0 } else { len.next_power_of_two() });
        }
        Ok(())
    }
}

/// The pages that the first `len` bytes of a chunk touch.
fn pages_before(len: usize) -> u16 {
    ((1u32 << len.div_ceil(PAGE)) - 1) as u16
}

/// The pages that bytes of a chunk touch.
fn pages_of(start: usize, end: usize) -> u16 {
    pages_before(end) & !pages_before(start / PAGE * PAGE)
}

/// A part by chunks: which, and where it begins and ends in it.
fn pieces(part: Part) -> impl Iterator<Item = (u64, usize, usize)> {
    let chunk = CHUNK as u64;
    (part.offset / chunk..part.end().div_ceil(chunk)).map(move |number| {
        let origin = number * chunk;
        (number, part.offset.saturating_sub(origin) as usize, (part.end() - origin).min(chunk) as usize)
    })
}

/// A file's content. Where no chunk is, the layer's bytes (`base`) show, and zeros after them.
#[derive(Debug, Clone)]
pub(super) struct File {
    len: u64,
    /// How much of the layer's file still counts; every method gets those bytes as `base`.
    base_len: u64,
    chunks: BTreeMap<u64, Chunk>,
    /// Allocated pages, those of the layer included.
    pages: u64,
}

impl File {
    /// A layer's file of `len` bytes; 0 makes an empty file.
    pub fn new(len: u64) -> Self {
        Self { len, base_len: len, chunks: BTreeMap::new(), pages: len.div_ceil(PAGE as u64) }
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn base_len(&self) -> u64 {
        self.base_len
    }

    /// Whether the content is the layer's file of `len` bytes and nothing else.
    pub fn is_layers(&self, len: u64) -> bool {
        self.chunks.is_empty() && self.len == len && self.base_len == len
    }

    /// How many 512-byte units are allocated.
    pub fn blocks(&self) -> u64 {
        self.pages * (PAGE as u64 / 512)
    }

    /// The first place from `offset` on where something is allocated.
    pub fn next_data(&self, offset: u64) -> Option<u64> {
        let mut at = offset;
        while at < self.len {
            let (number, start) = split(at);
            match self.chunks.get(&number) {
                Some(chunk) => match chunk.page_from(start, true) {
                    Some(page) => return Some(at.max(number * CHUNK as u64 + page as u64)).filter(|at| *at < self.len),
                    None => at = (number + 1) * CHUNK as u64,
                },
                None if at < self.base_len => return Some(at),
                None => at = self.chunks.range(number..).next()?.0 * CHUNK as u64,
            }
        }
        None
    }

    /// The first place from `offset` on where nothing is allocated, the end at last.
    pub fn next_hole(&self, offset: u64) -> u64 {
        let base_end = self.base_len.next_multiple_of(PAGE as u64);
        let mut at = offset;
        while at < self.len {
            let (number, start) = split(at);
            let next = (number + 1) * CHUNK as u64;
            match self.chunks.get(&number) {
                Some(chunk) => match chunk.page_from(start, false) {
                    Some(page) => return at.max(number * CHUNK as u64 + page as u64).min(self.len),
                    None => at = next,
                },
                None if at < base_end => at = next.min(base_end),
                None => return at,
            }
        }
        self.len
    }

    pub fn read(&self, base: Content<'_>, offset: u64, buf: &mut [u8]) -> usize {
        let len = self.len.saturating_sub(offset).min(buf.len() as u64) as usize;
        let mut done = 0;
        while done < len {
            let at = offset + done as u64;
            let (number, start) = split(at);
            let part = (CHUNK - start).min(len - done);
            let out = buf.get_mut(done..done + part).unwrap_or_default();
            match self.chunks.get(&number) {
                Some(chunk) => Content::plain(&chunk.data).read(start as u64, out),
                None => base.read(at, out),
            }
            done += part;
        }
        len
    }

    pub fn view<'a>(&'a self, base: Content<'a>, offset: u64, len: usize) -> Option<&'a [u8]> {
        let len = self.len.saturating_sub(offset).min(len as u64) as usize;
        if len == 0 {
            return Some(&[]);
        }
        let (first, start) = split(offset);
        let (last, _) = split(offset + len as u64 - 1);
        if self.chunks.range(first..=last).next().is_none() {
            return base.view(offset, len);
        }
        if first != last {
            return None;
        }
        self.chunks.get(&first)?.data.get(start..)?.get(..len)
    }

    /// Writes as much as the budget allows. `NOSPC` and `FBIG` when that is nothing.
    pub fn write(&mut self, base: Content<'_>, offset: u64, bytes: &[u8], budget: &mut Budget) -> Result<usize, Errno> {
        let room = FILE_MAX.saturating_sub(offset).min(bytes.len() as u64) as usize;
        if room == 0 && !bytes.is_empty() {
            return Err(Errno::Fbig);
        }
        let mut done = 0;
        while done < room {
            let at = offset + done as u64;
            let (number, start) = split(at);
            let part = (CHUNK - start).min(room - done);
            let input = bytes.get(done..done + part).unwrap_or_default();
            match self.write_chunk(base, number, start, input, budget) {
                Ok(()) => {}
                Err(errno) if done == 0 => return Err(errno),
                Err(_) => break,
            }
            done += part;
            self.len = self.len.max(at + part as u64);
        }
        Ok(done)
    }

    fn write_chunk(
        &mut self,
        base: Content<'_>,
        number: u64,
        start: usize,
        input: &[u8],
        budget: &mut Budget,
    ) -> Result<(), Errno> {
        let end = start + input.len();
        let chunk = match self.chunks.get_mut(&number) {
            Some(chunk) => chunk,
            None => {
                let below = below(base, number);
                let chunk = Chunk::over(base, number, below.max(end), below, budget)?;
                self.chunks.entry(number).or_insert(chunk)
            }
        };
        if end > chunk.data.len() {
            chunk.resize(end, budget)?;
        }
        if let Some(out) = chunk.data.get_mut(start..end) {
            out.copy_from_slice(input);
        }
        let touched = pages_of(start, end);
        self.pages += u64::from((touched & !chunk.allocated()).count_ones());
        chunk.pages |= touched;
        Ok(())
    }

    /// Sets room aside for a part. `NOSPC`, and then nothing has changed; `FBIG`.
    pub fn allocate(
        &mut self,
        base: Content<'_>,
        part: Part,
        keep_size: bool,
        budget: &mut Budget,
    ) -> Result<(), Errno> {
        if part.end() > FILE_MAX {
            return Err(Errno::Fbig);
        }
        let left = budget.limit.saturating_sub(budget.used);
        // More than there is room for: nothing has to be looked at for that.
        if part.len > left.saturating_add((self.pages + 1) * PAGE as u64).saturating_add(2 * CHUNK as u64) {
            return Err(Errno::Nospc);
        }
        let mut wanted = Vec::new();
        let mut more = 0;
        for (number, start, end) in pieces(part) {
            let below = below(base, number);
            let pages = pages_of(start, end);
            let (old, len, reserved) = match self.chunks.get(&number) {
                Some(chunk) => (chunk.cost(), chunk.data.len(), chunk.reserved),
                None if pages & !pages_before(below) == 0 => continue,
                None => (0, below, 0),
            };
            more += Chunk::cost_with(len, reserved | pages) - old;
            wanted.push((number, pages));
        }
        if more > left {
            return Err(Errno::Nospc);
        }
        for (number, pages) in wanted {
            let below = below(base, number);
            let chunk = match self.chunks.entry(number) {
                Entry::Occupied(chunk) => chunk.into_mut(),
                Entry::Vacant(place) => place.insert(Chunk::over(base, number, below, below, budget)?),
            };
            budget.change(chunk.cost(), Chunk::cost_with(chunk.data.len(), chunk.reserved | pages))?;
            chunk.reserved |= pages;
        }
        self.count_pages();
        if !keep_size {
            self.len = self.len.max(part.end());
        }
        Ok(())
    }

    /// Makes a hole. `NOSPC` where a part of a layer's chunk has to be kept.
    pub fn punch(&mut self, base: Content<'_>, part: Part, budget: &mut Budget) -> Result<(), Errno> {
        let (first, last) = (split(part.offset).0, split(part.end().saturating_sub(1)).0);
        let layers = first..self.base_len.div_ceil(CHUNK as u64).min(last + 1);
        let written = self.chunks.range(first..=last).map(|(number, _)| *number);
        let numbers: BTreeSet<u64> = layers.chain(written).collect();
        for number in numbers {
            let origin = number * CHUNK as u64;
            let start = part.offset.saturating_sub(origin) as usize;
            let end = (part.end() - origin).min(CHUNK as u64) as usize;
            let below = below(base, number);
            let chunk = match self.chunks.entry(number) {
                Entry::Occupied(chunk) => chunk.into_mut(),
                Entry::Vacant(place) => {
                    let kept = if end < below { below } else { start.min(below) };
                    place.insert(Chunk::over(base, number, kept, below, budget)?)
                }
            };
            let whole = pages_before(end / PAGE * PAGE) & !pages_before(start);
            let (kept, cut) = (chunk.reserved & !whole, chunk.data.len() <= end);
            budget.change(chunk.cost(), Chunk::cost_with(chunk.data.len(), kept))?;
            (chunk.pages, chunk.reserved) = (chunk.pages & !whole, kept);
            if cut {
                chunk.resize(start.min(chunk.data.len()), budget)?;
            } else if let Some(bytes) = chunk.data.get_mut(start..end) {
                bytes.fill(0);
            }
            if below == 0 && chunk.allocated() == 0 {
                chunk.resize(0, budget)?;
                self.chunks.remove(&number);
            }
        }
        self.count_pages();
        Ok(())
    }

    /// Counts the allocated pages anew.
    fn count_pages(&mut self) {
        self.pages = self.base_len.div_ceil(PAGE as u64);
        for (number, chunk) in &self.chunks {
            let below = self.base_len.saturating_sub(number * CHUNK as u64).min(CHUNK as u64) as usize;
            self.pages += u64::from(chunk.allocated().count_ones());
            self.pages -= u64::from(pages_before(below).count_ones());
        }
    }

    /// Sets the length; nothing is allocated for more. `FBIG`.
    pub fn truncate(&mut self, len: u64, budget: &mut Budget) -> Result<(), Errno> {
        if len > FILE_MAX {
            return Err(Errno::Fbig);
        }
        if len < self.len {
            let (number, keep) = split(len);
            for chunk in self.chunks.split_off(&(number + u64::from(keep > 0))).values() {
                budget.used -= chunk.cost();
            }
            if let Some(chunk) = self.chunks.get_mut(&number) {
                let kept = pages_before(keep);
                budget.change(chunk.cost(), Chunk::cost_with(chunk.data.len(), chunk.reserved & kept))?;
                (chunk.pages, chunk.reserved) = (chunk.pages & kept, chunk.reserved & kept);
                chunk.resize(keep.min(chunk.data.len()), budget)?;
            }
            self.base_len = self.base_len.min(len);
            self.count_pages();
        }
        self.len = len;
        Ok(())
    }

    /// Gives everything back to the budget.
    pub fn release(&mut self, budget: &mut Budget) {
        for chunk in self.chunks.values() {
            budget.used -= chunk.cost();
        }
        self.chunks.clear();
    }
}

/// The chunk that an offset lies in, and where in it.
fn split(offset: u64) -> (u64, usize) {
    (offset / CHUNK as u64, (offset % CHUNK as u64) as usize)
}

/// How many bytes of a chunk the layer has.
fn below(base: Content<'_>, number: u64) -> usize {
    base.len().saturating_sub(number * CHUNK as u64).min(CHUNK as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What of a layer's bytes still counts.
    fn under<'a>(file: &File, base: &'a [u8]) -> Content<'a> {
        Content::plain(base).take(file.base_len())
    }

    fn all(file: &File, base: &[u8]) -> Vec<u8> {
        let mut buf = vec![0xaa; file.len() as usize + 10];
        let len = file.read(under(file, base), 0, &mut buf);
        buf.truncate(len);
        buf
    }

    #[test]
    fn random_writes_and_truncations_match_a_vec() {
        let mut state = 7u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for base_len in [0usize, 5, 4096, 70_000, 200_000] {
            let base: Vec<u8> = (0..base_len).map(|i| (i % 251) as u8 + 1).collect();
            let mut file = File::new(base_len as u64);
            let mut model = base.clone();
            let mut budget = Budget { limit: 1 << 30, used: 0 };
            for step in 0..300 {
                let below = under(&file, &base);
                let part = Part { offset: random(250_000), len: 1 + random(90_000) };
                let within = part.offset as usize..part.end() as usize;
                match random(6) {
                    0 => {
                        let len = random(260_000) as usize;
                        file.truncate(len as u64, &mut budget).unwrap();
                        model.resize(len, 0);
                    }
                    1 => {
                        let keep_size = step % 2 == 0;
                        file.allocate(below, part, keep_size, &mut budget).unwrap();
                        let len = if keep_size { model.len() } else { model.len().max(within.end) };
                        model.resize(len, 0);
                    }
                    2 => {
                        file.punch(below, part, &mut budget).unwrap();
                        let end = within.end.min(model.len());
                        model[within.start.min(end)..end].fill(0);
                    }
                    _ => {
                        let offset = random(250_000) as usize;
                        let bytes = vec![step as u8 | 1; random(if step % 2 == 0 { 50 } else { 90_000 }) as usize];
                        assert_eq!(file.write(below, offset as u64, &bytes, &mut budget), Ok(bytes.len()));
                        if !bytes.is_empty() {
                            model.resize(model.len().max(offset + bytes.len()), 0);
                            model[offset..offset + bytes.len()].copy_from_slice(&bytes);
                        }
                    }
                }
                assert!(all(&file, &base) == model, "base {base_len}, step {step}");
                assert!(file.blocks() <= model.len().max(350_000).div_ceil(PAGE) as u64 * 8);
                let counted = file.pages;
                file.count_pages();
                assert_eq!(file.pages, counted);
                let held: u64 = file.chunks.values().map(Chunk::cost).sum();
                assert_eq!(held, budget.used);
                assert!(file.chunks.values().all(|chunk| chunk.data.capacity() as u64 <= cost(chunk.data.len())));
                let (offset, len) = (random(250_000), random(9000) as usize);
                if let Some(view) = file.view(under(&file, &base), offset, len) {
                    let expected = model.get(offset as usize..).unwrap_or_default();
                    assert!(view == &expected[..len.min(expected.len())]);
                }
            }
            file.release(&mut budget);
            assert_eq!(budget.used, 0);
        }
    }

    #[test]
    fn sparse_files_allocate_what_was_written() {
        let mut budget = Budget { limit: 1 << 20, used: 0 };
        let mut file = File::new(0);
        file.truncate(1 << 43, &mut budget).unwrap();
        assert_eq!((file.len(), file.blocks(), budget.used), (1 << 43, 0, 0));
        file.write(Content::EMPTY, (1 << 43) - 1, b"x", &mut budget).unwrap();
        assert_eq!((file.blocks(), budget.used), (8, CHUNK as u64));
        assert_eq!(file.truncate(1 << 62, &mut budget), Err(Errno::Fbig));
        assert_eq!(file.write(Content::EMPTY, 1 << 62, b"x", &mut budget), Err(Errno::Fbig));
        assert_eq!(file.write(Content::EMPTY, FILE_MAX - 1, b"xyz", &mut budget), Ok(1));
        assert_eq!(file.write(Content::EMPTY, u64::MAX, b"xyz", &mut budget), Err(Errno::Fbig));
    }

    #[test]
    fn room_is_set_aside_and_given_back() {
        let mut budget = Budget { limit: 4 * CHUNK as u64, used: 0 };
        let mut file = File::new(0);
        let part = |offset, len| Part { offset, len };
        assert_eq!(file.allocate(Content::EMPTY, part(0, 100_000), true, &mut budget), Ok(()));
        assert_eq!((file.len(), file.blocks(), budget.used), (0, 25 * 8, CHUNK as u64 + 65_536));
        assert_eq!(file.allocate(Content::EMPTY, part(0, 5 * CHUNK as u64), false, &mut budget), Err(Errno::Nospc));
        assert_eq!(file.allocate(Content::EMPTY, part(0, 1 << 43), false, &mut budget), Err(Errno::Nospc));
        assert_eq!(file.allocate(Content::EMPTY, part(1 << 43, 1 << 43), false, &mut budget), Err(Errno::Fbig));
        assert_eq!((file.len(), file.blocks(), budget.used), (0, 25 * 8, 2 * CHUNK as u64));
        assert_eq!(file.allocate(Content::EMPTY, part(0, 3 * CHUNK as u64), false, &mut budget), Ok(()));
        assert_eq!((file.len(), file.next_data(0), file.next_hole(0)), (3 * CHUNK as u64, None, 0));
        // What was set aside is there, even when the rest is used up.
        let mut other = File::new(0);
        assert_eq!(other.write(Content::EMPTY, 0, &vec![1; 9 * CHUNK], &mut budget), Ok(CHUNK));
        assert_eq!(file.write(Content::EMPTY, 0, &vec![2; 3 * CHUNK], &mut budget), Ok(3 * CHUNK));
        assert_eq!(file.write(Content::EMPTY, 3 * CHUNK as u64, b"x", &mut budget), Err(Errno::Nospc));
        assert_eq!(file.punch(Content::EMPTY, part(5, 2 * CHUNK as u64), &mut budget), Ok(()));
        assert_eq!((file.blocks(), budget.used), ((1 + 16) * 8, 4096 + 2 * CHUNK as u64));
        assert_eq!(all(&file, &[])[..8], [2, 2, 2, 2, 2, 0, 0, 0]);
        file.truncate(0, &mut budget).unwrap();
        assert_eq!((file.blocks(), budget.used), (0, CHUNK as u64));
    }

    #[test]
    fn a_full_budget_shortens_a_write() {
        let mut budget = Budget { limit: 2 * CHUNK as u64, used: 0 };
        let mut file = File::new(0);
        assert_eq!(file.write(Content::EMPTY, 0, &vec![1; 5 * CHUNK], &mut budget), Ok(2 * CHUNK));
        assert_eq!(file.write(Content::EMPTY, file.len(), b"x", &mut budget), Err(Errno::Nospc));
        assert_eq!(file.write(Content::EMPTY, 0, b"over what is there", &mut budget), Ok(18));
        file.truncate(10, &mut budget).unwrap();
        assert_eq!((file.blocks(), budget.used), (8, 4096));
    }

    #[test]
    fn a_view_shows_the_layer_in_one_piece() {
        let base = vec![3; 300_000];
        let mut file = File::new(300_000);
        let mut budget = Budget { limit: 1 << 20, used: 0 };
        assert_eq!(file.view(Content::plain(&base), 0, 1 << 20).map(<[u8]>::len), Some(300_000));
        file.write(Content::plain(&base), 100_000, b"x", &mut budget).unwrap();
        assert_eq!(file.view(Content::plain(&base), 0, 1 << 20), None);
        assert_eq!(file.view(Content::plain(&base), 65_536, 65_536).map(|view| view[100_000 - 65_536]), Some(b'x'));
        assert_eq!(file.view(Content::plain(&base), 140_000, 10), Some(&[3; 10][..]));
        assert_eq!(file.blocks(), 300_000u64.div_ceil(4096) * 8);
        assert_eq!(budget.used, 65_536);
    }
}
