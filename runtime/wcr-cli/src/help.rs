//! Help that teaches: examples for each command, options of `run` under headings.
//!
//! They are added to the definitions only where a help or an error is shown, so that no start pays for them.

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, CommandFactory as _};

use crate::args::Cli;
use crate::container;

/// What an example is for, and its command line.
pub(crate) type Example = (&'static str, &'static str);

/// The examples of each command.
const EXAMPLES: [(&str, &[Example]); 27] = [
    (
        "run",
        &[
            ("One command in a fresh container", "wcr run --rm busybox echo hi"),
            ("A shell at this terminal; ctrl-p, ctrl-q leave it", "wcr run --rm -it busybox sh"),
            ("A folder of the host, read and written", "wcr run --rm -v \"$PWD:/work\" -w /work busybox ls -l"),
            ("Data through a pipe", "echo 'a b' | wcr run --rm -i busybox wc -w"),
            (
                "Limits for what nobody trusts",
                "wcr run --rm --memory 64m --pids-limit 20 --timeout 5 busybox sh -c 'while :; do :; done'",
            ),
            (
                "On its own, with a check of its health and somebody who looks after orphans",
                "wcr run -d --init --health-cmd 'test -e /ready' --health-interval 5s busybox sh -c 'touch /ready; sleep 60'",
            ),
            ("The same bytes every time", "wcr run --rm --deterministic --trace-digest busybox date"),
            (
                "An hour's wait that takes no time",
                "wcr run --rm --clock fixed=2030-01-01 busybox sh -c 'sleep 3600; date'",
            ),
            ("A program that is a script", "wcr run --rm --shim git=git.rhai busybox git --version"),
            ("What the programs ask of the kernel", "wcr run --rm --trace=calls.txt busybox cat /etc/hostname"),
        ],
    ),
    (
        "pull",
        &[
            ("By name, from Docker Hub", "wcr pull busybox:1.35"),
            ("From another registry, for another platform", "wcr pull --platform linux/arm64 quay.io/podman/hello"),
            ("In a script: only the digest is printed", "wcr pull -q busybox"),
        ],
    ),
    (
        "push",
        &[
            ("Under its own name", "wcr push registry.example.com/team/app:1.0"),
            ("Under another one", "wcr push busybox registry.example.com/team/busybox:1.35"),
        ],
    ),
    (
        "login",
        &[
            ("At a registry, asked for the password", "wcr login -u me registry.example.com"),
            ("In a script", "wcr login -u me --password-stdin registry.example.com < password.txt"),
        ],
    ),
    ("logout", &[("From a registry", "wcr logout registry.example.com")]),
    (
        "list",
        &[
            ("All images", "wcr images"),
            (
                "Some, with columns of your own",
                r"wcr images --filter reference='busy*' --format 'table {{.Repository}}\t{{.ID}}\t{{.Size}}'",
            ),
            ("For a program", "wcr images --json"),
            ("The identities of all, to remove them", "wcr images -q"),
        ],
    ),
    (
        "inspect",
        &[
            ("Everything", "wcr inspect busybox"),
            ("One value", "wcr inspect --format '{{.Architecture}}' busybox"),
            ("A list, joined", "wcr inspect -f '{{join .Config.Env \"; \"}}' busybox"),
        ],
    ),
    (
        "manifest",
        &[
            ("Of an image in the store or at its registry", "wcr manifest busybox"),
            ("Byte for byte, to check its digest", "wcr manifest --raw busybox | sha256sum"),
        ],
    ),
    (
        "history",
        &[
            ("The steps, the newest first", "wcr history busybox"),
            ("Whole commands", "wcr history --no-trunc --format '{{.CreatedBy}}' busybox"),
        ],
    ),
    ("info", &[("All that is in force", "wcr info"), ("Where the store is", "wcr info --format '{{.Store}}'")]),
    (
        "playground",
        &[
            ("At a free port; the address is printed", "wcr playground"),
            ("Always at the same one", "wcr playground --port 8480"),
        ],
    ),
    ("tag", &[("Another name for an image", "wcr tag busybox registry.example.com/team/busybox:1.35")]),
    (
        "rmi",
        &[
            ("One image", "wcr rmi busybox"),
            ("By the first digits of its identity, with all its names", "wcr rmi --force 0123456789ab"),
        ],
    ),
    (
        "save",
        &[
            ("Into a file that docker loads, too", "wcr save -o busybox.tar busybox"),
            ("Compressed on the way", "wcr save busybox | gzip > busybox.tar.gz"),
            ("As an OCI image layout in a folder", "wcr save --format oci-dir -o layout busybox"),
        ],
    ),
    (
        "load",
        &[
            ("From a file, compressed or not", "wcr load -i busybox.tar.gz"),
            ("From another tool", "docker save busybox | wcr load"),
        ],
    ),
    (
        "import",
        &[
            ("A root file system as an image", "wcr import --change 'CMD [\"sh\"]' rootfs.tar.gz mine:latest"),
            ("From a pipe", "tar -C rootfs -c . | wcr import - mine"),
        ],
    ),
    (
        "export",
        &[
            ("The files of an image", "wcr export -o busybox-files.tar busybox"),
            ("One of them", "wcr export busybox | tar -xO bin/busybox"),
        ],
    ),
    (
        "prune",
        &[
            ("What would be removed", "wcr prune --all --dry-run"),
            ("All that nothing uses, unasked", "wcr prune --all --force"),
        ],
    ),
    ("df", &[("A table", "wcr df"), ("For a program", "wcr df --json")]),
    ("fsck", &[("Check", "wcr fsck"), ("Repair, from what is sound and from registries", "wcr fsck --repair")]),
    (
        "shims",
        &[
            ("All applets and programs, with their scores", "wcr shims"),
            ("What each program of an image leads to", "wcr shims busybox"),
        ],
    ),
    (
        "test",
        &[
            ("All scripts of a folder", "wcr test tests/"),
            (
                "Some cases, with a report for continuous integration",
                "wcr test --filter sort --junit report.xml tests/",
            ),
            ("In a hundred orders of processes", "wcr test --schedule seeds=0..99 tests/"),
            ("Tests of container-structure-test", "wcr test --image busybox structure.yaml"),
        ],
    ),
    (
        "replay",
        &[
            (
                "Record a run, and let it happen again",
                "wcr run --rm --record run.wcr busybox date && wcr replay run.wcr",
            ),
            ("See that it is the same each time", "wcr replay --verify run.wcr"),
            ("See where two runs part", "wcr replay one.wcr other.wcr"),
        ],
    ),
    ("version", &[("In words", "wcr version"), ("In a script", "wcr version --format '{{.Client.Version}}'")]),
    ("doctor", &[("Look at everything", "wcr doctor"), ("For a program", "wcr doctor --json")]),
    (
        "completion",
        &[
            (
                "For bash, from the next shell on",
                "wcr completion bash > ~/.local/share/bash-completion/completions/wcr",
            ),
            ("For zsh, in a folder of $fpath", "wcr completion zsh > ~/.zfunc/_wcr"),
            ("For fish", "wcr completion fish > ~/.config/fish/completions/wcr.fish"),
            ("For PowerShell, in this session", "wcr completion powershell | Out-String | Invoke-Expression"),
        ],
    ),
    (
        "man",
        &[
            ("Read the first page", "wcr man | man -l -"),
            ("Install all pages for this user", "wcr man ~/.local/share/man/man1"),
        ],
    ),
];

