//! A one-class support vector machine (Schölkopf et al., "Estimating the support of a high-dimensional distribution", 2001)
//! with a Gaussian kernel: a smooth border around all but a share ν of the training rows.
//!
//! The exact fit is libsvm's, in quadratic time, so it sees at most [`OneClassOptions::max_rows`] rows, drawn with the seed
//! where there are more; time and memory no longer grow from there on. Its support vectors are then reduced to at most
//! [`OneClassOptions::max_points`] of them with weights of their own ([`ExactOneClass::reduced`]), for a row is scored against each.

mod kernel;
mod options;
mod reduce;
mod rows;
mod smo;

use super::rng::{Purpose, SplitMix64};
use crate::Error;
use crate::model::one_class::OneClassSpec;
use kernel::KernelRows;
pub use options::{Gamma, OneClassOptions, OneClassParams};
use rows::Rows;

/// How much of the kernel matrix is kept at a time: all of it up to 4,096 rows.
const KERNEL_BYTES: usize = 64 << 20;

/// A one-class SVM as it was fitted, with all of its support vectors.
#[derive(Clone, Debug)]
pub struct ExactOneClass {
    gamma: f64,
    rho: f64,
    support: Rows,
    /// The weight of each support vector, above 0 and up to 1.
    coefficients: Vec<f64>,
    iterations: u64,
}

/// Fits a one-class SVM on a sample of the rows `row_idxs` of `columns` (one per feature, scaled), and reduces it to what is
/// stored.
///
/// # Errors
/// See [`ExactOneClass::fit`].
pub fn fit(
    columns: &[Vec<f32>],
    row_idxs: &[u32],
    params: &OneClassParams,
) -> Result<OneClassSpec, Error> {
    let exact = ExactOneClass::fit(columns, &sample(row_idxs, params), params)?;
    Ok(exact.reduced(params.options().max_points as usize))
}

/// The rows that the exact fit sees: all of them, or as many as it may, drawn with the seed. They keep their order.
pub fn sample(row_idxs: &[u32], params: &OneClassParams) -> Vec<u32> {
    let options = params.options();
    let n = options.max_rows as usize;
    if row_idxs.len() <= n {
        return row_idxs.to_vec();
    }
    let mut places: Vec<usize> = (0..row_idxs.len()).collect();
    SplitMix64::stream(options.seed, Purpose::OneClassSample, 0).draw_to_front(&mut places, n);
    let mut is_drawn = vec![false; row_idxs.len()];
    for &place in &places[..n] {
        is_drawn[place] = true;
    }
    (row_idxs.iter().zip(is_drawn))
        .filter_map(|(&row_idx, is_drawn)| is_drawn.then_some(row_idx))
        .collect()
}

impl ExactOneClass {
    /// Fits on exactly the rows `row_idxs` of `columns` (one per feature, scaled).
    ///
    /// # Errors
    /// [`crate::ErrorKind::BadFit`] where there are no rows or no columns, a value is missing or infinite, the values lie too
    /// far apart or too close together for a kernel, or the fit does not converge.
    pub fn fit(
        columns: &[Vec<f32>],
        row_idxs: &[u32],
        params: &OneClassParams,
    ) -> Result<Self, Error> {
        let rows = Rows::gather(columns, row_idxs)?;
        let options = params.options();
        let gamma = options.gamma.of(&rows)?;
        let mut kernel = KernelRows::new(&rows, gamma, KERNEL_BYTES);
        let solution = smo::solve(
            &mut kernel,
            options.nu,
            options.tolerance,
            options.max_iterations,
        )?;
        let support: Vec<usize> = (0..rows.len())
            .filter(|&row_idx| solution.alphas[row_idx] > 0.0)
            .collect();
        Ok(Self {
            gamma,
            rho: solution.rho,
            coefficients: (support.iter())
                .map(|&row_idx| solution.alphas[row_idx])
                .collect(),
            support: rows.subset(&support),
            iterations: solution.iterations,
        })
    }

    /// The kernel's width: `exp(−γ · squared distance)`.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// What the kernel sum is on the border.
    pub fn rho(&self) -> f64 {
        self.rho
    }

    /// How many support vectors there are.
    pub fn n_support(&self) -> usize {
        self.coefficients.len()
    }

    /// How many steps the solver took.
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// scikit-learn's `decision_function` of a row of scaled values: how far the kernel sum is above the border's, negative
    /// outside.
    pub fn decision(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        for (support_idx, coefficient) in self.coefficients.iter().enumerate() {
            let values = self.support.row(support_idx);
            let distance = kernel::squared_distance(values, row);
            sum += coefficient * libm::exp(-self.gamma * distance);
        }
        sum - self.rho
    }

    /// The same border with at most `max_points` of the support vectors: by orthogonal projection, so no row's kernel sum
    /// changes by more than the length of what is left. One at least stays.
    pub fn reduced(&self, max_points: usize) -> OneClassSpec {
        let target = reduce::Target {
            rows: &self.support,
            weights: &self.coefficients,
            gamma: self.gamma,
        };
        let reduced = reduce::project(&target, max_points.max(1));
        OneClassSpec {
            gamma: self.gamma as f32,
            rho: self.rho as f32,
            n_features: self.support.n_features() as u32,
            points: reduced.rows.into_values(),
            coefficients: (reduced.weights.iter())
                .map(|&weight| weight as f32)
                .collect(),
        }
    }
}
