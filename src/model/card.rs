//! The model card: where a model comes from, what was left out, and what it is worth on rows it has not seen.

use super::trial::Trials;

/// Where a model comes from and what it is worth. Holds no dates, paths or machines, so the same data give the same
/// bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// The dataset.
    pub dataset: Dataset,
    /// The column that held the labels.
    pub label_column: String,
    /// Rows that the model was fitted on.
    pub training_rows: u64,
    /// Columns of the training file that are no features, and why.
    pub left_out: Vec<LeftOut>,
    /// The options of the fit as names and values, sorted by name.
    pub parameters: Vec<(String, String)>,
    /// How the procedure scores on rows that it did not see; `None` where it was not evaluated.
    pub evaluation: Option<CardEvaluation>,
    /// How the classifier's size was chosen; `None` where it was asked for. A section of its own in the model file.
    pub size_curve: Option<SizeCurve>,
    /// The same tried in several ways, that one among them; none where it was not. No part of the card's own record: the
    /// model file has a section for them.
    pub evaluations: Trials,
    /// What calibration did on those rows; `None` where it was not measured. A section of its own in a model file.
    pub calibration: Option<CalibrationWorth>,
}

/// The dataset that a model was trained on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dataset {
    /// Its name.
    pub title: String,
    /// Where the original is published.
    pub source: String,
    /// Its licence.
    pub licence: String,
    /// Whom to name.
    pub attribution: String,
}

/// A column of the training file that is no feature.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// The column's name in the header.
    pub column: String,
    /// Why it is left out.
    pub why: String,
}

/// How the classifier's size was chosen: what others would have been worth, on training rows alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SizeCurve {
    /// How the scores came about and which size was taken.
    pub method: String,
    /// Forests of which no smaller one scores better, the smallest first.
    pub points: Vec<SizePoint>,
    /// Index of the one that was taken.
    pub chosen: u32,
}

/// What a forest would be worth, and what it would weigh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SizePoint {
    /// Its bytes in a model file.
    pub bytes: u32,
    /// Mean macro-F1 over the folds.
    pub macro_f1: f32,
    /// The standard error of that mean.
    pub standard_error: f32,
    /// Trees.
    pub trees: u32,
    /// Leaves that a tree may have.
    pub leaves: u32,
    /// Training rows that a leaf keeps at least.
    pub rows_per_leaf: u32,
    /// Share of the features that each split looks at.
    pub features_per_split: f32,
    /// Name of the class weights.
    pub class_weight: String,
    /// Name of the learner: how trees learn of each other.
    pub learner: String,
}

/// How a model fitted by the same procedure on part of the rows scores on the others.
#[derive(Clone, Debug, PartialEq)]
pub struct CardEvaluation {
    /// How the rows were split.
    pub method: String,
    /// Rows fitted on.
    pub train_rows: u64,
    /// Rows scored.
    pub test_rows: u64,
    /// The scores.
    pub scores: crate::metrics::Evaluation,
    /// Area under the ROC curve of the isolation forest, attack against benign; `None` without benign or attack rows.
    pub isolation_auroc: Option<f64>,
}

/// What probabilities and sets are worth on rows that neither the model nor its calibration has seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalibrationWorth {
    /// Rows scored.
    pub rows: u64,
    /// As they were before calibration: shares of votes taken for probabilities, or the softmax of boosted scores.
    pub votes: ProbabilityWorth,
    /// Probabilities as the model gives them.
    pub calibrated: ProbabilityWorth,
    /// What the sets are worth; `None` where the model has none.
    pub sets: Option<SetWorth>,
}

/// How far probabilities can be taken at their word.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProbabilityWorth {
    /// Mean of −ln(probability of the row's label), natural logarithm; 0 is best.
    pub log_loss: f64,
    /// Expected calibration error (Naeini, Cooper and Hauskrecht 2015): how far confidence and accuracy are apart, over 15
    /// bins of confidence; 0 is best.
    pub calibration_error: f64,
}

/// What sets of classes are worth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetWorth {
    /// Rows with their label in their set.
    pub covered: u64,
    /// Rows with an empty set.
    pub empty: u64,
    /// Classes in all rows' sets together.
    pub classes: u64,
    /// One entry a class, in class order.
    pub per_class: Vec<ClassCoverage>,
}

/// How often a class is in the sets of its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCoverage {
    /// Rows with this label.
    pub rows: u64,
    /// Those with it in their set.
    pub covered: u64,
    /// Whether it has a threshold of its own; else too few rows had it, and it has that of all rows together.
    pub own_threshold: bool,
}
