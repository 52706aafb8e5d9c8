//! The bundle: the guests as wasm and as compiled code, and the built-in image, for the binary to carry.

use std::path::{Path, PathBuf};

use crate::failure::{Context, Result, check};
use crate::fingerprint;
use crate::host::Host;
use crate::toolchain::{GUEST_TARGET, ensure_target};
use crate::workspace::Workspace;

/// The guest modules, as cargo names them.
pub const MODULES: [&str; 15] = [
    "base", "core", "text", "tools", "archive", "awk", "calc", "edit", "system", "users", "machine", "sh", "gnu",
    "debian", "rhai",
];

/// Builds the guests and packs them, unless the bundle on disk was made from the same bytes by the same tool.
///
/// # Errors
/// The wasm target cannot be added, or a build or the pack tool failed.
pub fn prepare(workspace: &Workspace, host: &Host) -> Result<()> {
    ensure_target(GUEST_TARGET)?;
    build_guests(workspace)?;
    build_pack_tool(workspace, host)?;
    pack(workspace, host)
}

fn build_guests(workspace: &Workspace) -> Result<()> {
    let status = workspace
        .cargo()
        .args(["build", "--profile", "guest", "--target", GUEST_TARGET])
        .args(["-p", "applets", "-p", "sh", "-p", "gnu", "-p", "wcr-rhai"])
        .stdout(std::io::stderr())
        .status()
        .context(|| "start cargo".into())?;
    check(status, "building the guests")
}

fn build_pack_tool(workspace: &Workspace, host: &Host) -> Result<()> {
    workspace.build_for(host, &["--bin", "pack"], "the pack tool")
}

fn pack(workspace: &Workspace, host: &Host) -> Result<()> {
    let tool = workspace.host_binary(host, "pack");
    let modules: Vec<PathBuf> = MODULES.iter().map(|name| wasm_path(workspace, name)).collect();
    let made_from = made_from(&tool, &modules)?;
    let bundle = workspace.bundle_dir(host);
    let kind = if host.is_emulated() { format!("bundle-{}.stamp", host.triple) } else { "bundle.stamp".into() };
    let stamp = workspace.state_dir()?.join(kind);
    if std::fs::read_to_string(&stamp).is_ok_and(|recorded| recorded == made_from) && bundle.is_dir() {
        return Ok(());
    }
    let status = host
        .command(&tool)
        .args(["--target", &host.triple, "--out"])
        .arg(&bundle)
        .args(&modules)
        .stdout(std::io::stderr())
        .status()
        .context(|| format!("start {}", tool.display()))?;
    check(status, "packing the guests")?;
    std::fs::write(&stamp, made_from).context(|| format!("write {}", stamp.display()))
}

/// Packs the built-in image's layer for the page into `file`, unless that was made from the same bytes by the same tool.
///
/// # Errors
/// The pack tool failed.
pub fn pack_for_page(workspace: &Workspace, host: &Host, file: &Path) -> Result<()> {
    let tool = workspace.host_binary(host, "pack");
    let builtin = workspace.bundle_dir(host).join("builtin");
    let made_from = made_from(&tool, &[builtin.join("layer.tar")])?;
    let stamp = workspace.state_dir()?.join("page-layer.stamp");
    if std::fs::read_to_string(&stamp).is_ok_and(|recorded| recorded == made_from) && file.is_file() {
        return Ok(());
    }
    let status = host
        .command(&tool)
        .arg("--page")
        .args([file, &builtin])
        .stdout(std::io::stderr())
        .status()
        .context(|| format!("start {}", tool.display()))?;
    check(status, "packing the page's layer")?;
    std::fs::write(&stamp, made_from).context(|| format!("write {}", stamp.display()))
}

fn wasm_path(workspace: &Workspace, module: &str) -> PathBuf {
    workspace.target_dir.join(GUEST_TARGET).join("guest").join(format!("{module}.wasm"))
}

/// What the bundle depends on: the guests' bytes and the tool that compiles them.
fn made_from(tool: &Path, modules: &[PathBuf]) -> Result<String> {
    let mut parts = Vec::new();
    for path in std::iter::once(tool).chain(modules.iter().map(PathBuf::as_path)) {
        parts.push(std::fs::read(path).context(|| path.display().to_string())?);
    }
    Ok(fingerprint::of_bytes(parts.iter().map(Vec::as_slice)).to_string())
}
