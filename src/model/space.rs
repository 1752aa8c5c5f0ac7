//! Where rows lie for a detector that compares distances: features have units of their own, so each is brought to one scale,
//! that of the rows that the detector was fitted on.

use super::validate::require;
use crate::Error;

/// How many equal steps the knots of [`Space::Quantiles`] divide the reference rows into.
pub const KNOT_STEPS: usize = 16;

/// A scale for each feature. Values are finite: imputed ones where some are missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Space {
    /// Standard deviations from the mean.
    Standard {
        /// The mean of each feature.
        means: Vec<f32>,
        /// The deviation of each feature, above 0.
        deviations: Vec<f32>,
    },
    /// The share of reference rows below, from 0 to 1: what lies far out counts no more than what is just beyond.
    Quantiles {
        /// For each feature its quantiles at equal steps, from the least to the largest: [`KNOT_STEPS`] + 1 values.
        knots: Vec<f32>,
    },
}

impl Space {
    /// How many features it has.
    pub fn n_features(&self) -> usize {
        match self {
            Self::Standard { means, .. } => means.len(),
            Self::Quantiles { knots } => knots.len() / (KNOT_STEPS + 1),
        }
    }

    /// Checks all that placing rows relies on.
    ///
    /// # Errors
    /// [`crate::ErrorKind::PackDamaged`] where the parts are not those of `n_features` features, or cannot be a scale.
    pub(crate) fn validate(&self, n_features: usize) -> Result<(), Error> {
        let is_scale = match self {
            Self::Standard { means, deviations } => {
                means.len() == n_features
                    && deviations.len() == n_features
                    && means.iter().all(|mean| mean.is_finite())
                    && deviations.iter().all(|&unit| unit > 0.0 && unit.is_finite())
            }
            Self::Quantiles { knots } => {
                knots.len() == n_features * (KNOT_STEPS + 1)
                    && knots.chunks(KNOT_STEPS + 1).all(|knots| {
                        knots.iter().all(|knot| knot.is_finite()) && knots.is_sorted()
                    })
            }
        };
        require(is_scale, || {
            "a detector's scale of its features cannot be one".into()
        })
    }

    /// Writes where a row of finite values lies.
    ///
    /// # Panics
    /// If the row or `placed` has not [`Self::n_features`] values.
    pub fn place(&self, row: &[f32], placed: &mut [f32]) {
        assert!(row.len() == self.n_features() && placed.len() == row.len());
        match self {
            Self::Standard { means, deviations } => {
                let scales = means.iter().zip(deviations);
                for ((placed, &value), (&mean, &deviation)) in placed.iter_mut().zip(row).zip(scales) {
                    // Within the range of 32 bits, so that distances stay finite for all but the farthest.
                    *placed = ((value - mean) / deviation).clamp(-FARTHEST, FARTHEST);
                }
            }
            Self::Quantiles { knots } => {
                let knots = knots.as_chunks::<{ KNOT_STEPS + 1 }>().0;
                for ((placed, &value), knots) in placed.iter_mut().zip(row).zip(knots) {
                    *placed = share_below(knots, value);
                }
            }
        }
    }
}

/// The most standard deviations that a value counts.
const FARTHEST: f32 = 1e15;

/// The share of a feature's reference values that lie below a value, from 0 to 1: linear between knots, and in the middle of
/// knots that are the same.
fn share_below(knots: &[f32; KNOT_STEPS + 1], value: f32) -> f32 {
    // Counted and not searched: a few vector instructions.
    let (mut below, mut not_above) = (0u32, 0u32);
    for &knot in knots {
        below += u32::from(knot < value);
        not_above += u32::from(knot <= value);
    }
    const STEPS: f32 = KNOT_STEPS as f32;
    if below < not_above {
        // On a knot, or on several.
        return (below + not_above - 1) as f32 / (2.0 * STEPS);
    }
    let next = below as usize;
    if next == 0 {
        return 0.0;
    }
    let Some(&above) = knots.get(next) else {
        return 1.0;
    };
    let here = knots[next - 1];
    ((next - 1) as f32 + (value - here) / (above - here)) / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_deviations_count_from_the_mean() {
        let space = Space::Standard {
            means: vec![1.0, -2.0],
            deviations: vec![2.0, 0.5],
        };
        space.validate(2).expect("a scale");
        let mut placed = [0.0; 2];
        space.place(&[5.0, f32::MAX], &mut placed);
        assert_eq!(placed, [2.0, 1e15]);
    }

    #[test]
    fn shares_are_linear_between_knots_and_in_the_middle_of_equal_ones() {
        let mut knots: Vec<f32> = (0..17).map(|knot| knot as f32).collect();
        // A second feature that is 3 for more than half of the rows.
        knots.extend([0.0, 1.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        let space = Space::Quantiles { knots };
        space.validate(2).expect("a scale");
        let place = |value: f32| {
            let mut placed = [0.0; 2];
            space.place(&[value, value], &mut placed);
            placed
        };
        assert_eq!(place(-1.0), [0.0, 0.0]);
        assert_eq!(place(3.0), [3.0 / 16.0, 6.5 / 16.0]);
        assert_eq!(place(2.0), [2.0 / 16.0, 1.5 / 16.0]);
        assert_eq!(place(3.5), [3.5 / 16.0, 11.5 / 16.0]);
        assert_eq!(place(99.0), [1.0, 1.0]);
        assert!(space.validate(1).is_err());
    }
}
