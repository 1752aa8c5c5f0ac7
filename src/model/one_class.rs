//! A one-class support vector machine with a Gaussian kernel: how far outside of the border around the training rows a row
//! lies (Schölkopf et al. 2001).
//!
//! The border is where a weighted sum of bells, one on each point, has the height ρ:
//!
//! ```text
//! score(x) = ρ − Σ αᵢ · exp(−γ · |x − pointᵢ|²)      above 0 outside, below 0 inside, ρ far away from everything
//! ```
//!
//! That is scikit-learn's `-decision_function`. Rows are on the scale of the points, feature by feature. Sums run in a
//! fixed order and the exponential is our own, so every machine gives the same bits.

use super::distance::Points;
use super::exponential::exp_of_negative;
use super::validate::{self, require};
use crate::Error;

/// The most points that a one-class SVM may have.
pub const MAX_POINTS: usize = 4096;

/// How many terms are added side by side.
const LANES: usize = 8;

/// A one-class SVM as it is fitted and stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OneClassSpec {
    /// The kernel's width γ, above 0.
    pub gamma: f32,
    /// The height ρ of the border.
    pub rho: f32,
    /// How many values a point has.
    pub n_features: u32,
    /// The points, one after another.
    pub points: Vec<f32>,
    /// The weight of each point; those of a reduced one may be negative.
    pub coefficients: Vec<f32>,
}

/// A one-class SVM ready to score rows.
#[derive(Clone, Debug)]
pub struct OneClass {
    gamma: f32,
    rho: f32,
    points: Points,
    /// The weight of each point, 0 for those that the last group of points lacks.
    coefficients: Vec<f32>,
}

impl OneClassSpec {
    /// How many points there are.
    pub fn n_points(&self) -> usize {
        self.coefficients.len()
    }

    /// The least and the largest score that a row can have: amid all points, and far away from all.
    pub fn bounds(&self) -> (f32, f32) {
        let (mut least, mut largest) = (self.rho, self.rho);
        for &coefficient in &self.coefficients {
            if coefficient > 0.0 {
                least -= coefficient;
            } else {
                largest -= coefficient;
            }
        }
        (least, largest)
    }

    /// Checks all that scoring relies on.
    ///
    /// # Errors
    /// [`crate::ErrorKind::PackDamaged`] where the parts do not fit together, a number cannot be, or there are too many of them.
    pub fn validate(&self) -> Result<(), Error> {
        let (n_points, n_features) = (self.n_points(), self.n_features as usize);
        validate::points(
            "one-class SVM",
            &self.points,
            (n_points, MAX_POINTS),
            n_features,
        )?;
        // So no sum of some of the weights leaves the range of 32 bits.
        let heights = self.coefficients.iter().chain([&self.rho]);
        let highest: f64 = heights.map(|height| f64::from(height.abs())).sum();
        let fits = highest < f64::from(f32::MAX / 2.0);
        require(self.gamma > 0.0 && self.gamma.is_finite() && fits, || {
            "its one-class SVM has a gamma, rho or weight that cannot be".into()
        })
    }
}

impl OneClass {
    /// Compiles a specification.
    ///
    /// # Errors
    /// See [`OneClassSpec::validate`].
    pub fn new(spec: &OneClassSpec) -> Result<Self, Error> {
        spec.validate()?;
        let points = Points::new(&spec.points, spec.n_features as usize);
        let mut coefficients = spec.coefficients.clone();
        coefficients.resize(points.padded_len(), 0.0);
        Ok(Self {
            gamma: spec.gamma,
            rho: spec.rho,
            points,
            coefficients,
        })
    }

    /// How many values [`Self::score`] works in.
    pub fn scratch_len(&self) -> usize {
        self.coefficients.len()
    }

