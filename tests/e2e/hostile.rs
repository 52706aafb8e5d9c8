//! Layers that are made to do harm: contained, or refused by name. The numbers are those of the catalogue of faults.

use std::fs;

use wcr_tests::busybox;
use wcr_tests::fuzz::layers::archive::{Entry, Format, record, tar};
use wcr_tests::fuzz::layers::sparse::{Form, sparse};
use wcr_tests::fuzz::layers::tree::of_tar;
use wcr_tests::layer::gzip;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip;
use wcr_tests::wcr::Wcr;

/// What becomes of a layer.
enum Outcome {
    /// It is refused with this exit code, and a message that has this text.
    Refused(i32, &'static str),
    /// It is taken, and these are its names.
    Names(&'static [&'static str]),
}
use Outcome::{Names, Refused};

/// A store of its own beside a file that nobody may touch.
struct Place {
    folder: Scratch,
}

impl Place {
    fn new() -> Self {
        let folder = Scratch::new("hostile");
        fs::create_dir(folder.join("home")).unwrap();
        fs::write(folder.join("canary"), "alive").unwrap();
        fs::write(folder.join("home/canary"), "alive").unwrap();
        Place { folder }
    }

    fn wcr(&self, args: &[&str]) -> Wcr {
        Wcr::new(&self.folder.join("home")).args(args)
    }

    /// Takes a layer in, and checks what becomes of it.
    #[track_caller]
    fn takes(&self, name: &str, layer: &[u8], outcome: &Outcome) {
        let finished = self.wcr(&["import", "-", "hostile"]).stdin(layer).run();
        match outcome {
            Refused(code, text) => {
                let finished = finished.fails();
                assert_eq!(finished.code(), Some(*code), "{name}: {}", finished.stderr());
                let said = finished.stderr();
                assert!(said.contains(text), "{name}: {said}");
                assert!(!said.trim_end().chars().any(|c| c.is_control() && c != '\n'), "{name}: {said:?}");
                assert_eq!(fs::read_dir(self.folder.join("home/store/tmp")).map_or(0, Iterator::count), 0, "{name}");
            }
            Names(names) => {
                assert_eq!(finished.code(), Some(0), "{name}: {}", finished.stderr());
                let exported = self.wcr(&["export", "hostile"]).run().ok().stdout;
                let tree = of_tar(&exported);
                let found: Vec<String> = tree.keys().map(|name| name.escape_ascii().to_string()).collect();
                assert_eq!(found, *names, "{name}");
            }
        }
    }

    /// Nothing outside the store was touched, and the store is sound.
    fn end(self) {
        for canary in ["canary", "home/canary"] {
            assert_eq!(fs::read_to_string(self.folder.join(canary)).unwrap(), "alive");
        }
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 2);
        assert_eq!(fs::read_dir(self.folder.join("home")).unwrap().count(), 2);
        self.wcr(&["fsck"]).run().ok();
        let good = self.wcr(&["import", "-", "good"]).stdin(busybox::layer_tar()).run().ok();
        assert!(good.stdout().starts_with("sha256:"));
        self.wcr(&["run", "--rm", "--pull=never", "good", "echo", "sound"]).run().ok().prints("sound\n");
    }
}

/// Takes layers in one after the other.
#[track_caller]
fn all(cases: &[(&str, Vec<u8>, Outcome)]) {
    if !skip::unless_installed(&["busybox"]) {
        return;
    }
    let place = Place::new();
    for (name, layer, outcome) in cases {
        place.takes(name, layer, outcome);
    }
    place.end();
}

fn pax(entries: &[Entry]) -> Vec<u8> {
    tar(Format::Pax, entries)
}

fn with_records(records: &[(&str, &[u8])], entry: Entry) -> Entry {
    let mut bytes = Vec::new();
    records.iter().for_each(|(key, value)| record(&mut bytes, key, value));
    Entry { records: bytes, ..entry }
}

