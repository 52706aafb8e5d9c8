//! What docker's users expect of a command line: formats, filters, refusals by name, help, completion, colours.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use serde_json::Value;
use wcr_tests::lab::Lab;
use wcr_tests::skip;
use wcr_tests::terminal::Terminal;

#[test]
fn images_in_formats_of_ones_own() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let print = |args: &[&str]| lab.wcr(args.iter().copied()).run().ok().silent().stdout();
    let inspected: Value = serde_json::from_str(&print(&["inspect", &image])).unwrap();
    let id = inspected["Id"].as_str().unwrap();
    let repository = image.strip_suffix(":latest").unwrap();
    assert_eq!(print(&["images", "-q", "--no-trunc"]), format!("{id}\n"));
    assert_eq!(print(&["image", "ls", "-q"]).trim(), &id["sha256:".len()..][..12]);
    let table = print(&["images", "--format", r"table {{.Repository}}\t{{.ID}}"]);
    let width = repository.len() + 3;
    assert_eq!(table.lines().next().unwrap(), format!("{:width$}IMAGE ID", "REPOSITORY"));
    let line: Value = serde_json::from_str(&print(&["images", "--format", "json"])).unwrap();
    assert_eq!((&line["Repository"], &line["Tag"]), (&repository.into(), &"latest".into()));
    let named = |args: &[&str]| print(&[&["images", "--format", "{{.Tag}}"], args].concat()) == "latest\n";
    assert!(named(&[repository]) && named(&[&image]) && named(&["-f", "reference=127.*"]));
    assert!(named(&["--filter", "dangling=false"]) && !named(&["--filter", "dangling=true"]));
    assert!(!named(&["no/such"]) && !named(&["--filter", "label=x"]));
    assert_eq!(print(&["inspect", "-f", "{{.Architecture}} {{index .Config.Cmd 0}}", &image]), "amd64 sh\n");
    let steps = print(&["history", "--format", "{{.ID}}", "--no-trunc", &image]);
    assert_eq!(steps.lines().next(), Some(id));
    assert!(print(&["df", "--format", "{{.Type}}"]).starts_with("Images\nContainers\nLayers\n"));
    assert!(print(&["info", "--format", "{{.Images}}"]).starts_with("1\n"));
}

#[test]
fn formats_and_filters_that_are_none() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    for (args, code, says) in [
        (&["images", "--format", "{{.ID"][..], 64, "template parsing error: 1:1: unclosed action"),
        (&["images", "--format", "{{.Nope}}"], 1, "1:3: there is no field `Nope`; there are createdat,"),
        (&["inspect", "-f", "{{nope}}", &image], 64, "1:3: there is no function `nope`"),
        (&["images", "--filter", "nope=1"], 2, "invalid filter `nope`; there are before, dangling,"),
        (&["images", "--filter", "nope"], 2, "bad format of filter `nope`"),
        (&["images", "--filter", "dangling=maybe"], 2, "it is one of true, false"),
    ] {
        lab.wcr(args.iter().copied()).run().fails().exits(code).prints("").says(&[says]);
    }
}

#[test]
fn what_docker_has_and_wcr_has_not_is_refused_by_name() {
    let Some(lab) = Lab::open() else { return };
    for (args, code, says) in [
        (&["network", "ls"][..], 2, "network is not supported: containers have no network"),
        (&["build", "."], 2, "wcr builds no images"),
        (&["run", "--privileged", "busybox"], 125, "--privileged is not supported"),
        (&["run", "-p", "80:80", "busybox"], 125, "-p is not supported: containers have no network"),
        (&["container", "run", "--gpus=all", "busybox"], 125, "--gpus is not supported"),
        (&["run", "--network", "host", "busybox"], 125, "a container has no network, not the host's either"),
        (&["run", "--net=bridge", "busybox"], 125, "say none"),
        (&["imagse"], 2, "'images'"),
        (&["rnu"], 2, "a similar subcommand exists: 'run'"),
    ] {
        lab.wcr(args.iter().copied()).run().fails().exits(code).prints("").says(&[says]);
    }
    lab.wcr(["run", "--network", "none", "busybox", "true"]).run().ok();
}

#[test]
fn help_teaches() {
    let Some(lab) = Lab::open() else { return };
    let help = lab.wcr(["run", "--help"]).run().ok().silent().stdout();
    for text in ["\nFiles:\n", "\nLimits:\n", "\nExamples:\n", "wcr run --rm busybox echo hi"] {
        assert!(help.contains(text), "no {text} in: {help}");
    }
    assert!(!help.contains('\x1b'), "orders for a terminal in a pipe: {help}");
    lab.wcr(["help", "run"]).run().ok().prints(&help);
}

