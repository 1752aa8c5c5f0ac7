//! The best split of a node by Gini impurity, from integer class weights per bin.
//!
//! The score of a split is Σ wₗ²/Wₗ + Σ wᵣ²/Wᵣ over classes, of the rows to its left and right: the larger, the purer
//! are both. All sums are whole numbers and only the two divisions round, so the score does not depend on the order in
//! which rows were counted, and a node counted in a histogram and one sorted row by row give the same split.
//!
//! Most nodes are small and hold few of the classes. So classes are numbered anew in each node, a histogram is read only
//! at the codes that occur and is empty again after it, and a node of a handful of rows is sorted instead.

use super::binned::BinnedTable;
use super::bootstrap::Sample;
use super::cuts::MISSING_CODE;
use super::grower::Splitter;

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

/// The rows that are to be split.
#[derive(Default)]
struct Node {
    /// Draws of each class; zeros while no node is looked at.
    draws_of_class: Vec<u32>,
    /// The number in the node of each class that it has.
    number_of_class: Vec<u8>,
    /// What one draw weighs, by class of the node.
    draw_weights: Vec<u32>,
    /// What the rows of each class of the node weigh.
    weights: Vec<u64>,
    total: u64,
    squares: u64,
    rows: Vec<NodeRow>,
}

/// The class of a row, as the node numbers it, and how often it was drawn.
#[derive(Clone, Copy)]
struct NodeRow {
    class: u8,
    draws: u8,
}

/// Draws per code and class of the node.
struct Histogram {
    /// All zero between features.
    cells: Vec<u32>,
    /// Not zero for each code that occurs; all zero between features.
    seen: [u8; 256],
}

/// Draws of one class of the node at one code, as one number that sorts by code, then class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part(u64);

impl Part {
    fn new(code: u8, class: u8, draws: u32) -> Self {
        Self(u64::from(code) << 40 | u64::from(class) << 32 | u64::from(draws))
    }

    fn code(self) -> u8 {
        (self.0 >> 40) as u8
    }

    fn class(self) -> u8 {
        (self.0 >> 32) as u8
    }

    fn draws(self) -> u64 {
        self.0 & u64::from(u32::MAX)
    }
}

