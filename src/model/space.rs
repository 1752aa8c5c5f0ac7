//! Where rows lie for a detector that compares distances: features have units of their own, so each is brought to one scale,
//! that of the rows that the detector was fitted on.

use super::validate::{all_finite, require};
use crate::Error;

/// How many knots a feature has in [`Space::Ranks`].
pub const KNOTS: usize = 17;

/// The width of the ranks from 0 to 1, so that their deviation is 1 where values are spread evenly: √12.
const WIDTH: f32 = 3.464_101_6;

/// The most standard deviations that a value counts: squares of distances mostly stay in the range of 32 bits.
const FARTHEST: f32 = 1e15;

/// A scale for each feature. Values are finite: imputed ones where some are missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Space {
    /// Standard deviations from the mean.
    Standard(Standard),
    /// The share of reference rows below a value, and beyond them how far: differences count by how many rows are between.
    Ranks(Ranks),
}

/// The standard scaler of some rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standard {
    /// The mean of each feature.
    pub means: Vec<f32>,
    /// The standard deviation of each feature, above 0.
    pub deviations: Vec<f32>,
}

/// The ranks of some rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranks {
    /// [`KNOTS`] values for each feature, from the least to the largest. Rising, but that the last may be repeated.
    pub knots: Vec<f32>,
    /// The share of rows below each knot, half of those that are equal to it included: from 0 to 1, not falling.
    pub shares: Vec<f32>,
    /// The standard deviation of each feature, above 0: in its units what lies beyond the knots is far away.
    pub deviations: Vec<f32>,
}

impl Space {
    /// How many features it has.
    pub fn n_features(&self) -> usize {
        match self {
            Self::Standard(Standard { deviations, .. }) | Self::Ranks(Ranks { deviations, .. }) => {
                deviations.len()
            }
        }
    }

    /// Checks all that placing rows relies on.
    ///
    /// # Errors
    /// [`crate::ErrorKind::PackDamaged`] where the parts are not those of `n_features` features, or cannot be a scale.
    pub fn validate(&self, n_features: usize) -> Result<(), Error> {
        let units = |values: &[f32]| all_finite(values) && values.iter().all(|&unit| unit > 0.0);
        let is_scale = self.n_features() == n_features
            && match self {
                Self::Standard(Standard { means, deviations }) => {
                    means.len() == n_features && all_finite(means) && units(deviations)
                }
                Self::Ranks(Ranks {
                    knots,
                    shares,
                    deviations,
                }) => {
                    let never_falls = |values: &[f32]| {
                        values.len() == n_features * KNOTS
                            && all_finite(values)
                            && values.chunks(KNOTS).all(<[f32]>::is_sorted)
                    };
                    let within = shares.iter().all(|share| (0.0..=1.0).contains(share));
                    never_falls(knots) && never_falls(shares) && within && units(deviations)
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
            Self::Standard(Standard { means, deviations }) => {
                let scales = means.iter().zip(deviations);
                for ((placed, value), (mean, deviation)) in placed.iter_mut().zip(row).zip(scales) {
                    *placed = ((value - mean) / deviation).clamp(-FARTHEST, FARTHEST);
                }
            }
            Self::Ranks(ranks) => {
                let knots = ranks.knots.as_chunks::<KNOTS>().0;
                let shares = ranks.shares.as_chunks::<KNOTS>().0;
                let scales = knots.iter().zip(shares).zip(&ranks.deviations);
                for ((placed, &value), ((knots, shares), &deviation)) in
                    placed.iter_mut().zip(row).zip(scales)
                {
                    *placed = rank_of(knots, shares, deviation, value);
                }
            }
        }
    }
}

/// Linear between knots; beyond them one unit further, and up to two more the farther it is.
#[inline]
fn rank_of(knots: &[f32; KNOTS], shares: &[f32; KNOTS], deviation: f32, value: f32) -> f32 {
    // Counted and not searched: a few vector instructions.
    let mut next = 0;
    for &knot in knots {
        next += usize::from(knot < value);
    }
    let beyond = match next {
        0 if value < knots[0] => value - knots[0],
        // The first knot itself.
        0 => 0.0,
        KNOTS => value - knots[KNOTS - 1],
        _ => {
            let (low, high) = (knots[next - 1], knots[next]);
            let share = (value - low) / (high - low);
            let (from, to) = (shares[next - 1], shares[next]);
            return (from + share * (to - from)) * WIDTH;
        }
    };
    let edge = shares[next.min(KNOTS - 1)] * WIDTH;
    if beyond == 0.0 {
        return edge;
    }
    let excess = beyond.abs().min(f32::MAX / 2.0);
    let far = 1.0 + 2.0 * (excess / (excess + deviation.min(f32::MAX / 4.0)));
    edge + if beyond < 0.0 { -far } else { far }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_deviations_count_from_the_mean() {
        let space = Space::Standard(Standard {
            means: vec![1.0, -2.0],
            deviations: vec![2.0, 0.5],
        });
        space.validate(2).expect("a scale");
        assert!(space.validate(1).is_err());
        let mut placed = [0.0; 2];
        space.place(&[5.0, f32::MAX], &mut placed);
        assert_eq!(placed, [2.0, 1e15]);
    }

    fn ranks(values: &[(f32, f32)], deviation: f32) -> Space {
        let last = *values.last().expect("values");
        let knot = |place: usize| values.get(place).copied().unwrap_or(last);
        Space::Ranks(Ranks {
            knots: (0..KNOTS).map(|place| knot(place).0).collect(),
            shares: (0..KNOTS).map(|place| knot(place).1).collect(),
            deviations: vec![deviation],
        })
    }

    #[test]
    fn ranks_are_linear_between_knots_and_go_on_beyond() {
        let space = ranks(&[(1.0, 0.25), (2.0, 0.5), (6.0, 0.75)], 2.0);
        space.validate(1).expect("a scale");
        let place = |value: f32| {
            let mut placed = [0.0];
            space.place(&[value], &mut placed);
            placed[0] / WIDTH
        };
        for (value, share) in [(1.0, 0.25), (2.0, 0.5), (3.0, 0.5625), (6.0, 0.75)] {
            assert_eq!(place(value), share, "{value}");
        }
        assert!((place(10.0) - (0.75 + (1.0 + 4.0 / 3.0) / WIDTH)).abs() < 1e-6);
        assert!((place(-1.0) - (0.25 - 2.0 / WIDTH)).abs() < 1e-6);
        assert!(place(f32::MAX).is_finite() && place(f32::MIN).is_finite());
    }

    #[test]
    fn what_differs_from_a_constant_lies_beside_it() {
        let space = ranks(&[(5.0, 0.5)], 1.0);
        space.validate(1).expect("a scale");
        let mut placed = [0.0];
        space.place(&[5.0], &mut placed);
        assert_eq!(placed[0], 0.5 * WIDTH);
        space.place(&[4.0], &mut placed);
        assert!(placed[0] < 0.5 * WIDTH - 1.0);
    }

    #[test]
    fn a_scale_that_falls_is_refused() {
        assert!(ranks(&[(1.0, 0.5), (0.0, 0.75)], 1.0).validate(1).is_err());
        assert!(ranks(&[(1.0, 0.5), (2.0, 1.75)], 1.0).validate(1).is_err());
        assert!(ranks(&[(1.0, 0.5)], 0.0).validate(1).is_err());
    }
}
