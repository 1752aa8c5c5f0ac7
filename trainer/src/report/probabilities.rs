//! How far probabilities and sets of classes can be trusted.

use super::{count, share, shown, table};
use crate::results::Results;
use flowsieve::analysis::Summary;
use flowsieve::model::Model;
use flowsieve::model::calibration::SetSpec;
use flowsieve::model::card::{CalibrationWorth, ProbabilityWorth, SetWorth};
use flowsieve::model::forest::Leaves;
use flowsieve::model::taxonomy::Taxonomy;

/// What calibration did on rows held out.
pub(crate) fn calibration(worth: Option<&CalibrationWorth>, model: &Model) {
    let Some(worth) = worth else {
        if model.spec().has_classes() {
            let what = match model.spec().leaves() {
                Leaves::Shares => "shares of votes",
                Leaves::Scores => "the softmax of boosted scores",
            };
            println!("Probabilities are {what}, not calibrated; there are no sets of classes\n");
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
        row("not calibrated", worth.votes),
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

/// What sets the rows of a file have.
pub(super) fn found_sets(results: &Results, summary: &Summary, sets: &SetSpec) {
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

/// What a model states of its sets.
fn stated(sets: &SetSpec) {
    println!(
        "Sets of classes: {} % of unseen rows have their class in their set; asked for were {} % of each class",
        f64::from(sets.coverage_per_mille) / 10.0,
        f64::from(sets.class_coverage_per_mille) / 10.0
    );
}
