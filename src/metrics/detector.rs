//! What a detector's ranks are worth: area under the ROC curve, and what a threshold flags.
//!
//! Ranks have 65,536 values, so a histogram of them is exact: no sorting, and files counted in pieces add up.

use super::BinaryScores;
use crate::model::rank::{RANK_HIGH, RANK_LOW};

const N_RANKS: usize = 1 << 16;

/// Rows per rank, apart for attacks, benign rows and rows without a known label.
#[derive(Clone, Debug)]
pub struct RankCounts {
    attack: Vec<u64>,
    benign: Vec<u64>,
    unlabelled: Vec<u64>,
}

/// What a detector flags at one contamination: at the threshold that flags this share of its training rows, and at the
/// one that flags this share of the rows at hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flagged {
    /// The share of training rows that the threshold would flag.
    pub contamination: f64,
    /// By the training rows' quantile.
    pub training: AtThreshold,
    /// By the quantile of the rows at hand, as scikit-learn's `IsolationForest(contamination=…)` does where it scores the
    /// rows that it was fitted on.
    pub own: AtThreshold,
}

/// What is flagged at one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtThreshold {
    /// Rows with a rank above it are flagged.
    pub threshold_rank: u16,
    /// Share of the rows that are flagged.
    pub share: f64,
    /// Share of the benign rows that are flagged; `None` without labels of any.
    pub false_alarm_rate: Option<f64>,
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

    /// Counts the rows of another.
    pub fn add_all(&mut self, other: &Self) {
        for (counts, more) in [
            (&mut self.attack, &other.attack),
            (&mut self.benign, &other.benign),
            (&mut self.unlabelled, &other.unlabelled),
        ] {
            for (count, more) in counts.iter_mut().zip(more) {
                *count += more;
            }
        }
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

    /// Attacks and benign rows of at least each rank that a labelled row has, the highest rank first.
    pub(super) fn thresholds(&self) -> impl Iterator<Item = (u64, u64)> {
        let (mut hits, mut false_alarms) = (0, 0);
        let counts = self.attack.iter().zip(&self.benign).rev();
        counts
            .filter(|(attacks, benign)| **attacks + **benign > 0)
            .map(move |(attacks, benign)| {
                hits += attacks;
                false_alarms += benign;
                (hits, false_alarms)
            })
    }

    /// What is flagged at a contamination.
    pub fn flagged(&self, contamination: f64) -> Flagged {
        Flagged {
            contamination,
            training: self.above(flag_threshold(contamination)),
            own: self.above(self.own_threshold(contamination)),
        }
    }

    /// The rank above which at most `contamination` of these rows lie: the quantile, as scikit-learn takes it.
    fn own_threshold(&self, contamination: f64) -> u16 {
        let counts = || self.attack.iter().zip(&self.benign).zip(&self.unlabelled);
        let rows: u64 = counts().map(|((a, b), c)| a + b + c).sum();
        let kept = 1.0 - contamination.clamp(0.0, 1.0);
        let place = libm::floor(rows.saturating_sub(1) as f64 * kept) as u64;
        let mut below = 0;
        for (rank, ((a, b), c)) in (0u16..=u16::MAX).zip(counts()) {
            below += a + b + c;
            if below > place {
                return rank;
            }
        }
        u16::MAX
    }

    /// What is flagged above a rank.
    fn above(&self, threshold_rank: u16) -> AtThreshold {
        let above =
            |counts: &[u64]| -> u64 { counts[usize::from(threshold_rank) + 1..].iter().sum() };
        let all = |counts: &[u64]| -> u64 { counts.iter().sum() };
        let (attacks, benign) = (all(&self.attack), all(&self.benign));
        let rows = attacks + benign + all(&self.unlabelled);
        let hits = above(&self.attack);
        let false_alarms = above(&self.benign);
        let flagged = hits + false_alarms + above(&self.unlabelled);
        AtThreshold {
            threshold_rank,
            share: if rows == 0 {
                0.0
            } else {
                flagged as f64 / rows as f64
            },
            false_alarm_rate: (benign > 0).then(|| false_alarms as f64 / benign as f64),
            scores: (attacks > 0 && benign > 0)
                .then(|| BinaryScores::from_counts(hits, false_alarms, attacks - hits)),
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
        assert_eq!(found.training.share, 3.0 / 5.0);
        assert_eq!(found.training.false_alarm_rate, Some(0.5));
        let scores = found.training.scores.expect("both sides");
        assert_eq!(
            (scores.precision, scores.recall, scores.f1),
            (2.0 / 3.0, 2.0 / 3.0, 4.0 / 6.0)
        );
        let unlabelled = sweep(&ranks, |_| None, &[0.05])[0];
        let unlabelled = unlabelled.training;
        assert_eq!((unlabelled.share, unlabelled.scores), (3.0 / 5.0, None));
        assert_eq!(unlabelled.false_alarm_rate, None);
    }

    /// numpy: rows above `percentile(ranks, 100 * (1 - contamination))`, whose interpolation lies between two ranks.
    #[test]
    fn the_own_quantile_flags_a_share_of_the_rows_at_hand() {
        let ranks: Vec<u16> = (0..100).map(|i| 40_000 + 10 * i).collect();
        let found = sweep(&ranks, |i| Some(i >= 90), &[0.05, 0.2, 0.0, 1.0]);
        let own: Vec<(u16, f64)> = found
            .iter()
            .map(|row| (row.own.threshold_rank, row.own.share))
            .collect();
        assert_eq!(own[0], (40_940, 0.05));
        assert_eq!(own[1], (40_790, 0.2));
        assert_eq!(own[2], (40_990, 0.0));
        assert_eq!(own[3], (40_000, 0.99));
        let scores = found[1].own.scores.expect("both sides");
        assert_eq!((scores.precision, scores.recall), (0.5, 1.0));
        let ties = sweep(&[5, 5, 5, 5, 9], |_| None, &[0.5])[0];
        assert_eq!((ties.own.threshold_rank, ties.own.share), (5, 0.2));
        assert_eq!(sweep(&[], |_| None, &[0.5])[0].own.share, 0.0);
    }
}
