//! The rows that sizes are chosen by: folds of the rows that are fitted on.

use crate::error::TrainerError;
use crate::fitting::{Recipe, as_forests_see};
use crate::split::hash;
use flowsieve::fit::TrainingTable;
use flowsieve::metrics::Evaluation;
use flowsieve::model::taxonomy::Taxonomy;
use rayon::prelude::*;

/// Parts that the rows are cut into.
pub(super) const FOLDS: u64 = 3;
/// How often they are cut anew.
pub(super) const CUTS: u64 = 2;
/// Where there are more rows, this many are looked at.
const MOST_ROWS: usize = 60_000;
/// Rows that are scored at once.
const ROWS_PER_PIECE: usize = 1024;

/// Rows to grow on, binned by nobody yet, and rows to score.
pub(super) struct Fold {
    pub(super) fitted: TrainingTable,
    pub(super) scored: TrainingTable,
    pub(super) seed: u64,
}

/// All folds of all cuts.
pub(super) fn folds(
    recipe: &Recipe,
    table: &TrainingTable,
    seed: u64,
) -> Result<Vec<Fold>, TrainerError> {
    let mut folds = Vec::new();
    for cut in 0..CUTS {
        let hashes: Vec<u64> = (0..table.n_rows())
            .into_par_iter()
            .map(|row_idx| {
                hash(
                    table.columns.iter().map(Vec::as_slice),
                    row_idx,
                    seed.wrapping_add(1 + cut),
                )
            })
            .collect();
        // The low bits say the fold, the high ones whether a row takes part at all.
        let share = (MOST_ROWS as f64 / table.n_rows() as f64).min(1.0);
        let last = (share * u64::MAX as f64) as u64;
        for fold in 0..FOLDS {
            let rows = |scored: bool| -> Vec<u32> {
                (0u32..)
                    .zip(&hashes)
                    .filter(|&(_, &hash)| hash <= last && (hash % FOLDS == fold) == scored)
                    .map(|(row_idx, _)| row_idx)
                    .collect()
            };
            let (fitted, scored) = (table.rows(&rows(false)), table.rows(&rows(true)));
            let (fitted, scored) = as_forests_see(recipe, fitted, scored)?;
            folds.push(Fold {
                fitted,
                scored,
                seed: seed.wrapping_add(cut),
            });
        }
    }
    Ok(folds)
}

/// Macro-F1 on rows of several forests at once. `vote` is called with a row and room for `n_sums` sums, all 0; it must hand the
/// votes of each forest, one after the other, to the function that it is given.
pub(super) fn macro_f1s(
    taxonomy: &Taxonomy,
    rows: &TrainingTable,
    n_forests: usize,
    n_sums: usize,
    vote: impl Fn(usize, &mut [u32], &mut dyn FnMut(&[u32])) + Sync,
) -> Vec<f64> {
    let n_classes = rows.n_classes;
    let cells = n_classes * n_classes;
    let row_idxs: Vec<usize> = (0..rows.n_rows()).collect();
    let confusions = row_idxs
        .par_chunks(ROWS_PER_PIECE)
        .map(|piece| {
            let mut confusions = vec![0u64; n_forests * cells];
            let mut sums = vec![0; n_sums];
            for &row_idx in piece {
                sums.fill(0);
                let label = usize::from(rows.labels[row_idx]);
                let mut forests = confusions.chunks_exact_mut(cells);
                vote(row_idx, &mut sums, &mut |sums| {
                    if let Some(confusion) = forests.next() {
                        confusion[label * n_classes + first_largest(sums)] += 1;
                    }
                });
            }
            confusions
        })
        .reduce(
            || vec![0u64; n_forests * cells],
            |mut sum, part| {
                for (sum, part) in sum.iter_mut().zip(part) {
                    *sum += part;
                }
                sum
            },
        );
    confusions
        .chunks_exact(cells)
        .map(|confusion| Evaluation::from_counts(taxonomy, confusion, &[[0; 2]; 2]).macro_f1)
        .collect()
}

fn first_largest(sums: &[u32]) -> usize {
    let mut best = 0;
    for (class, &sum) in sums.iter().enumerate() {
        if sum > sums[best] {
            best = class;
        }
    }
    best
}
