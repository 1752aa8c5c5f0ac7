//! Growing the trees of an isolation forest (Liu, Ting and Zhou 2008) as scikit-learn does: each on a few hundred or thousand
//! rows n drawn without replacement, down to a depth of log₂ n, every split at a random point of a random feature. Where a tree
//! may not split on all features, it has drawn its own.

use super::options::{IsolationParams, MAX_LEAVES, bad};
use super::rng::{Purpose, SplitMix64};
use crate::Error;
use crate::model::isolation::{IsolationSpec, IsolationTrees};
use crate::model::rank::quantile_table;
use crate::model::tree::{Tree, TreeNode};
use crate::model::validate::MAX_NODES;

/// How many rows of `n_rows` each tree is grown on.
pub fn sample_size(params: &IsolationParams, n_rows: usize) -> u32 {
    (params.options().sample_size as usize).min(n_rows) as u32
}

/// Grows the `tree_idx`-th tree on the rows `row_idxs` of `columns` (one per feature). Values are meant to be finite: see
/// [`Feature::imputed`](crate::prepare::Feature::imputed). One that is NaN goes right at every split, here and when it is
/// scored, and no split is chosen by it.
///
/// A leaf's value is the number of sampled rows in it. One row, or equal rows, give a tree of one leaf.
pub fn grow_tree(
    columns: &[Vec<f32>],
    row_idxs: &[u32],
    params: &IsolationParams,
    tree_idx: u32,
) -> Tree {
    let mut rng = SplitMix64::stream(
        params.options().seed,
        Purpose::IsolationTree,
        u64::from(tree_idx),
    );
    let n = sample_size(params, row_idxs.len()) as usize;
    let mut drawn = row_idxs.to_vec();
    rng.draw_to_front(&mut drawn, n);
    drawn.truncate(n);
    let mut features: Vec<usize> = (0..columns.len()).collect();
    let n_features = params.features_per_tree(columns.len());
    // No draw where a tree splits on all: the trees of a seed are those that it had before there was a choice.
    if n_features < features.len() {
        rng.draw_to_front(&mut features, n_features);
        features.truncate(n_features);
    }
    let mut grower = Grower {
        columns,
        features,
        splits_left: MAX_LEAVES - 1,
        max_depth: n.max(2).next_power_of_two().trailing_zeros(),
        rng,
        tree: Tree::default(),
    };
    grower.grow(&mut drawn, 0);
    grower.tree
}

/// That trees together have no more nodes than a model holds.
///
/// # Errors
/// [`BadFit`](crate::ErrorKind::BadFit) says how many they have, and what to ask for instead.
pub fn check_size(trees: &[Tree]) -> Result<(), Error> {
    let nodes: usize = trees.iter().map(|tree| tree.nodes.len()).sum();
    if nodes <= MAX_NODES {
        return Ok(());
    }
    Err(bad(format!(
        "{} isolation trees have {nodes} nodes; a model holds {MAX_NODES}. Ask for at most {} trees, or for fewer rows per tree.",
        trees.len(),
        trees.len() * MAX_NODES / nodes
    )))
}

/// Joins trees, in order, into a detector, with the quantiles of `path_sums`, one per training row.
pub fn join_trees(
    trees: Vec<Tree>,
    path_sums: &mut [u32],
    sample_size: u32,
    benign_only: bool,
) -> IsolationSpec {
    IsolationSpec {
        sample_size,
        trees,
        quantiles: quantile_table(path_sums),
        training_rows: path_sums.len() as u64,
        benign_only,
    }
}

/// The path sums of the rows `row_idxs` of `columns`. A caller with threads maps this over pieces of the rows.
///
/// # Errors
/// Says what is wrong with the trees, see [`IsolationTrees::new`].
pub fn path_sums(
    trees: &[Tree],
    columns: &[Vec<f32>],
    row_idxs: &[u32],
) -> Result<Vec<u32>, Error> {
    let trees = IsolationTrees::new(trees, columns.len())?;
    let mut row = vec![0.0; trees.row_len()];
    let path_sum = |&row_idx: &u32| {
        for (value, column) in row.iter_mut().zip(columns) {
            *value = column[row_idx as usize];
        }
        trees.path_sum(&mut row)
    };
    Ok(row_idxs.iter().map(path_sum).collect())
}

struct Grower<'a> {
    columns: &'a [Vec<f32>],
    /// Those that this tree may split on.
    features: Vec<usize>,
    /// Below 2¹⁵ rows the depth leaves fewer nodes than a tree may have. Above, trees of random splits have far fewer too, but
    /// only this makes sure of it.
    splits_left: u32,
    max_depth: u32,
    rng: SplitMix64,
    tree: Tree,
}

