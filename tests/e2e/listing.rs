//! `wcr list`, `wcr inspect` and `wcr shims`.

use serde_json::{Value, json};
use wcr_tests::busybox;
use wcr_tests::lab::Lab;

#[test]
fn an_empty_store_lists_nothing() {
    let Some(lab) = Lab::open() else { return };
    let table = lab.wcr(["list"]).run().ok().stdout();
    assert_eq!(table.lines().count(), 1, "{table}");
    assert_eq!(lab.wcr(["list", "--json"]).run().ok().stdout().trim(), "[]");
}

#[test]
fn list_as_a_table() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.busybox();
    lab.wcr(["pull", &image.reference]).run().ok();
    let table = lab.wcr(["list"]).run().ok().silent().stdout();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    let headings: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(headings, ["REPOSITORY", "TAG", "DIGEST", "SIZE", "PULLED"]);
    let repository = image.reference.strip_suffix(":latest").unwrap();
    let digest: String = image.digest.trim_start_matches("sha256:").chars().take(12).collect();
    for text in [repository, "latest", &digest] {
        assert!(lines[1].contains(text), "no {text} in: {table}");
    }
}

#[test]
fn list_as_json() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.busybox();
    lab.wcr(["pull", &image.reference]).run().ok();
    let list: Value = serde_json::from_slice(&lab.wcr(["list", "--json"]).run().ok().silent().stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list[0]["repository"], image.reference.strip_suffix(":latest").unwrap());
    assert_eq!(list[0]["tag"], "latest");
    assert_eq!(list[0]["digest"], image.digest);
    assert!(list[0]["size"].as_u64().unwrap() > 1_000_000, "{list}");
    assert!(!list[0]["pulled"].is_null(), "{list}");
}

#[test]
fn inspect_shows_the_images_configuration() {
    let Some(lab) = Lab::open() else { return };
    let image = busybox::image().with("Env", json!(["PATH=/bin", "A=b"])).with("WorkingDir", json!("/etc"));
    let reference = lab.provide("inspected", &image);
    let output = lab.wcr(["inspect", &reference]).run().ok().silent().stdout;
    let mut found: Value = serde_json::from_slice(&output).unwrap();
    if found.is_array() {
        found = found[0].take();
    }
    assert_eq!(found["Architecture"], "amd64");
    assert_eq!(found["Os"], "linux");
    assert_eq!(found["Config"]["Env"], json!(["PATH=/bin", "A=b"]));
    assert_eq!(found["Config"]["WorkingDir"], "/etc");
    assert_eq!(found["Config"]["Cmd"], json!(["sh"]));
    assert_eq!(found["RootFS"]["diff_ids"].as_array().or(found["RootFS"]["Layers"].as_array()).map(Vec::len), Some(1));
}

#[test]
fn inspect_of_an_unknown_image_fails() {
    let Some(lab) = Lab::open() else { return };
    lab.wcr(["inspect", "never/pulled"]).run().fails().prints("[]\n").says(&["never/pulled"]);
}

#[test]
fn shims_says_what_stands_in_for_what() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let all = lab.wcr(["shims"]).run().ok().stdout();
    for name in ["ls", "grep", "sh"] {
        assert!(all.split_whitespace().any(|word| word.trim_matches(',') == name), "no {name} in: {all}");
    }
    let of_image = lab.wcr(["shims", &image]).run().ok().stdout();
    for path in ["/bin/ls", "/bin/sh"] {
        assert!(of_image.contains(path), "no {path} in: {of_image}");
    }
}

#[test]
fn help_and_version() {
    let Some(lab) = Lab::open() else { return };
    let help = lab.wcr(["--help"]).run().ok().stdout();
    for command in ["run", "pull", "list", "inspect", "shims"] {
        assert!(help.contains(command), "no {command} in: {help}");
    }
    assert!(lab.wcr(["--version"]).run().ok().stdout().starts_with("wcr "));
}

#[test]
fn a_wrong_command_line_is_code_2() {
    let Some(lab) = Lab::open() else { return };
    lab.wcr(["no-such-command"]).run().fails().exits(2);
    lab.wcr(["pull"]).run().fails().exits(2);
    lab.wcr(["list", "--no-such-flag"]).run().fails().exits(2);
}
