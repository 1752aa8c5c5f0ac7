//! What a model is worth on rows of a table that it was not fitted on.

use flowsieve::fit::TrainingTable;
use flowsieve::metrics::{Evaluation, RankCounts};
use flowsieve::model::Model;
use flowsieve::model::taxonomy::Taxonomy;
use rayon::prelude::*;

/// Rows that are scored at once.
const ROWS_PER_PIECE: usize = 4096;

/// Scores of both parts of a model.
#[derive(Debug)]
pub(crate) struct Scores {
    pub(crate) evaluation: Evaluation,
    pub(crate) isolation_auroc: Option<f64>,
    /// Rows per `[is an attack][is called one]`.
    pub(crate) binary: [[u64; 2]; 2],
    /// The detector's ranks, from which the area comes.
    pub(crate) ranks: RankCounts,
}

/// Scores all rows of a table, which has the model's columns.
///
/// # Panics
/// Panics where it has more or fewer.
pub(crate) fn score(model: &Model, table: &TrainingTable) -> Scores {
    assert_eq!(
        model.n_features(),
        table.columns.len(),
        "other columns than the model's"
    );
    let rows: Vec<usize> = (0..table.n_rows()).collect();
    let answers: Vec<(u8, bool, u16)> = rows
        .par_chunks(ROWS_PER_PIECE)
        .flat_map_iter(|piece| {
            let (mut row, mut scratch) = (vec![0.0; model.row_len()], model.scratch());
            piece
                .iter()
                .map(|&row_idx| {
                    for (value, column) in row.iter_mut().zip(&table.columns) {
                        *value = column[row_idx];
                    }
                    let score = model.score(&mut row, &mut scratch);
                    (score.class, score.attack, score.rank)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let taxonomy = &model.spec().taxonomy;
    let mut ranks = RankCounts::new();
    for (&(_, _, rank), &label) in answers.iter().zip(&table.labels) {
        ranks.add(rank, Some(taxonomy.kinds[usize::from(label)].attack));
    }
    let answers: Vec<(u8, bool)> = answers
        .iter()
        .map(|&(class, attack, _)| (class, attack))
        .collect();
    let mut binary = [[0; 2]; 2];
    for (&(_, called), &label) in answers.iter().zip(&table.labels) {
        let attack = taxonomy.kinds[usize::from(label)].attack;
        binary[usize::from(attack)][usize::from(called)] += 1;
    }
    Scores {
        evaluation: evaluate(taxonomy, &table.labels, &answers),
        isolation_auroc: ranks.auroc(),
        binary,
        ranks,
    }
}

/// Compares answers (the class, and whether it is called an attack) with labels.
pub(crate) fn evaluate(taxonomy: &Taxonomy, labels: &[u8], answers: &[(u8, bool)]) -> Evaluation {
    let n_classes = taxonomy.kinds.len();
    let mut confusion = vec![0; n_classes * n_classes];
    let mut binary = [[0; 2]; 2];
    for (&label, &(class, attack)) in labels.iter().zip(answers) {
        confusion[usize::from(label) * n_classes + usize::from(class)] += 1;
        binary[usize::from(taxonomy.kinds[usize::from(label)].attack)][usize::from(attack)] += 1;
    }
    Evaluation::from_counts(taxonomy, &confusion, &binary)
}
