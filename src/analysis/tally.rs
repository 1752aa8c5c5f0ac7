//! Adds up the values of each feature row by row, in the layout that a row at a time is fastest in.

use super::plan::{OtherCell, Reading};
use super::{ColumnSummary, ExactSum};

/// The running figures of all features of a slice; [`into_columns`](Self::into_columns) makes summaries of them.
#[derive(Debug)]
pub(super) struct Tally {
    rows: u64,
    min: Vec<f32>,
    max: Vec<f32>,
    sum: Vec<ExactSum>,
    missing: Vec<u64>,
    infinite: Vec<u64>,
    unknown_words: Vec<u64>,
}

impl Tally {
    pub(super) fn new(n_features: usize) -> Self {
        Self {
            rows: 0,
            min: vec![f32::INFINITY; n_features],
            max: vec![f32::NEG_INFINITY; n_features],
            sum: vec![ExactSum::default(); n_features],
            missing: vec![0; n_features],
            infinite: vec![0; n_features],
            unknown_words: vec![0; n_features],
        }
    }

    /// Counts a prepared row.
    pub(super) fn add(&mut self, row: &[f32]) {
        self.rows += 1;
        let mut all_finite = true;
        for ((min, max), &value) in self.min.iter_mut().zip(&mut self.max).zip(row) {
            let finite = value.abs() <= f32::MAX;
            all_finite &= finite;
            // −0 and 0 are one value, so that which came first cannot matter.
            let value = value + 0.0;
            let (low, high) = if finite { (value, value) } else { (*min, *max) };
            *min = if low < *min { low } else { *min };
            *max = if high > *max { high } else { *max };
        }
        for (sum, &value) in self.sum.iter_mut().zip(row) {
            // Most values of most flow features are 0.
            if value != 0.0 && value.abs() <= f32::MAX {
                sum.add(value);
            }
        }
        if !all_finite {
            self.count_others(row);
        }
    }

    /// Counts one value of a row whose others are counted by [`add_repeats`](Self::add_repeats).
    pub(super) fn add_value(&mut self, feature: usize, value: f32) {
        if value.abs() <= f32::MAX {
            let value = value + 0.0;
            self.min[feature] = self.min[feature].min(value);
            self.max[feature] = self.max[feature].max(value);
            self.sum[feature].add(value);
        } else {
            self.missing[feature] += u64::from(value.is_nan());
            self.infinite[feature] += u64::from(value.is_infinite());
        }
    }

    /// Counts `times` rows that have the values of `row`, which was counted itself, but for the `changed` features.
    pub(super) fn add_repeats(&mut self, row: &[f32], changed: &[usize], times: u64) {
        self.rows += times;
        for (feature, &value) in row.iter().enumerate() {
            if changed.contains(&feature) {
                continue;
            }
            if value.abs() <= f32::MAX {
                self.sum[feature].add_times(value, times);
            } else {
                self.missing[feature] += if value.is_nan() { times } else { 0 };
                self.infinite[feature] += if value.is_nan() { 0 } else { times };
            }
        }
    }

    /// Counts a word of a category, if it is one, that is or is not in its dictionary.
    pub(super) fn count_word(&mut self, other: &OtherCell, value: f32, times: u64) {
        if let Reading::Category(_, unknown) | Reading::OneHot(_, unknown) = other.reading
            && value == unknown
        {
            self.unknown_words[other.feature] += times;
        }
    }

    fn count_others(&mut self, row: &[f32]) {
        for ((missing, infinite), value) in self.missing.iter_mut().zip(&mut self.infinite).zip(row)
        {
            *missing += u64::from(value.is_nan());
            *infinite += u64::from(value.is_infinite());
        }
    }

    /// The summaries of the features, in their order.
    pub(super) fn into_columns(self) -> Vec<ColumnSummary> {
        let rows = self.rows;
        let counts = self.missing.into_iter().zip(self.infinite);
        let ends = self.min.into_iter().zip(self.max);
        let columns = counts
            .zip(ends)
            .zip(self.sum.into_iter().zip(self.unknown_words));
        columns
            .map(
                |(((missing, infinite), (min, max)), (mut sum, other_category))| {
                    sum.normalise();
                    let finite = rows - missing - infinite;
                    ColumnSummary {
                        missing,
                        infinite,
                        other_category,
                        finite,
                        min,
                        max,
                        sum,
                    }
                },
            )
            .collect()
    }
}
