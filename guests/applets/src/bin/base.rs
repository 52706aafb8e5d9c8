//! The guest with the applets that use no files.

fn main() {
    applets::multicall::only(applets::table::BASE)
}
