//! What each column is worth on rows held out: how much worse a model gets when the column's values are shuffled.

use crate::error::TrainerError;
use flowsieve::fit::TrainingTable;
use flowsieve::fit::rng::{Purpose, SplitMix64};
use flowsieve::metrics::Evaluation;
use flowsieve::model::detectors::DetectorsSpec;
use flowsieve::model::importance::PermutationImportance;
use flowsieve::model::isolation::IsolationSpec;
use flowsieve::model::{Model, ModelSpec};
use rayon::prelude::*;

/// Rows that are scored for each column: more would only make it slower.
const MAX_ROWS: usize = 20_000;
/// How often each column is shuffled.
const SHUFFLES: u64 = 3;

/// Measures all columns of a table that the model was not fitted on. A column that no split asks for is worth nothing.
pub(crate) fn permutation_importance(
    model: &Model,
    held_out: &TrainingTable,
    seed: u64,
) -> Result<PermutationImportance, TrainerError> {
    let table = sample(held_out, seed);
    // The detector has no part in it, and would take half of the time.
    let model = &Model::new(ModelSpec {
        isolation: IsolationSpec::default(),
        detectors: DetectorsSpec::default(),
        self_test: Vec::new(),
        ..model.spec().clone()
    })?;
    let whole = macro_f1(model, &table, None);
    let columns = &model.spec().schema.columns;
    let drops = (0..columns.len())
        .into_par_iter()
        .map(|feature| {
            if columns[feature].importance == 0.0 {
                return 0.0;
            }
            let mut fallen = 0.0;
            for shuffle in 0..SHUFFLES {
                let stream = feature as u64 * SHUFFLES + shuffle;
                let mut rng = SplitMix64::stream(seed, Purpose::Permutation, stream);
                let mut values = table.columns[feature].clone();
                let n_rows = values.len();
                rng.draw_to_front(&mut values, n_rows);
                fallen += whole - macro_f1(model, &table, Some((feature, &values)));
            }
            (fallen / SHUFFLES as f64) as f32
        })
        .collect();
    Ok(PermutationImportance {
        rows: table.n_rows() as u64,
        shuffles: SHUFFLES,
        drops,
    })
}

/// At most [`MAX_ROWS`] of the rows.
fn sample(table: &TrainingTable, seed: u64) -> TrainingTable {
    let mut rows: Vec<u32> = (0..table.n_rows() as u32).collect();
    if rows.len() > MAX_ROWS {
        let mut rng = SplitMix64::stream(seed, Purpose::Permutation, u64::MAX);
        rng.draw_to_front(&mut rows, MAX_ROWS);
        rows.truncate(MAX_ROWS);
    }
    table.rows(&rows)
}

/// The macro F1 on a table, one of whose columns may have other values.
fn macro_f1(model: &Model, table: &TrainingTable, other: Option<(usize, &[f32])>) -> f64 {
    let n_classes = table.n_classes;
    let mut confusion = vec![0; n_classes * n_classes];
    let (mut row, mut scratch) = (vec![0.0; model.n_features()], model.scratch());
    for (row_idx, &label) in table.labels.iter().enumerate() {
        for (value, column) in row.iter_mut().zip(&table.columns) {
            *value = column[row_idx];
        }
        if let Some((feature, values)) = other {
            row[feature] = values[row_idx];
        }
        let class = model.score(&row, &mut scratch).class;
        confusion[usize::from(label) * n_classes + usize::from(class)] += 1;
    }
    Evaluation::from_counts(&model.spec().taxonomy, &confusion, &[[0; 2]; 2]).macro_f1
}
