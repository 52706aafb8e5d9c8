//! The guest with the calculators.

fn main() {
    applets::multicall::only(applets::table::CALC)
}
