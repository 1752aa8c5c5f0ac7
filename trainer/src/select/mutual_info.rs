//! Mutual information of a column and the class: how many nats less are needed to say a row's class once its bin is known.
//!
//! It is estimated from counts, over the bins that the forest cuts the column into (missing values are a bin), not from
//! distances to neighbours as scikit-learn's `mutual_info_classif`: what a forest cannot tell apart does not count, and
//! copies of rows do no harm. Counts of few rows in many bins find information by luck; what is expected of it is taken
//! off (Miller 1955), so a column of 254 bins has no advantage over one of two. Every row counts the same, here as there: what
//! tells a rare class apart weighs little beside what tells large ones apart.

/// The estimate in nats, less what luck would give: about 0, or below, for a column that says nothing. `codes` has the bin of
/// each row.
pub(super) fn corrected(codes: &[u8], labels: &[u8], n_classes: usize) -> f64 {
    let counts = Counts::new(codes, labels, n_classes);
    counts.information() - counts.luck()
}

/// How many rows there are of each bin and class.
struct Counts {
    joint: Vec<u32>,
    of_bin: Vec<u32>,
    of_class: Vec<u32>,
    rows: usize,
}

impl Counts {
    fn new(codes: &[u8], labels: &[u8], n_classes: usize) -> Self {
        let mut counts = Self {
            joint: vec![0; 256 * n_classes],
            of_bin: vec![0; 256],
            of_class: vec![0; n_classes],
            rows: labels.len(),
        };
        for (&bin, &class) in codes.iter().zip(labels) {
            let (bin, class) = (usize::from(bin), usize::from(class));
            counts.joint[bin * n_classes + class] += 1;
            counts.of_bin[bin] += 1;
            counts.of_class[class] += 1;
        }
        counts
    }

    fn information(&self) -> f64 {
        let rows = self.rows as f64;
        let mut sum = 0.0;
        let bins = self.joint.chunks_exact(self.of_class.len().max(1));
        for (joint, &of_bin) in bins.zip(&self.of_bin) {
            for (&both, &of_class) in joint.iter().zip(&self.of_class) {
                if both > 0 {
                    let by_chance = f64::from(of_bin) * f64::from(of_class);
                    let both = f64::from(both);
                    sum += both * libm::log(both * rows / by_chance);
                }
            }
        }
        sum / rows.max(1.0)
    }

    fn luck(&self) -> f64 {
        let used = |counts: &[u32]| counts.iter().filter(|&&count| count > 0).count() as f64;
        let cells = used(&self.joint) - used(&self.of_bin) - used(&self.of_class) + 1.0;
        cells / (2 * self.rows.max(1)) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::balance::golden::{Golden, close};
    use flowsieve::fit::rng::SplitMix64;

    #[test]
    fn counts_give_what_scikit_learn_finds() {
        let golden = Golden::read();
        let scores = golden.scores("mutual_info_score");
        assert_eq!(scores.len(), 2);
        for (name, expected) in scores {
            let codes: Vec<u8> = golden.column(name).iter().map(|&code| code as u8).collect();
            let found = Counts::new(&codes, &golden.labels, 3).information();
            assert!(close(found, expected, 1e-9), "{name}: {found}, {expected}");
        }
    }

    #[test]
    fn many_bins_that_say_nothing_have_no_advantage() {
        let mut rng = SplitMix64::new(4);
        let labels: Vec<u8> = (0..20_000).map(|_| rng.below(6) as u8).collect();
        let codes: Vec<u8> = (0..20_000).map(|_| rng.below(255) as u8).collect();
        let plain = Counts::new(&codes, &labels, 6).information();
        let found = corrected(&codes, &labels, 6);
        assert!(plain > 0.025, "luck alone gives {plain}");
        assert!(found.abs() < plain / 8.0, "{found} of {plain} is left");
        let half: Vec<u8> = labels.iter().map(|&label| label / 3).collect();
        assert!(close(corrected(&half, &labels, 6), 2.0f64.ln(), 0.01));
    }
}
