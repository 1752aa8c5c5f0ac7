//! Predictions against labels: of a file's rows, and of those that a model's card tells of.

use crate::metrics::{self, FalsePositives};
use serde::Serialize;

/// Predictions against labels.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Evaluation {
    rows: u64,
    accuracy: f64,
    balanced_accuracy: f64,
    macro_f1: f64,
    weighted_f1: f64,
    per_class: Vec<metrics::ClassScores>,
    binary: Option<metrics::BinaryScores>,
    benign_rows: u64,
    false_positives: u64,
    false_positives_per_million: Option<f64>,
    confusion: metrics::Confusion,
}

impl Evaluation {
    pub(super) fn new(scores: &metrics::Evaluation, false_positives: FalsePositives) -> Self {
        Self {
            rows: scores.rows,
            accuracy: scores.accuracy,
            balanced_accuracy: scores.balanced_accuracy(),
            macro_f1: scores.macro_f1,
            weighted_f1: scores.weighted_f1(),
            per_class: scores.per_class.clone(),
            binary: scores.binary,
            benign_rows: false_positives.benign_rows,
            false_positives: false_positives.called_attack,
            false_positives_per_million: false_positives.per_million(),
            confusion: scores.confusion.clone(),
        }
    }
}