/// The options of `run` that stand under headings of their own, by their long names.
const HEADINGS: [(&str, &[&str]); 8] = [
    (
        "Streams and terminal",
        &["detach", "detach-keys", "interactive", "log-driver", "log-opt", "quiet", "tty", "verbose"],
    ),
    (
        "Process",
        &[
            "entrypoint",
            "env",
            "env-file",
            "init",
            "restart",
            "rm",
            "shim",
            "stop-signal",
            "stop-timeout",
            "user",
            "workdir",
        ],
    ),
    (
        "Health",
        &[
            "health-cmd",
            "health-interval",
            "health-retries",
            "health-start-interval",
            "health-start-period",
            "health-timeout",
            "no-healthcheck",
        ],
    ),
    ("Files", &["mount", "read-only", "storage-opt", "tmpfs", "volume"]),
    ("Limits", &["memory", "output-limit", "pids-limit", "timeout", "ulimit"]),
    (
        "Image and names",
        &["cidfile", "from", "hostname", "label", "label-file", "name", "platform", "pull", "add-host", "network"],
    ),
    ("Time and randomness", &["clock", "deterministic", "schedule", "seed"]),
    ("Looking inside", &["explain", "record", "record-image", "trace", "trace-digest"]),
];

/// The examples of all commands' own help.
const FIRST: &[Example] = &[
    ("Run a command in a container", "wcr run --rm busybox echo hi"),
    ("See what a command does", "wcr run --help"),
    ("See whether all is well", "wcr doctor"),
];

/// The examples of a command; of none, those of wcr.
pub(crate) fn examples(command: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().chain(&container::EXAMPLES).find(|(name, _)| *name == command);
    found.map_or(if command == "wcr" { FIRST } else { &[] }, |(_, examples)| examples)
}

