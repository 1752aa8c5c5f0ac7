//! Fitting what makes probabilities and sets of votes, on rows that the voting trees had not seen.
//!
//! Rows that trees were fitted on cannot be used: on them the votes are nearly all for the label. The caller leaves out a
//! part of the rows at a time, fits on the others, and collects the votes for the part (*cross-fitting*). Rows out of a
//! tree's bootstrap sample would not do: in files of flows many have an identical twin within it. For the same reason
//! identical rows are to be given once: one flow that was seen ten thousand times says no more about unseen ones than
//! another.

use super::boost::SCORE_STEP;
use crate::metrics::loss;
use crate::model::calibration::{
    CalibrationSpec, Curve, PROBABILITY_ONE, SetSpec, Weights, probability,
};
use crate::model::forest::Leaves;

/// The coverages of each class that sets may have, in thousandths, the first choice first.
pub const COVERAGES_PER_MILLE: [u16; 3] = [990, 950, 900];
/// Sets have the first of [`COVERAGES_PER_MILLE`] with which they hold at most this many classes in the mean; else the last.
pub const MAX_MEAN_CLASSES: f64 = 2.0;
/// A class with fewer rows than this has no threshold of its own, but that of all rows together.
pub const MIN_CLASS_ROWS: usize = 50;
/// With fewer rows than this nothing is calibrated: their votes say too little.
pub const MIN_ROWS: usize = 100;

/// Votes for rows that the voting trees had not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnseenVotes {
    /// The votes for each class, row-major: rows × classes.
    pub sums: Vec<u32>,
    /// The class of every row.
    pub labels: Vec<u8>,
    /// How many classes there are.
    pub n_classes: usize,
    /// The most votes that a class can have: 255 × trees.
    pub most: u32,
    /// What the leaves of the voting trees hold.
    pub leaves: Leaves,
}

/// How far the logarithm of a fitted rate may be from that of [`SCORE_STEP`], with which trees are boosted.
const MAX_RATE: f64 = 3.0;
/// The steps of the search, from coarse to fine, of the exponent's and the offset's logarithm.
const STEPS: [f64; 6] = [0.4, 0.2, 0.1, 0.05, 0.025, 0.0125];
/// Where the search begins, as logarithms, and where it ends: exponents of 1/8 to 16, offsets of 10⁻⁶ to 1.
const EXPONENT: [f64; 3] = [0.0, -2.079, 2.773];
const OFFSET: [f64; 3] = [-6.0, -13.8, 0.0];
/// The ways to go, as steps of the exponent's and the offset's logarithm.
const WAYS: [[f64; 2]; 8] = [
    [1.0, 0.0],
    [-1.0, 0.0],
    [0.0, 4.0],
    [0.0, -4.0],
    [1.0, 4.0],
    [-1.0, -4.0],
    [0.25, 4.0],
    [-0.25, -4.0],
];

/// The curve and the sets that fit these rows; `None` where they are fewer than [`MIN_ROWS`].
pub fn fit_calibration(votes: &UnseenVotes) -> Option<CalibrationSpec> {
    if votes.labels.len() < MIN_ROWS {
        return None;
    }
    let curve = fit_curve(votes);
    Some(CalibrationSpec {
        curve,
        sets: Some(fit_sets(votes, &curve)),
    })
}

/// The curve with the least log-loss on these rows: a power curve for shares, an exponential one for scores.
pub fn fit_curve(votes: &UnseenVotes) -> Curve {
    match votes.leaves {
        Leaves::Shares => fit_power(votes),
        Leaves::Scores => fit_exponential(votes),
    }
}

fn fit_exponential(votes: &UnseenVotes) -> Curve {
    let curve = |rate: f64| Curve::Exponential {
        rate: SCORE_STEP * libm::exp(rate),
    };
    let mut best = 0.0;
    let mut least = votes.log_loss(&curve(best));
    for step in STEPS {
        for way in [step, -step] {
            loop {
                let next: f64 = best + way;
                let loss = votes.log_loss(&curve(next));
                if loss >= least || next.abs() > MAX_RATE {
                    break;
                }
                (best, least) = (next, loss);
            }
        }
    }
    curve(best)
}

