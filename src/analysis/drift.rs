//! How far a file's values have drifted from those that the model learned from: the population stability index.
//!
//! The quantiles that a model keeps of a feature cut its training values into sixteen equal parts, the outermost of them open. With
//! missing values as one more part, `e` the share of the training rows in a part and `a` the share of the file's, the index is
//! the sum of `(a − e) ln(a / e)`: 0 where both are spread alike.
//!
//! Only more missing values than in training count, fewer do not.
//!
//! Many flow features have one value in many rows, so several quantiles are equal and a part may begin or end within the rows of
//! one value. Which of the file's rows with that value then belong to which part is open, and they are shared out as
//! evenly as it goes: of all ways to do so that with the least index. So parts of one value become one part, and a file that is
//! spread as the training rows are has an index near 0, whatever its features are.

use super::places::{MISSING, PLACES};
use super::summary::Summary;
use crate::model::validate::REFERENCE_QUANTILES;
use crate::prepare::{Feature, Preparation};

/// Below this index, values are spread as in training.
pub const PSI_SHIFTED: f64 = 0.1;
/// Above this index, values have drifted.
pub const PSI_DRIFTED: f64 = 0.25;
/// With fewer rows than this, chance alone moves an index too much to tell.
pub const PSI_MIN_ROWS: u64 = 500;

/// Equal parts of the training values.
const PARTS: usize = REFERENCE_QUANTILES - 1;

impl Summary {
    /// The population stability index of each feature; see [`stability`].
    pub fn stability(&self, preparation: &Preparation) -> Vec<Option<f64>> {
        stability(&self.places, preparation)
    }
}

/// The population stability index of each feature, by the counts of [`Summary::places`] or
/// [`ExportOutcome::places`](super::ExportOutcome::places). `None` where the file or training has no finite value, and where the
/// file has fewer rows than [`PSI_MIN_ROWS`].
///
/// ```text
/// Siddiqi, Credit Risk Scorecards (2006): below 0.1 no change, up to 0.25 some, above that a great one.
/// ```
pub fn stability(places: &[u64], preparation: &Preparation) -> Vec<Option<f64>> {
    let counts = places.as_chunks::<PLACES>().0;
    let of_feature = |(feature, counts)| index(feature, counts, preparation.training_rows);
    preparation
        .features
        .iter()
        .zip(counts)
        .map(of_feature)
        .collect()
}

/// The index of a feature.
fn index(feature: &Feature, counts: &[u64; PLACES], training_rows: u64) -> Option<f64> {
    let rows: u64 = counts.iter().sum();
    let finite = rows - counts[MISSING];
    let training_finite = training_rows.saturating_sub(feature.missing);
    if feature.quantiles.len() <= PARTS
        || finite == 0
        || rows < PSI_MIN_ROWS
        || training_finite == 0
    {
        return None;
    }
    // Half a row of the smaller side, so that a part without any has a logarithm.
    let least = 0.5 / rows.min(training_rows) as f64;
    let term = |share: f64, expected: f64| {
        let (share, expected) = (share.max(least), expected.max(least));
        (share - expected) * libm::log(share / expected)
    };
    let expected = training_finite as f64 / training_rows as f64;
    // More values than in training are no drift: models are trained on several files, some of which lack a column.
    let of_all = (finite as f64 / rows as f64).min(expected);
    let missing = term(1.0 - of_all, 1.0 - expected);
    let parts = parts(&bounds(&feature.quantiles, counts, finite));
    Some(parts.iter().fold(missing, |index, part| {
        index + term(part * of_all, expected / PARTS as f64)
    }))
}

/// For each quantile the shares of the file's finite values that are below it, and that are at most it. All of them are above
/// what is before the first part, and at most what is behind the last.
fn bounds(
    quantiles: &[f32],
    counts: &[u64; PLACES],
    finite: u64,
) -> [(f64, f64); REFERENCE_QUANTILES] {
    let mut bounds = [(0.0, 0.0); REFERENCE_QUANTILES];
    for (bound, quantile) in bounds.iter_mut().zip(quantiles).take(PARTS).skip(1) {
        let place: usize = quantiles
            .iter()
            .map(|other| usize::from(other < quantile) + usize::from(other <= quantile))
            .sum();
        let below: u64 = counts[..place].iter().sum();
        let share = |rows: u64| rows as f64 / finite as f64;
        *bound = (share(below), share(below + counts[place]));
    }
    bounds[PARTS] = (1.0, 1.0);
    bounds
}

