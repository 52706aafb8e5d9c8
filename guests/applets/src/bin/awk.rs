//! The guest with `awk`.

fn main() {
    applets::multicall::only(applets::table::AWK)
}
