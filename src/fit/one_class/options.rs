//! What a one-class SVM is fitted with, checked before any work starts.

use super::Rows;
use crate::Error;
use crate::fit::options::{bad, require};
use crate::model::one_class::MAX_POINTS;

/// The most rows that an exact fit may see: its time grows with their square.
const MAX_ROWS: u32 = 50_000;

/// How the width of the kernel `exp(−γ · squared distance)` is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gamma {
    /// So many times scikit-learn's `scale`: one over the number of features times the variance of all values, 1 where all values
    /// are equal.
    Scaled(f64),
    /// As given, above 0.
    Value(f64),
}

/// What a one-class SVM is fitted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneClassOptions {
    /// The share ν of the training rows that may lie outside at most, and of those that are support vectors at least; above 0
    /// and up to 1.
    pub nu: f64,
    /// The kernel's width.
    pub gamma: Gamma,
    /// By how much two rows may violate the conditions of an optimum in the end, above 0; in units of the kernel sum.
    pub tolerance: f64,
    /// How many steps the solver may take.
    pub max_iterations: u64,
    /// The most rows that the exact fit sees; 1 to 50,000.
    pub max_rows: u32,
    /// The most points that are stored; 1 to [`MAX_POINTS`].
    pub max_points: u32,
    /// The seed of all randomness.
    pub seed: u64,
}

impl Default for OneClassOptions {
    fn default() -> Self {
        Self {
            nu: 0.05,
            gamma: Gamma::Scaled(1.0),
            tolerance: 1e-3,
            max_iterations: 1_000_000,
            max_rows: 8_000,
            max_points: 256,
            seed: 0,
        }
    }
}

/// Options that passed [`OneClassOptions::check`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneClassParams(OneClassOptions);

impl OneClassOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// [`crate::ErrorKind::BadFit`] names the first option that is out of its range.
    pub fn check(self) -> Result<OneClassParams, Error> {
        if !(self.nu > 0.0 && self.nu <= 1.0) {
            return Err(bad(format!(
                "The share nu of rows outside must be above 0 and up to 1, but is {}. The default is 0.05.",
                self.nu
            )));
        }
        let (Gamma::Scaled(gamma) | Gamma::Value(gamma)) = self.gamma;
        if !is_width(gamma) {
            return Err(bad(format!(
                "The kernel's gamma must be above 0 and fit into 32 bits, but is {gamma}. The default is 1 times the scale."
            )));
        }
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            return Err(bad(format!(
                "The tolerance must be a number above 0, but is {}. The default is 0.001.",
                self.tolerance
            )));
        }
        require(
            "the rows that a one-class SVM is fitted on",
            self.max_rows,
            1,
            MAX_ROWS,
        )?;
        require(
            "the points of a one-class SVM",
            self.max_points,
            1,
            MAX_POINTS as u32,
        )?;
        Ok(OneClassParams(self))
    }
}

impl OneClassParams {
    /// The options, all in their ranges.
    pub fn options(&self) -> &OneClassOptions {
        &self.0
    }
}

impl Gamma {
    /// The width for these rows.
    pub(super) fn of(self, rows: &Rows) -> Result<f64, Error> {
        match self {
            Self::Value(gamma) => Ok(gamma),
            Self::Scaled(times) => {
                let variance = rows.variance();
                let scale = if variance == 0.0 {
                    1.0
                } else {
                    1.0 / (rows.n_features() as f64 * variance)
                };
                let gamma = times * scale;
                if is_width(gamma) {
                    Ok(gamma)
                } else {
                    Err(bad(
                        "The columns' values lie too far apart, or too close together, for a kernel's gamma that fits into 32 \
                         bits. Scale them to a standard deviation of 1, or give another gamma.",
                    ))
                }
            }
        }
    }
}

/// Whether it is a kernel's width, also as it is stored: in 32 bits, where it must not become 0 or infinite.
fn is_width(gamma: f64) -> bool {
    gamma > 0.0 && (gamma as f32).is_normal()
}
