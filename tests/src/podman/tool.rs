//! The two tools that sessions are played with, each under the name `docker`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Answer, Scenario};
use crate::busybox;
use crate::scratch::Scratch;
use crate::wcr;

/// The longest that a command line may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What makes the image that each session begins with.
const IMPORT: &str = "docker import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
                      -c 'CMD [\"sh\"]' ../image.tar bb:1 2>&1";

/// Waits until a container is in a state: `reaches NAME STATE`.
const REACHES: &str = "\
#!/bin/sh
tries=0
until [ \"$(docker inspect -f '{{.State.Status}}' \"$1\" 2>/dev/null)\" = \"$2\" ]; do
    tries=$((tries + 1))
    [ $tries -lt 400 ] || exit 1
    sleep 0.05
done
";

/// A program that understands docker's command lines.
pub trait Tool {
    /// The script that stands for `docker` in a session whose files are in a folder.
    fn script(&self, folder: &Path) -> String;

    /// A command that runs a line for the shell in a folder.
    fn command(&self, line: &str, folder: &Path) -> Command;

    /// Plays a scenario in a folder of its own, and gives the answers.
    ///
    /// # Panics
    /// The folder cannot be filled, the image not be made, or the containers not be removed.
    fn play(&self, scenario: &Scenario) -> Vec<Answer> {
        let scratch = Scratch::new("session");
        let (bin, work) = (scratch.join("bin"), scratch.join("work"));
        for folder in [&bin, &work] {
            std::fs::create_dir(folder).expect("make a folder");
        }
        std::fs::write(scratch.join("image.tar"), busybox::layer_tar()).expect("write the image");
        for (name, script) in [("docker", self.script(scratch.path())), ("reaches", REACHES.to_owned())] {
            std::fs::write(bin.join(name), script).expect("write a script");
            let all_may_run = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(bin.join(name), all_may_run).expect("make a script a program");
        }
        let run = |line: &str| {
            let mut command = self.command(line, &work);
            let path = std::env::var("PATH").unwrap_or_default();
            command.env_clear().env("PATH", format!("{}:{path}", bin.display()));
            command.env("HOME", scratch.path()).env("LC_ALL", "C.UTF-8");
            let Some(ended) = wcr::Wcr::of(command).run_within(LIMIT) else { return Answer::none() };
            let code = ended.shell_code().unwrap_or_default();
            Answer::new(code, &ended.stdout, !ended.stderr.is_empty(), &work)
        };
        let made = run(IMPORT);
        assert_eq!(made.code, 0, "make the image: {made}");
        let answers = scenario.steps.iter().map(|step| run(&step.line)).collect();
        let removed = run("docker ps -aq | while read id; do docker rm -f $id; done 2>&1");
        assert_eq!(removed.code, 0, "{}: remove the containers: {removed}", scenario.title);
        answers
    }
}

/// The binary under test.
pub struct Wcr;

impl Tool for Wcr {
    fn script(&self, folder: &Path) -> String {
        let (store, proxy) = (folder.join("store"), wcr::NO_NETWORK);
        format!(
            "#!/bin/sh\n{}='{}' HTTP_PROXY={proxy} HTTPS_PROXY={proxy} exec '{}' \"$@\"\n",
            wcr::STORE_VARIABLE,
            store.display(),
            wcr::binary().display()
        )
    }

    fn command(&self, line: &str, folder: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(folder);
        command
    }
}

/// Debian's podman, in a mount namespace of its own.
pub struct Podman {
    /// The process that keeps the namespace; it ends with its standard input.
    namespace: Child,
}

/// What podman needs in order to run within another container: limits that may not be raised, and no network.
const SETTINGS: &str = "\
[containers]
default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]
netns = \"none\"
log_driver = \"k8s-file\"
[engine]
cgroup_manager = \"cgroupfs\"
events_logger = \"file\"
";

/// Prepares the namespace. Crun refuses control groups of both versions side by side, so the second has to go there.
const PREPARE: &str = "
if grep -q ' cgroup ' /proc/mounts; then
    awk '$3 == \"cgroup2\" { print $2 }' /proc/mounts | while read point; do umount \"$point\"; done
fi
echo ready
exec cat
";

impl Podman {
    /// Opens the namespace.
    ///
    /// # Errors
    /// Podman is not installed, or may make no namespace.
    pub fn open() -> Result<Self, String> {
        let namespace = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c", PREPARE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut namespace = namespace.map_err(|error| format!("unshare: {error}"))?;
        let mut line = String::new();
        if let Some(stdout) = namespace.stdout.as_mut() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| format!("unshare: {error}"))?;
        }
        let podman = Podman { namespace };
        if line != "ready\n" {
            return Err("there can be no mount namespace here".into());
        }
        podman.version().map(|_| podman)
    }

    /// Which version it is.
    ///
    /// # Errors
    /// It is not installed.
    pub fn version(&self) -> Result<String, String> {
        let mut text = String::new();
        let child = Command::new("podman").arg("--version").stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("podman: {error}"))?;
        if let Some(stdout) = child.stdout.as_mut() {
            stdout.read_to_string(&mut text).map_err(|error| format!("podman: {error}"))?;
        }
        _ = child.wait();
        Ok(text.trim().to_owned())
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        drop(self.namespace.stdin.take());
        _ = self.namespace.wait();
    }
}

impl Tool for Podman {
    fn script(&self, folder: &Path) -> String {
        let settings = folder.join("containers.conf");
        std::fs::write(&settings, SETTINGS).expect("write podman's settings");
        let place = |name: &str| -> PathBuf { folder.join(name) };
        format!(
            "#!/bin/sh\nCONTAINERS_CONF={} exec podman --log-level error --root {} --runroot {} --tmpdir {} \"$@\"\n",
            settings.display(),
            place("root").display(),
            place("runroot").display(),
            place("tmp").display()
        )
    }

    fn command(&self, line: &str, folder: &Path) -> Command {
        let mut command = Command::new("nsenter");
        let namespace = format!("--mount=/proc/{}/ns/mnt", self.namespace.id());
        command.args([&namespace, "sh", "-c", "cd \"$0\" && eval \"$1\""]).arg(folder).arg(line);
        command
    }
}
