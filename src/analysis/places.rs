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

/// Features that are compared at once: two vectors of four.
const LANES: usize = 8;

/// Rows per place, for each feature. Infinite values are in none: what is known of training says nothing of them.
#[derive(Debug)]
pub(super) struct Places {
    /// By eight features: the first quantile of each, then the second of each, and so on. Of a length that the compiler does
    /// not know, which would unroll loops over it.
    quantiles: Vec<[f32; LANES]>,
    /// [`PLACES`] for each feature.
    counts: Vec<u64>,
}

impl Places {
    pub(super) fn new(features: &[Feature]) -> Self {
        // All values of a feature of which nothing is known lie below.
        let blocks = features.len().div_ceil(LANES);
        let mut quantiles = vec![[f32::INFINITY; LANES]; REFERENCE_QUANTILES * blocks];
        for (index, feature) in features.iter().enumerate() {
            let block = &mut quantiles[REFERENCE_QUANTILES * (index / LANES)..];
            let of_feature = feature.quantiles.iter().take(REFERENCE_QUANTILES);
            for (step, &quantile) in block.iter_mut().zip(of_feature) {
                step[index % LANES] = quantile;
            }
        }
        Self {
            quantiles,
            counts: vec![0; PLACES * features.len()],
        }
    }

    /// Counts a prepared row.
    pub(super) fn add(&mut self, row: &[f32], weight: u64) {
        let counts = self.counts.as_chunks_mut::<PLACES>().0;
        let blocks = row.chunks(LANES).zip(counts.chunks_mut(LANES));
        for ((values, counts), quantiles) in blocks.zip(self.quantiles.chunks(REFERENCE_QUANTILES))
        {
            let mut lanes = [0.0; LANES];
            lanes[..values.len()].copy_from_slice(values);
            let mut places = [0_u32; LANES];
            for step in quantiles {
                for ((place, &quantile), &value) in places.iter_mut().zip(step).zip(&lanes) {
                    *place += u32::from(quantile < value) + u32::from(quantile <= value);
                }
            }
            for ((counts, &place), &value) in counts.iter_mut().zip(&places).zip(values) {
                if let Some(place) = counted_place(value, place) {
                    counts[place] += weight;
                }
            }
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

    /// The rows in a value's place.
    fn count(&mut self, feature: usize, value: f32) -> Option<&mut u64> {
        let mut place = 0;
        let block = self
            .quantiles
            .chunks(REFERENCE_QUANTILES)
            .nth(feature / LANES);
        for step in block.into_iter().flatten() {
            let quantile = step[feature % LANES];
            place += u32::from(quantile < value) + u32::from(quantile <= value);
        }
        let place = counted_place(value, place)?;
        Some(&mut self.counts[PLACES * feature + place])
    }

    /// [`PLACES`] counts for each feature.
    pub(super) fn into_counts(self) -> Vec<u64> {
        self.counts
    }
}

/// Where a value counts that lies at `place`.
fn counted_place(value: f32, place: u32) -> Option<usize> {
    if value.is_nan() {
        return Some(MISSING);
    }
    (!value.is_infinite()).then_some(place as usize)
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
