//! Entries in, index out, and the index read back.

use super::*;
use wcr_abi::FileKind;

const TAR: u64 = 1 << 20;

fn meta(mode: u32) -> EntryMeta {
    EntryMeta { mode, uid: 1, gid: 2, mtime: Timestamp { sec: 7, nsec: 8 }, ..EntryMeta::default() }
}

fn file(data: u64) -> EntryMeta {
    EntryMeta { size: 10, data, ..meta(0o644) }
}

fn build(entries: &[(&str, EntryMeta, EntryKind<'_>)]) -> LayerIndex {
    let mut builder = LayerBuilder::new(LayerLimits::default());
    for (path, meta, kind) in entries {
        builder.add(path.as_bytes(), *meta, *kind).unwrap();
    }
    LayerIndex::open(builder.finish(TAR, [3; 32], |_| [4; 32]).unwrap()).unwrap()
}

fn find(index: &LayerIndex, path: &str) -> Option<u32> {
    path.split('/').filter(|part| !part.is_empty()).try_fold(0, |dir, part| index.child(dir, part.as_bytes()))
}

fn get<'a>(index: &'a LayerIndex, path: &str) -> Record<'a> {
    index.record(find(index, path).unwrap_or_else(|| panic!("{path} is missing"))).unwrap()
}

use EntryKind::{Directory, Fifo, HardLink, Regular, Symlink};

#[test]
fn a_label_belongs_to_the_entry_before_it_and_to_nothing_else() {
    let mut builder = LayerBuilder::new(LayerLimits::default());
    let entries =
        [("a", Regular), ("a/.wh.b", Regular), ("c", Regular), ("c", Fifo), ("d", Regular), ("e", HardLink(b"d"))];
    for (label, (path, kind)) in (1..).zip(entries) {
        builder.add(path.as_bytes(), file(0), kind).unwrap();
        builder.label(label);
    }
    let index = LayerIndex::open(builder.finish(TAR, [0; 32], |_| [0; 32]).unwrap()).unwrap();
    assert_eq!(["a", "c", "d"].map(|path| get(&index, path).label), [0, 0, 5]);
}

#[test]
fn entries_come_back_as_they_went_in() {
    let device = EntryMeta { rdev: 0x103, ..meta(0o20666) };
    let index = build(&[
        ("./", meta(0o700), Directory),
        ("etc/", meta(0o755), Directory),
        ("etc/passwd", file(512), Regular),
        ("bin/sh", meta(0), Symlink(b"busybox")),
        ("dev/null", device, EntryKind::CharDevice),
        ("run/fifo", meta(0o4600), Fifo),
    ]);
    assert_eq!((index.len(), index.tar_len(), index.diff_id(), index.sha256()), (9, TAR, [3; 32], [4; 32]));
    let root = index.record(0).unwrap();
    assert_eq!((root.mode, root.implied, root.nlink), (Mode(0o40700), false, 6));
    let names: Vec<_> = root.children.map(|child| index.name(child).unwrap()).collect();
    assert_eq!(names, [&b"bin"[..], b"dev", b"etc", b"run"]);
    let passwd = get(&index, "etc/passwd");
    assert_eq!((passwd.mode, passwd.uid, passwd.gid, passwd.nlink), (Mode(0o100_644), 1, 2, 1));
    assert_eq!((passwd.size, passwd.data, passwd.mtime), (10, 512, Timestamp { sec: 7, nsec: 8 }));
    let sh = get(&index, "bin/sh");
    assert_eq!((sh.mode, sh.link, sh.size), (Mode(0o120_777), &b"busybox"[..], 7));
    assert_eq!((get(&index, "dev/null").rdev, get(&index, "dev/null").mode), (0x103, Mode(0o20666)));
    assert_eq!(get(&index, "run/fifo").mode, Mode(0o14600));
    assert!(get(&index, "bin").implied && !get(&index, "etc").implied);
    assert_eq!(find(&index, "etc/shadow"), None);
}

