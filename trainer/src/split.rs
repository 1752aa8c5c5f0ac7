//! Splitting rows into those that are fitted on and those that are scored.
//!
//! Files of flows hold many identical rows. A random split would put copies of scored rows among the fitted ones, and
//! measure memory. Here the side of a row is a hash of its prepared features, so all copies are on one side.

use flowsieve::fit::TrainingTable;
use flowsieve::fit::rng::mix;
use rayon::prelude::*;
use std::collections::HashSet;

/// Of ten rows, how many are fitted on.
const FITTED_OF_TEN: u64 = 7;

/// How the split is described in a card.
pub(crate) const METHOD: &str =
    "30 % of the rows held out by a hash of their features, so no identical row on both sides";

/// Indexes of rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Split {
    /// Rows to fit on.
    pub(crate) fitted: Vec<u32>,
    /// Rows to score.
    pub(crate) scored: Vec<u32>,
}

/// Splits the rows of a table.
pub(crate) fn split(table: &TrainingTable, seed: u64) -> Split {
    let mut split = Split::default();
    let hashes: Vec<u64> = (0..table.n_rows())
        .into_par_iter()
        .map(|row_idx| hash(table.columns.iter().map(Vec::as_slice), row_idx, seed))
        .collect();
    for (row_idx, hash) in (0u32..).zip(hashes) {
        let side = if hash % 10 < FITTED_OF_TEN {
            &mut split.fitted
        } else {
            &mut split.scored
        };
        side.push(row_idx);
    }
    split
}

/// Splits rows whatever they hold.
pub(crate) fn split_at_random(n_rows: usize, seed: u64) -> Split {
    let mut split = Split::default();
    for row_idx in 0..n_rows as u32 {
        let side = if mix(mix(seed) ^ u64::from(row_idx)) % 10 < FITTED_OF_TEN {
            &mut split.fitted
        } else {
            &mut split.scored
        };
        side.push(row_idx);
    }
    split
}

/// A hash of a row's features. All missing values are one, and zeros of either sign.
pub(crate) fn hash<'a>(columns: impl Iterator<Item = &'a [f32]>, row_idx: usize, seed: u64) -> u64 {
    columns.fold(mix(seed), |state, column| {
        let value = column[row_idx];
        let bits = if value.is_nan() {
            u32::MAX
        } else {
            (value + 0.0).to_bits()
        };
        mix(state ^ u64::from(bits))
    })
}

/// The rows of a table, of identical ones with the same label the first alone.
pub(crate) fn distinct(table: &TrainingTable) -> Vec<u32> {
    let hashes: Vec<u64> = (0..table.n_rows())
        .into_par_iter()
        .map(|row_idx| hash(table.columns.iter().map(Vec::as_slice), row_idx, 0))
        .collect();
    let mut known = HashSet::new();
    (0u32..)
        .zip(hashes.into_iter().zip(&table.labels))
        .filter(|&(_, row)| known.insert(row))
        .map(|(row_idx, _)| row_idx)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowsieve::fit::rng::SplitMix64;

    #[test]
    fn identical_rows_are_on_one_side_and_the_shares_are_right() {
        let mut rng = SplitMix64::new(1);
        let mut table = TrainingTable {
            columns: vec![Vec::new(); 2],
            labels: Vec::new(),
            n_classes: 2,
        };
        for _ in 0..20_000 {
            table.columns[0].push(if rng.below(4) == 0 {
                f32::NAN
            } else {
                rng.below(50) as f32
            });
            table.columns[1].push(if rng.below(2) == 0 {
                0.0
            } else {
                -(rng.below(50) as f32)
            });
            table.labels.push(rng.below(2) as u8);
        }
        let found = split(&table, 3);
        let rows = |side: &[u32]| -> HashSet<String> {
            let row = |&i: &u32| {
                format!(
                    "{:?} {:?}",
                    table.columns[0][i as usize],
                    table.columns[1][i as usize] + 0.0
                )
            };
            side.iter().map(row).collect()
        };
        assert!(rows(&found.fitted).is_disjoint(&rows(&found.scored)));
        assert_eq!(found.fitted.len() + found.scored.len(), 20_000);
        let share = found.scored.len() as f64 / 20_000.0;
        assert!((0.2..0.4).contains(&share), "{share}");
        assert_ne!(split(&table, 4), found, "another seed is another split");
    }
}
