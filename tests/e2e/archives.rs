//! Images as archives: written, read, and exchanged with skopeo and umoci.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use wcr_tests::busybox;
use wcr_tests::fuzz::layers::archive::{Entry, Format, tar};
use wcr_tests::fuzz::layers::sparse::{Form, sparse};
use wcr_tests::image::{Image, digest};
use wcr_tests::lab::Lab;
use wcr_tests::layer::{Layer, gzip};
use wcr_tests::registry::Registry;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip;
use wcr_tests::wcr::Wcr;

/// Runs another program; what it prints.
#[track_caller]
fn run(program: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The digest of a manifest that skopeo finds at a place.
fn digest_at(place: &str) -> String {
    digest(&run("skopeo", &["inspect", "--raw", "--tls-verify=false", place]))
}

/// An image with two layers above BusyBox's: files of all kinds, and marks.
fn rich() -> Image {
    let lower = Layer::new()
        .dir("t", 0o1777)
        .owner(1000, 100)
        .file("t/suid", 0o4711, "suid\n")
        .file("t/gone", 0o644, "gone\n")
        .hard_link("t/other", "t/suid")
        .symlink("t/link", "../t/suid")
        .fifo("t/pipe", 0o600)
        .dir("t/opaque", 0o750)
        .file("t/opaque/below", 0o644, "")
        .file(&format!("t/{}", "long".repeat(40)), 0o644, vec![7; 100_000]);
    let upper =
        Layer::new().whiteout("t/gone").dir("t/opaque", 0o700).opaque("t/opaque").file("t/opaque/above", 0o600, "a");
    Image::new([busybox::layer(), lower.into(), upper.into()]).with("Cmd", json!(["cat", "/t/suid"]))
}

#[test]
fn digests_are_the_same_after_pull_save_load_and_push() {
    let Some(lab) = Lab::open() else { return };
    let pushed = lab.push("rich", &rich());
    lab.wcr(["pull", &pushed.reference]).run().ok();
    let file = lab.path("saved.tar");
    let file = file.to_str().unwrap();
    lab.wcr(["save", "-o", file, &pushed.reference]).run().ok().silent().prints("");
    let piped = lab.wcr(["save", &pushed.reference]).run().ok().stdout;
    assert!(piped == fs::read(file).unwrap(), "the same images give the same bytes");
    let other = Scratch::new("other");
    let wcr = |args: &[&str]| Wcr::new(other.path()).args(args);
    let loaded = format!("Loaded image: {}\n", pushed.reference);
    wcr(&["load", "-i", file]).run().ok().silent().prints(&loaded);
    wcr(&["fsck"]).run().ok();
    wcr(&["run", "--rm", "--pull=never", &pushed.reference]).run().ok().prints("suid\n");
    let again = wcr(&["save", &pushed.reference]).run().ok().stdout;
    assert!(again == piped, "what was loaded is saved as it was");
    let layout = other.join("store");
    assert_eq!(digest_at(&format!("oci:{}:{}", layout.display(), pushed.reference)), pushed.digest);
    wcr(&["rmi", &pushed.reference]).run().ok();
    // At a registry that has nothing of it so far.
    wcr(&["load", "-q", "-i", file]).run().ok();
    let target = Registry::start();
    let copy = format!("{}/copy:v2", target.host());
    wcr(&["push", "-q", &pushed.reference, &copy]).run().ok();
    assert_eq!(digest_at(&format!("docker://{copy}")), pushed.digest);
    wcr(&["rmi", &pushed.reference]).run().ok();
    // From standard input, and compressed.
    for archive in [piped.clone(), gzip(&piped, 1)] {
        wcr(&["load"]).stdin(archive).run().ok().prints(&loaded);
        wcr(&["rmi", &pushed.reference]).run().ok();
    }
    if skip::find("zstd").is_some() {
        run("zstd", &["-q", "-k", file]);
        wcr(&["load", "-q", "-i", &format!("{file}.zst")]).run().ok().prints(&loaded);
        wcr(&["fsck"]).run().ok();
    }
}

#[test]
fn skopeo_reads_what_is_saved_and_wcr_reads_what_skopeo_writes() {
    let Some(lab) = Lab::open() else { return };
    let pushed = lab.push("exchange", &rich());
    lab.wcr(["pull", &pushed.reference]).run().ok();
    let path = |name: &str| lab.path(name).to_str().unwrap().to_owned();
    for (format, transport) in [
        ("docker-oci", "docker-archive"),
        ("docker-oci", "oci-archive"),
        ("docker-archive", "docker-archive"),
        ("oci-archive", "oci-archive"),
        ("oci-dir", "oci"),
    ] {
        let (saved, copied) = (path(&format!("{format}-{transport}")), path(&format!("{format}-{transport}-copy")));
        lab.wcr(["save", "--format", format, "-o", &saved, &pushed.reference]).run().ok();
        let from = format!("{transport}:{saved}");
        run("skopeo", &["--insecure-policy", "copy", "-q", &from, &format!("oci:{copied}:x")]);
        if transport != "docker-archive" {
            assert_eq!(digest_at(&format!("oci:{copied}:x")), pushed.digest, "{format} read as {transport}");
        }
        // And back, in each form that skopeo writes.
        for back in ["docker-archive", "oci-archive"] {
            let file = path(&format!("{format}-{transport}-{back}"));
            let to = format!("{back}:{file}:a.b/back:1");
            run("skopeo", &["--insecure-policy", "copy", "-q", &format!("oci:{copied}:x"), &to]);
            let other = Scratch::new("back");
            let wcr = |args: &[&str]| Wcr::new(other.path()).args(args);
            let loaded = wcr(&["load", "-i", &file]).run().ok().stdout();
            let name = loaded.trim().rsplit(' ').next().unwrap().to_owned();
            let id = if loaded.contains("ID:") { name.clone() } else { "a.b/back:1".to_owned() };
            wcr(&["tag", &id, "back:2"]).run().ok();
            wcr(&["run", "--rm", "--pull=never", "back:2"]).run().ok().prints("suid\n");
            wcr(&["fsck"]).run().ok();
        }
    }
}

#[test]
fn umoci_changes_what_is_saved_and_wcr_reads_what_umoci_writes() {
    if !skip::unless_installed(&["umoci"]) {
        return;
    }
    let Some(lab) = Lab::open() else { return };
    let pushed = lab.push("umoci", &rich());
    lab.wcr(["pull", &pushed.reference]).run().ok();
    let path = |name: &str| lab.path(name).to_str().unwrap().to_owned();
    let (saved, layout) = (path("saved"), path("layout"));
    lab.wcr(["save", "--format", "oci-dir", "-o", &saved, &pushed.reference]).run().ok();
    // umoci takes no colon in a tag.
    let copied = ["--insecure-policy", "copy", "-q", &format!("oci:{saved}"), &format!("oci:{layout}:x")];
    run("skopeo", &copied);
    fs::write(path("added"), "by umoci\n").unwrap();
    run("umoci", &["insert", "--image", &format!("{layout}:x"), "--tag", "y", &path("added"), "/t/added"]);
    run("umoci", &["config", "--image", &format!("{layout}:y"), "--config.cmd", "cat", "--config.cmd", "/t/added"]);
    lab.wcr(["load", "-i", &layout]).run().ok();
    let images: Value = serde_json::from_slice(&lab.wcr(["list", "--json"]).run().ok().stdout).unwrap();
    let digest = digest_at(&format!("oci:{layout}:y"));
    assert!(images.as_array().unwrap().iter().any(|image| image["digest"] == digest.as_str()), "{digest} in {images}");
    lab.wcr(["tag", &digest["sha256:".len()..][..12], "changed:1"]).run().ok();
    lab.wcr(["run", "--rm", "--pull=never", "changed:1"]).run().ok().prints("by umoci\n");
    lab.wcr(["fsck"]).run().ok();
}

#[test]
fn several_images_share_their_layers_in_an_archive() {
    let Some((lab, busybox)) = Lab::with_busybox() else { return };
    let rich = lab.provide("several", &rich());
    lab.wcr(["tag", &rich, "named:2"]).run().ok();
    let file = lab.path("several.tar").to_str().unwrap().to_owned();
    lab.wcr(["save", "-o", &file, &busybox, &rich, "named:2"]).run().ok();
    let listed = String::from_utf8(run("tar", &["-tf", &file])).unwrap();
    assert_eq!(listed.lines().filter(|line| line.starts_with("blobs/")).count(), 2 * 2 + 3, "{listed}");
    let other = Scratch::new("several");
    let loaded = format!("Loaded image: {busybox}\nLoaded image: {rich}\nLoaded image: named:2\n");
    Wcr::new(other.path()).args(["load", "-i", &file]).run().ok().prints(&loaded);
    let listed: Value =
        serde_json::from_slice(&Wcr::new(other.path()).args(["list", "--json"]).run().ok().stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 3);
}

#[test]
fn bad_archives_are_named_and_leave_nothing() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let good = lab.wcr(["save", &image]).run().ok().stdout;
    lab.wcr(["rmi", &image]).run().ok();
    let flip = |at: usize| {
        let mut bad = good.clone();
        bad[at] ^= 1;
        bad
    };
    let layer = good.len() - 200_000;
    let table: Vec<(Vec<u8>, i32, &str)> = vec![
        (Vec::new(), 13, "empty"),
        (b"hello".to_vec(), 13, "not an image archive"),
        (vec![b'x'; 5000], 13, "not an image archive"),
        (gzip(&gzip(&good, 1), 1), 13, "compressed with gzip twice"),
        (Layer::new().file("f", 0o644, "").into_tar(), 13, "without `manifest.json`"),
        (good[..good.len() / 2].to_vec(), 13, "within an entry's content"),
        (flip(layer), 12, "corrupt"),
        (gzip(&good, 1)[..100_000].to_vec(), 13, "cut off"),
    ];
    for (archive, code, reason) in table {
        lab.wcr(["load"]).stdin(archive.clone()).run().fails().exits(code).says(&[reason]);
        let file = lab.path("bad.tar");
        fs::write(&file, archive).unwrap();
        lab.wcr(["load", "-i", file.to_str().unwrap()]).run().fails().exits(code).says(&["bad.tar", reason]);
        for folder in ["tmp", "refs"] {
            assert_eq!(fs::read_dir(lab.store().join(folder)).unwrap().count(), 0, "{reason}: {folder}");
        }
        lab.wcr(["fsck"]).run().ok();
    }
    lab.wcr(["load", "-i", "/no/such/file"]).run().fails().exits(15).says(&["/no/such/file"]);
    lab.wcr(["save", "no/such"]).run().fails().exits(15).says(&["No such image"]).prints("");
    lab.wcr(["load"]).stdin(good).run().ok();
    lab.wcr(["save", "-o", "/no/such/folder/x", &image]).run().fails().exits(15);
    lab.wcr(["run", "--rm", "--pull=never", &image, "echo", "sound"]).run().ok().prints("sound\n");
}

