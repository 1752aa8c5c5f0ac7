//! The baseline of `train --baseline`: smartcore's random forest, 100 trees with its own defaults, on the same split.
//!
//! It knows neither missing values nor infinities, so the training medians stand in, as they do for detectors here.

use crate::error::TrainerError;
use crate::fitting::Recipe;
use crate::progress;
use crate::scoring;
use flowsieve::fit::TrainingTable;
use flowsieve::metrics::Evaluation;
use flowsieve::model::Model;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use std::time::{Duration, Instant};

/// What the baseline is worth, and how long its fit took.
pub(crate) struct Baseline {
    pub(crate) evaluation: Evaluation,
    pub(crate) fit_time: Duration,
}

/// Fits and scores the baseline. `model` was fitted on `fitted` by the recipe; its columns, medians and taxonomy are used.
pub(crate) fn baseline(
    recipe: &Recipe,
    model: &Model,
    fitted: &TrainingTable,
    scored: &TrainingTable,
) -> Result<Baseline, TrainerError> {
    let fitted = recipe.as_read_by(model, fitted);
    let scored = recipe.as_read_by(model, scored);
    let failed = |error: smartcore::error::Failed| {
        TrainerError::asked(format!("the baseline failed: {error}"))
    };
    let labels: Vec<u32> = fitted
        .labels
        .iter()
        .map(|&label| u32::from(label))
        .collect();
    let parameters = RandomForestClassifierParameters::default()
        .with_n_trees(100)
        .with_seed(recipe.seed);
    let spinner = progress::spinner("fitting the baseline");
    let start = Instant::now();
    let forest = RandomForestClassifier::fit(&matrix(model, &fitted)?, &labels, parameters)
        .map_err(failed)?;
    let fit_time = start.elapsed();
    let classes: Vec<u32> = forest.predict(&matrix(model, &scored)?).map_err(failed)?;
    spinner.finish_and_clear();
    let taxonomy = &model.spec().taxonomy;
    let answers: Vec<(u8, bool)> = classes
        .iter()
        .map(|&class| (class as u8, taxonomy.kinds[class as usize].attack))
        .collect();
    let evaluation = scoring::evaluate(taxonomy, &scored.labels, &answers);
    Ok(Baseline {
        evaluation,
        fit_time,
    })
}

fn matrix(model: &Model, table: &TrainingTable) -> Result<DenseMatrix<f32>, TrainerError> {
    let features = &model.spec().preparation.features;
    let values: Vec<f32> = table
        .columns
        .iter()
        .zip(features)
        .flat_map(|(column, feature)| column.iter().map(|&value| feature.imputed(value)))
        .collect();
    DenseMatrix::new(table.n_rows(), table.columns.len(), values, true)
        .map_err(|error| TrainerError::asked(format!("the baseline failed: {error}")))
}
