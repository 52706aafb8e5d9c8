//! Files of container-structure-test: run unchanged, on images of wcr.

use std::fs;

use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Finished, Wcr};

/// A folder with files, an empty store, and no network: `busybox` is the built-in image.
struct Files(Scratch);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let home = Scratch::new("structure");
        for (name, text) in files {
            fs::write(home.join(name), text).unwrap();
        }
        Self(home)
    }

    /// The report with the folder's own path taken away.
    fn report(&self, finished: &Finished) -> String {
        finished.stdout().replace(&format!("{}/", self.0.path().display()), "")
    }

    /// Runs `wcr test` on a file of the folder, in the folder.
    fn test(&self, file: &str) -> Finished {
        let wcr = Wcr::new(self.0.path()).args(["test", "--image", "busybox", file]).current_dir(self.0.path());
        wcr.env("HARNESS_NAME", "from outside").env("HARNESS_OTHER", "not asked for").run()
    }
}

#[test]
fn structure_tests_run_as_they_are() {
    let suite = r#"
schemaVersion: 2.0.0
globalEnvVars:
  - key: WHO
    value: you
commandTests:
  - name: says it
    setup: [["sh", "-c", "echo $WHO > /said"]]
    command: cat
    args: ["/said"]
    expectedOutput: ["^y.u\n$"]
    excludedOutput: ["me"]
  - name: fails as it should
    command: ls
    args: ["/nothing"]
    exitCode: 1
    expectedError: ["No such file"]
fileExistenceTests:
  - name: a folder
    path: /etc
    permissions: drwxr-xr-x
    uid: 0
    gid: 0
  - name: a program
    path: /bin/sh
    isExecutableBy: any
  - name: nothing
    path: /nothing
    shouldExist: false
fileContentTests:
  - name: users
    path: /etc/passwd
    expectedContents: ["^root:x:0:0:"]
    excludedContents: ["toor"]
metadataTest:
  cmd: ["sh"]
  env:
    - key: PATH
      value: "^/usr/local/sbin:"
      isRegex: true
  exposedPorts: []
"#;
    let broken = suite
        .replace("y.u", "m.")
        .replace("/nothing\n    shouldExist", "/tmp\n    shouldExist")
        .replace("[\"sh\"]\n  env", "[\"bash\"]\n  env");
    let scripts = Files::new(&[
        ("good.yaml", suite),
        ("bad.yml", &broken),
        ("unknown.yaml", "schemaVersion: 2.0.0\nsurpriseTests: []\n"),
        ("old.yaml", "schemaVersion: 1.0.0\n"),
        ("loop.yaml", "a: &a [*a]\nschemaVersion: 2.0.0\n"),
    ]);
    let run = |args: &[&str], file: &str| {
        Wcr::new(scripts.0.path()).args(["test"]).args(args).args([scripts.0.join(file)]).run()
    };
    let report = scripts.report(&run(&["--image", "busybox"], "good.yaml").ok());
    assert!(
        report.starts_with("ok      good.yaml: Command Test: says it\n") && report.ends_with("7 passed, 0 failed\n"),
        "{report}"
    );
    let report = scripts.report(&run(&["--image", "busybox"], "bad.yml").exits(1));
    for text in [
        "standard output: the string does not match the pattern",
        "\"/tmp\" is in the image",
        "the command: not the expected one",
        "4 passed, 3 failed",
        "last run: busybox cat /said: exit code 0",
    ] {
        assert!(report.contains(text), "no {text} in {report}");
    }
    for (file, args, text) in [
        ("good.yaml", &[][..], "--image IMAGE"),
        ("unknown.yaml", &["--image", "busybox"], "surpriseTests"),
        ("old.yaml", &["--image", "busybox"], "schema 1.0.0"),
        ("loop.yaml", &["--image", "busybox"], "cannot be read"),
    ] {
        let report = scripts.report(&run(args, file).exits(1));
        assert!(report.contains(text), "no {text} in {report}");
    }
    let report = scripts.report(&run(&["--image", "busybox", "--filter", "Metadata"], "good.yaml").ok());
    assert!(report.ends_with("1 passed, 0 failed, 6 not run\n"), "{report}");
}

