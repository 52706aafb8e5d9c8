//! Archives made with the `tar` crate or by hand, indexed and read back.

use wcr_abi::{FileKind, Timestamp};
use wcr_vfs::layer::{Layer, LayerIndex, Record, RecordKind};

use super::{LayerIndexer, index_tar, unlabelled};
use crate::digest::Digest;
use crate::error::{Class, ImageError, Limits, Result};

/// One header block with a valid checksum, made of the fields that tests vary.
struct Block([u8; 512]);

impl Block {
    fn new(name: &str, typeflag: u8, size: u64) -> Self {
        let mut block = [0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..107].copy_from_slice(b"0000644");
        block[108..115].copy_from_slice(b"0000001");
        block[116..123].copy_from_slice(b"0000002");
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[136..147].copy_from_slice(b"00000000007");
        block[156] = typeflag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        Self(block)
    }

    fn set(mut self, at: usize, bytes: &[u8]) -> Self {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn link(self, target: &str) -> Self {
        self.set(157, target.as_bytes())
    }

    fn bytes(mut self) -> Vec<u8> {
        self.0[148..156].fill(b' ');
        let sum: u32 = self.0.iter().map(|b| u32::from(*b)).sum();
        self.0[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.to_vec()
    }
}

fn padded(content: &[u8]) -> Vec<u8> {
    let mut out = content.to_vec();
    out.resize(content.len().next_multiple_of(512), 0);
    out
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    [Block::new(name, b'0', content.len() as u64).bytes(), padded(content)].concat()
}

fn extended(typeflag: u8, content: &[u8]) -> Vec<u8> {
    [Block::new("ext", typeflag, content.len() as u64).bytes(), padded(content)].concat()
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (key, value) in records {
        let bare = key.len() + value.len() + 3;
        let length = (bare + 1..).find(|n| n.to_string().len() + bare == *n).unwrap();
        body.push_str(&format!("{length} {key}={value}\n"));
    }
    extended(b'x', body.as_bytes())
}

fn end() -> Vec<u8> {
    vec![0; 1024]
}

fn index(tar: &[u8]) -> Result<LayerIndex> {
    Ok(LayerIndex::open(index_tar(tar)?).unwrap())
}

fn get<'a>(index: &'a LayerIndex, path: &str) -> Record<'a> {
    let found = path.split('/').try_fold(0, |dir, part| index.child(dir, part.as_bytes()));
    index.record(found.unwrap_or_else(|| panic!("{path} is missing"))).unwrap()
}

fn content<'a>(tar: &'a [u8], record: &Record<'_>) -> &'a [u8] {
    &tar[record.data as usize..][..record.size as usize]
}

#[test]
fn every_kind_of_entry_arrives() {
    let tar = [
        Block::new("./", b'5', 0).set(100, b"0000755").bytes(),
        file("a", b"content"),
        Block::new("old/", 0, 99).bytes(),
        Block::new("b", b'1', 7).link("a").bytes(),
        Block::new("s", b'2', 0).link("../a").bytes(),
        Block::new("null", b'3', 0).set(329, b"0000001 0000003 ").bytes(),
        Block::new("disk", b'4', 0).set(329, b"0010000 0001000 ").bytes(),
        Block::new("fifo", b'6', 0).bytes(),
        Block::new("contiguous", b'7', 0).bytes(),
        end(),
        b"what follows the end does not matter".to_vec(),
    ]
    .concat();
    let index = index(&tar).unwrap();
    assert_eq!((index.tar_len(), index.diff_id()), (tar.len() as u64, *Digest::of(&tar).as_bytes()));
    assert_eq!(index.sha256(), *Digest::of(index.body()).as_bytes());
    assert_eq!(index.record(0).unwrap().mode.permissions(), 0o755);
    let a = get(&index, "a");
    assert_eq!((content(&tar, &a), a.uid, a.gid, a.mtime), (&b"content"[..], 1, 2, Timestamp { sec: 7, nsec: 0 }));
    assert_eq!((a.mode.kind(), a.mode.permissions(), a.nlink), (FileKind::Regular, 0o644, 2));
    assert!(matches!(get(&index, "b").kind, RecordKind::HardLink { .. }));
    assert_eq!(get(&index, "old").mode.kind(), FileKind::Directory);
    assert_eq!(get(&index, "s").link, b"../a");
    assert_eq!((get(&index, "null").mode.kind(), get(&index, "null").rdev), (FileKind::CharDevice, 0x103));
    assert_eq!((get(&index, "disk").mode.kind(), get(&index, "disk").rdev), (FileKind::BlockDevice, 0x1000_0020_0000));
    assert_eq!(get(&index, "fifo").mode.kind(), FileKind::Fifo);
    assert_eq!(get(&index, "contiguous").mode.kind(), FileKind::Regular);
}

