//! Gradient-boosted trees (Friedman 2001; Newton steps as in Chen and Guestrin 2016) for all classes at once: each tree
//! corrects what those before it say of every class, and a leaf holds a score for each.
//!
//! ```text
//! p = softmax(scores of a row)        gradient  w (p − y)        curvature  w 2 p (1 − p)
//! score of a leaf = − rate × Σ gradient / (Σ curvature + λ)      gain of a split = Σ over classes of (Σ g)² / (Σ c + λ)
//! ```
//!
//! A leaf's scores are bytes of a codebook, so a row's are whole numbers, and every tree corrects the rounding of those before
//! it. Gradients are rounded to whole numbers too, so no sum depends on an order. Rows are drawn and weighed as for a random
//! forest, and splits look at random features: with all rows and all features every tree makes the same mistakes.

mod splitter;

use super::binned::BinnedTable;
use super::bootstrap::{Bootstrap, Sample, bootstrap, stream};
use super::codebook::nearest;
use super::forest::join_trees;
use super::grower;
use super::options::ForestParams;
use super::tree::{GrownTree, finish};
use crate::model::calibration::{CalibrationSpec, Curve};
use crate::model::forest::Leaves;
use splitter::GradientSplitter;

/// What a step of a leaf's byte is as a score, a natural logarithm of odds.
pub const SCORE_STEP: f64 = 1.0 / 64.0;
/// The byte of a score of 0.
const NEUTRAL: i32 = 128;
/// What is added to curvatures: a leaf of little weight says little.
const LAMBDA: f64 = 1.0;
/// What all gradients of a class may add up to, so that sums fit in 32 bits.
const GRADIENT_SUM: f64 = (1u32 << 30) as f64;
/// Weights of classes that are this many steps behind the first are 0 as far as an `f32` can tell.
const EXP_STEPS: usize = 100 * 64;

/// The curve of classifiers that have not been calibrated: none for shares, which stand for themselves.
pub fn uncalibrated(leaves: Leaves) -> Option<CalibrationSpec> {
    let curve = Curve::Exponential { rate: SCORE_STEP };
    (leaves == Leaves::Scores).then_some(CalibrationSpec { curve, sets: None })
}

/// Trees that are grown one after the other.
struct Booster<'a> {
    table: &'a BinnedTable,
    params: &'a ForestParams,
    n_grown: u32,
    /// The scores of every row so far, in steps of [`SCORE_STEP`], row by row.
    scores: Vec<i32>,
    /// exp(−[`SCORE_STEP`] × i).
    weights: Vec<f64>,
    /// The scores that a leaf may have, `n_classes` bytes each; any where it is empty.
    codebook: Vec<u8>,
}

/// Gradients and curvatures of the rows that were drawn, as whole numbers.
struct Gradients {
    /// For each row of the table `2 × width` numbers: gradients of all classes, filled up with zeros, then curvatures.
    values: Vec<i32>,
    /// How many classes there are, filled up.
    width: usize,
    /// What 1 is.
    unit: f64,
}

impl Gradients {
    fn of(&self, row_idx: u32) -> &[i32] {
        &self.values[row_idx as usize * 2 * self.width..][..2 * self.width]
    }
}

/// The trees of a classifier. They are grown twice: the leaves of the second time have the scores of a codebook that is made
/// of those of the first. `grown` is called after each tree.
pub fn grow_trees(
    table: &BinnedTable,
    params: &ForestParams,
    mut grown: impl FnMut(),
) -> Vec<GrownTree> {
    let mut grow_all = |codebook| -> Vec<GrownTree> {
        let mut booster = Booster::new(table, params, codebook);
        let next = |_| {
            let tree = booster.grow();
            grown();
            tree
        };
        (0..params.options().n_trees).map(next).collect()
    };
    let first = grow_all(Vec::new());
    let (joined, _) = join_trees(&first, table.n_classes(), Leaves::Scores);
    grow_all(joined.distributions)
}

impl<'a> Booster<'a> {
    /// Begins with a score of 0 for every class.
    fn new(table: &'a BinnedTable, params: &'a ForestParams, codebook: Vec<u8>) -> Self {
        let weight = |steps: usize| libm::exp(-SCORE_STEP * steps as f64);
        Self {
            table,
            params,
            n_grown: 0,
            scores: vec![0; table.n_rows() * table.n_classes()],
            weights: (0..EXP_STEPS).map(weight).collect(),
            codebook,
        }
    }

