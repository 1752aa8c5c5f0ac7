//! A training table as codes of bins, which is what trees grow on.
//!
//! The codes are kept twice. A large node reads nearly all rows of a column, one after the other; a small node reads a few
//! rows here and there, where the codes of one row in one place cost a single access to memory for all features of a split.

use super::TrainingTable;
use super::bootstrap::Sample;
use super::cuts::{BinnedColumn, bin_column, class_shares};
use super::options::{ClassWeight, ForestParams, MAX_CLASSES, MAX_FEATURES, bad};
use super::split::Split;
use crate::Error;
use crate::model::tree::Tree;

/// The most that a bootstrap sample may weigh, so that squares of weights fit in 64 bits.
pub(super) const MAX_WEIGHT: u64 = 1 << 31;

/// The rows of a training table as codes of bins.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedTable {
    pub(super) columns: Vec<BinnedColumn>,
    /// The codes of all features of the first row, of the second, and so on.
    rows: Vec<u8>,
    pub(super) labels: Vec<u8>,
    pub(super) n_classes: usize,
    /// How many rows each class has.
    pub(super) class_counts: Vec<u64>,
    pub(super) class_weight: ClassWeight,
}

/// Cuts one column of a table into bins. A caller with threads maps this over the columns.
pub fn bin_feature(
    table: &TrainingTable,
    feature_idx: usize,
    params: &ForestParams,
) -> BinnedColumn {
    let shares = class_shares(&table.class_counts());
    bin_column(
        &table.columns[feature_idx],
        &table.labels,
        &shares,
        params.options().max_bins,
    )
}

/// A node reads columns where it has one of so many rows of the table, or more.
const ROWS_PER_COLUMN_READ: usize = 16;
/// Rows of which codes are moved from columns to rows at once, so that what is written stays in the cache.
const ROWS_PER_BLOCK: usize = 64;

impl BinnedTable {
    /// Joins the binned columns of `table`, in its order.
    ///
    /// # Errors
    /// [`ErrorKind::BadFit`](crate::ErrorKind::BadFit) where no forest can be fitted: no rows or features, fewer than
    /// two classes with rows, or more than the limits of [`super::options`].
    pub fn new(
        table: &TrainingTable,
        columns: Vec<BinnedColumn>,
        params: &ForestParams,
    ) -> Result<Self, Error> {
        let class_counts = table.class_counts();
        check(table, &class_counts)?;
        Ok(Self {
            rows: in_rows(&columns, table.n_rows()),
            columns,
            labels: table.labels.clone(),
            n_classes: table.n_classes,
            class_counts,
            class_weight: params.options().class_weight,
        })
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.labels.len()
    }

    /// How many classes there are; some may have no rows.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// The value at which to split; infinite where only missing values go right.
    pub(super) fn threshold(&self, split: &Split) -> f32 {
        self.upper_end(split.feature, split.last_left)
    }

    /// The upper end of the bin of a code, which stands for its values: NaN where they are missing.
    fn upper_end(&self, feature: u16, code: u8) -> f32 {
        match usize::from(code).checked_sub(1) {
            None => f32::NAN,
            Some(bin) => {
                let cuts = &self.columns[usize::from(feature)].cuts;
                cuts.get(bin).copied().unwrap_or(f32::INFINITY)
            }
        }
    }

    /// The value of the leaf in which a row ends in a tree that was grown on this table.
    pub(super) fn leaf(&self, tree: &Tree, row_idx: u32) -> u32 {
        let n_features = self.columns.len();
        let codes = &self.rows[row_idx as usize * n_features..][..n_features];
        tree.leaf(|feature| self.upper_end(feature, codes[usize::from(feature)]))
    }

    /// Whether a node of so many rows is read by columns.
    fn reads_columns(&self, node_rows: usize) -> bool {
        node_rows * ROWS_PER_COLUMN_READ >= self.n_rows()
    }

    /// Writes the codes of these rows on these features to `codes`: those of all rows on the first feature, then on the
    /// second, and so on.
    pub(super) fn gather(&self, samples: &[Sample], features: &[u16], codes: &mut Vec<u8>) {
        let n_samples = samples.len();
        codes.resize(n_samples * features.len(), 0);
        if self.reads_columns(n_samples) {
            for (places, &feature) in codes.chunks_exact_mut(n_samples).zip(features) {
                let column = &self.columns[usize::from(feature)].codes[..];
                for (place, sample) in places.iter_mut().zip(samples) {
                    *place = column[sample.row_idx as usize];
                }
            }
            return;
        }
        // A block's rows stay in the cache while its features are read one by one.
        let n_features = self.columns.len();
        let mut begins = [0; ROWS_PER_BLOCK];
        for (block, samples) in samples.chunks(ROWS_PER_BLOCK).enumerate() {
            for (begin, sample) in begins.iter_mut().zip(samples) {
                *begin = sample.row_idx as usize * n_features;
            }
            let n_before = block * ROWS_PER_BLOCK;
            for (places, &feature) in codes.chunks_exact_mut(n_samples).zip(features) {
                let places = &mut places[n_before..][..samples.len()];
                for (place, begin) in places.iter_mut().zip(&begins) {
                    *place = self.rows[begin + usize::from(feature)];
                }
            }
        }
    }

