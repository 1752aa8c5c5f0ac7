//! What an evaluation finds: scores of the classifier and of the detector, and their JSON form.

use flowsieve::analysis::{CLASS_REJECTED, LABEL_NONE, LABEL_UNKNOWN, ResultColumns, Summary};
use flowsieve::metrics::{
    BinaryScores, Curve, Evaluation, FalsePositives, Flagged, RankCounts, Reliability, Separation,
};
use flowsieve::model::Model;
use flowsieve::model::calibration::SetSpec;
use flowsieve::model::taxonomy::Kind;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::time::Duration;

/// The shares of training rows that thresholds of the detector flag.
const CONTAMINATIONS: [f64; 4] = [0.05, 0.1, 0.15, 0.2];
/// The version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// What an evaluation finds besides the summary.
#[derive(Debug)]
pub(crate) struct Results {
    /// How the predictions compare with the labels; `None` where there are no labels.
    pub(crate) evaluation: Option<Evaluation>,
    /// How well the detector tells attacks from benign rows; `None` without labels of both.
    pub(crate) separation: Option<Separation>,
    /// What the detector flags at each threshold; empty where the model has no detector.
    pub(crate) sweep: Vec<Flagged>,
    /// How far confidence and accuracy are apart; `None` without known labels.
    pub(crate) calibration_error: Option<f64>,
    /// SHA-256 of the result columns.
    pub(crate) digest: String,
    /// Reading and scoring took so long.
    pub(crate) time: Duration,
    pub(crate) rows_per_second: f64,
}

impl Results {
    /// What follows from a summary and the rows' results.
    pub(crate) fn new(
        model: &Model,
        summary: &Summary,
        columns: &ResultColumns,
        time: Duration,
    ) -> Self {
        let spec = model.spec();
        let ranks = ranks(model, columns);
        let has_detector = !spec.isolation.trees.is_empty();
        let flagged = |&contamination| ranks.flagged(contamination);
        Self {
            evaluation: summary.evaluation(&spec.taxonomy),
            separation: if has_detector {
                ranks.separation()
            } else {
                None
            },
            sweep: if has_detector {
                CONTAMINATIONS.iter().map(flagged).collect()
            } else {
                Vec::new()
            },
            calibration_error: reliability(model, columns).calibration_error(),
            digest: digest(columns),
            time,
            rows_per_second: (summary.rows as f64 / time.as_secs_f64()).round(),
        }
    }

    /// The results as JSON.
    pub(crate) fn json(&self, summary: &Summary, model: &Model) -> String {
        let evaluation = self.evaluation.as_ref();
        let per_class = evaluation.map(|evaluation| {
            let entry = |class: &flowsieve::metrics::ClassScores| {
                let scores = json!({
                    "precision": class.precision, "recall": class.recall, "f1": class.f1, "support": class.support,
                });
                (class.class.clone(), scores)
            };
            evaluation.per_class.iter().map(entry).collect::<Map<String, Value>>()
        });
        let false_positives = evaluation.map(|_| FalsePositives::from_counts(&summary.binary));
        let kinds = &model.spec().taxonomy.kinds;
        let counts: Map<String, Value> = kinds
            .iter()
            .zip(&summary.class_counts)
            .map(|(kind, &rows)| (kind.name.clone(), rows.into()))
            .collect();
        let unknown: Map<String, Value> = summary
            .unknown_labels
            .names()
            .iter()
            .map(|&(name, rows)| (name.to_owned(), rows.into()))
            .collect();
        let value = json!({
            "schema_version": SCHEMA_VERSION,
            "model": model.spec().name,
            "rows": summary.rows,
            "rejected": summary.rejects.rows(),
            "class_counts": counts,
            "attack_rows": summary.attack_rows,
            "unknown": {"benign": summary.unknown[0], "attacks": summary.unknown[1], "unlabelled": summary.unknown[2]},
            "accuracy": evaluation.map(|evaluation| evaluation.accuracy),
            "balanced_accuracy": evaluation.map(Evaluation::balanced_accuracy),
            "macro_f1": evaluation.map(|evaluation| evaluation.macro_f1),
            "weighted_f1": evaluation.map(Evaluation::weighted_f1),
            "per_class": per_class,
            "binary": evaluation.and_then(|evaluation| evaluation.binary.as_ref()).map(binary),
            "benign_rows": false_positives.map(|found| found.benign_rows),
            "false_positives": false_positives.map(|found| found.called_attack),
            "false_positives_per_million": false_positives.and_then(FalsePositives::per_million),
            "confusion": evaluation.map(|evaluation| json!({
                "labels": evaluation.confusion.labels, "matrix": evaluation.confusion.matrix,
            })),
            "calibration_error": self.calibration_error,
            "sets": model.sets().map(|sets| set_counts(summary, sets, kinds)),
            "unknown_labels": unknown,
            "psi": stability(summary, model),
            "detectors": { "isolation_forest": self.detector() },
            "rows_per_second": self.rows_per_second,
            "digest": self.digest,
        });
        format!("{value:#}\n")
    }

