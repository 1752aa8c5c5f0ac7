//! What a model is, as the page shows it: its classes, columns and detector, and its card.

use super::evaluation::Evaluation;
use crate::metrics::FalsePositives;
use crate::model::ModelSpec;
use crate::pack::Section;
use crate::schema::ColumnKind;
use serde::{Serialize, Serializer};

/// What a model is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::wasm) struct ModelInfo {
    name: String,
    title: String,
    classes: Vec<ClassInfo>,
    families: Vec<String>,
    columns: Vec<ColumnInfo>,
    detector: Option<DetectorInfo>,
    sets: Option<SetInfo>,
    card: CardInfo,
    sections: Vec<SectionInfo>,
    bytes: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClassInfo {
    name: String,
    family: String,
    attack: bool,
    training_rows: u64,
}

#[derive(Serialize)]
struct ColumnInfo {
    name: String,
    kind: &'static str,
    importance: f32,
    permutation: Option<f32>,
    mean: f32,
    std: f32,
    min: f32,
    max: f32,
    categories: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DetectorInfo {
    name: &'static str,
    fitted_on: &'static str,
    training_rows: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SetInfo {
    coverage: f64,
    class_coverage: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CardInfo {
    dataset: DatasetInfo,
    label_column: String,
    training_rows: u64,
    left_out: Vec<LeftOutInfo>,
    #[serde(serialize_with = "as_map")]
    parameters: Vec<(String, String)>,
    evaluation: Option<CardEvaluation>,
    calibration: Option<Calibration>,
}

#[derive(Serialize)]
struct DatasetInfo {
    title: String,
    source: String,
    licence: String,
    attribution: String,
}

#[derive(Serialize)]
struct LeftOutInfo {
    column: String,
    why: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CardEvaluation {
    method: String,
    train_rows: u64,
    test_rows: u64,
    #[serde(flatten)]
    scores: Evaluation,
    auroc: Option<f64>,
}

/// What calibration did; of probabilities, before it and calibrated.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Calibration {
    rows: u64,
    log_loss: [f64; 2],
    #[serde(rename = "calibrationError")]
    error: [f64; 2],
    covered: u64,
    empty: u64,
    set_classes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SectionInfo {
    tag: String,
    bytes: u64,
    raw_bytes: u64,
}

impl ModelInfo {
    pub(in crate::wasm) fn new(spec: &ModelSpec, sections: &[Section], bytes: usize) -> Self {
        let taxonomy = &spec.taxonomy;
        let classes = taxonomy.kinds.iter().map(|kind| ClassInfo {
            name: kind.name.clone(),
            family: taxonomy.families[usize::from(kind.family)].clone(),
            attack: kind.attack,
            training_rows: kind.training_rows,
        });
        let columns = spec
            .schema
            .columns
            .iter()
            .zip(&spec.preparation.features)
            .enumerate()
            .map(|(index, (column, feature))| ColumnInfo {
                name: column.name.clone(),
                kind: kind_name(column.kind),
                importance: column.importance,
                permutation: spec.permutation.as_ref().map(|found| found.drops[index]),
                mean: feature.mean,
                std: feature.std,
                min: feature.quantiles.first().copied().unwrap_or(f32::NAN),
                max: feature.quantiles.last().copied().unwrap_or(f32::NAN),
                categories: feature.categories.clone(),
            });
        let title = if spec.card.dataset.title.is_empty() {
            &spec.name
        } else {
            &spec.card.dataset.title
        };
        Self {
            name: spec.name.clone(),
            title: title.clone(),
            classes: classes.collect(),
            families: taxonomy.families.clone(),
            columns: columns.collect(),
            detector: (!spec.isolation.trees.is_empty()).then_some(DetectorInfo {
                name: "isolation forest",
                fitted_on: if spec.isolation.benign_only {
                    "benign"
                } else {
                    "all"
                },
                training_rows: spec.isolation.training_rows,
            }),
            sets: spec.calibration.as_ref().and_then(|calibration| {
                calibration.sets.as_ref().map(|sets| SetInfo {
                    coverage: f64::from(sets.coverage_per_mille) / 1000.0,
                    class_coverage: f64::from(sets.class_coverage_per_mille) / 1000.0,
                })
            }),
            card: CardInfo::new(spec),
            sections: sections
                .iter()
                .map(|section| SectionInfo {
                    tag: section.tag.clone(),
                    bytes: section.bytes as u64,
                    raw_bytes: section.raw_bytes as u64,
                })
                .collect(),
            bytes,
        }
    }
}

fn kind_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Numeric => "numeric",
        ColumnKind::Categorical => "categorical",
        ColumnKind::Time => "time",
    }
}

impl CardInfo {
    fn new(spec: &ModelSpec) -> Self {
        let card = &spec.card;
        let dataset = card.dataset.clone();
        Self {
            dataset: DatasetInfo {
                title: dataset.title,
                source: dataset.source,
                licence: dataset.licence,
                attribution: dataset.attribution,
            },
            label_column: card.label_column.clone(),
            training_rows: card.training_rows,
            left_out: card
                .left_out
                .iter()
                .map(|left_out| LeftOutInfo {
                    column: left_out.column.clone(),
                    why: left_out.why.clone(),
                })
                .collect(),
            parameters: card.parameters.clone(),
            evaluation: card.evaluation.as_ref().map(|evaluation| CardEvaluation {
                method: evaluation.method.clone(),
                train_rows: evaluation.train_rows,
                test_rows: evaluation.test_rows,
                scores: Evaluation::new(&evaluation.scores, FalsePositives::default()),
                auroc: evaluation.isolation_auroc,
            }),
            calibration: card.calibration.as_ref().map(|worth| {
                let sets = worth.sets.as_ref();
                Calibration {
                    rows: worth.rows,
                    log_loss: [worth.votes, worth.calibrated].map(|worth| worth.log_loss),
                    error: [worth.votes, worth.calibrated].map(|worth| worth.calibration_error),
                    covered: sets.map_or(0, |sets| sets.covered),
                    empty: sets.map_or(0, |sets| sets.empty),
                    set_classes: sets.map_or(0, |sets| sets.classes),
                }
            }),
        }
    }
}

/// Pairs as the properties of an object.
fn as_map<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