#[test]
fn the_size_of_the_pieces_does_not_matter() {
    let long = "d/".repeat(80) + "file";
    let tar = [
        extended(b'L', format!("{long}\0").as_bytes()),
        file("cut", &[1; 1000]),
        pax(&[("path", "p/q"), ("mtime", "1.5"), ("SCHILY.xattr.user.x", "\u{1}\n")]),
        file("other", &[2; 512]),
        end(),
    ]
    .concat();
    let whole = index_tar(&tar).unwrap();
    for piece in [1, 13, 511, 512, 513, 4096] {
        let mut indexer = LayerIndexer::new(&Limits::DEFAULT, unlabelled);
        tar.chunks(piece).for_each(|part| indexer.push(part).unwrap());
        assert_eq!(indexer.finish(Digest::of(&tar)).unwrap(), whole, "in pieces of {piece}");
    }
    let index = LayerIndex::open(whole).unwrap();
    assert_eq!(content(&tar, &get(&index, &long)), [1; 1000]);
    assert_eq!(get(&index, "p/q").mtime, Timestamp { sec: 1, nsec: 500_000_000 });
}

#[test]
fn executable_files_are_labelled_by_their_whole_content() {
    let program = |name, content: &[u8]| {
        [Block::new(name, b'0', content.len() as u64).set(100, b"0000755").bytes(), padded(content)].concat()
    };
    let tar = [
        program("one", &[1; 1000]),
        file("data", &[2; 600]),
        program(".wh.gone", &[3; 9]),
        program("two", &[4; 512]),
        program("empty", &[]),
        end(),
    ]
    .concat();
    let labeller = |content: &[u8]| content[0] + if content.len() == 1000 { 100 } else { 0 };
    for piece in [1, 511, 512, 1300, 100_000] {
        let mut indexer = LayerIndexer::new(&Limits::DEFAULT, labeller);
        tar.chunks(piece).for_each(|part| indexer.push(part).unwrap());
        let index = LayerIndex::open(indexer.finish(Digest::of(&tar)).unwrap()).unwrap();
        assert_eq!(["one", "data", "two", "empty"].map(|path| get(&index, path).label), [101, 0, 4, 0], "{piece}");
    }
}

