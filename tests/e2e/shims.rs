//! Scripted shims: programs of a container that are scripts in Rhai.

use std::fs;

use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::{Finished, Wcr};

/// A folder with scripts and an empty store.
struct Lab(Scratch);

impl Lab {
    fn new(files: &[(&str, &str)]) -> Self {
        let scratch = Scratch::new("shims");
        for (name, text) in files {
            let path = scratch.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(scratch)
    }

    fn run(&self, options: &[&str], command: &[&str]) -> Finished {
        let shim = |option: &&str| option.replace('@', &format!("{}/", self.0.path().display()));
        let options: Vec<String> = options.iter().map(shim).collect();
        let args = ["run", "--rm"].map(str::to_owned).into_iter().chain(options);
        Wcr::new(self.0.path()).args(args).args(["busybox"]).args(command).run()
    }
}

#[test]
fn a_given_shim_runs_whatever_there_is() {
    let lab = Lab::new(&[("x.rhai", "print(`shim ${name()} ${args()}`);")]);
    for (options, command, expected) in [
        // A name that is nowhere, an applet, an applet by its path, one that the shell has itself.
        (&["--shim", "nosuch=@x.rhai"][..], "nosuch a 'b c'", "shim nosuch [\"a\", \"b c\"]\n"),
        (&["--shim", "wget=@x.rhai"], "wget; /bin/wget", "shim wget []\nshim wget []\n"),
        (
            &["--shim", "uname=@x.rhai"],
            "command uname; /bin/uname; env uname",
            "shim uname []\nshim uname []\nshim uname []\n",
        ),
        (&["--shim", "a=@x.rhai", "--shim", "b=@x.rhai"], "a | cat; b", "shim a []\nshim b []\n"),
        (&["--shim", "a=@x.rhai", "--read-only"], "a", "shim a []\n"),
        (&["--shim", "a=@x.rhai", "--user", "nobody"], "a; which a", "shim a []\n/usr/local/bin/a\n"),
        (&["--shim", "a=@x.rhai", "-e", "PATH=/opt/bin:/bin"], "a; which a", "shim a []\n/opt/bin/a\n"),
    ] {
        assert_eq!(lab.run(options, &["sh", "-c", command]).ok().stdout(), expected, "{options:?} {command}");
    }
    lab.run(&["--shim", "a=@none.rhai"], &["a"]).fails().exits(125).says(&["none.rhai", "No such file"]);
    lab.run(&["--shim", "nosuch"], &["a"]).fails().exits(125).says(&["curl", "systemctl"]);
}

#[test]
fn a_script_has_streams_files_environment_and_an_exit_code() {
    let script = r#"
        let all = stdin();
        write(all.to_upper());
        error(`${env("WHO")} in ${cwd()} as ${user_id()}`);
        make_dir("/tmp/a/b");
        write_file("/tmp/a/b/c", blob(2, 65));
        append_file("/tmp/a/b/c", "\n");
        if list("/tmp/a") != ["b"] || !is_dir("/tmp/a/b") || exists("/none") { exit(9); }
        let r = run(["sh", "-c", "cat /tmp/a/b/c; exit 4"]);
        print(`${r.stdout}${r.code}`);
        remove("/tmp/a/b/c");
        let said = "";
        try { read_file("/tmp/a/b/c"); } catch (problem) { said = problem; }
        print(said);
        if env("NONE") != () || env().WHO != "me" { exit(8); }
        let before = now();
        sleep(60);
        if now() - before != 60 { exit(7); }
        exec(["sh", "-c", "echo last; exit 3"]);
    "#;
    let lab = Lab::new(&[("t.rhai", script)]);
    let args = ["run", "--rm", "-i", "--deterministic", "-e", "WHO=me", "-w", "/srv", "--user", "5:5", "--shim"];
    let shim = format!("t={}", lab.0.join("t.rhai").display());
    let finished = Wcr::new(lab.0.path()).args(args).args([&shim, "busybox", "t"]).stdin("abc\n").run().exits(3);
    assert_eq!(finished.stdout(), "ABC\nAA\n4\n\"/tmp/a/b/c\" cannot be read: No such file or directory\nlast\n");
    assert!(finished.stderr().ends_with("me in /srv as 5\n"), "{}", finished.stderr());
}

#[test]
fn errors_have_a_place_and_limits_hold() {
    for (script, expected) in [
        ("let x = 1;\n  y", ":2:3: there is no variable `y`"),
        ("fn f() {\n  g()\n}\nf()", ":2:3: there is no function or method `g ()`"),
        ("let = 5", ":1:5: the script cannot be read"),
        ("throw \"no\"", ":1:1: no"),
        ("let s = \"x\"; loop { s += s; }", "16777216 bytes"),
        ("let a = [0]; loop { a += a; }", "131072 items"),
        ("fn f(n) { f(n + 1) } f(0)", "more than 64 deep"),
        ("import \"/etc/passwd\"", "cannot be read"),
        ("eval(\"1\")", "cannot be read"),
        ("loop { }", "more than 20000000 operations"),
    ] {
        let lab = Lab::new(&[("t.rhai", script)]);
        let finished =
            lab.run(&["--deterministic", "--timeout", "50", "--shim", "t=@t.rhai"], &["t"]).fails().exits(125);
        let last = finished.stderr().lines().last().unwrap_or_default().to_owned();
        assert!(last.starts_with("t: /usr/share/wcr/shims/t.rhai") && last.contains(expected), "{script}: {last}");
    }
}

#[test]
fn a_script_that_computes_can_be_stopped() {
    let lab = Lab::new(&[("t.rhai", "let a = []; a.pad(100000, 0); loop { let b = a; b.push(1); }")]);
    let command = ["sh", "-c", "timeout 1 t; echo $?"];
    assert_eq!(lab.run(&["--shim", "t=@t.rhai"], &command).ok().stdout(), "143\n");
}

#[test]
fn an_images_shims_are_its_programs() {
    let lab = Lab::new(&[]);
    let make = "mkdir -p /usr/share/wcr/shims; echo 'print(\"mine\")' > /usr/share/wcr/shims/tool.rhai; \
                echo 'print(\"mine\")' > /usr/share/wcr/shims/ls.rhai";
    let wcr = |args: &[&str]| Wcr::new(lab.0.path()).args(args.iter().copied()).run().ok().stdout();
    wcr(&["run", "--name", "maker", "busybox", "sh", "-c", make]);
    let tar = lab.0.join("tools.tar").display().to_string();
    wcr(&["export", "-o", &tar, "maker"]);
    wcr(&["import", &tar, "tools"]);
    assert_eq!(wcr(&["run", "--rm", "tools", "tool"]), "mine\n");
    // What wcr knows comes first.
    assert_eq!(wcr(&["run", "--rm", "tools", "ls", "/usr/share/wcr"]), "shims\n");
}

#[test]
fn the_bundled_ones_answer_and_pretend_nothing() {
    let lab = Lab::new(&[("f/example.com/a/data", "hello\n"), ("f/example.com/index.html", "home\n")]);
    let options = [
        "--shim",
        "curl",
        "--shim",
        "wget",
        "--shim",
        "git",
        "--shim",
        "sudo",
        "--shim",
        "systemctl",
        "--shim",
        "apt-get",
        "--shim",
        "apt",
        "--shim",
        "apk",
        "-e",
        "WCR_FIXTURES=/f",
        "-v",
        "@f:/f:ro",
    ];
    for (command, code, expected) in [
        ("curl -fsSL https://example.com/a/data", 0, "hello\n"),
        ("curl -s http://example.com", 0, "home\n"),
        ("curl -so /tmp/x example.com/a/data; cat /tmp/x", 0, "hello\n"),
        ("cd /tmp; curl -sO example.com/a/data; cat data", 0, "hello\n"),
        ("curl -s -w '%{http_code}\\n' -o /dev/null example.com/none", 0, "404\n"),
        ("curl -fsS example.com/none 2>&1", 22, "curl: (22) The requested URL returned error: 404\n"),
        ("curl -sS nowhere.org 2>&1 | head -n1", 0, "curl: (6) Could not resolve host: nowhere.org\n"),
        ("curl -s nowhere.org", 6, ""),
        ("curl -s example.com/../../etc/passwd", 6, ""),
        ("curl --nosuch x 2>&1 | head -n1", 0, "curl: option --nosuch: is not known to wcr's shim for curl\n"),
        ("curl", 2, ""),
        ("wget -qO- http://example.com/a/data", 0, "hello\n"),
        ("cd /tmp; wget -q example.com/a/data && cat data", 0, "hello\n"),
        ("wget -q -O - example.com/none", 8, ""),
        ("wget -q nowhere.org", 4, ""),
        ("git --version", 0, "git version 2.39.5\n"),
        ("git clone x", 1, ""),
        ("sudo id -un", 0, "root\n"),
        ("sudo -E A=b sh -c 'echo $A'", 0, "b\n"),
        ("sudo -u nobody id", 1, ""),
        ("systemctl is-active x", 3, "inactive\n"),
        ("systemctl start x", 1, ""),
        ("apt-get install -y x", 100, ""),
        ("apt-get update 2>&1 | head -n1 | cut -c1-50", 0, "E: apt-get update: containers have no network, and\n"),
        ("apk add x", 1, ""),
    ] {
        let finished = lab.run(&options, &["sh", "-c", command]).exits(code);
        assert_eq!(finished.stdout(), expected, "{command}");
    }
}

#[test]
fn scripts_of_tests_have_shims_of_their_own() {
    let lab = Lab::new(&[
        ("given.rhai", "print(\"given\")"),
        (
            "t.rhai",
            r#"
            let shims = #{ git: "print(`git ${args()}`); exit(4);" };
            let r = run("busybox", ["git", "push"], #{ shims: shims });
            expect(r.stdout).equals("git [\"push\"]\n");
            expect(r.code).equals(4);
            expect(r.trace).equals(run("busybox", ["git", "push"], #{ shims: shims }).trace);
            expect(run("busybox", ["tool"]).stdout).equals("given\n");
            let c = container("busybox", #{ shims: #{ add: "print(40 + 2)" } });
            expect(c.run(["add"]).stdout + c.run(["add"]).stdout).equals("42\n42\n");
            "#,
        ),
    ]);
    let shim = format!("tool={}", lab.0.join("given.rhai").display());
    Wcr::new(lab.0.path()).args(["test", "--shim", &shim]).args([lab.0.join("t.rhai")]).run().ok();
}