    /// Grows the next tree.
    fn grow(&mut self) -> GrownTree {
        let (table, options) = (self.table, self.params.options());
        let mut rng = stream(options.seed, self.n_grown);
        self.n_grown += 1;
        let Bootstrap {
            samples,
            class_weights,
        } = bootstrap(table, &mut rng);
        let gradients = self.gradients(&samples, &class_weights);
        let mut splitter = GradientSplitter::new(table, &gradients, options.min_leaf);
        let (nodes, samples) = grower::grow(table, self.params, rng, samples, &mut splitter);
        let weigh = |sample: &Sample| {
            u64::from(sample.draws) * u64::from(class_weights[usize::from(sample.label)])
        };
        let leaf = |node_idx: usize| {
            let samples = &samples[nodes[node_idx].range()];
            let cover = samples.iter().map(weigh).sum();
            (self.leaf(&gradients, samples), cover)
        };
        let whole = samples.iter().map(weigh).sum();
        let grown = finish(table, &nodes, nodes.len(), whole, leaf);
        self.add(&grown);
        grown
    }

    fn gradients(&self, samples: &[Sample], class_weights: &[u32]) -> Gradients {
        let n_classes = self.table.n_classes();
        let width = n_classes.next_multiple_of(splitter::LANES);
        let weigh = |sample: &Sample| {
            f64::from(sample.draws) * f64::from(class_weights[usize::from(sample.label)])
        };
        let drawn: f64 = samples.iter().map(|sample| f64::from(sample.draws)).sum();
        let whole: f64 = samples.iter().map(weigh).sum();
        // A draw weighs 1 in the mean, so that λ means the same for all weights.
        let unit = GRADIENT_SUM / drawn;
        let mut values = vec![0; self.table.n_rows() * 2 * width];
        let mut weights = vec![0.0; n_classes];
        for sample in samples {
            let row_idx = sample.row_idx as usize;
            let scores = &self.scores[row_idx * n_classes..][..n_classes];
            let largest = scores.iter().copied().max().unwrap_or(0);
            for (weight, &score) in weights.iter_mut().zip(scores) {
                let steps = (largest - score) as usize;
                *weight = self.weights.get(steps).copied().unwrap_or(0.0);
            }
            let total: f64 = weights.iter().sum();
            let scale = weigh(sample) * drawn / whole * unit;
            let (of_gradient, of_curvature) =
                values[row_idx * 2 * width..][..2 * width].split_at_mut(width);
            for (class, weight) in weights.iter().enumerate() {
                let p = weight / total;
                let y = f64::from(u8::from(class == usize::from(sample.label)));
                of_gradient[class] = (scale * (p - y)).round() as i32;
                of_curvature[class] = (scale * 2.0 * p * (1.0 - p)).round() as i32;
            }
        }
        Gradients {
            values,
            width,
            unit,
        }
    }

    /// The scores of a leaf with these rows, as bytes.
    fn leaf(&self, gradients: &Gradients, samples: &[Sample]) -> Vec<u8> {
        let width = gradients.width;
        let mut sums = vec![0i64; 2 * width];
        for sample in samples {
            for (sum, &value) in sums.iter_mut().zip(gradients.of(sample.row_idx)) {
                *sum += i64::from(value);
            }
        }
        let n_classes = self.table.n_classes();
        let rate = self.params.options().learning_rate;
        let lambda = LAMBDA * gradients.unit;
        let score =
            |class: usize| -rate * sums[class] as f64 / (sums[width + class] as f64 + lambda);
        // Only differences between classes count, so the mean is 0.
        let mean = (0..n_classes).map(score).sum::<f64>() / n_classes as f64;
        let byte = |class: usize| {
            let steps = ((score(class) - mean) / SCORE_STEP).round();
            (steps + f64::from(NEUTRAL)).clamp(0.0, 255.0) as u8
        };
        let scores: Vec<u8> = (0..n_classes).map(byte).collect();
        if self.codebook.is_empty() {
            return scores;
        }
        let place = nearest(&scores, &self.codebook, n_classes) as usize;
        self.codebook[place * n_classes..][..n_classes].to_vec()
    }