#[test]
fn extended_headers_overrule() {
    let long_link = "t".repeat(200);
    let tar = [
        pax(&[("size", "600"), ("uid", "70000"), ("gid", "80000")]),
        Block::new("size", b'0', 0).bytes(),
        padded(&[3; 600]),
        extended(b'K', long_link.as_bytes()),
        Block::new("longlink", b'2', 0).link("short").bytes(),
        pax(&[("linkpath", "from-pax")]),
        Block::new("paxlink", b'2', 0).link("short").bytes(),
        [Block::new("g", b'g', 9).bytes(), padded(b"9 x=yyyy\n")].concat(),
        pax(&[("size", "5")]),
        Block::new("dir", b'5', 0).bytes(),
        Block::new("base256", b'0', 0).set(124, b"\x80\0\0\0\0\0\0\0\0\0\0\x03").bytes(),
        padded(b"abc"),
        Block::new("name", b'0', 0).set(345, b"prefix/dir").bytes(),
        Block::new("gnu", b'0', 0).set(257, b"ustar  \0").set(345, b"01234567012").bytes(),
        end(),
    ]
    .concat();
    let index = index(&tar).unwrap();
    let size = get(&index, "size");
    assert_eq!((content(&tar, &size), size.uid, size.gid), (&[3; 600][..], 70_000, 80_000));
    assert_eq!(get(&index, "longlink").link, long_link.as_bytes());
    assert_eq!(get(&index, "paxlink").link, b"from-pax");
    assert_eq!(get(&index, "dir").mode.kind(), FileKind::Directory);
    assert_eq!(content(&tar, &get(&index, "base256")), b"abc");
    assert_eq!(get(&index, "prefix/dir/name").size, 0);
    assert_eq!(get(&index, "gnu").size, 0, "the old GNU format has times where ustar has a prefix");
}

#[test]
fn an_archive_may_end_without_a_marker() {
    let unpadded = file("a", b"content")[..519].to_vec();
    for tar in [vec![], vec![0; 512], file("a", b"x"), end(), vec![0; 10_240], unpadded.clone()] {
        index(&tar).unwrap();
    }
    assert_eq!(content(&unpadded, &get(&index(&unpadded).unwrap(), "a")), b"content");
}

#[test]
fn malformed_archives_are_refused() {
    let good = file("a", b"content");
    let mut sum = good.clone();
    sum[0] = b'b';
    let huge = Block::new("huge", b'0', 0).set(124, b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff").bytes();
    let table: Vec<(Vec<u8>, Class, &str)> = vec![
        (good[..100].to_vec(), Class::Malformed, "cut within a header"),
        (good[..515].to_vec(), Class::Malformed, "cut within content"),
        (good[..518].to_vec(), Class::Malformed, "cut before the last byte of content"),
        (pax(&[("path", "x")]), Class::Malformed, "nothing after an extended header"),
        ([pax(&[("path", "x")]), end()].concat(), Class::Malformed, "the end after an extended header"),
        (pax(&[("path", "x")])[..515].to_vec(), Class::Malformed, "cut within an extended header"),
        (pax(&[("path", "x")])[..600].to_vec(), Class::Malformed, "cut within an extended header's padding"),
        (sum, Class::Malformed, "a wrong checksum"),
        (vec![b'x'; 1024], Class::Malformed, "no tar at all"),
        ([vec![0; 512], good.clone()].concat(), Class::Malformed, "a zero block in the middle"),
        ([extended(b'x', b"99 path=x\n"), good.clone()].concat(), Class::Malformed, "a malformed PAX record"),
        ([extended(b'g', b"nonsense"), good.clone()].concat(), Class::Malformed, "a malformed global PAX record"),
        ([pax(&[("size", "-1")]), good.clone()].concat(), Class::Malformed, "a negative PAX size"),
        ([pax(&[("uid", "4294967296")]), good.clone()].concat(), Class::Malformed, "a large owner"),
        ([extended(b'L', b""), good.clone()].concat(), Class::Malformed, "an empty long name"),
        ([extended(b'L', b"\0x"), good.clone()].concat(), Class::Malformed, "an empty long name"),
        (huge, Class::Limit, "a huge size"),
        (Block::new("ext", b'x', 2 << 20).bytes(), Class::Limit, "a huge extended header"),
        (Block::new("ext", b'L', 2 << 20).bytes(), Class::Limit, "a huge long name"),
        ([extended(b'L', &[b'x'; 5000]), good.clone()].concat(), Class::Malformed, "a long path"),
        (Block::new("neg", b'0', 0).set(124, &[0xff; 12]).bytes(), Class::Malformed, "a negative size"),
        (Block::new("bad", b'0', 0).set(124, b"00000000009\0").bytes(), Class::Malformed, "a digit 9"),
        (Block::new("s", b'S', 0).bytes(), Class::Malformed, "an old sparse file in a format that has none"),
        ([pax(&[("GNU.sparse.major", "1")]), good.clone()].concat(), Class::Malformed, "a sparse file without a size"),
        (Block::new("v", b'V', 0).bytes(), Class::Malformed, "a volume header"),
        (Block::new("", b'0', 0).bytes(), Class::Malformed, "no name"),
        (file("../x", b""), Class::Malformed, "a way out"),
        (file(".wh..", b""), Class::Malformed, "a whiteout of the directory itself"),
        (Block::new("/.", b'2', 0).link("x").bytes(), Class::Malformed, "a symbolic link for the root"),
        (Block::new("l", b'1', 0).link("../x").bytes(), Class::Malformed, "a hard link out"),
    ];
    for (tar, class, why) in table {
        let error = index(&tar).map(|_| ()).expect_err(why);
        assert_eq!(error.class(), class, "{why}: {error}");
    }
}

#[test]
fn names_in_errors_are_escaped() {
    let tar = [Block::new("a\u{1b}[2J", b'Z', 0).bytes(), end()].concat();
    let error = index(&tar).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the tar is malformed at byte 512 (entry `a\\x1b[2J`): entries of type `Z` do not belong in a layer"
    );
}