/// A file whose extended header has these bytes.
fn raw_records(records: &[u8]) -> Vec<u8> {
    pax(&[Entry { records: records.to_vec(), ..Entry::file(b"f", b"") }])
}

fn link(typeflag: u8, path: &str, target: &str) -> Entry {
    Entry::link(typeflag, path.as_bytes(), target.as_bytes())
}

fn file(path: &str) -> Entry {
    Entry::file(path.as_bytes(), b"content")
}

#[test]
fn fault_36_the_size_of_the_extended_header_counts() {
    // A reader that goes by the other size sees a second file in the content.
    let hidden = tar(Format::Ustar, &[file("hidden")]);
    let outer = Entry { size: Some(0), content: hidden.clone(), ..Entry::file(b"outer", b"") };
    let size = hidden.len().to_string();
    all(&[
        ("zero and a size", pax(&[with_records(&[("size", size.as_bytes())], outer.clone())]), Names(&["outer"])),
        ("zero alone", pax(&[outer]), Names(&["hidden", "outer"])),
        ("negative", pax(&[with_records(&[("size", b"-1")], file("f"))]), Refused(13, "negative")),
        ("beyond all", pax(&[with_records(&[("size", b"9223372036854775807")], file("f"))]), Refused(14, "limit")),
        (
            "too long for a number",
            pax(&[with_records(&[("size", b"99999999999999999999")], file("f"))]),
            Refused(13, "size"),
        ),
        ("more than there is", pax(&[with_records(&[("size", b"100000")], file("f"))]), Refused(13, "content")),
    ]);
}

#[test]
fn fault_37_the_extended_header_wins() {
    all(&[
        ("a name", pax(&[with_records(&[("path", b"right")], file("wrong"))]), Names(&["right"])),
        ("twice", pax(&[with_records(&[("path", b"first"), ("path", b"last")], file("wrong"))]), Names(&["last"])),
        ("an empty one", pax(&[with_records(&[("path", b"")], file("kept"))]), Names(&["kept"])),
        (
            "a target",
            pax(&[file("f"), with_records(&[("linkpath", b"f")], link(b'1', "g", "none"))]),
            Names(&["f", "g"]),
        ),
    ]);
}

#[test]
fn fault_38_malformed_extended_headers_are_never_passed_over() {
    let table: &[&[u8]] = &[
        b"x",
        b"0 \n",
        b"-3 a=b\n",
        b"12 path=a/b",
        b"99 path=a/b\n",
        b"5 path=a/b\n",
        b"7 path\n",
        b"5 =a\n",
        b"12 path=a\0b\n",
        b"99999999999999999999 a=b\n",
        b"11 size=0x\n",
        b"12 uid=1e3\n\n",
        b"13 mtime=1.x\n",
        b"\0\0\0\0",
    ];
    let mut cases: Vec<(&str, Vec<u8>, Outcome)> =
        table.iter().map(|records| ("records", raw_records(records), Refused(13, "header"))).collect();
    let empty_long_name = [tar(Format::Gnu, &[Entry::file(b"x", b"")])[..0].to_vec(), {
        let mut bytes = Vec::new();
        Entry { typeflag: b'L', content: b"\0".to_vec(), ..Entry::new(b'L', b"././@LongLink") }
            .write(Format::Gnu, &mut bytes);
        file("f").write(Format::Gnu, &mut bytes);
        bytes
    }]
    .concat();
    cases.push(("an empty long name", empty_long_name, Refused(13, "long name is empty")));
    let mut cut = raw_records(b"12 path=a/b\n");
    cut.truncate(1024);
    cases.push(("nothing behind it", cut, Refused(13, "extended header")));
    all(&cases);
}

