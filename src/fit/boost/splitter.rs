//! The best split of a node by how much nearer Newton steps on both sides bring the scores to the labels.

use super::{Gradients, LAMBDA};
use crate::fit::binned::BinnedTable;
use crate::fit::bootstrap::Sample;
use crate::fit::cuts::MISSING_CODE;
use crate::fit::grower::Splitter;
use crate::fit::split::{Split, middle_of_gap};

/// Classes are summed this many at a time.
pub(super) const LANES: usize = 4;

/// Finds splits; holds the memory that this needs.
pub(super) struct GradientSplitter<'a> {
    table: &'a BinnedTable,
    gradients: &'a Gradients,
    min_leaf: u32,
    lambda: f64,
    /// The gradients and curvatures of the node's rows, row by row, and their sums.
    rows: Vec<i32>,
    totals: Vec<i32>,
    codes: Vec<u8>,
    /// Sums per code; all zero between features.
    cells: Vec<i32>,
    /// Rows per code; all zero between features.
    rows_of_code: [u32; 256],
    left: Vec<i32>,
}

/// A cut between two codes that occur in the node.
#[derive(Clone, Copy)]
struct Found {
    feature: u16,
    low: u8,
    /// The first code to the right that occurs; `None` where missing values alone are to the right.
    high: Option<u8>,
    missing_left: bool,
    score: f64,
}

impl<'a> GradientSplitter<'a> {
    pub(super) fn new(table: &'a BinnedTable, gradients: &'a Gradients, min_leaf: u32) -> Self {
        let numbers = 2 * gradients.width;
        Self {
            table,
            gradients,
            min_leaf,
            lambda: LAMBDA * gradients.unit,
            rows: Vec::new(),
            totals: vec![0; numbers],
            codes: Vec::new(),
            cells: vec![0; 256 * numbers],
            rows_of_code: [0; 256],
            left: vec![0; numbers],
        }
    }

    fn count(&mut self, codes: &[u8]) {
        let numbers = self.totals.len();
        for (&code, row) in codes.iter().zip(self.rows.chunks_exact(numbers)) {
            self.rows_of_code[usize::from(code)] += 1;
            add(
                &mut self.cells[usize::from(code) * numbers..][..numbers],
                row,
            );
        }
    }

    /// Moves a code's rows to the left; says how many there are.
    fn shift(&mut self, code: u8) -> u32 {
        let numbers = self.left.len();
        add(
            &mut self.left,
            &self.cells[usize::from(code) * numbers..][..numbers],
        );
        self.rows_of_code[usize::from(code)]
    }

    /// The best cut on a feature whose rows were counted: with missing values to the right, then, where there are any, to
    /// the left.
    fn best_cut(&mut self, feature: u16, n_rows: u32) -> Option<Found> {
        let n_missing = self.rows_of_code[usize::from(MISSING_CODE)];
        let mut best: Option<Found> = None;
        for missing_left in [false, true] {
            if missing_left && n_missing == 0 {
                break;
            }
            self.left.fill(0);
            let mut n_left = if missing_left {
                self.shift(MISSING_CODE)
            } else {
                0
            };
            let mut last = None;
            for code in MISSING_CODE + 1..=u8::MAX {
                if self.rows_of_code[usize::from(code)] == 0 {
                    continue;
                }
                if let Some(low) = last {
                    self.better_of(
                        &mut best,
                        (feature, low, Some(code), missing_left),
                        [n_left, n_rows],
                    );
                }
                n_left += self.shift(code);
                last = Some(code);
            }
            if let Some(low) = last
                && !missing_left
                && n_missing > 0
            {
                self.better_of(&mut best, (feature, low, None, false), [n_left, n_rows]);
            }
        }
        // A node that saw no missing value sends those to come where most of its rows go.
        if let Some(found) = &mut best
            && n_missing == 0
        {
            let n_left: u32 = self.rows_of_code[..=usize::from(found.low)].iter().sum();
            found.missing_left = 2 * n_left >= n_rows;
        }
        best
    }

    fn better_of(
        &self,
        best: &mut Option<Found>,
        (feature, low, high, missing_left): (u16, u8, Option<u8>, bool),
        [n_left, n_rows]: [u32; 2],
    ) {
        if n_left.min(n_rows - n_left) < self.min_leaf {
            return;
        }
        let score = self.score_of_cut();
        if best.is_none_or(|best| score > best.score) {
            *best = Some(Found {
                feature,
                low,
                high,
                missing_left,
                score,
            });
        }
    }

