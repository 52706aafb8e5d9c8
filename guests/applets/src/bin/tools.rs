//! The guest with the tools that scripts start less often.

fn main() {
    applets::multicall::main(applets::table::TOOLS)
}
