//! Tars written by hand, in each format, with what the `tar` crate would not write.

/// How the headers of a tar are written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// POSIX 1988: names of up to 255 bytes, in two fields.
    Ustar,
    /// GNU: long names in entries of their own, large numbers in base 256.
    #[default]
    Gnu,
    /// POSIX 2001: what does not fit stands in an extended header.
    Pax,
}

/// One entry.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Its name, as the header has it.
    pub path: Vec<u8>,
    /// Its name, where a record has another than the header.
    pub recorded: Option<Vec<u8>>,
    /// The target of a link.
    pub link: Vec<u8>,
    /// The type, as the header has it.
    pub typeflag: u8,
    /// The permissions.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// Seconds of the modification time.
    pub mtime: u64,
    /// Its nanoseconds, which only [`Format::Pax`] keeps.
    pub nanoseconds: u32,
    /// The content.
    pub content: Vec<u8>,
    /// What the size field says instead of the content's length.
    pub size: Option<u64>,
    /// Records of an extended header before the entry, as they are.
    pub records: Vec<u8>,
    /// What stands at a place of the header instead of what belongs there.
    pub fields: Vec<(usize, Vec<u8>)>,
    /// Blocks between the header and the content.
    pub blocks: Vec<u8>,
}

/// The largest number of a field of seven octal digits.
const SMALL_MAX: u32 = 0o777_7777;
/// The length of a block.
const BLOCK: usize = 512;

impl Entry {
    /// An entry of a type.
    pub fn new(typeflag: u8, path: &[u8]) -> Self {
        let mode = if typeflag == b'5' { 0o755 } else { 0o644 };
        Entry { path: path.to_vec(), typeflag, mode, mtime: 1_000_000_000, ..Entry::default() }
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        self.recorded.as_ref().unwrap_or(&self.path)
    }

    /// A regular file.
    pub fn file(path: &[u8], content: &[u8]) -> Self {
        Entry { content: content.to_vec(), ..Entry::new(b'0', path) }
    }

    /// A link, of the type `1` or `2`.
    pub fn link(typeflag: u8, path: &[u8], target: &[u8]) -> Self {
        Entry { link: target.to_vec(), ..Entry::new(typeflag, path) }
    }

    /// Appends the entry to a tar.
    pub fn write(&self, format: Format, tar: &mut Vec<u8>) {
        let mut records = self.records.clone();
        let (mut path, mut prefix) = (self.path.as_slice(), &b""[..]);
        if path.len() > 100 {
            match format {
                Format::Ustar => {
                    let cut = path.len() - 101;
                    let slash = path[cut..].iter().position(|byte| *byte == b'/').map(|at| cut + at);
                    if let Some(slash) = slash.filter(|slash| *slash <= 155) {
                        (prefix, path) = (&path[..slash], &path[slash + 1..]);
                    }
                }
                Format::Gnu => extended(b'L', &[path, b"\0"].concat(), tar),
                Format::Pax => record(&mut records, "path", path),
            }
        }
        if self.link.len() > 100 {
            match format {
                Format::Ustar => {}
                Format::Gnu => extended(b'K', &[self.link.as_slice(), b"\0"].concat(), tar),
                Format::Pax => record(&mut records, "linkpath", &self.link),
            }
        }
        if format == Format::Pax {
            if self.nanoseconds > 0 {
                record(&mut records, "mtime", format!("{}.{:09}", self.mtime, self.nanoseconds).as_bytes());
            }
            for (key, value) in [("uid", self.uid), ("gid", self.gid)] {
                if value > SMALL_MAX {
                    record(&mut records, key, value.to_string().as_bytes());
                }
            }
        }
        if !records.is_empty() {
            extended(b'x', &records, tar);
        }
        tar.extend_from_slice(&self.header(format, path, prefix));
        tar.extend_from_slice(&self.blocks);
        tar.extend_from_slice(&self.content);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    }

    fn header(&self, format: Format, path: &[u8], prefix: &[u8]) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &path[..path.len().min(100)]);
        put(100, format!("{:07o}", self.mode).as_bytes());
        for (at, value) in [(108, self.uid), (116, self.gid)] {
            match format {
                Format::Gnu if value > SMALL_MAX => {
                    put(at, &[0x80, 0, 0, 0]);
                    put(at + 4, &value.to_be_bytes());
                }
                _ => put(at, format!("{:07o}", value.min(SMALL_MAX)).as_bytes()),
            }
        }
        put(124, format!("{:011o}", self.size.unwrap_or(self.content.len() as u64)).as_bytes());
        put(136, format!("{:011o}", self.mtime).as_bytes());
        put(148, b"        ");
        put(156, &[self.typeflag]);
        put(157, &self.link[..self.link.len().min(100)]);
        put(257, if format == Format::Gnu { b"ustar  \0" } else { b"ustar\x0000" });
        put(345, prefix);
        self.fields.iter().for_each(|(at, bytes)| put(*at, bytes));
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }
}

fn extended(typeflag: u8, content: &[u8], tar: &mut Vec<u8>) {
    let entry = Entry { content: content.to_vec(), ..Entry::new(typeflag, b"././@LongLink") };
    entry.write(Format::Gnu, tar);
}

/// Appends a record of an extended header.
pub fn record(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let length = (rest..).find(|length| rest + length.to_string().len() == *length).unwrap_or(rest);
    records.extend_from_slice(format!("{length} {key}=").as_bytes());
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// A whole tar.
pub fn tar(format: Format, entries: &[Entry]) -> Vec<u8> {
    let mut tar = Vec::new();
    entries.iter().for_each(|entry| entry.write(format, &mut tar));
    tar.resize(tar.len() + 2 * BLOCK, 0);
    tar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_length() {
        for length in [1, 85, 86, 87, 88, 89, 90, 91, 92, 93, 985, 986, 987, 988, 989, 990] {
            let mut records = Vec::new();
            record(&mut records, "path", &vec![b'x'; length]);
            let digits: String =
                records.iter().take_while(|byte| **byte != b' ').map(|byte| char::from(*byte)).collect();
            assert_eq!(digits.parse::<usize>().unwrap(), records.len());
        }
    }
}
