//! The options of a fit, checked before any work starts.

use super::cuts::MAX_BINS;
use crate::model::forest::Leaves;
use crate::model::validate::MAX_NODES;
use crate::{Error, ErrorKind};

/// The most leaves a tree may have: its nodes are counted in 16 bits.
pub const MAX_LEAVES: u32 = 32_768;
/// The most trees a forest may have.
pub const MAX_TREES: u32 = 1_000;
/// The most classes a model tells apart.
pub const MAX_CLASSES: usize = 250;
/// The most features a model reads.
pub const MAX_FEATURES: usize = 4_096;
/// The most rows that a tree of an isolation forest is grown on.
pub const MAX_ISOLATION_SAMPLE: u32 = 65_536;

/// How much a row counts in the fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassWeight {
    /// Every row counts the same.
    None,
    /// Every class counts the same: a row weighs the inverse of its class's size.
    Balanced,
    /// Every class counts the same in the bootstrap sample of each tree.
    BalancedPerBootstrap,
    /// Between none and balanced: a class counts as much as the square root of its size.
    SquareRoot,
}

impl ClassWeight {
    /// The name on the command line and in the card.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Balanced => "balanced",
            Self::BalancedPerBootstrap => "balanced-subsample",
            Self::SquareRoot => "square-root",
        }
    }
}

/// How trees learn of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learner {
    /// Not at all: a random forest (Breiman 2001).
    Forest,
    /// Each corrects those before it: gradient boosting (see [`super::boost`]).
    Boosted,
}

impl Learner {
    /// The name on the command line and in the card.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forest => "forest",
            Self::Boosted => "boosted",
        }
    }

    /// What the leaves of its trees hold.
    pub fn leaves(self) -> Leaves {
        match self {
            Self::Forest => Leaves::Shares,
            Self::Boosted => Leaves::Scores,
        }
    }
}

/// What a forest is fitted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForestOptions {
    /// How trees learn of each other.
    pub learner: Learner,
    /// The share of a Newton step that a boosted tree takes, above 0 and up to 1; others do not have it.
    pub learning_rate: f64,
    /// Trees; 1 to [`MAX_TREES`].
    pub n_trees: u32,
    /// Leaves per tree; 2 to [`MAX_LEAVES`].
    pub max_leaves: u32,
    /// Training rows (of the bootstrap sample) that a leaf keeps at least.
    pub min_leaf: u32,
    /// Share of the features that each split looks at, above 0 and up to 1.
    pub features_per_split: f64,
    /// How much a row counts.
    pub class_weight: ClassWeight,
    /// Bins per feature, those for values; 2 to [`MAX_BINS`].
    pub max_bins: usize,
    /// The seed of all randomness.
    pub seed: u64,
}

impl Default for ForestOptions {
    fn default() -> Self {
        Self {
            learner: Learner::Forest,
            learning_rate: 0.15,
            n_trees: 100,
            max_leaves: 512,
            min_leaf: 1,
            features_per_split: 0.4,
            class_weight: ClassWeight::Balanced,
            max_bins: MAX_BINS,
            seed: 0,
        }
    }
}

/// Options that passed [`ForestOptions::check`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForestParams(ForestOptions);

impl ForestOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// [`ErrorKind::BadFit`] names the first option that is out of its range.
    pub fn check(self) -> Result<ForestParams, Error> {
        require("the number of trees", self.n_trees, 1, MAX_TREES)?;
        require(
            "the number of leaves per tree",
            self.max_leaves,
            2,
            MAX_LEAVES,
        )?;
        require("the rows that a leaf keeps", self.min_leaf, 1, u32::MAX)?;
        require(
            "the number of bins per feature",
            self.max_bins as u32,
            2,
            MAX_BINS as u32,
        )?;
        let nodes = u64::from(self.n_trees) * (2 * u64::from(self.max_leaves) - 1);
        if nodes > MAX_NODES as u64 {
            return Err(bad(format!(
                "{} trees of {} leaves may have {nodes} nodes; a model holds {MAX_NODES}. Ask for fewer trees, or for at \
                 most {} leaves.",
                self.n_trees,
                self.max_leaves,
                (MAX_NODES as u32 / self.n_trees).div_ceil(2)
            )));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(bad(format!(
                "The learning rate must be above 0 and up to 1, but is {}. The default is 0.15.",
                self.learning_rate
            )));
        }
        if self.features_per_split > 0.0 && self.features_per_split <= 1.0 {
            Ok(ForestParams(self))
        } else {
            Err(bad(format!(
                "The share of features per split must be above 0 and up to 1, but is {}. The default is 0.4.",
                self.features_per_split
            )))
        }
    }
}

