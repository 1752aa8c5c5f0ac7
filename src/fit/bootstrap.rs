//! The rows that a tree grows on, drawn with replacement, and what they weigh.
//!
//! Weights are whole numbers: how often a row was drawn, times the weight of its class. So sums of them are the same in any
//! order.

use super::binned::{BinnedTable, MAX_WEIGHT};
use super::options::ClassWeight;
use super::rng::{Purpose, SplitMix64};

/// What balanced classes weigh together before the bootstrap; the rest of [`MAX_WEIGHT`] is room for its luck.
const BALANCED_WEIGHT: u64 = 1 << 28;

/// A row of the bootstrap sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// Its index in the table.
    pub(super) row_idx: u32,
    /// Its class.
    pub(super) label: u8,
    /// How often it was drawn.
    pub(super) draws: u8,
}

/// What a tree grows on.
pub(super) struct Bootstrap {
    /// The rows that were drawn, in the table's order.
    pub(super) samples: Vec<Sample>,
    /// What one draw of each class weighs. All draws together weigh at most [`MAX_WEIGHT`].
    pub(super) class_weights: Vec<u32>,
}

/// The stream of a tree's randomness. The bootstrap comes first.
pub(super) fn stream(seed: u64, tree_idx: u32) -> SplitMix64 {
    SplitMix64::stream(seed, Purpose::ForestTree, u64::from(tree_idx))
}

/// How often each row is drawn, of as many draws as there are rows.
pub(super) fn draws(n_rows: usize, rng: &mut SplitMix64) -> Vec<u8> {
    let mut draws = vec![0u8; n_rows];
    for _ in 0..n_rows {
        let draws = &mut draws[rng.below(n_rows as u32) as usize];
        // One row in 10^500 is drawn more often than a byte holds.
        *draws = draws.saturating_add(1);
    }
    draws
}

/// Draws the rows of a tree.
pub(super) fn bootstrap(table: &BinnedTable, rng: &mut SplitMix64) -> Bootstrap {
    let draws = draws(table.n_rows(), rng);
    let mut samples = Vec::with_capacity(table.n_rows() * 2 / 3);
    let mut drawn = vec![0u64; table.n_classes];
    for ((row_idx, &label), &draws) in (0u32..).zip(&table.labels).zip(&draws) {
        if draws > 0 {
            drawn[usize::from(label)] += u64::from(draws);
            samples.push(Sample {
                row_idx,
                label,
                draws,
            });
        }
    }
    let mut class_weights = match table.class_weight {
        ClassWeight::None => vec![1; table.n_classes],
        ClassWeight::Balanced => balanced(&table.class_counts),
        ClassWeight::BalancedPerBootstrap => balanced(&drawn),
        ClassWeight::SquareRoot => square_root(&table.class_counts),
    };
    let total = |class_weights: &[u32]| -> u64 {
        let weights = drawn.iter().zip(class_weights);
        weights
            .map(|(drawn, &weight)| drawn * u64::from(weight))
            .sum()
    };
    while total(&class_weights) > MAX_WEIGHT {
        for weight in &mut class_weights {
            *weight = (*weight / 2).max(1);
        }
    }
    Bootstrap {
        samples,
        class_weights,
    }
}

/// The weight of a row of each class so that all classes with rows weigh the same, at least 1.
fn balanced(counts: &[u64]) -> Vec<u32> {
    let n_present = counts.iter().filter(|&&count| count > 0).count().max(1) as u64;
    counts
        .iter()
        .map(|&count| {
            let count = count.max(1);
            ((BALANCED_WEIGHT / n_present + count / 2) / count).max(1) as u32
        })
        .collect()
}

/// The weight of a row of each class so that a class with rows weighs as the square root of their number, at least 1.
fn square_root(counts: &[u64]) -> Vec<u32> {
    // A class of one row gets this; a class of 2³² rows still has more than one a row.
    const ONE: f64 = (1 << 18) as f64;
    counts
        .iter()
        .map(|&count| (ONE / (count.max(1) as f64).sqrt()).max(1.0) as u32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::options::ForestOptions;
    use crate::fit::tree::tests::{bin, table};

    #[test]
    fn a_class_weighs_as_the_square_root_of_its_size() {
        let weights = square_root(&[10_000, 100, 0]);
        assert_eq!(weights, [2621, 26_214, 1 << 18]);
    }

    #[test]
    fn balanced_classes_weigh_the_same() {
        let weights = balanced(&[60_000, 18, 0, 300]);
        let shares: Vec<u64> = weights
            .iter()
            .zip([60_000u64, 18, 0, 300])
            .map(|(&weight, n)| u64::from(weight) * n)
            .collect();
        let third = BALANCED_WEIGHT / 3;
        assert!(
            shares
                .iter()
                .all(|&share| share == 0 || share.abs_diff(third) < third / 1000),
            "{shares:?}"
        );
    }

    #[test]
    fn classes_are_balanced_in_the_table_or_in_each_bootstrap() {
        let table = table(2000);
        let weigh = |class_weight| {
            let params = ForestOptions {
                class_weight,
                ..ForestOptions::default()
            };
            let binned = bin(&table, &params.check().expect("in range"));
            let found = bootstrap(&binned, &mut stream(5, 0));
            let mut weights = [0u64; 4];
            for sample in &found.samples {
                let label = usize::from(sample.label);
                weights[label] += u64::from(sample.draws) * u64::from(found.class_weights[label]);
            }
            weights
        };
        let drawn = weigh(ClassWeight::None);
        assert_eq!(drawn.iter().sum::<u64>(), 2000);
        let per_bootstrap = weigh(ClassWeight::BalancedPerBootstrap);
        let third = BALANCED_WEIGHT / 3;
        assert!(
            per_bootstrap[..3]
                .iter()
                .all(|weight| weight.abs_diff(third) < third / 1000),
            "{per_bootstrap:?}"
        );
        let balanced = weigh(ClassWeight::Balanced);
        assert_ne!(balanced, per_bootstrap, "the bootstrap's luck stays");
        assert!(
            balanced[..3]
                .iter()
                .all(|weight| weight.abs_diff(third) < third / 3),
            "{balanced:?}"
        );
        assert_eq!(balanced[3], 0, "a class without rows");
    }
}