fn fit_power(votes: &UnseenVotes) -> Curve {
    let curve = |[exponent, offset]: [f64; 2]| Curve::Power {
        offset: libm::exp(offset),
        exponent: libm::exp(exponent),
    };
    let mut best = [EXPONENT[0], OFFSET[0]];
    let mut least = votes.log_loss(&curve(best));
    for step in STEPS {
        // Downhill until no step of this size leads further down. A larger offset asks for a larger exponent, so some of the
        // ways are aslant.
        loop {
            let before = least;
            for [exponent, offset] in WAYS {
                loop {
                    let next = [
                        (best[0] + exponent * step).clamp(EXPONENT[1], EXPONENT[2]),
                        (best[1] + offset * step).clamp(OFFSET[1], OFFSET[2]),
                    ];
                    let loss = votes.log_loss(&curve(next));
                    if loss >= least {
                        break;
                    }
                    (best, least) = (next, loss);
                }
            }
            if least >= before {
                break;
            }
        }
    }
    curve(best)
}

impl UnseenVotes {
    /// The rows' votes and labels.
    pub fn rows(&self) -> impl Iterator<Item = (&[u32], u8)> {
        self.sums
            .chunks_exact(self.n_classes)
            .zip(self.labels.iter().copied())
    }

    fn log_loss(&self, curve: &Curve) -> f64 {
        let mut sum = 0.0;
        self.visit(curve, |weights, total, label| {
            sum += loss(weights[usize::from(label)], total);
        });
        sum
    }

    /// Calls `visit` with every row's weights, what they add up to, and its label.
    fn visit(&self, curve: &Curve, mut visit: impl FnMut(&[u32], u64, u8)) {
        let curve = Weights::new(curve, self.most);
        let mut weights = vec![0; self.n_classes];
        for (sums, label) in self.rows() {
            let largest = sums.iter().copied().max().unwrap_or(0);
            let total = curve.weigh(sums, largest, &mut weights);
            visit(&weights, total, label);
        }
    }
}

/// The sets of the first of [`COVERAGES_PER_MILLE`] with which they hold few enough classes.
pub fn fit_sets(votes: &UnseenVotes, curve: &Curve) -> SetSpec {
    let ranked = RankedProbabilities::new(votes, curve);
    let rows = votes.labels.len() as f64;
    let mut sets = ranked.at(COVERAGES_PER_MILLE[0]);
    for coverage in COVERAGES_PER_MILLE {
        sets = ranked.at(coverage);
        let (mut classes, mut covered) = (0, 0);
        votes.visit(curve, |weights, total, label| {
            let set = sets.of(weights, total);
            classes += set.len();
            covered += u32::from(set.contains(label));
        });
        // What is stated is what these rows got: ties and limits give more than was asked for.
        sets.coverage_per_mille = libm::round(1000.0 * f64::from(covered) / rows) as u16;
        if classes as f64 <= MAX_MEAN_CLASSES * rows {
            break;
        }
    }
    sets
}

/// The probabilities that rows give their own label, from the least to the largest.
struct RankedProbabilities {
    of_class: Vec<Vec<u16>>,
    of_all: Vec<u16>,
}

impl RankedProbabilities {
    fn new(votes: &UnseenVotes, curve: &Curve) -> Self {
        let mut of_class = vec![Vec::new(); votes.n_classes];
        votes.visit(curve, |weights, total, label| {
            let weight = u64::from(weights[usize::from(label)]);
            of_class[usize::from(label)].push(probability(weight, total));
        });
        let mut of_all = of_class.concat();
        of_all.sort_unstable();
        for probabilities in &mut of_class {
            probabilities.sort_unstable();
        }
        Self { of_class, of_all }
    }

