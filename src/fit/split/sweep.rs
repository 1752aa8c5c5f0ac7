//! A cut moves through what a node holds on one feature, code by code; each place where it may stay has a score.

use super::node::{Node, Part};
use super::{Split, middle_of_gap};
use crate::fit::cuts::MISSING_CODE;

/// A cut between two codes that occur in the node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// The last code to the left that occurs.
    pub(super) low: u8,
    /// The first code to the right that occurs; `None` where missing values alone are to the right.
    pub(super) high: Option<u8>,
    pub(super) missing_left: bool,
    /// Whether each side is of one class.
    pub(super) pure: [bool; 2],
    left_weight: u64,
    pub(super) score: f64,
}

impl Found {
    pub(super) fn on(&self, feature: u16, cuts: &[f32]) -> Split {
        Split {
            feature,
            last_left: middle_of_gap(self.low, self.high, cuts),
            missing_left: self.missing_left,
            pure: self.pure,
            score: self.score,
        }
    }
}

/// The best cut through what the node holds on a feature, ascending: with missing values to the right, then, where there
/// are any, to the left. Rows of codes are looked at where a leaf needs more than one; `left` is memory to be used.
pub(super) fn best_cut(
    node: &Node,
    parts: &[Part],
    rows_of_code: &[u32],
    min_leaf: u32,
    left: &mut Vec<u64>,
) -> Option<Found> {
    let n_missing = parts
        .iter()
        .take_while(|part| part.code() == MISSING_CODE)
        .count();
    let (missing, present) = parts.split_at(n_missing);
    let mut best = None;
    for missing_left in [false, true] {
        if missing_left && missing.is_empty() {
            break;
        }
        let mut sweep = Sweep::new(node, left);
        if missing_left {
            sweep.shift(missing);
            sweep.left_rows += rows_of_code[usize::from(MISSING_CODE)];
        }
        let try_cut = |sweep: &Sweep, best: Option<Found>, low, high| {
            let cut = Found {
                low,
                high,
                missing_left,
                ..Found::default()
            };
            sweep.better_of(best, cut, min_leaf)
        };
        // The last bin to the left, and its class if it has only one.
        let mut last: Option<(u8, Option<u8>)> = None;
        let mut right = present;
        while let Some(first) = right.first() {
            let code = first.code();
            let n_parts = right.iter().take_while(|part| part.code() == code).count();
            let (bin, beyond) = right.split_at(n_parts);
            let class = (n_parts == 1 || first.class() == bin[n_parts - 1].class())
                .then_some(first.class());
            if let Some((low, class_before)) = last {
                // Between two bins of the same class alone no cut is better than before or after both.
                let within_class = class.is_some() && class == class_before;
                if !within_class || min_leaf > 1 {
                    best = try_cut(&sweep, best, low, Some(code));
                }
            }
            sweep.shift(bin);
            sweep.left_rows += rows_of_code[usize::from(code)];
            last = Some((code, class));
            right = beyond;
        }
        if let Some((low, _)) = last
            && !missing_left
            && !missing.is_empty()
        {
            best = try_cut(&sweep, best, low, None);
        }
    }
    // A node that saw no missing value sends those to come where most of its weight goes.
    best.map(|found| Found {
        missing_left: if missing.is_empty() {
            2 * found.left_weight >= node.total
        } else {
            found.missing_left
        },
        ..found
    })
}

/// Σ w²/W. Both are below 2⁶³ (see [`crate::fit::binned::MAX_WEIGHT`]), and signed numbers become floats faster.
#[inline]
pub(super) fn score(squares: u64, total: u64) -> f64 {
    squares as i64 as f64 / total as i64 as f64
}

/// A cut that moves through a node's rows, from the left to the right.
struct Sweep<'a> {
    node: &'a Node,
    left: &'a mut [u64],
    left_total: u64,
    left_squares: u64,
    right_squares: u64,
    left_rows: u32,
}

impl<'a> Sweep<'a> {
    fn new(node: &'a Node, left: &'a mut Vec<u64>) -> Self {
        left.clear();
        left.resize(node.weights.len(), 0);
        Self {
            node,
            left,
            left_total: 0,
            left_squares: 0,
            right_squares: node.squares,
            left_rows: 0,
        }
    }

    /// Moves parts to the left.
    #[inline]
    fn shift(&mut self, parts: &[Part]) {
        for part in parts {
            let class = usize::from(part.class());
            let weight = part.draws() * u64::from(self.node.draw_weights[class]);
            let left = self.left[class];
            let right = self.node.weights[class] - left;
            self.left_squares += (2 * left + weight) * weight;
            self.right_squares -= (2 * right - weight) * weight;
            self.left_total += weight;
            self.left[class] = left + weight;
        }
    }

    /// `cut` with its score, if it may be made and scores more than the best so far, else that one.
    #[inline]
    fn better_of(&self, best: Option<Found>, cut: Found, min_leaf: u32) -> Option<Found> {
        let rows = self.node.rows.len() as u32;
        if min_leaf > 1 && self.left_rows.min(rows - self.left_rows) < min_leaf {
            return best;
        }
        let right_total = self.node.total - self.left_total;
        let score =
            score(self.left_squares, self.left_total) + score(self.right_squares, right_total);
        if best.is_some_and(|best| best.score >= score) {
            return best;
        }
        Some(Found {
            pure: [
                self.left_squares == self.left_total * self.left_total,
                self.right_squares == right_total * right_total,
            ],
            left_weight: self.left_total,
            score,
            ..cut
        })
    }
}
