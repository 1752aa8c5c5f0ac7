//! Fewer reference points: what a model file has room for and a row has time for.
//!
//! Some of the distinct points are drawn. Each keeps the k-distance and the density that it has among all points: a fit on the
//! drawn points alone would see other crowds. What is left to choose is how many neighbours a row is compared with where
//! most are missing, see [`Counting`].

use super::ExactLof;
use super::exact::ROWS_AT_ONCE;
use crate::Error;
use crate::fit::rng::{Purpose, SplitMix64};
use crate::model::lof::{Lof, LofScratch, LofSpec, MAX_POINTS};
use crate::model::nearest::Nearest;

/// How drawn points are counted as neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// Each as one, and a row is compared with so many of them; fewer where there are fewer. On flows this tells attacks from
    /// benign rows best, often better than the exact detector.
    Once(u32),
    /// Each for all points to which it is the nearest drawn one, up to the k of the fit: where many were left out one point
    /// is as good as many neighbours, so k means in every place what it meant before. This orders rows most like the exact
    /// detector, and of all points it is the exact detector.
    ForThoseLeftOut,
}

impl Default for Counting {
    fn default() -> Self {
        Self::Once(5)
    }
}

/// What a number of reference points is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reduction {
    /// How many points there are.
    pub n_points: usize,
    /// Spearman's rank correlation with the exact scores; 1 where all rows come in the same order.
    pub agreement: f64,
    /// The size of the points and what is known of them, in bytes, before any compression.
    pub bytes: usize,
}

impl ExactLof {
    /// A detector of `n_points` reference points that a seed draws, or of all where there are no more, at most
    /// [`MAX_POINTS`]. With the same seed fewer points are among those of more.
    pub fn reduce(&self, n_points: usize, seed: u64, counting: Counting) -> LofSpec {
        let all = self.points();
        let mut drawn: Vec<u32> = (0..all.len() as u32).collect();
        let n_points = n_points.clamp(1, all.len().min(MAX_POINTS));
        let mut rng = SplitMix64::stream(seed, Purpose::LofPoints, 0);
        rng.draw_to_front(&mut drawn, n_points);
        drawn.truncate(n_points);
        drawn.sort_unstable();
        let (k, counts) = match counting {
            Counting::Once(k) => (k.clamp(1, n_points as u32), Vec::new()),
            Counting::ForThoseLeftOut => (all.k(), self.stood_for(&drawn)),
        };
        let float = |values: &[f64], least: f32| -> Vec<f32> {
            let of_drawn = drawn.iter().map(|&point| values[point as usize] as f32);
            of_drawn.map(|value| value.clamp(least, f32::MAX)).collect()
        };
        LofSpec {
            k,
            n_features: all.n_features() as u32,
            points: drawn
                .iter()
                .flat_map(|&point| all.point(point as usize))
                .copied()
                .collect(),
            k_distances: float(self.k_distances(), 0.0),
            densities: float(self.densities(), f32::MIN_POSITIVE),
            counts: if counts.iter().all(|&count| count == 1) {
                Vec::new()
            } else {
                counts
            },
        }
    }

    /// How many neighbours each drawn point stands for: its own, and those of the points to which it is the nearest drawn
    /// one, the first of equally near ones.
    fn stood_for(&self, drawn: &[u32]) -> Vec<u32> {
        let all = self.points();
        let among = all.only(drawn);
        let mut counts = vec![0; drawn.len()];
        let mut nearest = vec![Nearest::default(); ROWS_AT_ONCE];
        let points: Vec<usize> = (0..all.len()).collect();
        for points in points.chunks(ROWS_AT_ONCE) {
            let rows: Vec<&[f32]> = points.iter().map(|&point| all.point(point)).collect();
            among.find_nearest(&rows, 1, &mut nearest, |_, _| 1);
            for (&point, nearest) in points.iter().zip(&nearest) {
                for found in nearest.neighbours() {
                    counts[found.point as usize] += all.weight(point);
                }
            }
        }
        counts
    }

    /// What each of `sizes` is worth on rows that the fit has not seen, given one after another.
    ///
    /// # Errors
    /// What is wrong with a reduced detector, see [`LofSpec::validate`]: a table of too many features.
    pub fn reductions(
        &self,
        sizes: &[usize],
        seed: u64,
        counting: Counting,
        held_out: &[f32],
    ) -> Result<Vec<Reduction>, Error> {
        let exact = self.scores(held_out);
        let mut scratch = LofScratch::default();
        let mut worth = |&size: &usize| {
            let spec = self.reduce(size, seed, counting);
            let lof = Lof::new(&spec)?;
            let rows = held_out.chunks_exact(self.points().n_features());
            let scores: Vec<f64> = rows
                .map(|row| f64::from(lof.score(row, &mut scratch)))
                .collect();
            let values = spec.points.len() + 2 * spec.n_points() + spec.counts.len();
            Ok(Reduction {
                n_points: spec.n_points(),
                agreement: rank_correlation(&exact, &scores),
                bytes: values * size_of::<f32>(),
            })
        };
        sizes.iter().map(&mut worth).collect()
    }
}

/// The reduction of fewest points whose agreement is at most `tolerance` below 1; where none is, the one that agrees most,
/// of these the smallest. `None` where there are none.
pub fn smallest_within(reductions: &[Reduction], tolerance: f64) -> Option<Reduction> {
    let good = |reduction: &&Reduction| reduction.agreement >= 1.0 - tolerance;
    let mut chosen: Option<&Reduction> = None;
    for reduction in reductions {
        let better = chosen.is_none_or(|chosen| match (good(&reduction), good(&chosen)) {
            (true, true) => reduction.n_points < chosen.n_points,
            (false, false) => {
                reduction.agreement > chosen.agreement
                    || (reduction.agreement == chosen.agreement
                        && reduction.n_points < chosen.n_points)
            }
            (good, _) => good,
        });
        if better {
            chosen = Some(reduction);
        }
    }
    chosen.copied()
}

/// Spearman's rank correlation, equal values at the mean of their ranks; 1 where all values of both are equal, 0 where those
/// of one are.
fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (centred_ranks(a), centred_ranks(b));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (of_a, of_b) = (product(&a, &a), product(&b, &b));
    if of_a == 0.0 || of_b == 0.0 {
        return f64::from(u8::from(of_a == of_b));
    }
    product(&a, &b) / (of_a.sqrt() * of_b.sqrt())
}

/// Each value's rank less the mean of all ranks.
fn centred_ranks(values: &[f64]) -> Vec<f64> {
    let value = |&place: &u32| values[place as usize];
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by(|a, b| value(a).total_cmp(&value(b)));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equal in order.chunk_by(|a, b| value(a) == value(b)) {
        // Twice the mean rank is a whole number.
        let rank = (2 * before + equal.len()) as f64 / 2.0;
        for &place in equal {
            ranks[place as usize] = rank - values.len() as f64 / 2.0;
        }
        before += equal.len();
    }
    ranks
}
