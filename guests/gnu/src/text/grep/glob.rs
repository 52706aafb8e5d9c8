//! Which files `--include`, `--exclude` and `--exclude-dir` select.

use applets::glob;

/// Patterns in the order given; the last one that matches decides.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    rules: Vec<(Vec<u8>, bool)>,
}

impl Selection {
    /// Adds a pattern, which includes or excludes what it matches.
    pub(super) fn add(&mut self, pattern: &[u8], includes: bool) {
        self.rules.push((pattern.to_vec(), includes));
    }

    /// Whether the name is left out. Of an operand each part that begins behind a slash counts, else the whole name.
    pub(super) fn leaves_out(&self, name: &[u8], operand: bool) -> bool {
        let Some((_, first)) = self.rules.first() else { return false };
        let decided = self.rules.iter().rev().find(|(pattern, _)| matches(pattern, name, operand));
        !decided.map_or(!*first, |(_, includes)| *includes)
    }
}

fn matches(pattern: &[u8], name: &[u8], operand: bool) -> bool {
    if glob::matches(pattern, name, false) {
        return true;
    }
    let starts = name.windows(2).enumerate().filter(|(_, pair)| pair[0] == b'/' && pair[1] != b'/');
    operand
        && starts.map(|(at, _)| name.get(at + 1..).unwrap_or_default()).any(|part| glob::matches(pattern, part, false))
}

#[cfg(test)]
mod tests {
    use super::Selection;

    #[test]
    fn the_last_pattern_that_matches_decides() {
        let mut both = Selection::default();
        assert!(!both.leaves_out(b"x", false));
        both.add(b"a*", false);
        both.add(b"*.c", true);
        assert!(!both.leaves_out(b"a.c", false) && both.leaves_out(b"a.h", false) && !both.leaves_out(b"b.h", false));
        let mut included = Selection::default();
        included.add(b"*.c", true);
        assert!(included.leaves_out(b"b.h", false) && !included.leaves_out(b"b.c", false));
        let mut deep = Selection::default();
        deep.add(b"d/a.c", false);
        assert!(deep.leaves_out(b"x/d/a.c", true) && !deep.leaves_out(b"x/d/a.c", false));
    }
}