    /// How far outside a row of finite values lies: the larger the stranger, always finite. What `scratch` holds does not
    /// matter.
    ///
    /// # Panics
    /// If the row has not as many values as the points, or the scratch is not of [`Self::scratch_len`].
    pub fn score(&self, row: &[f32], scratch: &mut [f32]) -> f32 {
        self.points.squared_distances(row, scratch);
        let mut sums = [0.0; LANES];
        let (distances, _) = scratch.as_chunks::<LANES>();
        let (coefficients, _) = self.coefficients.as_chunks::<LANES>();
        for (distances, coefficients) in distances.iter().zip(coefficients) {
            for ((sum, &distance), &coefficient) in sums.iter_mut().zip(distances).zip(coefficients)
            {
                *sum += coefficient * exp_of_negative(-self.gamma * distance);
            }
        }
        self.rho - sums.iter().sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use proptest::prelude::*;

    fn naive(spec: &OneClassSpec, row: &[f32]) -> f64 {
        let points = spec.points.chunks_exact(spec.n_features as usize);
        let terms = points.zip(&spec.coefficients).map(|(point, &coefficient)| {
            let squares = point.iter().zip(row).map(|(&a, &b)| {
                let difference = f64::from(a) - f64::from(b);
                difference * difference
            });
            let distance: f64 = squares.sum();
            f64::from(coefficient) * libm::exp(-f64::from(spec.gamma) * distance)
        });
        f64::from(spec.rho) - terms.sum::<f64>()
    }

    fn score(spec: &OneClassSpec, row: &[f32]) -> f32 {
        let one_class = OneClass::new(spec).expect("valid");
        let mut scratch = vec![f32::NAN; one_class.scratch_len()];
        one_class.score(row, &mut scratch)
    }

    fn small() -> OneClassSpec {
        OneClassSpec {
            gamma: 0.5,
            rho: 0.75,
            n_features: 2,
            points: vec![0.0, 0.0, 1.0, -1.0],
            coefficients: vec![1.0, -0.25],
        }
    }

    proptest! {
        #[test]
        fn a_score_is_the_sum_in_64_bits(
            n_features in 1usize..90,
            n_points in 1usize..80,
            gamma in 0.001f32..2.0,
            rho in 0.0f32..50.0,
            seed in any::<u64>(),
        ) {
            let mut rng = crate::fit::rng::SplitMix64::new(seed);
            let mut values = |n: usize, width: f64| -> Vec<f32> {
                (0..n).map(|_| (width * (rng.unit() - 0.5)) as f32).collect()
            };
            let spec = OneClassSpec {
                gamma,
                rho,
                n_features: n_features as u32,
                points: values(n_points * n_features, 3.0),
                coefficients: values(n_points, 2.0),
            };
            for width in [0.5, 3.0, 30.0] {
                let row = values(n_features, width);
                let expected = naive(&spec, &row);
                // 32 bits have 2^-24; an exponent of at most 87 and sums of a hundred terms cost some of that.
                let heights = f64::from(rho) + n_points as f64;
                prop_assert!((f64::from(score(&spec, &row)) - expected).abs() < 4e-6 * heights);
            }
        }
    }

    #[test]
    fn far_away_every_row_scores_rho() {
        for row in [[1e4, 0.0], [f32::MAX, f32::MIN], [-1e30, 1e30]] {
            assert_eq!(score(&small(), &row), 0.75);
        }
        assert!(score(&small(), &[0.0, 0.0]) < 0.0);
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        type Damage = fn(&mut OneClassSpec);
        let damages: [(&str, Damage); 10] = [
            ("0 features", |spec| spec.n_features = 0),
            ("0 points", |spec| spec.coefficients.clear()),
            ("4097 points", |spec| spec.coefficients = vec![1.0; 4097]),
            ("3 values for 2 points", |spec| spec.points.truncate(3)),
            ("gamma, rho or weight", |spec| spec.gamma = 0.0),
            ("gamma, rho or weight", |spec| spec.gamma = f32::INFINITY),
            ("gamma, rho or weight", |spec| spec.rho = f32::NAN),
            ("gamma, rho or weight", |spec| {
                spec.coefficients[0] = f32::NAN;
            }),
            ("gamma, rho or weight", |spec| {
                spec.coefficients = vec![f32::MAX; 2];
            }),
            ("finite ones", |spec| spec.points[1] = f32::NEG_INFINITY),
        ];
        assert!(small().validate().is_ok());
        for (word, damage) in damages {
            let mut spec = small();
            damage(&mut spec);
            let error = OneClass::new(&spec).expect_err(word);
            assert_eq!(error.kind(), ErrorKind::PackDamaged);
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
