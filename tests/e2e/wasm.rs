//! WebAssembly programs: in images as they are, in images for WebAssembly, and as artifacts of a registry.

use serde_json::{Value, json};
use wcr_tests::busybox;
use wcr_tests::component::{CHANGED, module, program};
use wcr_tests::image::{Format, Image, digest};
use wcr_tests::lab::{Lab, Pushed};
use wcr_tests::layer::Layer;

const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const PROGRAM: &str = "application/wasm";

/// Both programs, a module and a component.
fn programs() -> Option<[Vec<u8>; 2]> {
    Some([module()?, program()?])
}

/// Pushes a program as the artifacts of the CNCF's layout are.
fn push_artifact(lab: &Lab, name: &str, os: &str, program: &[u8]) -> Pushed {
    let config = json!({
        "created": "2024-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": os,
        "layerDigests": [digest(program)],
        "component": { "exports": ["wasi:cli/run@0.2.0"], "imports": [], "target": Value::Null },
    });
    lab.push_artifact(name, (CONFIG, config.to_string().as_bytes()), &[(PROGRAM, program)])
}

#[test]
fn modules_of_an_image_run_as_they_are() {
    let (Some(lab), Some(module)) = (Lab::open(), module()) else { return };
    let layer = Layer::new()
        .dir("bin", 0o755)
        .file("bin/probe", 0o755, module)
        .dir("data", 0o755)
        .file("data/text", 0o644, "of the image\n")
        .dir("data/sub", 0o755)
        .symlink("data/link", "/data/text");
    let image = lab.provide("module", &Image::new([busybox::layer(), layer.into()]));
    let run = |args: &[&str]| lab.wcr([&["run", "-e", "A=b=c", &image, "probe"], args].concat()).run();
    run(&["args", "a  b", "", "é"]).ok().prints("[a  b]\n[]\n[é]\n").silent();
    run(&["env", "A"]).ok().prints("Ok(\"b=c\")\n");
    run(&["exit", "3"]).exits(3).silent();
    run(&["error"]).exits(1).says(&["to standard error", "failed"]);
    run(&["cat", "/data/sub/../link"]).ok().prints("of the image\n");
    run(&["ls", "/data"]).ok().prints("link@\nsub/\ntext\n");
    run(&["stat", "/data/link"]).ok().prints(&format!("file 13 {CHANGED}\n"));
    run(&["files", "/tmp"]).ok().prints("hello\n").silent();
    run(&["memory"]).exits(134);
    let args = ["run", "--deterministic", &image, "probe", "sleep", "3600"];
    lab.wcr(args).run().ok().prints("3600 3600 1704070800\n");
    let script = "seq 1 50000 | probe cat | tail -n 1; probe yes | head -n 1; echo x > /tmp/f; probe cat < /tmp/f";
    lab.wcr(["run", &image, "sh", "-c", script]).run().ok().prints("50000\ny\nx\n").silent();
}

#[test]
fn images_for_webassembly_are_taken_where_nothing_else_is_offered() {
    let (Some(lab), Some([module, component])) = (Lab::open(), programs()) else { return };
    // As they come from builders: the program is not executable, and is named without a slash.
    let image = |program: &[u8], os: &str, architecture: &str| {
        let layer = Layer::new().file("app.wasm", 0o644, program).file("text", 0o644, "of the image\n");
        Image::new([layer.into()]).with("Entrypoint", json!(["app.wasm"])).platform(os, architecture)
    };
    for (number, (program, architecture)) in
        [(&module, "wasm"), (&component, "wasm"), (&module, "wasm32")].iter().enumerate()
    {
        let image = image(program, "wasi", architecture);
        let single = lab.push(&format!("wasi-{number}"), &image).reference;
        lab.wcr(["run", &single, "args", "x"]).run().ok().prints("[x]\n");
        lab.wcr(["run", &single, "cat", "/text"]).run().ok().prints("of the image\n").silent();
        let index = lab.push_index(&format!("wasi-index-{number}"), &[image], Format::Oci).reference;
        lab.wcr(["run", &index, "args", "x"]).run().ok().prints("[x]\n");
        lab.wcr(["run", "--platform", "wasi/wasm", &index, "args", "y"]).run().ok().prints("[y]\n").silent();
        let platform = format!("wasi/{architecture}");
        assert!(lab.wcr(["inspect", &index]).run().ok().stdout().contains("\"Os\": \"wasi\""));
        lab.wcr(["pull", "--platform", &platform, &index]).run().ok();
        lab.wcr(["pull", "--platform", "linux/arm64", &index])
            .run()
            .fails()
            .says(&["no image for linux/arm64", &platform]);
    }
    // Where there is a Linux image, that is the one that is meant.
    let linux = Image::new([busybox::layer()]).with("Cmd", json!(["echo", "linux"]));
    let both = lab.push_index("wasi-both", &[image(&module, "wasi", "wasm"), linux], Format::Oci).reference;
    lab.wcr(["run", &both]).run().ok().prints("linux\n");
    lab.wcr(["run", "--platform", "wasi/wasm", &both, "args", "wasm"]).run().ok().prints("[wasm]\n");
}