#[test]
fn a_root_file_system_becomes_an_image() {
    let Some(lab) = Lab::open() else { return };
    let tar = busybox::layer_tar();
    for (name, archive) in [("plain", tar.clone()), ("gzip", gzip(&tar, 1))] {
        let image = format!("imported:{name}");
        let changes =
            ["-c", r#"CMD ["sh", "-c", "echo $A; pwd"]"#, "--change", "ENV A=1", "-c", "WORKDIR /etc", "-m", "made"];
        let args = [&["import"][..], &changes, &["-", &image]].concat();
        let id = lab.wcr(args).stdin(archive).run().ok().silent().stdout();
        assert!(id.starts_with("sha256:") && id.len() == 72, "{id}");
        lab.wcr(["run", "--rm", "--pull=never", &image]).run().ok().prints("1\n/etc\n");
        let inspected: Value = serde_json::from_slice(&lab.wcr(["inspect", &image]).run().ok().stdout).unwrap();
        assert_eq!((&inspected["Id"], &inspected["History"][0]["comment"]), (&json!(id.trim()), &json!("made")));
        assert_eq!(inspected["RootFS"]["diff_ids"], json!([digest(&tar)]));
    }
    let file = lab.path("rootfs.tar");
    fs::write(&file, &tar).unwrap();
    let id = lab.wcr(["import", file.to_str().unwrap()]).run().ok().stdout();
    lab.wcr(["tag", id.trim(), "by-id"]).run().ok();
    lab.wcr(["run", "--rm", "--pull=never", "by-id", "echo", "hi"]).run().ok().prints("hi\n");
    lab.wcr(["import", "-c", "RUN x", "-", "x"]).stdin(tar.clone()).run().fails().exits(2).says(&["RUN x"]);
    lab.wcr(["import", "-", "x"]).stdin(&b"no tar"[..]).run().fails().exits(13);
    lab.wcr(["import", "-", "x"]).stdin(&tar[..tar.len() / 2]).run().fails().exits(13);
    lab.wcr(["import", "/no/such", "x"]).run().fails().exits(2).says(&["/no/such"]);
    lab.wcr(["fsck"]).run().ok();
}

#[test]
fn a_stream_that_begins_slowly_has_its_compression_all_the_same() {
    if !skip::unless_installed(&["busybox", "sh"]) {
        return;
    }
    let place = Scratch::new("slow-import");
    fs::write(place.join("layer.tar.gz"), gzip(&busybox::layer_tar(), 1)).unwrap();
    let wcr = Wcr::new(place.path()).into_command();
    let mut command = Command::new("sh");
    command.env_clear().envs(wcr.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.args(["-c", r#"(head -c 1 "$1"; sleep 0.2; tail -c +2 "$1") | "$0" import - slow"#]);
    Wcr::of({
        command.arg(wcr.get_program()).arg(place.join("layer.tar.gz"));
        command
    })
    .run()
    .ok();
    Wcr::new(place.path()).args(["run", "--rm", "--pull=never", "slow", "echo", "hi"]).run().ok().prints("hi\n");
}

#[test]
fn a_file_with_holes_is_read_run_and_exported() {
    if !skip::unless_installed(&["busybox"]) {
        return;
    }
    let place = Scratch::new("holes");
    let wcr = |args: &[&str]| Wcr::new(place.path()).args(args);
    let forms = [("gnu", Form::Gnu), ("0.0", Form::Pax00), ("0.1", Form::Pax01), ("1.0", Form::Pax10)];
    let mut script = b"#!/bin/sh\necho \"run $0\"; exit\n".to_vec();
    let mut expected = script.clone();
    script.extend([b'#'; 100]);
    let (size, tail) = (3_000_000, b"the end".to_vec());
    expected.resize(size, 0);
    expected[script.len() - 100..script.len()].fill(b'#');
    expected[2_000_000..2_000_007].copy_from_slice(&tail);
    let entry = |name: &str, form| Entry {
        mode: 0o755,
        ..sparse(form, name.as_bytes(), size as u64, &[(0, script.clone()), (2_000_000, tail.clone())])
    };
    let holes: Vec<Entry> = forms.iter().map(|(name, form)| entry(name, *form)).collect();
    let mut layer = busybox::layer_tar();
    let end = layer.len() - 1024;
    layer.truncate(end);
    layer.extend(tar(Format::Pax, &holes[1..]));
    wcr(&["import", "-", "pax"]).stdin(layer).run().ok();
    wcr(&["import", "-", "gnu"]).stdin(tar(Format::Gnu, &holes[..1])).run().ok();
    let run = |command: &str| wcr(&["run", "--rm", "--pull=never", "pax", "sh", "-c", command]).run().ok();
    run("for f in 0.0 0.1 1.0; do /$f; wc -c < $f; tail -c +2000001 $f | head -c 7; echo; done")
        .prints("run /0.0\n3000000\nthe end\nrun /0.1\n3000000\nthe end\nrun /1.0\n3000000\nthe end\n");
    // Written to, it stays what it is around that.
    run("cp 1.0 a; printf x | dd of=1.0 bs=1 seek=1000000 conv=notrunc 2>/dev/null; cmp 1.0 a; truncate -s 10 0.1; cat 0.1")
        .prints("1.0 a differ: char 1000001, line 3\n#!/bin/sh\n");
    for (image, names) in [("gnu", &["gnu"][..]), ("pax", &["0.0", "0.1", "1.0"])] {
        let exported = wcr(&["export", image]).run().ok().stdout;
        let mut found = 0;
        for entry in tar::Archive::new(&exported[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            if names.iter().any(|name| entry.path_bytes()[..] == *name.as_bytes()) {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                assert!(content == expected, "{image}");
                found += 1;
            }
        }
        assert_eq!(found, names.len());
    }
    wcr(&["fsck"]).run().ok();
}

#[test]
fn a_layer_of_any_compression_is_taken() {
    if !skip::unless_installed(&["zstd"]) {
        return;
    }
    let Some(lab) = Lab::open() else { return };
    let pushed = lab.push("compressions", &rich());
    for format in ["gzip", "zstd", "zstd:chunked"] {
        let reference = format!("{}:{}", pushed.reference.trim_end_matches(":latest"), format.replace(':', "-"));
        let copied = Command::new("skopeo")
            .args(["--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false"])
            .args(["--dest-compress-format", format, "--dest-force-compress-format"])
            .args([format!("docker://{}", pushed.reference), format!("docker://{reference}")])
            .output()
            .unwrap();
        if !copied.status.success() {
            // Not every skopeo has the format.
            eprintln!("skipped in part: {format}: {}", String::from_utf8_lossy(&copied.stderr));
            continue;
        }
        lab.wcr(["pull", &reference]).run().ok();
        lab.wcr(["run", "--rm", "--pull=never", &reference]).run().ok().prints("suid\n");
        lab.wcr(["fsck"]).run().ok();
        let other = Scratch::new("compression");
        let saved = lab.wcr(["save", &reference]).run().ok().stdout;
        Wcr::new(other.path()).args(["load"]).stdin(saved).run().ok();
        assert_eq!(
            digest_at(&format!("oci:{}:{reference}", other.join("store").display())),
            digest_at(&format!("docker://{reference}")),
            "{format}"
        );
    }
    // Plain, as an image layout has it.
    let plain = lab.path("plain");
    let from = format!("docker://{}", pushed.reference);
    let to = format!("oci:{}:x", plain.display());
    run("skopeo", &["--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-decompress", &from, &to]);
    lab.wcr(["load", "-i", plain.to_str().unwrap()]).run().ok();
}

/// The paths below a folder with all that a tar can keep of them, one a line.
fn tree(folder: &Path) -> Vec<String> {
    let script = r#"cd "$0" && find . -mindepth 1 -printf '%P %y %m %U:%G %n %T@ %l %s\n' | sed 's/ d \(.*\) [0-9]*$/ d \1/' | LC_ALL=C sort"#;
    String::from_utf8_lossy(&run("sh", &["-c", script, folder.to_str().unwrap()])).lines().map(str::to_owned).collect()
}

#[test]
fn an_exported_image_is_the_tree_that_umoci_unpacks() {
    if !skip::unless_installed(&["umoci", "tar", "find"]) {
        return;
    }
    let Some(lab) = Lab::open() else { return };
    let image = lab.provide("exported", &rich());
    let tar = lab.path("tree.tar");
    let file = tar.to_str().unwrap();
    lab.wcr(["export", "-o", file, &image]).run().ok();
    assert!(lab.wcr(["export", &image]).run().ok().stdout == fs::read(file).unwrap(), "the same bytes each time");
    if !rustix::process::geteuid().is_root() {
        return skip::note("only root can make files that belong to others");
    }
    let (ours, bundle) = (lab.path("ours"), lab.path("bundle"));
    fs::create_dir(&ours).unwrap();
    run("tar", &["--numeric-owner", "-xpf", file, "-C", ours.to_str().unwrap()]);
    let layout = format!("{}:{image}", lab.store().display());
    // umoci takes no colon in a tag: the layout is copied under another one.
    let copy = lab.path("layout");
    run("skopeo", &["--insecure-policy", "copy", "-q", &format!("oci:{layout}"), &format!("oci:{}:x", copy.display())]);
    run("umoci", &["unpack", "--image", &format!("{}:x", copy.display()), bundle.to_str().unwrap()]);
    assert_eq!(tree(&ours), tree(&bundle.join("rootfs")));
    // And an image of the tree has the same tree again.
    lab.wcr(["import", file, "again"]).run().ok();
    assert!(lab.wcr(["export", "again"]).run().ok().stdout == fs::read(file).unwrap());
}
