//! What commands print: tables for people, on standard output.

use crate::baseline::Baseline;
use crate::columns::Columns;
use crate::dataset::Dataset;
use crate::evaluations::report::ATTACKS_ALONE;
use crate::fitting::Recipe;
use crate::reading::print_connected;
use crate::results::Results;
use crate::scoring::Scores;
use flowsieve::analysis::{Plan, Summary};
use flowsieve::metrics::{Evaluation, FalsePositives, Flagged};
use flowsieve::model::Model;
use flowsieve::model::calibration::SetSpec;
use flowsieve::model::card::{CalibrationWorth, LeftOut, ProbabilityWorth, SetWorth, SizeCurve};
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::pack::Section;
use flowsieve::schema::ColumnKind;
use std::path::Path;
use std::time::Duration;

/// How many of the most frequent confusions are listed.
const CONFUSIONS: usize = 5;

/// A table with aligned columns: the first to the left, the others to the right.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |i: usize| {
        rows.iter()
            .map(|row| row[i].chars().count())
            .chain([head[i].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| -> String {
        let cell = |(i, cell): (usize, &String)| {
            if i == 0 {
                format!("  {cell:<w$}", w = widths[i])
            } else {
                format!("  {cell:>w$}", w = widths[i])
            }
        };
        let line: String = cells.iter().enumerate().map(cell).collect();
        format!("{}\n", line.trim_end())
    };
    let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
    std::iter::once(&head)
        .chain(rows)
        .map(|cells| line(cells))
        .collect()
}

/// A count with its digits in groups of three.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A label as it is printed: quoted where it would not be seen.
pub(crate) fn shown(label: &str) -> String {
    if label.trim().is_empty() {
        format!("{label:?}")
    } else {
        label.to_owned()
    }
}

/// What was read for training.
pub(crate) fn data(n_files: usize, columns: &Columns, data: &Dataset) {
    let rows = data.table.n_rows() as u64;
    let files = if n_files == 1 {
        "1 file".to_owned()
    } else {
        format!("{n_files} files")
    };
    println!(
        "{} rows of {files}, {} features",
        count(rows),
        columns.features.len()
    );
    let left_out = &data.left_out;
    if left_out.repeated > 0 {
        println!(
            "{} rows are in an earlier file, too, and count once",
            count(left_out.repeated)
        );
    }
    if left_out.total() > 0 {
        println!(
            "{} rows could not be used: {} with too few or too many cells, {} broken, {} with text in a numeric column",
            count(left_out.total()),
            count(left_out.ragged),
            count(left_out.broken),
            count(left_out.not_a_number)
        );
    }
    let of_kind = |kind| {
        let columns = columns.features.iter().filter(|column| column.kind == kind);
        columns
            .map(|column| column.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    for (kind, what) in [
        (ColumnKind::Categorical, "Categorical"),
        (ColumnKind::Time, "Times"),
    ] {
        if !of_kind(kind).is_empty() {
            println!("{what}: {}", of_kind(kind));
        }
    }
    println!("\nLeft out");
    left_out_columns(&columns.left_out);
    println!("Classes");
    classes(&data.taxonomy);
    if !data.taxonomy.kinds.iter().any(|kind| !kind.attack) {
        println!(
            "No class is benign: if one is, name it with --benign. The isolation forest learns from all rows. {ATTACKS_ALONE}\n"
        );
    }
}

/// Columns that are no features.
pub(crate) fn left_out_columns(left_out: &[LeftOut]) {
    let rows: Vec<Vec<String>> = left_out
        .iter()
        .map(|column| vec![shown(&column.column), column.why.clone()])
        .collect();
    let width = rows
        .iter()
        .map(|row| row[0].chars().count())
        .max()
        .unwrap_or(0);
    for row in &rows {
        println!("  {:<width$}  {}", row[0], row[1]);
    }
    if rows.is_empty() {
        println!("  no column");
    }
    println!();
}

/// The classes of a taxonomy.
pub(crate) fn classes(taxonomy: &Taxonomy) {
    let rows: Vec<Vec<String>> = taxonomy
        .kinds
        .iter()
        .map(|kind| {
            vec![
                shown(&kind.name),
                shown(&taxonomy.families[usize::from(kind.family)]),
                if kind.attack { "attack" } else { "benign" }.to_owned(),
                count(kind.training_rows),
            ]
        })
        .collect();
    println!("{}", table(&["label", "family", "", "rows"], &rows));
}

/// What becomes of the rows that a forest is fitted on, where classes are brought to one size.
pub(crate) fn resampled(recipe: &Recipe, class_counts: &[u64]) {
    if let Some(resampling) = &recipe.resampling {
        let sizes = resampling.sizes(class_counts);
        println!(
            "Classes are brought to one size by {}: the forest of the trial sees {} rows instead of {}",
            resampling.method.name(),
            count(sizes.iter().sum()),
            count(class_counts.iter().sum())
        );
    }
}

/// Which columns were selected.
pub(crate) fn selected(recipe: &Recipe, trial: &Model, model: &Model) {
    if recipe.selection.is_none() {
        return;
    }
    let (in_trial, kept) = (recipe.places_in(trial), recipe.places_in(model));
    let others = kept
        .iter()
        .filter(|place| !in_trial.contains(place))
        .count();
    let names: Vec<&str> = kept
        .iter()
        .map(|&i| recipe.features[i].name.as_str())
        .collect();
    println!(
        "Selected {} of {} columns, {} of which the trial did not select: {}\n",
        kept.len(),
        recipe.features.len(),
        others,
        names.join(", ")
    );
}

/// What the procedure is worth on rows held out.
pub(crate) fn trial(scores: &Scores, fitted: usize, scored: usize, fit_time: Duration) {
    println!(
        "Fitted on {} rows in {:.2} s, scored on {} held out (identical rows are on one side)",
        count(fitted as u64),
        fit_time.as_secs_f64(),
        count(scored as u64)
    );
    evaluation(&scores.evaluation);
    if let Some(auroc) = scores.isolation_auroc {
        println!("Isolation forest, attack against benign: AUROC {auroc:.4}\n");
    }
}

/// How the forest's size was chosen.
pub(crate) fn size_curve(curve: &SizeCurve) {
    println!("Forests that no smaller one beats ({})", curve.method);
    let head = [
        "",
        "bytes",
        "macro-F1",
        "± s.e.",
        "trees",
        "leaves",
        "rows per leaf",
        "features per split",
        "class weight",
    ];
    let rows: Vec<Vec<String>> = (0u32..)
        .zip(&curve.points)
        .map(|(index, point)| {
            vec![
                if index == curve.chosen { "taken" } else { "" }.to_owned(),
                count(point.bytes.into()),
                format!("{:.4}", point.macro_f1),
                format!("{:.4}", point.standard_error),
                point.trees.to_string(),
                point.leaves.to_string(),
                point.rows_per_leaf.to_string(),
                point.features_per_split.to_string(),
                point.class_weight.clone(),
            ]
        })
        .collect();
    println!("{}", table(&head, &rows));
}

/// What the forest is worth on the rows that it was grown on.
pub(crate) fn out_of_bag(found: &Evaluation, n_rows: usize) {
    println!(
        "Out of bag, {} of all {} rows judged by the trees that did not draw them: macro F1 {:.4}, accuracy {:.4} (copies of a \
         row may be on both sides)\n",
        count(found.rows),
        count(n_rows as u64),
        found.macro_f1,
        found.accuracy
    );
}

/// What calibration did on rows held out.
pub(crate) fn calibration(worth: Option<&CalibrationWorth>, model: &Model) {
    let Some(worth) = worth else {
        if model.spec().has_classes() {
            println!(
                "Probabilities are shares of votes, not calibrated; there are no sets of classes\n"
            );
        }
        return;
    };
    let row = |name: &str, worth: ProbabilityWorth| {
        vec![
            name.to_owned(),
            format!("{:.4}", worth.log_loss),
            format!("{:.4}", worth.calibration_error),
        ]
    };
    println!(
        "Probabilities of the {} different ones of these rows",
        count(worth.rows)
    );
    let rows = [
        row("shares of votes", worth.votes),
        row("calibrated", worth.calibrated),
    ];
    println!("{}", table(&["", "log-loss", "calibration error"], &rows));
    if let (Some(sets), Some(spec)) = (&worth.sets, model.sets()) {
        set_worth(sets, worth.rows, spec, &model.spec().taxonomy);
    }
}

/// What sets of classes are worth.
fn set_worth(sets: &SetWorth, rows: u64, spec: &SetSpec, taxonomy: &Taxonomy) {
    stated(spec);
    println!(
        "Found: {} have their class in their set; a set has {:.2} classes in the mean, and {} have an empty one",
        share(sets.covered, rows),
        sets.classes as f64 / rows.max(1) as f64,
        share(sets.empty, rows)
    );
    let classes = taxonomy.kinds.iter().zip(&sets.per_class);
    let lines: Vec<Vec<String>> = classes
        .filter(|(_, class)| class.rows > 0)
        .map(|(kind, class)| {
            vec![
                shown(&kind.name),
                share(class.covered, class.rows),
                count(class.rows),
                if class.own_threshold {
                    String::new()
                } else {
                    "too few to state it for the class alone".to_owned()
                },
            ]
        })
        .collect();
    println!("{}", table(&["class", "in its set", "rows", ""], &lines));
}

/// What a model states of its sets.
fn stated(sets: &SetSpec) {
    println!(
        "Sets of classes: {} % of unseen rows have their class in their set; asked for were {} % of each class",
        f64::from(sets.coverage_per_mille) / 10.0,
        f64::from(sets.class_coverage_per_mille) / 10.0
    );
}

fn share(part: u64, whole: u64) -> String {
    format!("{:.2} %", 100.0 * part as f64 / whole.max(1) as f64)
}

/// What two ways to tell attacks from benign rows are worth.
pub(crate) fn two_ways(lines: &[(String, String)]) {
    for (name, scores) in lines {
        println!("{name}: {scores}");
    }
    if !lines.is_empty() {
        println!();
    }
}

/// Scores of a classifier.
pub(crate) fn evaluation(evaluation: &Evaluation) {
    let mut rows: Vec<Vec<String>> = evaluation
        .per_class
        .iter()
        .map(|class| {
            vec![
                shown(&class.class),
                format!("{:.4}", class.precision),
                format!("{:.4}", class.recall),
                format!("{:.4}", class.f1),
                count(class.support),
            ]
        })
        .collect();
    let summary = |name: &str, f1: f64| {
        vec![
            name.to_owned(),
            String::new(),
            String::new(),
            format!("{f1:.4}"),
            count(evaluation.rows),
        ]
    };
    rows.push(summary("macro F1", evaluation.macro_f1));
    rows.push(summary("weighted F1", evaluation.weighted_f1()));
    rows.push(summary("accuracy", evaluation.accuracy));
    rows.push(summary("balanced accuracy", evaluation.balanced_accuracy()));
    println!(
        "{}",
        table(&["class", "precision", "recall", "F1", "rows"], &rows)
    );
    if let Some(binary) = &evaluation.binary {
        println!(
            "Attack or benign: precision {:.4}, recall {:.4}, F1 {:.4}",
            binary.precision, binary.recall, binary.f1
        );
    }
    confusions(evaluation);
}

/// How many benign rows are called attacks; nothing where there are none.
fn false_positives(found: FalsePositives) {
    if let Some(rate) = found.per_million() {
        println!(
            "{} of {} benign rows are called attacks: {} per million\n",
            count(found.called_attack),
            count(found.benign_rows),
            count(rate.round() as u64)
        );
    }
}

/// The most frequent confusions.
fn confusions(evaluation: &Evaluation) {
    let labels = &evaluation.confusion.labels;
    let mut found: Vec<(u64, usize, usize)> = Vec::new();
    for (truth, row) in evaluation.confusion.matrix.iter().enumerate() {
        for (predicted, &rows) in row.iter().enumerate() {
            if truth != predicted && rows > 0 {
                found.push((rows, truth, predicted));
            }
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let list: Vec<String> = found
        .iter()
        .take(CONFUSIONS)
        .map(|&(rows, truth, predicted)| {
            format!(
                "{} taken for {} ({})",
                shown(&labels[truth]),
                shown(&labels[predicted]),
                count(rows)
            )
        })
        .collect();
    if !list.is_empty() {
        println!("Most often: {}\n", list.join(", "));
    }
}

/// How the baseline compares.
pub(crate) fn baseline(own: &Evaluation, baseline: &Baseline) {
    let row = |name: &str, evaluation: &Evaluation| {
        vec![
            name.to_owned(),
            format!("{:.4}", evaluation.macro_f1),
            format!("{:.4}", evaluation.accuracy),
        ]
    };
    let rows = [
        row("this forest", own),
        row("smartcore, 100 trees", &baseline.evaluation),
    ];
    println!(
        "{}",
        table(&["on the same rows", "macro F1", "accuracy"], &rows)
    );
    println!(
        "The baseline was fitted in {:.1} s\n",
        baseline.fit_time.as_secs_f64()
    );
}

/// What was written.
pub(crate) fn written(path: &Path, model: &Model, bytes: usize) {
    let spec = model.spec();
    let nodes: usize = spec.forest.trees.iter().map(|tree| tree.nodes.len()).sum();
    println!(
        "Wrote {} ({} bytes): fitted on all {} rows, {} trees with {} nodes",
        path.display(),
        count(bytes as u64),
        count(spec.preparation.training_rows),
        spec.forest.trees.len(),
        count(nodes as u64)
    );
    let mut by_importance: Vec<_> = spec.schema.columns.iter().collect();
    by_importance.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    let most: Vec<String> = by_importance
        .iter()
        .take(5)
        .map(|column| format!("{} {:.1} %", column.name, 100.0 * column.importance))
        .collect();
    println!("It leans most on {}", most.join(", "));
}

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
    if !results.sweep.is_empty() {
        let auroc = results
            .auroc
            .map_or(String::new(), |auroc| format!(": AUROC {auroc:.4}"));
        println!("Isolation forest{auroc}");
        flagged(&results.sweep);
    }
    println!(
        "{} rows in {:.2} s: {} rows/s",
        count(summary.rows),
        results.time.as_secs_f64(),
        count(results.rows_per_second as u64)
    );
}

/// What sets the rows of a file have.
fn found_sets(results: &Results, summary: &Summary, sets: &SetSpec) {
    stated(sets);
    let sizes = &summary.set_sizes;
    let of_size = |size: usize| sizes.get(size).copied().unwrap_or(0);
    let rows: u64 = sizes.iter().sum();
    let (none, one) = (of_size(0), of_size(1));
    println!(
        "{} have one class, {} several, {} none of the known",
        share(one, rows),
        share(rows - one - none, rows),
        share(none, rows)
    );
    if let (Some(coverage), Some(error)) = (summary.coverage(), results.calibration_error) {
        println!(
            "{:.2} % of the rows with a known label have it in their set; calibration error {error:.4}",
            100.0 * coverage
        );
    }
    println!();
}

/// What a model is, where it comes from, and what it is worth.
pub(crate) fn model(model: &Model) {
    let spec = model.spec();
    let card = &spec.card;
    println!("{}\n", spec.name);
    let dataset = &card.dataset;
    for (name, value) in [
        ("dataset", &dataset.title),
        ("source", &dataset.source),
        ("licence", &dataset.licence),
        ("attribution", &dataset.attribution),
        ("labels from", &card.label_column),
    ] {
        if !value.is_empty() {
            println!("  {name:<12}{value}");
        }
    }
    println!(
        "  {:<12}{} rows, {} features",
        "fitted on",
        count(card.training_rows),
        model.n_features()
    );
    let detector = &spec.isolation;
    if !detector.trees.is_empty() {
        let rows = if detector.benign_only {
            "benign rows"
        } else if !spec.has_classes() {
            "rows without labels"
        } else {
            "rows, none known as benign"
        };
        println!(
            "  {:<12}{} trees on {} {rows}",
            "detector",
            detector.trees.len(),
            count(detector.training_rows)
        );
    }
    let parameters: Vec<String> = card
        .parameters
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    println!("  {:<12}{}\n", "parameters", parameters.join("; "));
    if spec.has_classes() {
        println!("Classes");
        classes(&spec.taxonomy);
        if spec.taxonomy.kinds.iter().all(|kind| kind.attack) {
            println!("{ATTACKS_ALONE}\n");
        }
    } else {
        println!("No classes: it says how strange a row is, and not what it is.\n");
    }
    features(model);
    println!("Columns of the training file that are no features");
    left_out_columns(&card.left_out);
    if let Some(curve) = &card.size_curve {
        size_curve(curve);
    }
    if let Some(found) = &card.evaluation {
        println!(
            "Worth on rows held out: {} rows fitted on, {} scored; {}",
            count(found.train_rows),
            count(found.test_rows),
            found.method
        );
        evaluation(&found.scores);
        if let Some(auroc) = found.isolation_auroc {
            println!("Isolation forest, attack against benign: AUROC {auroc:.4}\n");
        }
    }
    calibration(card.calibration.as_ref(), model);
}

/// The features by importance.
fn features(model: &Model) {
    let spec = model.spec();
    let drops = spec
        .permutation
        .as_ref()
        .map(|permutation| &permutation.drops);
    let mut columns: Vec<_> = spec
        .schema
        .columns
        .iter()
        .zip(&spec.preparation.features)
        .enumerate()
        .map(|(index, (column, feature))| (column, feature, drops.map(|drops| drops[index])))
        .collect();
    columns.sort_by(|a, b| b.0.importance.total_cmp(&a.0.importance));
    let rows: Vec<Vec<String>> = columns
        .iter()
        .map(|(column, feature, drop)| {
            let range = match (
                column.kind,
                feature.quantiles.first(),
                feature.quantiles.last(),
            ) {
                (ColumnKind::Categorical, ..) => format!("{} words", feature.categories.len()),
                (_, Some(least), Some(largest)) => format!("{least} to {largest}"),
                _ => "no values".to_owned(),
            };
            vec![
                column.name.clone(),
                format!("{:.2} %", 100.0 * column.importance),
                drop.map_or("–".to_owned(), |drop| format!("{drop:.4}")),
                range,
            ]
        })
        .collect();
    let head = ["feature", "importance", "when shuffled", "in training"];
    println!("{}", table(&head, &rows));
    if let Some(permutation) = &spec.permutation {
        println!(
            "When shuffled: by how much the macro F1 on {} rows held out falls, the mean of {} shuffles\n",
            count(permutation.rows),
            permutation.shuffles
        );
    }
}

/// The sections of a model file, and what a node takes in those that hold trees.
pub(crate) fn sections(model: &Model, sections: &[Section], bytes: usize) {
    let spec = model.spec();
    let mut rows: Vec<Vec<String>> = sections
        .iter()
        .map(|section| {
            let trees = match section.tag.as_str() {
                "FRST" => &spec.forest.trees[..],
                "ISOF" => &spec.isolation.trees[..],
                _ => &[],
            };
            let n_nodes: usize = trees.iter().map(|tree| tree.nodes.len()).sum();
            let (nodes, per_node) = if n_nodes == 0 {
                (String::new(), String::new())
            } else {
                let per_node = section.bytes as f64 / n_nodes as f64;
                (count(n_nodes as u64), format!("{per_node:.2}"))
            };
            vec![
                section.tag.clone(),
                count(section.bytes as u64),
                count(section.raw_bytes as u64),
                nodes,
                per_node,
            ]
        })
        .collect();
    let none = String::new();
    rows.push(vec![
        "file".to_owned(),
        count(bytes as u64),
        none.clone(),
        none.clone(),
        none,
    ]);
    let header = ["section", "bytes", "unpacked", "nodes", "bytes a node"];
    println!("{}", table(&header, &rows));
}

/// What a detector flags.
fn flagged(sweep: &[Flagged]) {
    let score = |flagged: &Flagged, pick: fn(&flowsieve::metrics::BinaryScores) -> f64| {
        flagged
            .training
            .scores
            .as_ref()
            .map_or("–".to_owned(), |scores| format!("{:.4}", pick(scores)))
    };
    let rows: Vec<Vec<String>> = sweep
        .iter()
        .map(|flagged| {
            vec![
                format!("{:.0} % of training", 100.0 * flagged.contamination),
                format!("{:.2} %", 100.0 * flagged.training.share),
                score(flagged, |scores| scores.precision),
                score(flagged, |scores| scores.recall),
                score(flagged, |scores| scores.f1),
            ]
        })
        .collect();
    println!(
        "{}",
        table(
            &[
                "threshold flags",
                "of these rows",
                "precision",
                "recall",
                "F1"
            ],
            &rows
        )
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_and_counts_grouped() {
        let rows = [
            vec!["a".to_owned(), count(1_234_567)],
            vec!["long".to_owned(), count(7)],
        ];
        assert_eq!(
            table(&["name", "rows"], &rows),
            "  name       rows\n  a     1,234,567\n  long          7\n"
        );
        assert_eq!([count(0), count(999), count(1000)], ["0", "999", "1,000"]);
        assert_eq!([shown(""), shown("-")], ["\"\"", "-"]);
    }
}
