//! The guest with `awk`, which is `mawk`, too.

/// The number that the kernel gives for `mawk`: its label in `wcr_shims`.
const MAWK: u32 = 12;

fn main() {
    if wcr_sys::process::flavour() == MAWK {
        applets::text::awk::mawk::only()
    }
    applets::multicall::only(applets::table::AWK)
}
