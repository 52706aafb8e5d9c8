//! Layers merged: what a higher one replaces, removes and hides.

use wcr_tests::busybox;
use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;

/// Runs a script in BusyBox with these layers above it.
#[track_caller]
fn merged(name: &str, layers: impl IntoIterator<Item = Layer>, script: &str, expected: &str) {
    let Some(lab) = Lab::open() else { return };
    let layers = std::iter::once(busybox::layer()).chain(layers.into_iter().map(Into::into));
    let image = lab.provide(name, &Image::new(layers));
    lab.wcr(["run", "--rm", &image, "sh", "-c", &format!("exec 2>&1; {script}; true")]).run().ok().prints(expected);
}

fn tree() -> Layer {
    Layer::new()
        .dir("t", 0o755)
        .file("t/a", 0o644, "a1\n")
        .file("t/b", 0o644, "b1\n")
        .dir("t/d", 0o755)
        .file("t/d/x", 0o644, "x1\n")
        .file("t/d/y", 0o644, "y1\n")
        .dir("t/d/deep", 0o755)
        .file("t/d/deep/z", 0o644, "z1\n")
}

#[test]
fn the_highest_layer_wins() {
    merged(
        "merge-replace",
        [tree(), Layer::new().file("t/a", 0o600, "a2\n"), Layer::new().file("t/a", 0o640, "a3\n")],
        "cat /t/a /t/b; stat -c %a /t/a; ls /t",
        "a3\nb1\n640\na\nb\nd\n",
    );
}

#[test]
fn a_whiteout_removes_a_file_or_a_tree() {
    merged(
        "merge-whiteout",
        [tree(), Layer::new().whiteout("t/a").whiteout("t/d")],
        "ls -a /t; cat /t/a; ls /t/d/x",
        ".\n..\nb\ncat: can't open '/t/a': No such file or directory\nls: /t/d/x: No such file or directory\n",
    );
}

#[test]
fn what_was_removed_can_come_back() {
    merged(
        "merge-again",
        [tree(), Layer::new().whiteout("t/d"), Layer::new().dir("t/d", 0o700).file("t/d/new", 0o644, "n\n")],
        "ls /t/d; stat -c %a /t/d",
        "new\n700\n",
    );
}

#[test]
fn a_whiteout_beside_the_new_folder_hides_only_the_lower_one() {
    merged(
        "merge-same-layer",
        [tree(), Layer::new().dir("t/d", 0o755).file("t/d/new", 0o644, "n\n").whiteout("t/d")],
        "ls /t/d",
        "new\n",
    );
}

#[test]
fn an_opaque_folder_hides_all_that_is_below() {
    merged(
        "merge-opaque",
        [tree(), Layer::new().dir("t/d", 0o755).opaque("t/d").file("t/d/new", 0o644, "n\n")],
        "ls -A /t/d; cat /t/d/x; ls /t",
        "new\ncat: can't open '/t/d/x': No such file or directory\na\nb\nd\n",
    );
    // The mark may come after the folder's own entries.
    merged(
        "merge-opaque-late",
        [tree(), Layer::new().dir("t/d", 0o755).file("t/d/new", 0o644, "n\n").opaque("t/d")],
        "ls -A /t/d",
        "new\n",
    );
}

#[test]
fn an_opaque_folder_does_not_hide_what_comes_above() {
    merged(
        "merge-opaque-middle",
        [tree(), Layer::new().dir("t/d", 0o755).opaque("t/d"), Layer::new().file("t/d/above", 0o644, "")],
        "ls -A /t/d",
        "above\n",
    );
}

#[test]
fn a_file_can_replace_a_folder_and_a_folder_a_file() {
    merged(
        "merge-kinds",
        [tree(), Layer::new().file("t/d", 0o644, "file now\n").dir("t/a", 0o755).file("t/a/in", 0o644, "in\n")],
        "cat /t/d; ls /t/a; cat /t/d/x",
        "file now\nin\ncat: can't open '/t/d/x': Not a directory\n",
    );
}

#[test]
fn a_link_to_a_folder_can_become_a_folder() {
    merged(
        "merge-link",
        [tree().symlink("t/l", "d"), Layer::new().dir("t/l", 0o755).file("t/l/own", 0o644, "own\n")],
        "ls /t/l /t/d",
        "/t/d:\ndeep\nx\ny\n\n/t/l:\nown\n",
    );
}

#[test]
fn a_folder_keeps_its_content_and_takes_the_new_mode() {
    merged(
        "merge-folder",
        [tree(), Layer::new().owner(1000, 100).dir("t/d", 0o750)],
        "stat -c '%a %u:%g' /t/d; ls /t/d",
        "750 1000:100\ndeep\nx\ny\n",
    );
}

#[test]
fn missing_parents_are_made() {
    merged(
        "merge-parents",
        [Layer::new().file("p/q/r", 0o644, "r\n")],
        "cat /p/q/r; stat -c '%F %a' /p/q",
        "r\ndirectory 755\n",
    );
}

#[test]
fn fault_47_a_guest_may_use_the_names_of_the_marks() {
    merged(
        "merge-guest",
        [tree()],
        "cd /t; echo x > .wh.a; echo y > .wh..wh..opq; ls -A; cat a",
        ".wh..wh..opq\n.wh.a\na\nb\nd\na1\n",
    );
}

#[test]
fn twenty_layers() {
    let layers = (0..20).map(|number| {
        Layer::new().file(&format!("n/{number:02}"), 0o644, "").file("n/last", 0o644, format!("{number}\n"))
    });
    merged("merge-many", layers, "ls /n | wc -l; cat /n/last", "21\n19\n");
}

#[test]
fn a_hard_link_may_lead_into_a_lower_layer() {
    merged(
        "merge-lower-link",
        [tree(), Layer::new().hard_link("t/linked", "t/a").hard_link("t/nothing", "no/such/file")],
        "cat /t/linked; stat -c '%h %a' /t/a; test /t/a -ef /t/linked && echo same; cat /t/nothing",
        "a1\n2 644\nsame\ncat: can't open '/t/nothing': No such file or directory\n",
    );
}

#[test]
fn layers_are_counted_as_the_image_has_them() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.provide("merge-count", &Image::new([busybox::layer(), tree().into(), Layer::new().into()]));
    let finished = lab.wcr(["run", "--verbose", &image, "cat", "/t/a"]).run().ok().prints("a1\n");
    assert!(finished.stderr().contains("3 layers"), "{}", finished.stderr());
}
