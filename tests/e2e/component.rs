//! WASI 0.2 components in images: what they see, how they end, and those that cannot run.

use std::fs;

use wcr_tests::component::{CHANGED, lab};
use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;

/// The bytes that every component begins with.
const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

#[test]
fn arguments_environment_and_exit_codes() {
    let Some((lab, image)) = lab() else { return };
    lab.wcr(["run", &image, "probe", "args", "a  b", "$HOME", "", "é"]).run().ok().prints("[a  b]\n[$HOME]\n[]\n[é]\n");
    lab.wcr(["run", "-e", "COLOUR=blue=green", &image, "probe", "env", "COLOUR"])
        .run()
        .ok()
        .prints("Ok(\"blue=green\")\n");
    lab.wcr(["run", &image, "probe", "env", "NOBODY"]).run().ok().prints("Err(NotPresent)\n");
    lab.wcr(["run", &image, "probe", "exit", "0"]).run().ok().prints("").silent();
    lab.wcr(["run", &image, "probe", "exit", "1"]).run().exits(1).prints("").silent();
    lab.wcr(["run", &image, "probe", "error"]).run().exits(1).prints("").says(&["to standard error", "failed"]);
}

#[test]
fn nothing_of_the_host_shows() {
    let Some((lab, image)) = lab() else { return };
    fs::write(lab.path("secret"), "of the host").unwrap();
    let secret = lab.path("secret");
    lab.wcr(["run", &image, "probe", "cat", &secret.to_string_lossy()]).run().exits(1).prints("");
    lab.wcr(["run", &image, "probe", "env", "SECRET"]).env("SECRET", "x").run().ok().prints("Err(NotPresent)\n");
    lab.wcr(["run", &image, "probe", "connect", "127.0.0.1:1"]).run().ok().prints("unsupported\n");
}

#[test]
fn the_files_of_the_image_are_there() {
    let Some((lab, image)) = lab() else { return };
    lab.wcr(["run", &image, "probe", "cat", "/data/text"]).run().ok().prints("of the image\n");
    lab.wcr(["run", &image, "probe", "cat", "/data/sub/../link"]).run().ok().prints("of the image\n");
    lab.wcr(["run", &image, "probe", "ls", "/data"]).run().ok().prints("link@\nsub/\ntext\n");
    lab.wcr(["run", &image, "probe", "stat", "/data/link"]).run().ok().prints(&format!("file 13 {CHANGED}\n"));
    lab.wcr(["run", &image, "probe", "stat", "/data"]).run().ok().prints(&format!("directory 4096 {CHANGED}\n"));
    lab.wcr(["run", &image, "probe", "cat", "/data/none"]).run().exits(1).says(&["No such file"]);
}

#[test]
fn files_are_made_changed_and_removed() {
    let Some((lab, image)) = lab() else { return };
    let script = "probe files /data && ls -l /data/d | tail -n 1 | cut -c 1-10 && cat /data/d/g";
    lab.wcr(["run", &image, "sh", "-c", script]).run().ok().prints("hello\n-rw-r--r--\nhello");
    let folder = lab.path("shared");
    fs::create_dir(&folder).unwrap();
    let volume = format!("{}:/mnt", folder.display());
    lab.wcr(["run", "-v", &volume, &image, "probe", "files", "/mnt"]).run().ok().prints("hello\n");
    assert_eq!(fs::read(folder.join("d/g")).unwrap(), b"hello");
}

#[test]
fn streams_pipes_and_redirections() {
    let Some((lab, image)) = lab() else { return };
    lab.wcr(["run", "-i", &image, "probe", "cat"]).stdin("one\ntwo\n").run().ok().prints("one\ntwo\n");
    lab.wcr(["run", &image, "probe", "cat"]).stdin("unread").run().ok().prints("");
    let script = "seq 1 50000 > /tmp/n; cat /tmp/n | probe cat | probe cat > /tmp/m; \
                  [ \"$(cat /tmp/n)\" = \"$(cat /tmp/m)\" ] && wc -l < /tmp/m";
    lab.wcr(["run", &image, "sh", "-c", script]).run().ok().prints("50000\n").silent();
    let script = "probe args x > /tmp/f; probe cat < /tmp/f; probe error 2> /tmp/e; wc -l < /tmp/e";
    lab.wcr(["run", &image, "sh", "-c", script]).run().ok().prints("[x]\n2\n").silent();
    lab.wcr(["run", &image, "sh", "-c", "probe yes | head -n 2"]).run().ok().prints("y\ny\n");
    lab.wcr(["run", &image, "sh", "-c", "(sleep 0.05; echo late) | probe cat"]).run().ok().prints("late\n");
}

