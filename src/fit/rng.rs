//! The generator of all randomness in a fit: `SplitMix64` (Steele, Lea and Flood 2014).
//!
//! It is written out here rather than taken from a crate because its stream is part of the promise that a seed gives
//! the same model file forever. Each tree has a stream of its own, so threads cannot disturb each other.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

/// What a stream is for; streams of one seed with different purposes have nothing in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Growing a tree of the random forest.
    ForestTree = 1,
    /// Growing a tree of the isolation forest.
    IsolationTree = 2,
    /// Making up the rows of a self-test.
    SelfTest = 3,
    /// Splitting rows into those fitted on and those scored.
    Split = 4,
    /// Making up a sample file.
    Sample = 5,
    /// Shuffling columns.
    Permutation = 6,
    /// Drawing and making up rows so that classes are of one size.
    Resampling = 10,
    /// Drawing the reference points of a local outlier factor.
    LofPoints = 11,
    /// Drawing the rows that detectors are fitted on.
    DetectorSample = 13,
    /// Drawing the rows that a one-class SVM is fitted on.
    OneClassSample = 12,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix64 {
    /// The stream that starts at `state`.
    pub fn new(state: u64) -> Self {
        Self { state }
    }

    /// The `index`-th stream of `seed` for a purpose.
    pub fn stream(seed: u64, purpose: Purpose, index: u64) -> Self {
        let purpose_state = mix(mix(seed) ^ (purpose as u64).wrapping_mul(GOLDEN));
        Self::new(mix(purpose_state.wrapping_add(index.wrapping_mul(GOLDEN))))
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number below `bound`, each equally likely (Lemire 2019: a product's upper half, rejecting the uneven rest).
    ///
    /// # Panics
    /// Panics if `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "no number is below 0");
        loop {
            let product = (self.next_u64() >> 32) * u64::from(bound);
            let rest = product as u32;
            if rest >= bound || rest >= bound.wrapping_neg() % bound {
                return (product >> 32) as u32;
            }
        }
    }

    /// A number of [0, 1), a multiple of 2^−53.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Puts `n` values drawn without replacement in front, in random order (Fisher and Yates).
    pub fn draw_to_front<T>(&mut self, values: &mut [T], n: usize) {
        for front in 0..n.min(values.len()) {
            let other = front + self.below((values.len() - front) as u32) as usize;
            values.swap(front, other);
        }
    }
}

/// `SplitMix64`'s finaliser: a bijection in which every input bit flips half of the output bits.
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first outputs for seed 1234567; every shipped model depends on them.
    #[test]
    fn the_stream_is_the_reference_one() {
        let mut rng = SplitMix64::new(1_234_567);
        let found: Vec<u64> = (0..5).map(|_| rng.next_u64()).collect();
        assert_eq!(
            found,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }

    #[test]
    fn numbers_below_a_bound_are_even() {
        let mut rng = SplitMix64::new(7);
        let mut counts = [0u32; 5];
        for _ in 0..50_000 {
            counts[rng.below(5) as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (9_700..10_300).contains(count)),
            "{counts:?}"
        );
        assert_eq!(rng.below(1), 0);
    }

    #[test]
    fn streams_of_one_seed_differ() {
        let mut firsts: Vec<u64> = (0..3)
            .flat_map(|seed| {
                [Purpose::ForestTree, Purpose::Split]
                    .into_iter()
                    .flat_map(move |purpose| {
                        (0..100).map(move |i| SplitMix64::stream(seed, purpose, i).next_u64())
                    })
            })
            .collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 600);
    }

    #[test]
    fn drawing_to_the_front_keeps_every_value_once() {
        let mut values: Vec<u32> = (0..10).collect();
        SplitMix64::new(3).draw_to_front(&mut values, 4);
        let mut sorted = values.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        assert_ne!(values[..4], [0, 1, 2, 3]);
    }
}
