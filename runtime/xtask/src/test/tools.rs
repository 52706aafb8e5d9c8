//! The programs the tests drive, installed from the distribution where that is possible.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program that is used beside the compiler.
pub struct Tool {
    /// The program's name.
    pub program: &'static str,
    /// Debian's package that has it, and others it needs.
    pub package: &'static str,
    /// What cannot be done without it.
    pub for_what: &'static str,
}

/// The browser that the page is tested in.
pub const CHROMIUM: &str = "chromium";

const TOOLS: [Tool; 11] = [
    Tool { program: "docker-registry", package: "docker-registry", for_what: "tests that pull from a registry" },
    Tool { program: "skopeo", package: "skopeo", for_what: "tests that push test images to a registry" },
    Tool { program: "busybox", package: "busybox-static", for_what: "tests with a real BusyBox image" },
    Tool { program: "openssl", package: "openssl", for_what: "tests of registries whose certificate nobody knows" },
    Tool { program: "umoci", package: "umoci", for_what: "tests that compare a merged image with umoci's" },
    Tool { program: "zstd", package: "zstd", for_what: "tests with layers and archives compressed with zstd" },
    Tool { program: "strace", package: "strace", for_what: "tests that kill wcr at a system call" },
    Tool {
        program: "x86_64-w64-mingw32-gcc",
        package: "gcc-mingw-w64-x86-64",
        for_what: "the check that everything compiles for Windows",
    },
    Tool { program: "node", package: "nodejs", for_what: "the page for browsers and its tests" },
    Tool { program: "npm", package: "npm", for_what: "the page for browsers and its tests" },
    Tool { program: CHROMIUM, package: "chromium", for_what: "tests of the page, and parity of browser and binary" },
];

/// Installs what the tests use and is missing, and says what will be left out where it can't.
///
/// The tests look for each program themselves and count as skipped without it.
pub fn provide() {
    install(&TOOLS);
}

/// Installs what is missing; whether all of it is there now. What is not is named.
pub fn install(tools: &[Tool]) -> bool {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| find(tool.program).is_none()).collect();
    if missing.is_empty() {
        return true;
    }
    let packages: Vec<&str> = missing.iter().flat_map(|tool| tool.package.split(' ')).collect();
    eprintln!("xtask: installing {}", packages.join(" "));
    let problem = apt_install(&packages).err();
    let absent: Vec<&&Tool> = missing.iter().filter(|tool| find(tool.program).is_none()).collect();
    for tool in &absent {
        let why = problem.as_deref().unwrap_or("the package does not have it");
        eprintln!("xtask: no {} ({why}); left out: {}", tool.program, tool.for_what);
    }
    absent.is_empty()
}

/// Installs Debian packages, one by one where not all can be had.
///
/// # Errors
/// Why nothing, or not everything, could be installed.
pub fn apt_install(packages: &[&str]) -> Result<(), String> {
    if find("apt-get").is_none() {
        return Err("there is no apt-get here".into());
    }
    if apt(&[&["install"], packages].concat()) {
        return Ok(());
    }
    if !apt(&["update"]) {
        return Err("apt-get update failed".into());
    }
    if apt(&[&["install"], packages].concat()) {
        return Ok(());
    }
    let failed: Vec<&str> = packages.iter().copied().filter(|package| !apt(&["install", package])).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("apt-get install failed for {}", failed.join(" "))) }
}

fn apt(args: &[&str]) -> bool {
    // A machine without a network should say so soon, not after apt's own minutes of patience.
    let options = ["-q", "-y", "--no-install-recommends", "-oAcquire::Retries=1", "-oAcquire::http::Timeout=30"];
    let direct = Command::new("apt-get")
        .args(options)
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status();
    if direct.is_ok_and(|status| status.success()) {
        return true;
    }
    find("sudo").is_some()
        && Command::new("sudo")
            .args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
            .args(options)
            .args(args)
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status()
            .is_ok_and(|status| status.success())
}

/// The program's path, when it is on `PATH` or in one of the folders for administrators.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
        .find(|candidate| candidate.is_file())
}
