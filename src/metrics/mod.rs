//! What predictions are worth, given labels.
//!
//! Everything is computed from integer counts, so a page and a command line that counted the same rows agree to the
//! last digit.

mod calibration;
mod classifier;
mod curves;
mod detector;

pub use calibration::{Reliability, loss};
pub use curves::{Curve, Separation};
pub use detector::{AtThreshold, Flagged, RankCounts, auroc, flag_threshold, sweep};

/// Scores of a classifier against labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Rows with a label that the model knows.
    pub rows: u64,
    /// Share of these with the right class.
    pub accuracy: f64,
    /// Mean of the classes' F1, over classes that are a label or a prediction of at least one row (as scikit-learn does).
    pub macro_f1: f64,
    /// Scores per class, in class order, for those same classes.
    pub per_class: Vec<ClassScores>,
    /// Attack against benign; `None` where the model or the file knows only one of them.
    pub binary: Option<BinaryScores>,
    /// Rows per label (outer) and predicted class (inner).
    pub confusion: Confusion,
}

/// Benign rows, and how many of them are called attacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FalsePositives {
    /// Rows that are benign.
    pub benign_rows: u64,
    /// Those of them that are called attacks.
    pub called_attack: u64,
}

/// Scores of one class.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(target_arch = "wasm32", derive(serde::Serialize))]
pub struct ClassScores {
    /// The class.
    pub class: String,
    /// Share of the rows predicted so that are so; 0 where none is predicted.
    pub precision: f64,
    /// Share of the rows that are so and are predicted so; 0 where there are none.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Rows that are so.
    pub support: u64,
}

/// Scores of attack against benign. Attack is the positive class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(target_arch = "wasm32", derive(serde::Serialize))]
pub struct BinaryScores {
    /// Share of the rows called attack that are.
    pub precision: f64,
    /// Share of the attacks that are called so.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// Rows per label and prediction.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(target_arch = "wasm32", derive(serde::Serialize))]
pub struct Confusion {
    /// Class names, for rows and columns alike.
    pub labels: Vec<String>,
    /// `matrix[label][predicted]`.
    pub matrix: Vec<Vec<u64>>,
}
