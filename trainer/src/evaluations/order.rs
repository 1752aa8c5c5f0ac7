//! Splitting rows by where or when they were: by file, by day, or by their order.
//!
//! Rows of one capture are alike: the same hosts, the same minutes. Whoever fits on half of it and scores the other half
//! learns little of a network that the model has not seen. Whole files or days held out say more.

use super::can_fit;
use super::origins::{DAY_S, Places};
use crate::dataset::Dataset;
use crate::error::TrainerError;
use crate::report::count;
use crate::split::Split;
use flowsieve::fit::TrainingTable;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

/// Files or groups are put together to at most so many parts, each of which takes a fit.
const MAX_PARTS: usize = 5;
/// Of ten rows, how many are fitted on.
const FITTED_OF_TEN: usize = 7;

/// What puts rows in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// Files where there are several, else a column of times, else the order of rows.
    #[default]
    Automatic,
    /// Each file is scored by a model of the others.
    File,
    /// The first rows of each class are fitted on, the last are scored.
    Rows,
    /// A column of times or numbers, or of words that say what belongs together.
    Column(String),
}

impl FromStr for Order {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "auto" => Self::Automatic,
            "file" => Self::File,
            "rows" => Self::Rows,
            column => Self::Column(column.to_owned()),
        })
    }
}

/// Parts of the rows to fit on and to score, and how that was done; `None` where the data are too few for it.
pub(crate) fn by_order(
    order: &Order,
    data: &Dataset,
) -> Result<Option<(Vec<Split>, String)>, TrainerError> {
    let origins = &data.origins;
    let n_files = origins.file.iter().max().map_or(0, |&last| last + 1);
    let labels = &data.table.labels;
    let possible = |found: &(Vec<Split>, String)| can_fit(labels, &found.0);
    let found = match order {
        Order::Automatic => by_file(&origins.file)
            .filter(possible)
            .or_else(|| by_places(&origins.places, &data.order_name).filter(possible))
            .or_else(|| by_rows(&data.table)),
        Order::File if n_files < 2 => {
            return Err(TrainerError::asked(
                "--order file needs at least two files: give the captures as files of their own, or name a column.",
            ));
        }
        Order::File => by_file(&origins.file),
        Order::Rows => by_rows(&data.table),
        Order::Column(name) => {
            let found = by_places(&origins.places, name);
            if found.is_none() {
                return Err(TrainerError::asked(format!(
                    "--order names {name:?}, but fewer than half of its cells are times or numbers, or all are the same. \
                     Name another column, or use `--order rows`."
                )));
            }
            found
        }
    };
    Ok(found)
}

/// Each file is scored by a model of the others.
fn by_file(file: &[u32]) -> Option<(Vec<Split>, String)> {
    let (folds, rows) = leave_one_out(file)?;
    let how = format!(
        "each of {} files ({} rows) scored by a model fitted on the others",
        rows.len(),
        listing(&rows)
    );
    Some((folds, how))
}

fn by_places(places: &Places, name: &str) -> Option<(Vec<Split>, String)> {
    match places {
        Places::None => None,
        Places::Words(words) => {
            let (folds, rows) = leave_one_out(words)?;
            let how = format!(
                "each of {} values or groups of values of {name:?} ({} rows) scored by a model fitted on the others",
                rows.len(),
                listing(&rows)
            );
            Some((folds, how))
        }
        Places::Moments(moments) => by_moments(moments, name),
    }
}

fn listing(rows: &[usize]) -> String {
    let counts: Vec<String> = rows.iter().map(|&rows| count(rows as u64)).collect();
    counts.join(", ")
}

