//! From the trees' votes to probabilities that can be taken at their word, and to sets of classes.
//!
//! The share of votes for a class is no probability: trees that saw a row like this one are too sure, and averaging pulls
//! every share to the middle. So each class's sum of votes S becomes a *weight* by a rising curve, and its probability is
//! its share of the row's weights. The curve's parameters are fitted on rows that the voting trees had not seen. As one
//! curve is for all classes, the class with the most votes stays the most probable.
//!
//! A probability still says little where two classes are alike. A *set* holds every class k whose probability is at least
//! that class's threshold, which all but a stated share of unseen rows of class k reach: class-conditional conformal
//! prediction (Vovk, Gammerman and Shafer 2005, §4.6; Sadinle, Lei and Wasserman 2019). It may hold several classes
//! ("either of these") or none ("nothing that was known in training looks like this").
//!
//! Weights are integers from a table that is made once with `libm`, so every machine says the same.

use super::forest::Leaves;

/// The weight of a class that has all votes, and in a boosted forest that of the first class.
const FULL_WEIGHT: f64 = (1u32 << 31) as f64;
/// A table of weights has fewer entries than this; where there are more sums, neighbours share one.
const MAX_TABLE: u32 = 1 << 16;
/// The largest exponent and rate of a [`Curve`].
pub const MAX_STEEPNESS: f64 = 64.0;
/// What a probability of 1 is in thresholds and confidences.
pub const PROBABILITY_ONE: u16 = u16::MAX;

/// How votes become probabilities and sets.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationSpec {
    /// Votes to weights.
    pub curve: Curve,
    /// Which classes are in a row's set; `None` where the model states no coverage.
    pub sets: Option<SetSpec>,
}

/// The curve from a class's sum of votes S to its weight. Of T trees, S is at most V = 255 T.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Curve {
    /// (S / V + `offset`)^`exponent`: for leaves that hold shares.
    Power {
        /// At least 0, at most 1.
        offset: f64,
        /// Above 0, at most [`MAX_STEEPNESS`].
        exponent: f64,
    },
    /// exp(`rate` × (S − the row's largest S)): for leaves that hold scores, as boosted trees do.
    Exponential {
        /// Above 0, at most [`MAX_STEEPNESS`].
        rate: f64,
    },
}

/// Which classes are in a row's set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSpec {
    /// The stated coverage: in thousandths, how many of the unseen rows have their class in their set. At most 1000.
    pub coverage_per_mille: u16,
    /// In thousandths, how many of the unseen rows of each class do at least. At most 1000.
    pub class_coverage_per_mille: u16,
    /// For each class the probability × 65535, rounded, from which on it is in the set.
    pub thresholds: Vec<u16>,
}

/// The classes in a row's set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassSet([u64; 4]);

impl ClassSet {
    /// Adds a class.
    #[inline]
    pub fn insert(&mut self, class: u8) {
        self.0[usize::from(class) / 64] |= 1 << (class % 64);
    }

    /// Whether a class is in it.
    #[inline]
    pub fn contains(&self, class: u8) -> bool {
        self.0[usize::from(class) / 64] >> (class % 64) & 1 == 1
    }

    /// How many classes are in it.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no class is.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }
}

impl Curve {
    /// What leaves hold whose votes it is for.
    pub fn leaves(&self) -> Leaves {
        match self {
            Self::Power { .. } => Leaves::Shares,
            Self::Exponential { .. } => Leaves::Scores,
        }
    }

    /// Whether the parameters are ones that weights can be made with.
    pub(crate) fn is_valid(&self) -> bool {
        let steep = |value: f64| value > 0.0 && value <= MAX_STEEPNESS;
        match *self {
            Self::Power { offset, exponent } => (0.0..=1.0).contains(&offset) && steep(exponent),
            Self::Exponential { rate } => steep(rate),
        }
    }
}

/// A curve as a table.
#[derive(Clone, Debug)]
pub struct Weights {
    table: Vec<u32>,
    /// Sums are divided by 2 to the power of this before they are looked up.
    shift: u32,
    /// Whether the table is of distances from the row's largest sum instead of sums.
    from_largest: bool,
}

