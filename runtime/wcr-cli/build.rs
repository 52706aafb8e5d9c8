//! Puts the page for browsers into the binary, and tells the linker which functions a start needs, so that they lie
//! together in the binary.
//!
//! `WCR_PAGE` names the folder that `cargo xtask web` has packed the page into. Without it, or where the page is of other
//! guests than the binary, the binary is built without the page, and says so when it is asked for it.
//!
//! Code is read in by the page where it is first used: functions that lie together cost a few page faults, scattered
//! ones cost one each. `start-order.txt` lists them; `cargo xtask start-order` makes it anew. Names that are no longer
//! there are passed over.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=start-order.txt");
    println!("cargo::rerun-if-env-changed=WCR_PAGE");
    println!("cargo::rerun-if-env-changed=WCR_BUNDLE");
    let variable = |name| std::env::var(name).unwrap_or_default();
    let [page, bundle] = ["WCR_PAGE", "WCR_BUNDLE"].map(|name| PathBuf::from(variable(name)));
    let source = page_of(&page, &bundle).unwrap_or_else(no_page);
    fs::write(Path::new(&variable("OUT_DIR")).join("page.rs"), source)?;
    // The linker that comes with Rust knows the option; another one may not.
    if variable("RUSTC_LINKER") == "rust-lld" && variable("TARGET").contains("linux") {
        let order = Path::new(&variable("CARGO_MANIFEST_DIR")).join("start-order.txt");
        println!("cargo::rustc-link-arg-bins=--symbol-ordering-file={}", order.display());
        println!("cargo::rustc-link-arg-bins=--no-warn-symbol-ordering");
    }
    Ok(())
}

fn no_page() -> String {
    "static PAGE: &[(&str, Carried)] = &[];\nstatic INDEX_HTML: Option<&str> = None;\n".into()
}

/// The table of the page's files: `page.txt` has a line for each, what it is and its path.
fn page_of(page: &Path, bundle: &Path) -> Option<String> {
    println!("cargo::rerun-if-changed={}", page.join("page.txt").display());
    let list = fs::read_to_string(page.join("page.txt")).ok()?;
    let [of_page, of_bundle] = [page, &bundle.join("builtin")].map(|folder| fs::read(folder.join("layer.tar")).ok());
    if of_page? != of_bundle? {
        println!("cargo::warning=the page for browsers was built with other guests: this wcr is built without it");
        return None;
    }
    let mut files = String::new();
    for line in list.lines() {
        let (kind, path) = line.split_once(' ')?;
        let carried = match kind {
            "layer.tar" => "Carried::Builtin(|files| files.tar)".into(),
            "layer.idx" => "Carried::Builtin(|files| files.index)".into(),
            "config.json" => "Carried::Builtin(|files| files.config)".into(),
            plain if plain.ends_with(".plain") => format!("Carried::Plain(include_bytes!({:?}))", page.join(plain)),
            packed => format!("Carried::Packed(include_bytes!({:?}))", page.join(packed)),
        };
        writeln!(files, "    ({path:?}, {carried}),").ok()?;
    }
    let index = page.join("index.html");
    Some(format!(
        "static PAGE: &[(&str, Carried)] = &[\n{files}];\n\
         static INDEX_HTML: Option<&str> = Some(include_str!({index:?}));\n"
    ))
}
