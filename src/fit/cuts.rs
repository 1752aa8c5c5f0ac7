//! Cut points: where a column's values are cut into bins, so that a tree has at most 253 thresholds to try.
//!
//! Equal shares of the rows would spend nearly all bins on the largest class. Each row weighs 1/√(rows of its class)
//! instead, so a class of 18 rows gets the share of a class of 18, not of 18 in 60,000.
//!
//! ```text
//! values      1  1  2     5     9  9     missing
//! cuts              1.5?  3.5   7
//! codes       1  1  1     2     3  3     0
//! ```
//! A threshold lies midway between two training values and separates them exactly: for every training value `x`,
//! `x <= threshold` says on which side of the cut its bin is.

/// The code of a missing value.
pub const MISSING_CODE: u8 = 0;
/// How many bins hold values; with the one for missing values they are 255.
pub const MAX_BINS: usize = 254;

/// A column as codes of bins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinnedColumn {
    /// The thresholds between bins, ascending: a value's code is 1 + the number of cuts below it.
    pub cuts: Vec<f32>,
    /// The code of every row, [`MISSING_CODE`] where the value is missing.
    pub codes: Vec<u8>,
}

/// Cuts a column into at most `max_bins` bins (itself at most [`MAX_BINS`]) and codes its rows.
///
/// `weights` are the rows' weights by class, see [`class_shares`].
pub fn bin_column(values: &[f32], labels: &[u8], weights: &[u64], max_bins: usize) -> BinnedColumn {
    let sorted = sort(values);
    let distinct = weigh_distinct(&sorted, labels, weights);
    let cuts = cut_points(&distinct, max_bins.min(MAX_BINS));
    let mut codes = vec![MISSING_CODE; values.len()];
    let mut code = 1;
    for entry in &sorted {
        let value = entry.value();
        while cuts.get(code - 1).is_some_and(|&cut| value > cut) {
            code += 1;
        }
        codes[entry.row_idx()] = code as u8;
    }
    BinnedColumn { cuts, codes }
}

/// A value and its row in one number, which sorts as the value does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u64);

impl Entry {
    /// Zeros of either sign are one value.
    fn new(value: f32, row_idx: u32) -> Self {
        let bits = (value + 0.0).to_bits();
        // Positive values sort as their bits do, negative ones the other way round and before them.
        let ordered = if bits >> 31 == 0 {
            bits | 1 << 31
        } else {
            !bits
        };
        Self(u64::from(ordered) << 32 | u64::from(row_idx))
    }

    fn value(self) -> f32 {
        let ordered = (self.0 >> 32) as u32;
        f32::from_bits(if ordered >> 31 == 1 {
            ordered ^ 1 << 31
        } else {
            !ordered
        })
    }

    fn row_idx(self) -> usize {
        self.0 as u32 as usize
    }
}

/// The values that are there, ascending.
fn sort(values: &[f32]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::with_capacity(values.len());
    let with_rows = values.iter().zip(0u32..);
    entries.extend(
        with_rows
            .filter(|(value, _)| !value.is_nan())
            .map(|(&value, row_idx)| Entry::new(value, row_idx)),
    );
    entries.sort_unstable();
    entries
}

/// The weight of a row of each class: 2³²/√(rows of the class), in integers so that their sums have no order.
pub fn class_shares(class_counts: &[u64]) -> Vec<u64> {
    let one = (1u64 << 32) as f64;
    class_counts
        .iter()
        .map(|&count| (one / (count.max(1) as f64).sqrt()) as u64)
        .collect()
}

/// The distinct values, each with the weight of its rows.
fn weigh_distinct(sorted: &[Entry], labels: &[u8], weights: &[u64]) -> Vec<(f32, u64)> {
    let mut distinct: Vec<(f32, u64)> = Vec::new();
    for entry in sorted {
        let (value, weight) = (entry.value(), weights[usize::from(labels[entry.row_idx()])]);
        match distinct.last_mut() {
            Some((last, sum)) if *last == value => *sum += weight,
            _ => distinct.push((value, weight)),
        }
    }
    distinct
}