#[test]
fn limits_hold() {
    let limits = Limits { layer: 2048, entries: 2, ..Limits::DEFAULT };
    let mut indexer = LayerIndexer::new(&limits, unlabelled);
    indexer.push(&file("a", b"x")).unwrap();
    indexer.push(&[0; 1024]).unwrap();
    assert!(matches!(indexer.push(&[0]), Err(ImageError::Limit { .. })));
    let mut indexer = LayerIndexer::new(&limits, unlabelled);
    let three = [file("a", b""), file("b", b""), file("c", b"")].concat();
    assert_eq!(indexer.push(&three).unwrap_err().to_string(), "a layer is larger than the limit of 2 entries");
}

#[test]
fn what_the_tar_crate_writes_is_read() {
    let mut builder = tar::Builder::new(Vec::new());
    let long = format!("{}/file", "directory".repeat(20));
    for (path, content) in [("short", &b"1"[..]), (&long, b"two")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o4755);
        header.set_mtime(1 << 34);
        header.set_uid(1 << 21);
        header.set_cksum();
        builder.append_data(&mut header, path, content).unwrap();
    }
    let tar = builder.into_inner().unwrap();
    let index = index(&tar).unwrap();
    assert_eq!((content(&tar, &get(&index, &long)), get(&index, &long).uid), (&b"two"[..], 1 << 21));
    assert_eq!((get(&index, "short").mtime.sec, get(&index, "short").mode.permissions()), (1 << 34, 0o4755));
}

/// A file of ten blocks with one piece at its third, in each form.
fn with_holes() -> [(&'static str, Vec<u8>); 4] {
    let (data, size) = (padded(&[7; 512]), "5120");
    let old = |name: &str| Block::new(name, b'S', 512).set(257, b"ustar  \0").set(483, b"00000012000\0");
    let map = padded(b"2\n1024\n512\n5120\n0\n");
    let in_content =
        [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "c"), ("GNU.sparse.realsize", size)];
    let header = |name: &str, length| Block::new(name, b'0', length).bytes();
    [
        (
            "s",
            [old("s").set(386, b"00000002000\x0000000001000\x0000000012000\x0000000000000").bytes(), data.clone()]
                .concat(),
        ),
        (
            "a",
            [
                pax(&[
                    ("GNU.sparse.size", size),
                    ("GNU.sparse.numblocks", "1"),
                    ("GNU.sparse.offset", "1024"),
                    ("GNU.sparse.numbytes", "512"),
                ]),
                header("a", 512),
                data.clone(),
            ]
            .concat(),
        ),
        (
            "b",
            [
                pax(&[
                    ("GNU.sparse.size", size),
                    ("GNU.sparse.numblocks", "2"),
                    ("GNU.sparse.name", "b"),
                    ("GNU.sparse.map", "1024,512,5120,0"),
                ]),
                header("GNUSparseFile.1/b", 512),
                data.clone(),
            ]
            .concat(),
        ),
        ("c", [pax(&in_content), header("GNUSparseFile.1/c", 1024), map, data].concat()),
    ]
}

