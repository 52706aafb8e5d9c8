//! Tells the linker which functions a start needs, so that they lie together in the binary.
//!
//! Code is read in by the page where it is first used: functions that lie together cost a few page faults, scattered
//! ones cost one each. `start-order.txt` lists them; `cargo xtask start-order` makes it anew. Names that are no longer
//! there are passed over.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=start-order.txt");
    let variable = |name| std::env::var(name).unwrap_or_default();
    // The linker that comes with Rust knows the option; another one may not.
    if variable("RUSTC_LINKER") == "rust-lld" && variable("TARGET").contains("linux") {
        let order = Path::new(&variable("CARGO_MANIFEST_DIR")).join("start-order.txt");
        println!("cargo::rustc-link-arg-bins=--symbol-ordering-file={}", order.display());
        println!("cargo::rustc-link-arg-bins=--no-warn-symbol-ordering");
    }
}
