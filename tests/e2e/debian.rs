//! Images with the programs that Debian has beside coreutils.

use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::{busybox, dash, gnu};

/// A lab with an image whose shell is dash, whose `awk` is `mawk`, and whose `tool` speaks of tar archives.
fn lab() -> Option<(Lab, String)> {
    let lab = Lab::open()?;
    let tool = std::fs::read("/proc/self/exe").expect("read this program");
    let layer = gnu::layer()?.symlink("usr/bin/awk", "mawk").file("opt/tar", 0o755, tool);
    let image = lab.provide("debian", &Image::new([busybox::layer(), dash::layer()?.into(), layer.into()]));
    Some((lab, image))
}

#[test]
fn scripts_around_gzip_find_it() {
    let Some((lab, image)) = lab() else { return };
    let run = |script: &str| lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run();
    let made = "cd /tmp; printf 'one\\ntwo\\n' > a; /usr/bin/gzip a; ";
    run(&format!("{made} /usr/bin/zcat a.gz; /usr/bin/gunzip -k a.gz; cat a")).ok().prints("one\ntwo\none\ntwo\n");
    run(&format!("{made} /usr/bin/gzip -l a.gz | wc -l; ls")).ok().prints("2\na.gz\n");
    run(&format!("{made} cp a.gz b.gz; /usr/bin/gzip -d b.gz; /usr/bin/gzip -d b.gz"))
        .exits(1)
        .says(&["gzip: b.gz: No such file or directory"]);
}

#[test]
fn tar_starts_the_program_that_compresses() {
    let Some((lab, image)) = lab() else { return };
    let run = |script: &str| lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run();
    let tar = "PATH=/usr/bin:/bin; cd /tmp; mkdir d; echo x > d/f; ";
    run(&format!("{tar} tar czf a.tgz d; tar tf a.tgz; rm -r d; tar xzf a.tgz; cat d/f")).ok().prints("d/\nd/f\nx\n");
    run(&format!("{tar} tar czf - d | tar xzOf -")).ok().prints("x\n");
    run(&format!("{tar} tar cf a.tar d; tar --zstd -xf a.tar")).exits(2).says(&[
        "tar (child): zstd: Cannot exec: No such file or directory",
        "tar: Error is not recoverable: exiting now",
    ]);
}

#[test]
fn awk_is_mawk_where_its_content_is() {
    let Some((lab, image)) = lab() else { return };
    let run = |script: &str| lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run();
    run("/usr/bin/awk 'BEGIN { print 2^31, 1/0, substr(\"hello\", 0, 2) }'").ok().prints("2.14748e+09 inf he\n");
    run("/usr/bin/awk 'BEGIN { print gensub(1) }'").exits(2).says(&["mawk: line 2: function gensub never defined"]);
    // BusyBox's own stays what it is.
    run("busybox awk 'BEGIN { print 2^31 }'").ok().prints("2147483648\n");
}

#[test]
fn programs_are_known_by_what_they_are() {
    let Some((lab, image)) = lab() else { return };
    let run = |script: &str| lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run();
    run("cp /usr/bin/diff /tmp/other; cd /tmp; echo a > x; echo b > y; ./other x y; ./other --nope")
        .exits(2)
        .prints("1c1\n< a\n---\n> b\n");
    run("/opt/tar --version").exits(126).says(&["/opt/tar is ELF 64-bit"]);
    let listed = lab.wcr(["shims", &image]).run().ok();
    for line in ["/usr/bin/tar", "/usr/bin/gzip", "/usr/bin/diff", "/usr/bin/cmp"] {
        let row = listed.stdout().lines().find(|row| row.starts_with(line)).map(str::to_owned).unwrap_or_default();
        assert!(row.contains(" debian "), "{line}: {row}");
    }
}