/// The definitions of the command line with all that a help has.
pub(crate) fn taught() -> Command {
    let cli = Cli::command().mut_subcommands(|command| {
        let examples = examples(command.get_name());
        let command = match command.get_name() {
            "run" | "create" => command.mut_args(under_heading),
            _ => command,
        };
        if examples.is_empty() { command } else { command.after_help(told(examples)) }
    });
    let after = cli.get_after_help().map(ToString::to_string).unwrap_or_default();
    cli.after_help(format!("{}\n\n{after}", told(FIRST)))
}

/// The error with a command of the same letters as a tip, where there is no other: `run` for `rnu`.
pub(crate) fn with_tip(mut error: clap::Error) -> clap::Error {
    let typed = match (error.get(ContextKind::InvalidSubcommand), error.get(ContextKind::SuggestedSubcommand)) {
        (Some(ContextValue::String(typed)), None) => typed.clone(),
        _ => return error,
    };
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    let cli = Cli::command();
    let names = cli.get_subcommands().map(Command::get_name).filter(|name| letters(name) == letters(&typed));
    let names: Vec<String> = names.map(str::to_owned).collect();
    if !names.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(names));
    }
    error
}

/// The option under its heading, if it has one.
fn under_heading(arg: Arg) -> Arg {
    let long = arg.get_long().unwrap_or_default();
    match HEADINGS.iter().find(|(_, names)| names.contains(&long)) {
        Some((heading, _)) => arg.help_heading(*heading),
        None => arg,
    }
}

fn told(examples: &[Example]) -> String {
    let lines: Vec<String> = examples.iter().map(|(what, line)| format!("  {what}:\n    {line}")).collect();
    format!("Examples:\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spelling;

    /// The words of each command line of wcr among commands that are joined by pipes and redirections; quotes as a shell
    /// has them.
    fn calls(line: &str) -> Vec<Vec<String>> {
        let (mut calls, mut words) = (Vec::new(), Vec::new());
        let (mut word, mut quote, mut cut): (Option<String>, Option<char>, bool) = (None, None, false);
        for c in line.chars().chain(['|']) {
            match quote {
                Some(end) if c == end => quote = None,
                Some(_) => word.get_or_insert_default().push(c),
                None if c == '\'' || c == '"' => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                None if " |<>".contains(c) => {
                    words.extend(word.take().filter(|_| !cut));
                    cut |= "<>".contains(c);
                    if c == '|' {
                        calls.push(std::mem::take(&mut words));
                        cut = false;
                    }
                }
                None => word.get_or_insert_default().push(c),
            }
        }
        calls.retain(|words: &Vec<String>| words.first().is_some_and(|first| first == "wcr"));
        calls
    }

    #[test]
    fn example_lines_are_taken_apart() {
        let found = calls("echo 'a | b' | wcr x -f '{{.A}} b' \"\" > out y | wc");
        assert_eq!(found, [["wcr", "x", "-f", "{{.A}} b", ""]]);
    }

    #[test]
    fn every_command_has_examples_that_work() {
        let cli = taught();
        cli.clone().debug_assert();
        for command in cli.get_subcommands() {
            let name = command.get_name();
            assert!(!examples(name).is_empty(), "no example for {name}");
            for (what, line) in examples(name) {
                let calls = calls(&line.replace("$PWD", "/here"));
                assert!(!calls.is_empty(), "{name}: {what}: {line}");
                for words in calls {
                    let line: Vec<_> = words.iter().map(std::ffi::OsString::from).collect();
                    let read = Cli::read(spelling::plain(line)).unwrap_or_else(|error| panic!("{words:?}: {error}"));
                    let format = words.iter().skip_while(|word| !["--format", "-f"].contains(&word.as_str())).nth(1);
                    if let Some(format) = format.filter(|format| format.contains("{{")) {
                        crate::format::Format::parse(format).unwrap_or_else(|error| panic!("{words:?}: {error}"));
                    }
                    drop(read);
                }
            }
        }
        assert!(EXAMPLES.iter().chain(&container::EXAMPLES).all(|(name, _)| cli.find_subcommand(name).is_some()));
    }

    #[test]
    fn help_has_examples_and_headings() {
        let help = |line: &[&str]| {
            let line = line.iter().map(std::ffi::OsString::from).collect();
            Cli::read(spelling::plain(line)).unwrap_err().to_string()
        };
        let run = help(&["wcr", "run", "--help"]);
        for text in
            ["Usage: wcr run [OPTIONS] IMAGE", "Files:\n", "Limits:\n", "Examples:\n", "wcr run --rm busybox echo hi"]
        {
            assert!(run.contains(text), "no {text} in {run}");
        }
        assert_eq!(help(&["wcr", "help", "run"]), run);
        assert!(help(&["wcr", "--help"]).contains("wcr doctor"));
        assert!(help(&["wcr", "rnu"]).contains("'run'"), "{}", help(&["wcr", "rnu"]));
        assert!(help(&["wcr", "run", "--memry", "1m", "x"]).contains("--memory"));
    }
}
