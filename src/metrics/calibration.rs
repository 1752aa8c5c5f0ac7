//! How far probabilities can be taken at their word: log-loss and expected calibration error.

/// Bins of confidence that accuracy is compared in.
const BINS: usize = 15;
/// No probability counts as less: half a step of what a row's results hold.
const LEAST: f64 = 1.0 / (2.0 * 65_535.0);

/// What a row costs whose label has a share of `weight` in `total`: −ln of it, natural logarithm.
pub fn loss(weight: u32, total: u64) -> f64 {
    -libm::log((f64::from(weight) / total as f64).max(LEAST))
}

/// Rows by confidence, to compare it with how often the class is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reliability {
    /// Rows, rows with the right class, and the sum of their confidence × 65535.
    bins: [[u64; 3]; BINS],
}

impl Reliability {
    /// Counts a row.
    pub fn add(&mut self, confidence: u16, right: bool) {
        // Bins of equal width; the last holds a confidence of 1.
        let bin = (usize::from(confidence) * BINS / usize::from(u16::MAX)).min(BINS - 1);
        let [rows, hits, sum] = &mut self.bins[bin];
        *rows += 1;
        *hits += u64::from(right);
        *sum += u64::from(confidence);
    }

    /// Expected calibration error (Naeini, Cooper and Hauskrecht 2015): the distance of mean confidence and accuracy in
    /// each bin, in the mean over rows; `None` without rows.
    pub fn calibration_error(&self) -> Option<f64> {
        let rows: u64 = self.bins.iter().map(|[rows, ..]| rows).sum();
        let distance = |&[_, hits, sum]: &[u64; 3]| (hits * u64::from(u16::MAX)).abs_diff(sum);
        let distances: u64 = self.bins.iter().map(distance).sum();
        (rows > 0).then(|| distances as f64 / (rows as f64 * f64::from(u16::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: the bin of 0.9 is right in 3 of 4 rows, that of 0.5 in both.
    #[test]
    fn the_error_is_the_mean_distance_of_confidence_and_accuracy() {
        let mut found = Reliability::default();
        assert_eq!(found.calibration_error(), None);
        let confidence = |share: f64| (share * 65_535.0) as u16;
        for right in [true, true, true, false] {
            found.add(confidence(0.9), right);
        }
        for _ in 0..2 {
            found.add(confidence(0.5), true);
        }
        let expected = (4.0 * 0.15 + 2.0 * 0.5) / 6.0;
        let error = found.calibration_error().expect("rows");
        assert!((error - expected).abs() < 1e-4, "{error} {expected}");
    }

    #[test]
    fn ends_of_the_scale_have_a_bin() {
        let mut found = Reliability::default();
        found.add(0, false);
        found.add(u16::MAX, true);
        assert_eq!(found.calibration_error(), Some(0.0));
    }

    #[test]
    fn a_row_costs_what_its_label_was_held_for() {
        assert_eq!(loss(7, 7), 0.0);
        assert!((loss(1, 2) - core::f64::consts::LN_2).abs() < 1e-15);
        assert!((loss(0, 2) - libm::log(131_070.0)).abs() < 1e-12);
    }
}
