//! The detectors of a model side by side, and the one rank that they make together.
//!
//! ```text
//!                        ┌─ isolation forest ────────────▶ rank ─┐
//! row ─ imputed values ──┼─ space ─ local outlier factor ▶ rank ─┼─ Σ surprise × weight ─▶ rank of the ensemble
//!                        └─ space ─ one-class SVM ───────▶ rank ─┘
//! ```
//!
//! Ranks are among reference rows that the detectors were not fitted on, so that a row of the same traffic has any rank as often
//! as another.

use super::lof::{Lof, LofScratch, LofSpec};
use super::one_class::{OneClass, OneClassSpec};
use super::rank::{QUANTILE_STEPS, Ranking, score_key};
use super::space::Space;
use super::surprise::Surprise;
use super::unknown::UnknownSpec;
use super::validate::require;
use crate::Error;

/// How many detectors there may be.
pub const N_DETECTORS: usize = 3;

/// What they are called, in the order of their ranks.
pub const DETECTOR_NAMES: [&str; N_DETECTORS] =
    ["isolation forest", "local outlier factor", "one-class SVM"];

/// The detectors beside the isolation forest, as they are stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetectorsSpec {
    /// The local outlier factor.
    pub lof: Option<PlacedSpec<LofSpec>>,
    /// The one-class SVM.
    pub one_class: Option<PlacedSpec<OneClassSpec>>,
    /// What makes one rank of several; there if and only if there are several.
    pub ensemble: Option<EnsembleSpec>,
    /// What is called unknown; only beside a classifier and all detectors.
    pub unknown: Option<UnknownSpec>,
}

/// A detector that compares rows with points.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedSpec<S> {
    /// Where its points are, and rows go.
    pub space: Space,
    /// The detector itself.
    pub spec: S,
    /// The [quantile table](super::rank::quantile_table) of the reference rows' [keys](super::rank::score_key).
    pub quantiles: Vec<u32>,
}

/// What makes one rank of several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnsembleSpec {
    /// What each detector's surprise counts, in 1/256; 0 for one that is not there.
    pub weights: [u16; N_DETECTORS],
    /// The quantile table of the reference rows' keys, see [`Ensemble::key`].
    pub quantiles: Vec<u32>,
}

/// The most that a detector's surprise may count, in 1/256.
pub const MAX_WEIGHT: u16 = 4096;

/// The ranks of a row by each detector; 0 for one that is not there.
pub type DetectorRanks = [u16; N_DETECTORS];

impl DetectorsSpec {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lof.is_none() && self.one_class.is_none()
    }

    /// Checks all that scoring relies on. `has_classes` says whether the model has a classifier, `has_isolation` an isolation
    /// forest.
    pub(crate) fn validate(
        &self,
        n_features: usize,
        has_classes: bool,
        has_isolation: bool,
    ) -> Result<(), Error> {
        let mut there = [has_isolation, false, false];
        if let Some(lof) = &self.lof {
            lof.validate(n_features, lof.spec.n_features as usize)?;
            lof.spec.validate()?;
            there[1] = true;
        }
        if let Some(one_class) = &self.one_class {
            one_class.validate(n_features, one_class.spec.n_features as usize)?;
            one_class.spec.validate()?;
            there[2] = true;
        }
        let several = there.iter().filter(|&&there| there).count() > 1;
        require(several == self.ensemble.is_some(), || {
            "it has several detectors and no ensemble of them, or an ensemble of none".into()
        })?;
        if let Some(ensemble) = &self.ensemble {
            quantiles(&ensemble.quantiles)?;
            let counts = ensemble.weights.map(|weight| weight > 0);
            let most = ensemble
                .weights
                .iter()
                .fold(0, |most, &weight| weight.max(most));
            require((1..=MAX_WEIGHT).contains(&most), || {
                format!(
                    "the largest weight of its ensemble is {most}; 1 to {MAX_WEIGHT} are allowed"
                )
            })?;
            let absent = counts
                .iter()
                .zip(there)
                .any(|(&counts, there)| counts && !there);
            require(!absent, || {
                "its ensemble weighs a detector that is not there".into()
            })?;
        }
        if let Some(unknown) = &self.unknown {
            quantiles(&unknown.attack_quantiles)?;
            require(has_classes && there[1] && there[2], || {
                "it calls rows unknown without a classifier or a detector for that".into()
            })?;
        }
        Ok(())
    }
}

impl<S> PlacedSpec<S> {
    fn validate(&self, n_features: usize, of_points: usize) -> Result<(), Error> {
        self.space.validate(n_features)?;
        require(of_points == n_features, || {
            format!("a detector's points have {of_points} features, the model {n_features}")
        })?;
        quantiles(&self.quantiles)
    }
}

