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
