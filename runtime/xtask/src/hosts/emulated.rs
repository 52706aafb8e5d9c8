//! The other hosts, and what runs their programs here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Context, Failure, Result, check};
use crate::host::{Emulator, Host};
use crate::test::tools::{self, Tool};
use crate::toolchain::ensure_target;
use crate::workspace::Workspace;

/// The C compiler for Windows.
const MINGW: &str = "x86_64-w64-mingw32-gcc";

/// Another host.
pub struct Emulated {
    /// What it is called on the command line.
    pub name: &'static str,
    triple: &'static str,
    tools: [Tool; 2],
    emulator: fn(&Workspace) -> Result<Emulator>,
}

/// The other hosts.
pub const EMULATED: [Emulated; 2] = [
    Emulated {
        name: "windows",
        triple: "x86_64-pc-windows-gnu",
        tools: [
            Tool { program: MINGW, package: "gcc-mingw-w64-x86-64", for_what: "programs for Windows" },
            Tool { program: "wine", package: "wine wine64", for_what: "programs for Windows" },
        ],
        emulator: wine,
    },
    Emulated {
        name: "aarch64",
        triple: "aarch64-unknown-linux-musl",
        tools: [
            Tool {
                program: "aarch64-linux-gnu-gcc",
                package: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
                for_what: "programs for 64-bit Arm",
            },
            Tool { program: QEMU, package: "qemu-user-static", for_what: "programs for 64-bit Arm" },
        ],
        emulator: |_| Ok(Emulator { program: QEMU, variables: Vec::new() }),
    },
];

const QEMU: &str = "qemu-aarch64-static";

impl Emulated {
    /// Installs what builds and runs this host's programs.
    ///
    /// # Errors
    /// Something cannot be had.
    pub fn provide(&self, workspace: &Workspace) -> Result<Host> {
        if !tools::install(&self.tools) {
            return Err(Failure::new(format!("programs for the host `{}` cannot be built and run here", self.name)));
        }
        ensure_target(self.triple)?;
        Ok(Host::emulated(self.triple, (self.emulator)(workspace)?))
    }
}

/// Wine, with a Windows of its own that no other use of wine changes.
fn wine(workspace: &Workspace) -> Result<Emulator> {
    let prefix = workspace.state_dir()?.join("wine");
    let emulator = Emulator {
        program: "wine",
        variables: vec![
            ("WINEPREFIX", prefix.clone().into()),
            // What wine does not have is of no use in what is compared.
            ("WINEDEBUG", "-all".into()),
            // Nor are the browser and the .NET runtime, which it offers to download.
            ("WINEDLLOVERRIDES", "mscoree,mshtml=".into()),
        ],
    };
    let windows = prefix.join("drive_c").join("windows").join("system32");
    if !windows.join("kernel32.dll").is_file() {
        let status = Command::new(emulator.program)
            .args(["wineboot", "--init"])
            .envs(emulator.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status()
            .context(|| "start wine".into())?;
        check(status, "wineboot --init")?;
    }
    provide_prng(workspace, &windows)?;
    Ok(emulator)
}

/// Gives wine the library that Rust's own takes randomness from: it has it since 8.14 only.
fn provide_prng(workspace: &Workspace, windows: &Path) -> Result<()> {
    let library = windows.join("bcryptprimitives.dll");
    if library.is_file() {
        return Ok(());
    }
    let source: PathBuf = workspace.root.join("runtime/xtask/src/hosts/prng.c");
    let status = Command::new(MINGW)
        .args(["-O2", "-s", "-shared", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ladvapi32")
        .status()
        .context(|| format!("start {MINGW}"))?;
    check(status, &format!("compiling {}", source.display()))
}
