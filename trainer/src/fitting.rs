//! A model from rows: the library's serial pieces, mapped over threads, results kept in order.

use crate::args::{DetectorKinds, DetectorRows};
use crate::balance::Resampling;
use crate::columns::FeatureColumn;
use crate::error::TrainerError;
use crate::select::{Selection, with_columns};
use crate::{out_of_bag, progress};
use flowsieve::fit::TrainingTable;
use flowsieve::fit::binned::{BinnedTable, bin_feature};
use flowsieve::fit::boost;
use flowsieve::fit::forest::join_trees;
use flowsieve::fit::isolation;
use flowsieve::fit::options::{ForestParams, IsolationParams, Learner, SplitPoints};
use flowsieve::fit::ranked::RankedColumns;
use flowsieve::fit::self_test::with_self_test;
use flowsieve::fit::statistics::describe;
use flowsieve::fit::tree::{GrownTree, grow_tree};
use flowsieve::metrics::Evaluation;
use flowsieve::model::card::Card;
use flowsieve::model::detectors::DetectorsSpec;
use flowsieve::model::isolation::IsolationSpec;
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::model::tree::Tree;
use flowsieve::model::{Model, ModelSpec};
use flowsieve::prepare::{Feature, Preparation};
use flowsieve::schema::{Column, Schema};
use rayon::prelude::*;

/// Rows of which path sums are computed at once.
const ROWS_PER_PIECE: usize = 4096;

/// All that a fit needs besides rows.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) name: String,
    pub(crate) features: Vec<FeatureColumn>,
    /// Other names of each feature.
    pub(crate) aliases: Vec<Vec<String>>,
    pub(crate) label_columns: Vec<String>,
    pub(crate) dictionaries: Vec<Vec<String>>,
    pub(crate) taxonomy: Taxonomy,
    pub(crate) forest: ForestParams,
    pub(crate) isolation: IsolationParams,
    pub(crate) isolation_rows: DetectorRows,
    /// Which detectors there are.
    pub(crate) detectors: DetectorKinds,
    /// By how many parts of the rows the classifier is calibrated; it is not where there is one or none.
    pub(crate) calibration_parts: u32,
    /// Which columns the model reads; `None` is all.
    pub(crate) selection: Option<Selection>,
    /// How classes are brought to one size; `None` leaves them as they are.
    pub(crate) resampling: Option<Resampling>,
    pub(crate) seed: u64,
}

/// Fits a model on the rows of a table. The columns that it reads, and the rows that its forest sees where classes are
/// brought to one size, come from these rows alone; [`Recipe::as_read_by`] brings others into its form.
pub(crate) fn fit(
    recipe: &Recipe,
    table: &TrainingTable,
    what: &str,
) -> Result<Model, TrainerError> {
    on_own_columns(recipe, table, |recipe, table| {
        let (spec, _) = fit_columns(recipe, table, what, false)?;
        with_detector(recipe, table, spec)
    })
}

/// The same; also gives what the forest is worth on the rows, each judged by the trees that did not draw it: nothing where
/// trees saw rows that were made up of others.
pub(crate) fn fit_and_judge(
    recipe: &Recipe,
    table: &TrainingTable,
    what: &str,
) -> Result<(Model, Option<Evaluation>), TrainerError> {
    on_own_columns(recipe, table, |recipe, table| {
        // Boosted trees follow from each other, so none of them is without a part in what others say of a row.
        let judge =
            recipe.resampling.is_none() && recipe.forest.options().learner == Learner::Forest;
        let (spec, evaluation) = fit_columns(recipe, table, what, judge)?;
        Ok((with_detector(recipe, table, spec)?, evaluation))
    })
}

/// The same without a detector, and without rows to test itself.
pub(crate) fn fit_classifier(
    recipe: &Recipe,
    table: &TrainingTable,
    what: &str,
) -> Result<Model, TrainerError> {
    on_own_columns(recipe, table, |recipe, table| {
        Ok(Model::new(fit_columns(recipe, table, what, false)?.0)?)
    })
}

