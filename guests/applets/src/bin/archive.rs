//! The guest with the programs for compression and archives.

fn main() {
    applets::multicall::main(applets::table::ARCHIVE)
}
