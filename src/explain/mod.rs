//! Why a flow got its class: how much each feature's value added to the class's share of the forest's votes, or took away.
//!
//! The numbers are Shapley values (1953) of the *path-dependent* game of Lundberg et al. (From local explanations to global
//! understanding with explainable AI for trees, 2020): what a tree says of a row of which some features are unknown is the
//! mean of its leaves, weighted by the training rows that went each way at the splits on the unknown ones. A row's value
//! is compared with that of a row of which nothing is known:
//!
//! ```text
//!   expectation + the features' contributions = output
//!      8.3 %    +  (+61.2 − 4.0 + …) points   = 97.1 %   of the votes for the class
//! ```
//!
//! What is explained is the class's share of the votes: the sum of its bytes in the leaves that the row ends in, over
//! 255 × trees. Nothing that is made of it later, such as a calibrated confidence, is in it. It needs the leaves'
//! [covers](crate::model::cover), which model files have that were trained since there are explanations.

mod place;
mod quadrature;
mod tree_shap;

pub use place::{Place, place};
pub use quadrature::Quadrature;
pub use tree_shap::{TreeShap, node_covers};

use crate::model::cover::weight_of;
use crate::model::forest::{DISTRIBUTION_SUM, ForestSpec};
use crate::model::tree::TreeNode;
use crate::model::{ModelSpec, validate};
use crate::{Error, ErrorKind};

/// Explains the rows of one model.
#[derive(Clone, Debug)]
pub struct Explainer {
    /// The cover of each node, tree by tree.
    covers: Vec<Vec<f64>>,
    shap: TreeShap,
}

/// Why a row's share of the votes for a class is what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The share of the votes, 0 to 1, that a row gets of which nothing is known.
    pub expectation: f64,
    /// That of this row: the expectation and all contributions together, as far as floats add up.
    pub output: f64,
    /// Per feature of the model, what its value added to the share.
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
        validate::model(spec)?;
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
        let mut shares = Vec::new();
        for distribution in forest.distributions.chunks_exact(n_classes) {
            shares.push(f64::from(distribution[usize::from(class)]));
        }
        let mut explanation = Explanation {
            expectation: 0.0,
            output: 0.0,
            contributions: vec![0.0; spec.schema.columns.len()],
        };
        for (tree, covers) in forest.trees.iter().zip(&self.covers) {
            let share = |value: u32| shares[value as usize];
            self.shap.add(tree, covers, values, share, &mut explanation);
        }
        explanation.scale(1.0 / (f64::from(DISTRIBUTION_SUM) * forest.trees.len() as f64));
        explanation
    }
}

/// The share of a forest's votes that each class has of a row, in the order of the taxonomy.
///
/// # Panics
/// If there are fewer values than features, or the forest is none that was checked.
pub fn votes(forest: &ForestSpec, values: &[f32]) -> Vec<f64> {
    let n_classes = usize::from(forest.n_classes);
    let mut votes = vec![0.0; n_classes];
    for tree in &forest.trees {
        let leaf = leaf_of(&tree.nodes, values) as usize;
        for (sum, &share) in votes
            .iter_mut()
            .zip(&forest.distributions[leaf * n_classes..])
        {
            *sum += f64::from(share);
        }
    }
    let whole = f64::from(DISTRIBUTION_SUM) * forest.trees.len() as f64;
    votes.iter().map(|sum| sum / whole).collect()
}

impl Explanation {
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

/// Whether a row's value takes it left at a split.
fn goes_left(value: f32, threshold: f32, missing_left: bool) -> bool {
    if value.is_nan() {
        missing_left
    } else {
        value <= threshold
    }
}

/// The leaf in which a row ends.
fn leaf_of(nodes: &[TreeNode], values: &[f32]) -> u32 {
    let mut place = 0;
    loop {
        match nodes[place] {
            TreeNode::Leaf { value } => return value,
            TreeNode::Split {
                feature,
                threshold,
                missing_left,
                right,
            } => {
                let left = goes_left(values[usize::from(feature)], threshold, missing_left);
                place = if left { place + 1 } else { right as usize };
            }
        }
    }
}

fn none(message: String) -> Error {
    Error::new(ErrorKind::NoExplanation, message)
}