#[test]
fn clocks_and_randomness_come_from_the_kernel() {
    let Some((lab, image)) = lab() else { return };
    let run = |args: &[&str]| {
        let all = [&["run", "--deterministic", &image, "probe"], args].concat();
        lab.wcr(all).run().ok().stdout()
    };
    // 2024-01-01T00:00:00Z, an hour later; no hour of ours passes.
    assert_eq!(run(&["sleep", "3600"]), "3600 3600 1704070800\n");
    assert_eq!(run(&["random"]), run(&["random"]));
    let free = |_| lab.wcr(["run", &image, "probe", "random"]).run().ok().stdout();
    assert_ne!(free(1), free(2));
    lab.wcr(["run", &image, "probe", "sleep", "0"]).run().ok();
}

#[test]
fn memory_has_a_limit() {
    let Some((lab, image)) = lab() else { return };
    lab.wcr(["run", &image, "probe", "memory"]).run().fails().exits(134);
}

#[test]
fn explain_says_that_it_runs_as_it_is() {
    let Some((lab, image)) = lab() else { return };
    lab.wcr(["run", "--explain", &image, "probe", "args"])
        .run()
        .ok()
        .says(&["/bin/probe is a WebAssembly component and runs as it is"]);
}

/// A component's section: its number, its length and its content.
fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("a short section");
    assert!(length < 128, "a length of one byte");
    [&[id, length], content].concat()
}

/// A component that imports an empty interface of this name.
fn importing(name: &str) -> Vec<u8> {
    let instance_type = section(7, &[1, 0x42, 0]);
    let import = [&[1, 0, name.len() as u8], name.as_bytes(), &[5, 0]].concat();
    [PREAMBLE, &instance_type, &section(10, &import)].concat()
}

#[test]
fn components_that_cannot_run_are_refused_with_the_reason() {
    let Some(lab) = Lab::open() else { return };
    let programs: [(&str, Vec<u8>, &[&str]); 5] = [
        ("garbage", [PREAMBLE, b"garbage"].concat(), &["cannot compile"]),
        ("cut", PREAMBLE[..6].to_vec(), &["WebAssembly"]),
        ("empty", PREAMBLE.to_vec(), &["does not export `wasi:cli/run`", "library"]),
        ("http", importing("wasi:http/types@0.2.0"), &["imports `wasi:http/types@0.2.0`", "does not provide"]),
        ("future", importing("wasi:cli/run@0.9.0"), &["imports `wasi:cli/run@0.9.0`"]),
    ];
    let layer = programs.iter().fold(Layer::new().dir("bin", 0o755), |layer, (name, content, _)| {
        layer.file(&format!("bin/{name}"), 0o755, content)
    });
    let image = lab.provide("hostile-components", &Image::new([layer.into()]));
    for (name, _, reasons) in &programs {
        let finished = lab.wcr(["run", &image, name]).run().fails().exits(126).prints("");
        finished.says(&[name]).says(reasons);
    }
}

#[test]
fn compiled_code_is_kept_and_checked() {
    let Some((lab, image)) = lab() else { return };
    let folder = lab.store().join("cache");
    assert!(!folder.exists());
    let print = || lab.wcr(["run", &image, "probe", "args", "x"]).run().ok().prints("[x]\n").silent();
    let files = || -> Vec<_> { fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect() };
    print();
    let [file] = &files()[..] else { panic!("{:?}", files()) };
    let code = fs::read(file).unwrap();
    print();
    assert_eq!(fs::read(file).unwrap(), code);
    // Whatever is wrong with the file, it is not run but written anew.
    for at in [0, code.len() / 2, code.len() - 1] {
        let mut bad = code.clone();
        bad[at] ^= 1;
        fs::write(file, bad).unwrap();
        print();
        assert_eq!(fs::read(file).unwrap(), code, "byte {at}");
    }
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    print();
    // Bundled guests need none.
    fs::remove_file(&folder).unwrap();
    lab.wcr(["run", &image, "echo", "x"]).run().ok().prints("x\n");
    assert!(!folder.exists());
}
