//! Votes for rows that the voting trees have not seen, and the calibration that follows from them.
//!
//! The rows are dealt into parts, identical ones into the same. For each part a forest is fitted by the same recipe on all
//! the others, and votes on its rows, once on those that are identical. The final forest, which knows all rows, is calibrated by these votes: what it says of rows
//! that nobody has seen is as good as that, or a little better, for it has seen more.

use crate::error::TrainerError;
use crate::fitting::{Recipe, fit_classifier};
use crate::split::{distinct, hash};
use flowsieve::fit::TrainingTable;
use flowsieve::fit::calibration::{MIN_ROWS, UnseenVotes, fit_calibration};
use flowsieve::fit::rng::mix;
use flowsieve::fit::self_test::with_self_test;
use flowsieve::model::forest::DISTRIBUTION_SUM;
use flowsieve::model::{Model, ModelSpec};
use rayon::prelude::*;

/// Rows that are scored at once.
const ROWS_PER_PIECE: usize = 4096;

/// Calibrates a model that was fitted by a recipe on a table. Where there are too few rows it stays as it is.
pub(crate) fn calibrate(
    model: Model,
    recipe: &Recipe,
    table: &TrainingTable,
    n_parts: u32,
) -> Result<Model, TrainerError> {
    // Of rows that differ in columns alone that the model does not read, too, one counts.
    let read = recipe.as_read_by(&model, table);
    let rows = distinct(&read);
    if n_parts < 2 || rows.len() < MIN_ROWS {
        return Ok(model);
    }
    let parts = parts(&read, recipe.seed, n_parts);
    let votes = unseen_votes(recipe, table, &rows, &parts)?;
    let spec = ModelSpec {
        calibration: fit_calibration(&votes),
        ..model.into_spec()
    };
    Ok(with_self_test(spec, recipe.seed)?)
}

/// Votes for these rows of a table, by forests fitted on the rows of other parts.
fn unseen_votes(
    recipe: &Recipe,
    table: &TrainingTable,
    rows: &[u32],
    parts: &[u32],
) -> Result<UnseenVotes, TrainerError> {
    let n_parts = parts.iter().max().map_or(0, |part| part + 1);
    let mut votes = UnseenVotes {
        n_classes: table.n_classes,
        most: DISTRIBUTION_SUM * recipe.forest.options().n_trees,
        leaves: recipe.forest.options().learner.leaves(),
        sums: Vec::new(),
        labels: Vec::new(),
    };
    for part in 0..n_parts {
        let is_in = |&row_idx: &u32| parts[row_idx as usize] == part;
        let unseen: Vec<u32> = rows.iter().copied().filter(is_in).collect();
        let seen: Vec<u32> = (0..table.n_rows() as u32)
            .filter(|row| !is_in(row))
            .collect();
        if unseen.is_empty() || seen.is_empty() {
            continue;
        }
        let what = format!("calibrating, part {} of {n_parts}", part + 1);
        let model = fit_classifier(recipe, &table.rows(&seen), &what)?;
        let table = recipe.as_read_by(&model, table);
        let pieces: Vec<Vec<u32>> = unseen
            .par_chunks(ROWS_PER_PIECE)
            .map(|piece| votes_of(&model, &table, piece))
            .collect();
        votes.sums.extend(pieces.concat());
        let label = |&row_idx: &u32| table.labels[row_idx as usize];
        votes.labels.extend(unseen.iter().map(label));
    }
    Ok(votes)
}

/// The votes for these rows, row by row.
fn votes_of(model: &Model, table: &TrainingTable, row_idxs: &[u32]) -> Vec<u32> {
    let (mut row, mut scratch) = (vec![0.0; model.n_features()], model.scratch());
    let mut votes = Vec::with_capacity(row_idxs.len() * table.n_classes);
    for &row_idx in row_idxs {
        for (value, column) in row.iter_mut().zip(&table.columns) {
            *value = column[row_idx as usize];
        }
        model.score(&row, &mut scratch);
        votes.extend_from_slice(model.votes(&scratch));
    }
    votes
}

/// The part of each row, by a hash of its features other than that of the split, which left some hashes out.
fn parts(table: &TrainingTable, seed: u64, n_parts: u32) -> Vec<u32> {
    (0..table.n_rows())
        .into_par_iter()
        .map(|row_idx| {
            let columns = table.columns.iter().map(Vec::as_slice);
            (mix(!hash(columns, row_idx, seed)) % u64::from(n_parts)) as u32
        })
        .collect()
}