impl ForestParams {
    /// The options, all in their ranges.
    pub fn options(&self) -> &ForestOptions {
        &self.0
    }

    /// How many of `n_features` a split looks at.
    pub fn features_at_split(&self, n_features: usize) -> usize {
        (libm::round(self.0.features_per_split * n_features as f64) as usize)
            .clamp(1, n_features.max(1))
    }
}

/// How many features each tree of an isolation forest may split on: others for each tree, drawn without replacement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FeaturesPerTree {
    /// This share of them, above 0 and up to 1, rounded down; at least one.
    Share(f64),
    /// So many, 1 to [`MAX_FEATURES`]; all where there are fewer.
    Number(u32),
}

/// Where the split points of an isolation forest are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitPoints {
    /// Evenly between the least and the largest value, as scikit-learn does.
    Values,
    /// Evenly between their ranks (see [`super::ranked`]).
    Ranks,
}

impl SplitPoints {
    /// The name on the command line and in the card.
    pub fn name(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Ranks => "ranks",
        }
    }
}

/// What an isolation forest is fitted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IsolationOptions {
    /// Trees; 1 to [`MAX_TREES`].
    pub n_trees: u32,
    /// Rows that each tree is grown on, 2 to [`MAX_ISOLATION_SAMPLE`]; fewer where there are fewer. A tree is as deep as the binary
    /// logarithm of it, rounded up.
    pub sample_size: u32,
    /// Features that each tree may split on.
    pub features_per_tree: FeaturesPerTree,
    /// What split points are drawn from. [`super::isolation::grow_tree`] takes the columns as they come: for ranks, a
    /// caller hands it those of [`super::ranked::RankedColumns`].
    pub split_points: SplitPoints,
    /// The seed of all randomness.
    pub seed: u64,
}

impl Default for IsolationOptions {
    fn default() -> Self {
        Self {
            n_trees: 100,
            sample_size: 256,
            features_per_tree: FeaturesPerTree::Share(1.0),
            split_points: SplitPoints::Values,
            seed: 0,
        }
    }
}

/// Options that passed [`IsolationOptions::check`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IsolationParams(IsolationOptions);

impl IsolationOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// [`ErrorKind::BadFit`] names the first option that is out of its range.
    pub fn check(self) -> Result<IsolationParams, Error> {
        require("the number of isolation trees", self.n_trees, 1, MAX_TREES)?;
        require(
            "the rows per isolation tree",
            self.sample_size,
            2,
            MAX_ISOLATION_SAMPLE,
        )?;
        match self.features_per_tree {
            FeaturesPerTree::Share(share) if !(share > 0.0 && share <= 1.0) => {
                return Err(bad(
                    "The share of features per isolation tree must be above 0 and up to 1. Without it, each tree splits on all.",
                ));
            }
            FeaturesPerTree::Share(_) => {}
            FeaturesPerTree::Number(number) => require(
                "the features per isolation tree",
                number,
                1,
                MAX_FEATURES as u32,
            )?,
        }
        Ok(IsolationParams(self))
    }
}

impl IsolationParams {
    /// The options, all in their ranges.
    pub fn options(&self) -> &IsolationOptions {
        &self.0
    }

    /// How many of `n_features` a tree may split on.
    pub fn features_per_tree(&self, n_features: usize) -> usize {
        let most = n_features.max(1);
        match self.0.features_per_tree {
            FeaturesPerTree::Share(share) => ((share * n_features as f64) as usize).clamp(1, most),
            FeaturesPerTree::Number(number) => (number as usize).min(most),
        }
    }
}

