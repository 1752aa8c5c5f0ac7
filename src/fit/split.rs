//! The best split of a node on one feature, by Gini impurity, from integer class weights per bin.
//!
//! The score of a split is Σ wₗ²/Wₗ + Σ wᵣ²/Wᵣ over classes, of the rows to its left and right: the larger, the purer
//! are both. All sums are whole numbers and only the two divisions round, so the score does not depend on the order in
//! which rows were counted, and a node counted in a histogram and one sorted row by row give the same split.

use super::cuts::MISSING_CODE;

/// A row of the bootstrap sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Its index in the table.
    pub(super) row_idx: u32,
    /// How often it was drawn, times the weight of its class.
    pub(super) weight: u32,
    /// Its class.
    pub(super) label: u8,
}

/// Where a node is split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Split {
    /// Index of the feature.
    pub(super) feature: u16,
    /// Codes up to this go left, missing ones apart.
    pub(super) last_left: u8,
    /// Whether missing values go left.
    pub(super) missing_left: bool,
    /// See the module's head.
    pub(super) score: f64,
}

/// A node's rows with this many or fewer are sorted instead of counted in a histogram.
const SORTED_ROWS: usize = 96;

/// Weight of one class at one code of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    code: u8,
    label: u8,
    weight: u32,
    /// Rows that this part brings along; counted only where a leaf must keep more than one row.
    rows: u32,
}

/// Finds splits; holds the memory that this needs.
pub(super) struct SplitFinder {
    n_classes: usize,
    min_leaf: u32,
    /// All rows of the node.
    node: Side,
    left: Side,
    right: Side,
    /// Weight per code (outer) and class (inner).
    histogram: Vec<u32>,
    rows_of_code: Vec<u32>,
    /// What the node holds on the feature at hand, by ascending code.
    parts: Vec<Part>,
}

impl SplitFinder {
    pub(super) fn new(n_classes: usize, min_leaf: u32) -> Self {
        Self {
            n_classes,
            min_leaf,
            node: Side::default(),
            left: Side::default(),
            right: Side::default(),
            histogram: vec![0; 256 * n_classes],
            rows_of_code: vec![0; 256],
            parts: Vec::new(),
        }
    }

    /// Turns to a node with these rows.
    pub(super) fn enter(&mut self, samples: &[Sample]) {
        self.node.clear(self.n_classes);
        for sample in samples {
            self.node.add(sample.label, sample.weight);
        }
        self.node.rows = samples.len() as u32;
    }

    /// The weight of each class in the node.
    pub(super) fn class_weights(&self) -> &[u64] {
        &self.node.weights
    }

    /// The score of the node unsplit, Σ w²/W.
    pub(super) fn unsplit_score(&self) -> f64 {
        self.node.score()
    }

    /// The best split of the node, whose rows are `samples`, on a feature with these codes and the cuts between them;
    /// `None` where all rows have one code, or where every split leaves a side with too few rows.
    pub(super) fn best(
        &mut self,
        samples: &[Sample],
        feature: u16,
        codes: &[u8],
        cuts: &[f32],
    ) -> Option<Split> {
        if samples.len() <= SORTED_ROWS {
            self.sort(samples, codes);
        } else {
            self.count(samples, codes, cuts.len() + 2);
        }
        let found = self.best_cut()?;
        Some(Split {
            feature,
            last_left: found.middle_of_gap(cuts),
            missing_left: found.missing_left,
            score: found.score,
        })
    }

    /// Fills `parts` row by row.
    fn sort(&mut self, samples: &[Sample], codes: &[u8]) {
        self.parts.clear();
        self.parts.extend(samples.iter().map(|sample| Part {
            code: codes[sample.row_idx as usize],
            label: sample.label,
            weight: sample.weight,
            rows: 1,
        }));
        self.parts.sort_unstable_by_key(|part| part.code);
    }

    /// Fills `parts` from a histogram.
    fn count(&mut self, samples: &[Sample], codes: &[u8], n_codes: usize) {
        let n_classes = self.n_classes;
        let cells = &mut self.histogram[..n_codes * n_classes];
        cells.fill(0);
        for sample in samples {
            let code = usize::from(codes[sample.row_idx as usize]);
            cells[code * n_classes + usize::from(sample.label)] += sample.weight;
        }
        if self.min_leaf > 1 {
            self.rows_of_code.fill(0);
            for sample in samples {
                self.rows_of_code[usize::from(codes[sample.row_idx as usize])] += 1;
            }
        }
        self.parts.clear();
        for (code, weights) in cells.chunks_exact(n_classes).enumerate() {
            let mut rows = self.rows_of_code[code];
            for (label, &weight) in weights.iter().enumerate() {
                if weight > 0 {
                    self.parts.push(Part {
                        code: code as u8,
                        label: label as u8,
                        weight,
                        rows,
                    });
                    rows = 0;
                }
            }
        }
    }