    /// Σ g²/(c + λ) of both sides.
    fn score_of_cut(&self) -> f64 {
        let width = self.gradients.width;
        let (left_gradients, left_curvatures) = self.left.split_at(width);
        let (gradients, curvatures) = self.totals.split_at(width);
        let mut sums = [0.0; LANES];
        let lanes = left_gradients
            .as_chunks::<LANES>()
            .0
            .iter()
            .zip(left_curvatures.as_chunks::<LANES>().0)
            .zip(gradients.as_chunks::<LANES>().0)
            .zip(curvatures.as_chunks::<LANES>().0);
        for (((left_g, left_c), g), c) in lanes {
            for lane in 0..LANES {
                let (gl, gr) = (f64::from(left_g[lane]), f64::from(g[lane] - left_g[lane]));
                let cl = f64::from(left_c[lane]) + self.lambda;
                let cr = f64::from(c[lane] - left_c[lane]) + self.lambda;
                // Of gl²/cl + gr²/cr with one division.
                sums[lane] += (gl * gl * cr + gr * gr * cl) / (cl * cr);
            }
        }
        sums.iter().sum()
    }

    fn clear(&mut self) {
        let numbers = self.totals.len();
        for (code, rows) in self.rows_of_code.iter_mut().enumerate() {
            if *rows > 0 {
                *rows = 0;
                self.cells[code * numbers..][..numbers].fill(0);
            }
        }
    }
}

impl Splitter for GradientSplitter<'_> {
    fn enter(&mut self, samples: &[Sample]) -> bool {
        if samples.len() < 2 * self.min_leaf as usize {
            return false;
        }
        self.rows.clear();
        self.totals.fill(0);
        for sample in samples {
            let row = self.gradients.of(sample.row_idx);
            self.rows.extend_from_slice(row);
            add(&mut self.totals, row);
        }
        true
    }

    fn unsplit_score(&self) -> f64 {
        let (gradients, curvatures) = self.totals.split_at(self.gradients.width);
        gradients
            .iter()
            .zip(curvatures)
            .map(|(&g, &c)| f64::from(g) * f64::from(g) / (f64::from(c) + self.lambda))
            .sum()
    }

    fn best(
        &mut self,
        samples: &[Sample],
        features: &[u16],
        mut constant: impl FnMut(u16),
    ) -> Option<Split> {
        let mut codes = std::mem::take(&mut self.codes);
        self.table.gather(samples, features, &mut codes);
        let mut best: Option<Found> = None;
        for (&feature, codes) in features.iter().zip(codes.chunks_exact(samples.len())) {
            if codes.iter().all(|&code| code == codes[0]) {
                constant(feature);
                continue;
            }
            self.count(codes);
            if let Some(found) = self.best_cut(feature, samples.len() as u32)
                && best.is_none_or(|best| found.score > best.score)
            {
                best = Some(found);
            }
            self.clear();
        }
        self.codes = codes;
        best.map(|found| {
            let cuts = &self.table.columns[usize::from(found.feature)].cuts;
            Split {
                feature: found.feature,
                last_left: middle_of_gap(found.low, found.high, cuts),
                missing_left: found.missing_left,
                pure: [false; 2],
                score: found.score,
            }
        })
    }
}

