//! Local outlier factor (Breunig, Kriegel, Ng and Sander 2000): rows that lie in emptier surroundings than their
//! neighbours do are strange.
//!
//! The *k-distance* of a reference point is how far its k-th neighbour is. The *reachability* of a row from a point is their
//! distance, but at least the point's k-distance, so that rows amid the same crowd are all alike. A row's *local
//! reachability density* is the inverse of its mean reachability from its k nearest points, and its score is
//!
//! ```text
//!                             mean density of the k nearest points
//! local outlier factor  =  ──────────────────────────────────────────
//!                                   density of the row itself
//! ```
//!
//! About 1 amid a crowd of any density, larger the emptier it is around the row: what scikit-learn's
//! `LocalOutlierFactor(novelty=True)` calls `-score_samples`. Reference points are training rows or some of them; their
//! k-distances and densities were found by the fit and stay as they are.

use super::distance::Points;
use super::nearest::Nearest;
use super::validate::{self, require};
use crate::Error;

/// What is added to a mean reachability before it is inverted, as scikit-learn does: points among equal ones would have
/// infinite densities.
pub const LEAST_REACHABILITY: f64 = 1e-10;
/// The most reference points that a model may have.
pub const MAX_POINTS: usize = 1 << 16;
/// The most neighbours that a row may be compared with.
pub const MAX_NEIGHBOURS: u32 = 1000;

/// The detector as it is trained and stored. It sees rows in the standard scaler's units, without missing values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LofSpec {
    /// How many neighbours a row is compared with.
    pub k: u32,
    /// How many values a point has.
    pub n_features: u32,
    /// The reference points, one after another.
    pub points: Vec<f32>,
    /// How far each point's k-th neighbour is; nothing is closer to the point than that.
    pub k_distances: Vec<f32>,
    /// Each point's local reachability density.
    pub densities: Vec<f32>,
    /// How many of the k neighbours each point stands for. Empty where each is one.
    pub counts: Vec<u32>,
}

impl LofSpec {
    /// How many reference points there are.
    pub fn n_points(&self) -> usize {
        self.densities.len()
    }

    /// Checks all that [`Lof`] relies on.
    ///
    /// # Errors
    /// [`PackDamaged`](crate::ErrorKind::PackDamaged) says what cannot be.
    pub fn validate(&self) -> Result<(), Error> {
        let (n_points, n_features) = (self.n_points(), self.n_features as usize);
        validate::points(
            "outlier factor",
            &self.points,
            (n_points, MAX_POINTS),
            n_features,
        )?;
        let counts = self.counts.len();
        let neighbours = match counts {
            0 => n_points as u64,
            _ => self.counts.iter().copied().map(u64::from).sum(),
        };
        let most = neighbours.min(u64::from(MAX_NEIGHBOURS));
        let k = u64::from(self.k);
        require((1..=most).contains(&k), || {
            format!("its outlier factor asks for {k} neighbours of {most}")
        })?;
        let fit_together = self.k_distances.len() == n_points
            && (counts == 0 || counts == n_points)
            && !self.counts.contains(&0)
            && validate::all_finite(&self.k_distances)
            && validate::all_finite(&self.densities)
            && self.k_distances.iter().all(|&distance| distance >= 0.0)
            && self.densities.iter().all(|&density| density > 0.0);
        require(fit_together, || {
            "its outlier factor's distances, densities or counts cannot be".into()
        })
    }
}

/// The detector ready to score.
#[derive(Clone, Debug)]
pub struct Lof {
    k: u32,
    points: Points,
    /// Of each point.
    about: Vec<About>,
}

/// What is known of a reference point beside where it is.
#[derive(Clone, Copy, Debug)]
struct About {
    k_distance: f32,
    density: f32,
    count: u32,
}

/// What scoring a row needs, kept from row to row.
#[derive(Clone, Debug, Default)]
pub struct LofScratch {
    nearest: Nearest<f32>,
}

impl Lof {
    /// Compiles a detector.
    ///
    /// # Errors
    /// What is wrong with it, see [`LofSpec::validate`].
    pub fn new(spec: &LofSpec) -> Result<Self, Error> {
        spec.validate()?;
        let about = spec.k_distances.iter().zip(&spec.densities).enumerate();
        Ok(Self {
            k: spec.k,
            points: Points::new(&spec.points, spec.n_features as usize),
            about: about
                .map(|(point, (&k_distance, &density))| About {
                    k_distance,
                    density,
                    count: spec.counts.get(point).copied().unwrap_or(1),
                })
                .collect(),
        })
    }

    /// The local outlier factor of a row of finite values: finite and not negative, larger is stranger. Of points at the
    /// same distance those that come first are the nearer. It is `f32::MAX` for a row so far away that the squares of its
    /// distances leave the range of `f32`.
    ///
    /// # Panics
    /// If the row has another number of values than the points.
    pub fn score(&self, row: &[f32], scratch: &mut LofScratch) -> f32 {
        let nearest = &mut scratch.nearest;
        self.find_nearest(row, nearest);
        if !nearest.is_complete() {
            return f32::MAX;
        }
        let (mut reachability, mut density) = (0.0, 0.0);
        for neighbour in nearest.neighbours() {
            let about = self.about[neighbour.point as usize];
            let (distance, count) = (neighbour.distance.sqrt(), f64::from(neighbour.count));
            reachability += count * f64::from(distance.max(about.k_distance));
            density += count * f64::from(about.density);
        }
        let k = f64::from(self.k);
        let factor = (density / k) * (reachability / k + LEAST_REACHABILITY);
        (factor as f32).min(f32::MAX)
    }