/// Calls `fit` with the columns that a model fitted on these rows reads.
fn on_own_columns<T>(
    recipe: &Recipe,
    table: &TrainingTable,
    fit: impl Fn(&Recipe, &TrainingTable) -> Result<T, TrainerError>,
) -> Result<T, TrainerError> {
    match &recipe.selection {
        None => fit(recipe, table),
        Some(selection) => {
            let kept = selection.columns(recipe, table)?;
            fit(&recipe.with_columns(&kept), &with_columns(table, &kept))
        }
    }
}

/// Adds the detector, and rows to test itself.
fn with_detector(
    recipe: &Recipe,
    table: &TrainingTable,
    mut spec: ModelSpec,
) -> Result<Model, TrainerError> {
    spec.isolation = fit_isolation(recipe, table, &spec.preparation.features)?;
    Ok(with_self_test(spec, recipe.seed)?)
}

/// Rows to grow trees on, and others to score these on, as a fit of the recipe on the former has them.
pub(crate) fn as_forests_see(
    recipe: &Recipe,
    mut fitted: TrainingTable,
    mut scored: TrainingTable,
) -> Result<(TrainingTable, TrainingTable), TrainerError> {
    let mut kept: Vec<usize> = (0..fitted.columns.len()).collect();
    if let Some(selection) = &recipe.selection {
        kept = selection.columns(recipe, &fitted)?;
        fitted = with_columns(&fitted, &kept);
        scored = with_columns(&scored, &kept);
    }
    if let Some(resampling) = &recipe.resampling {
        let features = described(&recipe.with_columns(&kept), &fitted);
        fitted = resampling.apply(&fitted, &features)?;
    }
    Ok((fitted, scored))
}

/// What the columns of a table are like.
fn described(recipe: &Recipe, table: &TrainingTable) -> Vec<Feature> {
    table
        .columns
        .par_iter()
        .zip(&recipe.dictionaries)
        .map(|(column, words)| describe(column, words.clone()))
        .collect()
}

/// A model without a detector, and without rows to test itself; where asked, what it is worth as [`fit_and_judge`] says.
fn fit_columns(
    recipe: &Recipe,
    table: &TrainingTable,
    what: &str,
    judge: bool,
) -> Result<(ModelSpec, Option<Evaluation>), TrainerError> {
    let features = described(recipe, table);
    let (binned, grown) = match &recipe.resampling {
        None => grow_forest(&recipe.forest, table, what)?,
        Some(resampling) => {
            grow_forest(&recipe.forest, &resampling.apply(table, &features)?, what)?
        }
    };
    let evaluation = judge.then(|| {
        let found = out_of_bag::judge(&binned, &recipe.forest, &grown);
        out_of_bag::evaluation(&recipe.taxonomy, &table.labels, &found)
    });
    let learner = recipe.forest.options().learner;
    let (forest, importances) = join_trees(&grown, table.n_classes, learner.leaves());
    let mut spec = ModelSpec {
        name: recipe.name.clone(),
        schema: schema(recipe, &importances),
        preparation: Preparation {
            features,
            training_rows: table.n_rows() as u64,
        },
        taxonomy: recipe.taxonomy.clone(),
        forest,
        calibration: boost::uncalibrated(learner.leaves()),
        isolation: IsolationSpec::default(),
        detectors: DetectorsSpec::default(),
        card: Card::default(),
        permutation: None,
        self_test: Vec::new(),
    };
    for (kind, rows) in spec.taxonomy.kinds.iter_mut().zip(table.class_counts()) {
        kind.training_rows = rows;
    }
    Ok((spec, evaluation))
}

/// The rows of a table, cut into bins.
pub(crate) fn binned(
    table: &TrainingTable,
    params: &ForestParams,
) -> Result<BinnedTable, TrainerError> {
    let columns = (0..table.columns.len())
        .into_par_iter()
        .map(|feature_idx| bin_feature(table, feature_idx, params));
    Ok(BinnedTable::new(table, columns.collect(), params)?)
}

