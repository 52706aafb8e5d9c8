//! Gives the guest a larger stack than others have: scripts are evaluated by recursion.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo:rustc-link-arg-bin=rhai=-zstack-size={}", 8 << 20);
    }
}
