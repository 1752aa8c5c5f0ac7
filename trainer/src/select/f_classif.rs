//! The F statistic of a one-way analysis of variance, as `sklearn.feature_selection.f_classif` computes it: how much the
//! means of the classes differ, measured in the spread within them.
//!
//! Deviations are taken from means that are known before, where scikit-learn subtracts large sums of squares from one
//! another, so columns with a large offset, such as times, keep their digits.

/// The statistic of a column of numbers over its finite values. 0 where it says nothing: all values are equal, or fewer than
/// two classes have some; infinity where values differ between classes alone.
pub(super) fn of_numbers(values: &[f32], labels: &[u8], n_classes: usize) -> f64 {
    let rows = || {
        let rows = values.iter().zip(labels);
        let finite = rows.filter(|(value, _)| value.is_finite());
        finite.map(|(&value, &label)| (f64::from(value), usize::from(label)))
    };
    let mut counts = vec![0.0; n_classes];
    let mut means = vec![0.0; n_classes];
    for (value, class) in rows() {
        counts[class] += 1.0;
        means[class] += value;
    }
    let mean = means.iter().sum::<f64>() / counts.iter().sum::<f64>();
    for (mean, count) in means.iter_mut().zip(&counts) {
        *mean /= f64::max(*count, 1.0);
    }
    let within = rows().map(|(value, class)| (value - means[class]) * (value - means[class]));
    let within: f64 = within.sum();
    let between = means.iter().zip(&counts);
    let between = between.map(|(own, count)| count * (own - mean) * (own - mean));
    statistic(between.sum(), within, &counts)
}

/// The statistic of a column of words: the largest that any of its words has as a column of zeros and ones. A missing word is
/// a word, too. Codes of words have no order, so they are not numbers to take means of.
pub(super) fn of_words(codes: &[f32], labels: &[u8], n_classes: usize) -> f64 {
    let mut counts = vec![0.0; n_classes];
    for &label in labels {
        counts[usize::from(label)] += 1.0;
    }
    let word = |code: f32| if code.is_nan() { 0 } else { 1 + code as usize };
    let n_words = codes.iter().map(|&code| word(code) + 1).max().unwrap_or(0);
    let mut with_word = vec![0.0; n_words * n_classes];
    for (&code, &label) in codes.iter().zip(labels) {
        with_word[word(code) * n_classes + usize::from(label)] += 1.0;
    }
    let rows: f64 = counts.iter().sum();
    let of_word = |with_word: &[f64]| {
        let share = with_word.iter().sum::<f64>() / rows;
        let (mut between, mut within) = (0.0, 0.0);
        for (&with, &count) in with_word.iter().zip(&counts) {
            let own = with / f64::max(count, 1.0);
            between += count * (own - share) * (own - share);
            within += with * (1.0 - own);
        }
        statistic(between, within, &counts)
    };
    let statistics = with_word.chunks_exact(n_classes.max(1)).map(of_word);
    statistics.fold(0.0, f64::max)
}

/// Sums of squares between and within classes as a ratio of mean squares.
fn statistic(between: f64, within: f64, counts: &[f64]) -> f64 {
    let n_present = counts.iter().filter(|&&count| count > 0.0).count() as f64;
    let free_within = counts.iter().sum::<f64>() - n_present;
    if n_present < 2.0 || free_within <= 0.0 || between <= 0.0 {
        0.0
    } else {
        (between / (n_present - 1.0)) / (within / free_within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::golden::{Golden, close};

    #[test]
    fn numbers_get_what_scikit_learn_finds() {
        let golden = Golden::read();
        for (name, expected) in golden.scores("f_classif") {
            let found = of_numbers(golden.column(name), &golden.labels, 3);
            assert!(close(found, expected, 1e-9), "{name}: {found}, {expected}");
        }
        for (name, expected) in golden.scores("f_classif_words") {
            let found = of_words(golden.column(name), &golden.labels, 3);
            assert!(close(found, expected, 1e-9), "{name}: {found}, {expected}");
        }
    }

    #[test]
    fn missing_and_infinite_values_do_not_count() {
        let labels = [0, 0, 0, 1, 1, 1];
        let plain = of_numbers(&[1.0, 2.0, 4.0, 5.0], &[0, 0, 1, 1], 2);
        let values = [1.0, f32::NAN, 2.0, 4.0, f32::INFINITY, 5.0];
        assert_eq!(of_numbers(&values, &labels, 2), plain);
        assert!((plain - 18.0).abs() < 1e-12, "{plain}");
    }

    #[test]
    fn columns_that_say_nothing_or_all_have_a_place() {
        let labels = [0, 0, 1, 1];
        assert_eq!(of_numbers(&[7.0; 4], &labels, 2), 0.0);
        assert_eq!(of_numbers(&[f32::NAN; 4], &labels, 2), 0.0);
        assert_eq!(of_numbers(&[1.0, 2.0, 3.0, 4.0], &[1; 4], 2), 0.0);
        assert_eq!(of_numbers(&[1.0, 1.0, 2.0, 2.0], &labels, 2), f64::INFINITY);
        assert_eq!(of_words(&[3.0; 4], &labels, 2), 0.0);
        let missing = [f32::NAN, f32::NAN, 1.0, 1.0];
        assert_eq!(of_words(&missing, &labels, 2), f64::INFINITY);
    }
}
