//! Where a file's values lie among the quantiles that the model keeps of its training rows, counted row by row.
//!
//! A feature's 17 quantiles leave 35 places for a value: below all of them, on the first, between the first and the second, and so
//! on. Quantiles that are equal are one place, and the places that would lie between them stay empty:
//!
//! ```text
//! quantiles      0     0     0        2           10
//! places      0     ───3────     6    7     8     9    10
//! ```
//!
//! A place is how many quantiles are below the value and how many are at most it, added up, so places rise with values.
//!
//! All rows at a file's beginning are counted. Behind it one in 32 is, chosen by a hash of its offset, and counts for
//! 32: what is to be seen of a distribution is seen in some thousand rows, and counts do not depend on the cut.

use crate::fit::rng::mix;
use crate::model::validate::REFERENCE_QUANTILES;
use crate::prepare::Feature;

/// Places of a value: on, between and beyond the quantiles; the last is that of a missing one.
pub(super) const PLACES: usize = 2 * REFERENCE_QUANTILES + 2;
/// The place of a missing value.
pub(super) const MISSING: usize = PLACES - 1;

/// Rows that begin before this byte are all counted.
const ALL_BEFORE: u64 = 1 << 20;
/// Of the rows behind it, one in so many is.
const ONE_IN: u64 = 32;

/// How often the row at `offset` counts.
#[inline]
pub(super) fn weight(offset: u64) -> u64 {
    if offset < ALL_BEFORE {
        1
    } else if mix(offset).is_multiple_of(ONE_IN) {
        ONE_IN
    } else {
        0
    }
}

/// Rows per place, for each feature. Infinite values are in none: what is known of training says nothing of them.
#[derive(Debug)]
pub(super) struct Places {
    /// The quantiles of one feature after those of another.
    quantiles: Vec<f32>,
    /// [`PLACES`] for each feature.
    counts: Vec<u64>,
}

impl Places {
    pub(super) fn new(features: &[Feature]) -> Self {
        // All values of a feature of which nothing is known lie below.
        let mut quantiles = vec![f32::INFINITY; REFERENCE_QUANTILES * features.len()];
        let slots = quantiles.chunks_exact_mut(REFERENCE_QUANTILES);
        for (slots, feature) in slots.zip(features) {
            for (slot, &quantile) in slots.iter_mut().zip(&feature.quantiles) {
                *slot = quantile;
            }
        }
        Self {
            quantiles,
            counts: vec![0; PLACES * features.len()],
        }
    }

    /// Counts a prepared row.
    pub(super) fn add(&mut self, row: &[f32], weight: u64) {
        for (feature, &value) in row.iter().enumerate() {
            self.add_value(feature, value, weight);
        }
    }

    /// Counts one value of a row whose others are counted by [`add_repeats`](Self::add_repeats).
    pub(super) fn add_value(&mut self, feature: usize, value: f32, weight: u64) {
        if let Some(count) = self.count(feature, value) {
            *count += weight;
        }
    }

    /// Counts rows that have the values of `row` but for the `changed` features, which are counted by themselves.
    pub(super) fn add_repeats(&mut self, row: &[f32], changed: &[usize], weight: u64) {
        self.add(row, weight);
        for &feature in changed {
            if let Some(count) = self.count(feature, row[feature]) {
                *count -= weight;
            }
        }
    }

    /// The rows in a value's place. One value at a time: few rows are counted, and a vector of features at a time is a kilobyte more
    /// of the page's module.
    #[inline(never)]
    fn count(&mut self, feature: usize, value: f32) -> Option<&mut u64> {
        let place = if value.is_nan() {
            MISSING
        } else if value.is_infinite() {
            return None;
        } else {
            let mut place = 0;
            for &quantile in &self.quantiles[REFERENCE_QUANTILES * feature..][..REFERENCE_QUANTILES]
            {
                place += usize::from(quantile < value) + usize::from(quantile <= value);
            }
            place
        };
        Some(&mut self.counts[PLACES * feature + place])
    }

    /// [`PLACES`] counts for each feature.
    pub(super) fn into_counts(self) -> Vec<u64> {
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> Vec<Feature> {
        let mut tied = vec![0.0; 10];
        tied.extend([2.0, 3.0, 3.0, 5.0, 6.0, 7.0, 8.0]);
        let quantiles = [(0..17).map(|step| step as f32).collect(), tied, Vec::new()];
        quantiles
            .map(|quantiles| Feature {
                quantiles,
                ..Feature::default()
            })
            .to_vec()
    }

    /// The places that have rows, by feature: (feature, place, rows).
    fn taken(places: Places) -> Vec<(usize, usize, u64)> {
        let counts = places.into_counts();
        let rows = counts.iter().enumerate().filter(|(_, rows)| **rows > 0);
        rows.map(|(index, &rows)| (index / PLACES, index % PLACES, rows))
            .collect()
    }

    #[test]
    fn places_rise_with_values_and_equal_quantiles_are_one() {
        let features = features();
        let place = |value: f32| {
            let mut places = Places::new(&features);
            places.add(&[value; 3], 1);
            let found = taken(places);
            assert_eq!(found.len(), 3);
            [found[0].1, found[1].1, found[2].1]
        };
        assert_eq!(place(-1.0), [0, 0, 0]);
        assert_eq!([place(0.0), place(-0.0)], [[1, 10, 0]; 2]);
        assert_eq!(place(0.5), [2, 20, 0]);
        assert_eq!(place(3.0), [7, 24, 0]);
        assert_eq!(place(16.0)[0], 33);
        assert_eq!(place(1e30), [34, 34, 0]);
        assert_eq!(place(f32::NAN), [MISSING; 3]);
        let mut places = Places::new(&features);
        places.add(&[f32::INFINITY, f32::NEG_INFINITY, 1.0], 1);
        assert_eq!(taken(places), [(2, 0, 1)]);
    }

    #[test]
    fn repeats_count_as_their_rows_do() {
        let features = features();
        let kept = [4.5, f32::NAN, 1.0];
        let repeats = [
            [9.0, f32::NAN, 1.0],
            [f32::INFINITY, f32::NAN, 1.0],
            [f32::NAN, f32::NAN, 1.0],
        ];
        let mut one_by_one = Places::new(&features);
        let mut at_once = Places::new(&features);
        for row in &repeats {
            one_by_one.add(row, 2);
            at_once.add_value(0, row[0], 2);
        }
        at_once.add_repeats(&kept, &[0], 6);
        assert_eq!(at_once.into_counts(), one_by_one.into_counts());
    }

    #[test]
    fn rows_behind_the_beginning_count_for_those_left_out() {
        assert!((0..2000).all(|row| weight(row * 500) == 1));
        let rows = 100_000;
        let counted: u64 = (0..rows).map(|row| weight(ALL_BEFORE + row * 480)).sum();
        assert!(counted.abs_diff(rows) < rows / 20, "{counted} for {rows}");
    }
}
