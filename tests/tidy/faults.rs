//! The catalogue of faults: tests whose names begin with `fault_` and the numbers that they are about.

use std::collections::BTreeSet;

use super::source;

/// The last number of those for registries, layers and the store.
const LAST: u32 = 76;

/// The numbers in the name of a test, as in `fault_16_76_a_redirect` or `fault_18_and_19_where`.
fn numbers(name: &str) -> impl Iterator<Item = u32> {
    name.split('_')
        .map_while(|part| match part.parse() {
            Ok(number) => Some(Some(number)),
            Err(_) => (part == "and").then_some(None),
        })
        .flatten()
}

#[test]
fn every_fault_of_a_registry_a_layer_or_the_store_has_a_test() {
    let sources = source::all();
    let names = sources.iter().flat_map(|source| source.code.split("fn fault_").skip(1));
    let tested: BTreeSet<u32> = names.flat_map(numbers).collect();
    let missing: Vec<u32> = (1..=LAST).filter(|number| !tested.contains(number)).collect();
    assert!(missing.is_empty(), "no test is about {missing:?}");
}
