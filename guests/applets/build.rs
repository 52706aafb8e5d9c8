//! Gives the guest `awk`, whose functions may call themselves, a larger stack than the other guests have.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo:rustc-link-arg-bin=awk=-zstack-size=2097152");
    }
}