#[test]
fn the_later_entry_wins() {
    let index = build(&[
        ("a", file(0), Regular),
        ("a", file(99), Regular),
        ("dir/x/y", file(1), Regular),
        ("dir", meta(0o711), Directory),
        ("gone/x", file(2), Regular),
        ("gone", file(3), Regular),
        ("link", meta(0), Symlink(b"dir")),
        ("link/z", file(4), Regular),
        ("back/x", file(5), Regular),
        ("back", meta(0), Symlink(b"a")),
        ("back/y", file(6), Regular),
    ]);
    assert_eq!(get(&index, "a").data, 99);
    assert_eq!((get(&index, "dir").mode, get(&index, "dir/x/y").data), (Mode(0o40711), 1));
    assert_eq!((get(&index, "gone").data, find(&index, "gone/x")), (3, None));
    assert_eq!((get(&index, "link").mode.kind(), find(&index, "dir/z")), (FileKind::Directory, None));
    assert_eq!((find(&index, "back/x"), get(&index, "back/y").data), (None, 6));
}

#[test]
fn hard_links_share_an_inode() {
    let index = build(&[
        ("z", file(1), Regular),
        ("b", meta(0), HardLink(b"./z")),
        ("a/c", meta(0), HardLink(b"/b")),
        ("z", file(2), Regular),
        ("low", meta(0), HardLink(b"usr//lower/x")),
        ("low2", meta(0), HardLink(b"low")),
        ("d/x", file(3), Regular),
        ("d", meta(0), HardLink(b"d/x")),
        ("s", meta(0), Symlink(b"t")),
        ("s2", meta(0), HardLink(b"s")),
    ]);
    let first = find(&index, "b").unwrap();
    assert_eq!((get(&index, "b").kind, get(&index, "b").nlink, get(&index, "b").data), (RecordKind::Inode, 2, 1));
    assert_eq!(get(&index, "a/c").kind, RecordKind::HardLink { record: first });
    assert_eq!((get(&index, "z").nlink, get(&index, "z").data), (1, 2));
    assert_eq!((get(&index, "low").kind, get(&index, "low").link), (RecordKind::LowerHardLink, &b"usr/lower/x"[..]));
    assert_eq!(get(&index, "low2").link, b"usr/lower/x");
    assert_eq!((get(&index, "d").data, get(&index, "d").nlink), (3, 1));
    assert_eq!(get(&index, "s2").kind, RecordKind::HardLink { record: find(&index, "s").unwrap() });
}

#[test]
fn whiteouts_in_any_order() {
    let index = build(&[
        (".wh.gone", meta(0), Regular),
        ("dir/.wh..wh..opq", meta(0), Regular),
        ("dir/x", file(0), Regular),
        ("both", meta(0o700), Directory),
        (".wh.both", meta(0), Regular),
        (".wh.file", meta(0), Regular),
        ("file", file(0), Regular),
        ("only/.wh.deep", meta(0), Regular),
        (".wh..wh.plnk/", meta(0), Directory),
        ("odd/.wh.name/x", file(0), Regular),
        ("anew/x", file(0), Regular),
        (".wh.anew", meta(0), Regular),
        ("turned", file(0), Regular),
        ("turned/", meta(0o700), Directory),
        ("used", file(0), Regular),
        ("used/x", file(0), Regular),
    ]);
    assert_eq!(get(&index, "gone").kind, RecordKind::Whiteout);
    assert!(get(&index, "dir").opaque && get(&index, "dir").implied);
    assert!(get(&index, "both").opaque && !get(&index, "both").implied);
    for name in ["anew", "turned", "used"] {
        assert!(get(&index, name).opaque && !get(&index, name).implied, "{name}");
    }
    assert_eq!((get(&index, "file").kind, get(&index, "file").opaque), (RecordKind::Inode, false));
    assert_eq!((get(&index, "only/deep").kind, get(&index, "only").nlink), (RecordKind::Whiteout, 2));
    assert_eq!(find(&index, ".wh..wh.plnk"), None);
    assert_eq!(get(&index, "odd/.wh.name").mode.kind(), FileKind::Directory);
    assert!(build(&[(".wh..wh..opq", meta(0), Regular)]).record(0).unwrap().opaque);
}