    fn detector(&self) -> Value {
        let thresholds: Vec<Value> = self
            .sweep
            .iter()
            .map(|flagged| {
                let at_own = &flagged.own;
                let flagged_share = flagged.training.share;
                let scores = flagged.training.scores.as_ref();
                let own_scores = at_own.scores.as_ref();
                json!({
                    "contamination": flagged.contamination,
                    "training_quantile": 1.0 - flagged.contamination,
                    "threshold_rank": flagged.training.threshold_rank,
                    "share_above": flagged_share,
                    "false_alarm_rate": flagged.training.false_alarm_rate,
                    "precision": scores.map(|scores| scores.precision),
                    "recall": scores.map(|scores| scores.recall),
                    "f1": scores.map(|scores| scores.f1),
                    "own_quantile": {
                        "threshold_rank": at_own.threshold_rank,
                        "share_above": at_own.share,
                        "precision": own_scores.map(|scores| scores.precision),
                        "recall": own_scores.map(|scores| scores.recall),
                        "f1": own_scores.map(|scores| scores.f1),
                    },
                })
            })
            .collect();
        if thresholds.is_empty() {
            Value::Null
        } else {
            let found = self.separation.as_ref();
            let curve = |pick: fn(&Separation) -> &Curve, x: &str, y: &str| {
                found
                    .map(pick)
                    .map(|curve| json!({ x: curve.x, y: curve.y }))
            };
            json!({
                "auroc": found.map(|found| found.auroc),
                "average_precision": found.map(|found| found.average_precision),
                "base_rate": found.map(|found| found.base_rate),
                "roc": curve(|found| &found.roc, "false_alarm_rate", "recall"),
                "precision_recall": curve(|found| &found.precision_recall, "recall", "precision"),
                "thresholds": thresholds,
            })
        }
    }
}

/// Rows by what they are taken for and what they are.
fn reliability(model: &Model, columns: &ResultColumns) -> Reliability {
    let n_classes = model.spec().taxonomy.kinds.len();
    let mut reliability = Reliability::default();
    let rows = columns.class.iter().zip(&columns.label);
    for ((&class, &label), &confidence) in rows.zip(&columns.confidence) {
        if class != CLASS_REJECTED && usize::from(label) < n_classes {
            reliability.add(confidence, class == label);
        }
    }
    reliability
}

/// The sets of a file's rows: what the model states of them, their sizes, and how many hold the row's label.
fn set_counts(summary: &Summary, sets: &SetSpec, kinds: &[Kind]) -> Value {
    let labelled = summary.confusion.chunks(kinds.len());
    let per_class: Map<String, Value> = kinds
        .iter()
        .zip(labelled.zip(&summary.covered))
        .map(|(kind, (row, &covered))| {
            let rows: u64 = row.iter().sum();
            (
                kind.name.clone(),
                json!({ "rows": rows, "covered": covered }),
            )
        })
        .filter(|(_, class)| class["rows"] != 0)
        .collect();
    let rows: u64 = summary.set_sizes.iter().sum();
    let classes: u64 = (0..)
        .zip(&summary.set_sizes)
        .map(|(size, rows)| size * rows)
        .sum();
    json!({
        "stated_coverage": f64::from(sets.coverage_per_mille) / 1000.0,
        "stated_class_coverage": f64::from(sets.class_coverage_per_mille) / 1000.0,
        "coverage": summary.coverage(),
        "mean_classes": (rows > 0).then(|| classes as f64 / rows as f64),
        "rows_per_size": summary.set_sizes,
        "per_class": per_class,
    })
}

/// The population stability index of each feature; null where there is nothing to compare.
fn stability(summary: &Summary, model: &Model) -> Map<String, Value> {
    let spec = model.spec();
    let columns = spec.schema.columns.iter();
    let indices = summary.stability(&spec.preparation);
    columns
        .zip(indices)
        .map(|(column, psi)| (column.name.clone(), psi.into()))
        .collect()
}

fn binary(scores: &BinaryScores) -> Value {
    json!({ "precision": scores.precision, "recall": scores.recall, "f1": scores.f1 })
}

/// The detector's ranks of all rows that were read. A label that the model does not know is an attack, as everywhere; a
/// model without classes knows nothing of labels.
fn ranks(model: &Model, columns: &ResultColumns) -> RankCounts {
    let kinds = &model.spec().taxonomy.kinds;
    let mut ranks = RankCounts::new();
    for ((&class, &label), &rank) in columns.class.iter().zip(&columns.label).zip(&columns.rank) {
        if class != CLASS_REJECTED {
            ranks.add(
                rank,
                match label {
                    LABEL_NONE => None,
                    LABEL_UNKNOWN => (!kinds.is_empty()).then_some(true),
                    known => Some(kinds[usize::from(known)].attack),
                },
            );
        }
    }
    ranks
}

/// SHA-256 of the result columns, one after another.
fn digest(columns: &ResultColumns) -> String {
    let mut sha = Sha256::new();
    for part in columns.digest_parts() {
        sha.update(&part);
    }
    sha.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
