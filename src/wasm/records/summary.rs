//! What is said of a file's rows: counts, columns, rejects and, where they have labels, how well these are predicted.

use super::evaluation::Evaluation;
use crate::analysis;
use crate::metrics::FalsePositives;
use serde::Serialize;

/// What is said of a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::wasm) struct Summary {
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
    psi: Option<f64>,
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
    pub(in crate::wasm) fn new(merger: &analysis::Merger, plan: &analysis::Plan) -> Self {
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
            .zip(summary.stability(&spec.preparation))
            .map(|((column, values), psi)| ColumnSummary {
                name: column.name.clone(),
                present: values.finite + values.infinite,
                missing: values.missing,
                other_category: values.other_category,
                min: (values.finite > 0).then_some(values.min),
                max: (values.finite > 0).then_some(values.max),
                mean: (values.finite > 0).then(|| values.mean()),
                psi,
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
