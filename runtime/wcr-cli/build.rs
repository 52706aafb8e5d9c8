//! Tells the linker which functions a start needs, so that they lie together in the binary.
//!
//! Code is read in by the page where it is first used: functions that lie together cost a few page faults, scattered
//! ones cost one each. `start-order.txt` lists them; `cargo xtask start-order` makes it anew. Names that are no longer
//! there are passed over.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=start-order.txt");
    let variable = |name| std::env::var(name).unwrap_or_default();
    // LLD, which Rust brings along for this target, knows the option; a linker that the user has chosen may not.
    let by_lld = variable("TARGET") == "x86_64-unknown-linux-gnu"
        && variable("RUSTC_LINKER").is_empty()
        && !["linker", "fuse-ld"].iter().any(|word| variable("CARGO_ENCODED_RUSTFLAGS").contains(word));
    if by_lld {
        let order = Path::new(&variable("CARGO_MANIFEST_DIR")).join("start-order.txt");
        println!("cargo::rustc-link-arg-bins=-Wl,--symbol-ordering-file={}", order.display());
        println!("cargo::rustc-link-arg-bins=-Wl,--no-warn-symbol-ordering");
    }
}