#[test]
fn files_with_holes_have_zeros_there() {
    let mut expected = vec![0; 5120];
    expected[1024..1536].fill(7);
    let mut tar: Vec<u8> = with_holes().into_iter().flat_map(|(_, tar)| tar).collect();
    // More pieces than a header has room for.
    let pair = |offset: u64| format!("{offset:011o}\x0000000000001\0").into_bytes();
    let pairs = |range: core::ops::Range<u64>| range.flat_map(|n| pair(n * 100)).collect::<Vec<u8>>();
    let old = Block::new("many", b'S', 30).set(257, b"ustar  \0").set(386, &pairs(0..4)).set(482, b"\x01");
    let mut first = pairs(4..25);
    first.extend_from_slice(b"\x01\0\0\0\0\0\0\0");
    tar.extend([old.set(483, b"00000006000\0").bytes(), first, padded(&pairs(25..30)), padded(&[9; 30])].concat());
    tar.extend([file("last", b"content"), end()].concat());
    let whole = index_tar(&tar).unwrap();
    for piece in [1, 13, 511, 512, 513, 4096] {
        let mut indexer = LayerIndexer::new(&Limits::DEFAULT, unlabelled);
        tar.chunks(piece).for_each(|part| indexer.push(part).unwrap());
        assert_eq!(indexer.finish(Digest::of(&tar)).unwrap(), whole, "in pieces of {piece}");
    }
    let layer = Layer::new(LayerIndex::open(whole).unwrap(), tar).unwrap();
    let read = |path: &str| {
        let record = get(layer.index(), path);
        let mut content = vec![1; record.size as usize];
        layer.content(&record).unwrap().read(0, &mut content);
        content
    };
    for (name, _) in with_holes() {
        assert!(read(name) == expected, "{name}");
    }
    let many = read("many");
    assert_eq!((many.len(), many.iter().filter(|byte| **byte == 9).count()), (3072, 30));
    assert!((0..30).all(|n| many[n * 100] == 9));
    assert_eq!(read("last"), b"content");
    assert!(layer.index().child(0, b"GNUSparseFile.1").is_none());
}