#[test]
fn fault_39_oversized_headers_are_over_the_limit() {
    let long = "n".repeat(2 << 20);
    all(&[
        ("records", pax(&[with_records(&[("comment", long.as_bytes())], file("f"))]), Refused(14, "extended header")),
        ("a long name", tar(Format::Gnu, &[file(&long)]), Refused(14, "extended header")),
        ("a long target", tar(Format::Gnu, &[link(b'2', "l", &long)]), Refused(14, "extended header")),
        ("a path", pax(&[file(&"d/".repeat(2100))]), Refused(13, "longer than 4095")),
        ("a component", pax(&[file(&"n".repeat(256))]), Refused(13, "longer than 255")),
    ]);
}

#[test]
fn fault_40_names_stay_inside() {
    let dots = "has a `..` component";
    all(&[
        ("up", pax(&[file("../canary")]), Refused(13, dots)),
        ("far up", pax(&[file("../../../../../../../../canary")]), Refused(13, dots)),
        ("down and up", pax(&[file("a/../../canary")]), Refused(13, dots)),
        ("at the end", pax(&[Entry::new(b'5', b"a/..")]), Refused(13, dots)),
        ("after a dot", pax(&[file("./../canary")]), Refused(13, dots)),
        ("from the root", pax(&[file("/../canary")]), Refused(13, dots)),
        ("by an extended header", pax(&[with_records(&[("path", b"../canary")], file("x"))]), Refused(13, dots)),
        ("by a long name", tar(Format::Gnu, &[file(&format!("../{}", "n".repeat(120)))]), Refused(13, dots)),
        ("absolute", pax(&[file("/etc/x")]), Names(&["etc", "etc/x"])),
        ("absolute twice", pax(&[file("//x")]), Names(&["x"])),
        ("a drive", pax(&[file("C:\\x")]), Names(&["C:\\\\x"])),
        ("a share", pax(&[file("\\\\host\\x")]), Names(&["\\\\\\\\host\\\\x"])),
        ("three dots", pax(&[file("...")]), Names(&["..."])),
        ("nothing", pax(&[file("")]), Refused(13, "empty")),
        ("nothing by an extended header", pax(&[with_records(&[("path", b"/")], file("x"))]), Refused(13, "root")),
    ]);
}

#[test]
fn fault_41_links_lead_nowhere_outside() {
    let target = "target is not a usable path";
    all(&[
        ("a link to the root", pax(&[link(b'2', "s", "/"), file("s/canary")]), Names(&["s", "s/canary"])),
        ("a link upwards", pax(&[link(b'2', "s", "../../.."), file("s/canary")]), Names(&["s", "s/canary"])),
        ("a link to a folder of the host", pax(&[link(b'2', "s", "/tmp"), file("s/x")]), Names(&["s", "s/x"])),
        (
            "a chain of links",
            pax(&[link(b'2', "a", ".."), link(b'2', "b", "a/.."), link(b'2', "c", "b/.."), file("c/canary")]),
            Names(&["a", "b", "c", "c/canary"]),
        ),
        ("a hard link through a link", pax(&[link(b'2', "s", "/etc"), link(b'1', "h", "s/passwd")]), Names(&["s"])),
        ("a hard link upwards", pax(&[link(b'1', "h", "../canary")]), Refused(13, target)),
        ("a hard link far upwards", pax(&[link(b'1', "h", "../../../../etc/passwd")]), Refused(13, target)),
        ("a hard link to a file of the host", pax(&[link(b'1', "h", "/etc/passwd")]), Names(&[])),
        ("a link, then a file in its place", pax(&[link(b'2', "f", "/canary"), file("f")]), Names(&["f"])),
        ("a link to itself", pax(&[link(b'2', "l", "l"), file("l/x")]), Names(&["l", "l/x"])),
        ("an opaque link", pax(&[link(b'2', "s", ".."), file("s/.wh..wh..opq")]), Names(&["s"])),
        ("a mark through a link", pax(&[link(b'2', "s", ".."), file("s/.wh.canary")]), Names(&["s"])),
    ]);
}

