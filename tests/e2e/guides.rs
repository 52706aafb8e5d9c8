//! The guides: each of their examples does what it shows.

use std::fs;
use std::process::Command;

use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Wcr, binary};

/// The fenced blocks of a document: what stands behind the fence, the name that stands before it in code, the text.
fn blocks(text: &str) -> Vec<(String, String, String)> {
    let (mut blocks, mut name) = (Vec::new(), String::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((kind.to_owned(), core::mem::take(&mut name), body.join("\n") + "\n"));
        } else if let Some(file) = line.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:")) {
            file.clone_into(&mut name);
        }
    }
    blocks
}

/// Writes a guide's files and runs its commands, in their order; how many commands there were.
fn follow(guide: &str) -> usize {
    if !cfg!(unix) {
        return usize::MAX;
    }
    let home = Scratch::new("guide");
    let bin = home.join("bin");
    fs::create_dir(&bin).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(binary(), bin.join("wcr")).unwrap();
    let guide = fs::read_to_string(format!("{}/../{guide}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut shown = 0;
    for (kind, name, text) in blocks(&guide) {
        match kind.as_str() {
            "rhai" | "yaml" => fs::write(home.join(&name), text).unwrap(),
            "console" => {
                for step in format!("\n{text}").split("\n$ ").skip(1) {
                    let (command, expected) = step.split_once('\n').unwrap_or((step, ""));
                    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
                    let mut shell = Command::new("sh");
                    shell.args(["-c", command]).current_dir(home.path()).env("PATH", path).env("HOME", home.path());
                    shell.env("WCR_ROOT", home.join("store")).env("HTTPS_PROXY", "http://127.0.0.1:9");
                    let finished = Wcr::of(shell).run();
                    assert_eq!(finished.stdout().trim_end(), expected.trim_end(), "{command}");
                    // A test that is shown may fail.
                    finished.exits(if expected.contains("FAILED") { 1 } else { 0 });
                    shown += 1;
                }
            }
            _ => {}
        }
    }
    shown
}

#[test]
fn each_example_of_the_shims_guide_does_what_it_shows() {
    assert!(follow("shims/GUIDE.md") >= 10);
}

#[test]
fn each_example_of_the_harness_guide_does_what_it_shows() {
    assert!(follow("runtime/wcr-harness/GUIDE.md") >= 6);
}
