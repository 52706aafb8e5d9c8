//! The image as a file system: path walk, links, modes and owners, as Linux has them.

use wcr_tests::busybox;
use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;

/// An image with the shapes of files that path walks trip over.
fn shapes() -> Image {
    let mut layer = Layer::new()
        .dir("data", 0o755)
        .dir("data/folder", 0o755)
        .file("data/folder/file", 0o644, "content\n")
        .symlink("data/absolute", "/data/folder/file")
        .symlink("data/relative", "folder/file")
        .symlink("data/to-folder", "/data/folder")
        .symlink("data/up", "../../../../../data/folder")
        .symlink("data/dangling", "nowhere")
        .symlink("data/self", "self")
        .symlink("data/a", "b")
        .symlink("data/b", "a")
        .file("data/linked", 0o640, "linked\n")
        .hard_link("data/linked-too", "data/linked")
        .file("data/setuid", 0o4755, "")
        .file("data/setgid", 0o2755, "")
        .dir("data/sticky", 0o1777)
        .file("data/nothing-allowed", 0o000, "hidden\n")
        .fifo("data/fifo", 0o600)
        .owner(1000, 100)
        .file("data/alices", 0o600, "hers\n")
        .owner(0, 0);
    // A chain of exactly 40 links is followed, one of 41 is not.
    layer = layer.symlink("data/chain1", "folder/file");
    for number in 2..=41 {
        layer = layer.symlink(&format!("data/chain{number}"), &format!("chain{}", number - 1));
    }
    Image::new([busybox::layer(), layer.into()])
}

/// Runs a script in that image with `/data` as working folder; standard error joins the output, and the status of the
/// last command does not matter.
#[track_caller]
fn script(script: &str, expected: &str) {
    let Some(lab) = Lab::open() else { return };
    let image = lab.provide("shapes", &shapes());
    lab.wcr(["run", "--rm", "-w", "/data", &image, "sh", "-c", &format!("exec 2>&1; {script}; true")])
        .run()
        .ok()
        .prints(expected);
}

#[test]
fn executing_a_file_reads_it() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let doings = "cd /tmp; cp /bin/busybox true; printf '#!/bin/sh\\n:' > script; chmod +x script;
                  touch -a -d '2001-02-03 04:05:06' true script; ./true; ./script;
                  (stat -c %x true script; date +%Y) | cut -c1-4 | uniq | wc -l";
    lab.wcr(["run", "--rm", &image, "sh", "-c", doings]).run().ok().prints("1\n");
}

#[test]
fn symbolic_links_are_followed_inside_the_image() {
    script("cat absolute relative to-folder/file up/file", "content\ncontent\ncontent\ncontent\n");
}

#[test]
fn dot_dot_stops_at_the_root() {
    script(
        "cat ../../../../data/folder/file; cd /..; pwd; cd ../..; pwd; ls /../../data/folder",
        "content\n/\n/\nfile\n",
    );
}

#[test]
fn dot_dot_after_a_link_is_the_targets_parent() {
    script("cat to-folder/../linked; cat up/../folder/file", "linked\ncontent\n");
}

#[test]
fn link_loops_end_with_an_error() {
    let too_many = "Too many levels of symbolic links";
    script(
        "cat self; cat a; cat b/x; echo $?",
        &format!(
            "cat: can't open 'self': {too_many}\ncat: can't open 'a': {too_many}\ncat: can't open 'b/x': {too_many}\n1\n"
        ),
    );
}

#[test]
fn forty_links_are_followed_and_no_more() {
    script("cat chain40; cat chain41", "content\ncat: can't open 'chain41': Too many levels of symbolic links\n");
}

#[test]
fn a_trailing_slash_asks_for_a_folder() {
    script(
        "ls folder/; ls to-folder/; cat folder/file/; ls linked/; echo x > new/",
        "file\nfile\ncat: can't open 'folder/file/': Not a directory\nls: linked/: Not a directory\n\
         sh: can't create new/: Is a directory\n",
    );
}