#[test]
fn fault_42_the_root_is_a_folder() {
    let root = "only a directory can stand for the layer's root";
    let mut cases = Vec::new();
    for name in ["/.", ".", "./", "/", "//", "./."] {
        cases.push((name, pax(&[link(b'2', name, "/tmp")]), Refused(13, root)));
    }
    cases.push(("a file", pax(&[file(".")]), Refused(13, root)));
    cases.push(("a hard link", pax(&[file("f"), link(b'1', "/.", "f")]), Refused(13, root)));
    cases.push(("a folder", pax(&[Entry::new(b'5', b"./"), file("f")]), Names(&["f"])));
    all(&cases);
}

#[test]
fn fault_43_hard_links_have_a_target() {
    all(&[
        ("to itself", pax(&[link(b'1', "h", "h")]), Refused(13, "points to itself")),
        ("to itself in other words", pax(&[link(b'1', "./h", "/h/")]), Refused(13, "points to itself")),
        ("to a folder", pax(&[Entry::new(b'5', b"d"), link(b'1', "h", "d")]), Refused(13, "points to a directory")),
        ("to the root", pax(&[link(b'1', "h", "/")]), Refused(13, "points to a directory")),
        ("to nothing", pax(&[link(b'1', "h", "")]), Refused(13, "usable path")),
        // It may lie in a lower layer; where there is none, the name is left out.
        ("to what is missing", pax(&[link(b'1', "h", "missing"), file("f")]), Names(&["f"])),
        ("to what comes later", pax(&[link(b'1', "h", "f"), file("f")]), Names(&["f"])),
    ]);
}

#[test]
fn fault_44_a_folder_takes_the_place_of_a_link() {
    let folder = Entry { mode: 0o777, uid: 4242, ..Entry::new(b'5', b"s") };
    let layer = pax(&[Entry::new(b'5', b"t"), link(b'2', "s", "t"), folder]);
    all(&[("a folder", layer.clone(), Names(&["s", "t"]))]);
    let place = Place::new();
    place.takes("a folder", &layer, &Names(&["s", "t"]));
    let exported = of_tar(&place.wcr(&["export", "hostile"]).run().ok().stdout);
    let (link, target) = (format!("{:?}", exported[&b"s"[..]]), format!("{:?}", exported[&b"t"[..]]));
    assert!(link.starts_with('d') && link.contains(" 4242:0 "), "{link}");
    assert!(target.contains(" 0:0 "), "the target is as it was: {target}");
}

#[test]
fn fault_45_marks_name_a_file() {
    let mark = "the whiteout names no file";
    all(&[
        (".wh.", pax(&[file(".wh.")]), Refused(13, mark)),
        (".wh..", pax(&[file(".wh..")]), Refused(13, mark)),
        (".wh...", pax(&[file("d/.wh...")]), Refused(13, mark)),
        ("a folder", pax(&[Entry::new(b'5', b".wh../")]), Refused(13, mark)),
        ("a link", pax(&[link(b'2', ".wh.x", "/")]), Names(&[])),
        ("in a mark", pax(&[file(".wh.x/y")]), Names(&[".wh.x", ".wh.x/y"])),
        ("a leftover", pax(&[file(".wh..wh.plnk"), file("f")]), Names(&["f"])),
    ]);
}

