//! The guest with the small everyday applets.

fn main() {
    applets::multicall::main(applets::table::CORE)
}