/// The trees of a forest on the rows of a table, and these as the trees saw them.
pub(crate) fn grow_forest(
    params: &ForestParams,
    table: &TrainingTable,
    what: &str,
) -> Result<(BinnedTable, Vec<GrownTree>), TrainerError> {
    let binned = binned(table, params)?;
    let bar = progress::bar(what, u64::from(params.options().n_trees));
    let n_trees = params.options().n_trees;
    let grown = match params.options().learner {
        Learner::Forest => (0..n_trees)
            .into_par_iter()
            .map(|tree_idx| {
                let grown = grow_tree(&binned, params, tree_idx);
                bar.inc(1);
                grown
            })
            .collect(),
        Learner::Boosted => {
            bar.set_length(2 * u64::from(n_trees));
            boost::grow_trees(&binned, params, || bar.inc(1))
        }
    };
    bar.finish_and_clear();
    Ok((binned, grown))
}

fn schema(recipe: &Recipe, importances: &[f32]) -> Schema {
    let columns = recipe.features.iter().zip(&recipe.aliases).zip(importances);
    Schema {
        columns: columns
            .map(|((feature, aliases), &importance)| Column {
                name: feature.name.clone(),
                aliases: aliases.clone(),
                kind: feature.kind,
                importance,
            })
            .collect(),
        label_columns: recipe.label_columns.clone(),
    }
}

/// The detector, on the rows that are asked for: on all where benign ones are and there are none.
fn fit_isolation(
    recipe: &Recipe,
    table: &TrainingTable,
    features: &[Feature],
) -> Result<IsolationSpec, TrainerError> {
    let kinds = &recipe.taxonomy.kinds;
    let is_benign = |&row_idx: &u32| !kinds[usize::from(table.labels[row_idx as usize])].attack;
    let all: Vec<u32> = (0..table.n_rows() as u32).collect();
    let benign: Vec<u32> = all.iter().copied().filter(is_benign).collect();
    let benign_only = recipe.isolation_rows == DetectorRows::Benign && benign.len() > 1;
    let rows = if benign_only { benign } else { all };
    let (spec, _) = fit_detector(table, features, &rows, &recipe.isolation, benign_only)?;
    Ok(spec)
}

/// A detector fitted on some rows of a table, and the path sums of these.
pub(crate) fn fit_detector(
    table: &TrainingTable,
    features: &[Feature],
    rows: &[u32],
    params: &IsolationParams,
    benign_only: bool,
) -> Result<(IsolationSpec, Vec<u32>), TrainerError> {
    let columns = imputed(table, features, rows);
    let rows: Vec<u32> = (0..rows.len() as u32).collect();
    let on_ranks = params.options().split_points == SplitPoints::Ranks;
    let ranked = on_ranks.then(|| RankedColumns::new(&columns));
    let trees: Vec<_> = (0..params.options().n_trees)
        .into_par_iter()
        .map(|tree_idx| match &ranked {
            None => isolation::grow_tree(&columns, &rows, params, tree_idx),
            Some(ranked) => {
                let mut tree = isolation::grow_tree(ranked.columns(), &rows, params, tree_idx);
                ranked.restore(&mut tree);
                tree
            }
        })
        .collect();
    isolation::check_size(&trees)?;
    let path_sums = path_sums(&trees, &columns)?;
    let sample_size = isolation::sample_size(params, rows.len());
    let mut sorted = path_sums.clone();
    let spec = isolation::join_trees(trees, &mut sorted, sample_size, benign_only);
    Ok((spec, path_sums))
}

/// What a detector sees of some rows of a table.
pub(crate) fn imputed(table: &TrainingTable, features: &[Feature], rows: &[u32]) -> Vec<Vec<f32>> {
    let columns = table.columns.par_iter().zip(features);
    columns
        .map(|(column, feature)| {
            rows.iter()
                .map(|&i| feature.imputed(column[i as usize]))
                .collect()
        })
        .collect()
}

/// The path sums of all rows of these columns.
pub(crate) fn path_sums(trees: &[Tree], columns: &[Vec<f32>]) -> Result<Vec<u32>, TrainerError> {
    let rows: Vec<u32> = (0..columns.first().map_or(0, Vec::len) as u32).collect();
    let pieces: Result<Vec<Vec<u32>>, flowsieve::Error> = rows
        .par_chunks(ROWS_PER_PIECE)
        .map(|piece| isolation::path_sums(trees, columns, piece))
        .collect();
    Ok(pieces?.concat())
}
