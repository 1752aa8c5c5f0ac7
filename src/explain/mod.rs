//! Why a flow got its class: how much each feature's value added to what the trees say of the class, or took away.
//!
//! The numbers are Shapley values (1953) of the *path-dependent* game of Lundberg et al. (From local explanations to global
//! understanding with explainable AI for trees, 2020): what a tree says of a row of which some features are unknown is the
//! mean of its leaves, weighted by the training rows that went each way at the splits on the unknown ones. A row's value
//! is compared with that of a row of which nothing is known:
//!
//! ```text
//!   expectation + the features' contributions = output
//!      8.3 %    +  (+61.2 − 4.0 + …) points   = 97.1 %   of the votes for the class
//!     −0.42     +  (+3.91 − 0.20 + …)         = +5.31    the class's log-odds against the average class
//! ```
//!
//! What is explained depends on what the [leaves](Leaves) hold. In a random forest it is the class's share of the votes: the
//! sum of its bytes in the leaves that the row ends in, over 255 × trees. Nothing that is made of it later, such as a
//! calibrated confidence, is in it. In boosted trees it is the class's score, a centred logit: the sum of its bytes less the
//! classes' mean in each leaf, times the rate of the calibration's curve. That is ln p less the mean of the classes' ln p,
//! so a difference of 0.69 doubles the class's odds against the (geometrically) average class, and two classes' scores
//! differ by the logarithm of their odds.
//!
//! It needs the leaves' [covers](crate::model::cover), which model files have that were trained since there are
//! explanations.

mod place;
mod quadrature;
mod tree_shap;

pub use place::{Place, place};
pub use quadrature::Quadrature;
pub use tree_shap::{TreeShap, node_covers};

use crate::model::calibration::{Curve, Weights, probability, weigh};
use crate::model::cover::weight_of;
use crate::model::forest::Leaves;
use crate::model::{ModelSpec, most_votes, validate};
use crate::{Error, ErrorKind};

/// Explains the rows of one model.
#[derive(Clone, Debug)]
pub struct Explainer {
    /// The cover of each node, tree by tree.
    covers: Vec<Vec<f64>>,
    shap: TreeShap,
    /// None where the model is not calibrated.
    weights: Option<Weights>,
}

/// Why what the trees say of a class is what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The unit of all numbers: with [`Leaves::Shares`] they are shares of the votes, of which 1 is all; with
    /// [`Leaves::Scores`] natural logarithms of odds against the average class, where +0.69 doubles and −0.69 halves.
    pub leaves: Leaves,
    /// What a row gets of which nothing is known.
    pub expectation: f64,
    /// What this row gets: the expectation and all contributions together, as far as floats add up.
    pub output: f64,
    /// Per feature of the model, what its value added.
    pub contributions: Vec<f64>,
}

impl Explainer {
    /// Prepares a model for explanations. Of the specification, its detector, card and test rows may be left out.
    ///
    /// # Errors
    /// [`ErrorKind::NoExplanation`] where the model has no classes, or its file no covers; [`ErrorKind::PackDamaged`] where
    /// the parts do not fit together.
    pub fn new(spec: &ModelSpec) -> Result<Self, Error> {
        let ModelSpec { name, forest, .. } = spec;
        if !spec.has_classes() {
            return Err(none(format!(
                "The model {name} has no classes, so there is nothing to explain but that a flow is unlike the others."
            )));
        }
        if forest.covers.is_empty() {
            return Err(none(format!(
                "The model file {name} does not say how many training rows went each way, which an explanation is made of. \
                 Train the model anew, or get its newest file."
            )));
        }
        validate::classifier(spec)?;
        let mut codes = forest.covers.iter();
        let mut covers = Vec::with_capacity(forest.trees.len());
        for tree in &forest.trees {
            covers.push(node_covers(tree, |_| {
                // One for each leaf: that was checked.
                codes.next().map_or(0, |&code| weight_of(code)) as f64
            }));
        }
        Ok(Self {
            covers,
            shap: TreeShap::new(&forest.trees),
            weights: spec
                .calibration
                .as_ref()
                .map(|calibration| Weights::new(&calibration.curve, most_votes(forest))),
        })
    }

