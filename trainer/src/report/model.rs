//! What a model is, where it comes from, and what its file holds.

use super::probabilities::calibration;
use super::scores::{auroc, evaluation};
use super::{count, shown, table};
use crate::evaluations::report::ATTACKS_ALONE;
use flowsieve::model::Model;
use flowsieve::model::card::{LeftOut, SizeCurve};
use flowsieve::model::forest::Leaves;
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::pack::Section;
use flowsieve::schema::ColumnKind;

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
    if spec.has_classes() {
        let trees = spec.forest.trees.len();
        let classifier = match spec.leaves() {
            Leaves::Shares => format!("a random forest of {trees} trees"),
            Leaves::Scores => format!("{trees} boosted trees"),
        };
        println!("  {:<12}{classifier}", "classifier");
    }
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
        auroc(found.isolation_auroc);
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

/// How the forest's size was chosen.
pub(crate) fn size_curve(curve: &SizeCurve) {
    println!("Classifiers that no smaller one beats ({})", curve.method);
    let head = [
        "",
        "bytes",
        "macro-F1",
        "± s.e.",
        "learner",
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
                point.learner.clone(),
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
