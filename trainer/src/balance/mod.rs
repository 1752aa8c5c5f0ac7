//! Classes of unequal size, brought to one size before trees grow (`train --balance smote|under|over`).
//!
//! Only the forest sees the result. What is said of columns (medians, quantiles, how many values are missing), the
//! detector, and every score come from the real rows; rows that are held out are never seen here, let alone copied.
//! `--balance weights` needs none of this: it is a weight of the forest itself.
//!
//! ```text
//! under    rows of the larger classes, drawn without replacement
//! over     the rows, then copies of rows of the smaller classes, drawn with replacement
//! smote    the rows, then made-up rows of the smaller classes (smote, points, neighbours)
//! ```

#[cfg(test)]
pub(crate) mod golden;
mod neighbours;
mod points;
mod smote;

use crate::error::TrainerError;
use crate::report::count;
use flowsieve::fit::TrainingTable;
use flowsieve::fit::rng::{Purpose, SplitMix64};
use flowsieve::prepare::Feature;
use rayon::prelude::*;
use smote::Synthesis;

/// The most rows that classes are brought to together: as many as a fit takes.
const MOST_ROWS: u64 = 1 << 30;

/// How classes are brought to one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Smaller classes get rows between their own (Chawla et al. 2002).
    Smote,
    /// Larger classes lose rows.
    Under,
    /// Smaller classes get copies of their rows.
    Over,
}

impl Method {
    /// The name on the command line and in the card.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Smote => "smote",
            Self::Under => "under",
            Self::Over => "over",
        }
    }
}

/// How classes are brought to one size, and to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resampling {
    pub(crate) method: Method,
    /// Rows that smaller classes are raised to or larger ones cut down to; `None` is the size of the largest class or, for
    /// [`Method::Under`], the smallest.
    pub(crate) to: Option<u32>,
    pub(crate) seed: u64,
}

impl Resampling {
    /// How many rows of each class there are afterwards, of so many before. A class without rows stays without.
    pub(crate) fn sizes(&self, class_counts: &[u64]) -> Vec<u64> {
        let present = || class_counts.iter().copied().filter(|&count| count > 0);
        let size_of_one = match self.method {
            Method::Under => present().min(),
            Method::Smote | Method::Over => present().max(),
        };
        let to = self.to.map(u64::from).or(size_of_one).unwrap_or(0);
        let size = |&count: &u64| match self.method {
            _ if count == 0 => 0,
            Method::Under => count.min(to),
            Method::Smote | Method::Over => count.max(to),
        };
        class_counts.iter().map(size).collect()
    }

    /// The rows of `table` with classes brought to their sizes. Real rows come first, in their order; behind them come
    /// those of each class that are copied or made up. `features` describe the columns of `table`.
    pub(crate) fn apply(
        &self,
        table: &TrainingTable,
        features: &[Feature],
    ) -> Result<TrainingTable, TrainerError> {
        let sizes = self.sizes(&table.class_counts());
        let total: u64 = sizes.iter().sum();
        if total > MOST_ROWS {
            return Err(TrainerError::asked(format!(
                "Classes of these sizes would have {} rows together, and a fit takes {}. Ask for smaller ones with \
                 --balance-to.",
                count(total),
                count(MOST_ROWS)
            )));
        }
        let mut rows_of_class = vec![Vec::new(); table.n_classes];
        for (row_idx, &label) in (0u32..).zip(&table.labels) {
            rows_of_class[usize::from(label)].push(row_idx);
        }
        Ok(match self.method {
            Method::Under => table.rows(&self.cut_down(rows_of_class, &sizes)),
            Method::Over => table.rows(&self.repeat(table.n_rows(), &rows_of_class, &sizes)),
            Method::Smote => self.make_up(table, features, rows_of_class, &sizes),
        })
    }

    /// The random numbers of a class.
    fn rng(&self, class: usize) -> SplitMix64 {
        SplitMix64::stream(self.seed, Purpose::Resampling, class as u64)
    }

    fn cut_down(&self, rows_of_class: Vec<Vec<u32>>, sizes: &[u64]) -> Vec<u32> {
        let mut kept = Vec::new();
        for ((class, mut rows), &size) in rows_of_class.into_iter().enumerate().zip(sizes) {
            if (size as usize) < rows.len() {
                self.rng(class).draw_to_front(&mut rows, size as usize);
                rows.truncate(size as usize);
            }
            kept.extend(rows);
        }
        kept.sort_unstable();
        kept
    }