    /// Finds the nearest points, with the squares of their distances.
    fn find_nearest(&self, row: &[f32], nearest: &mut Nearest<f32>) {
        nearest.start(self.k);
        self.points
            .each_nearer(row, f32::INFINITY, |point, squared_distance| {
                nearest.take(squared_distance, point as u32, self.about[point].count);
                nearest.limit().unwrap_or(f32::INFINITY)
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::rng::SplitMix64;

    /// Points on a line at 0, 1, 2, 4, 8 with k-distances and densities of their own.
    fn line() -> LofSpec {
        LofSpec {
            k: 2,
            n_features: 1,
            points: vec![0.0, 1.0, 2.0, 4.0, 8.0],
            k_distances: vec![2.0, 1.0, 2.0, 3.0, 6.0],
            densities: vec![1.0, 0.5, 0.25, 2.0, 4.0],
            counts: Vec::new(),
        }
    }

    fn score(spec: &LofSpec, row: &[f32]) -> f32 {
        Lof::new(spec)
            .expect("valid")
            .score(row, &mut LofScratch::default())
    }

    #[test]
    fn the_score_is_the_density_of_the_neighbours_by_that_of_the_row() {
        // Of 5: at 4, distance 1, reachability 3; at 2 and 8, both 3 away, the first.
        assert_eq!(score(&line(), &[5.0]), f32::midpoint(2.0, 0.25) * 3.0);
        // Of 1: itself, reachability 1; at 0 and 2 the first, reachability 2.
        assert_eq!(score(&line(), &[1.0]), f32::midpoint(1.0, 0.5) * 1.5);
    }

    #[test]
    fn a_point_counts_as_many_times_as_it_stands_for() {
        let mut spec = line();
        spec.counts = vec![1, 1, 1, 1, 1];
        assert_eq!(score(&spec, &[5.0]), score(&line(), &[5.0]));
        spec.k = 4;
        spec.counts = vec![9, 1, 1, 2, 7];
        // Of 5: 4 twice, 2 once, 8 for the rest.
        let (density, reachability) = (
            (2.0 * 2.0 + 0.25 + 4.0) / 4.0,
            (2.0 * 3.0 + 3.0 + 6.0) / 4.0,
        );
        assert_eq!(score(&spec, &[5.0]), density * reachability);
        spec.counts = vec![u32::MAX; 5];
        assert_eq!(score(&spec, &[4.0]), 2.0 * 3.0);
    }

    #[test]
    fn scores_are_finite_however_far_a_row_is() {
        for spec in [line(), LofSpec { k: 5, ..line() }] {
            for far in [1e18, 1e19, 1e30, f32::MAX, f32::MIN] {
                let found = score(&spec, &[far]);
                assert!(found.is_finite() && found > 1e6, "{far}: {found}");
            }
        }
        let mut spec = line();
        spec.densities = vec![1e38; 5];
        assert_eq!(score(&spec, &[1e15]), f32::MAX);
    }

    #[test]
    fn neighbours_are_those_that_a_sort_finds() {
        let mut rng = SplitMix64::new(17);
        for (n, n_features, k) in [(1, 1, 1), (40, 3, 7), (257, 39, 20), (300, 82, 300)] {
            // Coarse values, so that distances are often equal.
            let mut values =
                |n: usize| -> Vec<f32> { (0..n).map(|_| rng.below(4) as f32).collect() };
            let points = values(n * n_features);
            let spec = LofSpec {
                k,
                n_features: n_features as u32,
                k_distances: values(n),
                densities: (1..=n).map(|density| density as f32).collect(),
                counts: Vec::new(),
                points,
            };
            let lof = Lof::new(&spec).expect("valid");
            for _ in 0..50 {
                let row = values(n_features);
                let mut sorted: Vec<(f32, usize)> = spec
                    .points
                    .chunks_exact(n_features)
                    .map(|point| row.iter().zip(point).map(|(a, b)| (a - b) * (a - b)).sum())
                    .zip(0..)
                    .collect();
                sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut nearest = Nearest::default();
                lof.find_nearest(&row, &mut nearest);
                let found: Vec<(f32, usize)> = nearest
                    .neighbours()
                    .map(|neighbour| (neighbour.distance, neighbour.point as usize))
                    .collect();
                assert_eq!(found, sorted[..k as usize]);
            }
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        type Damage = fn(&mut LofSpec);
        let refused: [(&str, Damage); 12] = [
            ("0 features", |spec| spec.n_features = 0),
            ("5 values for 5 points of 2 features", |spec| {
                spec.n_features = 2;
            }),
            ("0 points", |spec| spec.densities.clear()),
            ("counts cannot be", |spec| spec.k_distances.push(1.0)),
            ("counts cannot be", |spec| spec.counts = vec![1; 4]),
            ("finite ones", |spec| spec.points[3] = f32::NAN),
            ("counts cannot be", |spec| spec.k_distances[0] = -1.0),
            ("counts cannot be", |spec| {
                spec.k_distances[0] = f32::INFINITY;
            }),
            ("counts cannot be", |spec| spec.densities[4] = 0.0),
            ("0 neighbours of 5", |spec| spec.k = 0),
            ("6 neighbours of 5", |spec| spec.k = 6),
            ("counts cannot be", |spec| {
                spec.counts = vec![2, 2, 0, 2, 2];
            }),
        ];
        for (message, damage) in refused {
            let mut spec = line();
            damage(&mut spec);
            let error = Lof::new(&spec).expect_err(message).to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
