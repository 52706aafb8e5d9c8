//! What programs are built for: the machine that builds them, or another host that it can emulate.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::failure::{Context, Failure, Result};
use crate::toolchain::ensure_target;

/// What programs are built for.
pub struct Host {
    /// The target triple.
    pub triple: String,
    /// What runs the programs here; none for this machine's own.
    emulator: Option<Emulator>,
}

/// A program that runs those of another host.
pub struct Emulator {
    /// Its name.
    pub program: &'static str,
    /// What it is told through the environment.
    pub variables: Vec<(&'static str, OsString)>,
}

impl Host {
    /// Asks the compiler for its host.
    ///
    /// On Linux the binary is static and at a fixed address, on musl: a process then starts in half the time that one
    /// on a shared glibc takes, and runs on every distribution. Where that target cannot be added, the host itself is
    /// built for.
    ///
    /// # Errors
    /// There is no working `rustc`.
    pub fn detect() -> Result<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(&rustc).arg("-vV").output().context(|| "run rustc -vV".into())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let triple = text
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or_else(|| Failure::new("rustc -vV names no host"))?
            .to_owned();
        let Some(musl) = musl_of(&triple) else { return Ok(Host { triple, emulator: None }) };
        match ensure_target(&musl) {
            Ok(()) => Ok(Host { triple: musl, emulator: None }),
            Err(failure) => {
                eprintln!("xtask: {failure}; building for {triple} instead, which starts slower");
                Ok(Host { triple, emulator: None })
            }
        }
    }

    /// Another host, whose programs an emulator runs.
    pub fn emulated(triple: &str, emulator: Emulator) -> Self {
        Host { triple: triple.to_owned(), emulator: Some(emulator) }
    }

    /// Whether programs for this host need an emulator here.
    pub fn is_emulated(&self) -> bool {
        self.emulator.is_some()
    }

    /// The name of the file of a program.
    pub fn file_name(&self, program: &str) -> String {
        let suffix = if self.triple.contains("windows") { ".exe" } else { "" };
        format!("{program}{suffix}")
    }

    /// A command that runs a program of this host.
    pub fn command(&self, program: &Path) -> Command {
        let Some(emulator) = &self.emulator else { return Command::new(program) };
        let mut command = Command::new(emulator.program);
        command.arg(program).envs(emulator.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Sets how cargo builds for this target.
    pub fn configure(&self, command: &mut Command) {
        if !self.triple.ends_with("-musl") {
            return;
        }
        let upper = self.triple.to_uppercase().replace('-', "_");
        let lower = self.triple.replace('-', "_");
        command
            .env(format!("CARGO_TARGET_{upper}_RUSTFLAGS"), "-Ctarget-feature=+crt-static -Crelocation-model=static");
        // The linker that comes with Rust: it needs no C compiler for this, and puts functions in a given order.
        command.env(format!("CARGO_TARGET_{upper}_LINKER"), "rust-lld");
        // A C compiler for glibc does for the little C there is, as long as it leaves out glibc's checked functions.
        let compiler = c_compiler(&self.triple, std::env::consts::ARCH);
        for (name, value) in
            [(format!("CC_{lower}"), compiler), (format!("CFLAGS_{lower}"), "-U_FORTIFY_SOURCE".into())]
        {
            if std::env::var_os(&name).is_none() {
                command.env(name, value);
            }
        }
    }
}

/// The musl target of a Linux host.
fn musl_of(triple: &str) -> Option<String> {
    let arch = triple.strip_suffix("-unknown-linux-gnu").or_else(|| triple.strip_suffix("-unknown-linux-musl"))?;
    matches!(arch, "x86_64" | "aarch64").then(|| format!("{arch}-unknown-linux-musl"))
}

/// The C compiler that a machine of the kind `here` has for a Linux target: its own, or that of Debian's package for the
/// other kind of CPU.
fn c_compiler(triple: &str, here: &str) -> String {
    let arch = triple.split('-').next().unwrap_or_default();
    if arch == here { "cc".into() } else { format!("{arch}-linux-gnu-gcc") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_hosts_programs_run_in_their_emulator() {
        let emulator = Emulator { program: "wine", variables: vec![("WINEPREFIX", "/prefix".into())] };
        let host = Host::emulated("x86_64-pc-windows-gnu", emulator);
        assert_eq!(host.file_name("wcr"), "wcr.exe");
        let command = host.command(Path::new("/target/wcr.exe"));
        assert_eq!(command.get_program(), "wine");
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["/target/wcr.exe"]);
        assert!(command.get_envs().any(|set| set == ("WINEPREFIX".as_ref(), Some("/prefix".as_ref()))));
        let host = Host { triple: "x86_64-unknown-linux-musl".into(), emulator: None };
        assert_eq!(host.file_name("wcr"), "wcr");
        assert_eq!(host.command(Path::new("/target/wcr")).get_program(), "/target/wcr");
    }

    #[test]
    fn c_is_compiled_for_the_target() {
        assert_eq!(c_compiler("x86_64-unknown-linux-musl", "x86_64"), "cc");
        assert_eq!(c_compiler("aarch64-unknown-linux-musl", "x86_64"), "aarch64-linux-gnu-gcc");
        assert_eq!(musl_of("aarch64-unknown-linux-gnu").as_deref(), Some("aarch64-unknown-linux-musl"));
        assert_eq!(musl_of("aarch64-apple-darwin"), None);
    }
}
