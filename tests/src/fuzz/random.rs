//! Random numbers that a seed repeats.

/// A generator of the SplitMix64 kind.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator whose numbers depend on `seed` alone.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Whether something happens that does so `percent` times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    pub fn pick<'i, T: ?Sized>(&mut self, items: &[&'i T]) -> &'i T {
        items[self.below(items.len())]
    }

    /// The number of one of the weights, chosen as often as it weighs.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut rest = self.below(weights.iter().sum());
        for (number, weight) in weights.iter().enumerate() {
            if rest < *weight {
                return number;
            }
            rest -= weight;
        }
        weights.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_weights_count() {
        let draw = |seed| (0..8).map(|_| Random::new(seed).below(1000)).collect::<Vec<_>>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(Random::new(1).next(), Random::new(2).next());
        let mut random = Random::new(3);
        let heavy = (0..1000).filter(|_| random.weighted(&[1, 9]) == 1).count();
        assert!((850..950).contains(&heavy), "{heavy}");
    }
}