    /// Explains what the model that this was made for says of a row: `values` are its features, NaN where missing.
    ///
    /// # Panics
    /// If there are fewer values than features, or the model has no such class.
    pub fn explain(&mut self, spec: &ModelSpec, values: &[f32], class: u8) -> Explanation {
        let forest = &spec.forest;
        let n_classes = usize::from(forest.n_classes);
        assert!(usize::from(class) < n_classes, "no class {class}");
        let class = usize::from(class);
        let rate = match spec
            .calibration
            .as_ref()
            .map(|calibration| calibration.curve)
        {
            Some(Curve::Exponential { rate }) => Some(rate),
            _ => None,
        };
        let mut said = Vec::new();
        for distribution in forest.distributions.chunks_exact(n_classes) {
            let own = f64::from(distribution[class]);
            // Shares have one mean in all leaves, scores one of their own in each.
            let sum: u32 = distribution.iter().map(|&score| u32::from(score)).sum();
            let mean = rate.map_or(0.0, |_| f64::from(sum) / n_classes as f64);
            said.push(own - mean);
        }
        let mut explanation = Explanation::nothing(spec.leaves(), spec.schema.columns.len());
        for (tree, covers) in forest.trees.iter().zip(&self.covers) {
            let value = |leaf: u32| said[leaf as usize];
            self.shap.add(tree, covers, values, value, &mut explanation);
        }
        explanation.scale(rate.unwrap_or(1.0 / f64::from(most_votes(forest))));
        explanation
    }

    /// The probability × 65535, rounded, that a row is an attack, as the model that this was made for gives it: see
    /// [`Model::attack_probability`](crate::model::Model::attack_probability).
    ///
    /// # Panics
    /// If there are fewer values than features.
    pub fn attack_probability(&self, spec: &ModelSpec, values: &[f32]) -> u16 {
        let forest = &spec.forest;
        let n_classes = usize::from(forest.n_classes);
        let mut sums = vec![0; n_classes];
        for tree in &forest.trees {
            let leaf = tree.leaf(|feature| values[usize::from(feature)]) as usize;
            let votes = &forest.distributions[leaf * n_classes..];
            for (sum, &byte) in sums.iter_mut().zip(votes) {
                *sum += u32::from(byte);
            }
        }
        let mut weights = vec![0; n_classes];
        let largest = sums.iter().copied().max().unwrap_or(0);
        let total = weigh(self.weights.as_ref(), &sums, largest, &mut weights);
        let mut attacks = 0;
        for (&weight, kind) in weights.iter().zip(&spec.taxonomy.kinds) {
            attacks += if kind.attack { u64::from(weight) } else { 0 };
        }
        probability(attacks, total)
    }
}

impl Explanation {
    /// One that nothing was added to yet, of a model with so many features.
    pub fn nothing(leaves: Leaves, n_features: usize) -> Self {
        Self {
            leaves,
            expectation: 0.0,
            output: 0.0,
            contributions: vec![0.0; n_features],
        }
    }

    fn scale(&mut self, by: f64) {
        self.expectation *= by;
        self.output *= by;
        for contribution in &mut self.contributions {
            *contribution *= by;
        }
    }

    /// The features from the largest contribution, whichever way it goes, to the least; of equal ones the first.
    pub fn ranked(&self) -> Vec<usize> {
        let mut features: Vec<usize> = (0..self.contributions.len()).collect();
        let size = |feature: usize| self.contributions[feature].abs();
        features.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then(a.cmp(&b)));
        features
    }
}

fn none(message: String) -> Error {
    Error::new(ErrorKind::NoExplanation, message)
}