/// The share of the file's values in each part, as even as the bounds allow: the steps of the shortest way from the first bound to
/// the last that passes between all others, which makes the sum of any convex function of its steps least.
fn parts(bounds: &[(f64, f64); REFERENCE_QUANTILES]) -> [f64; PARTS] {
    let mut parts = [0.0; PARTS];
    let (mut from, mut height) = (0, 0.0);
    while from < PARTS {
        // The steepest and the least steep way on that is open, and where it touches a bound.
        let mut low = (f64::NEG_INFINITY, from, height);
        let mut high = (f64::INFINITY, from, height);
        let mut turn = None;
        for (at, &(least, most)) in bounds.iter().enumerate().skip(from + 1) {
            let slope = |to: f64| (to - height) / (at - from) as f64;
            if slope(least) > high.0 {
                turn = Some(high);
                break;
            }
            if slope(most) < low.0 {
                turn = Some(low);
                break;
            }
            if slope(least) >= low.0 {
                low = (slope(least), at, least);
            }
            if slope(most) <= high.0 {
                high = (slope(most), at, most);
            }
        }
        // Both end at the last bound where nothing was in the way.
        let (slope, at, to) = turn.unwrap_or(low);
        parts[from..at].fill(slope);
        (from, height) = (at, to);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::places::Places;
    use super::*;
    use crate::fit::rng::SplitMix64;
    use crate::fit::statistics::describe;

    /// The index of a file's values of a feature, beside training's.
    fn psi(training: &[f32], file: &[f32]) -> Option<f64> {
        let preparation = Preparation {
            features: vec![describe(training, Vec::new())],
            training_rows: training.len() as u64,
        };
        let mut places = Places::new(&preparation.features);
        for &value in file {
            places.add(&[value], 1);
        }
        stability(&places.into_counts(), &preparation)[0]
    }

    /// Values of a distribution that chance draws as it is told.
    fn drawn(n: usize, seed: u64, value: impl Fn(f64) -> f64) -> Vec<f32> {
        let mut rng = SplitMix64::new(seed);
        (0..n).map(|_| value(rng.unit()) as f32).collect()
    }

    #[test]
    fn what_is_spread_alike_has_an_index_near_zero() {
        type Quantile = fn(f64) -> f64;
        let distributions: [Quantile; 8] = [
            |share| share,
            |share| -libm::log(1.0 - share),
            // Counts of packets, few of them and many.
            |share| (share * 21.0).floor(),
            |share| (share * 5.0).floor(),
            // 0 in nearly all rows, in most, and one value in all.
            |share| (share - 0.999).max(0.0),
            |share| (share - 0.7).max(0.0),
            |_| 3.0,
            // A third has no value.
            |share| if share < 0.3 { f64::NAN } else { share },
        ];
        for (index, distribution) in distributions.into_iter().enumerate() {
            let training = drawn(20_000, 1, distribution);
            let again = psi(&training, &training).expect("values");
            assert!(
                (-1e-12..0.002).contains(&again),
                "{index}: {again} in the same rows"
            );
            let other = psi(&training, &drawn(2_000, 2, distribution)).expect("values");
            assert!(other < 0.03, "{index}: {other} in other rows");
        }
    }

    #[test]
    fn what_is_spread_otherwise_has_a_large_one() {
        let training = drawn(20_000, 1, |share| share);
        let index =
            |value: fn(f64) -> f64| psi(&training, &drawn(5_000, 2, value)).expect("values");
        assert!(index(|share| share + 0.5) > PSI_DRIFTED);
        assert!(
            index(|share| share * 1000.0) > PSI_DRIFTED,
            "milliseconds for seconds"
        );
        assert!(index(|share| share * share) > PSI_SHIFTED);
        assert!(index(|_| 0.5) > PSI_DRIFTED);
        assert!(
            index(|share| if share < 0.5 {
                f64::NAN
            } else {
                2.0 * share - 1.0
            }) > PSI_DRIFTED,
            "values are missing that training had"
        );
        let constant = [7.0; 900];
        let others: Vec<f32> = (0..900)
            .map(|row| if row < 450 { 7.0 } else { 8.0 })
            .collect();
        assert!(psi(&constant, &others).expect("values") > PSI_DRIFTED);
    }

    #[test]
    fn parts_of_one_value_are_one_part() {
        // 15 of 16 parts are 0 in training, and half of the file's rows are.
        let training: Vec<f32> = (0..1601)
            .map(|row| if row <= 1500 { 0.0 } else { 9.0 })
            .collect();
        let file: Vec<f32> = (0..1000)
            .map(|row| if row < 500 { 0.0 } else { 9.0 })
            .collect();
        let quantiles = describe(&training, Vec::new()).quantiles;
        assert_eq!(
            quantiles
                .iter()
                .filter(|&&quantile| quantile == 0.0)
                .count(),
            16
        );
        let expected =
            (0.5 - 0.9375) * libm::log(0.5 / 0.9375) + (0.5 - 0.0625) * libm::log(0.5 / 0.0625);
        let found = psi(&training, &file).expect("values");
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn parts_without_ties_are_as_they_are_counted() {
        let training: Vec<f32> = (0..=1600).map(|value| value as f32).collect();
        // Values between quantiles alone: 300 in the first part, 100 in each of eleven, none in the last four.
        let mut file: Vec<f32> = (0..300).map(|row| row as f32 / 10.0 - 5.0).collect();
        file.extend((100..1200).map(|value| value as f32 + 0.5));
        let rows = 1400.0;
        let term = |rows_of_part: f64| {
            let (share, expected) = (f64::max(rows_of_part, 0.5) / rows, 1.0 / 16.0);
            (share - expected) * libm::log(share / expected)
        };
        let expected = term(300.0) + 11.0 * term(100.0) + 4.0 * term(0.0);
        let found = psi(&training, &file).expect("values");
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn more_values_than_in_training_are_no_drift() {
        let training = drawn(
            10_000,
            1,
            |share| if share < 0.5 { f64::NAN } else { share },
        );
        let file = drawn(10_000, 2, |share| 0.5 + share / 2.0);
        assert!(psi(&training, &file).expect("values") < 0.02);
        let without = drawn(10_000, 2, |share| {
            if share < 0.9 {
                f64::NAN
            } else {
                5.0 * share - 4.0
            }
        });
        assert!(psi(&training, &without).expect("values") > PSI_DRIFTED);
    }

    #[test]
    fn what_cannot_be_compared_has_none() {
        let values = drawn(1000, 1, |share| share);
        assert_eq!(psi(&values, &values[..499]), None);
        assert!(psi(&values, &values[..500]).is_some());
        assert_eq!(psi(&values, &[f32::NAN; 600]), None);
        assert_eq!(psi(&[f32::NAN; 600], &values), None);
        let mut infinite = values.clone();
        infinite.extend([f32::INFINITY; 400]);
        infinite.extend([f32::NEG_INFINITY; 400]);
        assert_eq!(
            psi(&values, &infinite),
            psi(&values, &values),
            "they are left out"
        );
    }
}