    /// Adds a tree's scores to those of all rows.
    fn add(&mut self, grown: &GrownTree) {
        let n_classes = self.table.n_classes();
        for (row_idx, scores) in (0u32..).zip(self.scores.chunks_exact_mut(n_classes)) {
            let leaf = self.table.leaf(&grown.tree, row_idx) as usize;
            let bytes = &grown.distributions[leaf * n_classes..][..n_classes];
            for (score, &byte) in scores.iter_mut().zip(bytes) {
                *score += i32::from(byte) - NEUTRAL;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::TrainingTable;
    use crate::fit::codebook::MAX_DISTRIBUTIONS;
    use crate::fit::options::{ClassWeight, ForestOptions, Learner};
    use crate::fit::tree::tests::{bin, table};

    fn params(n_trees: u32) -> ForestParams {
        ForestOptions {
            learner: Learner::Boosted,
            n_trees,
            max_leaves: 16,
            class_weight: ClassWeight::SquareRoot,
            ..ForestOptions::default()
        }
        .check()
        .expect("in range")
    }

    /// How many rows get their label's class of the first trees.
    fn hits(table: &TrainingTable, trees: &[GrownTree]) -> usize {
        let n_classes = table.n_classes;
        let is_hit = |&row_idx: &usize| {
            let mut sums = vec![0u32; n_classes];
            for grown in trees {
                let value = |feature: u16| table.columns[usize::from(feature)][row_idx];
                let leaf = grown.tree.leaf(value) as usize;
                let scores = &grown.distributions[leaf * n_classes..][..n_classes];
                for (sum, &score) in sums.iter_mut().zip(scores) {
                    *sum += u32::from(score);
                }
            }
            let label = usize::from(table.labels[row_idx]);
            sums.iter().max() == Some(&sums[label])
        };
        (0..table.n_rows()).filter(is_hit).count()
    }

    #[test]
    fn more_trees_tell_classes_apart_better() {
        let table = table(3000);
        let params = params(20);
        let mut calls = 0;
        let trees = grow_trees(&bin(&table, &params), &params, || calls += 1);
        assert_eq!((trees.len(), calls), (20, 40));
        let (few, all) = (hits(&table, &trees[..2]), hits(&table, &trees));
        assert!(few < all && all > 2950, "{few}, then {all} of 3000");
        let unseen = crate::fit::tree::tests::table(4000).rows(&(3000..4000).collect::<Vec<_>>());
        assert!(hits(&unseen, &trees) > 970, "{}", hits(&unseen, &trees));
    }

    #[test]
    fn leaves_are_those_of_a_codebook_and_joining_changes_none() {
        let table = table(2000);
        let params = params(40);
        let trees = grow_trees(&bin(&table, &params), &params, || {});
        let (forest, importances) = join_trees(&trees, 4, Leaves::Scores);
        let kept: Vec<&[u8]> = forest.distributions.chunks_exact(4).collect();
        assert!((2..=MAX_DISTRIBUTIONS).contains(&kept.len()));
        for (grown, joined) in trees.iter().zip(&forest.trees) {
            for row_idx in 0..100 {
                let value = |feature: u16| table.columns[usize::from(feature)][row_idx];
                let own = &grown.distributions[grown.tree.leaf(value) as usize * 4..][..4];
                assert_eq!(own, kept[joined.leaf(value) as usize]);
            }
        }
        assert!(importances[0] > importances[2], "{importances:?}");
    }

    #[test]
    fn a_leaf_is_a_newton_step_from_what_is_known() {
        let table = table(500);
        let params = params(1);
        let binned = bin(&table, &params);
        let booster = Booster::new(&binned, &params, Vec::new());
        let Bootstrap {
            samples,
            class_weights,
        } = bootstrap(&binned, &mut stream(0, 0));
        let gradients = booster.gradients(&samples, &class_weights);
        let found = booster.leaf(&gradients, &samples);

        let weigh = |sample: &Sample| {
            f64::from(sample.draws) * f64::from(class_weights[usize::from(sample.label)])
        };
        let drawn: f64 = samples.iter().map(|sample| f64::from(sample.draws)).sum();
        let scale = drawn / samples.iter().map(weigh).sum::<f64>();
        // Before the first tree all four classes are as likely.
        let step = |class: u8| {
            let (mut gradient, mut curvature) = (0.0, LAMBDA);
            for sample in &samples {
                let weight = scale * weigh(sample);
                gradient += weight * (0.25 - f64::from(u8::from(sample.label == class)));
                curvature += weight * 2.0 * 0.25 * 0.75;
            }
            -0.15 * gradient / curvature
        };
        let steps = [0, 1, 2, 3].map(step);
        let mean = steps.iter().sum::<f64>() / 4.0;
        let expected = steps.map(|step| ((step - mean) * 64.0).round() + 128.0);
        assert_eq!(
            found
                .iter()
                .map(|&byte| f64::from(byte))
                .collect::<Vec<_>>(),
            expected
        );
        assert!(found.iter().any(|&byte| byte != 128));
    }

    #[test]
    fn the_same_seed_gives_the_same_trees() {
        let table = table(400);
        let params = params(3);
        let binned = bin(&table, &params);
        let trees = grow_trees(&binned, &params, || {});
        assert_eq!(trees, grow_trees(&binned, &params, || {}));
        assert_ne!(trees[0], trees[1]);
    }
}