impl Weights {
    /// The weights of all sums up to `most`, which is above 0.
    pub fn new(curve: &Curve, most: u32) -> Self {
        let mut shift = 0;
        while most >> shift >= MAX_TABLE {
            shift += 1;
        }
        let weight = |entry: u32| {
            let sum = f64::from(entry << shift);
            let log = match *curve {
                Curve::Power { offset, exponent } => {
                    exponent * libm::log((sum / f64::from(most) + offset) / (1.0 + offset))
                }
                Curve::Exponential { rate } => -rate * sum,
            };
            // No weight is 0, so that no row's weights add up to nothing.
            (libm::exp(log) * FULL_WEIGHT + 0.5).max(1.0) as u32
        };
        let mut table: Vec<u32> = (0..=most >> shift).map(weight).collect();
        let from_largest = matches!(curve, Curve::Exponential { .. });
        if from_largest {
            // From the first of the least weight on all are alike.
            let least = table.partition_point(|&weight| weight > 1);
            table.truncate(least + 1);
        }
        Self {
            table,
            shift,
            from_largest,
        }
    }

    /// The weights of a row's classes, given their sums and the largest of these; gives what they add up to.
    ///
    /// Sums above what the table was made for weigh as the largest.
    #[inline]
    pub fn weigh(&self, sums: &[u32], largest: u32, weights: &mut [u32]) -> u64 {
        let mut total = 0;
        for (weight, &sum) in weights.iter_mut().zip(sums) {
            let entry = if self.from_largest {
                largest - sum
            } else {
                sum
            };
            let place = (entry >> self.shift) as usize;
            *weight = self.table[place.min(self.table.len() - 1)];
            total += u64::from(*weight);
        }
        total
    }
}

/// What classes weigh by their sums, the largest of which is given, and what that adds up to, at least 1; without a curve
/// they weigh their sums.
#[inline]
pub fn weigh(curve: Option<&Weights>, sums: &[u32], largest: u32, weights: &mut [u32]) -> u64 {
    if let Some(curve) = curve {
        return curve.weigh(sums, largest, weights);
    }
    weights.copy_from_slice(sums);
    sums.iter().map(|&sum| u64::from(sum)).sum::<u64>().max(1)
}

/// A weight as a share of all × 65535, rounded.
#[inline]
pub fn probability(weight: u64, total: u64) -> u16 {
    ((weight * u64::from(PROBABILITY_ONE) + total / 2) / total) as u16
}