fn quantiles(table: &[u32]) -> Result<(), Error> {
    require(table.len() == QUANTILE_STEPS + 1, || {
        format!(
            "a detector has {} quantiles, not {}",
            table.len(),
            QUANTILE_STEPS + 1
        )
    })?;
    require(table.is_sorted_by(|a, b| a >= b), || {
        "a detector's quantiles do not fall".into()
    })
}

/// The detectors beside the isolation forest, ready to score.
#[derive(Clone, Debug, Default)]
pub(crate) struct Detectors {
    lof: Option<(Space, Lof, Ranking)>,
    one_class: Option<(Space, OneClass, Ranking)>,
    ensemble: Option<(Ensemble, Ranking)>,
}

/// Memory that they work in.
#[derive(Clone, Debug, Default)]
pub(crate) struct DetectorsScratch {
    /// Where the row lies for a detector.
    placed: Vec<f32>,
    lof: LofScratch,
    one_class: Vec<f32>,
}

impl Detectors {
    /// Compiles detectors that [`DetectorsSpec::validate`] has accepted.
    pub(crate) fn new(spec: &DetectorsSpec) -> Result<Self, Error> {
        let lof = match &spec.lof {
            None => None,
            Some(lof) => {
                let bounds = (score_key(f32::MAX), score_key(0.0));
                let ranking = Ranking::new(&lof.quantiles, bounds);
                Some((lof.space.clone(), Lof::new(&lof.spec)?, ranking))
            }
        };
        let one_class = match &spec.one_class {
            None => None,
            Some(one_class) => {
                let bounds = one_class.spec.bounds();
                let bounds = (score_key(bounds.1), score_key(bounds.0));
                let ranking = Ranking::new(&one_class.quantiles, bounds);
                let compiled = OneClass::new(&one_class.spec)?;
                Some((one_class.space.clone(), compiled, ranking))
            }
        };
        let ensemble = spec.ensemble.as_ref().map(|ensemble| {
            let compiled = Ensemble::new(ensemble.weights);
            let ranking = Ranking::new(&ensemble.quantiles, compiled.bounds());
            (compiled, ranking)
        });
        Ok(Self {
            lof,
            one_class,
            ensemble,
        })
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lof.is_none() && self.one_class.is_none()
    }

    pub(crate) fn scratch(&self, n_features: usize) -> DetectorsScratch {
        DetectorsScratch {
            placed: vec![0.0; n_features],
            lof: LofScratch::default(),
            one_class: vec![
                0.0;
                self.one_class
                    .as_ref()
                    .map_or(0, |(_, one_class, _)| one_class.scratch_len())
            ],
        }
    }

    /// The ranks of a row of finite values, given that of the isolation forest, and the one that they make together.
    pub(crate) fn ranks(
        &self,
        row: &[f32],
        isolation: u16,
        scratch: &mut DetectorsScratch,
    ) -> (u16, DetectorRanks) {
        let DetectorsScratch { placed, .. } = scratch;
        let mut ranks = [isolation, 0, 0];
        if let Some((space, lof, ranking)) = &self.lof {
            space.place(row, placed);
            ranks[1] = ranking.rank(score_key(lof.score(placed, &mut scratch.lof)));
        }
        if let Some((space, one_class, ranking)) = &self.one_class {
            space.place(row, placed);
            ranks[2] = ranking.rank(score_key(one_class.score(placed, &mut scratch.one_class)));
        }
        let rank = match &self.ensemble {
            Some((ensemble, ranking)) => ranking.rank(ensemble.key(ranks)),
            // At most one of them is there.
            None => ranks[0] | ranks[1] | ranks[2],
        };
        (rank, ranks)
    }
}

/// Makes a key of several detectors' ranks: also what a fit takes the ensemble's quantiles of.
#[derive(Clone, Debug)]
pub struct Ensemble {
    weights: [u16; N_DETECTORS],
    surprise: Surprise,
}

impl Ensemble {
    /// An ensemble of detectors of these weights, in 1/256.
    pub fn new(weights: [u16; N_DETECTORS]) -> Self {
        Self {
            weights,
            surprise: Surprise::new(),
        }
    }

    /// The least and the largest key that ranks can make.
    pub fn bounds(&self) -> (u32, u32) {
        (self.key([u16::MAX; N_DETECTORS]), u32::MAX)
    }

    /// The smaller the stranger: falls with the sum of the surprises times their weights.
    pub fn key(&self, ranks: DetectorRanks) -> u32 {
        let weighed = ranks.iter().zip(self.weights);
        let sum: u32 = weighed
            .map(|(&rank, weight)| self.surprise.of(rank) * u32::from(weight))
            .sum();
        u32::MAX - sum
    }
}
