//! What is said of a file as a whole. It holds only what does not depend on how the file was cut, so parts merge in any
//! order: integer counts, histograms with fixed edges, extremes, exact sums, and samples chosen by a hash of where a row
//! is.

use super::places::PLACES;
use super::{ExactSum, Rejects};
use crate::fit::rng::mix;
use crate::metrics::Evaluation;
use crate::model::taxonomy::Taxonomy;
use crate::record::record;
use crate::short::{ShortMap, sorted_by_key};
use std::cmp::Reverse;

/// Bins of the histogram of confidence: confidence × 64, rounded down.
pub(super) const CONFIDENCE_BINS: usize = 64;
/// Bins of the histogram of ranks: the rank's upper byte.
pub(super) const RANK_BINS: usize = 256;
/// Rows in the sample.
const SAMPLE_ROWS: usize = 256;
/// Unknown labels that are counted by name.
const UNKNOWN_NAMES: usize = 100;

/// A summary of the rows of a file, or of a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows, rejects included.
    pub rows: u64,
    /// Lines with nothing on them.
    pub blank_lines: u64,
    /// Lines about the file, such as those of a Zeek log that begin with `#`.
    pub comment_lines: u64,
    /// Values of JSON objects under keys that no object at the file's beginning has; they are not read.
    pub unknown_values: u64,
    /// Rows per class predicted.
    pub class_counts: Vec<u64>,
    /// Rows per family predicted: the family whose classes' probabilities add up to most.
    pub family_counts: Vec<u64>,
    /// Rows called an attack: the attack classes' probabilities add up to more than a half.
    pub attack_rows: u64,
    /// Rows called unknown: no attack, and of no kind that the model knows. Benign ones, attacks, and those without a label.
    pub unknown: [u64; 3],
    /// Rows per label and class predicted, label-major, `n_classes`²; unknown labels are not in it.
    pub confusion: Vec<u64>,
    /// Rows per `[is an attack][is called one]`; rows with an unknown label are attacks.
    pub binary: [[u64; 2]; 2],
    /// Rows per number of classes in their set, from none to all; 0 everywhere where the model has no sets.
    pub set_sizes: Vec<u64>,
    /// Rows per label with their label in their set.
    pub covered: Vec<u64>,
    /// Rows with a label that the model does not know, by name.
    pub unknown_labels: LabelNames,
    /// Rows per confidence.
    pub confidence_histogram: Vec<u64>,
    /// Rows per rank of the detector's score.
    pub rank_histogram: Vec<u64>,
    /// One entry per feature.
    pub columns: Vec<ColumnSummary>,
    /// How each feature's values lie among those of training: 36 counts for each. What they say is in
    /// [`stability`](Self::stability).
    pub places: Vec<u64>,
    /// Rows that could not be read.
    pub rejects: Rejects,
    /// Rows chosen by the smallest hash of seed and offset, in the order of the hash: (hash, offset).
    pub sample: Vec<(u64, u64)>,
}

impl Summary {
    /// The summary of no rows, for a model of these sizes.
    pub fn new(taxonomy: &Taxonomy, n_features: usize) -> Self {
        let n_classes = taxonomy.kinds.len();
        Self {
            class_counts: vec![0; n_classes],
            family_counts: vec![0; taxonomy.families.len()],
            confusion: vec![0; n_classes * n_classes],
            set_sizes: vec![0; n_classes + 1],
            covered: vec![0; n_classes],
            confidence_histogram: vec![0; CONFIDENCE_BINS],
            rank_histogram: vec![0; RANK_BINS],
            columns: vec![ColumnSummary::default(); n_features],
            places: vec![0; PLACES * n_features],
            ..Self::default()
        }
    }

    /// Adds the summary of another part of the same file. Associative and commutative.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.blank_lines += other.blank_lines;
        self.comment_lines += other.comment_lines;
        self.unknown_values += other.unknown_values;
        self.attack_rows += other.attack_rows;
        add_all(&mut self.unknown, &other.unknown);
        add_all(&mut self.class_counts, &other.class_counts);
        add_all(&mut self.family_counts, &other.family_counts);
        add_all(&mut self.confusion, &other.confusion);
        add_all(&mut self.set_sizes, &other.set_sizes);
        add_all(&mut self.covered, &other.covered);
        add_all(&mut self.confidence_histogram, &other.confidence_histogram);
        add_all(&mut self.rank_histogram, &other.rank_histogram);
        for (counts, other) in self.binary.iter_mut().zip(&other.binary) {
            add_all(counts, other);
        }
        self.unknown_labels.merge(&other.unknown_labels);
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.merge(other);
        }
        add_all(&mut self.places, &other.places);
        self.rejects.merge(&other.rejects);
        self.sample = merge_sorted(&self.sample, &other.sample, SAMPLE_ROWS, |&entry| entry);
    }

    /// Offers the row at `offset` to the sample.
    pub(super) fn offer_to_sample(&mut self, seed: u64, offset: u64) {
        let entry = (mix(mix(seed).wrapping_add(offset)), offset);
        if self.sample.len() == SAMPLE_ROWS && self.sample.last().is_some_and(|last| *last <= entry)
        {
            return;
        }
        let at = self.sample.partition_point(|other| *other < entry);
        self.sample.insert(at, entry);
        self.sample.truncate(SAMPLE_ROWS);
    }

    /// Rows that were analysed: all but rejects.
    pub fn analysed(&self) -> u64 {
        self.rows - self.rejects.rows()
    }

    /// Rows with a label, known or not.
    pub fn labelled(&self) -> u64 {
        self.binary.iter().flatten().sum()
    }

    /// Share of the rows with a known label whose set holds it; `None` where there are none, or no sets.
    pub fn coverage(&self) -> Option<f64> {
        let rows: u64 = self.confusion.iter().sum();
        let has_sets = self.set_sizes.iter().any(|&rows| rows > 0);
        let covered: u64 = self.covered.iter().sum();
        (has_sets && rows > 0).then(|| covered as f64 / rows as f64)
    }

    /// How the predictions compare with the labels; `None` where no row has one, or the model has no classes.
    pub fn evaluation(&self, taxonomy: &Taxonomy) -> Option<Evaluation> {
        (self.labelled() > 0 && !taxonomy.kinds.is_empty())
            .then(|| Evaluation::from_counts(taxonomy, &self.confusion, &self.binary))
    }
}