impl Grower<'_> {
    /// Appends the subtree over these rows, in preorder.
    fn grow(&mut self, rows: &mut [u32], depth: u32) {
        let split = if depth < self.max_depth && self.splits_left > 0 && rows.len() > 1 {
            self.split(rows)
        } else {
            None
        };
        let Some((feature, threshold)) = split else {
            self.tree.nodes.push(TreeNode::Leaf {
                value: rows.len() as u32,
            });
            return;
        };
        self.splits_left -= 1;
        let column = &self.columns[feature];
        let mut middle = 0;
        for i in 0..rows.len() {
            if column[rows[i] as usize] <= threshold {
                rows.swap(i, middle);
                middle += 1;
            }
        }
        let place = self.tree.nodes.len();
        let (left, right) = rows.split_at_mut(middle);
        self.tree.nodes.push(TreeNode::Split {
            feature: feature as u16,
            threshold,
            missing_left: false,
            right: 0,
        });
        self.grow(left, depth + 1);
        let right_place = self.tree.nodes.len() as u32;
        if let TreeNode::Split { right, .. } = &mut self.tree.nodes[place] {
            *right = right_place;
        }
        self.grow(right, depth + 1);
    }

    /// A random feature that is not constant over these rows, and a random point between its least and largest value.
    fn split(&mut self, rows: &[u32]) -> Option<(usize, f32)> {
        for drawn in 0..self.features.len() {
            let other = drawn + self.rng.below((self.features.len() - drawn) as u32) as usize;
            self.features.swap(drawn, other);
            let feature = self.features[drawn];
            let (least, largest) = range(&self.columns[feature], rows);
            if least < largest {
                return Some((feature, self.point_between(least, largest)));
            }
        }
        None
    }

    /// A threshold `t` with `least <= t < largest`.
    fn point_between(&mut self, least: f32, largest: f32) -> f32 {
        let (low, high) = (f64::from(least), f64::from(largest));
        let point = (low + self.rng.unit() * (high - low)) as f32;
        if least <= point && point < largest {
            point
        } else {
            least
        }
    }
}

fn range(column: &[f32], rows: &[u32]) -> (f32, f32) {
    rows.iter().fold(
        (f32::INFINITY, f32::NEG_INFINITY),
        |(least, largest), &row_idx| {
            let value = column[row_idx as usize];
            (least.min(value), largest.max(value))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::options::IsolationOptions;

    /// Two features: a cluster of 499 rows around 0, and one row far away.
    fn columns() -> Vec<Vec<f32>> {
        let mut rng = SplitMix64::new(5);
        let mut column = || -> Vec<f32> {
            let mut values: Vec<f32> = (0..499).map(|_| rng.unit() as f32).collect();
            values.push(50.0);
            values
        };
        vec![column(), vec![7.0; 500], column()]
    }

    fn grow_forest(n_trees: u32, rows: &[u32]) -> Vec<Tree> {
        let params = IsolationOptions {
            n_trees,
            ..Default::default()
        }
        .check()
        .expect("in range");
        (0..n_trees)
            .map(|tree_idx| grow_tree(&columns(), rows, &params, tree_idx))
            .collect()
    }

    #[test]
    fn leaves_hold_the_sampled_rows_and_depth_is_limited() {
        let rows: Vec<u32> = (0..500).collect();
        for tree in grow_forest(20, &rows) {
            let mut sampled = 0;
            let mut ends = vec![tree.nodes.len()];
            for (place, node) in tree.nodes.iter().enumerate() {
                while ends.last().is_some_and(|&end| end <= place) {
                    ends.pop();
                }
                match *node {
                    TreeNode::Split { feature, right, .. } => {
                        assert_ne!(feature, 1, "a constant feature cannot isolate");
                        ends.push(right as usize);
                    }
                    TreeNode::Leaf { value } => sampled += value,
                }
                assert!(ends.len() <= 9, "depth {}", ends.len());
            }
            assert_eq!(sampled, 256);
        }
    }

    #[test]
    fn the_far_row_is_isolated_first() {
        let rows: Vec<u32> = (0..500).collect();
        let trees = grow_forest(50, &rows);
        let mut sums = path_sums(&trees, &columns(), &rows).expect("valid trees");
        let strangest = sums
            .iter()
            .enumerate()
            .min_by_key(|&(_, sum)| *sum)
            .map(|(row_idx, _)| row_idx);
        assert_eq!(strangest, Some(499));
        let spec = join_trees(trees, &mut sums, 256, true);
        assert_eq!((spec.quantiles.len(), spec.training_rows), (1025, 500));
    }

    #[test]
    fn few_or_equal_rows_give_trees_too() {
        let [one] = &grow_forest(1, &[3])[..] else {
            panic!("one tree")
        };
        assert_eq!(one.nodes, [TreeNode::Leaf { value: 1 }]);
        let params = IsolationOptions::default().check().expect("in range");
        let same = grow_tree(&[vec![1.0; 10]], &(0..10).collect::<Vec<_>>(), &params, 0);
        assert_eq!(same.nodes, [TreeNode::Leaf { value: 10 }]);
    }
}