#[test]
fn version_and_doctor() {
    let Some((lab, _)) = Lab::with_busybox() else { return };
    let version = lab.wcr(["--version"]).run().ok().stdout();
    let version = version.trim().strip_prefix("wcr ").unwrap();
    lab.wcr(["version", "-f", "{{.Client.Version}}"]).run().ok().prints(&format!("{version}\n"));
    assert!(lab.wcr(["version"]).run().ok().stdout().contains(version));
    let found = lab.wcr(["doctor"]).run().ok().silent().stdout();
    for line in ["ok    container      printed hi after", "ok    sockets", "ok    settings"] {
        assert!(found.contains(line), "no `{line}` in: {found}");
    }
    let checks: Value = serde_json::from_str(&lab.wcr(["doctor", "--json"]).run().ok().stdout()).unwrap();
    let state = |checks: &Value, name: &str| {
        let check = checks.as_array().unwrap().iter().find(|check| check["name"] == name).cloned();
        check.unwrap_or_else(|| panic!("no {name} in: {checks}"))
    };
    assert_eq!(state(&checks, "store")["state"], "ok");

    let bad = lab.path("bad.toml");
    fs::write(&bad, "nonsense = 1\n").unwrap();
    let sick = lab.wcr(["doctor", "--json"]).env("WCR_CONFIG", &bad).env("http_proxy", "http://other:1").run().exits(1);
    let checks: Value = serde_json::from_slice(&sick.stdout).unwrap();
    assert_eq!(state(&checks, "settings")["state"], "fail");
    assert!(state(&checks, "settings")["found"].as_str().unwrap().contains("nonsense"), "{checks}");
    assert_eq!(state(&checks, "proxies")["state"], "warn");

    fs::write(lab.store().join("version"), "99").unwrap();
    let newer = lab.wcr(["doctor"]).run().exits(1).stdout();
    assert!(newer.contains("FAIL  store") && newer.contains("-> "), "{newer}");
}

/// What a shell prints that runs `script` with the completion for it in the file `$1`.
fn shell(lab: &Lab, program: &str, script: &str) -> String {
    let completion = lab.wcr(["completion", program]).run().ok().silent().stdout;
    let file = lab.path(&format!("completion.{program}"));
    fs::write(&file, completion).unwrap();
    let output = Command::new(program)
        .args(if program == "zsh" { &["-f", "-c"][..] } else { &["-c"] })
        .arg(script.replace("$1", file.to_str().unwrap()))
        .env("HOME", lab.path(""))
        .env("XDG_CONFIG_HOME", lab.path(""))
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes() {
    let Some(lab) = Lab::open() else { return };
    let complete = |words: &str, current: &str, before: &str, at: usize| {
        let script = format!(
            "source '$1'; COMP_WORDS=({words}); COMP_CWORD={at}; _wcr wcr '{current}' '{before}'; echo \"${{COMPREPLY[@]}}\""
        );
        shell(&lab, "bash", &script)
    };
    assert_eq!(complete("wcr hist", "hist", "wcr", 1).trim(), "history");
    assert_eq!(complete("wcr run --entr", "--entr", "run", 2).trim(), "--entrypoint");
    assert_eq!(complete("wcr run --pull ''", "", "--pull", 3).trim(), "always missing never");
}

#[test]
fn zsh_and_fish_complete() {
    if !skip::unless_installed(&["zsh", "fish"]) {
        return;
    }
    let Some(lab) = Lab::open() else { return };
    let found = shell(&lab, "fish", "source '$1'; complete -C 'wcr hist'");
    assert!(found.starts_with("history\t"), "{found}");
    let found =
        shell(&lab, "zsh", "zsh -n '$1' && autoload -U compinit && compinit -D && source '$1' && echo $_comps[wcr]");
    assert_eq!(found.trim(), "_wcr");
}

#[test]
fn manual_pages_are_written() {
    let Some(lab) = Lab::open() else { return };
    let folder = lab.path("man");
    lab.wcr(["man", folder.to_str().unwrap()]).run().ok().prints("").silent();
    let page = fs::read_to_string(folder.join("wcr-run.1")).unwrap();
    for text in [".TH wcr-run 1", ".SH EXAMPLES", "\\-\\-entrypoint"] {
        assert!(page.contains(text), "no {text} in: {page}");
    }
    lab.wcr(["man"]).run().ok().prints(&fs::read_to_string(folder.join("wcr.1")).unwrap());
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let Some(lab) = Lab::open() else { return };
    let screen = |variable: (&str, &str)| {
        let wcr = lab.wcr(["doctor"]).env("TERM", "xterm").env(variable.0, variable.1);
        let mut terminal = Terminal::start(wcr, 24, 80);
        let shown = terminal.shows("container");
        terminal.ends();
        shown
    };
    assert!(screen(("X", "")).contains("\x1b[32mok"));
    assert!(!screen(("NO_COLOR", "1")).contains('\x1b'));
    assert!(!screen(("CLICOLOR", "0")).contains('\x1b'));
    let piped = lab.wcr(["doctor"]).env("CLICOLOR_FORCE", "1").run().ok().stdout();
    assert!(piped.contains("\x1b[32mok"), "{piped}");
}

#[test]
fn what_takes_long_is_shown_at_a_terminal() {
    let Some(lab) = Lab::open() else { return };
    let fifo = lab.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut terminal = Terminal::start(lab.wcr(["import", fifo.to_str().unwrap(), "slow"]), 24, 80);
    let mut pipe = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    terminal.shows("importing ");
    pipe.write_all(&[0; 10_240]).unwrap();
    terminal.shows("10.2 kB, ");
    drop(pipe);
    terminal.shows("sha256:");
    assert!(terminal.ends().success());

    let quiet = lab.wcr(["import", "-", "quick"]).stdin([0; 10_240]).run().ok().silent();
    assert!(quiet.stdout().starts_with("sha256:"));
}
