//! Gives the shell a stack for scripts whose functions call themselves: some thousand levels, as 8 MiB give natively.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo:rustc-link-arg-bins=-zstack-size={}", 4 << 20);
    }
}
