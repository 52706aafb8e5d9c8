//! Containers that go on elsewhere, from a link or a file.

use std::fs;

use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Finished, Wcr};

fn wcr(home: &Scratch, args: &[&str]) -> Finished {
    Wcr::new(home.path()).args(args.iter().copied()).run()
}

/// A container that has written something, with a clock and a seed.
fn made(home: &Scratch) {
    let script = "mkdir /d; echo one > /d/f; rm /etc/group; ln -s f /d/l; chmod 600 /d/f; echo $WHO > /who";
    let options = ["run", "--name", "box", "--clock", "fixed=2030-01-01", "--seed", "7", "-e", "WHO=me", "-w", "/d"];
    wcr(home, &[&options[..], &["busybox", "sh", "-c", script]].concat()).ok();
}

const LOOK: &str =
    "cat /who l; ls -l f | cut -c1-10; test -e /etc/group || echo gone; pwd; echo $WHO; date +%F; echo $RANDOM";

#[test]
fn a_link_has_files_command_clock_and_seed() {
    let (home, elsewhere) = (Scratch::new("share"), Scratch::new("share-elsewhere"));
    made(&home);
    let link = wcr(&home, &["share", "box"]).ok().stdout().trim().to_owned();
    assert!(link.starts_with("wcr:#share=") && link.len() < 4_000, "{} bytes", link.len());
    let seen = wcr(&elsewhere, &["run", "--rm", "--from", &link, "sh", "-c", LOOK]).ok().stdout();
    let (text, random) = seen.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(text, "me\none\n-rw-------\ngone\n/d\nme\n2030-01-01");
    assert!(random.parse::<u16>().is_ok());
    assert_eq!(wcr(&elsewhere, &["run", "--rm", "--from", &link, "sh", "-c", LOOK]).ok().stdout(), seen);
    // Its own command, which finds what it has written.
    let again = wcr(&elsewhere, &["run", "--rm", "--from", &link]);
    assert!(again.stderr().contains("/d"), "{}", again.stderr());
    let paged = wcr(&home, &["share", "--page", "https://example.com/play", "box"]).ok().stdout();
    assert!(paged.starts_with("https://example.com/play#share="));
    wcr(&elsewhere, &["run", "--rm", "--from", paged.trim(), "cat", "/who"]).ok().prints("me\n");
    assert_eq!(wcr(&elsewhere, &["ps", "-aq"]).ok().stdout(), "", "nothing is left");
}

#[test]
fn a_file_goes_on_as_a_container_that_is_kept() {
    let (home, elsewhere) = (Scratch::new("share"), Scratch::new("share-elsewhere"));
    made(&home);
    let file = home.join("box.wcr").display().to_string();
    wcr(&home, &["share", "-o", &file, "box"]).ok().prints("");
    assert!(fs::metadata(&file).unwrap().len() < 4_000);
    wcr(&elsewhere, &["run", "--name", "next", "--from", &file, "sh", "-c", "cat f; echo two >> f"])
        .ok()
        .prints("one\n");
    let changes = wcr(&elsewhere, &["diff", "next"]).ok().stdout();
    assert!(changes.contains("A /d/f\n") && changes.contains("D /etc/group\n"), "{changes}");
    let second = elsewhere.join("next.wcr").display().to_string();
    wcr(&elsewhere, &["checkpoint", "next", &second]).ok().prints("");
    wcr(&home, &["run", "--rm", "--from", &second, "cat", "/d/f"]).ok().prints("one\ntwo\n");
}

#[test]
fn a_checkpoint_of_one_that_runs_says_what_stays() {
    if !cfg!(unix) {
        return;
    }
    let home = Scratch::new("checkpoint");
    let mount = format!("{}:/host", home.path().display());
    let script = "echo kept > /kept; echo ready; while :; do sleep 1; done";
    wcr(&home, &["run", "-d", "--name", "box", "-v", &mount, "--tmpfs", "/t", "busybox", "sh", "-c", script]).ok();
    let started = std::time::Instant::now();
    while wcr(&home, &["logs", "box"]).ok().stdout().is_empty() {
        assert!(started.elapsed() < std::time::Duration::from_secs(120));
    }
    let file = home.join("box.wcr").display().to_string();
    let said = wcr(&home, &["checkpoint", "box", &file]).ok();
    said.says(&["not kept: process 1: ", "not kept: what is in /t", "not kept: the host's "]);
    wcr(&home, &["kill", "box"]).ok();
    let again = wcr(&home, &["run", "--rm", "--from", &file, "cat", "/kept"]).ok().prints("kept\n");
    again.says(&[
        "not there: process 1: sh -c",
        "not there: process 2 (child of 1): sleep 1",
        "not there: what is in /t",
    ]);
    let quiet = wcr(&home, &["run", "--rm", "-q", "--from", &file, "cat", "/kept"]).ok();
    assert!(!quiet.stderr().contains("not there"), "{}", quiet.stderr());
}

#[test]
fn what_is_no_share_is_refused() {
    let home = Scratch::new("no-share");
    let file = home.join("bad").display().to_string();
    fs::write(&file, "hello").unwrap();
    for from in [file.as_str(), "wcr:#share=hello", "wcr:#share="] {
        wcr(&home, &["run", "--rm", "--from", from]).fails().exits(125).says(&["wcr share"]);
    }
    wcr(&home, &["run", "--rm", "--from", "/no/such/file"]).fails().exits(125).says(&["/no/such/file"]);
    wcr(&home, &["share", "nobody"]).fails().says(&["nobody"]);
}

#[test]
fn another_image_under_the_name_is_refused() {
    let home = Scratch::new("other-image");
    let import = |content: &str| {
        let folder = Scratch::new("other-image-root");
        let tar = folder.join("root.tar").display().to_string();
        wcr(&home, &["run", "--name", "maker", "busybox", "sh", "-c", &format!("echo {content} > /content")]).ok();
        wcr(&home, &["export", "-o", &tar, "maker"]).ok();
        wcr(&home, &["rm", "maker"]).ok();
        wcr(&home, &["import", &tar, "own"]).ok();
    };
    import("first");
    wcr(&home, &["run", "--name", "box", "own", "sh", "-c", "echo x > /x"]).ok();
    let file = home.join("box.wcr").display().to_string();
    wcr(&home, &["share", "-o", &file, "box"]).ok();
    wcr(&home, &["run", "--rm", "--from", &file, "cat", "/x", "/content"]).ok().prints("x\nfirst\n");
    import("second");
    wcr(&home, &["run", "--rm", "--from", &file]).fails().exits(125).says(&["own as it was"]);
}
