//! How a model comes from data and a seed: serial pieces, one tree or one column at a time.
//!
//! Every function here is pure: the same data, options and seed give the same bits on any machine. A caller with
//! threads maps the pieces over them and keeps the results in order. To that end randomness is this module's own
//! generator ([`rng`]), histograms count in integers, and the few sums of floats run in a fixed order.
//!
//! From a table to a forest: the words of categorical columns become codes ([`dictionary`]), each column is described
//! ([`statistics`]) and cut into at most 254 bins ([`cuts`]), whose codes make a table ([`binned`]); trees grow on it
//! ([`tree`]), or correct each other ([`boost`]), and are joined ([`forest`]); each row is judged by the trees of a random
//! forest that did not draw it ([`out_of_bag`]). Votes for rows that they have not seen say what votes are worth
//! ([`calibration`]). [`isolation`] grows the detector's trees on the values themselves or their ranks ([`ranked`]), [`lof`]
//! finds how densely the rows lie, [`one_class`] draws a border around them. [`unlabelled`] makes a whole model of a file's own rows: a detector without
//! classes.

pub mod binned;
pub mod boost;
pub mod calibration;
pub mod codebook;
pub mod column_names;
pub mod cuts;
pub mod detectors;
pub mod dictionary;
pub mod forest;
pub mod isolation;
pub mod lof;
pub mod nested;
pub mod one_class;
pub mod options;
pub mod out_of_bag;
pub mod ranked;
pub mod rng;
pub mod self_test;
pub mod space;
pub mod statistics;
pub mod tree;
pub mod unlabelled;

mod bootstrap;
mod grower;
mod split;

/// Labelled rows that a model is fitted on, feature by feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingTable {
    /// Per feature, its prepared value in every row: numbers, codes of categories, NaN where missing.
    pub columns: Vec<Vec<f32>>,
    /// The class of every row, below `n_classes`.
    pub labels: Vec<u8>,
    /// How many classes there are; some may have no rows.
    pub n_classes: usize,
}

impl TrainingTable {
    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.labels.len()
    }

    /// How many rows each class has.
    pub fn class_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.n_classes];
        for &label in &self.labels {
            counts[usize::from(label)] += 1;
        }
        counts
    }

    /// The rows at `row_idxs`, in that order.
    #[must_use]
    pub fn rows(&self, row_idxs: &[u32]) -> Self {
        Self {
            columns: self
                .columns
                .iter()
                .map(|column| {
                    row_idxs
                        .iter()
                        .map(|&row_idx| column[row_idx as usize])
                        .collect()
                })
                .collect(),
            labels: row_idxs
                .iter()
                .map(|&row_idx| self.labels[row_idx as usize])
                .collect(),
            n_classes: self.n_classes,
        }
    }
}
