//! The procedure evaluated in several ways, so that a card has no flattering figure alone.
//!
//! ```text
//! random    rows split at random, as publications do      copies of a row on both sides
//! grouped   identical rows on one side                    the card's main figure
//! order     whole files or days, or what came last        the nearest to traffic of another time or place
//! without   as grouped, fewer columns                     without what only the lab's set-up explains
//! ```
//!
//! Each fits the recipe anew on part of the rows and scores others; what is kept are counts, see
//! [`flowsieve::model::trial`].

pub(crate) mod order;
pub(crate) mod origins;
pub(crate) mod report;

use crate::args::{EvaluationArguments, EvaluationKind};
use crate::columns::Columns;
use crate::dataset::Dataset;
use crate::error::TrainerError;
use crate::fitting::{Recipe, fit};
use crate::leave_out;
use crate::scoring::{Scores, score};
use crate::split::{self, Split, hash, split, split_at_random};
use flowsieve::fit::TrainingTable;
use flowsieve::model::trial::{GROUPED, ORDER, RANDOM, Trial, Trials, WITH, WITHOUT};
use order::by_order;
use std::collections::HashSet;

/// Evaluates a recipe in the ways that are asked for, prints them, and packs them for the card. `grouped` is the trial that
/// the card's main figure comes from.
pub(crate) fn run(
    args: &EvaluationArguments,
    recipe: &Recipe,
    columns: &Columns,
    data: &Dataset,
    grouped: Trial,
) -> Result<Trials, TrainerError> {
    let wanted = |kind| {
        let all = args.evaluate.contains(&EvaluationKind::All);
        all || args.evaluate.contains(&kind)
    };
    let table = &data.table;
    let mut trials = Vec::new();
    if wanted(EvaluationKind::Random) {
        let folds = [split_at_random(table.n_rows(), recipe.seed)];
        let method = format!(
            "30 % of the rows held out at random, as publications do; {}",
            copies(table, &folds)
        );
        trials.extend(try_out(RANDOM, method, recipe, table, &folds)?);
    }
    trials.push(grouped);
    if wanted(EvaluationKind::Order)
        && let Some((folds, how)) = by_order(&args.order, data)?
    {
        let method = format!("{how}; {}", copies(table, &folds));
        trials.extend(try_out(ORDER, method, recipe, table, &folds)?);
    }
    if wanted(EvaluationKind::Without) {
        trials.extend(other_columns(recipe, data, columns)?);
    }
    report::trials(&trials, &recipe.taxonomy);
    if args.evaluate.contains(&EvaluationKind::LeaveOut) {
        leave_out::run(recipe, table)?;
    }
    Ok(Trials::new(&trials, &recipe.taxonomy)?)
}

/// Without the lab's columns where the model reads some, with them where it leaves them out; nothing where there are none.
fn other_columns(
    recipe: &Recipe,
    data: &Dataset,
    columns: &Columns,
) -> Result<Option<Trial>, TrainerError> {
    let (mut recipe, mut table) = (recipe.clone(), data.table.clone());
    let (kind, word, names) = if !columns.lab.is_empty() {
        let mut names: Vec<String> = Vec::new();
        for &place in columns.lab.iter().rev() {
            names.insert(0, recipe.features.remove(place).name);
            recipe.aliases.remove(place);
            recipe.dictionaries.remove(place);
            table.columns.remove(place);
        }
        if table.columns.is_empty() {
            return Ok(None);
        }
        (WITHOUT, "without", names)
    } else if !columns.unread_lab.is_empty() {
        recipe.features.extend(columns.unread_lab.iter().cloned());
        recipe.aliases.resize(recipe.features.len(), Vec::new());
        recipe.dictionaries.extend(data.unread.dictionaries.clone());
        table.columns.extend(data.unread.columns.clone());
        let names = columns.unread_lab.iter().map(|column| column.name.clone());
        (WITH, "with", names.collect())
    } else {
        return Ok(None);
    };
    // Rows that differ in these columns alone are identical without them, so they are split anew.
    let folds = [split(&table, recipe.seed)];
    let method = format!(
        "{word} the columns that only the lab's set-up explains ({}); {}",
        names.join(", "),
        split::METHOD
    );
    let trial = try_out(kind, method, &recipe, &table, &folds)?;
    Ok(trial.map(|trial| Trial {
        columns: names,
        ..trial
    }))
}

