//! The guest with the applets that need a machine or rights over one.

fn main() {
    applets::multicall::only(applets::machine::APPLETS)
}