#[test]
fn a_file_is_no_folder() {
    script(
        "cat linked/x; cat nosuch/x",
        "cat: can't open 'linked/x': Not a directory\ncat: can't open 'nosuch/x': No such file or directory\n",
    );
}

#[test]
fn a_dangling_link_is_there_and_leads_nowhere() {
    script(
        "readlink dangling; test -e dangling || echo leads nowhere; test -L dangling && echo a link; \
         echo made > dangling; cat nowhere",
        "nowhere\nleads nowhere\na link\nmade\n",
    );
}

#[test]
fn hard_links_share_one_file() {
    script(
        "stat -c '%h %a %s' linked linked-too; echo more >> linked; cat linked-too; rm linked; stat -c %h linked-too; \
         test linked-too -ef linked-too && echo same",
        "2 640 7\n2 640 7\nlinked\nmore\n1\nsame\n",
    );
}

#[test]
fn applets_are_hard_links_or_symbolic_links() {
    script(
        "stat -c '%F' /bin/busybox; [ \"$(stat -c %h /bin/busybox)\" -gt 100 ] && echo many; readlink /bin/[[",
        "regular file\nmany\n/bin/busybox\n",
    );
}

#[test]
fn modes_and_owners() {
    script(
        "stat -c '%A %a %u:%g %n' setuid setgid sticky nothing-allowed alices folder dangling",
        "-rwsr-xr-x 4755 0:0 setuid\n-rwxr-sr-x 2755 0:0 setgid\ndrwxrwxrwt 1777 0:0 sticky\n\
         ---------- 0 0:0 nothing-allowed\n-rw------- 600 1000:100 alices\ndrwxr-xr-x 755 0:0 folder\n\
         lrwxrwxrwx 777 0:0 dangling\n",
    );
}

#[test]
fn root_reads_what_nobody_may() {
    script("cat nothing-allowed alices", "hidden\nhers\n");
}

#[test]
fn times_are_those_of_the_layer() {
    script("stat -c '%Y' folder/file linked alices dangling", "1700000000\n1700000000\n1700000000\n1700000000\n");
}

#[test]
fn kinds_of_files() {
    script("stat -c '%F' folder folder/file dangling fifo", "directory\nregular file\nsymbolic link\nfifo\n");
}

#[test]
fn the_usual_devices() {
    script(
        "head -c 3 /dev/zero | wc -c; echo gone > /dev/null; cat /dev/null; head -c 5 /dev/urandom | wc -c; \
         echo x > /dev/full; echo err >&2",
        "3\n5\nsh: write error: No space left on device\nerr\n",
    );
}

#[test]
fn files_are_made_changed_moved_and_removed() {
    script(
        "mkdir -p n/m; echo 1 > n/m/f; echo 2 >> n/m/f; cp n/m/f n/g; mv n/g n/h; ln n/h n/i; ln -s h n/j; chmod 700 n/h; \
         cat n/i n/j; stat -c '%a %h' n/h; rm n/h; cat n/i; rmdir n; rm -r n; ls -d n",
        "1\n2\n1\n2\n700 2\n1\n2\nrmdir: 'n': Directory not empty\nls: n: No such file or directory\n",
    );
}

#[test]
fn a_file_of_the_image_is_copied_up_when_written() {
    script(
        "echo added >> folder/file; cat absolute; chmod 600 linked; stat -c '%a %h' linked-too; touch -d @0 alices; \
         stat -c '%Y %u' alices; mv folder moved; cat moved/file; ls -d folder",
        "content\nadded\n600 2\n0 1000\ncontent\nadded\nls: folder: No such file or directory\n",
    );
}

#[test]
fn an_open_file_outlives_its_name() {
    script("exec 3< linked; rm linked; cat <&3; exec 4> t; echo hi >&4; cat t", "linked\nhi\n");
}

#[test]
fn long_names() {
    script(
        "n=$(printf '%0255d' 1); echo ok > $n && cat $n; echo no > ${n}x; p=$(printf '%04095d' 1); cat $p 2>&1 | tail -c 19",
        &format!("ok\nsh: can't create {}x: File name too long\nFile name too long\n", "0".repeat(254) + "1"),
    );
}