/// Fits and scores each fold; all of them together are one trial. Nothing where a fold has too little for a fit.
fn try_out(
    kind: &str,
    method: String,
    recipe: &Recipe,
    table: &TrainingTable,
    folds: &[Split],
) -> Result<Option<Trial>, TrainerError> {
    if !can_fit(&table.labels, folds) {
        println!(
            "Not evaluated ({kind}): it takes rows of two classes to fit on, and rows to score.\n"
        );
        return Ok(None);
    }
    let mut joined: Option<(Trial, Scores)> = None;
    for (i, fold) in folds.iter().enumerate() {
        let (fitted, scored) = (table.rows(&fold.fitted), table.rows(&fold.scored));
        let what = if folds.len() == 1 {
            format!("evaluating ({kind})")
        } else {
            format!("evaluating ({kind}, {} of {})", i + 1, folds.len())
        };
        let model = fit(recipe, &fitted, &what)?;
        let scores = score(&model, &recipe.as_read_by(&model, &scored));
        let trial = trial_of(kind, String::new(), &fitted, &scored, &scores);
        joined = Some(match joined {
            Some((all, ranks)) => join(all, ranks, &trial, &scores),
            None => (trial, scores),
        });
    }
    Ok(joined.map(|(trial, scores)| Trial {
        method,
        isolation_auroc: scores.ranks.auroc(),
        ..trial
    }))
}

/// Whether each fold has rows of two classes to fit on, and rows to score.
fn can_fit(labels: &[u8], folds: &[Split]) -> bool {
    let label = |&row_idx: &u32| labels[row_idx as usize];
    folds.iter().all(|fold| {
        let first = fold.fitted.first().map(label);
        !fold.scored.is_empty() && fold.fitted.iter().any(|row| Some(label(row)) != first)
    })
}

/// The trial of one fit.
pub(crate) fn trial_of(
    kind: &str,
    method: String,
    fitted: &TrainingTable,
    scored: &TrainingTable,
    scores: &Scores,
) -> Trial {
    debug_assert_eq!(scores.evaluation.rows, scored.n_rows() as u64);
    Trial {
        kind: kind.to_owned(),
        method,
        columns: Vec::new(),
        train_rows: fitted.n_rows() as u64,
        class_train_rows: fitted.class_counts(),
        confusion: scores.evaluation.confusion.matrix.concat(),
        called_attack: [scores.binary[0][1], scores.binary[1][1]],
        isolation_auroc: scores.isolation_auroc,
    }
}

/// The trial of the split that the card's main figure comes from.
pub(crate) fn grouped(fitted: &TrainingTable, scored: &TrainingTable, scores: &Scores) -> Trial {
    trial_of(GROUPED, split::METHOD.to_owned(), fitted, scored, scores)
}

/// Adds the trial of another fold. Of rows fitted on the fewest count, of each class those of folds that score the class.
fn join(mut all: Trial, mut sums: Scores, fold: &Trial, scores: &Scores) -> (Trial, Scores) {
    let n = all.class_train_rows.len();
    let scores_class = |trial: &Trial, class: usize| {
        trial.confusion[class * n..][..n]
            .iter()
            .any(|&rows| rows > 0)
    };
    for class in 0..n {
        let rows = fold.class_train_rows[class];
        let of_all = all.class_train_rows[class];
        all.class_train_rows[class] = match (scores_class(&all, class), scores_class(fold, class)) {
            (false, true) => rows,
            (true, false) => of_all,
            _ => rows.min(of_all),
        };
    }
    all.train_rows = all.train_rows.min(fold.train_rows);
    for (sum, rows) in all.confusion.iter_mut().zip(&fold.confusion) {
        *sum += rows;
    }
    for (sum, rows) in all.called_attack.iter_mut().zip(fold.called_attack) {
        *sum += rows;
    }
    sums.ranks.add_all(&scores.ranks);
    (all, sums)
}

/// How many of the scored rows have the same features as a fitted one, in words.
fn copies(table: &TrainingTable, folds: &[Split]) -> String {
    let key = |&row_idx: &u32| {
        let columns = table.columns.iter().map(Vec::as_slice);
        hash(columns, row_idx as usize, 0)
    };
    let (mut copies, mut rows) = (0, 0);
    for fold in folds {
        let fitted: HashSet<u64> = fold.fitted.iter().map(key).collect();
        copies += fold
            .scored
            .iter()
            .filter(|row_idx| fitted.contains(&key(row_idx)))
            .count();
        rows += fold.scored.len();
    }
    let share = 100.0 * copies as f64 / rows.max(1) as f64;
    format!("{share:.1} % of the scored rows are copies of fitted ones")
}
