//! A detector for a table of numbers that no model knows: an isolation forest fitted on the file itself.
//!
//! ```text
//! records ──▶ RowSample: the rows of the smallest hash ──▶ columns: which are features ──▶ fit: a model without classes
//! ```
//!
//! Nobody says which of the rows are attacks, so the model has no classes: it says how strange a row is among the others
//! of its file. Nothing of that needs all rows. The ones that are fitted on are chosen by a hash of the seed and of where
//! they are, so they are the same however the file is cut, and on every machine; see [`RowSample`].

mod columns;
mod sample;

pub use sample::{MAX_SAMPLE_ROWS, RowSample, sample_rows};

use super::isolation::{grow_tree, join_trees, path_sums, sample_size};
use super::options::{IsolationOptions, bad};
use super::self_test::with_self_test;
use super::statistics::describe;
use crate::Error;
use crate::model::card::{Card, Dataset};
use crate::model::detectors::DetectorsSpec;
use crate::model::forest::ForestSpec;
use crate::model::taxonomy::Taxonomy;
use crate::model::{Model, ModelSpec};
use crate::prepare::Preparation;
use crate::schema::{Column, ColumnKind, Schema};
use columns::SortedOut;

/// The fewest rows that a detector is fitted on: below, every one of them is strange.
pub const MIN_ROWS: usize = 10;

/// What every such model is called. Not after the file, so that the same rows give the same model.
const NAME: &str = "fitted";
const TITLE: &str = "Isolation forest fitted on a file";

/// Fits an isolation forest on sampled rows. `columns` are the names in the file's header, `label` that of a column which
/// the user says holds labels, and so is no feature.
///
/// # Errors
/// [`BadFit`](crate::ErrorKind::BadFit) where there are fewer than [`MIN_ROWS`] rows, or no column that is a feature.
pub fn fit(sample: &RowSample, columns: &[String], label: Option<&str>) -> Result<Model, Error> {
    let table = sample.table();
    require_rows(table.n_rows())?;
    let SortedOut { features, left_out } = columns::sort_out(columns, &table, label)?;
    let rows = table.rows_without_text(&features);
    require_rows(rows.len())?;
    let isolation = IsolationOptions {
        seed: sample.seed(),
        ..IsolationOptions::default()
    };
    let params = isolation.check()?;
    let values: Vec<Vec<f32>> = features
        .iter()
        .map(|&column| table.values(column, &rows))
        .collect();
    let prepared: Vec<_> = values
        .iter()
        .map(|values| describe(values, Vec::new()))
        .collect();
    let imputed: Vec<Vec<f32>> = values
        .iter()
        .zip(&prepared)
        .map(|(values, feature)| values.iter().map(|&value| feature.imputed(value)).collect())
        .collect();
    let row_idxs: Vec<u32> = (0..rows.len() as u32).collect();
    let trees: Vec<_> = (0..isolation.n_trees)
        .map(|tree_idx| grow_tree(&imputed, &row_idxs, &params, tree_idx))
        .collect();
    let mut sums = path_sums(&trees, &imputed, &row_idxs)?;
    let n_rows = rows.len() as u64;
    let column = |&index: &usize| Column {
        name: columns[index].clone(),
        aliases: Vec::new(),
        kind: ColumnKind::Numeric,
        // No forest tells which matter more.
        importance: 1.0 / features.len() as f32,
    };
    let spec = ModelSpec {
        name: NAME.to_owned(),
        schema: Schema {
            columns: features.iter().map(column).collect(),
            label_columns: label.map(str::to_owned).into_iter().collect(),
        },
        preparation: Preparation {
            features: prepared,
            training_rows: n_rows,
        },
        taxonomy: Taxonomy::default(),
        forest: ForestSpec::default(),
        calibration: None,
        isolation: join_trees(
            trees,
            &mut sums,
            sample_size(&params, row_idxs.len()),
            false,
        ),
        detectors: DetectorsSpec::default(),
        card: Card {
            dataset: Dataset {
                title: TITLE.to_owned(),
                ..Dataset::default()
            },
            label_column: label.unwrap_or_default().to_owned(),
            training_rows: n_rows,
            left_out,
            parameters: parameters(&isolation, sample),
            ..Card::default()
        },
        permutation: None,
        self_test: Vec::new(),
    };
    with_self_test(spec, sample.seed())
}

/// The options as the card lists them: sorted by name.
fn parameters(isolation: &IsolationOptions, sample: &RowSample) -> Vec<(String, String)> {
    [
        ("isolation-sample", u64::from(isolation.sample_size)),
        ("isolation-trees", u64::from(isolation.n_trees)),
        ("rows-in-the-file", sample.rows_offered()),
        ("rows-sampled", sample.len() as u64),
        ("seed", sample.seed()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_string()))
    .to_vec()
}

fn require_rows(found: usize) -> Result<(), Error> {
    if found >= MIN_ROWS {
        return Ok(());
    }
    let rows = if found == 1 { "row" } else { "rows" };
    Err(bad(format!(
        "The file has {found} {rows} that a detector could be fitted on; at least {MIN_ROWS} are needed. Add rows, or check \
         that the delimiter and the header were recognised."
    )))
}
