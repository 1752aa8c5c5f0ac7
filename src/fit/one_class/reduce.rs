//! Fewer points for the same function: the orthogonal projection of a kernel sum onto the span of a few of its points.
//!
//! In the kernel's own space f = Σ αᵢ k(xᵢ, ·) is a vector. Points are taken one by one, each time the one whose span takes
//! most of what is left of it (orthogonal matching pursuit; the f/P-greedy rule of Müller and Schaback, "A Newton basis for
//! kernel spaces", 2009), and their weights are those of the projection. Nothing is drawn and nothing else is looked at: as
//! |k(x, x)| = 1, no row's kernel sum changes by more than the length of what is left.

use super::kernel::{Blocks, gaussian};
use super::rows::Rows;

/// A point of which less than this share (squared) lies outside of the span of those taken is as good as one of them. Weights
/// stay moderate, so that 32 bits are enough for them.
const LEAST_NEW_SHARE: f64 = 1e-6;
/// What is left of a kernel sum when 32 bits cannot tell it from nothing.
const NOTHING: f64 = 1e-7;

/// A kernel sum.
pub(super) struct Target<'a> {
    pub(super) rows: &'a Rows,
    pub(super) weights: &'a [f64],
    pub(super) gamma: f64,
}

/// A kernel sum of fewer points.
pub(super) struct Reduced {
    pub(super) rows: Rows,
    pub(super) weights: Vec<f64>,
}

/// Projects a kernel sum onto at most `max_points` of its rows, at least one.
pub(super) fn project(target: &Target<'_>, max_points: usize) -> Reduced {
    let mut pursuit = Pursuit::start(target);
    while pursuit.taken.len() < max_points
        && let Some(next) = pursuit.best()
    {
        pursuit.take(next);
    }
    Reduced {
        rows: target.rows.subset(&pursuit.taken),
        weights: pursuit.weights(),
    }
}

struct Pursuit<'a> {
    target: &'a Target<'a>,
    blocks: Blocks,
    /// What is left of the kernel sum, at each row.
    left: Vec<f64>,
    largest: f64,
    /// The squared share of each row that lies outside of the span of those taken.
    new_share: Vec<f64>,
    taken: Vec<usize>,
    /// An orthonormal basis of that span, each at every row, and how much of the kernel sum it takes.
    basis: Vec<Vec<f64>>,
    amounts: Vec<f64>,
}

impl<'a> Pursuit<'a> {
    fn start(target: &'a Target<'a>) -> Self {
        let n = target.rows.len();
        let mut blocks = Blocks::new(target.rows);
        let mut left = vec![0.0; n];
        for (row_idx, &weight) in target.weights.iter().enumerate() {
            for (sum, &distance) in left.iter_mut().zip(blocks.squared_distances_to(row_idx)) {
                *sum += weight * gaussian(target.gamma, distance);
            }
        }
        Self {
            target,
            blocks,
            largest: left.iter().fold(0.0, |most, &value| value.max(most)),
            left,
            new_share: vec![1.0; n],
            taken: Vec::new(),
            basis: Vec::new(),
            amounts: Vec::new(),
        }
    }

    /// The row that takes most of what is left; none where that is nothing.
    fn best(&self) -> Option<usize> {
        let mut best = None;
        let mut most = 0.0;
        for (row_idx, (&left, &share)) in self.left.iter().zip(&self.new_share).enumerate() {
            if share >= LEAST_NEW_SHARE && left.abs() > NOTHING * self.largest {
                let amount = left * left / share;
                if amount > most {
                    most = amount;
                    best = Some(row_idx);
                }
            }
        }
        best
    }

    /// Takes a row into the span, and what it takes out of what is left.
    fn take(&mut self, row_idx: usize) {
        let gamma = self.target.gamma;
        let distances = self.blocks.squared_distances_to(row_idx);
        let mut direction: Vec<f64> = (distances.iter())
            .take(self.left.len())
            .map(|&distance| gaussian(gamma, distance))
            .collect();
        for known in &self.basis {
            let part = known[row_idx];
            for (value, &known) in direction.iter_mut().zip(known) {
                *value -= part * known;
            }
        }
        let length = libm::sqrt(self.new_share[row_idx]);
        let amount = self.left[row_idx] / length;
        let rows = self.left.iter_mut().zip(&mut self.new_share);
        for (value, (left, share)) in direction.iter_mut().zip(rows) {
            *value /= length;
            *left -= amount * *value;
            *share -= *value * *value;
        }
        self.new_share[row_idx] = 0.0;
        self.taken.push(row_idx);
        self.basis.push(direction);
        self.amounts.push(amount);
    }

    /// The weights of the rows taken: the basis at these rows is a triangular matrix, solved from the last row up.
    fn weights(&self) -> Vec<f64> {
        let mut weights = self.amounts.clone();
        for place in (0..weights.len()).rev() {
            let weight = weights[place] / self.basis[place][self.taken[place]];
            weights[place] = weight;
            for (earlier, basis) in weights[..place].iter_mut().zip(&self.basis) {
                *earlier -= weight * basis[self.taken[place]];
            }
        }
        weights
    }
}