/// That a count lies in its range.
pub(super) fn require(what: &str, found: u32, least: u32, most: u32) -> Result<(), Error> {
    if (least..=most).contains(&found) {
        Ok(())
    } else {
        let range = if most == u32::MAX {
            format!("at least {least}")
        } else {
            format!("{least} to {most}")
        };
        Err(bad(format!("It is {found}, but {what} must be {range}.")))
    }
}

/// An error about options or data of a fit.
pub(super) fn bad(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::BadFit, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_refused_by_name() {
        let good = ForestOptions::default();
        assert!(good.check().is_ok());
        for (options, word) in [
            (
                ForestOptions { n_trees: 0, ..good },
                "trees must be 1 to 1000",
            ),
            (
                ForestOptions {
                    max_leaves: 1,
                    ..good
                },
                "leaves per tree must be 2 to 32768",
            ),
            (
                ForestOptions {
                    min_leaf: 0,
                    ..good
                },
                "leaf keeps must be at least 1",
            ),
            (
                ForestOptions {
                    max_bins: 255,
                    ..good
                },
                "bins per feature must be 2 to 254",
            ),
            (
                ForestOptions {
                    features_per_split: 0.0,
                    ..good
                },
                "but is 0",
            ),
            (
                ForestOptions {
                    learning_rate: 0.0,
                    ..good
                },
                "learning rate must be above 0 and up to 1",
            ),
            (
                ForestOptions {
                    features_per_split: f64::NAN,
                    ..good
                },
                "but is NaN",
            ),
        ] {
            let error = options.check().expect_err(word);
            assert_eq!(error.kind(), ErrorKind::BadFit);
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn isolation_options_out_of_range_are_refused_by_name() {
        let good = IsolationOptions::default();
        assert!(good.check().is_ok());
        let largest = IsolationOptions {
            sample_size: MAX_ISOLATION_SAMPLE,
            ..good
        };
        assert!(largest.check().is_ok());
        let with_features = |features_per_tree| IsolationOptions {
            features_per_tree,
            ..good
        };
        for (options, word) in [
            (
                IsolationOptions { n_trees: 0, ..good },
                "isolation trees must be 1 to 1000",
            ),
            (
                IsolationOptions {
                    sample_size: 1,
                    ..good
                },
                "rows per isolation tree must be 2 to 65536",
            ),
            (
                IsolationOptions {
                    sample_size: MAX_ISOLATION_SAMPLE + 1,
                    ..good
                },
                "rows per isolation tree must be 2 to 65536",
            ),
            (
                with_features(FeaturesPerTree::Number(0)),
                "features per isolation tree must be 1 to 4096",
            ),
            (
                with_features(FeaturesPerTree::Share(0.0)),
                "share of features per isolation tree must be above 0",
            ),
            (
                with_features(FeaturesPerTree::Share(1.5)),
                "share of features per isolation tree must be above 0",
            ),
            (
                with_features(FeaturesPerTree::Share(f64::NAN)),
                "share of features per isolation tree must be above 0",
            ),
        ] {
            let error = options.check().expect_err(word);
            assert_eq!(error.kind(), ErrorKind::BadFit);
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn features_per_tree_are_rounded_down_as_scikit_learn_does() {
        let of = |features_per_tree, n_features| {
            let options = IsolationOptions {
                features_per_tree,
                ..Default::default()
            };
            options
                .check()
                .expect("in range")
                .features_per_tree(n_features)
        };
        assert_eq!(of(FeaturesPerTree::Share(1.0), 83), 83);
        assert_eq!(of(FeaturesPerTree::Share(0.4), 8), 3);
        assert_eq!(of(FeaturesPerTree::Share(0.01), 8), 1);
        assert_eq!(of(FeaturesPerTree::Number(5), 8), 5);
        assert_eq!(of(FeaturesPerTree::Number(50), 8), 8);
    }

    #[test]
    fn at_least_one_feature_is_looked_at() {
        let params = ForestOptions {
            features_per_split: 0.4,
            ..Default::default()
        }
        .check()
        .expect("in range");
        assert_eq!(params.features_at_split(83), 33);
        assert_eq!(params.features_at_split(1), 1);
        assert_eq!(params.features_at_split(0), 1);
    }
}
