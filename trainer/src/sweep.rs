//! `flowsieve sweep`: what an isolation forest flags at several contaminations, in the ways that people measure it.
//!
//! *Fitted on all rows*: the forest sees attacks and benign rows alike, and flags the share that is asked for of the rows
//! it was fitted on. That is scikit-learn's `IsolationForest(contamination=…).fit_predict(rows)`; it can only work where
//! attacks are few. *Fitted on benign rows*: the forest sees benign rows alone, those of 70 % of the data, and the threshold
//! flags the share that is asked for of them; scored are the other 30 %, attacks and benign rows. There the share asked for
//! is the rate of false alarms to expect. And the same fitted on all benign rows and scored on the whole data, as the page
//! shows it for a model and the file that it learned from.

use crate::args::SweepArguments;
use crate::error::TrainerError;
use crate::fitting::{fit_detector, imputed, path_sums};
use crate::report::{areas, count, table};
use crate::split::split;
use crate::taxonomy::TaxonomyFile;
use crate::train::read_kinds;
use flowsieve::fit::TrainingTable;
use flowsieve::fit::statistics::describe;
use flowsieve::metrics::{AtThreshold, RankCounts};
use flowsieve::model::isolation::{IsolationSpec, IsolationTrees};
use flowsieve::model::rank::Ranking;
use flowsieve::prepare::Feature;
use rayon::prelude::*;

/// Runs the command.
pub(crate) fn sweep(args: &SweepArguments) -> Result<(), TrainerError> {
    if let Some(wrong) = args
        .contamination
        .iter()
        .find(|share| !(0.0..=1.0).contains(*share))
    {
        return Err(TrainerError::asked(format!(
            "--contamination has {wrong}: it is a share of rows, from 0 to 1."
        )));
    }
    let params = args.isolation.options(args.seed).check()?;
    let file = TaxonomyFile::read(args.taxonomy.as_deref())?;
    let (drop, dialect) = (&args.drop, args.dialect.choice());
    let data = read_kinds(
        &args.data,
        &args.label,
        drop,
        (&file, &args.benign),
        dialect,
    )?;
    let rows = &data.table;
    let kinds = &data.taxonomy.kinds;
    let is_attack = |row_idx: u32| kinds[usize::from(rows.labels[row_idx as usize])].attack;
    let all: Vec<u32> = (0..rows.n_rows() as u32).collect();
    let sides = split(rows, args.seed);
    let benign: Vec<u32> = sides
        .fitted
        .iter()
        .copied()
        .filter(|&i| !is_attack(i))
        .collect();
    let n_attacks = all.iter().filter(|&&i| is_attack(i)).count();
    if benign.len() < 2 || n_attacks == 0 {
        return Err(TrainerError::asked(
            "The data need both attacks and benign rows: say with --benign or a --taxonomy which labels are no attacks.",
        ));
    }
    println!(
        "{} rows, {} of them attacks, {} features\n",
        count(rows.n_rows() as u64),
        count(n_attacks as u64),
        rows.columns.len()
    );

    let every_feature = described(rows, &data.dictionaries);
    let (spec, sums) = fit_detector(rows, &every_feature, &all, &params, false)?;
    let found = ranked(&spec, &sums, rows.columns.len(), |i| is_attack(all[i]))?;
    println!(
        "Fitted on all {} rows, scored on them",
        count(all.len() as u64)
    );
    print(&found, &args.contamination, |row| row.own);

    let features = described(&rows.rows(&benign), &data.dictionaries);
    let (spec, _) = fit_detector(rows, &features, &benign, &params, true)?;
    let sums = path_sums(&spec.trees, &imputed(rows, &features, &sides.scored))?;
    let found = ranked(&spec, &sums, rows.columns.len(), |i| {
        is_attack(sides.scored[i])
    })?;
    println!(
        "Fitted on {} benign rows, scored on {} others (identical rows are on one side)",
        count(benign.len() as u64),
        count(sides.scored.len() as u64)
    );
    print(&found, &args.contamination, |row| row.training);

    let benign: Vec<u32> = all.iter().copied().filter(|&i| !is_attack(i)).collect();
    let (spec, _) = fit_detector(rows, &every_feature, &benign, &params, true)?;
    let sums = path_sums(&spec.trees, &imputed(rows, &every_feature, &all))?;
    let found = ranked(&spec, &sums, rows.columns.len(), |i| is_attack(all[i]))?;
    println!(
        "Fitted on all {} benign rows, scored on all rows, these included",
        count(benign.len() as u64)
    );
    print(&found, &args.contamination, |row| row.training);
    Ok(())
}

fn described(table: &TrainingTable, dictionaries: &[Vec<String>]) -> Vec<Feature> {
    let columns = table.columns.par_iter().zip(dictionaries);
    columns
        .map(|(column, words)| describe(column, words.clone()))
        .collect()
}

/// Rows by rank.
fn ranked(
    spec: &IsolationSpec,
    sums: &[u32],
    n_features: usize,
    is_attack: impl Fn(usize) -> bool,
) -> Result<RankCounts, TrainerError> {
    let trees = IsolationTrees::new(&spec.trees, n_features)?;
    let ranking = Ranking::new(&spec.quantiles, trees.bounds());
    let mut counts = RankCounts::new();
    for (i, &sum) in sums.iter().enumerate() {
        counts.add(ranking.rank(sum), Some(is_attack(i)));
    }
    Ok(counts)
}

fn print(
    found: &RankCounts,
    contaminations: &[f64],
    pick: impl Fn(&flowsieve::metrics::Flagged) -> AtThreshold,
) {
    let rows: Vec<Vec<String>> = contaminations
        .iter()
        .map(|&contamination| {
            let at = pick(&found.flagged(contamination));
            let scores = at.scores.unwrap_or_default();
            vec![
                format!("{contamination}"),
                format!("{:.2} %", 100.0 * at.share),
                format!("{:.2} %", 100.0 * at.false_alarm_rate.unwrap_or_default()),
                format!("{:.4}", scores.precision),
                format!("{:.4}", scores.recall),
                format!("{:.4}", scores.f1),
            ]
        })
        .collect();
    let head = [
        "contamination",
        "flagged",
        "of benign rows",
        "precision",
        "recall",
        "F1",
    ];
    // Both sides are there, or the command had refused the data; only a split may leave one of them without rows.
    let areas = found.separation().as_ref().map(areas);
    println!("{}{}\n", table(&head, &rows), areas.unwrap_or_default());
}
