//! What a file of flows is, and what an evaluation found in it.

use super::probabilities::found_sets;
use super::scores::{areas, evaluation, false_positives, flagged};
use super::{count, shown, table};
use crate::reading::print_connected;
use crate::results::Results;
use flowsieve::analysis::{Plan, Summary};
use flowsieve::metrics::FalsePositives;
use flowsieve::model::Model;
use std::path::Path;

/// What was read of a file to evaluate.
pub(crate) fn analysed(path: &Path, plan: &Plan, summary: &Summary) {
    let header = plan.header();
    let columns = &plan.head().columns;
    let matched = header.columns.iter().flatten().count() + header.one_hot.len();
    let label = header.label.map_or("no labels".to_owned(), |label| {
        format!("labels in {:?}", columns[label])
    });
    println!(
        "{}: {} rows, {matched} of {} features ({:.1} % of the model's importance), {label}",
        path.display(),
        count(summary.rows),
        header.columns.len(),
        100.0 * header.importance_share
    );
    let missing: Vec<&str> = header
        .columns
        .iter()
        .zip(&plan.model().spec().schema.columns)
        .filter(|(index, _)| index.is_none())
        .map(|(_, column)| column.name.as_str())
        .collect();
    if !missing.is_empty() {
        println!("Missing columns: {}", missing.join(", "));
    }
    let ignored: Vec<String> = header
        .ignored
        .iter()
        .map(|&(index, why)| format!("{} ({})", shown(&columns[index]), why.reason()))
        .collect();
    if !ignored.is_empty() {
        println!("Ignored columns: {}", ignored.join(", "));
    }
    print_connected(header, &plan.model().spec().schema, columns);
    let rejects = &summary.rejects;
    if rejects.rows() > 0 {
        let counts: Vec<String> = rejects
            .counts
            .iter()
            .map(|&((kind, column), rows)| {
                let column = column.map_or(String::new(), |i| {
                    format!(" in {}", columns[usize::from(i)])
                });
                format!("{} {}{column}", count(rows), kind.name())
            })
            .collect();
        println!(
            "{} rows could not be read: {}",
            count(rejects.rows()),
            counts.join(", ")
        );
        if let Some(first) = rejects.first.first() {
            println!(
                "The first is line {}: {}",
                first.line,
                first.reason(columns)
            );
        }
    }
    println!();
}

/// How many rows are of no kind that the model knows.
fn unknown_rows(summary: &Summary) {
    let all: u64 = summary.unknown.iter().sum();
    println!(
        "{} rows that are not called attacks are unknown: strange to the detectors, and of no kind that the model knows",
        count(all)
    );
    let of = |which: usize| {
        let [called_benign, called_attack] = summary.binary[which];
        let rows = called_benign + called_attack;
        let share = 100.0 * summary.unknown[which] as f64 / rows.max(1) as f64;
        format!("{share:.2} % of {} ", count(rows))
    };
    if summary.labelled() > 0 {
        println!("They are {}benign rows and {}attacks", of(0), of(1));
    }
    println!();
}

/// What an evaluation found.
pub(crate) fn results(results: &Results, summary: &Summary, model: &Model) {
    if let Some(found) = &results.evaluation {
        evaluation(found);
        false_positives(FalsePositives::from_counts(&summary.binary));
    } else if model.spec().has_classes() {
        let kinds = model
            .spec()
            .taxonomy
            .kinds
            .iter()
            .zip(&summary.class_counts);
        let rows: Vec<Vec<String>> = kinds
            .map(|(kind, &rows)| vec![shown(&kind.name), count(rows)])
            .collect();
        println!("{}", table(&["predicted", "rows"], &rows));
    }
    if let Some(sets) = model.sets() {
        found_sets(results, summary, sets);
    }
    let unknown: Vec<String> = summary
        .unknown_labels
        .names()
        .iter()
        .take(10)
        .map(|&(name, rows)| format!("{} ({})", shown(name), count(rows)))
        .collect();
    if !unknown.is_empty() {
        let unused = if model.spec().has_classes() {
            "that the model does not know and are in no score but attack or benign"
        } else {
            "which a model without classes is not compared with"
        };
        println!(
            "{} rows have labels {unused}: {}\n",
            count(summary.unknown_labels.rows),
            unknown.join(", ")
        );
    }
    if model.spec().detectors.unknown.is_some() {
        unknown_rows(summary);
    }
    if !results.sweep.is_empty() {
        let found = results.separation.as_ref();
        let text = found.map_or(String::new(), |found| format!(": {}", areas(found)));
        let name = if model.spec().detectors.ensemble.is_some() {
            "All detectors together"
        } else {
            "Isolation forest"
        };
        println!("{name}{text}");
        flagged(&results.sweep);
    }
    println!(
        "{} rows in {:.2} s: {} rows/s",
        count(summary.rows),
        results.time.as_secs_f64(),
        count(results.rows_per_second as u64)
    );
}
