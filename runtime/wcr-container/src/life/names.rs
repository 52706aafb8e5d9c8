//! Names for containers that are given none.

const ADJECTIVES: [&str; 64] = [
    "able", "amber", "brave", "brisk", "calm", "candid", "clear", "clever", "cosy", "crisp", "curious", "dapper",
    "deft", "eager", "early", "fair", "fleet", "fond", "frank", "fresh", "gentle", "glad", "golden", "grand", "handy",
    "happy", "hardy", "honest", "humble", "jolly", "keen", "kind", "late", "light", "lively", "loyal", "lucid",
    "lucky", "mellow", "merry", "mild", "neat", "nimble", "noble", "patient", "plain", "polite", "prompt", "proud",
    "quick", "quiet", "ready", "sharp", "sleek", "sly", "smart", "sober", "spry", "steady", "sunny", "swift", "tidy",
    "warm", "wise",
];
const NOUNS: [&str; 64] = [
    "acorn", "anchor", "aspen", "badger", "beacon", "birch", "bison", "brook", "canyon", "cedar", "cliff", "comet",
    "coral", "crane", "delta", "dune", "eagle", "ember", "falcon", "fern", "fjord", "forest", "fox", "galaxy",
    "glacier", "grove", "harbor", "hawk", "hazel", "heron", "island", "ivy", "jaguar", "juniper", "lagoon", "lark",
    "lemur", "linden", "lynx", "maple", "marten", "meadow", "moss", "oak", "otter", "owl", "panda", "pebble", "pine",
    "plover", "prairie", "quartz", "raven", "reef", "ridge", "river", "robin", "sparrow", "spruce", "summit", "tern",
    "tundra", "willow", "wren",
];

/// A name that follows from an ID; another one for each attempt.
pub(crate) fn generate(id: &str, attempt: u32) -> String {
    let digits = |at: usize| {
        let text = id.get(at..at + 8).unwrap_or_default();
        u32::from_str_radix(text, 16).unwrap_or_default().wrapping_add(attempt) as usize
    };
    let pick = |words: &[&'static str], at| words.get(digits(at) % words.len()).copied().unwrap_or_default();
    let (adjective, noun) = (pick(&ADJECTIVES, 0), pick(&NOUNS, 8));
    if attempt < 8 { format!("{adjective}_{noun}") } else { format!("{adjective}_{noun}{}", digits(16) % 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ones_that_a_container_can_have() {
        for number in 0..200_u32 {
            let id = format!("{:064x}", u128::from(number.wrapping_mul(0x9e37_79b9)) << 100);
            for attempt in [0, 1, 9, 50] {
                assert!(wcr_store::is_container_name(&generate(&id, attempt)));
            }
        }
        assert_ne!(generate(&"0".repeat(64), 0), generate(&"0".repeat(64), 1));
    }
}
