//! Puts the bundle (the guests and the built-in image) into the crate.
//!
//! `WCR_BUNDLE` names its folder. Without it, or while the folder is not complete, the crate is built
//! without guests, and says so when it is asked to run one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wcr_shims::Guest;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-env-changed=WCR_BUNDLE");
    let folder = std::env::var_os("WCR_BUNDLE").map(PathBuf::from);
    let source = folder.as_deref().and_then(bundle).unwrap_or_else(empty);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("bundle.rs"), source)?;
    Ok(())
}

fn empty() -> String {
    "static GUESTS: &[BundledGuest] = &[];\nstatic COMPILED: &[CompiledGuest] = &[];\n\
     static BUILTIN: Option<BuiltinFiles<&[u8]>> = None;\n"
        .into()
}

/// The tables for a complete bundle.
fn bundle(folder: &Path) -> Option<String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let file = |name: &str| {
        let path = folder.join(name);
        let literal = format!("include_bytes!({:?})", path.to_str()?);
        path.is_file().then_some(literal)
    };
    let (mut statics, mut guests, mut compiled) = (String::new(), String::new(), String::new());
    for guest in Guest::ALL {
        let name = guest.name();
        let (wasm, cwasm) = (file(&format!("{name}.wasm"))?, file(&format!("{name}.cwasm"))?);
        let upper = name.to_uppercase();
        let _ = writeln!(
            statics,
            "static {upper}_WASM: &[u8] = {wasm};\n\
             static {upper}_CODE: &wcr_engine::PageAligned<[u8]> = &wcr_engine::PageAligned(*{cwasm});"
        );
        let _ = writeln!(guests, "    BundledGuest {{ name: {name:?}, wasm: {upper}_WASM }},");
        let _ = writeln!(
            compiled,
            "    // SAFETY: the pack tool has written the code with this version of the engine.\n    \
             unsafe {{ CompiledGuest::new({name:?}, {upper}_CODE) }},"
        );
    }
    let [tar, index, config] = ["layer.tar", "layer.idx", "config.json"].map(|name| file(&format!("builtin/{name}")));
    let source = format!(
        "{statics}static GUESTS: &[BundledGuest] = &[\n{guests}];\n\
         static COMPILED: &[CompiledGuest] = &[\n{compiled}];\n\
         static BUILTIN: Option<BuiltinFiles<&[u8]>> =\n    \
         Some(BuiltinFiles {{ tar: {}, index: {}, config: {} }});\n",
        tar?, index?, config?
    );
    Some(source)
}
