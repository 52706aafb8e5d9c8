//! Images whose `/bin/sh` is Debian's dash.

use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::{busybox, dash};

/// A lab with the image of dash, whose `/bin/tool` is a program of machine code that nothing stands in for.
fn lab() -> Option<(Lab, String)> {
    let lab = Lab::open()?;
    let tool = std::fs::read("/proc/self/exe").expect("read this program");
    let script = "#!/bin/sh\necho \"script $0 $1\\n\"; nosuch\n";
    let layer = dash::layer()?.file("bin/tool", 0o755, tool).file("bin/script", 0o755, script);
    let image = lab.provide("dash-tool", &Image::new([busybox::layer(), layer.into()]));
    Some((lab, image))
}

#[test]
fn the_shell_is_dash_by_its_content() {
    let Some((lab, image)) = lab() else { return };
    let run = |args: &[&str]| lab.wcr(["run", "--rm"]).args([image.as_str()]).args(args).run();
    run(&["sh", "-c", "echo 'a\\tb'; nosuch"]).exits(127).prints("a\tb\n").says(&["sh: 1: nosuch: not found"]);
    run(&["dash", "-c", "echo $((1+))"]).exits(2).says(&["dash: 1: arithmetic expression: expecting primary: \"1+\""]);
    run(&["script", "x"]).exits(127).prints("script /bin/script x\n\n").says(&["/bin/script: 2: nosuch: not found"]);
    // The other shell of the image is BusyBox's still.
    run(&["busybox", "sh", "-c", "echo 'a\\tb'; [[ a = a ]] && echo $((2**3))"]).ok().prints("a\\tb\n8\n");
    let explained = lab.wcr(["run", "--rm", "--explain", &image, "sh", "-c", ":"]).run().ok();
    assert!(explained.stderr().contains("/bin/sh is dash; the bundled guest `sh` stands in for it"));
    lab.wcr(["shims", &image]).run().ok();
}

#[test]
fn machine_code_that_nothing_runs_is_refused_with_a_sentence() {
    let Some((lab, image)) = lab() else { return };
    for shell in [&["sh", "-c"][..], &["busybox", "sh", "-c"]] {
        let finished = lab.wcr(["run", "--rm", &image]).args(shell).args(["tool x"]).run().exits(126).prints("");
        finished.says(&["tool: Exec format error", "/bin/tool is ELF 64-bit"]);
    }
}

#[test]
fn a_label_is_as_good_as_the_content() {
    // The layer is an image of its own, whose index has the label; the shell is found under a name of its own.
    let Some(program) = dash::program() else { return };
    let Some(lab) = Lab::open() else { return };
    let layer = Layer::new().file("opt/tool/shell", 0o755, program);
    let image = lab.provide("dash-alone", &Image::new([layer.into()]));
    let run = |script: &str| lab.wcr(["run", "--rm", &image, "/opt/tool/shell", "-c", script]).run();
    run("type [[; echo $-; local x").exits(2).prints("[[: not found\n\n").says(&["shell: 1: local: not in a function"]);
}
