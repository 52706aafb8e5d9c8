//! Files with holes, in each of the forms that GNU tar has had for them (GNU tar's manual, "Storing Sparse Files").

use super::archive::{Entry, record};

/// How the holes are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the header and in blocks behind it, with the type `S`.
    Gnu,
    /// In an extended header, two records for each piece.
    Pax00,
    /// In an extended header, in one record.
    Pax01,
    /// Before the content.
    Pax10,
}

/// How many pieces stand in the header, and in each block behind it.
const IN_HEADER: usize = 4;
const IN_BLOCK: usize = 21;

/// A file of `size` bytes that are zeros but for the pieces.
pub fn sparse(form: Form, path: &[u8], size: u64, pieces: &[(u64, Vec<u8>)]) -> Entry {
    let content: Vec<u8> = pieces.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    let mut map: Vec<(u64, u64)> = pieces.iter().map(|(offset, bytes)| (*offset, bytes.len() as u64)).collect();
    // GNU tar ends the map with the end of the file.
    if map.last().is_none_or(|(offset, length)| offset + length < size) {
        map.push((size, 0));
    }
    match form {
        Form::Gnu => gnu(Entry::file(path, &content), size, &map),
        Form::Pax00 | Form::Pax01 | Form::Pax10 => pax(form, path, content, size, &map),
    }
}

fn gnu(entry: Entry, size: u64, map: &[(u64, u64)]) -> Entry {
    let pairs = |map: &[(u64, u64)]| -> Vec<u8> {
        map.iter().flat_map(|(offset, length)| format!("{offset:011o}\0{length:011o}\0").into_bytes()).collect()
    };
    let (first, rest) = map.split_at(map.len().min(IN_HEADER));
    let fields = vec![
        (386, pairs(first)),
        (482, vec![u8::from(!rest.is_empty())]),
        (483, format!("{size:011o}\0").into_bytes()),
    ];
    let mut blocks = Vec::new();
    for (number, part) in rest.chunks(IN_BLOCK).enumerate() {
        let start = blocks.len();
        blocks.extend(pairs(part));
        blocks.resize(start + 504, 0);
        blocks.push(u8::from((number + 1) * IN_BLOCK < rest.len()));
        blocks.resize(start + 512, 0);
    }
    Entry { typeflag: b'S', fields, blocks, ..entry }
}

fn pax(form: Form, path: &[u8], content: Vec<u8>, size: u64, map: &[(u64, u64)]) -> Entry {
    let (mut records, mut before) = (Vec::new(), Vec::new());
    let mut put = |key: &str, value: &str| record(&mut records, key, value.as_bytes());
    let count = map.len().to_string();
    match form {
        Form::Pax10 => {
            put("GNU.sparse.major", "1");
            put("GNU.sparse.minor", "0");
            put("GNU.sparse.realsize", &size.to_string());
            before = format!("{count}\n").into_bytes();
            map.iter().for_each(|(offset, length)| before.extend(format!("{offset}\n{length}\n").into_bytes()));
            before.resize(before.len().next_multiple_of(512), 0);
        }
        _ => {
            put("GNU.sparse.size", &size.to_string());
            put("GNU.sparse.numblocks", &count);
            let pairs: Vec<String> = map.iter().map(|(offset, length)| format!("{offset},{length}")).collect();
            if form == Form::Pax01 {
                put("GNU.sparse.map", &pairs.join(","));
            } else {
                for (offset, length) in map {
                    put("GNU.sparse.offset", &offset.to_string());
                    put("GNU.sparse.numbytes", &length.to_string());
                }
            }
        }
    }
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    let (shown, recorded) = if form == Form::Pax00 {
        (path.to_vec(), None)
    } else {
        record(&mut records, "GNU.sparse.name", path);
        ([b"GNUSparseFile.0/", name].concat(), Some(path.to_vec()))
    };
    Entry { records, recorded, ..Entry::file(&shown, &[before, content].concat()) }
}