    fn repeat(&self, n_rows: usize, rows_of_class: &[Vec<u32>], sizes: &[u64]) -> Vec<u32> {
        let mut all: Vec<u32> = (0..n_rows as u32).collect();
        for ((class, rows), &size) in rows_of_class.iter().enumerate().zip(sizes) {
            let mut rng = self.rng(class);
            let n_new = size as usize - rows.len();
            all.extend((0..n_new).map(|_| rows[rng.below(rows.len() as u32) as usize]));
        }
        all
    }

    fn make_up(
        &self,
        table: &TrainingTable,
        features: &[Feature],
        rows_of_class: Vec<Vec<u32>>,
        sizes: &[u64],
    ) -> TrainingTable {
        let mut labels = table.labels.clone();
        let mut syntheses = Vec::new();
        for ((class, rows), &size) in rows_of_class.into_iter().enumerate().zip(sizes) {
            let n_new = size as usize - rows.len();
            if n_new > 0 {
                labels.extend(std::iter::repeat_n(class as u8, n_new));
                let points = points::of_rows(table, features, &rows);
                syntheses.push(Synthesis::draw(&points, rows, n_new, self.rng(class)));
            }
        }
        let column = |(column, feature): (&Vec<f32>, &Feature)| {
            let mut values = Vec::with_capacity(labels.len());
            values.extend_from_slice(column);
            for synthesis in &syntheses {
                synthesis.extend_column(&mut values, !feature.categories.is_empty());
            }
            values
        };
        TrainingTable {
            columns: table.columns.par_iter().zip(features).map(column).collect(),
            labels,
            n_classes: table.n_classes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowsieve::fit::statistics::describe;

    /// 40, 9, 0 and 3 rows; the first column numbers them, the second holds words.
    fn table() -> TrainingTable {
        let labels = [vec![0; 40], vec![1; 9], vec![3; 3]].concat();
        TrainingTable {
            columns: vec![
                (0..52u8).map(f32::from).collect(),
                (0..52u8).map(|row| f32::from(row % 3)).collect(),
            ],
            labels,
            n_classes: 4,
        }
    }

    fn features(table: &TrainingTable) -> Vec<Feature> {
        let words = ["tcp", "udp", "icmp"].map(str::to_owned).to_vec();
        vec![
            describe(&table.columns[0], Vec::new()),
            describe(&table.columns[1], words),
        ]
    }

    fn apply(method: Method, to: Option<u32>) -> TrainingTable {
        let table = table();
        let resampling = Resampling {
            method,
            to,
            seed: 1,
        };
        resampling.apply(&table, &features(&table)).expect("rows")
    }

    #[test]
    fn classes_get_the_sizes_that_are_asked_for() {
        for (method, to, sizes) in [
            (Method::Smote, None, [40, 40, 0, 40]),
            (Method::Over, None, [40, 40, 0, 40]),
            (Method::Under, None, [3, 3, 0, 3]),
            (Method::Smote, Some(20), [40, 20, 0, 20]),
            (Method::Over, Some(60), [60, 60, 0, 60]),
            (Method::Under, Some(5), [5, 5, 0, 3]),
        ] {
            let found = apply(method, to);
            assert_eq!(found.class_counts(), sizes, "{method:?} {to:?}");
            assert!(
                found
                    .columns
                    .iter()
                    .all(|column| column.len() == found.n_rows())
            );
        }
    }

    #[test]
    fn real_rows_come_first_and_stay_as_they_are() {
        let real = table();
        for method in [Method::Smote, Method::Over] {
            let found = apply(method, None);
            let first: Vec<u32> = (0..52).collect();
            assert_eq!(found.rows(&first), real, "{method:?}");
        }
    }

    #[test]
    fn rows_are_cut_down_without_replacement_and_repeated_with_it() {
        let real = table();
        let rows = |found: &TrainingTable, from: usize| -> Vec<(u8, u8)> {
            let row = |row_idx: usize| (found.columns[0][row_idx] as u8, found.labels[row_idx]);
            (from..found.n_rows()).map(row).collect()
        };
        let known = rows(&real, 0);
        let cut = rows(&apply(Method::Under, Some(8)), 0);
        assert!(
            cut.windows(2).all(|pair| pair[0] < pair[1]),
            "in order, none twice: {cut:?}"
        );
        assert!(cut.iter().all(|row| known.contains(row)), "{cut:?}");
        let repeated = rows(&apply(Method::Over, None), 52);
        assert!(
            repeated.iter().all(|row| known.contains(row)),
            "{repeated:?}"
        );
    }

    #[test]
    fn more_rows_than_a_fit_takes_are_refused() {
        let table = table();
        let resampling = Resampling {
            method: Method::Over,
            to: Some(u32::MAX),
            seed: 1,
        };
        let error = resampling.apply(&table, &features(&table));
        let error = error.expect_err("too many").to_string();
        assert!(error.contains("--balance-to"), "{error}");
    }
}
