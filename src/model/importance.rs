//! Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019): what a model loses when it is told a column of
//! other rows.
//!
//! The gain that a forest's splits report is about the rows it was fitted on, and favours columns with many values. This
//! is about rows held out: a column whose values can be shuffled without a loss is one that the model could do without,
//! be it of no use or because others say the same.

/// What each column is worth on rows that the procedure did not fit on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PermutationImportance {
    /// Rows that were scored.
    pub rows: u64,
    /// How often each column was shuffled.
    pub shuffles: u64,
    /// Per feature, by how much the macro F1 fell, the mean of the shuffles; below 0 where it rose.
    pub drops: Vec<f32>,
}
