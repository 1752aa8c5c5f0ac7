//! Sequential minimal optimisation of the one-class dual, as libsvm does it: minimise ½ αᵀKα with 0 ≤ αᵢ ≤ 1 and
//! Σα = ν·n.
//!
//! A step moves weight from one row to another. Which two is decided by second-order information (Fan, Chen and Lin,
//! "Working set selection using second order information for training support vector machines", 2005): the row that violates
//! the conditions of an optimum most may gain, and of those that may lose the one with which the objective falls most.

use super::kernel::KernelRows;
use crate::Error;
use crate::fit::options::bad;

/// What stands in for a curvature that is not positive: two rows that are equal.
const LEAST_CURVATURE: f64 = 1e-12;

/// Where the dual has its optimum.
pub(super) struct Solution {
    /// The weight of each row, 0 to 1.
    pub(super) alphas: Vec<f64>,
    /// The decision function's offset: what the kernel sum is on the border.
    pub(super) rho: f64,
    /// How many steps it took.
    pub(super) iterations: u64,
}

/// Solves the dual until no two rows violate the conditions of an optimum by more than `tolerance`.
///
/// # Errors
/// [`crate::ErrorKind::BadFit`] where that takes more than `max_iterations` steps.
pub(super) fn solve(
    kernel: &mut KernelRows,
    nu: f64,
    tolerance: f64,
    max_iterations: u64,
) -> Result<Solution, Error> {
    let mut solver = Solver::start(kernel, nu);
    let mut iterations = 0;
    while let Some((gains, loses)) = solver.working_set(tolerance) {
        if iterations == max_iterations {
            return Err(bad(format!(
                "The one-class SVM has not converged after {max_iterations} steps. Fit it on fewer rows, or allow a larger \
                 tolerance."
            )));
        }
        iterations += 1;
        solver.step(gains, loses);
    }
    Ok(Solution {
        rho: solver.rho(),
        alphas: solver.alphas,
        iterations,
    })
}

struct Solver<'a> {
    kernel: &'a mut KernelRows,
    alphas: Vec<f64>,
    /// Kα: the kernel sum at each row.
    gradient: Vec<f64>,
}

impl<'a> Solver<'a> {
    /// All weight on the first rows, as libsvm starts.
    fn start(kernel: &'a mut KernelRows, nu: f64) -> Self {
        let n = kernel.n_rows();
        let total = nu * n as f64;
        let whole = (total as usize).min(n);
        let mut alphas = vec![0.0; n];
        alphas[..whole].fill(1.0);
        if whole < n {
            alphas[whole] = total - whole as f64;
        }
        let mut gradient = vec![0.0; n];
        for (row_idx, &alpha) in alphas.iter().enumerate().take(whole + 1) {
            kernel.prepare(row_idx);
            for (sum, &value) in gradient.iter_mut().zip(kernel.row(row_idx)) {
                *sum += alpha * f64::from(value);
            }
        }
        Self {
            kernel,
            alphas,
            gradient,
        }
    }

    /// The row that gains weight and the one that loses it; none at the optimum.
    fn working_set(&mut self, tolerance: f64) -> Option<(usize, usize)> {
        let mut gains = None;
        let mut least = f64::INFINITY;
        let mut most = f64::NEG_INFINITY;
        for (row_idx, (&alpha, &sum)) in self.alphas.iter().zip(&self.gradient).enumerate() {
            if alpha < 1.0 && sum < least {
                least = sum;
                gains = Some(row_idx);
            }
            if alpha > 0.0 && sum > most {
                most = sum;
            }
        }
        let gains = gains?;
        if most - least < tolerance {
            return None;
        }
        self.kernel.prepare(gains);
        let mut loses = None;
        let mut best = 0.0;
        let candidates = self.alphas.iter().zip(&self.gradient);
        for (row_idx, ((&alpha, &sum), &value)) in
            candidates.zip(self.kernel.row(gains)).enumerate()
        {
            let excess = sum - least;
            if alpha > 0.0 && excess > 0.0 {
                let fall = excess * excess / curvature(value);
                if fall > best {
                    best = fall;
                    loses = Some(row_idx);
                }
            }
        }
        Some((gains, loses?))
    }

    /// Moves as much weight between two rows as lowers the objective most.
    fn step(&mut self, gains: usize, loses: usize) {
        self.kernel.prepare(gains);
        self.kernel.prepare(loses);
        let curvature = curvature(self.kernel.row(gains)[loses]);
        let wanted = (self.gradient[loses] - self.gradient[gains]) / curvature;
        let (room, stock) = (1.0 - self.alphas[gains], self.alphas[loses]);
        let (gained, lost);
        if wanted < room.min(stock) {
            (gained, lost) = (self.alphas[gains] + wanted, stock - wanted);
        } else if room <= stock {
            (gained, lost) = (1.0, stock - room);
        } else {
            (gained, lost) = (self.alphas[gains] + stock, 0.0);
        }
        let change = (gained - self.alphas[gains], lost - stock);
        (self.alphas[gains], self.alphas[loses]) = (gained, lost);
        let rows = (self.kernel.row(gains).iter()).zip(self.kernel.row(loses));
        for (sum, (&gains, &loses)) in self.gradient.iter_mut().zip(rows) {
            *sum += change.0 * f64::from(gains) + change.1 * f64::from(loses);
        }
    }

    /// The kernel sum on the border: the mean of those of rows that have some weight and could have more, else the middle
    /// between those that have all and those that have none. Where all rows have all weight, the largest of them: none lies
    /// inside.
    fn rho(&self) -> f64 {
        let (mut sum, mut n_free) = (0.0, 0u32);
        let (mut full, mut empty) = (f64::NEG_INFINITY, f64::INFINITY);
        for (&alpha, &value) in self.alphas.iter().zip(&self.gradient) {
            if alpha >= 1.0 {
                full = full.max(value);
            } else if alpha <= 0.0 {
                empty = empty.min(value);
            } else {
                sum += value;
                n_free += 1;
            }
        }
        if n_free > 0 {
            sum / f64::from(n_free)
        } else if empty.is_finite() && full.is_finite() {
            f64::midpoint(full, empty)
        } else {
            full
        }
    }
}

/// How fast the objective's slope changes as weight moves between two rows with this kernel.
fn curvature(kernel: f32) -> f64 {
    (2.0 - 2.0 * f64::from(kernel)).max(LEAST_CURVATURE)
}
