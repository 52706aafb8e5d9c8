//! The guest with the text tools.

fn main() {
    applets::multicall::main(applets::table::TEXT)
}
