//! The best split of a node by Gini impurity, from integer class weights per bin.
//!
//! The score of a split is Σ wₗ²/Wₗ + Σ wᵣ²/Wᵣ over classes, of the rows to its left and right: the larger, the purer
//! are both. All sums are whole numbers and only the two divisions round, so the score does not depend on the order in
//! which rows were counted, and a node counted in a histogram and one sorted row by row give the same split.
//!
//! Most nodes are small and hold few of the classes. So classes are numbered anew in each node, a histogram is read only
//! at the codes that occur and is empty again after it, and a node of a handful of rows is sorted instead.

mod node;
mod sweep;

use super::binned::BinnedTable;
use super::bootstrap::Sample;
use super::grower::Splitter;
use node::{Histogram, Node, Part};
use sweep::{Found, best_cut, score};

/// Where a node is split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Split {
    /// Index of the feature.
    pub(super) feature: u16,
    /// Codes up to this go left, missing ones apart.
    pub(super) last_left: u8,
    /// Whether missing values go left.
    pub(super) missing_left: bool,
    /// Whether all rows to the left are of one class, and to the right.
    pub(super) pure: [bool; 2],
    /// See the module's head.
    pub(super) score: f64,
}

/// A node's rows with this many or fewer are sorted instead of counted in a histogram.
const SORTED_ROWS: usize = 32;

/// Finds splits; holds the memory that this needs.
pub(super) struct SplitFinder<'a> {
    table: &'a BinnedTable,
    /// What one draw of each class weighs.
    class_weights: Vec<u32>,
    min_leaf: u32,
    node: Node,
    /// Codes of the node's rows on the features at hand, see [`BinnedTable::gather`].
    codes: Vec<u8>,
    histograms: [Histogram; 2],
    rows_of_code: Vec<u32>,
    /// What the node holds on the feature at hand, ascending.
    parts: Vec<Part>,
    /// Weights to the left of a cut, by class of the node.
    left: Vec<u64>,
}

impl<'a> SplitFinder<'a> {
    pub(super) fn new(table: &'a BinnedTable, class_weights: Vec<u32>, min_leaf: u32) -> Self {
        let n_classes = table.n_classes();
        Self {
            table,
            class_weights,
            min_leaf,
            node: Node::new(n_classes),
            codes: Vec::new(),
            histograms: [Histogram::new(n_classes), Histogram::new(n_classes)],
            rows_of_code: vec![0; 256],
            parts: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Fills `parts` row by row.
    fn sort(&mut self, codes: &[u8]) {
        let rows = codes.iter().zip(&self.node.rows);
        self.parts.clear();
        self.parts
            .extend(rows.map(|(&code, row)| Part::new(code, row.class, row.draws.into())));
        self.parts.sort_unstable();
    }

    /// Fills a histogram for each of one or two features.
    fn count(&mut self, codes: &[u8]) {
        let shift = self.node.class_bits();
        let [first, second] = &mut self.histograms;
        let (of_first, of_second) = codes.split_at(self.node.rows.len());
        if of_second.is_empty() {
            for (&code, row) in of_first.iter().zip(&self.node.rows) {
                first.add(code, *row, shift);
            }
        } else {
            // Two at once: rows with equal codes follow each other, and adding to one cell twice in a row takes longer
            // than adding to two.
            let codes = of_first.iter().zip(of_second);
            for ((&code, &other), row) in codes.zip(&self.node.rows) {
                first.add(code, *row, shift);
                second.add(other, *row, shift);
            }
        }
    }

    /// Fills `parts` from a histogram, which is empty after it.
    fn take_parts(&mut self, histogram: usize) {
        self.histograms[histogram].take(&self.node, &mut self.parts);
    }

    /// Fills `rows_of_code`.
    fn count_rows(&mut self, codes: &[u8]) {
        self.rows_of_code.fill(0);
        for &code in codes {
            self.rows_of_code[usize::from(code)] += 1;
        }
    }

    /// The best cut through `parts`.
    fn best_cut(&mut self) -> Option<Found> {
        let (node, parts) = (&self.node, &self.parts);
        best_cut(
            node,
            parts,
            &self.rows_of_code,
            self.min_leaf,
            &mut self.left,
        )
    }
}

impl Splitter for SplitFinder<'_> {
    fn enter(&mut self, samples: &[Sample]) -> bool {
        self.node.enter(samples, &self.class_weights)
    }

    fn unsplit_score(&self) -> f64 {
        score(self.node.squares, self.node.total)
    }

    fn best(
        &mut self,
        samples: &[Sample],
        features: &[u16],
        mut constant: impl FnMut(u16),
    ) -> Option<Split> {
        let mut codes = std::mem::take(&mut self.codes);
        self.table.gather(samples, features, &mut codes);
        let mut best: Option<(u16, Found)> = None;
        'features: for (pair, codes) in features.chunks(2).zip(codes.chunks(2 * samples.len())) {
            let is_small = samples.len() <= SORTED_ROWS;
            if !is_small {
                self.count(codes);
            }
            for (i, (&feature, codes)) in pair.iter().zip(codes.chunks(samples.len())).enumerate() {
                if is_small {
                    self.sort(codes);
                } else {
                    self.take_parts(i);
                }
                if self.min_leaf > 1 {
                    self.count_rows(codes);
                }
                if self.parts.first().map(|part| part.code())
                    == self.parts.last().map(|part| part.code())
                {
                    constant(feature);
                    continue;
                }
                if let Some(found) = self.best_cut()
                    && best.is_none_or(|(_, best)| found.score > best.score)
                {
                    best = Some((feature, found));
                    if found.pure == [true, true] {
                        // No other split can be better.
                        if !is_small && i == 0 && pair.len() == 2 {
                            self.take_parts(1);
                        }
                        break 'features;
                    }
                }
            }
        }
        self.codes = codes;
        best.map(|(feature, found)| {
            found.on(feature, &self.table.columns[usize::from(feature)].cuts)
        })
    }
}

