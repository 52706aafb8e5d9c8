//! The guest with the applets that show and edit text at a terminal.

fn main() {
    applets::multicall::only(applets::table::EDIT)
}
