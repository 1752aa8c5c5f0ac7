//! Rows that a kernel is computed over.

use crate::Error;
use crate::fit::options::bad;

/// Finite values, one row after another.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    n_features: usize,
    values: Vec<f32>,
}

impl Rows {
    /// The rows `row_idxs` of `columns`, one per feature.
    ///
    /// # Errors
    /// [`crate::ErrorKind::BadFit`] where there is none, or a value is not finite.
    pub(super) fn gather(columns: &[Vec<f32>], row_idxs: &[u32]) -> Result<Self, Error> {
        if columns.is_empty() || row_idxs.is_empty() {
            let what = if columns.is_empty() { "column" } else { "row" };
            return Err(bad(format!(
                "A one-class SVM needs at least one {what} to be fitted on, and there is none."
            )));
        }
        let mut values = Vec::with_capacity(columns.len() * row_idxs.len());
        for &row_idx in row_idxs {
            for (feature, column) in columns.iter().enumerate() {
                let value = column[row_idx as usize];
                if !value.is_finite() {
                    return Err(bad(format!(
                        "Feature {feature} is missing or infinite in row {row_idx}; a one-class SVM takes finite numbers \
                         alone. Put the median in its place."
                    )));
                }
                values.push(value);
            }
        }
        Ok(Self {
            n_features: columns.len(),
            values,
        })
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.values.len() / self.n_features
    }

    pub(super) fn n_features(&self) -> usize {
        self.n_features
    }

    pub(super) fn row(&self, row_idx: usize) -> &[f32] {
        &self.values[row_idx * self.n_features..][..self.n_features]
    }

    /// The rows at these places, in that order.
    pub(super) fn subset(&self, row_idxs: &[usize]) -> Self {
        Self {
            n_features: self.n_features,
            values: (row_idxs.iter())
                .flat_map(|&row_idx| self.row(row_idx))
                .copied()
                .collect(),
        }
    }

    /// All values, one row after another.
    pub(super) fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// The variance of all values together.
    pub(super) fn variance(&self) -> f64 {
        let n = self.values.len() as f64;
        let mean = self
            .values
            .iter()
            .map(|&value| f64::from(value))
            .sum::<f64>()
            / n;
        let squares = self.values.iter().map(|&value| {
            let difference = f64::from(value) - mean;
            difference * difference
        });
        squares.sum::<f64>() / n
    }
}
