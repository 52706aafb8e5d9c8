//! What is mounted, as `/proc/mounts` tells it (`getmntent(3)`).

use wcr_sys::{Errno, fs};

/// Where the kernel tells it.
pub const TABLE: &[u8] = b"/proc/mounts";

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// What is mounted.
    pub device: Vec<u8>,
    /// Where.
    pub dir: Vec<u8>,
    /// The file system's type.
    pub kind: Vec<u8>,
    /// The options, with commas between.
    pub options: Vec<u8>,
}

/// All mounts, the first one first.
/// # Errors
/// The table cannot be read.
pub fn read() -> Result<Vec<Mount>, Errno> {
    Ok(fs::read_file(TABLE)?.split(|byte| *byte == b'\n').filter_map(parse).collect())
}

fn parse(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ').map(unescaped);
    Some(Mount { device: fields.next()?, dir: fields.next()?, kind: fields.next()?, options: fields.next()? })
}

/// A field of the table: blanks and backslashes stand there as three octal digits.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let digits =
            behind.get(..3).filter(|digits| *byte == b'\\' && digits.iter().all(|digit| (b'0'..b'8').contains(digit)));
        match digits {
            Some(digits) => {
                out.push(digits.iter().fold(0, |value: u8, digit| value << 3 | (digit - b'0')));
                rest = behind.get(3..).unwrap_or_default();
            }
            None => out.push(*byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_mounts_is_read() {
        let line = parse(br"my\040dev /sp\040a\134ce tmpfs rw 0 0").unwrap();
        assert_eq!((line.device, line.dir, line.kind), (b"my dev".to_vec(), br"/sp a\ce".to_vec(), b"tmpfs".to_vec()));
        assert_eq!(line.options, b"rw");
        assert!(parse(b"").is_none());
    }
}
