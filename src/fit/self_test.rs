//! The rows that a model carries to test itself: made up, none of them a row of the data.

use super::rng::{Purpose, SplitMix64};
use crate::Error;
use crate::model::{Model, ModelSpec, SelfTestRow};
use crate::prepare::Feature;
use crate::schema::{Column, ColumnKind};

/// Rows that a model carries to test itself.
const SELF_TEST_ROWS: u64 = 32;

/// Gives a model made-up rows with what it says of them: values drawn from the training quantiles, feature by feature,
/// some missing.
///
/// # Errors
/// Those of [`Model::new`].
pub fn with_self_test(mut spec: ModelSpec, seed: u64) -> Result<Model, Error> {
    spec.self_test.clear();
    let untested = Model::new(spec)?;
    let rows = self_test(&untested, seed);
    let mut spec = untested.into_spec();
    spec.self_test = rows;
    Model::new(spec)
}

fn self_test(model: &Model, seed: u64) -> Vec<SelfTestRow> {
    let spec = model.spec();
    let mut scratch = model.scratch();
    (0..SELF_TEST_ROWS)
        .map(|row_idx| {
            let mut rng = SplitMix64::stream(seed, Purpose::SelfTest, row_idx);
            let columns = spec.schema.columns.iter().zip(&spec.preparation.features);
            let values: Vec<f32> = columns
                .map(|(column, feature)| made_up(column, feature, &mut rng))
                .collect();
            let score = model.score(&values, &mut scratch);
            SelfTestRow {
                values,
                class: score.class,
                confidence: score.confidence,
                rank: score.rank,
            }
        })
        .collect()
}

fn made_up(column: &Column, feature: &Feature, rng: &mut SplitMix64) -> f32 {
    let (place, chance) = (rng.unit(), rng.below(32));
    if chance < 2 || feature.quantiles.is_empty() {
        return f32::NAN;
    }
    if column.kind == ColumnKind::Categorical {
        return (place * (feature.categories.len() + 1) as f64) as u32 as f32;
    }
    if chance == 2 {
        return f32::INFINITY;
    }
    interpolate(&feature.quantiles, place)
}

/// The value at a place between 0 and 1 of quantiles at equal steps, linear between them.
fn interpolate(quantiles: &[f32], place: f64) -> f32 {
    let step = place * (quantiles.len() - 1) as f64;
    let below = step as usize;
    let (low, high) = (
        f64::from(quantiles[below]),
        f64::from(quantiles[(below + 1).min(quantiles.len() - 1)]),
    );
    (low + (high - low) * (step - below as f64)) as f32
}