/// The first `most` of two sorted lists together.
pub(super) fn merge_sorted<T: Clone, K: Ord>(
    left: &[T],
    right: &[T],
    most: usize,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut merged = Vec::new();
    while merged.len() < most {
        let next = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if key(b) < key(a) => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        };
        match next {
            Some(item) => merged.push(item.clone()),
            None => break,
        }
    }
    merged
}

fn add_all(counts: &mut [u64], others: &[u64]) {
    for (count, other) in counts.iter_mut().zip(others) {
        *count += other;
    }
}

/// What is said of one feature's values in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSummary {
    /// Rows with no value.
    pub missing: u64,
    /// Rows with an infinite value.
    pub infinite: u64,
    /// Rows with a word that is not in the model's dictionary.
    pub other_category: u64,
    /// Rows with a finite value.
    pub finite: u64,
    /// The smallest finite value; +∞ where there is none.
    pub min: f32,
    /// The largest finite value; −∞ where there is none.
    pub max: f32,
    /// The sum of the finite values.
    pub sum: ExactSum,
}

impl Eq for ColumnSummary {}

impl Default for ColumnSummary {
    fn default() -> Self {
        Self {
            missing: 0,
            infinite: 0,
            other_category: 0,
            finite: 0,
            min: f32::INFINITY,
            max: f32::NEG_INFINITY,
            sum: ExactSum::default(),
        }
    }
}

impl ColumnSummary {
    fn merge(&mut self, other: &Self) {
        self.missing += other.missing;
        self.infinite += other.infinite;
        self.other_category += other.other_category;
        self.finite += other.finite;
        self.min = if other.min < self.min {
            other.min
        } else {
            self.min
        };
        self.max = if other.max > self.max {
            other.max
        } else {
            self.max
        };
        self.sum.merge(&other.sum);
    }

    /// The mean of the finite values; NaN where there are none.
    pub fn mean(&self) -> f64 {
        self.sum.value() / self.finite as f64
    }
}

/// Rows per label name, for labels that the model does not know. There may be any number of names in a file; kept are
/// those with the smallest hash, each with its exact count, and of the others how many rows they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelNames {
    /// Rows in all.
    pub rows: u64,
    /// (hash of the name, name) to rows.
    by_hash: ShortMap<(u64, String), u64>,
}

impl LabelNames {
    /// Counts a label.
    pub(super) fn add(&mut self, label: &[u8]) {
        self.rows += 1;
        let name = super::Reject::excerpt(label);
        let key = (
            name.bytes().fold(
                0,
                |state, byte| mix(state ^ u64::from(byte).wrapping_add(1)),
            ),
            name,
        );
        // A name beyond those kept can never come back among them: others only push it further out.
        let is_full = self.by_hash.len() == UNKNOWN_NAMES;
        if is_full && self.by_hash.last_key().is_some_and(|last| *last < key) {
            return;
        }
        *self.by_hash.entry(key, 0) += 1;
        self.by_hash.truncate(UNKNOWN_NAMES);
    }

    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for (key, rows) in other.by_hash.iter() {
            *self.by_hash.entry(key.clone(), 0) += rows;
        }
        self.by_hash.truncate(UNKNOWN_NAMES);
    }

    /// Names and rows, most rows first.
    pub fn names(&self) -> Vec<(&str, u64)> {
        let names = self
            .by_hash
            .iter()
            .map(|((_, name), rows)| (name.as_str(), *rows));
        sorted_by_key(names, |&(name, rows)| (Reverse(rows), name))
    }
}

record!(Summary {
    rows,
    blank_lines,
    comment_lines,
    unknown_values,
    class_counts,
    family_counts,
    attack_rows,
    unknown,
    confusion,
    binary,
    set_sizes,
    covered,
    unknown_labels,
    confidence_histogram,
    rank_histogram,
    columns,
    places,
    rejects,
    sample
});
record!(ColumnSummary {
    missing,
    infinite,
    other_category,
    finite,
    min,
    max,
    sum
});
record!(LabelNames { rows, by_hash });
