//! What `train` says as it goes along.

use super::model::{classes, left_out_columns};
use super::scores::{detectors, evaluation};
use super::{count, table};
use crate::baseline::Baseline;
use crate::columns::Columns;
use crate::dataset::Dataset;
use crate::evaluations::report::ATTACKS_ALONE;
use crate::fitting::Recipe;
use crate::scoring::Scores;
use flowsieve::metrics::Evaluation;
use flowsieve::model::Model;
use flowsieve::schema::ColumnKind;
use std::path::Path;
use std::time::Duration;

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

/// What becomes of the rows that trees are fitted on, where classes are brought to one size.
pub(crate) fn resampled(recipe: &Recipe, class_counts: &[u64]) {
    if let Some(resampling) = &recipe.resampling {
        let sizes = resampling.sizes(class_counts);
        println!(
            "Classes are brought to one size by {}: the trees of the trial see {} rows instead of {}",
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
    detectors(scores);
}

/// What a random forest is worth on the rows that it was grown on.
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

/// What two ways to tell attacks from benign rows are worth.
pub(crate) fn two_ways(lines: &[(String, String)]) {
    for (name, scores) in lines {
        println!("{name}: {scores}");
    }
    if !lines.is_empty() {
        println!();
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
        row("this model", own),
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