#[test]
fn artifacts_are_pulled_and_run() {
    let (Some(lab), Some([module, component])) = (Lab::open(), programs()) else { return };
    for (name, os, program) in [("artifact-p1", "wasip1", &module), ("artifact-p2", "wasip2", &component)] {
        let pushed = push_artifact(&lab, name, os, program);
        let image = pushed.reference.as_str();
        lab.wcr(["pull", image]).run().ok().says(&[&format!("{os}/wasm"), "pulled"]);
        lab.wcr(["pull", image]).run().ok().says(&["up to date"]);
        lab.wcr(["run", image, "args", "a  b", ""]).run().ok().prints("[a  b]\n[]\n").silent();
        lab.wcr(["run", "-e", "A=1", image, "env", "A"]).run().ok().prints("Ok(\"1\")\n");
        lab.wcr(["run", "-i", image, "cat"]).stdin("in\n").run().ok().prints("in\n");
        lab.wcr(["run", "--platform=wasi/wasm", image, "exit", "1"]).run().exits(1);
        lab.wcr(["run", "--explain", image, "args"]).run().ok().says(&["/main.wasm is a WebAssembly", "runs as it is"]);
        lab.wcr(["pull", "--platform", "linux/arm64", image]).run().fails().says(&["offered"]);
        assert!(lab.wcr(["list"]).run().ok().stdout().contains(name));
        let shown = lab.wcr(["inspect", image]).run().ok().stdout();
        for text in [&format!("\"Os\": \"{os}\""), "\"Architecture\": \"wasm\"", "/main.wasm", &digest(program)] {
            assert!(shown.contains(text), "no {text} in {shown}");
        }
        // The store is a layout in which the artifact is what it was.
        assert_eq!(
            std::fs::read(lab.store().join("blobs").join(digest(program).replace(':', "/"))).unwrap(),
            **program
        );
        let missing = lab.store().join("layers");
        std::fs::remove_dir_all(&missing).unwrap();
        std::fs::create_dir(&missing).unwrap();
        lab.wcr(["run", image, "args", "again"]).run().ok().prints("[again]\n");
    }
}

#[test]
fn artifacts_of_the_older_layout_run_too() {
    let (Some(lab), Some(module)) = (Lab::open(), module()) else { return };
    let config = ("application/vnd.wasm.config.v1+json", &b"{}"[..]);
    let layers = [("application/vnd.wasm.content.layer.v1+wasm", module.as_slice())];
    let image = lab.push_artifact("artifact-old", config, &layers).reference;
    lab.wcr(["run", &image, "args", "x"]).run().ok().prints("[x]\n");
}

#[test]
fn artifacts_that_are_none_are_refused() {
    let Some(lab) = Lab::open() else { return };
    let wasm: &[u8] = b"\0asm\x01\0\0\0";
    let other = json!({ "layerDigests": [digest(b"other")] }).to_string();
    let push = |name: &str, config: &[u8], layers: &[(&str, &[u8])]| lab.push_artifact(name, (CONFIG, config), layers);
    for (pushed, reason) in [
        (push("bad-two", b"{}", &[(PROGRAM, wasm), (PROGRAM, b"\0asm\x01\0\0\0\0\x02\x01x")]), "has one layer"),
        (
            push("bad-type", b"{}", &[("application/vnd.oci.image.layer.v1.tar", wasm)]),
            "a WebAssembly program was expected",
        ),
        (push("bad-digest", other.as_bytes(), &[(PROGRAM, wasm)]), "layerDigests"),
        (push("bad-config", b"[]", &[(PROGRAM, wasm)]), "configuration is malformed"),
    ] {
        lab.wcr(["pull", &pushed.reference]).run().fails().exits(13).says(&[reason]);
    }
    let text = lab.push_artifact("bad-text", (CONFIG, b"{}"), &[(PROGRAM, b"text")]).reference;
    lab.wcr(["run", &text]).run().fails().exits(126).says(&["/main.wasm", "text file"]);
}

/// `(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))`
const SPIN: &[u8] =
    b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x13\x02\x06memory\x02\0\x06_start\0\0\
                      \x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

#[test]
fn a_module_that_computes_without_end_leaves_others_their_turn() {
    let Some(lab) = Lab::open() else { return };
    let layer = Layer::new().dir("bin", 0o755).file("bin/spin", 0o755, SPIN);
    let image = lab.provide("spin", &Image::new([busybox::layer(), layer.into()]));
    let script = "spin & sleep 0.2; echo awake; kill -STOP $!; kill -CONT $!; kill $!; wait $!; echo $?; timeout 0.3 spin; echo $?";
    lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run().ok().prints("awake\n143\n143\n");
    let script = "spin & spin & sleep 0.2; kill -9 %1 %2; wait; echo both; (ulimit -t 1; spin); echo $?";
    lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run().ok().prints("both\n137\n");
    lab.wcr(["run", "--rm", "--timeout", "1", &image, "spin"]).run().exits(137);
}