#[test]
fn variables_are_filled_in() {
    let suite = r#"
schemaVersion: 2.0.0
globalEnvVars:
  - key: PATH
    value: "/opt/bin:$PATH"
  - key: PORT
    value: 8080
commandTests:
  - name: programs are found in both
    envVars:
      - key: HERE
        value: "${PATH}:${NONE}:$PORT"
    command: sh
    args: ["-c", "echo $HERE; which ls"]
    expectedOutput: ["^/opt/bin:/.*::8080\n", "bin/ls\n$"]
"#;
    let files = Files::new(&[("t.yaml", suite)]);
    let report = files.report(&files.test("t.yaml"));
    assert!(report.ends_with("1 passed, 0 failed\n"), "{report}");
}

#[test]
fn containers_get_what_the_options_ask_for() {
    let suite = r#"
schemaVersion: 2.0.0
containerRunOptions:
  user: "5:6"
  privileged: true
  allocateTty: true
  envFile: vars
  envVars: [HARNESS_NAME, HARNESS_NONE]
  capabilities: [NET_BIND_SERVICE, SYS_ADMIN]
  bindMounts: ["@:/host:ro"]
commandTests:
  - name: all of them
    command: sh
    args: ["-c", "id -u; tty; echo $FROM_FILE; echo $HARNESS_NAME; cat /host/vars; env"]
    expectedOutput: ["^5\r?\n/dev/", "\nfile\r?\nfrom outside\r?\nFROM_FILE=file"]
    excludedOutput: ["HARNESS_OTHER"]
"#;
    let files = Files::new(&[("vars", "FROM_FILE=file\n")]);
    let suite = suite.replace('@', &files.0.path().display().to_string());
    fs::write(files.0.join("t.yaml"), &suite).unwrap();
    let report = files.report(&files.test("t.yaml"));
    assert!(report.contains("| `privileged` and `capabilities`: a container has the capabilities"), "{report}");
    assert!(report.ends_with("1 passed, 0 failed\n"), "{report}");
    fs::write(files.0.join("t.yaml"), suite.replace("vars", "none").replace("/host:ro", "/")).unwrap();
    let report = files.report(&files.test("t.yaml").exits(1));
    assert!(report.contains("the file of variables none cannot be used: it is not there"), "{report}");
}

#[test]
fn how_setup_and_teardown_end_is_reported() {
    let suite = r#"
schemaVersion: 2.0.0
commandTests:
  - name: goes on
    setup: [["sh", "-c", "echo oh >&2; exit 3"], ["touch", "/a"]]
    command: ls
    args: [/a]
    teardown: [["false"]]
"#;
    let files = Files::new(&[("t.yaml", suite)]);
    let report = files.report(&files.test("t.yaml").ok());
    for text in ["| a command of setup ended with code 3", "|   | oh", "| a command of teardown ended with code 1"] {
        assert!(report.contains(text), "no {text} in {report}");
    }
}

#[test]
fn licenses_are_looked_for() {
    let suite = r#"
schemaVersion: 2.0.0
licenseTests:
  - debian: false
    files: ["/etc/passwd"]
  - files: ["/none"]
  - debian: true
"#;
    let files = Files::new(&[("t.yaml", suite)]);
    let report = files.report(&files.test("t.yaml").exits(1));
    for text in ["\"/none\" cannot be read", "/usr/share/doc cannot be listed: No such file", "1 passed, 2 failed"] {
        assert!(report.contains(text), "no {text} in {report}");
    }
    let wcr = |args: &[&str]| Wcr::new(files.0.path()).args(args.iter().copied()).run().ok();
    let script = "cd /usr/share; mkdir -p doc/good doc/bad doc/libgnutls30; echo MIT > doc/good/copyright; \
                  echo 'GNU agpl 3' | tee doc/bad/copyright > doc/libgnutls30/copyright";
    wcr(&["run", "--name", "maker", "busybox", "sh", "-c", &format!("mkdir -p /usr/share; {script}")]);
    let tar = files.0.join("own.tar").display().to_string();
    wcr(&["export", "-o", &tar, "maker"]);
    wcr(&["import", &tar, "own"]);
    let report =
        files.report(&Wcr::new(files.0.path()).args(["test", "--image", "own"]).args([files.0.join("t.yaml")]).run());
    assert!(report.contains("\"/usr/share/doc/bad/copyright\" names a license that is refused: AGPL"), "{report}");
}
