//! The random numbers of `rand` and `srand`: those of glibc's `random(3)`.

use super::flavour;

/// The generator's distance between the terms that are added.
const NEAR: usize = 3;
const FAR: usize = 31;

/// An additive generator.
#[derive(Debug)]
pub(super) struct Random {
    seed: u32,
    /// The last 31 terms; filled when the first number is asked for.
    terms: Vec<u32>,
    at: usize,
}

impl Random {
    /// A generator with the seed that a program starts with.
    pub(super) fn new() -> Self {
        Self { seed: 1, terms: Vec::new(), at: 0 }
    }

    /// Starts anew; returns the seed before.
    pub(super) fn reseed(&mut self, seed: u32) -> u32 {
        self.terms.clear();
        core::mem::replace(&mut self.seed, seed)
    }

    /// A number from zero up to one, out of three of the generator's.
    pub(super) fn next_fraction(&mut self) -> f64 {
        if self.terms.is_empty() {
            self.fill();
        }
        if flavour::is_mawk() {
            return f64::from(self.next()) / f64::from(i32::MAX);
        }
        let (first, second, third) = (self.next(), self.next(), self.next());
        let low = first << 16 ^ second;
        (u64::from(third) << 32 ^ u64::from(low)) as f64 / (1u64 << 63) as f64
    }

    fn fill(&mut self) {
        let mut term = self.seed.max(1) as i32;
        for _ in 0..FAR {
            self.terms.push(term as u32);
            let next = (16807 * i64::from(term)) % i64::from(i32::MAX);
            term = (if next < 0 { next + i64::from(i32::MAX) } else { next }) as i32;
        }
        // The terms behind the first 31 repeat three of those.
        self.at = NEAR;
        for _ in 0..FAR * 10 {
            self.next();
        }
    }

    fn next(&mut self) -> u32 {
        let near = self.terms[(self.at + FAR - NEAR) % FAR];
        let term = &mut self.terms[self.at];
        *term = term.wrapping_add(near);
        self.at = (self.at + 1) % FAR;
        *term >> 1
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_numbers_are_those_of_busybox() {
        let mut random = Random::new();
        assert_eq!(random.next_fraction(), 0.783_099_223_610_606_57);
        assert_eq!(random.next_fraction(), 0.197_551_369_311_922_96);
        assert_eq!(random.reseed(42), 1);
        assert_eq!(random.next_fraction(), 0.690_635_704_239_826);
        assert_eq!(random.reseed(u32::MAX), 42);
        assert_eq!(format!("{:.6}", random.next_fraction()), "0.170491");
    }
}
