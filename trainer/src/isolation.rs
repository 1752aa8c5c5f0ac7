//! What is said of an isolation forest on the command line, and how a model's card lists it.

use clap::{Args, ValueEnum};
use flowsieve::fit::options::{FeaturesPerTree, IsolationOptions, SplitPoints};

/// What an isolation forest is fitted with.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct IsolationArguments {
    /// Trees of the isolation forest
    #[arg(id = "isolation_trees", long = "isolation-trees", value_name = "TREES", default_value_t = IsolationOptions::default().n_trees)]
    pub(crate) trees: u32,
    /// Rows that each of these trees is grown on, 2 to 65536, drawn without replacement; all where there are fewer. Twice as
    /// many make trees one split deeper
    #[arg(id = "isolation_sample", long = "isolation-sample", value_name = "ROWS", default_value_t = IsolationOptions::default().sample_size)]
    pub(crate) sample: u32,
    /// Features that each of these trees may split on, others for each: a share with a point, as 0.5 or 1.0, or a number
    /// [default: all]
    #[arg(id = "isolation_features", long = "isolation-features", value_name = "SHARE|NUMBER", value_parser = features_per_tree)]
    pub(crate) features: Option<FeaturesPerTree>,
    /// What split points are drawn from, evenly: the values of the rows, or their ranks, where few rows have large values
    #[arg(id = "isolation_points", long = "isolation-points", value_enum, value_name = "OF", default_value_t = PointsArgument::Values)]
    pub(crate) points: PointsArgument,
}

/// What split points are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PointsArgument {
    Values,
    Ranks,
}

impl From<PointsArgument> for SplitPoints {
    fn from(argument: PointsArgument) -> Self {
        match argument {
            PointsArgument::Values => Self::Values,
            PointsArgument::Ranks => Self::Ranks,
        }
    }
}

impl IsolationArguments {
    /// The options of a fit with this seed.
    pub(crate) fn options(&self, seed: u64) -> IsolationOptions {
        let default = IsolationOptions::default();
        IsolationOptions {
            n_trees: self.trees,
            sample_size: self.sample,
            features_per_tree: self.features.unwrap_or(default.features_per_tree),
            split_points: self.points.into(),
            seed,
        }
    }
}

/// The options as a card lists them. Features are listed where trees do not split on all, and points where they are not drawn
/// from values.
pub(crate) fn parameters(options: &IsolationOptions) -> Vec<(String, String)> {
    let features = match options.features_per_tree {
        FeaturesPerTree::Share(1.0) => None,
        FeaturesPerTree::Share(share) => Some(share.to_string()),
        FeaturesPerTree::Number(number) => Some(number.to_string()),
    };
    let points = options.split_points;
    let points = (points != SplitPoints::Values).then(|| points.name().to_owned());
    [
        ("isolation-features", features),
        ("isolation-points", points),
        ("isolation-sample", Some(options.sample_size.to_string())),
        ("isolation-trees", Some(options.n_trees.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

fn features_per_tree(text: &str) -> Result<FeaturesPerTree, String> {
    if let Ok(number) = text.parse() {
        return Ok(FeaturesPerTree::Number(number));
    }
    let share = text.parse().map(FeaturesPerTree::Share);
    share.map_err(|_| "it is a share of the features, such as 0.5, or a number of them".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_makes_a_share() {
        assert_eq!(features_per_tree("1"), Ok(FeaturesPerTree::Number(1)));
        assert_eq!(features_per_tree("1.0"), Ok(FeaturesPerTree::Share(1.0)));
        assert_eq!(features_per_tree("0.3"), Ok(FeaturesPerTree::Share(0.3)));
        assert!(features_per_tree("half").is_err());
    }
}
