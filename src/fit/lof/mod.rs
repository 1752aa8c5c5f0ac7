//! Fitting a local outlier factor (see [`crate::model::lof`]): exactly, in 64 bits, and reduced to as few reference points as
//! a file and the time for a row allow.
//!
//! ```text
//! columns ──▶ DistinctPoints: rows, equal ones once ──▶ neighbours of each ──▶ ExactLof ──▶ reduce: a LofSpec of m points
//! ```
//!
//! Rows that are equal to the bit are one point that stands for all of them, in the order of their values. So the order of
//! the rows does not matter, and a pile of equal rows costs as much as one.

mod exact;
mod reduce;

pub use exact::{DistinctPoints, ExactLof, Neighbours};
pub use reduce::{Counting, Reduction, smallest_within};

use super::options::bad;
use crate::Error;
use crate::model::lof::MAX_NEIGHBOURS;

/// What equal rows are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// Neighbours like any others, as in scikit-learn. Where more than k rows are equal their k-distance is 0 and their
    /// density 10¹⁰, so that whatever lies beside them is strange beyond all measure.
    AsRows,
    /// One and the same point: k counts distinct points. Floods of equal flows then say no more than one of them.
    Distinct,
}

/// What a local outlier factor is fitted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LofOptions {
    /// How many neighbours a row is compared with; 1 to [`MAX_NEIGHBOURS`], fewer where there are fewer.
    pub k: u32,
    /// What equal rows are to each other.
    pub duplicates: Duplicates,
    /// The share of the training rows, 0 to 1, whose k-distance is raised to the one at that quantile: differences within
    /// the densest crowds no longer count. 0 raises none.
    pub floor: f64,
}

impl Default for LofOptions {
    fn default() -> Self {
        Self {
            k: 20,
            duplicates: Duplicates::Distinct,
            floor: 0.5,
        }
    }
}

/// Options that passed [`LofOptions::check`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LofParams(LofOptions);

impl LofOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// [`BadFit`](crate::ErrorKind::BadFit) names the first option that is out of its range.
    pub fn check(self) -> Result<LofParams, Error> {
        if !(1..=MAX_NEIGHBOURS).contains(&self.k) {
            let found = self.k;
            return Err(bad(format!(
                "It is {found}, but the neighbours of a local outlier factor must be 1 to {MAX_NEIGHBOURS}."
            )));
        }
        if !(0.0..=1.0).contains(&self.floor) {
            return Err(bad(
                "The floor under the k-distances of a local outlier factor must be a share from 0 to 1.",
            ));
        }
        Ok(LofParams(self))
    }
}

impl LofParams {
    /// The options, all in their ranges.
    pub fn options(&self) -> &LofOptions {
        &self.0
    }
}

/// Fits on rows of scaled values, given as one column for each feature. Takes the square of the number of distinct rows.
///
/// A caller with threads maps [`DistinctPoints::neighbours`] over pieces of the points instead.
///
/// # Errors
/// See [`DistinctPoints::new`].
pub fn fit(columns: &[Vec<f32>], params: &LofParams) -> Result<ExactLof, Error> {
    let points = DistinctPoints::new(columns, params)?;
    let neighbours = points.neighbours(0..points.len());
    Ok(points.join(&[neighbours]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn options_out_of_range_are_refused_by_name() {
        let good = LofOptions::default();
        assert_eq!(good.check().map(|params| *params.options()), Ok(good));
        for (options, word) in [
            (LofOptions { k: 0, ..good }, "It is 0, but the neighbours"),
            (LofOptions { k: 1001, ..good }, "must be 1 to 1000"),
            (
                LofOptions {
                    floor: -0.1,
                    ..good
                },
                "The floor",
            ),
            (
                LofOptions {
                    floor: f64::NAN,
                    ..good
                },
                "The floor",
            ),
        ] {
            let error = options.check().expect_err(word);
            assert_eq!(error.kind(), ErrorKind::BadFit);
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