    /// The best cut through `parts`: with missing values to the right, then, where there are any, to the left.
    fn best_cut(&mut self) -> Option<Found> {
        let n_missing = self.parts.partition_point(|part| part.code == MISSING_CODE);
        let (missing, present) = self.parts.split_at(n_missing);
        let mut best = None;
        for missing_left in [false, true] {
            if missing_left && missing.is_empty() {
                break;
            }
            self.left.clear(self.n_classes);
            self.right.copy_from(&self.node);
            if missing_left {
                shift(missing, &mut self.right, &mut self.left);
            }
            let mut low = None;
            for bin in present.chunk_by(|a, b| a.code == b.code) {
                let high = bin[0].code;
                if let Some(low) = low {
                    let found = Found {
                        low,
                        high: Some(high),
                        missing_left,
                        score: 0.0,
                    };
                    best = found.better_of(best, &self.left, &self.right, self.min_leaf);
                }
                shift(bin, &mut self.right, &mut self.left);
                low = Some(high);
            }
            if let Some(low) = low
                && !missing_left
                && !missing.is_empty()
            {
                let found = Found {
                    low,
                    high: None,
                    missing_left,
                    score: 0.0,
                };
                best = found.better_of(best, &self.left, &self.right, self.min_leaf);
            }
        }
        // A node that saw no missing value sends those to come where most of its weight goes.
        best.map(|found| {
            if missing.is_empty() {
                self.with_majority(found)
            } else {
                found
            }
        })
    }

    fn with_majority(&self, found: Found) -> Found {
        let left: u64 = self
            .parts
            .iter()
            .filter(|part| part.code <= found.low)
            .map(|part| u64::from(part.weight))
            .sum();
        Found {
            missing_left: 2 * left >= self.node.total,
            ..found
        }
    }
}

fn shift(parts: &[Part], from: &mut Side, to: &mut Side) {
    for part in parts {
        from.remove(part.label, part.weight);
        to.add(part.label, part.weight);
        from.rows = from.rows.wrapping_sub(part.rows);
        to.rows = to.rows.wrapping_add(part.rows);
    }
}

/// A cut between two codes that occur in the node.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// The last code to the left that occurs.
    low: u8,
    /// The first code to the right that occurs; `None` where missing values alone are to the right.
    high: Option<u8>,
    missing_left: bool,
    score: f64,
}

impl Found {
    /// This cut with its score, if it may be made and scores more than the best so far, else that one.
    fn better_of(
        self,
        best: Option<Self>,
        left: &Side,
        right: &Side,
        min_leaf: u32,
    ) -> Option<Self> {
        if min_leaf > 1 && left.rows.min(right.rows) < min_leaf {
            return best;
        }
        let score = left.score() + right.score();
        if best.is_none_or(|best| score > best.score) {
            Some(Self { score, ..self })
        } else {
            best
        }
    }

    /// The code after which to cut: of the cuts in the gap between the two codes, the one nearest to its middle. The
    /// rows of the node do not care; those to come are as likely near either end.
    fn middle_of_gap(&self, cuts: &[f32]) -> u8 {
        let Some(high) = self.high else {
            return (cuts.len() + 1) as u8;
        };
        let cut_after = |code: u8| f64::from(cuts[usize::from(code) - 1]);
        let middle = f64::midpoint(cut_after(self.low), cut_after(high - 1));
        let distance = |code: u8| (cut_after(code) - middle).abs();
        (self.low..high)
            .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
            .unwrap_or(self.low)
    }
}

/// What lies on one side: weight per class, their sum, the sum of their squares, and rows.
///
/// A sample's weights add up to at most 2³¹ (see [`super::tree`]), so the squares fit.
#[derive(Clone, Debug, Default)]
struct Side {
    weights: Vec<u64>,
    total: u64,
    squares: u64,
    rows: u32,
}

impl Side {
    fn clear(&mut self, n_classes: usize) {
        self.weights.clear();
        self.weights.resize(n_classes, 0);
        (self.total, self.squares, self.rows) = (0, 0, 0);
    }

    fn copy_from(&mut self, other: &Self) {
        self.weights.clone_from(&other.weights);
        (self.total, self.squares, self.rows) = (other.total, other.squares, other.rows);
    }

    fn add(&mut self, label: u8, weight: u32) {
        let (held, weight) = (&mut self.weights[usize::from(label)], u64::from(weight));
        self.squares += (2 * *held + weight) * weight;
        *held += weight;
        self.total += weight;
    }

