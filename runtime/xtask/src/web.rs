//! The page for browsers: the kernel as wasm, its bindings, the built-in image, and the script and style around them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bundle;
use crate::failure::{Context, Failure, Result, check};
use crate::fingerprint;
use crate::host::Host;
use crate::test::tools;
use crate::toolchain::ensure_target;
use crate::workspace::Workspace;

/// The target of the browser half.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The file of the built-in image that the page fetches as it is.
const CONFIG: &str = "config.json";
/// Its layer, which holds the guests, too, as the page fetches it; the layer's index lies beside it.
const LAYER: &str = "layer.packed";

/// Builds the page and gives the folder it is in.
///
/// # Errors
/// A target, Node.js or one of its packages cannot be had, or a build failed.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    let host = Host::detect()?;
    bundle::prepare(workspace, &host)?;
    let generated = folder(workspace).join("generated");
    for module in modules(workspace)? {
        bind(workspace, &module, &generated)?;
    }
    let image = generated.join("builtin");
    fs::create_dir_all(&image).context(|| format!("create {}", image.display()))?;
    let config = workspace.bundle_dir(&host).join("builtin").join(CONFIG);
    fs::copy(&config, image.join(CONFIG)).context(|| format!("copy {}", config.display()))?;
    bundle::pack_for_page(workspace, &host, &image.join(LAYER))?;
    install_packages(workspace)?;
    npm(workspace, &["run", "build"])?;
    pack(workspace, &host)?;
    Ok(folder(workspace).join("dist"))
}

/// Packs the page for the `wcr` binary, and prints how much a browser fetches.
fn pack(workspace: &Workspace, host: &Host) -> Result<()> {
    let status = Command::new("node")
        .arg("pack.mjs")
        .arg(workspace.page_dir())
        .arg(workspace.bundle_dir(host).join("builtin"))
        .current_dir(folder(workspace))
        .stdout(std::io::stderr())
        .status()
        .context(|| "start node".into())?;
    check(status, "packing the page")
}

/// Prints how long the page takes to its first prompt, where there is a browser.
///
/// # Errors
/// Node.js does not start, or the page shows no prompt.
pub fn time_first_use(workspace: &Workspace) -> Result<()> {
    let Some(chromium) = tools::find(tools::CHROMIUM) else { return Ok(()) };
    let status = Command::new("node")
        .args(["test/first-use.mjs", "3"])
        .current_dir(folder(workspace))
        .env("CHROMIUM", chromium)
        .stdout(std::io::stderr())
        .status()
        .context(|| "start node".into())?;
    check(status, "the page's first use")
}

/// The folder of the page's sources.
pub fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("web")
}

/// Why Node.js cannot build the page; `None` when it can.
pub fn without_node() -> Option<String> {
    /// The oldest release that vite runs on.
    const OLDEST: (u32, u32) = (20, 19);
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return Some("no Node.js (package nodejs)".into());
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.trim().trim_start_matches('v').split('.').map_while(|part| part.parse().ok());
    let version = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    (version < OLDEST)
        .then(|| format!("Node.js {} is too old; {}.{} or newer is needed", text.trim(), OLDEST.0, OLDEST.1))
}

/// Compiles the browser half, and the same with the harness for test scripts.
fn modules(workspace: &Workspace) -> Result<[PathBuf; 2]> {
    ensure_target(TARGET)?;
    let status = workspace
        .cargo()
        .args(["build", "--profile", "web", "--target", TARGET, "-p", "wcr-web", "-p", "wcr-web-scripts", "--lib"])
        .stdout(std::io::stderr())
        .status()
        .context(|| "start cargo".into())?;
    check(status, "building the browser half")?;
    let built = workspace.target_dir.join(TARGET).join("web");
    Ok(["wcr_web.wasm", "wcr_web_scripts.wasm"].map(|name| built.join(name)))
}

/// Makes the script that loads the module, and the module that a browser loads.
fn bind(workspace: &Workspace, module: &Path, generated: &Path) -> Result<()> {
    let status = workspace
        .cargo()
        .args(["run", "--quiet", "--profile", "tool", "-p", "web-bindgen", "--"])
        .args([module, generated])
        .stdout(std::io::stderr())
        .status()
        .context(|| "start cargo".into())?;
    check(status, "making the bindings of the browser half")
}

/// Installs what `package-lock.json` lists, unless just that is installed.
fn install_packages(workspace: &Workspace) -> Result<()> {
    let lock = folder(workspace).join("package-lock.json");
    let wanted = fs::read(&lock).context(|| lock.display().to_string())?;
    let wanted = fingerprint::of_bytes([wanted.as_slice()]).to_string();
    let modules = folder(workspace).join("node_modules");
    let stamp = modules.join(".wcr-stamp");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(workspace, &["ci", "--no-audit", "--no-fund"])?;
    fs::write(&stamp, wanted).context(|| stamp.display().to_string())
}

fn npm(workspace: &Workspace, args: &[&str]) -> Result<()> {
    let status = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
        .args(args)
        .current_dir(folder(workspace))
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| Failure::new(format!("npm did not start ({error}): install Node.js, which brings it")))?;
    check(status, &format!("npm {}", args.join(" ")))
}