    /// Where a node of so many rows finds the codes of one feature.
    pub(super) fn codes_for(&self, feature: u16, node_rows: usize) -> Codes<'_> {
        let column = usize::from(feature);
        if self.reads_columns(node_rows) {
            Codes {
                held: &self.columns[column].codes,
                first: 0,
                step: 1,
            }
        } else {
            Codes {
                held: &self.rows,
                first: column,
                step: self.columns.len(),
            }
        }
    }
}

/// The codes of one feature: the place of the first row's, and the step from one row's to the next's.
#[derive(Clone, Copy)]
pub(super) struct Codes<'a> {
    held: &'a [u8],
    first: usize,
    step: usize,
}

impl Codes<'_> {
    /// The code of a row.
    #[inline]
    pub(super) fn of(&self, row_idx: u32) -> u8 {
        self.held[self.first + row_idx as usize * self.step]
    }
}

/// Codes of columns as codes of rows.
fn in_rows(columns: &[BinnedColumn], n_rows: usize) -> Vec<u8> {
    let mut rows = vec![0; n_rows * columns.len()];
    for (block, begin) in rows
        .chunks_mut(ROWS_PER_BLOCK * columns.len())
        .zip((0..).step_by(ROWS_PER_BLOCK))
    {
        for (feature, column) in columns.iter().enumerate() {
            let places = block[feature..].iter_mut().step_by(columns.len());
            for (place, &code) in places.zip(&column.codes[begin..]) {
                *place = code;
            }
        }
    }
    rows
}

fn check(table: &TrainingTable, counts: &[u64]) -> Result<(), Error> {
    let with_rows = counts.iter().filter(|&&count| count > 0).count();
    if table.columns.is_empty() {
        Err(bad(
            "No column is left to learn from. Name columns that are features with --keep.",
        ))
    } else if table.columns.len() > MAX_FEATURES {
        Err(bad(format!(
            "{} features are more than the {MAX_FEATURES} that a model reads.",
            table.columns.len()
        )))
    } else if table.n_classes > MAX_CLASSES {
        Err(bad(format!(
            "The label column has {} different values, and a model tells at most {MAX_CLASSES} classes apart. Is it \
             really the label?",
            table.n_classes
        )))
    } else if with_rows < 2 {
        Err(bad(format!(
            "Rows of at least two classes are needed to tell classes apart, but {} found.",
            if with_rows == 0 {
                "no rows were"
            } else {
                "only one class was"
            }
        )))
    } else if table.n_rows() as u64 > MAX_WEIGHT / 2 {
        Err(bad(format!(
            "{} rows are more than a fit can hold. Train on a sample of them.",
            table.n_rows()
        )))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::options::ForestOptions;
    use crate::fit::tree::tests::{bin, table};

    fn params() -> ForestParams {
        ForestOptions::default().check().expect("in range")
    }

    #[test]
    fn a_code_is_the_same_by_row_and_by_column() {
        let binned = bin(&table(4000), &params());
        let samples: Vec<Sample> = (0..4000)
            .map(|row_idx| Sample {
                row_idx,
                label: 0,
                draws: 1,
            })
            .collect();
        // As a large node and as a small one.
        for some in [&samples[..], &samples[3800..]] {
            let mut codes = Vec::new();
            assert!(some.len() == 4000 || !binned.reads_columns(some.len()));
            binned.gather(some, &[3, 1], &mut codes);
            let expected: Vec<u8> = [3, 1]
                .iter()
                .flat_map(|&feature: &usize| {
                    let column = &binned.columns[feature].codes;
                    some.iter().map(|sample| column[sample.row_idx as usize])
                })
                .collect();
            assert_eq!(codes, expected);
        }
        for row_idx in 0..4000 {
            for feature in 0..4 {
                let code = binned.columns[usize::from(feature)].codes[row_idx as usize];
                for node_rows in [1, 4000] {
                    assert_eq!(binned.codes_for(feature, node_rows).of(row_idx), code);
                }
            }
        }
    }

    #[test]
    fn tables_that_cannot_be_fitted_are_refused() {
        let good = table(50);
        let mut one_class = good.clone();
        one_class.labels.fill(1);
        let no_columns = TrainingTable {
            columns: Vec::new(),
            ..good.clone()
        };
        let many_classes = TrainingTable {
            n_classes: 251,
            ..good.clone()
        };
        for (table, word) in [
            (&one_class, "only one class"),
            (&no_columns, "No column"),
            (&many_classes, "251 different values"),
        ] {
            let error = BinnedTable::new(table, Vec::new(), &params()).expect_err(word);
            assert!(error.to_string().contains(word), "{error}");
        }
        let none = TrainingTable {
            columns: vec![Vec::new()],
            labels: Vec::new(),
            n_classes: 2,
        };
        let error =
            BinnedTable::new(&none, vec![BinnedColumn::default()], &params()).expect_err("no rows");
        assert!(error.to_string().contains("no rows were found"), "{error}");
    }
}
