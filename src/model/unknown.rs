//! Flows of no kind that the model knows: strange to the detectors, and nothing that the classifier is sure of.
//!
//! The classifier's probability of an attack, the local outlier factor and the one-class SVM each say how surprising a flow is
//! among benign ones, in bits (see [`super::surprise`]). A flow that is not called an attack, but of which that adds up to more than
//! a threshold, is called *unknown*. The threshold is where, of benign flows that the fit has not seen, a stated share is called
//! an attack or unknown.
//!
//! The isolation forest has no part in it: on RT-IoT2022 attacks that training has not seen are told from benign traffic less
//! often with it.

use super::detectors::DetectorRanks;
use super::rank::Ranking;
use super::surprise::Surprise;

/// What counts as evidence together, in 1/256 each: the attack probability, then the detectors in their order. The largest of the
/// sums decides.
const RULES: [[u32; 4]; 2] = [[0, 0, 0, 256], [171, 0, 43, 171]];

/// What is called unknown, as it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnknownSpec {
    /// The quantile table of 65535 − attack probability × 65535 of benign rows.
    pub attack_quantiles: Vec<u32>,
    /// Rows whose [key](Evidence::key) is below are unknown.
    pub threshold: u32,
    /// The share of benign rows that are to be called an attack or unknown, per million.
    pub alarms_per_million: u32,
}

/// Adds up what speaks for an attack: also what a fit finds the threshold with.
#[derive(Clone, Debug)]
pub struct Evidence {
    attack: Ranking,
    surprise: Surprise,
}

impl Evidence {
    /// With the quantile table of benign rows' attack probabilities, see [`UnknownSpec::attack_quantiles`].
    pub fn new(attack_quantiles: &[u32]) -> Self {
        Self {
            attack: Ranking::new(attack_quantiles, (0, u32::from(u16::MAX))),
            surprise: Surprise::new(),
        }
    }

    /// The smaller the more speaks for an attack.
    pub fn key(&self, attack_probability: u16, ranks: DetectorRanks) -> u32 {
        let attack = self.attack.rank(u32::from(u16::MAX - attack_probability));
        let [isolation, lof, one_class] = ranks;
        let surprises = [attack, isolation, lof, one_class].map(|rank| self.surprise.of(rank));
        let sum = |weights: &[u32; 4]| -> u32 {
            let weighed = weights.iter().zip(surprises);
            weighed.map(|(weight, surprise)| weight * surprise).sum()
        };
        u32::MAX - RULES.iter().map(sum).fold(0, u32::max)
    }
}