#[test]
fn fault_48_bombs_are_over_the_limit() {
    let zeros = vec![0; 150 << 20];
    let members: Vec<u8> = gzip(b"", 1).repeat(100_000);
    let mut cases = vec![
        (
            "a large file",
            gzip(&[pax(&[Entry { size: Some(zeros.len() as u64), ..file("f") }])[..512].to_vec(), zeros].concat(), 9),
            Refused(14, "limit of 200 to 1"),
        ),
        ("many members", members, Names(&[])),
        ("a file larger than all", pax(&[Entry { size: Some(0o77_777_777_777), ..file("f") }]), Refused(14, "limit")),
    ];
    // A window of 3.75 TiB, and one of 64 MiB.
    cases.push(("a giant window", b"\x28\xb5\x2f\xfd\x00\xff\x01\0\0".to_vec(), Refused(14, "window")));
    cases.push(("a large window", b"\x28\xb5\x2f\xfd\x00\x80\x01\0\0".to_vec(), Refused(14, "window")));
    // Two thousand blocks that each repeat a byte: 256 MB out of 8 kB.
    let mut repeated = b"\x28\xb5\x2f\xfd\x00\x38".to_vec();
    for _ in 0..2000 {
        repeated.extend_from_slice(&((128_u32 << 10) << 3 | 1 << 1).to_le_bytes()[..3]);
        repeated.push(0);
    }
    cases.push(("zstd", repeated, Refused(14, "limit of 200 to 1")));
    all(&cases);
}