/// The code after which to cut between two codes that occur, `None` being missing values alone: of the cuts in that gap, the one nearest to its middle. The
/// rows of the node do not care; those to come are as likely near either end.
pub(super) fn middle_of_gap(low: u8, high: Option<u8>, cuts: &[f32]) -> u8 {
    let Some(high) = high else {
        return (cuts.len() + 1) as u8;
    };
    let cut_after = |code: u8| f64::from(cuts[usize::from(code) - 1]);
    let middle = f64::midpoint(cut_after(low), cut_after(high - 1));
    let distance = |code: u8| (cut_after(code) - middle).abs();
    (low..high)
        .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::TrainingTable;
    use crate::fit::cuts::{BinnedColumn, MISSING_CODE};
    use crate::fit::options::ForestOptions;
    use crate::fit::rng::SplitMix64;

    /// A table of one column whose rows have these codes, labels and draws, and the rows as one node.
    fn node(rows: &[(u8, u8, u8)], n_cuts: usize) -> (BinnedTable, Vec<Sample>) {
        let table = TrainingTable {
            columns: vec![vec![0.0; rows.len()]],
            labels: rows.iter().map(|row| row.1).collect(),
            n_classes: 3,
        };
        let column = BinnedColumn {
            cuts: (0..n_cuts).map(|i| i as f32).collect(),
            codes: rows.iter().map(|row| row.0).collect(),
        };
        let params = ForestOptions::default().check().expect("in range");
        let binned = BinnedTable::new(&table, vec![column], &params).expect("a table to fit");
        let sample = |(row_idx, &(_, label, draws)): (u32, &(u8, u8, u8))| Sample {
            row_idx,
            label,
            draws,
        };
        (binned, (0..).zip(rows).map(sample).collect())
    }

    const WEIGHTS: [u32; 3] = [1, 700, 33];

    /// The best score by the book, over every cut and both sides for missing values.
    fn by_the_book(rows: &[(u8, u8, u8)], min_leaf: usize) -> Option<f64> {
        let score = |side: &[&(u8, u8, u8)]| {
            let mut weights = [0u64; 3];
            for &&(_, label, draws) in side {
                weights[usize::from(label)] +=
                    u64::from(WEIGHTS[usize::from(label)]) * u64::from(draws);
            }
            weights.iter().map(|w| w * w).sum::<u64>() as f64 / weights.iter().sum::<u64>() as f64
        };
        let mut best: Option<f64> = None;
        for cut in 0..=255u8 {
            for missing_left in [false, true] {
                let (left, right): (Vec<_>, Vec<_>) = rows.iter().partition(|&&(code, ..)| {
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
        for round in 0..120 {
            // Around the size at which nodes are sorted, with and without missing values, few classes and more.
            let n_rows = 3 + round % 60;
            let lowest = u32::from(round % 2 == 0);
            let n_classes = 2 + u32::from(round % 3 == 0);
            let mut rows: Vec<(u8, u8, u8)> = (0..n_rows)
                .map(|_| {
                    let code = (lowest + rng.below(21)) as u8;
                    // Codes of one class alone, and mixed ones.
                    let label = if code.is_multiple_of(3) {
                        1
                    } else {
                        rng.below(n_classes) as u8
                    };
                    (code, label, 1 + rng.below(4) as u8)
                })
                .collect();
            (rows[0].1, rows[1].1) = (0, 1);
            let (table, samples) = node(&rows, 20);
            for min_leaf in [1, 4] {
                let mut finder = SplitFinder::new(&table, WEIGHTS.to_vec(), min_leaf);
                assert!(finder.enter(&samples));
                let found = finder.best(&samples, &[0], |_| {});
                let what = format!("round {round}, leaves of {min_leaf}");
                let expected = by_the_book(&rows, min_leaf as usize);
                assert_eq!(found.map(|split| split.score), expected, "{what}");
                let codes: Vec<u8> = rows.iter().map(|row| row.0).collect();
                finder.sort(&codes);
                let sorted = finder.best_cut();
                finder.count(&codes);
                finder.take_parts(0);
                let counted = finder.best_cut();
                let place = |found: Option<Found>| found.map(|f| (f.low, f.high, f.missing_left));
                assert_eq!(place(sorted), place(counted), "{what}");
                for Histogram { cells, seen } in &finder.histograms {
                    assert!(cells.iter().all(|&cell| cell == 0) && seen == &[0; 256]);
                }
            }
        }
    }

    #[test]
    fn of_several_features_the_first_best_one_is_taken_and_constant_ones_are_told() {
        let n_rows = 100;
        let labels: Vec<u8> = (0..n_rows).map(|i| u8::from(i >= 40)).collect();
        let column = |codes: Vec<u8>| BinnedColumn {
            cuts: vec![0.0, 1.0, 2.0],
            codes,
        };
        let good: Vec<u8> = labels.iter().map(|&label| 1 + label).collect();
        let columns = vec![
            column((0..n_rows).map(|i| 1 + i % 3).collect()),
            column(vec![2; usize::from(n_rows)]),
            column(good.clone()),
            column(good),
        ];
        let table = TrainingTable {
            columns: vec![vec![0.0; usize::from(n_rows)]; 4],
            labels: labels.clone(),
            n_classes: 2,
        };
        let params = ForestOptions::default().check().expect("in range");
        let binned = BinnedTable::new(&table, columns, &params).expect("a table to fit");
        // A large node, which is counted, and a small one, which is sorted.
        for rows in [0..u32::from(n_rows), 30..50] {
            let samples: Vec<Sample> = rows
                .map(|row_idx| Sample {
                    row_idx,
                    label: labels[row_idx as usize],
                    draws: 1,
                })
                .collect();
            let mut finder = SplitFinder::new(&binned, vec![1, 1], 1);
            assert!(finder.enter(&samples));
            let mut constant = Vec::new();
            let found = finder.best(&samples, &[1, 0, 3, 2], |feature| constant.push(feature));
            let found = found.expect("a split");
            assert_eq!((found.feature, found.pure), (3, [true, true]));
            assert_eq!(constant, [1]);
            assert_eq!(finder.best(&samples, &[1], |_| {}), None);
            // What the first call left unread does not reach the next.
            let again = finder.best(&samples, &[2, 0], |_| {}).expect("a split");
            assert_eq!((again.feature, again.score), (2, found.score));
        }
    }

    #[test]
    fn missing_values_alone_can_be_split_off() {
        let (table, samples) = node(&[(1, 0, 1), (2, 0, 1), (0, 1, 1)], 1);
        let mut finder = SplitFinder::new(&table, vec![1; 3], 1);
        assert!(finder.enter(&samples));
        assert_eq!(
            finder.best(&samples, &[0], |_| {}),
            Some(Split {
                feature: 0,
                last_left: 2,
                missing_left: false,
                pure: [true, true],
                score: 3.0
            })
        );
    }

    #[test]
    fn unseen_missing_values_go_with_the_majority() {
        for (draws, expected) in [(1, false), (9, true)] {
            let (table, samples) = node(&[(1, 0, draws), (2, 1, 2)], 1);
            let mut finder = SplitFinder::new(&table, vec![1; 3], 1);
            assert!(finder.enter(&samples));
            let found = finder.best(&samples, &[0], |_| {}).expect("a split");
            assert_eq!(found.missing_left, expected);
        }
    }

    #[test]
    fn a_cut_lies_in_the_middle_of_a_gap() {
        let cuts = [0.0, 1.0, 4.0, 9.0, 10.0];
        assert_eq!(middle_of_gap(1, Some(5), &cuts), 3);
        assert_eq!(middle_of_gap(2, Some(3), &cuts), 2);
        assert_eq!(middle_of_gap(2, None, &cuts), 6);
    }
}