    fn at(&self, coverage_per_mille: u16) -> SetSpec {
        // A class that is more probable than the coverage asked for is in the set, whatever others of its rows have: where
        // nearly all have a probability of almost 1, the last digits differ from forest to forest. And one that is so
        // improbable that all classes like it together may be missed is not, even where a single row of a hundred asks it.
        let missed_per_mille = 1000 - u32::from(coverage_per_mille);
        let one = u32::from(PROBABILITY_ONE);
        let most = one * u32::from(coverage_per_mille) / 1000;
        let least = one * missed_per_mille / (1000 * self.of_class.len() as u32);
        let threshold = |probabilities: &Vec<u16>| {
            let own = has_own_threshold(probabilities.len() as u64, coverage_per_mille);
            let ranked = if own { probabilities } else { &self.of_all };
            quantile(ranked, coverage_per_mille).clamp(least as u16, most as u16)
        };
        SetSpec {
            coverage_per_mille,
            class_coverage_per_mille: coverage_per_mille,
            thresholds: self.of_class.iter().map(threshold).collect(),
        }
    }
}

/// Whether a class with so many rows gets a threshold of its own.
pub fn has_own_threshold(rows: u64, coverage_per_mille: u16) -> bool {
    // With fewer, the threshold would be 0 and the class in every set.
    rows >= MIN_CLASS_ROWS as u64 && (rows + 1) * u64::from(1000 - coverage_per_mille) >= 1000
}