#[test]
fn fault_49_damage_ends_in_an_error() {
    let good = gzip(&pax(&[Entry::file(b"f", &(0..90_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>())]), 6);
    let cut = good[..good.len() / 2].to_vec();
    let (mut crc, mut middle) = (good.clone(), good.clone());
    let (end, half) = (good.len() - 6, good.len() / 2);
    crc[end] ^= 1;
    middle[half] ^= 0xff;
    // Blocks without content and without an end: nothing to be shown, and never enough.
    let endless = |start: &[u8], block: &[u8]| [start, &block.repeat(1 << 20)].concat();
    let tar = pax(&[file("f")]);
    let mut sum = tar.clone();
    sum[3] ^= 1;
    all(&[
        ("cut", cut, Refused(13, "cut off")),
        ("a wrong sum", crc, Refused(13, "gzip data is malformed")),
        ("a wrong code", middle, Refused(13, "malformed")),
        ("junk behind it", [good, b"junk".to_vec()].concat(), Refused(13, "gzip data is malformed")),
        ("a header alone", gzip(b"", 1)[..10].to_vec(), Refused(13, "cut off")),
        ("a wrong header", sum, Refused(13, "checksum")),
        ("half a header", tar[..300].to_vec(), Refused(13, "within a header")),
        (
            "half a content",
            pax(&[Entry::file(b"f", &[1; 2000])])[..1500].to_vec(),
            Refused(13, "within an entry's content"),
        ),
        ("zeros in the middle", [vec![0; 512], tar].concat(), Refused(13, "zeros")),
        ("gzip, empty blocks", endless(b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\0\0\0\xff\xff"), Refused(13, "cut off")),
        ("zstd, empty blocks", endless(b"\x28\xb5\x2f\xfd\x00\x38", b"\0\0\0"), Refused(13, "cut off")),
        ("zstd, cut", b"\x28\xb5\x2f\xfd\x00\x38".to_vec(), Refused(13, "cut off")),
        ("zstd, junk", b"\x28\xb5\x2f\xfdjunkjunkjunk".to_vec(), Refused(13, "zstd data is malformed")),
    ]);
}

#[test]
fn fault_50_numbers_that_overflow_and_huge_holes_are_refused() {
    let holes = |records: &[(&str, &[u8])]| pax(&[with_records(records, Entry::file(b"f", b""))]);
    let map = |size: &'static [u8], map: &'static [u8]| holes(&[("GNU.sparse.size", size), ("GNU.sparse.map", map)]);
    let terabyte = |form| pax(&[sparse(form, b"f", 1 << 40, &[])]);
    let many: Vec<Entry> = (0..9).map(|n| sparse(Form::Pax10, &[b'a' + n], 1 << 30, &[])).collect();
    all(&[
        ("an old sparse file", pax(&[Entry::new(b'S', b"f")]), Refused(13, "type `S`")),
        (
            "one without a size",
            holes(&[("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0")]),
            Refused(13, "no size"),
        ),
        ("one of an unknown form", holes(&[("GNU.sparse.major", b"9"), ("GNU.sparse.size", b"1")]), Refused(13, "9.0")),
        ("a huge hole", map(b"9223372036854775807", b""), Refused(14, "limit")),
        ("a huge hole, 0.0", terabyte(Form::Pax00), Refused(14, "limit")),
        ("a huge hole, 0.1", terabyte(Form::Pax01), Refused(14, "limit")),
        ("a huge hole, 1.0", terabyte(Form::Pax10), Refused(14, "limit")),
        ("many holes", pax(&many), Refused(14, "limit")),
        ("pieces that overlap", map(b"9", b"5,0,3,0"), Refused(13, "overlap")),
        ("a piece outside", map(b"9", b"9223372036854775807,9223372036854775807"), Refused(13, "outside")),
        ("a piece that is not there", map(b"9", b"0,9"), Refused(13, "another length")),
        ("an entry of several volumes", pax(&[Entry::new(b'M', b"f")]), Refused(13, "type `M`")),
        ("a label", pax(&[Entry::new(b'V', b"f")]), Refused(13, "type `V`")),
        ("an unknown type", pax(&[Entry::new(b'\x1b', b"f")]), Refused(13, "type `\\x1b`")),
    ]);
}

#[test]
fn fault_51_devices_pipes_and_sockets_do_nothing() {
    let device = |typeflag, name: &str| Entry { mode: 0o666, ..Entry::new(typeflag, name.as_bytes()) };
    let layer = pax(&[device(b'3', "c"), device(b'4', "b"), device(b'6', "p")]);
    all(&[("devices", layer.clone(), Names(&["b", "c", "p"]))]);
    let place = Place::new();
    let mut whole = busybox::layer_tar();
    whole.truncate(whole.len() - 1024);
    whole.extend_from_slice(&layer);
    place.wcr(&["import", "-", "devices"]).stdin(whole).run().ok();
    let script = "cat /c /b 2>&1; echo $?; test -p /p && echo pipe";
    let shown = place.wcr(&["run", "--rm", "--pull=never", "devices", "sh", "-c", script]).run().ok().stdout();
    assert!(shown.contains("cat: can't open") && shown.ends_with("1\npipe\n"), "{shown}");
    place.end();
}

#[test]
fn fault_52_rights_and_attributes_are_data() {
    let attributes: &[(&str, &[u8])] = &[
        ("SCHILY.xattr.security.capability", b"\x01\0\0\x02\xff\xff\xff\xff"),
        ("SCHILY.xattr.trusted.overlay.redirect", b"/etc"),
        ("SCHILY.xattr.trusted.overlay.opaque", b"y"),
        ("LIBARCHIVE.xattr.user.x", b"eA=="),
    ];
    let entry = with_records(attributes, Entry { mode: 0o6777, ..file("f") });
    all(&[
        ("attributes", pax(&[entry]), Names(&["f"])),
        ("a folder that overlays call opaque", pax(&[with_records(attributes, Entry::new(b'5', b"d"))]), Names(&["d"])),
    ]);
}

#[test]
fn fault_53_of_several_the_last_counts() {
    let place = Place::new();
    for (name, entries, kind) in [
        ("files", vec![file("x"), Entry::file(b"x", b"last")], 'f'),
        ("a folder", vec![file("x"), Entry::new(b'5', b"x")], 'd'),
        ("a link", vec![Entry::new(b'5', b"x"), file("x/in"), link(b'2', "x", "y")], 'l'),
        ("a pipe", vec![link(b'2', "x", "y"), Entry::new(b'6', b"x")], 'p'),
        ("a file", vec![Entry::new(b'5', b"x"), file("x/in"), file("x")], 'f'),
    ] {
        place.takes(name, &pax(&entries), &Names(&["x"]));
        let tree = of_tar(&place.wcr(&["export", "hostile"]).run().ok().stdout);
        assert!(format!("{:?}", tree[&b"x"[..]]).starts_with(kind), "{name}");
    }
}

#[test]
fn fault_54_names_are_bytes_and_shown_escaped() {
    let bytes = |name: &[u8]| pax(&[Entry::file(name, b"")]);
    all(&[
        ("no UTF-8", bytes(b"\xff\xfe"), Names(&["\\xff\\xfe"])),
        ("an escape", bytes(b"\x1b[2J"), Names(&["\\x1b[2J"])),
        ("cases", pax(&[file("a"), file("A")]), Names(&["A", "a"])),
        ("one letter in two ways", pax(&[file("\u{e9}"), file("e\u{301}")]), Names(&["e\\xcc\\x81", "\\xc3\\xa9"])),
        ("a line", bytes(b"a\nb"), Names(&["a\\nb"])),
        ("names of Windows", pax(&[file("CON"), file("a:b"), file("x.")]), Names(&["CON", "a:b", "x."])),
        ("in an error", pax(&[file("\u{1b}[2J/../x")]), Refused(13, "\\x1b[2J/../x")),
    ]);
}

#[test]
fn fault_55_a_stale_index_is_made_again() {
    let place = Place::new();
    let layers = [busybox::layer_tar(), pax(&[file("other")])];
    place.wcr(&["import", "-", "first"]).stdin(layers[0].clone()).run().ok();
    place.wcr(&["import", "-", "second"]).stdin(layers[1].clone()).run().ok();
    let folder = place.folder.join("home/store/layers");
    let index =
        |tar: &[u8]| folder.join(format!("{}.idx", wcr_tests::image::digest(tar).trim_start_matches("sha256:")));
    let good = fs::read(index(&layers[0])).unwrap();
    for bad in [fs::read(index(&layers[1])).unwrap(), Vec::new(), good[..good.len() - 1].to_vec()] {
        fs::write(index(&layers[0]), bad).unwrap();
        place.wcr(&["run", "--rm", "--pull=never", "first", "echo", "hi"]).run().ok().prints("hi\n");
        assert!(fs::read(index(&layers[0])).unwrap() == good);
    }
    place.end();
}

#[test]
fn fault_56_extreme_numbers_are_taken_or_refused() {
    let time = |value: &[u8]| pax(&[with_records(&[("mtime", value)], file("f"))]);
    let owner = |key: &str, value: &[u8]| pax(&[with_records(&[(key, value)], file("f"))]);
    all(&[
        ("the end of time", time(b"9223372036854775807"), Names(&["f"])),
        ("before the beginning", time(b"-62135596800.5"), Names(&["f"])),
        ("beyond", time(b"99999999999999999999"), Refused(13, "mtime")),
        ("no time", time(b"now"), Refused(13, "mtime")),
        ("the last owner", owner("uid", b"4294967295"), Names(&["f"])),
        ("an owner too many", owner("uid", b"4294967296"), Refused(13, "owner")),
        ("a negative owner", owner("uid", b"-1"), Refused(13, "owner")),
        ("a negative group", owner("gid", b"-1"), Refused(13, "group")),
        ("all rights", pax(&[Entry { mode: 0o7_777_777, ..file("f") }]), Names(&["f"])),
    ]);
}

#[test]
fn fault_57_links_in_the_store_are_not_followed() {
    if !skip::unless_installed(&["busybox"]) {
        return;
    }
    let place = Place::new();
    place.wcr(&["import", "-", "linked"]).stdin(busybox::layer_tar()).run().ok();
    for folder in ["blobs/sha256", "layers"] {
        for entry in fs::read_dir(place.folder.join("home/store").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let elsewhere = place.folder.join("elsewhere");
            fs::rename(&path, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
            let found = place.wcr(&["fsck"]).run().fails_or_finds();
            assert!(found.contains(path.file_name().unwrap().to_str().unwrap()), "{found}");
            fs::rename(&elsewhere, &path).unwrap();
        }
    }
    place.end();
}

/// What a check prints when it finds something.
trait Findings {
    fn fails_or_finds(self) -> String;
}

impl Findings for wcr_tests::wcr::Finished {
    fn fails_or_finds(self) -> String {
        assert!(matches!(self.code(), Some(12 | 15)), "{}{}", self.stdout(), self.stderr());
        self.stdout() + &self.stderr()
    }
}

#[test]
fn fault_58_59_60_63_how_a_container_is_started_stays_inside() {
    if !skip::unless_installed(&["busybox"]) {
        return;
    }
    let place = Place::new();
    let image = |name: &str, changes: &[&str]| {
        let mut args = vec!["import"];
        changes.iter().for_each(|change| args.extend(["-c", *change]));
        args.extend(["-", name]);
        place.wcr(&args).stdin(busybox::layer_tar()).run().ok();
    };
    let run =
        |name: &str, command: &[&str]| place.wcr(&[&["run", "--rm", "--pull=never", name], command].concat()).run();
    for (name, user) in [
        ("user-beyond", "4294967296"),
        ("user-negative", "-1"),
        ("user-unknown", "nobody-knows"),
        ("user-long", &"9".repeat(40)),
    ] {
        image(name, &[&format!("USER {user}")]);
        run(name, &["id"]).fails().exits(125);
    }
    image("folder", &["WORKDIR /proc/self/fd/8/../../../.."]);
    let shown = run("folder", &["ls", "canary"]);
    assert_ne!(shown.code(), Some(0), "{}", shown.stdout());
    image("volume", &["VOLUME [\"/../../../tmp\", \"../x\"]"]);
    run("volume", &["echo", "inside"]).ok().prints("inside\n");
    image("volume-2", &["VOLUME [\"/..\", \"/a/../../../../canary\", \"\", \"/proc/self/root/canary\"]"]);
    run("volume-2", &["echo", "inside"]).ok().prints("inside\n");
    image("missing", &["ENTRYPOINT [\"/no/such/program\"]"]);
    run("missing", &[]).fails().exits(127).says(&["/no/such/program"]);
    place.end();
}

#[test]
fn fault_61_labels_and_variables_reach_no_program_of_the_host() {
    if !skip::unless_installed(&["busybox"]) {
        return;
    }
    let place = Place::new();
    let canary = place.folder.join("canary");
    let command = format!("$(rm -f {0})`rm -f {0}`;rm -f {0}", canary.display());
    let label = |name: &str| format!("LABEL {name}='{command}'");
    let variable = |name: &str| format!("ENV {name}='{command}'");
    let mut args = vec!["import".to_owned()];
    let names = ["PATH", "LD_PRELOAD", "WCR_ROOT", "WCR_CONFIG", "DOCKER_CONFIG", "HOME", "PAGER", "BASH_ENV", "ENV"];
    let changes = names.iter().map(|name| variable(name));
    let changes = changes.chain(["run", "io.wcr.exec", "com.docker.hook"].iter().map(|name| label(name)));
    changes.for_each(|change| args.extend(["-c".to_owned(), change]));
    args.extend(["-".to_owned(), "command".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    place.wcr(&args).stdin(busybox::layer_tar()).run().ok();
    let shown = place.wcr(&["run", "--rm", "--pull=never", "command", "/bin/busybox", "env"]).run().ok().stdout();
    assert!(shown.contains(&format!("LD_PRELOAD={command}\n")), "{shown}");
    for args in [
        &["inspect", "command"][..],
        &["history", "--no-trunc", "command"],
        &["manifest", "command"],
        &["list"],
        &["shims", "command"],
        &["save", "-o", "home/saved.tar", "command"],
        &["tag", "command", "other"],
        &["rmi", "other"],
    ] {
        let mut command = place.wcr(args).into_command();
        Wcr::of({
            command.current_dir(place.folder.path());
            command
        })
        .run()
        .ok();
    }
    fs::remove_file(place.folder.join("home/saved.tar")).unwrap();
    place.end();
}
