//! What a column's training values are like: median, mean, deviation, quantiles.

use crate::prepare::Feature;

/// How many quantiles describe a column: the minimum, 15 steps between, the maximum.
pub const N_QUANTILES: usize = 17;

/// Describes a column's training values. `categories` are its words if it is categorical.
///
/// Only finite values count; sums run in row order.
pub fn describe(values: &[f32], categories: Vec<String>) -> Feature {
    let mut finite: Vec<f32> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    let (mean, std) = mean_and_std(&finite);
    finite.sort_unstable_by(f32::total_cmp);
    let median = if categories.is_empty() {
        median_of_sorted(&finite)
    } else {
        categories.len() as f32
    };
    Feature {
        categories,
        median,
        mean,
        std,
        quantiles: quantiles_of_sorted(&finite, N_QUANTILES),
        missing: values.iter().filter(|value| value.is_nan()).count() as u64,
    }
}

/// Mean and population standard deviation; the deviation is 1 where all values are equal, so that it can divide.
fn mean_and_std(finite: &[f32]) -> (f32, f32) {
    if finite.is_empty() {
        return (0.0, 1.0);
    }
    let n = finite.len() as f64;
    let mean = finite.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
    let squares: f64 = finite
        .iter()
        .map(|&value| (f64::from(value) - mean) * (f64::from(value) - mean))
        .sum();
    let std = (squares / n).sqrt() as f32;
    (
        mean as f32,
        if std > 0.0 && std.is_finite() {
            std
        } else {
            1.0
        },
    )
}

/// The middle value, or the mean of the middle two; 0 without values.
fn median_of_sorted(sorted: &[f32]) -> f32 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let (low, high) = (sorted[last / 2], sorted[last.div_ceil(2)]);
    f64::midpoint(f64::from(low), f64::from(high)) as f32
}

/// `n` values at equal steps from the minimum to the maximum, each one that occurs; empty without values.
fn quantiles_of_sorted(sorted: &[f32], n: usize) -> Vec<f32> {
    let Some(last) = sorted.len().checked_sub(1) else {
        return Vec::new();
    };
    (0..n)
        .map(|step| sorted[(step * last + (n - 1) / 2) / (n - 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_described_by_its_finite_values() {
        let found = describe(
            &[
                3.0,
                f32::NAN,
                1.0,
                f32::INFINITY,
                2.0,
                6.0,
                f32::NEG_INFINITY,
            ],
            Vec::new(),
        );
        assert_eq!(found.median, 2.5);
        assert_eq!(found.mean, 3.0);
        assert_eq!(found.std, 3.5f32.sqrt());
        assert_eq!(found.missing, 1);
        assert_eq!(found.quantiles.len(), N_QUANTILES);
        assert_eq!((found.quantiles[0], found.quantiles[16]), (1.0, 6.0));
        assert!(found.quantiles.is_sorted());
    }

    #[test]
    fn a_missing_word_is_another_word() {
        let words = vec!["tcp".to_owned(), "udp".to_owned()];
        let found = describe(&[0.0, 0.0, 1.0, f32::NAN], words);
        assert_eq!((found.median, found.missing), (2.0, 1));
        assert_eq!(found.imputed(f32::NAN), found.code("unheard of"));
    }

    #[test]
    fn a_column_without_values_or_spread_can_still_divide() {
        let empty = describe(&[f32::NAN, f32::INFINITY], Vec::new());
        assert_eq!((empty.median, empty.mean, empty.std), (0.0, 0.0, 1.0));
        assert!(empty.quantiles.is_empty());
        let constant = describe(&[4.0; 3], Vec::new());
        assert_eq!(
            (constant.median, constant.mean, constant.std),
            (4.0, 4.0, 1.0)
        );
        assert_eq!(describe(&[1.0, 2.0, 9.0], Vec::new()).median, 2.0);
    }
}