#[test]
fn malformed_entries_are_refused() {
    let long = "n".repeat(256);
    let cases: [(&str, EntryKind<'_>, NameFault); 17] = [
        ("", Regular, NameFault::Empty),
        ("../x", Regular, NameFault::DotDot),
        ("a/../x", Regular, NameFault::DotDot),
        ("a/..", Directory, NameFault::DotDot),
        ("a\0", Regular, NameFault::Nul),
        (&long, Regular, NameFault::ComponentTooLong),
        ("/.", Symlink(b"x"), NameFault::Root),
        (".", Regular, NameFault::Root),
        (".wh.", Regular, NameFault::Whiteout),
        ("a/.wh..", Regular, NameFault::Whiteout),
        (".wh...", Regular, NameFault::Whiteout),
        ("l", HardLink(b"./l"), NameFault::LinkToItself),
        ("l", HardLink(b"dir"), NameFault::LinkToDirectory),
        ("l", HardLink(b"/"), NameFault::LinkToDirectory),
        ("l", HardLink(b"../etc/passwd"), NameFault::LinkTarget),
        ("l", Symlink(b""), NameFault::LinkTarget),
        ("l", Symlink(b"a\0b"), NameFault::LinkTarget),
    ];
    for (path, kind, fault) in cases {
        let mut builder = LayerBuilder::new(LayerLimits::default());
        builder.add(b"dir", meta(0o755), Directory).unwrap();
        assert_eq!(builder.add(path.as_bytes(), meta(0), kind), Err(LayerError::entry(path.as_bytes(), fault)));
    }
    let mut builder = LayerBuilder::new(LayerLimits::default());
    builder.add(b"f", EntryMeta { size: u64::MAX, data: 5, ..meta(0) }, Regular).unwrap();
    assert_eq!(builder.finish(TAR, [0; 32], |_| [0; 32]), Err(LayerError::entry(b"f", NameFault::Data)));
}

#[test]
fn limits_hold() {
    let limits = LayerLimits { entries: 5, name_bytes: 20 };
    let mut builder = LayerBuilder::new(limits);
    assert!(matches!(builder.add(b"1/2/3/4/5/6", meta(0), Regular), Err(LayerError::Limit { what: "entries", .. })));
    let mut builder = LayerBuilder::new(limits);
    (0..5).for_each(|_| builder.add(b"a", meta(0), Regular).unwrap());
    assert!(matches!(builder.add(b"a", meta(0), Regular), Err(LayerError::Limit { what: "entries", max: 5 })));
    let mut builder = LayerBuilder::new(limits);
    let name = [b'x'; 21];
    assert!(matches!(builder.add(&name, meta(0), Regular), Err(LayerError::Limit { what: "bytes of names", .. })));
}

#[test]
fn a_damaged_index_never_panics() {
    let mut builder = LayerBuilder::new(LayerLimits::default());
    for i in 0..20 {
        builder.add(format!("d{}/f{i}", i % 3).as_bytes(), file(i), Regular).unwrap();
    }
    builder.add(b"l", meta(0), Symlink(b"target")).unwrap();
    let good = builder.finish(TAR, [0; 32], |_| [0; 32]).unwrap();
    let walk = |bytes: Vec<u8>| {
        let Ok(index) = LayerIndex::open(bytes) else { return };
        for number in 0..index.len() + 2 {
            if let Some(record) = index.record(number) {
                assert!(record.children.is_empty() || record.children.start > number);
            }
            let _ = index.child(number, b"f1");
        }
    };
    for at in 0..good.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = value;
            walk(bytes);
        }
    }
    for len in 0..good.len() {
        assert!(LayerIndex::open(good[..len].to_vec()).is_err());
    }
}

#[test]
fn sixty_thousand_entries_are_found_again() {
    let mut builder = LayerBuilder::new(LayerLimits::default());
    let path = |i: u32| format!("usr/share/pkg{}/dir{}/file{i}", i % 97, i % 13);
    for i in 0..60_000 {
        builder.add(path(i).as_bytes(), file(i.into()), Regular).unwrap();
    }
    let index = LayerIndex::open(builder.finish(TAR, [0; 32], |_| [0; 32]).unwrap()).unwrap();
    for i in 0..60_000 {
        assert_eq!(get(&index, &path(i)).data, u64::from(i));
    }
}
