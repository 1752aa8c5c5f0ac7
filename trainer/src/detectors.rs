//! The detectors beside the isolation forest, and what is called unknown: the library's pieces, mapped over threads.

use crate::args::DetectorRows;
use crate::crossfit::{Unseen, attack_probabilities};
use crate::error::TrainerError;
use crate::fitting::{Recipe, imputed, path_sums};
use flowsieve::fit::TrainingTable;
use flowsieve::fit::detectors::{Pair, join, parts, sample};
use flowsieve::fit::self_test::with_self_test;
use flowsieve::model::detectors::DetectorRanks;
use flowsieve::model::isolation::IsolationTrees;
use flowsieve::model::rank::{Ranking, quantile_table};
use flowsieve::model::unknown::{Evidence, UnknownSpec};
use flowsieve::model::{Model, ModelSpec};
use rayon::prelude::*;

/// How many parts the rows are dealt into: each has reference scores by detectors fitted on the others.
const PARTS: u32 = 5;

/// The fewest benign rows that say where a threshold of one in a hundred lies.
const MIN_ROWS: usize = 200;

/// Benign rows that are to be called an attack or unknown, per million.
pub(crate) const ALARMS_PER_MILLION: u32 = 10_000;

/// The rows of a table that detectors are fitted on: benign ones, or all where that is asked for or there are no others; at most as
/// many as they may see.
pub(crate) fn rows(recipe: &Recipe, table: &TrainingTable) -> Vec<u32> {
    let kinds = &recipe.taxonomy.kinds;
    let is_benign = |&row_idx: &u32| !kinds[usize::from(table.labels[row_idx as usize])].attack;
    let all: Vec<u32> = (0..table.n_rows() as u32).collect();
    let benign: Vec<u32> = all.iter().copied().filter(is_benign).collect();
    let benign_only = recipe.isolation_rows == DetectorRows::Benign && benign.len() > 1;
    sample(if benign_only { &benign } else { &all }, recipe.seed)
}

/// Adds a local outlier factor and a one-class SVM to a model fitted by a recipe on a table, and what makes one rank of all. `rows`
/// are those that they see, and `unseen` what classifiers that were not fitted on them say of rows, these among them.
pub(crate) fn add(
    model: Model,
    recipe: &Recipe,
    table: &TrainingTable,
    rows: &[u32],
    unseen: &Unseen,
) -> Result<Model, TrainerError> {
    let read = recipe.as_read_by(&model, table);
    let mut spec = model.into_spec();
    if rows.len() < MIN_ROWS || spec.isolation.trees.is_empty() {
        return Ok(Model::new(spec)?);
    }
    let columns = imputed(&read, &spec.preparation.features, rows);
    let (detectors, ranks) = {
        let (pair, keys) = cross_fitted(&columns, recipe.seed)?;
        join(pair, &keys, &isolation_ranks(&spec, &columns)?)
    };
    spec.detectors = detectors;
    spec.detectors.unknown = unknown(&spec, rows, &ranks, unseen);
    Ok(with_self_test(spec, recipe.seed)?)
}

/// Detectors fitted on all rows of columns, and the keys of each row by some that were fitted on others.
fn cross_fitted(columns: &[Vec<f32>], seed: u64) -> Result<(Pair, Vec<[u32; 2]>), TrainerError> {
    let n_rows = columns.first().map_or(0, Vec::len);
    let parts = parts(columns, PARTS, seed);
    // The last of them is fitted on all.
    let fits: Result<Vec<_>, flowsieve::Error> = (0..=PARTS)
        .into_par_iter()
        .map(|part| {
            let (unseen, seen): (Vec<u32>, Vec<u32>) =
                (0..n_rows as u32).partition(|&row_idx| parts[row_idx as usize] == part);
            if part < PARTS && (seen.is_empty() || unseen.is_empty()) {
                return Ok((None, Vec::new()));
            }
            let pair = Pair::fit(columns, &seen, seed)?;
            let keys = pair.keys(columns, &unseen)?;
            Ok((Some(pair), unseen.into_iter().zip(keys).collect()))
        })
        .collect();
    let mut fits = fits?;
    let (last, _) = fits.pop().unwrap_or_default();
    let pair = last.ok_or_else(|| TrainerError::asked("There are no rows to fit detectors on."))?;
    let mut keys = vec![[0; 2]; n_rows];
    for (row_idx, found) in fits.into_iter().flat_map(|(_, keys): (_, Vec<_>)| keys) {
        keys[row_idx as usize] = found;
    }
    Ok((pair, keys))
}

/// The isolation forest's ranks of rows that it was fitted on.
fn isolation_ranks(spec: &ModelSpec, columns: &[Vec<f32>]) -> Result<Vec<u16>, TrainerError> {
    let trees = IsolationTrees::new(&spec.isolation.trees, columns.len())?;
    let ranking = Ranking::new(&spec.isolation.quantiles, trees.bounds());
    let sums = path_sums(&spec.isolation.trees, columns)?;
    Ok(sums.into_iter().map(|sum| ranking.rank(sum)).collect())
}

/// What is called unknown, by what is known of benign rows that nothing was fitted on; nothing where too few are, or attacks are among
/// them.
fn unknown(
    spec: &ModelSpec,
    rows: &[u32],
    ranks: &[DetectorRanks],
    unseen: &Unseen,
) -> Option<UnknownSpec> {
    if !spec.isolation.benign_only {
        return None;
    }
    let probabilities = attack_probabilities(spec, unseen)?;
    let (of_rows, ranks): (Vec<u16>, Vec<DetectorRanks>) = rows
        .iter()
        .zip(ranks)
        .filter_map(|(row_idx, &ranks)| Some((*probabilities.get(row_idx)?, ranks)))
        .unzip();
    if of_rows.len() < MIN_ROWS {
        return None;
    }
    let key = |&probability: &u16| u32::from(u16::MAX - probability);
    let attack_quantiles = quantile_table(&mut of_rows.iter().map(key).collect::<Vec<_>>());
    let evidence = Evidence::new(&attack_quantiles);
    let is_attack = |probability: u16| probability > u16::MAX / 2;
    let alarms = of_rows
        .iter()
        .filter(|&&probability| is_attack(probability))
        .count();
    let allowed = of_rows.len() * ALARMS_PER_MILLION as usize / 1_000_000;
    let mut keys: Vec<u32> = of_rows
        .iter()
        .zip(&ranks)
        .filter(|&(&probability, _)| !is_attack(probability))
        .map(|(&probability, &ranks)| evidence.key(probability, ranks))
        .collect();
    keys.sort_unstable();
    // Below the threshold lie as many as the classifier's own false alarms leave room for.
    let threshold = keys.get(allowed.saturating_sub(alarms)).copied()?;
    Some(UnknownSpec {
        attack_quantiles,
        threshold,
        alarms_per_million: ALARMS_PER_MILLION,
    })
}
