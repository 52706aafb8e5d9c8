//! PAX extended headers (POSIX.1-2017, `pax`): records that overrule a header's fields.

use wcr_abi::Timestamp;

use super::header::Reason;
use super::number::{decimal, time};
use super::sparse::PaxSparse;

/// What the records of one extended header say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pax {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<i64>,
    pub uid: Option<i64>,
    pub gid: Option<i64>,
    pub mtime: Option<Timestamp>,
    /// Of a file with holes.
    pub sparse: Option<PaxSparse>,
}

impl Pax {
    /// Reads all records. Of a key that is there twice the last counts; an empty value is no value.
    pub(super) fn parse(mut records: &[u8]) -> Result<Self, Reason> {
        let mut pax = Self::default();
        while !records.is_empty() {
            let (Record { key, value }, rest) = record(records)?;
            records = rest;
            pax.take(key, value).map_err(|reason| format!("the extended header `{}`: {reason}", key.escape_ascii()))?;
        }
        Ok(pax)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), Reason> {
        let text = || match value {
            b"" => Ok(None),
            value if value.contains(&0) => Err(Reason::from("it has a NUL byte")),
            value => Ok(Some(value.to_vec())),
        };
        let number = || if value.is_empty() { Ok(None) } else { decimal(value).map(Some) };
        match key {
            b"path" => self.path = text()?,
            b"linkpath" => self.link = text()?,
            b"size" => self.size = number()?,
            b"uid" => self.uid = number()?,
            b"gid" => self.gid = number()?,
            b"mtime" => self.mtime = if value.is_empty() { None } else { Some(time(value)?) },
            // Owner names, access times, attributes and vendors' keys have no part in a layer's index: files in wcr have
            // no attributes, and the kernel grants no capabilities by those of a file.
            key => {
                if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.get_or_insert_default().take(key, value)?;
                }
            }
        }
        Ok(())
    }
}

struct Record<'a> {
    key: &'a [u8],
    value: &'a [u8],
}

/// Takes one record, `LENGTH KEY=VALUE` and a newline, off `bytes`; the length counts all of it.
fn record(bytes: &[u8]) -> Result<(Record<'_>, &[u8]), Reason> {
    let malformed = || Reason::from("an extended header has a malformed record");
    let space = bytes.iter().take(20).position(|b| *b == b' ').ok_or_else(malformed)?;
    let length = bytes.get(..space).map(decimal).ok_or_else(malformed)?.map_err(|_| malformed())?;
    let length = usize::try_from(length).map_err(|_| malformed())?;
    let (whole, rest) = bytes.split_at_checked(length).ok_or_else(malformed)?;
    let body = whole.get(space + 1..).and_then(|body| body.strip_suffix(b"\n")).ok_or_else(malformed)?;
    let equals = body.iter().position(|b| *b == b'=').ok_or_else(malformed)?;
    let (key, value) = (body.get(..equals).unwrap_or_default(), body.get(equals + 1..).unwrap_or_default());
    if key.is_empty() || key.contains(&0) {
        return Err(malformed());
    }
    Ok((Record { key, value }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_overrule() {
        let pax = Pax::parse(b"12 path=a/b\n8 uid=7\n15 mtime=1.25\n\n16 SCHILY.x=\0\n\n\n12 comment=\n9 path=c\n");
        assert!(pax.is_err(), "a length that does not end at a newline");
        let pax = Pax::parse(b"12 path=a/b\n9 uid=77\n14 mtime=1.25\n12 uname=me\n10 path=c\n8 size=\n").unwrap();
        let mtime = Some(Timestamp { sec: 1, nsec: 250_000_000 });
        assert_eq!(pax, Pax { path: Some(b"c".to_vec()), uid: Some(77), mtime, ..Pax::default() });
    }

    #[test]
    fn malformed_records_are_refused() {
        let table: &[(&[u8], &str)] = &[
            (b"x", "no length"),
            (b"12 path=a/b", "no newline"),
            (b"99 path=a/b\n", "too long a length"),
            (b"5 path=a/b\n", "too short a length"),
            (b"0 \n", "no length to speak of"),
            (b"-3 a=b\n", "a negative length"),
            (b"7 path\n", "no equals sign"),
            (b"5 =a\n", "no key"),
            (b"12 path=a\0b\n", "a NUL in a path"),
            (b"11 size=0x\n", "no number"),
            (b"\0\0\0\0", "NULs"),
            (b"99999999999999999999 a=b\n", "a huge length"),
        ];
        for (records, why) in table {
            assert!(Pax::parse(records).is_err(), "{why}");
        }
    }

    #[test]
    fn records_of_holes_are_checked() {
        assert!(Pax::parse(b"22 GNU.sparse.major=1\n").unwrap().sparse.is_some());
        for records in [&b"20 GNU.sparse.new=1\n"[..], b"25 GNU.sparse.numbytes=1\n", b"24 GNU.sparse.map=1,2,3\n"] {
            assert!(Pax::parse(records).is_err(), "{}", records.escape_ascii());
        }
    }
}
