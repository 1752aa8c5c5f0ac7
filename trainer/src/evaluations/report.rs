//! The evaluations of a model as tables for people, side by side.

use crate::report::{count, shown, table};
use flowsieve::metrics::Evaluation;
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::model::trial::{GROUPED, ORDER, RANDOM, Trial, WITH, WITHOUT};

/// What is said of a model that knows no benign class.
pub(crate) const ATTACKS_ALONE: &str =
    "It knows attacks alone: every flow, harmless ones too, will be called one of these.";

/// What an evaluation is called.
fn name(kind: &str) -> &str {
    match kind {
        RANDOM => "at random",
        GROUPED => "identical rows together",
        ORDER => "by order",
        WITHOUT => "without lab columns",
        WITH => "with lab columns",
        other => other,
    }
}

/// All evaluations: figures, then F1 per class, then how each was made.
pub(crate) fn trials(trials: &[Trial], taxonomy: &Taxonomy) {
    if trials.is_empty() {
        return;
    }
    let scores: Vec<Evaluation> = trials.iter().map(|trial| trial.scores(taxonomy)).collect();
    println!("{}", figures(trials, &scores, taxonomy));
    println!("{}", f1_per_class(trials, &scores, taxonomy));
    for trial in trials {
        println!("  {}: {}", name(&trial.kind), trial.method);
        for line in one_sided(trial, taxonomy) {
            println!("    {line}");
        }
    }
    println!();
}

fn figures(trials: &[Trial], scores: &[Evaluation], taxonomy: &Taxonomy) -> String {
    let some = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
    let rows: Vec<Vec<String>> = trials
        .iter()
        .zip(scores)
        .map(|(trial, scores)| {
            let false_positives = trial.false_positives(taxonomy).per_million();
            vec![
                name(&trial.kind).to_owned(),
                format!("{:.4}", scores.macro_f1),
                format!("{:.4}", scores.accuracy),
                format!("{:.4}", scores.balanced_accuracy()),
                some(scores.binary.map(|binary| binary.f1)),
                false_positives.map_or("–".to_owned(), |rate| count(rate.round() as u64)),
                some(trial.isolation_auroc),
                count(trial.train_rows),
                count(trial.test_rows()),
            ]
        })
        .collect();
    table(
        &[
            "evaluated",
            "macro F1",
            "accuracy",
            "balanced",
            "attack F1",
            "false positives per million benign",
            "AUROC",
            "fitted on",
            "scored",
        ],
        &rows,
    )
}

fn f1_per_class(trials: &[Trial], scores: &[Evaluation], taxonomy: &Taxonomy) -> String {
    let mut head = vec!["F1 of"];
    head.extend(trials.iter().map(|trial| name(&trial.kind)));
    let of_class = |class: &String| {
        let mut row = vec![shown(class)];
        for scores in scores {
            let found = scores.per_class.iter().find(|other| other.class == *class);
            row.push(found.map_or("–".to_owned(), |found| format!("{:.4}", found.f1)));
        }
        row
    };
    let names = taxonomy.kinds.iter().map(|kind| &kind.name);
    let rows: Vec<Vec<String>> = names.map(of_class).collect();
    table(&head, &rows)
}

/// The classes on one side only, in words.
fn one_sided(trial: &Trial, taxonomy: &Taxonomy) -> Vec<String> {
    let classes = trial.one_sided();
    let listing = |fitted: bool| {
        let names = classes
            .iter()
            .filter(|class| (class.train_rows > 0) == fitted)
            .map(|class| {
                let rows = class.train_rows.max(class.test_rows);
                format!(
                    "{} ({})",
                    shown(&taxonomy.kinds[class.class].name),
                    count(rows)
                )
            });
        names.collect::<Vec<_>>().join(", ")
    };
    [
        ("scored and never fitted on", listing(false)),
        ("fitted on and never scored", listing(true)),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .map(|(what, names)| format!("{what}: {names}"))
    .collect()
}