/// One fold a group, and the rows of each. Neighbours are put together where there are many.
fn leave_one_out(group: &[u32]) -> Option<(Vec<Split>, Vec<usize>)> {
    let n_groups = group.iter().max().map_or(0, |&last| last as usize + 1);
    let n_parts = n_groups.min(MAX_PARTS);
    let part_of = |group: u32| group as usize * n_parts / n_groups;
    let mut folds: Vec<Split> = (0..n_parts).map(|_| Split::default()).collect();
    for (row_idx, &group) in (0u32..).zip(group) {
        for (part, fold) in folds.iter_mut().enumerate() {
            let side = if part == part_of(group) {
                &mut fold.scored
            } else {
                &mut fold.fitted
            };
            side.push(row_idx);
        }
    }
    // A file all of whose rows are in earlier ones, too, has none of its own.
    folds.retain(|fold| !fold.scored.is_empty());
    let rows: Vec<usize> = folds.iter().map(|fold| fold.scored.len()).collect();
    (folds.len() > 1).then_some((folds, rows))
}

/// The first days are fitted on and the last scored, cut where seven tenths of the rows are nearest; within a single day, or
/// where numbers are no times, the first seven tenths. Rows without a moment are in neither.
fn by_moments(moments: &[f64], name: &str) -> Option<(Vec<Split>, String)> {
    let mut rows: Vec<u32> = (0..moments.len() as u32)
        .filter(|&i| !moments[i as usize].is_nan())
        .collect();
    if 2 * rows.len() < moments.len() {
        return None;
    }
    rows.sort_by(|&a, &b| moments[a as usize].total_cmp(&moments[b as usize]));
    let scale = epoch_scale(moments, &rows);
    let mut days: BTreeMap<i64, usize> = BTreeMap::new();
    if let Some(scale) = scale {
        for &row_idx in &rows {
            let day = (moments[row_idx as usize] / (scale * DAY_S)).floor() as i64;
            *days.entry(day).or_default() += 1;
        }
    }
    let (cut, how) = if days.len() > 1 {
        let (n_fitted, cut) = cut_days(&days);
        let how = format!(
            "by day of {name:?}: the first {n_fitted} of {} days fitted on, the last {} scored",
            days.len(),
            days.len() - n_fitted
        );
        (cut, how)
    } else {
        // Rows of the same moment stay together.
        let last = moments[rows[rows.len() * FITTED_OF_TEN / 10] as usize];
        let before = rows.partition_point(|&i| moments[i as usize] < last);
        let cut = if before == 0 {
            rows.partition_point(|&i| moments[i as usize] <= last)
        } else {
            before
        };
        let how =
            format!("by {name:?}: the first 70 % of the rows fitted on, the last 30 % scored");
        (cut, how)
    };
    let without = moments.len() - rows.len();
    let how = if without == 0 {
        how
    } else {
        format!(
            "{how}, {} rows without it in neither",
            count(without as u64)
        )
    };
    let scored = rows.split_off(cut);
    let split = sorted(rows, scored);
    (!split.fitted.is_empty() && !split.scored.is_empty()).then(|| (vec![split], how))
}

/// How many units of the numbers a second has, if they look like seconds or milliseconds since 1970, from 1973 on.
fn epoch_scale(moments: &[f64], rows: &[u32]) -> Option<f64> {
    let least = moments[*rows.first()? as usize];
    let largest = moments[*rows.last()? as usize];
    let within = |low: f64, high: f64| least >= low && largest < high;
    if within(1e8, 1e10) {
        Some(1.0)
    } else if within(1e11, 1e13) {
        Some(1000.0)
    } else {
        None
    }
}

/// How many days are fitted on, and how many rows these have.
fn cut_days(days: &BTreeMap<i64, usize>) -> (usize, usize) {
    let rows: usize = days.values().sum();
    let (mut best, mut below) = ((1, 0), 0);
    for (i, of_day) in days.values().enumerate().take(days.len() - 1) {
        below += of_day;
        let distance = |below: usize| (10 * below).abs_diff(FITTED_OF_TEN * rows);
        if best.1 == 0 || distance(below) < distance(best.1) {
            best = (i + 1, below);
        }
    }
    best
}

