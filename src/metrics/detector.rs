//! What a detector's ranks are worth: area under the ROC curve, and what a threshold flags.
//!
//! Ranks have 65,536 values, so a histogram of them is exact: no sorting, and files counted in pieces add up.

use super::BinaryScores;
use crate::model::isolation::{RANK_HIGH, RANK_LOW};

const N_RANKS: usize = 1 << 16;

/// Rows per rank, apart for attacks, benign rows and rows without a known label.
#[derive(Clone, Debug)]
pub struct RankCounts {
    attack: Vec<u64>,
    benign: Vec<u64>,
    unlabelled: Vec<u64>,
}

/// What a detector flags at one contamination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flagged {
    /// The share of training rows that the threshold would flag.
    pub contamination: f64,
    /// Rows with a rank above it are flagged.
    pub threshold_rank: u16,
    /// Share of the rows that are flagged.
    pub share: f64,
    /// How well the flag tells attacks from benign rows; `None` without labels of both.
    pub scores: Option<BinaryScores>,
}

/// The rank above which rows are flagged, so that `contamination` of the training rows would be.
///
/// The ranks of training rows lie evenly between [`RANK_LOW`] and [`RANK_HIGH`].
pub fn flag_threshold(contamination: f64) -> u16 {
    let kept = 1.0 - contamination.clamp(0.0, 1.0);
    RANK_LOW + libm::round(f64::from(RANK_HIGH - RANK_LOW) * kept) as u16
}

impl Default for RankCounts {
    fn default() -> Self {
        Self {
            attack: vec![0; N_RANKS],
            benign: vec![0; N_RANKS],
            unlabelled: vec![0; N_RANKS],
        }
    }
}

impl RankCounts {
    /// No rows yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one row; `attack` is `None` where its label is unknown. Rejected rows have no rank and are not counted.
    pub fn add(&mut self, rank: u16, attack: Option<bool>) {
        let counts = match attack {
            Some(true) => &mut self.attack,
            Some(false) => &mut self.benign,
            None => &mut self.unlabelled,
        };
        counts[usize::from(rank)] += 1;
    }

    /// Probability that an attack ranks above a benign row, ties counting half; `None` without rows of both.
    pub fn auroc(&self) -> Option<f64> {
        let attacks: u64 = self.attack.iter().sum();
        let benign: u64 = self.benign.iter().sum();
        // Twice the pairs in the right order, so that ties stay whole numbers.
        let mut doubled: u128 = 0;
        let mut benign_below: u64 = 0;
        for (&attacks_here, &benign_here) in self.attack.iter().zip(&self.benign) {
            doubled += u128::from(attacks_here) * u128::from(2 * benign_below + benign_here);
            benign_below += benign_here;
        }
        let pairs = 2 * u128::from(attacks) * u128::from(benign);
        (pairs > 0).then(|| doubled as f64 / pairs as f64)
    }

    /// What is flagged at a contamination.
    pub fn flagged(&self, contamination: f64) -> Flagged {
        let threshold_rank = flag_threshold(contamination);
        let above =
            |counts: &[u64]| -> u64 { counts[usize::from(threshold_rank) + 1..].iter().sum() };
        let all = |counts: &[u64]| -> u64 { counts.iter().sum() };
        let rows = all(&self.attack) + all(&self.benign) + all(&self.unlabelled);
        let hits = above(&self.attack);
        let false_alarms = above(&self.benign);
        let flagged = hits + false_alarms + above(&self.unlabelled);
        let has_both = all(&self.attack) > 0 && all(&self.benign) > 0;
        Flagged {
            contamination,
            threshold_rank,
            share: if rows == 0 {
                0.0
            } else {
                flagged as f64 / rows as f64
            },
            scores: has_both
                .then(|| BinaryScores::from_counts(hits, false_alarms, all(&self.attack) - hits)),
        }
    }
}

/// Area under the ROC curve of ranks; `positive` says what row `i` is, `None` leaves it out.
pub fn auroc(ranks: &[u16], positive: impl Fn(usize) -> Option<bool>) -> Option<f64> {
    count(ranks, positive).auroc()
}

/// What is flagged at each contamination; rows of which `positive` says `None` count in the share alone.
pub fn sweep(
    ranks: &[u16],
    positive: impl Fn(usize) -> Option<bool>,
    contaminations: &[f64],
) -> Vec<Flagged> {
    let counts = count(ranks, positive);
    contaminations
        .iter()
        .map(|&contamination| counts.flagged(contamination))
        .collect()
}

fn count(ranks: &[u16], positive: impl Fn(usize) -> Option<bool>) -> RankCounts {
    let mut counts = RankCounts::new();
    for (row_idx, &rank) in ranks.iter().enumerate() {
        counts.add(rank, positive(row_idx));
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn: `roc_auc_score([0,0,1,1,0,1], [1,3,3,7,2,1])` is 0.6666….
    #[test]
    fn auroc_equals_scikit_learn_with_ties() {
        let truth = [false, false, true, true, false, true];
        let found = auroc(&[1, 3, 3, 7, 2, 1], |i| Some(truth[i])).expect("both sides");
        assert!((found - 6.0 / 9.0).abs() < 1e-15, "{found}");
    }

    #[test]
    fn auroc_needs_both_sides_and_skips_unknown_labels() {
        assert_eq!(auroc(&[1, 2], |_| Some(true)), None);
        assert_eq!(auroc(&[], |_| Some(true)), None);
        let truth = [Some(false), None, Some(true)];
        assert_eq!(auroc(&[5, u16::MAX, 6], |i| truth[i]), Some(1.0));
    }

    #[test]
    fn thresholds_cut_the_training_ranks() {
        assert_eq!(flag_threshold(0.0), RANK_HIGH);
        assert_eq!(flag_threshold(1.0), RANK_LOW);
        assert_eq!(flag_threshold(0.05), 58_024);
        assert_eq!(flag_threshold(-1.0), RANK_HIGH);
    }

    #[test]
    fn a_sweep_counts_what_lies_above_the_threshold() {
        // Ranks 58,025 and 65,535 lie above the threshold of 5 %, 58,024 does not.
        let ranks = [58_024, 58_025, 65_535, 0, 58_025];
        let truth = [Some(true), Some(true), Some(true), Some(false), Some(false)];
        let [found] = sweep(&ranks, |i| truth[i], &[0.05])[..] else {
            panic!("one row expected")
        };
        assert_eq!(found.share, 3.0 / 5.0);
        let scores = found.scores.expect("both sides");
        assert_eq!(
            (scores.precision, scores.recall, scores.f1),
            (2.0 / 3.0, 2.0 / 3.0, 4.0 / 6.0)
        );
        let unlabelled = sweep(&ranks, |_| None, &[0.05])[0];
        assert_eq!((unlabelled.share, unlabelled.scores), (3.0 / 5.0, None));
    }
}
