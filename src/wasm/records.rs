//! The records that cross the boundary, in JavaScript's spelling. `types.d.ts` has the same in TypeScript.

use crate::analysis;
use crate::metrics::{self, FalsePositives, RankCounts};
use crate::model::{Model, ModelSpec};
use crate::pack::Section;
use crate::schema::{ColumnKind, HeaderMatch};
use crate::table::Head;
use crate::table::dialect::Quotes;
use crate::table::head::Names;
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;

/// Serialises a record: maps become objects, missing options null, integers numbers.
pub(super) fn to_js(record: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    record
        .serialize(&serializer)
        .map_err(|error| super::js::js_error_of("internal", &error.to_string(), None))
}

/// Pairs as the properties of an object.
fn as_map<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// What a model is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModelInfo {
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

/// What calibration did; of probabilities, by votes and calibrated.
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
    pub(super) fn new(spec: &ModelSpec, sections: &[Section], bytes: usize) -> Self {
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

/// What was recognised in a file's header.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recognition {
    model: String,
    format: &'static str,
    encoding: &'static str,
    /// Where the names of the columns are from.
    names: &'static str,
    delimiter: String,
    quotes: &'static str,
    decimal_comma: bool,
    columns: Vec<String>,
    matched: Vec<Matched>,
    missing: Vec<Missing>,
    ignored: Vec<Ignored>,
    label: Option<LabelColumn>,
    importance_share: f32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Matched {
    column: String,
    header: String,
    index: usize,
    /// What the column says of the model's, where it is one of a column per word.
    word: Option<String>,
    by_hand: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Missing {
    column: String,
    importance: f32,
    by_hand: bool,
}

#[derive(Serialize)]
struct Ignored {
    header: String,
    index: usize,
    why: &'static str,
}

#[derive(Serialize)]
struct LabelColumn {
    header: String,
    index: usize,
}

impl Recognition {
    pub(super) fn new(model: &Model, head: &Head, header: &HeaderMatch) -> Self {
        let columns = &model.spec().schema.columns;
        let name = |index: usize| head.columns[index].clone();
        let matched = |column: usize, index: usize, word: Option<&String>| Matched {
            column: columns[column].name.clone(),
            header: name(index),
            index,
            word: word.cloned(),
            by_hand: header.by_hand[column],
        };
        let mut all_matched = Vec::new();
        for (column, index) in header.columns.iter().enumerate() {
            if let Some(index) = *index {
                all_matched.push(matched(column, index, None));
            }
        }
        for one_hot in &header.one_hot {
            for (index, word) in &one_hot.words {
                all_matched.push(matched(one_hot.column, *index, Some(word)));
            }
        }
        let dialect = &head.layout.dialect;
        Self {
            model: model.spec().name.clone(),
            format: dialect.format_name(),
            encoding: dialect.encoding_name(),
            names: match head.names {
                Names::File => "file",
                Names::ZeekOrder => "zeek-order",
                Names::Numbers => "model-order",
            },
            delimiter: char::from(dialect.delimiter).to_string(),
            quotes: match dialect.quotes {
                Quotes::None => "none",
                Quotes::Doubled => "doubled",
                Quotes::Escaped => "escaped",
            },
            decimal_comma: dialect.decimal_comma,
            columns: head.columns.clone(),
            matched: all_matched,
            missing: (0..columns.len())
                .filter(|&column| !header.has(column))
                .map(|column| Missing {
                    column: columns[column].name.clone(),
                    importance: columns[column].importance,
                    by_hand: header.by_hand[column],
                })
                .collect(),
            ignored: header
                .ignored
                .iter()
                .map(|&(index, why)| Ignored {
                    header: name(index),
                    index,
                    why: why.reason(),
                })
                .collect(),
            label: header.label.map(|index| LabelColumn {
                header: name(index),
                index,
            }),
            importance_share: header.importance_share,
        }
    }
}

/// What is said of a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    rows: u64,
    analysed: u64,
    rejected: u64,
    blank_lines: u64,
    comment_lines: u64,
    unknown_values: u64,
    bytes: u64,
    class_counts: Vec<u64>,
    family_counts: Vec<u64>,
    attack_rows: u64,
    label_counts: Vec<u64>,
    unknown_labels: Vec<NamedRows>,
    set_sizes: Vec<u64>,
    coverage: Option<f64>,
    confidence_histogram: Vec<u64>,
    rank_histogram: Vec<u64>,
    columns: Vec<ColumnSummary>,
    rejects: Rejects,
    sample: Vec<u64>,
    evaluation: Option<Evaluation>,
}

#[derive(Serialize)]
struct NamedRows {
    name: String,
    rows: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ColumnSummary {
    name: String,
    present: u64,
    missing: u64,
    other_category: u64,
    min: Option<f32>,
    max: Option<f32>,
    mean: Option<f64>,
}

#[derive(Serialize)]
struct Rejects {
    counts: Vec<RejectCount>,
    first: Vec<Reject>,
}

#[derive(Serialize)]
struct RejectCount {
    kind: &'static str,
    column: Option<String>,
    rows: u64,
}

#[derive(Serialize)]
struct Reject {
    line: u64,
    offset: u64,
    column: Option<String>,
    kind: &'static str,
    reason: String,
}

impl Summary {
    pub(super) fn new(merger: &analysis::Merger, plan: &analysis::Plan) -> Self {
        let summary = merger.summary();
        let spec = plan.model().spec();
        let header = &plan.head().columns;
        let n_classes = spec.taxonomy.kinds.len();
        let column_name =
            |index: Option<u16>| index.and_then(|index| header.get(usize::from(index)).cloned());
        let columns = spec
            .schema
            .columns
            .iter()
            .zip(&summary.columns)
            .map(|(column, values)| ColumnSummary {
                name: column.name.clone(),
                present: values.finite + values.infinite,
                missing: values.missing,
                other_category: values.other_category,
                min: (values.finite > 0).then_some(values.min),
                max: (values.finite > 0).then_some(values.max),
                mean: (values.finite > 0).then(|| values.mean()),
            });
        let rejects = &summary.rejects;
        Self {
            rows: summary.rows,
            analysed: summary.analysed(),
            rejected: rejects.rows(),
            blank_lines: summary.blank_lines,
            comment_lines: summary.comment_lines,
            unknown_values: summary.unknown_values,
            bytes: merger.size(),
            class_counts: summary.class_counts.clone(),
            family_counts: summary.family_counts.clone(),
            attack_rows: summary.attack_rows,
            label_counts: summary
                .confusion
                .chunks(n_classes.max(1))
                .map(|row| row.iter().sum())
                .collect(),
            unknown_labels: summary
                .unknown_labels
                .names()
                .into_iter()
                .map(|(name, rows)| NamedRows {
                    name: name.to_owned(),
                    rows,
                })
                .collect(),
            set_sizes: summary.set_sizes.clone(),
            coverage: summary.coverage(),
            confidence_histogram: summary.confidence_histogram.clone(),
            rank_histogram: summary.rank_histogram.clone(),
            columns: columns.collect(),
            rejects: Rejects {
                counts: rejects
                    .counts
                    .iter()
                    .map(|&((kind, column), rows)| RejectCount {
                        kind: kind.name(),
                        column: column_name(column),
                        rows,
                    })
                    .collect(),
                first: rejects
                    .first
                    .iter()
                    .map(|reject| Reject {
                        line: reject.line,
                        offset: reject.offset,
                        column: column_name(reject.column),
                        kind: reject.kind.name(),
                        reason: reject.reason(header),
                    })
                    .collect(),
            },
            sample: summary.sample.iter().map(|&(_, offset)| offset).collect(),
            evaluation: summary.evaluation(&spec.taxonomy).map(|scores| {
                Evaluation::new(&scores, FalsePositives::from_counts(&summary.binary))
            }),
        }
    }
}

/// Predictions against labels.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Evaluation {
    rows: u64,
    accuracy: f64,
    balanced_accuracy: f64,
    macro_f1: f64,
    weighted_f1: f64,
    per_class: Vec<metrics::ClassScores>,
    binary: Option<metrics::BinaryScores>,
    benign_rows: u64,
    false_positives: u64,
    false_positives_per_million: Option<f64>,
    confusion: metrics::Confusion,
}

impl Evaluation {
    fn new(scores: &metrics::Evaluation, false_positives: FalsePositives) -> Self {
        Self {
            rows: scores.rows,
            accuracy: scores.accuracy,
            balanced_accuracy: scores.balanced_accuracy(),
            macro_f1: scores.macro_f1,
            weighted_f1: scores.weighted_f1(),
            per_class: scores.per_class.clone(),
            binary: scores.binary,
            benign_rows: false_positives.benign_rows,
            false_positives: false_positives.called_attack,
            false_positives_per_million: false_positives.per_million(),
            confusion: scores.confusion.clone(),
        }
    }
}

/// What the detector flags.
#[derive(Serialize)]
pub(super) struct DetectorSweep {
    auroc: Option<f64>,
    rows: Vec<Flagged>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Flagged {
    contamination: f64,
    #[serde(flatten)]
    training: AtThreshold,
    false_alarm_rate: Option<f64>,
    own: AtThreshold,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AtThreshold {
    threshold_rank: u16,
    flagged_share: f64,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
}

impl AtThreshold {
    fn new(found: &metrics::AtThreshold) -> Self {
        Self {
            threshold_rank: found.threshold_rank,
            flagged_share: found.share,
            precision: found.scores.map(|scores| scores.precision),
            recall: found.scores.map(|scores| scores.recall),
            f1: found.scores.map(|scores| scores.f1),
        }
    }
}

impl DetectorSweep {
    pub(super) fn new(counts: &RankCounts, contaminations: &[f64]) -> Self {
        let rows = contaminations.iter().map(|&contamination| {
            let flagged = counts.flagged(contamination);
            Flagged {
                contamination,
                training: AtThreshold::new(&flagged.training),
                false_alarm_rate: flagged.training.false_alarm_rate,
                own: AtThreshold::new(&flagged.own),
            }
        });
        Self {
            auroc: counts.auroc(),
            rows: rows.collect(),
        }
    }
}