impl<'a> SplitFinder<'a> {
    pub(super) fn new(table: &'a BinnedTable, class_weights: Vec<u32>, min_leaf: u32) -> Self {
        let n_classes = table.n_classes();
        let histogram = || Histogram {
            cells: vec![0; 256 * n_classes.next_power_of_two()],
            seen: [0; 256],
        };
        Self {
            table,
            class_weights,
            min_leaf,
            node: Node {
                draws_of_class: vec![0; n_classes],
                number_of_class: vec![0; n_classes],
                ..Node::default()
            },
            codes: Vec::new(),
            histograms: [histogram(), histogram()],
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
        let (n_classes, shift) = (self.node.weights.len(), self.node.class_bits());
        let Histogram { cells, seen } = &mut self.histograms[histogram];
        self.parts.clear();
        for (eight, seen) in seen.chunks_exact_mut(8).enumerate() {
            if seen == [0; 8] {
                continue;
            }
            for (i, seen) in seen.iter_mut().enumerate() {
                if *seen == 0 {
                    continue;
                }
                *seen = 0;
                let code = 8 * eight + i;
                for (class, draws) in cells[code << shift..][..n_classes].iter_mut().enumerate() {
                    if *draws > 0 {
                        self.parts.push(Part::new(code as u8, class as u8, *draws));
                        *draws = 0;
                    }
                }
            }
        }
    }

    /// Fills `rows_of_code`.
    fn count_rows(&mut self, codes: &[u8]) {
        self.rows_of_code.fill(0);
        for &code in codes {
            self.rows_of_code[usize::from(code)] += 1;
        }
    }

    /// The best cut through `parts`: with missing values to the right, then, where there are any, to the left.
    fn best_cut(&mut self) -> Option<Found> {
        let n_missing = self
            .parts
            .iter()
            .take_while(|part| part.code() == MISSING_CODE)
            .count();
        let (missing, present) = self.parts.split_at(n_missing);
        let mut best = None;
        for missing_left in [false, true] {
            if missing_left && missing.is_empty() {
                break;
            }
            let mut sweep = Sweep::new(&self.node, &mut self.left);
            if missing_left {
                sweep.shift(missing);
                sweep.left_rows += self.rows_of_code[usize::from(MISSING_CODE)];
            }
            let try_cut = |sweep: &Sweep, best: Option<Found>, low, high| {
                let cut = Found {
                    low,
                    high,
                    missing_left,
                    ..Found::default()
                };
                sweep.better_of(best, cut, self.min_leaf)
            };
            // The last bin to the left, and its class if it has only one.
            let mut last: Option<(u8, Option<u8>)> = None;
            let mut right = present;
            while let Some(first) = right.first() {
                let code = first.code();
                let n_parts = right.iter().take_while(|part| part.code() == code).count();
                let (bin, beyond) = right.split_at(n_parts);
                let class = (n_parts == 1 || first.class() == bin[n_parts - 1].class())
                    .then_some(first.class());
                if let Some((low, class_before)) = last {
                    // Between two bins of the same class alone no cut is better than before or after both.
                    let within_class = class.is_some() && class == class_before;
                    if !within_class || self.min_leaf > 1 {
                        best = try_cut(&sweep, best, low, Some(code));
                    }
                }
                sweep.shift(bin);
                sweep.left_rows += self.rows_of_code[usize::from(code)];
                last = Some((code, class));
                right = beyond;
            }
            if let Some((low, _)) = last
                && !missing_left
                && !missing.is_empty()
            {
                best = try_cut(&sweep, best, low, None);
            }
        }
        // A node that saw no missing value sends those to come where most of its weight goes.
        best.map(|found| Found {
            missing_left: if missing.is_empty() {
                2 * found.left_weight >= self.node.total
            } else {
                found.missing_left
            },
            ..found
        })
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

impl Node {
    fn enter(&mut self, samples: &[Sample], class_weights: &[u32]) -> bool {
        self.draws_of_class.fill(0);
        for sample in samples {
            self.draws_of_class[usize::from(sample.label)] += u32::from(sample.draws);
        }
        self.draw_weights.clear();
        self.weights.clear();
        (self.total, self.squares) = (0, 0);
        for (class, &draws) in self.draws_of_class.iter().enumerate() {
            if draws > 0 {
                let weight = u64::from(draws) * u64::from(class_weights[class]);
                self.number_of_class[class] = self.weights.len() as u8;
                self.draw_weights.push(class_weights[class]);
                self.weights.push(weight);
                self.total += weight;
                self.squares += weight * weight;
            }
        }
        if self.weights.len() < 2 {
            return false;
        }
        self.rows.clear();
        self.rows.extend(samples.iter().map(|sample| NodeRow {
            class: self.number_of_class[usize::from(sample.label)],
            draws: sample.draws,
        }));
        true
    }

    /// How many bits hold the number of a class.
    fn class_bits(&self) -> u32 {
        self.weights.len().next_power_of_two().trailing_zeros()
    }
}

impl Histogram {
    #[inline]
    fn add(&mut self, code: u8, row: NodeRow, class_bits: u32) {
        self.cells[usize::from(code) << class_bits | usize::from(row.class)] +=
            u32::from(row.draws);
        self.seen[usize::from(code)] = 1;
    }
}

/// A cut that moves through a node's rows, from the left to the right.
struct Sweep<'a> {
    node: &'a Node,
    left: &'a mut [u64],
    left_total: u64,
    left_squares: u64,
    right_squares: u64,
    left_rows: u32,
}

impl<'a> Sweep<'a> {
    fn new(node: &'a Node, left: &'a mut Vec<u64>) -> Self {
        left.clear();
        left.resize(node.weights.len(), 0);
        Self {
            node,
            left,
            left_total: 0,
            left_squares: 0,
            right_squares: node.squares,
            left_rows: 0,
        }
    }

    /// Moves parts to the left.
    #[inline]
    fn shift(&mut self, parts: &[Part]) {
        for part in parts {
            let class = usize::from(part.class());
            let weight = part.draws() * u64::from(self.node.draw_weights[class]);
            let left = self.left[class];
            let right = self.node.weights[class] - left;
            self.left_squares += (2 * left + weight) * weight;
            self.right_squares -= (2 * right - weight) * weight;
            self.left_total += weight;
            self.left[class] = left + weight;
        }
    }

    /// `cut` with its score, if it may be made and scores more than the best so far, else that one.
    #[inline]
    fn better_of(&self, best: Option<Found>, cut: Found, min_leaf: u32) -> Option<Found> {
        let rows = self.node.rows.len() as u32;
        if min_leaf > 1 && self.left_rows.min(rows - self.left_rows) < min_leaf {
            return best;
        }
        let right_total = self.node.total - self.left_total;
        let score =
            score(self.left_squares, self.left_total) + score(self.right_squares, right_total);
        if best.is_some_and(|best| best.score >= score) {
            return best;
        }
        Some(Found {
            pure: [
                self.left_squares == self.left_total * self.left_total,
                self.right_squares == right_total * right_total,
            ],
            left_weight: self.left_total,
            score,
            ..cut
        })
    }
}

/// Σ w²/W. Both are below 2⁶³ (see [`super::binned::MAX_WEIGHT`]), and signed numbers become floats faster.
#[inline]
fn score(squares: u64, total: u64) -> f64 {
    squares as i64 as f64 / total as i64 as f64
}

/// A cut between two codes that occur in the node.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// The last code to the left that occurs.
    low: u8,
    /// The first code to the right that occurs; `None` where missing values alone are to the right.
    high: Option<u8>,
    missing_left: bool,
    /// Whether each side is of one class.
    pure: [bool; 2],
    left_weight: u64,
    score: f64,
}

impl Found {
    fn on(&self, feature: u16, cuts: &[f32]) -> Split {
        Split {
            feature,
            last_left: middle_of_gap(self.low, self.high, cuts),
            missing_left: self.missing_left,
            pure: self.pure,
            score: self.score,
        }
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
    use crate::fit::cuts::BinnedColumn;
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