/// Closes a bin when it has its share of what is left, or when the next value would overfill it more than this one
/// leaves it short.
fn cut_points(distinct: &[(f32, u64)], max_bins: usize) -> Vec<f32> {
    if distinct.len() <= max_bins {
        return distinct
            .windows(2)
            .map(|pair| midpoint(pair[0].0, pair[1].0))
            .collect();
    }
    let mut cuts = Vec::with_capacity(max_bins - 1);
    let mut left: u64 = distinct.iter().map(|&(_, weight)| weight).sum();
    let mut in_bin = 0;
    for (i, pair) in distinct.windows(2).enumerate() {
        let bins_left = (max_bins - cuts.len()) as u64;
        if bins_left == 1 {
            break;
        }
        in_bin += pair[0].1;
        let share = left / bins_left;
        // As many values left as bins: each gets its own.
        let must_close = distinct.len() - 1 - i < bins_left as usize;
        if must_close || in_bin + pair[1].1 / 2 >= share {
            cuts.push(midpoint(pair[0].0, pair[1].0));
            left -= in_bin;
            in_bin = 0;
        }
    }
    cuts
}

/// A finite threshold `t` midway with `low <= t < high`.
pub fn midpoint(low: f32, high: f32) -> f32 {
    debug_assert!(low < high, "values to separate must differ");
    let (low_end, high_end) = (low.max(f32::MIN), high.min(f32::MAX));
    let middle = f64::midpoint(f64::from(low_end), f64::from(high_end)) as f32;
    if low <= middle && middle < high {
        middle
    } else {
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::rng::SplitMix64;

    fn check_separates(values: &[f32], labels: &[u8], max_bins: usize) -> BinnedColumn {
        let weights = class_shares(&[1, 4]);
        let binned = bin_column(values, labels, &weights, max_bins);
        assert!(binned.cuts.len() < max_bins, "{} cuts", binned.cuts.len());
        assert!(
            binned.cuts.windows(2).all(|pair| pair[0] < pair[1]),
            "{:?}",
            binned.cuts
        );
        for (&value, &code) in values.iter().zip(&binned.codes) {
            assert_eq!(value.is_nan(), code == MISSING_CODE);
            for (i, &cut) in binned.cuts.iter().enumerate() {
                if !value.is_nan() {
                    assert_eq!(value <= cut, usize::from(code) <= i + 1, "{value} at {cut}");
                }
            }
        }
        binned
    }

    #[test]
    fn few_values_get_a_bin_each() {
        let binned = check_separates(&[9.0, 1.0, f32::NAN, 5.0, 1.0], &[0, 1, 1, 1, 1], 255);
        assert_eq!(binned.cuts, [3.0, 7.0]);
        assert_eq!(binned.codes, [3, 1, 0, 2, 1]);
    }

    #[test]
    fn neighbouring_and_infinite_values_are_separated() {
        let one = 1.0f32;
        let values = [
            one,
            one.next_up(),
            f32::INFINITY,
            f32::NEG_INFINITY,
            -0.0,
            0.0,
            f32::MAX,
            f32::MIN,
            1e-45,
        ];
        let binned = check_separates(&values, &[1; 9], 254);
        assert_eq!(binned.cuts.len(), 7);
        assert_eq!(binned.codes[4], binned.codes[5], "zeros are one value");
    }

    #[test]
    fn many_values_share_bins_and_are_still_separated() {
        let mut rng = SplitMix64::new(1);
        let values: Vec<f32> = (0..5000)
            .map(|_| {
                if rng.below(10) == 0 {
                    f32::NAN
                } else {
                    (rng.unit() * 1e6).sqrt() as f32
                }
            })
            .collect();
        let labels: Vec<u8> = (0..5000).map(|_| u8::from(rng.below(5) > 0)).collect();
        let binned = check_separates(&values, &labels, MAX_BINS);
        assert!(binned.cuts.len() > 240, "only {} cuts", binned.cuts.len());
        check_separates(&values, &labels, 2);
        assert!(bin_column(&values, &labels, &[1, 1], 1).cuts.is_empty());
    }

    #[test]
    fn a_rare_class_gets_its_share_of_bins() {
        // 100,000 rows below 0 and 100 above: with equal weights the 100 would share one bin of 254.
        let mut values: Vec<f32> = (0..100_000).map(|i| -1.0 - i as f32).collect();
        values.extend((0..100).map(|i| 1.0 + i as f32));
        let labels: Vec<u8> = (0..100_100).map(|i| u8::from(i >= 100_000)).collect();
        let binned = bin_column(&values, &labels, &class_shares(&[100_000, 100]), MAX_BINS);
        let rare = binned.cuts.iter().filter(|&&cut| cut > 0.0).count();
        // √100 against √100,000 is a thirtieth of the weight.
        assert!((6..=10).contains(&rare), "{rare} cuts among the rare rows");
    }

    #[test]
    fn columns_without_values_have_one_bin() {
        let binned = check_separates(&[f32::NAN, f32::NAN], &[0, 1], 254);
        assert!(binned.cuts.is_empty());
    }
}
