//! Files of the zone database (RFC 8536).

use super::zone::Kind;

/// A zone file's changes of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transitions {
    /// When each change happens, ascending, and the index of the kind it changes to.
    changes: Vec<(i64, u8)>,
    kinds: Vec<Kind>,
}

impl Transitions {
    /// Reads a file: its changes and the POSIX rules for the time behind the last one (possibly empty).
    /// `None` when it is no zone file or is cut short.
    pub(super) fn decode(file: &[u8]) -> Option<(Self, Vec<u8>)> {
        let header = Header::decode(file)?;
        if header.version == 0 {
            return Some((header.body(file.get(44..)?, 4)?, Vec::new()));
        }
        // The second block has 64-bit times; the first is there for old readers.
        let second = file.get(44 + header.len(4)?..)?;
        let header = Header::decode(second)?;
        let table = header.body(second.get(44..)?, 8)?;
        let footer = second.get(44 + header.len(8)?..)?.strip_prefix(b"\n")?;
        let footer = footer.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Some((table, footer.to_vec()))
    }

    /// The kind in force at `seconds`, unless that lies behind the last change.
    pub(super) fn kind_before_end(&self, seconds: i64) -> Option<&Kind> {
        let last = self.changes.last()?;
        (seconds < last.0).then(|| self.kind_at(seconds))
    }

    /// The kind in force at `seconds`.
    pub(super) fn kind_at(&self, seconds: i64) -> &Kind {
        let at = self.changes.partition_point(|change| change.0 <= seconds);
        let index = match at.checked_sub(1).and_then(|at| self.changes.get(at)) {
            Some(change) => change.1.into(),
            None => self.kinds.iter().position(|kind| !kind.dst).unwrap_or(0),
        };
        // Decoding has checked that every index exists and that there is at least one kind.
        self.kinds.get(index).unwrap_or(&self.kinds[0])
    }
}

/// The counts at the start of a block.
struct Header {
    version: u8,
    isut: usize,
    isstd: usize,
    leap: usize,
    times: usize,
    kinds: usize,
    names: usize,
}

impl Header {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"TZif")?;
        let count = |at: usize| {
            let bytes = rest.get(16 + at * 4..)?.first_chunk()?;
            usize::try_from(u32::from_be_bytes(*bytes)).ok().filter(|count| *count < 1 << 20)
        };
        Some(Self {
            version: *rest.first()?,
            isut: count(0)?,
            isstd: count(1)?,
            leap: count(2)?,
            times: count(3)?,
            kinds: count(4)?,
            names: count(5)?,
        })
    }

    /// The length of the block behind the header when a time has `width` bytes.
    fn len(&self, width: usize) -> Option<usize> {
        let fixed = self.times * (width + 1) + self.kinds * 6 + self.names;
        Some(fixed + self.leap * (width + 4) + self.isstd + self.isut)
    }

    fn body(&self, body: &[u8], width: usize) -> Option<Transitions> {
        let (times, rest) = body.split_at_checked(self.times * width)?;
        let (indices, rest) = rest.split_at_checked(self.times)?;
        let (kinds, rest) = rest.split_at_checked(self.kinds * 6)?;
        let names = rest.get(..self.names)?;
        let time = |bytes: &[u8]| {
            let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
            bytes.iter().fold(if negative { -1i64 } else { 0 }, |time, byte| time << 8 | i64::from(*byte))
        };
        let kinds: Vec<Kind> = kinds
            .chunks_exact(6)
            .map(|kind| {
                let name = names.get(usize::from(kind[5])..)?.split(|byte| *byte == 0).next()?;
                let offset = i32::from_be_bytes(*kind.first_chunk()?);
                let plausible = offset.unsigned_abs() < 30 * 3600;
                plausible.then(|| Kind { offset, dst: kind[4] != 0, name: name.to_vec() })
            })
            .collect::<Option<_>>()?;
        if kinds.is_empty() || indices.iter().any(|index| usize::from(*index) >= kinds.len()) {
            return None;
        }
        let changes = times.chunks_exact(width).map(time).zip(indices.iter().copied()).collect();
        Some(Transitions { changes, kinds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::Zone;

    /// A version 2 file with one change, to summer time at 1000, and rules behind it.
    fn file() -> Vec<u8> {
        let block = |width: usize| {
            let mut out = b"TZif2".to_vec();
            out.resize(20, 0);
            for count in [0u32, 0, 0, 1, 2, 8] {
                out.extend(count.to_be_bytes());
            }
            out.extend(&1000u64.to_be_bytes()[8 - width..]);
            out.push(1);
            for (offset, dst, name) in [(3600i32, 0, 0), (7200, 1, 4)] {
                out.extend(offset.to_be_bytes());
                out.extend([dst, name]);
            }
            out.extend(b"STD\0DST\0");
            out
        };
        [block(4), block(8), b"\nSTD-1\n".to_vec()].concat()
    }

    #[test]
    fn files_are_read() {
        let (table, footer) = Transitions::decode(&file()).unwrap();
        assert_eq!(footer, b"STD-1");
        assert_eq!((table.kind_at(999).offset, table.kind_at(1000).offset), (3600, 7200));
        assert_eq!(table.kind_before_end(1000), None);
    }

    #[test]
    fn cut_files_are_refused() {
        let file = file();
        for cut in 0..file.len() - 6 {
            assert!(Transitions::decode(&file[..cut]).is_none(), "cut at {cut}");
        }
        assert_eq!(Zone::from_variable(Some(b"No/Such")).local(0).name, b"");
    }
}