/// The largest threshold that a row like these reaches with at least this probability: of n rows, the one of rank
/// ⌊(n + 1)(1 − coverage)⌋ from below, or 0 where that is none.
fn quantile(ranked: &[u16], coverage_per_mille: u16) -> u16 {
    let rank = (ranked.len() + 1) * usize::from(1000 - coverage_per_mille) / 1000;
    rank.checked_sub(1).map_or(0, |index| ranked[index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::rng::SplitMix64;

    const TREES: u32 = 20;

    /// Votes that are too flat: the label is drawn from the probabilities p, the votes from their square roots.
    fn flat_votes(seed: u64, rows: usize, n_classes: usize) -> UnseenVotes {
        let mut rng = SplitMix64::new(seed);
        let mut votes = UnseenVotes {
            n_classes,
            most: 255 * TREES,
            leaves: Leaves::Shares,
            sums: Vec::new(),
            labels: Vec::new(),
        };
        for _ in 0..rows {
            let strengths: Vec<f64> = (0..n_classes)
                .map(|_| libm::exp(4.0 * rng.unit()))
                .collect();
            let all: f64 = strengths.iter().sum();
            let mut left = rng.unit() * all;
            let drawn = strengths.iter().position(|strength| {
                left -= strength;
                left < 0.0
            });
            votes.labels.push(drawn.unwrap_or(n_classes - 1) as u8);
            let flat: f64 = strengths.iter().map(|strength| libm::sqrt(*strength)).sum();
            let share = |strength: &f64| libm::sqrt(*strength) / flat * f64::from(votes.most);
            votes
                .sums
                .extend(strengths.iter().map(|strength| share(strength) as u32));
        }
        votes
    }

    #[test]
    fn the_curve_that_was_bent_is_found_and_costs_less_on_other_rows() {
        let known = flat_votes(1, 20_000, 5);
        let found = fit_curve(&known);
        let power = |exponent| Curve::Power {
            offset: 0.0,
            exponent,
        };
        // Votes are the roots of the probabilities, so their squares are what they were drawn from.
        assert!(
            known.log_loss(&found) <= known.log_loss(&power(2.0)),
            "{found:?}"
        );
        let others = flat_votes(2, 20_000, 5);
        assert!(others.log_loss(&found) < 0.99 * others.log_loss(&power(1.0)));
        assert!(others.log_loss(&found) < 1.001 * others.log_loss(&power(2.0)));
    }

    #[test]
    fn the_rate_of_scores_is_found() {
        let mut rng = SplitMix64::new(8);
        let mut votes = UnseenVotes {
            n_classes: 3,
            most: 255 * TREES,
            leaves: Leaves::Scores,
            sums: Vec::new(),
            labels: Vec::new(),
        };
        let rate = 1.7 * SCORE_STEP;
        for _ in 0..20_000 {
            let sums = [0; 3].map(|_| 2000 + rng.below(150));
            let weights = sums.map(|sum| libm::exp(rate * f64::from(sum)));
            let mut left = rng.unit() * weights.iter().sum::<f64>();
            let drawn = weights.iter().position(|weight| {
                left -= weight;
                left < 0.0
            });
            votes.sums.extend(sums);
            votes.labels.push(drawn.unwrap_or(2) as u8);
        }
        let Curve::Exponential { rate: found } = fit_curve(&votes) else {
            panic!("scores have an exponential curve");
        };
        assert!((found / rate - 1.0).abs() < 0.05, "{found}, not {rate}");
    }

    fn coverage(votes: &UnseenVotes, curve: &Curve, sets: &SetSpec) -> (f64, Vec<f64>) {
        let mut rows = vec![[0u32; 2]; votes.n_classes];
        votes.visit(curve, |weights, total, label| {
            let [all, covered] = &mut rows[usize::from(label)];
            *all += 1;
            *covered += u32::from(sets.of(weights, total).contains(label));
        });
        let share = |&[all, covered]: &[u32; 2]| f64::from(covered) / f64::from(all);
        let [all, covered] = rows
            .iter()
            .fold([0; 2], |sum, row| [sum[0] + row[0], sum[1] + row[1]]);
        (share(&[all, covered]), rows.iter().map(share).collect())
    }

    #[test]
    fn sets_cover_what_they_state_on_other_rows_of_each_class() {
        let (known, others) = (flat_votes(3, 20_000, 4), flat_votes(4, 20_000, 4));
        let curve = fit_curve(&known);
        let sets = fit_sets(&known, &curve);
        let (all, classes) = coverage(&others, &curve, &sets);
        let stated = f64::from(sets.coverage_per_mille) / 1000.0;
        assert!((all - stated).abs() < 0.02, "{all} {sets:?}");
        for found in classes {
            let asked = f64::from(sets.class_coverage_per_mille) / 1000.0;
            assert!(found > asked - 0.02, "{found} {sets:?}");
        }
    }

    #[test]
    fn a_class_with_few_rows_shares_the_threshold_of_all() {
        let mut votes = flat_votes(5, 4000, 3);
        // All but thirty of the last class become the first.
        let mut kept = 0;
        for label in &mut votes.labels {
            if *label == 2 {
                kept += 1;
                *label = if kept > 30 { 0 } else { 2 };
            }
        }
        let curve = fit_curve(&votes);
        let ranked = RankedProbabilities::new(&votes, &curve);
        let sets = ranked.at(900);
        assert_eq!(sets.thresholds[2], quantile(&ranked.of_all, 900));
        assert_ne!(sets.thresholds[0], sets.thresholds[2]);
        assert!(!has_own_threshold(49, 900) && has_own_threshold(50, 900));
        assert!(!has_own_threshold(98, 990) && has_own_threshold(99, 990));
    }

    #[test]
    fn quantiles_leave_out_no_more_than_they_may() {
        let ranked: Vec<u16> = (1..=99).collect();
        assert_eq!(quantile(&ranked, 990), 1);
        assert_eq!(
            quantile(&ranked[..98], 990),
            0,
            "not even one may be left out"
        );
        assert_eq!(quantile(&ranked, 900), 10);
        let ties = [7; 99];
        assert_eq!(quantile(&ties, 900), 7, "ties stay in");
    }

    #[test]
    fn a_class_that_is_nearly_certain_is_always_in_the_set() {
        let mut votes = UnseenVotes {
            n_classes: 2,
            most: 255 * TREES,
            leaves: Leaves::Shares,
            sums: Vec::new(),
            labels: Vec::new(),
        };
        for row in 0..400u32 {
            let sure = votes.most - row % 5;
            let label = (row % 2) as u8;
            let sums = [sure, votes.most - sure];
            votes
                .sums
                .extend(if label == 0 { sums } else { [sums[1], sums[0]] });
            votes.labels.push(label);
        }
        let sets = fit_sets(&votes, &fit_curve(&votes));
        assert_eq!(sets.coverage_per_mille, 1000, "{sets:?}");
        assert!(sets.thresholds.iter().all(|&threshold| threshold <= 64_880));
    }

    #[test]
    fn few_rows_are_not_calibrated_on() {
        assert_eq!(fit_calibration(&flat_votes(6, MIN_ROWS - 1, 3)), None);
        assert!(fit_calibration(&flat_votes(6, MIN_ROWS, 3)).is_some());
    }
}
