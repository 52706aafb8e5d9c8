//! Images with Debian's bash.

use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::terminal::Terminal;
use wcr_tests::{bash, busybox};

/// A lab with the image of bash, which has some scripts and start-up files.
fn lab() -> Option<(Lab, String)> {
    let lab = Lab::open()?;
    let arrays = "#!/usr/bin/env bash\nset -euo pipefail\na=(\"$@\")\necho \"$0: ${#a[@]} ${a[*]^^}\"\n\
                  [[ ${a[0]} =~ ^(.)(.*)$ ]] && echo \"${BASH_REMATCH[2]}${BASH_REMATCH[1]}\"\nnosuch\n";
    let layer = bash::layer()?
        .file("bin/arrays", 0o755, arrays)
        .file("etc/bash.bashrc", 0o644, "PS1='\\u@\\h:\\w\\$ '\n")
        .file("root/.bashrc", 0o644, "alias hi='echo hello'\n")
        .symlink("opt/sh", "/bin/bash");
    let image = lab.provide("bash-scripts", &Image::new([busybox::layer(), layer.into()]));
    Some((lab, image))
}

#[test]
fn the_shell_is_bash_by_its_content() {
    let Some((lab, image)) = lab() else { return };
    let run = |args: &[&str]| lab.wcr(["run", "--rm"]).args([image.as_str()]).args(args).run();
    run(&["bash", "-c", "declare -A m=([k]=v); echo ${m[k]} {1..3} $BASH_VERSION; nosuch"])
        .exits(127)
        .prints("v 1 2 3 5.2.15(1)-release\n")
        .says(&["bash: line 1: nosuch: command not found"]);
    run(&["arrays", "ab", "c"])
        .exits(127)
        .prints("/bin/arrays: 2 AB C\nba\n")
        .says(&["/bin/arrays: line 6: nosuch: command not found"]);
    // A link of this name makes it POSIX's shell.
    run(&["/opt/sh", "-c", "set -o | grep posix"]).ok().prints("posix          \ton\n");
    // The other shell of the image is BusyBox's still.
    run(&["sh", "-c", "a=1; echo ${a@Q}"]).exits(2).prints("");
    let explained = lab.wcr(["run", "--rm", "--explain", &image, "bash", "-c", ":"]).run().ok();
    assert!(explained.stderr().contains("/bin/bash is GNU bash; the bundled guest `sh` stands in for it"));
    let listed = lab.wcr(["shims"]).run().ok();
    assert!(listed.stdout().lines().any(|line| line.starts_with("bash ") && line.contains("in part")));
}

#[test]
fn somebody_sits_at_bash() {
    let Some((lab, image)) = lab() else { return };
    let run = ["run", "--rm", "-it", "--hostname", "box", "-w", "/", &image, "bash"];
    let mut terminal = Terminal::start(lab.wcr(run), 24, 80);
    terminal.shows("root@box:/# ");
    terminal.types("hi there\r").shows("\r\nhello there\r\n");
    terminal.types("a=(x y); cd /root\r").shows("root@box:~# ");
    terminal.types("echo ${a[1]} $-\r").shows("\r\ny himBHs\r\n");
    terminal.types("nosuch\r").shows("bash: nosuch: command not found");
    terminal.types("echo ${x?}; fi\r").shows("bash: syntax error near unexpected token `fi'");
    terminal.types("history | tail -1\r").shows("history | tail -1\r\n");
    terminal.types("exit 3\r").shows("exit\r\n");
    assert_eq!(terminal.ends().code(), Some(3));
}
