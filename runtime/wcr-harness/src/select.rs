//! Which cases are run: by their titles, and by a share of all.

use std::str::FromStr;

use wcr_image::Digest;

/// Which cases are run; without anything in it, all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Parts of titles (`FILE: NAME`): one of them is in the title of each case that is run.
    pub filters: Vec<String>,
    /// The share of the cases that is run.
    pub shard: Option<Shard>,
}

impl Selection {
    /// Whether a case of this title is run.
    #[must_use]
    pub fn takes(&self, title: &str) -> bool {
        let named = self.filters.is_empty() || self.filters.iter().any(|filter| title.contains(filter.as_str()));
        named && self.shard.is_none_or(|shard| shard.has(title))
    }

    /// Whether that is every case.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.filters.is_empty() && self.shard.is_none_or(|shard| shard.count == 1)
    }
}

/// One of several shares that together are all cases. A case is in one by the hash of its title: always the same one,
/// whatever other cases there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u64,
    count: u64,
}

impl Shard {
    fn has(self, title: &str) -> bool {
        let hash = Digest::of(title.as_bytes());
        let start = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        start % self.count == self.number - 1
    }
}

/// Why a text names no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a shard is a number and how many there are, as in 1/4")]
pub struct ShardError;

impl FromStr for Shard {
    type Err = ShardError;

    /// Reads `NUMBER/COUNT`; numbers count from 1.
    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (number, count) = text.split_once('/').ok_or(ShardError)?;
        let read = |digits: &str| digits.parse::<u64>().map_err(|_| ShardError);
        let (number, count) = (read(number)?, read(count)?);
        if (1..=count).contains(&number) { Ok(Self { number, count }) } else { Err(ShardError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_look_into_titles() {
        let filters = |filters: &[&str]| Selection {
            filters: filters.iter().map(|&filter| filter.to_owned()).collect(),
            shard: None,
        };
        for (selection, expected) in [
            (filters(&[]), true),
            (filters(&["x", "two"]), true),
            (filters(&["a.rhai"]), true),
            (filters(&["x"]), false),
        ] {
            assert_eq!(selection.takes("a.rhai: one two"), expected, "{selection:?}");
        }
        assert!(filters(&[]).is_all() && !filters(&["a"]).is_all());
    }

    #[test]
    fn each_case_is_in_one_share() {
        let titles: Vec<String> = (0..100).map(|number| format!("a.rhai: case {number}")).collect();
        let shares: Vec<Selection> = (1..=3)
            .map(|number| Selection { filters: Vec::new(), shard: Some(format!("{number}/3").parse().unwrap()) })
            .collect();
        for title in &titles {
            assert_eq!(shares.iter().filter(|share| share.takes(title)).count(), 1, "{title}");
        }
        for share in &shares {
            let size = titles.iter().filter(|title| share.takes(title)).count();
            assert!((20..50).contains(&size), "{share:?} has {size}");
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
        assert!(Selection { shard: Some("1/1".parse().unwrap()), ..Selection::default() }.is_all());
    }
}