    fn remove(&mut self, label: u8, weight: u32) {
        let (held, weight) = (&mut self.weights[usize::from(label)], u64::from(weight));
        *held -= weight;
        self.squares -= (2 * *held + weight) * weight;
        self.total -= weight;
    }

    fn score(&self) -> f64 {
        self.squares as f64 / self.total as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::rng::SplitMix64;

    fn samples(n: u32, rng: &mut SplitMix64) -> Vec<Sample> {
        (0..n)
            .map(|row_idx| Sample {
                row_idx,
                weight: 1 + rng.below(1000),
                label: rng.below(3) as u8,
            })
            .collect()
    }

    /// Gini gains by the book, over every cut and both sides for missing values.
    fn by_the_book(samples: &[Sample], codes: &[u8], min_leaf: usize) -> Option<f64> {
        let score = |side: &[&Sample]| {
            let mut weights = [0u64; 3];
            for sample in side {
                weights[usize::from(sample.label)] += u64::from(sample.weight);
            }
            weights.iter().map(|w| w * w).sum::<u64>() as f64 / weights.iter().sum::<u64>() as f64
        };
        let mut best: Option<f64> = None;
        for cut in 0..=255u8 {
            for missing_left in [false, true] {
                let (left, right): (Vec<&Sample>, Vec<&Sample>) = samples.iter().partition(|s| {
                    let code = codes[s.row_idx as usize];
                    if code == MISSING_CODE {
                        missing_left
                    } else {
                        code <= cut
                    }
                });
                if left.len().min(right.len()) >= min_leaf {
                    let score = score(&left) + score(&right);
                    best = Some(best.map_or(score, |best: f64| best.max(score)));
                }
            }
        }
        best
    }

    #[test]
    fn sorted_and_counted_nodes_find_the_best_split() {
        let mut rng = SplitMix64::new(11);
        let cuts: Vec<f32> = (0..20).map(|i| i as f32).collect();
        for round in 0..60 {
            // Around the size at which nodes are sorted, with and without missing values.
            let samples = samples(2 + round * 4, &mut rng);
            let lowest = u32::from(round % 2 == 0);
            let codes: Vec<u8> = samples
                .iter()
                .map(|_| (lowest + rng.below(21)) as u8)
                .collect();
            for min_leaf in [1, 4] {
                let mut finder = SplitFinder::new(3, min_leaf);
                finder.enter(&samples);
                let found = finder.best(&samples, 0, &codes, &cuts);
                let expected = by_the_book(&samples, &codes, min_leaf as usize);
                assert_eq!(
                    found.map(|split| split.score),
                    expected,
                    "round {round}, leaves of {min_leaf}"
                );
                finder.sort(&samples, &codes);
                let sorted = finder
                    .best_cut()
                    .map(|found| (found.low, found.missing_left));
                finder.count(&samples, &codes, cuts.len() + 2);
                let counted = finder
                    .best_cut()
                    .map(|found| (found.low, found.missing_left));
                assert_eq!(sorted, counted, "round {round}, leaves of {min_leaf}");
            }
        }
    }

    #[test]
    fn missing_values_alone_can_be_split_off() {
        let sample = |row_idx, label| Sample {
            row_idx,
            weight: 1,
            label,
        };
        let node = [sample(0, 0), sample(1, 0), sample(2, 1)];
        let mut finder = SplitFinder::new(2, 1);
        finder.enter(&node);
        let found = finder.best(&node, 5, &[1, 2, 0], &[0.5]).expect("a split");
        assert_eq!(
            found,
            Split {
                feature: 5,
                last_left: 2,
                missing_left: false,
                score: 3.0
            }
        );
        assert_eq!(
            finder.best(&node, 5, &[1, 1, 1], &[0.5]),
            None,
            "one code cannot be split"
        );
    }

    #[test]
    fn unseen_missing_values_go_with_the_majority() {
        let sample = |row_idx, label, weight| Sample {
            row_idx,
            weight,
            label,
        };
        for (weight, expected) in [(1, false), (9, true)] {
            let node = [sample(0, 0, weight), sample(1, 1, 2)];
            let mut finder = SplitFinder::new(2, 1);
            finder.enter(&node);
            let found = finder.best(&node, 0, &[1, 2], &[0.5]).expect("a split");
            assert_eq!(found.missing_left, expected);
        }
    }

    #[test]
    fn a_cut_lies_in_the_middle_of_a_gap() {
        let found = Found {
            low: 1,
            high: Some(5),
            missing_left: false,
            score: 0.0,
        };
        assert_eq!(found.middle_of_gap(&[0.0, 1.0, 4.0, 9.0, 10.0]), 3);
        let next = Found {
            low: 2,
            high: Some(3),
            ..found
        };
        assert_eq!(next.middle_of_gap(&[0.0, 1.0, 4.0, 9.0, 10.0]), 2);
    }
}
