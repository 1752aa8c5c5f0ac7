//! What a model is worth on rows of a table that it was not fitted on.

use crate::split::distinct;
use flowsieve::fit::TrainingTable;
use flowsieve::fit::boost;
use flowsieve::fit::calibration::has_own_threshold;
use flowsieve::metrics::{Evaluation, RankCounts, Reliability, loss};
use flowsieve::model::calibration::{ClassSet, Weights, probability, weigh};
use flowsieve::model::card::{CalibrationWorth, ClassCoverage, ProbabilityWorth, SetWorth};
use flowsieve::model::detectors::N_DETECTORS;
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::model::{Model, RowScore, Scratch, most_votes};
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
    /// The ranks by all detectors together, from which the area comes.
    pub(crate) ranks: RankCounts,
    /// The areas of the detectors one by one; `None` for one that is not there.
    pub(crate) auroc_by_detector: [Option<f64>; N_DETECTORS],
    /// Benign rows and attacks that are called unknown.
    pub(crate) unknown: [u64; 2],
}

/// Scores all rows of a table, which has the model's columns.
///
/// # Panics
/// Panics where it has more or fewer.
pub(crate) fn score(model: &Model, table: &TrainingTable) -> Scores {
    let answers = score_all(model, table, |score, _, _| score);
    let taxonomy = &model.spec().taxonomy;
    let is_attack = |label: u8| taxonomy.kinds[usize::from(label)].attack;
    let counted = |rank: &dyn Fn(&RowScore) -> u16| {
        let mut counts = RankCounts::new();
        for (score, &label) in answers.iter().zip(&table.labels) {
            counts.add(rank(score), Some(is_attack(label)));
        }
        counts
    };
    let ranks = counted(&|score| score.rank);
    let detectors = &model.spec().detectors;
    let there = [true, detectors.lof.is_some(), detectors.one_class.is_some()];
    let auroc_by_detector = std::array::from_fn(|detector| {
        let several = detectors.ensemble.is_some() && there[detector];
        several
            .then(|| counted(&|score| score.ranks[detector]).auroc())
            .flatten()
    });
    let mut unknown = [0; 2];
    for (score, &label) in answers.iter().zip(&table.labels) {
        unknown[usize::from(is_attack(label))] += u64::from(score.unknown);
    }
    let answers: Vec<(u8, bool)> = answers
        .iter()
        .map(|score| (score.class, score.attack))
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
        auroc_by_detector,
        unknown,
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

/// What a calibrated model's probabilities and sets are worth on rows that it has not seen; `None` where it is not
/// calibrated, or there are no such rows. `fitted` are the rows that it has seen.
pub(crate) fn calibration_worth(
    model: &Model,
    fitted: &TrainingTable,
    unseen: &TrainingTable,
) -> Option<CalibrationWorth> {
    let spec = model.spec();
    let uncalibrated = boost::uncalibrated(spec.leaves());
    if spec.calibration == uncalibrated {
        return None;
    }
    let before = uncalibrated.map(|before| Weights::new(&before.curve, most_votes(&spec.forest)));
    let answers = score_all(model, unseen, |score, label, scratch| {
        let votes = model.votes(scratch);
        let (weights, total) = model.weights(scratch);
        let (plain, all) = plain_weights(before.as_ref(), votes);
        let of_class = u64::from(plain[usize::from(score.class)]);
        Answer {
            right: score.class == label,
            confidences: [probability(of_class, all), score.confidence],
            losses: [
                loss(plain[usize::from(label)], all),
                loss(weights[usize::from(label)], total),
            ],
            set: model.set(scratch),
        }
    });
    let worth = |which: usize| {
        let mut reliability = Reliability::default();
        for answer in &answers {
            reliability.add(answer.confidences[which], answer.right);
        }
        let losses: f64 = answers.iter().map(|answer| answer.losses[which]).sum();
        Some(ProbabilityWorth {
            log_loss: losses / answers.len() as f64,
            calibration_error: reliability.calibration_error()?,
        })
    };
    Some(CalibrationWorth {
        rows: answers.len() as u64,
        votes: worth(0)?,
        calibrated: worth(1)?,
        sets: model
            .sets()
            .map(|sets| set_worth(&answers, unseen, fitted, sets.class_coverage_per_mille)),
    })
}

/// What classes weigh without a calibration, and what that adds up to: their votes, or what boosted trees were grown by.
fn plain_weights(before: Option<&Weights>, votes: &[u32]) -> (Vec<u32>, u64) {
    let mut plain = vec![0; votes.len()];
    let largest = votes.iter().copied().max().unwrap_or(0);
    let all = weigh(before, votes, largest, &mut plain);
    (plain, all)
}

/// What a row adds to the worth of a calibration.
struct Answer {
    right: bool,
    /// Without the calibration and with it, as are the losses.
    confidences: [u16; 2],
    losses: [f64; 2],
    set: ClassSet,
}

fn set_worth(
    answers: &[Answer],
    unseen: &TrainingTable,
    fitted: &TrainingTable,
    class_coverage_per_mille: u16,
) -> SetWorth {
    let class_rows = fitted.rows(&distinct(fitted)).class_counts();
    let mut worth = SetWorth {
        per_class: class_rows
            .iter()
            .map(|&rows| ClassCoverage {
                own_threshold: has_own_threshold(rows, class_coverage_per_mille),
                ..ClassCoverage::default()
            })
            .collect(),
        ..SetWorth::default()
    };
    for (answer, &label) in answers.iter().zip(&unseen.labels) {
        let covered = u64::from(answer.set.contains(label));
        let class = &mut worth.per_class[usize::from(label)];
        class.rows += 1;
        class.covered += covered;
        worth.covered += covered;
        worth.empty += u64::from(answer.set.is_empty());
        worth.classes += answer.set.len() as u64;
    }
    worth
}

/// Scores all rows of a table, which has the model's columns, in order; `take` gets each row's score and label.
///
/// # Panics
/// Panics where it has more or fewer.
pub(crate) fn score_all<T: Send>(
    model: &Model,
    table: &TrainingTable,
    take: impl Fn(RowScore, u8, &Scratch) -> T + Sync,
) -> Vec<T> {
    assert_eq!(
        model.n_features(),
        table.columns.len(),
        "other columns than the model's"
    );
    let rows: Vec<usize> = (0..table.n_rows()).collect();
    rows.par_chunks(ROWS_PER_PIECE)
        .flat_map_iter(|piece| {
            let (mut row, mut scratch) = (vec![0.0; model.n_features()], model.scratch());
            let answers: Vec<T> = piece
                .iter()
                .map(|&row_idx| {
                    for (value, column) in row.iter_mut().zip(&table.columns) {
                        *value = column[row_idx];
                    }
                    let score = model.score(&row, &mut scratch);
                    take(score, table.labels[row_idx], &scratch)
                })
                .collect();
            answers
        })
        .collect()
}
