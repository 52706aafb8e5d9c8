//! Randomness: passed in from the host, or seeded and the same every time.

/// A source of random bytes.
pub trait Entropy: Send {
    /// Fills `buf`.
    fn fill(&mut self, buf: &mut [u8]);
}

/// A deterministic source: SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
#[derive(Debug, Clone)]
pub struct SeededEntropy {
    state: u64,
}

impl SeededEntropy {
    /// The source that `seed` names.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `count`, which is not 0.
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        // What is left over of 64 bits makes a difference of less than 2^-32.
        (self.next() % u64::from(count)) as u32
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_one_sequence_however_it_is_read() {
        let (mut whole, mut parts) = ([0; 24], [0; 24]);
        SeededEntropy::new(7).fill(&mut whole);
        let mut source = SeededEntropy::new(7);
        parts.chunks_mut(8).for_each(|chunk| source.fill(chunk));
        assert_eq!(whole, parts);
        SeededEntropy::new(8).fill(&mut parts);
        assert_ne!(whole, parts);
    }
}
