//! What a classifier and a detector are worth.

use super::{count, shown, table};
use crate::scoring::Scores;
use flowsieve::metrics::{BinaryScores, Evaluation, FalsePositives, Flagged, Separation};
use flowsieve::model::detectors::DETECTOR_NAMES;

/// How many of the most frequent confusions are listed.
const CONFUSIONS: usize = 5;

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

/// How many benign rows are called attacks; nothing where there are none.
pub(super) fn false_positives(found: FalsePositives) {
    if let Some(rate) = found.per_million() {
        println!(
            "{} of {} benign rows are called attacks: {} per million\n",
            count(found.called_attack),
            count(found.benign_rows),
            count(rate.round() as u64)
        );
    }
}

/// What a detector flags.
pub(super) fn flagged(sweep: &[Flagged]) {
    let score = |flagged: &Flagged, pick: fn(&BinaryScores) -> f64| {
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

/// The area under the ROC curve of the detector, where there is one.
pub(super) fn auroc(auroc: Option<f64>) {
    if let Some(auroc) = auroc {
        println!("Isolation forest, attack against benign: AUROC {auroc:.4}\n");
    }
}

/// The area under the ROC curve of each detector and of all together, where there are several, and what is called unknown.
pub(super) fn detectors(scores: &Scores) {
    if scores.auroc_by_detector.iter().all(Option::is_none) {
        auroc(scores.isolation_auroc);
        return;
    }
    let named = DETECTOR_NAMES.iter().zip(scores.auroc_by_detector);
    let together = ("all together", scores.isolation_auroc);
    let rows: Vec<Vec<String>> = named
        .map(|(&name, auroc)| (name, auroc))
        .chain([together])
        .filter_map(|(name, auroc)| Some(vec![name.to_owned(), format!("{:.4}", auroc?)]))
        .collect();
    println!("{}", table(&["attack against benign", "AUROC"], &rows));
    let [benign, attacks] = scores.binary;
    let share = |unknown: u64, rows: [u64; 2]| {
        100.0 * unknown as f64 / rows.iter().sum::<u64>().max(1) as f64
    };
    println!(
        "Called unknown, beside what is called an attack: {:.2} % of benign rows, {:.2} % of attacks\n",
        share(scores.unknown[0], benign),
        share(scores.unknown[1], attacks)
    );
}

/// The areas under a detector's curves, in a line.
pub(crate) fn areas(found: &Separation) -> String {
    format!(
        "AUROC {:.4}, average precision {:.4} where {:.2} % of the labelled rows are attacks",
        found.auroc,
        found.average_precision,
        100.0 * found.base_rate
    )
}
