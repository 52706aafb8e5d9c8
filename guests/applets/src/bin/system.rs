//! The guest with the applets for processes, users and the kernel.

fn main() {
    applets::multicall::only(applets::table::SYSTEM)
}
