//! Votes for rows that the voting trees have not seen, and the calibration that follows from them.
//!
//! The rows are dealt into parts, identical ones into the same. For each part a forest is fitted by the same recipe on all
//! the others, and votes on its rows, once on those that are identical. The final forest, which knows all rows, is calibrated by these votes: what it says of rows
//! that nobody has seen is as good as that, or a little better, for it has seen more.

use crate::args::DetectorKinds;
use crate::detectors;
use crate::error::TrainerError;
use crate::fitting::{Recipe, fit_classifier};
use crate::split::{distinct, hash};
use flowsieve::fit::TrainingTable;
use flowsieve::fit::calibration::{MIN_ROWS, UnseenVotes, fit_calibration};
use flowsieve::fit::rng::mix;
use flowsieve::fit::self_test::with_self_test;
use flowsieve::model::calibration::{Weights, probability};
use flowsieve::model::forest::DISTRIBUTION_SUM;
use flowsieve::model::{Model, ModelSpec};
use rayon::prelude::*;
use std::collections::HashMap;

/// Rows that are scored at once.
const ROWS_PER_PIECE: usize = 4096;

/// What classifiers that were not fitted on them say of rows.
pub(crate) struct Unseen {
    /// The rows, in the order of the votes.
    rows: Vec<u32>,
    votes: UnseenVotes,
}

/// Calibrates a model that was fitted by a recipe on a table, and adds detectors to it. Where there are too few rows for that it stays
/// as it is.
pub(crate) fn finish(
    model: Model,
    recipe: &Recipe,
    table: &TrainingTable,
) -> Result<Model, TrainerError> {
    let n_parts = recipe.calibration_parts;
    // Of rows that differ in columns alone that the model does not read, too, one counts.
    let read = recipe.as_read_by(&model, table);
    let distinct = distinct(&read);
    let of_detectors = match recipe.detectors {
        DetectorKinds::Isolation => Vec::new(),
        DetectorKinds::All => detectors::rows(recipe, table),
    };
    let unseen = unseen(recipe, table, &read, [&distinct, &of_detectors], n_parts)?;
    let model = calibrate(model, recipe, &distinct, &unseen)?;
    detectors::add(model, recipe, table, &of_detectors, &unseen)
}

/// The votes for rows of several lists, by forests fitted on the rows of other parts; none where there is one part.
fn unseen(
    recipe: &Recipe,
    table: &TrainingTable,
    read: &TrainingTable,
    lists: [&[u32]; 2],
    n_parts: u32,
) -> Result<Unseen, TrainerError> {
    let mut rows = if n_parts < 2 {
        Vec::new()
    } else {
        lists.concat()
    };
    rows.sort_unstable();
    rows.dedup();
    let parts = parts(read, recipe.seed, n_parts.max(1));
    unseen_votes(recipe, table, &rows, &parts)
}

fn calibrate(
    model: Model,
    recipe: &Recipe,
    distinct: &[u32],
    unseen: &Unseen,
) -> Result<Model, TrainerError> {
    let n_classes = unseen.votes.n_classes;
    let mut votes = UnseenVotes {
        sums: Vec::new(),
        labels: Vec::new(),
        ..unseen.votes
    };
    let sums = unseen.votes.sums.chunks_exact(n_classes);
    for ((row, sums), &label) in unseen.rows.iter().zip(sums).zip(&unseen.votes.labels) {
        if distinct.binary_search(row).is_ok() {
            votes.sums.extend_from_slice(sums);
            votes.labels.push(label);
        }
    }
    if votes.labels.len() < MIN_ROWS {
        return Ok(model);
    }
    let spec = ModelSpec {
        calibration: fit_calibration(&votes),
        ..model.into_spec()
    };
    Ok(with_self_test(spec, recipe.seed)?)
}

/// The probability × 65535 that each of the rows is an attack, as a model that is calibrated makes it of the votes; `None` where it is
/// not calibrated.
pub(crate) fn attack_probabilities(spec: &ModelSpec, unseen: &Unseen) -> Option<HashMap<u32, u16>> {
    let calibration = spec.calibration.as_ref()?;
    let weights = Weights::new(&calibration.curve, unseen.votes.most);
    let n_classes = unseen.votes.n_classes;
    let mut of_classes = vec![0; n_classes];
    let mut probability_of = |sums: &[u32]| {
        let largest = sums.iter().copied().max().unwrap_or(0);
        let total = weights.weigh(sums, largest, &mut of_classes);
        let kinds = of_classes.iter().zip(&spec.taxonomy.kinds);
        let attacks = kinds.filter(|(_, kind)| kind.attack);
        probability(attacks.map(|(&weight, _)| u64::from(weight)).sum(), total)
    };
    let sums = unseen.votes.sums.chunks_exact(n_classes);
    let rows = unseen.rows.iter().zip(sums);
    Some(
        rows.map(|(&row, sums)| (row, probability_of(sums)))
            .collect(),
    )
}

/// Votes for these rows of a table, by forests fitted on the rows of other parts.
fn unseen_votes(
    recipe: &Recipe,
    table: &TrainingTable,
    rows: &[u32],
    parts: &[u32],
) -> Result<Unseen, TrainerError> {
    let mut order = Vec::new();
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
        order.extend_from_slice(&unseen);
        votes.sums.extend(pieces.concat());
        let label = |&row_idx: &u32| table.labels[row_idx as usize];
        votes.labels.extend(unseen.iter().map(label));
    }
    Ok(Unseen { rows: order, votes })
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