#[inline]
fn add(sums: &mut [i32], values: &[i32]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::TrainingTable;
    use crate::fit::cuts::BinnedColumn;
    use crate::fit::options::ForestOptions;
    use crate::fit::rng::SplitMix64;

    /// The best score of a cut of these rows (code, gradients and curvatures of three classes), tried one by one; negative
    /// where none is allowed.
    fn by_the_book(rows: &[(u8, [i32; 6])], min_leaf: usize, lambda: f64) -> f64 {
        let mut best = -1.0f64;
        for last_left in 1..=u8::MAX {
            for missing_left in [false, true] {
                let is_left = |code: u8| {
                    if code == MISSING_CODE {
                        missing_left
                    } else {
                        code <= last_left
                    }
                };
                let mut sums = [[0.0; 6]; 2];
                let mut counts = [0; 2];
                for (code, numbers) in rows {
                    let side = usize::from(!is_left(*code));
                    counts[side] += 1;
                    for (sum, &number) in sums[side].iter_mut().zip(numbers) {
                        *sum += f64::from(number);
                    }
                }
                if counts[0].min(counts[1]) < min_leaf {
                    continue;
                }
                let score = |sums: [f64; 6]| -> f64 {
                    (0..3)
                        .map(|class| sums[class] * sums[class] / (sums[3 + class] + lambda))
                        .sum()
                };
                best = best.max(score(sums[0]) + score(sums[1]));
            }
        }
        best
    }

    #[test]
    fn the_best_cut_is_the_one_found_by_trying_all() {
        let mut rng = SplitMix64::new(4);
        for round in 0..200 {
            let n_rows = 2 + rng.below(60);
            let min_leaf = 1 + rng.below(3);
            let n_codes = 2 + rng.below(9);
            let mut numbers = || -> [i32; 6] {
                std::array::from_fn(|i| {
                    let number = rng.below(2000) as i32;
                    if i < 3 { number - 1000 } else { number }
                })
            };
            let all: Vec<[i32; 6]> = (0..n_rows).map(|_| numbers()).collect();
            let rows: Vec<(u8, [i32; 6])> = all
                .iter()
                .map(|&numbers| (rng.below(n_codes) as u8, numbers))
                .collect();
            let column = BinnedColumn {
                cuts: (1..10u8).map(f32::from).collect(),
                codes: rows.iter().map(|row| row.0).collect(),
            };
            let table = TrainingTable {
                columns: vec![vec![0.0; rows.len()]],
                labels: (0..n_rows).map(|row| (row % 3) as u8).collect(),
                n_classes: 3,
            };
            let params = ForestOptions::default().check().expect("in range");
            let table = BinnedTable::new(&table, vec![column], &params).expect("a table to fit");
            let values = rows.iter().flat_map(|(_, numbers)| {
                let [a, b, c, d, e, f] = *numbers;
                [a, b, c, 0, d, e, f, 0]
            });
            let gradients = Gradients {
                values: values.collect(),
                width: 4,
                unit: 100.0,
            };
            let samples: Vec<Sample> = (0..n_rows)
                .map(|row_idx| Sample {
                    row_idx,
                    label: 0,
                    draws: 1,
                })
                .collect();
            let mut splitter = GradientSplitter::new(&table, &gradients, min_leaf);
            let expected = by_the_book(&rows, min_leaf as usize, 100.0 * LAMBDA);
            let what = format!("round {round}, leaves of {min_leaf}");
            // A second time nothing is left of the first.
            for _ in 0..2 {
                if !splitter.enter(&samples) {
                    assert!(expected < 0.0, "{what}");
                    continue;
                }
                match splitter.best(&samples, &[0], |_| {}) {
                    None => assert!(expected < 0.0, "{what}"),
                    Some(found) => {
                        let difference = (found.score - expected).abs();
                        assert!(
                            difference < 1e-9 * expected,
                            "{what}: {found:?}, {expected}"
                        );
                        let same = |code: u8| {
                            if code == MISSING_CODE {
                                found.missing_left
                            } else {
                                code <= found.last_left
                            }
                        };
                        let n_left = rows.iter().filter(|row| same(row.0)).count();
                        assert!(
                            n_left.min(rows.len() - n_left) >= min_leaf as usize,
                            "{what}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_constant_feature_is_told() {
        let column = |codes: [u8; 3]| BinnedColumn {
            cuts: vec![0.0, 1.0],
            codes: codes.to_vec(),
        };
        let table = TrainingTable {
            columns: vec![vec![0.0; 3]; 2],
            labels: vec![0, 1, 1],
            n_classes: 2,
        };
        let params = ForestOptions::default().check().expect("in range");
        let columns = vec![column([2, 2, 2]), column([1, 3, 3])];
        let table = BinnedTable::new(&table, columns, &params).expect("a table to fit");
        let gradients = Gradients {
            values: [
                [-5, 5, 0, 0, 2, 2, 0, 0],
                [5, -5, 0, 0, 2, 2, 0, 0],
                [5, -5, 0, 0, 2, 2, 0, 0],
            ]
            .concat(),
            width: 4,
            unit: 1.0,
        };
        let samples = [0, 1, 2].map(|row_idx| Sample {
            row_idx,
            label: 0,
            draws: 1,
        });
        let mut splitter = GradientSplitter::new(&table, &gradients, 1);
        assert!(splitter.enter(&samples));
        let mut constant = Vec::new();
        let found = splitter.best(&samples, &[0, 1], |feature| constant.push(feature));
        let found = found.expect("a split");
        assert_eq!((found.feature, found.last_left), (1, 1));
        assert!(found.score > splitter.unsplit_score());
        assert_eq!(constant, [0]);
    }
}