/// The first seven tenths of each class's rows are fitted on. Files are often sorted by class, so the order within each is
/// the only one that tells time.
fn by_rows(table: &TrainingTable) -> Option<(Vec<Split>, String)> {
    let mut left: Vec<usize> = table
        .class_counts()
        .iter()
        .map(|&rows| (rows as usize * FITTED_OF_TEN).div_ceil(10))
        .collect();
    let mut split = Split::default();
    for (row_idx, &label) in (0u32..).zip(&table.labels) {
        let left = &mut left[usize::from(label)];
        if *left > 0 {
            *left -= 1;
            split.fitted.push(row_idx);
        } else {
            split.scored.push(row_idx);
        }
    }
    let how =
        "by order in the file: the first 70 % of each class's rows fitted on, the last 30 % scored";
    (!split.scored.is_empty()).then(|| (vec![split], how.to_owned()))
}

/// Rows in the order of the table.
fn sorted(mut fitted: Vec<u32>, mut scored: Vec<u32>) -> Split {
    fitted.sort_unstable();
    scored.sort_unstable();
    Split { fitted, scored }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(labels: &[u8]) -> TrainingTable {
        TrainingTable {
            columns: vec![vec![0.0; labels.len()]],
            labels: labels.to_vec(),
            n_classes: 3,
        }
    }

    #[test]
    fn of_each_class_the_first_rows_are_fitted_on() {
        let mut labels = vec![0; 10];
        labels.extend([1; 20]);
        labels.push(2);
        let (folds, how) = by_rows(&table(&labels)).expect("a split");
        let scored: Vec<u32> = (7..10).chain(24..30).collect();
        assert_eq!(folds[0].scored, scored);
        assert_eq!(folds[0].fitted.len(), 22, "a single row is fitted on");
        assert!(how.contains("by order in the file"));
    }

    #[test]
    fn whole_days_are_held_out_and_rows_without_a_moment_are_in_neither() {
        let day = |day: u32, second: u32| {
            f64::from(1_500_000_000 / 86_400 + day) * DAY_S + f64::from(second)
        };
        let mut moments: Vec<f64> = (0..60).map(|i| day(i % 3, i)).collect();
        moments.push(f64::NAN);
        let (folds, how) = by_moments(&moments, "ts").expect("a split");
        assert!(
            how.contains("first 2 of 3 days") && how.contains("1 rows without it"),
            "{how}"
        );
        assert!(folds[0].scored.iter().all(|i| i % 3 == 2));
        assert_eq!((folds[0].fitted.len(), folds[0].scored.len()), (40, 20));
    }

    #[test]
    fn within_a_day_rows_of_one_moment_stay_together() {
        let moments: Vec<f64> = (0..100).map(|i| f64::from((99 - i) / 8)).collect();
        let (folds, how) = by_moments(&moments, "step").expect("a split");
        assert!(how.starts_with("by \"step\""), "{how}");
        let of = |rows: &[u32]| -> Vec<f64> { rows.iter().map(|&i| moments[i as usize]).collect() };
        let last = of(&folds[0].fitted).into_iter().fold(0.0, f64::max);
        assert!(of(&folds[0].scored).iter().all(|&moment| moment > last));
        assert!(by_moments(&[7.0; 20], "same").is_none());
        assert!(by_moments(&[f64::NAN, f64::NAN, 1.0], "few").is_none());
    }

    #[test]
    fn each_file_is_scored_by_a_model_of_the_others() {
        let (folds, how) = by_file(&[0, 0, 1, 2, 2, 2]).expect("folds");
        let scored: Vec<&[u32]> = folds.iter().map(|fold| &fold.scored[..]).collect();
        assert_eq!(scored, [&[0, 1][..], &[2], &[3, 4, 5]]);
        assert_eq!(folds[1].fitted, [0, 1, 3, 4, 5]);
        assert!(how.contains("3 files (2, 1, 3 rows)"), "{how}");
        assert!(by_file(&[0, 0]).is_none());
        let many: Vec<u32> = (0..40).collect();
        assert_eq!(by_file(&many).expect("folds").0.len(), MAX_PARTS);
    }
}
