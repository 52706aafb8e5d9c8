//! Sorting, compiled once for all the shell's lists: a generic sort would be copied for each element type.

/// A thing to sort: first by two numbers, then by its name.
pub type Keyed = (u32, u32, Vec<u8>);

/// Sorts the items and returns their names.
#[must_use]
pub fn sorted(mut items: Vec<Keyed>) -> Vec<Vec<u8>> {
    items.sort_unstable();
    items.into_iter().map(|(.., name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::sorted;

    #[test]
    fn numbers_come_before_names() {
        let item = |a, b, name: &str| (a, b, name.into());
        assert_eq!(
            sorted(vec![item(1, 0, "a"), item(0, 2, "b"), item(0, 1, "c"), item(0, 1, "b")]),
            [b"b", b"c", b"b", b"a"]
        );
    }
}