impl SetSpec {
    /// The set of a row with these weights, which add up to `total`: the classes whose [`probability`] is at least their
    /// threshold.
    #[inline]
    pub fn of(&self, weights: &[u32], total: u64) -> ClassSet {
        let mut set = ClassSet::default();
        for (class, (&weight, &threshold)) in (0u8..).zip(weights.iter().zip(&self.thresholds)) {
            // The same without a division.
            if u64::from(weight) * u64::from(PROBABILITY_ONE) + total / 2
                >= u64::from(threshold) * total
            {
                set.insert(class);
            }
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVES: [Curve; 6] = [
        Curve::Power {
            offset: 0.0,
            exponent: 1.0,
        },
        Curve::Power {
            offset: 0.01,
            exponent: 2.7,
        },
        Curve::Power {
            offset: 1.0,
            exponent: 64.0,
        },
        Curve::Power {
            offset: 0.0,
            exponent: 64.0,
        },
        Curve::Exponential { rate: 0.003 },
        Curve::Exponential { rate: 64.0 },
    ];

    #[test]
    fn more_votes_never_weigh_less_and_nothing_weighs_nothing() {
        for curve in CURVES {
            assert!(curve.is_valid());
            for most in [255, 255 * 30, 255 * 257, 255 * 10_000] {
                let weights = Weights::new(&curve, most);
                assert!(weights.table.len() <= MAX_TABLE as usize);
                let of = |sum: u32| {
                    let mut found = [0; 2];
                    let total = weights.weigh(&[most, sum], most, &mut found);
                    assert_eq!(total, u64::from(found[0]) + u64::from(found[1]));
                    assert!(found[1] >= 1 && found[1] <= found[0], "{curve:?} {sum}");
                    found[1]
                };
                let mut below = 0;
                for sum in (0..=most).step_by(most as usize / 255) {
                    assert!(of(sum) >= below, "{curve:?} {sum} of {most}");
                    below = of(sum);
                }
                let full = f64::from(of(most)) / FULL_WEIGHT;
                assert!((0.99..=1.0).contains(&full), "{curve:?} {full}");
            }
        }
    }

    #[test]
    fn the_power_curve_of_one_without_offset_is_the_share_of_votes() {
        let weights = Weights::new(&CURVES[0], 2550);
        let (sums, mut found) = ([1700, 800, 50, 0], [0; 4]);
        let total = weights.weigh(&sums, 1700, &mut found);
        for (sum, weight) in sums.into_iter().zip(found) {
            let expected = f64::from(sum) / 2550.0 * 65_535.0;
            let found = f64::from(probability(u64::from(weight), total));
            assert!((found - expected).abs() <= 0.5001, "{found} {expected}");
        }
    }

    /// Softmax by its definition.
    #[test]
    fn the_exponential_curve_is_a_softmax() {
        let weights = Weights::new(&Curve::Exponential { rate: 0.01 }, 25_500);
        let (sums, mut found) = ([9000, 8950, 8700, 100], [0; 4]);
        let total = weights.weigh(&sums, 9000, &mut found);
        let all: f64 = sums.iter().map(|&sum| (f64::from(sum) * 0.01).exp()).sum();
        for (sum, weight) in sums.into_iter().zip(found) {
            let expected = (f64::from(sum) * 0.01).exp() / all * 65_535.0;
            let found = f64::from(probability(u64::from(weight), total));
            assert!((found - expected).abs() <= 0.51, "{found} {expected}");
        }
    }

    #[test]
    fn a_set_holds_the_classes_that_reach_their_threshold_ties_included() {
        let spec = SetSpec {
            coverage_per_mille: 920,
            class_coverage_per_mille: 900,
            thresholds: vec![32_768, 32_768, 0, 65_535],
        };
        let of = |weights: &[u32]| {
            let total = weights.iter().map(|&weight| u64::from(weight)).sum();
            for (class, &weight) in (0u8..).zip(weights) {
                let probability = probability(u64::from(weight), total);
                assert_eq!(
                    spec.of(weights, total).contains(class),
                    probability >= spec.thresholds[usize::from(class)],
                );
            }
            let set = spec.of(weights, total);
            (0..4)
                .filter(|&class| set.contains(class))
                .collect::<Vec<u8>>()
        };
        assert_eq!(of(&[500, 500, 0, 0]), [0, 1, 2], "32767.5 is rounded up");
        assert_eq!(of(&[501, 500, 0, 0]), [0, 2]);
        assert_eq!(of(&[400, 400, 0, 200]), [2]);
        assert_eq!(of(&[0, 0, 0, 7]), [2, 3]);
        let whole = u32::MAX;
        assert_eq!(of(&[whole, whole, whole, whole]), [2]);
    }

    #[test]
    fn sets_count_what_they_hold() {
        let mut set = ClassSet::default();
        assert!(set.is_empty());
        for class in [0, 63, 64, 249, 0] {
            set.insert(class);
        }
        assert_eq!((set.len(), set.is_empty()), (4, false));
        let held: Vec<u8> = (0..=255).filter(|&class| set.contains(class)).collect();
        assert_eq!(held, [0, 63, 64, 249]);
    }

    #[test]
    fn curves_out_of_range_are_not_valid() {
        for (offset, exponent) in [
            (f64::NAN, 1.0),
            (-0.1, 1.0),
            (1.1, 1.0),
            (0.0, 0.0),
            (0.0, 65.0),
            (0.0, f64::NAN),
        ] {
            assert!(!Curve::Power { offset, exponent }.is_valid());
        }
        for rate in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(!Curve::Exponential { rate }.is_valid());
        }
    }
}
