//! Isolation forest (Liu, Ting and Zhou 2008): rows that random splits isolate early are strange.
//!
//! A tree splits a small sample of the training rows at random until each is alone or a depth of log₂(sample) is
//! reached. A row's path length in a tree is the depth at which it ends plus c(n), the average path that the n training
//! rows of that leaf would still need. The score is scikit-learn's: 2^(−mean path / c(sample)), 1 for the strangest.
//!
//! Path lengths are integers in 1/65536, so their sum over the trees is exact and the same everywhere. A raw score says
//! little, so each row gets a *rank*: where its path sum stands among the training rows' (see [`Ranking`](super::rank::Ranking)).

use super::bounds::Bounds;
use super::traverse::{Grove, Pace, RowLayout};
use super::tree::{Tree, TreeNode};

/// Path lengths count in steps of one split divided by this.
pub const PATH_UNIT: u32 = 65_536;
/// The deepest that a tree may be: with this, any path length stays below 2²⁴ units.
pub const MAX_DEPTH: u32 = 200;

/// The detector as it is trained and stored. It never sees missing values: the preparation's medians stand in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IsolationSpec {
    /// Rows per tree: the n of c(n) in the score.
    pub sample_size: u32,
    /// The trees; a leaf's value is the number of training rows in it. None at all where the model has no detector.
    pub trees: Vec<Tree>,
    /// Sums of path lengths over all trees (in 1/65536) at 1,025 equal steps of the training rows' scores, from the
    /// least strange row (the largest sum) to the strangest (the smallest).
    pub quantiles: Vec<u32>,
    /// How many rows the quantiles were taken from.
    pub training_rows: u64,
    /// Whether these were benign rows only.
    pub benign_only: bool,
}

/// c(n): the average path length of an unsuccessful search in a binary search tree of `n` rows, as scikit-learn's
/// `_average_path_length` defines it.
pub fn average_path_length(n: u32) -> f64 {
    const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = f64::from(n);
            2.0 * (libm::log(n - 1.0) + EULER_GAMMA) - 2.0 * (n - 1.0) / n
        }
    }
}

/// The path length, in units, of a leaf at `depth` in which `rows` training rows ended.
pub fn path_units(depth: u32, rows: u32) -> u32 {
    ((f64::from(depth) + average_path_length(rows)) * f64::from(PATH_UNIT) + 0.5) as u32
}

/// The score between 0 and 1 of a row whose path lengths over `n_trees` trees add up to `path_sum` units: scikit-learn's
/// `-score_samples`. For display; what decides is the rank.
pub fn anomaly_score(path_sum: u32, n_trees: usize, sample_size: u32) -> f64 {
    let unit = average_path_length(sample_size);
    if n_trees == 0 || unit == 0.0 {
        return 0.5;
    }
    let mean_path = f64::from(path_sum) / (f64::from(PATH_UNIT) * n_trees as f64);
    libm::exp2(-mean_path / unit)
}

/// The trees ready to be walked: gives path sums. Also what the fit takes its quantiles with.
#[derive(Clone, Debug)]
pub struct IsolationTrees {
    grove: Grove,
    layout: RowLayout,
    least: u32,
    largest: u32,
}

impl IsolationTrees {
    /// Compiles trees over rows of `n_features` values.
    ///
    /// # Errors
    /// Says what is wrong with the trees: not in preorder, too many, too deep, or a feature that is not there.
    pub fn new(trees: &[Tree], n_features: usize) -> Result<Self, crate::Error> {
        super::validate::isolation_trees(trees, n_features)?;
        Ok(Self::from_valid(trees, n_features))
    }

    /// Compiles trees that [`super::validate`] has accepted.
    pub(crate) fn from_valid(trees: &[Tree], n_features: usize) -> Self {
        let layout = RowLayout::new(n_features, false);
        let (least, largest) = path_sum_bounds(trees);
        Self {
            grove: Grove::plant(trees, layout, 0, path_units, u64::from),
            layout,
            least: least as u32,
            largest: largest as u32,
        }
    }

    /// The smallest and the largest path sum that any row can have.
    pub fn bounds(&self) -> (u32, u32) {
        (self.least, self.largest)
    }

    /// How long the rows are that [`Self::path_sum`] takes: the features and a slot of its own.
    pub fn row_len(&self) -> usize {
        self.layout.row_len()
    }

    /// The sum of a row's path lengths over all trees, in units. The first values of the row are the features, all
    /// finite; the one after them is overwritten.
    ///
    /// # Panics
    /// If the row is shorter than [`Self::row_len`].
    pub fn path_sum(&self, row: &mut [f32]) -> u32 {
        row[self.layout.leaf_slot()] = f32::INFINITY;
        self.path_sum_of_completed(row)
    }

    /// Narrows bounds to what keeps a completed row in its leaves.
    pub(crate) fn narrow(&self, row: &[f32], bounds: &mut Bounds) {
        self.grove.narrow(row, bounds);
    }

    /// The sum of path lengths of a row that is completed already.
    pub(crate) fn path_sum_of_completed(&self, row: &[f32]) -> u32 {
        let mut sum = 0;
        self.grove.walk(Pace::EveryLevel, row, |paths| {
            sum += paths.iter().sum::<u32>();
        });
        sum
    }
}

/// The smallest and the largest path sum that any row can have.
pub(crate) fn path_sum_bounds(trees: &[Tree]) -> (u64, u64) {
    let mut bounds = (0, 0);
    let mut pending = Vec::new();
    for tree in trees {
        let (mut least, mut largest) = (u32::MAX, 0);
        let mut depth = 0;
        pending.clear();
        for node in &tree.nodes {
            match *node {
                TreeNode::Split { .. } => {
                    depth += 1;
                    pending.push(depth);
                }
                TreeNode::Leaf { value } => {
                    let path = path_units(depth, value);
                    least = least.min(path);
                    largest = largest.max(path);
                    depth = pending.pop().unwrap_or(0);
                }
            }
        }
        bounds.0 += u64::from(least);
        bounds.1 += u64::from(largest);
    }
    bounds
}