#[test]
fn maps_of_holes_that_make_no_sense_are_refused() {
    let sparse = |records: &[(&str, &str)], content: &[u8]| {
        let size = [("GNU.sparse.size", "5120")];
        let records: Vec<_> = size.iter().chain(records).copied().collect();
        [pax(&records), Block::new("f", b'0', content.len() as u64).bytes(), padded(content), end()].concat()
    };
    let map = |map: &str| sparse(&[("GNU.sparse.map", map)], &[1; 512]);
    let content = |content: &str| sparse(&[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0")], content.as_bytes());
    let table = [
        (map("0,511"), Class::Malformed, "another length than its content", "less than the tar has"),
        (map("0,513"), Class::Malformed, "another length than its content", "more than the tar has"),
        (map("0,256,255,256"), Class::Malformed, "overlap", "pieces over each other"),
        (map("600,256,0,256"), Class::Malformed, "overlap", "pieces out of order"),
        (map("4864,512"), Class::Malformed, "outside", "a piece behind the end"),
        (map("9223372036854775807,512"), Class::Malformed, "outside", "a piece far behind the end"),
        (map("-1,512"), Class::Malformed, "negative", "a piece before the beginning"),
        (map("0,512,"), Class::Malformed, "ends with an offset", "half a piece"),
        (sparse(&[("GNU.sparse.major", "2")], b""), Class::Malformed, "form 2.0", "a form of the future"),
        (sparse(&[("GNU.sparse.numblocks", "3")], b""), Class::Malformed, "not complete", "too few pieces"),
        (sparse(&[("GNU.sparse.offset", "3")], b""), Class::Malformed, "not complete", "no length"),
        (sparse(&[("GNU.sparse.size", "-1")], b""), Class::Malformed, "negative", "a negative size"),
        (sparse(&[("GNU.sparse.size", "9223372036854775807")], b""), Class::Limit, "8589934592", "a huge file"),
        (content(""), Class::Malformed, "is longer than its content", "no map"),
        (content(&"x".repeat(512)), Class::Malformed, "no number of pieces", "a map without lines"),
        (content(&"1\n".repeat(256)), Class::Malformed, "another length", "a map of something else"),
        (
            content(&format!("9223372036854775807\n{:510}", 0)),
            Class::Malformed,
            "is longer than its content",
            "endless",
        ),
        (content(&format!("990\n{}", "1\n".repeat(254))), Class::Malformed, "longer than its content", "cut off"),
        (
            [pax(&[("GNU.sparse.size", "9")]), Block::new("d", b'5', 0).bytes()].concat(),
            Class::Malformed,
            "no file",
            "a folder with holes",
        ),
    ];
    for (tar, class, text, why) in table {
        let error = index(&tar).map(|_| ()).expect_err(why);
        assert_eq!(error.class(), class, "{why}: {error}");
        assert!(error.to_string().contains(text), "{why}: {error}");
    }
    let many = format!("1000000\n{}", "1\n".repeat(600_000));
    assert_eq!(index(&content(&many)).map(|_| ()).unwrap_err().class(), Class::Limit, "a map without end");
    for (name, tar) in with_holes() {
        for length in 1..tar.len() - 1 {
            if tar.len() - length > 512 {
                drop(index_tar(&tar[..length]));
            } else {
                assert!(index_tar(&tar[..length]).is_err(), "{name} cut to {length}");
            }
        }
    }
}

#[test]
fn holes_count_against_the_limit_of_a_layer() {
    let limits = Limits { layer: 100_000, ..Limits::DEFAULT };
    let hole = |size: &str| [pax(&[("GNU.sparse.size", size)]), Block::new("f", b'0', 0).bytes()].concat();
    let mut indexer = LayerIndexer::new(&limits, unlabelled);
    indexer.push(&hole("90000")).unwrap();
    let error = indexer.push(&hole("90000")).unwrap_err().to_string();
    assert_eq!(error, "a layer is larger than the limit of 100000 bytes");
}

#[test]
fn damaged_archives_never_panic() {
    let holes = with_holes().into_iter().flat_map(|(_, tar)| tar).collect();
    let tar = [
        pax(&[("path", "p/q"), ("size", "600"), ("mtime", "-1.5"), ("uid", "7")]),
        file("a", &[3; 600]),
        holes,
        extended(b'L', b"long/name\0"),
        Block::new("b", b'1', 7).link("p/q").bytes(),
        Block::new("null", b'3', 0).set(329, b"0000001 0000003 ").bytes(),
        end(),
    ]
    .concat();
    index(&tar).unwrap();
    for at in (0..tar.len()).step_by(5) {
        for value in [0, b'9', 0xff] {
            let mut bad = tar.clone();
            bad[at] = value;
            drop(index_tar(&bad));
            // The same with a checksum that fits, so that the other fields are looked at.
            let start = at / 512 * 512;
            let mut block: [u8; 512] = bad[start..start + 512].try_into().unwrap();
            if !(148..156).contains(&(at - start)) {
                block = Block(block).bytes().try_into().unwrap();
                bad[start..start + 512].copy_from_slice(&block);
                drop(index_tar(&bad));
            }
        }
        drop(index_tar(&tar[..at]));
    }
}
